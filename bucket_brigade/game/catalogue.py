"""Scenarios by name and from files: the twelve that come with the package, and anybody's."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from bucket_brigade.arguments import did_you_mean
from bucket_brigade.errors import InvalidFile, InvalidValue, shown
from bucket_brigade.game.scenario import Scenario

__all__ = [
    "SCENARIOS",
    "list_scenarios",
    "load_scenario",
    "load_scenarios",
    "read_json",
    "scenario",
]


def _catalogue() -> Mapping[str, Scenario]:
    #  name: β, κ, ρ, team +, team −, work cost, min nights, own +, own −, what it is about
    rows: dict[str, tuple[float, float, float, float, float, float, int, float, float, str]] = {
        "default": (0.25, 0.5, 0.02, 100, 100, 0.5, 12, 20, 40, "Middling in everything."),
        "easy": (0.1, 0.8, 0.01, 100, 100, 0.5, 10, 1, 2, "Fires are rare and soon out."),
        "hard": (0.4, 0.3, 0.05, 100, 100, 0.5, 15, 1, 2, "Fires are many and stubborn."),
        "trivial_cooperation": (
            *(0.15, 0.9, 0.0, 100, 100, 0.5, 12, 1, 2),
            "Nothing ever burns: work is pure cost.",
        ),
        "early_containment": (
            *(0.35, 0.6, 0.02, 100, 100, 0.5, 12, 1, 2),
            "Fires spread fast unless caught at once.",
        ),
        "greedy_neighbor": (
            *(0.15, 0.4, 0.02, 100, 100, 1.0, 12, 1, 2),
            "Work is dear, and tempting to leave to others.",
        ),
        "sparse_heroics": (
            *(0.1, 0.5, 0.02, 100, 100, 0.8, 20, 1, 2),
            "A few workers make the difference.",
        ),
        "rest_trap": (
            *(0.05, 0.95, 0.02, 100, 100, 0.2, 12, 1, 2),
            "One worker puts out almost any fire, so someone else may.",
        ),
        "chain_reaction": (
            *(0.45, 0.6, 0.03, 100, 100, 0.7, 15, 1, 2),
            "Every fire endangers both neighbours.",
        ),
        "deceptive_calm": (
            *(0.25, 0.6, 0.05, 100, 100, 0.4, 20, 1, 2),
            "Quiet nights with frequent flare-ups.",
        ),
        "overcrowding": (
            *(0.2, 0.3, 0.02, 50, 100, 0.6, 12, 1, 2),
            "One worker is rarely enough, and houses are worth less.",
        ),
        "mixed_motivation": (
            *(0.3, 0.5, 0.03, 100, 100, 0.6, 15, 1, 2),
            "Own and common interest pull apart.",
        ),
    }
    scenarios = {}
    for name, (beta, kappa, rho, reward, penalty, cost, nights, own, burns, about) in rows.items():
        scenarios[name] = Scenario(
            prob_fire_spreads_to_neighbor=beta,
            prob_solo_agent_extinguishes_fire=kappa,
            prob_house_catches_fire=rho,
            team_reward_house_survives=reward,
            team_penalty_house_burns=penalty,
            cost_to_work_one_night=cost,
            min_nights=nights,
            reward_own_house_survives=own,
            penalty_own_house_burns=burns,
            name=name,
            description=about,
        )
    return MappingProxyType(scenarios)


#: The twelve scenarios of docs/rules.md by name.
SCENARIOS: Mapping[str, Scenario] = _catalogue()


def list_scenarios() -> list[str]:
    """Names of the scenarios that come with the package."""
    return list(SCENARIOS)


def scenario(name: str, *, rules: str | None = None) -> Scenario:
    """The scenario of a name.

    Parameters
    ----------
    name : str
        One of `list_scenarios`, such as ``"hard"``; or ``"hard-v1"``, as the original project
        writes it.
    rules : str, optional
        "original-rust" or "original-python", to play it by (see `Scenario.with_rules`).

    Raises
    ------
    InvalidValue
        If there is none.
    """
    if not isinstance(name, str) or _known(name) is None:
        raise _no_scenario(name)
    return SCENARIOS[str(_known(name))].with_rules(rules)


_SOURCES = f"one of {', '.join(SCENARIOS)}, or a file"


def _known(text: str) -> str | None:
    """The name of a scenario that comes with the package, if the text is one."""
    name = text.removesuffix("-v1")
    return name if name in SCENARIOS else None


def _no_scenario(given: object) -> InvalidValue:
    return InvalidValue("scenario", shown(given), _SOURCES + did_you_mean(given, SCENARIOS))


def load_scenario(source: str | os.PathLike[str], *, rules: str | None = None) -> Scenario:
    """A scenario by name, or from a JSON file.

    Parameters
    ----------
    source : str or path
        A name of `list_scenarios`; or a file that holds one scenario; or ``FILE:NAME`` for one
        of a file that holds several under the key ``scenarios``, as the original project's does.
    rules : str, optional
        "original-rust" or "original-python", to play it by (see `Scenario.with_rules`).

    Raises
    ------
    InvalidValue
        If there is no such scenario, or one of its parameters is not allowed.
    InvalidFile
        If the file is not JSON, or holds no scenario.
    """
    loaded = load_scenarios(source, rules=rules)
    if len(loaded) > 1:
        names = ", ".join(each.name for each in loaded)
        raise InvalidValue("scenario", shown(source), f"FILE:NAME, NAME one of {names}")
    return loaded[0]


def load_scenarios(source: str | os.PathLike[str], *, rules: str | None = None) -> list[Scenario]:
    """Scenarios by name or from a JSON file, all of one that holds several.

    Parameters
    ----------
    source : str or path
        As for `load_scenario`, or ``FILE:*`` for all scenarios of a file, in its order.
    rules : str, optional
        As for `load_scenario`.

    Raises
    ------
    InvalidValue
        If there is no such scenario, or a parameter is not allowed.
    InvalidFile
        If the file is not JSON, or holds no scenario.
    """
    return [each.with_rules(rules) for each in _loaded(source)]


def _loaded(source: object) -> list[Scenario]:
    """The scenarios that a name or a file stands for, as they are there."""
    if not isinstance(source, str | os.PathLike):
        raise _no_scenario(source)
    text = os.fsdecode(source)
    name = _known(text)
    if name is not None:
        return [SCENARIOS[name]]
    path, part = split_source(text)
    if path is None:
        raise _no_scenario(text)
    content = read_json(path)
    several = content.get("scenarios") if isinstance(content, dict) else None
    if not isinstance(several, dict):
        if part not in (None, "*"):
            raise InvalidFile(
                f"{path} holds no scenario named {shown(part)}: it holds a single one"
            )
        return [_from_file(content, path, path.stem, str(path))]
    if not several:
        raise InvalidFile(f"{path} holds no scenario: its scenarios are empty")
    if part is None and len(several) > 1:
        names = ", ".join(map(str, several))
        raise InvalidValue("scenario", shown(text), f"FILE:* or FILE:NAME, NAME one of {names}")
    if part not in (None, "*") and part not in several:
        names = ", ".join(map(str, several))
        raise InvalidValue("scenario", shown(part), f"one of {names}, which {path} holds")
    chosen = several if part in (None, "*") else {part: several[part]}
    return [
        _from_file(content, path, key, f"{path}, scenario {key}") for key, content in chosen.items()
    ]


def split_source(text: str) -> tuple[Path | None, str | None]:
    """The file and the part of it that ``FILE`` or ``FILE:PART`` name; None without a file."""
    stem, colon, part = text.rpartition(":")
    try:
        if text and Path(text).exists():
            return Path(text), None
        if colon and stem and Path(stem).exists():
            return Path(stem), part
    except (OSError, ValueError):  # too long for a name of a file, or with zero bytes
        pass
    return None, None


def read_json(path: Path) -> Any:
    """Read the value that a JSON file holds.

    Raises
    ------
    InvalidFile
        If it can't be read, or is not JSON; the message says where.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InvalidFile(f"{path} can't be read as JSON: {error}") from error


def _from_file(content: object, path: Path, name: str, place: str) -> Scenario:
    if not isinstance(content, dict):
        raise InvalidFile(f"{place} holds {type(content).__name__}, not the fields of a scenario")
    try:
        return Scenario.from_dict(content, name=name)
    except InvalidValue as error:
        raise InvalidValue(error.field, error.value, error.allowed, place) from None
