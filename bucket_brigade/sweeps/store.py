"""The file of a sweep: what was found is kept as soon as it is found, and never twice.

One SQLite file in WAL mode. A result is kept under what it depends on: the game, the task, and the
task's settings and line-ups. So a plan may change, and what it has in common with an earlier one is
not computed again; nothing that was found is ever dropped. A transaction is on the disk before
`Store.keep` returns (``synchronous=FULL``), whatever happens to process or machine after that.
"""

import contextlib
import hashlib
import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from bucket_brigade._core import __version__
from bucket_brigade.errors import BucketBrigadeError, InvalidFile
from bucket_brigade.game.scenario import RULES_VERSION, Scenario

__all__ = ["Outcome", "Store", "StoreFailed", "game_key", "is_store"]

#: Marks files of sweeps, in SQLite's header ("bbsw"), and the version of their tables.
MARK, FORMAT = 0x62627377, 1
HEADER = b"SQLite format 3\x00"

TABLES = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE points (
    position INTEGER PRIMARY KEY, axes TEXT NOT NULL, game TEXT NOT NULL, keys TEXT NOT NULL,
    origin TEXT NOT NULL
);
CREATE TABLE results (
    game TEXT NOT NULL, task TEXT NOT NULL, key TEXT NOT NULL, columns TEXT NOT NULL,
    document TEXT NOT NULL, seconds REAL NOT NULL, error TEXT, PRIMARY KEY (game, task, key)
);
"""


class StoreFailed(BucketBrigadeError, OSError):
    """A file of a sweep that can't be read or written further; the message says why."""


@dataclass(frozen=True)
class Outcome:
    """What came of a task at a point.

    Attributes
    ----------
    columns, document
        What was found, as JSON knows it; nothing if it failed.
    seconds : float
        How long it took.
    error : str or None
        Why it failed; None if it did not.
    """

    columns: dict[str, Any]
    document: Any
    seconds: float
    error: str | None = None


@dataclass(frozen=True)
class StoredPoint:
    """A point as the file has it: its values by axis, its game, the key of each task, and whether
    it is of the plan or lies at a boundary ("plan", "boundary")."""

    values: dict[str, Any]
    game: str
    keys: dict[str, str]
    origin: str


def game_key(scenario: Scenario) -> str:
    """Text that is equal for equal games, whatever they are called."""
    told = scenario.to_dict()
    del told["name"], told["description"]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def is_store(path: str | os.PathLike[str]) -> bool:
    """Whether there is a file that SQLite made."""
    try:
        with open(path, "rb") as file:
            return file.read(len(HEADER)) == HEADER
    except OSError:
        return False


class Store:
    """An open file of a sweep, or of nothing but memory.

    Parameters
    ----------
    path : path or None
        The file, made if there is none; None keeps all in memory.
    reading : bool
        Whether it is only read, so that there must be one.

    Raises
    ------
    InvalidFile
        If it is no file of a sweep, or of another version of its tables.
    StoreFailed
        If it can't be read or made.
    """

    def __init__(self, path: str | os.PathLike[str] | None, *, reading: bool = False) -> None:
        self.path = None if path is None else os.fspath(path)
        self._reading = reading
        if reading and self.path is not None and not os.path.exists(self.path):
            raise InvalidFile(f"{self.path}: no such file")
        with self._failing():
            self._base = self._opened(reading)
        try:
            with self._failing():
                self._prepare(reading)
        except BaseException:
            self._base.close()
            raise

    def _opened(self, reading: bool) -> sqlite3.Connection:
        if self.path is None:
            return sqlite3.connect(":memory:", isolation_level=None)
        # Who only reads leaves no files of SQLite's beside it, if it may remove them.
        mode = "rwc" if not reading else "rw" if os.access(self.path, os.W_OK) else "ro"
        address = f"{Path(self.path).absolute().as_uri()}?mode={mode}"
        return sqlite3.connect(address, uri=True, isolation_level=None, timeout=30)

    def _prepare(self, reading: bool) -> None:
        mark = self._base.execute("PRAGMA application_id").fetchone()[0]
        version = self._base.execute("PRAGMA user_version").fetchone()[0]
        tables = self._base.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if tables or reading:
            if mark != MARK:
                raise InvalidFile(f"{self.path}: not the file of a sweep")
            if version != FORMAT:
                message = f"a sweep in version {version} of its tables; this program has {FORMAT}"
                raise InvalidFile(f"{self.path}: {message}")
        if reading:
            return
        self._base.execute("PRAGMA journal_mode=WAL")
        self._base.execute("PRAGMA synchronous=FULL")
        if not tables:
            with self._transaction():
                for statement in TABLES.split(";"):
                    self._base.execute(statement)
                self._base.execute(f"PRAGMA application_id={MARK}")
                self._base.execute(f"PRAGMA user_version={FORMAT}")
                self._set("software_version", __version__)
                self._set("rules_version", str(RULES_VERSION))

    def close(self) -> None:
        """Closes it; what was kept then is in the one file."""
        with contextlib.suppress(sqlite3.Error):
            self._base.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._base.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @contextlib.contextmanager
    def _failing(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as error:
            if "not a database" in str(error):
                raise InvalidFile(f"{self.path}: not the file of a sweep") from error
            kept = "; what was found before is kept, and --resume goes on from it"
            is_kept = not self._reading and "malformed" not in str(error)
            raise StoreFailed(f"{self.path}: {error}{kept if is_kept else ''}") from error

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        self._base.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._base.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):  # which a full disk may have done already
                self._base.execute("ROLLBACK")
            raise

    def _set(self, name: str, value: str) -> None:
        self._base.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))

    def meta(self, name: str) -> str | None:
        """What the file says of itself: plan, software_version, rules_version, boundary."""
        with self._failing():
            found = self._base.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return None if found is None else str(found[0])

    def begin(self, facts: Mapping[str, str], points: Iterable[StoredPoint]) -> None:
        """Takes the facts and points of a plan in place of those before; results stay."""
        with self._failing(), self._transaction():
            for name, value in facts.items():
                self._set(name, value)
            self._base.execute("DELETE FROM points")
            self._add(points)

    def add(self, points: Iterable[StoredPoint]) -> None:
        """Adds points behind those that there are."""
        with self._failing(), self._transaction():
            self._add(points)

    def _add(self, points: Iterable[StoredPoint]) -> None:
        self._base.executemany(
            "INSERT INTO points (axes, game, keys, origin) VALUES (?, ?, ?, ?)",
            ((json.dumps(p.values), p.game, json.dumps(p.keys), p.origin) for p in points),
        )

    def keep(self, game: str, found: Sequence[tuple[str, str, Outcome]]) -> None:
        """Keeps what was found of a game, by task and key, on the disk."""
        with self._failing(), self._transaction():
            self._base.executemany(
                "INSERT OR REPLACE INTO results VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    (game, task, key, _json(o.columns), _json(o.document), o.seconds, o.error)
                    for task, key, o in found
                ),
            )

    def points(self) -> list[StoredPoint]:
        """The points, in their order."""
        with self._failing():
            rows = self._base.execute(
                "SELECT axes, game, keys, origin FROM points ORDER BY position"
            ).fetchall()
        return [StoredPoint(json.loads(a), g, json.loads(k), o) for a, g, k, o in rows]

    def known(self) -> set[tuple[str, str, str]]:
        """Game, task and key of all that was found; what failed is to be tried again."""
        with self._failing():
            return set(
                self._base.execute("SELECT game, task, key FROM results WHERE error IS NULL")
            )

    def outcome(self, game: str, task: str, key: str) -> Outcome | None:
        """What came of a task, if it was computed."""
        with self._failing():
            found = self._base.execute(
                "SELECT columns, document, seconds, error FROM results "
                "WHERE game = ? AND task = ? AND key = ?",
                (game, task, key),
            ).fetchone()
        if found is None:
            return None
        columns, document, seconds, error = found
        return Outcome(json.loads(columns), json.loads(document), seconds, error)


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), allow_nan=False)
