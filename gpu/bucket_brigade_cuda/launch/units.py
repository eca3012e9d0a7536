"""Cuts line-ups × blocks into units of work, one launch each."""

import threading
from dataclasses import dataclass

__all__ = ["Unit", "Units"]


@dataclass(frozen=True)
class Unit:
    """Some line-ups, and for each of them the same blocks.

    Attributes
    ----------
    lineup, end_lineup : int
        The line-ups.
    block, end_block : int
        The blocks, counted from the program's first.
    """

    lineup: int
    end_lineup: int
    block: int
    end_block: int

    @property
    def lineups(self) -> int:
        """Number of line-ups."""
        return self.end_lineup - self.lineup

    @property
    def blocks(self) -> int:
        """Number of blocks of each."""
        return self.end_block - self.block

    @property
    def items(self) -> int:
        """Number of blocks of all line-ups."""
        return self.lineups * self.blocks


class Units:
    """The work of a program, for several devices to take from: whole line-ups while they are small,
    parts of one when they are not.

    Parameters
    ----------
    lineups, blocks : int
        Line-ups, and blocks of each.
    """

    def __init__(self, lineups: int, blocks: int) -> None:
        self._lineups, self._blocks = lineups, blocks
        self._lineup, self._block = 0, 0
        self._lock = threading.Lock()

    def take(self, items: int) -> Unit | None:
        """The next unit, of at most a number of items but at least one; None when all is taken."""
        items = max(1, items)
        with self._lock:
            lineup, block = self._lineup, self._block
            if lineup == self._lineups:
                return None
            if block == 0 and self._blocks <= items:
                end = min(self._lineups, lineup + items // self._blocks)
                self._lineup = end
                return Unit(lineup, end, 0, self._blocks)
            end_block = min(self._blocks, block + items)
            self._block = end_block
            if end_block == self._blocks:
                self._lineup, self._block = lineup + 1, 0
            return Unit(lineup, lineup + 1, block, end_block)
