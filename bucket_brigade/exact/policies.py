"""Line-ups of policies of every kind, as the core takes them."""

from __future__ import annotations

from collections.abc import Sequence

from bucket_brigade import _core
from bucket_brigade.arguments import as_list
from bucket_brigade.errors import InvalidValue, shown
from bucket_brigade.game.lineups import Mixture
from bucket_brigade.game.scenario import Scenario
from bucket_brigade.policies.heuristic import Heuristic
from bucket_brigade.policies.kinds import as_policy
from bucket_brigade.policies.tabular import Tabular, checked_tabular
from bucket_brigade.policies.tabulate import chances_of

__all__ = ["PolicyLineup", "core_policies"]

#: For each seat a policy of any kind: what `simulate` takes, but no mixture.
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
    return [_core_policy(scenario, seat, entry) for seat, entry in enumerate(entries)]


def _core_policy(scenario: Scenario, seat: int, entry: object) -> _core.MarkovPolicy:
    field = f"lineup[{seat}]"
    if isinstance(entry, Mixture):
        allowed = "a policy; a mixture is drawn once an episode, which the others come to know"
        raise InvalidValue(field, shown(entry), allowed)
    policy = as_policy(entry, field)
    if isinstance(policy, Tabular):
        return checked_tabular(policy, scenario, field).runs
    if isinstance(policy, Heuristic):
        return policy.duty
    if scenario.num_houses > _core.MAX_EXACT_HOUSES:  # before a table of all states is made
        allowed = f"at most {_core.MAX_EXACT_HOUSES} for exact payoffs of policies of every kind"
        raise InvalidValue("num_houses", scenario.num_houses, allowed)
    return chances_of(policy, scenario, seat)
