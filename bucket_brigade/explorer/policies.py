"""Policies as the page browses them: acts and values in every state, and where they differ.

A *browser* is for one scenario: line-ups of policies beside a *base*, which is the heuristic that
was found or, without one, the best (p, q) that all seats can have in common. Acts are sent as runs
of nights, as `Tabular` keeps them, chances in steps of 1/65535 (1/255 where very many rows are
drawn), and values rounded to `STEPS` points, as coarse as it takes for the page to stay small. All
arrays are little-endian, compressed by zlib, and in base 64.
"""

import base64
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bucket_brigade._arrays import FloatArray
from bucket_brigade.equilibrium.results.nash import NashEquilibrium, load_equilibria
from bucket_brigade.equilibrium.results.policies import PolicyEquilibrium
from bucket_brigade.errors import InvalidValue
from bucket_brigade.evaluation.common_heuristic import best_common_heuristic
from bucket_brigade.evaluation.judge import Judgement
from bucket_brigade.exact.difference import policy_differences
from bucket_brigade.exact.markov_equilibrium import MarkovEquilibrium
from bucket_brigade.exact.policy_values import policy_values
from bucket_brigade.exact.team_optimum import TeamOptimum
from bucket_brigade.explorer.documents import read_json
from bucket_brigade.game.lineups import Mixture
from bucket_brigade.game.scenario import Scenario
from bucket_brigade.policies.heuristic import strategy_of
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
        Whether it is what others are compared with.
    against : tuple or None
        If given, what the other seats play while each seat by itself plays its policy.
    """

    scenario: Scenario
    name: str
    policies: tuple[object, ...]
    is_base: bool = False
    against: tuple[object, ...] | None = None


def of_object(thing: object) -> list[Shown] | None:
    """Line-ups of an object that holds policies; None for anything else."""
    if isinstance(thing, NashEquilibrium):
        return [Shown(thing.scenario, _base_name(thing), tuple(thing.lineup), is_base=True)]
    if isinstance(thing, Judgement):
        lineup = tuple(thing.result.lineups[0])
        if any(isinstance(seat, Mixture) for seat in lineup):
            return None
        responses = tuple(each.policy for each in thing.seats)
        return [
            Shown(thing.scenario, "the line-up that was judged", lineup, is_base=True),
            Shown(thing.scenario, "best response of each seat", responses, against=lineup),
        ]
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
    """The line-up of a file that `save_policies` wrote, or the equilibria of one over (p, q), to
    compare others with; None for another kind of file."""
    if is_policy_file(path):
        return [_saved(load_policies(path), path.name)]
    data = read_json(path)
    if isinstance(data, dict) and "equilibria" in data:
        return [each for found in load_equilibria(path) for each in of_object(found) or ()]
    return None


def joined(shown: Sequence[Shown]) -> list[dict[str, Any]]:
    """A browser for each scenario of which there are line-ups beside a base.

    Raises
    ------
    InvalidValue
        If a game is too large, or a policy is for another one.
    """
    scenarios = list(dict.fromkeys(each.scenario for each in shown if not each.is_base))
    browsers = [_browser(s, [each for each in shown if each.scenario == s]) for s in scenarios]
    for step in STEPS:
        values = [[_values(values, step) for _, values in browser] for browser in browsers]
        size = sum(len(packed["planes"]) for of_browser in values for packed in of_browser)
        if size <= MOST_CHARACTERS:
            break
    return [
        {
            "scenario": scenario.to_dict(),
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


def _saved(saved: SavedPolicies, name: str) -> Shown:
    agents = saved.scenario.num_agents
    policies = saved.policies * (agents if len(saved.policies) == 1 else 1)
    if len(policies) != agents:
        given = f"{len(policies)} policies in {name}"
        raise InvalidValue("policies", given, f"one, or one for each of the {agents} seats")
    return Shown(saved.scenario, name, policies)


def _browser(scenario: Scenario, shown: Iterable[Shown]) -> list[tuple[dict[str, Any], FloatArray]]:
    """Entries of line-ups, the base first, each with its values by state and seat."""
    base = next((each for each in shown if each.is_base), None)
    if base is None:
        best = best_common_heuristic(scenario)
        name = f"best common (p, q): (p={best.p:.4g}, q={best.q:.4g})"
        policies = (strategy_of(best.p, best.q),) * scenario.num_agents
        base = Shown(scenario, name, policies, is_base=True)
    base = replace(base, policies=_tables(scenario, base.policies))
    entries = [_entry(base, base)]
    for each in shown:
        if not each.is_base:
            tables = _tables(scenario, each.policies)
            entries.append(_entry(replace(each, policies=tables), base))
    return entries


def _tables(scenario: Scenario, policies: Iterable[object]) -> tuple[Tabular, ...]:
    """Tables of what seats play; of a mixture, as if it were drawn anew every night."""

    def table(policy: object, seat: int) -> Tabular:
        if not isinstance(policy, Mixture):
            return tabulate(policy, scenario, seat=seat)
        drawn = [tabulate(each, scenario, seat=seat) for each in policy.strategies]
        return blended(drawn, policy.weights)

    return tuple(table(policy, seat) for seat, policy in enumerate(policies))


def _entry(shown: Shown, base: Shown) -> tuple[dict[str, Any], FloatArray]:
    """The entry of a line-up of tables, and its values by state and seat."""
    scenario = shown.scenario
    policies: list[Any] = list(shown.policies)
    seats = range(scenario.num_agents)
    # The line-ups, by the seats whose policies are played there: all at once, or one by one.
    lineups: dict[tuple[int, ...], list[object]] = {tuple(seats): policies}
    if shown.against is not None:
        others = list(shown.against)
        lineups = {(a,): [*others[:a], policies[a], *others[a + 1 :]] for a in seats}
    played = {of: policy_values(scenario, lineup) for of, lineup in lineups.items()}
    found = [values for of, values in played.items() for _ in of]
    entry: dict[str, Any] = {
        "name": shown.name,
        "is_base": shown.is_base,
        "alone": shown.against is not None,
        "payoffs": [float(found[a].payoffs[a]) for a in seats],
        "seats": [_acts(policies[a]) for a in seats],
    }
    if not shown.is_base:
        entry |= _differences(scenario, lineups, base)
    return entry, np.stack([found[a].states[:, a] for a in seats], axis=1)


def _differences(
    scenario: Scenario, lineups: Mapping[tuple[int, ...], Sequence[object]], base: Shown
) -> dict[str, Any]:
    """Nights on which seats act otherwise than the base, and the states where most of them are."""
    found = [
        each
        for seats, lineup in lineups.items()
        for each in policy_differences(scenario, lineup, {a: base.policies[a] for a in seats})
    ]
    differ = np.sum([each.states for each in found], axis=0)
    met = np.mean([each.of_states for each in found], axis=0)
    most = np.argsort(-differ, kind="stable")
    burning = (all_houses(scenario.num_houses) == 1).any(axis=1)[most]
    listed = np.zeros(len(most), dtype=bool)
    for some in (burning, ~burning):
        listed[np.flatnonzero(some)[:MOST_STATES]] = True
    return {
        "nights": float(np.mean([each.of_nights for each in found])),
        "differs": [each.nights for each in found],
        "states": [
            [int(s), float(met[s]), float(differ[s])] for s in most[listed] if differ[s] > 0
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
    content = zlib.compress(np.ascontiguousarray(array.astype(kind)).tobytes(), 9)
    return base64.b64encode(content).decode("ascii")
