"""The game for PettingZoo [1]_ (extra ``pettingzoo``): all agents act at once.

References
----------
.. [1] J. K. Terry et al., "PettingZoo: Gym for multi-agent reinforcement learning", NeurIPS 2021.
   https://pettingzoo.farama.org
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium import spaces
from pettingzoo import ParallelEnv

from bucket_brigade.envs.batch import VectorEnv
from bucket_brigade.envs.engine import check_is_cpu
from bucket_brigade.envs.gymnasium import action_space, observation_space
from bucket_brigade.errors import InvalidValue
from bucket_brigade.game.catalogue import load_scenario
from bucket_brigade.game.scenario import RULES_VERSION, Scenario
from bucket_brigade.policies.states import signs_of

__all__ = ["BucketBrigadeParallelEnv", "parallel_env"]


class BucketBrigadeParallelEnv(ParallelEnv[str, dict[str, Any], npt.NDArray[np.uint8]]):
    """One game, all of whose agents act from outside.

    Parameters
    ----------
    scenario : str or Scenario
        The game, or its name.
    rules : str, optional
        "original-rust" or "original-python", to play it by (see `Scenario.with_rules`).
    render_mode : {None, "ansi"}
        ``"ansi"``: `render` returns the ring in a line of text.
    **options
        Those of `VectorEnv` that say which episodes are played.

    Raises
    ------
    InvalidValue
        For the first argument that is not allowed.
    """

    metadata = {  # noqa: RUF012  # PettingZoo's name
        "name": "bucket_brigade_v1",
        "rules_version": RULES_VERSION,
        "render_modes": ["ansi"],
        "is_parallelizable": True,
    }

    def __init__(
        self,
        scenario: str | Scenario,
        *,
        rules: str | None = None,
        render_mode: str | None = None,
        **options: Any,
    ) -> None:
        named = scenario if isinstance(scenario, Scenario) else load_scenario(scenario)
        game = named.with_rules(rules)
        if render_mode not in (None, "ansi"):
            raise InvalidValue("render_mode", repr(render_mode), "None or 'ansi'")
        check_is_cpu(options)
        self.lane = VectorEnv(game, 1, autoreset="disabled", **options)
        self.render_mode = render_mode
        self.possible_agents = [f"agent_{a}" for a in range(game.num_agents)]
        self.agents: list[str] = []
        # Each agent has a space of its own, which draws its own samples.
        self.observation_spaces = {name: observation_space(game) for name in self.possible_agents}
        self.action_spaces = {name: action_space(game) for name in self.possible_agents}
        limits = np.append(np.full(game.num_houses, 2), game.max_nights).astype(np.int32)
        self.state_space = spaces.Box(np.zeros_like(limits), limits, dtype=np.int32)
        self._seen: dict[str, npt.NDArray[Any]] = {}

    def observation_space(self, agent: str) -> spaces.Space[Any]:
        """The space of what an agent sees."""
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> spaces.Space[Any]:
        """The space of what an agent does."""
        return self.action_spaces[agent]

    def reset(
        self, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, dict[str, Any]], dict[str, dict[str, Any]]]:
        """Begin the next episode, or the first one of a seed. No options are known; all pass."""
        self._seen, info = self.lane.reset(seed=seed)
        self.agents = list(self.possible_agents)
        return self._observations(), self._infos(info)

    def step(
        self, actions: dict[str, Any]
    ) -> tuple[
        dict[str, dict[str, Any]],
        dict[str, float],
        dict[str, bool],
        dict[str, bool],
        dict[str, dict[str, Any]],
    ]:
        """Play a night with every agent's action: house, mode, signal."""
        if not self.agents:
            return {}, {}, {}, {}, {}
        missing = [name for name in self.agents if name not in actions]
        if missing:
            raise InvalidValue("actions", f"none for {missing[0]}", "one for each agent")
        acts = np.array([[actions[name] for name in self.agents]])
        self._seen, rewards, terminated, truncated, info = self.lane.step(acts)
        result = (
            self._observations(),
            {name: float(r) for name, r in zip(self.agents, rewards[0], strict=True)},
            dict.fromkeys(self.agents, bool(terminated[0])),
            dict.fromkeys(self.agents, bool(truncated[0])),
            self._infos(info),
        )
        if terminated[0] or truncated[0]:
            self.agents = []
        return result

    def state(self) -> npt.NDArray[np.int32]:
        """The houses, then the night: all that the future depends on."""
        return np.append(self._seen["houses"][0], self._seen["night"][0]).astype(np.int32)

    def render(self) -> str | None:
        """The ring in a line of text: ``.`` safe, ``*`` burning, ``#`` ruined."""
        if self.render_mode is None:
            return None
        return signs_of(self._seen["houses"][0])

    def close(self) -> None:
        """Close the lane."""
        self.lane.close()

    def _observations(self) -> dict[str, dict[str, Any]]:
        return {
            name: {
                "houses": self._seen["houses"][0].copy(),
                "actions": self._seen["actions"][0].copy(),
                "night": self._seen["night"].copy(),
                "seat": np.int64(a),
            }
            for a, name in enumerate(self.possible_agents)
        }

    def _infos(self, info: dict[str, Any]) -> dict[str, dict[str, Any]]:
        number = int(info["episode"][0])
        return {name: {"episode_number": number} for name in self.possible_agents}


def parallel_env(scenario: str | Scenario, **options: Any) -> BucketBrigadeParallelEnv:
    """Make a `BucketBrigadeParallelEnv`: PettingZoo's customary name for it."""
    return BucketBrigadeParallelEnv(scenario, **options)
