"""A device that plays nothing, but keeps account of what it is asked to do."""

import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt

from bucket_brigade_cuda.devices import HostDevice
from bucket_brigade_cuda.kernels.shape import Shape

__all__ = ["IdleDevice"]

Array = npt.NDArray[Any]


class IdleDevice(HostDevice):
    """Its counts are zeros. Streams are numbers; `log` says what was done on which.

    Parameters
    ----------
    free : int
        Bytes it claims to have.
    launched : callable, optional
        Called with the number of the launch of the kernel that plays; may raise.
    """

    name = "idle"

    def __init__(
        self, free: int = 1 << 40, launched: Callable[[int], object] | None = None
    ) -> None:
        self.free, self.launched = free, launched
        self.log: list[tuple[object, ...]] = []
        #: Blocks of each launch of the kernel that plays.
        self.items: list[int] = []
        #: Bytes of all arrays that are still referred to, and the most there ever were.
        self.live, self.peak = 0, 0
        self._streams = 0
        self._current = threading.local()

    @property
    def plays(self) -> int:
        return len(self.items)

    @contextmanager
    def streams(self, number: int) -> Iterator[list[int]]:
        self._streams += number
        yield list(range(self._streams - number + 1, self._streams + 1))

    def callers_stream(self) -> int:
        return 0

    @contextmanager
    def on(self, stream: int) -> Iterator[None]:
        self._current.stream = stream
        yield
        self._current.stream = None

    def wait(self, stream: int) -> None:
        self.log.append(("wait", stream))

    def free_bytes(self) -> int:
        return self.free - self.live

    def _kept(self, array: Array) -> Array:
        self.live += array.nbytes
        self.peak = max(self.peak, self.live)
        weakref.finalize(array, self._gone, array.nbytes)
        return array

    def _gone(self, size: int) -> None:
        self.live -= size

    def empty(self, shape: Sequence[int], dtype: npt.DTypeLike) -> Array:
        assert self._current.stream is not None
        return self._kept(np.zeros(tuple(shape), dtype))

    def upload(self, array: Array) -> Array:
        assert self._current.stream is not None
        return self._kept(np.array(array))

    def prepare(self, name: str, shape: Shape) -> float:
        self.log.append(("prepare", name))
        return 0.25

    def launch(
        self, name: str, shape: Shape, grid: int, threads: int, arguments: Sequence[object]
    ) -> None:
        self.log.append((name, self._current.stream))
        if name == "play":
            self.items.append(int(arguments[6]))  # type: ignore[call-overload]
            if self.launched is not None:
                self.launched(self.plays)
