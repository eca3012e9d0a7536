"""Tables that fit: nothing is shortened, cut or left out, however narrow the terminal.

A table that is too wide for its columns is first folded, in headings and in columns of prose; if
that is not enough, its columns go into several tables, one below the other, which all begin with
what rows are about; and where not even two columns fit, every row becomes a record of lines. Off a
terminal a table is as wide as it needs.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.text import Text

from bucket_brigade.cli.terminal import Terminal, fold, shown

__all__ = ["Column", "print_table"]

Cell = str | Text

#: Columns between two cells.
GAP = 2
#: Width to which a column of prose may be folded without harm.
COMFORT = 18


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes
    ----------
    name : str
        Its heading.
    right : bool
        Whether cells are flush right, as numbers are.
    prose : bool
        Whether cells may be folded between words.
    """

    name: str
    right: bool = False
    prose: bool = False


def print_table(
    out: Terminal,
    columns: Sequence[Column],
    rows: Sequence[Sequence[Cell]],
    *,
    title: str = "",
    caption: str = "",
    keys: int = 1,
) -> None:
    """Prints a table, within the columns of a terminal if they can hold its longest word.

    Parameters
    ----------
    out : Terminal
        Where to.
    columns : sequence of Column
        The first ones say what a row is about.
    rows : sequence of sequences of str or Text
        A cell for each column; cells may have several lines.
    title, caption : str
        Printed above and below.
    keys : int
        How many columns say what a row is about.
    """
    safe = [[_safe(out, cell) for cell in row] for row in rows]
    columns = [Column(shown(c.name, out.encoding), c.right, c.prose) for c in columns]
    if title:
        for line in fold(shown(title, out.encoding), out.columns):
            out.lines(Text(line, style="bold"))
    groups = list(_groups(columns, safe, out.columns, keys))
    if out.columns is not None and any(_least(g, columns, safe) > out.columns for g in groups):
        _print_records(out, columns, safe)
    else:
        for number, group in enumerate(groups):
            if number:
                out.lines(Text())
            _print_group(
                out, [columns[i] for i in group], [[row[i] for i in group] for row in safe]
            )
    if caption:
        out.note(caption)


def _safe(out: Terminal, cell: Cell) -> Text:
    """A cell of text that the terminal can show."""
    return cell if isinstance(cell, Text) else Text(shown(cell, out.encoding))


def _width(lines: Sequence[str]) -> int:
    return max((cell_len(line) for line in lines), default=0)


def _widths(column: Column, cells: Sequence[Text], prose: int) -> int:
    """Width of a column whose prose is folded to `prose`, and its heading as far as it goes."""
    parts = [fold(cell.plain, prose if column.prose else None) for cell in cells]
    return max([_width(fold(column.name, 1)), *map(_width, parts)])


def _least(group: Sequence[int], columns: Sequence[Column], rows: Sequence[Sequence[Text]]) -> int:
    """The least width of a table of some columns."""
    widths = [_widths(columns[i], [row[i] for row in rows], 1) for i in group]
    return sum(widths) + GAP * (len(group) - 1)


def _groups(
    columns: Sequence[Column], rows: Sequence[Sequence[Text]], limit: int | None, keys: int
) -> Iterator[list[int]]:
    """The columns of each table to print: all in one, or as many as fit beside the keys."""
    everything = list(range(len(columns)))
    comfortable = [_widths(c, [row[i] for row in rows], COMFORT) for i, c in enumerate(columns)]
    if limit is None or sum(comfortable) + GAP * (len(columns) - 1) <= limit:
        yield everything
        return
    group = everything[:keys]
    for i in everything[keys:]:
        if len(group) > keys and sum(comfortable[j] + GAP for j in group) + comfortable[i] > limit:
            yield group
            group = everything[:keys]
        group.append(i)
    yield group


def _fitted(
    columns: Sequence[Column], rows: Sequence[Sequence[Text]], limit: int | None
) -> list[int]:
    """Widths of columns that are no wider than they need and together fit, if they can."""
    cells = [[row[i] for row in rows] for i in range(len(columns))]
    natural = [
        max(
            _width(fold(column.name, None)), _width([t for c in texts for t in c.plain.split("\n")])
        )
        for column, texts in zip(columns, cells, strict=True)
    ]
    if limit is None:
        return natural
    least = [_widths(column, texts, 1) for column, texts in zip(columns, cells, strict=True)]
    widths = natural
    while sum(widths) + GAP * (len(widths) - 1) > limit:
        spare = [i for i, width in enumerate(widths) if width > least[i]]
        if not spare:
            break
        widths[max(spare, key=lambda i: widths[i])] -= 1
    return widths


def _print_group(out: Terminal, columns: Sequence[Column], rows: Sequence[Sequence[Text]]) -> None:
    widths = _fitted(columns, rows, out.columns)
    heads = [Text("\n".join(fold(c.name, width))) for c, width in zip(columns, widths, strict=True)]
    _print_row(out, columns, widths, heads)
    rule = shown("─", out.encoding) * (sum(widths) + GAP * (len(widths) - 1))
    out.lines(Text(rule))
    for row in rows:
        cells = [
            Text("\n".join(fold(cell.plain, width))) if column.prose else cell
            for column, cell, width in zip(columns, row, widths, strict=True)
        ]
        _print_row(out, columns, widths, cells)


def _print_row(
    out: Terminal, columns: Sequence[Column], widths: Sequence[int], cells: Sequence[Text]
) -> None:
    """A row of cells, in as many lines as the longest of them has."""
    for parts in itertools.zip_longest(*(c.split("\n", allow_blank=True) for c in cells)):
        line = Text()
        gap = 0
        for column, width, part in zip(columns, widths, parts, strict=True):
            space = width - (part.cell_len if part else 0)
            gap += space if column.right else 0
            if part:
                line.append(" " * gap).append_text(part)
                gap = 0
            gap += GAP + (0 if column.right else space) + (width - space if not part else 0)
        out.lines(line)


def _print_records(
    out: Terminal, columns: Sequence[Column], rows: Sequence[Sequence[Text]]
) -> None:
    """Every row as lines: what it is about, then a line for each other column."""
    labels = [column.name.replace("\n", " ") for column in columns]
    indent = 2 + _width(labels[1:]) + 2
    limit = out.columns or 0
    for row in rows:
        out.lines(Text(f"{labels[0]}: ".removeprefix(": ")) + row[0])
        for column, label, cell in zip(columns[1:], labels[1:], row[1:], strict=True):
            beside = _width(cell.plain.split("\n")) if not column.prose else 1
            at = indent if indent + beside <= limit else 4
            folded = Text("\n".join(fold(cell.plain, max(limit - at, 1)))) if column.prose else cell
            first = f"  {label}".ljust(at)
            lines = folded.split("\n", allow_blank=True)
            if at < indent:
                out.lines(Text(f"  {label}"))
                first = " " * at
            for number, line in enumerate(lines):
                out.lines(Text(" " * at if number else first) + line)
