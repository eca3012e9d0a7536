"""Differences of two policies, and how often they are met: `policy_difference`."""

from collections.abc import Sequence
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

__all__ = ["PolicyDifference", "policy_difference"]


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
    """

    seat: int
    nights: float
    of_nights: float
    situations: tuple[tuple[int, int, float], ...]
    states: FloatArray
    of_states: FloatArray

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
    policies = core_policies(as_scenario(scenario), lineup)
    if as_u64("seat", seat) >= scenario.num_agents:
        raise InvalidValue("seat", seat, f"a seat from 0 to {scenario.num_agents - 1}")
    mine = tabulate(list(lineup)[seat], scenario, seat=seat)
    theirs = tabulate(other, scenario, seat=seat)
    state, until, runs = common_runs([mine, theirs])
    count = 3**scenario.num_houses
    met = _core.policy_visits(
        scenario,
        policies,
        (
            np.searchsorted(state, np.arange(count + 1)).astype(np.uint32),
            until.astype(np.uint32),
            np.zeros(len(until), dtype=np.uint8),
            np.empty((0, 1 + scenario.num_houses)),
        ),
        threads=as_threads(threads),
        progress=reporter(as_callback("progress", progress), scenario.max_nights),
    )
    differ = _by_state(state, met * _distances(mine, theirs, runs), count)
    kinds, kind = np.unique(ruins_and_fires(scenario.num_houses), axis=0, return_inverse=True)
    situations = zip(kinds.tolist(), np.bincount(kind.ravel(), differ).tolist(), strict=True)
    found = sorted(((r, f, n) for (r, f), n in situations if n > 0), key=lambda each: -each[2])
    return PolicyDifference(
        int(seat),
        float(differ.sum()),
        float(met.sum()),
        tuple(found),
        differ,
        _by_state(state, met, count),
    )


def _by_state(state: IntArray, nights: FloatArray, count: int) -> FloatArray:
    """Sums over the runs of each state."""
    return np.asarray(np.bincount(state, nights, count), dtype=np.float64)


def _distances(one: Tabular, other: Tabular, runs: Sequence[IntArray]) -> FloatArray:
    """The total variation distance of the chances of acts, in each of their common runs."""
    acts = [each.acts[run] for each, run in zip((one, other), runs, strict=True)]
    distance = np.where(acts[0] != acts[1], 1.0, 0.0)
    drawn = np.flatnonzero((acts[0] == DRAWN) | (acts[1] == DRAWN))
    rows = [each.rows(run[drawn]) for each, run in zip((one, other), runs, strict=True)]
    distance[drawn] = np.minimum(np.abs(rows[0] - rows[1]).sum(axis=1) / 2, 1.0)
    return distance
