"""Progress in a file: what is done of several computations, and where one was interrupted."""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from bucket_brigade.atomic_files import check_output, write_json
from bucket_brigade.equilibrium.results.documents import SCHEMA_VERSION, read_document
from bucket_brigade.errors import InvalidFile, InvalidValue
from bucket_brigade.game.scenario import Scenario

__all__ = ["Computation", "Progress", "check_settings"]

#: Seconds between writes, at least; finished computations are always written.
EVERY = 1.0

R = TypeVar("R")
Found = TypeVar("Found", covariant=True)


class Computation(Protocol[Found]):
    """A computation whose progress is kept: a `DoubleOracle`, a `RoleSearch`, or a whole game."""

    @property
    def scenario(self) -> Scenario:
        """The scenario that is solved."""
        ...

    def settings(self) -> dict[str, Any]:
        """The settings that the result depends on, as JSON knows them."""
        ...

    def solve(
        self,
        *,
        state: dict[str, Any] | None = None,
        on_state: Callable[[dict[str, Any]], object] | None = None,
    ) -> Found:
        """Solve, from where an interrupted computation was."""
        ...


class Progress(Generic[R]):
    """Solves one computation after another, and keeps in a file what is known.

    No other process may use the file meanwhile (see `FileLock`).

    Parameters
    ----------
    path : Path or None
        The file; None to keep nothing. It is removed by `finish`.
    key : str
        What results are called there.
    dump, load : callable
        A result as JSON knows it, and back.
    resuming : bool
        Whether to go on from what the file holds.
    restarting : bool
        Whether what it holds may be overwritten.

    Raises
    ------
    InvalidFile
        If there is a file that is neither to be resumed nor to be overwritten; if the file to go on
        from is missing, or holds something else.
    OSError
        If it can't be written.
    """

    def __init__(
        self,
        path: Path | None,
        *,
        key: str,
        dump: Callable[[R], Any],
        load: Callable[[Any], R],
        resuming: bool = False,
        restarting: bool = False,
    ) -> None:
        self.path = path
        self._key, self._dump, self._load = key, dump, load
        self._done: list[dict[str, Any]] = []
        self._state: dict[str, Any] | None = None
        self._written = 0.0

        if path is None:
            return
        if resuming:
            if not path.exists():
                raise InvalidFile(f"{path}: no such file to resume from")
            data = read_document(path, "done")
            self._done, self._state = data["done"], data.get("state")
            if not _is_whole(self._done, self._state):
                raise InvalidFile(f"{path}: damaged")
            if any(key not in entry for entry in self._done):
                raise InvalidFile(f"{path}: damaged, or the progress of another command")
        elif path.exists() and not restarting:
            raise InvalidFile(
                f"{path} holds the progress of a run that was interrupted: go on from it with "
                "--resume, or begin anew and lose it with --restart"
            )
        check_output(path, "--resume")

    def check(self, asked: Sequence[Computation[R]]) -> None:
        """Raises `InvalidValue` if the file has a scenario that none of `asked` is about.

        It would be lost, since the file is removed when all is done.
        """
        known = [each.scenario.to_dict() for each in asked]
        for entry in [*self._done, *([self._state] if self._state else [])]:
            scenario = entry["settings"]["scenario"]
            if scenario not in known:
                name = repr(scenario.get("name"))
                allowed = f"all scenarios of {self.path}, unchanged"
                raise InvalidValue("--resume", f"without its {name}", allowed)

    def solve(self, asked: Computation[R]) -> R:
        """The result of a computation: from the file if it is done, from where it was, or anew."""
        settings = asked.settings()
        for entry in self._done:
            if entry["settings"]["scenario"] == settings["scenario"]:
                check_settings(entry["settings"], settings)
                return self._loaded(entry)
        state = self._state
        if state is not None and state["settings"]["scenario"] != settings["scenario"]:
            state = None
        try:
            found = asked.solve(state=state, on_state=self._keep)
        except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
            if state is None or isinstance(error, InvalidValue):
                raise
            raise InvalidFile(f"{self.path}: damaged ({type(error).__name__}: {error})") from error
        except KeyboardInterrupt:
            if self._state is not None:
                self._write()
            raise
        self._done.append({"settings": settings, self._key: self._dump(found)})
        self._state = None
        self._write()
        return found

    def finish(self) -> None:
        """Removes the file: all is done."""
        if self.path is not None:
            self.path.unlink(missing_ok=True)

    def _loaded(self, entry: dict[str, Any]) -> R:
        try:
            return self._load(entry[self._key])
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InvalidFile(f"{self.path}: damaged ({error})") from error

    def _keep(self, state: dict[str, Any]) -> None:
        self._state = state
        if time.monotonic() - self._written > EVERY:
            self._write()

    def _write(self) -> None:
        if self.path is None:
            return
        write_json(
            {"schema_version": SCHEMA_VERSION, "done": self._done, "state": self._state}, self.path
        )
        self._written = time.monotonic()


def check_settings(saved: Mapping[str, Any], asked: Mapping[str, Any]) -> None:
    """Raises `InvalidValue` unless what was saved is of the computation that is asked for."""
    for name, mine in asked.items():
        if saved.get(name) != mine:
            raise InvalidValue(name, mine, f"{saved.get(name)}, as in what is resumed")


def _is_whole(done: object, state: object) -> bool:
    """Whether what a file holds names the computations it is about."""
    if not isinstance(done, list):
        return False
    entries = done if state is None else [*done, state]
    return all(
        isinstance(entry, dict)
        and isinstance(entry.get("settings"), dict)
        and isinstance(entry["settings"].get("scenario"), dict)
        for entry in entries
    )
