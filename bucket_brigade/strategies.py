"""Strategies: vectors of ten numbers in [0, 1], and the five archetypes."""

import itertools
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from bucket_brigade.checks import did_you_mean, refuse_unordered
from bucket_brigade.errors import InvalidValue, shown

__all__ = [
    "ARCHETYPES",
    "PARAMETERS",
    "Strategy",
    "archetype_name",
    "as_strategy",
    "distinct_labels",
    "distinct_names",
    "parse_strategy",
    "strategy_labels",
    "strategy_name",
]

K = TypeVar("K", bound=Hashable)

#: Digits of the numbers in labels: more where different strategies would share one.
DIGITS = (3, 4, 6, 9, 17)

#: A strategy θ: float64, shape (10,), each in [0, 1]. The heuristic agent reads θ0 (honesty),
#: θ1 (work tendency), θ3 (own house priority) and θ8 (rest reward bias); see docs/rules.md.
Strategy = npt.NDArray[np.float64]

#: Names of the ten numbers, in order.
PARAMETERS = (
    "honesty",
    "work_tendency",
    "neighbor_help",
    "own_house_priority",
    "risk_aversion",
    "coordination",
    "exploration",
    "fatigue_memory",
    "rest_reward_bias",
    "altruism",
)


def _frozen(*theta: float) -> Strategy:
    array = np.array(theta, dtype=np.float64)
    array.setflags(write=False)
    return array


#: The five archetypes by name (docs/rules.md); read-only arrays.
ARCHETYPES: Mapping[str, Strategy] = MappingProxyType(
    {
        "firefighter": _frozen(1.0, 0.9, 0.5, 0.8, 0.5, 0.7, 0.1, 0.0, 0.0, 0.8),
        "free_rider": _frozen(0.7, 0.2, 0.0, 0.9, 0.0, 0.0, 0.1, 0.0, 0.9, 0.0),
        "hero": _frozen(1.0, 1.0, 1.0, 0.5, 0.1, 0.5, 0.0, 0.9, 0.0, 1.0),
        "coordinator": _frozen(0.9, 0.6, 0.7, 0.6, 0.8, 1.0, 0.05, 0.0, 0.2, 0.6),
        "liar": _frozen(0.1, 0.7, 0.0, 0.9, 0.2, 0.8, 0.3, 0.0, 0.4, 0.2),
    }
)


def archetype_name(text: str, field: str = "strategy") -> str:
    """The name in `ARCHETYPES` that a text stands for: "Hero" and "Free Rider" are understood.

    Raises
    ------
    InvalidValue
        If there is no such archetype.
    """
    name = text.strip().casefold().replace(" ", "_").replace("-", "_")
    if name not in ARCHETYPES:
        meant = did_you_mean(text, ARCHETYPES)
        raise InvalidValue(field, shown(text), f"one of {', '.join(ARCHETYPES)}{meant}")
    return name


def as_strategy(value: object, field: str = "strategy") -> Strategy:
    """A strategy from an archetype's name or ten numbers.

    Parameters
    ----------
    value : str or array_like of float, shape (10,)
        A name in `ARCHETYPES`, in capitals or not, or the ten numbers of `PARAMETERS`.
    field : str
        What to call it in an error.

    Returns
    -------
    ndarray of float64, shape (10,)

    Raises
    ------
    InvalidValue
        If the name is unknown, or these are not ten numbers in [0, 1].
    """
    if isinstance(value, str):
        return ARCHETYPES[archetype_name(value, field)]
    allowed = "an archetype's name or ten numbers from 0 to 1"
    refuse_unordered(field, value, allowed)
    try:
        given = np.asarray(value)
        # Text, booleans and complex numbers would convert, too.
        theta = given.astype(np.float64, casting="same_kind" if given.dtype.kind in "fiu" else "no")
    except (TypeError, ValueError, OverflowError, RecursionError):
        raise InvalidValue(field, shown(value), allowed) from None
    if theta.shape != (len(PARAMETERS),):
        raise InvalidValue(field, f"an array of shape {theta.shape}", allowed)
    for name, number in zip(PARAMETERS, theta.tolist(), strict=True):
        if not 0.0 <= number <= 1.0:
            raise InvalidValue(f"{field}.{name}", number, "a number from 0 to 1")
    return theta


def parse_strategy(text: str, field: str = "strategy") -> Strategy:
    """A strategy from the form used on the command line: a name, or ten numbers with colons.

    Raises
    ------
    InvalidValue
        If it is neither.
    """
    if ":" not in text:
        return as_strategy(text.strip(), field)
    try:
        numbers = [float(part) for part in text.split(":")]
    except ValueError:
        raise InvalidValue(field, shown(text), "ten numbers separated by colons") from None
    return as_strategy(numbers, field)


def strategy_name(theta: Strategy, digits: int = DIGITS[0]) -> str:
    """The archetype's name, or its probabilities of working and of working at home first."""
    for name, archetype in ARCHETYPES.items():
        if np.array_equal(theta, archetype):
            return name
    return f"(p={theta[1] * (1.0 - theta[8]):.{digits}g}, q={theta[3]:.{digits}g})"


def strategy_labels(strategies: Iterable[Strategy]) -> dict[tuple[float, ...], str]:
    """Labels by θ as `strategy_name` has them, but different for different strategies.

    Where rounding would make two the same, they have more digits; where these are the same too,
    since the strategies differ in numbers that change nothing, they are numbered.
    """
    return distinct_labels(
        (tuple(theta.tolist()) for theta in strategies),
        lambda theta, digits: strategy_name(np.array(theta), digits),
    )


def distinct_labels(keys: Iterable[K], label: Callable[[K, int], str]) -> dict[K, str]:
    """A label of its own for each different key, with no more digits than that takes."""
    left = list(dict.fromkeys(keys))
    labels = dict.fromkeys(left, "")
    for digits in DIGITS:
        labels.update((key, label(key, digits)) for key in left)
        shared = Counter(labels.values())
        left = [key for key in left if shared[labels[key]] > 1]
    numbers: Counter[str] = Counter()
    for key in left:
        name = labels[key]
        while labels[key] in shared:
            numbers[name] += 1
            labels[key] = f"{name} #{numbers[name]}"
    return labels


def distinct_names(names: Sequence[str], mark: str = " #") -> tuple[str, ...]:
    """The same names, numbered where several are equal: ``("a", "b #1", "b #2")``.

    Numbers that would make another one's name are passed over.
    """
    count, taken = Counter(names), set(names)
    numbers = {name: itertools.count(1) for name in count}

    def numbered(name: str) -> str:
        candidates = (f"{name}{mark}{number}" for number in numbers[name])
        one = next(candidate for candidate in candidates if candidate not in taken)
        taken.add(one)
        return one

    return tuple(numbered(name) if count[name] > 1 else name for name in names)
