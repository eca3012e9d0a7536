"""Results of exact evaluations."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np

from bucket_brigade._arrays import FloatArray
from bucket_brigade.by_value import ComparedByValue
from bucket_brigade.counts.expected_counts import ExpectedCounts
from bucket_brigade.game.lineup_result import LineupTables
from bucket_brigade.game.rewards import count_weights, reweighted_scenario
from bucket_brigade.game.scenario import Scenario
from bucket_brigade.policies.heuristic import Strategy
from bucket_brigade.policies.policy import Policy

__all__ = ["ExactResult"]


@dataclass(frozen=True, eq=False, repr=False)
class ExactResult(ComparedByValue, LineupTables):
    """Exact payoffs and expected counts of L line-ups with A seats.

    It has what a `SimulationResult` has, so that either can stand in for the other; only its counts
    are expected numbers for one episode, and there is no episode, seed, backend or device to tell
    of: these are None.

    Attributes
    ----------
    scenario : Scenario
        The game, whose rewards `mean` weighs the counts with.
    lineups : tuple
        The line-ups as they were given.
    expected_counts : ExpectedCounts
        What is expected to happen; also as `counts`.
    pool : tuple of ndarray, shape (10,), or Policy, optional
        What indices and weights in line-ups refer to.
    pure_lineups : int
        Distinct pure line-ups that were computed for them.
    method : str
        "exact".
    """

    method: ClassVar[str] = "exact"
    episodes: ClassVar[None] = None
    first_episode: ClassVar[None] = None
    seed: ClassVar[None] = None
    backend: ClassVar[None] = None
    device: ClassVar[None] = None

    scenario: Scenario
    lineups: tuple[tuple[object, ...], ...]
    expected_counts: ExpectedCounts
    pure_lineups: int
    pool: tuple[Strategy | Policy, ...] | None = None

    @property
    def counts(self) -> ExpectedCounts:
        """Expected numbers in one episode: `nights` (L), `worked` (L, A), `safe`, `ruined`,
        `saved` (L, H), `ended` (L, 4)."""
        return self.expected_counts

    @cached_property
    def mean(self) -> FloatArray:
        """Expected return of an episode, shape (L, A)."""
        return self.expected_counts.mean(count_weights(self.scenario))

    @cached_property
    def stderr(self) -> FloatArray:
        """Zeros, shape (L, A): nothing was sampled."""
        return np.zeros_like(self.mean)

    @cached_property
    def unseen(self) -> FloatArray:
        """Zeros, shape (L, A): nothing can have been missed."""
        return np.zeros_like(self.mean)

    def reweighted(self, **rewards: Any) -> Self:
        """The same under other rewards: no chain is followed again.

        Parameters
        ----------
        **rewards
            Reward parameters of the scenario to change, such as ``cost_to_work_one_night=0.9``.

        Raises
        ------
        InvalidValue
            If a parameter is not a reward, or its value is not allowed.
        """
        return replace(self, scenario=reweighted_scenario(self.scenario, rewards))
