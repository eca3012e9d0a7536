"""Tables of sweeps: a row a point, axes first, then results; as files and data frames and back."""

import csv
import io
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any, Self

from bucket_brigade.arguments import as_path
from bucket_brigade.atomic_files import check_output, write_bytes
from bucket_brigade.errors import BucketBrigadeError, InvalidFile, InvalidValue, shown
from bucket_brigade.game.lineup_result import write_csv
from bucket_brigade.summaries import Summarised, Summary
from bucket_brigade.sweeps.axes import AXES
from bucket_brigade.sweeps.boundaries import Threshold, thresholds
from bucket_brigade.sweeps.columns import derived
from bucket_brigade.sweeps.plan import SweepPlan
from bucket_brigade.sweeps.store import Store, is_store

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ExportUnavailable", "SweepTable", "load_sweep"]

#: Columns between axes and results: where a point comes from ("plan", or "boundary" if a bisection
#: added it), and what failed there.
ORIGIN, FAILED = "origin", "failed"
PARQUET = ".parquet"


class ExportUnavailable(BucketBrigadeError, ImportError):
    """What a table is to be handed to is missing; the message says what to install."""


@dataclass(frozen=True, repr=False)
class SweepTable(Summarised):
    """A sweep as a table.

    Attributes
    ----------
    axes : tuple of str
        The axes, which are the first columns.
    rows : tuple of dict
        A point each: value by column, None or nothing where there is none. Behind the axes stand
        ``origin`` ("plan"; "boundary" for points of a bisection) and ``failed`` (what failed there,
        None if nothing did), then results.
    documents : tuple of dict
        For each row, the whole result of each task as JSON knows it; empty where a table comes from
        a file that has no more than the table.
    plan : SweepPlan or None
        The plan; None where a table comes from such a file.
    """

    axes: tuple[str, ...]
    rows: tuple[dict[str, Any], ...]
    documents: tuple[dict[str, Any], ...] = field(default=(), compare=False)
    plan: SweepPlan | None = field(default=None, compare=False)

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns, axes first, in the order in which the rows bring them."""
        return tuple(dict.fromkeys([*self.axes, *(name for row in self.rows for name in row)]))

    @property
    def results(self) -> tuple[str, ...]:
        """The columns of results."""
        beside = {*self.axes, ORIGIN, FAILED}
        return tuple(name for name in self.columns if name not in beside)

    def column(self, name: str) -> list[Any]:
        """The values of a column, row by row.

        Raises
        ------
        InvalidValue
            If there is none of that name.
        """
        if name not in self.columns:
            raise InvalidValue("column", shown(name), f"one of {', '.join(self.columns)}")
        return [row.get(name) for row in self.rows]

    def thresholds(self) -> list[Threshold]:
        """The places where the verdict changes that the plan has a boundary for."""
        sought = None if self.plan is None else self.plan.sought
        return [] if sought is None else thresholds(sought, self.axes, self.rows)

    def summary(self) -> Summary:
        """The text and table that `repr` and notebooks show."""
        head = ["point", *self.columns]
        rows = [
            [str(i), *(_cell(row.get(name)) for name in self.columns)]
            for i, row in enumerate(self.rows)
        ]
        return Summary(f"SweepTable: {len(self.rows):,} points", head, rows)

    @classmethod
    def from_store(cls, store: Store) -> Self:
        """The table of an open file."""
        plan = store.meta("plan")
        axes: tuple[str, ...] = ()
        rows, documents = [], []
        for point in store.points():
            axes = axes or tuple(point.values)
            outcomes = {
                task: found
                for task, key in point.keys.items()
                if (found := store.outcome(point.game, task, key)) is not None
            }
            failed = [f"{task}: {found.error}" for task, found in outcomes.items() if found.error]
            row = {**point.values, ORIGIN: point.origin, FAILED: "; ".join(failed) or None}
            for found in outcomes.values():
                row |= found.columns
            row |= derived(row)
            rows.append({n: x for n, x in row.items() if x is not None or n in (*axes, FAILED)})
            documents.append({t: o.document for t, o in outcomes.items() if o.error is None})
        made = None if plan is None else SweepPlan.from_dict(json.loads(plan))
        return cls(axes, tuple(rows), tuple(documents), made)

    def to_csv(self, path: str | os.PathLike[str] | None = None) -> str:
        """The table as CSV text, also written to a file if one is named. Nothing is rounded."""
        names = self.columns
        rows = ([_text(row.get(name)) for name in names] for row in self.rows)
        return write_csv(names, rows, path)

    @classmethod
    def from_csv(cls, path: str | os.PathLike[str]) -> Self:
        """The table of a file that `to_csv` wrote.

        Raises
        ------
        InvalidFile
            If it is no such file.
        """
        file = as_path("path", path)
        try:
            reader = csv.DictReader(io.StringIO(file.read_text(encoding="utf-8")), strict=True)
            rows = [{name: _untext(name, text) for name, text in row.items()} for row in reader]
            names = list(reader.fieldnames or ())
        except (ValueError, csv.Error) as error:
            raise InvalidFile(f"{file}: no CSV of a sweep: {error}") from error
        return cls._of_rows(str(file), names, rows)

    def to_frame(self) -> "pd.DataFrame":
        """The table as a data frame of pandas (extra ``pandas``).

        Raises
        ------
        ExportUnavailable
            If there is no pandas.
        """
        columns = {name: self.column(name) for name in self.columns}
        frame: pd.DataFrame = _library("pandas", "pandas").DataFrame(columns)
        return frame

    @classmethod
    def from_frame(cls, frame: "pd.DataFrame") -> Self:
        """The table of a data frame that `to_frame` made.

        Raises
        ------
        InvalidFile
            If its first columns are no axes.
        """
        names = [str(name) for name in frame.columns]
        rows = [
            {name: _unframed(value) for name, value in zip(names, row, strict=True)}
            for row in frame.itertuples(index=False, name=None)
        ]
        return cls._of_rows("the data frame", names, rows)

    def to_parquet(self, path: str | os.PathLike[str]) -> None:
        """Writes a Parquet file (extra ``parquet``), whole or not at all.

        Raises
        ------
        ExportUnavailable
            If there is no PyArrow.
        """
        check_output(path)
        arrow, parquet = (_library(name, "parquet") for name in ("pyarrow", "pyarrow.parquet"))
        table = arrow.table({n: [_listed(x) for x in self.column(n)] for n in self.columns})
        sink = arrow.BufferOutputStream()
        parquet.write_table(table, sink)
        write_bytes(sink.getvalue().to_pybytes(), path)

    @classmethod
    def from_parquet(cls, path: str | os.PathLike[str]) -> Self:
        """The table of a file that `to_parquet` wrote.

        Raises
        ------
        ExportUnavailable
            If there is no PyArrow.
        InvalidFile
            If it is no such file.
        """
        file = as_path("path", path)
        parquet = _library("pyarrow.parquet", "parquet")
        try:
            table = parquet.read_table(file)
        except (ValueError, OSError) as error:
            if isinstance(error, FileNotFoundError):
                raise
            raise InvalidFile(f"{file}: no Parquet file: {error}") from error
        return cls._of_rows(str(file), list(table.column_names), table.to_pylist())

    @classmethod
    def _of_rows(cls, place: str, names: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> Self:
        if ORIGIN not in names or FAILED not in names:
            raise InvalidFile(f"{place}: no table of a sweep: it has no columns origin and failed")
        axes = tuple(names[: names.index(ORIGIN)])
        if unknown := [name for name in axes if name not in AXES]:
            raise InvalidFile(f"{place}: no table of a sweep: {unknown[0]} is no axis")
        kept = tuple(
            {n: v for n, v in row.items() if v is not None or n in (*axes, FAILED)} for row in rows
        )
        return cls(axes, kept)


def load_sweep(path: str | os.PathLike[str]) -> SweepTable:
    """Read the table of a sweep: of its file, of a CSV or of a Parquet file.

    A file that a sweep is still writing to can be read; what is missing then is not there yet.

    Parameters
    ----------
    path : path
        The file.

    Raises
    ------
    InvalidFile
        If it is none of these.
    ExportUnavailable
        If it is a Parquet file and there is no PyArrow.
    OSError
        If it can't be read.
    """
    file = as_path("path", path)
    if file.suffix.lower() == PARQUET:
        return SweepTable.from_parquet(file)
    if is_store(file):
        with Store(file, reading=True) as store:
            return SweepTable.from_store(store)
    return SweepTable.from_csv(file)


def _library(name: str, extra: str) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        raise ExportUnavailable(f"this needs {name} ({error}): pip install '.[{extra}]'") from error


def _cell(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else _text(value)


def _text(value: object) -> str:
    """A value as CSV has it: nothing for None, JSON for lists, numbers to the last digit."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def _untext(name: str | None, text: str | list[str] | None) -> Any:
    if name is None or not isinstance(text, str):
        raise ValueError("a row has more or fewer cells than there are columns")
    if not text:
        return None
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if isinstance(value, int | float | list) else text


def _listed(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _unframed(value: Any) -> Any:
    """A value of a data frame: what it calls missing is None, and numbers are Python's."""
    if value is None or value != value:
        return None
    return value.item() if hasattr(value, "item") else value
