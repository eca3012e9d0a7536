"""Kernels that Numba compiles and kernels in PTX, run on the CPU."""

from collections.abc import Callable

import numpy as np
import pytest
from sample_kernels import compile_ptx, ptx_module

from ptx_on_cpu import (
    BarrierFault,
    BuildFailed,
    CompiledPtx,
    InvalidArguments,
    MemoryFault,
    ToolMissing,
    TrapFault,
    WarpCounts,
    build,
)

pytest.importorskip("numba_cuda")

from numba import cuda, types

U32, U64 = np.uint32, np.uint64
Launch = Callable[..., WarpCounts | None]

# A thread's address in the first array: %rd1.
OWN = """
    ld.param.u64 %rd0, [a0_4]; mov.u32 %r0, %ctaid.x; mov.u32 %r1, %ntid.x; mov.u32 %r2, %tid.x;
    mad.lo.s32 %r3, %r0, %r1, %r2; mul.wide.u32 %rd1, %r3, 4; add.s64 %rd1, %rd0, %rd1;
"""


def both(kernel: CompiledPtx) -> list[Launch]:
    """The kernel's two ways to run."""
    return [kernel.launch, kernel.launch_counting]


def mixed(keys, rows, scale, flag, out):  # type: ignore[no-untyped-def]
    """Tuples, two dimensions, scalars of several widths, a local and a constant array."""
    i = cuda.grid(1)
    if i >= rows.shape[0]:
        return
    table = cuda.const.array_like(TABLE)
    local = cuda.local.array(4, U32)
    for j in range(4):
        local[j] = U32(rows[i, j] * keys[j])
    pick = local[rows[i, 0] & U32(3)]
    out[i] = U64(pick) * U64(scale) + U64(table[i % 5])
    if flag:
        out[i] = ~out[i]


TABLE = np.array([3, 1, 4, 1, 5], np.uint8)


@pytest.fixture(scope="module")
def mixed_kernel() -> CompiledPtx:
    """``mixed``, with tested memory accesses."""
    ptx = compile_ptx(
        mixed,
        types.UniTuple(types.uint32, 4),
        types.uint32[:, ::1],
        types.uint16,
        types.boolean,
        types.uint64[::1],
    )
    return CompiledPtx(ptx, checked=True)


@pytest.mark.parametrize("workers", [1, 2])
def test_arguments_of_every_kind(mixed_kernel: CompiledPtx, workers: int) -> None:
    rng = np.random.default_rng(3)
    rows = rng.integers(0, 2**32, (100, 4), U32)
    keys = (5, U32(7), 2**32 - 1, 11)
    local = (rows * np.array(keys, U64)).astype(U32)
    picked = local[np.arange(100), rows[:, 0] & 3].astype(U64)
    wanted = picked * U64(60000) + TABLE[np.arange(100) % 5]

    for launch in both(mixed_kernel):
        for flag in (False, True):
            out = np.zeros(100, U64)
            launch(4, 32, keys, rows, np.uint16(60000), flag, out, workers=workers)
            np.testing.assert_array_equal(out, ~wanted if flag else wanted)


def test_arguments_that_do_not_fit_are_refused(mixed_kernel: CompiledPtx) -> None:
    rows, out = np.zeros((8, 4), U32), np.zeros(8, U64)

    for wrong in (
        ((1, 2, 3), rows, 1, True, out),
        ((1, 2, 3, 4), rows, 1 << 16, True, out),
        ((1, 2, 3, 4), rows, 1.5, True, out),
        ((1, 2, 3, 4), rows[:, ::2], 1, True, out),
        ((1, 2, 3, 4), rows.reshape(-1), 1, True, out),
    ):
        with pytest.raises(InvalidArguments):
            mixed_kernel.launch(1, 8, *wrong)

    with pytest.raises(InvalidArguments):
        mixed_kernel.launch(1, 2000, (1, 2, 3, 4), rows, 1, True, out)


def reverse_in_block(data):  # type: ignore[no-untyped-def]
    """Threads read what other warps wrote before the barrier."""
    shared = cuda.shared.array(128, U32)
    t = cuda.threadIdx.x
    at = cuda.blockIdx.x * cuda.blockDim.x
    shared[t] = data[at + t]
    cuda.syncthreads()
    data[at + t] = shared[cuda.blockDim.x - 1 - t]


@pytest.mark.parametrize("threads", [1, 32, 100, 128])
def test_barrier_shows_all_warps_what_others_wrote(threads: int) -> None:
    kernel = CompiledPtx(compile_ptx(reverse_in_block, types.uint32[::1]), checked=True)

    for launch in both(kernel):
        data = np.arange(3 * threads, dtype=U32)
        launch(3, threads, data, workers=2)
        wanted = np.arange(3 * threads).reshape(3, threads)[:, ::-1].reshape(-1)
        np.testing.assert_array_equal(data, wanted)


def test_barrier_that_some_threads_miss_is_a_fault() -> None:
    kernel = CompiledPtx(ptx_module(
        f"{OWN} setp.lt.u32 %p0, %r2, 40; @!%p0 bra $out; bar.sync 0; $out: ret;"
    ))  # fmt: skip

    with pytest.raises(BarrierFault):
        kernel.launch(1, 64, np.zeros(64, U32))

    kernel.launch(1, 40, np.zeros(64, U32))


def histogram(data, total, bins):  # type: ignore[no-untyped-def]
    """Atomics in global memory, signed and unsigned."""
    i = cuda.grid(1)
    if i < data.shape[0]:
        cuda.atomic.add(total, 0, U64(data[i]))
        cuda.atomic.max(total, 1, U64(data[i]))
        cuda.atomic.add(bins, data[i] & U32(7), 1)


def test_atomics_of_many_blocks_add_up() -> None:
    kernel = CompiledPtx(
        compile_ptx(histogram, types.uint32[::1], types.uint64[::1], types.int32[::1])
    )
    data = np.random.default_rng(5).integers(0, 2**32, 20_000, U32)

    for launch in both(kernel):
        total, bins = np.zeros(2, U64), np.zeros(8, np.int32)
        launch(200, 100, data, total, bins, workers=2)
        assert total.tolist() == [int(data.sum(dtype=U64)), int(data.max())]
        np.testing.assert_array_equal(bins, np.bincount(data & 7, minlength=8))


ATOMICS = [
    ("add", "u32", 5, 8, 13),
    ("add", "u32", 2**32 - 1, 2, 1),
    ("and", "b32", 12, 10, 8),
    ("or", "b32", 12, 10, 14),
    ("xor", "b32", 12, 10, 6),
    ("exch", "b32", 12, 10, 10),
    ("min", "s32", 2**32 - 1, 3, 2**32 - 1),
    ("min", "u32", 2**32 - 1, 3, 3),
    ("max", "s32", 2**32 - 1, 3, 3),
    ("max", "u32", 2**32 - 1, 3, 2**32 - 1),
    ("inc", "u32", 3, 3, 0),
    ("inc", "u32", 2, 3, 3),
    ("dec", "u32", 0, 3, 3),
    ("dec", "u32", 2, 3, 1),
]


@pytest.mark.parametrize("space", ["", ".global", ".shared"])
def test_each_atomic(space: str) -> None:
    body = [OWN]

    for i, (op, kind, before, operand, _) in enumerate(ATOMICS):
        place = f"[%rd1+{8 * i}]"

        if space == ".shared":
            body.append(f"mov.u32 %r4, {before}; st.shared.u32 [cells+{4 * i}], %r4;")
            place = f"[cells+{4 * i}]"

        body.append(f"atom{space}.{op}.{kind} %r5, {place}, {operand};")
        body.append(f"ld{space}.u32 %r6, {place};")
        body.append(f"st.global.v2.u32 [%rd1+{8 * i}], {{%r6, %r5}};")

    symbols = ".shared .align 4 .b8 cells[64];"
    data = np.zeros((len(ATOMICS), 2), U32)
    data[:, 0] = [one[2] for one in ATOMICS]
    kernel = CompiledPtx(ptx_module("\n".join([*body, "ret;"]), symbols=symbols), checked=True)
    kernel.launch(1, 1, data.reshape(-1))
    assert data[:, 0].tolist() == [one[4] for one in ATOMICS]
    assert data[:, 1].tolist() == [one[2] for one in ATOMICS]


def test_compare_and_swap() -> None:
    body = f"""{OWN} atom.global.cas.b32 %r4, [%rd1], 7, 9; red.global.add.u32 [%rd1+4], %r4;
        ret;"""
    data = np.array([7, 1], U32)
    kernel = CompiledPtx(ptx_module(body))
    kernel.launch(1, 1, data)
    assert data.tolist() == [9, 8]
    kernel.launch(1, 1, data)
    assert data.tolist() == [9, 17]


def test_shared_memory_is_not_zero_at_the_start_of_a_block() -> None:
    body = f"""{OWN} ld.shared.u32 %r4, [cell]; st.global.u32 [%rd1], %r4;
        st.shared.u32 [cell], %r0; ret;"""
    kernel = CompiledPtx(ptx_module(body, symbols=".shared .align 4 .b8 cell[4];"))

    for launch in both(kernel):
        data = np.zeros(3, U32)
        launch(3, 1, data)
        assert data.tolist() == [0xA5A5A5A5] * 3


def test_dynamic_shared_memory_follows_static() -> None:
    body = f"""{OWN} mov.u32 %r4, more; st.global.u32 [%rd1], %r4;
        mov.u32 %r5, %dynamic_smem_size; st.global.u32 [%rd1+4], %r5;
        st.shared.u32 [more+12], %r5; ret;"""
    symbols = ".shared .align 4 .b8 cell[20];\n.extern .shared .align 8 .b8 more[];"
    kernel = CompiledPtx(ptx_module(body, symbols=symbols), checked=True)
    data = np.zeros(2, U32)
    kernel.launch(1, 1, data, dynamic_shared=16)
    assert data.tolist() == [32, 16]

    with pytest.raises(MemoryFault):
        kernel.launch(1, 1, data, dynamic_shared=8)


def test_generic_addresses_reach_every_memory() -> None:
    body = f""".local .align 8 .b8 own[16];
        {OWN} mov.u64 %rd2, cell; cvta.shared.u64 %rd2, %rd2; mov.u64 %rd3, own;
        cvta.local.u64 %rd3, %rd3; cvta.global.u64 %rd4, %rd0; mov.u64 %rd5, six;
        ld.u32 %r4, [%rd5]; st.u32 [%rd2+4], %r4; ld.shared.u32 %r5, [cell+4];
        st.u32 [%rd3+12], %r5; ld.local.u32 %r6, [own+12]; st.u32 [%rd4], %r6;
        cvta.to.local.u64 %rd3, %rd3; cvta.to.shared.u64 %rd2, %rd2;
        add.s64 %rd6, %rd2, %rd3; st.u64 [%rd4+8], %rd6; ret;"""
    symbols = ".shared .align 8 .b8 cell[8];\n.global .align 4 .u32 six = {6};"
    kernel = CompiledPtx(ptx_module(body, symbols=symbols), checked=True)

    for launch in both(kernel):
        data = np.array([1, 1, 1, 1], U32)
        launch(1, 1, data)
        assert data.tolist() == [6, 1, 0, 0]


@pytest.mark.parametrize(
    "line",
    [
        "st.global.u32 [%rd0+16], %r2;",
        "st.global.u32 [%rd0+-4], %r2;",
        "ld.global.u64 %rd3, [%rd0+12];",
        "ld.global.u32 %r4, [%rd0+2];",
        "ld.global.v2.u32 {%r4, %r5}, [%rd0+4];",
        "ld.u32 %r4, [%rd0+16];",
        "ld.global.u32 %r4, [24];",
        "ld.shared.u32 %r4, [cell+8];",
        "st.shared.u32 [cell+-4], %r2;",
        "ld.local.u32 %r4, [own+16];",
        "atom.global.add.u32 %r4, [%rd0+16], 1;",
        "red.shared.add.u32 [cell+2], 1;",
    ],
)
def test_wild_access_is_a_fault_that_names_the_instruction(line: str) -> None:
    body = f".local .align 8 .b8 own[16];\n{OWN}\n{line}\nret;"
    symbols = ".shared .align 8 .b8 cell[8];"
    kernel = CompiledPtx(ptx_module(body, symbols=symbols), checked=True, level=0)

    for launch in both(kernel):
        with pytest.raises(MemoryFault) as caught:
            # An array at a multiple of 16, with room on both sides.
            launch(1, 1, np.zeros(64, U32)[-np.zeros(64, U32).ctypes.data // 4 % 4 :][16:20])

        assert line.rstrip(";") in str(caught.value)


def test_store_to_read_only_memory_is_a_fault() -> None:
    data = np.zeros(4, U32)
    data.flags.writeable = False

    with pytest.raises(MemoryFault):
        CompiledPtx(ptx_module(f"{OWN} st.global.u32 [%rd1], %r2; ret;"), checked=True).launch(
            1, 1, data
        )


def test_trap_is_a_fault() -> None:
    with pytest.raises(TrapFault):
        CompiledPtx(ptx_module("trap;")).launch(1, 1, np.zeros(4, U32))


def trips(bounds, out):  # type: ignore[no-untyped-def]
    """A loop of as many rounds as each lane is told, with an if and else in it."""
    i = cuda.grid(1)
    value = U32(i)
    for j in range(bounds[i]):
        if value & U32(1):
            value = U32(value * U32(3) + U32(1)) ^ bounds[value & U32(31)]
        else:
            value = U32(value >> U32(1)) + bounds[j & U32(31)]
    out[i] = value


def test_loop_costs_the_longest_lane_and_branches_cost_both_sides() -> None:
    body = f"""{OWN} mov.u32 %r4, 0; ld.global.u32 %r5, [%rd1];
        $loop: setp.ge.u32 %p0, %r4, %r5; @%p0 bra $done;
        and.b32 %r6, %r2, 1; setp.eq.u32 %p1, %r6, 0; @%p1 bra $even;
        add.s32 %r7, %r7, 1; bra.uni $next;
        $even: add.s32 %r7, %r7, 2;
        $next: add.s32 %r4, %r4, 1; bra.uni $loop;
        $done: ret;"""
    bounds = np.arange(64, dtype=U32) % 20
    bounds[40] = 25
    counts = CompiledPtx(ptx_module(body)).launch_counting(2, 32, bounds)
    longest = [int(bounds[:32].max()), int(bounds[32:].max())]
    odd = [max(bounds[at + 1 : at + 32 : 2]) for at in (0, 32)]
    even = [max(bounds[at : at + 32 : 2]) for at in (0, 32)]
    rounds = int(bounds.sum())
    assert counts.executions.tolist() == [
        2, sum(longest) + 2, sum(longest), sum(odd), sum(even), sum(longest), 2,
    ]  # fmt: skip
    assert counts.lanes.tolist() == [
        64, rounds + 64, rounds, int(bounds[1::2].sum()), int(bounds[::2].sum()), rounds, 64,
    ]  # fmt: skip
    assert counts.warps == 2
    assert 0 < counts.efficiency < 1


def test_warps_give_the_results_of_threads() -> None:
    kernel = CompiledPtx(compile_ptx(trips, types.uint32[::1], types.uint32[::1]))
    bounds = np.random.default_rng(1).integers(0, 40, 200, U32)
    one, other = np.zeros(200, U32), np.zeros(200, U32)
    kernel.launch(2, 100, bounds, one)
    counts = kernel.launch_counting(2, 100, bounds, other)
    again = kernel.launch_counting(2, 100, bounds, other, workers=2)
    np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(counts.executions, again.executions)
    assert counts.warps == 8
    assert int(counts.lanes[0]) == 200


def test_missing_compiler_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CC", raising=False)

    with pytest.raises(ToolMissing, match="C compiler"):
        build.load("int never_compiled_before;")


def test_refused_program_is_told() -> None:
    with pytest.raises(BuildFailed, match="error"):
        build.load("this is not C")
