"""Symmetric equilibria of two players, completely and without rounding.

Against one opponent who draws from `x` the payoffs are ``A @ x``. On each support, the mixtures
whose strategies all earn v, and the others no more, form a polytope. Its corners are the *extreme*
equilibria: mixtures of those that share best responses are all there are [1]_ [2]_. In a game
without ties each polytope is one point.

Payoffs that are simple fractions up to rounding are taken for these, so that ties which doubles
blur are ties again; the rest is rational arithmetic.

References
----------
.. [1] H. W. Kuhn, "An algorithm for equilibrium points in bimatrix games", Proceedings of the
   National Academy of Sciences 47 (1961), 1657-1662.
.. [2] D. Avis, G. D. Rosenberg, R. Savani, B. von Stengel, "Enumeration of Nash equilibria for
   two-player games", Economic Theory 42 (2010), 9-37.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction

import numpy as np

from bucket_brigade._arrays import FloatArray
from bucket_brigade.equilibrium.games.comparison import rounding_errors
from bucket_brigade.equilibrium.games.support_enumeration import plausible_supports
from bucket_brigade.equilibrium.games.symmetric_game import SymmetricGame

__all__ = ["extreme_equilibria"]

SIMPLE = 10**6
"""Largest denominator of a simple fraction."""

Row = list[Fraction]


def extreme_equilibria(game: SymmetricGame) -> list[FloatArray]:
    """All extreme symmetric equilibria of a game of two players.

    The work grows as ``2 ** K``, and as ``4 ** K`` at worst, where nearly everything ties.

    Returns
    -------
    list of ndarray of float, shape (K,)
        By size of support, then by support.
    """
    payoffs = _fractions(game)
    found: dict[tuple[Fraction, ...], None] = {}
    for size in range(1, game.num_strategies + 1):
        for support in plausible_supports(game, size).tolist():
            for corner in _corners(payoffs, support):
                x = [Fraction(0)] * game.num_strategies
                for s, share in zip(support, corner, strict=True):
                    x[s] = share
                found[tuple(x)] = None
    return [np.array([float(share) for share in x]) for x in found]


def _fractions(game: SymmetricGame) -> list[Row]:
    """Payoffs, or in units of the smallest, as simple fractions; as they are, if not all are so."""
    off, sizes = rounding_errors(game), np.abs(game.payoffs)
    for unit in (1.0, float(sizes[sizes > 0].min(initial=np.inf))):
        units = game.payoffs / unit
        rows = [[Fraction(u).limit_denominator(SIMPLE) for u in row] for row in units]
        if (np.abs(np.array(rows, dtype=np.float64) - units) <= off / unit).all():
            return rows
    return [[Fraction(u) for u in row] for row in game.payoffs]


def _corners(payoffs: Sequence[Row], support: Sequence[int]) -> Iterator[Row]:
    """Extreme equilibria that play all of a support, and nothing else."""
    first = support[0]
    # What each strategy earns more than the first, for each that the opponent may play.
    lead = [[row[j] - payoffs[first][j] for j in support] for row in payoffs]
    others = [s for s in range(len(payoffs)) if s not in support]
    one = Fraction(1)
    start = _reduced([[one] * (len(support) + 1), *([*lead[s], 0 * one] for s in support[1:])])
    pending = [] if start is None else [(start, 0)]
    while pending:
        rows, after = pending.pop()
        if len(rows) == len(support):
            x = [row[-1] for row in rows]
            if min(x) > 0 and all(_product(lead[s], x) <= 0 for s in others):
                yield x
            continue
        # A corner of a larger set is where others catch up: try whom to add next.
        for i in range(after, len(others)):
            more = _reduced([*rows, [*lead[others[i]], 0 * one]])
            if more is not None and len(more) > len(rows):
                pending.append((more, i + 1))


def _product(one: Row, other: Row) -> Fraction:
    return sum((a * b for a, b in zip(one, other, strict=True)), Fraction(0))


def _reduced(rows: Sequence[Row]) -> list[Row] | None:
    """Reduced row echelon form of equations, without empty ones; None if they contradict."""
    left, done = [list(row) for row in rows], list[Row]()
    for column in range(len(rows[0]) - 1):
        pivot = next((row for row in left if row[column]), None)
        if pivot is None:
            continue
        left.remove(pivot)
        pivot = [value / pivot[column] for value in pivot]
        for row in (*left, *done):
            if factor := row[column]:
                row[:] = [a - factor * b for a, b in zip(row, pivot, strict=True)]
        done.append(pivot)
    return None if any(row[-1] for row in left) else done
