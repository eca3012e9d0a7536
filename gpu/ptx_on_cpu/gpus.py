"""GPUs as the model of `model` sees them: figures of data sheets and of micro-benchmarks."""

from dataclasses import dataclass
from typing import Any

from bucket_brigade_cuda.compiling.kernel_files import arch_of
from bucket_brigade_cuda.devices import is_gpu

__all__ = ["GPUS", "ISSUE_LANES", "LANES", "Gpu"]

#: Lanes of a warp that a multiprocessor starts per clock, by class of instructions and the units
#: that they keep busy. Measured on an H200 (`cuda-check --measure instructions`), and as the table
#: "Throughput of native arithmetic instructions" of the CUDA programming guide has it for
#: capabilities 7.5 to 9.0: 64 of logic and shifts, 64 of multiplications, 16 of population counts;
#: loads and stores 128 bytes a clock, 32 lanes of a word. Of products of 64 bits, which that table
#: leaves out, 32 start in a clock, and each keeps logic from starting for as long as an instruction
#: of its own would: with two of these beside every product 64 start, not 96. Additions are shared
#: out among both units, up to 160; here they count as logic.
LANES = {
    "integer": (("integer", 64),),
    "wide multiply": (("multiply", 32), ("integer", 64)),
    "other IMAD": (("multiply", 64),),
    "popc": (("popc", 16),),
    "shared": (("memory", 32),),
    "global": (("memory", 32),),
    "local": (("memory", 32),),
}
#: The same of doubles, which differ by capability: 64-bit additions and multiplications in that
#: table, and 2 for those that are not listed here. Conversions are taken as one of them.
DOUBLE_LANES = {(8, 0): 32, (9, 0): 64, (10, 0): 64}
SLOW_DOUBLE_LANES = 2
#: Each of four schedulers starts one warp instruction a clock, of whatever class.
ISSUE_LANES = 128


@dataclass(frozen=True)
class Gpu:
    """A GPU by its data sheet.

    Attributes
    ----------
    name : str
    capability : tuple of int
        Compute capability.
    multiprocessors : int
    clock_hz : float
    """

    name: str
    capability: tuple[int, int]
    multiprocessors: int
    clock_hz: float

    @classmethod
    def of_device(cls, device: Any) -> "Gpu | None":
        """A GPU as a device describes itself; None if it is no GPU, or does not tell its clock."""
        if not is_gpu(device) or not device.clock_hz:
            return None
        return cls(device.name, device.capability, device.multiprocessors, device.clock_hz)

    @property
    def double_lanes(self) -> int:
        """Lanes of operations on doubles that a multiprocessor starts per clock."""
        return DOUBLE_LANES.get(self.capability, SLOW_DOUBLE_LANES)

    @property
    def arch(self) -> str:
        """The name of its architecture, as the assembler has it."""
        return arch_of(self.capability)


#: Multiprocessors and boost clocks of NVIDIA's data sheets and white papers. The H100 is taken at
#: 1.7 GHz, what it is expected to keep up under load, rather than at its boost of 1.98. The H200
#: kept to its boost of 1.98 while it played, by Nsight Compute.
GPUS = (
    Gpu("H100 SXM", (9, 0), 132, 1.70e9),  # H100 architecture white paper; see above for the clock
    Gpu("H200 SXM", (9, 0), 132, 1.98e9),  # what the device tells of itself
    Gpu("A100 SXM", (8, 0), 108, 1.41e9),  # A100 architecture white paper
    Gpu("RTX 4090", (8, 9), 128, 2.52e9),  # Ada architecture white paper
    Gpu("L4", (8, 9), 58, 2.04e9),  # L4 product brief
)
