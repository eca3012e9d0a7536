"""Line-ups as mixtures of pure ones: what an exact evaluation has to compute."""

import itertools
import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bucket_brigade._arrays import FloatArray
from bucket_brigade.by_value import ComparedByValue
from bucket_brigade.errors import InvalidValue
from bucket_brigade.game.program import SeatedStrategies
from bucket_brigade.policies.heuristic import Duty, duties

__all__ = ["MOST_PURE", "PureLineups", "pure_lineups"]


#: Most pure line-ups that one line-up of mixtures may stand for.
MOST_PURE = 1 << 16


@dataclass(frozen=True, eq=False)
class PureLineups(ComparedByValue):
    """The pure line-ups that L line-ups are mixtures of, each once.

    Attributes
    ----------
    duties : ndarray of float64, shape (N, A, 2)
        (p, q) of every seat.
    parts : tuple of (ndarray of int64, ndarray of float64)
        For each of the L: which of the N it is made of, and their probabilities.
    """

    duties: FloatArray
    parts: tuple[tuple[npt.NDArray[np.int64], FloatArray], ...]

    def mixed(self, counts: FloatArray) -> FloatArray:
        """What is expected of the L line-ups, (L, D), from what is of the N pure ones, (N, D)."""
        return np.stack(
            [(weights[:, None] * counts[indices]).sum(axis=0) for indices, weights in self.parts]
        )


def pure_lineups(seated: SeatedStrategies) -> PureLineups:
    """Takes line-ups apart: an expectation is linear in what each seat draws.

    Strategies with equal (p, q) count as one, and weights are divided by their sum.

    Raises
    ------
    InvalidValue
        If a line-up stands for more than `MOST_PURE` pure ones.
    """
    played = [(p, q) for p, q in duties(seated.strategies).tolist()]
    known: dict[tuple[Duty, ...], int] = {}
    parts = []
    for i, seats in enumerate(_seats(seated, played)):
        number = math.prod(len(shares) for shares in seats)
        if number > MOST_PURE:
            given = f"a mixture of {number:,} pure line-ups"
            raise InvalidValue(f"lineups[{i}]", given, f"at most {MOST_PURE:,} for exact payoffs")
        indices, weights = [], []
        for drawn in itertools.product(*(shares.items() for shares in seats)):
            pure = tuple(duty for duty, _ in drawn)
            indices.append(known.setdefault(pure, len(known)))
            weights.append(math.prod(share for _, share in drawn))
        parts.append((np.array(indices, dtype=np.int64), np.array(weights)))
    return PureLineups(np.array(list(known), dtype=np.float64), tuple(parts))


def _seats(seated: SeatedStrategies, played: list[Duty]) -> list[list[dict[Duty, float]]]:
    """For each seat of each line-up, the probability of each (p, q) above 0."""
    entries = iter(zip(seated.indices.tolist(), seated.weights.tolist(), strict=True))
    lineups = []
    for sizes in seated.sizes.tolist():
        seats = []
        for size in sizes:
            drawn = list(itertools.islice(entries, size))
            total = math.fsum(weight for _, weight in drawn)
            shares: dict[Duty, float] = {}
            for index, weight in drawn:
                if weight > 0:
                    duty = played[index]
                    shares[duty] = shares.get(duty, 0.0) + weight / total
            seats.append(shares)
        lineups.append(seats)
    return lineups
