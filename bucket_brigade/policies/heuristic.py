"""The heuristic agent: its ten numbers θ, the five archetypes, and (p, q), which θ comes to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt

from bucket_brigade import _core
from bucket_brigade._arrays import FloatArray
from bucket_brigade.arguments import did_you_mean, refuse_unordered
from bucket_brigade.errors import InvalidValue, shown
from bucket_brigade.policies.policy import Policy

__all__ = [
    "ARCHETYPES",
    "PARAMETERS",
    "Heuristic",
    "Strategy",
    "archetype_name",
    "as_strategy",
    "duties",
    "each_duty_once",
    "parse_strategy",
    "plain_name",
    "slopes_by_theta",
    "strategy_of",
]


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


def plain_name(text: str) -> str:
    """A name as tables of names have it, from how people write it: "Free Rider" is "free_rider"."""
    return text.strip().casefold().replace(" ", "_").replace("-", "_")


def archetype_name(text: str, field: str = "strategy") -> str:
    """The name in `ARCHETYPES` that a text stands for: "Hero" and "Free Rider" are understood.

    Raises
    ------
    InvalidValue
        If there is no such archetype.
    """
    name = plain_name(text)
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
    if isinstance(value, Heuristic):
        return np.array(value.theta)
    allowed = "an archetype's name or ten numbers from 0 to 1"
    if isinstance(value, Policy):
        raise InvalidValue(field, shown(value), f"{allowed}, as only these have p and q")
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


#: (p, q): how often an agent works, and how often it then stays at its own burning home.
Duty = tuple[float, float]


def duties(strategies: FloatArray) -> FloatArray:
    """Return p = θ1 (1 − θ8) and q = θ3 of strategies (..., 10), by which the heuristic plays."""
    work = strategies[..., 1] * (1.0 - strategies[..., 8])
    return np.stack([work, strategies[..., 3]], axis=-1)


def slopes_by_theta(strategies: FloatArray, slopes: FloatArray) -> FloatArray:
    """Derivatives with respect to the ten numbers, by the chain rule through `duties`.

    Parameters
    ----------
    strategies : ndarray of float64, shape (L, A, 10)
        θ of each seat of L line-ups; NaN where a seat has none.
    slopes : ndarray of float64, shape (L, K, A, 2)
        Derivatives of K payoffs of each line-up with respect to (p, q) of each seat.

    Returns
    -------
    ndarray of float64, shape (L, K, A, 10)
        NaN where `strategies` is.
    """
    by_theta = np.zeros((*slopes.shape[:-1], len(PARAMETERS)))
    by_work, by_home = slopes[..., 0], slopes[..., 1]
    by_theta[..., 1] = by_work * (1.0 - strategies[:, None, :, 8])
    by_theta[..., 3] = by_home
    by_theta[..., 8] = -by_work * strategies[:, None, :, 1]
    return np.where(np.isnan(strategies)[:, None], np.nan, by_theta)


def strategy_of(p: float, q: float) -> Strategy:
    """An honest strategy that works with probability `p`, at its own burning home with `q`."""
    theta = np.zeros(10)
    theta[[0, 1, 3]] = 1.0, p, q
    return theta


def each_duty_once(strategies: Sequence[Strategy]) -> list[Strategy]:
    """The first of all strategies that play alike, having the same (p, q), in their order."""
    unique: dict[tuple[float, ...], Strategy] = {}
    for theta in strategies:
        unique.setdefault(tuple(duties(theta).tolist()), theta)
    return list(unique.values())


@dataclass(frozen=True)
class Heuristic(Policy):
    """The heuristic agent with ten numbers, as one kind of policy among others.

    Attributes
    ----------
    theta : tuple of float
        The ten numbers of `PARAMETERS`.
    """

    kind: ClassVar[str] = "heuristic"

    theta: tuple[float, ...]

    @classmethod
    def of(cls, strategy: Strategy) -> Self:
        """The agent of a strategy that `as_strategy` checked."""
        return cls(tuple(strategy.tolist()))

    @property
    def duty(self) -> Duty:
        """(p, q), as `duties` has them."""
        theta = self.theta
        return theta[1] * (1.0 - theta[8]), theta[3]

    @property
    def key(self) -> tuple[str, float, float]:
        """The key of a policy: its kind, p and q."""
        return self.kind, *self.duty

    def compiled(self) -> _core.Policy:
        """The policy in the form that the core takes."""
        return _core.Policy.heuristic(np.array(self.theta))

    def name(self, digits: int = 3) -> str:
        """The archetype's name, or its probabilities of working and of working at home first."""
        for name, archetype in ARCHETYPES.items():
            if self.theta == tuple(archetype.tolist()):
                return name
        p, q = (_rounded(number, digits) for number in self.duty)
        return f"(p={p}, q={q})"

    def to_json(self) -> list[float]:
        """The ten numbers θ."""
        return list(self.theta)


def _rounded(number: float, digits: int) -> str:
    """A number with so many digits, with 17 as many as tell it from all others."""
    return f"{number:.{digits}g}" if digits < 17 else repr(number).removesuffix(".0")
