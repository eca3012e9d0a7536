"""Text on its way out: whatever a name or a message holds, a stream gets what it can show.

Names, paths and messages come from files and other people. None of them is taken for markup or
emoji codes, no control character reaches the terminal, and signs that the stream's encoding lacks
are spelt in others. All that commands print passes here.
"""

import codecs
import contextlib
import io
import json
import os
import re
import sys
from collections.abc import Iterator

import typer
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

__all__ = ["Terminal", "console", "fold", "guarded_streams", "print_json", "say", "shown"]

#: How signs are spelt where they can't be encoded.
SPELT = {
    **{"±": "+/-", "×": "x", "·": "*", "²": "^2", "√": "sqrt", "∞": "inf", "Σ": "sum"},
    **{"−": "-", "–": "-", "—": "-", "…": "...", "≤": "<=", "≥": ">=", "≠": "!=", "→": "->"},
    **{"‘": "'", "’": "'", "“": '"', "”": '"', "•": "*", "\xa0": " "},
    **{"θ": "theta", "ε": "epsilon", "β": "beta", "κ": "kappa", "ρ": "rho"},
    **dict.fromkeys("─━═╌", "-"),
    **dict.fromkeys("│┃║", "|"),
    **dict.fromkeys("╭╮╰╯┌┐└┘├┤┬┴┼╞╡╪", "+"),
}
#: The name of the handler of encoding errors that spells them so.
SPELLING = "bucket_brigade.spelt"
#: What a line is folded between: words, of which a parenthesis is one.
WORD = re.compile(r"(?:\([^()]*\)|[^\s()]|[()])+")


def shown(text: str, encoding: str | None = "utf-8") -> str:
    """Text as a stream of an encoding may show it.

    Characters that control a terminal or can't be seen are escaped as Python writes them, but for
    line breaks; those that the encoding lacks are spelt in others.
    """
    visible = "".join(c if c.isprintable() or c == "\n" else _escaped(c) for c in text)
    return visible.encode(encoding or "utf-8", SPELLING).decode(encoding or "utf-8")


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def _spelt(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    return "".join(SPELT.get(c) or _escaped(c) for c in lacking), error.end


codecs.register_error(SPELLING, _spelt)


class Terminal(Console):
    """A Rich console that takes text for what it says, and knows how wide it may be.

    Attributes
    ----------
    columns : int or None
        Columns that tables keep to; None for as many as they need, in files and pipes.
    """

    def __init__(self, *, stderr: bool = False) -> None:
        super().__init__(stderr=stderr, markup=False, emoji=False, highlight=False)
        self.columns = _columns(self)
        if self.columns is not None:
            self.width = self.columns

    def render_str(self, text: str, **options: object) -> Text:
        """Text as Rich prints it; every string that is printed comes by."""
        return super().render_str(shown(text, self.encoding), **options)  # type: ignore[arg-type]

    def note(self, text: str) -> None:
        """Prints a paragraph; on a terminal, folded between words alone."""
        width = self.columns if self.is_terminal else None
        for line in fold(shown(text, self.encoding), width):
            self.lines(Text(line))

    def lines(self, text: Text) -> None:
        """Prints lines as they are: what is too long is left to the terminal."""
        self.print(text, soft_wrap=True)


def _columns(out: Console) -> int | None:
    """The columns that the environment names, or else those of a terminal."""
    named = os.environ.get("COLUMNS", "")
    if named.isdecimal() and int(named) > 0:
        return int(named)
    return out.width if out.is_terminal else None


def fold(text: str, width: int | None) -> list[str]:
    """The lines of a text, none wider than `width` unless a single word is."""
    lines = []
    for line in text.split("\n"):
        if width is None or cell_len(line) <= width:
            lines.append(line)
            continue
        folded = ""
        for word in WORD.findall(line):
            if folded and cell_len(f"{folded} {word}") > width:
                lines.append(folded)
                folded = word
            else:
                folded = f"{folded} {word}" if folded else word
        lines.append(folded)
    return lines


def console(*, stderr: bool = False) -> Terminal:
    """The console of tables: as wide as the terminal, or as they need where there is none.

    On standard error where a file is printed on standard output.
    """
    return Terminal(stderr=stderr)


def say(message: str) -> None:
    """Prints a message of the program on standard error."""
    Terminal(stderr=True).note(f"bucket-brigade: {message}")


def print_json(value: object) -> None:
    """Print a value to standard output as JSON."""
    typer.echo(json.dumps(value, indent=2, allow_nan=False))


@contextlib.contextmanager
def guarded_streams(failed: int) -> Iterator[None]:
    """Runs a program whose output may go nowhere.

    Without a standard output, or once nobody reads it any more, the program ends with the exit code
    `failed` and without a word. A closed standard error goes unnoticed.
    """
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    if sys.stdout is None:
        raise SystemExit(failed)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=SPELLING)
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        # What is still in the buffer must not be tried again when the interpreter ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(failed) from None
