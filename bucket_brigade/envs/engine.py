"""What plays the lanes of a `VectorEnv`: the interface that a backend with environments brings."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from bucket_brigade import _core
from bucket_brigade.errors import InvalidValue, shown

__all__ = ["LaneEngine", "LaneSettings", "PlaysLanes", "check_is_cpu"]

#: An array of the memory that the engine plays in: NumPy's, or CuPy's.
Array = Any


@dataclass(frozen=True)
class LaneSettings:
    """The parts that an environment is made of, checked as far as no engine is needed for it.

    Attributes
    ----------
    programs : tuple of Program
        For each scenario one of one line-up, all of one shape. Outside seats hold any policy.
    weights : tuple of ndarray of float64, shape (A, F)
        For each scenario, what each feature is worth to each agent.
    outside : tuple of bool
        The seats whose actions come from outside.
    lanes : int
        N, episodes in step.
    seed : int
        Seed of all randomness.
    first, stride : int
        Lane `i` plays the episodes ``first + i + k * stride``.
    same_step : bool
        Whether a lane goes on at once when its episode ends, or waits for a reset.
    cap_terminates : bool
        Whether an episode of ``max_nights`` counts as terminated rather than truncated.
    threads : int
        Threads of the CPU at most; 0 for as many as the pool has.
    """

    programs: tuple[_core.Program, ...]
    weights: tuple[npt.NDArray[np.float64], ...]
    outside: tuple[bool, ...]
    lanes: int
    seed: int
    first: int
    stride: int
    same_step: bool
    cap_terminates: bool
    threads: int


class LaneEngine(Protocol):
    """Lanes in some memory. `VectorEnv` says what the members of the same names do."""

    @property
    def arrays(self) -> Mapping[str, Array]:
        """What calls write, each array for the whole life of the engine: houses, actions, night and
        episode as agents see them; rewards, terminated, truncated; of episodes that ended
        final_houses, final_actions, final_night, final_episode, end and returns.
        """

    def reset(self, seed: int | None, episodes: object, mask: object) -> None:
        """Begins episodes."""

    def step(self, actions: object) -> bool:
        """Plays a night; whether an episode may have ended with it."""

    def step_anew(self, actions: object) -> tuple[Any, ...]:
        """Plays a night. New arrays of houses, actions, night, episode, rewards, terminated and
        truncated; and whether an episode may have ended with it.
        """

    def state(self) -> tuple[Array, ...]:
        """Episode, night and houses of all lanes; perhaps acts of last night (see `Lanes`)."""

    def set_state(
        self, mask: object, episode: object, night: object, houses: object, actions: object = None
    ) -> None:
        """Puts lanes into given states."""

    def encode(self, choice: object) -> Array:
        """Actions of one number an agent."""

    def check(self) -> None:
        """Raises what was noticed too late to raise it at once."""


@runtime_checkable
class PlaysLanes(Protocol):
    """A backend that has environments."""

    def lanes(self, settings: LaneSettings) -> LaneEngine:
        """Lanes in the memory of this backend, which wait for their first reset."""


def check_is_cpu(options: Mapping[str, Any]) -> None:
    """Checks that an environment behind another library's interface is to be played by the CPU.

    Raises
    ------
    InvalidValue
        If the options name another backend.
    """
    backend = options.get("backend", "cpu")
    if backend != "cpu":
        allowed = "'cpu', as this library's arrays are in main memory; VectorEnv plays on GPUs"
        raise InvalidValue("backend", shown(backend), allowed)
