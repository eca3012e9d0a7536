"""Compiled PTX as a device: everything that a run does, with the code a GPU would run."""

from collections.abc import Sequence

from bucket_brigade_cuda.compiling.compile import compile_kernel
from bucket_brigade_cuda.devices import HostDevice
from bucket_brigade_cuda.kernels.shape import Shape
from ptx_on_cpu.execute import CompiledPtx

__all__ = ["PtxDevice"]


class PtxDevice(HostDevice):
    """Runs kernels on the CPU from the PTX that they compile to.

    Parameters
    ----------
    capability : tuple of int
        Compute capability to compile for.
    checked : bool
        Whether every memory access is tested (`CompiledPtx`). Slower.
    """

    name = "compiled PTX on the CPU"

    def __init__(self, capability: tuple[int, int] = (9, 0), *, checked: bool = False) -> None:
        self.capability, self.checked = capability, checked
        #: What was compiled so far.
        self.kernels: dict[tuple[str, Shape], CompiledPtx] = {}

    def prepare(self, name: str, shape: Shape) -> float:
        """Compiles a kernel to PTX, and that to machine code of the host."""
        if (name, shape) in self.kernels:
            return 0.0
        kernel = compile_kernel(name, shape, self.capability)
        self.kernels[name, shape] = CompiledPtx(kernel.ptx, checked=self.checked)
        return kernel.seconds

    def launch(
        self, name: str, shape: Shape, grid: int, threads: int, arguments: Sequence[object]
    ) -> None:
        """Runs a kernel to its end, with as many threads as a GPU would."""
        self.kernels[name, shape].launch(grid, threads, *arguments)
