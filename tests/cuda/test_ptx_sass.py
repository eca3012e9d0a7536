"""SASS of a kernel, and the PTX blocks that it comes from."""

import numpy as np
import pytest
from sample_kernels import compile_ptx, ptx_module

from ptx_on_cpu import (
    BuildFailed,
    CompiledPtx,
    Module,
    ToolMissing,
    attribution,
    opcodes,
    sass,
    tools,
)

pytest.importorskip("numba_cuda")

from numba import cuda, types

U32 = np.uint32


def needs_tools() -> None:
    """Skips a test where NVIDIA's assembler is missing."""
    try:
        tools.find_tool("ptxas")
        tools.find_tool("nvdisasm")
    except ToolMissing as error:
        pytest.skip(str(error))


def rounds(keys, out, n):  # type: ignore[no-untyped-def]
    """A loop of multiplications, and one store."""
    shared = cuda.shared.array(64, U32)
    i = cuda.threadIdx.x
    a = np.uint64(out[i])
    for j in range(n):
        a = np.uint64(U32(a)) * np.uint64(0xD2511F53) ^ np.uint64(keys[j & 3])
    shared[i] = U32(cuda.popc(U32(a)))
    cuda.syncthreads()
    out[i] = shared[63 - i] ^ U32(a >> np.uint64(32))


@pytest.fixture(scope="module")
def text() -> str:
    """PTX of ``rounds``."""
    needs_tools()
    return compile_ptx(rounds, types.uint32[::1], types.uint32[::1], types.int32)


def test_assembly_reports_resources(text: str) -> None:
    name = Module.parse(text).entry().name
    code = sass.assemble(text, "sm_90", name)
    assert 0 < code.resources.registers < 100
    assert code.resources.shared_bytes == 256
    assert code.resources.barriers == 1
    assert code.resources.spill_stores == 0
    assert code.classes["wide multiply"] > 0
    assert code.classes["popc"] == 1
    assert code.opcodes.total() == len(code.instructions)
    assert code.instructions[-1].opcode == "EXIT" or code.opcodes["EXIT"] > 0


def test_attribution_adds_up_to_the_code(text: str) -> None:
    found = attribution.attribute(text, "sm_90")
    assert sum(one.total() for one in found.blocks) == len(found.counted.instructions)
    assert sum(one.total() for one in found.places) == len(found.counted.instructions)
    assert found.same_code
    assert len(found.blocks) == len(Module.parse(text).entry().blocks)


def test_warp_instructions_grow_with_the_rounds(text: str) -> None:
    kernel = CompiledPtx(text)
    totals = []

    for n in (100, 200, 300):
        keys, out = np.arange(4, dtype=U32), np.ones(64, U32)
        counts = kernel.launch_counting(1, 64, keys, out, n)
        found = attribution.warp_instructions(text, counts, "sm_90")
        assert found.total == sum(found.classes.values())
        totals.append((found.total, found.classes["wide multiply"]))

    assert totals[1][1] > totals[0][1]
    assert totals[2][0] - totals[1][0] == totals[1][0] - totals[0][0] > 0


def test_unrolling_is_kept_out_of_the_counted_code() -> None:
    needs_tools()
    body = """ld.param.u64 %rd0, [a0_4]; ld.param.u32 %r0, [n]; mov.u32 %r1, 0;
        $loop: mul.lo.s32 %r2, %r2, %r0; xor.b32 %r2, %r2, %r1; add.s32 %r1, %r1, 1;
        setp.lt.s32 %p0, %r1, 8; @%p0 bra $loop;
        st.global.u32 [%rd0], %r2; ret;"""
    found = attribution.attribute(ptx_module(body, scalars="n"), "sm_90")
    assert found.unrolled > 0
    assert found.blocks[1].total() < 10


def test_arch_older_than_the_target_is_refused(text: str) -> None:
    with pytest.raises(BuildFailed, match="ptxas"):
        sass.assemble(text, "sm_80", Module.parse(text).entry().name)


def test_missing_tool_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(tools, "wheel_roots", lambda: ())
    tools.find_tool.cache_clear()

    with pytest.raises(ToolMissing, match=r"\./gpu/ptx_on_cpu"):
        tools.find_tool("ptxas")

    tools.find_tool.cache_clear()


def test_opcode_classes() -> None:
    wanted = {
        "IMAD.WIDE.U32": "wide multiply",
        "IMAD.MOV.U32": "other IMAD",
        "LOP3.LUT": "integer",
        "POPC": "popc",
        "UIADD3": "uniform",
        "ULDC.64": "constant",
        "LDS.64": "shared",
        "STG.E": "global",
        "LDL": "local",
        "BRA": "control",
        "DADD": "double",
        "I2F.F64.U32": "double",
        "F2F.F32.F64": "double",
        "I2F.U32.RP": "other",
        "S2R": "other",
    }
    assert {opcode: opcodes.class_of(opcode) for opcode in wanted} == wanted
    assert set(wanted.values()) == set(opcodes.CLASSES)
