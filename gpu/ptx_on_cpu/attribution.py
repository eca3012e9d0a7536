"""Attributes SASS instructions to the PTX basic blocks they come from, and counts warp
instructions.

The PTX is rewritten: a ``.loc`` directive before each instruction names its basic block as the
source line, and ``.pragma "nounroll"`` at each loop header keeps the assembler from unrolling
loops, so that one execution of a PTX block is one execution of its SASS.

Limits of this model
--------------------
- The machine code that is counted has no loops unrolled by the assembler; ``Attribution.plain``
  is the code without the pragma, and tells how they differ.
- An instruction that the assembler moves to another place keeps the line of its PTX block, and
  is counted as often as that block. ``WarpInstructions.by_place`` counts it as often as the
  block that most of its neighbours come from: the distance of the two totals shows how much
  was moved. Instructions of a short branch that became predicated are counted by the first
  as often as the branch is taken, by the second as often as the code around it.
- Code that the assembler duplicates other than by unrolling is counted once per copy.
- Replays (bank conflicts, uncoalesced accesses) are no instructions, and not counted.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from ptx_on_cpu.execute import WarpCounts
from ptx_on_cpu.opcodes import CLASSES, class_of
from ptx_on_cpu.order import successors
from ptx_on_cpu.ptx import Entry, Module
from ptx_on_cpu.sass import Assembly, SassInstruction, assemble

__all__ = ["Attribution", "WarpInstructions", "attribute", "warp_instructions"]


@dataclass(frozen=True)
class Attribution:
    """SASS per PTX basic block.

    Parameters
    ----------
    counted : Assembly
        The code that is counted: with lines, and without unrolled loops.
    rolled : Assembly
        The same without lines.
    plain : Assembly
        The code of the PTX as it is.
    blocks : tuple of Counter
        Per PTX basic block, in program order: how often each opcode occurs in the SASS.
    places : tuple of Counter
        The same, where each SASS basic block belongs to one PTX block as a whole.
    """

    counted: Assembly
    rolled: Assembly
    plain: Assembly
    blocks: tuple[Counter[str], ...]
    places: tuple[Counter[str], ...]

    @property
    def same_code(self) -> bool:
        """Whether the lines changed no instruction."""
        return code(self.counted) == code(self.rolled)

    @property
    def unrolled(self) -> int:
        """Instructions that unrolling adds to the code (negative where it saves some)."""
        return len(self.plain.instructions) - len(self.counted.instructions)


@dataclass(frozen=True)
class WarpInstructions:
    """Warp instructions of a launch.

    Parameters
    ----------
    total : int
        Executions of each PTX block, times its SASS instructions, summed.
    classes : dict
        ``total`` per class of opcodes.
    by_place : int
        The total where each SASS basic block is counted as one PTX block's.
    attribution : Attribution
        What was counted.
    """

    total: int
    classes: dict[str, int]
    by_place: int
    attribution: Attribution


def code(assembly: Assembly) -> list[tuple[str, str, str]]:
    """Instructions without their places."""
    return [(one.predicate, one.opcode, one.operands) for one in assembly.instructions]


def loop_headers(entry: Entry) -> set[int]:
    """Blocks that an edge leads back to, in a walk from the first block."""
    follows = successors(entry)
    headers: set[int] = set()
    state: dict[int, str] = {0: "open"}
    path = [(0, iter(follows[0]))]

    while path:
        block, rest = path[-1]
        after = next(rest, None)

        if after is None:
            state[block] = "closed"
            path.pop()
        elif state.get(after) == "open":
            headers.add(after)
        elif after not in state:
            state[after] = "open"
            path.append((after, iter(follows[after])))

    return headers


def rewritten(ptx: str, name: str, *, lines: bool) -> str:
    """PTX without unrolling, and with basic block numbers as lines (counted from 1)."""
    entry = Module.parse(ptx).entry(name)
    headers = loop_headers(entry)
    inserts: list[tuple[int, str]] = []

    for block in entry.blocks:
        for at, one in enumerate(block.instructions):
            pragma = '.pragma "nounroll";\n' if at == 0 and block.number in headers else ""
            line = f".loc 1 {block.number + 1} 0\n" if lines else ""
            inserts.append((one.start, pragma + line))

    for start, text in reversed(inserts):
        ptx = ptx[:start] + text + ptx[start:]

    if lines:
        ptx = re.sub(r"(\.address_size\s+64[^\n]*)", r'\1\n.file 1 "ptx"', ptx, count=1)

    return ptx


@lru_cache(maxsize=16)
def attribute(ptx: str, arch: str, name: str | None = None) -> Attribution:
    """Assembles a kernel for a GPU and attributes its SASS to PTX basic blocks."""
    entry = Module.parse(ptx).entry(name)
    size = len(entry.blocks)
    counted = assemble(rewritten(ptx, entry.name, lines=True), arch, entry.name, line_info=True)
    return Attribution(
        counted,
        assemble(rewritten(ptx, entry.name, lines=False), arch, entry.name),
        assemble(ptx, arch, entry.name),
        tally(counted.instructions, home_by_line(counted.instructions), size),
        tally(counted.instructions, home_by_place(counted.instructions), size),
    )


def tally(
    instructions: Sequence[SassInstruction], homes: Sequence[int], size: int
) -> tuple[Counter[str], ...]:
    """Opcodes per PTX block."""
    found: list[Counter[str]] = [Counter() for _ in range(size)]

    for one, home in zip(instructions, homes, strict=True):
        found[home][one.opcode] += 1

    return tuple(found)


def home_by_line(instructions: Sequence[SassInstruction]) -> list[int]:
    """PTX block of each instruction; what stands before the first line is the kernel's start."""
    return [one.line - 1 if one.line else 0 for one in instructions]


def home_by_place(instructions: Sequence[SassInstruction]) -> list[int]:
    """The PTX block that most instructions of each instruction's SASS basic block come from."""
    lines = home_by_line(instructions)
    starts = {one.target for one in instructions if one.opcode.startswith("BRA")}
    homes: list[int] = []
    piece: list[int] = []

    for one, line in zip(instructions, lines, strict=True):
        if one.address in starts and piece:
            homes += [Counter(piece).most_common(1)[0][0]] * len(piece)
            piece = []

        piece.append(line)

        if one.opcode.split(".")[0] in ("BRA", "EXIT", "BAR", "RET"):
            homes += [Counter(piece).most_common(1)[0][0]] * len(piece)
            piece = []

    return homes + ([Counter(piece).most_common(1)[0][0]] * len(piece) if piece else [])


def warp_instructions(
    ptx: str, counts: WarpCounts, arch: str, name: str | None = None
) -> WarpInstructions:
    """Warp instructions that a launch would execute on a GPU.

    Parameters
    ----------
    ptx : str
        The module.
    counts : WarpCounts
        From ``CompiledPtx.launch_counting`` of the same kernel.
    arch : str
        GPU such as "sm_90".
    name : str, optional
        The kernel.
    """
    attribution = attribute(ptx, arch, name)
    executions = [int(one) for one in counts.executions]
    classes = dict.fromkeys(CLASSES, 0)

    for times, opcodes in zip(executions, attribution.blocks, strict=True):
        for opcode, count in opcodes.items():
            classes[class_of(opcode)] += times * count

    by_place = sum(
        times * opcodes.total()
        for times, opcodes in zip(executions, attribution.places, strict=True)
    )
    return WarpInstructions(sum(classes.values()), classes, by_place, attribution)
