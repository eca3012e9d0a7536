"""Evolution: replicator dynamics with mutation over a pool, and CMA-ES over a family."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np

from bucket_brigade._arrays import FloatArray
from bucket_brigade.arguments import (
    as_at_least_zero,
    as_callback,
    as_number,
    as_positive,
    as_u64,
    did_you_mean,
)
from bucket_brigade.backends import Backend, Progress
from bucket_brigade.by_value import ComparedByValue
from bucket_brigade.equilibrium.games.symmetric_game import SymmetricGame, as_game
from bucket_brigade.errors import BucketBrigadeError, InvalidValue, shown
from bucket_brigade.evaluation.methods import chosen_method, evaluate
from bucket_brigade.game.scenario import Scenario, as_scenario
from bucket_brigade.policies.agents import TenParameter
from bucket_brigade.policies.heuristic import Heuristic, as_strategy, strategy_of
from bucket_brigade.policies.kinds import as_policy
from bucket_brigade.policies.policy import Policy

__all__ = ["FAMILIES", "Evolution", "Optimised", "optimise", "replicate"]

#: Families that are optimised over: how many numbers from 0 to 1 tell their policies apart, and
#: the policy of such numbers.
FAMILIES: dict[str, tuple[int, Callable[..., Policy]]] = {
    "heuristic": (2, lambda p, q: Heuristic.of(strategy_of(p, q))),
    "ten_parameter": (10, lambda *theta: TenParameter(as_strategy(theta))),
}
#: Generations at most.
MOST = 10_000_000
#: The first spread of CMA-ES, of numbers from 0 to 1.
SPREAD = 0.3


@dataclass(frozen=True, eq=False)
class Evolution(ComparedByValue):
    """A population that plays a symmetric game, generation after generation.

    Attributes
    ----------
    game : SymmetricGame
        The game, of K strategies.
    shares : ndarray of float64, shape (T + 1, K)
        Shares of the strategies in the population: at first, and after each of T generations.
    payoffs : ndarray of float64, shape (T + 1,)
        Mean payoff of the population.
    """

    game: SymmetricGame
    shares: FloatArray
    payoffs: FloatArray

    @property
    def final(self) -> FloatArray:
        """The last population, shape (K,)."""
        return np.asarray(self.shares[-1])

    @property
    def regret(self) -> float:
        """The most that a strategy of the pool gains over the last population: near 0 where it
        came to rest near an equilibrium of the pool."""
        return self.game.regret(self.final)


def replicate(
    game: SymmetricGame,
    *,
    generations: int = 1000,
    mutation: float = 1e-3,
    strength: float | None = None,
    start: Sequence[float] | None = None,
) -> Evolution:
    """Follow replicator dynamics with mutation, from the payoffs of a game.

    In a generation, shares are multiplied by ``exp(strength · payoff)`` and made to add up to 1;
    then every share is a mutant with probability `mutation`, of any strategy alike. That has the
    rest points of the replicator equation (Taylor and Jonker 1978), whatever the sign of payoffs.

    Parameters
    ----------
    game : SymmetricGame
        The game, such as `Tournament.game`.
    generations : int
        1 to 10,000,000.
    mutation : float
        0 to 1.
    strength : float, optional
        Of selection, a point of payoff; by default a tenth over the game's `payoff_scale`.
    start : sequence of float, optional
        Shares at first; by default all alike.

    Raises
    ------
    InvalidValue
        For the first value that is not allowed.

    Examples
    --------
    In a hawk-dove contest two thirds become hawks:

    >>> found = replicate(SymmetricGame(2, [[-1.0, 4.0], [0.0, 2.0]]), mutation=0)
    >>> found.final.round(4).tolist()
    [0.6667, 0.3333]
    """
    game = as_game(game)
    number = as_u64("generations", generations)
    if not 1 <= number <= MOST:
        raise InvalidValue("generations", number, f"1 to {MOST:,}")
    rate = as_number("mutation", mutation)
    if not 0 <= rate <= 1:
        raise InvalidValue("mutation", rate, "0 to 1")
    if strength is None:
        strength = 0.1 / game.payoff_scale if game.payoff_scale > 0 else 0.0
    force, size = as_at_least_zero("strength", strength), game.num_strategies
    shares = np.empty((number + 1, size))
    shares[0] = 1 / size if start is None else _distribution(start, size)
    payoffs = np.empty(number + 1)
    for t in range(number + 1):
        each = game.deviation_payoffs(shares[t])
        payoffs[t] = shares[t] @ each
        if t == number:
            break
        grown = shares[t] * np.exp(force * (each - each.max()))
        shares[t + 1] = (1 - rate) * grown / grown.sum() + rate / size
    return Evolution(game, shares, payoffs)


def _distribution(start: Sequence[float], size: int) -> FloatArray:
    shares = np.array([as_at_least_zero(f"start[{i}]", x) for i, x in enumerate(start)])
    if shares.shape != (size,) or abs(shares.sum() - 1) > 1e-9:
        raise InvalidValue("start", shown(list(start)), f"{size} shares that add up to 1")
    return np.asarray(shares / shares.sum())


class SearchUnavailable(BucketBrigadeError, ImportError):
    """The library of a search is missing; the message says what to install."""


@dataclass(frozen=True)
class Optimised:
    """The best policy of a family that CMA-ES came to.

    Attributes
    ----------
    policy : Policy
        The policy.
    payoff : float
        What it gets: mean return of all seats if they all play it, or of the one that does. Found
        by the search itself: if it was sampled, luck flatters it.
    evaluations : int
        Policies that were tried.
    method : str
        "exact" or "sampled".
    history : tuple of float
        The best payoff so far, after each generation.
    """

    policy: Policy
    payoff: float
    evaluations: int
    method: str
    history: tuple[float, ...]


def optimise(
    scenario: Scenario,
    family: str = "heuristic",
    *,
    against: object | None = None,
    seat: int = 0,
    evaluations: int = 500,
    method: str = "auto",
    episodes: int = 20_000,
    seed: int = 0,
    threads: int | None = None,
    backend: str | Backend = "auto",
    progress: Progress | None = None,
) -> Optimised:
    """Look for the best policy of a family by CMA-ES (package ``cma``, extra ``evolve``).

    Reference: N. Hansen, "The CMA evolution strategy: a tutorial", 2016. All policies of
    a generation are evaluated at once and, if sampled, on the same episodes.

    Parameters
    ----------
    scenario : Scenario
        The game.
    family : str
        "heuristic" (p, q), or "ten_parameter", the original project's agent with all of its θ.
    against : policy, optional
        What all other seats play, so that the return of `seat` counts; by default all seats play
        the policy that is tried, and the mean over them counts.
    seat : int
        Who plays the policy, with `against`.
    evaluations : int
        Policies to try, about, at least 1.
    method : str
        "exact", "sampled", or "auto" for what should take less time.
    episodes, seed, threads, backend
        As for `simulate`; the seed is also that of the search.
    progress : callable, optional
        Called with evaluations done and in all.

    Raises
    ------
    SearchUnavailable
        If there is no `cma`.
    InvalidValue
        For the first value that is not allowed.
    """
    scenario = as_scenario(scenario)
    if family not in FAMILIES:
        allowed = f"one of {', '.join(FAMILIES)}{did_you_mean(family, FAMILIES)}"
        raise InvalidValue("family", shown(family), allowed)
    if as_u64("seat", seat) >= scenario.num_agents:
        raise InvalidValue("seat", seat, f"0 to {scenario.num_agents - 1}")
    most = int(as_positive("evaluations", as_u64("evaluations", evaluations)))
    told = as_callback("progress", progress)
    numbers, make = FAMILIES[family]
    others = None if against is None else as_policy(against, "against")

    def lineup(policy: Policy) -> list[object]:
        if others is None:
            return [policy] * scenario.num_agents
        return [policy if s == seat else others for s in range(scenario.num_agents)]

    middle = make(*[0.5] * numbers)
    way = chosen_method(
        method, scenario, [lineup(middle)], episodes=episodes, threads=threads, backend=backend
    )

    def payoffs(policies: Sequence[Policy]) -> FloatArray:
        result = evaluate(
            scenario,
            [lineup(policy) for policy in policies],
            method=way,
            episodes=episodes,
            seed=seed,
            threads=threads,
            backend=backend,
        )
        return np.asarray(result.mean.mean(axis=1) if others is None else result.mean[:, seat])

    search = _library().CMAEvolutionStrategy(
        [0.5] * numbers,
        SPREAD,
        {"bounds": [0, 1], "seed": seed % (1 << 31) + 1, "verbose": -9, "maxfevals": most},
    )
    best, top, done = middle, float(payoffs([middle])[0]), 1
    history = []
    while not search.stop():
        points = search.ask()
        policies = [make(*np.clip(point, 0, 1).tolist()) for point in points]
        found = payoffs(policies)
        search.tell(points, (-found).tolist())
        done += len(points)
        if found.max() > top:
            best, top = policies[int(found.argmax())], float(found.max())
        history.append(top)
        if told is not None:
            told(min(done, most), most)
    return Optimised(best, top, done, way, tuple(history))


def _library() -> Any:
    try:
        return import_module("cma")
    except ImportError as error:
        raise SearchUnavailable(f"this needs cma ({error}): pip install '.[evolve]'") from error
