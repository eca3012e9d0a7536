"""The empirical game of a pool of strategies: payoffs of all compositions, sampled.

Players are seated at random. So what counts is which strategies play, their *composition*, and a
payoff is a mean over the orders in which they can be seated. Every composition gets the same
episodes of the seed, shared evenly among its orders: all compositions meet the same luck (common
random numbers), and none is played more often than its precision needs.
"""

import itertools
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from bucket_brigade.counts import each_once
from bucket_brigade.equilibrium.symmetric import SymmetricGame, enumerate_compositions
from bucket_brigade.errors import InvalidValue
from bucket_brigade.scenario import Scenario
from bucket_brigade.simulation import BLOCK, simulate
from bucket_brigade.strategies import Strategy, as_strategy

__all__ = ["MOST_ORDERS", "PURPOSE", "EmpiricalGame", "Seating", "purpose_start"]

#: Orders of a composition that are played; where there are more, as many drawn at random.
MOST_ORDERS = 48
#: Episodes set aside for each purpose of a seed: purpose k plays from k · 2^60 on.
PURPOSE = 1 << 60

Lineup = tuple[int, ...]


def purpose_start(k: int) -> int:
    """First episode of purpose `k`, 0 to 15.

    Estimating the game, searching, selecting and evaluating play different episodes, so that what
    was selected for being lucky is evaluated with other luck.
    """
    return k * PURPOSE


@dataclass(frozen=True)
class Seating:
    """Who is the focal player: whoever sits at `seat`, or one seated at random.

    Attributes
    ----------
    agents : int
        Number of seats.
    seat : int or None
        The focal seat; None for a random one, which is what makes the game symmetric.
    """

    agents: int
    seat: int | None = None

    def __post_init__(self) -> None:
        if self.agents < 2:
            raise InvalidValue("num_agents", self.agents, "at least 2 agents, for an equilibrium")
        if self.seat is not None and (
            isinstance(self.seat, bool)
            or not isinstance(self.seat, int | np.integer)
            or not 0 <= self.seat < self.agents
        ):
            raise InvalidValue("seat", self.seat, f"a seat from 0 to {self.agents - 1}, or None")

    @property
    def focal(self) -> list[int]:
        """Seats at which a payoff is read."""
        return list(range(self.agents)) if self.seat is None else [int(self.seat)]

    def cell(self, own: int, counts: Sequence[int]) -> "Cell":
        """What to play to learn the payoff of `own` against opponents counted by `counts`."""
        others = [s for s, count in enumerate(counts) for _ in range(count)]
        if self.seat is None:
            return Cell(None, tuple(sorted([own, *others])))
        return Cell(own, tuple(others))

    def orders(self, cell: "Cell") -> list[Lineup]:
        """The line-ups of a cell: all its distinct orders, or a random few of very many."""
        orders = _orders(cell.strategies)
        if cell.own is None or self.seat is None:
            return orders
        seat = int(self.seat)
        return [(*order[:seat], cell.own, *order[seat:]) for order in orders]


@dataclass(frozen=True)
class Cell:
    """Line-ups that are played for the same payoffs.

    Attributes
    ----------
    own : int or None
        The strategy at the focal seat, where there is one.
    strategies : tuple of int
        All other strategies, sorted.
    """

    own: int | None
    strategies: Lineup


def _orders(strategies: Lineup) -> list[Lineup]:
    number = math.factorial(len(strategies))
    for count in Counter(strategies).values():
        number //= math.factorial(count)
    if number <= MOST_ORDERS:
        return sorted(set(_permutations(strategies)))
    # Evenly drawn seatings keep the mean over seatings unbiased; the strategies seed the choice,
    # so that it is always the same.
    rng = np.random.default_rng(list(strategies))
    return [tuple(rng.permutation(strategies).tolist()) for _ in range(MOST_ORDERS)]


def _permutations(strategies: Lineup) -> Iterable[Lineup]:
    """Distinct orders, without going through those that only swap equal strategies."""
    if not strategies:
        return [()]
    firsts = sorted(set(strategies))
    orders: list[Lineup] = []
    for first in firsts:
        rest = list(strategies)
        rest.remove(first)
        orders += [(first, *order) for order in _permutations(tuple(rest))]
    return orders


class EmpiricalGame:
    """Sampled payoffs of a growing pool of strategies.

    Parameters
    ----------
    scenario : Scenario
        The game, of at least two agents.
    episodes : int
        Episodes of each composition, at least; rounded up to whole blocks for each order.
    seed : int
        Their seed (purpose 0).
    seat : int, optional
        The focal seat, to reproduce results that were read there; by default players are seated
        at random.
    **options
        `threads`, `backend` for `simulate`.

    Attributes
    ----------
    pool : list of ndarray, shape (10,)
        The strategies.
    episodes_played : int
        Episodes of all line-ups so far.
    backend : str
        What played them (see `EventCounts.backend`); empty before anything is played.
    """

    def __init__(
        self,
        scenario: Scenario,
        *,
        episodes: int,
        seed: int = 0,
        seat: int | None = None,
        **options: Any,
    ) -> None:
        self.scenario = scenario
        self.seating = Seating(scenario.num_agents, seat)
        self.episodes = episodes
        self.seed = seed
        self.pool: list[Strategy] = []
        self.episodes_played = 0
        self.backend = ""
        self._options = options
        self._payoffs: dict[Cell, dict[int, float]] = {}

    def add(self, strategy: object) -> int:
        """Adds a strategy to the pool, and returns its index; one already there is not repeated."""
        theta = as_strategy(strategy)
        for i, known in enumerate(self.pool):
            if np.array_equal(known, theta):
                return i
        self.pool.append(theta)
        return len(self.pool) - 1

    def game(self) -> SymmetricGame:
        """The symmetric game of the pool. Only compositions not known yet are simulated."""
        size, opponents = len(self.pool), self.scenario.num_agents - 1
        compositions = enumerate_compositions(opponents, size).tolist()
        entries = [(s, c) for s in range(size) for c in range(len(compositions))]
        cells = {(s, c): self.seating.cell(s, compositions[c]) for s, c in entries}
        self._play([cell for cell in dict.fromkeys(cells.values()) if cell not in self._payoffs])
        payoffs = np.zeros((size, len(compositions)))
        for (s, c), cell in cells.items():
            payoffs[s, c] = self._payoffs[cell][s]
        return SymmetricGame(opponents + 1, payoffs)

    def _play(self, cells: list[Cell]) -> None:
        by_orders: dict[int, list[tuple[Cell, list[Lineup]]]] = {}
        for cell in cells:
            orders = self.seating.orders(cell)
            by_orders.setdefault(len(orders), []).append((cell, orders))
        for number, group in sorted(by_orders.items()):
            share = BLOCK * math.ceil(self.episodes / number / BLOCK)
            sums = [Counter[int]() for _ in group]
            seats = [Counter[int]() for _ in group]
            for i in range(number):
                lineups = [orders[i] for _, orders in group]
                result = simulate(
                    self.scenario,
                    lineups,
                    pool=self.pool,
                    episodes=share,
                    seed=self.seed,
                    first_episode=purpose_start(0) + i * share,
                    **self._options,
                )
                self.episodes_played += share * len(lineups)
                self.backend = each_once(self.backend, result.backend)
                for j, seat in itertools.product(range(len(group)), self.seating.focal):
                    strategy = lineups[j][seat]
                    sums[j][strategy] += result.mean[j, seat]
                    seats[j][strategy] += 1
            for (cell, _), total, times in zip(group, sums, seats, strict=True):
                self._payoffs[cell] = {s: float(total[s]) / times[s] for s in times}


def mixture_entry(distribution: npt.NDArray[np.float64]) -> dict[int, float]:
    """A seat entry that draws from the pool: strategies with a weight, renormalised."""
    kept = {i: float(w) for i, w in enumerate(distribution) if w > 0}
    total = sum(kept.values())
    return {i: w / total for i, w in kept.items()}
