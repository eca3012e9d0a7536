"""Line-ups as mixtures of pure ones: what an exact evaluation has to compute."""

import itertools
import math
from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bucket_brigade._arrays import FloatArray, IntArray
from bucket_brigade.by_value import ComparedByValue
from bucket_brigade.errors import InvalidValue
from bucket_brigade.game.program import SeatedStrategies
from bucket_brigade.policies.policy import Policy

__all__ = ["MOST_PURE", "PureLineups", "pure_lineups"]


#: Most pure line-ups that one line-up of mixtures may stand for.
MOST_PURE = 1 << 16


@dataclass(frozen=True, eq=False)
class PureLineups(ComparedByValue):
    """The pure line-ups that L line-ups are mixtures of, each once.

    Attributes
    ----------
    policies : tuple of Policy
        What they play, no two of them alike.
    lineups : ndarray of int64, shape (N, A)
        Which of these every seat plays.
    parts : tuple of (ndarray of int64, ndarray of float64)
        For each of the L: which of the N it is made of, and their probabilities.
    """

    policies: tuple[Policy, ...]
    lineups: IntArray
    parts: tuple[tuple[npt.NDArray[np.int64], FloatArray], ...]

    @property
    def tells_owned_apart(self) -> bool:
        """Whether a policy makes the chain follow all houses by themselves."""
        return any(policy.tells_owned_apart for policy in self.policies)

    def keys(self) -> list[tuple[Hashable, ...]]:
        """Keys of the N line-ups, equal for those that play alike."""
        keys = [policy.key for policy in self.policies]
        return [tuple(keys[index] for index in lineup) for lineup in self.lineups.tolist()]

    def mixed(self, counts: FloatArray) -> FloatArray:
        """Expected counts of the L line-ups, (L, D), from those of the N pure ones, (N, D)."""
        return np.stack(
            [(weights[:, None] * counts[indices]).sum(axis=0) for indices, weights in self.parts]
        )


def pure_lineups(seated: SeatedStrategies) -> PureLineups:
    """Takes line-ups apart: an expectation is linear in what each seat draws.

    Policies that play alike count as one, and weights are divided by their sum.

    Raises
    ------
    InvalidValue
        If a line-up stands for more than `MOST_PURE` pure ones.
    """
    policies: dict[Hashable, Policy] = {}
    for policy in seated.policies:
        policies.setdefault(policy.key, policy)
    numbers = {key: number for number, key in enumerate(policies)}
    played = [numbers[policy.key] for policy in seated.policies]
    known: dict[tuple[int, ...], int] = {}
    parts = []
    for i, seats in enumerate(_seats(seated, played)):
        number = math.prod(len(shares) for shares in seats)
        if number > MOST_PURE:
            given = f"a mixture of {number:,} pure line-ups"
            raise InvalidValue(f"lineups[{i}]", given, f"at most {MOST_PURE:,} for exact payoffs")
        indices, weights = [], []
        for drawn in itertools.product(*(shares.items() for shares in seats)):
            pure = tuple(number for number, _ in drawn)
            indices.append(known.setdefault(pure, len(known)))
            weights.append(math.prod(share for _, share in drawn))
        parts.append((np.array(indices, dtype=np.int64), np.array(weights)))
    lineups = np.array(list(known), dtype=np.int64)
    return PureLineups(tuple(policies.values()), lineups, tuple(parts))


def _seats(seated: SeatedStrategies, played: list[int]) -> list[list[dict[int, float]]]:
    """For each seat of each line-up, the policies that it draws with a probability above 0.

    `played` numbers the policies, those alike with one number.
    """
    entries = iter(zip(seated.indices.tolist(), seated.weights.tolist(), strict=True))
    lineups = []
    for sizes in seated.sizes.tolist():
        seats = []
        for size in sizes:
            drawn = list(itertools.islice(entries, size))
            total = math.fsum(weight for _, weight in drawn)
            shares: dict[int, float] = {}
            for index, weight in drawn:
                if weight > 0:
                    number = played[index]
                    shares[number] = shares.get(number, 0.0) + weight / total
            seats.append(shares)
        lineups.append(seats)
    return lineups
