"""Summaries of results: a few lines of text, and a table in notebooks."""

import html
from dataclasses import dataclass, field

__all__ = ["Summarised", "Summary", "cut", "escaped", "legible", "with_error"]

#: Rows, and columns of a row, that a summary shows.
MOST_ROWS, MOST_COLUMNS = 8, 16
#: Characters of a name.
LONGEST = 60


@dataclass(frozen=True)
class Summary:
    """A title, a table and remarks, none of them escaped yet.

    Attributes
    ----------
    title : str
        What it is.
    head : list of str
        Names of the columns, the first of which names the rows.
    rows : list of list of str
        Cells. Of many rows, the first are shown.
    notes : list of str
        Remarks.
    """

    title: str
    head: list[str]
    rows: list[list[str]]
    notes: list[str] = field(default_factory=list)

    @property
    def _left_out(self) -> list[str]:
        more = len(self.rows) - MOST_ROWS
        return [f"… and {more:,} more"] if more > 0 else []

    def text(self) -> str:
        """Lines of text: one for each row, every cell with its column's name."""
        lines = [self.title]
        for row in self.rows[:MOST_ROWS]:
            named = [f"{name} {cell}" for name, cell in zip(self.head[1:], row[1:], strict=True)]
            lines.append(f"  {row[0]}: {', '.join(named[:MOST_COLUMNS])}")
        lines += [f"  {note}" for note in [*self._left_out, *self.notes]]
        return "\n".join(map(legible, lines))

    def to_html(self) -> str:
        """A table in HTML, with everything escaped."""

        def cells(tag: str, row: list[str]) -> str:
            return "".join(f"<{tag}>{escaped(cell)}</{tag}>" for cell in row[: 1 + MOST_COLUMNS])

        rows = "".join(f"<tr>{cells('td', row)}</tr>" for row in self.rows[:MOST_ROWS])
        notes = "".join(f"<p>{escaped(note)}</p>" for note in [*self._left_out, *self.notes])
        table = f"<thead><tr>{cells('th', self.head)}</tr></thead><tbody>{rows}</tbody>"
        return f"<div><table><caption>{escaped(self.title)}</caption>{table}</table>{notes}</div>"


class Summarised:
    """A result that `repr` and notebooks show by its `summary`."""

    def summary(self) -> Summary:
        """The summary to show."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return self.summary().text()

    def _repr_html_(self) -> str:
        return self.summary().to_html()


def legible(text: str) -> str:
    """Text in which what can't be seen, such as the codes that move a cursor, is written out."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def escaped(text: str) -> str:
    """Legible text as HTML and SVG have it."""
    return html.escape(legible(text), quote=True)


def with_error(mean: float, error: float) -> str:
    """A mean with its standard error, of which two digits tell enough."""
    return f"{mean:.6g} ± {error:.0f}" if error >= 10 else f"{mean:.6g} ± {error:.2g}"


def cut(text: str, most: int = LONGEST) -> str:
    """A name of which a summary has the beginning, where it is long."""
    return text if len(text) <= most else f"{text[: most - 1]}…"
