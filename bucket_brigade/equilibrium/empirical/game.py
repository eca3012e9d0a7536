"""The empirical game of a pool of strategies: payoffs of all compositions, known or sampled.

Every composition gets the same episodes of the seed, shared evenly among the orders in which it can
be seated: all compositions meet the same luck (common random numbers), and none is played more
often than its precision needs. Nothing is played twice: a strategy that joins brings its own
compositions, and more precision means further episodes.

Episodes are dealt to a fixed number of batches, and payoffs kept for each batch. Batches are
independent of one another, and within a batch all payoffs share their luck. So the spread of any
function of the payoffs between batches gives its standard error, pairing included, in memory that
does not grow with the episodes.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from bucket_brigade._arrays import FloatArray
from bucket_brigade.equilibrium.empirical.seating import (
    MOST_ORDERS,
    Cell,
    Lineup,
    Seating,
    reduced_players,
    scaled,
)
from bucket_brigade.equilibrium.games.symmetric_game import SymmetricGame, enumerate_compositions
from bucket_brigade.equilibrium.payoffs.sources import PayoffSource
from bucket_brigade.errors import InvalidValue
from bucket_brigade.policies.kinds import as_policy
from bucket_brigade.policies.spaces import Member, as_member
from bucket_brigade.simulation.simulator import BLOCK

__all__ = ["EmpiricalGame"]


#: Orders of a composition that are computed exactly at most.
MOST_EXACT_ORDERS = 5040
#: Episodes set aside for each order of a composition. Each begins with another batch, so that many
#: orders of few blocks fill all batches.
ORDER = (1 << 48) + 5 * BLOCK


class EmpiricalGame:
    """Payoffs of a growing pool of strategies.

    Parameters
    ----------
    source : PayoffSource
        Where payoffs come from.
    episodes : int
        Episodes of each composition, at least; rounded up to whole blocks for each order. Without
        meaning for exact payoffs.
    seat : int, optional
        The focal seat, to reproduce results that were read there; by default players are seated
        at random.

    Attributes
    ----------
    pool : list of ndarray, shape (10,), or Policy
        The strategies, no two of which play alike.
    """

    def __init__(
        self, source: PayoffSource, *, episodes: int = 10_000, seat: int | None = None
    ) -> None:
        self.source = source
        self.seating = Seating(source.scenario.num_agents, seat)
        self.episodes = episodes
        self.pool: list[Member] = []
        # For every cell: sums of returns of its strategies (S, B), and episodes of each batch (B,).
        self._cells: dict[Cell, tuple[FloatArray, FloatArray]] = {}
        self._played: dict[Cell, int] = {}

    def add(self, strategy: object) -> int:
        """Adds a strategy to the pool, and returns its index, or that of one that plays alike."""
        member, key = as_member(strategy), as_policy(strategy).key
        known = [as_policy(each).key for each in self.pool]
        if key in known:
            return known.index(key)
        self.pool.append(member)
        return len(self.pool) - 1

    def game(self, chosen: Sequence[int] | None = None) -> "RestrictedGame":
        """The game of the pool, or of some of it. Only what is not known yet is computed.

        Parameters
        ----------
        chosen : sequence of int, optional
            Indices into the pool; by default all.
        """
        indices = list(range(len(self.pool)) if chosen is None else chosen)
        players, cells = self._cells_of(indices)
        self._compute(list(dict.fromkeys(cells.values())))
        size, compositions = len(indices), len(cells) // len(indices)
        batches = next(iter(self._cells.values()))[1].size
        sums = np.zeros((size, compositions, batches))
        sizes = np.zeros((size, compositions, batches))
        for (s, c), cell in cells.items():
            of_cell, episodes = self._cells[cell]
            sums[s, c] = of_cell[_strategies(cell).index(indices[s])]
            sizes[s, c] = episodes
        return RestrictedGame(tuple(indices), players, sums, sizes)

    def compositions(self) -> int:
        """The number of compositions that the game of the pool takes, each with `episodes`."""
        return len(set(self._cells_of(range(len(self.pool)))[1].values()))

    def state(self) -> dict[str, Any]:
        """All that was computed, as JSON knows it."""
        return {
            "episodes": self.episodes,
            "pool": [as_policy(member).to_json() for member in self.pool],
            "cells": [
                {
                    "own": cell.own,
                    "strategies": list(cell.strategies),
                    "played": self._played[cell],
                    "sums": sums.tolist(),
                    "sizes": sizes.tolist(),
                }
                for cell, (sums, sizes) in self._cells.items()
            ],
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Takes over what `state` gave."""
        self.episodes = state["episodes"]
        self.pool = [as_member(each) for each in state["pool"]]
        for entry in state["cells"]:
            cell = Cell(entry["own"], tuple(entry["strategies"]))
            self._cells[cell] = np.array(entry["sums"]), np.array(entry["sizes"])
            self._played[cell] = entry["played"]

    def _cells_of(self, indices: Sequence[int]) -> tuple[int, dict[tuple[int, int], Cell]]:
        """Players of a restricted game, and which cell each payoff (s, c) is read from."""
        agents = self.source.scenario.num_agents
        players = reduced_players(agents, len(indices))
        compositions = enumerate_compositions(players - 1, len(indices)).tolist()
        return players, {
            (s, c): self.seating.cell(own, _over_pool(indices, scaled(counts, agents - 1)))
            for s, own in enumerate(indices)
            for c, counts in enumerate(compositions)
        }

    def _compute(self, cells: Sequence[Cell]) -> None:
        exact = self.source.is_exact
        most = MOST_EXACT_ORDERS if exact else MOST_ORDERS
        groups: dict[tuple[int, int], list[tuple[Cell, list[Lineup]]]] = {}
        for cell in cells:
            orders = self.seating.orders(cell, most)
            if exact and len(orders) == MOST_EXACT_ORDERS:
                allowed = f"agents whose strategies have fewer than {MOST_EXACT_ORDERS} orders"
                raise InvalidValue("num_agents", self.seating.agents, f"{allowed}, to be exact")
            played = self._played.get(cell, 0)
            if played < self._share(len(orders)):
                groups.setdefault((len(orders), played), []).append((cell, orders))
        if exact and groups:
            # All at once, for all threads; what is known takes no time below.
            every = [lineup for group in groups.values() for _, each in group for lineup in each]
            self.source.batches(self.pool, every, 0, 1)
        for (number, played), group in sorted(groups.items(), key=lambda item: item[0]):
            share = self._share(number)
            steps = [range(number)] if exact else [range(i, i + 1) for i in range(number)]
            for step in steps:
                lineups = [orders[i] for _, orders in group for i in step]
                sums, sizes = self.source.batches(
                    self.pool, lineups, step[0] * ORDER + played, share - played
                )
                for j, (cell, orders) in enumerate(group):
                    own = sums[j * len(step) : (j + 1) * len(step)]
                    self._gather(cell, [orders[i] for i in step], own, sizes)
            for cell, _ in group:
                self._played[cell] = share

    def _share(self, orders: int) -> int:
        """Episodes of each of a composition's orders; exact payoffs are those of one episode."""
        return 1 if self.source.is_exact else BLOCK * math.ceil(self.episodes / orders / BLOCK)

    def _gather(
        self, cell: Cell, orders: Sequence[Lineup], sums: FloatArray, sizes: FloatArray
    ) -> None:
        """Adds the returns of some orders: of each strategy, means over the seats it has."""
        strategies = _strategies(cell)
        known, episodes = self._cells.get(
            cell, (np.zeros((len(strategies), sizes.size)), np.zeros(sizes.size))
        )
        for lineup, returns in zip(orders, sums, strict=True):
            for s, strategy in enumerate(strategies):
                seats = [seat for seat in self.seating.focal if lineup[seat] == strategy]
                # How often a strategy sits at a focal seat is the same in all of a cell's orders.
                known[s] += returns[seats].sum(axis=0) / max(len(seats), 1)
        self._cells[cell] = known, episodes + sizes * len(orders)


def _strategies(cell: Cell) -> list[int]:
    """Whose payoffs a cell holds."""
    return sorted(set(cell.strategies)) if cell.own is None else [cell.own]


def _over_pool(indices: Sequence[int], counts: Sequence[int]) -> list[int]:
    """Counts of some strategies of a pool as counts of all up to the last of them."""
    result = [0] * (max(indices) + 1)
    for index, count in zip(indices, counts, strict=True):
        result[index] += count
    return result


class RestrictedGame:
    """The symmetric game of some strategies of a pool.

    Parameters
    ----------
    indices : tuple of int
        The K strategies, as indices into the pool.
    players : int
        Players: all agents, or fewer that stand for all of them (see `reduced_players`).
    sums : ndarray of float64, shape (K, C, B)
        Sums of the payoffs in each of B batches of episodes; one batch if exact.
    sizes : ndarray of float64, shape (K, C, B)
        Episodes of each batch.

    Attributes
    ----------
    game : SymmetricGame
        Its mean payoffs.
    batches : ndarray of float64, shape (K, C, B)
        Payoffs of each batch of episodes; NaN where there were too few.
    """

    def __init__(
        self, indices: tuple[int, ...], players: int, sums: FloatArray, sizes: FloatArray
    ) -> None:
        self.indices = indices
        self.players = players
        self.game = SymmetricGame(players, sums.sum(axis=2) / sizes.sum(axis=2))
        with np.errstate(invalid="ignore", divide="ignore"):
            self.batches: FloatArray = sums / sizes

    @property
    def stderr(self) -> FloatArray:
        """Standard errors of the payoffs, shape (K, C); zeros if exact."""
        return _error(self.batches)

    def gains(self, x: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
        """The gain of each strategy over a mixture, with standard errors.

        Parameters
        ----------
        x : array_like of float, shape (K,)
            The mixture from which all others draw.

        Returns
        -------
        gains, errors : ndarray of float64, shape (K,)
            Errors are paired; zeros if exact, NaN with too few episodes.
        """
        mixture = np.asarray(x, dtype=np.float64)

        def gains(game: SymmetricGame) -> FloatArray:
            payoffs = game.deviation_payoffs(mixture)
            return np.asarray(payoffs - mixture @ payoffs)

        mean = gains(self.game)
        if np.isnan(self.batches).any():
            return mean, np.full_like(mean, np.nan)
        each = [gains(SymmetricGame(self.players, p)) for p in np.moveaxis(self.batches, 2, 0)]
        return mean, _error(np.stack(each, axis=-1))


def _error(batches: FloatArray) -> FloatArray:
    """Standard errors of means over batches, the last axis; zeros for the one that is exact."""
    number = batches.shape[-1]
    if number == 1:
        return np.zeros(batches.shape[:-1])
    spread: FloatArray = np.std(batches, axis=-1, ddof=1)
    return spread / math.sqrt(number)
