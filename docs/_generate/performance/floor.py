"""The section on the floor: what random bits alone would take."""

from bench.exact import REGISTERS, floor_ms
from bench.text import brief
from docs._generate.markdown import table
from docs._generate.performance.stored import Figures, missing, source

#: The part of the cores' time that an idle machine gives.
IDLE = 0.95
#: The source that draws random bits.
PHILOX = "sliced/stream.rs"


def floor_section(
    throughput: Figures | None, profile: Figures | None, exact: Figures | None
) -> list[str]:
    """The time that Philox alone would take, and the operations of the exact engine."""
    return [*_sampled(throughput, profile), "", *_exact(exact)]


def _sampled(throughput: Figures | None, profile: Figures | None) -> list[str]:
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
        f"is from it: a share of one would leave nothing to gain but a faster Philox. Of "
        f"{len(throughput['cases'])} cases of scenario and line-up, on one thread, geometric means "
        "of nights/s, and medians of all else:",
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
            f"So {throughput['best_path']} takes {1 / share:.2f} times its floor in the median "
            f"case. Besides, {1 - best['useful_share']['median']:.0%} of the places for nights are "
            "empty: episodes that ended before the last of their block, which the address of a "
            "random bit ties to it, and vectors that run empty at the end of a task.",
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
        if loop["loop"] == "play" and PHILOX in loop["by_file"]:
            share = loop["by_file"][PHILOX]
            lines += [
                "",
                f"By the profile below, which other work hardly reaches, Philox takes {share:.0%} "
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


def _exact(exact: Figures | None) -> list[str]:
    if exact is None:
        return missing("exact")
    total = sum(exact["operations"].values())
    least, took = floor_ms(total, exact["path"]), min(exact["spread_then_burn_out"]["batch"]["1"])
    return [
        f"A pass of the exact engine over the ring of ten asks for {total:,.0f} operations on "
        f"lines of eight numbers, which {exact['path']} does in {REGISTERS[exact['path']]} each. "
        "Two passes at two of these a cycle and 3 GHz take "
        f"{least:.2f} ms; measured were {took:.2f} ms a line-up on one thread, {took / least:.1f} "
        "times that. [exact.md](exact.md) says where it goes.",
        "",
        source("exact", exact),
    ]
