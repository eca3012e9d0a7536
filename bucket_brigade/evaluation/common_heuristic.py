"""The best (p, q) that all seats can have in common, exactly."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bucket_brigade._arrays import FloatArray
from bucket_brigade.equilibrium.responses.surface import DEGREES, PayoffSurface, fit_surface
from bucket_brigade.exact.evaluate import expected
from bucket_brigade.game.scenario import Scenario, as_scenario
from bucket_brigade.policies.heuristic import strategy_of

__all__ = ["CommonHeuristic", "best_common_heuristic"]

#: Error of the interpolated payoff that is small enough, in points and in parts of its size.
TOLERANCE, PART = 1e-3, 1e-6


@dataclass(frozen=True)
class CommonHeuristic:
    """The best that a team of equal heuristic agents can do.

    Attributes
    ----------
    p, q : float
        How often each works, and how often it then stays at its own burning home.
    payoff, nights : float
        Expected return, the mean over seats, and nights of an episode, computed without
        interpolation. Another (p, q) may be better by what interpolation between some dozens of
        them misses.
    """

    p: float
    q: float
    payoff: float
    nights: float

    def to_dict(self) -> dict[str, Any]:
        """The answer as JSON knows it."""
        return dict(vars(self))


def best_common_heuristic(scenario: Scenario, *, threads: int | None = None) -> CommonHeuristic:
    """Find the (p, q) with the largest mean payoff where all seats play it.

    Nobody has a reason to keep to it: it is what agents of two numbers could agree on, beside what
    is stable among them (`DoubleOracle`) and what policies of any kind could do (`team_optimum`).

    Parameters
    ----------
    scenario : Scenario
        The game, of at most 12 houses.
    threads : int, optional
        Threads at most; by default all.

    Returns
    -------
    CommonHeuristic

    Raises
    ------
    InvalidValue
        For the first value that is not allowed; also if the ring is too large.

    Examples
    --------
    >>> best = best_common_heuristic(SCENARIOS["trivial_cooperation"].replace(num_houses=5))
    >>> best.p, round(best.payoff, 6)
    (0.0, 1306.5)
    """
    scenario = as_scenario(scenario)

    def evaluated(points: Sequence[tuple[float, float]]) -> tuple[FloatArray, FloatArray]:
        lineups = [[strategy_of(*at)] * scenario.num_agents for at in points]
        result = expected(scenario, lineups, threads=threads)
        means: FloatArray = result.mean.mean(axis=1)
        return means, result.nights

    def is_fine(surface: PayoffSurface) -> bool:
        return surface.error <= max(TOLERANCE, PART * float(np.abs(surface.grid()[2]).max()))

    surface = fit_surface(lambda points: evaluated(points)[0], is_fine, DEGREES)
    # Resolved to a millionth, so that what is at an edge is there.
    points = [(round(float(p), 6), round(float(q), 6)) for p, q in surface.maxima()]
    payoffs, nights = evaluated(points)
    best = int(payoffs.argmax())
    return CommonHeuristic(*points[best], float(payoffs[best]), float(nights[best]))
