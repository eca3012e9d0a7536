"""Best responses: who gains most by leaving a profile.

The search goes through a space of policies, whose numbers are few: heuristic agents by (p, q), or
firefighters by w. Exact payoffs are interpolated over all of it, and its local maxima are climbed
to; sampled ones are searched on a grid that is refined around its best points, one batch of
line-ups a round.
`best_response_in_box` searches as many parameters as a policy has.
"""

import functools
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.random import default_rng

from bucket_brigade._arrays import FloatArray
from bucket_brigade.arguments import as_positive, as_u64
from bucket_brigade.by_value import ComparedByValue
from bucket_brigade.equilibrium.payoffs.profile import Deviation, Profile
from bucket_brigade.equilibrium.payoffs.sources import PayoffSource
from bucket_brigade.equilibrium.responses.surface import DEGREES, PayoffSurface, Point, fit_surface
from bucket_brigade.equilibrium.verdict.regret import ROUNDING
from bucket_brigade.errors import InvalidValue
from bucket_brigade.game.rewards import return_span
from bucket_brigade.policies.heuristic import PARAMETERS, Strategy, as_strategy
from bucket_brigade.policies.kinds import as_policy
from bucket_brigade.policies.spaces import HEURISTICS, Member, Space, as_member
from bucket_brigade.simulation.purposes import SEARCH, SELECTION
from bucket_brigade.simulation.simulator import BLOCK

__all__ = ["RESPONSE", "BestResponse", "best_response", "best_response_in_box"]


#: Steps of the sampled grid in p and q, and of its refinement; those of a single number are the
#: first of each.
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
    strategy : ndarray, shape (10,), or Policy
        The best, θ of a heuristic agent; as far as search and selection could tell, if sampled.
    payoff : float
        Its payoff. Sampled, it is biased upwards by having been selected: only a verdict says what
        it gains.
    candidates : tuple of ndarray or Policy
        Strategies whose gains a verdict should bound, the best one first.
    searched : dict
        What was searched and how finely, as JSON knows it.
    surface : PayoffSurface or None
        The payoff over all (p, q), if exact; None in a space of several branches.
    """

    strategy: Member
    payoff: float
    candidates: tuple[Member, ...]
    searched: dict[str, Any]
    surface: PayoffSurface | None = field(default=None, compare=False)

    def to_dict(self) -> dict[str, Any]:
        """The best response as JSON knows it, without the surface."""
        return {
            "payoff": self.payoff,
            "candidates": [as_policy(each).to_json() for each in self.candidates],
            "searched": self.searched,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Restore a best response from what `to_dict` gave."""
        candidates = tuple(as_member(each) for each in data["candidates"])
        return cls(candidates[0], data["payoff"], candidates, data["searched"])


def best_response(
    source: PayoffSource,
    profile: Profile,
    seats: Sequence[int],
    extra: Sequence[Member],
    *,
    episodes: int,
    epsilon: float = 0.01,
    space: Space = HEURISTICS,
) -> BestResponse:
    """Searches a space for a player who may sit at any of `seats`, and some policies besides.

    Parameters
    ----------
    source : PayoffSource
        Where payoffs come from.
    profile : Profile
        What everyone else plays.
    seats : sequence of int
        Where the player sits, each equally likely.
    extra : sequence of policies of the space
        Other candidates, such as archetypes and the pool.
    episodes : int
        Episodes of each finalist, if sampled; searching takes fewer of each candidate.
    epsilon : float
        Gain that is small enough, in points an episode: exact payoffs are interpolated to a tenth
        of it, as far as rounding allows.
    space : Space
        What is searched; by default heuristic agents by (p, q).
    """
    search = _surface_search if source.is_exact else _grid_search
    return search(_Asked(source, profile, tuple(seats), space, episodes, epsilon), extra)


@dataclass(frozen=True)
class _Asked:
    """What a best response is asked for (see `best_response`)."""

    source: PayoffSource
    profile: Profile
    seats: tuple[int, ...]
    space: Space
    episodes: int
    epsilon: float

    def payoffs(
        self, members: Sequence[Member], episodes: int = 0, purpose: int = SEARCH
    ) -> FloatArray:
        """Payoffs of a player who plays each of these, from at least a block at each seat."""
        return self.source.payoffs(
            self.profile,
            [Deviation(member, self.seats) for member in members],
            episodes=max(episodes, BLOCK * len(self.seats)),
            purpose=purpose,
        )


def _surface_search(asked: _Asked, extra: Sequence[Member]) -> BestResponse:
    profile, space, epsilon = asked.profile, asked.space, asked.epsilon
    played = [member for member in profile.pool if _is_played(profile, member)]
    rounding = ROUNDING * float(return_span(asked.source.scenario).max())

    @functools.cache
    def own() -> float:
        return float(asked.payoffs(played).max())

    def is_fine(surface: PayoffSurface) -> bool:
        # Where much can be gained, it need not be known how much.
        gain = float(surface.grid()[-1].max()) - own()
        return surface.error <= max(SURFACE_TOLERANCE * epsilon, rounding, gain / 30.0)

    def payoffs_in(branch: object) -> Callable[[Sequence[Point]], FloatArray]:
        def payoffs(points: Sequence[Point]) -> FloatArray:
            # What is played comes with the first points: by itself it would keep one thread busy.
            tried = [space.at(branch, *point) for point in points]
            return asked.payoffs([*played, *tried])[len(played) :]

        return payoffs

    degrees = list(dict.fromkeys(degree[: space.numbers] for degree in DEGREES))
    surfaces = {each: fit_surface(payoffs_in(each), is_fine, degrees) for each in space.branches}
    peaks = [
        space.at(branch, *point)
        for branch, surface in surfaces.items()
        for point in surface.maxima()
    ]

    def may_be_near(member: Member) -> bool:
        branch, point = space.place(member)
        return bool(surfaces[branch](*point) >= own() - NEAR * epsilon - surfaces[branch].error)

    near = [member for member in space.each_once(extra) if may_be_near(member)]
    candidates = space.each_once([*peaks, *near, *filter(space.holds, played)])
    values = asked.payoffs(candidates)
    best = int(values.argmax())
    candidates.insert(0, candidates.pop(best))
    single = len(surfaces) == 1
    first, *_ = surfaces.values()
    orders = [[n - 1 for n in surface.coefficients.shape] for surface in surfaces.values()]
    return BestResponse(
        strategy=candidates[0],
        payoff=float(values[best]),
        candidates=tuple(candidates),
        searched={
            "space": f"all {space.points}",
            "how": "local maxima of a polynomial through exact payoffs at Chebyshev points; the "
            f"pool and {space.known_as}, those computed again which come near",
            "degrees": orders[0] if single else orders,
            "error": max(surface.error for surface in surfaces.values()),
            "local_maxima": [_numbers(space, peak) for peak in peaks],
            "candidates": len(candidates),
            # So that pictures need not compute it again.
            **({"surface": first.coefficients.tolist()} if single else {}),
        },
        surface=first if single else None,
    )


def _numbers(space: Space, member: Member) -> list[object]:
    """The numbers of a policy, and its branch if there are several."""
    branch, point = space.place(member)
    return [*point] if len(space.branches) == 1 else [*point, branch]


def _is_played(profile: Profile, member: Member) -> bool:
    played = {index for entry in profile.entries for index in entry}
    return any(profile.pool[index] is member for index in played)


def _grid_search(asked: _Asked, extra: Sequence[Member]) -> BestResponse:
    space, episodes = asked.space, asked.episodes
    coarse_steps, fine_steps = COARSE[: space.numbers], FINE[: space.numbers]
    middle = (0.5,) * space.numbers
    coarse = space.each_once(
        [
            *space.each_once(extra),
            *(
                space.at(branch, *point)
                for branch in space.branches
                for point in _grid(middle, middle, coarse_steps)
            ),
        ]
    )
    rough = asked.payoffs(coarse, episodes // 10)
    branch, centre = space.place(coarse[int(rough.argmax())])
    fine = [space.at(branch, *point) for point in _grid(centre, coarse_steps, fine_steps)]
    finer = asked.payoffs(fine, episodes // 4)
    # The best of either stage, since their noise differs.
    finalists = [fine[int(i)] for i in np.argsort(-finer, kind="stable")[: FINALISTS - 2]]
    finalists += [coarse[int(i)] for i in np.argsort(-rough, kind="stable")[:2]]
    finalists = space.each_once(finalists)
    again = asked.payoffs(finalists, episodes, SELECTION)
    order = np.argsort(-again, kind="stable")
    candidates = space.each_once([*(finalists[int(i)] for i in order), *coarse])
    return BestResponse(
        strategy=candidates[0],
        payoff=float(again[order[0]]),
        candidates=tuple(candidates),
        searched={
            "space": f"a grid of {space.points}",
            "how": f"a grid refined around its best point, and {space.known_as} and the pool",
            "coarse_steps": list(coarse_steps),
            "fine_steps": list(fine_steps),
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
    base = as_strategy(profile.pool[0])
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
    centre: Sequence[float], reach: Sequence[float], step: Sequence[float]
) -> list[tuple[float, ...]]:
    axes = []
    for middle, far, width in zip(centre, reach, step, strict=True):
        low, high = max(middle - far, 0.0), min(middle + far, 1.0)
        axes.append(np.linspace(low, high, round((high - low) / width) + 1).round(6).tolist())
    return list(itertools.product(*axes))
