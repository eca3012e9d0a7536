"""Sweeps as the page draws them: their table by columns, and where verdicts change."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bucket_brigade.errors import InvalidFile, shown
from bucket_brigade.explorer.parameters import parameters
from bucket_brigade.explorer.sources import named_by_source
from bucket_brigade.game.catalogue import SCENARIOS
from bucket_brigade.sweeps.axes import scenario_at
from bucket_brigade.sweeps.pictures import FIRST, VERDICTS, axis_values, label_of
from bucket_brigade.sweeps.store import is_store
from bucket_brigade.sweeps.table import FAILED, ORIGIN, PARQUET, SweepTable, load_sweep

__all__ = ["joined", "of_file", "of_object"]

#: Where sweeps have several scenarios or rules, no parameters are common to all points.
_MANY = {"scenario", "rules"}


def of_object(thing: object) -> list[dict[str, Any]] | None:
    """The entry of a table; None for anything else."""
    return [_entry(thing)] if isinstance(thing, SweepTable) else None


def of_file(path: Path) -> list[dict[str, Any]] | None:
    """The entry of a sweep's file, or of the CSV or Parquet file of its table; None for others."""
    if not (path.suffix.lower() == PARQUET or is_store(path) or _is_table(path)):
        return None
    table = load_sweep(path)
    for name in table.axes:
        for value in table.column(name):
            if value is not None and _finite(value) is None:
                raise InvalidFile(f"{path}: {name} is {shown(value)}, not a finite number")
    return [{**_entry(table), "source": path}]


def joined(entries: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Entries with names of the files that some are from."""
    return named_by_source(entries)


def _is_table(path: Path) -> bool:
    """Whether a file begins as the CSV of a table does."""
    with path.open("rb") as file:
        names = file.readline(1 << 16).strip().split(b",")
    return {ORIGIN.encode(), FAILED.encode()} <= set(names)


def _entry(table: SweepTable) -> dict[str, Any]:
    results = table.results
    planned = [row for row in table.rows if row.get(ORIGIN) == "plan"]
    sought = None if table.plan is None else table.plan.sought
    return {
        "axes": [
            {"name": name, "label": label_of(name), "values": axis_values(planned, name)}
            for name in table.axes
        ],
        "results": [
            {
                "name": name,
                "label": label_of(name),
                "words": any(isinstance(x, str | bool) for x in table.column(name)),
                # The column whose changes are drawn over this one.
                "verdict": _verdict(name, results),
            }
            for name in results
        ],
        "columns": {name: [_finite(x) for x in table.column(name)] for name in table.columns},
        "first": next((name for name in FIRST if name in results), results[0] if results else None),
        "sought": sought and {"axis": sought.axis, "column": sought.column},
        "parameters": _parameters(table),
        "thresholds": [
            {"values": each.values, "low": each.low, "high": each.high}
            for each in table.thresholds()
        ],
    }


def _parameters(table: SweepTable) -> dict[str, Any] | None:
    """Parameters that all points have; None where the table does not say so."""
    plan = table.plan
    if plan is None or _MANY & set(table.axes):
        return None
    base = SCENARIOS.get(plan.base) if isinstance(plan.base, str) else plan.base
    if base is None:
        return None
    return parameters(scenario_at(base, plan.rules, plan.changes, {}), without=table.axes)


def _finite(value: Any) -> Any:
    """The value; None if it is a number that JSON does not know."""
    try:
        return None if isinstance(value, int | float) and not math.isfinite(value) else value
    except OverflowError:
        return None


def _verdict(name: str, results: tuple[str, ...]) -> str | None:
    verdict = VERDICTS.get(name.split("_")[0])
    return verdict if verdict in results else None
