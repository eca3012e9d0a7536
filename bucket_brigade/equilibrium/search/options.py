"""Options that all searches for equilibria share."""

from dataclasses import KW_ONLY, dataclass
from typing import Any

from bucket_brigade.arguments import as_at_least_zero, as_number, as_positive, as_u64
from bucket_brigade.backends import Backend, as_backend
from bucket_brigade.equilibrium.payoffs.choice import payoff_source, resolved_method
from bucket_brigade.equilibrium.payoffs.sources import PayoffSource
from bucket_brigade.equilibrium.verdict.budget import Budget
from bucket_brigade.errors import InvalidValue
from bucket_brigade.evaluation.methods import as_method
from bucket_brigade.game.scenario import Scenario, as_scenario
from bucket_brigade.policies.spaces import HEURISTICS, Space

__all__ = ["EPSILON", "SearchOptions", "check_asked", "check_count"]

#: Gain that is small enough by default, in points an episode.
EPSILON = {"sampled": 5.0, "exact": 0.01}


@dataclass(frozen=True)
class SearchOptions:
    """Options that all searches for equilibria share.

    Attributes
    ----------
    scenario : Scenario
        The game.
    num_simulations : int
        The unit of episodes, if payoffs are sampled.
    epsilon : float, optional
        Gain, in points an episode, that is small enough; by default as `EPSILON` says.
    seed : int
        Seed of everything random.
    threads, backend
        As for `simulate`.
    confidence : float
        With which sampled verdicts hold, above 0 and below 1.
    method : str
        "sampled", "exact" or "auto" (see `resolved_method`).
    budget_episodes, budget_seconds : optional
        What may be spent.

    Raises
    ------
    InvalidValue
        For the first value that is not allowed.
    """

    scenario: Scenario
    num_simulations: int
    _: KW_ONLY
    epsilon: float | None = None
    seed: int = 0
    threads: int | None = None
    backend: str | Backend = "auto"
    confidence: float = 0.95
    method: str = "auto"
    budget_episodes: int | None = None
    budget_seconds: float | None = None

    def __post_init__(self) -> None:
        check_asked(self)

    @property
    def searched(self) -> Space:
        """What agents may play."""
        return HEURISTICS

    @property
    def chosen_method(self) -> str:
        """What the method that was asked for comes to: sampled or exact."""
        by_houses = self.searched.tells_owned_apart
        return resolved_method(self.scenario, self.method, self.threads, by_houses)

    def settings(self) -> dict[str, Any]:
        """Settings that the result depends on, as JSON knows them: equal for equal searches.

        Budget, threads and backend are left out.
        """
        method = self.chosen_method
        return {
            "scenario": self.scenario.to_dict(),
            "method": method,
            "num_simulations": self.num_simulations,
            "epsilon": EPSILON[method] if self.epsilon is None else float(self.epsilon),
            "confidence": self.confidence,
            "seed": self.seed,
        }

    def payoff_source(self) -> PayoffSource:
        """Payoffs of the scenario, by the method that was asked for."""
        return payoff_source(
            self.scenario,
            self.chosen_method,
            seed=self.seed,
            threads=self.threads,
            backend=self.backend,
        )

    def budget(self, spent: int = 0, elapsed: float = 0.0) -> Budget:
        """The budget, of which some episodes and seconds may be spent already."""
        return Budget(
            episodes=self.budget_episodes,
            seconds=self.budget_seconds,
            spent=spent,
            elapsed=elapsed,
        )


def check_asked(asked: SearchOptions) -> None:
    """Raises `InvalidValue` for the first of the options that is not allowed."""
    as_scenario(asked.scenario)
    as_u64("seed", asked.seed)
    as_backend(asked.backend)
    as_method(asked.method)
    check_count("num_simulations", asked.num_simulations)
    if asked.epsilon is not None:
        as_at_least_zero("epsilon", asked.epsilon)
    if not 0 < as_number("confidence", asked.confidence) < 1:
        raise InvalidValue("confidence", asked.confidence, "a number between 0 and 1")
    if asked.budget_episodes is not None and as_u64("budget_episodes", asked.budget_episodes) < 1:
        raise InvalidValue("budget_episodes", asked.budget_episodes, "at least 1")
    if asked.budget_seconds is not None:
        as_positive("budget_seconds", asked.budget_seconds)


def check_count(name: str, value: int, most: int = (1 << 48) - 1) -> None:
    """Raises `InvalidValue` unless a number of something is from 1 to `most`, 2^48 - 1 at most."""
    if not 1 <= as_u64(name, value) <= most:
        raise InvalidValue(name, value, f"from 1 to {most}")
