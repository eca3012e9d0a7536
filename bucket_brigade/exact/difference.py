"""Differences of two policies, and how often they are met: `policy_difference`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bucket_brigade import _core
from bucket_brigade._arrays import FloatArray, IntArray
from bucket_brigade.arguments import as_callback, as_u64
from bucket_brigade.backends import Progress
from bucket_brigade.backends.threads import as_threads
from bucket_brigade.by_value import ComparedByValue
from bucket_brigade.errors import InvalidValue
from bucket_brigade.exact.evaluate import reporter
from bucket_brigade.exact.policies import PolicyLineup, core_policies
from bucket_brigade.game.scenario import Scenario, as_scenario
from bucket_brigade.policies.behaviour import situation
from bucket_brigade.policies.states import ruins_and_fires
from bucket_brigade.policies.tabular import DRAWN, Tabular, common_runs
from bucket_brigade.policies.tabulate import tabulate
from bucket_brigade.summaries import Summarised, Summary

__all__ = ["PolicyDifference", "policy_difference", "policy_differences"]


@dataclass(frozen=True, eq=False, repr=False)
class PolicyDifference(ComparedByValue, Summarised):
    """The nights that a seat spends in states in which another policy would act otherwise.

    Attributes
    ----------
    seat : int
        Whose policy it is.
    nights : float
        Expected nights of an episode in which the other policy acts otherwise. Where acts are
        drawn, a night counts with the total variation distance of their chances: the least share
        of draws that have to differ.
    of_nights : float
        Expected nights of an episode.
    situations : tuple of (int, int, float)
        Ruins, fires, and `nights` in states with those numbers, the largest first, where above 0.
    states, of_states : ndarray of float64, shape (3^H,)
        `nights` and `of_nights` in each state (see `Tabular` for their numbers).
    since : ndarray of int64, shape (3^H,)
        In each state, the first of those nights, in which neither policy changes what it does,
        that have the most of `nights`.
    """

    seat: int
    nights: float
    of_nights: float
    situations: tuple[tuple[int, int, float], ...]
    states: FloatArray
    of_states: FloatArray
    since: IntArray

    def summary(self) -> Summary:
        """The text and table that `repr` and notebooks show."""
        title = f"seat {self.seat}: differs in {self.nights:.4g} of {self.of_nights:.4g} nights"
        rows = [[situation(r, f), f"{nights:.4g}"] for r, f, nights in self.situations]
        return Summary(f"PolicyDifference of {title}", ["", "nights:"], rows)


def policy_difference(
    scenario: Scenario,
    lineup: PolicyLineup,
    seat: int,
    other: object,
    *,
    threads: int | None = None,
    progress: Progress | None = None,
) -> PolicyDifference:
    """Compare the policy of a seat with another one, where it gets to in a line-up.

    Parameters
    ----------
    scenario : Scenario
        The game, of at most 12 houses and 8 agents.
    lineup : sequence
        A policy of any kind for each seat.
    seat : int
        Whose policy in the line-up is compared.
    other : Policy or what else `tabulate` takes
        With what.
    threads : int, optional
        Threads at most; by default all.
    progress : callable, optional
        Called with nights done and in all.

    Returns
    -------
    PolicyDifference

    Raises
    ------
    InvalidValue
        For the first value that is not allowed; also if the game is too large.

    Examples
    --------
    >>> game = SCENARIOS["trivial_cooperation"].replace(num_houses=5)
    >>> found = policy_difference(game, ["firefighter"] * 4, 0, Firefighter(0.9))
    >>> 0 < found.nights < found.of_nights
    True
    """
    core_policies(as_scenario(scenario), lineup)  # first says what is wrong with the line-up
    if as_u64("seat", seat) >= scenario.num_agents:
        raise InvalidValue("seat", seat, f"a seat from 0 to {scenario.num_agents - 1}")
    report = reporter(as_callback("progress", progress), scenario.max_nights)
    (found,) = policy_differences(scenario, lineup, {int(seat): other}, threads, report)
    return found


def policy_differences(
    scenario: Scenario,
    lineup: PolicyLineup,
    others: Mapping[int, object],
    threads: int | None = None,
    progress: Callable[[int], object] | None = None,
) -> list[PolicyDifference]:
    """Compare the policies of several seats, each with another one, in one pass.

    `others` is by seat; the rest is as for `policy_difference`, whose errors it has.
    """
    count = 3**scenario.num_houses
    mine = [tabulate(list(lineup)[seat], scenario, seat=seat) for seat in others]
    theirs = [tabulate(other, scenario, seat=seat) for seat, other in others.items()]
    state, until, runs = common_runs([*mine, *theirs])
    met = _core.policy_visits(
        scenario,
        core_policies(scenario, lineup),
        (
            np.searchsorted(state, np.arange(count + 1)).astype(np.uint32),
            until.astype(np.uint32),
            np.zeros(len(until), dtype=np.uint8),
            np.empty((0, 1 + scenario.num_houses)),
        ),
        threads=as_threads(threads),
        progress=progress,
    )
    of_states = _by_state(state, met, count)
    begins = np.concatenate([[0], np.where(np.diff(state) == 0, until[:-1], 0)])
    kinds, kind = np.unique(ruins_and_fires(scenario.num_houses), axis=0, return_inverse=True)
    found = []
    for seat, one, other, *of in zip(
        others, mine, theirs, runs[: len(mine)], runs[len(mine) :], strict=True
    ):
        of_runs = met * _distances(one, other, of)
        differ = _by_state(state, of_runs, count)
        nights = np.bincount(kind.ravel(), differ).tolist()
        situations = [(r, f, n) for (r, f), n in zip(kinds.tolist(), nights, strict=True) if n > 0]
        situations.sort(key=lambda each: -each[2])
        found.append(
            PolicyDifference(
                seat,
                float(differ.sum()),
                float(met.sum()),
                tuple(situations),
                differ,
                of_states,
                _begin_of_most(state, of_runs, begins, count),
            )
        )
    return found


def _by_state(state: IntArray, nights: FloatArray, count: int) -> FloatArray:
    """Sums over the runs of each state."""
    return np.asarray(np.bincount(state, nights, count), dtype=np.float64)


def _begin_of_most(state: IntArray, nights: FloatArray, begins: IntArray, count: int) -> IntArray:
    """When the run of each state begins that has most nights; the first of several."""
    most = np.zeros(count)
    np.maximum.at(most, state, nights)
    largest = np.flatnonzero(nights == most[state])[::-1]
    found = np.zeros(count, dtype=np.int64)
    found[state[largest]] = begins[largest]  # where a state comes again, its last one stays
    return found


def _distances(one: Tabular, other: Tabular, runs: Sequence[IntArray]) -> FloatArray:
    """The total variation distance of the chances of acts, in each of their common runs."""
    acts = [each.acts[run] for each, run in zip((one, other), runs, strict=True)]
    distance = np.where(acts[0] != acts[1], 1.0, 0.0)
    drawn = np.flatnonzero((acts[0] == DRAWN) | (acts[1] == DRAWN))
    rows = [each.rows(run[drawn]) for each, run in zip((one, other), runs, strict=True)]
    distance[drawn] = np.minimum(np.abs(rows[0] - rows[1]).sum(axis=1) / 2, 1.0)
    return distance
