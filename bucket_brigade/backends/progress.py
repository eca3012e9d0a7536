"""From blocks that are done, which is what engines know, to episodes."""

from collections.abc import Callable

from bucket_brigade import _core
from bucket_brigade.backends.protocol import Progress

__all__ = ["in_episodes"]


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
