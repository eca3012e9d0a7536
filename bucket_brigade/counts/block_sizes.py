"""The sizes of blocks of episodes: a few numbers, however many blocks there are."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from bucket_brigade._arrays import IntArray

__all__ = ["BlockEpisodes", "BlockSizes"]


@dataclass(frozen=True)
class BlockSizes:
    """Episodes of each block, as runs of blocks that have as many.

    All blocks of a range are full, but perhaps the first and the last. So an array of them would
    grow with the episodes that were played, only to repeat a 32.

    Attributes
    ----------
    runs : tuple of (episodes, blocks)
        How many episodes each of the next blocks has, and how many blocks these are.
    """

    runs: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, sizes: npt.ArrayLike) -> Self:
        """The runs of an array that has the episodes of each block."""
        given = np.asarray(sizes, dtype=np.int64)
        edges = np.flatnonzero(np.diff(given)) + 1
        runs = np.split(given, edges) if len(given) else []
        return cls(tuple((int(run[0]), len(run)) for run in runs))

    @property
    def blocks(self) -> int:
        """The number of blocks."""
        return sum(blocks for _, blocks in self.runs)

    def to_array(self) -> IntArray:
        """Episodes of each block, shape (B,)."""
        runs = np.array(self.runs, dtype=np.int64).reshape(-1, 2)
        return np.repeat(runs[:, 0], runs[:, 1])

    def __add__(self, later: Self) -> Self:
        """These blocks and then others."""
        mine, others = self.runs, later.runs
        if mine and others and mine[-1][0] == others[0][0]:
            # Else the runs of a request that goes on and on would become many.
            size, blocks = others[0]
            mine, others = (*mine[:-1], (size, mine[-1][1] + blocks)), others[1:]
        return type(self)(mine + others)


class BlockEpisodes:
    """A field of a dataclass that takes an array or `BlockSizes`, which alone are kept (under the
    same name in the instance's `vars`), and is read as an array, made anew each time."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, instance: object | None, owner: type) -> IntArray:
        if instance is None:
            # What a dataclass can't read of the class is no default: the field has to be given.
            raise AttributeError(self._name)
        sizes: BlockSizes = vars(instance)[self._name]
        return sizes.to_array()

    def __set__(self, instance: object, value: IntArray | BlockSizes) -> None:
        sizes = value if isinstance(value, BlockSizes) else BlockSizes.of(value)
        vars(instance)[self._name] = sizes
