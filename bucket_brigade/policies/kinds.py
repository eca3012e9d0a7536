"""The kinds of policies, and what stands for a policy in Python, in JSON and on a command line."""

import base64
import binascii
from collections.abc import Mapping
from typing import TypeGuard

from bucket_brigade.arguments import did_you_mean
from bucket_brigade.errors import InvalidFile, InvalidValue, shown
from bucket_brigade.policies.agents import NAMED, TenParameter
from bucket_brigade.policies.firefighter import Firefighter
from bucket_brigade.policies.heuristic import (
    ARCHETYPES,
    Heuristic,
    as_strategy,
    parse_strategy,
    plain_name,
)
from bucket_brigade.policies.policy import Policy
from bucket_brigade.policies.tabular import Tabular

__all__ = ["as_policy", "is_policy_object", "parse_policy"]

#: Policies that a name stands for.
_BY_NAME: dict[str, Policy] = {
    **{name: Heuristic.of(theta) for name, theta in ARCHETYPES.items()},
    **NAMED,
}
#: Kinds that a text stands for which begins with their name and a colon.
_BY_TEXT: dict[str, type[Firefighter] | type[TenParameter]] = {
    each.kind: each for each in (Firefighter, TenParameter)
}


def as_policy(value: object, field: str = "strategy") -> Policy:
    """A policy from whatever stands for one.

    Parameters
    ----------
    value : Policy, str, mapping or array_like of float, shape (10,)
        A policy; an archetype's name or ten numbers, for the heuristic agent; the name of another
        agent ("random", "always_rest", "specialist"); the text of a `Firefighter` or a
        `TenParameter`; or the JSON form of a policy of any kind.
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
        if _named_kind(value) in _BY_TEXT:
            return _BY_TEXT[_named_kind(value)].parsed(value, field)
        name = plain_name(value)
        if name not in _BY_NAME:
            texts = "firefighter:w=0.9 or ten_parameter:hero"
            allowed = f"one of {', '.join(_BY_NAME)}, or a text such as {texts}"
            raise InvalidValue(field, shown(value), allowed + did_you_mean(value, _BY_NAME))
        return _BY_NAME[name]
    if is_policy_object(value):
        return _of_object(field, {str(key): number for key, number in value.items()})
    return Heuristic.of(as_strategy(value, field))


def _of_object(field: str, given: dict[str, object]) -> Policy:
    """The policy of a JSON object."""
    told = given.pop("kind")
    kind = told if isinstance(told, str) else ""  # whatever compares in its own way is no kind
    if kind == Firefighter.kind:
        return Firefighter.of(field, given)
    if kind == Tabular.kind:
        return _table(field, given)
    if kind == TenParameter.kind:
        if set(given) != {"theta"}:
            found = f"{kind} with {', '.join(given) or 'nothing'}"
            raise InvalidValue(field, found, "theta, ten numbers from 0 to 1")
        return TenParameter(as_strategy(given["theta"], f"{field}.theta"))
    if kind not in NAMED:
        allowed = f"one of {', '.join([*_BY_TEXT, Tabular.kind, *NAMED])}"
        raise InvalidValue(f"{field}.kind", shown(told), allowed + did_you_mean(kind, NAMED))
    if given:
        raise InvalidValue(field, f"{kind} with {', '.join(given)}", "its kind alone")
    return NAMED[kind]


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
        An archetype's or another agent's name, ten numbers with colons, a firefighter such as
        ``firefighter:w=0.9``, perhaps with ``:own_first`` and ``:honesty=H``, or ``ten_parameter:``
        with an archetype's name or ten numbers with colons.
    field : str
        What to call it in an error.

    Raises
    ------
    InvalidValue
        If it is none of these.
    """
    are_numbers = ":" in text and "=" not in text and _named_kind(text) not in _BY_TEXT
    return Heuristic.of(parse_strategy(text, field)) if are_numbers else as_policy(text, field)


def _named_kind(text: str) -> str:
    """What stands before the first colon; empty without one, as in an archetype's name."""
    head, colon, _ = text.partition(":")
    return plain_name(head) if colon else ""
