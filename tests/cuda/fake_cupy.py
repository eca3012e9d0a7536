"""CuPy as far as `cupy_device` uses it, on the CPU.

Streams do nothing before somebody waits for them: then each does what was asked of it, in order.
What is used by then has to be there still, on the device and, for copies, in the host's memory.
Kernels run from the PTX that was assembled, and take the words that a GPU would take.
"""

import ctypes
import importlib
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from importlib.machinery import ModuleSpec
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from bucket_brigade_cuda.compiling.compile import Kernel, compile_kernel
from ptx_on_cpu import CompiledPtx

__all__ = ["PROPERTIES", "CUDADriverError", "CUDARuntimeError", "FakeCuda", "installed"]

Array = npt.NDArray[Any]
PROPERTIES = {
    "name": b"Fake GPU",
    "major": 9,
    "minor": 0,
    "multiProcessorCount": 2,
}


class CUDARuntimeError(RuntimeError):
    """As CuPy's; made of its text."""


class CUDADriverError(RuntimeError):
    """As CuPy's; made of its text."""


class OutOfMemoryError(MemoryError):
    """As CuPy's."""


class FakeCuda:
    """Some devices, and the modules that show them.

    Parameters
    ----------
    devices : sequence of dict
        What differs from `PROPERTIES`.
    memory : int
        Bytes of each.
    """

    #: Kernels by their text, kept for all tests: building them takes a second.
    built: dict[str, CompiledPtx] = {}  # noqa: RUF012

    def __init__(self, devices: Sequence[dict[str, Any]] = ({},), memory: int = 1 << 28) -> None:
        self.properties = [{**PROPERTIES, **one} for one in devices]
        self.memory = memory
        self.live = [0] * len(devices)
        self.assembled: dict[bytes, Kernel] = {}
        #: Device, name, grid and threads of every launch.
        self.launches: list[tuple[int, str, int, int]] = []
        #: Raised by the function of a name, when it is called next.
        self.failures: dict[str, BaseException] = {}
        #: Names of the kernels that were loaded.
        self.loads: list[str] = []
        #: From the threads of a CUDA block, the clocks that a kernel which measures itself tells
        #: of each multiprocessor.
        self.clocks: Callable[[int], Array] = lambda threads: np.ones(2)
        #: Attributes of kernels that were set, with their values.
        self.chosen: list[tuple[int, int]] = []
        #: Of every kernel: bytes of shared memory, and CUDA blocks on a multiprocessor.
        self.shared_bytes, self.resident = 20_000, 4
        self.streams = 0
        self.defaults: dict[int, Stream] = {}
        self.state = threading.local()

    # What the calling thread has chosen.

    @property
    def device(self) -> int:
        chosen: list[int] = getattr(self.state, "devices", [0])
        return chosen[-1]

    @property
    def stream(self) -> "Stream":
        """That of the thread; by default one of its device that everybody has."""
        chosen = getattr(self.state, "streams", [])
        stream = chosen[-1] if chosen else self.default_stream()
        assert stream.device == self.device, "a stream of another device"
        return stream

    def default_stream(self) -> "Stream":
        """The stream of work that names none."""
        if self.device not in self.defaults:
            self.defaults[self.device] = Stream(self, True)
        return self.defaults[self.device]

    def check(self, name: str) -> None:
        """Fails where a test has asked for it."""
        if name in self.failures:
            raise self.failures[name]

    def assemble(self, *which: Any, older: bool) -> Kernel:
        """A kernel, with something to load for it."""
        assert older
        kernel = compile_kernel(*which)
        cubin = f"{kernel.name} {kernel.shape} {hash(kernel.ptx)}".encode()
        self.assembled[cubin] = kernel
        return replace(kernel, cubin=cubin)

    def install(self, patch: pytest.MonkeyPatch) -> None:
        """Makes it what `import cupy` imports, and what the backend finds."""
        from bucket_brigade_cuda import backend, devices

        name = "bucket_brigade_cuda.devices.cupy_device"
        for other, module in self.modules().items():
            patch.setitem(sys.modules, other, module)
        # Imported anew, with the fake; what was there before comes back in the end.
        patch.setitem(sys.modules, name, None)
        patch.setattr(devices, "cupy_device", None, raising=False)
        del sys.modules[name]
        patch.setattr(importlib.import_module(name), "assembled_kernel", self.assemble)
        backend._gpu.cache_clear()

    def modules(self) -> dict[str, ModuleType]:
        """The modules by name."""
        cuda, memory = self, self

        def empty(shape: tuple[int, ...], dtype: npt.DTypeLike) -> ndarray:
            return ndarray.new(memory, shape, dtype)

        def empty_pinned(shape: tuple[int, ...], dtype: npt.DTypeLike) -> Array:
            cuda.check("empty_pinned")
            array = np.empty(shape, dtype)
            array.view(np.uint8)[...] = 0x5A
            return array

        def count() -> int:
            cuda.check("getDeviceCount")
            return len(cuda.properties)

        def properties(number: int) -> dict[str, Any]:
            cuda.check("getDeviceProperties")
            return cuda.properties[number]

        def info() -> tuple[int, int]:
            return cuda.memory - cuda.live[cuda.device], cuda.memory

        def make_context(pointer: int) -> None:
            assert pointer == 0, "nothing is there to be freed"
            cuda.state.has_context = True

        def context() -> int:
            return int(getattr(cuda.state, "has_context", False))

        def need_context() -> None:
            # Every thread begins without one.
            if not context():
                raise CUDADriverError("CUDA_ERROR_INVALID_CONTEXT: invalid device context")

        def attribute(which: int, handle: int) -> int:
            need_context()
            return {1: cuda.shared_bytes, 3: 0, 4: 80}[which]

        def choose(handle: int, which: int, value: int) -> None:
            need_context()
            cuda.chosen.append((which, value))

        def resident(handle: int, threads: int, dynamic: int) -> int:
            need_context()
            assert dynamic == 0
            return cuda.resident

        runtime = {
            "CUDARuntimeError": CUDARuntimeError,
            "getDeviceCount": count,
            "getDeviceProperties": properties,
            "memGetInfo": info,
            "free": make_context,
            "driverGetVersion": lambda: 13000,
            "runtimeGetVersion": lambda: 13020,
        }
        driver = {
            "CUDADriverError": CUDADriverError,
            "CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES": 1,
            "CU_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES": 3,
            "CU_FUNC_ATTRIBUTE_NUM_REGS": 4,
            "ctxGetCurrent": context,
            "funcGetAttribute": attribute,
            "funcSetAttribute": choose,
            "occupancyMaxActiveBlocksPerMultiprocessor": resident,
        }
        parts = {
            "runtime": made("cupy.cuda.runtime", runtime),
            "driver": made("cupy.cuda.driver", driver),
            "memory": made("cupy.cuda.memory", {"OutOfMemoryError": OutOfMemoryError}),
            "function": made("cupy.cuda.function", {"Module": lambda: Module(cuda)}),
        }
        functions = {
            "Event": lambda: Event(cuda),
            "get_elapsed_time": elapsed,
            "Device": lambda number: Device(cuda, number),
            "Stream": lambda non_blocking: Stream(cuda, non_blocking),
            "get_current_stream": lambda: cuda.stream,
        }
        top = {
            "cuda": made("cupy.cuda", {**parts, **functions}),
            "ndarray": ndarray,
            "empty": empty,
            # Of NumPy's arrays, and of other libraries', which hold one of these.
            "asarray": lambda other: (
                ndarray.holding(memory, other) if isinstance(other, np.ndarray) else other.array
            ),
            "from_dlpack": lambda other: other.__dlpack__(stream=cuda.stream),
            "get_default_memory_pool": lambda: SimpleNamespace(
                free_bytes=lambda: 0,
                free_all_blocks=lambda: None,
                total_bytes=lambda: cuda.live[cuda.device],
            ),
        }
        modules = [made("cupy", top), top["cuda"], *parts.values()]
        modules.append(made("cupyx", {"empty_pinned": empty_pinned}))
        return {module.__name__: module for module in modules}


def made(name: str, content: dict[str, Any]) -> Any:
    module = ModuleType(name)
    module.__spec__ = ModuleSpec(name, None, is_package=True)
    module.__dict__.update(content)
    return module


class Device:
    """A device as a context."""

    def __init__(self, cuda: FakeCuda, number: int) -> None:
        self.cuda, self.number = cuda, number
        self.attributes = {"ClockRate": 1_500_000}

    def __enter__(self) -> None:
        self.cuda.state.devices = [*getattr(self.cuda.state, "devices", [0]), self.number]

    def __exit__(self, *error: object) -> None:
        self.cuda.state.devices = self.cuda.state.devices[:-1]


class Stream:
    """Work that is put off until somebody waits."""

    def __init__(self, cuda: FakeCuda, non_blocking: bool) -> None:
        assert non_blocking
        self.cuda, self.device = cuda, cuda.device
        cuda.streams += 1
        self.ptr = cuda.streams
        self.work: list[Callable[[], None]] = []
        self.before: list[Callable[[], None]] | None = None

    def __enter__(self) -> None:
        self.cuda.state.streams = [*getattr(self.cuda.state, "streams", []), self]

    def __exit__(self, *error: object) -> None:
        self.cuda.state.streams = self.cuda.state.streams[:-1]

    def is_capturing(self) -> bool:
        return self.before is not None

    def begin_capture(self) -> None:
        """What follows is recorded, and not done."""
        self.before, self.work = self.work, []

    def end_capture(self) -> "Graph":
        assert self.before is not None
        graph, self.work, self.before = Graph(self.work), self.before, None
        return graph

    def synchronize(self) -> None:
        assert self.before is None, "work that is recorded can't be waited for"
        assert self.device == self.cuda.device
        self.cuda.check("synchronize")
        work, self.work = self.work, []
        for one in work:
            one()


class Graph:
    """Work that was recorded."""

    def __init__(self, work: list[Callable[[], None]]) -> None:
        self.work = work

    def launch(self, stream: Stream) -> None:
        stream.work += self.work


class Event:
    """A point in a stream, with the time at which the stream came to it."""

    def __init__(self, cuda: FakeCuda) -> None:
        self.cuda, self.time = cuda, -1.0

    def record(self) -> None:
        self.cuda.stream.work.append(self._reached)

    def _reached(self) -> None:
        self.time = time.perf_counter()


def elapsed(start: Event, end: Event) -> float:
    """Milliseconds between two points."""
    assert 0 <= start.time <= end.time, "a point that was not reached"
    return 1000 * (end.time - start.time)


class Block:
    """Memory of a device, until nobody refers to it."""

    def __init__(self, cuda: FakeCuda, size: int) -> None:
        self.device = cuda.device
        if cuda.live[self.device] + size > cuda.memory:
            raise OutOfMemoryError(f"Out of memory allocating {size} bytes")
        self.memory = np.full(size, 0xA5, np.uint8)
        cuda.live[self.device] += size
        weakref.finalize(self, gone, cuda.live, self.device, size)


def gone(live: list[int], device: int, size: int) -> None:
    live[device] -= size


def still_there(reference: "weakref.ref[Any]") -> Any:
    target = reference()
    assert target is not None, "memory that is in use was given back"
    return target


class ndarray:
    """An array on a device, as CuPy names it."""

    def __init__(self, cuda: FakeCuda, block: Block, array: Array) -> None:
        self.cuda, self.block, self.array = cuda, block, array

    @classmethod
    def new(cls, cuda: FakeCuda, shape: tuple[int, ...], dtype: npt.DTypeLike) -> "ndarray":
        size = int(np.prod(shape)) * np.dtype(dtype).itemsize
        block = Block(cuda, size)
        return cls(cuda, block, block.memory.view(dtype).reshape(shape))

    @classmethod
    def holding(cls, cuda: FakeCuda, array: Array) -> "ndarray":
        """A copy of an array of the host."""
        new = cls.new(cuda, array.shape, array.dtype)
        new.array[...] = array
        return new

    @property
    def data(self) -> SimpleNamespace:
        assert self.array.flags.c_contiguous
        return SimpleNamespace(ptr=self.array.ctypes.data)

    shape = property(lambda self: self.array.shape)
    dtype = property(lambda self: self.array.dtype)
    itemsize = property(lambda self: self.array.itemsize)
    flags = property(lambda self: self.array.flags)
    device = property(lambda self: SimpleNamespace(id=self.block.device))

    def _like(self, array: Array) -> "ndarray":
        assert np.shares_memory(array, self.block.memory) or array.size == 0, "a copy"
        return ndarray(self.cuda, self.block, array)

    def reshape(self, *shape: int) -> "ndarray":
        return self._like(self.array.reshape(*shape))

    def view(self, dtype: npt.DTypeLike) -> "ndarray":
        return self._like(self.array.view(dtype))

    def __getitem__(self, index: slice) -> "ndarray":
        return self._like(self.array[index])

    def _later(self, work: Callable[[Array], None], stream: Stream) -> None:
        """Does something with the memory when the stream comes to it."""
        assert self.block.device == stream.device == self.cuda.device
        block, array = weakref.ref(self.block), self.array

        def run() -> None:
            still_there(block)
            work(array)

        stream.work.append(run)

    def copy(self) -> "ndarray":
        """A new array in C order, filled when the stream comes to it."""
        new = ndarray.new(self.cuda, self.shape, self.dtype)
        source, target = self.array, new.array
        block = weakref.ref(new.block)

        def fill(_: Array) -> None:
            if block() is not None:
                np.copyto(target, source)

        self._later(fill, self.cuda.stream)
        return new

    def fill(self, value: int) -> None:
        self._later(lambda array: array.fill(value), self.cuda.stream)

    def set(self, source: Array, stream: Stream) -> None:
        assert (source.shape, source.dtype) == (self.shape, self.dtype)
        staged = weakref.ref(source)
        self._later(lambda array: np.copyto(array, still_there(staged)), stream)

    def get(
        self, stream: Stream | None = None, out: Array | None = None, blocking: bool = True
    ) -> Array | None:
        if stream is None or out is None:
            # As users copy: at once, of what was waited for.
            self.cuda.stream.synchronize()
            return self.array.copy()
        assert not blocking
        assert (out.shape, out.dtype) == (self.shape, self.dtype)
        target = weakref.ref(out)
        self._later(lambda array: np.copyto(still_there(target), array), stream)
        return None


class Module:
    """Loaded machine code."""

    def __init__(self, cuda: FakeCuda) -> None:
        self.cuda = cuda

    def load(self, cubin: bytes) -> None:
        self.cuda.check("load")
        if cubin.startswith(b"\n.version"):
            assert cubin.endswith(b"\0")
            return
        self.kernel = self.cuda.assembled[cubin]
        self.cuda.loads.append(self.kernel.name)

    def get_function(self, entry: str) -> Any:
        if not hasattr(self, "kernel"):
            return self.measure
        return Function(self.cuda, self.kernel, entry)

    def measure(self, grid: Sequence[int], block: Sequence[int], args: Sequence[Any]) -> None:
        """Tells clocks in place of a kernel that measures itself."""
        (blocks,), (threads,) = grid, block
        address, *numbers = args
        assert isinstance(address, np.uint64)
        assert [type(one) for one in numbers] == [np.uint32] * 2
        self.cuda.launches.append((self.cuda.device, "bench", blocks, threads))

        def tell() -> None:
            words = (ctypes.c_uint64 * (2 * blocks)).from_address(int(address))
            words[::2] = [int(one) for one in self.cuda.clocks(threads)]

        self.cuda.stream.work.append(tell)


class Function:
    """A kernel to launch."""

    ptr = 1

    def __init__(self, cuda: FakeCuda, kernel: Kernel, entry: str) -> None:
        self.cuda, self.kernel, self.device = cuda, kernel, cuda.device
        if kernel.ptx not in cuda.built:
            cuda.built[kernel.ptx] = CompiledPtx(kernel.ptx, entry)
        self.compiled = cuda.built[kernel.ptx]

    def __call__(
        self, grid: Sequence[int], block: Sequence[int], args: Sequence[object], dynamic: int = 0
    ) -> None:
        assert dynamic == 0
        cuda, stream = self.cuda, self.cuda.stream
        cuda.check(self.kernel.name)
        assert self.device == cuda.device, "a kernel of another device"
        (blocks,), (threads,) = grid, block
        cuda.launches.append((self.device, self.kernel.name, blocks, threads))
        # CuPy passes a NumPy scalar by its size: each has to be that of its parameter.
        parameters = self.compiled.entry.parameters
        assert all(isinstance(word, np.uint32 | np.uint64) for word in args)
        assert [np.asarray(word).itemsize for word in args] == [one.size for one in parameters]
        stream.work.append(lambda: self.compiled.launch(blocks, threads, *args))


@contextmanager
def installed(cuda: FakeCuda) -> Iterator[FakeCuda]:
    """The fake, for a while."""
    from bucket_brigade_cuda import backend

    with pytest.MonkeyPatch.context() as patch:
        cuda.install(patch)
        yield cuda
    backend._gpu.cache_clear()
