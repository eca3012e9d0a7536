"""Best responses among all policies, exactly: what a seat could gain against the others."""

from dataclasses import dataclass
from typing import overload

import numpy as np
import numpy.typing as npt

from bucket_brigade import _core
from bucket_brigade.arguments import as_callback, as_list, as_u64
from bucket_brigade.backends import Progress
from bucket_brigade.backends.threads import as_threads
from bucket_brigade.by_value import ComparedByValue
from bucket_brigade.errors import InvalidValue
from bucket_brigade.exact.evaluate import expected, reporter
from bucket_brigade.exact.policies import PolicyLineup, core_policies
from bucket_brigade.game.scenario import Scenario, as_scenario
from bucket_brigade.policies.tabular import Tabular
from bucket_brigade.summaries import Summarised, Summary

__all__ = ["BestResponse", "Exploitability", "best_response", "exploitability"]

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class BestResponse(ComparedByValue, Summarised):
    """The best that a seat can do against a line-up, of all policies there are.

    Attributes
    ----------
    seat : int
        Who deviates.
    payoff : float
        Its expected return in the line-up as it is.
    value : float
        Its expected return by the best policy.
    policy : Tabular
        That policy: a function of the houses and the night. Since the others are such functions,
        no policy that remembers or listens does better.
    nights, worked : float
        Expected nights of an episode, and nights that the seat works, when it plays that policy.
    """

    seat: int
    payoff: float
    value: float
    policy: Tabular
    nights: float
    worked: float

    @property
    def gain(self) -> float:
        """The gain of the seat by deviating; below 0 only by rounding."""
        return self.value - self.payoff

    def summary(self) -> Summary:
        """The text and table that `repr` and notebooks show."""
        numbers = [self.payoff, self.value, self.gain, self.nights, self.worked]
        return Summary(
            f"BestResponse of seat {self.seat}",
            ["seat", "payoff", "by its best policy", "gain", "nights then", "nights worked then"],
            [[str(self.seat), *(f"{number:.6g}" for number in numbers)]],
        )


@dataclass(frozen=True, eq=False, repr=False)
class Exploitability(ComparedByValue, Summarised):
    """The gains of all seats by their best responses, among all policies there are.

    Attributes
    ----------
    payoffs : ndarray of float64, shape (A,)
        Expected returns in the line-up.
    gains : ndarray of float64, shape (A,)
        What each seat gains if it alone deviates at the start.
    anywhere : float
        The largest gain of any seat at any night and in any state: 0, but for rounding, in a
        Markov perfect equilibrium.
    """

    payoffs: FloatArray
    gains: FloatArray
    anywhere: float

    @property
    def largest(self) -> float:
        """The largest gain of a seat: the line-up's regret over all policies."""
        return float(self.gains.max())

    @property
    def nash_conv(self) -> float:
        """The sum of gains over seats."""
        return float(self.gains.sum())

    def summary(self) -> Summary:
        """The text and table that `repr` and notebooks show: payoffs and gains by seat."""
        rows = zip(self.payoffs.tolist(), self.gains.tolist(), strict=True)
        return Summary(
            f"Exploitability: {self.largest:.6g}",
            ["seat", "payoff", "gain by any policy"],
            [[str(a), f"{payoff:.6g}", f"{gain:.4g}"] for a, (payoff, gain) in enumerate(rows)],
            [f"the most that any seat gains at any night, in any state: {self.anywhere:.4g}"],
        )


@overload
def best_response(
    scenario: Scenario,
    lineup: PolicyLineup,
    seat: None = None,
    *,
    threads: int | None = None,
    progress: Progress | None = None,
) -> tuple[BestResponse, ...]: ...
@overload
def best_response(
    scenario: Scenario,
    lineup: PolicyLineup,
    seat: int,
    *,
    threads: int | None = None,
    progress: Progress | None = None,
) -> BestResponse: ...
def best_response(
    scenario: Scenario,
    lineup: PolicyLineup,
    seat: int | None = None,
    *,
    threads: int | None = None,
    progress: Progress | None = None,
) -> BestResponse | tuple[BestResponse, ...]:
    """Find the best policy of one seat, or of each seat by itself, against a line-up.

    Parameters
    ----------
    scenario : Scenario
        The game, of at most 12 houses and 8 agents.
    lineup : sequence
        For each seat an archetype's name, ten numbers, or a `Tabular` policy.
    seat : int, optional
        Who deviates; by default every seat in turn, which takes one pass for all.
    threads : int, optional
        Threads at most; by default all.
    progress : callable, optional
        Called with nights done and in all, of the search.

    Returns
    -------
    BestResponse or tuple of BestResponse

    Raises
    ------
    InvalidValue
        For the first value that is not allowed; also if the game is too large.

    Examples
    --------
    >>> game = SCENARIOS["trivial_cooperation"].replace(num_houses=5)
    >>> best = best_response(game, ["hero"] * 4, 0)
    >>> round(best.payoff, 6), round(best.value, 6), round(best.worked, 6)
    (1293.5, 1306.5, 0.0)
    """
    lineup = as_list("lineup", lineup, "policies, one for each seat")
    policies = core_policies(as_scenario(scenario), lineup)
    count = as_threads(threads)
    seats = range(len(policies))
    if seat is not None:
        seats = range(as_u64("seat", seat), int(seat) + 1)
        if seats[0] >= len(policies):
            raise InvalidValue("seat", seat, f"a seat from 0 to {len(policies) - 1}")
    report = reporter(as_callback("progress", progress), scenario.max_nights)
    payoffs = expected(scenario, [lineup], threads=threads).mean[0]
    values, _, runs = _core.best_responses(scenario, policies, threads=count, progress=report)
    left = _core.deviations(scenario, policies, runs, threads=count, progress=None)
    found = tuple(
        BestResponse(
            seat=a,
            payoff=float(payoffs[a]),
            value=float(values[a]),
            policy=Tabular.from_runs(scenario, runs[a]),
            nights=float(left[a, 0]),
            worked=float(left[a, 1]),
        )
        for a in seats
    )
    return found if seat is None else found[0]


def exploitability(
    scenario: Scenario,
    lineup: PolicyLineup,
    *,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Exploitability:
    """Compute what each seat could gain by any other policy, against a line-up.

    Parameters
    ----------
    scenario, lineup, threads, progress
        As for `best_response`.

    Returns
    -------
    Exploitability

    Raises
    ------
    InvalidValue
        For the first value that is not allowed; also if the game is too large.

    Examples
    --------
    >>> game = SCENARIOS["trivial_cooperation"].replace(num_houses=5)
    >>> found = exploitability(game, ["hero"] * 4)
    >>> round(found.largest, 6), round(found.nash_conv, 6)
    (13.0, 52.0)
    """
    policies = core_policies(as_scenario(scenario), lineup)
    report = reporter(as_callback("progress", progress), scenario.max_nights)
    payoffs, gains, anywhere, _ = _core.certify(
        scenario, policies, threads=as_threads(threads), progress=report
    )
    return Exploitability(payoffs, gains, anywhere)
