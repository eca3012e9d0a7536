"""Policies as the page browses them: acts and values in every state, and where they differ.

A *browser* is for one scenario: line-ups of policies beside a *base*, which is the first line-up of
heuristics that was found or judged or, without one, the best (p, q) that all seats can have in
common. Best responses are compared with the line-up that they answer, all others with the base.
Acts are sent as runs of nights, as `Tabular` keeps them, chances in steps of 1/65535 (1/255 where
very many rows are drawn), and values rounded to `STEPS` points, as coarse as it takes for the page
to stay small. All arrays are little-endian, compressed by zlib, and in base 64.
"""

import base64
import re
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from bucket_brigade import _core
from bucket_brigade._arrays import FloatArray
from bucket_brigade.backends.threads import as_threads
from bucket_brigade.equilibrium.results.nash import NashEquilibrium, load_equilibria
from bucket_brigade.equilibrium.results.policies import PolicyEquilibrium
from bucket_brigade.errors import InvalidValue
from bucket_brigade.evaluation.common_heuristic import best_common_heuristic
from bucket_brigade.evaluation.judge import Judgement
from bucket_brigade.exact.difference import policy_differences
from bucket_brigade.exact.markov_equilibrium import MarkovEquilibrium
from bucket_brigade.exact.policies import core_policies
from bucket_brigade.exact.policy_values import policy_values
from bucket_brigade.exact.team_optimum import TeamOptimum
from bucket_brigade.explorer.documents import read_json
from bucket_brigade.explorer.parameters import parameters
from bucket_brigade.explorer.sources import shortest
from bucket_brigade.game.lineup_result import describe_lineup
from bucket_brigade.game.lineups import Mixture
from bucket_brigade.game.scenario import Scenario
from bucket_brigade.policies.heuristic import strategy_of
from bucket_brigade.policies.kinds import as_policy
from bucket_brigade.policies.labels import distinct_names
from bucket_brigade.policies.saved import SavedPolicies, is_policy_file, load_policies
from bucket_brigade.policies.states import all_houses
from bucket_brigade.policies.tabular import DRAWN, Tabular, blended
from bucket_brigade.policies.tabulate import tabulate

__all__ = ["Shown", "joined", "of_file", "of_object"]

#: Points to which values are rounded: the first with which all values fit into `MOST_CHARACTERS`.
STEPS = (0.1, 1.0, 10.0)
MOST_CHARACTERS = 2_000_000
#: States that are listed because policies differ there, with fires and without.
MOST_STATES = 40
#: Rows of chances that are sent with two bytes a number.
MANY_ROWS = 4096


@dataclass(frozen=True)
class Judged:
    """What a judgement says about a line-up, without the policies of its best responses.

    Attributes
    ----------
    name : str
        Who plays, in words.
    payoffs, best : tuple of float
        What each seat gets, and by its best response.
    """

    name: str
    payoffs: tuple[float, ...]
    best: tuple[float, ...]

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Self:
        """What a judgement says, of its JSON."""
        seats = data["seats"]
        return cls(
            describe_lineup(data["lineup"]),
            tuple(each["payoff"] for each in seats),
            tuple(each["best_response"]["value"] for each in seats),
        )

    @property
    def answers(self) -> str:
        """What best responses to the line-up are called."""
        return f"best response of each seat to {self.name}"


@dataclass(frozen=True)
class Shown:
    """A line-up to be browsed.

    Attributes
    ----------
    scenario : Scenario
        The game.
    name : str
        What the page calls it.
    policies : tuple
        What each seat plays: tables, what `tabulate` takes, or mixtures.
    is_base : bool
        Whether others may be compared with it. Without others, it is not shown.
    against : tuple or None
        If given, what the other seats play while each seat by itself plays its policy.
    source : Path or None
        The file that it is from.
    judged : Judged or None
        What a judgement says about the line-up.
    """

    scenario: Scenario
    name: str
    policies: tuple[object, ...]
    is_base: bool = False
    against: tuple[object, ...] | None = None
    source: Path | None = None
    judged: Judged | None = None


def of_object(thing: object) -> list[Shown] | None:
    """Line-ups of an object that holds policies; None for anything else."""
    if isinstance(thing, NashEquilibrium):
        return [Shown(thing.scenario, _base_name(thing), tuple(thing.lineup), is_base=True)]
    if isinstance(thing, Judgement):
        lineup = tuple(thing.result.lineups[0])
        if any(isinstance(seat, Mixture) for seat in lineup):
            return None
        judged = Judged.of(thing.to_dict())
        responses = tuple(each.policy for each in thing.seats)
        answers = Shown(thing.scenario, judged.answers, responses, against=lineup)
        return [_judged(thing.scenario, lineup, judged), answers]
    if isinstance(thing, TeamOptimum):
        return [Shown(thing.scenario, "team optimum", thing.policies)]
    if isinstance(thing, MarkovEquilibrium):
        name = f"equilibrium of the whole game ({thing.selector})"
        return [Shown(thing.scenario, name, thing.policies)]
    if isinstance(thing, PolicyEquilibrium):
        return [Shown(thing.scenario, "found by double oracle", thing.policies)]
    if isinstance(thing, SavedPolicies):
        return [_saved(thing, "saved policies")]
    return None


def of_file(path: Path) -> list[Shown] | None:
    """The line-up of a file that `save_policies` wrote, or to compare others with, the equilibria
    of one over (p, q) or a line-up that was judged; None for another kind of file."""
    if is_policy_file(path):
        return [replace(_saved(load_policies(path), path.name), source=path)]
    data = read_json(path)
    if not isinstance(data, dict):
        return None
    if "equilibria" in data:
        return [each for found in load_equilibria(path) for each in of_object(found) or ()]
    if "nash_conv" in data:
        lineup = tuple(_of_name(seat) for seat in data["lineup"])
        if all(seat is not None for seat in lineup):
            scenario = Scenario.from_dict(data["scenario"])
            return [replace(_judged(scenario, lineup, Judged.of(data)), source=path)]
    return None


def joined(shown: Sequence[Shown]) -> list[dict[str, Any]]:
    """A browser for each scenario of which there are line-ups beside a base.

    Raises
    ------
    InvalidValue
        If a game is too large, or a policy is for another one.
    """
    scenarios = list(dict.fromkeys(each.scenario for each in shown if not each.is_base))
    names = shortest(each.source for each in shown if each.source is not None)
    browsers = [
        _browser(s, [_tabulated(each, names) for each in shown if each.scenario == s])
        for s in scenarios
    ]
    for step in STEPS:
        values = [[_values(values, step) for _, values in browser] for browser in browsers]
        size = sum(len(packed["planes"]) for of_browser in values for packed in of_browser)
        if size <= MOST_CHARACTERS:
            break
    return [
        {
            "scenario": scenario.to_dict(),
            "parameters": parameters(scenario),
            "step": step,
            "lineups": [
                {**entry, "values": packed}
                for (entry, _), packed in zip(browser, of_browser, strict=True)
            ],
        }
        for scenario, browser, of_browser in zip(scenarios, browsers, values, strict=True)
    ]


def _base_name(found: NashEquilibrium) -> str:
    drawn = "" if len(found.distribution) == 1 else ", drawn anew every night"
    return f"equilibrium over {found.space} policies: {found.describe()}{drawn}"


def _judged(scenario: Scenario, lineup: tuple[object, ...], judged: Judged) -> Shown:
    return Shown(scenario, f"judged: {judged.name}", lineup, is_base=True, judged=judged)


def _of_name(seat: object) -> object | None:
    """The policy that a judgement in JSON names; None if its name does not tell."""
    if not isinstance(seat, str):
        return None
    if heuristic := re.fullmatch(r"\(p=([\d.e-]+), q=([\d.e-]+)\)", seat):
        return strategy_of(*map(float, heuristic.groups()))
    try:
        return as_policy(seat)
    except InvalidValue:
        return None


def _saved(saved: SavedPolicies, name: str) -> Shown:
    agents = saved.scenario.num_agents
    policies = saved.policies * (agents if len(saved.policies) == 1 else 1)
    if len(policies) != agents:
        given = f"{len(policies)} policies in {name}"
        raise InvalidValue("policies", given, f"one, or one for each of the {agents} seats")
    return Shown(saved.scenario, "all seats play these at once", policies)


@dataclass(frozen=True)
class _Lineup:
    """A line-up as tables; the rest is as in `Shown`."""

    scenario: Scenario
    name: str
    policies: tuple[Tabular, ...]
    is_base: bool
    against: tuple[Tabular, ...] | None
    file: str | None
    judged: Judged | None

    def played(self) -> list[tuple[Tabular, ...]]:
        """For each seat, the line-up in which it plays its policy."""
        seats, of = range(self.scenario.num_agents), self.against
        if of is None:
            return [self.policies for _ in seats]
        return [(*of[:a], self.policies[a], *of[a + 1 :]) for a in seats]


#: What a line-up pays each seat (A), and what it is worth by state (3^H, A).
_Worth = Callable[[_Lineup], tuple[FloatArray, FloatArray]]


def _worth(lineup: _Lineup) -> tuple[FloatArray, FloatArray]:
    scenario, against = lineup.scenario, lineup.against
    if against is None:
        values = policy_values(scenario, lineup.policies)
        return values.payoffs, values.states
    best, payoffs, states = _best(scenario, against)
    if best == lineup.policies:
        return payoffs, states
    found = [policy_values(scenario, played) for played in lineup.played()]
    return (
        np.array([of.payoffs[a] for a, of in enumerate(found)]),
        np.stack([of.states[:, a] for a, of in enumerate(found)], axis=1),
    )


@lru_cache(maxsize=2)
def _best(
    scenario: Scenario, against: tuple[Tabular, ...]
) -> tuple[tuple[Tabular, ...], FloatArray, FloatArray]:
    """The best response of each seat to a line-up, and what they are worth, as `_Worth` has it: of
    all seats in one pass."""
    payoffs, states, runs = _core.best_responses(
        scenario, core_policies(scenario, against), threads=as_threads(None), progress=None
    )
    return tuple(Tabular.from_runs(scenario, of_seat) for of_seat in runs), payoffs, states


def _tabulated(shown: Shown, files: Mapping[Path, str]) -> _Lineup:
    """A line-up as tables; `files` says what files are called."""
    scenario, against = shown.scenario, shown.against
    return _Lineup(
        scenario,
        shown.name,
        _tables(scenario, shown.policies),
        shown.is_base,
        None if against is None else _tables(scenario, against),
        None if shown.source is None else files[shown.source],
        shown.judged,
    )


def _tables(scenario: Scenario, policies: Iterable[object]) -> tuple[Tabular, ...]:
    """Tables of what seats play; of a mixture, as if it were drawn anew every night."""

    def table(policy: object, seat: int) -> Tabular:
        if not isinstance(policy, Mixture):
            return tabulate(policy, scenario, seat=seat)
        drawn = [tabulate(each, scenario, seat=seat) for each in policy.strategies]
        return blended(drawn, policy.weights)

    return tuple(table(policy, seat) for seat, policy in enumerate(policies))


def _browser(
    scenario: Scenario, given: Iterable[_Lineup]
) -> list[tuple[dict[str, Any], FloatArray]]:
    """Entries of line-ups, the base first, each with its values by state and seat."""
    worth: _Worth = cache(_worth)
    lineups = [each for each in given if _is_as_judged(each, worth)]
    judged = [each for each in lineups if each.judged is not None]
    lineups = [_recognised(each, judged) for each in lineups]
    if not any(each.is_base for each in lineups):
        best = best_common_heuristic(scenario)
        name = f"best common (p, q): (p={best.p:.4g}, q={best.q:.4g})"
        policies = (strategy_of(best.p, best.q),) * scenario.num_agents
        lineups.append(_tabulated(Shown(scenario, name, policies, is_base=True), {}))
    # What was given twice once, by its first name, and bases first.
    once: dict[object, _Lineup] = {}
    for each in lineups:
        first = once.setdefault((each.policies, each.against), each)
        once[first.policies, first.against] = replace(first, is_base=first.is_base or each.is_base)
    lineups = sorted(once.values(), key=lambda each: not each.is_base)
    # What was answered is among those that nothing is `against`.
    place = {each.policies: i for i, each in enumerate(lineups) if each.against is None}
    found = []
    for i, name in enumerate(distinct_names([_name(each) for each in lineups])):
        answered = lineups[i].against
        other = 0 if answered is None else place[answered]
        entry, of_states = _entry(lineups[i], worth)
        entry |= {"name": name, "is_base": i == 0, "other": other}
        if i > 0:
            entry |= _differences(lineups[i], lineups[other])
        found.append((entry, of_states))
    return found


def _name(lineup: _Lineup) -> str:
    if lineup.file is None or lineup.judged is not None:
        return lineup.name
    return f"{lineup.file}: {lineup.name}"


def _is_as_judged(lineup: _Lineup, worth: _Worth) -> bool:
    """Whether a line-up pays what its judgement says: (p, q) in files may be rounded."""
    if lineup.judged is None or lineup.file is None:
        return True
    return np.allclose(worth(lineup)[0], lineup.judged.payoffs, rtol=1e-9)


def _recognised(lineup: _Lineup, judged: Iterable[_Lineup]) -> _Lineup:
    """Policies of a file as best responses, if they are worth what those to a line-up judged are;
    unchanged otherwise."""
    if lineup.file is None or lineup.is_base:
        return lineup
    for other in judged:
        answers = replace(lineup, against=other.policies)
        responses, worth, _ = _best(lineup.scenario, other.policies)
        # Others may be as good, but mostly the first one tells.
        payoffs: Iterable[float] = (
            worth
            if responses == lineup.policies
            else (
                policy_values(lineup.scenario, played).payoffs[a]
                for a, played in enumerate(answers.played())
            )
        )
        if other.judged is not None and all(
            np.isclose(payoff, best, rtol=1e-9)
            for payoff, best in zip(payoffs, other.judged.best, strict=True)
        ):
            return replace(answers, name=other.judged.answers)
    return lineup


def _entry(lineup: _Lineup, worth: _Worth) -> tuple[dict[str, Any], FloatArray]:
    """The entry of a line-up, and its values by state and seat."""
    payoffs, states = worth(lineup)
    entry = {
        "alone": lineup.against is not None,
        "payoffs": payoffs.tolist(),
        "seats": [_acts(policy) for policy in lineup.policies],
    }
    return entry, states


def _differences(lineup: _Lineup, other: _Lineup) -> dict[str, Any]:
    """Nights on which seats act otherwise than those of another line-up, and the states where most
    of these are: how often they are met, how often seats act otherwise, and a night to look at."""
    scenario = lineup.scenario
    # Seats by the line-ups in which they play: all in one, or each in its own.
    seats: dict[tuple[Tabular, ...], list[int]] = {}
    for a, played in enumerate(lineup.played()):
        seats.setdefault(played, []).append(a)
    found = [
        each
        for played, of in seats.items()
        for each in policy_differences(scenario, played, {a: other.policies[a] for a in of})
    ]
    differ = np.sum([each.states for each in found], axis=0)
    met = np.mean([each.of_states for each in found], axis=0)
    by_seat = np.argmax([each.states for each in found], axis=0)
    since = np.choose(by_seat, [each.since for each in found])
    most = np.argsort(-differ, kind="stable")
    burning = (all_houses(scenario.num_houses) == 1).any(axis=1)[most]
    listed = np.zeros(len(most), dtype=bool)
    for some in (burning, ~burning):
        listed[np.flatnonzero(some)[:MOST_STATES]] = True
    return {
        "nights": float(np.mean([each.of_nights for each in found])),
        "differs": [each.nights for each in sorted(found, key=lambda each: each.seat)],
        "states": [
            [int(s), float(met[s]), float(differ[s]), int(since[s])]
            for s in most[listed]
            if differ[s] > 0
        ],
    }


def _acts(policy: Tabular) -> dict[str, Any]:
    """The runs of a table: how many each state has, until when each lasts, and its act.

    Where an act is drawn, `row` has the number of its chances among `rows`, in parts of `whole`;
    `rows` has the chances of each act one after the other.
    """
    rows, row = np.unique(policy.chances, axis=0, return_inverse=True)
    whole = 0xFFFF
    if len(rows) >= MANY_ROWS:  # hardly any comes twice, and neighbours are alike
        rows, row, whole = policy.chances, np.arange(len(policy.chances)), 0xFF
    return {
        "count": _packed(np.diff(policy.first), "<u2"),
        "until": _packed(policy.until, "<u2"),
        "acts": _packed(policy.acts, "u1"),
        "row": _packed(row.ravel(), "<u4"),
        "rows": _packed(np.rint(rows.T * whole), "<u2" if whole > 0xFF else "u1"),
        "whole": whole,
        "drawn": DRAWN,
    }


def _values(values: FloatArray, step: float) -> dict[str, Any]:
    """Values in steps: their differences from state to state, seat after seat, as bytes.

    A difference d is sent as 2 d, or −2 d − 1 if below 0; first come the lowest bytes of all, then
    the next, as such planes compress well.
    """
    whole = np.rint(values.T / step).astype(np.int64)
    steps = np.diff(whole, axis=1, prepend=0).ravel()
    coded = np.where(steps >= 0, 2 * steps, -2 * steps - 1)
    count = max((int(coded.max()).bit_length() + 7) // 8, 1)
    planes = [(coded >> 8 * i & 0xFF).astype(np.uint8) for i in range(count)]
    return {"planes": _packed(np.concatenate(planes), "u1"), "count": count}


def _packed(array: npt.NDArray[Any], kind: str) -> str:
    # Level 9 takes five times as long for some percent less.
    content = zlib.compress(np.ascontiguousarray(array.astype(kind)).tobytes(), 6)
    return base64.b64encode(content).decode("ascii")
