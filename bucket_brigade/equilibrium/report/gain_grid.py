"""The gains of one player who leaves an equilibrium, all over (p, q), for pictures."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bucket_brigade._arrays import FloatArray
from bucket_brigade.arguments import as_u64
from bucket_brigade.backends import Backend
from bucket_brigade.by_value import ComparedByValue
from bucket_brigade.equilibrium.empirical.seating import Seating
from bucket_brigade.equilibrium.payoffs.choice import payoff_source
from bucket_brigade.equilibrium.payoffs.profile import Deviation, Profile
from bucket_brigade.equilibrium.payoffs.sources import PayoffSource
from bucket_brigade.equilibrium.responses.surface import DEGREES, PayoffSurface, fit_surface
from bucket_brigade.equilibrium.results.certified import CertifiedResult
from bucket_brigade.equilibrium.results.nash import NashEquilibrium
from bucket_brigade.equilibrium.results.roles import RoleEquilibrium
from bucket_brigade.errors import InvalidValue
from bucket_brigade.policies.heuristic import as_strategy, duties, strategy_of
from bucket_brigade.policies.spaces import HEURISTICS, Member
from bucket_brigade.simulation.purposes import LOOKS

__all__ = ["GainGrid", "gain_grid", "seat_gain_grids"]


#: Values of p and q, evenly spaced.
GRID = (201, 101)
#: Degrees in p and q through sampled gains: enough for the shape, and few points to play.
SAMPLED_DEGREES = (8, 4)
#: Error of interpolation that is small enough, in parts of ε and of the range of gains.
TOLERANCE, PART = 0.1, 1e-4
#: How far payoffs may be off, in parts of them.
ROUNDING = 1e-9
#: The look whose episodes are played: the last of a seed, which no verdict comes to.
LOOK = LOOKS - 1


@dataclass(frozen=True, eq=False)
class GainGrid(ComparedByValue):
    """Gains of a player who plays (p, q) while all others keep to an equilibrium.

    Attributes
    ----------
    p, q : ndarray of float64, shape (M,) and (N,)
        Evenly spaced from 0 to 1: how often the player works, and how often it then stays at its
        own burning home.
    gain : ndarray of float64, shape (M, N)
        Points an episode over what the equilibrium pays; ``gain[i, j]`` is at ``p[i], q[j]``.
    stderr : float
        Paired standard error of the points that were played, their median; 0 if exact.
    error : float
        If exact, how far interpolation may be off, in points an episode; 0 if sampled.
    points : int
        Points (p, q) that were computed or played; a polynomial goes through them.
    episodes : int
        Episodes of each, shared among the seats the player may have; 0 if exact.
    coefficients : ndarray of float64, shape (m + 1, n + 1)
        Of the polynomial behind `gain`, as `PayoffSurface` has them.
    """

    p: FloatArray
    q: FloatArray
    gain: FloatArray
    stderr: float
    error: float
    points: int
    episodes: int
    coefficients: FloatArray


def gain_grid(
    found: NashEquilibrium,
    *,
    episodes: int = 100_000,
    threads: int | None = None,
    backend: str | Backend = "auto",
) -> GainGrid:
    """Computes gains by the method of the equilibrium, unless its search kept them.

    Either way they are a polynomial through those at a few dozen Chebyshev points. Sampled, these
    are played in one call and with the same luck, on episodes of the equilibrium's seed that
    neither its search nor its verdict played.

    Parameters
    ----------
    found : NashEquilibrium
        What all others play.
    episodes : int
        Episodes of each point, if sampled; rounded up to whole blocks for each seat.
    threads, backend
        As for `simulate`.

    Raises
    ------
    InvalidValue
        If `episodes` is not from 1 to 2^40, or the equilibrium is not one of heuristic agents.
    """
    if found.space != HEURISTICS.name:
        raise InvalidValue("found", f"over the space {found.space}", "one of (p, q), to be drawn")
    focal = Seating(found.scenario.num_agents, found.seat).focal
    played = [(weight, found.strategy_pool[i]) for i, weight in found.distribution.items()]
    known = _known_surface(found, found.searched, played, found.payoff)
    return known or _gain_grids(found, [focal], episodes, threads, backend)[0]


def seat_gain_grids(
    found: RoleEquilibrium,
    *,
    episodes: int = 100_000,
    threads: int | None = None,
    backend: str | Backend = "auto",
) -> list[GainGrid]:
    """Computes the gains of each seat, while all others keep to their roles.

    Parameters
    ----------
    found : RoleEquilibrium
        What all others play.
    episodes, threads, backend
        As for `gain_grid`.

    Returns
    -------
    list of GainGrid
        Seat by seat.

    Raises
    ------
    InvalidValue
        As by `gain_grid`.
    """
    own = zip(found.searched, found.strategies, found.payoffs, strict=True)
    known = [
        _known_surface(found, searched, [(1.0, strategy)], payoff)
        for searched, strategy, payoff in own
    ]
    left = [(seat,) for seat, grid in enumerate(known) if grid is None]
    computed = iter(_gain_grids(found, left, episodes, threads, backend))
    return [grid or next(computed) for grid in known]


def _known_surface(
    found: CertifiedResult,
    searched: Mapping[str, Any],
    played: Sequence[tuple[float, Member]],
    payoff: float,
) -> GainGrid | None:
    """The grid of the surface that the search found, if that is fine enough for pictures, and what
    is played has on it the payoff that it has."""
    if "surface" not in searched:
        return None
    try:
        coefficients = np.array(searched["surface"], dtype=np.float64)
    except (TypeError, ValueError):  # a file that somebody changed
        return None
    if coefficients.ndim != 2 or not np.isfinite(coefficients).all():
        return None
    surface = PayoffSurface(coefficients, float(searched["error"]), coefficients.size)
    own = sum(w * float(surface(*duties(as_strategy(member)))) for w, member in played)
    if abs(own - payoff) > surface.error + ROUNDING * max(1.0, abs(payoff)):
        return None
    coefficients[0, 0] -= payoff
    if not _is_fine(surface, found.epsilon):
        return None
    return _grid_of(surface)


def _is_fine(surface: PayoffSurface, epsilon: float) -> bool:
    """Whether interpolation is off by so little that pictures don't show it."""
    return surface.error <= max(TOLERANCE * epsilon, PART * float(np.ptp(surface.grid()[2])))


def _grid_of(surface: PayoffSurface, stderr: float = 0.0, episodes: int = 0) -> GainGrid:
    """A surface of gains as a grid."""
    p, q, gain = surface.grid(GRID)
    error = 0.0 if episodes else surface.error
    points, coefficients = surface.coefficients.size, surface.coefficients
    return GainGrid(p, q, gain, stderr, error, points, episodes, coefficients)


def _gain_grids(
    found: CertifiedResult,
    players: Sequence[tuple[int, ...]],
    episodes: int,
    threads: int | None,
    backend: str | Backend,
) -> list[GainGrid]:
    """Of each player, by the seats that it may have."""
    if not 1 <= as_u64("episodes", episodes) <= 1 << 40:
        raise InvalidValue("episodes", episodes, "from 1 to 2^40")
    source = payoff_source(
        found.scenario, found.method, seed=found.seed, threads=threads, backend=backend
    )
    return [_gain_grid(source, found.profile, focal, episodes, found.epsilon) for focal in players]


def _gain_grid(
    source: PayoffSource, profile: Profile, focal: tuple[int, ...], episodes: int, epsilon: float
) -> GainGrid:
    stderr, before = math.nan, source.episodes_played

    def gains(points: Sequence[tuple[float, float]]) -> FloatArray:
        nonlocal stderr
        deviations = [Deviation(strategy_of(*at), focal) for at in points]
        found = source.gains(profile, deviations, focal, look=LOOK)
        found.extend(np.arange(len(points)), episodes)
        stderr = float(np.median(found.stderr))
        return found.mean

    degrees = DEGREES if source.is_exact else [SAMPLED_DEGREES]
    surface = fit_surface(gains, lambda found: _is_fine(found, epsilon), degrees)
    points = surface.coefficients.size
    # All line-ups play alike: those of every point and seat, and the profile.
    each = (source.episodes_played - before) // (1 + points * len(focal)) * len(focal)
    return _grid_of(surface, stderr, each)
