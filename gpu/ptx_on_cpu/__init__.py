"""Runs compiled PTX on the CPU and compares, counts warp instructions, reads machine code.

For developers of kernels. It executes what a GPU would execute, so that results can be compared
without one; `model` says what GPUs should reach by the instructions that were counted.
"""

from ptx_on_cpu.errors import (
    BarrierFault,
    BuildFailed,
    InvalidArguments,
    InvalidPtx,
    MemoryFault,
    ToolMissing,
    TrapFault,
    UnknownInstruction,
)
from ptx_on_cpu.execute import CompiledPtx, WarpCounts
from ptx_on_cpu.ptx import Module

__all__ = [
    "BarrierFault",
    "BuildFailed",
    "CompiledPtx",
    "InvalidArguments",
    "InvalidPtx",
    "MemoryFault",
    "Module",
    "ToolMissing",
    "TrapFault",
    "UnknownInstruction",
    "WarpCounts",
]
