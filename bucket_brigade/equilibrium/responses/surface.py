"""Payoffs as a smooth surface over (p, q), from a few exact ones.

Against fixed opponents a payoff is an analytic function of how often a player works, p, and how
often it stays at its own burning home, q. So polynomials through its values at Chebyshev points
converge geometrically [1]_: some forty values tell it over the whole square, usually to a ten
thousandth of a point, and the last coefficients tell how well.

References
----------
.. [1] L. N. Trefethen, "Approximation Theory and Approximation Practice", SIAM (2013), chapter 8.
"""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numpy.polynomial import chebyshev

from bucket_brigade._arrays import FloatArray
from bucket_brigade.by_value import ComparedByValue

__all__ = ["DEGREES", "PayoffSurface", "fit_surface"]


#: Degrees in p and q, tried in turn until the last coefficients are small. Points of lower degrees
#: are points of higher ones, too.
DEGREES = ((4, 2), (8, 2), (8, 4), (16, 8), (32, 16))
#: Points along p and q of the grid on which peaks are looked for.
GRID = (201, 41)
#: Peaks that are looked into at most; a flat surface is a peak everywhere.
PEAKS = 24
#: Factor from the first coefficients left out to the error that is stated.
SAFETY = 4.0
#: How finely a peak is resolved.
RESOLUTION = 1e-9


@dataclass(frozen=True, eq=False)
class PayoffSurface(ComparedByValue):
    """A polynomial in p and q on the unit square.

    Attributes
    ----------
    coefficients : ndarray of float64, shape (m + 1, n + 1)
        Of products of Chebyshev polynomials in 2 p - 1 and 2 q - 1.
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

    def __call__(self, p: npt.ArrayLike, q: npt.ArrayLike) -> FloatArray:
        """The payoffs at points of the square."""
        return np.asarray(chebyshev.chebval2d(*_scaled(p, q), self.coefficients))

    def grid(self, points: tuple[int, int] = GRID) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Evenly spaced p (M,) and q (N,), and the payoffs there, shape (M, N)."""
        p, q = (np.linspace(0.0, 1.0, number) for number in points)
        values = chebyshev.chebgrid2d(2.0 * p - 1.0, 2.0 * q - 1.0, self.coefficients)
        return p, q, np.asarray(values)

    def maxima(self) -> list[tuple[float, float]]:
        """Local maxima, the highest first: all that show on the grid of `grid`, resolved."""
        p, q, values = self.grid()
        padded = np.pad(values, 1, constant_values=-np.inf)
        peak = np.ones(values.shape, dtype=bool)
        for i, j in itertools.product(range(3), repeat=2):
            peak &= values >= padded[i : i + values.shape[0], j : j + values.shape[1]]
        highest = sorted(np.argwhere(peak).tolist(), key=lambda at: -values[*at])[:PEAKS]
        found = sorted((self._climb(float(p[i]), float(q[j])) for i, j in highest), reverse=True)
        distinct: list[tuple[float, float]] = []
        for _, *point in found:
            if all(max(abs(a - b) for a, b in zip(point, d, strict=True)) > 1e-3 for d in distinct):
                distinct.append((point[0], point[1]))
        return distinct

    def _climb(self, p: float, q: float) -> tuple[float, float, float]:
        """The highest point near one, and its payoff before it, on finer and finer grids."""
        reach = 1.0 / (min(GRID) - 1)
        while reach > RESOLUTION:
            x = np.clip(p + reach * np.linspace(-1, 1, 11), 0.0, 1.0)
            y = np.clip(q + reach * np.linspace(-1, 1, 11), 0.0, 1.0)
            values = chebyshev.chebgrid2d(2 * x - 1, 2 * y - 1, self.coefficients)
            i, j = np.unravel_index(int(values.argmax()), values.shape)
            p, q, reach = float(x[i]), float(y[j]), reach * 0.3
        value = float(self(p, q))
        if self(p, 1.0) >= value - 1e-12 * np.abs(self.coefficients).sum():
            q = 1.0  # where it makes no difference, as for who never works
        return value, p, q


def fit_surface(
    payoffs: Callable[[Sequence[tuple[float, float]]], FloatArray],
    accept: Callable[["PayoffSurface"], bool],
    degrees: Sequence[tuple[int, int]] = DEGREES,
) -> PayoffSurface:
    """Interpolates payoffs, with higher degrees until the surface is accepted.

    Parameters
    ----------
    payoffs : callable
        Takes a list of points (p, q) and returns their payoffs; called once for each degree.
    accept : callable
        Whether a surface will do. The last of `degrees` is taken as it comes.
    degrees : sequence of (int, int)
        Degrees in p and q, tried in turn.
    """
    evaluations = 0
    for tried in degrees:
        axes = [(1.0 - np.cos(np.pi * np.arange(n + 1) / n)) / 2.0 for n in tried]
        points = [(float(p), float(q)) for p in axes[0] for q in axes[1]]
        values: FloatArray = payoffs(points).reshape(tried[0] + 1, tried[1] + 1)
        evaluations += len(points)
        for axis, (nodes, degree) in enumerate(zip(axes, tried, strict=True)):
            basis = chebyshev.chebvander(2.0 * nodes - 1.0, degree)
            across = values if axis == 0 else values.T
            solved: FloatArray = np.asarray(np.linalg.solve(basis, across), dtype=np.float64)
            values = solved if axis == 0 else solved.T
        error = SAFETY * sum(_tail(np.abs(values).sum(axis=1 - axis)) for axis in range(2))
        surface = PayoffSurface(values, error, evaluations)
        if accept(surface):
            break
    return surface


def _tail(sizes: FloatArray) -> float:
    """What the next coefficient should be, from the sizes of those up to it."""
    last, before = float(sizes[-1]), float(sizes[-2])
    return last * min(last / before, 1.0) if before > 0 else last


def _scaled(p: npt.ArrayLike, q: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    return 2.0 * np.asarray(p) - 1.0, 2.0 * np.asarray(q) - 1.0
