"""The game for Gymnasium [1]_ (extra ``gymnasium``): a vector environment over seats, and one seat.

References
----------
.. [1] M. Towers et al., "Gymnasium: a standard interface for reinforcement learning environments",
   2024. https://gymnasium.farama.org
"""

from typing import Any

import gymnasium
import numpy as np
import numpy.typing as npt
from gymnasium import spaces
from gymnasium.vector import AutoresetMode
from gymnasium.vector.utils import batch_space

from bucket_brigade.envs.batch import VectorEnv
from bucket_brigade.envs.cpu import as_array
from bucket_brigade.envs.engine import check_is_cpu
from bucket_brigade.errors import InvalidValue
from bucket_brigade.game.catalogue import list_scenarios, load_scenario
from bucket_brigade.game.scenario import Scenario
from bucket_brigade.policies.states import signs_of

__all__ = ["SeatEnv", "SeatsVectorEnv", "register"]

MODES = {"same_step": AutoresetMode.SAME_STEP, "disabled": AutoresetMode.DISABLED}


def observation_space(scenario: Scenario) -> spaces.Dict:
    """The space of what one seat sees: houses, everybody's last acts, the night, its number."""
    houses, agents = scenario.num_houses, scenario.num_agents
    acts = np.tile([houses, 2, 2], (agents, 1))
    bytes_: Any = np.uint8  # which Gymnasium takes, but does not declare
    return spaces.Dict(
        {
            "houses": spaces.MultiDiscrete(np.full(houses, 3), dtype=bytes_),
            "actions": spaces.MultiDiscrete(acts, dtype=bytes_),
            "night": spaces.Box(0, scenario.max_nights, (1,), np.int32),
            "seat": spaces.Discrete(agents),
        }
    )


def action_space(scenario: Scenario) -> spaces.MultiDiscrete:
    """The space of what one seat does: its house, whether it works there, and its signal."""
    bytes_: Any = np.uint8
    return spaces.MultiDiscrete(np.array([scenario.num_houses, 2, 2]), dtype=bytes_)


class SeatsVectorEnv(gymnasium.vector.VectorEnv[Any, Any, Any]):
    """Every seat of every lane as an environment of its own, for parameters shared by all seats.

    Row ``n * A + a`` is seat a of lane n. The seats of a lane see the same houses and acts, and end
    together.

    Parameters
    ----------
    scenario : Scenario
        The game.
    num_lanes : int
        N; there are N * A environments.
    **options
        Those of `VectorEnv`, except for built-in seats.

    Raises
    ------
    InvalidValue
        For the first argument that is not allowed.
    """

    def __init__(self, scenario: Scenario, num_lanes: int, **options: Any) -> None:
        if options.get("lineup") is not None:
            raise InvalidValue("lineup", repr(options["lineup"]), "None: all seats from outside")
        check_is_cpu(options)
        self.lanes = VectorEnv(scenario, num_lanes, **options)
        self.num_envs = num_lanes * self.lanes.num_agents
        self.single_observation_space = observation_space(scenario)
        self.single_action_space = action_space(scenario)
        self.observation_space = batch_space(self.single_observation_space, self.num_envs)
        self.action_space = batch_space(self.single_action_space, self.num_envs)
        self.metadata = {"autoreset_mode": MODES[self.lanes.autoreset]}
        self._seats = np.tile(np.arange(self.lanes.num_agents), num_lanes)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, npt.NDArray[Any]], dict[str, Any]]:
        """Begin episodes: of all lanes, or of those in ``options["reset_mask"]``.

        Parameters
        ----------
        seed : int, optional
            A new seed for all lanes.
        options : dict, optional
            ``reset_mask``, bool (N * A,), chooses lanes; it must agree within each.
        """
        mask = (options or {}).get("reset_mask")
        if mask is not None:
            mask = np.asarray(mask)
            if mask.shape != (self.num_envs,) or mask.dtype != np.bool_:
                given = f"{mask.dtype} of shape {mask.shape}"
                raise InvalidValue("reset_mask", given, f"bool of shape ({self.num_envs},)")
            by_lane = mask.reshape(self.lanes.num_envs, -1)
            if (by_lane.any(axis=1) != by_lane.all(axis=1)).any():
                raise InvalidValue("reset_mask", "some seats of a lane", "all seats of a lane")
            mask = by_lane.all(axis=1)
        seen, info = self.lanes.reset(seed=seed, mask=mask)
        return self._by_seat(seen), self._infos(info)

    def step(
        self, actions: Any
    ) -> tuple[dict[str, npt.NDArray[Any]], Any, Any, Any, dict[str, Any]]:
        """Play a night in every lane; actions are integers of shape (N * A, 3)."""
        given = np.asarray(actions)
        if given.shape != (self.num_envs, 3):
            allowed = f"shape ({self.num_envs}, 3)"
            raise InvalidValue("actions", f"an array of shape {given.shape}", allowed)
        agents = self.lanes.num_agents
        by_lane = given.reshape(-1, agents, 3)
        seen, rewards, terminated, truncated, info = self.lanes.step(by_lane)
        infos = self._infos(info)
        over = np.repeat(terminated | truncated, agents)
        if over.any() and self.metadata["autoreset_mode"] is AutoresetMode.SAME_STEP:
            self._add_final(infos, info["final"], over)
        return (
            self._by_seat(seen),
            rewards.reshape(-1),
            np.repeat(terminated, agents),
            np.repeat(truncated, agents),
            infos,
        )

    def close_extras(self, **kwargs: Any) -> None:
        """Close the lanes."""
        self.lanes.close()

    def _by_seat(self, seen: dict[str, npt.NDArray[Any]]) -> dict[str, npt.NDArray[Any]]:
        agents = self.lanes.num_agents
        return {
            "houses": np.repeat(seen["houses"], agents, axis=0),
            "actions": np.repeat(seen["actions"], agents, axis=0),
            "night": np.repeat(seen["night"], agents)[:, None],
            "seat": self._seats.copy(),
        }

    def _infos(self, info: dict[str, Any]) -> dict[str, Any]:
        return {"episode_number": np.repeat(info["episode"], self.lanes.num_agents)}

    def _add_final(
        self, infos: dict[str, Any], final: dict[str, npt.NDArray[Any]], over: npt.NDArray[np.bool_]
    ) -> None:
        """What ended episodes left, as Gymnasium wants it: a dict in each row that ended."""
        agents = self.lanes.num_agents
        observations = np.full(self.num_envs, None, dtype=object)
        infos["final_info"] = {
            "return": np.where(over, final["returns"].reshape(-1), 0.0),
            "_return": over.copy(),
        }
        for row in np.flatnonzero(over):
            lane, seat = divmod(int(row), agents)
            observations[row] = {
                "houses": final["houses"][lane].copy(),
                "actions": final["actions"][lane].copy(),
                "night": final["night"][lane : lane + 1].copy(),
                "seat": np.int64(seat),
            }
        infos["final_obs"], infos["_final_obs"] = observations, over.copy()
        infos["_final_info"] = over.copy()


class SeatEnv(gymnasium.Env[dict[str, Any], Any]):
    """One seat of one game, whose other seats are built-in agents.

    Parameters
    ----------
    scenario : str or Scenario
        The game, or its name.
    rules : str, optional
        "original-rust" or "original-python", to play it by (see `Scenario.with_rules`).
    seat : int
        Which seat acts from outside.
    opponents : line-up entry or sequence of them
        What the other seats play: one entry for all, or one for each, in the order of seats.
    render_mode : {None, "ansi"}
        ``"ansi"``: `render` returns the ring in a line of text.
    **options
        Those of `VectorEnv` that say which episodes are played.

    Raises
    ------
    InvalidValue
        For the first argument that is not allowed.
    """

    metadata = {"render_modes": ["ansi"], "render_fps": 1}  # noqa: RUF012  # Gymnasium's name

    def __init__(
        self,
        scenario: str | Scenario,
        *,
        rules: str | None = None,
        seat: int = 0,
        opponents: Any = "hero",
        render_mode: str | None = None,
        **options: Any,
    ) -> None:
        named = scenario if isinstance(scenario, Scenario) else load_scenario(scenario)
        game = named.with_rules(rules)
        if seat not in range(game.num_agents):
            raise InvalidValue("seat", repr(seat), f"a seat from 0 to {game.num_agents - 1}")
        if render_mode not in (None, "ansi"):
            raise InvalidValue("render_mode", repr(render_mode), "None or 'ansi'")
        others = [opponents] * (game.num_agents - 1)
        if isinstance(opponents, list | tuple) and len(opponents) == game.num_agents - 1:
            others = list(opponents)
        lineup = [*others[:seat], None, *others[seat:]]
        check_is_cpu(options)
        self.lane = VectorEnv(game, 1, lineup=lineup, autoreset="disabled", **options)
        self.seat = int(seat)
        self.render_mode = render_mode
        self.observation_space = observation_space(game)
        self.action_space = action_space(game)
        self._acts = np.zeros((1, game.num_agents, 3), dtype=np.uint8)
        self._seen: dict[str, npt.NDArray[Any]] = {}

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Begin the next episode, or the first one of a seed."""
        super().reset(seed=seed)
        self._seen, info = self.lane.reset(seed=seed)
        return self._observation(), {"episode_number": int(info["episode"][0])}

    def step(self, action: Any) -> tuple[dict[str, Any], float, bool, bool, dict[str, Any]]:
        """Play a night with the seat's action: house, mode, signal."""
        self._acts[0, self.seat] = as_array("action", action, np.uint8, (3,))
        self._seen, rewards, terminated, truncated, info = self.lane.step(self._acts)
        return (
            self._observation(),
            float(rewards[0, self.seat]),
            bool(terminated[0]),
            bool(truncated[0]),
            {"episode_number": int(info["episode"][0]), "rewards": rewards[0]},
        )

    def render(self) -> str | None:
        """The ring in a line of text: ``.`` safe, ``*`` burning, ``#`` ruined."""
        if self.render_mode is None:
            return None
        if not self._seen:
            raise InvalidValue("render", "before an episode", "a reset first")
        return signs_of(self._seen["houses"][0])

    def close(self) -> None:
        """Close the lane."""
        self.lane.close()

    def _observation(self) -> dict[str, Any]:
        return {
            "houses": self._seen["houses"][0],
            "actions": self._seen["actions"][0],
            "night": self._seen["night"].copy(),
            "seat": np.int64(self.seat),
        }


def register() -> None:
    """Make ``BucketBrigade/<scenario>-v1`` known to ``gymnasium.make`` and ``make_vec``."""
    for name in list_scenarios():
        number = f"BucketBrigade/{name}-v1"
        if number not in gymnasium.registry:
            gymnasium.register(
                number,
                entry_point="bucket_brigade.envs.gymnasium:SeatEnv",
                kwargs={"scenario": name},
            )
