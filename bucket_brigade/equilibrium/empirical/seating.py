"""Seatings: the line-ups from which the payoffs of a symmetric game are read.

Players are seated at random. So what counts is which strategies play, their *composition*, and a
payoff is a mean over the orders in which they can be seated.
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import default_rng

from bucket_brigade.errors import InvalidValue

__all__ = ["MOST_ORDERS", "Cell", "Seating", "reduced_players", "scaled"]

#: Orders of a composition that are played; where there are more, as many drawn at random.
MOST_ORDERS = 48
#: Payoffs of a restricted game; where there would be more, players are reduced.
MOST_PAYOFFS = 5_000

Lineup = tuple[int, ...]


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


@dataclass(frozen=True)
class Seating:
    """The choice of the focal player: the one at `seat`, or one seated at random.

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
    def focal(self) -> tuple[int, ...]:
        """Seats at which a payoff is read."""
        return tuple(range(self.agents)) if self.seat is None else (int(self.seat),)

    def cell(self, own: int, counts: Sequence[int]) -> Cell:
        """The line-ups that tell the payoff of `own` against opponents counted by `counts`."""
        others = [s for s, count in enumerate(counts) for _ in range(count)]
        if self.seat is None:
            return Cell(None, tuple(sorted([own, *others])))
        return Cell(own, tuple(others))

    def orders(self, cell: Cell, most: int = MOST_ORDERS) -> list[Lineup]:
        """The line-ups of a cell: all its distinct orders, or `most` random ones of even more."""
        orders = _orders(cell.strategies, most)
        if cell.own is None or self.seat is None:
            return orders
        seat = int(self.seat)
        return [(*order[:seat], cell.own, *order[seat:]) for order in orders]


def _orders(strategies: Lineup, most: int) -> list[Lineup]:
    number = math.factorial(len(strategies))
    for count in Counter(strategies).values():
        number //= math.factorial(count)
    if number <= most:
        return sorted(_permutations(strategies))
    # Evenly drawn seatings keep the mean over seatings unbiased; the strategies seed the choice,
    # so that it is always the same.
    rng = default_rng(list(strategies))
    return [tuple(rng.permutation(strategies).tolist()) for _ in range(most)]


def _permutations(strategies: Lineup) -> Iterable[Lineup]:
    """Distinct orders, without going through those that only swap equal strategies."""
    if not strategies:
        return [()]
    orders: list[Lineup] = []
    for first in sorted(set(strategies)):
        rest = list(strategies)
        rest.remove(first)
        orders += [(first, *order) for order in _permutations(tuple(rest))]
    return orders


def reduced_players(agents: int, strategies: int) -> int:
    """Players of the restricted game of a pool: all, or as many as `MOST_PAYOFFS` allows.

    Fewer players stand for all in the deviation-preserving reduction [1]_: the focal player stands
    for itself, and each of the others for an equal share of the opponents.

    References
    ----------
    .. [1] B. Wiedenbeck, M. P. Wellman, "Scaling simulation-based game analysis through
       deviation-preserving reduction", AAMAS 2012.
    """
    players = agents
    while players > 2 and strategies * math.comb(players + strategies - 2, strategies - 1) > (
        MOST_PAYOFFS
    ):
        players -= 1
    return players


def scaled(counts: Sequence[int], opponents: int) -> list[int]:
    """Counts of reduced opponents as counts of all opponents, by largest remainders.

    Where the number of opponents is a multiple, every count is multiplied; elsewhere the counts
    come as close as whole numbers can, earlier strategies first.
    """
    total = sum(counts)
    floors = [opponents * count // total for count in counts]
    rests = [opponents * count % total for count in counts]
    ranked = sorted(range(len(counts)), key=lambda s: (-rests[s], s))
    for s in ranked[: opponents - sum(floors)]:
        floors[s] += 1
    return floors
