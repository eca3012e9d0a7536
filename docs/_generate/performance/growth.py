"""The section on how cost grows."""

import statistics

from bench.text import timed
from docs._generate.markdown import table
from docs._generate.performance.stored import Figures, missing, source

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


def growth_section(growth: Figures | None) -> list[str]:
    """Measurements beside the model, and memory."""
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
    others = "".join(
        f" ({TITLES[axis]}: {episodes:,})"
        for axis, episodes in growth.get("other_episodes", {}).items()
    )
    lines = [
        f"One axis at a time, from {growth['scenario']} with `{growth['archetype']}` in all seats, "
        f"{growth['episodes']:,} episodes{others}, {growth['path']}, all threads (the exact "
        "engine: one). The model is *overhead + work × cost*: the overhead is that of a call that "
        "plays a single block (of the exact engine, whose every call here builds its tables: one "
        "on the smallest ring; over threads: none), the cost of a unit of work is fitted on one "
        "point of each axis, and nothing else is. Where it says Philox calls, they were counted by "
        "a build of the core that does so. "
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
        lines += ["", "Peak memory of a process by the episodes it plays, libraries included:"]
        lines += ["", *table(["episodes", "resident at most", "over none"], rows, 0)]
        lines += ["", f"From the second row to the last that is {each:.3f} bytes an episode."]
    return [*lines, "", source("growth", growth)]
