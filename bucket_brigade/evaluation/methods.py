"""Methods of evaluating line-ups: playing samples, following the chain exactly, or what is quicker.

``"sampled"`` applies always, scales to any number of houses and agents, and can be replayed.
``"exact"`` has no error, but takes the time of its pure line-ups (docs/exact.md). ``"auto"`` weighs
the two: it is exact where that applies and should take less time than the episodes asked for.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from bucket_brigade import _core
from bucket_brigade.arguments import as_positive, as_u64, did_you_mean
from bucket_brigade.backends import AutoBackend, Backend, Progress, Weighable, as_backend
from bucket_brigade.backends.auto import WORTH_LOADING
from bucket_brigade.backends.cpu import CpuBackend
from bucket_brigade.backends.threads import as_threads
from bucket_brigade.errors import InvalidValue, shown
from bucket_brigade.exact import ExactResult, expected
from bucket_brigade.exact.evaluate import applies
from bucket_brigade.exact.pure_lineups import pure_lineups
from bucket_brigade.game.lineups import Lineup
from bucket_brigade.game.program import seat_strategies
from bucket_brigade.game.scenario import Scenario, as_scenario
from bucket_brigade.simulation.result import SimulationResult
from bucket_brigade.simulation.simulator import BLOCK, listed_lineups, simulate
from bucket_brigade.simulation.until import episodes_needed, simulate_until

__all__ = ["METHODS", "as_method", "chosen_method", "evaluate"]

METHODS = ("sampled", "exact", "auto")

#: Episodes from which "auto" learns how many a standard error will take.
PILOT = 32 * BLOCK


def as_method(method: object) -> str:
    """One of `METHODS`; otherwise raises `InvalidValue`."""
    if not isinstance(method, str) or method not in METHODS:
        meant = did_you_mean(method, METHODS)
        raise InvalidValue("method", shown(method), f"one of {', '.join(METHODS)}{meant}")
    return method


def evaluate(
    scenario: Scenario,
    lineups: Iterable[Lineup],
    *,
    method: str = "sampled",
    episodes: int | None = None,
    stderr: float | None = None,
    max_episodes: int = 10**9,
    seed: int = 0,
    first_episode: int = 0,
    pool: Sequence[object] | None = None,
    threads: int | None = None,
    backend: str | Backend = "auto",
    progress: Progress | None = None,
) -> SimulationResult | ExactResult:
    """Payoffs and counts of line-ups, sampled by `simulate` or exact by `expected`.

    Exact payoffs use `pool` and `threads` alone of what follows `method`, and report progress in
    pure line-ups.

    Parameters
    ----------
    scenario : Scenario
        The game.
    lineups : iterable of line-ups
        One entry for each seat, as for `simulate`.
    method : str
        "sampled", "exact", or "auto" for what should take less time. By default payoffs are
        sampled: they have a seed, and their episodes can be replayed.
    episodes : int, optional
        Episodes of each line-up, if sampled.
    stderr : float, optional
        Instead of `episodes`: the standard error to sample to, as in `simulate_until`.
    max_episodes : int
        With `stderr`: the episodes of each line-up to stop at all the same.
    seed, first_episode, pool, threads, backend, progress
        As for `simulate`.

    Returns
    -------
    SimulationResult or ExactResult
        Its `method` tells which.

    Raises
    ------
    InvalidValue
        For the first value that is not allowed.
    BackendUnavailable, BackendFailed
        As `simulate` does.
    """
    if as_method(method) != "exact" and (episodes is None) == (stderr is None):
        given = "neither" if episodes is None else "both"
        raise InvalidValue("episodes, stderr", given, "one of the two, for what is sampled")
    lineups = listed_lineups(lineups)
    player = "cpu" if method == "exact" else as_backend(backend)
    if method == "auto":
        wanted = episodes
        if stderr is not None:
            wanted = _episodes_until(
                scenario, lineups, stderr, max_episodes, seed, first_episode, pool, threads
            )
        method = chosen_method(
            method, scenario, lineups, episodes=wanted, pool=pool, threads=threads, backend=player
        )
    if method == "exact":
        return expected(scenario, lineups, pool=pool, threads=threads, progress=progress)
    options: dict[str, Any] = {
        "seed": seed,
        "first_episode": first_episode,
        "pool": pool,
        "threads": threads,
        "backend": player,
        "progress": progress,
    }
    if stderr is not None:
        until: dict[str, Any] = {"stderr": stderr, "max_episodes": max_episodes}
        return simulate_until(scenario, lineups, **until, **options)
    return simulate(scenario, lineups, episodes=as_u64("episodes", episodes), **options)


def chosen_method(
    method: object,
    scenario: Scenario,
    lineups: Sequence[Lineup],
    *,
    episodes: object,
    pool: Sequence[object] | None = None,
    threads: int | None = None,
    backend: str | Backend = "auto",
) -> str:
    """The method that was asked for, or the one that "auto" stands for here: sampled or exact.

    "auto" compares estimates: distinct pure line-ups × what the core says that one takes, over
    threads, and what the backend says that the episodes take. A backend without an estimate is
    taken for as fast as the CPU.

    Raises
    ------
    InvalidValue
        If there is no such method; under "auto" also for any other value that is not allowed.
    """
    if as_method(method) != "auto":
        return str(method)
    seated = seat_strategies(scenario, lineups, pool)
    most = _core.most_episodes(scenario)
    program = seated.program(scenario, episodes=min(as_u64("episodes", episodes), most))
    if not all(policy.memoryless for policy in seated.policies):
        return "sampled"
    try:
        pure = pure_lineups(seated)
    except InvalidValue:  # they would be too many
        return "sampled"
    number, by_houses = len(pure.lineups), pure.tells_owned_apart
    available = _core.pool_threads()
    cores = min(as_threads(threads) or available, available, number)
    if not all(policy.by_chain for policy in pure.policies):
        # Threads share each night; following takes no longer than finding best responses.
        cores = as_threads(threads) or available
        seconds, by_houses = _core.policy_cost(scenario)[1], True
    else:
        seconds = _core.exact_cost(scenario, by_houses=by_houses)[1]
    exact = seconds * number / cores
    cheaper = exact < _sampled_seconds(program, exact, threads, backend)
    return "exact" if cheaper and applies(scenario, by_houses=by_houses) else "sampled"


def _sampled_seconds(
    program: _core.Program, exact: float, threads: int | None, backend: str | Backend
) -> float:
    player = as_backend(backend)
    if isinstance(player, AutoBackend):
        # Below that, no other backend could be done before both the CPU and the chain.
        if exact >= WORTH_LOADING:
            return player.seconds(program, threads=threads)
    elif isinstance(player, Weighable) and player.name != CpuBackend.name:
        return float(player.seconds(program))
    return CpuBackend().seconds(program, threads=threads)


def _episodes_until(
    scenario: Scenario,
    lineups: Sequence[Lineup],
    stderr: float,
    max_episodes: int,
    seed: int,
    first_episode: int,
    pool: Sequence[object] | None,
    threads: int | None,
) -> int:
    """About how many episodes `simulate_until` would take, from the first few of them."""
    target = as_positive("stderr", stderr)
    most = min(as_u64("max_episodes", max_episodes), _core.most_episodes(as_scenario(scenario)))
    if most < 1:
        raise InvalidValue("max_episodes", max_episodes, "at least 1")
    first = as_u64("first_episode", first_episode)
    pilot = simulate(
        scenario,
        lineups,
        episodes=min(PILOT, (1 << 64) - first),
        seed=seed,
        first_episode=first,
        pool=pool,
        threads=threads,
        backend="cpu",
    )
    # There is a first round of simulate_until.
    needed = episodes_needed(pilot, target)
    return min(max(int(min(needed, 1e18)), 1024 * BLOCK), most)
