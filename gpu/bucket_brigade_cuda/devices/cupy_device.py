"""A GPU, through CuPy: memory, streams, copies, and launches of compiled kernels."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import cupy
import numpy as np
import numpy.typing as npt
from cupy.cuda import driver, runtime

from bucket_brigade.errors import BackendFailed, BackendUnavailable, InvalidValue
from bucket_brigade_cuda.compiling.compile import assembled_kernel
from bucket_brigade_cuda.compiling.kernel_files import LEAST_CAPABILITY
from bucket_brigade_cuda.devices.abi import array_words
from bucket_brigade_cuda.kernels.shape import Shape

__all__ = ["CupyDevice", "advice", "words"]

#: Attribute of a loaded kernel: the share of its multiprocessor's first-level memory, in percent,
#: that it would like to have as shared memory. The driver's own choice may be less than the CUDA
#: blocks that fit otherwise need.
CARVE_OUT = 9
#: Kinds of memory that DLPack calls CUDA's, and CUDA's managed.
ON_CUDA = (2, 13)


class CupyDevice:
    """A GPU that CuPy drives.

    Parameters
    ----------
    number : int
        As CUDA counts them.

    Raises
    ------
    BackendUnavailable
        If there is no such device, or kernels can't be compiled for it.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        with translated(f"device {number}"):
            self._device = cupy.cuda.Device(number)
            properties = runtime.getDeviceProperties(number)
        self.model = properties["name"].decode()
        self.capability = (properties["major"], properties["minor"])
        self.multiprocessors = int(properties["multiProcessorCount"])
        self.clock_hz = 1000 * int(self._device.attributes.get("ClockRate", 0))
        major, minor = self.capability
        self.name = f"{self.model} (device {number}, compute capability {major}.{minor})"
        if self.capability < LEAST_CAPABILITY:
            least = ".".join(map(str, LEAST_CAPABILITY))
            raise BackendUnavailable(f"{self.name}: needs a compute capability of {least} or more")
        self._functions: dict[tuple[str, Shape], Any] = {}
        # Streams that no run uses now. CuPy keeps freed memory apart for each stream, so a new one
        # for every run would leave more and more of it behind.
        self._idle: list[Any] = []
        # Page-locked memory that copies still read, by stream: it must outlive them.
        self._staged: dict[int, list[npt.NDArray[Any]]] = {}

    @contextmanager
    def use(self) -> Iterator[None]:
        """Makes the device the calling thread's, and explains what goes wrong on it."""
        with translated(self.name), self._device:
            # CuPy leaves a device alone that is the thread's already, as the first one is at its
            # start. Calls to the driver then find no context, unless the runtime was called before.
            if not driver.ctxGetCurrent():
                runtime.free(0)
            yield

    @contextmanager
    def streams(self, number: int) -> Iterator[list[Any]]:
        """Lends streams that wait for no others; whatever is on them at the end was waited for."""
        lent = []
        try:
            for _ in range(number):
                # Runs in other threads take from the list too.
                try:
                    lent.append(self._idle.pop())
                except IndexError:
                    lent.append(cupy.cuda.Stream(non_blocking=True))
            yield lent
        finally:
            self._idle += lent

    def callers_stream(self) -> Any:
        """The stream that CuPy's work of the calling thread goes to."""
        return cupy.cuda.get_current_stream()

    def on(self, stream: Any) -> AbstractContextManager[object]:
        """Lets what follows go to a stream."""
        context: AbstractContextManager[object] = stream
        return context

    def wait(self, stream: Any) -> None:
        """Wait until everything on a stream is done."""
        stream.synchronize()
        self._staged.pop(stream.ptr, None)

    def mark(self) -> Any:
        """An event on the current stream."""
        event = cupy.cuda.Event()
        event.record()
        return event

    def seconds(self, start: Any, end: Any) -> float:
        """Seconds between two events, by the device's clock."""
        return float(cupy.cuda.get_elapsed_time(start, end)) / 1000

    def free_bytes(self) -> int:
        """Bytes that the driver has left, and those that CuPy's pool keeps for reuse."""
        free, _ = runtime.memGetInfo()
        return int(free) + int(cupy.get_default_memory_pool().free_bytes())

    def empty(self, shape: Sequence[int], dtype: npt.DTypeLike) -> Any:
        """A new array with anything in it."""
        return cupy.empty(tuple(shape), dtype)

    def upload(self, array: npt.NDArray[Any]) -> Any:
        """A copy, from page-locked memory so that nothing waits for it."""
        staged = _pinned(array.shape, array.dtype)
        staged[...] = array
        target = cupy.empty(array.shape, array.dtype)
        stream = cupy.cuda.get_current_stream()
        self._staged.setdefault(stream.ptr, []).append(staged)
        target.set(staged, stream=stream)
        return target

    def own(self, name: str, values: Any) -> Any:
        """The array of this GPU that something is, whatever library it is of; None if it is none.

        Raises
        ------
        InvalidValue
            For one of another GPU.
        """
        if isinstance(values, cupy.ndarray):
            array = values
        elif hasattr(values, "__dlpack_device__"):
            # Its library lets what CuPy does now wait for what it still does itself.
            array = cupy.from_dlpack(values) if values.__dlpack_device__()[0] in ON_CUDA else None
        else:
            is_other = hasattr(values, "__cuda_array_interface__")
            array = cupy.asarray(values) if is_other else None
        if array is not None and array.device.id != self.number:
            allowed = f"an array of device {self.number}"
            raise InvalidValue(name, f"an array of device {array.device.id}", allowed)
        return array

    def is_capturing(self) -> bool:
        """Whether the calling thread's stream is being recorded for a graph."""
        return bool(cupy.cuda.get_current_stream().is_capturing())

    def clear(self, array: Any) -> None:
        """Sets an array to zero."""
        array.fill(0)

    def fetch(self, array: Any) -> npt.NDArray[Any]:
        """A copy in page-locked memory, complete when the stream was waited for."""
        target = _pinned(array.shape, array.dtype)
        array.get(stream=cupy.cuda.get_current_stream(), out=target, blocking=False)
        return target

    def prepare(self, name: str, shape: Shape) -> float:
        """Finds or compiles a kernel and loads it; returns the seconds that compiling took, 0 if
        that was done before."""
        if (name, shape) in self._functions:
            return 0.0
        kernel = assembled_kernel(name, shape, self.capability, older=True)
        module = cupy.cuda.function.Module()
        module.load(kernel.cubin)
        function = module.get_function(kernel.entry)
        if driver.funcGetAttribute(driver.CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES, function.ptr):
            driver.funcSetAttribute(function.ptr, CARVE_OUT, 100)
        self._functions[name, shape] = function
        return kernel.seconds

    def resident(self, name: str, shape: Shape) -> int:
        """CUDA blocks of a kernel that run at the same time, as the driver reckons."""
        handle = self._functions[name, shape].ptr
        each = driver.occupancyMaxActiveBlocksPerMultiprocessor(handle, shape.threads, 0)
        return int(max(1, each) * self.multiprocessors)

    def resources(self, name: str, shape: Shape) -> dict[str, int]:
        """Resources of a kernel that was loaded: registers and bytes of local memory of a thread,
        bytes of shared memory of a CUDA block, and CUDA blocks that a multiprocessor runs at a
        time."""
        handle = self._functions[name, shape].ptr
        return {
            "registers": driver.funcGetAttribute(driver.CU_FUNC_ATTRIBUTE_NUM_REGS, handle),
            "local_bytes": driver.funcGetAttribute(
                driver.CU_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES, handle
            ),
            "shared_bytes": driver.funcGetAttribute(
                driver.CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES, handle
            ),
            "threads": shape.threads,
            "resident": self.resident(name, shape) // self.multiprocessors,
        }

    def packed(self, arguments: Sequence[object]) -> tuple[object, ...]:
        """The words of arguments."""
        return tuple(words(arguments))

    def launch(
        self, name: str, shape: Shape, grid: int, threads: int, arguments: Sequence[object]
    ) -> None:
        """Launches a kernel on the current stream."""
        function = self._functions[name, shape]
        function((grid,), (threads,), tuple(words(arguments)))

    def clocks_of_ptx(
        self, ptx: str, entry: str, threads: int, launches: int
    ) -> npt.NDArray[np.uint64]:
        """Loads a kernel that measures itself, assembled by the driver, and launches it with one
        CUDA block on each multiprocessor.

        Parameters
        ----------
        ptx, entry : str
            The kernel, of an array of two 64-bit words a CUDA block, and two 32-bit numbers.
        threads : int
            Of a CUDA block.
        launches : int
            How often.

        Returns
        -------
        ndarray of uint64, shape (multiprocessors,)
            The first word of each CUDA block, after the last launch.
        """
        with self.use():
            module = cupy.cuda.function.Module()
            # The driver reads text up to a zero.
            module.load(ptx.encode() + b"\0")
            function = module.get_function(entry)
            out = self.empty((2 * self.multiprocessors,), np.uint64)
            self.clear(out)
            passed = np.uint64(out.data.ptr), np.uint32(0x9E3779B9), np.uint32(0xBB67AE85)
            for _ in range(launches):
                function((self.multiprocessors,), (threads,), passed)
            clocks = self.fetch(out)
            self.wait(self.callers_stream())
            return clocks[::2]


def words(arguments: Sequence[object]) -> Iterator[object]:
    """Arguments as a kernel takes them: arrays as several words (see `abi`)."""
    for argument in arguments:
        if isinstance(argument, tuple):
            yield from argument
        elif isinstance(argument, cupy.ndarray):
            parts = array_words(argument.data.ptr, argument.shape, argument.itemsize)
            yield from (np.uint64(part) for part in parts)
        else:
            yield argument


def _pinned(shape: tuple[int, ...], dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    import cupyx

    pinned: npt.NDArray[Any] = cupyx.empty_pinned(shape, dtype)
    return pinned


@contextmanager
def translated(where: str) -> Iterator[None]:
    """Turns what CUDA, CuPy and Numba raise into errors that say what to do.

    Raises
    ------
    BackendFailed
        If the device's memory is exhausted, the device is lost, or a call fails.
    """
    try:
        yield
    except cupy.cuda.memory.OutOfMemoryError as error:
        raise BackendFailed(
            f"{where}: out of device memory ({error}). Free some, ask for fewer line-ups or "
            "without the counts of every block, or use backend='cpu'"
        ) from error
    except (runtime.CUDARuntimeError, driver.CUDADriverError) as error:
        raise BackendFailed(f"{where}: {error}. {advice(str(error))}") from error


#: What to do about errors of CUDA, by a part of their text.
_ADVICE = {
    "InsufficientDriver": "Install a newer driver: 525 for the extra cu12, 580 for cu13",
    "INSUFFICIENT_DRIVER": "Install a newer driver: 525 for the extra cu12, 580 for cu13",
    "InvalidDevice": "Name devices that nvidia-smi lists",
    "NoDevice": "No GPU is visible; see CUDA_VISIBLE_DEVICES",
    "NO_BINARY_FOR_GPU": "The installed CUDA can't compile for this GPU; try the other extra",
    "UNSUPPORTED_PTX": "Install a newer driver, or the extra cu12",
    "emoryAllocation": "Free some device memory, or use backend='cpu'",
    "OUT_OF_MEMORY": "Free some device memory, or use backend='cpu'",
    "LaunchTimeout": "The GPU also drives a display that stops long kernels; use another",
}


def advice(text: str) -> str:
    """Advice about an error of CUDA, by its text."""
    for part, advice in _ADVICE.items():
        if part in text:
            return advice
    return (
        "The device may be lost: nothing on it can be used any more by this process. Start a new "
        "one, or use backend='cpu'"
    )
