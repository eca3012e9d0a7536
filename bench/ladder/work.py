"""The work that every rung does, and the truth about it: a matrix of payoffs."""

import math
from dataclasses import dataclass

import numpy as np

import bucket_brigade as bb
from bench.baselines.common import FloatArray

#: Episodes of each line-up that the work asks for.
EPISODES = 2000
#: Of the measurement, by default.
ROUNDS = 5
#: Standard errors by which a payoff may be off.
ALLOWED = 5.0
#: Episodes of each line-up that standard deviations come from, so that runs too short to have met
#: what is rare are not taken for precise.
PILOT = 20_000
#: What rounding may do to a payoff, relative to it.
ROUNDING = 1e-9
ARCHETYPES = tuple(bb.ARCHETYPES)


def lineups_of(scenario: bb.Scenario) -> list[list[str]]:
    """Each archetype in each seat against all others playing another, entry after entry."""
    seats = range(scenario.num_agents)
    return [
        [focal if seat == here else others for seat in seats]
        for focal in ARCHETYPES
        for others in ARCHETYPES
        for here in seats
    ]


def matrix_of(values: FloatArray, agents: int) -> FloatArray:
    """The matrix, from the returns of all line-ups: the mean over the focal seats."""
    size = len(ARCHETYPES)
    focal = values.reshape(size, size, agents, agents)
    mean: FloatArray = np.diagonal(focal, axis1=2, axis2=3).mean(axis=2)
    return mean


@dataclass(frozen=True)
class Truth:
    """The exact matrix of a scenario, and how much the estimate of an episode scatters.

    Attributes
    ----------
    payoffs : ndarray, shape (K, K)
        Exact.
    shared, apart : ndarray, shape (K, K)
        Standard deviations of an entry per episode of its line-ups, if these meet the same luck,
        and if they do not.
    """

    payoffs: FloatArray
    shared: FloatArray
    apart: FloatArray

    @classmethod
    def of(cls, scenario: bb.Scenario) -> "Truth":
        """The truth by the exact engine, and a large sample for standard deviations alone."""
        lineups, agents = lineups_of(scenario), scenario.num_agents
        payoffs = matrix_of(bb.expected(scenario, lineups).mean, agents)
        sampled = bb.simulate(scenario, lineups, episodes=PILOT, seed=2**63, backend="cpu")
        variance = matrix_of(sampled.stderr**2, agents) / agents
        paired = bb.payoff_matrix(scenario, episodes=PILOT, seed=2**63, backend="cpu")
        scale = math.sqrt(PILOT)
        return cls(payoffs, paired.stderr * scale, np.sqrt(variance) * scale)

    def errors(self, matrix: FloatArray, episodes: int, shared_luck: bool) -> float:
        """The largest error of an entry, in standard errors."""
        deviation = self.shared if shared_luck else self.apart
        gap = np.abs(matrix - self.payoffs)
        gap = np.where(gap <= ROUNDING * (1 + np.abs(self.payoffs)), 0.0, gap)
        with np.errstate(divide="ignore", invalid="ignore"):
            errors = gap / (deviation / math.sqrt(episodes))
        return float(np.max(np.where(gap == 0, 0.0, errors)))
