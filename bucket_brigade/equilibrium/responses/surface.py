"""Payoffs as a smooth surface over the numbers of a policy, from a few exact ones.

Against fixed opponents a payoff is an analytic function of the probabilities by which a player
acts, such as (p, q) of a heuristic agent. So polynomials through its values at Chebyshev points
converge geometrically [1]_: some forty values tell it over the whole square of (p, q), usually
to a ten thousandth of a point, and the last coefficients tell how well.

References
----------
.. [1] L. N. Trefethen, "Approximation Theory and Approximation Practice", SIAM (2013), chapter 8.
"""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.polynomial import chebyshev

from bucket_brigade._arrays import FloatArray
from bucket_brigade.by_value import ComparedByValue

__all__ = ["DEGREES", "PayoffSurface", "Point", "fit_surface", "fit_surfaces"]


#: The numbers of a policy, each from 0 to 1.
Point = tuple[Any, ...]
#: Degrees in p and q, tried in turn until the last coefficients are small. Points of lower degrees
#: are points of higher ones, too.
DEGREES = ((4, 2), (8, 2), (8, 4), (16, 8), (32, 16))
#: Points along each axis of the grid on which peaks are looked for.
GRID = (201, 41)
#: Peaks that are looked into at most; a flat surface is a peak everywhere.
PEAKS = 24
#: Factor from the first coefficients left out to the error that is stated.
SAFETY = 4.0
#: How finely a peak is resolved.
RESOLUTION = 1e-9


@dataclass(frozen=True, eq=False)
class PayoffSurface(ComparedByValue):
    """A polynomial on the unit square, or on the unit interval.

    Attributes
    ----------
    coefficients : ndarray of float64, shape (m + 1, n + 1) or (m + 1,)
        Of products of Chebyshev polynomials in 2 p - 1 and 2 q - 1, or of those in 2 w - 1.
    error : float
        Estimate of the largest deviation from the payoff: coefficients shrink geometrically, so the
        first ones left out are as much smaller than the last as these are than those before,
        times `SAFETY`.
    evaluations : int
        Payoffs that were computed.
    """

    coefficients: FloatArray
    error: float
    evaluations: int

    def __call__(self, *point: npt.ArrayLike) -> FloatArray:
        """The payoffs at points, given number by number."""
        values: Any = self.coefficients
        for axis, numbers in enumerate(point):
            at = 2.0 * np.asarray(numbers) - 1.0
            values = chebyshev.chebval(at, values, tensor=axis == 0)
        return np.asarray(values)

    def grid(self, points: Sequence[int] = GRID) -> tuple[FloatArray, ...]:
        """Evenly spaced numbers on each axis, as p (M,) and q (N,), and payoffs there (M, N)."""
        axes = [np.linspace(0.0, 1.0, number) for number in points[: self.coefficients.ndim]]
        return *axes, self._on(axes)

    def _on(self, axes: Sequence[FloatArray]) -> FloatArray:
        """The payoffs at all combinations of numbers on each axis."""
        values: Any = self.coefficients
        for numbers in axes:
            values = chebyshev.chebval(2.0 * numbers - 1.0, values)
        return np.asarray(values)

    def maxima(self) -> list[Point]:
        """Local maxima, the highest first: all that show on the grid of `grid`, resolved."""
        *axes, values = self.grid()
        padded = np.pad(values, 1, constant_values=-np.inf)
        peak = np.ones(values.shape, dtype=bool)
        for shift in itertools.product(range(3), repeat=values.ndim):
            beside = tuple(slice(i, i + n) for i, n in zip(shift, values.shape, strict=True))
            peak &= values >= padded[beside]
        highest = sorted(np.argwhere(peak).tolist(), key=lambda at: -values[*at])[:PEAKS]
        starts = ([float(axis[i]) for axis, i in zip(axes, at, strict=True)] for at in highest)
        found = sorted((self._climb(start) for start in starts), reverse=True)
        distinct: list[Point] = []
        for _, *point in found:
            if all(max(abs(a - b) for a, b in zip(point, d, strict=True)) > 1e-3 for d in distinct):
                distinct.append(tuple(point))
        return distinct

    def _climb(self, point: list[float]) -> tuple[float, ...]:
        """The highest point near one, and its payoff before it, on finer and finer grids."""
        reach = 1.0 / (min(GRID) - 1)
        while reach > RESOLUTION:
            axes = [np.clip(x + reach * np.linspace(-1, 1, 11), 0.0, 1.0) for x in point]
            values = self._on(axes)
            best = np.unravel_index(int(values.argmax()), values.shape)
            point = [float(axis[i]) for axis, i in zip(axes, best, strict=True)]
            reach *= 0.3
        value = float(self(*point))
        if self(*point[:-1], 1.0) >= value - 1e-12 * np.abs(self.coefficients).sum():
            point[-1] = 1.0  # where it makes no difference, as for who never works
        return value, *point


def fit_surface(
    payoffs: Callable[[Sequence[Point]], FloatArray],
    accept: Callable[[PayoffSurface], bool],
    degrees: Sequence[tuple[int, ...]] = DEGREES,
) -> PayoffSurface:
    """Interpolates payoffs, with higher degrees until the surface is accepted.

    Parameters
    ----------
    payoffs : callable
        Takes a list of points, such as (p, q), and returns their payoffs; called at most once for
        each degree, with points that it was not called with before.
    accept : callable
        Whether a surface will do. The last of `degrees` is taken as it comes.
    degrees : sequence of tuple of int
        Degrees in each number, tried in turn.
    """
    (surface,) = fit_surfaces(lambda points, _: payoffs(points)[None], [accept], degrees=degrees)
    return surface


def fit_surfaces(
    payoffs: Callable[[Sequence[Point], Sequence[int]], FloatArray],
    accept: Sequence[Callable[[PayoffSurface], bool]],
    degrees: Sequence[tuple[int, ...]] = DEGREES,
) -> list[PayoffSurface]:
    """Interpolates several payoffs at once, each as `fit_surface` does.

    Parameters
    ----------
    payoffs : callable
        Takes N points and the numbers of S payoffs, and returns these, shape (S, N).
    accept : sequence of callable
        For each payoff, whether a surface will do. Those that will not are fitted again, together.
    degrees : sequence of tuple of int
        Degrees in each number, tried in turn.
    """
    known: list[dict[Point, float]] = [{} for _ in accept]
    surfaces: dict[int, PayoffSurface] = {}
    left = list(range(len(accept)))
    for tried in degrees:
        axes = [(1.0 - np.cos(np.pi * np.arange(n + 1) / n)) / 2.0 for n in tried]
        points: list[Point] = list(itertools.product(*(axis.tolist() for axis in axes)))
        new = [point for point in points if point not in known[left[0]]]
        for i, values in zip(left, payoffs(new, left).tolist(), strict=True):
            known[i].update(zip(new, values, strict=True))
        for i in left:
            of_points = np.array([known[i][point] for point in points])
            surfaces[i] = _through(of_points.reshape([n + 1 for n in tried]), axes, len(known[i]))
        left = [i for i in left if not accept[i](surfaces[i])]
        if not left:
            break
    return [surfaces[i] for i in range(len(accept))]


def _through(values: FloatArray, axes: Sequence[FloatArray], evaluations: int) -> PayoffSurface:
    """The polynomial through payoffs at all combinations of numbers on each axis."""
    for axis, nodes in enumerate(axes):
        degree = len(nodes) - 1
        basis = chebyshev.chebvander(2.0 * nodes - 1.0, degree)
        across = np.moveaxis(values, axis, 0)
        solved = np.linalg.solve(basis, across.reshape(degree + 1, -1)).reshape(across.shape)
        values = np.moveaxis(np.asarray(solved, dtype=np.float64), 0, axis)
    others = [tuple({*range(values.ndim)} - {axis}) for axis in range(values.ndim)]
    error = SAFETY * sum(_tail(np.abs(values).sum(axis=rest)) for rest in others)
    return PayoffSurface(values, error, evaluations)


def _tail(sizes: FloatArray) -> float:
    """What the next coefficient should be, from the sizes of those up to it."""
    last, before = float(sizes[-1]), float(sizes[-2])
    return last * min(last / before, 1.0) if before > 0 else last
