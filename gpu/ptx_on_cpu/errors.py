"""What translating, running and assembling PTX raise."""

from bucket_brigade.errors import BackendUnavailable

__all__ = [
    "BarrierFault",
    "BuildFailed",
    "InvalidArguments",
    "InvalidPtx",
    "MemoryFault",
    "ToolMissing",
    "TrapFault",
    "UnknownInstruction",
]


class InvalidPtx(ValueError):
    """PTX text that cannot be read, or that breaks a rule of the language.

    Parameters
    ----------
    problem : str
        What is wrong.
    line : int, optional
        Line of the PTX text, counted from 1.
    """

    def __init__(self, problem: str, line: int | None = None) -> None:
        super().__init__(problem if line is None else f"line {line}: {problem}")
        self.line = line


class UnknownInstruction(InvalidPtx):
    """An instruction, or a form of one, that the translator has no meaning for."""


class InvalidArguments(ValueError):
    """Launch arguments that do not fit the kernel's parameters."""


class ToolMissing(BackendUnavailable):
    """A program that is called is not installed.

    Parameters
    ----------
    tool : str
        Name of the program.
    remedy : str
        How to get it.
    """

    def __init__(self, tool: str, remedy: str) -> None:
        super().__init__(f"{tool} was not found: {remedy}")
        self.tool = tool


class BuildFailed(BackendUnavailable):
    """The C compiler or the assembler refused its input."""


class MemoryFault(RuntimeError):
    """A memory access out of bounds, misaligned, or a store to a read-only array."""


class BarrierFault(RuntimeError):
    """A barrier that some threads of the CUDA block do not reach."""


class TrapFault(RuntimeError):
    """The kernel executed ``trap``."""
