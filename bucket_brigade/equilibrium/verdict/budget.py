"""Limits on what a computation may spend."""

import time
from collections.abc import Callable

from bucket_brigade.arguments import as_at_least_zero, as_u64

__all__ = ["Budget"]


class Budget:
    """A limit on the episodes or seconds of a whole computation, shared by its stages.

    Parameters
    ----------
    episodes : int, optional
        Most episodes to play; by default any number.
    seconds : float, optional
        Most seconds from now on; by default any number.
    spent, elapsed
        Episodes and seconds spent before, by a computation that is resumed.
    clock : callable
        Seconds since some time, never falling.
    """

    def __init__(
        self,
        *,
        episodes: int | None = None,
        seconds: float | None = None,
        spent: int = 0,
        elapsed: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.episodes = None if episodes is None else as_u64("episodes", episodes)
        self.seconds = None if seconds is None else as_at_least_zero("seconds", seconds)
        self.spent = as_u64("spent", spent)
        self._clock = clock
        self._start = clock() - as_at_least_zero("elapsed", elapsed)

    @property
    def elapsed(self) -> float:
        """Seconds spent, those before a computation was resumed included."""
        return self._clock() - self._start

    @property
    def exhausted(self) -> bool:
        """Whether nothing is left of the episodes, or of the seconds."""
        out_of_time = self.seconds is not None and self.elapsed >= self.seconds
        return self.left() == 0 or out_of_time

    def left(self) -> int | None:
        """Episodes that are left, at least 0; None if there is no limit."""
        return None if self.episodes is None else max(self.episodes - self.spent, 0)

    def spend(self, n: int) -> None:
        """Notes that `n` episodes were played."""
        self.spent += as_u64("n", n)

    def affords(self, n: float, *, pace: float = 0.0) -> bool:
        """Whether `n` more episodes fit in, at `pace` seconds an episode."""
        if self.exhausted:
            return False
        left = self.left()
        in_time = self.seconds is None or self.elapsed + n * pace <= self.seconds
        return in_time and (left is None or n <= left)
