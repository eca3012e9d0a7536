"""Many episodes in step: arrays of actions in, arrays of observations and rewards out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from bucket_brigade import _core
from bucket_brigade.arguments import as_flag, as_list, as_u64
from bucket_brigade.backends import Backend, as_backend
from bucket_brigade.backends.threads import as_threads
from bucket_brigade.envs.engine import Array, LaneSettings, PlaysLanes
from bucket_brigade.errors import InvalidValue, shown
from bucket_brigade.game.lineups import Lineup
from bucket_brigade.game.program import compile_program
from bucket_brigade.game.scenario import Scenario, as_scenario
from bucket_brigade.simulation.purposes import TRAINING, purpose_start

__all__ = ["TRAINING", "Lanes", "VectorEnv"]

AUTORESETS = ("same_step", "disabled")
CAPS = ("truncated", "terminated")

Observation = dict[str, Array]
Info = dict[str, Any]


@dataclass(frozen=True)
class Lanes:
    """The state of lanes of an environment: all that their future depends on besides the seed.

    Attributes
    ----------
    episode : array of uint64, shape (N,)
        Which episode each lane plays.
    night : array of int32, shape (N,)
        Number of the night to come.
    houses : array of uint8, shape (N, H)
        0 safe, 1 burning, 2 ruined.
    actions : array of uint8, shape (N, A, 3), or None
        House, mode and signal of every agent in the night before, where a built-in agent remembers
        them; None elsewhere, where the future does not depend on them.
    """

    episode: Array
    night: Array
    houses: Array
    actions: Array | None = None


class VectorEnv:
    """N episodes in step, each with a number by which it can be replayed.

    Parameters
    ----------
    scenario : Scenario or sequence of Scenario
        The game. Of several, which must have as many houses and agents, episode ``e`` plays number
        ``e % len(scenario)``.
    num_envs : int
        N, how many episodes are played in step: 1 to 2^31 / 3A.
    seed : int
        Seed of all randomness, 0 to 2^64 - 1.
    first_episode, offset, stride : int, optional
        Lane ``i`` plays the episodes ``first_episode + offset + i + k * stride``, k = 0, 1, …,
        whatever the other lanes do. By default the first is ``purpose_start(TRAINING)``, so that an
        evaluation that uses other episodes meets other luck, and the stride is N. Two processes
        share the episodes with ``offset=0, stride=2 * N`` and ``offset=N, stride=2 * N``.
    lineup : line-up, optional
        What built-in agents play at their seats (see `simulate`), and None at the seats whose
        actions come from outside. By default all do.
    autoreset : {"same_step", "disabled"}
        What follows the end of an episode. With ``"same_step"`` the observation after it is the
        first of the lane's next episode, and what the last one left is in ``info["final"]``. With
        ``"disabled"`` it is the last one, and the lane has to be reset before the next step.
    cap : {"truncated", "terminated"}
        What an episode that lasts for all ``max_nights`` counts as. The rules count the cap as an
        end, and returns stop there: do not bootstrap a value at it.
    copy : bool
        Whether every call returns arrays of its own. Otherwise it returns the environment's arrays,
        which the next call overwrites.
    backend : str or Backend
        What plays, and where arrays are: ``"cpu"`` in main memory, ``"cuda"`` or ``"cuda:1"`` on a
        GPU (docs/cuda.md). It changes no number.
    threads : int, optional
        Threads of the CPU at most (see `CpuBackend.run`); small environments use one.

    Raises
    ------
    InvalidValue
        For the first argument that is not allowed.
    BackendUnavailable
        If the backend can't be used here.

    Notes
    -----
    Arrays are NumPy's, or on a GPU CuPy's. All have a row per lane. An observation is a dict of

    - ``houses``, uint8 (N, H): 0 safe, 1 burning, 2 ruined;
    - ``actions``, uint8 (N, A, 3): house, mode and signal of every agent last night;
    - ``night``, int32 (N,): the night to come. In night 0 ``actions`` are zeros that mean nothing.

    All agents see the same. A reward is the night's, for each agent, float32 (N, A): the exact sum
    in float64, rounded once. ``info["episode"]``, uint64 (N,), is the episode that the observation
    belongs to. ``info["final"]`` holds what ended episodes left, in the rows where ``terminated``
    or ``truncated`` is set (other rows mean nothing): ``houses`` and ``actions`` of the last
    observation, ``night``, the number of nights, ``episode``, ``returns``, float64 (N, A), and
    ``end``, uint8 (N,): 1 + the index of `END_KINDS`, and 0 in the rows of episodes that go on.

    Returns are not discounted, and a night pays for every house that stands, so longer episodes
    pay more.

    Examples
    --------
    >>> env = VectorEnv(bb.scenario("hard"), num_envs=1024, seed=7)
    >>> obs, info = env.reset()
    >>> actions = np.zeros((1024, env.num_agents, 3), dtype=np.uint8)
    >>> obs, rewards, terminated, truncated, info = env.step(actions)
    """

    def __init__(
        self,
        scenario: Scenario | Sequence[Scenario],
        num_envs: int,
        *,
        seed: int = 0,
        first_episode: int | None = None,
        offset: int = 0,
        stride: int | None = None,
        lineup: Lineup | None = None,
        autoreset: Literal["same_step", "disabled"] = "same_step",
        cap: Literal["truncated", "terminated"] = "truncated",
        copy: bool = True,
        backend: str | Backend = "cpu",
        threads: int | None = None,
    ) -> None:
        listed = [scenario] if isinstance(scenario, Scenario) else scenario
        self.scenarios = tuple(as_scenario(s) for s in as_list("scenario", listed, "scenarios"))
        if not self.scenarios:
            raise InvalidValue("scenario", "an empty list", "at least one scenario")
        self.num_envs = as_u64("num_envs", num_envs)
        self.num_agents = self.scenarios[0].num_agents
        self.num_houses = self.scenarios[0].num_houses
        for i, each in enumerate(self.scenarios):
            if (each.num_houses, each.num_agents) != (self.num_houses, self.num_agents):
                given = f"{each.num_houses} houses and {each.num_agents} agents"
                alike = f"{self.num_houses} houses and {self.num_agents} agents, as the first"
                raise InvalidValue(f"scenario[{i}]", given, alike)
        for name, value, words in (("autoreset", autoreset, AUTORESETS), ("cap", cap, CAPS)):
            if value not in words:
                raise InvalidValue(name, repr(value), " or ".join(map(repr, words)))
        most = (1 << 31) // (3 * self.num_agents)
        if not 1 <= self.num_envs <= most:
            raise InvalidValue("num_envs", num_envs, f"an integer from 1 to {most}")
        engine = as_backend(backend)
        if not isinstance(engine, PlaysLanes):
            allowed = "one that has environments: cpu, or cuda where it is installed"
            raise InvalidValue("backend", shown(backend), allowed)
        self.autoreset = autoreset
        self.copy = as_flag("copy", copy)
        first = purpose_start(TRAINING) if first_episode is None else first_episode
        first = as_u64("first_episode", first) + as_u64("offset", offset)
        if first + self.num_envs > 1 << 64:
            allowed = f"at most 2^64 - {self.num_envs}, so that every lane has an episode"
            raise InvalidValue("first_episode + offset", first, allowed)
        stride = self.num_envs if stride is None else as_u64("stride", stride)
        if stride < self.num_envs:
            allowed = f"at least num_envs ({self.num_envs}), so that no episode is played twice"
            raise InvalidValue("stride", stride, allowed)
        seats = self._seats(lineup)
        players = ["hero" if entry is None else entry for entry in seats]
        programs = [compile_program(s, [players], seed=0, episodes=1) for s in self.scenarios]
        self._lanes = engine.lanes(
            LaneSettings(
                programs=tuple(programs),
                weights=tuple(_core.reward_weights(s) for s in self.scenarios),
                outside=tuple(entry is None for entry in seats),
                lanes=self.num_envs,
                seed=as_u64("seed", seed),
                first=first,
                stride=stride,
                same_step=autoreset == "same_step",
                cap_terminates=cap == "terminated",
                threads=as_threads(threads),
            )
        )
        arrays = self._lanes.arrays
        self._observation = {name: arrays[name] for name in ("houses", "actions", "night")}
        self._episode = arrays["episode"]
        brought = arrays["rewards"], arrays["terminated"], arrays["truncated"]
        self._brought: tuple[Array, Array, Array] = brought
        self._final = {
            "houses": arrays["final_houses"],
            "actions": arrays["final_actions"],
            "night": arrays["final_night"],
            "episode": arrays["final_episode"],
            "end": arrays["end"],
            "returns": arrays["returns"],
        }

    def _seats(self, lineup: Lineup | None) -> list[object]:
        if lineup is None:
            return [None] * self.num_agents
        seats = as_list("lineup", lineup, "seats")
        if len(seats) != self.num_agents:
            allowed = f"one entry, possibly None, for each of the {self.num_agents} seats"
            raise InvalidValue("lineup", f"{len(seats)} entries", allowed)
        return seats

    def reset(
        self, *, seed: int | None = None, episodes: object = None, mask: object = None
    ) -> tuple[Observation, Info]:
        """Begin episodes.

        Parameters
        ----------
        seed : int, optional
            A new seed; every lane then begins with its first episode. Otherwise each goes on to its
            next one, so that nothing is played twice unasked.
        episodes : array_like of int, shape (N,), optional
            Exactly these episodes, for an evaluation or a replay. Lanes go on from there to the
            next episodes of their own.
        mask : array_like of bool, shape (N,), optional
            Which lanes; the others stay as they are. By default all.

        Returns
        -------
        observation, info : dict, dict
            Of all lanes (see the notes of the class); without ``info["final"]``.

        Raises
        ------
        InvalidValue
            If an argument is not allowed, or a lane has no episode left below 2^64.
        """
        if seed is not None:
            seed = _as_seed(seed)
            if mask is not None:
                raise InvalidValue("seed", f"{seed} with a mask", "one seed for all lanes")
        self._lanes.reset(seed, episodes, mask)
        return self._show()

    def step(self, actions: object) -> tuple[Observation, Array, Array, Array, Info]:
        """Play a night in every lane.

        Parameters
        ----------
        actions : array_like of integers, shape (N, A, 3)
            House, mode (1 works, 0 rests) and signal (0 or 1) of every agent; rows of built-in
            seats are ignored. uint8 is taken as it is, other integers are converted. May be
            anything that NumPy or DLPack knows as an array in main memory; on a GPU, anything that
            CuPy or DLPack knows as one there, of uint8, int32 or int64.

        Returns
        -------
        observation, rewards, terminated, truncated, info
            See the notes of the class.

        Raises
        ------
        InvalidValue
            If an action is not allowed (the first one is named), or a lane waits for a reset.
            Nothing is then played in any lane. On a GPU, where a step waits for nothing, the agent
            of a bad action rests at home and such a lane stays as it is, and `check` raises it.
        """
        if not self.copy:
            self._lanes.step(actions)
            info = {"episode": self._episode, "final": self._final}
            return self._observation, *self._brought, info
        houses, acts, night, episode, *brought, ended = self._lanes.step_anew(actions)
        final = self._final
        if ended:  # Where nothing ended, nothing in it means anything.
            final = {name: array.copy() for name, array in final.items()}
        observation = {"houses": houses, "actions": acts, "night": night}
        return observation, *brought, {"episode": episode, "final": final}

    def state(self) -> Lanes:
        """The state of all lanes now, to go back to by `set_state`."""
        return Lanes(*self._lanes.state())

    def set_state(self, lanes: Lanes, mask: object = None) -> Observation:
        """Put lanes into given states: a tree search, or other actions on the same luck.

        A lane then plays on as any lane in this state, with the luck of the given episode. Its
        returns count from there, and its ``actions`` are zeros, but where a built-in agent
        remembers them.

        Parameters
        ----------
        lanes : Lanes
            A state for every lane.
        mask : array_like of bool, shape (N,), optional
            Which lanes; the others stay as they are. By default all.

        Raises
        ------
        InvalidValue
            For the first entry that is not allowed; also for states without actions, beside a
            built-in agent that remembers them.
        """
        if not isinstance(lanes, Lanes):
            raise InvalidValue("lanes", repr(lanes), "Lanes, such as from state()")
        state = lanes.episode, lanes.night, lanes.houses, lanes.actions
        self._lanes.set_state(mask, *state)
        return self._show()[0]

    def encode(self, choice: object) -> Array:
        """Actions of one number an agent: 0 rests at home, 1 + h works at house h, honestly.

        Parameters
        ----------
        choice : array_like of integers, shape (N, A)
            0 to H.

        Returns
        -------
        array of uint8, shape (N, A, 3)
            Actions for `step`.
        """
        return self._lanes.encode(choice)

    def check(self) -> None:
        """Raise what a GPU noticed too late to raise it at once, and forget it; nothing on the CPU.

        Every 1,000th step on a GPU does so too. It waits for all steps so far.

        Raises
        ------
        InvalidValue
            For the first bad number in the order of arrays, of all steps since the last check.
        """
        self._lanes.check()

    def close(self) -> None:
        """End the use of the environment, after a last `check`."""
        self._lanes.check()

    def _show(self) -> tuple[Observation, Info]:
        if not self.copy:
            return self._observation, {"episode": self._episode}
        observation = {name: array.copy() for name, array in self._observation.items()}
        return observation, {"episode": self._episode.copy()}


def _as_seed(seed: object) -> int:
    if isinstance(seed, Sequence | Mapping | np.ndarray):
        allowed = "one seed for all lanes; lanes differ by episode"
        raise InvalidValue("seed", repr(seed), allowed)
    return as_u64("seed", seed)
