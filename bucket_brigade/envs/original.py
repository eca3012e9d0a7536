"""The original project's environments: one game as dicts, and joint control as flat arrays.

The game is the one that the original's Python environment played: its order of the night, its end
once nothing burns, and no cap before 10,000 nights: the rules "original-python". Luck comes from
this package's addresses, so episodes are others than the original drew, with the same chances.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from bucket_brigade.arguments import did_you_mean
from bucket_brigade.envs.batch import VectorEnv
from bucket_brigade.errors import InvalidValue
from bucket_brigade.game.catalogue import list_scenarios, load_scenario
from bucket_brigade.game.scenario import Scenario, as_scenario

__all__ = ["BucketBrigadeEnv", "flat", "list_envs", "scenario_features"]

Array = npt.NDArray[Any]

#: What the identifiers of environments end with.
VERSION = "-v1"
#: What all of them are played by (see `Scenario.with_rules`).
RULES = "original-python"


def list_envs() -> list[str]:
    """Identifiers that `make` and `make_vec` know: the scenarios' names with ``-v1``, sorted.

    Examples
    --------
    >>> "rest_trap-v1" in list_envs()
    True
    """
    return sorted(name + VERSION for name in list_scenarios())


def scenario_of(identifier: str, num_agents: int | None) -> Scenario:
    """The scenario of an identifier such as ``rest_trap-v1``, under the original's rules.

    Raises
    ------
    InvalidValue
        If there is none, or the number of agents is not allowed.
    """
    known = list_envs()
    if identifier not in known:
        allowed = f"one of {', '.join(known)}"
        raise InvalidValue("id", repr(identifier), allowed + did_you_mean(str(identifier), known))
    scenario = load_scenario(identifier.removesuffix(VERSION), rules=RULES)
    return scenario if num_agents is None else scenario.replace(num_agents=num_agents)


def scenario_features(scenario: Scenario) -> npt.NDArray[np.float32]:
    """The twelve numbers by which observations tell the scenario, means over agents where they
    differ: chances to spread, put out and catch fire; team reward and penalty; rewards of own and
    other houses; penalties of own and other houses; cost of work; least nights; agents."""
    s = scenario
    return np.array(
        [
            s.prob_fire_spreads_to_neighbor,
            s.prob_solo_agent_extinguishes_fire,
            s.prob_house_catches_fire,
            s.team_reward_house_survives,
            s.team_penalty_house_burns,
            np.mean(s.reward_own_house_survives),
            np.mean(s.reward_other_house_survives),
            np.mean(s.penalty_own_house_burns),
            np.mean(s.penalty_other_house_burns),
            s.cost_to_work_one_night,
            s.min_nights,
            s.num_agents,
        ],
        dtype=np.float32,
    )


def flat(houses: Array, actions: Array, features: Array) -> npt.NDArray[np.float32]:
    """Observations as the original lays them out, agent after agent.

    Parameters
    ----------
    houses : ndarray of uint8, shape (N, H)
        As `VectorEnv` gives them.
    actions : ndarray of uint8, shape (N, A, 3)
        As `VectorEnv` gives them.
    features : ndarray of float32, shape (12,)
        The scenario's (`scenario_features`).

    Returns
    -------
    ndarray of float32, shape (N, A * (H + 5 A + 12))
        For each agent: houses, signals, places, everybody's place and mode, the scenario, and a one
        at the agent's own number; raw numbers.
    """
    lanes, agents = actions.shape[:2]
    common = np.concatenate(
        [
            houses,
            actions[:, :, 2],
            actions[:, :, 0],
            actions[:, :, :2].reshape(lanes, -1),
            np.broadcast_to(features, (lanes, len(features))),
        ],
        axis=1,
        dtype=np.float32,
    )
    numbers = np.broadcast_to(np.eye(agents, dtype=np.float32), (lanes, agents, agents))
    told = np.broadcast_to(common[:, None], (lanes, agents, common.shape[1]))
    return np.concatenate([told, numbers], axis=2).reshape(lanes, -1)


class BucketBrigadeEnv:
    """One game with all agents from outside, in the original's form: dicts and four results.

    Parameters
    ----------
    scenario : Scenario, optional
        The game; by default ``default``. It is played by the original's rules.
    num_agents : int
        Agents, where no scenario is given.

    Attributes
    ----------
    houses, locations, signals : ndarray
        What all agents see: 0 safe, 1 burning or 2 ruined (H,); last night's house (N,) and signal
        (N,) of every agent.
    last_actions : ndarray, shape (N, 2)
        Everybody's house and mode.
    house_owners : ndarray, shape (H,)
        Which agent owns each house.
    rewards : ndarray of float32, shape (N,)
        Of the last night.
    night : int
        Nights played.
    done : bool
        Whether the episode is over.

    Raises
    ------
    InvalidValue
        For the first argument that is not allowed.

    Examples
    --------
    >>> env = BucketBrigadeEnv(num_agents=4)
    >>> obs = env.reset(seed=7)
    >>> obs, rewards, dones, info = env.step(np.zeros((4, 3), dtype=int))
    >>> rewards.shape, obs["scenario_info"].shape
    ((4,), (12,))
    """

    SAFE: ClassVar[int] = 0
    BURNING: ClassVar[int] = 1
    RUINED: ClassVar[int] = 2
    REST: ClassVar[int] = 0
    WORK: ClassVar[int] = 1

    def __init__(self, scenario: Scenario | None = None, num_agents: int = 4) -> None:
        if scenario is None:
            scenario = load_scenario("default").replace(num_agents=num_agents)
        self.scenario = as_scenario(scenario).with_rules(RULES)
        self.num_agents = self.scenario.num_agents
        self.num_houses = self.scenario.num_houses
        self.house_owners = np.arange(self.num_houses) % self.num_agents
        self._lane = VectorEnv(self.scenario, 1, autoreset="disabled")
        self._features = scenario_features(self.scenario)
        self.rewards = np.zeros(self.num_agents, dtype=np.float32)
        self.night, self.done = 0, True
        self._take(np.zeros((1, self.num_houses)), np.zeros((1, self.num_agents, 3)))

    def reset(self, seed: int | None = None) -> dict[str, Array]:
        """Begin the first episode of a seed, or the next one; of seed 0, if none was ever given.

        Returns
        -------
        dict
            ``signals``, ``locations``, ``houses``, ``last_actions`` (see the class) and
            ``scenario_info`` (`scenario_features`).
        """
        seen, _ = self._lane.reset(seed=seed)
        self.rewards = np.zeros(self.num_agents, dtype=np.float32)
        self.night, self.done = 0, False
        return self._take(seen["houses"], seen["actions"])

    def step(self, actions: Any) -> tuple[dict[str, Array], Array, Array, dict[str, Any]]:
        """Play a night.

        Parameters
        ----------
        actions : array_like of int, shape (N, 3) or (N, 2)
            House, mode (1 works) and signal of each agent; without a signal it is the mode.

        Returns
        -------
        observation, rewards, dones, info
            As `reset` gives it; float32 (N,); bool (N,), all the same; and an empty dict.

        Raises
        ------
        RuntimeError
            If the episode is over, or none has begun.
        InvalidValue
            For the first action that is not allowed.
        """
        if self.done:
            raise RuntimeError("the game is over, or has not begun: reset() begins one")
        given = np.asarray(actions)
        if given.ndim == 2 and given.shape[1] == 2:
            given = np.concatenate([given, given[:, 1:]], axis=1)
        seen, rewards, terminated, truncated, _ = self._lane.step(given[None])
        self.rewards = rewards[0]
        self.night += 1
        self.done = bool(terminated[0] | truncated[0])
        observation = self._take(seen["houses"], seen["actions"])
        return observation, self.rewards.copy(), np.full(self.num_agents, self.done), {}

    def _take(self, houses: Array, actions: Array) -> dict[str, Array]:
        """Keep what is seen, and tell it."""
        self.houses = houses[0].astype(np.int8)
        acts = actions[0].astype(np.int8)
        self.locations, self.signals, self.last_actions = acts[:, 0], acts[:, 2], acts[:, :2]
        return {
            "signals": self.signals.copy(),
            "locations": self.locations.copy(),
            "houses": self.houses.copy(),
            "last_actions": self.last_actions.copy(),
            "scenario_info": self._features.copy(),
        }
