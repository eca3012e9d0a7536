"""Axes of a sweep: parameters by name, and the values that each of them takes."""

import dataclasses
import json
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from bucket_brigade.arguments import as_u64, did_you_mean, refuse_unordered, scalar
from bucket_brigade.errors import InvalidValue, shown
from bucket_brigade.game.catalogue import load_scenario
from bucket_brigade.game.scenario import Scenario

__all__ = [
    "AXES",
    "WHOLE",
    "Value",
    "as_values",
    "named_axis",
    "parsed_axis",
    "parsed_value",
    "scenario_at",
]

#: What an axis may be, besides a parameter of scenarios: the scenario to begin with, its rules, and
#: the seed of what is random.
OTHERS = ("scenario", "rules", "seed")
PARAMETERS = tuple(
    field.name
    for field in dataclasses.fields(Scenario)
    if field.name not in ("name", "description")
)
#: All axes there are.
AXES = (*OTHERS, *PARAMETERS)
#: Axes of whole numbers.
WHOLE = ("seed", "min_nights", "max_nights", "num_agents", "num_houses")
#: Values of a range at most.
MOST = 1_000_000

#: A value on an axis, as JSON knows it.
Value = Any


def named_axis(name: object) -> str:
    """The name of an axis.

    Raises
    ------
    InvalidValue
        If there is none of that name.
    """
    if not isinstance(name, str) or name not in AXES:
        raise InvalidValue(
            "axis", shown(name), f"one of {', '.join(AXES)}{did_you_mean(name, AXES)}"
        )
    return name


def parsed_axis(text: str) -> tuple[str, tuple[Value, ...]]:
    """The axis of a text such as ``cost_to_work_one_night=0.5,1,2``.

    Raises
    ------
    InvalidValue
        If it is none, or `as_values` refuses its values.
    """
    name, equals, values = text.partition("=")
    if not equals:
        raise InvalidValue("grid", shown(text), "FIELD=VALUE,VALUE or FIELD=FIRST:LAST:NUMBER")
    name = named_axis(name.strip())
    return name, as_values(name, values.strip())


def as_values(name: str, values: object) -> tuple[Value, ...]:
    """The values of an axis, as JSON knows them.

    Parameters
    ----------
    name : str
        The axis.
    values : list of values, or str
        Values; or text: ``FIRST:LAST:NUMBER`` for so many from the first to the last, evenly
        spaced and each the number nearest to its exact place, so that ``0.1:0.9:9`` holds 0.3; or
        values between commas; or a list as JSON has it.

    Raises
    ------
    InvalidValue
        If there are none, two are the same, or one is nothing that JSON knows.
    """
    field = f"grid.{name}"
    if isinstance(values, str):
        listed = _parsed(field, values)
    elif isinstance(values, Mapping | bytes) or not hasattr(values, "__iter__"):
        listed = [values]
    else:
        refuse_unordered(field, values, "a list of values")
        listed = list(values)
    plain = tuple(_plain(field, value) for value in listed)
    texts = [json.dumps(value) for value in plain]
    if not plain:
        raise InvalidValue(field, "no values", "at least one")
    for i, text in enumerate(texts):
        if text in texts[:i]:
            raise InvalidValue(field, f"{text} twice", "each value once")
    return plain


def _parsed(field: str, text: str) -> list[Value]:
    if text.startswith("["):
        try:
            listed = json.loads(text)
        except ValueError as error:
            raise InvalidValue(field, shown(text), f"a list as JSON has it ({error})") from None
        return list(listed)
    ends = text.split(":")
    if len(ends) == 3:
        try:
            first, last, number = Fraction(ends[0]), Fraction(ends[1]), int(ends[2])
        except (ValueError, ZeroDivisionError):
            pass
        else:
            return _spaced(field, first, last, number)
    return [parsed_value(part.strip()) for part in text.split(",") if part.strip()]


def _spaced(field: str, first: Fraction, last: Fraction, number: int) -> list[Value]:
    if not 2 <= number <= MOST:
        raise InvalidValue(field, f"{number} values from {first} to {last}", f"2 to {MOST:,}")
    places = [first + (last - first) * i / (number - 1) for i in range(number)]
    whole = all(place.denominator == 1 for place in places)
    return [int(place) if whole else float(place) for place in places]


def parsed_value(text: str) -> Value:
    """A value as people write it: as JSON has it, or else a text."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _plain(field: str, value: object) -> Value:
    """The value as JSON knows it."""
    value = scalar(value)
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, tuple | list):
        return [_plain(field, item) for item in value]
    if isinstance(value, Fraction):
        value = float(value)
    if not isinstance(value, str | int | float | None):
        raise InvalidValue(field, shown(value), "numbers, texts, or lists of numbers")
    return value


def scenario_at(
    base: Scenario,
    rules: str | None,
    changes: Mapping[str, Value],
    values: Mapping[str, Value],
) -> Scenario:
    """The scenario of a point: the base or the one named, with rules, changes and its values.

    Parameters
    ----------
    base : Scenario
        What a point begins with unless it names a scenario.
    rules : str or None
        Rules by name, unless the point names others.
    changes : mapping
        Parameters that are the same at all points.
    values : mapping
        What the point has on each axis.

    Raises
    ------
    InvalidValue
        For the first value that is not allowed.
    """
    if "seed" in values:
        as_u64("seed", values["seed"])
    scenario = load_scenario(values["scenario"]) if "scenario" in values else base
    scenario = scenario.with_rules(values.get("rules", rules))
    fields = {name: value for name, value in values.items() if name not in OTHERS}
    return scenario.replace(**{**changes, **fields})
