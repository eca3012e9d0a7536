"""Symmetric equilibria of symmetric games.

The search goes from exact to exploratory, and trusts nothing but regret:

1. pure strategies and mixtures of two, completely;
2. larger supports in order of size, by Newton's method from many starts;
3. learning dynamics over all strategies, whose ends suggest supports to solve on;
4. if all this finds nothing, a path of logit equilibria that leads to an equilibrium.

Equilibria of almost every game are regular, and the indices of regular ones sum to 1 [1]_ [2]_.
That tells when some were missed: steps 2 and 3 are repeated with more starts, up to a limit, while
the indices of what was found do not.

References
----------
.. [1] J. Hofbauer, K. Sigmund, "Evolutionary Games and Population Dynamics", Cambridge
   University Press (1998), section 13.4.
.. [2] J. C. Harsanyi, "Oddness of the number of equilibrium points: a new proof", International
   Journal of Game Theory 2 (1973), 235-250.
"""

import itertools
import math
from dataclasses import dataclass

import numpy as np

# Not when it is first used, as NumPy would: a Ctrl-C during its import is lost.
from numpy.random import default_rng

from bucket_brigade.equilibrium.approximation import logit_path, multiplicative_weights
from bucket_brigade.equilibrium.support_enumeration import (
    NEWTON_STEPS,
    Faces,
    is_singular,
    pair_candidates,
    plausible_supports,
)
from bucket_brigade.equilibrium.symmetric import FloatArray, IntArray, SymmetricGame
from bucket_brigade.errors import InvalidValue

__all__ = ["NoEquilibriumFound", "SymmetricEquilibrium", "solve_symmetric", "symmetric_equilibria"]

SAME = 1e-6
"""Equilibria closer than this in every coordinate are reported once."""
ROUNDS = 3
"""Times the search is made, each with four times the starts, while the indices do not add up."""
DOUBLINGS = 4
"""Times the starts are at most doubled on supports that keep yielding equilibria."""
WORK = 2e9
"""Limit on numbers read by Newton's method in one call, which bounds its time to some seconds."""
MOST_SUPPORTS = 2000
"""Sizes with more supports than this are not enumerated; with K up to 13 there are none."""
LARGEST_FACE = 3e7
"""Numbers a support may need; larger ones are not solved on."""
CHUNK = 3e6
"""Numbers that Newton's method has in memory at once, if one support needs no more."""


@dataclass(frozen=True, eq=False)
class SymmetricEquilibrium:
    """A mixture that is a best response to opponents who all use it.

    Attributes
    ----------
    distribution : ndarray of float, shape (K,)
        Probability of each strategy; read-only.
    payoff : float
        What each player expects.
    regret : float
        What the best pure strategy earns more; no more than the tolerance it was checked with.
    support : tuple of int
        Strategies with positive probability, rising.
    """

    distribution: FloatArray
    payoff: float
    regret: float
    support: tuple[int, ...]


class NoEquilibriumFound(RuntimeError):
    """No mixture whose regret is within the tolerance was found, though one exists.

    Attributes
    ----------
    best : SymmetricEquilibrium
        The mixture of lowest regret that was found. It is *not* an equilibrium.
    regret : float
        Its regret.
    allowed : float
        The regret that would have been accepted.
    """

    def __init__(self, best: SymmetricEquilibrium, allowed: float) -> None:
        super().__init__(
            f"no symmetric equilibrium found: the lowest regret is {best.regret:g}, "
            f"and at most {allowed:g} is allowed"
        )
        self.best = best
        self.regret = best.regret
        self.allowed = allowed


def symmetric_equilibria(
    game: SymmetricGame, *, tol: float = 1e-9, starts: int = 32, seed: int = 0
) -> list[SymmetricEquilibrium]:
    """Find symmetric equilibria of a game: at least one, and usually all.

    All equilibria with one or two strategies are found. Those with more are found by Newton's
    method from `starts` mixtures for each support, while `WORK` lasts; sizes are tried in order,
    so that the limit falls on the largest. Four players with ten strategies take a quarter of it
    at first; for sixteen players with ten, supports of more than about four are only tried if
    the dynamics suggest them. Equilibria within `SAME` of each other are reported as one.

    Where equilibria are not isolated, only some are listed: ends of straight lines of them, and
    otherwise one for each support.

    Parameters
    ----------
    game : SymmetricGame
    tol : float, default 1e-9
        Regret allowed, relative to ``game.payoff_scale``; positive. Below about 1e-14, rounding can
        make every mixture fail.
    starts : int, default 32
        Starts for each support and for the dynamics, at least 1.
    seed : int, default 0
        Seed of the random starts, at least 0. Results depend on nothing else.

    Returns
    -------
    list of SymmetricEquilibrium
        Not empty. All have a regret of at most ``tol * game.payoff_scale``, and count as equal in
        that; they are sorted by falling payoff, and where payoffs are equal (to 1e-9 of the
        scale) by size of support, then by support.

    Raises
    ------
    InvalidValue
        If `tol`, `starts` or `seed` is out of range.
    NoEquilibriumFound
        If no mixture passes. A larger `tol` or more `starts` can help.

    Examples
    --------
    Stag hunt of two: both hunt the stag, both hunt hares, or each tosses a coin.

    >>> game = SymmetricGame(2, [[4.0, 0.0], [3.0, 1.0]])
    >>> [e.distribution.tolist() for e in symmetric_equilibria(game)]
    [[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]]
    """
    if isinstance(tol, bool) or not isinstance(tol, int | float) or not 0 < tol < math.inf:
        raise InvalidValue("tol", tol, "a positive number")
    for name, value, least in (("starts", starts, 1), ("seed", seed, 0)):
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
            raise InvalidValue(name, value, f"a whole number, at least {least}")
    search = _Search(game, tol * game.payoff_scale, int(seed))
    search.run(int(starts))
    if not search.found:
        raise NoEquilibriumFound(_describe(game, search.best), search.allowed)
    return _sorted(game, [_describe(game, x) for x in search.found])


def solve_symmetric(
    game: SymmetricGame, *, tol: float = 1e-9, starts: int = 32, seed: int = 0
) -> SymmetricEquilibrium:
    """The first of `symmetric_equilibria`, which has the same parameters and errors.

    Returns
    -------
    SymmetricEquilibrium
        Of those found, the one with the highest payoff; of several, one with the smallest support.

    Examples
    --------
    >>> solve_symmetric(SymmetricGame(2, [[4.0, 0.0], [3.0, 1.0]])).payoff
    4.0
    """
    return symmetric_equilibria(game, tol=tol, starts=starts, seed=seed)[0]


class _Search:
    """What was found so far in one game, and the steps that add to it."""

    def __init__(self, game: SymmetricGame, allowed: float, seed: int) -> None:
        self.game = game
        self.allowed = allowed
        # Equilibria depend only on differences between payoffs against the same opponents.
        differences = game.payoffs - game.payoffs.min(axis=0)
        self.normal = SymmetricGame(game.num_players, differences / (game.payoff_scale or 1.0))
        self.rng = default_rng(seed)
        self.work = WORK
        self.found: list[FloatArray] = []
        self.connected: set[tuple[int, ...]] = set()
        self.best = np.full(game.num_strategies, 1 / game.num_strategies)
        self.lowest = math.inf

    def run(self, starts: int) -> None:
        """Search until the indices add up or all rounds are done."""
        strategies = self.game.num_strategies
        for x in np.eye(strategies):
            self.add(x)
        if self.game.payoff_scale == 0:
            return  # nobody's choice changes their own payoff
        for x in pair_candidates(self.normal):
            self.add(x)
        if strategies <= 2 and self.found:
            return
        self.connected.update(itertools.combinations(range(strategies), 2))
        for turn in range(ROUNDS):
            many = starts * 4**turn
            for size in range(3, strategies + 1):
                self.enumerate(size, many)
            self.explore(multiplicative_weights(self.normal, self.starts(strategies, many)))
            if turn == 0 and not self.found:
                for x in logit_path(self.normal):
                    if self.explore(x[None]):
                        break
            if self.found and self.index_sum() in (None, 1):
                break
        if not self.found and self.lowest <= self.allowed:
            self.found.append(self.best)

    def starts(self, size: int, number: int) -> FloatArray:
        """Mixtures to start from, shape (number, size): the uniform one, then random ones."""
        random = self.rng.dirichlet(np.ones(size), number - 1)
        return np.vstack([np.full(size, 1 / size), random])

    def add(self, x: FloatArray, *, singular: bool = False) -> bool:
        """Keep a candidate if it is an equilibrium and new; tell whether it is one."""
        cleaned = np.where(x < 1e-9, 0.0, x)
        for candidate in (cleaned / cleaned.sum(), x)[: 1 + (cleaned != x).any()]:
            regret = self.game.regret(candidate)
            if regret <= self.allowed:
                if all(np.abs(candidate - y).max() >= SAME for y in self.found):
                    self.keep(candidate, singular)
                return True
            if regret < self.lowest:
                self.lowest, self.best = regret, candidate
        return False

    def keep(self, x: FloatArray, singular: bool) -> None:
        """Keep a new equilibrium, or what represents the set of equilibria it belongs to."""
        support = np.flatnonzero(x)
        slopes = self.slopes(x, support)
        if support.size > 1:
            _, spectrum, directions = np.linalg.svd(slopes)
            if singular or is_singular(spectrum):
                members = tuple(support.tolist())
                if members in self.connected:
                    return
                line = np.zeros(x.size)
                line[support] = np.append(directions[-1], -directions[-1].sum())
                ends = x + line * _reach(x, line)[:, None]
                shares = np.linspace(0, 1, self.game.num_players + 1)[:, None]
                points = np.maximum((1 - shares) * ends[0] + shares * ends[1], 0)
                straight = all(self.game.regret(p) <= self.allowed for p in points)
                if straight or support.size > 2:
                    self.connected.add(members)
                if straight:
                    self.add(points[0])
                    self.add(points[-1])
                    return
        self.found.append(x)

    def slopes(self, x: FloatArray, support: IntArray) -> FloatArray:
        """Derivatives (s - 1, s - 1) of payoffs less the last one's, within the support."""
        jacobian = self.normal.deviation_jacobian(x)[np.ix_(support, support)]
        relative = jacobian[:-1] - jacobian[-1]
        return np.asarray(relative[:, :-1] - relative[:, -1:])

    def index_sum(self) -> int | None:
        """Sum of the indices of what was found, or None if one is not regular."""
        total = 0
        for x in self.found:
            support = np.flatnonzero(x)
            payoffs = self.normal.deviation_payoffs(x)
            unused = np.delete(payoffs, support)
            slopes = self.slopes(x, support)
            spectrum = np.linalg.svd(slopes, compute_uv=False)
            if unused.size and unused.max() > payoffs[support].min() - 1e-7:
                return None
            if support.size > 1 and is_singular(spectrum):
                return None
            total += int(np.linalg.slogdet(-slopes)[0])
        return total

    def enumerate(self, size: int, starts: int) -> None:
        """Solve on all supports of one size, again with more starts where that finds something."""
        entries = Faces.entries(self.normal, size)
        number = math.comb(self.game.num_strategies, size)
        if number > MOST_SUPPORTS or entries > LARGEST_FACE:
            return
        if entries * number * NEWTON_STEPS > self.work / 2:
            return
        supports = plausible_supports(self.normal, size)
        for _ in range(DOUBLINGS):
            step = entries * len(supports) * NEWTON_STEPS
            starts = min(starts, int(self.work / 2 / step)) if len(supports) else 0
            if self.game.num_players == 2:
                starts = min(starts, 8)  # the equations are linear
            if starts < 1:
                return
            self.work -= step * starts
            chunk = 1 + int(CHUNK / (entries * max(1, starts / size)))
            points = self.starts(size, starts)
            fruitful: list[tuple[int, ...]] = []
            for first in range(0, len(supports), chunk):
                faces = Faces(self.normal, supports[first : first + chunk])
                fruitful += self.solve(faces, points)
            supports = np.array(sorted(fruitful), dtype=np.int64).reshape(-1, size)
            starts *= 2

    def solve(self, faces: Faces, starts: FloatArray) -> set[tuple[int, ...]]:
        """Add what Newton's method finds; the supports on which isolated equilibria were new."""
        fruitful = set()
        for x, singular in faces.solve(starts):
            support = tuple(np.flatnonzero(x).tolist())
            if singular and support in self.connected:
                continue
            before = len(self.found)
            self.add(x, singular=singular)
            if len(self.found) > before and len(support) == faces.supports.shape[1]:
                fruitful.add(support)
        return fruitful

    def explore(self, points: FloatArray) -> bool:
        """Solve on the supports that rough solutions, shape (M, K), suggest; tell of success."""
        success = False
        for threshold in (1e-2, 1e-5):
            used = points > threshold
            for row in np.unique(used, axis=0):
                support = np.flatnonzero(row)
                if support.size == 1:
                    success |= self.add(row.astype(np.float64))
                elif Faces.entries(self.normal, support.size) <= LARGEST_FACE:
                    near = points[(used == row).all(axis=1)][:, support]
                    near /= near.sum(axis=1, keepdims=True)
                    for x, singular in Faces(self.normal, support[None]).solve(near):
                        success |= self.add(x, singular=singular)
        return success


def _reach(x: FloatArray, line: FloatArray) -> FloatArray:
    """Least and greatest multiple of `line` that leaves `x` without negative entries."""
    moving = np.abs(line) > 1e-12
    limits = -x[moving] / line[moving]
    return np.array([limits[limits <= 0].max(), limits[limits >= 0].min()])


def _describe(game: SymmetricGame, x: FloatArray) -> SymmetricEquilibrium:
    distribution = x / x.sum()
    distribution.flags.writeable = False
    support = tuple(np.flatnonzero(distribution).tolist())
    return SymmetricEquilibrium(
        distribution, game.payoff(distribution), game.regret(distribution), support
    )


def _sorted(
    game: SymmetricGame, equilibria: list[SymmetricEquilibrium]
) -> list[SymmetricEquilibrium]:
    """Sort by payoff, falling, and within runs of equal payoffs by size of support."""
    falling = sorted(equilibria, key=lambda e: -e.payoff)
    run = 0
    keys = []
    for i, e in enumerate(falling):
        if i and falling[i - 1].payoff - e.payoff > 1e-9 * game.payoff_scale:
            run += 1
        keys.append((run, len(e.support), e.support, i))
    return [falling[key[-1]] for key in sorted(keys)]
