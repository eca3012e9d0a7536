"""The sections on where the time goes, and on counted instructions."""

from bench.text import brief
from docs._generate.markdown import table
from docs._generate.performance.stored import Figures, missing, source

#: What sources of the core do, for the profile.
PARTS = {
    "sliced/stream.rs": "Philox",
    "sliced/draw.rs": "comparing random planes with thresholds",
    "sliced/pick.rs": "choosing one of several burning houses",
    "sliced/decide.rs": "what the agents do",
    "sliced/night.rs": "rules of a night, and counting events",
    "sliced/workers.rs": "who works at which fire",
    "sliced/group.rs": "handing blocks to lanes",
    "run.rs": "sums and second moments of blocks",
    "game/counts.rs": "sums and second moments of blocks",
    "dynamics/spread.rs": "fires breaking out, and which are added up",
    "dynamics/extinguishing.rs": "the workers' table, once for a line-up",
    "chain/survivors.rs": "workers: from fires to survivors",
    "chain/unrolled.rs": "workers: from fires to survivors",
    "chain/horizon.rs": "settling a state",
    "chain/pass.rs": "the walk over all states",
    "chain/occupancy.rs": "reading states off",
    "chain/full.rs": "the walk over all states",
    "chain/quiet.rs": "nights in which nothing survives",
    "chain/saves.rs": "chances to save a house, once for a line-up",
    "chain/totals.rs": "counts from chances",
    "elsewhere": "libraries and the operating system",
}
#: Share of a source that is listed.
LEAST = 0.01


def profile_section(profile: Figures | None) -> list[str]:
    """Shares of time by source."""
    if profile is None:
        return missing("profile")
    lines = []
    for loop in profile["loops"]:
        what = {"play": "Playing", "exact": "Following exactly"}[loop["loop"]]
        rows = []
        for file, share in loop["by_file"].items():
            if share < LEAST:
                continue
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


def instructions_section(instructions: Figures | None) -> list[str]:
    """The table of counted instructions."""
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
                "once" if x["repeatability"] is None else f"{x['repeatability']:.4%}",
            ]
        )
    text = "What other work on a machine cannot change."
    tools = {x["counted_by"] for x in instructions["loops"]}
    if {"callgrind", "stepping"} <= tools:
        text += " `callgrind` has no AVX-512, which is counted by stepping through it instead."
    if "stepping" in tools:
        text += (
            " What is stepped through is smaller, and lanes run empty sooner in fewer episodes, so "
            "that a night takes more."
        )
    if any(x["repeatability"] is None for x in instructions["loops"]):
        text += " What takes minutes to step through was counted once."
    why = "; ".join(instructions["not_used"])
    return [
        text + (f" Not used: {why}." if why else ""),
        "",
        *table(
            ["path", "loop", "counted by", "per", "instructions", "Philox", "repeats to"], rows, 4
        ),
        "",
        source("instructions", instructions),
    ]
