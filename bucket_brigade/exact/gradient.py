"""Derivatives of exact payoffs with respect to what every seat does: `expected_gradient`."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from bucket_brigade import _core
from bucket_brigade._arrays import FloatArray, IntArray
from bucket_brigade.arguments import as_callback, as_list, as_u64
from bucket_brigade.backends import Progress
from bucket_brigade.backends.threads import as_threads
from bucket_brigade.by_value import ComparedByValue
from bucket_brigade.counts.expected_counts import ExpectedCounts
from bucket_brigade.errors import InvalidValue
from bucket_brigade.exact.evaluate import checked_strategies, reporter
from bucket_brigade.game.lineup_result import describe_lineup, described_lineups
from bucket_brigade.game.lineups import Lineup, as_pool
from bucket_brigade.game.program import SeatedStrategies
from bucket_brigade.game.rewards import count_weights
from bucket_brigade.game.scenario import Scenario
from bucket_brigade.policies.heuristic import PARAMETERS, Heuristic, Strategy, slopes_by_theta
from bucket_brigade.policies.policy import Policy
from bucket_brigade.simulation.simulator import listed_lineups
from bucket_brigade.summaries import Summarised, Summary, cut

__all__ = ["ExactGradient", "expected_gradient"]


@dataclass(frozen=True, eq=False, repr=False)
class ExactGradient(ComparedByValue, Summarised):
    """Exact payoffs of L pure line-ups with A seats, and derivatives of K of the payoffs.

    Attributes
    ----------
    scenario : Scenario
        The game.
    lineups : tuple
        The line-ups as they were given.
    seats : tuple of int
        The K seats whose payoffs were derived.
    mean : ndarray of float64, shape (L, A)
        Expected return of every seat.
    duties : ndarray of float64, shape (L, K, A, 2)
        Derivatives of the payoff of ``seats[k]`` with respect to p and q of each seat; where a
        firefighter sits, with respect to its w, and 0.
    theta : ndarray of float64, shape (L, K, A, 10)
        The same with respect to the ten numbers of each seat's strategy, of which only θ1, θ3 and
        θ8 matter; NaN where a firefighter sits, which has no such numbers.
    pool : tuple of ndarray, shape (10,), or Policy, optional
        What indices in line-ups refer to.
    """

    scenario: Scenario
    lineups: tuple[tuple[object, ...], ...]
    seats: tuple[int, ...]
    mean: FloatArray
    duties: FloatArray
    theta: FloatArray
    pool: tuple[Strategy | Policy, ...] | None = None

    def summary(self) -> Summary:
        """The text and table that `repr` and notebooks show: payoffs, and their steepest rises."""
        rows = []
        for i, lineup in enumerate(described_lineups(self)):
            steepest = []
            for k, seat in enumerate(self.seats):
                by_first, by_second = self.duties[i, k, seat]
                own = f"own p: {by_first:+.3g}, own q: {by_second:+.3g}"
                if np.isnan(self.theta[i, k, seat]).any():
                    own = f"own w: {by_first:+.3g}"
                steepest.append(f"{self.mean[i, seat]:.6g} ({own})")
            rows.append([describe_lineup(lineup), *steepest])
        title = f"ExactGradient: {cut(self.scenario.name)}, payoffs and their own derivatives"
        return Summary(title, ["line-up", *(f"seat {seat}:" for seat in self.seats)], rows)


def expected_gradient(
    scenario: Scenario,
    lineups: Iterable[Lineup],
    *,
    seats: Iterable[int] | None = None,
    pool: Sequence[object] | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> ExactGradient:
    """Exact payoffs of pure line-ups, and their derivatives with respect to every seat's strategy.

    Parameters
    ----------
    scenario : Scenario
        The game, of at most 8 agents, and 12 houses unless fires burn out before they spread and
        no firefighter puts its own houses first.
    lineups : iterable of line-ups
        As `simulate` takes them, but with a single strategy at each seat.
    seats : iterable of int, optional
        Whose payoffs to derive; by default everyone's. Each takes about as long as three line-ups
        do without derivatives.
    pool : sequence of strategies, optional
        What indices refer to.
    threads : int, optional
        Threads at most; by default all (see `CpuBackend.run`).
    progress : callable, optional
        Called with payoffs derived and in all.

    Returns
    -------
    ExactGradient

    Raises
    ------
    InvalidValue
        For the first value that is not allowed; also if a seat mixes strategies.

    Examples
    --------
    >>> calm = SCENARIOS["trivial_cooperation"]  # every night worked costs 0.5, and 0.5 of rest
    >>> expected_gradient(calm, [["hero"] * 4], seats=[0]).duties[0, 0].round(9).tolist()
    [[-13.0, 0.0], [0.0, 0.0], [0.0, 0.0], [0.0, 0.0]]
    """
    as_callback("progress", progress)
    lineups = listed_lineups(lineups)
    known = as_pool(pool)
    seated = checked_strategies(scenario, lineups, known)
    for policy in seated.policies:
        if not policy.by_chain:
            allowed = "heuristic agents and firefighters, for derivatives by their numbers"
            raise InvalidValue("lineups", policy.name(), allowed)
    played = _pure(seated)
    houses, agents = scenario.num_houses, scenario.num_agents
    chosen = _payoff_seats(seats, agents)
    weights = count_weights(scenario)
    number = len(lineups) * len(chosen)
    report = reporter(progress, number)
    counts, gradient = _core.expected_gradient(
        scenario,
        np.repeat(played, len(chosen), axis=0),
        np.tile(weights[chosen], (len(lineups), 1)),
        threads=as_threads(threads),
        progress=report,
        policies=[policy.compiled() for policy in seated.policies],
    )
    if report is not None:
        report(number)
    gradient = gradient.reshape(len(lineups), len(chosen), agents, 2)
    expected = ExpectedCounts(houses, agents, counts[:: len(chosen)])
    return ExactGradient(
        scenario=scenario,
        lineups=tuple(tuple(lineup) for lineup in lineups),
        seats=tuple(chosen),
        mean=expected.mean(weights),
        duties=gradient,
        theta=slopes_by_theta(
            np.array([_theta(policy) for policy in seated.policies])[played], gradient
        ),
        pool=known,
    )


def _pure(seated: SeatedStrategies) -> IntArray:
    """The one policy of every seat, as an index: shape (L, A)."""
    played = seated.weights > 0
    seat_of = np.repeat(np.arange(seated.sizes.size), seated.sizes.ravel())
    for seat, number in enumerate(np.bincount(seat_of[played]).tolist()):
        if number != 1:
            lineup, seat = divmod(seat, seated.sizes.shape[1])
            field, given = f"lineups[{lineup}][{seat}]", f"a mixture of {number} strategies"
            raise InvalidValue(field, given, "a single strategy, for derivatives")
    return seated.indices[played].reshape(seated.sizes.shape)


def _theta(policy: Policy) -> Sequence[float]:
    """The ten numbers of a policy; NaN if it has none."""
    return policy.theta if isinstance(policy, Heuristic) else [math.nan] * len(PARAMETERS)


def _payoff_seats(seats: Iterable[int] | None, agents: int) -> list[int]:
    if seats is None:
        return list(range(agents))
    chosen = [as_u64("seats", seat) for seat in as_list("seats", seats, "seats")]
    if not chosen or max(chosen) >= agents:
        raise InvalidValue("seats", chosen, f"seats from 0 to {agents - 1}, at least one")
    return chosen
