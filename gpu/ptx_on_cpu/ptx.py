"""Reads a PTX module: symbols, and the basic blocks of its kernels.

Every instruction keeps its place in the text, so that other modules can rewrite the text
(for attribution and mutation) without printing PTX themselves.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field

from ptx_on_cpu.errors import InvalidPtx, UnknownInstruction
from ptx_on_cpu.operands import Operand, parse_operand, split_operands

__all__ = ["Block", "Entry", "Instruction", "Module", "Parameter", "Symbol", "bits_of"]

NAME = r"[%$_A-Za-z][\w$]*"
SCALARS = {f"{kind}{bits}": bits for kind in "usbf" for bits in (8, 16, 32, 64)} | {"pred": 1}
ENDINGS = ("bra", "ret", "exit", "trap", "bar", "barrier", "brx")

VARIABLE = re.compile(
    r"(?P<links>(?:\.(?:visible|extern|common|weak)\s+)*)"
    r"\.(?P<space>shared|global|const|local)\s+"
    r"(?:\.align\s+(?P<align>\d+)\s+)?"
    rf"\.(?P<type>\w+)\s+(?P<name>{NAME})\s*(?P<shape>(?:\[\d*\])*)\s*"
    r"(?:=\s*(?P<data>.+))?",
    re.DOTALL,
)
ENTRY = re.compile(
    rf"(?:\.(?:visible|weak)\s+)?\.entry\s+(?P<name>{NAME})\s*"
    r"(?:\((?P<params>[^)]*)\))?(?P<directives>[^{]*)\{",
)
PARAMETER = re.compile(
    r"\.param\s+(?:\.align\s+(?P<align>\d+)\s+)?\.(?P<type>\w+)\s+"
    rf"(?:\.ptr[^%$_A-Za-z]*(?:\.\w+\s+|\d+\s+)*)?(?P<name>{NAME})(?P<shape>\[\d+\])?"
)
REGISTERS = re.compile(r"\.reg\s+\.(?P<type>\w+)\s+(?P<names>.+)", re.DOTALL)
INSTRUCTION = re.compile(
    rf"(?:@(?P<negated>!?)(?P<guard>{NAME})\s+)?(?P<opcode>[a-z]\w*(?:(?:\.|::)\w+)*)"
    r"(?:\s+(?P<operands>.+))?",
    re.DOTALL,
)


def bits_of(name: str, line: int | None = None) -> int:
    """Width of a PTX scalar type in bits."""
    if name not in SCALARS:
        raise InvalidPtx(f"unknown type .{name}", line)

    return SCALARS[name]


@dataclass(frozen=True)
class Symbol:
    """A variable in shared, global, constant or local memory.

    ``size`` counts bytes. A dynamic shared array has size 0 and ``dynamic`` set.
    """

    name: str
    space: str
    align: int
    size: int
    data: bytes | None = None
    dynamic: bool = False


@dataclass(frozen=True)
class Parameter:
    """A kernel parameter: its type, and its place in the buffer of all parameters."""

    name: str
    type: str
    size: int
    offset: int


@dataclass(frozen=True)
class Instruction:
    """One instruction; ``start`` and ``end`` delimit its text, semicolon included."""

    number: int
    opcode: str
    operands: tuple[Operand, ...]
    guard: str | None
    negated: bool
    line: int
    start: int
    end: int
    text: str

    @property
    def name(self) -> str:
        """The opcode without its modifiers."""
        return self.opcode.split(".", 1)[0]


@dataclass
class Block:
    """A basic block: control enters at its first instruction and leaves after its last."""

    number: int
    labels: list[str] = field(default_factory=list)
    instructions: list[Instruction] = field(default_factory=list)


@dataclass
class Entry:
    """One kernel. ``registers`` maps a name to its PTX type; ``span`` delimits its body."""

    name: str
    parameters: list[Parameter]
    registers: dict[str, str]
    locals: list[Symbol]
    blocks: list[Block]
    span: tuple[int, int]

    @property
    def instructions(self) -> Iterator[Instruction]:
        """All instructions in program order."""
        return (one for block in self.blocks for one in block.instructions)

    @property
    def has_barrier(self) -> bool:
        """Whether any thread waits for the others of its CUDA block."""
        return any(one.name in ("bar", "barrier") for one in self.instructions)

    @property
    def parameter_bytes(self) -> int:
        """Size of the buffer that holds all parameters."""
        return max((one.offset + one.size for one in self.parameters), default=0)

    def block_of_label(self, label: str, line: int) -> int:
        """Number of the basic block that a label names."""
        for block in self.blocks:
            if label in block.labels:
                return block.number

        raise InvalidPtx(f"no label {label}", line)


@dataclass
class Module:
    """A PTX module."""

    text: str
    version: str
    target: str
    symbols: list[Symbol]
    entries: list[Entry]

    @classmethod
    def parse(cls, text: str) -> "Module":
        """Reads PTX text.

        Raises
        ------
        InvalidPtx
            Where the text is not PTX of the subset that compilers emit.
        UnknownInstruction
            For a directive whose meaning is not modelled.
        """
        return ModuleReader(text).read()

    def entry(self, name: str | None = None) -> Entry:
        """The kernel of a name, or the only one."""
        if name is None and len(self.entries) == 1:
            return self.entries[0]

        for entry in self.entries:
            if entry.name == name:
                return entry

        names = ", ".join(entry.name for entry in self.entries) or "none"
        raise InvalidPtx(f"no kernel {name!r}; the module has {names}")


class ModuleReader:
    """Reads one module; holds the text with comments blanked, so that offsets still hold."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.code = re.sub(
            r"//[^\n]*|/\*.*?\*/",
            lambda comment: re.sub(r"[^\n]", " ", comment[0]),
            text,
            flags=re.DOTALL,
        )
        self.ends = [match.start() for match in re.finditer("\n", text)]
        self.module = Module(text, "", "", [], [])

    def line(self, offset: int) -> int:
        """Line number of an offset."""
        return bisect_left(self.ends, offset) + 1

    def read(self) -> Module:
        """Reads the module's directives one after another."""
        at = 0
        directive = re.compile(r"\.(version|target|address_size)\s+([^\n]+)")

        while (at := self.skip_space(at)) < len(self.code):
            if head := directive.match(self.code, at):
                self.header(head[1], head[2].strip(), at)
                at = head.end()
            elif entry := ENTRY.match(self.code, at):
                close = self.code.find("\n}", entry.end())
                close = close + 1 if close >= 0 else self.code.find("}", entry.end())

                if close < 0:
                    raise InvalidPtx("kernel without an end", self.line(at))

                self.module.entries.append(self.entry(entry, close))
                at = close + 1
            else:
                end = self.code.find(";", at)
                statement = self.code[at:end]

                if end < 0 or not VARIABLE.fullmatch(statement.strip()):
                    first = self.code[at:].split("\n", 1)[0].strip()
                    raise UnknownInstruction(f"module directive {first!r}", self.line(at))

                self.module.symbols.append(self.variable(statement, at))
                at = end + 1

        return self.module

    def skip_space(self, at: int) -> int:
        """Offset of the next character that is not white space."""
        while at < len(self.code) and self.code[at].isspace():
            at += 1

        return at

    def header(self, name: str, value: str, at: int) -> None:
        """Notes the version or the target."""
        if name == "version":
            self.module.version = value
        elif name == "target":
            self.module.target = value.split(",")[0].strip()
        elif value != "64":
            raise InvalidPtx(f"addresses of {value} bits", self.line(at))

    def variable(self, statement: str, at: int) -> Symbol:
        """Reads one variable declaration."""
        match = VARIABLE.fullmatch(statement.strip())

        if match is None:
            raise InvalidPtx(f"variable {statement.strip()!r}", self.line(at))

        width = bits_of(match["type"], self.line(at)) // 8
        shape = re.findall(r"\[(\d*)\]", match["shape"])
        count = 1

        for length in shape:
            count *= int(length or 0)

        data = None

        if match["data"]:
            numbers = match["data"].strip().strip("{}").split(",")

            try:
                values = [int(number, 0) % (1 << 8 * width) for number in numbers if number.strip()]
            except ValueError:
                raise InvalidPtx(f"initial value of {match['name']}", self.line(at)) from None

            data = b"".join(value.to_bytes(width, "little") for value in values)
            data = data.ljust(count * width, b"\0")

        return Symbol(
            match["name"],
            match["space"],
            int(match["align"] or width),
            count * width,
            data,
            dynamic=match["space"] == "shared" and count == 0,
        )

    def parameters(self, text: str, line: int) -> list[Parameter]:
        """Reads a kernel's parameter list."""
        found: list[Parameter] = []
        offset = 0

        for one in filter(None, (part.strip() for part in text.split(","))):
            match = PARAMETER.fullmatch(one)

            if match is None:
                raise InvalidPtx(f"parameter {one!r}", line)

            width = bits_of(match["type"], line) // 8
            size = width * int(match["shape"][1:-1]) if match["shape"] else width
            align = int(match["align"] or width)
            offset = -(-offset // align) * align
            found.append(Parameter(match["name"], match["type"], size, offset))
            offset += size

        return found

    def entry(self, match: re.Match[str], close: int) -> Entry:
        """Reads one kernel."""
        line = self.line(match.start())
        body = match.end()
        entry = Entry(match["name"], self.parameters(match["params"] or "", line), {}, [], [],
                      (body, close))  # fmt: skip
        block = Block(0)
        count = 0

        def close_block() -> Block:
            entry.blocks.append(block)
            return Block(len(entry.blocks))

        for at, end, statement in self.statements(body, close):
            line = self.line(at)

            if statement.endswith(":"):
                if block.instructions:
                    block = close_block()

                block.labels.append(statement[:-1].strip())
            elif registers := REGISTERS.fullmatch(statement):
                entry.registers |= register_names(registers, line)
            elif statement.startswith(".local"):
                entry.locals.append(self.variable(statement, at))
            elif statement.startswith((".pragma", ".loc ", ".file ")):
                continue
            else:
                one = self.instruction(statement, count, at, end, line)
                count += 1
                block.instructions.append(one)

                if one.name in ENDINGS:
                    block = close_block()

        # A label may stand at the very end: leave a block there to jump to.
        if block.instructions or block.labels or not entry.blocks:
            close_block()

        return entry

    def statements(self, at: int, close: int) -> Iterator[tuple[int, int, str]]:
        """Splits a body into labels (with their colon) and statements (without semicolon)."""
        label = re.compile(rf"{NAME}\s*:(?!:)")
        # Line information ends with its line, not with a semicolon.
        location = re.compile(r"\.(?:loc|file)\s[^\n;]*")

        while (at := self.skip_space(at)) < close:
            if match := label.match(self.code, at) or location.match(self.code, at):
                yield at, match.end(), match[0]
                at = match.end()
                continue

            end = self.code.find(";", at, close)

            if end < 0 or self.code[at] in "{}":
                raise InvalidPtx("nested scope or unfinished statement", self.line(at))

            if statement := self.code[at:end].strip():
                yield at, end + 1, statement

            at = end + 1

    def instruction(self, text: str, number: int, start: int, end: int, line: int) -> Instruction:
        """Reads one instruction."""
        match = INSTRUCTION.fullmatch(text)

        if match is None:
            raise UnknownInstruction(text, line)

        operands = tuple(parse_operand(one, line) for one in split_operands(match["operands"]))
        return Instruction(
            number,
            match["opcode"],
            operands,
            match["guard"],
            bool(match["negated"]),
            line,
            start,
            end,
            " ".join(text.split()),
        )


def register_names(match: re.Match[str], line: int) -> dict[str, str]:
    """Registers of one declaration; ``%r<3>`` stands for ``%r0``, ``%r1`` and ``%r2``."""
    bits_of(match["type"], line)
    found = {}

    for name in (part.strip() for part in match["names"].split(",")):
        many = re.fullmatch(rf"({NAME})<(\d+)>", name)

        for one in [f"{many[1]}{i}" for i in range(int(many[2]))] if many else [name]:
            found[one] = match["type"]

    return found
