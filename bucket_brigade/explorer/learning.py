"""Training logs as the page draws them: what learned policies are worth, exactly, as they learn.

A log is JSON Lines: an object a line, each with ``update``, a number that rises; ``payoff``, the
mean over seats in points an episode; and ``gain``, the most that a seat gains by leaving. Beside
these may stand ``nights`` of an episode, ``played`` (nights played so far) and any other numbers;
null is what is not known. The first line may say what it is about: ``format`` ("bucket-brigade
learning"), ``version`` (1), ``scenario`` (`Scenario.to_dict`) and ``known`` (payoffs to compare
with, by name). A JSON list of such objects is a log, too.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bucket_brigade.errors import InvalidFile, InvalidValue, shown
from bucket_brigade.explorer.documents import is_number, parse_json, read_json, read_text
from bucket_brigade.explorer.sources import named_by_source
from bucket_brigade.game.scenario import Scenario

__all__ = ["LearningLog", "joined", "load_log", "of_file", "of_object"]

FORMAT, VERSION = "bucket-brigade learning", 1
#: Numbers that every line has.
NEEDED = ("update", "payoff", "gain")


@dataclass(frozen=True)
class LearningLog:
    """A training log.

    Attributes
    ----------
    records : tuple of dict
        Numbers by name, None where not known: `update`, `payoff`, `gain` and others.
    scenario : Scenario or None
        The game, if the log says so.
    known : dict
        Payoffs to compare with, by name, such as that of the team optimum.
    """

    records: tuple[dict[str, float | None], ...]
    scenario: Scenario | None = None
    known: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.records:
            raise InvalidValue("records", "none", "at least one")
        before = -math.inf
        for i, record in enumerate(self.records):
            for name in NEEDED:
                if name not in record:
                    raise InvalidValue(f"records[{i}]", shown(record), f"an object with {name!r}")
            for name, value in record.items():
                if value is not None and not is_number(value):
                    allowed = "a finite number, or null where it is not known"
                    raise InvalidValue(f"records[{i}].{name}", shown(value), allowed)
            update = record["update"]
            if update is None or update <= before:
                raise InvalidValue(f"records[{i}].update", shown(update), "numbers that rise")
            before = update
        for name, value in self.known.items():
            if not is_number(value):
                raise InvalidValue(f"known.{name}", shown(value), "a finite number")


def load_log(path: Path) -> LearningLog:
    """Read a training log.

    Raises
    ------
    InvalidFile
        If it is none.
    OSError
        If it can't be read.
    """
    try:
        objects = _objects(path)
        about = objects[0] if objects and "format" in objects[0] else {}
        if about and (about["format"], about.get("version")) != (FORMAT, VERSION):
            given = f"{shown(about['format'])}, version {shown(about.get('version'))}"
            raise InvalidFile(
                f"{path} is {given}; this program reads {FORMAT!r}, version {VERSION}"
            )
        scenario = about.get("scenario")
        return LearningLog(
            tuple(objects[bool(about) :]),
            None if scenario is None else Scenario.from_dict(scenario),
            dict(about.get("known", {})),
        )
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        if isinstance(error, InvalidFile):
            raise
        raise InvalidFile(f"{path} is no training log: {error}") from error


def of_object(thing: object) -> list[dict[str, Any]] | None:
    """The entry of a log, or of a list of records; None for anything else."""
    if isinstance(thing, LearningLog):
        return [_entry(thing)]
    if isinstance(thing, list | tuple) and thing and all(map(_is_record, thing)):
        return [_entry(LearningLog(tuple(dict(record) for record in thing)))]
    return None


def of_file(path: Path) -> list[dict[str, Any]] | None:
    """The entry of a log; None for another kind of file."""
    try:
        first = _objects(path, most=1)[0]
    except InvalidFile:
        raise
    except (ValueError, IndexError):
        return None
    if first.get("format") != FORMAT and not _is_record(first):
        return None
    return [{**_entry(load_log(path)), "source": path}]


def joined(entries: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Entries with names of the files that some are from."""
    return named_by_source(entries)


def _objects(path: Path, most: int | None = None) -> list[dict[str, Any]]:
    """The objects of JSON Lines, or of a JSON list; at most the first `most` of lines."""
    whole = read_json(path)
    if whole is None:
        lines = [line for line in read_text(path).splitlines() if line.strip()]
        objects = [parse_json(line) for line in lines[:most]]
    else:
        objects = whole if isinstance(whole, list) else [whole]
    for i, each in enumerate(objects):
        if not isinstance(each, dict):
            raise InvalidValue(f"records[{i}]", shown(each), "an object")
    return objects


def _is_record(thing: object) -> bool:
    return isinstance(thing, Mapping) and "update" in thing and "payoff" in thing


def _entry(log: LearningLog) -> dict[str, Any]:
    names = list(dict.fromkeys(name for record in log.records for name in record))
    return {
        "scenario": log.scenario and log.scenario.to_dict(),
        "columns": {name: [record.get(name) for record in log.records] for name in names},
        "known": log.known,
    }
