"""Rewards: the weights that turn counts into returns, and results under other ones."""

from typing import Any

import numpy as np

from bucket_brigade import _core
from bucket_brigade._arrays import FloatArray
from bucket_brigade.errors import InvalidValue, shown
from bucket_brigade.game.scenario import Scenario

__all__ = [
    "REWARDS",
    "count_weights",
    "return_span",
    "reweighted_scenario",
    "weighted_counts",
]


#: Parameters that are rewards: they weigh counts and change nothing in a simulation.
REWARDS = (
    "team_reward_house_survives",
    "team_penalty_house_burns",
    "reward_own_house_survives",
    "reward_other_house_survives",
    "penalty_own_house_burns",
    "penalty_other_house_burns",
    "cost_to_work_one_night",
    "reward_rest",
)


def reweighted_scenario(scenario: Scenario, rewards: dict[str, Any]) -> Scenario:
    """The scenario with other rewards, and nothing but rewards changed.

    Raises
    ------
    InvalidValue
        If a parameter is not a reward, or its value is not allowed.
    """
    for name in rewards:
        if name not in REWARDS:
            raise InvalidValue(
                "parameter", shown(name), f"one of the rewards: {', '.join(REWARDS)}"
            )
    return scenario.replace(**rewards)


def count_weights(scenario: Scenario) -> FloatArray:
    """The worth of each number of a count vector to each seat: shape (A, D).

    The weights of features, each given to all counts that the feature sums up. As no count is part
    of two features, nothing is rounded.
    """
    houses, agents = scenario.num_houses, scenario.num_agents
    size = 1 + agents + 3 * houses + len(_core.END_KINDS)
    units = np.eye(size, dtype=np.int64)
    features = _core.features(houses, agents, np.zeros(size, dtype=np.int64), units)
    by_count = _core.weighted_sums(_core.reward_weights(scenario), features)
    return np.ascontiguousarray(by_count.T)


def return_span(scenario: Scenario) -> FloatArray:
    """Most that the returns of two episodes can differ, at each seat: shape (A,).

    A bound, not always reached: the best that could happen every night, for `max_nights`, less the
    worst.
    """
    houses, agents = scenario.num_houses, scenario.num_agents
    weights = count_weights(scenario)
    nights, worked = weights[:, 0], weights[:, 1 : 1 + agents]
    safe, ruined, saved = np.moveaxis(
        weights[:, 1 + agents : 1 + agents + 3 * houses].reshape(agents, 3, houses), 1, 0
    )
    # What each agent and each house may add to a night.
    house = np.stack([np.zeros_like(safe), safe, safe + saved, ruined])
    best = nights + np.maximum(worked, 0).sum(axis=1) + house.max(axis=0).sum(axis=1)
    worst = nights + np.minimum(worked, 0).sum(axis=1) + house.min(axis=0).sum(axis=1)
    # There may also be hardly any nights.
    span: FloatArray = scenario.max_nights * (np.maximum(best, 0) - np.minimum(worst, 0))
    return span


def weighted_counts(weights: FloatArray, counts: FloatArray) -> FloatArray:
    """Weights (A, D) times counts (L, D), added count by count: shape (L, A).

    The order is fixed, so that a line-up is worth the same to the last digit in any company.
    """
    sums = np.zeros((len(counts), len(weights)))
    for weight, count in zip(weights.T, counts.T, strict=True):
        sums += count[:, None] * weight
    return sums
