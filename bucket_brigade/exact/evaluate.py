"""Exact payoffs of line-ups: `expected`."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from bucket_brigade import _core
from bucket_brigade._arrays import FloatArray
from bucket_brigade.arguments import as_callback
from bucket_brigade.backends import Progress
from bucket_brigade.backends.threads import as_threads
from bucket_brigade.counts.expected_counts import ExpectedCounts
from bucket_brigade.errors import InvalidValue
from bucket_brigade.exact.policies import core_policies
from bucket_brigade.exact.pure_lineups import PureLineups, pure_lineups
from bucket_brigade.exact.result import ExactResult
from bucket_brigade.game.lineups import Lineup, as_pool
from bucket_brigade.game.program import SeatedStrategies, seat_strategies
from bucket_brigade.game.rewards import count_weights
from bucket_brigade.game.scenario import Scenario
from bucket_brigade.policies.policy import checked_memoryless
from bucket_brigade.simulation.simulator import listed_lineups

__all__ = ["applies", "checked_strategies", "expected", "reporter"]


def expected(
    scenario: Scenario,
    lineups: Iterable[Lineup],
    *,
    pool: Sequence[object] | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> ExactResult:
    """Exact payoffs and expected counts of line-ups, without sampling (docs/exact.md).

    A mixture is computed as what it is made of: one pure line-up for each way in which the seats
    can draw. Each pure line-up of a call is computed once. Seats may play tables (`Tabular`), and
    other policies that are taken as tables (see `Policy`), which takes longer.

    Parameters
    ----------
    scenario : Scenario
        The game, of at most 8 agents, and 12 houses unless fires burn out before they spread and
        no firefighter puts its own houses first.
    lineups : iterable of line-ups
        As `simulate` takes them; each may stand for 65,536 pure line-ups.
    pool : sequence of strategies, optional
        What indices refer to.
    threads : int, optional
        Threads at most; by default all (see `CpuBackend.run`).
    progress : callable, optional
        Called with pure line-ups done and in all.

    Returns
    -------
    ExactResult

    Raises
    ------
    InvalidValue
        For the first value that is not allowed; also if the scenario is too large, or a line-up
        stands for too many pure ones.

    Notes
    -----
    The chain uses the probabilities as they are, while episodes are played with each rounded to a
    multiple of 2^-32: a difference that no sample is large enough to show.

    Examples
    --------
    >>> result = expected(SCENARIOS["trivial_cooperation"], [["hero"] * 4])
    >>> result.mean.round(9).tolist()
    [[1293.5, 1293.5, 1293.5, 1293.5]]
    """
    as_callback("progress", progress)
    lineups = listed_lineups(lineups)
    chosen = as_pool(pool)
    pure = pure_lineups(checked_strategies(scenario, lineups, chosen))
    number = len(pure.lineups)
    report = reporter(progress, number)
    totals = _totals(scenario, pure, as_threads(threads), report)
    if report is not None:
        report(number)
    return ExactResult(
        scenario=scenario,
        lineups=tuple(tuple(lineup) for lineup in lineups),
        expected_counts=ExpectedCounts(
            scenario.num_houses, scenario.num_agents, pure.mixed(totals)
        ),
        pure_lineups=number,
        pool=chosen,
    )


def _totals(
    scenario: Scenario,
    pure: PureLineups,
    threads: int,
    report: Callable[[int], object] | None,
) -> FloatArray:
    """Expected count vectors (N, D): by the chain, or with tables by what follows these."""
    tables = np.array([not policy.by_chain for policy in pure.policies])
    followed = np.asarray(tables[pure.lineups].any(axis=1))
    totals = np.empty((len(pure.lineups), count_weights(scenario).shape[1]))
    if not followed.all():
        numbers = np.cumsum(~tables) - 1
        totals[~followed] = _core.expected(
            scenario,
            numbers[pure.lineups[~followed]],
            threads=threads,
            progress=report,
            policies=[each.compiled() for each in pure.policies if each.by_chain],
        )
    for done, i in enumerate(np.flatnonzero(followed), int((~followed).sum())):
        if report is not None:
            report(done)
        lineup = [pure.policies[index] for index in pure.lineups[i]]
        policies = core_policies(scenario, lineup)
        totals[i] = _core.policy_counts(scenario, policies, threads=threads, progress=None)
    return totals


def checked_strategies(
    scenario: Scenario, lineups: Sequence[Lineup], pool: Sequence[object] | None
) -> SeatedStrategies:
    """The policies of line-ups as a simulation would take them, if they can be followed exactly.

    Raises
    ------
    InvalidValue
        For the first value that is not allowed, as `simulate` does; also if a policy is not
        memoryless.
    """
    seated = seat_strategies(scenario, lineups, pool)
    seated.program(scenario)
    for policy in seated.policies:
        checked_memoryless(policy, "lineups")
    return seated


def applies(scenario: Scenario, *, by_houses: bool = False) -> bool:
    """Whether a scenario's chain is small enough; builds its tables, but follows no line-up.

    With `by_houses` it is to follow every house by itself, whatever the order of the night.
    """
    if by_houses and scenario.num_houses > _core.MAX_EXACT_HOUSES:
        return False
    try:
        _core.expected(scenario, np.empty((0, scenario.num_agents, 2)), threads=1, progress=None)
    except InvalidValue:
        return False
    return True


def reporter(progress: Progress | None, number: int) -> Callable[[int], object] | None:
    """The progress callback as the core takes it, for a number of line-ups in all."""
    return None if progress is None else lambda done: progress(done, number)
