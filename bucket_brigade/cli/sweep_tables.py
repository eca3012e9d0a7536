"""Sweeps as tables of the terminal and as JSON."""

import json
from dataclasses import asdict
from typing import Any

from bucket_brigade.cli.tables import Column, print_table
from bucket_brigade.cli.terminal import Terminal
from bucket_brigade.sweeps.boundaries import Threshold
from bucket_brigade.sweeps.table import FAILED, SweepTable

__all__ = ["print_sweep", "sweep_json"]

#: Rows that are printed.
MOST = 50
#: Columns that are printed, and their headings; of line-ups, those with their number.
SHOWN = {
    "payoff": "lineup{}_payoff",
    "nights": "lineup{}_nights",
    "equilibrium": "nash_plays",
    "its payoff": "nash_payoff",
    "its nights": "nash_nights",
    "verdict": "nash_verdict",
    "any policy gains": "exploitability",
    "equilibria by seats": "seats_kind",
    "by seats": "seats_plays",
    "payoff by seats": "seats_payoff",
    "nights by seats": "seats_nights",
    "judged: (p, q) gains": "judge{}_heuristic_gain",
    "judged: any policy gains": "judge{}_exploitability",
    "best response gains": "response{}_exploitability",
    "optimum": "optimum_payoff",
    "nights of optimum": "optimum_nights",
    "lost to anarchy": "lost_to_anarchy",
    "whole game": "markov_payoff",
    "nights of whole game": "markov_nights",
    "failed": FAILED,
}
PROSE = {"nash_plays", "seats_plays", FAILED}


def print_sweep(out: Terminal, table: SweepTable) -> None:
    """Prints the main columns of the first rows, and all thresholds."""
    names = _columns(table)
    columns = [
        *(Column(axis, prose=True) for axis in table.axes),
        *(Column(head, name not in PROSE, prose=True) for head, name in names),
    ]
    rows = [
        [*(_axis(row[axis]) for axis in table.axes), *(_cell(row.get(name)) for _, name in names)]
        for row in table.rows[:MOST]
    ]
    more = len(table.rows) - len(rows)
    caption = "payoffs of an episode, means over seats, in points; nights of an episode"
    if more > 0:
        caption += (
            f"; {more:,} more points are in the file: bucket-brigade sweep-export FILE --csv -"
        )
    if columns:
        print_table(out, columns, rows, caption=caption, keys=len(table.axes))
    if table.plan is not None and table.plan.sought is not None:
        sought = table.plan.sought
        _print_thresholds(out, sought.axis, sought.column, table.thresholds())


def _print_thresholds(out: Terminal, axis: str, column: str, found: list[Threshold]) -> None:
    if not found:
        out.note(f"{column} changes nowhere along {axis}")
        return
    others = list(found[0].values)
    columns = [
        *(Column(name, prose=True) for name in others),
        *(Column(name, right=True) for name in ("between", "and")),
        *(Column(name) for name in ("below", "above")),
    ]
    rows = [
        [
            *(_axis(each.values[name]) for name in others),
            f"{each.low:g}",
            f"{each.high:g}",
            str(each.below),
            str(each.above),
        ]
        for each in found
    ]
    print_table(out, columns, rows, title=f"where {column} changes along {axis}", keys=len(others))


def sweep_json(table: SweepTable) -> dict[str, Any]:
    """A sweep as JSON knows it: its plan, a row a point, and thresholds."""
    return {
        "plan": table.plan and table.plan.to_dict(),
        "axes": list(table.axes),
        "points": [dict(row) for row in table.rows],
        "thresholds": [asdict(each) for each in table.thresholds()],
    }


def _columns(table: SweepTable) -> list[tuple[str, str]]:
    """Headings and names of the columns to print."""
    found = []
    for head, name in SHOWN.items():
        if "{}" not in name:
            if any(row.get(name) is not None for row in table.rows):
                found.append((head, name))
            continue
        for i in range(len(table.columns)):
            if name.format(i) not in table.columns:
                break
            found.append((f"{head} of line-up {i}", name.format(i)))
    return found


def _axis(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _cell(value: object) -> str:
    if value is None:
        return "–"
    return f"{value:.2f}" if isinstance(value, float) else str(value)
