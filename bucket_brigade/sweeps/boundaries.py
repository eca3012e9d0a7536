"""Boundaries: where along an axis a verdict changes, found by bisection."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Self

from bucket_brigade.arguments import as_positive, did_you_mean
from bucket_brigade.errors import InvalidValue, shown
from bucket_brigade.sweeps.axes import WHOLE, Value

__all__ = ["Boundary", "Threshold", "thresholds"]

#: Verdicts that are looked at by default: those of the first of these tasks that a plan has.
VERDICTS = {"nash": "nash_work", "seats": "seats_kind"}
#: The part of an axis to which a threshold is found by default.
PART = 100
#: A verdict that is a column of words, or on which side of a number a column lies.
CONDITION = re.compile(r"(?P<column>\w+)\s*(?:(?P<sign>[<>])\s*(?P<number>[-+.\deE]+))?")


@dataclass(frozen=True)
class Threshold:
    """A place on an axis where a verdict changes.

    Attributes
    ----------
    values : dict
        What the other axes have there.
    low, high : float
        The points between which it changes.
    below, above : object
        The verdict at either of them.
    """

    values: dict[str, Value]
    low: float
    high: float
    below: object
    above: object


@dataclass(frozen=True)
class Boundary:
    """What to look for: a verdict that changes along an axis.

    Attributes
    ----------
    axis : str
        The axis.
    column : str
        A column of words or whole numbers; or ``COLUMN<NUMBER`` or ``COLUMN>NUMBER``, which is true
        or not.
    tolerance : float
        How far apart the points around a threshold are in the end, at most.
    """

    axis: str
    column: str
    tolerance: float

    @classmethod
    def parsed(cls, text: str, axes: Mapping[str, Sequence[Value]], do: Sequence[str]) -> Self:
        """The boundary of a text, ``AXIS``, ``AXIS:COLUMN`` or ``AXIS:COLUMN:TOLERANCE``.

        By default the column is who works in the symmetric equilibrium, or else the kind of
        equilibria by seats, and the tolerance a hundredth of the axis.

        Parameters
        ----------
        text : str
            What is asked for.
        axes : mapping
            The values of each axis.
        do : sequence of str
            The tasks of the plan.

        Raises
        ------
        InvalidValue
            If there is no such axis of numbers, or the rest is not allowed.
        """
        if not isinstance(text, str):
            raise InvalidValue("boundary", shown(text), "AXIS, AXIS:COLUMN or AXIS:COLUMN:WIDTH")
        axis, _, rest = text.partition(":")
        column, _, tolerance = rest.partition(":")
        values = axes.get(axis, ())
        numbers = [value for value in values if isinstance(value, int | float)]
        if len(set(numbers)) < 2 or len(numbers) < len(values):
            allowed = f"an axis of at least two numbers, among {', '.join(axes) or 'none'}"
            raise InvalidValue("boundary", shown(axis), allowed + did_you_mean(axis, axes))
        if not column:
            column = next((VERDICTS[task] for task in do if task in VERDICTS), "")
        if not CONDITION.fullmatch(column):
            allowed = "AXIS:COLUMN, COLUMN one of words, or COLUMN<NUMBER"
            raise InvalidValue("boundary", shown(text), allowed)
        far = (max(numbers) - min(numbers)) / PART
        if tolerance:
            try:
                far = float(tolerance)
            except ValueError:
                raise InvalidValue("boundary", shown(tolerance), "a number above 0") from None
        return cls(axis, column, as_positive("boundary", far))

    def verdict(self, row: Mapping[str, Any]) -> object:
        """The verdict at a point; None where there is none.

        Raises
        ------
        InvalidValue
            If the column holds numbers that are not whole, which change everywhere.
        """
        match = CONDITION.fullmatch(self.column)
        assert match is not None
        value = row.get(match["column"])
        if value is None:
            return None
        if match["sign"] is not None:
            try:
                number = float(match["number"])
                return value < number if match["sign"] == "<" else value > number
            except (ValueError, TypeError):
                allowed = "a column of numbers beside a number"
                raise InvalidValue("boundary", shown(self.column), allowed) from None
        if isinstance(value, float):
            allowed = f"words or whole numbers, or a condition such as {self.column}<1"
            raise InvalidValue("boundary", shown(self.column), allowed)
        return value

    def check(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Refuses a column that rows don't have, though no task failed.

        Raises
        ------
        InvalidValue
            If there is no such column.
        """
        match = CONDITION.fullmatch(self.column)
        assert match is not None
        columns = list(dict.fromkeys(name for row in rows for name in row))
        if match["column"] not in columns and not any(row.get("failed") for row in rows):
            allowed = f"a column: {', '.join(columns)}{did_you_mean(match['column'], columns)}"
            raise InvalidValue("boundary", shown(match["column"]), allowed)

    def middles(
        self, axes: Sequence[str], rows: Sequence[Mapping[str, Any]]
    ) -> list[dict[str, Any]]:
        """The points to compute next: in the middle of each gap that is still too wide."""
        found = []
        for low, high in self.gaps(axes, rows):
            a, b = low[self.axis], high[self.axis]
            if b - a <= (1 if self.axis in WHOLE else self.tolerance):
                continue
            middle = (a + b) // 2 if self.axis in WHOLE else (a + b) / 2
            point = {name: low[name] for name in axes} | {self.axis: middle}
            # One that was computed, and has no verdict, would have none again.
            there = any(all(row[name] == value for name, value in point.items()) for row in rows)
            if a < middle < b and not there:
                found.append(point)
        return found

    def gaps(
        self, axes: Sequence[str], rows: Sequence[Mapping[str, Any]]
    ) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
        """Neighbours along the axis with different verdicts, one line of points after another."""
        others = [name for name in axes if name != self.axis]
        lines: dict[str, list[Mapping[str, Any]]] = {}
        for row in rows:
            lines.setdefault(json.dumps([row[name] for name in others]), []).append(row)
        for line in lines.values():
            known = [row for row in line if self.verdict(row) is not None]
            for low, high in pairwise(sorted(known, key=lambda row: row[self.axis])):
                if self.verdict(low) != self.verdict(high):
                    yield low, high


def thresholds(
    boundary: Boundary, axes: Sequence[str], rows: Sequence[Mapping[str, Any]]
) -> list[Threshold]:
    """The thresholds that the rows of a table show, one line of points after another."""
    return [
        Threshold(
            {name: low[name] for name in axes if name != boundary.axis},
            low[boundary.axis],
            high[boundary.axis],
            boundary.verdict(low),
            boundary.verdict(high),
        )
        for low, high in boundary.gaps(axes, rows)
    ]
