"""The most that all agents together could get: one planner for all seats, exactly."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from bucket_brigade import _core
from bucket_brigade.arguments import as_callback
from bucket_brigade.backends import Progress
from bucket_brigade.backends.threads import as_threads
from bucket_brigade.by_value import ComparedByValue
from bucket_brigade.counts.event_counts import END_KINDS
from bucket_brigade.counts.expected_counts import ExpectedCounts
from bucket_brigade.exact.evaluate import reporter
from bucket_brigade.game.rewards import count_weights
from bucket_brigade.game.scenario import Scenario, as_scenario
from bucket_brigade.policies.tabular import Tabular
from bucket_brigade.summaries import Summarised, Summary, cut

__all__ = ["TeamOptimum", "team_optimum"]

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class TeamOptimum(ComparedByValue, Summarised):
    """The line-up of policies with the largest mean payoff.

    Attributes
    ----------
    scenario : Scenario
        The game.
    payoff : float
        Expected return of an episode, mean over seats: no line-up of any policies has more.
    policies : tuple of Tabular
        What each seat does. Of joint acts that are as good, up to rounding, one with the fewest
        workers, and the same one wherever turning the ring, or mirroring it, makes no difference to
        the mean payoff. Lower seats take lower houses.
    counts : ExpectedCounts
        What is expected to happen.
    """

    scenario: Scenario
    payoff: float
    policies: tuple[Tabular, ...]
    counts: ExpectedCounts

    @property
    def payoffs(self) -> FloatArray:
        """Expected return of each seat, shape (A,)."""
        payoffs: FloatArray = self.counts.mean(count_weights(self.scenario))[0]
        return payoffs

    @property
    def nights(self) -> float:
        """Expected nights of an episode."""
        return float(self.counts.nights[0])

    def summary(self) -> Summary:
        """The text and table that `repr` and notebooks show: payoffs and nights worked by seat."""
        rows = zip(self.payoffs.tolist(), self.counts.worked[0].tolist(), strict=True)
        paid = f"{self.payoff:.6g} in {self.nights:.4g} nights"
        return Summary(
            f"TeamOptimum: {cut(self.scenario.name)}, {paid}",
            ["seat", "payoff", "nights worked"],
            [[str(a), f"{payoff:.6g}", f"{worked:.4g}"] for a, (payoff, worked) in enumerate(rows)],
            ["exact; payoff of an episode, mean over seats: no policies have more"],
        )

    def to_dict(self) -> dict[str, Any]:
        """The result as JSON knows it, without the policies, which `save_policies` keeps."""
        return {
            "scenario": self.scenario.to_dict(),
            "payoff": self.payoff,
            "payoffs": self.payoffs.tolist(),
            "nights": self.nights,
            "payoff_a_night": self.payoff / self.nights,
            "worked": self.counts.worked[0].tolist(),
            "ended": dict(zip(END_KINDS, self.counts.ended[0].tolist(), strict=True)),
        }


def team_optimum(
    scenario: Scenario, *, threads: int | None = None, progress: Progress | None = None
) -> TeamOptimum:
    """Find the joint policy with the largest mean payoff over seats.

    Parameters
    ----------
    scenario : Scenario
        The game, of at most 12 houses and 8 agents.
    threads : int, optional
        Threads at most; by default all.
    progress : callable, optional
        Called with nights done and in all.

    Returns
    -------
    TeamOptimum

    Raises
    ------
    InvalidValue
        If the game is too large.

    Examples
    --------
    >>> game = SCENARIOS["trivial_cooperation"].replace(num_houses=5)
    >>> round(team_optimum(game).payoff, 6)
    1306.5
    """
    scenario = as_scenario(scenario)
    count = as_threads(threads)
    report = reporter(as_callback("progress", progress), scenario.max_nights)
    payoff, _, runs = _core.team_optimum(scenario, threads=count, progress=report)
    totals = _core.policy_counts(scenario, runs, threads=count, progress=None)
    return TeamOptimum(
        scenario,
        payoff,
        tuple(Tabular.from_runs(scenario, each) for each in runs),
        ExpectedCounts(scenario.num_houses, scenario.num_agents, totals[None]),
    )
