"""Rough symmetric equilibria, good enough to tell which strategies an exact one plays.

References
----------
.. [1] Y. Freund, R. E. Schapire, "Adaptive game playing using multiplicative weights", Games and
   Economic Behavior 29 (1999), 79-103.
.. [2] T. L. Turocy, "A dynamic homotopy interpretation of the logistic quantal response
   equilibrium correspondence", Games and Economic Behavior 51 (2005), 243-263.
"""

import math
from collections.abc import Iterator

import numpy as np

from bucket_brigade._arrays import FloatArray
from bucket_brigade.equilibrium.games.symmetric_game import SymmetricGame, monomials

__all__ = ["logit_path", "multiplicative_weights"]

WORK = 1e8
"""Limit on payoffs read by one call of `multiplicative_weights`."""
LOGIT_STEPS = 1000
"""Limit on steps along the logit path, which usually takes fewer than a hundred."""


def multiplicative_weights(game: SymmetricGame, starts: FloatArray) -> FloatArray:
    """Let mixtures learn against themselves by multiplicative weights [1]_.

    Each round multiplies the probability of a strategy by the exponential of its payoff times a
    falling rate. The number of rounds, and if need be that of starts, is cut so that no more than
    about `WORK` payoffs are read.

    Parameters
    ----------
    game : SymmetricGame
        With a `payoff_scale` of about 1.
    starts : ndarray of float, shape (B, K)

    Returns
    -------
    ndarray of float, shape (2 * M, K)
        The last mixtures of the first M <= B starts, then their averages over all rounds.
    """
    rows, coefficients = game.table(game.num_players - 1, game.num_strategies)
    x = starts[: max(1, int(WORK / (50 * game.payoffs.size)))]
    steps = min(300, max(10, int(WORK / (len(x) * game.payoffs.size))))
    average = np.zeros_like(x)
    for step in range(steps):
        payoffs = monomials(x, rows, coefficients) @ game.payoffs.T
        rate = 5 / math.sqrt(step + 1)
        x = x * np.exp(rate * (payoffs - payoffs.max(axis=1, keepdims=True)))
        x /= x.sum(axis=1, keepdims=True)
        average += x / steps
    return np.vstack([x, average])


def logit_path(game: SymmetricGame) -> Iterator[FloatArray]:
    """Follow logit equilibria from the uniform mixture, where precision is 0, to high precision.

    In a logit equilibrium the log-probability of a strategy is, up to a constant, its payoff
    times the precision. From precision 0 a curve of them leads, for almost every game, to an
    equilibrium as precision grows [2]_, not always rising on the way.

    Parameters
    ----------
    game : SymmetricGame
        With a `payoff_scale` of about 1.

    Yields
    ------
    ndarray of float, shape (K,)
        Mixtures along the curve, less and less far from the equilibrium; their number is limited.
    """
    size = game.num_strategies - 1
    point = np.zeros(size + 1)  # log-probabilities relative to strategy 0, then the precision

    def mixture(point: FloatArray) -> FloatArray:
        logs = np.append(0.0, point[:-1])
        odds = np.exp(logs - logs.max())
        return np.asarray(odds / odds.sum())

    def equations(point: FloatArray) -> tuple[FloatArray, FloatArray]:
        x = mixture(point)
        payoffs = game.deviation_payoffs(x)
        jacobian = game.deviation_jacobian(x)
        gains = payoffs[1:] - payoffs[0]
        spread = (np.diag(x) - np.outer(x, x))[:, 1:]
        by_logs = np.eye(size) - point[-1] * (jacobian[1:] - jacobian[0]) @ spread
        return point[:-1] - point[-1] * gains, np.column_stack([by_logs, -gains])

    def tangent_at(point: FloatArray, ahead: FloatArray) -> FloatArray:
        null = np.linalg.svd(equations(point)[1])[2][-1]
        return np.asarray(null if null @ ahead > 0 else -null)

    tangent = tangent_at(point, np.eye(size + 1)[-1])
    length, shown = 0.1, 1.0
    for _ in range(LOGIT_STEPS):
        guess = point + length * tangent
        trial = guess
        for _ in range(6):
            residual, slopes = equations(trial)
            trial = trial - np.linalg.lstsq(slopes, residual)[0]
        solved = np.abs(equations(trial)[0]).max() < 1e-9 * (1 + np.abs(trial).max())
        # Short steps with small corrections keep from jumping to another branch.
        near = np.abs(trial - guess).max() < length / 4
        moved = np.abs(mixture(trial) - mixture(point)).max()
        ahead = tangent_at(trial, tangent)
        if solved and near and moved < 0.05 and ahead @ tangent > 0.9:
            point, tangent, length = trial, ahead, length * 1.5
            if point[-1] > 1.2 * shown:
                shown = point[-1]
                yield mixture(point)
        else:
            length /= 2
        if length < 1e-9 or point[-1] > 1e7:
            break
    yield mixture(point)
