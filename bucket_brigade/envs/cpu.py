"""Lanes of a `VectorEnv` in main memory, played by the Rust core."""

from typing import Any

import numpy as np
import numpy.typing as npt

from bucket_brigade import _core
from bucket_brigade.envs.engine import LaneSettings
from bucket_brigade.errors import InvalidValue

__all__ = ["CpuLanes", "as_array"]


class CpuLanes:
    """Lanes in main memory (see `LaneEngine`).

    Parameters
    ----------
    settings : LaneSettings
        What they are made of.
    simd : str
        Words to play over (see `CpuBackend`).
    """

    def __init__(self, settings: LaneSettings, simd: str = "auto") -> None:
        self._core = _core.VectorEnv(
            list(settings.programs),
            list(settings.weights),
            list(settings.outside),
            lanes=settings.lanes,
            seed=settings.seed,
            first=settings.first,
            stride=settings.stride,
            same_step=settings.same_step,
            cap_terminates=settings.cap_terminates,
            simd=simd,
            threads=settings.threads,
        )
        self.arrays = self._core.arrays()
        self._shape = self.arrays["actions"].shape
        self._houses = self.arrays["houses"].shape[1]
        self._everyone = np.ones(settings.lanes, dtype=np.bool_)

    def reset(self, seed: int | None, episodes: object, mask: object) -> None:
        """Begins episodes."""
        chosen = self._mask(mask)
        numbers = None if episodes is None else self._column("episodes", episodes, np.uint64)
        if seed is not None:
            self._core.reseed(seed)
        self._core.reset(chosen, numbers)

    # The core says None to what has to be converted first: checking that here would take as long as
    # a night.
    def step(self, actions: object) -> bool:
        """Plays a night; whether an episode ended with it."""
        ended = self._core.step(actions)
        return bool(self._core.step(self._converted(actions))) if ended is None else ended

    def step_anew(self, actions: object) -> tuple[Any, ...]:
        """Plays a night. New arrays, and whether an episode ended with it (see `LaneEngine`)."""
        stepped = self._core.step_anew(actions)
        return stepped or self._core.step_anew(self._converted(actions)) or ()

    def state(self) -> tuple[npt.NDArray[Any] | None, ...]:
        """Episode, night and houses of all lanes, and acts of last night that are remembered."""
        return self._core.state()

    def set_state(
        self, mask: object, episode: object, night: object, houses: object, actions: object = None
    ) -> None:
        """Puts lanes into given states."""
        numbers = self._column("episode", episode, np.uint64)
        nights = self._column("night", night, np.int32)
        codes = as_array("houses", houses, np.uint8, (self._shape[0], self._houses))
        acts = None if actions is None else as_array("actions", actions, np.uint8, self._shape)
        self._core.set_state(self._mask(mask), numbers, nights, codes, acts)

    def encode(self, choice: object) -> npt.NDArray[np.uint8]:
        """Actions of one number an agent."""
        numbers = as_array("choice", choice, np.uint8, self._shape[:2])
        if numbers.size and numbers.max() > self._houses:
            where = tuple(int(i) for i in np.argwhere(numbers > self._houses)[0])
            allowed = f"0 to rest, or 1 + a house, up to {self._houses}"
            raise InvalidValue(f"choice[{where[0]}, {where[1]}]", numbers[where], allowed)
        homes = np.arange(self._shape[1], dtype=np.uint8) % np.uint8(self._houses)
        works = numbers > 0
        house = np.where(works, numbers - np.uint8(1), homes)
        return np.stack([house, works, works], axis=-1, dtype=np.uint8)

    def check(self) -> None:
        """Do nothing: everything was raised at once."""

    def _converted(self, actions: object) -> npt.NDArray[np.uint8]:
        if not isinstance(actions, np.ndarray) and hasattr(actions, "__dlpack__"):
            actions = np.from_dlpack(actions)
        return as_array("actions", actions, np.uint8, self._shape)

    def _mask(self, mask: object) -> npt.NDArray[np.bool_]:
        return self._everyone if mask is None else self._column("mask", mask, np.bool_)

    def _column(self, name: str, values: object, dtype: type) -> npt.NDArray[Any]:
        return as_array(name, values, dtype, self._shape[:1])


def as_array(name: str, values: object, dtype: type, shape: tuple[int, ...]) -> npt.NDArray[Any]:
    """An array of a shape and type, in C order, from values that this type can hold.

    Raises
    ------
    InvalidValue
        For values of another shape or kind, and for the first that the type can't hold.
    """
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
