"""``python -m bench.performance_page``: docs/performance.md and its plots, from stored figures.

    python -m bench --json bench/results/throughput.json
    python -m bench ladder --nash --json bench/results/ladder.json
    python -m bench.growth --json bench/results/growth.json
    python -m bench.instructions --json bench/results/instructions.json
    python -m bench.profile --json bench/results/profile.json
    python -m bench.performance_page

Every number on the page comes from these files. A section whose file is missing says so. Needs the
extra ``plot``.
"""

import argparse
import json
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

Figures = Mapping[str, Any]

COMMANDS = {
    "throughput": "python -m bench --json bench/results/throughput.json",
    "ladder": "python -m bench ladder --nash --json bench/results/ladder.json",
    "growth": "python -m bench.growth --json bench/results/growth.json",
    "instructions": "python -m bench.instructions --json bench/results/instructions.json",
    "profile": "python -m bench.profile --json bench/results/profile.json",
}
#: The part of the cores' time that an idle machine gives.
IDLE = 0.95
BLUE, ORANGE, GREY = "#2563a8", "#d97706", "#9ca3af"
TITLES = {
    "episodes": "episodes",
    "lineups": "line-ups",
    "mixture": "strategies mixed by each seat",
    "threads": "threads",
    "houses": "houses",
    "agents": "agents",
    "exact_houses": "exact engine: houses",
    "exact_nights": "exact engine: most nights",
}
LOGARITHMIC = ("episodes", "lineups", "exact_nights")
#: What sources of the core do, for the profile.
PARTS = {
    "sliced/stream.rs": "Philox",
    "sliced/draw.rs": "comparing random planes with thresholds",
    "sliced/pick.rs": "choosing one of several burning houses",
    "sliced/night.rs": "rules of a night, and counting events",
    "sliced/group.rs": "handing blocks to lanes",
    "run.rs": "sums and second moments of blocks",
    "counts.rs": "sums and second moments of blocks",
    "exact/spread.rs": "fires breaking out, and which are added up",
    "exact/work.rs": "workers: from fires to survivors",
    "exact/fight.rs": "the workers' table, once for a line-up",
    "exact/clock.rs": "settling a state",
    "exact/pass.rs": "the walk over all states",
    "exact/book.rs": "reading states off",
    "exact/full.rs": "the walk over all states",
    "exact/quiet.rs": "nights in which nothing survives",
    "exact/rescue.rs": "chances to save a house, once for a line-up",
    "exact/totals.rs": "counts from chances",
    "elsewhere": "libraries and the operating system",
}


def load(folder: Path) -> dict[str, Figures]:
    """The files that are there."""
    found = {}
    for name in COMMANDS:
        file = folder / f"{name}.json"
        if file.exists():
            found[name] = json.loads(file.read_text(encoding="utf-8"))
    return found


def brief(x: float) -> str:
    """Three digits, without an exponent if it can be read."""
    if x == 0:
        return "0"
    if 1e-3 <= abs(x) < 1e6:
        digits = max(0, 3 - len(str(int(abs(x))))) if abs(x) >= 1 else 3
        return f"{x:,.{digits}f}"
    return f"{x:.3g}"


def timed(seconds: float) -> str:
    """A time, in a unit that suits it."""
    for unit, size in (("d", 86400.0), ("h", 3600.0), ("min", 60.0), ("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{brief(seconds / size)} {unit}"
    return f"{brief(seconds * 1e6)} µs"


def table(header: Sequence[str], rows: Sequence[Sequence[str]], texts: int = 1) -> list[str]:
    """Markdown; the columns after the first `texts` are numbers."""
    rule = ["---"] * texts + ["---:"] * (len(header) - texts)
    return ["| " + " | ".join(row) + " |" for row in [header, rule, *rows]]


def source(name: str, figures: Figures) -> str:
    """What made a section's numbers, and where."""
    where = figures.get("machine", {})
    words = [f"`{COMMANDS[name]}`"]
    if figures.get("commit"):
        words.append(f"commit `{figures['commit'][:18]}`")
    loads = [where.get("load_average_at_start"), figures.get("load_average_at_end")]
    known = [f"{load:.1f}" for load in loads if load is not None]
    if known:
        words.append(f"load average {' to '.join(known)} on {where['cores']} cores")
    if figures.get("note"):
        words.append(figures["note"])
    return "*" + ", ".join(words) + "*"


def missing(name: str) -> list[str]:
    """A section without figures."""
    return [
        f"Not measured yet: `bench/results/{name}.json` is missing. `{COMMANDS[name]}` makes it."
    ]


def ladder_rows(ladder: Figures) -> list[Figures]:
    """Rungs, also of a file that wraps them."""
    found: list[Figures] = ladder.get("ladder", ladder).get("rows", [])
    return found


def median(value: Any) -> float | None:
    """Of a spread, or of what is a number itself."""
    if isinstance(value, Mapping):
        value = value.get("median")
    return None if value is None else float(value)


def ladder_section(ladder: Figures | None) -> list[str]:
    """The table of rungs, and of the whole computation."""
    if ladder is None:
        return missing("ladder")
    whole = ladder.get("ladder", ladder)
    rows = []
    for row in ladder_rows(ladder):
        name = [str(row.get("rung", "")), str(row.get("what", row.get("name", "")))]
        wall = median(row.get("wall_seconds"))
        if row.get("absent") or wall is None:
            rows.append([name[0], f"{name[1]}: {row.get('absent') or 'not measured'}", *[""] * 5])
            continue
        figures = [
            median(row.get(key))
            for key in (
                *("episodes_per_second", "nights_per_second"),
                *("over_the_one_before", "over_the_first"),
            )
        ]
        cells = ["" if x is None else brief(x) for x in figures]
        rows.append([*name, ("~ " if row.get("extrapolated") else "") + timed(wall), *cells])
    of = ", ".join(whole.get("scenarios", []))
    lines = [
        f"The archetype payoff matrix of {of or 'the scenario'}"
        + (
            f", {whole['episodes']:,} episodes an entry and focal seat"
            if "episodes" in whole
            else ""
        )
        + ". A total marked ~ is extrapolated from a share of the work that was really done.",
        "",
        *table(
            [
                "rung",
                "what",
                "wall time",
                "episodes/s",
                "nights/s",
                "over the one before",
                "over 0",
            ],
            rows,
            2,
        ),
        "",
        "![the ladder](performance_ladder.svg)",
    ]
    if "agrees" in whole:
        agree = "agree with" if whole["agrees"] else "**do not all agree with**"
        lines += ["", f"Payoffs of the rungs {agree} the exact ones within their standard errors."]
    if whole.get("nash"):
        nash = whole["nash"]
        lines += ["", f"The whole Nash computation, {nash['nights']:,} nights:", ""]
        cells = [
            [
                row["rung"],
                row["what"],
                ("~ " if row["extrapolated"] else "") + timed(row["wall_seconds"]),
                brief(row["over_the_first"]),
            ]
            for row in nash["rows"]
        ]
        lines += table(["rung", "what", "wall time", "over 0"], cells, 2)
    return [*lines, "", source("ladder", ladder)]


def growth_section(growth: Figures | None) -> list[str]:
    """What was measured beside the model, and memory."""
    if growth is None:
        return missing("growth")
    worst = []
    for axis, curve in growth["axes"].items():
        points = curve["points"]
        ratios = [point["measured_over_predicted"] for point in points]
        first, last = points[0], points[-1]
        fitted = next(point["at"] for point in points if point["fitted"])
        noise = statistics.median(
            (p["cost_seconds"]["high"] - p["cost_seconds"]["low"]) / p["cost_seconds"]["median"] / 2
            for p in points
        )
        worst.append(
            [
                TITLES.get(axis, axis),
                growth["model"][axis],
                f"{first['at']:,} to {last['at']:,}",
                f"{timed(first['least_seconds'])} to {timed(last['least_seconds'])}",
                f"±{noise:.0%}",
                f"{fitted:,}",
                f"{min(ratios):.2f} to {max(ratios):.2f}",
            ]
        )
    lines = [
        f"One axis at a time, from {growth['scenario']} with `{growth['archetype']}` in all seats, "
        f"{growth['episodes']:,} episodes, {growth['path']}, all threads (the exact engine: one). "
        "The model is *overhead + work × cost*: the overhead is that of a call that plays a single "
        "block, the cost of a unit of work is fitted on one point of each axis, and nothing else "
        "is. Where it says Philox calls, they were counted by a build of the core that does so. "
        "Times are processor time of all threads together (over threads: the time that passed), "
        "and the least of the repeats, since other work only adds to them; the noise is half "
        "the distance of their quartiles over their median, its median over points.",
        "",
        *table(
            ["axis", "work", "from, to", "time", "noise", "fitted at", "measured / model"], worst, 2
        ),
        "",
        "![how cost grows](performance_growth.svg)",
    ]
    threads = growth["axes"].get("threads", {}).get("points", [])
    if len(threads) > 1:
        last = threads[-1]
        faster = threads[0]["least_seconds"] / last["least_seconds"]
        lines += [
            "",
            f"{last['at']} threads were {faster:.2f} times as fast as one, by the least of the "
            f"repeats, and were given {last['cores_given']:.2f} cores on average.",
        ]
    memory = growth.get("peak_memory", [])
    if memory:
        base = memory[0]["bytes"]
        first, last = memory[1], memory[-1]
        each = (last["bytes"] - first["bytes"]) / (last["at"] - first["at"])
        rows = [
            [
                f"{row['at']:,}",
                f"{row['bytes'] / 2**20:.1f} MiB",
                f"{(row['bytes'] - base) / 2**20:+.1f} MiB",
            ]
            for row in memory
        ]
        lines += ["", "Peak memory of a process that plays so many episodes, libraries included:"]
        lines += ["", *table(["episodes", "resident at most", "over none"], rows, 0)]
        lines += ["", f"From the second row to the last that is {each:.3f} bytes an episode."]
    return [*lines, "", source("growth", growth)]


def profile_section(profile: Figures | None) -> list[str]:
    """Shares of time by source."""
    if profile is None:
        return missing("profile")
    lines = []
    for loop in profile["loops"]:
        what = {"play": "Playing", "exact": "Following exactly"}[loop["loop"]]
        rows = []
        for file, share in loop["by_file"].items():
            functions = [row for row in loop["by_function"] if row["file"] == file][:4]
            listed = ", ".join(f"`{x['function']}` {x['share']:.0%}" for x in functions)
            rows.append(
                [
                    f"`{file}`",
                    PARTS.get(file, ""),
                    listed if file != "elsewhere" else "",
                    f"{share:.1%}",
                ]
            )
            if share < 0.01:
                rows.pop()
        title = f"{what} {loop['name']}, {loop['path']}, {loop['samples']:,} samples:"
        lines += ["", title, "", *table(["source", "what", "functions", "time"], rows, 3)]
    return [
        "Samples of one thread's time (`perf record`). The compiler merges an engine into one "
        "function; a sample counts for the source function from which its instruction was inlined, "
        "but for wrappers around instructions, which count for what uses them.",
        *lines,
        "",
        source("profile", profile),
    ]


def floor_section(throughput: Figures | None, profile: Figures | None) -> list[str]:
    """What Philox alone would take."""
    if throughput is None:
        return missing("throughput")
    rows = []
    for name, path in throughput["paths"].items():
        cells = [name, str(path["words"]), f"{path['nights_per_second'] / 1e6:.3g}"]
        cells.append(brief(path["ns_per_call"]["median"]))
        for key in ("calls_per_group_night", "useful_share"):
            cells.append(brief(path[key]["median"]) if key in path else "–")
        floor = path.get("floor_share")
        low_to_high = "–"
        if floor:
            low_to_high = f"{floor['median']:.2f} ({floor['min']:.2f} to {floor['max']:.2f})"
        rows.append([*cells, low_to_high])
    best = throughput["paths"][throughput["best_path"]]
    lines = [
        "Random bits have addresses, so every one that is looked at costs a share of a Philox "
        "call, and no order of work avoids that. The *floor* of a run is its counted calls, times "
        "what one takes in a loop of nothing else. Its share of the time says how far the engine "
        f"is from it: a share of one would leave nothing to gain but a faster Philox. Medians over "
        f"{len(throughput['cases'])} cases of scenario and line-up, one thread:",
        "",
        *table(
            ["path", "words", "M nights/s", "ns/call", "calls a group-night", "useful", "floor"],
            rows,
        ),
    ]
    if "floor_share" in best:
        share = best["floor_share"]["median"]
        lines += [
            "",
            f"So {throughput['best_path']} takes {1 / share:.2f} times its floor. Besides, "
            f"{1 - best['useful_share']['median']:.0%} of the places for nights are empty: "
            "episodes that ended before the last of their block, which the address of a random bit "
            "ties to it, and vectors that run empty at the end of a task.",
        ]
    given = throughput.get("all_threads", {}).get("time_given")
    if given is not None and given < IDLE:
        lines += [
            "",
            f"**The machine was busy**: all threads together were given {given:.0%} of the time of "
            "its cores. A run is interrupted more often than the short loop of calls, so that the "
            "floors above came out too low, and so did nights per second.",
        ]
    for loop in (profile or {}).get("loops", []):
        if loop["loop"] == "play":
            share = loop["by_file"].get("sliced/stream.rs", 0.0)
            lines += [
                "",
                f"By the profile below, which other work does not reach, Philox takes {share:.0%} "
                f"of the time of {loop['name']} on {loop['path']}.",
            ]
    plain = throughput.get("plain")
    if plain:
        lines += [
            "",
            f"The plain engine plays {plain['nights_per_second'] / 1e6:.3g} M nights/s; "
            f"{throughput['best_path']} on one thread is {plain['sliced_over_plain']:.0f} times as "
            "fast (geometric means).",
        ]
    return [*lines, "", source("throughput", throughput)]


def instructions_section(instructions: Figures | None) -> list[str]:
    """Counted instructions."""
    if instructions is None:
        return missing("instructions")
    rows = []
    for x in instructions["loops"]:
        unit = next(key for key in x if key.startswith("instructions_per_"))
        per = unit.removeprefix("instructions_per_").replace("lineup", "line-up")
        size = f", {x['episodes']:,} episodes" if "episodes" in x else ""
        rows.append(
            [
                x["path"],
                x["name"] + size,
                x["counted_by"],
                per,
                brief(x[unit]),
                f"{x['philox_share']:.0%}" if "philox_share" in x else "",
                f"{x['repeatability']:.4%}",
            ]
        )
    why = "; ".join(instructions["not_used"])
    return [
        "What other work on a machine cannot change. `callgrind` has no AVX-512, which is counted "
        "by stepping through it instead, over fewer episodes; lanes run empty sooner there, so "
        "that a night takes more." + (f" Not used: {why}." if why else ""),
        "",
        *table(
            ["path", "loop", "counted by", "per", "instructions", "Philox", "repeats to"], rows, 4
        ),
        "",
        source("instructions", instructions),
    ]


def _instructions(figures: Figures | None, path: str, by: str | None = None) -> Figures | None:
    """The first loop of a path that plays."""
    for x in (figures or {}).get("loops", []):
        if x["loop"] == "play" and x["path"] == path and by in (None, x["counted_by"]):
            found: Figures = x
            return found
    return None


def elsewhere_section(found: Mapping[str, Figures]) -> list[str]:
    """Other processors: what is measured, what is a model, and what a guess."""
    lines = []
    paths = found.get("throughput", {}).get("paths", {})
    calls = {
        x["path"]: x["instructions_per_call"]
        for x in found.get("instructions", {}).get("loops", [])
        if x["loop"] == "philox"
    }
    text = (
        "- **AVX-512** has twice the words in a register, and operations on three operands at once."
    )
    if {"avx2", "avx512"} <= paths.keys():
        ratio = paths["avx512"]["nights_per_second"] / paths["avx2"]["nights_per_second"]
        text += f" Measured: {ratio:.2f} times the nights per second of AVX2 on this machine."
    if {"avx2", "avx512"} <= calls.keys():
        text += (
            f" Counted: a Philox call for all words takes {calls['avx512']:.0f} instructions "
            f"instead of {calls['avx2']:.0f}, for twice as many planes: "
            f"{2 * calls['avx2'] / calls['avx512']:.2f} times as many planes an instruction."
        )
    text += (
        " A processor that runs 512-bit multiplications at the rate of 256-bit ones should come "
        "nearer to the latter (a guess: none was at hand)."
    )
    lines.append(text)
    text = (
        "- **NEON** has no path of its own: `portable8` is compiled for it. Its registers hold "
        "half the words of AVX2. A model: at best, the instructions for a night of AVX2, twice"
    )
    avx2 = _instructions(found.get("instructions"), "avx2")
    portable = _instructions(found.get("instructions"), "portable8")
    if avx2 is not None:
        text += f", {2 * avx2['instructions_per_night']:.0f} for {avx2['name']}"
        if portable is not None:
            text += (
                f" (`portable8` on this machine, with the instructions that every x86-64 has: "
                f"{portable['instructions_per_night']:.0f})"
            )
    lines.append(text + ". Nobody has measured one.")
    ladder = found.get("ladder")
    model = (ladder or {}).get("ladder", ladder or {}).get("cuda_model") or {}
    text = "- **GPUs**: the CUDA backend has not run on one yet."
    if "nights_per_second" in model:
        rates = ", ".join(f"{gpu} {rate:.2g}" for gpu, rate in model["nights_per_second"].items())
        text += f" By a model of counted instructions, an upper bound, nights per second: {rates}."
    lines.append(text + " [cuda.md](cuda.md) has the model, and what it leaves out.")
    return lines


def page(found: Mapping[str, Figures]) -> str:
    """The whole page."""
    lines = [
        "# Performance",
        "",
        "Generated by `python -m bench.performance_page` from `bench/results/`; do not edit. Every "
        "number is measured or counted by the command beneath its section, and absolute times are "
        "those of one shared machine: ratios say more. [bench/README.md](../bench/README.md) says "
        "how each is measured, and how to compare two runs.",
        "",
        "## The machine",
        "",
    ]
    where = next((figures["machine"] for figures in found.values() if "machine" in figures), None)
    if where is None:
        lines.append("Nothing has been measured yet.")
    else:
        lines.append(
            f"{where['cpu']}, {where['cores']} cores, {where['machine']}, {where['system']}; "
            f"Python {where['python']}, NumPy {where['numpy']}, "
            f"bucket-brigade {where['bucket_brigade']}, rules {where['rules_version']}. "
            "Other work shared its cores: load averages stand beneath the sections."
        )
    sections = [
        ("The ladder", ladder_section(found.get("ladder"))),
        ("How cost grows", growth_section(found.get("growth"))),
        (
            "The floor, and how far we are",
            floor_section(found.get("throughput"), found.get("profile")),
        ),
        ("Where the time goes", profile_section(found.get("profile"))),
        ("Instructions", instructions_section(found.get("instructions"))),
        ("Other processors", elsewhere_section(found)),
        (
            "All of it again",
            ["```sh", *COMMANDS.values(), "python -m bench.performance_page", "```"],
        ),
    ]
    for title, section in sections:
        lines += ["", f"## {title}", "", *section]
    return "\n".join(lines) + "\n"


def _pyplot() -> Any:
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    # Text as text keeps the file small, and a fixed salt the same for the same figures.
    pyplot.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "growth", "font.size": 9})
    return pyplot


def draw_ladder(ladder: Figures, file: Path) -> None:
    """Bars of nights per second, on a logarithmic scale."""
    pyplot = _pyplot()
    rows = [row for row in ladder_rows(ladder) if median(row.get("nights_per_second"))]
    figure, axes = pyplot.subplots(figsize=(7.5, 0.9 + 0.38 * len(rows)), layout="constrained")
    names = [f"{row.get('rung', '')}  {row.get('what', '')}".strip() for row in rows]
    rates = [median(row["nights_per_second"]) or 0.0 for row in rows]
    colours = [
        BLUE
        if str(row.get("rung", "")).rstrip("'") == row.get("rung") and row.get("rung")
        else GREY
        for row in rows
    ]
    places = range(len(rows))
    axes.barh(places, rates, color=colours)
    for place, rate, row in zip(places, rates, rows, strict=True):
        over = median(row.get("over_the_first"))
        axes.annotate(
            f"{rate:.2g}" + ("" if over is None else f"  ×{brief(over)}"),
            (rate, place),
            textcoords="offset points",
            xytext=(4, 0),
            va="center",
        )
    axes.set_yticks(list(places), names)
    axes.invert_yaxis()
    axes.set(xscale="log", xlabel="nights per second (× rung 0)")
    axes.set_xlim(right=max(rates) * 30)
    axes.grid(axis="x", alpha=0.25)
    figure.savefig(file, metadata={"Date": None})
    pyplot.close(figure)


def draw_growth(growth: Figures, file: Path) -> None:
    """A curve for each axis: measured with quartiles, and the model."""
    pyplot = _pyplot()
    curves = growth["axes"]
    rows = (len(curves) + 2) // 2
    figure, all_axes = pyplot.subplots(rows, 2, figsize=(8, 2.5 * rows), layout="constrained")
    places = list(all_axes.flat)
    for axes, (name, curve) in zip(places, curves.items(), strict=False):
        points = curve["points"]
        at = [point["at"] for point in points]
        middle = [1e3 * point["least_seconds"] for point in points]
        above = [1e3 * (p["cost_seconds"]["high"] - p["least_seconds"]) for p in points]
        label = "measured: least, upper quartile"
        axes.errorbar(
            at,
            middle,
            [[0] * len(at), above],
            fmt="o",
            ms=4,
            color=BLUE,
            elinewidth=0.8,
            label=label,
        )
        model = [1e3 * point["predicted_seconds"] for point in points]
        axes.plot(at, model, "-", color=ORANGE, label="model")
        fitted = [i for i, point in enumerate(points) if point["fitted"]]
        axes.plot(
            [at[i] for i in fitted],
            [model[i] for i in fitted],
            "s",
            ms=8,
            mfc="none",
            color=ORANGE,
            label="fitted here",
        )
        axes.set(title=TITLES.get(name, name), ylabel="ms")
        if name in LOGARITHMIC:
            axes.set_xscale("log")
        if name in LOGARITHMIC or name == "exact_houses":
            axes.set_yscale("log")
        else:
            axes.set_ylim(bottom=0)
        if name == "exact_nights":
            axes.set_ylim(min(middle) / 4, max(middle) * 4)
        axes.grid(alpha=0.25)
    places[0].legend(frameon=False)
    memory = [row for row in growth.get("peak_memory", []) if row["at"] > 0]
    left = places[len(curves) :]
    if memory:
        axes = left.pop(0)
        axes.plot([r["at"] for r in memory], [r["bytes"] / 2**20 for r in memory], "o", color=BLUE)
        axes.set(title="peak memory over episodes", xscale="log", ylabel="MiB")
        axes.set_ylim(bottom=0)
        axes.grid(alpha=0.25)
    for axes in left:
        axes.remove()
    figure.savefig(file, metadata={"Date": None})
    pyplot.close(figure)


def write(results: Path, out: Path) -> None:
    """Writes the page, and its plots beside it."""
    found = load(results)
    out.write_text(page(found), encoding="utf-8")
    if ladder_rows(found.get("ladder", {})):
        draw_ladder(found["ladder"], out.with_name("performance_ladder.svg"))
    if "growth" in found:
        draw_growth(found["growth"], out.with_name("performance_growth.svg"))


def main(arguments: Sequence[str] | None = None) -> None:
    """Writes the page."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.performance_page",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--results", type=Path, default=Path("bench/results"))
    parser.add_argument("--out", type=Path, default=Path("docs/performance.md"))
    options = parser.parse_args(arguments)
    write(options.results, options.out)


if __name__ == "__main__":
    main()
