"""Progress in episodes, from that in blocks, which is all that engines know."""

import logging
import time
from collections.abc import Callable

from bucket_brigade import _core
from bucket_brigade.backends.protocol import Progress

__all__ = ["in_episodes", "logged"]

#: Seconds between two messages of how far something is.
EVERY = 5.0


def in_episodes(
    program: _core.Program, progress: Progress | None
) -> Callable[[int], object] | None:
    """What to tell of blocks done, over all line-ups, so that `progress` hears of episodes; None
    if nobody is to be told."""
    if progress is None:
        return None
    every = program.lineups * program.episodes
    blocks = program.lineups * program.blocks
    return lambda done: progress(every * done // blocks, every)


def logged(logger: logging.Logger, name: str, what: str) -> Progress:
    """A progress callback that logs how much is done of what takes long, one after another."""
    last, before = time.monotonic(), 0

    def told(done: int, every: int) -> None:
        nonlocal last, before
        now = time.monotonic()
        if done <= before:
            last = now  # something else has begun
        before = done
        if now - last >= EVERY:
            last = now
            logger.info("%s: %s of %s %s", name, f"{done:,}", f"{every:,}", what)

    return told
