"""Which registers each basic block reads, writes, and shares with other blocks."""

from dataclasses import dataclass, field

from ptx_on_cpu.operands import Address, Name, Operand, Vector
from ptx_on_cpu.ptx import Entry, Instruction

__all__ = ["BlockRegisters", "block_registers", "reads_and_writes"]

WITHOUT_TARGET = ("st", "red", "bra", "bar", "barrier", "membar", "fence", "ret", "exit", "trap")


@dataclass
class BlockRegisters:
    """Registers of a block.

    ``kept`` are those whose values other blocks, or a later run of this one, may use. Of them
    ``loaded`` are needed at the start and ``stored`` change.
    """

    mentioned: set[str] = field(default_factory=set)
    kept: set[str] = field(default_factory=set)
    loaded: set[str] = field(default_factory=set)
    stored: set[str] = field(default_factory=set)


def reads_and_writes(one: Instruction) -> tuple[list[str], list[str]]:
    """Names that an instruction reads and writes; some may be labels or symbols."""
    operands = list(one.operands)
    written = [] if one.name in WITHOUT_TARGET else names(operands.pop(0)) if operands else []
    read = [name for operand in operands for name in names(operand)]
    return read + ([one.guard] if one.guard else []), written


def names(operand: Operand) -> list[str]:
    """Names in an operand."""
    if isinstance(operand, Name):
        return [operand.name]

    if isinstance(operand, Address):
        return [operand.base] if operand.base else []

    return (
        [one.name for one in operand.elements if isinstance(one, Name)]
        if isinstance(operand, Vector)
        else []
    )


def block_registers(entry: Entry) -> list[BlockRegisters]:
    """The registers of every block."""
    found = []
    homes: dict[str, int] = {}

    for block in entry.blocks:
        used = BlockRegisters()
        settled: set[str] = set()

        for one in block.instructions:
            read, written = (
                [name for name in names if name in entry.registers]
                for names in reads_and_writes(one)
            )
            # A guarded instruction may leave its target as it was, and so needs the old value.
            needed = read + (written if one.guard else [])
            used.loaded.update(name for name in needed if name not in settled)
            used.mentioned.update(read, written)
            used.stored.update(written)
            settled.update(written)

        for name in used.mentioned:
            homes[name] = homes.get(name, 0) + 1

        found.append(used)

    for used in found:
        shared = {name for name in used.mentioned if homes[name] > 1}
        used.kept = shared | used.loaded
        used.stored &= used.kept

    return found
