"""Every seat of every lane as an environment of Stable-Baselines3, for a policy that all share.

python examples/stable_baselines3_env.py
"""

from typing import Any

import numpy as np
from gymnasium import spaces
from stable_baselines3.common.vec_env import VecEnv

import bucket_brigade as bb
from bucket_brigade.envs import VectorEnv


class SeatsVecEnv(VecEnv):
    """Row ``n * A + a`` is seat a of lane n; an observation is houses, night and seat."""

    def __init__(self, scenario: bb.Scenario, num_lanes: int, **options: Any) -> None:
        self.lanes = VectorEnv(scenario, num_lanes, cap="terminated", **options)
        h, a = self.lanes.num_houses, self.lanes.num_agents
        self._scale = np.array([2.0] * h + [scenario.max_nights] + [1.0] * a, dtype=np.float32)
        self._seats = np.tile(np.eye(a, dtype=np.float32), (num_lanes, 1))
        box = spaces.Box(0.0, 1.0, (h + 1 + a,), np.float32)
        super().__init__(num_lanes * a, box, spaces.Discrete(1 + h))

    def _shown(self, houses: np.ndarray, night: np.ndarray) -> np.ndarray:
        seen = np.concatenate([houses, night[:, None]], axis=1, dtype=np.float32)
        rows = np.repeat(seen, self.lanes.num_agents, axis=0)
        return np.concatenate([rows, self._seats[: len(rows)]], axis=1) / self._scale

    def reset(self) -> np.ndarray:
        seed = next((each for each in self._seeds if each is not None), None)
        seen, _ = self.lanes.reset(seed=seed)
        self._reset_seeds()
        return self._shown(seen["houses"], seen["night"])

    def step_async(self, actions: np.ndarray) -> None:
        self._acts = self.lanes.encode(np.reshape(actions, (self.lanes.num_envs, -1)))

    def step_wait(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[dict[str, Any]]]:
        seen, rewards, terminated, truncated, info = self.lanes.step(self._acts)
        agents, infos = self.lanes.num_agents, [{} for _ in range(self.num_envs)]
        for lane in np.flatnonzero(terminated | truncated):
            final = info["final"]
            last = self._shown(final["houses"][[lane]], final["night"][[lane]])
            for a in range(agents):
                told = {"r": final["returns"][lane, a], "l": int(final["night"][lane])}
                infos[lane * agents + a] = {"terminal_observation": last[a], "episode": told}
        over = np.repeat(terminated | truncated, agents)
        return self._shown(seen["houses"], seen["night"]), rewards.reshape(-1), over, infos

    def close(self) -> None:
        self.lanes.close()

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        return [getattr(self, attr_name, None) for _ in self._get_indices(indices)]

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        raise NotImplementedError("rows share one environment")

    def env_method(self, method_name: str, *args: Any, indices: Any = None, **kw: Any) -> list[Any]:
        raise NotImplementedError("rows share one environment")

    def env_is_wrapped(self, wrapper_class: Any, indices: Any = None) -> list[bool]:
        return [False for _ in self._get_indices(indices)]


if __name__ == "__main__":
    from stable_baselines3 import PPO
    from stable_baselines3.common.vec_env import VecNormalize

    env = VecNormalize(SeatsVecEnv(bb.scenario("default"), 16, seed=1), norm_obs=False)
    PPO("MlpPolicy", env, n_steps=128, batch_size=1024, verbose=1).learn(40_000)
