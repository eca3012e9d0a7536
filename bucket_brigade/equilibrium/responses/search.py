"""Best responses: who gains most by leaving a profile.

A heuristic agent works with probability p = θ1 (1 − θ8), and where its home burns stays there with
probability q = θ3; no other number changes a payoff (docs/rules.md). So the search is over (p, q).
Exact payoffs are interpolated over the whole square, and its local maxima are climbed to; sampled
ones are searched on a grid that is refined around its best points, one batch of line-ups a round.
`best_response_in_box` searches as many parameters as a policy has.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.random import default_rng

from bucket_brigade._arrays import FloatArray
from bucket_brigade.arguments import as_positive, as_u64
from bucket_brigade.by_value import ComparedByValue
from bucket_brigade.equilibrium.payoffs.profile import Deviation, Profile
from bucket_brigade.equilibrium.payoffs.sources import PayoffSource
from bucket_brigade.equilibrium.responses.surface import PayoffSurface, fit_surface
from bucket_brigade.equilibrium.verdict.regret import ROUNDING
from bucket_brigade.errors import InvalidValue
from bucket_brigade.game.rewards import return_span
from bucket_brigade.policies.heuristic import (
    PARAMETERS,
    Strategy,
    as_strategy,
    duties,
    each_duty_once,
    strategy_of,
)
from bucket_brigade.simulation.purposes import SEARCH, SELECTION
from bucket_brigade.simulation.simulator import BLOCK

__all__ = ["RESPONSE", "BestResponse", "best_response", "best_response_in_box"]


#: Steps of the sampled grid in p and q, and of its refinement.
COARSE = (0.1, 0.5)
FINE = (0.025, 0.25)
#: Sampled candidates that are played again, with other episodes, before one is chosen.
FINALISTS = 6
#: Episodes of a sampled best response, at most, in units of those of a finalist.
RESPONSE = 25
#: Error of an interpolated surface that is small enough, in parts of ε; more is allowed where gains
#: are large.
SURFACE_TOLERANCE = 0.1
#: Strategies are computed again if the surface puts them no further below the profile, in ε.
NEAR = 10.0
#: Candidates of a round of `best_response_in_box`, per parameter, and rounds at most.
BOX_POPULATION, BOX_ROUNDS = 6, 40


@dataclass(frozen=True, eq=False)
class BestResponse(ComparedByValue):
    """The best strategy of those searched, and all that a verdict should compare.

    Attributes
    ----------
    strategy : ndarray, shape (10,)
        θ of the best; as far as search and selection could tell, if sampled.
    payoff : float
        Its payoff. Sampled, it is biased upwards by having been selected: only a verdict says what
        it gains.
    candidates : tuple of ndarray
        Strategies whose gains a verdict should bound, the best one first.
    searched : dict
        What was searched and how finely, as JSON knows it.
    surface : PayoffSurface or None
        The payoff over all (p, q), if exact.
    """

    strategy: Strategy
    payoff: float
    candidates: tuple[Strategy, ...]
    searched: dict[str, Any]
    surface: PayoffSurface | None = field(default=None, compare=False)

    def to_dict(self) -> dict[str, Any]:
        """The best response as JSON knows it, without the surface."""
        return {
            "payoff": self.payoff,
            "candidates": [theta.tolist() for theta in self.candidates],
            "searched": self.searched,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Restore a best response from what `to_dict` gave."""
        candidates = tuple(as_strategy(theta) for theta in data["candidates"])
        return cls(candidates[0], data["payoff"], candidates, data["searched"])


def best_response(
    source: PayoffSource,
    profile: Profile,
    seats: Sequence[int],
    extra: Sequence[Strategy],
    *,
    episodes: int,
    epsilon: float = 0.01,
) -> BestResponse:
    """Searches (p, q) for a player who may sit at any of `seats`, and some strategies besides.

    Parameters
    ----------
    source : PayoffSource
        Where payoffs come from.
    profile : Profile
        What everyone else plays.
    seats : sequence of int
        Where the player sits, each equally likely.
    extra : sequence of strategies
        Other candidates, such as archetypes and the pool.
    episodes : int
        Episodes of each finalist, if sampled; searching takes fewer of each candidate.
    epsilon : float
        Gain that is small enough, in points an episode: exact payoffs are interpolated to a tenth
        of it, as far as rounding allows.
    """
    candidates = each_duty_once(extra)
    if source.is_exact:
        return _surface_search(source, profile, tuple(seats), candidates, epsilon)
    return _grid_search(source, profile, tuple(seats), candidates, episodes)


def _surface_search(
    source: PayoffSource,
    profile: Profile,
    seats: tuple[int, ...],
    extra: list[Strategy],
    epsilon: float,
) -> BestResponse:
    def payoffs(strategies: Sequence[Strategy]) -> FloatArray:
        deviations = [Deviation(strategy, seats) for strategy in strategies]
        return source.payoffs(profile, deviations, episodes=0, purpose=SEARCH)

    played = [theta for theta in profile.pool if _is_played(profile, theta)]
    own = float(payoffs(played).max())
    rounding = ROUNDING * float(return_span(source.scenario).max())

    def is_fine(surface: PayoffSurface) -> bool:
        # Where much can be gained, it need not be known how much.
        gain = float(surface.grid()[2].max()) - own
        return surface.error <= max(SURFACE_TOLERANCE * epsilon, rounding, gain / 30.0)

    surface = fit_surface(lambda points: payoffs([strategy_of(*at) for at in points]), is_fine)
    peaks = [strategy_of(*point) for point in surface.maxima()]
    least = own - NEAR * epsilon - surface.error
    near = [theta for theta in extra if surface(*duties(theta)) >= least]
    candidates = each_duty_once([*peaks, *near, *played])
    values = payoffs(candidates)
    best = int(values.argmax())
    candidates.insert(0, candidates.pop(best))
    return BestResponse(
        strategy=candidates[0],
        payoff=float(values[best]),
        candidates=tuple(candidates),
        searched={
            "space": "all (p, q)",
            "how": "local maxima of a polynomial through exact payoffs at Chebyshev points; the "
            "pool and the archetypes, those computed again which come near",
            "degrees": [n - 1 for n in surface.coefficients.shape],
            "error": surface.error,
            "local_maxima": [duties(theta).tolist() for theta in peaks],
            "candidates": len(candidates),
        },
        surface=surface,
    )


def _is_played(profile: Profile, theta: Strategy) -> bool:
    played = {index for entry in profile.entries for index in entry}
    return any(profile.pool[index] is theta for index in played)


def _grid_search(
    source: PayoffSource,
    profile: Profile,
    seats: tuple[int, ...],
    extra: list[Strategy],
    episodes: int,
) -> BestResponse:
    def payoffs(strategies: Sequence[Strategy], number: int, purpose: int = SEARCH) -> FloatArray:
        deviations = [Deviation(strategy, seats) for strategy in strategies]
        return source.payoffs(
            profile, deviations, episodes=max(number, BLOCK * len(seats)), purpose=purpose
        )

    coarse = each_duty_once(
        [*extra, *(strategy_of(*point) for point in _grid((0.5, 0.5), (0.5, 0.5), COARSE))]
    )
    rough = payoffs(coarse, episodes // 10)
    best = duties(coarse[int(rough.argmax())]).tolist()
    fine = [strategy_of(*point) for point in _grid((best[0], best[1]), COARSE, FINE)]
    finer = payoffs(fine, episodes // 4)
    # The best of either stage, since their noise differs.
    finalists = [fine[int(i)] for i in np.argsort(-finer, kind="stable")[: FINALISTS - 2]]
    finalists += [coarse[int(i)] for i in np.argsort(-rough, kind="stable")[:2]]
    finalists = each_duty_once(finalists)
    again = payoffs(finalists, episodes, SELECTION)
    order = np.argsort(-again, kind="stable")
    candidates = each_duty_once([*(finalists[int(i)] for i in order), *coarse])
    return BestResponse(
        strategy=candidates[0],
        payoff=float(again[order[0]]),
        candidates=tuple(candidates),
        searched={
            "space": "a grid of (p, q)",
            "how": "a grid refined around its best point, and the archetypes and the pool",
            "coarse_steps": list(COARSE),
            "fine_steps": list(FINE),
            "searched": len(coarse) + len(fine),
            "candidates": len(candidates),
        },
    )


def best_response_in_box(
    source: PayoffSource,
    profile: Profile,
    seats: Sequence[int],
    *,
    parameters: Sequence[int] = range(len(PARAMETERS)),
    episodes: int = 1000,
    tolerance: float = 0.01,
    seed: int = 0,
) -> BestResponse:
    """Searches any of the numbers of θ by differential evolution [1]_.

    The heuristic agent reads few of them, and `best_response` is the better search there; this one
    assumes nothing of a policy but its parameters' ranges. A round of candidates is one call.

    Parameters
    ----------
    source, profile, seats
        As for `best_response`.
    parameters : sequence of int
        Which numbers of θ to vary; the others stay at those of the first strategy of the pool.
    episodes : int
        Episodes of each candidate, if sampled: always the same, so that luck is shared.
    tolerance : float
        The search ends when candidates differ by less than that part of their payoffs' size.
    seed : int
        Seed of the search itself.

    References
    ----------
    .. [1] R. Storn, K. Price, "Differential evolution - a simple and efficient heuristic for global
       optimization over continuous spaces", Journal of Global Optimization 11 (1997), 341-359.
    """
    from scipy.optimize import differential_evolution

    chosen = [as_u64("parameters", index) for index in parameters]
    if not chosen or max(chosen) >= len(PARAMETERS):
        raise InvalidValue("parameters", chosen, f"indices from 0 to {len(PARAMETERS) - 1}")
    base = profile.pool[0]
    tolerance = as_positive("tolerance", tolerance)
    rounds = itertools.count()

    def losses(points: FloatArray) -> FloatArray:
        next(rounds)
        strategies = [_with(base, chosen, point) for point in points.T]
        deviations = [Deviation(strategy, tuple(seats)) for strategy in strategies]
        return -source.payoffs(profile, deviations, episodes=episodes, purpose=SEARCH)

    found = differential_evolution(
        losses,
        [(0.0, 1.0)] * len(chosen),
        vectorized=True,
        updating="deferred",
        popsize=BOX_POPULATION,
        maxiter=BOX_ROUNDS,
        tol=tolerance,
        polish=False,
        rng=default_rng(as_u64("seed", seed)),
    )
    strategy = _with(base, chosen, found.x)
    return BestResponse(
        strategy=strategy,
        payoff=-float(found.fun),
        candidates=(strategy,),
        searched={
            "space": [PARAMETERS[i] for i in chosen],
            "how": "differential evolution",
            "rounds": next(rounds),
            "searched": int(found.nfev),
            "candidates": 1,
        },
    )


def _with(base: Strategy, chosen: Sequence[int], values: FloatArray) -> Strategy:
    strategy = base.copy()
    strategy[list(chosen)] = np.clip(values, 0.0, 1.0)
    return strategy


def _grid(
    centre: tuple[float, float], reach: tuple[float, float], step: tuple[float, float]
) -> list[tuple[float, float]]:
    axes = []
    for middle, far, width in zip(centre, reach, step, strict=True):
        low, high = max(middle - far, 0.0), min(middle + far, 1.0)
        axes.append(np.linspace(low, high, round((high - low) / width) + 1).round(6).tolist())
    first, second = axes
    return list(itertools.product(first, second))
