"""Environments as the arrays that kernels read: the rows of their state, and what they play.

A *lane* is a row of an environment, and plays one episode. Where a lane's numbers stand in arrays
of state is said here once, for the kernels and for the host.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bucket_brigade import _core
from bucket_brigade_cuda.kernels.numbers import pool_of
from bucket_brigade_cuda.kernels.shape import Shape
from bucket_brigade_cuda.kernels.tables import Longs, Tables, Words

__all__ = ["LaneTables", "game_columns", "game_row", "state_rows", "sum_rows", "weight_columns"]

#: Rows of a lane's state in words: houses that burn and houses in ruins, as bits; the night to
#: come, and the one that returns count from; its status; then the sums of events (`sum_rows`), and
#: for each agent the number of the policy that it plays.
BURNING, RUINED, NIGHT, SINCE, STATUS, SUMS = range(6)
#: Bits of its status: it waits for a reset; there is no episode after the one it plays.
WAITS, LAST = 1, 2
#: Rows of its state in longs: its episode, and the next one.
EPISODE, NEXT = range(2)

#: Columns of a scenario: the three chances of catching fire, those of a fire put out by 1 … A
#: workers, then these.
CATCH, EXTINGUISH = 0, 3
MIN_NIGHTS, MAX_NIGHTS, NO_FIRES = range(3)
#: Columns of an agent's weights: an episode, a night, a night worked, a safe house, and then a ruin
#: and a save of each owner's houses.
PER_EPISODE, PER_NIGHT, PER_WORK, PER_TOTAL = range(4)

#: Kinds of what is not allowed, which kernels note: a bad action or choice; a lane without a next
#: episode, and a step of one that waits for a reset; a bad house or night of a state.
BAD_ACTION, BAD_CHOICE, SPENT, NOT_RESET, BAD_HOUSE, BAD_NIGHT, NOTES = range(7)

#: What the kernel `begin` does: numbers all lanes anew; begins their next episodes, or given ones;
#: takes over given states; or only shows the lanes.
FIRST_ONES, NEXT_ONES, GIVEN_ONES, GIVEN_STATES, SHOW = range(5)


def sum_rows(shape: Shape) -> int:
    """Numbers that a lane adds up: nights worked by each agent, safe houses, and by owner houses in
    ruins and houses saved."""
    return shape.agents + 1 + 2 * shape.owners


def state_rows(shape: Shape) -> int:
    """Rows of the state in words."""
    return SUMS + sum_rows(shape) + shape.agents


def game_columns(shape: Shape) -> int:
    """Numbers of a scenario."""
    return EXTINGUISH + shape.agents + 3


def weight_columns(shape: Shape) -> int:
    """Numbers of an agent's weights."""
    return PER_TOTAL + 1 + 2 * shape.owners


def game_row(program: _core.Program) -> list[int]:
    """The numbers of a scenario."""
    rules = [program.min_nights, program.max_nights, program.end_rule == "no_fires"]
    return [*program.catch, *program.extinguish, *rules]


@dataclass(frozen=True)
class LaneTables:
    """What an environment plays: S scenarios, P policies, mixtures of W policies at most.

    Attributes
    ----------
    game : ndarray of uint64, shape (S · G,)
        Thresholds and rules of every scenario (`game_columns`).
    weights : ndarray of float64, shape (S · A · K,)
        What everything is worth to every agent (`weight_columns`).
    pool : ndarray of uint64, shape (P · 4 + …,)
        Every policy (see `pool_of`).
    entries, limits : ndarray of uint32 and uint64, shape (S · A · W,)
        Policies that each seat mixes, and their cumulative thresholds: 2^32 from the last one on.
    width : int
        W.
    """

    game: Longs
    weights: npt.NDArray[np.float64]
    pool: Longs
    entries: Words
    limits: Longs
    width: int

    @classmethod
    def of(
        cls, programs: Sequence[_core.Program], weights: Sequence[npt.NDArray[np.float64]]
    ) -> "LaneTables":
        """Those of a program of one line-up for each scenario, and its reward weights."""
        width = max(int(program.seat_sizes.max()) for program in programs)
        game: list[list[int]] = []
        policies = 0
        entries: list[Words] = []
        limits: list[Longs] = []
        for program in programs:
            game.append(game_row(program))
            tables = Tables.of(program)
            filled = np.arange(width) < tables.sizes.reshape(-1)[:, None]
            numbers = np.zeros(filled.shape, dtype=np.uint32)
            numbers[filled] = tables.entries
            entries.append(numbers.reshape(-1) + np.uint32(policies))
            limits.append(tables.seats(0, 1, width).limits.reshape(-1))
            policies += len(program.policies)
        agents = programs[0].agents
        return cls(
            np.array(game, dtype=np.uint64).reshape(-1),
            np.concatenate([agent_weights(one, agents) for one in weights]).reshape(-1),
            pool_of(programs),
            np.concatenate(entries),
            np.concatenate(limits),
            width,
        )


def agent_weights(weights: npt.NDArray[np.float64], agents: int) -> npt.NDArray[np.float64]:
    """Reward weights (agents, features) without those of others' work, which is worth nothing."""
    work = weights[:, 2 : 2 + agents]
    assert not np.any(work[~np.eye(agents, dtype=bool)])
    own = np.diagonal(work)[:, None]
    return np.concatenate([weights[:, :2], own, weights[:, 2 + agents :]], axis=1)
