"""A program as a job for devices: what kernels it takes, and what each unit of it needs."""

from dataclasses import dataclass

import numpy as np

from bucket_brigade import _core
from bucket_brigade_cuda.kernels.shape import Shape, kernels_of, width_for
from bucket_brigade_cuda.kernels.tables import FIREFIGHTER, HEURISTIC, Tables, key_schedule
from bucket_brigade_cuda.launch.units import Unit

__all__ = ["BLOCK", "POLICY_KINDS", "Job", "shape_of"]

#: Kinds of policies that the kernels play.
POLICY_KINDS = (HEURISTIC, FIREFIGHTER)

#: Episodes of a block.
BLOCK = 32
ALL = 0xFFFFFFFF


def shape_of(program: _core.Program) -> Shape:
    """The shape that a program's kernels are specialised for."""
    width = width_for(int(program.seat_sizes.max()))
    return Shape(program.houses, program.agents, width, FIREFIGHTER in program.policy_kinds)


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
        tables = Tables.of(program)
        shape = shape_of(program)
        keys = key_schedule(program.seed)
        return cls(program, tables, shape, keys, kernels_of(shape), per_block)

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
