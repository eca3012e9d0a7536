"""Mutants of a PTX kernel: copies with one instruction changed, to test tests with."""

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ptx_on_cpu.errors import InvalidPtx
from ptx_on_cpu.operands import Address, Immediate, Name
from ptx_on_cpu.ptx import Instruction, Module, bits_of
from ptx_on_cpu.translate import translate

__all__ = ["Mutant", "every_mutant", "mutants"]


@dataclass(frozen=True)
class Mutant:
    """A changed module; ``kind`` names the sort of change, ``description`` the change."""

    ptx: str
    kind: str
    line: int
    block: int
    description: str


# Kind, pattern of the opcode, replacements. Widths and signs stay where they can.
SWAPS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("logic", r"and(\.\w+)", (r"or\1", r"xor\1")),
    ("logic", r"or(\.\w+)", (r"and\1", r"xor\1")),
    ("logic", r"xor(\.\w+)", (r"and\1", r"or\1")),
    ("logic", r"not(\.\w+)", (r"mov\1",)),
    ("arithmetic", r"add(\.[us]\d+)", (r"sub\1",)),
    ("arithmetic", r"sub(\.[us]\d+)", (r"add\1",)),
    ("arithmetic", r"min(\.\w+)", (r"max\1",)),
    ("arithmetic", r"max(\.\w+)", (r"min\1",)),
    ("arithmetic", r"(mul|mad)\.hi(\.\w+)", (r"\1.lo\2",)),
    ("arithmetic", r"(mul|mad)\.lo(\.\w+)", (r"\1.hi\2",)),
    ("sign", r"((?:mul|mad)\.wide)\.u(\d+)", (r"\1.s\2",)),
    ("sign", r"((?:mul|mad)\.wide)\.s(\d+)", (r"\1.u\2",)),
    ("sign", r"shr\.s(\d+)", (r"shr.u\1",)),
    ("sign", r"cvt\.s(\d+)\.s(\d+)", (r"cvt.u\1.u\2",)),
    ("shift", r"shl\.b(\d+)", (r"shr.u\1",)),
    ("shift", r"shr\.[bus](\d+)", (r"shl.b\1",)),
    ("shift", r"shf\.l(\..*)", (r"shf.r\1",)),
    ("shift", r"shf\.r(\..*)", (r"shf.l\1",)),
    ("bits", r"brev(\.b\d+)", (r"not\1",)),
    ("bits", r"popc(\.b\d+)", (r"clz\1",)),
    ("bits", r"clz(\.b\d+)", (r"popc\1",)),
    ("comparison", r"setp\.lt(\..*)", (r"setp.le\1", r"setp.ge\1")),
    ("comparison", r"setp\.le(\..*)", (r"setp.lt\1", r"setp.gt\1")),
    ("comparison", r"setp\.gt(\..*)", (r"setp.ge\1", r"setp.le\1")),
    ("comparison", r"setp\.ge(\..*)", (r"setp.gt\1", r"setp.lt\1")),
    ("comparison", r"setp\.eq(\..*)", (r"setp.ne\1",)),
    ("comparison", r"setp\.ne(\..*)", (r"setp.eq\1",)),
    ("comparison", r"setp\.(\w+)\.and(\..*)", (r"setp.\1.or\2",)),
    ("comparison", r"setp\.(\w+)\.or(\..*)", (r"setp.\1.and\2",)),
    ("atomic", r"((?:red|atom)\..*)\.add(\.\w+)", (r"\1.max\2",)),
)


def swapped(one: Instruction) -> Iterator[tuple[str, str]]:
    """Other opcodes with the same operands."""
    for kind, pattern, replacements in SWAPS:
        if match := re.fullmatch(pattern, one.opcode):
            for replacement in replacements:
                yield kind, one.text.replace(one.opcode, match.expand(replacement), 1)


def removed(one: Instruction) -> Iterator[tuple[str, str]]:
    """The result is the first operand, or the store does not happen."""
    if match := re.fullmatch(r"(?:and|or|xor|add|sub|shl|shr)\.([usb]\d+|pred)", one.opcode):
        head, _, last = one.text.rpartition(",")
        yield "removed", head.replace(one.opcode, f"mov.{match[1]}", 1)

        # The second operand of a shift is narrower than the target.
        if one.name not in ("shl", "shr") and isinstance(one.operands[2], Name):
            first = head.rpartition(",")[0].replace(one.opcode, f"mov.{match[1]}", 1)
            yield "removed", f"{first}, {last.strip()}"

    if one.name in ("st", "red"):
        yield "removed", ""


def exchanged(one: Instruction) -> Iterator[tuple[str, str]]:
    """Operands of a choice exchanged; a guard negated."""
    if one.name == "selp":
        head, a, b, chooser = one.text.split(",")
        yield "choice", f"{head},{b},{a},{chooser}"

    if one.guard:
        old, new = ("@!", "@") if one.negated else ("@", "@!")
        yield "guard", one.text.replace(old, new, 1)


def tables(one: Instruction) -> Iterator[tuple[str, str]]:
    """Truth tables with one result changed."""
    if one.name == "lop3" and isinstance(one.operands[4], Immediate):
        head = one.text.rpartition(",")[0]

        for bit in range(8):
            yield "logic", f"{head}, {one.operands[4].value ^ 1 << bit}"


def numbers(one: Instruction) -> Iterator[tuple[str, str]]:
    """Whole numbers one larger and one smaller."""
    if one.name in ("bar", "barrier", "lop3", "st"):
        return

    literal = re.compile(r"(?<=[\s,])-?(?:0[xX][0-9a-fA-F]+|\d+)U?(?=\s*(?:,|$))")

    for match in literal.finditer(one.text):
        value = int(match[0].rstrip("U"), 0)

        for other in (value - 1, value + 1):
            yield "number", one.text[: match.start()] + str(other) + one.text[match.end() :]


def moved(one: Instruction) -> Iterator[tuple[str, str]]:
    """Addresses moved by one element."""
    match = re.search(r"\.[usb](8|16|32|64)$", one.opcode)

    if one.name not in ("ld", "st", "red", "atom") or ".param" in one.opcode or match is None:
        return

    for operand in one.operands:
        if isinstance(operand, Address) and operand.base:
            for step in (-bits_of(f"u{match[1]}") // 8, bits_of(f"u{match[1]}") // 8):
                place = f"[{operand.base}+{operand.offset + step}]"
                before, _, after = one.text.partition("[")
                yield "address", before + place + after.partition("]")[2]


CHANGES: tuple[Callable[[Instruction], Iterator[tuple[str, str]]], ...] = (
    swapped,
    removed,
    exchanged,
    tables,
    numbers,
    moved,
)


def every_mutant(ptx: str, name: str | None = None) -> list[Mutant]:
    """All mutants of a kernel; some may be refused by the translator."""
    entry = Module.parse(ptx).entry(name)
    found = []

    for block in entry.blocks:
        for one in block.instructions:
            for change in CHANGES:
                for kind, text in change(one):
                    changed = ptx[: one.start] + (text and text + ";") + ptx[one.end :]
                    told = f"line {one.line}: {one.text} -> {text or 'nothing'}"
                    found.append(Mutant(changed, kind, one.line, block.number, told))

    return found


def mutants(ptx: str, number: int, seed: int, name: str | None = None) -> list[Mutant]:
    """A sample of mutants that the translator accepts.

    Parameters
    ----------
    ptx : str
        A module.
    number : int
        Mutants wanted; fewer are given where there are not as many.
    seed : int
        The same seed gives the same sample.
    name : str, optional
        The kernel.
    """
    candidates = every_mutant(ptx, name)
    random.Random(seed).shuffle(candidates)
    found: list[Mutant] = []

    for mutant in candidates:
        if len(found) == number:
            break

        try:
            module = Module.parse(mutant.ptx)
            translate(module, module.entry(name), "threads", False)
        except InvalidPtx:
            continue

        found.append(mutant)

    return found
