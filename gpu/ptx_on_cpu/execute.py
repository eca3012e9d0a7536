"""Runs compiled PTX on the CPU."""

import ctypes
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ptx_on_cpu.arguments import Arguments
from ptx_on_cpu.build import load
from ptx_on_cpu.errors import (
    BarrierFault,
    InvalidArguments,
    MemoryFault,
    TrapFault,
)
from ptx_on_cpu.layout import shared_layout
from ptx_on_cpu.ptx import Module
from ptx_on_cpu.translate import translate

__all__ = ["CompiledPtx", "WarpCounts"]

MOST_THREADS = 1024
PIECES_PER_WORKER = 8


class Range(ctypes.Structure):
    """Memory that a kernel may use; as in the C prelude."""

    _fields_ = (
        ("low", ctypes.c_uint64),
        ("high", ctypes.c_uint64),
        ("writable", ctypes.c_uint32),
        ("unused", ctypes.c_uint32),
    )


class Launch(ctypes.Structure):
    """One launch; as in the C prelude."""

    _fields_ = (
        ("grid", ctypes.c_uint32),
        ("threads", ctypes.c_uint32),
        ("shared_bytes", ctypes.c_uint32),
        ("range_count", ctypes.c_uint32),
        ("params", ctypes.c_char_p),
        ("ranges", ctypes.POINTER(Range)),
    )


class Fault(ctypes.Structure):
    """The fault that stopped a launch; as in the C prelude."""

    _fields_ = (
        ("kind", ctypes.c_uint32),
        ("instruction", ctypes.c_uint32),
        ("block", ctypes.c_uint32),
        ("thread", ctypes.c_uint32),
        ("address", ctypes.c_uint64),
    )


@dataclass(frozen=True)
class WarpCounts:
    """Counts of how often warps executed each basic block.

    Parameters
    ----------
    executions : array of uint64
        Per basic block, in program order: times that a warp ran it, summed over all warps.
    lanes : array of uint64
        Per basic block: lanes that were active then, summed.
    warps : int
        Warps launched.
    """

    executions: NDArray[np.uint64]
    lanes: NDArray[np.uint64]
    warps: int

    @property
    def efficiency(self) -> float:
        """Share of active lanes, over all executions of blocks."""
        total = int(self.executions.sum())
        return int(self.lanes.sum()) / (32 * total) if total else 1.0

    def __add__(self, other: "WarpCounts") -> "WarpCounts":
        """Counts of two launches together."""
        return WarpCounts(
            self.executions + other.executions, self.lanes + other.lanes, self.warps + other.warps
        )


class CompiledPtx:
    """A PTX kernel that runs on the CPU.

    Parameters
    ----------
    ptx : str
        Text of the module.
    name : str, optional
        Kernel; may be left out where the module has one.
    checked : bool
        Whether every memory access is tested against the launch's arrays. Slower.
    level : int
        Optimisation by the C compiler, from 0 to 3: a low one compiles sooner and runs slower.

    Raises
    ------
    InvalidPtx, UnknownInstruction
        Where the text cannot be translated.
    """

    def __init__(
        self, ptx: str, name: str | None = None, *, checked: bool = False, level: int = 2
    ) -> None:
        self.module = Module.parse(ptx)
        self.entry = self.module.entry(name)
        self.checked = checked
        self.level = level
        # Refuses at once what has no meaning; the C compiler runs when a mode is first used.
        translate(self.module, self.entry, "threads", checked)
        self._build = lru_cache(maxsize=None)(self._build_mode)

    def source(self, mode: str) -> str:
        """The C translation: ``mode`` is "threads" or "warps"."""
        return translate(self.module, self.entry, mode, self.checked)

    def build(self, mode: str) -> None:
        """Compiles a mode now rather than at its first launch."""
        self._build(mode)

    def _build_mode(self, mode: str) -> ctypes.CDLL:
        library = load(self.source(mode), self.level)
        library.run.restype = ctypes.c_uint32
        return library

    def launch(
        self,
        grid: int,
        threads: int,
        *args: object,
        workers: int = 1,
        dynamic_shared: int = 0,
    ) -> None:
        """Runs the kernel; results land in the arrays passed.

        A kernel with barriers runs warp by warp, from barrier to barrier; another one, and any
        with a single thread per CUDA block, runs thread after thread, which is faster. What
        threads tell one another other than before a barrier is therefore not modelled.

        Parameters
        ----------
        grid, threads : int
            CUDA blocks, and threads of each.
        *args : array, int or tuple
            Arrays in C order, whole numbers, and tuples of these.
        workers : int
            CPU threads over CUDA blocks.
        dynamic_shared : int
            Bytes of dynamic shared memory.

        Raises
        ------
        InvalidArguments
            Where the arguments do not fit the kernel's parameters.
        MemoryFault
            With ``checked``, for an access outside the arrays.
        BarrierFault
            For a barrier that not all threads reach.
        """
        mode = "warps" if self.entry.has_barrier and threads > 1 else "threads"
        self._run(mode, grid, threads, args, workers, dynamic_shared)

    def launch_counting(
        self,
        grid: int,
        threads: int,
        *args: object,
        workers: int = 1,
        dynamic_shared: int = 0,
    ) -> WarpCounts:
        """Runs the kernel warp by warp, and counts executions of basic blocks.

        Parameters are those of ``launch``.
        """
        return self._run("warps", grid, threads, args, workers, dynamic_shared)

    def _run(
        self,
        mode: str,
        grid: int,
        threads: int,
        args: tuple[object, ...],
        workers: int,
        dynamic_shared: int,
    ) -> WarpCounts:
        if not (0 < threads <= MOST_THREADS and 0 < grid < 1 << 31 and workers > 0):
            raise InvalidArguments(f"grid of {grid}, {threads} threads, {workers} workers")

        # Keeps the memory of temporary arrays until the launch is over.
        arguments = Arguments.of(args)
        library = self._build(mode)
        ranges = self._ranges(library, arguments)
        launch = Launch(
            grid,
            threads,
            shared_layout(self.module)[1] + dynamic_shared,
            len(ranges),
            arguments.packed(self.entry),
            ranges,
        )

        def run(first: int, end: int) -> WarpCounts:
            return self._run_blocks(library, launch, first, end)

        if workers == 1:
            return run(0, grid)

        return in_pieces(run, grid, workers)

    def _ranges(self, library: ctypes.CDLL, arguments: Arguments) -> "ctypes.Array[Range]":
        """Memory that a launch may use: its arrays, and the module's variables."""
        variables = [one for one in self.module.symbols if one.space in ("global", "const")]
        ranges = (Range * (len(arguments.ranges) + len(variables)))()

        for at, (low, high, writable) in enumerate(arguments.ranges):
            ranges[at] = Range(low, high, int(writable), 0)

        at = len(arguments.ranges) * ctypes.sizeof(Range)
        library.symbol_ranges(ctypes.byref(ranges, at) if variables else None)
        return ranges

    def _run_blocks(self, library: ctypes.CDLL, launch: Launch, first: int, end: int) -> WarpCounts:
        """Runs the CUDA blocks from ``first`` to before ``end`` in the calling thread."""
        size = len(self.entry.blocks)
        counts = np.zeros((2, size), np.uint64)
        fault = Fault()
        stopped = library.run(
            ctypes.byref(launch),
            ctypes.c_uint32(first),
            ctypes.c_uint32(end),
            ctypes.c_void_p(counts.ctypes.data),
            ctypes.c_void_p(counts[1:].ctypes.data),
            ctypes.byref(fault),
        )

        if stopped:
            raise self._fault(fault)

        return WarpCounts(counts[0], counts[1], (end - first) * -(-launch.threads // 32))

    def _fault(self, fault: Any) -> Exception:
        """The exception of a fault."""
        where = f"CUDA block {fault.block}"

        if fault.kind == 2:
            return BarrierFault(
                f"{where}: not all threads reach the barrier before basic block {fault.address}"
            )

        one = next(one for one in self.entry.instructions if one.number == fault.instruction)
        told = f"line {one.line}: {one.text}: {where}, thread {fault.thread}"

        if fault.kind == 3:
            return TrapFault(told)

        return MemoryFault(f"{told}, address {fault.address:#x}")


def in_pieces(run: Callable[[int, int], WarpCounts], grid: int, workers: int) -> WarpCounts:
    """Runs all CUDA blocks in several threads; C code runs without Python's lock."""
    pieces = min(grid, workers * PIECES_PER_WORKER)
    bounds = [grid * i // pieces for i in range(pieces + 1)]

    with ThreadPoolExecutor(workers) as pool:
        counts = list(pool.map(run, bounds[:-1], bounds[1:]))

    total = counts[0]

    for one in counts[1:]:
        total = total + one

    return total
