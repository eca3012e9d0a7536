"""What a page shows, as plain data: objects and files of all kinds, described by kind."""

import os
from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from bucket_brigade._core import __version__
from bucket_brigade.arguments import as_path
from bucket_brigade.errors import InvalidFile, InvalidValue, shown
from bucket_brigade.game.scenario import RULES_VERSION
from bucket_brigade.simulation.episode import Night

__all__ = ["FORMAT", "KINDS", "Bundle", "Kind", "bundled"]

Bundle = dict[str, Any]

#: Version of the bundle's keys, which the page's scripts know.
FORMAT = 1

#: Modules of this package, each of which describes one kind of thing; in the bundle, what it says
#: stands under its name.
KINDS = ("episodes", "results", "policies", "sweeps", "learning")


class Kind(Protocol):
    """A module that describes one kind of thing as entries: dictionaries that JSON can hold.

    What entries look like depends on others where a module has `joined`, which makes them of all
    that `of_object` and `of_file` gave.
    """

    def of_object(self, thing: object) -> list[Any] | None:
        """Entries for an object; None if it is of another kind."""
        ...

    def of_file(self, path: Path) -> list[Any] | None:
        """Entries for a file; None if it holds another kind.

        Raises `InvalidFile` where it holds this kind and is damaged.
        """
        ...


def bundled(things: Iterable[object], title: str, *, live: bool = False) -> Bundle:
    """The bundle of things to be shown.

    Parameters
    ----------
    things : iterable
        Objects and paths of files, of any kind that a module of `KINDS` knows, and lists of them.
    title : str
        The page's title.
    live : bool
        Whether the page is served by a program that it may ask for more.

    Raises
    ------
    InvalidValue
        If an object is of no kind that can be shown.
    InvalidFile
        If a file is damaged, or holds nothing that can be shown.
    OSError
        If a file can't be read.
    """
    bundle: Bundle = {
        "format": FORMAT,
        "made": {"software_version": __version__, "rules_version": RULES_VERSION},
        "title": title,
        "live": live,
    }
    found: dict[str, list[Any]] = {name: [] for name in KINDS}
    for thing in _each(things):
        for name, entries in _described(thing).items():
            found[name] += entries
    for name, entries in found.items():
        joined = getattr(_module(name), "joined", None)
        bundle[name] = entries if joined is None else joined(entries)
    return bundle


def _each(things: Iterable[object]) -> Iterator[object]:
    """Things one by one, also those in lists; nights and records are one thing together."""
    for thing in things:
        if isinstance(thing, list | tuple) and thing and not isinstance(thing[0], Night | Mapping):
            yield from _each(thing)
        else:
            yield thing


def _described(thing: object) -> dict[str, list[Any]]:
    """Entries of a thing by kind: a solution of a game, say, is a result and holds policies."""
    path = as_path("thing", thing) if isinstance(thing, str | os.PathLike) else None
    if path is not None:
        path.open("rb").close()  # says first whether it is there and may be read
    found = {}
    for name in KINDS:
        kind: Kind = _module(name)
        entries = kind.of_object(thing) if path is None else kind.of_file(path)
        if entries is not None:
            found[name] = entries
    if not found:
        if path is not None:
            raise InvalidFile(f"{path}: holds nothing that can be shown: expected {_FILES}")
        raise InvalidValue("things", shown(thing), _OBJECTS)
    return found


def _module(name: str) -> Any:
    return import_module(f"bucket_brigade.explorer.{name}")


_OBJECTS = (
    "an Episode, a SimulationResult, nights of `replay`, an equilibrium, a Judgement, a team "
    "optimum, a payoff matrix, saved policies, a SweepTable, records of learning, or the path of a "
    "file"
)
_FILES = (
    "a result, policies or a sweep that a command saved, what one printed with --json, or a "
    "training log"
)
