"""Sampling in parts: long ranges of episodes cut at blocks, and means that are added up."""

from collections.abc import Iterable, Iterator, Sequence

from bucket_brigade.arguments import as_callback, as_u64
from bucket_brigade.backends import Backend, Progress
from bucket_brigade.errors import InvalidValue
from bucket_brigade.game.lineups import Lineup
from bucket_brigade.game.scenario import Scenario
from bucket_brigade.simulation.result import BLOCK, SimulationResult
from bucket_brigade.simulation.sampling import Sampling

__all__ = ["in_parts", "simulate_parts"]


#: Line-ups × blocks whose counts are held at a time.
HELD_BLOCKS = 1 << 18


def simulate_parts(
    scenario: Scenario,
    lineups: Iterable[Lineup],
    *,
    episodes: int,
    seed: int = 0,
    first_episode: int = 0,
    pool: Sequence[object] | None = None,
    threads: int | None = None,
    backend: str | Backend = "auto",
    progress: Progress | None = None,
) -> Iterator[SimulationResult]:
    """Simulates adjoining ranges of episodes one after another, with the counts of their blocks.

    Ranges end where blocks do, so that together they have the blocks of the whole. Parameters are
    those of `simulate`; memory does not grow with the number of episodes.
    """
    as_callback("progress", progress)
    sampling = Sampling.of(
        scenario, lineups, pool=pool, seed=seed, threads=threads, backend=backend
    )
    return in_parts(sampling, first_episode, episodes, progress)


def in_parts(
    sampling: Sampling, first_episode: int, episodes: int, progress: Progress | None = None
) -> Iterator[SimulationResult]:
    """Plays line-ups that are seated already, as `simulate_parts` does."""
    left, start = as_u64("episodes", episodes), as_u64("first_episode", first_episode)
    if left < 1:
        raise InvalidValue("episodes", episodes, "at least 1")
    sampling, number = sampling.weighing(start, left), len(sampling.lineups)
    most, every = BLOCK * max(HELD_BLOCKS // number, 16), left * number
    while left:
        part = min(left, most - start % BLOCK)
        before = every - left * number

        def told(done: int, _: int, before: int = before) -> None:
            if progress is not None:
                progress(before + done, every)

        yield sampling.play(start, part, per_block=True, progress=told)
        left, start = left - part, start + part
