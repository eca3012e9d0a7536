"""Playing until a precision is reached."""

import math
from collections.abc import Iterable, Sequence

from bucket_brigade import _core
from bucket_brigade.arguments import as_callback, as_positive, as_u64
from bucket_brigade.backends import Backend, Progress
from bucket_brigade.errors import InvalidValue
from bucket_brigade.game.lineup_result import LineupResult
from bucket_brigade.game.lineups import Lineup
from bucket_brigade.game.scenario import Scenario, as_scenario
from bucket_brigade.simulation.result import BLOCK, SimulationResult
from bucket_brigade.simulation.sampling import Sampling

__all__ = ["episodes_needed", "is_reached", "simulate_until"]


def simulate_until(
    scenario: Scenario,
    lineups: Iterable[Lineup],
    *,
    stderr: float,
    max_episodes: int = 10**9,
    seed: int = 0,
    first_episode: int = 0,
    pool: Sequence[object] | None = None,
    threads: int | None = None,
    backend: str | Backend = "auto",
    progress: Progress | None = None,
) -> SimulationResult:
    """Plays until every seat's standard error, in every line-up, is at most `stderr`.

    It also goes on until no more than that could be due to events that were hardly seen, of which
    standard errors know nothing (see `SimulationResult.unseen`). These two alone decide, after each
    of a few rounds, whether there are enough episodes. The result is that of `simulate` with the
    same number of them, a multiple of 32. The progress callback is told the number that is expected
    to be enough, which may grow.

    Parameters
    ----------
    scenario : Scenario
        The game.
    lineups : iterable of line-ups
        One entry for each seat, as for `simulate`.
    stderr : float
        The precision to reach, above 0.
    max_episodes : int
        Where to stop all the same; compare ``result.stderr`` and ``result.unseen`` with what was
        asked, as `is_reached` does.
    seed, first_episode, pool, threads, backend, progress
        As for `simulate`.

    Raises
    ------
    InvalidValue
        For the first value that is not allowed.
    BackendUnavailable
        If the backend can't be used here.
    """
    target = as_positive("stderr", stderr)
    as_callback("progress", progress)
    first = as_u64("first_episode", first_episode)
    # No more than one call may play: beyond, sums could overflow.
    limit = _core.most_episodes(as_scenario(scenario))
    most = min(as_u64("max_episodes", max_episodes), limit, (1 << 64) - first)
    if most < 1:
        raise InvalidValue("max_episodes", max_episodes, "at least 1")
    sampling = Sampling.of(
        scenario, lineups, pool=pool, seed=seed, threads=threads, backend=backend
    )
    number = len(sampling.lineups)
    # Rounds end at the ends of blocks, so that together they are one run.
    played = 0
    wanted = min(1024 * BLOCK - first % BLOCK, most)
    whole: SimulationResult | None = None
    while True:
        before, expected = played, wanted

        def told(done: int, every: int, before: int = before, expected: int = expected) -> None:
            if progress is not None:
                progress(before * number + done, expected * number)

        result = sampling.play(first + played, wanted - played, progress=told)
        whole = result if whole is None else whole.joined(result)
        played = wanted
        if played == most or is_reached(whole, target):
            return whole
        growth = min(max(1.1 * episodes_needed(whole, target) / played, 1.1), 16.0)
        blocks = math.ceil((first + played * growth) / BLOCK)
        wanted = min(blocks * BLOCK - first, most)


def is_reached(result: LineupResult, stderr: float) -> bool:
    """Whether all standard errors are at most `stderr`, and what may have been missed is, too."""
    return bool((result.stderr <= stderr).all() and (result.unseen <= stderr).all())


def episodes_needed(result: SimulationResult, stderr: float) -> float:
    """About how many episodes `is_reached` takes, from what some of them were like."""
    worst = float(result.stderr.max())
    # A single block has no standard error.
    ratio = 4.0 if math.isnan(worst) else (worst / stderr) ** 2
    return result.episodes * max(ratio, float(result.unseen.max()) / stderr)
