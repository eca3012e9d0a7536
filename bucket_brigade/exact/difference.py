"""Differences of two policies, and how often they are met: `policy_difference`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bucket_brigade import _core
from bucket_brigade._arrays import FloatArray
from bucket_brigade.arguments import as_callback, as_u64
from bucket_brigade.backends import Progress
from bucket_brigade.backends.threads import as_threads
from bucket_brigade.by_value import ComparedByValue
from bucket_brigade.errors import InvalidValue
from bucket_brigade.exact.policies import PolicyLineup, core_policies
from bucket_brigade.game.scenario import Scenario, as_scenario
from bucket_brigade.policies.behaviour import situation
from bucket_brigade.policies.states import all_houses, ruins_and_fires
from bucket_brigade.policies.tabular import DRAWN, Tabular, common_runs
from bucket_brigade.policies.tabulate import tabulate
from bucket_brigade.summaries import Summarised, Summary

__all__ = ["PolicyDifference", "policy_difference"]

#: The most seats of a game, those included that follow it only to be counted.
_MOST_SEATS = 8


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
    all_burning : float
        Expected nights in which every house burns, which are left out of `nights`.
    situations : tuple of (int, int, float)
        Ruins, fires, and `nights` in states with those numbers, the largest first, where above 0.
    """

    seat: int
    nights: float
    of_nights: float
    all_burning: float
    situations: tuple[tuple[int, int, float], ...]

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
        The game, of at most 12 houses and 7 agents.
    lineup : sequence
        A policy of any kind for each seat.
    seat : int
        Whose policy in the line-up is compared.
    other : Policy or what else `tabulate` takes
        With what.
    threads : int, optional
        Threads at most; by default all.
    progress : callable, optional
        Called with parts of the work done and in all.

    Returns
    -------
    PolicyDifference

    Raises
    ------
    InvalidValue
        For the first value that is not allowed; also if the game is too large.

    Notes
    -----
    Exact: beside the agents, others follow the game who work at houses that do not burn, which
    changes nothing, and how often they do is counted.

    Examples
    --------
    >>> game = SCENARIOS["trivial_cooperation"].replace(num_houses=5)
    >>> found = policy_difference(game, ["firefighter"] * 4, 0, Firefighter(0.9))
    >>> 0 < found.nights < found.of_nights
    True
    """
    policies = core_policies(as_scenario(scenario), lineup)
    agents = scenario.num_agents
    if agents >= _MOST_SEATS:
        raise InvalidValue("num_agents", agents, f"at most {_MOST_SEATS - 1} agents to compare")
    if as_u64("seat", seat) >= agents:
        raise InvalidValue("seat", seat, f"a seat from 0 to {agents - 1}")
    mine = tabulate(list(lineup)[seat], scenario, seat=seat)
    distances = _Distances(mine, tabulate(other, scenario, seat=seat))
    kinds = ruins_and_fires(scenario.num_houses)[distances.state]
    met = (distances.distance > 0) & (kinds[:, 1] < scenario.num_houses)
    situations = np.unique(kinds[met], axis=0)
    weights = [np.ones_like(distances.distance)]
    for each in situations:
        weights.append(np.where((kinds == each).all(axis=1), distances.distance, 0.0))
    watchers = [distances.watcher(each) for each in weights]
    counts, nights = _watched(scenario, policies, watchers, threads, progress)
    found = sorted(
        ((int(r), int(f), n) for (r, f), n in zip(situations, counts[1:], strict=True) if n > 0),
        key=lambda each: -each[2],
    )
    differs = float(np.sum(counts[1:]))
    return PolicyDifference(int(seat), differs, nights, nights - counts[0], tuple(found))


class _Distances:
    """How far two policies are apart, in every state and on every night.

    Attributes
    ----------
    state : ndarray of int64
        Of each run of nights on which neither changes what it does; those of a state follow each
        other.
    distance : ndarray of float64
        Total variation distance of the chances of acts in each run.
    """

    def __init__(self, one: Tabular, other: Tabular) -> None:
        self._houses = one.houses
        self.state, self._until, runs = common_runs([one, other])
        acts = [each.acts[run] for each, run in zip((one, other), runs, strict=True)]
        self.distance = (acts[0] != acts[1]).astype(np.float64)
        drawn = np.flatnonzero((acts[0] == DRAWN) | (acts[1] == DRAWN))
        rows = [each.rows(run[drawn]) for each, run in zip((one, other), runs, strict=True)]
        self.distance[drawn] = np.minimum(np.abs(rows[0] - rows[1]).sum(axis=1) / 2, 1.0)

    def watcher(self, weights: FloatArray) -> _core.ActRuns:
        """A policy that works with these chances, always where nothing burns; never if all burns.

        `weights` is in the order of `state`.
        """
        codes = all_houses(self._houses)
        spare = (codes != 1).argmax(axis=1)[self.state]
        chance = np.where((codes == 1).all(axis=1)[self.state], 0.0, weights)
        drawn = (chance > 0) & (chance < 1)
        acts = np.where(drawn, DRAWN, np.where(chance > 0, 1 + spare, 0)).astype(np.uint8)
        rows = np.zeros((int(drawn.sum()), 1 + self._houses))
        rows[:, 0] = 1.0 - chance[drawn]
        rows[np.arange(len(rows)), 1 + spare[drawn]] = chance[drawn]
        first = np.searchsorted(self.state, np.arange(3**self._houses + 1))
        return first.astype(np.uint32), self._until.astype(np.uint32), acts, rows


def _watched(
    scenario: Scenario,
    policies: list[_core.MarkovPolicy],
    watchers: list[_core.ActRuns],
    threads: int | None,
    progress: Progress | None,
) -> tuple[list[float], float]:
    """Expected nights that each watcher works, and those of an episode."""
    report = as_callback("progress", progress)
    agents = scenario.num_agents
    at_once = _MOST_SEATS - agents
    found: list[float] = []
    nights = 0.0
    for start in range(0, len(watchers), at_once):
        some = watchers[start : start + at_once]
        watched = scenario.replace(
            num_agents=agents + len(some),
            reward_own_house_survives=0.0,
            reward_other_house_survives=0.0,
            penalty_own_house_burns=0.0,
            penalty_other_house_burns=0.0,
        )
        counts = _core.policy_counts(
            watched, [*policies, *some], threads=as_threads(threads), progress=None
        )
        nights = float(counts[0])
        found += counts[1 + agents : 1 + agents + len(some)].tolist()
        if report is not None:
            report(len(found), len(watchers))
    return found, nights
