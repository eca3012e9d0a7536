"""Output of commands: options, checks before the work, and the progress of long searches."""

import contextlib
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from typer.core import TyperCommand

from bucket_brigade.atomic_files import (
    STANDARD_OUTPUT,
    check_output,
    is_standard_output,
    is_stream,
)
from bucket_brigade.cli.terminal import say
from bucket_brigade.equilibrium.report.payoff_table import distinct_names
from bucket_brigade.equilibrium.results.saved import Progress
from bucket_brigade.errors import InvalidFile, InvalidValue
from bucket_brigade.file_lock import FileLock
from bucket_brigade.game.scenario import Scenario

__all__ = [
    "Csv",
    "Out",
    "Picture",
    "PictureColumn",
    "Plot",
    "Restart",
    "Resumable",
    "Resume",
    "Save",
    "check_outputs",
    "files_of",
    "kept_progress",
]

R = TypeVar("R")

RESUME = "--resume"

Out = Annotated[
    Path,
    typer.Option(
        help="Where to save; what a finished run saved there is replaced. - prints JSON and saves "
        "nothing.",
        metavar="FILE",
    ),
]
Plot = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Draw what is found in each scenario (extra: plot). In FILE {} stands for its name; "
        "without it, the names of several are appended. - prints SVG.",
    ),
]
Picture = Annotated[
    Path | None,
    typer.Option(
        "--plot",
        metavar="FILE",
        help="Draw the diagram (extra: plot): lines over one axis, cells over two, panels over a "
        "third and fourth.",
    ),
]
PictureColumn = Annotated[
    str | None, typer.Option("--plot-column", metavar="COLUMN", help="What --plot shows.")
]
Csv = Annotated[
    Path | None,
    typer.Option(
        help="Write a table to this file; - prints it, and all else to standard error.",
        metavar="FILE",
    ),
]
Save = Annotated[
    Path | None,
    typer.Option(
        "--save",
        metavar="FILE",
        help="Save the policies found, of all seats; FILE as for --plot of nash. They are shown by "
        "`bucket-brigade policy`, and are line-ups wherever files are.",
    ),
]
Resume = Annotated[
    str | None,
    typer.Option(
        RESUME,
        metavar="[FILE]",
        help="Go on from this file, and keep progress there. FILE may be left out where no "
        "argument follows: then it is OUT.progress.",
    ),
]
Restart = Annotated[
    bool,
    typer.Option("--restart", help="Begin anew where a run was interrupted: its progress is lost."),
]


class Resumable(TyperCommand):
    """A command whose ``--resume`` may stand without a value: at the end, or before an option."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Gives it an empty value there."""
        following = [*args[1:], "--"]
        return super().parse_args(
            ctx,
            [
                f"{RESUME}=" if arg == RESUME and after.startswith("-") else arg
                for arg, after in zip(args, following, strict=True)
            ],
        )


def check_outputs(
    given: Iterable[tuple[str, Path | None]],
    as_json: bool = False,
    names: Sequence[str] | None = None,
) -> bool:
    """Check what a command shall write, before its work.

    Parameters
    ----------
    given : iterable of (option, file)
        All of it; None is for nothing.
    as_json : bool
        Whether standard output is taken by JSON.
    names : sequence of str, optional
        Scenarios and files that are read, as the command was given them.

    Returns
    -------
    bool
        Whether standard output is a file's, so that tables are for standard error.

    Raises
    ------
    InvalidValue
        If a file is a folder, or two are the same, or one is a file that is read.
    OSError
        If one can't be written.
    """
    taken = {STANDARD_OUTPUT: "JSON"} if as_json else {}
    taken |= {os.path.realpath(file): "a file that is read" for file in _files_of(names or ())}
    for option, path in given:
        if path is None:
            continue
        check_output(path, option)
        printed = is_standard_output(path)
        if is_stream(path) and not printed:
            continue  # as /dev/null, which takes any number
        place = STANDARD_OUTPUT if printed else os.path.realpath(path)
        if place in taken:
            allowed = f"another place than that of {taken[place]}"
            raise InvalidValue(option, repr(str(path)), allowed)
        taken[place] = option
    return STANDARD_OUTPUT in taken and not as_json


def files_of(option: str, pattern: Path | None, scenarios: Sequence[Scenario]) -> list[Path]:
    """The output file of each scenario, each with a name of its own."""
    if pattern is None:
        return []
    if pattern.is_dir():
        raise InvalidValue(option, repr(str(pattern)), "a file, not a directory")
    if is_stream(pattern):
        if len(scenarios) > 1:
            given = f"{str(pattern)!r} for {len(scenarios)} scenarios"
            raise InvalidValue(option, given, "a file name, since one follows after the other")
        return [pattern]
    # Names may be any text, such as one with slashes.
    given_names = [
        re.sub(r"[^\w.-]+", "_", f"{each.name}-{each.night_order}") for each in scenarios
    ]
    names = distinct_names(given_names, "-")
    if "{}" in pattern.name:
        return [pattern.with_name(pattern.name.replace("{}", name)) for name in names]
    if len(names) == 1:
        return [pattern]
    return [pattern.with_name(f"{pattern.stem}-{name}{pattern.suffix}") for name in names]


def _files_of(names: Sequence[str]) -> list[str]:
    """Files among the names of scenarios, FILE or FILE:NAME."""
    files = [file for name in names for file in (name, name.rpartition(":")[0])]
    return [file for file in files if os.path.isfile(file)]


@contextlib.contextmanager
def kept_progress(
    out: Path,
    resume: str | None,
    restart: bool,
    *,
    key: str,
    dump: Callable[[R], Any],
    load: Callable[[Any], R],
) -> Iterator[Progress[R]]:
    """The progress of a search as ``--resume`` and ``--restart`` have it, kept from other runs.

    After Ctrl-C it says how to go on.
    """
    beside = None if is_stream(out) else out.with_name(f"{out.name}.progress")
    path = Path(resume) if resume else beside
    if resume is not None:
        _check_resume(resume, restart, out, path, beside)
    elif path is not None:
        try:
            check_output(path, "the progress of --out")
        except OSError as error:
            say(f"no progress is kept: {error}")
            path = None
    with FileLock(path) if path is not None else contextlib.nullcontext():
        progress = Progress(
            path,
            key=key,
            dump=dump,
            load=load,
            resuming=resume is not None,
            restarting=restart,
        )
        try:
            yield progress
        except KeyboardInterrupt:
            if path is not None and path.exists():
                say(f"to go on: {RESUME} {path}")
            raise


def _check_resume(
    resume: str, restart: bool, out: Path, path: Path | None, beside: Path | None
) -> None:
    if restart:
        raise InvalidValue("--restart", "given", f"either --restart or {RESUME}, not both")
    if path is None:
        raise InvalidValue(RESUME, "without FILE", "a file: there is none beside --out")
    if path.resolve() == out.resolve():
        raise InvalidValue(RESUME, repr(resume), "another file than --out")
    if not path.exists():
        hint = "" if not resume or beside is None else f"; {RESUME} alone, at the end: {beside}"
        raise InvalidFile(f"{path}: no such file to resume from{hint}")
