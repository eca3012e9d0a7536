"""The original project's names for what this package does."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bucket_brigade import _core
from bucket_brigade._arrays import FloatArray
from bucket_brigade.arguments import as_list, as_u64
from bucket_brigade.backends import Backend, Progress
from bucket_brigade.envs.original import BucketBrigadeEnv, list_envs
from bucket_brigade.errors import InvalidValue, RareEventsWarning
from bucket_brigade.evaluation.focal_payoffs import focal_payoffs
from bucket_brigade.game.lineup_result import unseen_note
from bucket_brigade.game.lineups import Mixture
from bucket_brigade.game.program import compile_program
from bucket_brigade.game.scenario import Scenario, as_scenario
from bucket_brigade.policies.kinds import as_policy

if TYPE_CHECKING:
    from bucket_brigade.envs.original_gymnasium import JointEnv, JointVectorEnv

__all__ = [
    "BucketBrigadeEnv",
    "PayoffEvaluator",
    "list_envs",
    "make",
    "make_vec",
    "run_heuristic_episode",
]


@dataclass(frozen=True)
class PayoffEvaluator:
    """Payoffs of one scenario, sampled at one seed, or exact.

    At one seed a sampled payoff is a fixed function of the strategies: every call plays the same
    episodes, so that strategies are compared under the same luck. Payoffs come without their
    errors; where they may depend on events that were hardly seen, a `RareEventsWarning` says so.

    Parameters
    ----------
    scenario : Scenario
        The game.
    num_simulations : int
        Episodes of each line-up.
    seed : int
        Seed of all of them.
    seat : int, optional
        The focal seat; by default payoffs are means over all seats.
    threads, backend
        As for `simulate`.
    method : str
        "sampled", "exact", or "auto" for what should take less time, call by call (see `evaluate`).
    progress : callable, optional
        As for `simulate`.
    """

    scenario: Scenario
    num_simulations: int = 1000
    seed: int = 0
    seat: int | None = None
    threads: int | None = None
    backend: str | Backend = "auto"
    progress: Progress | None = field(default=None, compare=False)
    method: str = "sampled"

    def _payoffs(self, pairs: Sequence[tuple[object, object]]) -> FloatArray:
        payoffs = focal_payoffs(
            self.scenario,
            pairs,
            seat=self.seat,
            episodes=self.num_simulations,
            seed=self.seed,
            threads=self.threads,
            backend=self.backend,
            progress=self.progress,
            method=self.method,
        )
        worst = float(payoffs.unseen.max(initial=0.0))
        if worst > 0:
            message = f"{unseen_note(worst)}; more simulations, or method='exact', can tell"
            warnings.warn(message, RareEventsWarning, stacklevel=3)
        return payoffs.mean

    def evaluate_symmetric_payoff(self, theta_focal: object, theta_opponents: object) -> float:
        """Expected return of `theta_focal` when all others play `theta_opponents`.

        Parameters
        ----------
        theta_focal, theta_opponents : str or array_like, shape (10,)
            Strategies.

        Raises
        ------
        InvalidValue
            For the first value that is not allowed.
        """
        return float(self._payoffs([(theta_focal, theta_opponents)])[0])

    def evaluate_payoff_matrix(self, strategy_pool: Sequence[object]) -> FloatArray:
        """Expected return of strategy i when all others play strategy j: shape (K, K).

        Raises
        ------
        InvalidValue
            For the first value that is not allowed.
        """
        pool = as_list("strategy_pool", strategy_pool, "strategies")
        size = len(pool)
        if size == 0:
            raise InvalidValue("strategy_pool", "an empty list", "at least one strategy")
        for i, strategy in enumerate(pool):
            as_policy(strategy, f"strategy_pool[{i}]")
        pairs = [(focal, others) for focal in pool for others in pool]
        return self._payoffs(pairs).reshape(size, size)

    def evaluate_against_mixture(
        self,
        theta_focal: object,
        strategy_mixture: Mapping[int, float] | Sequence[float],
        strategy_pool: Sequence[object],
    ) -> float:
        """Expected return of `theta_focal` when every other agent draws its strategy on its own.

        Parameters
        ----------
        theta_focal : str or array_like, shape (10,)
            The focal strategy.
        strategy_mixture : mapping from index to probability, or sequence of probability
            The distribution over `strategy_pool`.
        strategy_pool : sequence of strategies
            What is drawn from.

        Raises
        ------
        InvalidValue
            For the first value that is not allowed.
        """
        pool = as_list("strategy_pool", strategy_pool, "strategies")
        mixture = _mixture(strategy_mixture, pool)
        return float(self._payoffs([(theta_focal, mixture)])[0])


def _mixture(weights: Mapping[int, float] | Sequence[float], pool: Sequence[object]) -> Mixture:
    """The mixture over a pool that indices or a vector of probabilities describe."""
    if isinstance(weights, Mapping):
        for index in weights:
            if not 0 <= as_u64("strategy_mixture", index) < len(pool):
                allowed = f"indices into the pool, 0 to {len(pool) - 1}"
                raise InvalidValue("strategy_mixture", index, allowed)
        return Mixture([pool[i] for i in weights], list(weights.values()))
    listed = as_list("strategy_mixture", weights, "probabilities")
    if len(listed) != len(pool):
        allowed = f"one for each of the pool's {len(pool)} strategies"
        raise InvalidValue("strategy_mixture", f"{len(listed)} weights", allowed)
    return Mixture(list(pool), listed)


def run_heuristic_episode(
    scenario: Scenario, theta_focal: object, theta_opponents: object, seed: int
) -> float:
    """The return of seat 0 in episode 0 of a seed: one call into Rust.

    Parameters
    ----------
    scenario : Scenario
        The game.
    theta_focal, theta_opponents : str or array_like, shape (10,)
        What seat 0 and all other seats play.
    seed : int
        0 to 2^64 - 1.

    Raises
    ------
    InvalidValue
        For the first value that is not allowed.
    """
    lineup = [theta_focal] + [theta_opponents] * (as_scenario(scenario).num_agents - 1)
    program = compile_program(scenario, [lineup], seed=seed, episodes=1)
    return program.play_return(0, 0, _core.reward_weights(scenario)[0])


def make(id: str, *, num_agents: int | None = None) -> "JointEnv":
    """One game for a controller of all agents, as a Gymnasium environment (extra ``gymnasium``).

    Parameters
    ----------
    id : str
        One of `list_envs`, such as ``rest_trap-v1``. It is played by the rules
        "original-python" (see `Scenario.with_rules`).
    num_agents : int, optional
        Agents; by default the scenario's.

    Returns
    -------
    JointEnv
        Observations are flat arrays, and the reward is the sum over agents.

    Raises
    ------
    InvalidValue
        If there is no such environment, or the number of agents is not allowed.
    ImportError
        Without Gymnasium.
    """
    from bucket_brigade.envs.original_gymnasium import JointEnv

    return JointEnv(id, num_agents=num_agents)


def make_vec(id: str, num_envs: int, *, num_agents: int | None = None) -> "JointVectorEnv":
    """Several games of `make` in step, as a Gymnasium vector environment.

    Parameters
    ----------
    id, num_agents
        As for `make`.
    num_envs : int
        How many games, at least one.

    Returns
    -------
    JointVectorEnv

    Raises
    ------
    InvalidValue
        For the first argument that is not allowed.
    ImportError
        Without Gymnasium.
    """
    from bucket_brigade.envs.original_gymnasium import JointVectorEnv

    return JointVectorEnv(id, num_envs, num_agents=num_agents)
