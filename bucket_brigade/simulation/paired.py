"""Comparing two line-ups over the same episodes, in memory that does not grow with their number."""

import functools

from bucket_brigade.backends import Backend, Progress
from bucket_brigade.game.lineups import Lineup
from bucket_brigade.game.scenario import Scenario
from bucket_brigade.simulation.parts import simulate_parts
from bucket_brigade.simulation.result import PairedDifference

__all__ = ["compare"]


def compare(
    scenario: Scenario,
    lineup: Lineup,
    other: Lineup,
    *,
    episodes: int,
    seed: int = 0,
    first_episode: int = 0,
    threads: int | None = None,
    backend: str | Backend = "auto",
    progress: Progress | None = None,
) -> PairedDifference:
    """Payoffs of `lineup` less those of `other`, paired by block.

    Both line-ups play the same episodes and so meet the same luck, which cancels in the difference.

    Parameters
    ----------
    scenario : Scenario
        The game.
    lineup, other : line-up
        One entry for each seat, as for `simulate`.
    episodes, seed, first_episode, threads, backend, progress
        As for `simulate`.

    Returns
    -------
    PairedDifference
        Mean difference and its paired standard error per seat.

    Raises
    ------
    InvalidValue
        For the first value that is not allowed.
    """
    parts = simulate_parts(
        scenario,
        [lineup, other],
        episodes=episodes,
        seed=seed,
        first_episode=first_episode,
        threads=threads,
        backend=backend,
        progress=progress,
    )
    differences = (part.difference(0, 1) for part in parts)
    return functools.reduce(PairedDifference.followed_by, differences)
