"""Line-ups and strategies from files: this package's, the original project's, and plain lists.

A *strategy* is an archetype's or another agent's name, ten numbers, a policy of another kind as
text (``firefighter:w=0.9``) or as an object (``{"kind": "firefighter", "w": 0.9}``), or an object
that has one of these as ``genome``, ``params`` or ``strategy``. A *mixture* is an object with a
``strategy_pool``: a list of strategies, with a ``probability`` in each or a ``distribution`` from
place in the list to probability beside it, perhaps all within an ``equilibrium``. A *profile* is a
list of one of these per seat, perhaps within an object, as ``positions``, ``strategy_profile``,
``strategies`` or ``lineup``. What a file holds several of, by name (``archetypes``) or one after
another (``equilibria``, ``roles``, or a bare list of objects with a ``name``), is chosen from as
``FILE:NAME`` or ``FILE:NUMBER``. Files that `save_policies` wrote are line-ups, too; ``FILE:SEAT``
is one of their policies.
"""

import os
from typing import Any

from bucket_brigade.arguments import as_number, as_u64
from bucket_brigade.errors import InvalidFile, InvalidValue, shown
from bucket_brigade.game.catalogue import read_json, split_source
from bucket_brigade.game.lineups import Mixture
from bucket_brigade.policies.heuristic import Heuristic, Strategy, as_strategy
from bucket_brigade.policies.kinds import as_policy, is_policy_object, parse_policy
from bucket_brigade.policies.policy import Policy
from bucket_brigade.policies.saved import is_policy_file, load_policies
from bucket_brigade.policies.tabular import Tabular

__all__ = ["SeatEntry", "load_lineup", "load_strategy", "parse_lineup"]

_STRATEGY = ("genome", "params", "strategy")
_PROFILE = ("positions", "strategy_profile", "strategies", "lineup")
_SEVERAL = ("archetypes", "equilibria", "roles")
#: How far probabilities of a file may be from adding up to 1; line-ups are stricter, so that what
#: is off by more than rounding is made to.
SUM_TOLERANCE = 1e-6

#: What an object of a file may say of a strategy beside its numbers.
_BESIDE = ("name", "position", "probability")

SeatEntry = str | Strategy | Policy | Mixture


def load_lineup(source: str | os.PathLike[str], num_agents: int = 4) -> list[SeatEntry]:
    """The line-up that a JSON file holds.

    Parameters
    ----------
    source : str or path
        A file with a strategy or mixture, which every seat then plays, or with a profile of one
        per seat; or ``FILE:NAME`` or ``FILE:NUMBER`` (from 0) of one that holds several (see
        `bucket_brigade.game.lineup_files`).
    num_agents : int
        How many seats there are.

    Returns
    -------
    list
        What stands at each seat, as `simulate` takes it.

    Raises
    ------
    InvalidValue
        If there is no such file or part of it.
    InvalidFile
        If the file holds something else, or a profile of another number of seats; the message says
        where in the file.
    """
    seats = as_u64("num_agents", num_agents)
    tables = _tables(source)
    if tables is not None:
        if len(tables) not in (1, seats):
            raise InvalidFile(f"{source} has {len(tables)} seats, and the game {seats}")
        return [*tables] if len(tables) == seats else [tables[0]] * seats
    content, place = _chosen(source)
    profile, at = _profile(content, place)
    if profile is None:
        return [_seat(content, place)] * seats
    if len(profile) != seats:
        raise InvalidFile(f"{at} has {len(profile)} seats, and the game {seats}")
    return [_seat(entry, f"{at}[{i}]") for i, entry in enumerate(profile)]


def parse_lineup(text: str, num_agents: int = 4) -> list[SeatEntry]:
    """A line-up in the form used on the command line.

    Parameters
    ----------
    text : str
        A strategy per seat, as `load_strategy` takes them, separated by commas; or a single file,
        as `load_lineup` takes it.
    num_agents : int
        How many seats a single file stands for.

    Raises
    ------
    InvalidValue
        If a strategy is unknown.
    InvalidFile
        If a file holds something else.
    """
    path, part = split_source(text)
    if path is not None and "," not in (part or ""):
        return load_lineup(text, num_agents)
    parts = [part.strip() for part in text.split(",")]
    return [load_strategy(part, f"lineup[{i}]") for i, part in enumerate(parts)]


def load_strategy(source: str | os.PathLike[str], field: str = "strategy") -> SeatEntry:
    """A seat's strategy or mixture as text has it.

    Parameters
    ----------
    source : str or path
        What `parse_policy` takes, such as an archetype's name, ``random`` or
        ``firefighter:w=0.9:own_first``; or a JSON file with a strategy or a mixture, also as
        ``FILE:NAME`` (see `load_lineup`).
    field : str
        What to call it in an error.

    Raises
    ------
    InvalidValue
        If it is none of these.
    InvalidFile
        If the file holds something else.
    """
    if isinstance(source, str) and split_source(source)[0] is None:
        return _entry(source, field)
    tables = _tables(source)
    if tables is not None:
        if len(tables) > 1:
            raise InvalidFile(f"{source} holds a policy for each of several seats: add :SEAT")
        return tables[0]
    content, place = _chosen(source)
    if _profile(content, place)[0] is not None:
        raise InvalidFile(f"{place} holds a strategy for each of several seats, not a single one")
    return _seat(content, place)


def _tables(source: str | os.PathLike[str]) -> tuple[Tabular, ...] | None:
    """The policies of a file that `save_policies` wrote, or the one asked for; None for others."""
    if not isinstance(source, str | os.PathLike):
        return None
    path, part = split_source(os.fsdecode(source))
    if path is None or not is_policy_file(path):
        return None
    policies = load_policies(path).policies
    if part is None:
        return policies
    if not part.isdecimal() or int(part) >= len(policies):
        allowed = f"FILE:SEAT, SEAT from 0 to {len(policies) - 1}"
        raise InvalidValue("source", shown(str(source)), allowed)
    return (policies[int(part)],)


def _chosen(source: str | os.PathLike[str]) -> tuple[Any, str]:
    """The part of a file that was asked for, and what to call it."""
    if not isinstance(source, str | os.PathLike):
        raise InvalidValue("source", shown(source), "the path of a file")
    path, part = split_source(os.fsdecode(source))
    if path is None:
        raise InvalidValue("source", shown(str(source)), "a file that exists")
    content = read_json(path)
    key = next((k for k in _SEVERAL if isinstance(content, dict) and k in content), None)
    several = content if key is None else content[key]
    place = str(path) if key is None else f"{path}: {key}"
    named = isinstance(several, list) and all(isinstance(x, dict) for x in several)
    if part is None and key is None:
        return content, str(path)
    if isinstance(several, list) and (key is not None or named):
        parts = {str(i): entry for i, entry in enumerate(several)}
        for entry in several:
            if isinstance(entry, dict) and isinstance(entry.get("name"), str):
                parts.setdefault(entry["name"], entry)
    elif isinstance(several, dict) and key is not None:
        parts = several
    else:
        raise InvalidFile(f"{place} does not hold several to choose {shown(part)} from")
    if part is None and len(parts) == 1:
        part = next(iter(parts))
    if part not in parts:
        listed = ", ".join(parts) or "nothing"
        given = shown(str(source)) if part is None else shown(part)
        raise InvalidValue("source", given, f"FILE:NAME, NAME one of {listed}", place)
    return parts[part], f"{place}[{part}]"


def _profile(content: Any, place: str) -> tuple[list[Any] | None, str]:
    """What the seats play, if the content tells them apart, and what to call it."""
    if isinstance(content, dict):
        key = next((k for k in _PROFILE if isinstance(content.get(k), list)), None)
        if key is None:
            return None, place
        return _in_order(content[key], f"{place}: {key}"), f"{place}: {key}"
    is_strategy = isinstance(content, list) and _are_numbers(content)
    if not isinstance(content, list) or is_strategy:
        return None, place
    return _in_order(content, place), place


def _are_numbers(items: list[Any]) -> bool:
    return all(isinstance(x, int | float) for x in items)


def _in_order(seats: list[Any], place: str) -> list[Any]:
    """Seats by their positions, where they tell them."""
    told = [seat.get("position") if isinstance(seat, dict) else None for seat in seats]
    if all(position is None for position in told):
        return seats
    if sorted(told, key=repr) != list(range(len(seats))):
        allowed = f"each of 0 to {len(seats) - 1} once"
        raise InvalidFile(f"{place} has the positions {shown(told)}: expected {allowed}")
    return [seats[told.index(i)] for i in range(len(seats))]


def _seat(content: Any, place: str) -> SeatEntry:
    """Read a strategy or mixture from its JSON form."""
    if isinstance(content, dict):
        if "equilibrium" in content:
            return _seat(content["equilibrium"], f"{place}: equilibrium")
        if "strategy_pool" in content:
            return _mixture(content, place)
        key = next((k for k in _STRATEGY if k in content), None)
        if key is None and is_policy_object(content):
            return _strategy({k: x for k, x in content.items() if k not in _BESIDE}, place)
        if key is None:
            names = ", ".join([*_STRATEGY, "strategy_pool", *_PROFILE])
            raise InvalidFile(f"{place} holds no strategy: it has none of {names}")
        return _seat(content[key], f"{place}: {key}")
    return _strategy(content, place)


def _strategy(content: object, place: str) -> SeatEntry:
    try:
        return _entry(content, "strategy")
    except InvalidValue as error:
        raise InvalidFile(f"{place} holds no strategy: {error}") from error


def _entry(value: object, field: str) -> str | Strategy | Policy:
    """A single strategy: an archetype's name, ten numbers, or a policy of another kind."""
    policy = parse_policy(value, field) if isinstance(value, str) else as_policy(value, field)
    if not isinstance(policy, Heuristic):
        return policy
    return policy.name() if isinstance(value, str) and ":" not in value else as_strategy(policy)


def _mixture(content: dict[str, Any], place: str) -> SeatEntry:
    pool, weights = content["strategy_pool"], content.get("distribution")
    at = f"{place}: strategy_pool"
    if not isinstance(pool, list) or not pool:
        raise InvalidFile(f"{at} is no list of strategies")
    inside = [entry.get("probability") if isinstance(entry, dict) else None for entry in pool]
    if None in inside:
        if not isinstance(weights, dict):
            raise InvalidFile(f"{at} has no probabilities, nor is there a distribution beside it")
        unknown = set(weights) - {str(i) for i in range(len(pool))}
        if unknown:
            raise InvalidFile(f"{place}: distribution names {shown(min(unknown))}, not in the pool")
        inside = [weights.get(str(i), 0.0) for i in range(len(pool))]
    chances = [_probability(x, f"{at}[{i}]") for i, x in enumerate(inside)]
    total = sum(chances)
    if abs(total - 1) > SUM_TOLERANCE:
        raise InvalidFile(f"{at} has probabilities that add up to {total}, not to 1")
    entries = [_seat(entry, f"{at}[{i}]") for i, entry in enumerate(pool)]
    if any(isinstance(entry, Mixture) for entry in entries):
        raise InvalidFile(f"{at} holds a mixture of mixtures")
    played = [(entry, w / total) for entry, w in zip(entries, chances, strict=True) if w > 0]
    if len(played) == 1:
        return played[0][0]
    return Mixture([entry for entry, _ in played], [weight for _, weight in played])


def _probability(value: object, place: str) -> float:
    try:
        number = as_number("probability", value)
    except InvalidValue as error:
        raise InvalidFile(f"{place}: {error}") from error
    if not 0 <= number <= 1:
        raise InvalidFile(f"{place}: probability = {number} is not allowed: expected 0 to 1")
    return number
