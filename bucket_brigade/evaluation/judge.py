"""Line-ups judged: how much each seat could gain by leaving, among (p, q) and over all policies."""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from bucket_brigade import _core
from bucket_brigade._arrays import FloatArray
from bucket_brigade.arguments import as_callback, as_flag
from bucket_brigade.backends import Progress
from bucket_brigade.backends.threads import as_threads
from bucket_brigade.by_value import ComparedByValue
from bucket_brigade.equilibrium.responses.surface import (
    DEGREES,
    PayoffSurface,
    Point,
    fit_surfaces,
)
from bucket_brigade.errors import InvalidValue
from bucket_brigade.exact.evaluate import checked_strategies, expected
from bucket_brigade.exact.policies import core_policies
from bucket_brigade.exact.pure_lineups import PureLineups, pure_lineups
from bucket_brigade.exact.result import ExactResult
from bucket_brigade.game.lineup_result import describe_lineup, described_lineups
from bucket_brigade.game.lineups import Lineup
from bucket_brigade.game.scenario import Scenario, as_scenario
from bucket_brigade.policies.heuristic import Heuristic, strategy_of
from bucket_brigade.policies.tabular import Tabular, blended
from bucket_brigade.policies.tabulate import tabulate
from bucket_brigade.summaries import Summarised, Summary, cut

__all__ = ["BestHeuristic", "Judgement", "SeatJudgement", "judge"]

#: Error of an interpolated surface that is small enough, in points and in parts of what is gained.
TOLERANCE, PART = 1e-3, 1 / 30
#: Degrees in p and q where a payoff takes long.
FEW_DEGREES = DEGREES[:3]
#: Pure line-ups that the opponents' mixtures may stand for.
MOST_PURE = 256


@dataclass(frozen=True)
class BestHeuristic:
    """The best that a seat can do as a heuristic agent.

    Attributes
    ----------
    p, q : float
        How often it works, and how often it then stays at its own burning home.
    value, gain : float
        Its expected return, computed without interpolation, and how much more that is. Another
        (p, q) may be better by what interpolation between some dozens of them misses.
    """

    p: float
    q: float
    value: float
    gain: float


@dataclass(frozen=True, eq=False)
class SeatJudgement(ComparedByValue):
    """The payoff of a seat, and the most it could get.

    Attributes
    ----------
    seat : int
        Which.
    payoff, worked : float
        Expected return in the line-up, and nights that it works.
    best_heuristic : BestHeuristic or None
        The best (p, q); None if that was not asked for.
    policy : Tabular
        The best policy found.
    value, nights, response_worked : float
        Its expected return, the nights of an episode, and the nights that the seat works then.
    value_at_most : float
        No policy of any kind has more. Where the others play policies that depend on the houses
        and the night alone, `policy` is the best of all, and this is `value`. Where they draw from
        mixtures, once an episode, it is what could be had by who is told what they drew.
    """

    seat: int
    payoff: float
    worked: float
    best_heuristic: BestHeuristic | None
    policy: Tabular
    value: float
    nights: float
    response_worked: float
    value_at_most: float

    @property
    def gain(self) -> float:
        """The gain of the seat by `policy`."""
        return self.value - self.payoff

    @property
    def gain_at_most(self) -> float:
        """The most that the seat could gain by any policy."""
        return self.value_at_most - self.payoff

    def to_dict(self) -> dict[str, Any]:
        """The judgement as JSON knows it, without the policy."""
        best = self.best_heuristic
        return {
            "seat": self.seat,
            "payoff": self.payoff,
            "worked": self.worked,
            "best_heuristic": None
            if best is None
            else {"p": best.p, "q": best.q, "value": best.value, "gain": best.gain},
            "best_response": {
                "value": self.value,
                "gain": self.gain,
                "gain_at_most": self.gain_at_most,
                "nights": self.nights,
                "worked": self.response_worked,
            },
        }


@dataclass(frozen=True, eq=False, repr=False)
class Judgement(ComparedByValue, Summarised):
    """A verdict on a line-up: how far it is from an equilibrium, exactly.

    Attributes
    ----------
    scenario : Scenario
        The game.
    result : ExactResult
        Payoffs and expected counts of the line-up.
    seats : tuple of SeatJudgement
        Seat by seat.
    """

    scenario: Scenario
    result: ExactResult
    seats: tuple[SeatJudgement, ...]

    @property
    def nights(self) -> float:
        """Expected nights of an episode."""
        return float(self.result.nights[0])

    @property
    def exploitability(self) -> float:
        """The largest gain of a seat over all policies, as far as one was found."""
        return max(each.gain for each in self.seats)

    @property
    def exploitability_at_most(self) -> float:
        """A bound on any seat's gain: the largest gain, but for mixtures (see `SeatJudgement`)."""
        return max(each.gain_at_most for each in self.seats)

    @property
    def nash_conv(self) -> float:
        """The sum of the seats' gains over all policies, as far as they were found."""
        return sum(each.gain for each in self.seats)

    def summary(self) -> Summary:
        """The text and table that `repr` and notebooks show."""
        lineup = describe_lineup(described_lineups(self.result)[0])
        title = f"Judgement: {cut(self.scenario.name)}, {lineup}"
        head = ["seat", "payoff", "best (p, q) gains", "best policy gains"]
        rows = []
        for each in self.seats:
            best = each.best_heuristic
            gain = "–" if best is None else f"{best.gain:.4g}"
            rows.append([str(each.seat), f"{each.payoff:.6g}", gain, f"{each.gain:.4g}"])
        return Summary(title, head, rows, [f"{self.nights:.4g} nights an episode"])

    def to_dict(self) -> dict[str, Any]:
        """The judgement as JSON knows it."""
        return {
            "scenario": self.scenario.to_dict(),
            "lineup": described_lineups(self.result, digits=17)[0],
            "nights": self.nights,
            "payoff_a_night": self.result.payoff_a_night[0].tolist(),
            "seats": [each.to_dict() for each in self.seats],
            "exploitability": self.exploitability,
            "exploitability_at_most": self.exploitability_at_most,
            "nash_conv": self.nash_conv,
        }


def judge(
    scenario: Scenario,
    lineup: Lineup,
    *,
    heuristics: bool = True,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Judgement:
    """Judge a line-up: what each seat gets, and what it could get by leaving it alone.

    Parameters
    ----------
    scenario : Scenario
        The game, of at most 12 houses and 8 agents.
    lineup : sequence
        For each seat what `simulate` takes, or a `Tabular`; mixtures may stand for 256 pure
        line-ups.
    heuristics : bool
        Whether to look for the best (p, q), too. That takes a line-up for each of some dozens of
        (p, q) and each seat, and long where others play tables.
    threads : int, optional
        Threads at most; by default all.
    progress : callable, optional
        Called with steps done and in all.

    Returns
    -------
    Judgement

    Raises
    ------
    InvalidValue
        For the first value that is not allowed; also if the game is too large, or mixtures stand
        for too much.

    Examples
    --------
    >>> game = SCENARIOS["trivial_cooperation"].replace(num_houses=5)
    >>> found = judge(game, ["hero"] * 4)
    >>> round(found.exploitability, 6), round(found.seats[0].best_heuristic.gain, 6)
    (13.0, 13.0)
    """
    scenario = as_scenario(scenario)
    chosen = list(lineup)
    pure = pure_lineups(checked_strategies(scenario, [chosen], None))
    if len(pure.lineups) > MOST_PURE:
        given = f"mixtures of {len(pure.lineups):,} pure line-ups"
        raise InvalidValue("lineup", given, f"at most {MOST_PURE} to be judged")
    told = as_callback("progress", progress)
    steps = itertools.count(1)
    mixed = len(pure.lineups) > 1
    number = 2 + as_flag("heuristics", heuristics) + mixed * len(pure.lineups)

    def step() -> None:
        done = next(steps)
        if told is not None:
            told(done, number)

    result = expected(scenario, [chosen], threads=threads)
    step()
    found: list[BestHeuristic | None] = [None] * scenario.num_agents
    if heuristics:
        found = [*_best_heuristics(result, pure, threads)]
        step()
    answers = _mixed if mixed else _memoryless
    judged = answers(result, pure, found, threads, step)
    step()
    return Judgement(scenario, result, tuple(judged))


def _best_heuristics(
    result: ExactResult, pure: PureLineups, threads: int | None
) -> list[BestHeuristic]:
    """The best (p, q) of each seat.

    All seats are tried together, since what one tries may mirror what another does.
    """
    lineup = list(result.lineups[0])
    own = result.mean[0].tolist()

    def payoffs(tried: Sequence[tuple[int, Point]]) -> FloatArray:
        lineups = [[*lineup[:seat], strategy_of(*at), *lineup[seat + 1 :]] for seat, at in tried]
        means = expected(result.scenario, lineups, threads=threads).mean
        return np.array([mean[seat] for mean, (seat, _) in zip(means, tried, strict=True)])

    def of_seats(points: Sequence[Point], seats: Sequence[int]) -> FloatArray:
        return payoffs(list(itertools.product(seats, points))).reshape(len(seats), len(points))

    def is_fine(seat: int, surface: PayoffSurface) -> bool:
        gain = float(surface.grid()[2].max()) - own[seat]
        return bool(surface.error <= max(TOLERANCE, PART * gain, 1e-9 * abs(own[seat])))

    slow = not all(policy.by_chain for policy in pure.policies)
    surfaces = fit_surfaces(
        of_seats,
        [partial(is_fine, seat) for seat in range(len(own))],
        FEW_DEGREES if slow else DEGREES,
    )
    # What is played already comes first: nothing is gained where another is as good.
    played = [each.duty for each in pure.policies if isinstance(each, Heuristic)]
    points = [[*played, *surface.maxima()] for surface in surfaces]
    tried = [(seat, at) for seat, of_seat in enumerate(points) for at in of_seat]
    values = iter(payoffs(tried).tolist())
    found = []
    for of_seat, payoff in zip(points, own, strict=True):
        of_points = [next(values) for _ in of_seat]
        enough = max(of_points) - 1e-9 * max(1.0, abs(payoff))
        (p, q), value = next(
            (at, value) for at, value in zip(of_seat, of_points, strict=True) if value > enough
        )
        found.append(BestHeuristic(p, q, value, value - payoff))
    return found


def _memoryless(
    result: ExactResult,
    pure: PureLineups,
    heuristics: list[BestHeuristic | None],
    threads: int | None,
    step: Callable[[], None],
) -> list[SeatJudgement]:
    """Of a line-up of policies that depend on houses and night alone: one answer is the best."""
    scenario, count = result.scenario, as_threads(threads)
    policies = core_policies(scenario, [pure.policies[index] for index in pure.lineups[0]])
    values, _, runs = _core.best_responses(scenario, policies, threads=count, progress=None)
    left = _core.deviations(scenario, policies, runs, threads=count, progress=None)
    return [
        SeatJudgement(
            seat,
            float(result.mean[0, seat]),
            float(result.counts.worked[0, seat]),
            heuristic,
            Tabular.from_runs(scenario, runs[seat]),
            float(values[seat]),
            float(left[seat, 0]),
            float(left[seat, 1]),
            float(values[seat]),
        )
        for seat, heuristic in enumerate(heuristics)
    ]


def _mixed(
    result: ExactResult,
    pure: PureLineups,
    heuristics: list[BestHeuristic | None],
    threads: int | None,
    step: Callable[[], None],
) -> list[SeatJudgement]:
    """Of a line-up with mixtures: bounds from above, and the best of some policies."""
    scenario, count = result.scenario, as_threads(threads)
    ((indices, weights),) = pure.parts
    above = np.zeros(scenario.num_agents)
    for lineup, weight in zip(pure.lineups[indices], weights, strict=True):
        policies = core_policies(scenario, [pure.policies[index] for index in lineup])
        values, _, _ = _core.best_responses(scenario, policies, threads=count, progress=None)
        above += weight * values
        step()
    # What is best against those who draw anew every night is a good answer to who they are.
    redrawn: list[object] = []
    for seat in range(scenario.num_agents):
        drawn = pure.lineups[indices, seat]
        shares = {int(index): float(weights[drawn == index].sum()) for index in drawn}
        tables = [tabulate(pure.policies[index], scenario, seat=seat) for index in shares]
        redrawn.append(blended(tables, list(shares.values())))
    policies = core_policies(scenario, redrawn)
    _, _, runs = _core.best_responses(scenario, policies, threads=count, progress=None)
    chosen = list(result.lineups[0])
    judged = []
    for seat, heuristic in enumerate(heuristics):
        candidates: list[Tabular] = [Tabular.from_runs(scenario, runs[seat])]
        if heuristic is not None:
            best = strategy_of(heuristic.p, heuristic.q)
            candidates.append(tabulate(best, scenario, seat=seat))
        lineups = [[*chosen[:seat], each, *chosen[seat + 1 :]] for each in candidates]
        tried = expected(scenario, lineups, threads=threads)
        i = int(tried.mean[:, seat].argmax())
        judged.append(
            SeatJudgement(
                seat,
                float(result.mean[0, seat]),
                float(result.counts.worked[0, seat]),
                heuristic,
                candidates[i],
                float(tried.mean[i, seat]),
                float(tried.nights[i]),
                float(tried.counts.worked[i, seat]),
                float(above[seat]),
            )
        )
    return judged
