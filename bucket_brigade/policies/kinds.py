"""The kinds of policies, and what stands for a policy in Python, in JSON and on a command line."""

import base64
import binascii
from collections.abc import Mapping
from typing import TypeGuard

from bucket_brigade.errors import InvalidFile, InvalidValue, shown
from bucket_brigade.policies.firefighter import Firefighter
from bucket_brigade.policies.heuristic import (
    ARCHETYPES,
    Heuristic,
    archetype_name,
    as_strategy,
    parse_strategy,
)
from bucket_brigade.policies.policy import Policy
from bucket_brigade.policies.tabular import Tabular

__all__ = ["as_policy", "is_policy_object", "parse_policy"]

_ARCHETYPES = {name: Heuristic.of(theta) for name, theta in ARCHETYPES.items()}


def as_policy(value: object, field: str = "strategy") -> Policy:
    """A policy from whatever stands for one.

    Parameters
    ----------
    value : Policy, str, mapping or array_like of float, shape (10,)
        A policy; an archetype's name or ten numbers, for the heuristic agent; or the name or the
        JSON form of a `Firefighter`; or the JSON form of a `Tabular`.
    field : str
        What to call it in an error.

    Raises
    ------
    InvalidValue
        If it is none of these.

    Examples
    --------
    >>> as_policy("firefighter:w=0.9") == as_policy({"kind": "firefighter", "w": 0.9})
    True
    """
    if isinstance(value, Policy):
        return value
    if isinstance(value, str):
        if _named_kind(value) == Firefighter.kind:
            return Firefighter.parsed(value, field)
        return _ARCHETYPES[archetype_name(value, field)]
    if is_policy_object(value):
        kind, numbers = value["kind"], {str(k): x for k, x in value.items() if k != "kind"}
        if not isinstance(kind, str) or kind not in (Firefighter.kind, Tabular.kind):
            allowed = f"{Firefighter.kind!r} or {Tabular.kind!r}"
            raise InvalidValue(f"{field}.kind", shown(kind), allowed)
        return _table(field, numbers) if kind == Tabular.kind else Firefighter.of(field, numbers)
    return Heuristic.of(as_strategy(value, field))


def _table(field: str, given: dict[str, object]) -> Tabular:
    """The table of a JSON object, but for its kind."""
    npz = given.get("npz")
    if set(given) != {"npz"} or not isinstance(npz, str):
        raise InvalidValue(field, f"a table with {', '.join(given) or 'nothing'}", "npz, a text")
    try:
        return Tabular.from_bytes(base64.b64decode(npz, validate=True), "it")
    except (InvalidFile, binascii.Error) as error:
        raise InvalidValue(f"{field}.npz", str(error), "what a table is saved as") from None


def is_policy_object(value: object) -> TypeGuard[Mapping[object, object]]:
    """Whether this is a policy's JSON form, an object with its kind, rather than a mixture."""
    return isinstance(value, Mapping) and "kind" in value


def parse_policy(text: str, field: str = "strategy") -> Policy:
    """A policy from the form used on the command line.

    Parameters
    ----------
    text : str
        An archetype's name, ten numbers with colons, or a firefighter such as
        ``firefighter:w=0.9``, perhaps with ``:own_first`` and ``:honesty=H``.
    field : str
        What to call it in an error.

    Raises
    ------
    InvalidValue
        If it is none of these.
    """
    if _named_kind(text) == Firefighter.kind or "=" in text:  # no number has one
        return as_policy(text, field)
    return Heuristic.of(parse_strategy(text, field))


def _named_kind(text: str) -> str:
    """What stands before the first colon; empty without one, as in an archetype's name."""
    head, colon, _ = text.partition(":")
    return head.strip().casefold() if colon else ""
