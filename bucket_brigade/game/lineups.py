"""Line-ups: a policy, or a mixture of policies, for every seat."""

from collections.abc import Iterable, Sequence, Sized
from dataclasses import dataclass

from bucket_brigade.arguments import as_list
from bucket_brigade.by_value import ComparedByValue
from bucket_brigade.policies.heuristic import Strategy
from bucket_brigade.policies.policy import Policy
from bucket_brigade.policies.spaces import as_member

__all__ = ["Lineup", "Mixture", "SeatEntry", "as_pool", "is_weights"]


@dataclass(frozen=True, eq=False)
class Mixture(ComparedByValue):
    """A seat that draws its strategy anew, and on its own, for every episode.

    Attributes
    ----------
    strategies : sequence
        What it draws from: archetype names, strategy vectors, policies such as a `Firefighter`, or
        indices into the pool.
    weights : sequence of float
        Their probabilities: at least 0, with sum 1 within 1e-9. At most 16 may be above 0.
    """

    strategies: Sequence[object]
    weights: Sequence[float]

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(tuple(float(weight) for weight in self.weights))


#: What may stand at a seat: a policy (an archetype's name, ten numbers, a `Firefighter`, or what
#: else `as_policy` takes) or a `Mixture`; given a pool, also an index into it, a dict from index to
#: probability, or a probability for each of its policies.
SeatEntry = object
#: One seat entry per agent.
Lineup = Sequence[SeatEntry]


def as_pool(pool: Iterable[object] | None) -> tuple[Strategy | Policy, ...] | None:
    """The policies of a pool, if one is given, those of heuristic agents as θ.

    Raises
    ------
    InvalidValue
        If one is not allowed.
    """
    if pool is None:
        return None
    listed = as_list("pool", pool, "strategies")
    return tuple(as_member(value, f"pool[{i}]") for i, value in enumerate(listed))


def is_weights(entry: object, pool_size: int | None) -> bool:
    """Whether a seat entry has a probability for each strategy of a pool, of that size if any."""
    if pool_size is None or isinstance(entry, str | bytes) or not isinstance(entry, Sized):
        return False
    try:
        return len(entry) == pool_size
    except TypeError:  # an array without dimensions
        return False
