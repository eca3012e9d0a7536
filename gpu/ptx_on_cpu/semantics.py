"""What each register instruction means, as a table from opcode to C.

A rule is a pattern for the whole opcode, the types of destination and operands, and a C
statement. Types are PTX names or one of the letters

- ``t``: the type the opcode ends with, ``s``: the source type of a conversion,
- ``w``: the type twice as wide as ``t``, ``n``: ``t`` without a sign.

A ``~`` before a type allows a wider register, as PTX does for conversions. In the statement
``{d}`` is the destination, ``{a}``, ``{b}``, ``{c}``, ``{e}`` are the operands cast to their
types, ``{T}``, ``{S}``, ``{W}``, ``{N}`` the C types, ``{bits}`` the width of ``t``, and the
pattern's own groups stand for themselves (operators in C's spelling).
"""

import re
from dataclasses import dataclass
from functools import cache

from ptx_on_cpu.ptx import bits_of

__all__ = ["Meaning", "c_type", "logic_of_table", "meaning"]

OPERATORS = {
    "add": "+", "sub": "-", "mul": "*", "and": "&", "or": "|", "xor": "^",
    "div": "DIVIDE", "rem": "REMAIN",
    "eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">=",
    "lo": "<", "ls": "<=", "hi": ">", "hs": ">=",
}  # fmt: skip

INT = r"(?P<t>[us](?:16|32|64))"
BITS = r"(?P<t>b(?:16|32|64))"
HALF = r"(?P<t>[us](?:16|32))"
WORD = r"(?P<t>[usb](?:32|64))"
TESTED = r"(?P<t>[us](?:16|32|64))"
TEST = r"(?P<op>eq|ne|lt|le|gt|ge|lo|ls|hi|hs)"
SAME = r"(?P<op>eq|ne)"
JOIN = r"(?P<join>and|or|xor)"
CAST = r"(?P<t>[us](?:8|16|32|64))\.(?P<s>[us](?:8|16|32|64))"

RULES = (
    # Arithmetic
    (rf"(?P<op>add|sub)\.{INT}", "t: t t", "{d} = {a} {op} {b};"),
    (rf"(?P<op>add|sub)\.cc\.{WORD}", "t: n n",
     "{{ u128 x_ = (u128){a} {op} {b}; {d} = x_; carry = x_ >> {bits} & 1; }}"),
    (rf"(?P<op>add|sub)c\.{WORD}", "t: n n", "{d} = {a} {op} {b} {op} carry;"),
    (rf"(?P<op>add|sub)c\.cc\.{WORD}", "t: n n",
     "{{ u128 x_ = (u128){a} {op} {b} {op} carry; {d} = x_; carry = x_ >> {bits} & 1; }}"),
    (rf"mul\.lo\.{INT}", "t: t t", "{d} = {a} * {b};"),
    (rf"mul\.hi\.{INT}", "t: t t", "{d} = (({W}){a} * {b}) >> {bits};"),
    (rf"mul\.wide\.{HALF}", "w: t t", "{d} = ({W}){a} * {b};"),
    (rf"mad\.lo\.{INT}", "t: t t t", "{d} = {a} * {b} + {c};"),
    (rf"mad\.hi\.{INT}", "t: t t t", "{d} = ((({W}){a} * {b}) >> {bits}) + {c};"),
    (rf"mad\.wide\.{HALF}", "w: t t w", "{d} = ({W}){a} * {b} + {c};"),
    (rf"(?P<op>div|rem)\.{INT}", "t: t t", "{d} = {op}({T}, {a}, {b});"),
    (rf"min\.{INT}", "t: t t", "{d} = {a} < {b} ? {a} : {b};"),
    (rf"max\.{INT}", "t: t t", "{d} = {a} > {b} ? {a} : {b};"),
    (r"neg\.(?P<t>s(?:16|32|64))", "t: t", "{d} = -{a};"),
    (r"abs\.(?P<t>s(?:16|32|64))", "t: t", "{d} = {a} < 0 ? -{a} : {a};"),
    # Logic and shifts: an amount beyond the width counts as the width.
    (rf"(?P<op>and|or|xor)\.{BITS}", "t: t t", "{d} = {a} {op} {b};"),
    (r"(?P<op>and|or|xor)\.(?P<t>pred)", "t: t t", "{d} = {a} {op} {b};"),
    (rf"not\.{BITS}", "t: t", "{d} = ~{a};"),
    (r"not\.(?P<t>pred)", "t: t", "{d} = !{a};"),
    (rf"cnot\.{BITS}", "t: t", "{d} = {a} == 0;"),
    (r"lop3\.(?P<t>b32)", "t: t t t table", "{d} = {logic};"),
    (rf"shl\.{BITS}", "t: t u32", "{d} = {b} >= {bits} ? 0 : {a} << {b};"),
    (r"shr\.(?P<t>[ub](?:16|32|64))", "t: t u32", "{d} = {b} >= {bits} ? 0 : {a} >> {b};"),
    (r"shr\.(?P<t>s(?:16|32|64))", "t: t u32",
     "{d} = {a} >> ({b} >= {bits} ? {bits} - 1 : {b});"),
    (r"shf\.l\.wrap\.(?P<t>b32)", "t: t t u32", "{d} = funnel_left({a}, {b}, {c}, 0);"),
    (r"shf\.l\.clamp\.(?P<t>b32)", "t: t t u32", "{d} = funnel_left({a}, {b}, {c}, 1);"),
    (r"shf\.r\.wrap\.(?P<t>b32)", "t: t t u32", "{d} = funnel_right({a}, {b}, {c}, 0);"),
    (r"shf\.r\.clamp\.(?P<t>b32)", "t: t t u32", "{d} = funnel_right({a}, {b}, {c}, 1);"),
    # Bits
    (r"popc\.(?P<t>b32|b64)", "u32: t", "{d} = __builtin_popcountll({a});"),
    (r"clz\.(?P<t>b32|b64)", "u32: t", "{d} = zeros_above({a}, {bits});"),
    (r"brev\.(?P<t>b32|b64)", "t: t", "{d} = reverse({a}, {bits});"),
    (r"bfind\.(?P<t>u32|u64)", "u32: t", "{d} = find_top({a}, {bits}, 0);"),
    (r"bfind\.shiftamt\.(?P<t>u32|u64)", "u32: t", "{d} = find_top({a}, {bits}, 1);"),
    (r"bfind\.(?P<t>s32|s64)", "u32: t",
     "{d} = find_top(({N})({a} < 0 ? ~{a} : {a}), {bits}, 0);"),
    (r"bfe\.(?P<t>u32|u64)", "t: t u32 u32", "{d} = extract_bits({a}, {b}, {c}, {bits}, 0);"),
    (r"bfe\.(?P<t>s32|s64)", "t: n u32 u32", "{d} = extract_bits({a}, {b}, {c}, {bits}, 1);"),
    (r"bfi\.(?P<t>b32|b64)", "t: t t u32 u32",
     "{d} = insert_bits({a}, {b}, {c}, {e}, {bits});"),
    (r"prmt\.(?P<t>b32)", "t: t t t", "{d} = permute({a}, {b}, {c});"),
    # Comparison and choice
    (rf"setp\.{TEST}\.{TESTED}", "pred: t t", "{d} = {a} {op} {b};"),
    (rf"setp\.{SAME}\.{BITS}", "pred: t t", "{d} = {a} {op} {b};"),
    (rf"setp\.{TEST}\.{JOIN}\.{TESTED}", "pred: t t pred", "{d} = ({a} {op} {b}) {join} {c};"),
    (rf"setp\.{SAME}\.{JOIN}\.{BITS}", "pred: t t pred", "{d} = ({a} {op} {b}) {join} {c};"),
    (r"selp\.(?P<t>[usb](?:16|32|64))", "t: t t pred", "{d} = {c} ? {a} : {b};"),
    # Conversion
    (rf"cvt\.{CAST}", "~t: ~s", "{d} = ({T}){a};"),
    (r"mov\.(?P<t>[usb](?:16|32|64)|pred)", "t: t", "{d} = {a};"),
    (r"cvta\.(?:to\.)?(?:global|const)\.(?P<t>u64)", "t: t", "{d} = {a};"),
    (r"cvta\.shared\.(?P<t>u64)", "t: t", "{d} = {a} + (u64)g->shared;"),
    (r"cvta\.to\.shared\.(?P<t>u64)", "t: t", "{d} = {a} - (u64)g->shared;"),
    (r"cvta\.local\.(?P<t>u64)", "t: t", "{d} = {a} + (u64)local;"),
    (r"cvta\.to\.local\.(?P<t>u64)", "t: t", "{d} = {a} - (u64)local;"),
    # Floating point, where the opcode says how to round; registers hold the bits.
    (r"(?P<op>add|sub|mul)\.rn\.f64", "f64: f64 f64", "{d} = bits_of(real({a}) {op} real({b}));"),
    (r"cvt\.rn\.f64\.(?P<t>[us](?:32|64))", "f64: t", "{d} = bits_of((double){a});"),
    (r"cvt\.rn\.f32\.f64", "f32: f64", "{d} = narrow_bits((float)real({a}));"),
    (r"mov\.(?P<t>f32|f64)", "t: t", "{d} = {a};"),
    # One CUDA block's threads run in one CPU thread; fences order the atomics of different ones.
    (r"membar\.(?:cta|gl|sys)|fence\.(?:acq_rel|sc)\.(?:cta|gpu|sys)", "",
     "__atomic_thread_fence(__ATOMIC_SEQ_CST);"),
)  # fmt: skip

COMPILED = tuple((re.compile(pattern), types, body) for pattern, types, body in RULES)


def c_type(name: str) -> str:
    """C type of a PTX type; floating-point numbers are kept as their bits."""
    return "u8" if name == "pred" else name.replace("b", "u").replace("f", "u")


@dataclass(frozen=True)
class Meaning:
    """A rule applied to an opcode: PTX types, and the statement with its C types filled in."""

    target: str | None
    sources: tuple[str, ...]
    body: str
    fields: dict[str, str]


@cache
def meaning(opcode: str) -> Meaning | None:
    """Meaning of an opcode, or None where the table has no rule for it."""
    for pattern, types, body in COMPILED:
        if match := pattern.fullmatch(opcode):
            groups = match.groupdict()
            t, s = groups.get("t") or "pred", groups.get("s") or "pred"
            width = 1 if t == "pred" else bits_of(t)
            letters = {"t": t, "s": s, "w": f"{t[0]}{2 * width}", "n": f"u{width}"}
            target, _, sources = types.partition(":")

            def named(one: str, letters: dict[str, str] = letters) -> str:
                loose = "~" if one.startswith("~") else ""
                bare = one.removeprefix("~")
                return loose + letters.get(bare, bare)

            fields = {key: OPERATORS.get(value, value) for key, value in groups.items() if value}
            fields |= {key.upper(): c_type(value) for key, value in letters.items()}
            fields["bits"] = str(width)
            return Meaning(
                named(target) if target else None,
                tuple(named(one) for one in sources.split()),
                body,
                fields,
            )

    return None


def logic_of_table(table: int, a: str, b: str, c: str) -> str:
    """C expression of a three-input truth table (``lop3``).

    Parameters
    ----------
    table : int
        Bit ``4 * a + 2 * b + c`` is the result for inputs a, b and c.
    a, b, c : str
        The inputs.
    """
    without, with_a = two_inputs(table & 15, b, c), two_inputs((table ^ table >> 4) & 15, b, c)
    return f"({without} ^ ({a} & {with_a}))"


def two_inputs(table: int, b: str, c: str) -> str:
    """C expression of a two-input truth table; bit ``2 * b + c`` is a result."""
    base, with_c = table & 1, (table ^ table >> 1) & 1
    with_b, both = (table ^ table >> 2) & 1, (table ^ table >> 1 ^ table >> 2 ^ table >> 3) & 1
    terms = [("0xFFFFFFFFu", base), (c, with_c), (b, with_b), (f"({b} & {c})", both)]
    return "(" + (" ^ ".join(term for term, used in terms if used) or "0u") + ")"
