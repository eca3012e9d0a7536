"""Progress in a file: what is done of several computations, and where one was interrupted."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bucket_brigade.atomic_files import write_json
from bucket_brigade.equilibrium.double_oracle import DoubleOracle, check_settings
from bucket_brigade.equilibrium.results import (
    SCHEMA_VERSION,
    NashEquilibrium,
    read_document,
)
from bucket_brigade.errors import InvalidFile, InvalidValue

__all__ = ["Progress"]

#: Seconds between writes, at least; finished computations are always written.
EVERY = 1.0


class Progress:
    """Solves one double oracle after another, and keeps in a file what is known.

    Parameters
    ----------
    path : Path
        The file. It is removed by `finish`.
    resuming : bool
        Whether to go on from what the file holds; otherwise it is written anew.

    Raises
    ------
    InvalidFile
        If the file to go on from is missing or holds something else.
    """

    def __init__(self, path: Path, *, resuming: bool) -> None:
        self.path = path
        self._done: list[dict[str, Any]] = []
        self._state: dict[str, Any] | None = None
        self._written = 0.0
        if resuming:
            if not path.exists():
                raise InvalidFile(f"{path}: no such file to resume from")
            data = read_document(path, "done")
            self._done, self._state = data["done"], data.get("state")
            if not _is_whole(self._done, self._state):
                raise InvalidFile(f"{path}: damaged")

    def check(self, oracles: Sequence[DoubleOracle]) -> None:
        """Raises `InvalidValue` if the file has a scenario that none of `oracles` is about.

        It would be lost, since the file is removed when all is done.
        """
        asked = [oracle.scenario.to_dict() for oracle in oracles]
        for entry in [*self._done, *([self._state] if self._state else [])]:
            scenario = entry["settings"]["scenario"]
            if scenario not in asked:
                name = repr(scenario.get("name"))
                allowed = f"all scenarios of {self.path}, unchanged"
                raise InvalidValue("--resume", f"without its {name}", allowed)

    def solve(self, oracle: DoubleOracle) -> NashEquilibrium:
        """The result of a computation: from the file if it is done, from where it was, or anew."""
        settings = oracle.settings()
        for entry in self._done:
            if entry["settings"]["scenario"] == settings["scenario"]:
                check_settings(entry["settings"], settings)
                return self._loaded(entry)
        state = self._state
        if state is not None and state["settings"]["scenario"] != settings["scenario"]:
            state = None
        try:
            found = oracle.solve(state=state, on_state=self._keep)
        except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
            if state is None or isinstance(error, InvalidValue):
                raise
            raise InvalidFile(f"{self.path}: damaged ({type(error).__name__}: {error})") from error
        except KeyboardInterrupt:
            if self._state is not None:
                self._write()
            raise
        self._done.append({"settings": settings, "equilibrium": found.to_dict()})
        self._state = None
        self._write()
        return found

    def finish(self) -> None:
        """Removes the file: all is done."""
        self.path.unlink(missing_ok=True)

    def _loaded(self, entry: dict[str, Any]) -> NashEquilibrium:
        try:
            return NashEquilibrium.from_dict(entry["equilibrium"])
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InvalidFile(f"{self.path}: damaged ({error})") from error

    def _keep(self, state: dict[str, Any]) -> None:
        self._state = state
        if time.monotonic() - self._written > EVERY:
            self._write()

    def _write(self) -> None:
        write_json(
            {"schema_version": SCHEMA_VERSION, "done": self._done, "state": self._state}, self.path
        )
        self._written = time.monotonic()


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
