"""Sampling in parts: long ranges of episodes cut at blocks, and means that are added up."""

from collections.abc import Iterator, Sequence
from typing import Any

from bucket_brigade import _core
from bucket_brigade.arguments import as_callback, as_u64
from bucket_brigade.backends import AutoBackend, Backend, Progress, as_backend
from bucket_brigade.errors import InvalidValue
from bucket_brigade.game.lineups import Lineup
from bucket_brigade.game.program import compile_program
from bucket_brigade.game.scenario import Scenario, as_scenario
from bucket_brigade.simulation.result import SimulationResult
from bucket_brigade.simulation.simulator import BLOCK, listed_lineups, simulate

__all__ = ["simulate_parts"]


#: Line-ups × blocks whose counts are held at a time.
HELD_BLOCKS = 1 << 18


def simulate_parts(
    scenario: Scenario,
    lineups: Sequence[Lineup],
    *,
    episodes: int,
    seed: int = 0,
    first_episode: int = 0,
    pool: Sequence[object] | None = None,
    backend: str | Backend = "auto",
    progress: Progress | None = None,
    **options: Any,
) -> Iterator[SimulationResult]:
    """Simulates adjoining ranges of episodes one after another, with the counts of their blocks.

    Ranges end where blocks do, so that together they have the blocks of the whole. Parameters are
    those of `simulate`; memory does not grow with the number of episodes.
    """
    as_callback("progress", progress)
    left, start = as_u64("episodes", episodes), as_u64("first_episode", first_episode)
    if left < 1:
        raise InvalidValue("episodes", episodes, "at least 1")
    player, lineups = as_backend(backend), listed_lineups(lineups)
    if isinstance(player, AutoBackend):
        # A part alone may be too short to be worth compiling for.
        whole = compile_program(
            scenario,
            lineups,
            pool=pool,
            seed=seed,
            first_episode=start,
            episodes=min(left, _core.most_episodes(as_scenario(scenario))),
        )
        player = player.weighing(whole)
    most = BLOCK * max(HELD_BLOCKS // max(len(lineups), 1), 16)
    every = left * len(lineups)
    while left:
        part = min(left, most - start % BLOCK)
        before = every - left * len(lineups)

        def told(done: int, _: int, before: int = before) -> None:
            if progress is not None:
                progress(before + done, every)

        yield simulate(
            scenario,
            lineups,
            episodes=part,
            seed=seed,
            first_episode=start,
            pool=pool,
            backend=player,
            per_block=True,
            progress=told,
            **options,
        )
        left, start = left - part, start + part
