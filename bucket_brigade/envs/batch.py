"""Many episodes in step: arrays of actions in, arrays of observations and rewards out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from bucket_brigade import _core
from bucket_brigade.arguments import as_flag, as_list, as_u64
from bucket_brigade.backends.threads import as_threads
from bucket_brigade.errors import InvalidValue
from bucket_brigade.game.lineups import Lineup
from bucket_brigade.game.program import compile_program
from bucket_brigade.game.scenario import Scenario, as_scenario
from bucket_brigade.simulation.purposes import TRAINING, purpose_start

__all__ = ["TRAINING", "Lanes", "VectorEnv"]

AUTORESETS = ("same_step", "disabled")
CAPS = ("truncated", "terminated")

Observation = dict[str, npt.NDArray[Any]]
Info = dict[str, Any]


@dataclass(frozen=True)
class Lanes:
    """The state of lanes of an environment: all that their future depends on besides the seed.

    Attributes
    ----------
    episode : ndarray of uint64, shape (N,)
        Which episode each lane plays.
    night : ndarray of int32, shape (N,)
        Number of the night to come.
    houses : ndarray of uint8, shape (N, H)
        0 safe, 1 burning, 2 ruined.
    """

    episode: npt.NDArray[np.uint64]
    night: npt.NDArray[np.int32]
    houses: npt.NDArray[np.uint8]


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
    backend : str
        ``"cpu"``. It changes no result.
    threads : int, optional
        Threads at most (see `CpuBackend.run`); small environments use one.

    Raises
    ------
    InvalidValue
        For the first argument that is not allowed.

    Notes
    -----
    All arrays have a row per lane. An observation is a dict of

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
        backend: str = "cpu",
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
        for name, value, allowed in (("autoreset", autoreset, AUTORESETS), ("cap", cap, CAPS)):
            if value not in allowed:
                raise InvalidValue(name, repr(value), " or ".join(map(repr, allowed)))
        if backend != "cpu":
            raise InvalidValue("backend", repr(backend), "'cpu'")
        self.autoreset = autoreset
        self.copy = as_flag("copy", copy)
        first = purpose_start(TRAINING) if first_episode is None else first_episode
        first = as_u64("first_episode", first) + as_u64("offset", offset)
        seats = self._seats(lineup)
        outside = [entry is None for entry in seats]
        players = ["hero" if entry is None else entry for entry in seats]
        self._core = _core.VectorEnv(
            [compile_program(s, [players], seed=0, episodes=1) for s in self.scenarios],
            [_core.reward_weights(s) for s in self.scenarios],
            outside,
            lanes=self.num_envs,
            seed=as_u64("seed", seed),
            first=as_u64("first_episode + offset", first),
            stride=self.num_envs if stride is None else as_u64("stride", stride),
            same_step=autoreset == "same_step",
            cap_terminates=cap == "terminated",
            simd="auto",
            threads=as_threads(threads),
        )
        arrays = self._core.arrays()
        self._observation = {name: arrays[name] for name in ("houses", "actions", "night")}
        self._episode = arrays["episode"]
        self._brought = tuple(arrays[name] for name in ("rewards", "terminated", "truncated"))
        self._final = {
            "houses": arrays["final_houses"],
            "actions": arrays["final_actions"],
            "night": arrays["final_night"],
            "episode": arrays["final_episode"],
            "end": arrays["end"],
            "returns": arrays["returns"],
        }
        self._everyone = np.ones(self.num_envs, dtype=np.bool_)
        self._shape = (self.num_envs, self.num_agents, 3)

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
        chosen = self._mask(mask)
        numbers = None if episodes is None else self._column("episodes", episodes, np.uint64)
        if seed is not None:
            if mask is not None:
                raise InvalidValue("seed", f"{seed} with a mask", "one seed for all lanes")
            self._core.reseed(_as_seed(seed))
        self._core.reset(chosen, numbers)
        return self._show()

    def step(
        self, actions: object
    ) -> tuple[
        Observation, npt.NDArray[np.float32], npt.NDArray[np.bool_], npt.NDArray[np.bool_], Info
    ]:
        """Play a night in every lane.

        Parameters
        ----------
        actions : array_like of integers, shape (N, A, 3)
            House, mode (1 works, 0 rests) and signal (0 or 1) of every agent; rows of built-in
            seats are ignored. uint8 is taken as it is, other integers are converted. May be
            anything that NumPy or DLPack knows as an array on this machine's main memory.

        Returns
        -------
        observation, rewards, terminated, truncated, info
            See the notes of the class.

        Raises
        ------
        InvalidValue
            If an action is not allowed (the first one is named), or a lane waits for a reset.
            Nothing is then played in any lane.
        """
        ended = self._core.step(self._actions(actions))
        final = self._final
        rewards, terminated, truncated = self._brought
        if self.copy:
            # Where nothing ended, nothing in it means anything.
            final = {name: array.copy() for name, array in final.items()} if ended else final
            rewards, terminated, truncated = rewards.copy(), terminated.copy(), truncated.copy()
        observation, info = self._show()
        info["final"] = final
        return observation, rewards, terminated, truncated, info

    def state(self) -> Lanes:
        """The state of all lanes now, to go back to by `set_state`."""
        return Lanes(*self._core.state())

    def set_state(self, lanes: Lanes, mask: object = None) -> Observation:
        """Put lanes into given states: a tree search, or other actions on the same luck.

        A lane then plays on as any lane in this state, with the luck of the given episode. Its
        ``actions`` are zeros, and its returns count from there.

        Parameters
        ----------
        lanes : Lanes
            A state for every lane.
        mask : array_like of bool, shape (N,), optional
            Which lanes; the others stay as they are. By default all.

        Raises
        ------
        InvalidValue
            For the first entry that is not allowed.
        """
        if not isinstance(lanes, Lanes):
            raise InvalidValue("lanes", repr(lanes), "Lanes, such as from state()")
        episode = self._column("episode", lanes.episode, np.uint64)
        night = self._column("night", lanes.night, np.int32)
        houses = self._array("houses", lanes.houses, np.uint8, (self.num_envs, self.num_houses))
        self._core.set_state(self._mask(mask), episode, night, houses)
        return self._show()[0]

    def encode(self, choice: object) -> npt.NDArray[np.uint8]:
        """Actions of one number an agent: 0 rests at home, 1 + h works at house h, honestly.

        Parameters
        ----------
        choice : array_like of integers, shape (N, A)
            0 to H.

        Returns
        -------
        ndarray of uint8, shape (N, A, 3)
            Actions for `step`.
        """
        numbers = self._array("choice", choice, np.uint8, self._shape[:2])
        if numbers.size and numbers.max() > self.num_houses:
            where = tuple(int(i) for i in np.argwhere(numbers > self.num_houses)[0])
            allowed = f"0 to rest, or 1 + a house, up to {self.num_houses}"
            raise InvalidValue(f"choice[{where[0]}, {where[1]}]", numbers[where], allowed)
        homes = np.arange(self.num_agents, dtype=np.uint8) % np.uint8(self.num_houses)
        works = numbers > 0
        house = np.where(works, numbers - np.uint8(1), homes)
        return np.stack([house, works, works], axis=-1, dtype=np.uint8)

    def check(self) -> None:
        """Raise what a device noticed too late to raise it at once: on the CPU, nothing."""

    def close(self) -> None:
        """End the use of the environment: there is nothing to release but its memory."""

    def _show(self) -> tuple[Observation, Info]:
        if not self.copy:
            return self._observation, {"episode": self._episode}
        observation = {name: array.copy() for name, array in self._observation.items()}
        return observation, {"episode": self._episode.copy()}

    def _actions(self, actions: Any) -> npt.NDArray[np.uint8]:
        if type(actions) is np.ndarray and actions.dtype == np.uint8:
            if actions.shape == self._shape and actions.flags.c_contiguous:
                return actions
        elif not isinstance(actions, np.ndarray) and hasattr(actions, "__dlpack__"):
            actions = np.from_dlpack(actions)
        return self._array("actions", actions, np.uint8, self._shape)

    def _mask(self, mask: object) -> npt.NDArray[np.bool_]:
        return self._everyone if mask is None else self._column("mask", mask, np.bool_)

    def _column(self, name: str, values: object, dtype: type) -> npt.NDArray[Any]:
        return self._array(name, values, dtype, (self.num_envs,))

    @staticmethod
    def _array(name: str, values: object, dtype: type, shape: tuple[int, ...]) -> npt.NDArray[Any]:
        """An array of a shape and type, from values that this type can hold."""
        array = np.asarray(values)
        kinds = "b" if dtype is np.bool_ else "iu"
        what = "booleans" if dtype is np.bool_ else "integers"
        if array.dtype.kind not in kinds or np.ma.isMaskedArray(values):
            raise InvalidValue(name, f"an array of {array.dtype}", f"an array of {what}")
        if array.shape != shape:
            raise InvalidValue(name, f"an array of shape {array.shape}", f"shape {shape}")
        if dtype is not np.bool_ and array.dtype != dtype:
            limits = np.iinfo(dtype)
            outside = (array < limits.min) | (array > limits.max)
            if outside.any():
                where = tuple(int(i) for i in np.argwhere(outside)[0])
                place = ", ".join(map(str, where))
                allowed = f"an integer from {limits.min} to {limits.max}"
                raise InvalidValue(f"{name}[{place}]", int(array[where]), allowed)
        return np.ascontiguousarray(array, dtype=dtype)


def _as_seed(seed: object) -> int:
    if isinstance(seed, Sequence | Mapping | np.ndarray):
        allowed = "one seed for all lanes; lanes differ by episode"
        raise InvalidValue("seed", repr(seed), allowed)
    return as_u64("seed", seed)
