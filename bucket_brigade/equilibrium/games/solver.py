"""Symmetric equilibria of symmetric games.

Strategies that another one always beats are dropped first. A game of two players that is not too
large is then solved completely, in rational arithmetic. Otherwise the search goes from exact to
exploratory, and trusts nothing but regret:

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

from bucket_brigade._arrays import FloatArray, IntArray
from bucket_brigade.by_value import ComparedByValue
from bucket_brigade.equilibrium.games.approximation import logit_path, multiplicative_weights
from bucket_brigade.equilibrium.games.comparison import Comparison, undominated, with_exact_ties
from bucket_brigade.equilibrium.games.support_enumeration import (
    NEWTON_STEPS,
    Faces,
    is_singular,
    pair_candidates,
    plausible_supports,
)
from bucket_brigade.equilibrium.games.symmetric_game import SymmetricGame, as_game
from bucket_brigade.equilibrium.games.two_players import extreme_equilibria
from bucket_brigade.errors import InvalidValue

__all__ = ["NoEquilibriumFound", "SymmetricEquilibrium", "solve_symmetric", "symmetric_equilibria"]

SAME = 1e-6
"""Equilibria closer than this in every coordinate are reported once, if they have the same best
responses."""
REGULAR = 1e-7
"""Relative regret of what is nearly a best response."""
NEAR = 1e-4
"""Corners of a set of equilibria closer than this are one: they are only as exact as regret is."""
MOST_EXACT = 10
"""Strategies with which a game of two players is solved in rational arithmetic, at most."""
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
class SymmetricEquilibrium(ComparedByValue):
    """A mixture that is a best response to opponents who all use it.

    Attributes
    ----------
    distribution : ndarray of float, shape (K,)
        Probability of each strategy; read-only.
    payoff : float
        What each player expects.
    regret : float
        What the best pure strategy earns more, in the unit of payoffs; next to nothing.
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
        The mixture that comes nearest. It is *not* an equilibrium.
    regret : float
        Its relative regret (see `symmetric_equilibria`).
    allowed : float
        The relative regret that would have been accepted.
    """

    def __init__(self, best: SymmetricEquilibrium, regret: float, allowed: float) -> None:
        super().__init__(
            f"no symmetric equilibrium found: the lowest relative regret is {regret:g}, "
            f"and at most {allowed:g} is allowed"
        )
        self.best = best
        self.regret = regret
        self.allowed = allowed


def symmetric_equilibria(
    game: SymmetricGame, *, tol: float = 1e-9, starts: int = 32, seed: int = 0
) -> list[SymmetricEquilibrium]:
    """Find symmetric equilibria of a game: at least one, and usually all.

    Two players: all *extreme* equilibria, up to `MOST_EXACT` strategies that no other one always
    beats. Where equilibria are not isolated they form polytopes, each of mixtures with the same
    best responses, and the corners of these are listed: both ends of a line, the corners of a face.

    More players, or strategies: all equilibria with one or two strategies. Those with more are
    found by Newton's method from `starts` mixtures for each support, while `WORK` lasts; sizes are
    tried in order, so that the limit falls on the largest. Four players with ten strategies take a
    quarter of it at first; for sixteen players with ten, supports of more than about four are only
    tried if the dynamics suggest them. Where equilibria are not isolated, only some are listed: the
    ends of straight lines of them, and otherwise one for each support.

    Two strategies are compared on their own scale. In an equilibrium none earns more than one that
    is played, beyond a *relative regret* of `tol`: the mean difference of their payoffs, as a part
    of the mean size of that difference, against opponents who play the mixture. Payoffs within
    1e-12 of each other, in parts of their size or of ``game.payoff_scale`` if that is less, are
    taken for equal. So units do not matter, nor do strategies that are far worse.

    Parameters
    ----------
    game : SymmetricGame
    tol : float, default 1e-9
        Relative regret allowed; positive. Below about 1e-14, rounding can make every mixture fail.
    starts : int, default 32
        Starts for each support and for the dynamics, at least 1.
    seed : int, default 0
        Seed of the starts that are added where equilibria seem to be missing, at least 0. The first
        ones are always the same, and with them all that is listed of sets of equilibria.

    Returns
    -------
    list of SymmetricEquilibrium
        Not empty. They are sorted by falling payoff, and where payoffs are equal (to 1e-9 of their
        size, or of ``payoff_scale`` if that is less) by size of support, then by support.

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
    as_game(game)
    if isinstance(tol, bool) or not isinstance(tol, int | float) or not 0 < tol < math.inf:
        raise InvalidValue("tol", tol, "a positive number")
    for name, value, least in (("starts", starts, 1), ("seed", seed, 0)):
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
            raise InvalidValue(name, value, f"a whole number, at least {least}")
    left = undominated(game)
    search = _Search(with_exact_ties(game.restricted(left)), tol, int(seed))
    search.run(int(starts))

    def described(x: FloatArray) -> SymmetricEquilibrium:
        distribution = np.zeros(game.num_strategies)
        distribution[left] = x / x.sum()
        distribution.flags.writeable = False
        support = tuple(np.flatnonzero(distribution).tolist())
        return SymmetricEquilibrium(
            distribution, game.payoff(distribution), game.regret(distribution), support
        )

    if not search.found:
        raise NoEquilibriumFound(described(search.best), search.lowest, tol)
    return _sorted([described(x) for x in search.found], search.game.payoff_scale)


def solve_symmetric(
    game: SymmetricGame, *, tol: float = 1e-9, starts: int = 32, seed: int = 0
) -> SymmetricEquilibrium:
    """The first of `symmetric_equilibria`, which raises the same errors.

    Parameters
    ----------
    game : SymmetricGame
        The game.
    tol, starts, seed
        As for `symmetric_equilibria`.

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
    """What was found so far in a game with exact ties, and the steps that add to it."""

    def __init__(self, game: SymmetricGame, allowed: float, seed: int) -> None:
        self.game = game
        self.compare = Comparison(game)
        self.allowed = allowed
        # Equilibria depend only on differences between payoffs against the same opponents.
        differences = game.payoffs - game.payoffs.min(axis=0)
        self.normal = SymmetricGame(game.num_players, differences / (game.payoff_scale or 1.0))
        self.seed = seed
        self.rng = default_rng(0)
        self.work = WORK
        self.found: list[FloatArray] = []
        self.connected: set[tuple[int, ...]] = set()
        self.best = np.full(game.num_strategies, 1 / game.num_strategies)
        self.lowest = math.inf

    def run(self, starts: int) -> None:
        """Search until the indices add up or all rounds are done."""
        players, strategies = self.game.num_players, self.game.num_strategies
        if players == 2 and strategies <= MOST_EXACT:
            for x in extreme_equilibria(self.game):
                if self.is_equilibrium(x):
                    self.found.append(x)
            if self.found:
                return
        for x in np.eye(strategies):
            self.add(x)
        if self.game.payoff_scale == 0:
            return  # nobody's choice changes their own payoff
        for x in pair_candidates(self.game):
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
            self.rng = default_rng((self.seed, turn))

    def starts(self, size: int, number: int) -> FloatArray:
        """Mixtures to start from, shape (number, size): the uniform one, then random ones."""
        random = self.rng.dirichlet(np.ones(size), number - 1)
        return np.vstack([np.full(size, 1 / size), random])

    def is_equilibrium(self, x: FloatArray) -> bool:
        """Whether the relative regret is small enough; the smallest one is noted."""
        regret = self.compare.relative_regret(x)
        if regret < self.lowest:
            self.lowest, self.best = regret, x
        return regret <= self.allowed

    def add(self, x: FloatArray, *, singular: bool = False) -> bool:
        """Keep a candidate if it is an equilibrium and new; tell whether it is one."""
        cleaned = np.where(x < 1e-9, 0.0, x)
        cleaned /= cleaned.sum()
        good = self.is_equilibrium(x)
        if (cleaned != x).any() and self.is_equilibrium(cleaned):
            # Rarely played is not the same as never, if playing it alone would cost something.
            played = np.flatnonzero(x)
            if not good or self.compare.best_responses(cleaned, self.allowed)[played].all():
                x, good = cleaned, True
        if good and self.is_new(x):
            self.keep(x, singular)
        return good

    def is_new(self, x: FloatArray) -> bool:
        """Whether no equilibrium so near with the same best responses was found before."""
        near = [y for y in self.found if np.abs(x - y).max() < SAME]
        if not near:
            return True
        responses = self.compare.best_responses(x, self.allowed)
        return all(
            (self.compare.best_responses(y, self.allowed) != responses).any()
            and (np.sign(x) != np.sign(y)).any()
            for y in near
        )

    def keep(self, x: FloatArray, singular: bool) -> None:
        """Keep a new equilibrium, or the corners of the set of equilibria it belongs to."""
        support = np.flatnonzero(x)
        members = tuple(support.tolist())
        if support.size > 1 and (singular or self.direction(x, support) is not None):
            if members in self.connected:
                return
            corners = self.corners(x)
            if corners or support.size > 2:
                self.connected.add(members)
            for corner in corners:
                if self.is_new(corner):
                    self.found.append(corner)
            if corners:
                return
        self.found.append(x)

    def corners(self, x: FloatArray) -> list[FloatArray]:
        """Corners of the set of equilibria around `x`, as far as lines in it are straight."""
        corners: list[FloatArray] = []
        pending, seen = [x], list[FloatArray]()
        while pending:
            x = pending.pop()
            if any(np.abs(x - y).max() < NEAR for y in seen):
                continue
            seen.append(x)
            support = np.flatnonzero(x)
            tied = np.flatnonzero(self.compare.best_responses(x, self.allowed))
            line = self.direction(x, tied) if support.size > 1 else None
            if line is None:
                corners.append(x)
                continue
            ends = x + line * _reach(x, line)[:, None]
            ends = np.where(ends < 1e-12, 0.0, ends)
            ends /= ends.sum(axis=1, keepdims=True)
            shares = np.linspace(0, 1, self.game.num_players + 1)[:, None]
            points = (1 - shares) * ends[0] + shares * ends[1]
            if any(self.compare.relative_regret(p, support) > self.allowed for p in points):
                return []  # not straight
            reached = [self.last(x, end) for end in ends]
            if all(np.abs(x - end).max() < NEAR for end in reached):
                corners.append(x)
            pending += reached
        return corners

    def last(self, x: FloatArray, end: FloatArray) -> FloatArray:
        """The last equilibrium on the way from one to `end`: there another strategy catches up."""
        low, high = 0.0, 1.0
        if self.compare.relative_regret(end) <= self.allowed:
            return end
        while high - low > 1e-15:
            middle = (low + high) / 2
            if self.compare.relative_regret((1 - middle) * x + middle * end) <= self.allowed:
                low = middle
            else:
                high = middle
        return (1 - low) * x + low * end

    def direction(self, x: FloatArray, tied: IntArray) -> FloatArray | None:
        """A direction within the support in which those tied go on earning the same, if any."""
        support = np.flatnonzero(x)
        slopes = self.slopes(x, tied)
        _, spectrum, directions = np.linalg.svd(slopes)
        if len(slopes) >= support.size - 1 and not is_singular(spectrum):
            return None
        line = np.zeros(x.size)
        line[support] = np.append(directions[-1], -directions[-1].sum())
        return line

    def slopes(self, x: FloatArray, tied: IntArray) -> FloatArray:
        """Slopes along the support of what strategies earn more than the last of them.

        Shape (t - 1, s - 1), in units of the largest slope.
        """
        jacobian = self.game.deviation_jacobian(x)[np.ix_(tied, np.flatnonzero(x))]
        relative = jacobian[:-1] - jacobian[-1]
        slopes = relative[:, :-1] - relative[:, -1:]
        return np.asarray(slopes / (np.abs(relative).max(initial=0.0) or 1.0))

    def index_sum(self) -> int | None:
        """Sum of the indices of what was found, or None if one is not regular."""
        total = 0
        for x in self.found:
            support = np.flatnonzero(x)
            if self.compare.best_responses(x, REGULAR).sum() > support.size:
                return None
            slopes = self.slopes(x, support)
            if support.size > 1 and is_singular(np.linalg.svd(slopes, compute_uv=False)):
                return None
            total += int(np.linalg.slogdet(-slopes)[0])
        return total

    def enumerate(self, size: int, starts: int) -> None:
        """Solve on all supports of one size, again with more starts where that finds something."""
        entries = Faces.entries(self.game, size)
        number = math.comb(self.game.num_strategies, size)
        if number > MOST_SUPPORTS or entries > LARGEST_FACE:
            return
        if entries * number * NEWTON_STEPS > self.work / 2:
            return
        supports = plausible_supports(self.game, size)
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
                faces = Faces(self.game, supports[first : first + chunk])
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
                elif Faces.entries(self.game, support.size) <= LARGEST_FACE:
                    near = points[(used == row).all(axis=1)][:, support]
                    near /= near.sum(axis=1, keepdims=True)
                    for x, singular in Faces(self.game, support[None]).solve(near):
                        success |= self.add(x, singular=singular)
        return success


def _reach(x: FloatArray, line: FloatArray) -> FloatArray:
    """Least and greatest multiple of `line` that leaves `x` without negative entries."""
    moving = np.abs(line) > 1e-12
    limits = -x[moving] / line[moving]
    return np.array([limits[limits <= 0].max(), limits[limits >= 0].min()])


def _sorted(equilibria: list[SymmetricEquilibrium], scale: float) -> list[SymmetricEquilibrium]:
    """Sort by payoff, falling, and within runs of equal payoffs by size of support."""
    falling = sorted(equilibria, key=lambda e: -e.payoff)
    run = 0
    keys = []
    for i, e in enumerate(falling):
        before = falling[i - 1].payoff
        if i and before - e.payoff > 1e-9 * min(scale, max(abs(before), abs(e.payoff))):
            run += 1
        keys.append((run, len(e.support), e.support, i))
    return [falling[key[-1]] for key in sorted(keys)]
