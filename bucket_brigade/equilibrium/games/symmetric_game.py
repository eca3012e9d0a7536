"""Symmetric games: players have the same strategies, and who plays which one does not matter.

A payoff per own strategy and *composition*, which says how many opponents play each strategy,
describes such a game completely. With N players and K strategies there are
``comb(N + K - 2, K - 1)`` compositions, far fewer than the ``K**N`` line-ups [2]_.

The game this project solves is made from one whose seats differ, since seats own different
numbers of houses. Its players are seated at random before they play, so a player's payoff is the
mean over seatings, and that game is symmetric: it has a symmetric equilibrium [1]_, which
`bucket_brigade.equilibrium.games.solver` finds.

References
----------
.. [1] J. F. Nash, "Non-cooperative games", Annals of Mathematics 54 (1951), 286-295.
.. [2] S.-F. Cheng, D. M. Reeves, Y. Vorobeychik, M. P. Wellman, "Notes on equilibria in symmetric
   games", Workshop on Game Theoretic and Decision Theoretic Agents (2004).
"""

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Self

import numpy as np
import numpy.typing as npt

from bucket_brigade._arrays import FloatArray, IntArray
from bucket_brigade.errors import InvalidValue, shown

__all__ = ["SymmetricGame", "enumerate_compositions"]


DISTRIBUTION_TOLERANCE = 1e-9


def enumerate_compositions(total: int, parts: int) -> IntArray:
    """All ways to write `total` as an ordered sum of `parts` counts.

    Parameters
    ----------
    total : int
        Sum of every row, at least 0.
    parts : int
        Number of columns, at least 1.

    Returns
    -------
    ndarray of int64, shape (comb(total + parts - 1, parts - 1), parts)
        Rows in falling lexicographic order: the first puts everything in column 0, the last
        everything in the last column.

    Examples
    --------
    >>> enumerate_compositions(2, 2).tolist()
    [[2, 0], [1, 1], [0, 2]]
    """
    rows = np.zeros((1, 0), dtype=np.int64)
    left = np.array([total], dtype=np.int64)
    for _ in range(parts - 1):
        choices = left + 1
        last = np.repeat(np.cumsum(choices), choices) - 1
        count = last - np.arange(last.size)  # falls from what is left to 0 within each row
        rows = np.column_stack([np.repeat(rows, choices, axis=0), count])
        left = np.repeat(left, choices) - count
    return np.column_stack([rows, left])


def multinomials(compositions: IntArray) -> FloatArray:
    """Number of orders in which each composition can be drawn, shape (C,)."""
    total = int(compositions[0].sum())
    pascal = np.zeros((total + 1, total + 1))
    pascal[:, 0] = 1.0
    for n in range(1, total + 1):
        pascal[n, 1:] = pascal[n - 1, 1:] + pascal[n - 1, :-1]
    chosen = np.cumsum(compositions, axis=1)
    return np.asarray(pascal[chosen, compositions].prod(axis=1), dtype=np.float64)


def monomials(points: FloatArray, compositions: IntArray, coefficients: FloatArray) -> FloatArray:
    """Multinomial weight of every composition at every point.

    `points` has shape (..., s), `compositions` (C, s) and `coefficients` (C,); the result has
    shape (..., C). Points outside the simplex are allowed: the weights are polynomials.
    """
    degree = int(compositions[0].sum())
    powers = np.ones((*points.shape, degree + 1))
    powers[..., 1:] = points[..., None]
    powers = np.cumprod(powers, axis=-1)
    weights = np.broadcast_to(coefficients, (*points.shape[:-1], coefficients.size)).copy()
    for j in range(compositions.shape[1]):
        weights *= powers[..., j, :][..., compositions[:, j]]
    return weights


@dataclass(frozen=True, eq=False)
class SymmetricGame:
    """A symmetric game of N players with K strategies.

    Parameters
    ----------
    num_players : int
        N, at least 2, and small enough for multinomial weights to be finite numbers:
        ``max(K, 2) ** (N - 1) <= 1e300``.
    payoffs : array_like of float, shape (K, C)
        ``payoffs[s, c]`` is what a player earns with strategy `s` when the strategies of the
        other N - 1 players are counted by ``compositions[c]``; ``C = comb(N + K - 2, K - 1)``.
        Finite numbers; stored as a read-only copy.

    Attributes
    ----------
    compositions : ndarray of int64, shape (C, K)
        Opponent compositions in falling lexicographic order. With two strategies, column `c` of
        `payoffs` is the one where `c` opponents play strategy 1.
    num_strategies : int
        K.
    payoff_scale : float
        The most a player can gain or lose by changing its own strategy alone: the largest
        spread, over compositions, of payoffs against one composition. It does not change when
        an amount that depends only on the opponents is added to every strategy's payoff;
        equilibria do not either.

    Raises
    ------
    InvalidValue
        If an argument is not as described; the message names it and says what is allowed.

    Examples
    --------
    Two players share a hawk-dove contest, with strategies hawk and dove:

    >>> game = SymmetricGame(2, [[-1.0, 4.0], [0.0, 2.0]])
    >>> game.deviation_payoffs([0.5, 0.5]).tolist()
    [1.5, 1.0]
    >>> game.regret([0.5, 0.5])
    0.25
    """

    num_players: int
    payoffs: FloatArray
    compositions: IntArray = field(init=False, repr=False)
    payoff_scale: float = field(init=False)
    _tables: dict[tuple[int, int], tuple[IntArray, FloatArray]] = field(init=False, repr=False)
    _ranks: IntArray = field(init=False, repr=False)

    def __post_init__(self) -> None:
        players = _whole("num_players", self.num_players, 2)
        payoffs = _numbers("payoffs", self.payoffs).copy()
        if payoffs.ndim != 2 or payoffs.shape[0] < 1:
            raise InvalidValue("payoffs", payoffs.shape, "an array of shape (K, C) with K >= 1")
        strategies = payoffs.shape[0]
        _check_size(players, strategies)
        columns = math.comb(players + strategies - 2, strategies - 1)
        if payoffs.shape[1] != columns:
            raise InvalidValue(
                "payoffs",
                payoffs.shape,
                f"of shape ({strategies}, {columns}) for {players} players",
            )
        with np.errstate(over="ignore"):
            scale = float(np.ptp(payoffs, axis=0).max())
        if not math.isfinite(scale):
            raise InvalidValue("payoffs", payoffs, "numbers whose differences are finite")
        compositions = enumerate_compositions(players - 1, strategies)
        # Number of compositions that come earlier because of a column, by what that column and
        # the ones before it leave over.
        ranks = np.zeros((players, max(strategies - 1, 0)), dtype=np.int64)
        for left, j in itertools.product(range(1, players), range(strategies - 1)):
            later = strategies - 1 - j
            ranks[left, j] = math.comb(left - 1 + later, later)
        for array in (payoffs, compositions):
            array.flags.writeable = False
        for name, value in {
            "num_players": players,
            "payoffs": payoffs,
            "compositions": compositions,
            "payoff_scale": scale,
            "_tables": {},
            "_ranks": ranks,
        }.items():
            object.__setattr__(self, name, value)

    @classmethod
    def from_function(
        cls, num_players: int, num_strategies: int, f: Callable[[int, IntArray], float]
    ) -> Self:
        """Build a game by calling ``f(own, counts)`` for every own strategy and composition.

        Parameters
        ----------
        num_players, num_strategies : int
            N, at least 2, and K, at least 1.
        f : callable
            Payoff of strategy ``own`` when ``counts[s]`` opponents play `s`; `counts` is a
            read-only integer array of shape (K,).

        Returns
        -------
        SymmetricGame

        Examples
        --------
        >>> game = SymmetricGame.from_function(3, 2, lambda own, counts: own * float(counts[1]))
        >>> game.payoffs.tolist()
        [[0.0, 0.0, 0.0], [0.0, 1.0, 2.0]]
        """
        players = _whole("num_players", num_players, 2)
        strategies = _whole("num_strategies", num_strategies, 1)
        _check_size(players, strategies)
        rows = enumerate_compositions(players - 1, strategies)
        rows.flags.writeable = False
        payoffs = [[f(own, counts) for counts in rows] for own in range(strategies)]
        return cls(players, _numbers("f", payoffs))

    @classmethod
    def from_lineups(cls, table: npt.ArrayLike) -> Self:
        """Build the game of players who are seated at random, from the payoffs of all line-ups.

        Every seating of the A players is equally likely. So the payoff of strategy `s` against a
        composition is the mean, over the seat of its player and over the distinct orders of
        the others on the remaining seats, of what that seat earns.

        Parameters
        ----------
        table : array_like of float, shape (K,) * A + (A,)
            ``table[s_0, ..., s_{A-1}, a]`` is what seat `a` earns when seat `i` plays ``s_i``;
            A is at least 2.

        Returns
        -------
        SymmetricGame

        Examples
        --------
        Only seat 0 is ever paid, by the strategy of seat 1, so half as much on average:

        >>> table = [[[0.0, 0.0], [1.0, 0.0]], [[0.0, 0.0], [1.0, 0.0]]]
        >>> SymmetricGame.from_lineups(table).payoffs.tolist()
        [[0.0, 0.5], [0.0, 0.5]]
        """
        lineups = _numbers("table", table)
        seats = lineups.ndim - 1
        strategies = lineups.shape[0] if lineups.ndim else 0
        if seats < 2 or strategies < 1 or lineups.shape != (strategies,) * seats + (seats,):
            raise InvalidValue(
                "table", lineups.shape, "of shape (K,) * A + (A,) with K >= 1 and A >= 2"
            )
        focal = np.zeros((strategies,) * seats)
        for seat in range(seats):
            focal += np.moveaxis(lineups[..., seat], seat, 0)
        others = np.indices((strategies,) * (seats - 1)).reshape(seats - 1, -1)
        counts = (others[:, :, None] == np.arange(strategies)).sum(axis=0)
        # Rows of `counts` in falling order are the compositions; equal rows are one composition.
        _, column = np.unique(-counts, axis=0, return_inverse=True)
        column = column.reshape(-1)
        seatings = seats * np.bincount(column)
        sums = [np.bincount(column, row) for row in focal.reshape(strategies, -1)]
        return cls(seats, np.stack(sums) / seatings)

    @property
    def num_strategies(self) -> int:
        """K, the number of strategies."""
        return int(self.payoffs.shape[0])

    def deviation_payoffs(self, x: npt.ArrayLike) -> FloatArray:
        """Expected payoff of every pure strategy when each opponent draws independently from `x`.

        Parameters
        ----------
        x : array_like of float, shape (K,)
            A distribution: entries at least 0 and summing to 1, both within 1e-9.

        Returns
        -------
        ndarray of float, shape (K,)
        """
        columns, weights = self.drawn(self._distribution(x))
        return np.asarray(self.payoffs[:, columns] @ weights)

    def payoff(self, x: npt.ArrayLike) -> float:
        """Expected payoff of every player when all, independently, draw from `x` (shape (K,))."""
        mixture = self._distribution(x)
        return float(mixture @ self.deviation_payoffs(mixture))

    def regret(self, x: npt.ArrayLike) -> float:
        """The gain of the best pure strategy over `x`, when all others draw from `x`.

        It is computed from differences of payoffs against equal opponents, to what is played
        most, so that its rounding error is relative to these, however large the payoffs are.

        Parameters
        ----------
        x : array_like of float, shape (K,)
            A distribution, as for `deviation_payoffs`.

        Returns
        -------
        float
            At least 0; 0 if and only if `x` is a symmetric equilibrium, up to rounding.
        """
        mixture = self._distribution(x)
        columns, weights = self.drawn(mixture)
        drawn = self.payoffs[:, columns]
        leads = (drawn - drawn[mixture.argmax()]) @ weights
        return float(mixture @ (leads.max() - leads))

    def deviation_jacobian(self, x: npt.ArrayLike) -> FloatArray:
        """Derivatives of `deviation_payoffs` as a polynomial in the K entries of `x`.

        Parameters
        ----------
        x : array_like of float, shape (K,)
            A distribution, as for `deviation_payoffs`.

        Returns
        -------
        ndarray of float, shape (K, K)
            Entry ``[s, t]`` is N - 1 times the payoff of `s` when one opponent plays `t` and the
            others draw from `x`. Changes along the simplex are its products with vectors that
            sum to 0.
        """
        mixture = self._distribution(x)
        support = np.flatnonzero(mixture)
        rows, coefficients = self.table(self.num_players - 2, support.size)
        weights = (self.num_players - 1) * monomials(mixture[support], rows, coefficients)
        others = self.embed(rows, support)
        result = np.empty((mixture.size, mixture.size))
        for played, one in enumerate(np.eye(mixture.size, dtype=np.int64)):
            result[:, played] = self.payoffs[:, self.columns(others + one)] @ weights
        return result

    def restricted(self, strategies: IntArray) -> "SymmetricGame":
        """The game of some strategies, in their order."""
        rows, _ = self.table(self.num_players - 1, len(strategies))
        columns = self.columns(self.embed(rows, strategies))
        return SymmetricGame(self.num_players, self.payoffs[np.ix_(strategies, columns)])

    def drawn(self, x: FloatArray) -> tuple[IntArray | slice, FloatArray]:
        """Compositions that opponents who draw from `x` can have, and their probabilities.

        Parameters
        ----------
        x : ndarray of float, shape (K,)

        Returns
        -------
        columns : ndarray of int or slice
            Which of `compositions`, M of them.
        probabilities : ndarray of float, shape (M,)
        """
        support = np.flatnonzero(x)
        rows, coefficients = self.table(self.num_players - 1, support.size)
        weights = monomials(x[support], rows, coefficients)
        if support.size == x.size:
            return slice(None), weights
        return self.columns(self.embed(rows, support)), weights

    def columns(self, counts: IntArray) -> IntArray:
        """Indices into `compositions`, shape (M,), of the rows of `counts`, shape (M, K)."""
        left = self.num_players - 1 - np.cumsum(counts, axis=1)[:, :-1]
        return np.asarray(self._ranks[left, np.arange(self.num_strategies - 1)].sum(axis=1))

    def table(self, opponents: int, size: int) -> tuple[IntArray, FloatArray]:
        """Compositions (C, size) of some opponents, with their multinomial coefficients (C,)."""
        key = (opponents, size)
        if key not in self._tables:
            rows = enumerate_compositions(opponents, size)
            self._tables[key] = (rows, multinomials(rows))
        return self._tables[key]

    def embed(self, rows: IntArray, support: Sequence[int] | IntArray) -> IntArray:
        """Write counts (C, s) over the strategies in `support` as counts (C, K) over all."""
        counts = np.zeros((rows.shape[0], self.num_strategies), dtype=np.int64)
        counts[:, support] = rows
        return counts

    def _distribution(self, x: npt.ArrayLike) -> FloatArray:
        """Validate a mixture and remove rounding errors from it."""
        mixture = _numbers("x", x)
        allowed = f"a distribution over {self.num_strategies} strategies, within 1e-9"
        if mixture.shape != (self.num_strategies,):
            raise InvalidValue("x", mixture.shape, allowed)
        total = mixture.sum()
        if mixture.min() < -DISTRIBUTION_TOLERANCE or abs(total - 1) > DISTRIBUTION_TOLERANCE:
            raise InvalidValue("x", mixture, allowed)
        mixture = np.maximum(mixture, 0.0)
        return np.asarray(mixture / mixture.sum(), dtype=np.float64)


def as_game(value: object) -> SymmetricGame:
    """The game, if it is one; otherwise raises `InvalidValue`."""
    if not isinstance(value, SymmetricGame):
        raise InvalidValue("game", shown(value), "a SymmetricGame")
    return value


def _whole(name: str, value: object, least: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise InvalidValue(name, value, f"a whole number, at least {least}")
    return int(value)


def _numbers(name: str, value: object) -> FloatArray:
    try:
        array = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise InvalidValue(name, value, "an array of real numbers") from error
    if not np.isfinite(array).all():
        raise InvalidValue(name, value, "an array of finite numbers")
    return array


def _check_size(players: int, strategies: int) -> None:
    most = 1 + int(300 / math.log10(max(strategies, 2)))
    if players > most:
        raise InvalidValue("num_players", players, f"at most {most} with {strategies} strategies")
