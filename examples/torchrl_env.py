"""The game as an environment of TorchRL: one batch of lanes, a reward for each agent.

python examples/torchrl_env.py
"""

from typing import Any

import torch
from tensordict import TensorDict, TensorDictBase
from torchrl.data import Categorical, Composite, Unbounded
from torchrl.envs import EnvBase

import bucket_brigade as bb
from bucket_brigade.envs import VectorEnv


class BucketBrigadeTorch(EnvBase):
    """N lanes; an action is one number for each agent: 0 rests, 1 + h works at house h."""

    batch_locked = True

    def __init__(self, scenario: bb.Scenario, num_envs: int, **options: Any) -> None:
        super().__init__(batch_size=torch.Size([num_envs]))
        self.lanes = VectorEnv(
            scenario, num_envs, autoreset="disabled", cap="terminated", **options
        )
        n, a, h = num_envs, self.lanes.num_agents, self.lanes.num_houses
        self.observation_spec = Composite(
            houses=Categorical(3, shape=(n, h), dtype=torch.uint8),
            night=Unbounded(shape=(n, 1), dtype=torch.int32),
            shape=(n,),
        )
        self.action_spec = Categorical(1 + h, shape=(n, a), dtype=torch.int64)
        self.reward_spec = Unbounded(shape=(n, a), dtype=torch.float32)
        self.done_spec = Composite(
            done=Categorical(2, shape=(n, 1), dtype=torch.bool),
            terminated=Categorical(2, shape=(n, 1), dtype=torch.bool),
            shape=(n,),
        )

    def _told(self, seen: dict[str, Any], over: torch.Tensor) -> dict[str, torch.Tensor]:
        return {
            "houses": torch.from_numpy(seen["houses"]),
            "night": torch.from_numpy(seen["night"])[:, None],
            "done": over,
            "terminated": over.clone(),
        }

    def _reset(self, tensordict: TensorDictBase | None = None, **_: Any) -> TensorDictBase:
        mask = None if tensordict is None else tensordict.get("_reset", None)
        seen, _ = self.lanes.reset(mask=None if mask is None else mask.reshape(-1).numpy())
        over = torch.zeros(*self.batch_size, 1, dtype=torch.bool)
        return TensorDict(self._told(seen, over), self.batch_size)

    def _step(self, tensordict: TensorDictBase) -> TensorDictBase:
        acts = self.lanes.encode(tensordict["action"].numpy())
        seen, rewards, terminated, truncated, _ = self.lanes.step(acts)
        over = torch.from_numpy(terminated | truncated)[:, None]
        told = self._told(seen, over) | {"reward": torch.from_numpy(rewards)}
        return TensorDict(told, self.batch_size)

    def _set_seed(self, seed: int | None) -> None:
        if seed is not None:
            self.lanes.reset(seed=seed)


if __name__ == "__main__":
    env = BucketBrigadeTorch(bb.scenario("default"), 64, seed=1)
    played = env.rollout(200, break_when_any_done=False)
    print(played["next", "reward"].mean(dim=(0, 1)))
