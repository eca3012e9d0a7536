"""Results of searches over all policies: what each seat plays, and what it could gain."""

from dataclasses import dataclass
from typing import Any

from bucket_brigade._arrays import FloatArray
from bucket_brigade.by_value import ComparedByValue
from bucket_brigade.counts.expected_counts import ExpectedCounts
from bucket_brigade.equilibrium.verdict.regret import Verdict
from bucket_brigade.game.lineups import Mixture
from bucket_brigade.game.scenario import Scenario
from bucket_brigade.policies.tabular import Tabular
from bucket_brigade.summaries import Summarised, Summary, cut

__all__ = ["PolicyEquilibrium", "SeatPolicies"]

#: A policy for each seat: what a player does, wherever it is seated.
SeatPolicies = tuple[Tabular, ...]


@dataclass(frozen=True, eq=False, repr=False)
class PolicyEquilibrium(ComparedByValue, Summarised):
    """The profile that a `PSRO` found, and its certificate over all policies.

    Attributes
    ----------
    scenario : Scenario
        The game.
    policies : tuple of Tabular
        What each seat plays: one of `strategies`, drawn anew every night with the chances of
        `distribution`.
    payoffs : ndarray of float64, shape (A,)
        Expected return of each seat.
    gains : ndarray of float64, shape (A,)
        The most that each seat gains by any policy, exactly: nobody mixes for a whole episode, so
        `policies` depend on the houses and the night alone.
    epsilon : float
        Gain that is small enough.
    counts : ExpectedCounts
        What is expected to happen.
    strategies : tuple of tuple of Tabular
        The strategies that the restricted game's equilibrium plays, each a policy for each seat.
    distribution : tuple of float
        The chance of each.
    reason : str
        Why it ended: "converged"; "iterations" or "budget", which were used up; or "exhausted",
        if all best responses were in the pool already.
    history : tuple of dict
        What each iteration came to: `active` strategies, `lineups` new to it, `mixture` (number
        and chance of each that is played), mean `payoff`, largest `gain`, and the number of the
        best `response`. The profile is the one with the least gain.
    seconds : float
        How long it took.
    """

    scenario: Scenario
    policies: SeatPolicies
    payoffs: FloatArray
    gains: FloatArray
    epsilon: float
    counts: ExpectedCounts
    strategies: tuple[SeatPolicies, ...]
    distribution: tuple[float, ...]
    reason: str
    history: tuple[dict[str, Any], ...]
    seconds: float

    @property
    def iterations(self) -> int:
        """How many restricted games were solved."""
        return len(self.history)

    @property
    def regret(self) -> float:
        """The largest gain of any seat by any policy."""
        return float(self.gains.max())

    @property
    def verdict(self) -> Verdict:
        """Certified or refuted, over all policies."""
        return Verdict.CERTIFIED if self.regret <= self.epsilon else Verdict.REFUTED

    @property
    def nights(self) -> float:
        """Expected nights of an episode."""
        return float(self.counts.nights[0])

    @property
    def mixtures(self) -> list[Mixture]:
        """The line-up in which strategies are drawn once an episode instead, for `judge`.

        That is the equilibrium of the restricted game. What it lacks to one over all policies has
        bounds only, since who meets it can learn what was drawn.
        """
        seats = zip(*self.strategies, strict=True)
        return [Mixture(list(policies), list(self.distribution)) for policies in seats]

    def summary(self) -> Summary:
        """The text and table that `repr` and notebooks show: payoffs and gains by seat."""
        rows = zip(self.payoffs.tolist(), self.gains.tolist(), strict=True)
        return Summary(
            f"PolicyEquilibrium: {cut(self.scenario.name)}, {self.verdict} ({self.reason})",
            ["seat", "payoff", "any policy gains"],
            [[str(a), f"{payoff:.6g}", f"{gain:.3g}"] for a, (payoff, gain) in enumerate(rows)],
            [f"{len(self.strategies)} strategies, {self.nights:.4g} nights an episode"],
        )

    def to_dict(self) -> dict[str, Any]:
        """The result as JSON knows it, without the policies, which `save_policies` keeps."""
        payoff = float(self.payoffs.mean())
        return {
            "scenario": self.scenario.to_dict(),
            "space": "psro",
            "payoff": payoff,
            "payoffs": self.payoffs.tolist(),
            "nights": self.nights,
            "payoff_a_night": payoff / self.nights,
            "worked": self.counts.worked[0].tolist(),
            "gains": self.gains.tolist(),
            "regret": self.regret,
            "epsilon": self.epsilon,
            "verdict": self.verdict.value,
            "reason": self.reason,
            "distribution": list(self.distribution),
            "iterations": self.iterations,
            "history": list(self.history),
            "seconds": self.seconds,
        }
