"""The progress of a command: a bar on a terminal, lines elsewhere, or nothing."""

import contextlib
import logging
import sys
import time
from collections.abc import Callable, Iterator
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.text import Text

from bucket_brigade.backends import Progress as Report
from bucket_brigade.cli.terminal import Terminal, shown
from bucket_brigade.errors import InvalidValue

__all__ = ["STYLES", "ProgressStyle", "as_style", "progress_bar", "status_line"]

STYLES = ("auto", "bar", "plain", "none")
#: Seconds between two lines, at least: where lines were asked for, and where they were not, in
#: which case none comes before.
ASKED, UNASKED = 1.0, 10.0

ProgressStyle = Annotated[
    str,
    typer.Option(
        "--progress",
        help="On standard error: bar, plain (lines), none, or auto for a bar on a terminal and "
        "lines elsewhere.",
    ),
]


def as_style(style: str) -> str:
    """The style of progress, "bar", "plain" or "none"; raises `InvalidValue` for other names."""
    if style not in STYLES:
        raise InvalidValue("--progress", repr(style), f"one of {', '.join(STYLES)}")
    if style == "auto":
        return "bar" if sys.stderr.isatty() else "plain"
    return style


class _Lines:
    """Lines on standard error, not too many of them."""

    def __init__(self, every: float, first: float) -> None:
        self._every = every
        self._due = time.monotonic() + first
        self._begun = time.monotonic()

    def tell(self, text: str) -> None:
        """Writes a line, unless the last one is only just written."""
        now = time.monotonic()
        if now < self._due:
            return
        self._due = now + self._every
        line = shown(f"[{now - self._begun:.0f} s] {text}", getattr(sys.stderr, "encoding", None))
        typer.echo(line, err=True)


def _lines(style: str) -> _Lines:
    return _Lines(ASKED, 0.0) if style == "plain" else _Lines(UNASKED, UNASKED)


@contextlib.contextmanager
def progress_bar(description: str, style: str = "auto") -> Iterator[Report | None]:
    """A progress callback that draws a bar or writes lines; None if nothing is to be shown."""
    kind = as_style(style)
    if kind == "none":
        yield None
        return
    if kind == "plain":
        lines = _lines(style)

        def told(done: int, every: int) -> None:
            lines.tell(f"{description}: {done / max(every, 1):.0%}, {done:,} of {every:,}")

        yield told
        return
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%", markup=False),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    out = Terminal(stderr=True)
    with Progress(*columns, console=out, transient=True) as bar:
        task = bar.add_task(shown(description, out.encoding), total=None)
        yield lambda done, every: bar.update(task, completed=done, total=every)


@contextlib.contextmanager
def status_line(style: str = "auto") -> Iterator[Callable[[str], None]]:
    """Shows one line of text on a terminal, or writes lines; what the package logs as well."""
    kind = as_style(style)
    if kind == "none":
        yield lambda text: None
        return
    with contextlib.ExitStack() as stack:
        if kind == "plain":
            tell = _lines(style).tell
        else:
            out = Terminal(stderr=True)
            status = stack.enter_context(out.status(""))

            def tell(text: str) -> None:
                status.update(Text(shown(text, out.encoding)))

        stack.enter_context(_heard(tell))
        yield tell


@contextlib.contextmanager
def _heard(tell: Callable[[str], None]) -> Iterator[None]:
    """Tells what the package logs."""
    logger = logging.getLogger("bucket_brigade")
    handler, before = _Handler(tell), logger.level
    logger.addHandler(handler)
    logger.setLevel(min(before or logging.INFO, logging.INFO))
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)


class _Handler(logging.Handler):
    """Passes on what is logged."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        super().__init__(logging.INFO)
        self._tell = tell

    def emit(self, record: logging.LogRecord) -> None:
        """Print a message without breaking the bar."""
        self._tell(record.getMessage())
