"""Checks of arguments that do not reach Rust as they are: each returns the value, with its type."""

import difflib
import math
import numbers
import os
from collections.abc import ItemsView, Iterable, KeysView, Mapping, Set
from pathlib import Path
from typing import Any

import numpy as np

from bucket_brigade.errors import InvalidValue, shown

__all__ = [
    "as_at_least_zero",
    "as_callback",
    "as_flag",
    "as_list",
    "as_number",
    "as_path",
    "as_positive",
    "as_u64",
    "did_you_mean",
    "refuse_unordered",
    "scalar",
]


def scalar(value: Any) -> Any:
    """The value that an array without dimensions holds; anything else as it is."""
    return value[()] if isinstance(value, np.ndarray) and value.ndim == 0 else value


def refuse_unordered(field: str, value: object, allowed: str) -> None:
    """Raises `InvalidValue` for what has items, but none that could be taken in order as they are.

    These are sets, whose order changes from one run of Python to the next; arrays with a mask,
    behind which there are values all the same; and data frames, which go through their columns.
    The order of keys and values of a dictionary is that in which they were put in.
    """
    if isinstance(value, Set) and not isinstance(value, KeysView | ItemsView):
        hint = "a set has no order, so use a list"
    elif isinstance(value, np.ma.MaskedArray):
        hint = "an array with a mask may lack values, so use its method filled or compressed"
    elif hasattr(value, "columns") and hasattr(value, "to_numpy"):
        hint = "a data frame goes through its columns, so use its method to_numpy"
    else:
        return
    raise InvalidValue(field, shown(value), f"{allowed}; {hint}")


def as_u64(field: str, value: object) -> int:
    """An integer of 64 bits without sign; otherwise raises `InvalidValue`."""
    value = scalar(value)
    if isinstance(value, bool) or not isinstance(value, numbers.Integral):
        raise InvalidValue(field, shown(value), "an integer")
    if not 0 <= int(value) < 1 << 64:
        raise InvalidValue(field, value, "an integer from 0 to 2^64 - 1")
    return int(value)


def as_number(field: str, value: object) -> float:
    """A real number in float64, possibly infinite or NaN; otherwise raises `InvalidValue`."""
    value = scalar(value)
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise InvalidValue(field, shown(value), "a number")
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
    """The items of any iterable but text, bytes, mappings and what `refuse_unordered` knows;
    otherwise raises `InvalidValue`."""
    allowed = f"a list of {of}"
    if isinstance(value, str | bytes | bytearray | Mapping) or not isinstance(value, Iterable):
        raise InvalidValue(field, shown(value), allowed)
    refuse_unordered(field, value, allowed)
    try:
        return list(value)
    except TypeError:  # an array without dimensions, or a class rather than one of its objects
        raise InvalidValue(field, shown(value), allowed) from None


def as_flag(field: str, value: object) -> bool:
    """True or False, also NumPy's; otherwise raises `InvalidValue`."""
    value = scalar(value)
    if not isinstance(value, bool | np.bool_):
        raise InvalidValue(field, shown(value), "True or False")
    return bool(value)


def as_callback(field: str, value: Any) -> Any:
    """Something that can be called, or None; otherwise raises `InvalidValue`."""
    if value is not None and not callable(value):
        raise InvalidValue(field, shown(value), "a function or None")
    return value


def did_you_mean(given: object, names: Iterable[str]) -> str:
    """A question after the name that was probably meant, or nothing.

    Examples
    --------
    >>> did_you_mean("hrad", ["easy", "hard"])
    '; did you mean hard?'
    """
    if not isinstance(given, str):
        return ""
    known = {name.lower().replace("-", "_"): name for name in names}
    asked = str(given)[:100].lower().replace("-", "_")
    near = difflib.get_close_matches(asked, known, n=1)
    return f"; did you mean {known[near[0]]}?" if near else ""


def as_path(field: str, value: object) -> Path:
    """The path of a file; otherwise raises `InvalidValue`."""
    if not isinstance(value, str | os.PathLike) or "\0" in str(value):
        raise InvalidValue(field, shown(value), "the path of a file")
    return Path(value)
