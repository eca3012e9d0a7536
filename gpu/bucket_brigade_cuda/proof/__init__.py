"""Proof without a GPU: runs compiled PTX on the CPU, counts warp instructions, reports SASS."""

from bucket_brigade_cuda.proof.errors import (
    BarrierFault,
    BuildFailed,
    InvalidArguments,
    InvalidPtx,
    MemoryFault,
    ProofToolMissing,
    TrapFault,
    UnknownInstruction,
)
from bucket_brigade_cuda.proof.execute import CompiledPtx, WarpCounts
from bucket_brigade_cuda.proof.ptx import Module

__all__ = [
    "BarrierFault",
    "BuildFailed",
    "CompiledPtx",
    "InvalidArguments",
    "InvalidPtx",
    "MemoryFault",
    "Module",
    "ProofToolMissing",
    "TrapFault",
    "UnknownInstruction",
    "WarpCounts",
]
