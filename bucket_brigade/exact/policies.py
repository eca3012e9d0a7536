"""Line-ups of policies of every kind, as the core takes them."""

from __future__ import annotations

from collections.abc import Sequence

from bucket_brigade import _core
from bucket_brigade.arguments import as_list
from bucket_brigade.errors import InvalidValue, shown
from bucket_brigade.game.lineups import Mixture
from bucket_brigade.game.scenario import Scenario
from bucket_brigade.policies.heuristic import as_strategy
from bucket_brigade.policies.tabular import Tabular, checked_tabular

__all__ = ["PolicyLineup", "core_policies"]

#: For each seat a strategy (an archetype's name, or ten numbers) or a `Tabular`.
PolicyLineup = Sequence[object]


def core_policies(scenario: Scenario, lineup: PolicyLineup) -> list[_core.MarkovPolicy]:
    """A policy for each seat.

    Raises
    ------
    InvalidValue
        For the first seat whose entry is no policy, or one for another game.
    """
    entries = as_list("lineup", lineup, "a policy for each seat")
    if len(entries) != scenario.num_agents:
        allowed = f"a policy for each of the {scenario.num_agents} seats"
        raise InvalidValue("lineup", f"{len(entries)} policies", allowed)
    return [_core_policy(scenario, entry, f"lineup[{i}]") for i, entry in enumerate(entries)]


def _core_policy(scenario: Scenario, entry: object, field: str) -> _core.MarkovPolicy:
    if isinstance(entry, Tabular):
        return checked_tabular(entry, scenario, field).runs
    if isinstance(entry, Mixture):
        allowed = "a policy; a mixture is drawn once an episode, which the others come to know"
        raise InvalidValue(field, shown(entry), allowed)
    theta = as_strategy(entry, field)
    return float(theta[1] * (1.0 - theta[8])), float(theta[3])
