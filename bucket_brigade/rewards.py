"""Rewards: the weights that turn counts into returns, and results under other ones."""

from typing import Any

import numpy as np
import numpy.typing as npt

from bucket_brigade import _core
from bucket_brigade.errors import InvalidValue
from bucket_brigade.scenario import Scenario

__all__ = ["REWARDS", "count_weights", "reweighted_scenario", "weighted_counts"]

FloatArray = npt.NDArray[np.float64]

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
            raise InvalidValue("parameter", repr(name), f"one of the rewards: {', '.join(REWARDS)}")
    return scenario.replace(**rewards)


def count_weights(scenario: Scenario) -> FloatArray:
    """What each number of a count vector is worth to each seat: shape (A, D).

    The weights of features, each given to all counts that the feature sums up. As no count is part
    of two features, nothing is rounded.
    """
    houses, agents = scenario.num_houses, scenario.num_agents
    size = 1 + agents + 3 * houses + len(_core.END_KINDS)
    units = np.eye(size, dtype=np.int64)
    features = _core.features(houses, agents, np.zeros(size, dtype=np.int64), units)
    by_count = _core.weighted_sums(_core.reward_weights(scenario), features)
    return np.ascontiguousarray(by_count.T)


def weighted_counts(weights: FloatArray, counts: FloatArray) -> FloatArray:
    """Weights (A, D) times counts (L, D), added count by count: shape (L, A).

    The order is fixed, so that a line-up is worth the same to the last digit in any company.
    """
    sums = np.zeros((len(counts), len(weights)))
    for weight, count in zip(weights.T, counts.T, strict=True):
        sums += count[:, None] * weight
    return sums
