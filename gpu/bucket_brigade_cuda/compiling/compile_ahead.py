"""Compiles kernels before they are needed, for GPUs that need not be here, into a folder.

Whoever plays finds them there by ``BUCKET_BRIGADE_CUDA_KERNELS`` and needs nothing to compile with.
"""

import re
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from bucket_brigade.errors import InvalidValue
from bucket_brigade_cuda.compiling.compile import assembled_kernel
from bucket_brigade_cuda.compiling.kernel_files import (
    UnusableKernel,
    arch_of,
    file_name,
    read_kernel,
    write_kernel,
)
from bucket_brigade_cuda.kernels.shape import WIDTHS, Shape, kernels_of

__all__ = ["Made", "Wanted", "compile_all", "parse_shape", "wanted"]

SHAPE = re.compile(r"([0-9]{1,2})x([0-9]{1,2})(?:(e)|(?:x([0-9]{1,2}))?(f)?)(s?)")


@dataclass(frozen=True)
class Wanted:
    """A kernel to compile.

    Attributes
    ----------
    name : str
        As in `KERNELS`.
    shape : Shape
    capability : tuple of int
        Compute capability to compile for.
    """

    name: str
    shape: Shape
    capability: tuple[int, int]

    @property
    def file(self) -> str:
        """The name of its file."""
        return file_name(self.name, self.shape, self.capability)


@dataclass(frozen=True)
class Made:
    """A kernel that was wanted, and what making it took.

    Attributes
    ----------
    wanted : Wanted
    there : bool
        Whether the folder held it already.
    compile_seconds, assemble_seconds : float
        What making it took, now or when it was made.
    ptx_bytes, cubin_bytes : int
        Sizes of its code.
    """

    wanted: Wanted
    there: bool
    compile_seconds: float
    assemble_seconds: float
    ptx_bytes: int
    cubin_bytes: int

    def to_dict(self) -> dict[str, object]:
        """The kernel's file, times and sizes, for JSON."""
        one, shape = self.wanted, self.wanted.shape
        return {
            "kernel": one.name,
            "shape": [shape.houses, shape.agents, shape.width],
            "firefighters": shape.firefighters,
            "singles": shape.singles,
            "arch": arch_of(one.capability),
            "file": one.file,
            "there": self.there,
            "compile_seconds": round(self.compile_seconds, 3),
            "assemble_seconds": round(self.assemble_seconds, 3),
            "ptx_bytes": self.ptx_bytes,
            "cubin_bytes": self.cubin_bytes,
        }


def parse_shape(text: str, widths: Sequence[int]) -> list[Shape]:
    """The shapes that a text names: houses and agents, as in "10x4", in every width given; or a
    width too, as in "10x4x2", in that one alone. An "f" after them, as in "10x4f", is for line-ups
    with firefighters, an "s" for policies of any kind; "10x4e" and "10x4es" are for environments.

    Raises
    ------
    InvalidValue
        If it names none, or one that no kernel is made for.
    """
    match = SHAPE.fullmatch(text)
    houses, agents, width = (int(match[i] or 0) for i in (1, 2, 4)) if match else (0, 0, 0)
    firefighters, singles = (bool(match and match[i]) for i in (5, 6))
    if firefighters and singles:
        houses = 0  # they are among any policies
    if not (2 <= houses <= 32 and 1 <= agents <= 16):
        allowed = (
            "houses (2 to 32) x agents (1 to 16), such as 10x4, or with a width, as in 10x4x2, or "
            "an f for firefighters, as in 10x4f, or an s for any policies, as in 10x4s, or an e "
            "for environments, as in 10x4e and 10x4es"
        )
        raise InvalidValue("--shape", repr(text), allowed)
    if match is not None and match[3]:
        return [Shape(houses, agents, 0, singles=singles)]
    for one in [width] if width else widths:
        if one not in WIDTHS:
            raise InvalidValue("width", one, f"one of {', '.join(map(str, WIDTHS))}")
    chosen = [width] if width else widths
    return [Shape(houses, agents, one, firefighters, singles) for one in chosen]


def wanted(shapes: Sequence[Shape], capabilities: Sequence[tuple[int, int]]) -> list[Wanted]:
    """All kernels of shapes for GPUs, each once."""
    every = [
        Wanted(name, shape.of_kernel(name), capability)
        for capability in capabilities
        for shape in shapes
        for name in kernels_of(shape)
    ]
    return list(dict.fromkeys(every))


def make(one: Wanted, folder: Path) -> Made:
    """Compiles and assembles a kernel into a folder, unless it is there and whole.

    Raises
    ------
    BackendUnavailable
        If it can't be compiled here.
    OSError
        If the folder can't be written.
    """
    which = one.name, one.shape, one.capability
    try:
        kernel = read_kernel(folder, *which)
    except UnusableKernel:
        kernel = None
    there = kernel is not None and kernel.cubin is not None
    if kernel is None or kernel.cubin is None:
        kernel = assembled_kernel(*which)
        write_kernel(folder, kernel)
    return Made(
        one,
        there,
        kernel.compile_seconds,
        kernel.assemble_seconds,
        len(kernel.ptx),
        len(kernel.cubin or b""),
    )


def compile_all(
    kernels: Sequence[Wanted],
    folder: Path,
    *,
    jobs: int = 1,
    done: Callable[[int, int], object] | None = None,
) -> list[Made]:
    """Compiles kernels into a folder. Those that are there already are left as they are, so that
    an interrupted call can be repeated.

    Parameters
    ----------
    kernels : sequence of Wanted
        What to compile.
    folder : Path
        Where to; made if it is not there.
    jobs : int
        Processes to share the work.
    done : callable, optional
        Called with kernels done and in all.

    Raises
    ------
    BackendUnavailable
        If one can't be compiled here.
    OSError
        If the folder can't be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    made: dict[Wanted, Made] = {}

    def told(one: Made) -> None:
        made[one.wanted] = one
        if done is not None:
            done(len(made), len(kernels))

    if jobs == 1:
        for one in kernels:
            told(make(one, folder))
    else:
        # Numba and its locks are better not forked.
        workers, context = min(jobs, max(1, len(kernels))), get_context("spawn")
        with ProcessPoolExecutor(workers, mp_context=context) as pool:
            try:
                for future in as_completed([pool.submit(make, one, folder) for one in kernels]):
                    told(future.result())
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
    return [made[one] for one in kernels]
