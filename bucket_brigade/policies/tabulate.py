"""Policies of every kind written down as tables: `tabulate`."""

from collections.abc import Callable
from typing import Any

import numpy as np

from bucket_brigade import _core
from bucket_brigade._arrays import FloatArray
from bucket_brigade.arguments import as_u64
from bucket_brigade.errors import InvalidValue
from bucket_brigade.game.scenario import Scenario
from bucket_brigade.policies.kinds import as_policy
from bucket_brigade.policies.policy import Policy, checked_memoryless
from bucket_brigade.policies.states import all_houses
from bucket_brigade.policies.tabular import Tabular, checked_tabular

__all__ = ["chances_of", "tabulate"]


def tabulate(
    policy: object,
    scenario: Scenario,
    *,
    seat: int = 0,
) -> Tabular:
    """Write down what a policy does in every state of a scenario's houses.

    Parameters
    ----------
    policy : Policy, str, array_like or callable
        A policy of any kind, as `simulate` takes them; chances of acts, an array of shape
        (3^H, 1 + H), or (T, 3^H, 1 + H) for each night; or a function that is called once with all
        states (3^H, H), the code of each house (0 safe, 1 burning, 2 ruined), and returns chances
        (3^H, 1 + H), or the act of each state as integers (3^H).
    scenario : Scenario
        The game.
    seat : int
        Who plays; agents have different homes.

    Returns
    -------
    Tabular

    Raises
    ------
    InvalidValue
        If these are not chances or acts, or have another shape.

    Examples
    --------
    >>> game = bb.scenario("default")
    >>> lowest_fire = lambda houses: np.where((houses == 1).any(1), 1 + (houses == 1).argmax(1), 0)
    >>> int(tabulate(lowest_fire, game).at([0, 0, 1, 2, 0, 0, 0, 1, 0, 0]).argmax())
    3
    """
    if as_u64("seat", seat) >= scenario.num_agents:
        raise InvalidValue("seat", seat, f"a seat from 0 to {scenario.num_agents - 1}")
    if callable(policy):
        return _called(policy, scenario)
    if isinstance(policy, np.ndarray) and policy.ndim > 1:
        if policy.dtype.kind not in "fiu":
            raise InvalidValue("policy", f"an array of {policy.dtype}", "chances of acts")
        return Tabular.from_table(scenario, policy.astype(np.float64))
    chosen = as_policy(policy, "policy")
    if isinstance(chosen, Tabular):
        return checked_tabular(chosen, scenario, "policy")
    return Tabular.from_table(scenario, chances_of(chosen, scenario, seat))


def chances_of(policy: Policy, scenario: Scenario, seat: int) -> FloatArray:
    """Chances of acts (3^H, 1 + H) of a policy that depends on the houses alone."""
    compiled = checked_memoryless(policy, "policy").compiled()
    return _core.policy_table(compiled, scenario.num_houses, scenario.num_agents, seat)


def _called(policy: Callable[..., Any], scenario: Scenario) -> Tabular:
    houses = scenario.num_houses
    found = np.asarray(policy(all_houses(houses)))
    if found.shape == (3**houses,) and found.dtype.kind in "iu":
        if not ((found >= 0) & (found <= houses)).all():
            wrong = found[(found < 0) | (found > houses)][0]
            raise InvalidValue("policy", wrong, f"acts from 0 to {houses}")
        return Tabular.from_table(scenario, np.eye(1 + houses)[found])
    if found.dtype.kind != "f" or found.ndim != 2:
        given = f"a function that returns an array of {found.dtype} and shape {found.shape}"
        raise InvalidValue("policy", given, "acts as integers, or chances of acts as floats")
    return Tabular.from_table(scenario, found.astype(np.float64))
