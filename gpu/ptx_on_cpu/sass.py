"""Assembles PTX for a GPU, and reads the resources it needs and its machine code (SASS)."""

import json
import re
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from ptx_on_cpu.errors import BuildFailed
from ptx_on_cpu.opcodes import class_of
from ptx_on_cpu.tools import run_tool

__all__ = ["Assembly", "Resources", "SassInstruction", "assemble"]

INSTRUCTION_BYTES = 16
COUNTS = {
    "registers": r"Used (\d+) registers",
    "barriers": r"used (\d+) barriers",
    "shared_bytes": r"(\d+)(?:\+\d+)? bytes smem",
    "stack_bytes": r"(\d+) bytes stack frame",
    "spill_stores": r"(\d+) bytes spill stores",
    "spill_loads": r"(\d+) bytes spill loads",
}


@dataclass(frozen=True)
class Resources:
    """Resources of a kernel, as ``ptxas -v`` reports them. ``constant_bytes`` adds up all constant
    banks."""

    registers: int
    barriers: int
    shared_bytes: int
    stack_bytes: int
    spill_stores: int
    spill_loads: int
    constant_bytes: int


@dataclass(frozen=True)
class SassInstruction:
    """One machine instruction; ``line`` is its source line, where there is line information."""

    address: int
    opcode: str
    operands: str
    predicate: str
    line: int | None

    @property
    def target(self) -> int | None:
        """Address that a branch goes to."""
        match = re.search(r"(?:^|,)\s*`?\(?(0x[0-9a-f]+)", self.operands)
        return int(match[1], 16) if match and self.opcode.startswith(("BRA", "BSSY")) else None


@dataclass(frozen=True)
class Assembly:
    """A kernel's machine code."""

    name: str
    arch: str
    resources: Resources
    instructions: tuple[SassInstruction, ...]

    @property
    def opcodes(self) -> Counter[str]:
        """Counts of each opcode in the code."""
        return Counter(one.opcode for one in self.instructions)

    @property
    def classes(self) -> Counter[str]:
        """Counts of each class of opcodes in the code."""
        return Counter(class_of(one.opcode) for one in self.instructions)


def assemble(ptx: str, arch: str, name: str, *, line_info: bool = False) -> Assembly:
    """Assembles a kernel.

    Parameters
    ----------
    ptx : str
        A module.
    arch : str
        GPU such as "sm_90", not older than the module's target.
    name : str
        The kernel.
    line_info : bool
        Whether to keep the lines of ``.loc`` directives.

    Raises
    ------
    ToolMissing
        Without ``ptxas`` and ``nvdisasm``.
    BuildFailed
        Where they refuse their input.
    """
    with tempfile.TemporaryDirectory(prefix="ptx-to-sass-") as folder:
        text, binary = Path(folder, "kernel.ptx"), Path(folder, "kernel.cubin")
        text.write_text(ptx, encoding="utf-8")
        lines = ("-lineinfo",) if line_info else ()
        log = run_tool("ptxas", "-v", *lines, "-arch", arch, str(text), "-o", str(binary))
        listing = run_tool("nvdisasm", "-json", *(("-g",) if line_info else ()), str(binary))

    return Assembly(name, arch, resources(log, name), instructions(listing, name))


def resources(log: str, name: str) -> Resources:
    """Reads the assembler's report of one kernel."""
    head = f"Compiling entry function '{name}'"
    part = log.partition(head)[2].partition("Compiling entry function")[0]

    if not part:
        raise BuildFailed(f"ptxas reports nothing of {name}: {log[:1000]}")

    found = {}

    for key, pattern in COUNTS.items():
        match = re.search(pattern, part)
        found[key] = int(match[1]) if match else 0

    constants = re.findall(r"(\d+) bytes cmem", part) or re.findall(r"(\d+) bytes cmem", log)
    return Resources(**found, constant_bytes=sum(map(int, constants)))


def instructions(listing: str, name: str) -> tuple[SassInstruction, ...]:
    """Reads a disassembly in JSON, without the padding after the code."""
    functions = json.loads(listing)[1]
    function = next((one for one in functions if one["function-name"] == name), None)

    if function is None:
        raise BuildFailed(f"nvdisasm lists no function {name}")

    found = []
    line = None

    for at, row in enumerate(function["sass-instructions"]):
        # The line is only given where it changes.
        line = row.get("source-line", line)
        found.append(
            SassInstruction(
                at * INSTRUCTION_BYTES,
                row["opcode"],
                row.get("operands", ""),
                row.get("predicate", ""),
                line,
            )
        )

    # Code ends with a branch to itself and NOPs, none of which is executed.
    while found and found[-1].opcode == "NOP":
        found.pop()

    if found and found[-1].opcode == "BRA" and found[-1].target == found[-1].address:
        found.pop()

    return tuple(found)
