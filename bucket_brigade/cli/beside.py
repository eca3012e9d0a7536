"""One piece of work at a time beside the next one, so that no core waits between small tasks."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Generic, Protocol, TypeVar

from bucket_brigade.backends import Progress

__all__ = ["Beside"]

Result = TypeVar("Result")
Result_co = TypeVar("Result_co", covariant=True)


class _Work(Protocol[Result_co]):
    def __call__(self, *, progress: Progress) -> Result_co: ...


class _StoppedError(Exception):
    """Nobody wants the result any more."""


class Beside(Generic[Result]):
    """Work in a thread of its own, piece by piece. At the end, what is not done is stopped.

    The threads of the engine are shared: two callers do not use more of them than one does who asks
    for all.
    """

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(max_workers=1)
        self._stop = threading.Event()
        self._running: tuple[Future[Result], Callable[[Result], None]] | None = None

    def __enter__(self) -> "Beside[Result]":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._pool.shutdown()
        if self._running is not None:
            future, then = self._running
            if future.exception() is None:
                then(future.result())

    def begin(self, work: _Work[Result], then: Callable[[Result], None]) -> None:
        """Begins a piece of work after the end of the one before; `then` gets its result."""
        self.wait()
        self._running = self._pool.submit(work, progress=self._report), then

    def wait(self) -> None:
        """Waits for what was begun, if anything, and hands on its result; raises what it raised."""
        if self._running is not None:
            (future, then), self._running = self._running, None
            then(future.result())

    def _report(self, done: int, total: int) -> None:
        if self._stop.is_set():
            raise _StoppedError
