"""Profiles: what every seat plays, and who could deviate from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from bucket_brigade.by_value import ComparedByValue
from bucket_brigade.game.scenario import Scenario
from bucket_brigade.policies.spaces import Member

__all__ = ["Deviation", "Profile", "mixture_entry"]


def mixture_entry(distribution: npt.NDArray[np.float64]) -> dict[int, float]:
    """A seat entry that draws from the pool: strategies with a weight, renormalised."""
    kept = {i: float(w) for i, w in enumerate(distribution) if w > 0}
    total = sum(kept.values())
    return {i: w / total for i, w in kept.items()}


@dataclass(frozen=True, eq=False)
class Deviation(ComparedByValue):
    """A strategy that a player may turn to.

    Attributes
    ----------
    strategy : ndarray, shape (10,), or Policy
        θ of a heuristic agent, or another policy.
    seats : tuple of int
        Where the player may sit, each equally likely.
    """

    strategy: Member
    seats: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Profile(ComparedByValue):
    """The policies of all seats: for each a mixture over a pool of strategies.

    Attributes
    ----------
    scenario : Scenario
        The game.
    pool : tuple of ndarray, shape (10,), or Policy
        Strategies.
    entries : tuple of dict
        For each seat: index into the pool to probability.
    """

    scenario: Scenario
    pool: tuple[Member, ...]
    entries: tuple[Mapping[int, float], ...]

    @classmethod
    def symmetric(
        cls, scenario: Scenario, pool: Sequence[Member], mixture: Mapping[int, float]
    ) -> Self:
        """Every seat draws from the same mixture, on its own."""
        return cls(scenario, tuple(pool), (mixture,) * scenario.num_agents)

    @classmethod
    def pure(cls, scenario: Scenario, strategies: Sequence[Member]) -> Self:
        """A strategy for each seat."""
        return cls(scenario, tuple(strategies), tuple({s: 1.0} for s in range(len(strategies))))

    def lineup(self, index: int | None = None, seat: int | None = None) -> list[object]:
        """The line-up, with the strategy of that index at a seat if one is given."""
        return [index if s == seat else dict(entry) for s, entry in enumerate(self.entries)]

    def deviants(
        self, deviations: Sequence[Deviation]
    ) -> tuple[list[Member], list[list[object]], list[tuple[int, int]]]:
        """The line-ups that deviations need: a pool, line-ups, and the deviation and seat of each.

        The line-ups are those of one deviation after another, seat after seat.
        """
        pool, lineups, owners = list(self.pool), [], []
        for i, deviation in enumerate(deviations):
            pool.append(deviation.strategy)
            for seat in deviation.seats:
                lineups.append(self.lineup(len(pool) - 1, seat))
                owners.append((i, seat))
        return pool, lineups, owners
