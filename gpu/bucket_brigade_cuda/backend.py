"""The backend "cuda": plays programs on GPUs, with the integers of the Rust engine."""

import importlib.util
import math
import os
import warnings
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from bucket_brigade import _core
from bucket_brigade.backends import Progress
from bucket_brigade.backends.progress import in_episodes
from bucket_brigade.counts.block_sizes import BlockSizes
from bucket_brigade.counts.event_counts import EventCounts
from bucket_brigade.errors import BackendUnavailable, BackendWarning, InvalidValue
from bucket_brigade_cuda.kernels.numbers import POLICY_KINDS
from bucket_brigade_cuda.launch.job import shape_of

if TYPE_CHECKING:
    from bucket_brigade.envs.engine import LaneEngine, LaneSettings
    from bucket_brigade_cuda.devices import Device
    from bucket_brigade_cuda.launch.worker import DeviceCounts, Timings

__all__ = ["DEVICES", "CudaBackend"]

#: Numbers of the devices to use, with commas between them; all by default.
DEVICES = "BUCKET_BRIGADE_CUDA_DEVICES"
SIMULATOR = "NUMBA_ENABLE_CUDASIM"

#: Episode-nights a second that one device is taken to play, to weigh it against the CPU: somewhat
#: less than an H200 plays in the slowest game of `cuda-check --measure games`.
NIGHTS_PER_SECOND = 2e10
#: The same where policies are played one episode at a time, which nobody has measured: a fifth of
#: what a model of an H200 allows four ten-parameter agents, the slowest kind (`cuda-model`).
EACH_NIGHTS_PER_SECOND = 1e9
#: Seconds to compile the kernels of a shape, and to start: a process that plays a little on an H200
#: takes 0.8 longer than with the CPU (`bucket-brigade simulate`).
COMPILE_SECONDS, START_SECONDS = 10.0, 0.8


class CudaBackend:
    """Plays programs on NVIDIA GPUs.

    Parameters
    ----------
    devices : sequence of int or Device, optional
        Numbers of the GPUs to share the work among, or devices that were made already. By default
        what the environment variable ``BUCKET_BRIGADE_CUDA_DEVICES`` names ("0,2"), or else all.

    Attributes
    ----------
    policy_kinds : tuple of str
        Kinds of policies that the kernels play.
    timings : Timings or None
        Of the last run.
    """

    name = "cuda"
    policy_kinds = POLICY_KINDS

    def __init__(self, devices: "Sequence[int | Device] | None" = None) -> None:
        self._asked = devices
        self._devices: list[Device] | None = None
        self.timings: Timings | None = None

    def unavailable(self) -> str | None:
        """The reason why no GPU can be used here; None if one can."""
        try:
            self.devices()
        except BackendUnavailable as error:
            return str(error)
        return None

    def device(self) -> str:
        """Names of the GPUs, for people."""
        return ", ".join(device.name for device in self.devices())

    def devices(self) -> "list[Device]":
        """The devices that programs are played on.

        Raises
        ------
        BackendUnavailable
            If there are none, or something they need is missing.
        InvalidValue
            For numbers that are not those of devices.
        """
        if self._devices is None:
            self._devices = find_devices(self._asked)
        return self._devices

    def seconds(self, program: _core.Program) -> float:
        """Estimate the seconds of a run, with compilation where it is still to be done; infinity in
        the simulator, so that ``"auto"`` never chooses it."""
        if _simulated():
            return math.inf
        from bucket_brigade_cuda.compiling.compile import is_compiled

        nights = min(program.max_nights, max(program.min_nights, 50))
        work = program.lineups * program.episodes * nights
        size = (program.houses + program.agents) / 14
        devices = self.devices()
        shape = shape_of(program)
        compiled = is_compiled("play", shape, devices[0].capability)
        start = START_SECONDS if compiled else START_SECONDS + COMPILE_SECONDS
        rate = EACH_NIGHTS_PER_SECOND if shape.singles else NIGHTS_PER_SECOND
        return start + work * size / (rate * len(devices))

    def run(
        self,
        program: _core.Program,
        *,
        threads: int | None = None,
        per_block: bool = False,
        progress: Progress | None = None,
    ) -> EventCounts:
        """Plays a program.

        Parameters
        ----------
        program : Program
            What to play.
        threads : int, optional
            Of the CPU; has no meaning here.
        per_block : bool
            Whether to bring back the counts of every block.
        progress : callable, optional
            Called with episodes done and in all, after every launch.

        Raises
        ------
        InvalidValue
            If the program holds a policy of a kind that these kernels do not play.
        BackendUnavailable
            If no GPU can be used.
        BackendFailed
            If one fails: out of memory, lost, or a driver that is too old. The message says what
            to do.
        """
        from bucket_brigade_cuda.launch.run import play

        check_kinds(program)
        report = in_episodes(program, progress)
        result = play(program, self.devices(), per_block=per_block, progress=report)
        self.timings = result.timings
        return EventCounts(
            houses=program.houses,
            agents=program.agents,
            episodes=program.episodes,
            totals=result.totals,
            moments=result.moments,
            block_episodes=BlockSizes(program.block_runs),
            blocks=result.blocks,
            backend=self.name,
            device=self.device(),
        )

    def counts_on_device(
        self, program: _core.Program, *, per_block: bool = False
    ) -> "DeviceCounts":
        """Plays a program and leaves what it counted in the memory of the first device.

        Parameters
        ----------
        program : Program
            What to play.
        per_block : bool
            Whether to keep the counts of every block.

        Returns
        -------
        DeviceCounts
            CuPy arrays, which other libraries take by ``__cuda_array_interface__`` or DLPack.

        Raises
        ------
        InvalidValue, BackendUnavailable, BackendFailed
            As `run`; also if they would not fit into the device's memory.
        """
        from bucket_brigade_cuda.launch.run import play_on_device

        check_kinds(program)
        counts, self.timings = play_on_device(program, self.devices()[0], per_block=per_block)
        return counts

    def lanes(self, settings: "LaneSettings") -> "LaneEngine":
        """Lanes of an environment in the memory of the first device (see `VectorEnv`).

        Raises
        ------
        InvalidValue
            If more than one device was asked for, or the line-up holds a policy of a kind that the
            kernels do not play.
        BackendUnavailable, BackendFailed
            As `run`.
        """
        from bucket_brigade_cuda.envs.lanes import DeviceLanes

        if self._asked is not None and len(self._asked) > 1:
            allowed = "one device, which an environment is on; others share by offset and stride"
            raise InvalidValue("backend", f"{len(self._asked)} devices", allowed)
        return DeviceLanes(self.devices()[0], settings)


def check_kinds(program: _core.Program) -> None:
    """Checks that the kernels play every policy of a program.

    Raises
    ------
    InvalidValue
        If there is one of a kind that is not in `POLICY_KINDS`.
    """
    others = [kind for kind in program.policy_kinds if kind not in POLICY_KINDS]
    if others:
        allowed = f"{', '.join(POLICY_KINDS)}, on this backend; the CPU plays every kind"
        raise InvalidValue("lineups", f"a policy of the kind {others[0]}", allowed)


def find_devices(asked: "Sequence[int | Device] | None" = None) -> "list[Device]":
    """The devices asked for; by default those the environment names, or all.

    Raises
    ------
    BackendUnavailable
        If there are none, or something they need is missing; with the reason.
    InvalidValue
        For numbers that are not those of devices.
    """
    if _simulated():
        from bucket_brigade_cuda.devices import Simulator

        return [Simulator()]
    if asked is None and os.environ.get(DEVICES):
        text = os.environ[DEVICES]
        parts = text.split(",")
        if not all(part.strip().isdecimal() for part in parts):
            raise InvalidValue(DEVICES, repr(text), "device numbers with commas, like 0,1")
        asked = [int(part) for part in parts]
    if asked is None:
        return _gpus(None)
    numbers = [int(one) for one in asked if isinstance(one, int | np.integer)]
    gpus = iter(_gpus(numbers) if numbers or not asked else [])
    return [next(gpus) if isinstance(one, int | np.integer) else one for one in asked]


def _simulated() -> bool:
    return os.environ.get(SIMULATOR, "0") not in ("", "0")


def _gpus(numbers: list[int] | None) -> "list[Device]":
    from bucket_brigade_cuda.compiling.compile import INSTALL

    if not _is_installed("cupy"):
        raise BackendUnavailable(f"CuPy is not installed: {INSTALL}")
    try:
        import cupy
    except Exception as error:
        # Its parts, and what they load, fail in many ways where an installation is broken.
        told = f"{type(error).__name__}: {' '.join(str(error).split())[:600]}"
        raise BackendUnavailable(f"CuPy can't be imported: {told}") from error
    try:
        count = cupy.cuda.runtime.getDeviceCount()
    except cupy.cuda.runtime.CUDARuntimeError as error:
        from bucket_brigade_cuda.devices.cupy_device import advice

        raise BackendUnavailable(f"no GPU can be used: {error}. {advice(str(error))}") from error
    if count == 0:
        raise BackendUnavailable("no GPU is visible; see CUDA_VISIBLE_DEVICES")
    if numbers is None:
        numbers = list(range(count))
    if not numbers or len(set(numbers)) < len(numbers) or not set(numbers) <= set(range(count)):
        allowed = f"each number of a device once, of 0 to {count - 1}"
        raise InvalidValue("backend", f"devices {numbers}", allowed)
    return [_gpu(number) for number in numbers]


@cache
def _gpu(number: int) -> "Device":
    """A device, kept with its loaded kernels: backends are made anew for every call."""
    from bucket_brigade_cuda.compiling.compile import why_no_kernels
    from bucket_brigade_cuda.devices.cupy_device import CupyDevice

    device = CupyDevice(number)
    if reason := why_no_kernels(device.capability):
        # "auto" passes over what can't be used without a word, but here somebody has a GPU.
        told = f"{device.name}: {reason}"
        warnings.warn(f"a GPU is not used: {told}", BackendWarning, stacklevel=2)
        raise BackendUnavailable(told)
    return device


def _is_installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ImportError:
        return False
