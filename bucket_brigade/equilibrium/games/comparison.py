"""Payoffs compared on the scale of what is compared, so that nothing else in a game blurs it.

Whether one strategy earns more than another is judged by how much the choice between these two
matters, against the opponents there are. A third strategy that loses millions changes nothing.
"""

import itertools

import numpy as np
import numpy.typing as npt

from bucket_brigade._arrays import FloatArray, IntArray
from bucket_brigade.equilibrium.games.symmetric_game import SymmetricGame

__all__ = ["Comparison", "rounding_errors", "undominated", "with_exact_ties"]

TIE = 1e-12
"""Two payoffs tie if they differ by no more than this part of their size: they were computed."""


def rounding_errors(game: SymmetricGame) -> FloatArray:
    """The most that each payoff may be off by rounding, shape (K, C).

    That is in proportion to its size. Where payoffs cancel to about 0, or something is added to
    all of a column, what the better half of the choices are apart tells how large they were.
    """
    ranked = np.sort(game.payoffs, axis=0)
    apart = ranked[-1] - ranked[(len(ranked) - 1) // 2]
    size = np.maximum(np.abs(game.payoffs), np.maximum(apart, np.abs(ranked[-1])))
    least = 4 * np.finfo(np.float64).eps * np.abs(game.payoffs)
    return np.asarray(np.maximum(TIE * np.minimum(size, game.payoff_scale), least))


def with_exact_ties(game: SymmetricGame) -> SymmetricGame:
    """The game where payoffs against equal opponents are equal if they tie."""
    payoffs, off = game.payoffs.copy(), rounding_errors(game)
    for column, rounding in zip(payoffs.T, off.T, strict=True):
        order = np.argsort(column, kind="stable")
        for low, high in itertools.pairwise(order):
            if column[high] - column[low] <= max(rounding[low], rounding[high]):
                column[high] = column[low]
    return SymmetricGame(game.num_players, payoffs)


def undominated(game: SymmetricGame) -> IntArray:
    """Strategies left after dropping, again and again, those that another one always beats.

    No equilibrium plays a strategy that earns less than one other whatever the opponents play.
    """
    left = np.arange(game.num_strategies)
    while True:
        part = game.restricted(left)
        off = rounding_errors(part)
        beaten = [
            (part.payoffs - row > np.maximum(off, rounding)).all(axis=1).any()
            for row, rounding in zip(part.payoffs, off, strict=True)
        ]
        if not any(beaten):
            return left
        left = left[~np.array(beaten)]


class Comparison:
    """Strategies of a game, compared with each other."""

    def __init__(self, game: SymmetricGame) -> None:
        self.game = game
        self._off = rounding_errors(game)

    def relative_regret(self, x: FloatArray, among: npt.ArrayLike | None = None) -> float:
        """The most that any strategy earns more than one that `x` plays, from 0 to 1.

        It is a part of what the choice between these two matters: of the mean size of the
        difference of their payoffs against opponents who draw from `x`. Ties are no difference.

        Parameters
        ----------
        x : ndarray of float, shape (K,)
            A distribution.
        among : array_like of int, optional
            Strategies that may earn more; by default all.
        """
        others = np.arange(x.size) if among is None else np.asarray(among)
        worst = 0.0
        for s in np.flatnonzero(x).tolist():
            gain, size, tie = self._differences(x, s)
            some = others[gain[others] > tie[others]]
            if some.size:
                worst = max(worst, float(((gain - tie)[some] / size[some]).max()))
        return worst

    def best_responses(self, x: FloatArray, tol: float) -> npt.NDArray[np.bool_]:
        """The strategies that earn no less than the best, to a relative regret of `tol`: (K,)."""
        gain, _, _ = self._differences(x, 0)
        gain, size, tie = self._differences(x, int(gain.argmax()))
        return np.asarray(gain >= -(tie + tol * size))

    def _differences(self, x: FloatArray, s: int) -> tuple[FloatArray, FloatArray, FloatArray]:
        """What each strategy earns more than `s` on average, its mean size, and what is a tie."""
        columns, weights = self.game.drawn(x)
        differences, off = self.game.payoffs[:, columns], self._off[:, columns]
        differences = differences - differences[s]
        return (
            differences @ weights,
            np.abs(differences) @ weights,
            np.maximum(off, off[s]) @ weights,
        )
