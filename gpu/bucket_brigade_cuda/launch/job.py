"""A program as a job for devices: what kernels it takes, and what each unit of it needs."""

from dataclasses import dataclass, replace

import numpy as np

from bucket_brigade import _core
from bucket_brigade_cuda.kernels.lane_tables import game_columns, game_row
from bucket_brigade_cuda.kernels.numbers import POLICY_COLUMNS, SINGLE_KINDS, pool_of
from bucket_brigade_cuda.kernels.shape import Shape, kernels_of, width_for
from bucket_brigade_cuda.kernels.tables import FIREFIGHTER, Tables, key_schedule
from bucket_brigade_cuda.launch.units import Unit

__all__ = ["BLOCK", "Job", "shape_of"]

#: Episodes of a block.
BLOCK = 32
ALL = 0xFFFFFFFF


def shape_of(program: _core.Program) -> Shape:
    """The shape that a program's kernels are specialised for."""
    width = width_for(int(program.seat_sizes.max()))
    kinds = set(program.policy_kinds)
    singles = not kinds.isdisjoint(SINGLE_KINDS)
    return Shape(
        program.houses, program.agents, width, FIREFIGHTER in kinds and not singles, singles
    )


@dataclass(frozen=True)
class Job:
    """A program, laid out for kernels."""

    program: _core.Program
    tables: Tables
    shape: Shape
    keys: tuple[np.uint32, ...]
    kernels: tuple[str, ...]
    per_block: bool

    @classmethod
    def of(cls, program: _core.Program, per_block: bool) -> "Job":
        """Lays a program out."""
        tables, shape = Tables.of(program), shape_of(program)
        if shape.singles:
            first = game_columns(shape)
            scenario = np.array(game_row(program), dtype=np.uint64)
            pool = np.concatenate([scenario, pool_of([program], before=first)])
            tables = replace(tables, pool=pool, first=first, row=POLICY_COLUMNS)
        keys = key_schedule(program.seed)
        return cls(program, tables, shape, keys, kernels_of(shape), per_block)

    @property
    def item_turns(self) -> int:
        """What a thread of the kernel that plays takes at a time, by item: a block, or each of its
        episodes."""
        return BLOCK if self.shape.singles else 1

    @property
    def item_bytes(self) -> int:
        """Device memory that an item takes."""
        shape = self.shape
        return 4 * (shape.counts + shape.features + shape.agents * (shape.width - 1))

    @property
    def lineup_bytes(self) -> int:
        """Device memory that a line-up of a unit takes."""
        shape = self.shape
        # A seat's strategies, and where they are drawn their limits.
        entry = 4 if shape.width == 1 else 4 + 8
        return 8 * (shape.counts + shape.features**2) + entry * shape.agents * shape.width

    def lanes(self, unit: Unit) -> tuple[int, int]:
        """Episodes of a unit's first block, and of its last one, that belong to the program."""
        first = end = ALL
        if unit.block == 0:
            first = ALL << (self.program.first_episode % BLOCK) & ALL
        if unit.end_block == self.program.blocks:
            rest = (self.program.first_episode + self.program.episodes) % BLOCK
            end = (1 << rest) - 1 if rest else ALL
        return first, end
