"""C for the instructions that touch memory: loads, stores and atomics.

Global addresses are the host's own. Shared and local memory have addresses that count from 0,
so that a symbol's address is a small constant, as on the device.
"""

import re
from typing import Protocol

from ptx_on_cpu.errors import InvalidPtx, UnknownInstruction
from ptx_on_cpu.operands import Address, Immediate, Name, Operand, Vector
from ptx_on_cpu.ptx import Instruction, bits_of
from ptx_on_cpu.semantics import c_type

__all__ = ["Context", "atomic", "is_access", "load", "store"]

ORDER = r"(?:\.(?:volatile|weak|relaxed|acquire|release|acq_rel))?(?:\.(?:cta|cluster|gpu|sys))?"
CACHE = r"(?:\.(?:ca|cg|cs|lu|cv|wb|wt))?"
LOAD = re.compile(
    rf"ld{ORDER}(?:\.(?P<space>param|global|shared|local|const))?{CACHE}(?:\.nc)?"
    r"(?:\.v(?P<count>[24]))?\.(?P<type>[usb](?:8|16|32|64)|f(?:32|64))"
)
STORE = re.compile(
    rf"st{ORDER}(?:\.(?P<space>global|shared|local))?{CACHE}"
    r"(?:\.v(?P<count>[24]))?\.(?P<type>[usb](?:8|16|32|64)|f(?:32|64))"
)
ATOMIC = re.compile(
    rf"(?:atom|red){ORDER}(?:\.(?P<space>global|shared))?"
    r"\.(?P<op>add|and|or|xor|exch|min|max|inc|dec|cas)\.(?P<type>[usb](?:32|64))"
)

UPDATES = {
    "add": "old_ + {0}",
    "and": "old_ & {0}",
    "or": "old_ | {0}",
    "xor": "old_ ^ {0}",
    "exch": "{0}",
    "min": "old_ < {0} ? old_ : {0}",
    "max": "old_ > {0} ? old_ : {0}",
    "inc": "old_ >= {0} ? 0 : old_ + 1",
    "dec": "old_ == 0 || old_ > {0} ? {0} : old_ - 1",
    "cas": "old_ == {0} ? {1} : old_",
}

# Place in host memory of the address `at_`, and the test that an access is allowed.
PLACES = {
    "shared": "(g->shared + at_)",
    "local": "(local + at_)",
    "param": "(g->launch->params + at_)",
}
SHARED_TEST = "within({at}, {size}, g->launch->shared_bytes)"
LOCAL_TEST = "within({at}, {size}, LOCAL_BYTES)"
GLOBAL_TEST = "allowed(g, {at}, {size}, {store})"


class Context(Protocol):
    """The interface of the translator: what it tells about registers and symbols."""

    checked: bool

    def read(self, operand: Operand, kind: str, one: Instruction) -> str:
        """C value of an operand as a PTX type (``~`` allows a wider register)."""

    def write(self, operand: Operand, kind: str, one: Instruction) -> str:
        """C variable of a destination register."""

    def address(self, operand: Address, space: str | None, one: Instruction) -> str:
        """C value of an address, as ``u64``."""


def is_access(opcode: str) -> bool:
    """Whether an opcode is one of this module's."""
    return opcode.split(".", 1)[0] in ("ld", "st", "atom", "red")


def place(
    context: Context, one: Instruction, operand: Operand, space: str | None, size: int, store: bool
) -> tuple[str, str]:
    """Statements that compute and check ``at_``, and the C pointer it stands for."""
    if not isinstance(operand, Address):
        raise InvalidPtx(f"{one.text}: not an address", one.line)

    start = f"u64 at_ = {context.address(operand, space, one)};"

    if context.checked and space != "param":
        filled = {"size": size, "store": int(store)}
        tests = {
            "shared": SHARED_TEST.format(at="at_", **filled),
            "local": LOCAL_TEST.format(at="at_", **filled),
            None: " || ".join(
                [
                    GLOBAL_TEST.format(at="at_", **filled),
                    SHARED_TEST.format(at="at_ - (u64)g->shared", **filled),
                    LOCAL_TEST.format(at="at_ - (u64)local", **filled),
                ]
            ),
        }
        test = tests.get(space) or GLOBAL_TEST.format(at="at_", **filled)
        start += f" if (!({test})) return report(g, 1, {one.number}, tid, at_);"

    return start, PLACES.get(space or "", "at_")


def elements(operand: Operand, count: int, one: Instruction) -> tuple[Name | Immediate, ...]:
    """The operand's parts, checked to be as many as the opcode says."""
    parts = operand.elements if isinstance(operand, Vector) else (operand,)
    plain = tuple(part for part in parts if isinstance(part, Name | Immediate))

    if len(plain) != count or len(parts) != count:
        raise InvalidPtx(f"{one.text}: expected {count} registers", one.line)

    return plain


def matched(pattern: re.Pattern[str], one: Instruction, operands: int) -> re.Match[str]:
    """Match of the whole opcode."""
    match = pattern.fullmatch(one.opcode)

    if match is None:
        raise UnknownInstruction(one.text, one.line)

    if len(one.operands) != operands:
        raise InvalidPtx(f"{one.text}: expected {operands} operands", one.line)

    return match


def load(context: Context, one: Instruction) -> str:
    """C statement of a load, ``ld``."""
    match = matched(LOAD, one, 2)
    kind, count = match["type"], int(match["count"] or 1)
    width = bits_of(kind) // 8
    start, where = place(context, one, one.operands[1], match["space"], width * count, False)
    loads = [
        f"{context.write(part, '~' + kind, one)}"
        f" = *(const {c_type(kind)} *)({where} + {width * i});"
        for i, part in enumerate(elements(one.operands[0], count, one))
        if part != Name("_")
    ]
    return f"{{ {start} {' '.join(loads)} }}"


def store(context: Context, one: Instruction) -> str:
    """C statement of a store, ``st``."""
    match = matched(STORE, one, 2)
    kind, count = match["type"], int(match["count"] or 1)
    width = bits_of(kind) // 8
    start, where = place(context, one, one.operands[0], match["space"], width * count, True)
    stores = [
        f"*({c_type(kind)} *)({where} + {width * i}) = {context.read(part, '~' + kind, one)};"
        for i, part in enumerate(elements(one.operands[1], count, one))
    ]
    return f"{{ {start} {' '.join(stores)} }}"


def atomic(context: Context, one: Instruction) -> str:
    """C statement of ``atom`` or ``red``, which differ in that ``red`` returns nothing."""
    match = ATOMIC.fullmatch(one.opcode)
    returns = one.name == "atom"
    match = matched(ATOMIC, one, 2 + returns + (match is not None and match["op"] == "cas"))
    kind = match["type"]
    target, *values = one.operands[returns:]
    start, where = place(context, one, target, match["space"], bits_of(kind) // 8, True)
    macro = "ALONE" if match["space"] == "shared" else "ATOMIC"
    update = UPDATES[match["op"]].format(*(context.read(value, kind, one) for value in values))
    keep = ""

    if returns and one.operands[0] != Name("_"):
        keep = f" {context.write(one.operands[0], kind, one)} = old_;"

    c = c_type(kind)
    return f"{{ {start} {c} old_; {macro}({c}, {where}, old_, {update});{keep} }}"
