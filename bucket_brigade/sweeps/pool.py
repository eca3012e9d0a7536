"""Worker processes on this machine: one point each at a time, whatever becomes of them.

Processes rather than threads: a worker that is killed, or out of memory, is noticed and named, and
Ctrl-C ends them at once, in the middle of a point. Each plays with its share of the cores, so that
together they have no more threads than there are cores.
"""

import contextlib
import multiprocessing
import multiprocessing.connection
import signal
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from bucket_brigade import _core
from bucket_brigade.arguments import as_u64
from bucket_brigade.backends.threads import as_threads
from bucket_brigade.errors import BackendFailed, InvalidValue

__all__ = ["WorkerLost", "in_processes", "shares"]

T = TypeVar("T")
R = TypeVar("R")

#: Workers at most.
MOST = 1024


class WorkerLost(BackendFailed):
    """A worker process that ended in the middle of a point."""


def shares(workers: object, points: int) -> tuple[int, int]:
    """Workers to have, and threads of each: together no more threads than there are to use.

    Parameters
    ----------
    workers : int or None
        What was asked for; None for one on each core.
    points : int
        How many points there are to work on; more workers would have nothing to do.

    Raises
    ------
    InvalidValue
        If `workers` is no whole number from 1 to 1024.
    """
    cores = as_threads(None) or _core.pool_threads()
    asked = cores if workers is None else as_u64("workers", workers)
    if not 1 <= asked <= MOST:
        raise InvalidValue("workers", asked, f"1 to {MOST}")
    used = max(min(asked, points), 1)
    return used, max(cores // used, 1)


def in_processes(
    work: Callable[[T], R], items: Sequence[T], workers: int
) -> Iterator[tuple[int, R]]:
    """Works on items in processes, and yields the place of each with what came of it.

    Parameters
    ----------
    work : callable
        A function of a module. What it raises, it raises here.
    items : sequence
        What can be pickled.
    workers : int
        Processes; one means none but this.

    Raises
    ------
    WorkerLost
        If a process ends without a result.
    """
    if workers == 1:
        yield from ((i, work(item)) for i, item in enumerate(items))
        return
    context = multiprocessing.get_context("spawn")
    waiting = iter(enumerate(items))
    hands: dict[Any, Any] = {}
    places: dict[Any, int] = {}

    def give(pipe: Any) -> None:
        """Gives a worker the next item, or lets it go."""
        place, item = next(waiting, (None, None))
        if place is None:
            pipe.send(None)
            hands.pop(pipe).join()
            return
        pipe.send((item,))
        places[pipe] = place

    try:
        for _ in range(workers):
            pipe, theirs = context.Pipe()
            process = context.Process(target=_serve, args=(work, theirs), daemon=True)
            process.start()
            theirs.close()
            hands[pipe] = process
        for pipe in list(hands):
            give(pipe)
        while places:
            ready: Any
            for ready in multiprocessing.connection.wait(list(places)):
                place = places.pop(ready)
                try:
                    result, error = ready.recv()
                # One that ends before it has read what it was given resets the connection.
                except (EOFError, ConnectionError):
                    hands[ready].join()
                    raise WorkerLost(_lost(hands[ready].exitcode)) from None
                if error is not None:
                    raise error
                give(ready)
                yield place, result
    finally:
        for process in hands.values():
            process.kill()
        for process in hands.values():
            process.join()


def _lost(code: int | None) -> str:
    told = f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"
    guard = '`if __name__ == "__main__":`'
    return (
        f"a worker process ended in the middle of a point ({told}): it may have been out of "
        f"memory, so try fewer workers; a script that starts workers needs {guard}"
    )


def _serve(work: Callable[[Any], Any], pipe: Any) -> None:
    """Works on what comes through a pipe until nothing comes."""
    # Ctrl-C reaches all processes of a terminal; the first ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(EOFError, BrokenPipeError):  # who gave the work is gone
        while (given := pipe.recv()) is not None:
            try:
                answer: tuple[Any, Exception | None] = work(given[0]), None
            except Exception as error:
                answer = None, error
            pipe.send(answer)
