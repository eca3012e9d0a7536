"""Playing line-ups many times: `simulate`, and `simulate_until` a precision is reached."""

from collections.abc import Iterable, Sequence

from bucket_brigade.arguments import as_callback
from bucket_brigade.backends import Backend, Progress
from bucket_brigade.game.lineups import Lineup
from bucket_brigade.game.scenario import Scenario
from bucket_brigade.simulation.result import BLOCK, SimulationResult
from bucket_brigade.simulation.sampling import Sampling, listed_lineups

__all__ = ["BLOCK", "listed_lineups", "simulate"]


def simulate(
    scenario: Scenario,
    lineups: Iterable[Lineup],
    *,
    episodes: int,
    seed: int = 0,
    first_episode: int = 0,
    pool: Sequence[object] | None = None,
    threads: int | None = None,
    backend: str | Backend = "auto",
    per_block: bool = False,
    progress: Progress | None = None,
) -> SimulationResult:
    """Plays every line-up for the same episodes and returns payoffs and counts.

    Line-ups meet the same luck: episode `e` of a seed has the same random bits for all of them.

    Parameters
    ----------
    scenario : Scenario
        The game.
    lineups : iterable of line-ups
        Each one entry per seat: an archetype's name, ten numbers in [0, 1], another policy such as
        a `Firefighter`, or a `Mixture`. With `pool`, also an index into it, a dict from index to
        probability, or a vector of probabilities over it.
    episodes : int
        Episodes of each line-up, at least 1.
    seed : int
        0 to 2^64 - 1.
    first_episode : int
        Number of the first one; ``first_episode + episodes`` is at most 2^64. Results of adjoining
        ranges can be joined (`SimulationResult.joined`).
    pool : sequence of strategies, optional
        What indices refer to.
    threads : int, optional
        CPU threads at most; by default all (see `CpuBackend.run`).
    backend : str or Backend
        "auto", "cpu" or the name of an installed one, perhaps with its devices, as in "cuda:0,1"
        (see `select_backend`).
    per_block : bool
        Whether to keep the counts of every block of 32 episodes, which
        `SimulationResult.difference` needs: 4 D bytes a block and line-up.
    progress : callable, optional
        Called with episodes done and in all, over all line-ups.

    Returns
    -------
    SimulationResult

    Raises
    ------
    InvalidValue
        For the first value that is not allowed.
    BackendUnavailable
        If the backend can't be used here.
    BackendFailed
        If it fails on the way; never with "auto", which warns and plays on the CPU instead.

    Examples
    --------
    >>> result = simulate(SCENARIOS["trivial_cooperation"], [["hero"] * 4], episodes=64, seed=1)
    >>> result.mean.tolist()
    [[1293.5, 1293.5, 1293.5, 1293.5]]
    """
    as_callback("progress", progress)
    sampling = Sampling.of(
        scenario, lineups, pool=pool, seed=seed, threads=threads, backend=backend
    )
    return sampling.play(first_episode, episodes, per_block=per_block, progress=progress)
