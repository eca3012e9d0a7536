"""Every instruction that the translator knows, against Python's whole numbers."""

import re
from collections.abc import Callable

import numpy as np
import pytest
from sample_kernels import instructions_ptx, ptx_module

from ptx_on_cpu import CompiledPtx, InvalidPtx, UnknownInstruction
from ptx_on_cpu.ptx import Module
from ptx_on_cpu.semantics import RULES

Case = tuple[str, str, Callable[..., int]]


def signed(value: int, bits: int) -> int:
    """Value of a two's complement number."""
    return value - (1 << bits) if value >> (bits - 1) else value


def divide(a: int, b: int, bits: int) -> int:
    """Quotient rounded to zero; all ones by zero."""
    return -1 if b == 0 else abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)


def extract(x: int, at: int, length: int, bits: int, is_signed: bool) -> int:
    """``bfe`` by its definition."""
    at, length = at & 255, length & 255
    sign = is_signed and length and x >> min(at + length - 1, bits - 1) & 1
    picked = [x >> (at + i) & 1 if i < length and at + i < bits else sign for i in range(bits)]
    return sum(int(bit) << i for i, bit in enumerate(picked))


def insert(a: int, b: int, at: int, length: int, bits: int) -> int:
    """``bfi`` by its definition."""
    mask = ((1 << (length & 255)) - 1) << (at & 255)
    return (b & ~mask) | (a << (at & 255) & mask)


def permute(a: int, b: int, selector: int) -> int:
    """``prmt`` by its definition."""
    source = (b << 32 | a).to_bytes(8, "little")
    out = []

    for i in range(4):
        pick = selector >> 4 * i & 15
        byte = source[pick & 7]
        out.append((0xFF if byte >> 7 else 0) if pick & 8 else byte)

    return int.from_bytes(bytes(out), "little")


def arithmetic(bits: int) -> list[Case]:
    """Cases of one width, signed and unsigned."""
    n, one, two, three = (
        bits,
        f"{bits}: {bits}",
        f"{bits}: {bits} {bits}",
        f"{bits}: " + f"{bits} " * 3,
    )

    def s(value: int) -> int:
        return signed(value, n)

    cases: list[Case] = [
        (f"add.s{n}", two, lambda a, b: a + b),
        (f"sub.u{n}", two, lambda a, b: a - b),
        (f"mul.lo.s{n}", two, lambda a, b: a * b),
        (f"mul.lo.u{n}", two, lambda a, b: a * b),
        (f"mul.hi.u{n}", two, lambda a, b: a * b >> n),
        (f"mul.hi.s{n}", two, lambda a, b: s(a) * s(b) >> n),
        (f"mad.lo.s{n}", three, lambda a, b, c: a * b + c),
        (f"mad.hi.u{n}", three, lambda a, b, c: (a * b >> n) + c),
        (f"mad.hi.s{n}", three, lambda a, b, c: (s(a) * s(b) >> n) + c),
        (f"div.u{n}", two, lambda a, b: divide(a, b, n)),
        (f"div.s{n}", two, lambda a, b: divide(s(a), s(b), n)),
        (f"rem.u{n}", two, lambda a, b: a % b if b else a),
        (f"rem.s{n}", two, lambda a, b: s(a) - s(b) * divide(s(a), s(b), n) if b else a),
        (f"min.u{n}", two, lambda a, b: min(a, b)),
        (f"min.s{n}", two, lambda a, b: min(s(a), s(b))),
        (f"max.u{n}", two, lambda a, b: max(a, b)),
        (f"max.s{n}", two, lambda a, b: max(s(a), s(b))),
        (f"neg.s{n}", one, lambda a: -a),
        (f"abs.s{n}", one, lambda a: abs(s(a))),
        (f"and.b{n}", two, lambda a, b: a & b),
        (f"or.b{n}", two, lambda a, b: a | b),
        (f"xor.b{n}", two, lambda a, b: a ^ b),
        (f"not.b{n}", one, lambda a: ~a),
        (f"cnot.b{n}", one, lambda a: a == 0),
        (f"shl.b{n}", f"{n}: {n} 32", lambda a, b: a << b if b < n else 0),
        (f"shr.u{n}", f"{n}: {n} 32", lambda a, b: a >> b),
        (f"shr.b{n}", f"{n}: {n} 32", lambda a, b: a >> b),
        (f"shr.s{n}", f"{n}: {n} 32", lambda a, b: s(a) >> b),
        (f"selp.b{n}", f"{n}: {n} {n} 1", lambda a, b, c: a if c else b),
        (f"selp.u{n}", f"{n}: {n} {n} 1", lambda a, b, c: a if c else b),
        (f"mov.u{n}", one, lambda a: a),
    ]

    for name, test in {
        "eq": int.__eq__, "ne": int.__ne__, "lt": int.__lt__,
        "le": int.__le__, "gt": int.__gt__, "ge": int.__ge__,
    }.items():  # fmt: skip
        cases += [
            (f"setp.{name}.s{n}", f"1: {n} {n}", lambda a, b, test=test: test(s(a), s(b))),
            (f"setp.{name}.u{n}", f"1: {n} {n}", lambda a, b, test=test: test(a, b)),
            (
                f"setp.{name}.and.s{n}",
                f"1: {n} {n} 1",
                lambda a, b, c, test=test: test(s(a), s(b)) & c,
            ),
        ]

    cases += [
        (f"setp.lo.u{n}", f"1: {n} {n}", lambda a, b: a < b),
        (f"setp.hs.u{n}", f"1: {n} {n}", lambda a, b: a >= b),
        (f"setp.eq.b{n}", f"1: {n} {n}", lambda a, b: a == b),
        (f"setp.eq.xor.b{n}", f"1: {n} {n} 1", lambda a, b, c: (a == b) ^ c),
        (f"setp.ge.or.u{n}", f"1: {n} {n} 1", lambda a, b, c: (a >= b) | c),
    ]

    if n < 64:
        cases += [
            (f"mul.wide.u{n}", f"{2 * n}: {n} {n}", lambda a, b: a * b),
            (f"mul.wide.s{n}", f"{2 * n}: {n} {n}", lambda a, b: s(a) * s(b)),
            (f"mad.wide.u{n}", f"{2 * n}: {n} {n} {2 * n}", lambda a, b, c: a * b + c),
            (f"mad.wide.s{n}", f"{2 * n}: {n} {n} {2 * n}", lambda a, b, c: s(a) * s(b) + c),
        ]

    if n > 16:
        cases += [
            (f"popc.b{n}", f"32: {n}", lambda a: a.bit_count()),
            (f"clz.b{n}", f"32: {n}", lambda a: n - a.bit_length()),
            (f"brev.b{n}", one, lambda a: int(f"{a:0{n}b}"[::-1], 2)),
            (f"bfind.u{n}", f"32: {n}", lambda a: a.bit_length() - 1),
            (f"bfind.shiftamt.u{n}", f"32: {n}", lambda a: n - a.bit_length() if a else -1),
            (f"bfind.s{n}", f"32: {n}", lambda a: (~s(a) if s(a) < 0 else a).bit_length() - 1),
            (f"bfe.u{n}", f"{n}: {n} 32 32", lambda a, b, c: extract(a, b, c, n, False)),
            (f"bfe.s{n}", f"{n}: {n} 32 32", lambda a, b, c: extract(a, b, c, n, True)),
            (f"bfi.b{n}", f"{n}: {n} {n} 32 32", lambda a, b, c, e: insert(a, b, c, e, n)),
        ]

    return cases


def conversions() -> list[Case]:
    """``cvt`` between all widths and signs; bytes live in 16-bit registers."""
    cases: list[Case] = []

    for to in (8, 16, 32, 64):
        for source in (8, 16, 32, 64):
            for a in "us":
                for b in "us":

                    def convert(
                        x: int, to: int = to, source: int = source, a: str = a, b: str = b
                    ) -> int:
                        x %= 1 << source
                        x = signed(x, source) if b == "s" else x
                        return signed(x % (1 << to), to) if a == "s" else x % (1 << to)

                    cases.append(
                        (f"cvt.{a}{to}.{b}{source}", f"{max(to, 16)}: {max(source, 16)}", convert)
                    )

    return cases


OTHERS: list[Case] = [
    ("mov.pred", "1: 1", lambda a: a),
    ("not.pred", "1: 1", lambda a: 1 - a),
    ("and.pred", "1: 1 1", lambda a, b: a & b),
    ("xor.pred", "1: 1 1", lambda a, b: a ^ b),
    ("prmt.b32", "32: 32 32 32", permute),
    ("shf.l.wrap.b32", "32: 32 32 32", lambda a, b, c: (b << 32 | a) << (c & 31) >> 32),
    ("shf.r.wrap.b32", "32: 32 32 32", lambda a, b, c: (b << 32 | a) >> (c & 31)),
    ("shf.l.clamp.b32", "32: 32 32 32", lambda a, b, c: (b << 32 | a) << min(c, 32) >> 32),
    ("shf.r.clamp.b32", "32: 32 32 32", lambda a, b, c: (b << 32 | a) >> min(c, 32)),
]  # fmt: skip
CASES = [*arithmetic(16), *arithmetic(32), *arithmetic(64), *conversions(), *OTHERS]


def operands(count: int) -> np.ndarray:
    """Rows of four numbers: every pair of edges, small shift amounts, and random bits."""
    rng = np.random.default_rng(7)
    edges = [0, 1, 2, 7, 31, 32, 33, 63, 64, 0x7F, 0x80, 0x7FFF, 0x8000, 0xFFFF, 2**31 - 1,
             2**31, 2**32 - 1, 2**63 - 1, 2**63, 2**64 - 1]  # fmt: skip
    rows = rng.integers(0, 2**64, (count, 4), np.uint64)
    chosen = rng.choice(np.array(edges, np.uint64), rows.shape)
    return np.where(rng.random(rows.shape) < 0.6, chosen, rows)


def results(cases: list[tuple[str, str]], rows: np.ndarray) -> np.ndarray:
    """Results of instructions, per case and row."""
    out = np.zeros((len(cases), len(rows)), np.uint64)
    CompiledPtx(instructions_ptx(cases), checked=True, level=1).launch(
        1, len(rows), rows.reshape(-1), out.reshape(-1)
    )
    return out


@pytest.mark.parametrize("start", range(0, len(CASES), 90))
def test_instruction_agrees_with_whole_numbers(start: int) -> None:
    rows = operands(400)
    cases = CASES[start : start + 90]
    found = results([(opcode, widths) for opcode, widths, _ in cases], rows)

    for (opcode, widths, expected), row_results in zip(cases, found, strict=True):
        target, *sources = (int(one) for one in re.findall(r"\d+", widths))
        wanted = [
            int(expected(*(int(x) % (1 << bits) for x, bits in zip(row, sources, strict=False))))
            % (1 << target)
            for row in rows
        ]
        np.testing.assert_array_equal(
            row_results, np.array(wanted, np.uint64), err_msg=f"{opcode} {widths}"
        )


def test_every_truth_table_of_lop3() -> None:
    rows = operands(64)
    a, b, c = (rows[:, i] & np.uint64(2**32 - 1) for i in range(3))
    found = results([("lop3.b32", f"32: 32 32 32: , {table}") for table in range(256)], rows)

    for table in range(256):
        wanted = np.zeros(len(rows), np.uint64)

        for i in range(8):
            if table >> i & 1:
                chosen = [x if i >> at & 1 else ~x for x, at in ((a, 2), (b, 1), (c, 0))]
                wanted |= chosen[0] & chosen[1] & chosen[2]

        np.testing.assert_array_equal(found[table], wanted & np.uint64(2**32 - 1))


def test_carries_add_and_subtract_128_bits() -> None:
    body = """
        ld.param.u64 %rd10, [a0_4]; ld.param.u64 %rd11, [a1_4];
        mov.u32 %r0, %tid.x; mul.wide.u32 %rd12, %r0, 32; add.s64 %rd10, %rd10, %rd12;
        add.s64 %rd11, %rd11, %rd12;
        ld.global.v2.u64 {%rd0, %rd1}, [%rd10]; ld.global.v2.u64 {%rd2, %rd3}, [%rd10+16];
        add.cc.u64 %rd4, %rd0, %rd2; addc.u64 %rd5, %rd1, %rd3;
        sub.cc.u64 %rd6, %rd0, %rd2; subc.cc.u64 %rd7, %rd1, %rd3;
        st.global.v2.u64 [%rd11], {%rd4, %rd5}; st.global.v2.u64 [%rd11+16], {%rd6, %rd7};
        ret;
    """
    rows = operands(300)
    out = np.zeros_like(rows)
    CompiledPtx(ptx_module(body, arrays=2)).launch(1, 300, rows.reshape(-1), out.reshape(-1))

    for row, got in zip(rows.tolist(), out.tolist(), strict=True):
        a, b = row[0] | row[1] << 64, row[2] | row[3] << 64
        assert got[0] | got[1] << 64 == (a + b) % (1 << 128)
        assert got[2] | got[3] << 64 == (a - b) % (1 << 128)


def test_registers_pack_and_unpack() -> None:
    body = """
        ld.param.u64 %rd10, [a0_4]; ld.global.u64 %rd0, [%rd10];
        mov.b64 {%r0, %r1}, %rd0; mov.b64 %rd1, {%r1, %r0}; st.global.u64 [%rd10+8], %rd1;
        mov.b32 {%rs0, %rs1}, %r0; mov.b32 %r2, {%rs1, %rs0}; st.global.u32 [%rd10+16], %r2;
        mov.b64 {_, %r3}, %rd0; st.global.u32 [%rd10+20], %r3; ret;
    """
    data = np.array([0x1122334455667788, 0, 0], np.uint64)
    CompiledPtx(ptx_module(body)).launch(1, 1, data)
    assert data.tolist() == [0x1122334455667788, 0x5566778811223344, 0x1122334477885566]


def test_negative_and_wide_immediates() -> None:
    rows = operands(50)
    found = results(
        [("add.s32", "32: 32: , -5"), ("mul.wide.u32", "64: 32: , -845247145"),
         ("and.b64", "64: 64: , 0xFFFFFFFF00000000"), ("setp.lt.s16", "1: 16: , -3")],
        rows,
    )  # fmt: skip
    first = [int(row[0]) for row in rows]
    low = [x % 2**32 for x in first]
    assert found[0].tolist() == [(x - 5) % 2**32 for x in low]
    assert found[1].tolist() == [x * (2**32 - 845247145) for x in low]
    assert found[2].tolist() == [x >> 32 << 32 for x in first]
    assert found[3].tolist() == [int(signed(x % 2**16, 16) < -3) for x in first]


#: Operations of doubles and what NumPy makes of them; then conversions from whole numbers.
ROUNDED = {
    "add.rn.f64": np.add,
    "sub.rn.f64": np.subtract,
    "mul.rn.f64": np.multiply,
}
FROM_WHOLE = {"u32": np.uint32, "s32": np.int32, "u64": np.uint64, "s64": np.int64}


def test_doubles_are_rounded_as_numpy_rounds_them() -> None:
    rng = np.random.default_rng(3)
    reals = (rng.random((300, 4)) - 0.5) * 10.0 ** rng.integers(-8, 8, (300, 4))
    reals[:4] = [[0.0, -0.0, 1.0, 1e300], [np.inf, -1.0, 1.0, 0.0], [1e-310] * 4, [0.1] * 4]
    rows = reals.view(np.uint64)
    cases = [(opcode, "64: 64 64") for opcode in ROUNDED]
    cases += [
        ("mov.f64", "64: 64"),
        ("add.rn.f64", "64: 64: , 0d3FF8000000000000"),
        ("cvt.rn.f32.f64", "32: 64"),
        ("mov.f32", "32: 32"),
    ]
    found = results(cases, rows)
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        wanted = [of(reals[:, 0], reals[:, 1]).view(np.uint64) for of in ROUNDED.values()]
        wanted += [rows[:, 0], (reals[:, 0] + 1.5).view(np.uint64)]
        wanted += [reals[:, 0].astype(np.float32).view(np.uint32)]
    wanted += [rows[:, 0] & np.uint64(2**32 - 1)]
    for (opcode, _), got, expected in zip(cases, found, wanted, strict=True):
        np.testing.assert_array_equal(got, expected, err_msg=opcode)


def test_whole_numbers_become_doubles() -> None:
    rows = operands(300)
    cases = [(f"cvt.rn.f64.{name}", f"64: {name[1:]}") for name in FROM_WHOLE]
    for got, dtype in zip(results(cases, rows), FROM_WHOLE.values(), strict=True):
        whole = np.ascontiguousarray(rows[:, 0]).astype(np.uint64).astype(dtype)
        assert got.tolist() == whole.astype(np.float64).view(np.uint64).tolist()


def test_products_and_sums_are_not_made_one() -> None:
    """A C compiler would multiply and add doubles in one instruction, and round once."""
    body = """
        ld.param.u64 %rd10, [a0_4];
        ld.global.f64 %rd0, [%rd10]; ld.global.f64 %rd1, [%rd10+8];
        mul.rn.f64 %rd2, %rd0, %rd0; sub.rn.f64 %rd2, %rd2, %rd1; st.global.f64 [%rd10], %rd2;
        cvt.rn.f32.f64 %r0, %rd0; st.global.f32 [%rd10+8], %r0; ret;
    """
    x = 1 + 2.0**-30
    data = np.array([x, x * x])
    CompiledPtx(ptx_module(body), level=3).launch(1, 1, data)
    assert data[0] == 0.0
    assert data.view(np.float32)[2] == np.float32(x)


def test_each_rule_of_the_table_has_a_case() -> None:
    elsewhere = ("lop3", "cvta", "membar", "(?P<op>add|sub)c", "(?P<op>add|sub)\\.cc")
    elsewhere += ("(?P<op>add|sub|mul)\\.rn", "cvt\\.rn", "mov\\.(?P<t>f32")

    for pattern, _, _ in RULES:
        if not pattern.startswith(elsewhere):
            assert any(re.fullmatch(pattern, opcode) for opcode, _, _ in CASES), pattern


@pytest.mark.parametrize(
    "line",
    [
        "add.f32 %r0, %r1, %r2;",
        "add.sat.s32 %r0, %r1, %r2;",
        "shfl.sync.idx.b32 %r0, %r1, %r2, 31, -1;",
        "call foo;",
        "setp.lt.b32 %p0, %r1, %r2;",
        "mov.u32 %r0, %clock;",
        "ld.global.f16 %r0, [%rd0];",
        "fma.rn.f64 %rd0, %rd1, %rd2, %rd3;",
        "mul.f64 %rd0, %rd1, %rd2;",
        "atom.global.add.f32 %r0, [%rd0], %r1;",
        "bar.sync 1;",
        "bar.arrive 0, 64;",
        "prmt.b32.f4e %r0, %r1, %r2, %r3;",
        "cvt.sat.u8.u32 %r0, %r1;",
        "addc.u32 %r0, %r1, %r2;",
        "vote.sync.any.pred %p0, %p1, -1;",
    ],
)
def test_unknown_instruction_is_refused_by_name_and_line(line: str) -> None:
    with pytest.raises(UnknownInstruction, match=re.escape(line.split()[0].rstrip(";"))) as caught:
        CompiledPtx(ptx_module(f"mov.u32 %r0, 1;\n{line}\nret;"))

    assert caught.value.line is not None


@pytest.mark.parametrize(
    "line",
    [
        "add.s32 %r0, %rd1, %r2;",
        "add.s32 %rd0, %r1, %r2;",
        "add.s32 %r0, %r1;",
        "add.s32 %r0, %r1, 0f3F800000;",
        "add.rn.f64 %rd0, %rd1, 5;",
        "add.s32 %r0, %missing, %r1;",
        "bra $nowhere;",
        "ld.param.u64 %rd0, [missing];",
        "ld.param.u64 %rd0, [a0_4+4];",
        "ld.global.v2.u32 {%r0, %r1, %r2, %r3}, [%rd0];",
        "ld.shared.u64 %r0, [%rd0];",
        "{ .reg .u32 %t; }",
    ],
)
def test_ill_formed_instruction_is_refused(line: str) -> None:
    with pytest.raises(InvalidPtx):
        CompiledPtx(ptx_module(f"{line}\nret;"))


def test_parser_keeps_places_and_blocks() -> None:
    body = "mov.u32 %r0, 1;\n$top: // again\nadd.s32 %r0, %r0, 1;\nsetp.lt.s32 %p0, %r0, 9;\n" \
           "@%p0 bra $top;\nbar.sync 0;\nret;"  # fmt: skip
    module = Module.parse(ptx_module(body))
    entry = module.entry()
    assert [len(block.instructions) for block in entry.blocks] == [1, 3, 1, 1]
    assert entry.blocks[1].labels == ["$top"]
    assert entry.has_barrier

    for one in entry.instructions:
        text = module.text[one.start : one.end]
        assert " ".join(text.rstrip(";").split()) == one.text
        assert module.text.split("\n")[one.line - 1].strip() == text
