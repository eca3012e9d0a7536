"""Payoffs of strategies against opponents, sampled or exact."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from bucket_brigade.backends import Backend, Progress
from bucket_brigade.by_value import ComparedByValue
from bucket_brigade.checks import as_list, as_u64
from bucket_brigade.counts import each_once
from bucket_brigade.errors import InvalidValue, RareEventsWarning
from bucket_brigade.exact import expected
from bucket_brigade.lineups import Mixture
from bucket_brigade.methods import chosen_method
from bucket_brigade.results import SimulationResult
from bucket_brigade.sampling import BlockMean, block_returns, simulate_parts
from bucket_brigade.scenario import Scenario, as_scenario
from bucket_brigade.simulation import simulate
from bucket_brigade.strategies import as_strategy
from bucket_brigade.tables import unseen_note

__all__ = ["FocalPayoffs", "PayoffEvaluator", "focal_payoffs"]

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class FocalPayoffs(ComparedByValue):
    """Payoffs of focal strategies.

    Attributes
    ----------
    mean, stderr, unseen : ndarray of float64, shape (pairs,)
        The payoffs, their standard errors, and what events that were hardly seen could still change
        (see `SimulationResult.unseen`); zeros if exact.
    backend : str or None
        What played (see `EventCounts.backend`); None if exact.
    method : str
        "sampled" or "exact".
    nights : ndarray of float64, shape (pairs,)
        Mean nights of an episode.
    """

    mean: FloatArray
    stderr: FloatArray
    unseen: FloatArray
    backend: str | None
    method: str
    nights: FloatArray


def _focal_seats(scenario: Scenario, seat: int | None) -> list[int]:
    if seat is None:
        return list(range(scenario.num_agents))
    if as_u64("seat", seat) >= scenario.num_agents:
        raise InvalidValue("seat", seat, f"a seat from 0 to {scenario.num_agents - 1}, or None")
    return [int(seat)]


def focal_lineups(
    seats: Sequence[int], agents: int, focal: object, others: object
) -> list[list[object]]:
    """A line-up per focal seat, in which it plays `focal` and all other seats `others`."""
    return [[focal if s == seat else others for s in range(agents)] for seat in seats]


def focal_payoffs(
    scenario: Scenario,
    pairs: Sequence[tuple[object, object]],
    *,
    episodes: int,
    method: str = "sampled",
    seat: int | None = None,
    pool: Sequence[object] | None = None,
    threads: int | None = None,
    backend: str | Backend = "auto",
    progress: Progress | None = None,
    **options: Any,
) -> FocalPayoffs:
    """Payoffs of a focal strategy when every other seat plays (or mixes) another.

    Parameters
    ----------
    scenario : Scenario
        The game.
    pairs : sequence of (focal, others)
        Seat entries, as `simulate` takes them.
    method : str
        "sampled", "exact" or "auto" (see `evaluate`).
    seat : int, optional
        The focal seat; by default the mean over all seats is taken, each simulated by itself.
    **options
        `seed` and `first_episode`, for `simulate`.

    Other parameters are those of `simulate`.

    Returns
    -------
    FocalPayoffs

    Notes
    -----
    The mean over seats adds the returns of as many line-ups over the same episodes. Their standard
    error is the paired one: block sums are added before their spread is taken.
    """
    seats = _focal_seats(as_scenario(scenario), seat)
    agents = scenario.num_agents
    lineups = [
        lineup for focal, others in pairs for lineup in focal_lineups(seats, agents, focal, others)
    ]
    method = chosen_method(
        method,
        scenario,
        lineups,
        episodes=episodes,
        pool=pool,
        threads=threads,
        backend=backend,
    )
    if method == "exact":
        exact = expected(scenario, lineups, pool=pool, threads=threads, progress=progress)
        own = exact.mean.reshape(len(pairs), len(seats), agents)
        mean = np.mean([own[:, i, seat] for i, seat in enumerate(seats)], axis=0)
        nights = exact.nights.reshape(len(pairs), len(seats)).mean(axis=1)
        nothing = np.zeros(len(pairs))
        return FocalPayoffs(mean, nothing, nothing, None, exact.method, nights)
    options |= {
        "episodes": episodes,
        "pool": pool,
        "threads": threads,
        "backend": backend,
        "progress": progress,
    }
    if len(seats) == 1:
        result = simulate(scenario, lineups, **options)
        own, errors = result.mean[:, seats[0]], result.stderr[:, seats[0]]
        unseen = result.unseen[:, seats[0]]
        return FocalPayoffs(own, errors, unseen, result.backend, result.method, result.nights)
    payoffs = [BlockMean() for _ in pairs]
    player, whole = "", None
    for part in simulate_parts(scenario, lineups, **options):
        player, sizes = each_once(player, part.backend), part.counts.block_episodes
        counts = replace(part.counts, blocks=None)
        counts = counts if whole is None else whole.counts.followed_by(counts)
        whole = replace(part, event_counts=counts)
        for i, payoff in enumerate(payoffs):
            payoff.add(seat_mean(part, i * len(seats), seats), sizes)
    mean = np.array([payoff.mean for payoff in payoffs])
    errors = np.array([payoff.stderr for payoff in payoffs])
    # Every focal seat has episodes of its own, and each may lack what the others lack.
    assert whole is not None, "at least one episode was played"
    by_pair = whole.unseen.reshape(len(pairs), len(seats), agents)
    unseen = np.mean([by_pair[:, i, seat] for i, seat in enumerate(seats)], axis=0)
    nights = whole.nights.reshape(len(pairs), len(seats)).mean(axis=1)
    return FocalPayoffs(mean, errors, unseen, player, "sampled", nights)


def seat_mean(part: SimulationResult, first: int, seats: Sequence[int]) -> FloatArray:
    """Block sums of the mean over focal seats, of as many line-ups from `first` on."""
    returns = [block_returns(part, first + i)[:, seat] for i, seat in enumerate(seats)]
    mean: FloatArray = np.mean(returns, axis=0)
    return mean


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
            as_strategy(strategy, f"strategy_pool[{i}]")
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
