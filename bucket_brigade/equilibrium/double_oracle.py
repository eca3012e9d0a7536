"""Double oracle: grow a pool of strategies by best responses until none gains.

Reference: H. B. McMahan, G. J. Gordon, A. Blum, "Planning in the presence of cost functions
controlled by an adversary", ICML 2003; for symmetric games of many players, as here, the
restricted game is solved for a symmetric equilibrium instead of by linear programming.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from bucket_brigade.backends import Backend, as_backend
from bucket_brigade.checks import as_callback, as_list, as_number, as_u64
from bucket_brigade.counts import each_once
from bucket_brigade.equilibrium.best_response import (
    SEARCHED,
    Opponents,
    best_response,
    deviation_gain,
)
from bucket_brigade.equilibrium.empirical_game import EmpiricalGame, mixture_entry
from bucket_brigade.equilibrium.solver import solve_symmetric
from bucket_brigade.errors import InvalidValue
from bucket_brigade.scenario import RULES_VERSION, Scenario, as_scenario
from bucket_brigade.strategies import ARCHETYPES, Strategy, as_strategy, strategy_name

__all__ = ["DEFAULT_POOL", "DoubleOracle", "NashEquilibrium"]

#: What a pool starts from by default.
DEFAULT_POOL = ("firefighter", "free_rider", "hero", "coordinator")


@dataclass(frozen=True)
class NashEquilibrium:
    """A symmetric equilibrium of the sampled restricted game, and how a best response does.

    Attributes
    ----------
    strategy_pool : list of ndarray, shape (10,)
        All strategies of the restricted game.
    distribution : dict
        Index into the pool to probability, where it is above 0. Every player draws on its own.
    payoff, payoff_stderr : float
        Mean return of a player (seated at random, unless `seat` is given), on fresh episodes.
    iterations : int
        Restricted games solved.
    converged : bool
        Whether the estimated gain of the last best response is at most `epsilon`.
    gain, gain_stderr : float
        That estimate, on fresh episodes, and its paired standard error. An estimate, not a bound.
    epsilon : float
        The gain that was allowed.
    restricted_regret : float
        Regret in the sampled restricted game, which is solved to rounding error.
    searched : str
        Among what the best response was searched.
    scenario, seed, seat, num_simulations, episodes, backend
        How it was computed; `episodes` is how many were played in all, and `backend` what played
        them (see `EventCounts.backend`).
    """

    strategy_pool: list[Strategy]
    distribution: dict[int, float]
    payoff: float
    iterations: int
    converged: bool
    payoff_stderr: float
    gain: float
    gain_stderr: float
    epsilon: float
    restricted_regret: float
    searched: str
    scenario: Scenario
    seed: int
    seat: int | None
    num_simulations: int
    episodes: int
    backend: str

    def describe(self) -> str:
        """The mixture in one line, likeliest strategy first."""
        parts = sorted(self.distribution.items(), key=lambda item: -item[1])
        if len(parts) == 1:
            return strategy_name(self.strategy_pool[parts[0][0]])
        return " + ".join(f"{w:.3f} {strategy_name(self.strategy_pool[i])}" for i, w in parts)

    def to_dict(self) -> dict[str, Any]:
        """The equilibrium as JSON knows it."""
        pool = self.strategy_pool
        return {
            "scenario": self.scenario.to_dict(),
            "rules_version": RULES_VERSION,
            "strategy_pool": [theta.tolist() for theta in pool],
            "names": [strategy_name(theta) for theta in pool],
            "distribution": {str(i): w for i, w in self.distribution.items()},
            "payoff": self.payoff,
            "payoff_stderr": self.payoff_stderr,
            "gain": self.gain,
            "gain_stderr": self.gain_stderr,
            "epsilon": self.epsilon,
            "converged": self.converged,
            "iterations": self.iterations,
            "restricted_regret": self.restricted_regret,
            "searched": self.searched,
            "seat": self.seat,
            "seed": self.seed,
            "num_simulations": self.num_simulations,
            "episodes": self.episodes,
            "backend": self.backend,
        }


@dataclass(frozen=True)
class DoubleOracle:
    """Finds a symmetric equilibrium of a scenario by double oracle.

    Parameters
    ----------
    scenario : Scenario
        The game, of at least two agents.
    num_simulations : int
        Episodes of each composition of the restricted game, and the unit of search and evaluation.
    max_iterations : int
        Restricted games to solve at most.
    epsilon : float
        Gain of a best response, in points an episode, that is small enough.
    seed : int
        Seed of everything random.
    seat : int, optional
        The focal seat, to reproduce results that were read there; by default players are seated
        at random, which is what makes the game symmetric.
    threads, backend
        As for `simulate`.
    on_iteration : callable, optional
        Called with a line of text after every restricted game.

    Raises
    ------
    InvalidValue
        For the first value that is not allowed.
    """

    scenario: Scenario
    num_simulations: int = 10_000
    max_iterations: int = 10
    epsilon: float = 5.0
    seed: int = 0
    seat: int | None = None
    threads: int | None = None
    backend: str | Backend = "auto"
    on_iteration: Callable[[str], object] | None = None

    def __post_init__(self) -> None:
        as_scenario(self.scenario)
        as_u64("seed", self.seed)
        as_backend(self.backend)
        as_callback("on_iteration", self.on_iteration)
        for name in ("num_simulations", "max_iterations"):
            if not 1 <= as_u64(name, getattr(self, name)) < 1 << 50:
                raise InvalidValue(name, getattr(self, name), "from 1 to 2^50")
        if not 0 <= as_number("epsilon", self.epsilon) < float("inf"):
            raise InvalidValue("epsilon", self.epsilon, "a finite number of at least 0")
        EmpiricalGame(self.scenario, episodes=1, seat=self.seat)

    def solve(self, initial_strategies: Sequence[object] | None = None) -> NashEquilibrium:
        """Solves the scenario.

        Parameters
        ----------
        initial_strategies : sequence of strategies, optional
            What the pool starts from; by default `DEFAULT_POOL`.

        Returns
        -------
        NashEquilibrium
            Of the last restricted game that was solved.

        Raises
        ------
        InvalidValue
            If the pool is empty, or one of its strategies is not allowed.
        """
        chosen = DEFAULT_POOL if initial_strategies is None else initial_strategies
        given = as_list("initial_strategies", chosen, "strategies")
        if not given:
            raise InvalidValue("initial_strategies", "an empty list", "at least one strategy")
        options = {"threads": self.threads, "backend": as_backend(self.backend)}
        game = EmpiricalGame(
            self.scenario,
            episodes=self.num_simulations,
            seed=self.seed,
            seat=self.seat,
            **options,
        )
        for i, strategy in enumerate(given):
            game.add(as_strategy(strategy, f"initial_strategies[{i}]"))
        spent, played_by = 0, ""
        for iteration in range(1, self.max_iterations + 1):
            solution = solve_symmetric(game.game())
            mixture = mixture_entry(solution.distribution)
            opponents = Opponents(
                self.scenario,
                game.pool,
                mixture,
                seed=self.seed,
                seat=self.seat,
                options=options,
            )
            extra = [*ARCHETYPES.values(), *game.pool]
            response = best_response(opponents, extra, episodes=self.num_simulations)
            gain = deviation_gain(opponents, response.strategy, episodes=2 * self.num_simulations)
            spent += opponents.episodes_played
            played_by = each_once(played_by, game.backend, opponents.backend)
            converged = gain.gain <= self.epsilon
            result = NashEquilibrium(
                strategy_pool=list(game.pool),
                distribution=mixture,
                payoff=gain.payoff,
                iterations=iteration,
                converged=converged,
                payoff_stderr=gain.payoff_stderr,
                gain=gain.gain,
                gain_stderr=gain.stderr,
                epsilon=self.epsilon,
                restricted_regret=solution.regret,
                searched=SEARCHED,
                scenario=self.scenario,
                seed=self.seed,
                seat=self.seat,
                num_simulations=self.num_simulations,
                episodes=spent + game.episodes_played,
                backend=played_by,
            )
            if self.on_iteration is not None:
                self.on_iteration(
                    f"iteration {iteration}: {result.describe()}, gain {gain.gain:.2f} "
                    f"± {gain.stderr:.2f} by {strategy_name(response.strategy)}"
                )
            size = len(game.pool)
            game.add(response.strategy)
            # A best response the pool has already would change nothing.
            if converged or len(game.pool) == size:
                break
        return result
