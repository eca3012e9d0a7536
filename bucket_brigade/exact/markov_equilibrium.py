"""Equilibria of the whole game: policies from which nobody gains by departing, at any time."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from bucket_brigade import _core
from bucket_brigade.arguments import as_callback, did_you_mean
from bucket_brigade.backends import Progress
from bucket_brigade.backends.threads import as_threads
from bucket_brigade.by_value import ComparedByValue
from bucket_brigade.counts.expected_counts import ExpectedCounts
from bucket_brigade.errors import InvalidValue, shown
from bucket_brigade.exact.evaluate import reporter
from bucket_brigade.game.scenario import Scenario, as_scenario
from bucket_brigade.policies.tabular import Tabular
from bucket_brigade.summaries import Summarised, Summary, cut

__all__ = ["SELECTORS", "MarkovEquilibrium", "markov_equilibrium"]

FloatArray = npt.NDArray[np.float64]

#: Which equilibrium of a night and state is taken, where there are several (`markov_equilibrium`).
SELECTORS = tuple(_core.selectors())


@dataclass(frozen=True, eq=False, repr=False)
class MarkovEquilibrium(ComparedByValue, Summarised):
    """A Markov perfect equilibrium: one of several, as its selector chose.

    Attributes
    ----------
    scenario : Scenario
        The game.
    selector : str
        Which equilibrium was taken at each night and state.
    payoffs : ndarray of float64, shape (A,)
        Expected return of each seat.
    policies : tuple of Tabular
        What each seat does. Seats are told apart: who rests is a convention.
    regret : float
        The largest gain of any seat by any policy, at any night and in any state, however it came
        about; computed apart from the search, by best responses.
    mixed_stages : int
        At how many nights and states somebody draws an act.
    unsolved_stages : int
        At how many no equilibrium was found; `regret` then says by how much they miss it.
    counts : ExpectedCounts
        What is expected to happen.
    """

    scenario: Scenario
    selector: str
    payoffs: FloatArray
    policies: tuple[Tabular, ...]
    regret: float
    mixed_stages: int
    unsolved_stages: int
    counts: ExpectedCounts

    @property
    def nights(self) -> float:
        """Expected nights of an episode."""
        return float(self.counts.nights[0])

    def summary(self) -> Summary:
        """The text and table that `repr` and notebooks show: payoffs and nights worked by seat."""
        rows = zip(self.payoffs.tolist(), self.counts.worked[0].tolist(), strict=True)
        name, payoff = cut(self.scenario.name), float(self.payoffs.mean())
        return Summary(
            f"MarkovEquilibrium: {name}, {payoff:.6g} in {self.nights:.4g} nights",
            ["seat", "payoff", "nights worked"],
            [[str(a), f"{payoff:.6g}", f"{worked:.4g}"] for a, (payoff, worked) in enumerate(rows)],
            [f"selector {self.selector}; regret at any night, in any state: {self.regret:.2g}"],
        )

    def to_dict(self) -> dict[str, Any]:
        """The result as JSON knows it, without the policies, which `save_policies` keeps."""
        payoff = float(self.payoffs.mean())
        return {
            "scenario": self.scenario.to_dict(),
            "space": "markov",
            "selector": self.selector,
            "payoff": payoff,
            "payoffs": self.payoffs.tolist(),
            "nights": self.nights,
            "payoff_a_night": payoff / self.nights,
            "worked": self.counts.worked[0].tolist(),
            "regret": self.regret,
            "mixed_stages": self.mixed_stages,
            "unsolved_stages": self.unsolved_stages,
        }


def markov_equilibrium(
    scenario: Scenario,
    *,
    selector: str = "previous",
    threads: int | None = None,
    progress: Progress | None = None,
) -> MarkovEquilibrium:
    """Compute an equilibrium of the whole game, from the last night to the first.

    At each night and in each state the seats play a game whose payoffs hold what is still to come.
    An equilibrium of each of these makes one of the whole game, which holds after every history.

    Parameters
    ----------
    scenario : Scenario
        The game, of at most 12 houses and 8 agents.
    selector : str
        Which equilibrium is taken where there are several: "previous", what was taken in this
        state on the night after, or where best answers in turn lead from there; "rest", where best
        answers in turn lead from all at rest; "welfare", the pure one with the largest sum of
        payoffs. Where there is no pure one, acts are drawn.
    threads : int, optional
        Threads at most; by default all.
    progress : callable, optional
        Called with nights done and in all, of the search.

    Returns
    -------
    MarkovEquilibrium

    Raises
    ------
    InvalidValue
        If there is no such selector, or the game is too large.

    Notes
    -----
    Under ``burn_out_then_spread`` many stages have no pure equilibrium. Games of ten houses and
    four agents took about as long with ``previous``, and up to three times as long with
    ``welfare``. Ctrl-C stops it.

    Examples
    --------
    >>> game = SCENARIOS["trivial_cooperation"].replace(num_houses=5)
    >>> found = markov_equilibrium(game)
    >>> found.payoffs.round(6).tolist(), found.regret < 1e-8
    ([1306.5, 1306.5, 1306.5, 1306.5], True)
    """
    scenario = as_scenario(scenario)
    if selector not in SELECTORS:
        allowed = f"one of {', '.join(SELECTORS)}{did_you_mean(selector, SELECTORS)}"
        raise InvalidValue("selector", shown(selector), allowed)
    count = as_threads(threads)
    report = reporter(as_callback("progress", progress), scenario.max_nights)
    payoffs, runs, mixed, unsolved = _core.markov_equilibrium(
        scenario, selector=selector, threads=count, progress=report
    )
    _, _, regret, _ = _core.certify(scenario, runs, threads=count, progress=None)
    totals = _core.policy_counts(scenario, runs, threads=count, progress=None)
    return MarkovEquilibrium(
        scenario,
        selector,
        payoffs,
        tuple(Tabular.from_runs(scenario, each) for each in runs),
        regret,
        mixed,
        unsolved,
        ExpectedCounts(scenario.num_houses, scenario.num_agents, totals[None]),
    )
