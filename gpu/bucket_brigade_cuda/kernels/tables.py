"""A program as the arrays that kernels read."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bucket_brigade import _core

__all__ = [
    "FIREFIGHTER",
    "HEURISTIC",
    "ROW",
    "Seats",
    "Tables",
    "key_schedule",
    "ladder_of",
    "rows_of",
]

#: Words of a row, and where those that are not bits stand.
ROW = 36
CERTAIN, OPEN, QUADS, FLAG = 32, 33, 34, 35
ALL = 0xFFFFFFFF

#: Key increments and rounds of Philox4x32-10 (Salmon et al., SC 2011).
W0, W1 = 0x9E3779B9, 0xBB67AE85
ROUNDS = 10

#: Names of kinds of policies, as programs have them.
HEURISTIC, FIREFIGHTER = "heuristic", "firefighter"

Words = npt.NDArray[np.uint32]
Longs = npt.NDArray[np.uint64]


def key_schedule(seed: int) -> tuple[np.uint32, ...]:
    """The key words of all rounds of Philox4x32-10, two a round."""
    low, high = seed & ALL, seed >> 32
    return tuple(
        np.uint32((word + i * step) & ALL)
        for i in range(ROUNDS)
        for word, step in ((low, W0), (high, W1))
    )


def rows_of(thresholds: npt.ArrayLike) -> Words:
    """Thresholds laid out for words that hold a bit of each of 32 episodes.

    A row is 32 words of all zeros or all ones, the bits of a threshold from the most significant
    on; then whether the event is certain, whether it takes a draw, and the quads after which the
    rest of the threshold is zero; and a flag, zero unless somebody sets it.

    Parameters
    ----------
    thresholds : array of uint64, shape (…)
        0 to 2^32.

    Returns
    -------
    ndarray of uint32, shape (…, ROW)
    """
    thresholds = np.asarray(thresholds, dtype=np.uint64)
    rows = np.zeros((*thresholds.shape, ROW), dtype=np.uint32)
    certain = thresholds == 1 << 32
    drawn = np.where(certain, np.uint64(0), thresholds)
    bits = (drawn[..., None] >> np.arange(31, -1, -1, dtype=np.uint64)) & np.uint64(1)
    rows[..., :32] = bits * np.uint64(ALL)
    rows[..., CERTAIN] = np.where(certain, ALL, 0)
    rows[..., OPEN] = np.where(drawn > 0, ALL, 0)
    last = 32 - np.argmax(bits[..., ::-1], axis=-1)
    rows[..., QUADS] = np.where(drawn > 0, (last + 3) // 4, 0)
    return rows


def ladder_of(thresholds: npt.ArrayLike) -> Words:
    """Rows of thresholds among which lanes choose: the first row, then the differences from each
    row's bits to those of the next: 0, 1, or −1 modulo 2^32 (see `words.change`). The quads are
    those that the widest of them takes.

    Returns
    -------
    ndarray of uint32, shape (len(thresholds), ROW)
    """
    rows = rows_of(thresholds)
    quads = rows[:, QUADS].max()
    # All zeros or all ones, as a number modulo 2^32, is a bit with the other sign.
    rows[1:] = rows[:-1] - rows[1:]
    rows[:, QUADS] = quads
    return rows


def duties_of(program: _core.Program) -> Words:
    """What policies do, as two rows each: those of working and of working at home.

    A firefighter never prefers its home. The flag of its first row, all ones, says that it waits
    for a fire; that of its second one, whether it goes to fires of the houses that it owns first.

    Returns
    -------
    ndarray of uint32, shape (S, 2, ROW)
    """
    policies = program.policies
    rows = rows_of([[of["work"], of.get("home", 0)] for _, of in policies])
    flags = [[kind == FIREFIGHTER, of.get("own_first", 0)] for kind, of in policies]
    rows[..., FLAG] = np.where(flags, ALL, 0)
    return rows


@dataclass(frozen=True)
class Seats:
    """What the seats of some line-ups mix, for kernels of some width.

    Attributes
    ----------
    strategies : ndarray of uint32, shape (L, A, width)
        Where their rows begin in the pool; 0 where a seat mixes fewer.
    limits : ndarray of uint64, shape (L, A, width)
        Cumulative thresholds; 2^32 from a seat's last strategy on.
    """

    strategies: Words
    limits: Longs


@dataclass(frozen=True)
class Tables:
    """What a program says, whoever plays.

    Attributes
    ----------
    ladders : ndarray of uint32, shape (3 + A, ROW)
        Catching fire with 0, 1, 2 fires next door; a fire put out by 1 … A workers.
    pool : ndarray of uint64, shape (S · ROW,)
        Rows of working, and of working at home (`duties_of`), policy after policy; two words in
        one.
    sizes, entries, limits : ndarray
        How many strategies each seat mixes, shape (L, A); which, and their cumulative thresholds,
        seat after seat.
    first, row : int
        Where the first policy begins in the pool, and how far from one to the next it is, in
        numbers that the kernel counts by.
    """

    ladders: Words
    pool: Longs
    sizes: npt.NDArray[np.uint32]
    entries: Words
    limits: Longs
    starts: npt.NDArray[np.int64]
    first: int = 0
    row: int = ROW

    @classmethod
    def of(cls, program: _core.Program) -> "Tables":
        """Those of a program."""
        ladders = [ladder_of(program.catch), ladder_of(program.extinguish)]
        sizes = program.seat_sizes
        entries, limits = program.seat_entries
        starts = np.concatenate([[0], np.cumsum(sizes.reshape(-1), dtype=np.int64)])
        pool = np.ascontiguousarray(duties_of(program)).view(np.uint64)
        return cls(np.concatenate(ladders), pool.reshape(-1), sizes, entries, limits, starts)

    def seats(self, first: int, end: int, width: int) -> Seats:
        """The seats of a range of line-ups."""
        agents = self.sizes.shape[1]
        low, high = self.starts[first * agents], self.starts[end * agents]
        sizes = self.sizes[first:end].reshape(-1)
        filled = np.arange(width) < sizes[:, None]
        strategies = np.zeros(filled.shape, dtype=np.uint32)
        limits = np.full(filled.shape, 1 << 32, dtype=np.uint64)
        strategies[filled] = np.uint32(self.first) + self.entries[low:high] * np.uint32(self.row)
        limits[filled] = self.limits[low:high]
        shape = (end - first, agents, width)
        return Seats(strategies.reshape(shape), limits.reshape(shape))
