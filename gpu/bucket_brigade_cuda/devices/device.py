"""The interface of devices; and devices without a GPU, whose memory is the host's."""

import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from bucket_brigade_cuda.kernels.shape import Shape

__all__ = ["Device", "HostDevice", "Simulator", "is_gpu"]

#: An array in a device's memory.
DeviceArray = Any
#: Work that a device does in order, one after another.
Stream = Any
#: A point in such work.
Mark = Any
Array = npt.NDArray[Any]


class Device(Protocol):
    """A place where kernels run. Calls between `on` belong to a stream and may return before the
    work is done; nothing is waited for but in `wait`.
    """

    name: str
    #: What kernels are compiled for; (0, 0) where they are not.
    capability: tuple[int, int]

    def use(self) -> AbstractContextManager[object]:
        """Makes the device the calling thread's."""

    def streams(self, number: int) -> AbstractContextManager[list[Stream]]:
        """Lends streams, until whoever has them has waited for all work on them."""

    def callers_stream(self) -> Stream:
        """The stream that the calling thread's own work goes to."""

    def on(self, stream: Stream) -> AbstractContextManager[object]:
        """Lets what follows go to a stream."""

    def wait(self, stream: Stream) -> None:
        """Wait until everything on a stream is done."""

    def mark(self) -> Mark:
        """The present point of a stream."""

    def seconds(self, start: Mark, end: Mark) -> float:
        """Seconds of a stream between two points; it must have been waited for."""

    def free_bytes(self) -> int:
        """Memory that is left."""

    def empty(self, shape: Sequence[int], dtype: npt.DTypeLike) -> DeviceArray:
        """A new array with anything in it."""

    def upload(self, array: Array) -> DeviceArray:
        """A copy of an array. The original is not to change before the stream was waited for."""

    def own(self, name: str, values: object) -> DeviceArray | None:
        """The array in this device's memory that something is, whatever library it is of, not
        copied; None if it is none.

        Raises
        ------
        InvalidValue
            For one of another device, under the given name.
        """

    def is_capturing(self) -> bool:
        """Whether the calling thread's work is recorded for a graph, and can't be waited for."""

    def clear(self, array: DeviceArray) -> None:
        """Sets an array to zero."""

    def fetch(self, array: DeviceArray) -> Array:
        """A copy in the host's memory, complete when the stream was waited for."""

    def prepare(self, name: str, shape: Shape) -> float:
        """Finds or compiles a kernel and loads it; returns the seconds that compiling took, 0 if
        that was done before."""

    def resident(self, name: str, shape: Shape) -> int:
        """CUDA blocks of a kernel that run at the same time."""

    def packed(self, arguments: Sequence[object]) -> tuple[object, ...]:
        """Arguments of many launches, as one that costs each of them least; it does not keep the
        arrays."""

    def launch(
        self, name: str, shape: Shape, grid: int, threads: int, arguments: Sequence[object]
    ) -> None:
        """Runs a kernel: `KERNELS` says with which arguments."""


def is_gpu(device: Any) -> bool:
    """Whether the times of a device mean anything."""
    return bool(getattr(device, "multiprocessors", 0))


class HostDevice(ABC):
    """A device whose memory is the host's, and whose streams do everything at once."""

    name = "host"
    capability = (0, 0)

    def use(self) -> AbstractContextManager[object]:
        """A context that changes nothing."""
        return nullcontext()

    def streams(self, number: int) -> AbstractContextManager[list[Stream]]:
        """Streams, all of them the one that there is."""
        return nullcontext([None] * number)

    def callers_stream(self) -> Stream:
        """The one stream that there is."""
        return None

    def on(self, stream: Stream) -> AbstractContextManager[object]:
        """A context that changes nothing."""
        return nullcontext()

    def wait(self, stream: Stream) -> None:  # noqa: B027
        """Return at once: there is nothing to wait for."""

    def mark(self) -> Mark:
        """The time now, as a point of a stream."""
        return time.perf_counter()

    def seconds(self, start: Mark, end: Mark) -> float:
        """Seconds from one point to the other."""
        return float(end - start)

    def free_bytes(self) -> int:
        """A fixed number of bytes, 256 MiB."""
        return 1 << 28

    def empty(self, shape: Sequence[int], dtype: npt.DTypeLike) -> Array:
        """A new array, filled with a pattern that nobody should rely on."""
        array = np.empty(tuple(shape), dtype)
        array.view(np.uint8)[...] = 0xA5
        return array

    def upload(self, array: Array) -> Array:
        """A copy of an array."""
        return np.array(array, order="C")

    def own(self, name: str, values: object) -> Array | None:
        """NumPy's arrays as they are."""
        return values if isinstance(values, np.ndarray) else None

    def is_capturing(self) -> bool:
        """False: there are no graphs."""
        return False

    def clear(self, array: Array) -> None:
        """Sets an array to zero."""
        array[...] = 0

    def fetch(self, array: Array) -> Array:
        """A copy of an array."""
        return array.copy()

    def resident(self, name: str, shape: Shape) -> int:
        """Two CUDA blocks: few enough for threads to play several blocks, so that this is tried."""
        return 2

    def packed(self, arguments: Sequence[object]) -> tuple[object, ...]:
        """The arguments as they are."""
        return tuple(arguments)

    @abstractmethod
    def prepare(self, name: str, shape: Shape) -> float:
        """Makes a kernel ready."""

    @abstractmethod
    def launch(
        self, name: str, shape: Shape, grid: int, threads: int, arguments: Sequence[object]
    ) -> None:
        """Runs a kernel to its end."""


class Simulator(HostDevice):
    """Numba's CUDA simulator: the kernels' Python code, an operating-system thread for each of
    theirs. Good for a few blocks; the environment must hold ``NUMBA_ENABLE_CUDASIM=1`` before
    Numba is imported.
    """

    name = "Numba's CUDA simulator"

    def __init__(self) -> None:
        self._kernels: dict[tuple[str, Shape], Any] = {}

    def prepare(self, name: str, shape: Shape) -> float:
        """Makes a kernel of the Python function."""
        from numba import cuda

        from bucket_brigade_cuda.kernels.catalogue import KERNELS

        if (name, shape) not in self._kernels:
            self._kernels[name, shape] = cuda.jit(KERNELS[name].make(shape))
        return 0.0

    def launch(
        self, name: str, shape: Shape, grid: int, threads: int, arguments: Sequence[object]
    ) -> None:
        """Runs a kernel, thread by thread."""
        self._kernels[name, shape][grid, threads](*arguments)
