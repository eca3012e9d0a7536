"""The original project's Gymnasium environments: one controller for all agents, flat arrays.

`bucket_brigade.make` and `bucket_brigade.make_vec` make them; needs the extra ``gymnasium``.
"""

from typing import Any

import gymnasium
import numpy as np
import numpy.typing as npt
from gymnasium import spaces

from bucket_brigade.envs.batch import VectorEnv
from bucket_brigade.envs.original import flat, scenario_features, scenario_of
from bucket_brigade.errors import InvalidValue
from bucket_brigade.game.scenario import Scenario

__all__ = ["JointEnv", "JointVectorEnv"]

Array = npt.NDArray[Any]


def observation_space(scenario: Scenario, lanes: int | None = None) -> spaces.Box:
    """The space of `flat` observations, of one game or of several."""
    houses, agents = scenario.num_houses, scenario.num_agents
    size = agents * (houses + 5 * agents + 12)
    return spaces.Box(-np.inf, np.inf, (size,) if lanes is None else (lanes, size), np.float32)


def action_space(scenario: Scenario, lanes: int | None = None) -> spaces.MultiDiscrete:
    """The space of all agents' houses, modes and signals, of one game or of several."""
    choices = np.tile([scenario.num_houses, 2, 2], scenario.num_agents)
    return spaces.MultiDiscrete(choices if lanes is None else np.tile(choices, (lanes, 1)))


def _acts(action: Any, scenario: Scenario, lanes: int | None) -> Array:
    """Actions as `VectorEnv` takes them, from flat ones or such with a row for each agent; of one
    game where `lanes` is None."""
    given, agents = np.asarray(action), scenario.num_agents
    games = () if lanes is None else (lanes,)
    shapes = [(*games, 3 * agents), (*games, agents, 3)]
    if given.shape not in shapes:
        allowed = " or ".join(map(str, shapes))
        raise InvalidValue("action", f"an array of shape {given.shape}", f"shape {allowed}")
    return given.reshape(lanes or 1, agents, 3)


class JointEnv(gymnasium.Env[Array, Array]):
    """One game, all of whose agents one controller moves for the sum of their rewards.

    Parameters
    ----------
    id : str
        One of `list_envs`.
    num_agents : int, optional
        Agents; by default the scenario's.

    Notes
    -----
    Observations are float32 (A * (H + 5 A + 12),), as `flat` says; actions are integers (3 A,),
    house, mode and signal agent by agent. ``info["per_agent_rewards"]`` is float32 (A,). A first
    reset without a seed begins with episode 0 of seed 0: games that are to differ need seeds.
    """

    metadata: dict[str, Any] = {"render_modes": []}  # noqa: RUF012  # Gymnasium's name

    def __init__(self, id: str, *, num_agents: int | None = None) -> None:
        self.scenario = scenario_of(id, num_agents)
        self.num_agents, self.num_houses = self.scenario.num_agents, self.scenario.num_houses
        self.metadata = {**self.metadata, "scenario_id": id}
        self.observation_space = observation_space(self.scenario)
        self.action_space = action_space(self.scenario)
        self._lane = VectorEnv(self.scenario, 1, autoreset="disabled")
        self._features = scenario_features(self.scenario)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Array, dict[str, Any]]:
        """Begin the first episode of a seed, or the next one."""
        super().reset(seed=seed)
        seen, _ = self._lane.reset(seed=seed)
        return self._flat(seen), {"scenario_id": self.metadata["scenario_id"]}

    def step(self, action: Array) -> tuple[Array, float, bool, bool, dict[str, Any]]:
        """Play a night with the acts of all agents."""
        acts = _acts(action, self.scenario, None)
        seen, rewards, terminated, truncated, _ = self._lane.step(acts)
        info = {"per_agent_rewards": rewards[0], "scenario_id": self.metadata["scenario_id"]}
        team = float(rewards[0].sum(dtype=np.float64))
        return self._flat(seen), team, bool(terminated[0]), bool(truncated[0]), info

    def _flat(self, seen: dict[str, Array]) -> Array:
        observation: Array = flat(seen["houses"], seen["actions"], self._features)[0]
        return observation


class JointVectorEnv(gymnasium.vector.VectorEnv[Array, Array, Array]):
    """Several games, each moved by one controller for the sum of its agents' rewards.

    Parameters
    ----------
    id : str
        One of `list_envs`.
    num_envs : int
        N, how many games.
    num_agents : int, optional
        Agents; by default the scenario's.

    Notes
    -----
    As `JointEnv`, with a row for each game. A game that ends goes on with its next episode at once:
    its last observation is then ``info["final_observation"][i]``, and what it would have told
    ``info["final_info"][i]``, in lists that hold None elsewhere. One seed serves all games, which
    differ by the number of their episode.
    """

    def __init__(self, id: str, num_envs: int, *, num_agents: int | None = None) -> None:
        self.scenario = scenario_of(id, num_agents)
        self._lanes = VectorEnv(self.scenario, num_envs)
        self.num_envs = self._lanes.num_envs
        self.single_observation_space = observation_space(self.scenario)
        self.single_action_space = action_space(self.scenario)
        self.observation_space = observation_space(self.scenario, self.num_envs)
        self.action_space = action_space(self.scenario, self.num_envs)
        self.metadata = {
            "autoreset_mode": gymnasium.vector.AutoresetMode.SAME_STEP,
            "scenario_id": id,
            "num_envs": self.num_envs,
        }
        self._features = scenario_features(self.scenario)

    def reset(
        self, *, seed: Any = None, options: dict[str, Any] | None = None
    ) -> tuple[Array, dict[str, Any]]:
        """Begin the first episodes of a seed, or the next ones."""
        seen, _ = self._lanes.reset(seed=seed)
        return self._flat(seen["houses"], seen["actions"]), self._info()

    def step(self, actions: Array) -> tuple[Array, Array, Array, Array, dict[str, Any]]:
        """Play a night in every game."""
        acts = _acts(actions, self.scenario, self.num_envs)
        seen, rewards, terminated, truncated, told = self._lanes.step(acts)
        info = self._info() | {"per_agent_rewards": list(rewards)}
        info["final_observation"] = [None] * self.num_envs
        info["final_info"] = [None] * self.num_envs
        ended = np.flatnonzero(terminated | truncated)
        if len(ended):
            final = told["final"]
            last = self._flat(final["houses"][ended], final["actions"][ended])
            for lane, observation in zip(ended.tolist(), last, strict=True):
                info["final_observation"][lane] = observation
                info["final_info"][lane] = {
                    "per_agent_rewards": rewards[lane],
                    "scenario_id": self.metadata["scenario_id"],
                }
        team = rewards.sum(axis=1, dtype=np.float64).astype(np.float32)
        observation = self._flat(seen["houses"], seen["actions"])
        return observation, team, terminated, truncated, info

    def close_extras(self, **kwargs: Any) -> None:
        """Close the games."""
        self._lanes.close()

    def _info(self) -> dict[str, Any]:
        return {"scenario_id": [self.metadata["scenario_id"]] * self.num_envs}

    def _flat(self, houses: Array, actions: Array) -> Array:
        return flat(houses, actions, self._features)
