"""Translates a PTX kernel to C, in one of two forms that share every instruction's meaning.

``threads``
    One C function runs one GPU thread from start to end: registers are local variables and
    basic blocks are labels, so that the C compiler optimises it like hand-written code.
``warps``
    One C function per basic block runs one lane through it. A driver steps a warp: it picks
    the smallest basic block number among the lanes, runs all lanes that are at it, and counts
    the execution. That is how structured control flow reconverges. Lanes that reach a barrier
    wait until all threads of the CUDA block have.
"""

import re
from dataclasses import dataclass

from ptx_on_cpu.accesses import atomic, is_access, load, store
from ptx_on_cpu.drivers import (
    CASE,
    CASE_GOES,
    CASE_WAITS,
    THREADS_DRIVER,
    WARPS_DRIVER,
)
from ptx_on_cpu.errors import InvalidPtx, UnknownInstruction
from ptx_on_cpu.layout import local_layout, shared_layout
from ptx_on_cpu.operands import Address, Immediate, Name, Operand, Vector
from ptx_on_cpu.order import ranks
from ptx_on_cpu.prelude import PRELUDE
from ptx_on_cpu.ptx import Block, Entry, Instruction, Module, Symbol, bits_of
from ptx_on_cpu.registers import BlockRegisters, block_registers
from ptx_on_cpu.semantics import c_type, logic_of_table, meaning

__all__ = ["translate"]

SPECIAL = {
    "%tid.x": "tid",
    "%ntid.x": "g->launch->threads",
    "%ctaid.x": "g->ctaid",
    "%nctaid.x": "g->launch->grid",
    "%laneid": "(tid & 31)",
    "%dynamic_smem_size": "(g->launch->shared_bytes - STATIC_SHARED)",
    "%total_smem_size": "g->launch->shared_bytes",
} | {
    f"%{name}.{axis}": value
    for name, value in {"tid": "0", "ntid": "1", "ctaid": "0", "nctaid": "1"}.items()
    for axis in "yz"
}


def translate(module: Module, entry: Entry, mode: str, checked: bool) -> str:
    """C source of a kernel.

    Parameters
    ----------
    module, entry : Module, Entry
        The kernel.
    mode : str
        "threads" or "warps".
    checked : bool
        Whether memory accesses are tested.

    Raises
    ------
    UnknownInstruction
        For an instruction without a known meaning.
    InvalidPtx
        For an instruction whose operands do not fit it.
    """
    return Translator(module, entry, mode, checked).source()


@dataclass
class Translator:
    """Translates one kernel."""

    module: Module
    entry: Entry
    mode: str
    checked: bool

    def __post_init__(self) -> None:
        self.shared, self.static_shared = shared_layout(self.module)
        self.locals, self.local_bytes = local_layout(self.entry)
        self.parameters = {one.name: one for one in self.entry.parameters}
        self.globals = {
            one.name: one for one in self.module.symbols if one.space in ("global", "const")
        }
        self.names = {name: c_name(name) for name in self.entry.registers}

        if len(set(self.names.values())) != len(self.names):
            raise InvalidPtx("register names that differ only in signs")

    # ------------------------------------------------------------------ operands

    def width(self, register: str) -> int:
        """Width of a register in bits."""
        return bits_of(self.entry.registers[register])

    def fits(self, register: str, kind: str, one: Instruction) -> str:
        """Tests a register against a type, and gives the type without its ``~``."""
        bare = kind.removeprefix("~")
        wanted, found = bits_of(bare), self.width(register)

        if found < wanted or (found > wanted and bare == kind):
            raise InvalidPtx(f"{one.text}: {register} has {found} bits, not {wanted}", one.line)

        return bare

    def read(self, operand: Operand, kind: str, one: Instruction) -> str:
        """C value of an operand, cast to a PTX type."""
        bare = kind.removeprefix("~")

        if isinstance(operand, Immediate):
            bits = bits_of(bare)

            if operand.floating != bare.startswith("f"):
                raise InvalidPtx(f"{one.text}: a literal of another type", one.line)

            if bare != "pred" and not -(1 << bits) < operand.value < 1 << 64:
                raise InvalidPtx(f"{one.text}: {operand.value} is out of range", one.line)

            return f"(({c_type(bare)})0x{operand.value % (1 << 64):x}ULL)"

        if not isinstance(operand, Name):
            raise InvalidPtx(f"{one.text}: unexpected operand", one.line)

        if operand.name in self.names:
            self.fits(operand.name, kind, one)
            value = f"(({c_type(bare)}){self.names[operand.name]})"
        elif one.name == "mov" and operand.name in SPECIAL:
            value = f"(({c_type(bare)}){SPECIAL[operand.name]})"
        elif one.name in ("mov", "cvta"):
            value = f"(({c_type(bare)})({self.symbol(operand.name, one)}))"
        else:
            raise InvalidPtx(f"{one.text}: no register {operand.name}", one.line)

        if operand.negated and bare != "pred":
            raise InvalidPtx(f"{one.text}: ! before a number", one.line)

        return f"(!{value})" if operand.negated else value

    def write(self, operand: Operand, kind: str, one: Instruction) -> str:
        """C variable of a destination register."""
        if not isinstance(operand, Name) or operand.name not in self.names or operand.negated:
            raise InvalidPtx(f"{one.text}: destination is not a register", one.line)

        self.fits(operand.name, kind, one)
        return self.names[operand.name]

    def symbol(self, name: str, one: Instruction) -> str:
        """Address of a symbol in its own state space."""
        for offsets in (self.shared, self.locals):
            if name in offsets:
                return f"{offsets[name]}ULL"

        if name in self.globals:
            return f"(u64){c_name(name)}"

        raise UnknownInstruction(f"{one.text}: no symbol {name}", one.line)

    def address(self, operand: Address, space: str | None, one: Instruction) -> str:
        """C value of an address."""
        offset = f"0x{operand.offset % (1 << 64):x}ULL"

        if space == "param":
            return f"{self.parameter_offset(operand, one)}ULL"

        if operand.base is None:
            return offset

        if operand.base in self.names:
            if self.width(operand.base) < 32:
                raise InvalidPtx(f"{one.text}: address register is too narrow", one.line)

            return f"(u64){self.names[operand.base]} + {offset}"

        spaces = {"shared": set(self.shared), "local": set(self.locals)}

        if operand.base not in spaces.get(space or "", set(self.globals)):
            raise InvalidPtx(f"{one.text}: no such symbol in that memory", one.line)

        return f"{self.symbol(operand.base, one)} + {offset}"

    def parameter_offset(self, operand: Address, one: Instruction) -> int:
        """Place of a parameter load, tested against the parameter's size."""
        parameter = self.parameters.get(operand.base or "")
        shape = re.search(r"(?:\.v(\d))?\.[usb](\d+)$", one.opcode)

        if parameter is None or shape is None:
            raise InvalidPtx(f"{one.text}: no parameter {operand.base}", one.line)

        size = int(shape[1] or 1) * int(shape[2]) // 8

        if not 0 <= operand.offset <= parameter.size - size:
            raise InvalidPtx(f"{one.text}: beyond the parameter", one.line)

        return parameter.offset + operand.offset

    # -------------------------------------------------------------- instructions

    def plain(self, one: Instruction) -> str:
        """C statement of an instruction that does not end its block; without its guard."""
        if one.name in ("mov",) and any(isinstance(each, Vector) for each in one.operands):
            return self.pack(one)

        if is_access(one.opcode):
            translator = {"ld": load, "st": store}.get(one.name, atomic)
            return translator(self, one)

        known = meaning(one.opcode)

        if known is None:
            raise UnknownInstruction(one.text, one.line)

        operands = list(one.operands)
        fields = dict(known.fields)

        if len(operands) != len(known.sources) + (known.target is not None):
            raise InvalidPtx(f"{one.text}: wrong number of operands", one.line)

        if known.target is not None:
            fields["d"] = self.write(operands.pop(0), known.target, one)

        for letter, operand, kind in zip("abce", operands, known.sources, strict=False):
            if kind == "table":
                if not isinstance(operand, Immediate) or not 0 <= operand.value < 256:
                    raise InvalidPtx(f"{one.text}: not a truth table", one.line)

                inputs = (fields["a"], fields["b"], fields["c"])
                fields["logic"] = logic_of_table(operand.value, *inputs)
            else:
                fields[letter] = self.read(operand, kind, one)

        return known.body.format(**fields)

    def pack(self, one: Instruction) -> str:
        """C of a ``mov`` between a register and a vector of narrower ones."""
        match = re.fullmatch(r"mov\.b(32|64)", one.opcode)

        if match is None or len(one.operands) != 2:
            raise UnknownInstruction(one.text, one.line)

        whole = int(match[1])
        to, source = one.operands

        def part(vector: Vector) -> int:
            width = whole // len(vector.elements)

            if width not in (8, 16, 32) or width * len(vector.elements) != whole:
                raise InvalidPtx(f"{one.text}: wrong number of elements", one.line)

            return width

        if isinstance(to, Vector) and not isinstance(source, Vector):
            width = part(to)
            value = self.read(source, f"b{whole}", one)
            writes = [
                f"{self.write(each, f'b{width}', one)} = x_ >> {i * width};"
                for i, each in enumerate(to.elements)
                if each != Name("_")
            ]
            return f"{{ u64 x_ = {value}; {' '.join(writes)} }}"

        if isinstance(source, Vector) and not isinstance(to, Vector):
            width = part(source)
            parts = [
                f"(u64){self.read(each, f'b{width}', one)} << {i * width}"
                for i, each in enumerate(source.elements)
            ]
            return f"{self.write(to, f'b{whole}', one)} = {' | '.join(parts)};"

        raise UnknownInstruction(one.text, one.line)

    def ending(self, one: Instruction, block: Block) -> str | None:
        """C of an instruction that ends a block, or None where it is not one."""
        match = re.fullmatch(r"bra(?:\.uni)?|ret(?:\.uni)?|exit|trap", one.opcode)

        if match is None and one.name in ("bar", "barrier"):
            known = re.fullmatch(r"bar(?:\.cta)?\.sync|barrier(?:\.cta)?\.sync(?:\.aligned)?",
                                 one.opcode)  # fmt: skip

            if known is None or one.operands != (Immediate(0),) or one.guard:
                raise UnknownInstruction(one.text, one.line)

            return self.go(block.number + 1)

        if match is None:
            return None

        if one.name == "bra":
            if len(one.operands) != 1 or not isinstance(one.operands[0], Name):
                raise InvalidPtx(f"{one.text}: no label", one.line)

            return self.go(self.entry.block_of_label(one.operands[0].name, one.line))

        return (
            f"return report(g, 3, {one.number}, tid, 0);" if one.name == "trap" else self.go(None)
        )

    def go(self, number: int | None) -> str:
        """C that leaves a block for another one, or ends the thread."""
        if number is None or number >= len(self.entry.blocks):
            return "return DONE;" if self.mode == "threads" else "{ next = DONE; goto out; }"

        if self.mode == "threads":
            return f"goto B{number};"

        return f"{{ next = {number}; goto out; }}"

    def body(self, block: Block) -> list[str]:
        """C lines of a block, which end by leaving it."""
        lines = []
        carried = False

        for one in block.instructions:
            # The carry flag is only followed within a block: compilers keep it there.
            if re.match(r"(add|sub)c\.", one.opcode) and not carried:
                raise UnknownInstruction(f"{one.text}: carry from another block", one.line)

            carried = carried or ".cc." in one.opcode
            ending = self.ending(one, block)
            statement = self.plain(one) if ending is None else ending

            if one.guard:
                guard = self.read(Name(one.guard, one.negated), "pred", one)
                statement = f"if ({guard}) {statement}"

            lines.append(f"    {statement} /* {one.line} */")

        return [*lines, f"    {self.go(block.number + 1)}"]

    # ------------------------------------------------------------------- program

    def declare(self, names: list[str], values: dict[str, str] | None = None) -> list[str]:
        """C declarations of registers. Without a value they hold garbage, but always the same."""
        lines = []

        for name in names:
            garbage = "1" if self.width(name) == 1 else "0xA5A5A5A5A5A5A5A5ULL"
            value = (values or {}).get(name, garbage)
            lines.append(f"    {self.variable_type(name)} {self.names[name]} = {value};")

        return lines

    def variable_type(self, name: str) -> str:
        """C type that holds a register."""
        return f"u{max(self.width(name), 8)}"

    def source(self) -> str:
        """The whole C program."""
        parts = [
            PRELUDE,
            f"enum {{ LOCAL_BYTES = {self.local_bytes}, STATIC_SHARED = {self.static_shared} }};",
            *(global_symbol(one) for one in self.globals.values()),
            symbol_ranges(list(self.globals.values())),
        ]
        return "\n".join([*parts, *(self.threads() if self.mode == "threads" else self.warps())])

    def threads(self) -> list[str]:
        """The kernel as one function of one thread."""
        used = block_registers(self.entry)
        names = sorted({name for one in used for name in one.mentioned})
        lines = ["static u32 thread(const Group *g, u32 tid) {", "    u32 carry = 0;"]
        lines += [
            "    u8 local[LOCAL_BYTES + 1] __attribute__((aligned(16)));",
            "    memset(local, GARBAGE, LOCAL_BYTES);",
            *self.declare(names),
        ]

        for block in self.entry.blocks:
            lines += [f"B{block.number}:;", *self.body(block)]

        return [*lines, "}", THREADS_DRIVER]

    def warps(self) -> list[str]:
        """The kernel as one function per block, and the state of a warp."""
        used = block_registers(self.entry)
        kept = sorted({name for one in used for name in one.kept})
        lines = ["typedef struct {", "    u32 pc[32], resume[32], waiting, first;"]
        lines += [f"    {self.variable_type(name)} {self.names[name]}[32];" for name in kept]
        lines += [
            "    u8 local[32][(LOCAL_BYTES + 16) / 16 * 16] __attribute__((aligned(16)));",
            "} Warp;",
            f"static const u32 RANK[] = {{{', '.join(map(str, ranks(self.entry)))}}};",
        ]

        for block, registers in zip(self.entry.blocks, used, strict=True):
            lines += self.block_function(block, registers)

        cases = "\n".join(
            CASE.format(block.number, CASE_WAITS if waits(block) else CASE_GOES)
            for block in self.entry.blocks
        )
        return [*lines, WARPS_DRIVER % {"cases": cases}]

    def block_function(self, block: Block, registers: BlockRegisters) -> list[str]:
        """A block as a function of one lane; gives the number of the next block."""
        stored = [self.names[name] for name in sorted(registers.stored)]
        values = {name: f"w->{self.names[name]}[lane]" for name in registers.loaded}
        return [
            f"static u32 block_{block.number}(const Group *g, Warp *w, u32 lane) {{",
            "    u32 next, tid = w->first + lane, carry = 0;",
            "    u8 *local = w->local[lane];",
            *self.declare(sorted(registers.mentioned), values),
            *self.body(block),
            "out:",
            *(f"    w->{one}[lane] = {one};" for one in stored),
            "    return next;",
            "}",
        ]


def waits(block: Block) -> bool:
    """Whether a block ends at a barrier."""
    return bool(block.instructions) and block.instructions[-1].name in ("bar", "barrier")


def c_name(name: str) -> str:
    """C identifier of a PTX name; the prefix keeps it apart from the prelude's names."""
    return "R_" + re.sub(r"\W", "_", name.replace("%", ""))


def global_symbol(symbol: Symbol) -> str:
    """C definition of a global or constant variable."""
    data = ", ".join(map(str, symbol.data)) if symbol.data else "0"
    name = c_name(symbol.name)
    return (
        f"static u8 {name}[{max(symbol.size, 1)}] __attribute__((aligned({symbol.align})))"
        f" = {{ {data} }};"
    )


def symbol_ranges(symbols: list[Symbol]) -> str:
    """C function that lists where the global variables lie."""
    rows = [
        f"    out[{i}] = (Range){{(u64){c_name(one.name)}, (u64){c_name(one.name)} + {one.size}, "
        f"{int(one.space == 'global')}, 0}};"
        for i, one in enumerate(symbols)
    ]
    return "\n".join(["void symbol_ranges(Range *out) {", *rows, "}"])
