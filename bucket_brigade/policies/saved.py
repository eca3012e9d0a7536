"""Files of policies: tables of one or several seats, with the game that they are for."""

import json
import os
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from bucket_brigade._core import __version__
from bucket_brigade.arguments import as_list, as_path
from bucket_brigade.atomic_files import write_bytes
from bucket_brigade.by_value import ComparedByValue
from bucket_brigade.errors import InvalidFile, InvalidValue, shown
from bucket_brigade.game.scenario import RULES_VERSION, Scenario, as_scenario
from bucket_brigade.policies.tabular import Tabular, checked_tabular

__all__ = ["SavedPolicies", "is_policy_file", "load_policies", "save_policies"]

#: What a file of policies calls itself.
FORMAT = "bucket-brigade policies"
FORMAT_VERSION = 1
#: The part that says what the others are.
ABOUT = "about.json"
#: How archives begin.
_MAGIC = b"PK\x03\x04"
#: More policies than games have seats are in no file.
_MOST = 16


@dataclass(frozen=True, eq=False)
class SavedPolicies(ComparedByValue):
    """Policies from a file.

    Attributes
    ----------
    policies : tuple of Tabular
        One, or one for each seat.
    scenario : Scenario
        The game that they were made for.
    software_version : str
        The version of the package that wrote the file.
    """

    policies: tuple[Tabular, ...]
    scenario: Scenario
    software_version: str


def save_policies(
    policies: Tabular | Iterable[Tabular], path: str | os.PathLike[str], scenario: Scenario
) -> None:
    """Write policies to a file, with the game that they are for.

    Parameters
    ----------
    policies : Tabular or sequence of Tabular
        One, or those of several seats, such as ``team_optimum(scenario).policies``.
    path : path
        Where; a zip archive whatever its name, with a part for each policy (``.npz``).
    scenario : Scenario
        The game.

    Raises
    ------
    InvalidValue
        If one is no policy for a game of this size.
    OSError
        If it can't be written.
    """
    as_scenario(scenario)
    listed = (
        [policies] if isinstance(policies, Tabular) else as_list("policies", policies, "tables")
    )
    if not 1 <= len(listed) <= _MOST:
        raise InvalidValue("policies", f"{len(listed)} policies", f"1 to {_MOST}")
    for i, each in enumerate(listed):
        if not isinstance(each, Tabular):
            raise InvalidValue(f"policies[{i}]", shown(each), "a Tabular (see tabulate)")
        checked_tabular(each, scenario, f"policies[{i}]")
    about = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "rules_version": RULES_VERSION,
        "software_version": __version__,
        "scenario": scenario.to_dict(),
        "policies": len(listed),
    }
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        # With a date of its own: equal policies make equal files.
        archive.writestr(zipfile.ZipInfo(ABOUT), json.dumps(about, indent=2))
        for i, each in enumerate(listed):
            archive.writestr(zipfile.ZipInfo(f"{i}.npz"), each.to_bytes())
    write_bytes(file.getvalue(), as_path("path", path))


def load_policies(path: str | os.PathLike[str]) -> SavedPolicies:
    """The policies of a file that `save_policies` wrote.

    Parameters
    ----------
    path : path
        The file.

    Raises
    ------
    InvalidFile
        If it holds something else, is damaged, or is for other rules.
    OSError
        If it can't be read.
    """
    place = as_path("path", path)
    content = place.read_bytes()
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            about = json.loads(archive.read(ABOUT))
            number = _number(about, place)
            parts = [archive.read(f"{i}.npz") for i in range(number)]
    except (zipfile.BadZipFile, KeyError, ValueError, EOFError, NotImplementedError) as error:
        if isinstance(error, InvalidFile):
            raise
        raise InvalidFile(f"{place} holds no policies: {error}") from error
    try:
        scenario = Scenario.from_dict(about["scenario"])
        policies = tuple(
            checked_tabular(Tabular.from_bytes(part, f"{place}, policy {i}"), scenario, "policy")
            for i, part in enumerate(parts)
        )
    except InvalidValue as error:
        raise InvalidFile(f"{place} is damaged: {error}") from error
    return SavedPolicies(policies, scenario, str(about.get("software_version")))


def _number(about: Any, place: Path) -> int:
    """How many policies a file says it holds, if it is one of policies that can be read here."""
    if not isinstance(about, dict) or about.get("format") != FORMAT:
        raise InvalidFile(f"{place} holds no policies")
    for name, mine in (("format_version", FORMAT_VERSION), ("rules_version", RULES_VERSION)):
        if about.get(name) != mine:
            theirs = shown(about.get(name))
            raise InvalidFile(f"{place}: {name} {theirs}; this program reads {mine}")
    number = about.get("policies")
    if isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= _MOST:
        raise InvalidFile(f"{place} is damaged: it says it holds {shown(number)} policies")
    if "scenario" not in about:
        raise InvalidFile(f"{place} is damaged: it names no scenario")
    return number


def is_policy_file(path: Path) -> bool:
    """Whether a file that exists begins as those of policies do."""
    try:
        with path.open("rb") as file:
            return file.read(len(_MAGIC)) == _MAGIC
    except OSError:
        return False
