"""What is expected to happen in an episode."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bucket_brigade.counts import CountVectors
from bucket_brigade.rewards import weighted_counts

__all__ = ["ExpectedCounts"]

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ExpectedCounts(CountVectors[np.float64]):
    """Expected numbers of events in one episode, for L line-ups on a ring of H with A agents.

    The names are those of `EventCounts`, whose integers are sums over episodes: divided by their
    number, they tend to these.

    Attributes
    ----------
    houses, agents : int
        H and A.
    totals : ndarray of float64, shape (L, D)
        Count vectors: nights, worked[A], safe[H], ruined[H], saved[H], ended[4], the last with the
        probability of each end.
    """

    houses: int
    agents: int
    totals: FloatArray

    def mean(self, weights: FloatArray) -> FloatArray:
        """Expected returns, shape (L, A), for weights of counts (A, D) (see `count_weights`)."""
        return weighted_counts(weights, self.totals)
