"""Candidates for symmetric equilibria, support by support.

In an equilibrium all strategies that are played earn the same. On a given support that is a system
of polynomial equations of degree N - 1. With two strategies it is one polynomial in one variable
whose roots are all found; with more, Newton's method runs from many starts on all supports of one
size at once. Candidates solve the equations; whether an unused strategy earns more, and so
whether they are equilibria, is for the caller to check.

All functions expect a game whose payoffs tie exactly or not at all (see `comparison`), in any unit.

References
----------
.. [1] J. M. Lane, R. F. Riesenfeld, "Bounds on a polynomial", BIT 21 (1981), 112-117.
.. [2] R. Porter, E. Nudelman, Y. Shoham, "Simple search methods for finding a Nash equilibrium",
   Games and Economic Behavior 63 (2008), 642-662.
.. [3] N. Yamashita, M. Fukushima, "On the rate of convergence of the Levenberg-Marquardt
   method", Computing Supplementa 15 (2001), 239-249.
"""

import itertools
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from bucket_brigade._arrays import FloatArray, IntArray
from bucket_brigade.equilibrium.games.symmetric_game import SymmetricGame, monomials

__all__ = ["Faces", "bernstein_roots", "is_singular", "pair_candidates", "plausible_supports"]

NEWTON_STEPS = 24
LONGEST_STEP = 0.25
"""Longest step of Newton's method in any coordinate; longer ones scatter the starts."""
SOLVED = 1e-11
"""Difference of payoffs within the support that counts as none, relative to the largest one."""
SINGULAR = 1e-7, 1e-9
"""Singular values of the equations up to this, relative to the largest of them or to payoffs'
differences, count as 0."""
EXACT = 1e-14
"""Rounding error of a polynomial, relative to the sizes of its terms."""


def bernstein_roots(coefficients: FloatArray) -> list[float]:
    """Roots strictly between 0 and 1 of a polynomial in Bernstein form.

    The interval is halved where the coefficients change sign until it is as short as doubles
    allow. The graph lies in the hull of the coefficients and has at most as many roots as they
    have sign changes [1]_, so no root is missed, and no expansion in powers loses digits.

    Parameters
    ----------
    coefficients : ndarray of float, shape (n + 1,)
        The polynomial is ``sum(coefficients[m] * comb(n, m) * p**m * (1 - p)**(n - m))``.

    Returns
    -------
    list of float
        Rising. A simple root is as accurate as its conditioning allows, also relative to its size;
        a root of multiplicity m to about ``1e-14 ** (1 / m)``. The zero polynomial has ``[0.5]``.

    Examples
    --------
    >>> bernstein_roots(np.array([-1.0, 0.0, 1.0]))
    [0.5]
    """
    intervals: list[list[float]] = []

    def note(low: float, high: float) -> None:
        if intervals and low <= intervals[-1][1]:  # one multiple root fills neighbours
            intervals[-1][1] = high
        else:
            intervals.append([low, high])

    # Beside the coefficients their sizes, of which rounding errors are parts.
    pending = [(0.0, 1.0, np.stack([coefficients, np.abs(coefficients)]))]
    while pending:
        low, high, both = pending.pop()
        b, sizes = both
        if (b > 0).all() or (b < 0).all():
            continue
        if (np.abs(b) <= EXACT * sizes).all() or high - low <= max(1e-15 * high, 1e-300):
            note(low, high)
            continue
        if b.min() == 0 or b.max() == 0:
            # One-sided: only an end of the interval can be a root, and it is a neighbour's too.
            if low > 0 and b[0] == 0:
                note(low, low)
            continue
        middle = (low + high) / 2
        left, right = [both[:, 0]], [both[:, -1]]
        while both.shape[1] > 1:  # de Casteljau's subdivision at the middle
            both = (both[:, :-1] + both[:, 1:]) / 2
            left.append(both[:, 0])
            right.append(both[:, -1])
        pending.append((middle, high, np.stack(right[::-1], axis=1)))
        pending.append((low, middle, np.stack(left, axis=1)))
    return [(low + high) / 2 for low, high in intervals]


def _mixtures(gain: FloatArray) -> list[tuple[float, float]]:
    """Pairs (1 - p, p) at the roots p of a polynomial in Bernstein form; p rises.

    The smaller of both is accurate relative to its size.
    """
    roots = bernstein_roots(gain)
    mirrored = bernstein_roots(gain[::-1])[::-1]
    if len(mirrored) != len(roots):  # nearly multiple ones, told apart from one side only
        mirrored = [1 - p for p in roots]
    return [(q, 1 - q) if q < p else (1 - p, p) for p, q in zip(roots, mirrored, strict=True)]


def pair_candidates(game: SymmetricGame) -> Iterator[FloatArray]:
    """Mixtures of two strategies that earn the same: all of them, for every pair.

    Where the two earn the same however they are mixed, the mixtures yielded are those at which
    another strategy starts to earn more, and one between each two such.

    Yields
    ------
    ndarray of float, shape (K,)
    """
    players, strategies = game.num_players, game.num_strategies
    counts = np.zeros((players, strategies), dtype=np.int64)
    for pair in itertools.combinations(range(strategies), 2):
        counts[:] = 0
        counts[:, pair[0]] = np.arange(players)[::-1]
        counts[:, pair[1]] = np.arange(players)
        payoffs = game.payoffs[:, game.columns(counts)]
        gain = payoffs[pair[1]] - payoffs[pair[0]]
        if gain.any():
            mixtures = _mixtures(gain)
        else:
            others = np.delete(payoffs, pair, axis=0) - payoffs[pair[0]]
            inner = {mixture for row in others if row.any() for mixture in _mixtures(row)}
            knots = [(1.0, 0.0), *sorted(inner, key=lambda mixture: mixture[1]), (0.0, 1.0)]
            between = (np.add(knots[:-1], knots[1:]) / 2).tolist()
            mixtures = [*knots[1:-1], *((a, b) for a, b in between)]
        for mixture in mixtures:
            x = np.zeros(strategies)
            x[list(pair)] = mixture
            yield x


def plausible_supports(game: SymmetricGame, size: int) -> IntArray:
    """Supports of one size, without those that cannot carry an equilibrium.

    A support is dropped if some strategy earns more than one of its members against every
    composition of opponents within the support [2]_.

    Returns
    -------
    ndarray of int64, shape (n, size)
        In lexicographic order.
    """
    rows, _ = game.table(game.num_players - 1, size)
    kept = []
    for support in itertools.combinations(range(game.num_strategies), size):
        payoffs = game.payoffs[:, game.columns(game.embed(rows, support))]
        members = payoffs[list(support)]
        if not any((row > members).all(axis=1).any() for row in payoffs):
            kept.append(support)
    return np.array(kept, dtype=np.int64).reshape(-1, size)


def is_singular(spectrum: npt.NDArray[np.floating]) -> npt.NDArray[np.bool_]:
    """Whether equations with these singular values, falling along the last axis, are degenerate."""
    limit = np.maximum(SINGULAR[0] * spectrum[..., 0], SINGULAR[1])
    return np.asarray(spectrum[..., -1] <= limit)


class Faces:
    """Supports of one size, and Newton's method on all of them at once.

    Parameters
    ----------
    game : SymmetricGame
    supports : ndarray of int64, shape (n, s)
        s is at least 2.
    """

    def __init__(self, game: SymmetricGame, supports: IntArray) -> None:
        self.game = game
        self.supports = supports
        size = supports.shape[1]
        self.rows, self.coefficients = game.table(game.num_players - 2, size)
        # [n, c, i, j]: what member i earns more than the last if one opponent plays j and
        # composition c the rest, in units of the largest such difference.
        leads = np.empty((len(supports), len(self.rows), size - 1, size))
        for face, support in enumerate(supports):
            for j, one in enumerate(np.eye(size, dtype=np.int64)):
                columns = game.columns(game.embed(self.rows + one, support))
                payoffs = game.payoffs[support[:, None], columns].T
                leads[face, :, :, j] = payoffs[:, :-1] - payoffs[:, -1:]
            leads[face] /= np.abs(leads[face]).max() or 1.0
        self.leads = leads.reshape(len(supports), len(self.rows), (size - 1) * size)

    @staticmethod
    def entries(game: SymmetricGame, size: int) -> int:
        """Numbers one support of this size needs, which also measures the work of one step."""
        return len(game.table(game.num_players - 2, size)[0]) * size * size

    def equations(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Payoffs of all members but the last, less the last's, and their derivatives.

        They are in units of the largest difference of payoffs within each support.

        Parameters
        ----------
        x : ndarray of float, shape (n, B, s)

        Returns
        -------
        gaps : ndarray of float, shape (n, B, s - 1)
        slopes : ndarray of float, shape (n, B, s - 1, s - 1)
            Derivatives by all entries of `x` but the last, which makes up for their changes.
        """
        size = x.shape[-1]
        weights = monomials(x, self.rows, self.coefficients)
        relative = (weights @ self.leads).reshape(*x.shape[:-1], size - 1, size)
        gaps = (relative @ x[..., None])[..., 0]
        slopes = (self.game.num_players - 1) * (relative[..., :-1] - relative[..., -1:])
        return gaps, slopes

    def solve(self, starts: FloatArray) -> list[tuple[FloatArray, bool]]:
        """Solutions with no negative probability that Newton's method reaches.

        The method is Levenberg and Marquardt's, damped by the squared size of the gaps: as fast
        as Newton's in the end, also where solutions are not isolated [3]_.

        Parameters
        ----------
        starts : ndarray of float, shape (B, s) or (n, B, s)

        Returns
        -------
        list of (ndarray of float, shape (K,), bool)
            Distinct distributions, each with whether it is singular: not an isolated simple root.
        """
        size = self.supports.shape[1]
        x = np.broadcast_to(starts, (len(self.supports), *starts.shape[-2:])).copy()
        gaps, slopes = self.equations(x)
        for _ in range(NEWTON_STEPS):
            error = np.square(gaps).sum(axis=-1)
            transposed = np.swapaxes(slopes, -1, -2)
            normal = transposed @ slopes
            mean_square = np.trace(normal, axis1=-2, axis2=-1) / (size - 1)
            damping = np.maximum(error, 1e-14) * mean_square + 1e-30
            normal += damping[..., None, None] * np.eye(size - 1)
            step = -np.linalg.solve(normal, transposed @ gaps[..., None])[..., 0]
            step = np.concatenate([step, -step.sum(axis=-1, keepdims=True)], axis=-1)
            longest = np.abs(step).max(axis=-1, keepdims=True)
            step *= np.minimum(1.0, LONGEST_STEP / np.maximum(longest, LONGEST_STEP))
            # Far outside the simplex nothing is of interest; stop there before numbers overflow.
            x = np.where(np.abs(x + step).max(axis=-1, keepdims=True) < 3, x + step, x)
            gaps, slopes = self.equations(x)
            if longest.max() < 1e-15:
                break
        solved = (np.abs(gaps).max(axis=-1) < SOLVED) & (x.min(axis=-1) > -1e-9)
        face, start = np.nonzero(solved)
        spectrum = np.linalg.svd(slopes[face, start], compute_uv=False)
        # Steps that shrink slowly approach a multiple root or a set of roots.
        singular = is_singular(spectrum) | (longest[face, start, 0] > 1e-9)
        points = np.zeros((face.size, self.game.num_strategies))
        points[np.arange(face.size)[:, None], self.supports[face]] = np.maximum(x[face, start], 0)
        points /= points.sum(axis=1, keepdims=True)
        _, first = np.unique(np.round(points, 7), axis=0, return_index=True)
        return [(points[i], bool(singular[i])) for i in np.sort(first)]
