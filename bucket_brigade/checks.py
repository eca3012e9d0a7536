"""Checks of arguments that do not reach Rust as they are: each returns the value, with its type."""

import math
import numbers
from collections.abc import Iterable
from typing import Any

from bucket_brigade.errors import InvalidValue

__all__ = [
    "as_at_least_zero",
    "as_callback",
    "as_flag",
    "as_list",
    "as_number",
    "as_positive",
    "as_u64",
]


def as_u64(field: str, value: object) -> int:
    """An integer of 64 bits without sign; otherwise raises `InvalidValue`."""
    if isinstance(value, bool) or not isinstance(value, numbers.Integral):
        raise InvalidValue(field, repr(value), "an integer")
    if not 0 <= int(value) < 1 << 64:
        raise InvalidValue(field, value, "an integer from 0 to 2^64 - 1")
    return int(value)


def as_number(field: str, value: object) -> float:
    """A real number in float64, possibly infinite or NaN; otherwise raises `InvalidValue`."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise InvalidValue(field, repr(value), "a number")
    try:
        return float(value)
    except OverflowError:
        raise InvalidValue(field, value, "a number that a float64 holds") from None


def as_positive(field: str, value: object) -> float:
    """A finite number above 0; otherwise raises `InvalidValue`."""
    number = as_number(field, value)
    if not (math.isfinite(number) and number > 0):
        raise InvalidValue(field, number, "a finite number above 0")
    return number


def as_at_least_zero(field: str, value: object) -> float:
    """A finite number of at least 0; otherwise raises `InvalidValue`."""
    number = as_number(field, value)
    if not 0 <= number < math.inf:
        raise InvalidValue(field, number, "a finite number of at least 0")
    return number


def as_list(field: str, value: object, of: str) -> list[Any]:
    """The items of any iterable but text, bytes and mappings; otherwise raises `InvalidValue`."""
    if isinstance(value, str | bytes | dict) or not isinstance(value, Iterable):
        raise InvalidValue(field, repr(value), f"a list of {of}")
    try:
        return list(value)
    except TypeError:  # an array without dimensions
        raise InvalidValue(field, repr(value), f"a list of {of}") from None


def as_flag(field: str, value: object) -> bool:
    """True or False; otherwise raises `InvalidValue`."""
    if not isinstance(value, bool):
        raise InvalidValue(field, repr(value), "True or False")
    return value


def as_callback(field: str, value: Any) -> Any:
    """Something that can be called, or None; otherwise raises `InvalidValue`."""
    if value is not None and not callable(value):
        raise InvalidValue(field, repr(value), "a function or None")
    return value
