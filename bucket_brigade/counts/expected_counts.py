"""Expected numbers of events in an episode."""

from dataclasses import dataclass

import numpy as np

from bucket_brigade._arrays import FloatArray
from bucket_brigade.by_value import ComparedByValue
from bucket_brigade.counts.event_counts import CountVectors, counts_summary
from bucket_brigade.game.rewards import weighted_counts
from bucket_brigade.summaries import Summarised, Summary

__all__ = ["ExpectedCounts"]


@dataclass(frozen=True, eq=False, repr=False)
class ExpectedCounts(ComparedByValue, Summarised, CountVectors[np.float64]):
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

    def summary(self) -> Summary:
        """The text and table that `repr` and notebooks show."""
        return counts_summary(self, "expected in an episode", 1)

    def mean(self, weights: FloatArray) -> FloatArray:
        """Expected returns, shape (L, A), for weights of counts (A, D) (see `count_weights`)."""
        return weighted_counts(weights, self.totals)
