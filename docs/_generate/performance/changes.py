"""The section on what the profile led to: figures before and after."""

from collections.abc import Mapping

from bench.report import short_commit
from bench.text import brief, timed
from docs._generate.markdown import table
from docs._generate.performance.stored import BEFORE, COMMANDS, Figures


def changes_section(found: Mapping[str, Figures]) -> list[str]:
    """The changes of the engine, and how much they were worth."""
    lines: list[str] = []
    pairs = {name: (found.get(name), found.get(now)) for name, now in BEFORE.items()}
    before, after = pairs["instructions_before"]
    if before is not None and after is not None:
        lines += _crews(before, after)
    before, after = pairs["growth_before"]
    if before is not None and after is not None:
        lines += [*_agents(before, after), *_memory(before, after)]
    if "exact" in found:
        lines += _tables(found["exact"])
    return lines[:-1] or ["Nothing is stored of earlier commits."]


def _crews(before: Figures, after: Figures) -> list[str]:
    unit = "instructions_per_night"
    known = {(x["path"], x["name"], x.get("episodes")): x for x in before["loops"]}
    rows = []
    for x in after["loops"]:
        old = known.get((x["path"], x["name"], x.get("episodes")))
        if unit in x and old is not None:
            cells = (brief(old[unit]), brief(x[unit]), f"{x[unit] / old[unit]:.3f}")
            rows.append([x["path"], x["name"], *cells])
    return [
        "**Workers at a fire are counted in binary, two at a time**, with full adders. Before, "
        "they joined one by one a thermometer of at least one, two, … workers, which costs an "
        "agent as many steps as there were others before, and had to be cleared every night. And "
        "where no crew has more than eight, putting a fire out chooses among eight chances, not "
        "sixteen. Instructions for a night:",
        "",
        *table(["path", "case", "before", "after", "after / before"], rows, 2),
        "",
        _source("instructions_before", before, after),
        "",
    ]


def _agents(before: Figures, after: Figures) -> list[str]:
    axis = "agents"
    old = {point["at"]: point for point in before["axes"][axis]["points"]}
    rows = []
    for point in after["axes"][axis]["points"]:
        earlier = old.get(point["at"])
        if earlier is not None:
            x, y = earlier["least_seconds"], point["least_seconds"]
            rows.append([str(point["at"]), timed(x), timed(y), f"{x / y:.2f}"])
    return [
        f"Processor time of {after['episodes']:,} episodes of {after['scenario']}, "
        f"`{after['archetype']}` in all seats:",
        "",
        *table(["agents", "before", "after", "times as fast"], rows, 0),
        "",
    ]


def _memory(before: Figures, after: Figures) -> list[str]:
    if not (before["peak_memory"] and after["peak_memory"]):
        return []
    old, new = (
        (memory[-1]["bytes"] - memory[0]["bytes"]) / 2**20
        for memory in (before["peak_memory"], after["peak_memory"])
    )
    return [
        "**The sizes of blocks are kept as runs of equal ones**, where every block had eight bytes "
        f"before. Peak memory of {after['peak_memory'][-1]['at']:,} episodes, over that of none: "
        f"{old:.1f} MiB before, {new:.1f} MiB after.",
        "",
        _source("growth_before", before, after),
        "",
    ]


def _tables(exact: Figures) -> list[str]:
    figures = exact["spread_then_burn_out"]
    first, one = (min(figures[name]) / 1e3 for name in ("first", "one"))
    return [
        "**The exact engine keeps the tables of the last scenario.** A line-up for which they are "
        f"built takes {timed(first)}; one that follows, {timed(one)}.",
        "",
        f"*`{COMMANDS['exact']}`*",
        "",
    ]


def _source(name: str, before: Figures, after: Figures) -> str:
    old, new = (short_commit(x.get("commit") or "of no checkout") for x in (before, after))
    return f"*`{COMMANDS[BEFORE[name]]}`, at commits `{old}` and `{new}`*"
