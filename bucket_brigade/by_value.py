"""Results that are compared by what they hold, arrays included."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np

from bucket_brigade.arguments import scalar

__all__ = ["ComparedByValue", "same"]


class ComparedByValue:
    """A dataclass that equals another of its type if all fields that count do, NaN being like NaN.

    It can't be hashed, as arrays can't.
    """

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        mine, theirs = vars(self), vars(other)
        compared = [f.name for f in fields(self) if f.compare]  # type: ignore[arg-type]
        return all(same(mine[name], theirs[name]) for name in compared)


def same(a: Any, b: Any) -> bool:
    """Whether two values are alike, item by item; lists, tuples and arrays of alike items are."""
    a, b = scalar(a), scalar(b)
    if a is b:
        return True
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        if a.dtype.kind == "f" and b.dtype.kind == "f":
            return np.array_equal(a, b, equal_nan=True)
        return np.array_equal(a, b)
    if isinstance(a, list | tuple | np.ndarray) and isinstance(b, list | tuple | np.ndarray):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        return False  # ten numbers and a name, say
    return bool(a == b) or bool(a != a and b != b)
