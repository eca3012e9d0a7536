"""Lanes of a `VectorEnv` in a device's memory: a thread for each."""

from collections.abc import Sequence
from itertools import islice
from typing import Any

import numpy as np

from bucket_brigade import _core
from bucket_brigade.envs.cpu import as_array
from bucket_brigade.envs.engine import LaneSettings
from bucket_brigade.errors import InvalidValue
from bucket_brigade_cuda.devices.device import Device, DeviceArray
from bucket_brigade_cuda.envs.noted import Noted
from bucket_brigade_cuda.kernels.lane_tables import (
    FIRST_ONES,
    GIVEN_ONES,
    GIVEN_STATES,
    NEXT_ONES,
    NOTES,
    SHOW,
    LaneTables,
    state_rows,
)
from bucket_brigade_cuda.kernels.numbers import SINGLE_KINDS
from bucket_brigade_cuda.kernels.shape import ENVIRONMENT, LANE_THREADS, Shape
from bucket_brigade_cuda.kernels.tables import key_schedule

__all__ = ["DeviceLanes"]

#: Steps after which what was noted is looked at, which waits for them.
CHECKED_STEPS = 1000
#: What actions and choices may come as.
WHOLE = (np.uint8, np.int32, np.int64)

u32, u64 = np.uint32, np.uint64


class DeviceLanes:
    """Lanes in the memory of one device (see `LaneEngine`).

    What a call does, it hands to the stream that is the calling thread's, and waits for nothing but
    where it says so.

    Parameters
    ----------
    device : Device
        Where.
    settings : LaneSettings
        What they are made of.

    Raises
    ------
    BackendUnavailable, BackendFailed
        If kernels can't be had, or the device's memory is too small.
    """

    def __init__(self, device: Device, settings: LaneSettings) -> None:
        self._device, self._settings = device, settings
        program = settings.programs[0]
        n, h, a = settings.lanes, program.houses, program.agents
        kinds = {kind for one in settings.programs for kind in one.policy_kinds}
        self._shape = shape = Shape(h, a, 0, singles=not kinds.isdisjoint(SINGLE_KINDS))
        self._remembers = any(remembers(one, settings.outside) for one in settings.programs)
        self._rows = {"houses": (n, h), "actions": (n, a, 3), "choice": (n, a)}
        self._steps = 0
        self._keys = key_schedule(settings.seed)
        with device.use():
            for name in ENVIRONMENT:
                device.prepare(name, shape)
            self._longs = self._cleared(2 * n, u64)
            self._words = self._cleared(state_rows(shape) * n, u32)
            self._notes = self._cleared(NOTES, u64)
            seen = self._seen = self._new_seen()
            final = self._new_seen()
            rewards, returns = self._cleared(n * a, np.float32), self._cleared(n * a, np.float64)
            terminated, truncated, end = (self._cleared(n, np.uint8) for _ in range(3))
            # Stands where a call gives no array.
            self._none = {dtype: self._cleared(1, dtype) for dtype in (np.uint8, u32, u64)}
            tables = LaneTables.of(settings.programs, settings.weights)
            game, weights = device.upload(tables.game), device.upload(tables.weights)
            pool, limits = device.upload(tables.pool), device.upload(tables.limits)
            entries = device.upload(tables.entries)
            device.wait(device.callers_stream())
        outside = sum(1 << seat for seat, one in enumerate(settings.outside) if one)
        counted = u32(len(settings.programs)), u32(tables.width), u32(outside)
        goes_on = u64(settings.stride), u32(settings.same_step), u32(settings.cap_terminates)
        played = game, weights, pool, entries, limits
        brought = rewards, terminated, truncated
        self._lanes = u32(n), self._longs, self._words
        self._begun = game, entries, limits, *counted
        # Of every step, packed once: what it is played by, and what it writes.
        self._kept = played, brought, final, end, returns
        self._played = device.packed((*played, *counted, *goes_on))
        out = (*self._lanes, *seen, *brought, *final, end, returns, self._notes)
        self._out = device.packed(out)
        self.arrays: dict[str, DeviceArray] = {
            **self._shown(seen),
            **{f"final_{name}": array for name, array in self._shown(final).items()},
            "rewards": rewards.reshape(n, a),
            "terminated": terminated.view(np.bool_),
            "truncated": truncated.view(np.bool_),
            "end": end,
            "returns": returns.reshape(n, a),
        }
        names = "houses", "actions", "night", "episode", "rewards", "terminated", "truncated"
        self._stepped = tuple(self.arrays[name] for name in names)
        with device.use():
            self._begin(FIRST_ONES)

    def reset(self, seed: int | None, episodes: object, mask: object) -> None:
        """Begins episodes. Arrays in main memory are copied to the device, which is waited for."""
        with self._device.use():
            chosen = None if mask is None else self._given("mask", mask, np.bool_)
            numbers = None if episodes is None else self._given("episodes", episodes, np.uint64)
            if seed is not None:
                self._keys = key_schedule(seed)
                self._begin(FIRST_ONES)
            task = NEXT_ONES if numbers is None else GIVEN_ONES
            self._begin(task, mask=chosen, episodes=numbers)
            self._settle(mask, episodes)

    def step(self, actions: object) -> bool:
        """Plays a night. Whether an episode ended with it only the device knows."""
        device = self._device
        with device.use():
            taken = self._whole("actions", actions)
            self._steps += 1
            if self._steps % CHECKED_STEPS == 0 and not device.is_capturing():
                self.check()
            size = u32(taken.itemsize)
            bytes_taken = taken.reshape(-1).view(np.uint8)
            self._launch("night", (self._keys, *self._played, bytes_taken, size, *self._out))
        return True

    def step_anew(self, actions: object) -> tuple[Any, ...]:
        """Plays a night. New arrays (see `LaneEngine`)."""
        self.step(actions)
        with self._device.use():
            return *(array.copy() for array in self._stepped), True

    def state(self) -> tuple[DeviceArray, ...]:
        """Episode, night and houses of all lanes, and acts of last night that are remembered."""
        n, h = self._rows["houses"]
        with self._device.use():
            houses, night, episode = (
                self._device.empty((size,), dtype)
                for size, dtype in ((n * h, np.uint8), (n, u32), (n, u64))
            )
            # No lane begins, so actions are not touched.
            self._begin(SHOW, seen=(houses, self._seen[1], night, episode))
            acts = (self.arrays["actions"].copy(),) if self._remembers else ()
        return episode, night.view(np.int32), houses.reshape(n, h), *acts

    def set_state(
        self, mask: object, episode: object, night: object, houses: object, actions: object = None
    ) -> None:
        """Puts lanes into given states. A lane with a state that is not allowed stays as it is, and
        is noted; where an array was in main memory, that is raised at once."""
        if not self._remembers:
            actions = None
        elif actions is None:
            allowed = "the acts of last night, beside a built-in agent that remembers them"
            raise InvalidValue("lanes.actions", None, allowed)
        with self._device.use():
            chosen = None if mask is None else self._given("mask", mask, np.bool_)
            numbers = self._given("episode", episode, np.uint64)
            nights = self._given("night", night, np.int32)
            codes = self._given("houses", houses, np.uint8)
            acts = None if actions is None else self._given("actions", actions, np.uint8)
            self._begin(
                GIVEN_STATES, mask=chosen, episodes=numbers, nights=nights, codes=codes, acts=acts
            )
            if self._settle(mask, episode, night, houses, actions):
                self.check()

    def encode(self, choice: object) -> DeviceArray:
        """Actions of one number an agent."""
        device = self._device
        with device.use():
            taken = self._whole("choice", choice)
            n, a, _ = self._rows["actions"]
            actions = device.empty((n * a * 3,), np.uint8)
            numbers = taken.reshape(-1).view(np.uint8)
            passed = numbers, u32(taken.itemsize), u32(n * a), actions, self._notes
            self._launch("encode", passed, n * a)
            return actions.reshape(n, a, 3)

    def check(self) -> None:
        """Raises what was noted since the last check, after waiting for it."""
        device = self._device
        with device.use():
            stream = device.callers_stream()
            keys = device.fetch(self._notes)
            device.wait(stream)
            if not keys.any():
                return
            device.clear(self._notes)
            noted = Noted.first(keys)
            episodes = device.fetch(self._longs[: self._settings.lanes])
            device.wait(stream)
        raise noted.error(self._settings, episodes)

    def _begin(
        self,
        task: int,
        *,
        mask: DeviceArray | None = None,
        episodes: DeviceArray | None = None,
        nights: DeviceArray | None = None,
        codes: DeviceArray | None = None,
        acts: DeviceArray | None = None,
        seen: Sequence[DeviceArray] | None = None,
    ) -> None:
        """Launches the kernel `begin`, which shows the lanes in `seen`."""
        none = self._none
        which = u32(task), u32(mask is not None), none[np.uint8] if mask is None else mask
        numbers = u64(self._settings.first), u64(self._settings.stride)
        given = (
            none[u64] if episodes is None else episodes,
            none[u32] if nights is None else nights,
            none[np.uint8] if codes is None else codes,
            *(u32(acts is not None), none[np.uint8] if acts is None else acts),
        )
        out = *self._lanes, *(self._seen if seen is None else seen), self._notes
        self._launch("begin", (self._keys, *self._begun, *which, *numbers, *given, *out))

    def _launch(self, name: str, arguments: Sequence[object], threads: int | None = None) -> None:
        """Launches a kernel of a thread for each lane, or so many."""
        grid = -(-(self._settings.lanes if threads is None else threads) // LANE_THREADS)
        self._device.launch(name, self._shape, grid, LANE_THREADS, arguments)

    def _cleared(self, size: int, dtype: type) -> DeviceArray:
        """A new array of zeros, in one dimension as kernels take it."""
        array = self._device.empty((size,), dtype)
        self._device.clear(array)
        return array

    def _new_seen(self) -> tuple[DeviceArray, ...]:
        """New arrays for what lanes show: houses, actions, night and episode."""
        n, h = self._rows["houses"]
        types = (
            (n * h, np.uint8),
            (n * self._rows["actions"][1] * 3, np.uint8),
            (n, u32),
            (n, u64),
        )
        return tuple(self._cleared(size, dtype) for size, dtype in types)

    def _shown(self, seen: Sequence[DeviceArray]) -> dict[str, DeviceArray]:
        """The same as users see it."""
        houses, actions, night, episode = seen
        return {
            "houses": houses.reshape(*self._rows["houses"]),
            "actions": actions.reshape(*self._rows["actions"]),
            "night": night.view(np.int32),
            "episode": episode,
        }

    def _whole(self, name: str, values: object) -> DeviceArray:
        """Whole numbers on the device, which the kernels check."""
        array = self._device.own(name, values)
        if array is None:
            given = f"a {type(values).__name__} that is not in the memory of {self._device.name}"
            raise InvalidValue(name, given, "an array there, such as CuPy's or PyTorch's")
        if array.dtype not in WHOLE:
            allowed = "an array of uint8, int32 or int64"
            raise InvalidValue(name, f"an array of {array.dtype}", allowed)
        return self._shaped(name, array, self._rows[name])

    def _given(self, name: str, values: object, dtype: type) -> DeviceArray:
        """An array of a type as kernels take it, with a row a lane."""
        shape = self._rows.get(name, (self._settings.lanes,))
        array = self._device.own(name, values)
        if array is None:
            array = self._device.upload(as_array(name, values, dtype, shape))
        elif array.dtype != dtype:
            allowed = f"an array of {np.dtype(dtype)}"
            raise InvalidValue(name, f"an array of {array.dtype}", allowed)
        array = self._shaped(name, array, shape).reshape(-1)
        return array.view({np.bool_: np.uint8, np.int32: u32}.get(dtype, dtype))

    @staticmethod
    def _shaped(name: str, array: DeviceArray, shape: tuple[int, ...]) -> DeviceArray:
        if array.shape != shape:
            raise InvalidValue(name, f"an array of shape {array.shape}", f"shape {shape}")
        return array if array.flags.c_contiguous else array.copy()

    def _settle(self, *given: object) -> bool:
        """Waits where something given was copied from main memory; whether that was so."""
        copied = any(one is not None and self._device.own("", one) is None for one in given)
        if copied:
            self._device.wait(self._device.callers_stream())
        return copied


def remembers(program: _core.Program, outside: Sequence[bool]) -> bool:
    """Whether a built-in agent depends on the acts of last night."""
    entries = iter(program.seat_entries[0].tolist())
    seats = [list(islice(entries, size)) for size in program.seat_sizes[0].tolist()]
    played = {one for seat, given in zip(seats, outside, strict=True) if not given for one in seat}
    return any(program.policies[one][1].get("remembers") for one in played)
