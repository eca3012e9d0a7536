"""Mutants of a kernel, and the score of a check."""

from ctypes import CDLL

import numpy as np
import pytest
from sample_kernels import ptx_module

from ptx_on_cpu import BuildFailed, CompiledPtx, Module, execute
from ptx_on_cpu.build import load
from ptx_on_cpu.mutate import every_mutant, mutants
from ptx_on_cpu.score import score

BODY = """
    ld.param.u64 %rd0, [a0_4]; ld.param.u64 %rd10, [a0_5];
    mov.u32 %r0, %tid.x; mul.wide.u32 %rd1, %r0, 4; add.s64 %rd1, %rd0, %rd1;
    ld.global.u32 %r1, [%rd1]; mov.u32 %r2, 0;
    $loop: xor.b32 %r1, %r1, 77; shl.b32 %r3, %r1, 3; lop3.b32 %r1, %r1, %r3, %r2, 120;
    add.s32 %r2, %r2, 1; setp.lt.u32 %p0, %r2, 5; @%p0 bra $loop;
    setp.gt.s32 %p1, %r1, 100; selp.b32 %r4, %r1, %r2, %p1; add.s32 %r5, %r4, %r3;
    st.global.u32 [%rd1], %r5; ret;
"""
TEXT = ptx_module(BODY)
DATA = np.random.default_rng(2).integers(0, 2**32, 50, np.uint32)


def run(kernel: CompiledPtx) -> list[int]:
    """Results of a kernel."""
    data = DATA.copy()
    kernel.launch(1, 50, data)
    return [int(one) for one in data]


def test_every_mutant_differs_in_one_instruction() -> None:
    original = [one.text for one in Module.parse(TEXT).entry().instructions]
    found = every_mutant(TEXT)
    assert len({one.ptx for one in found}) == len(found) > 40
    assert {one.kind for one in found} >= {
        "logic", "shift", "comparison", "choice", "guard", "number", "address", "removed",
    }  # fmt: skip

    for mutant in found:
        changed = [one.text for one in Module.parse(mutant.ptx).entry().instructions]

        if mutant.description.endswith("nothing"):
            assert len(changed) == len(original) - 1
        else:
            assert sum(a != b for a, b in zip(changed, original, strict=True)) == 1


def test_sample_follows_the_seed() -> None:
    assert mutants(TEXT, 10, 1) == mutants(TEXT, 10, 1)
    assert mutants(TEXT, 10, 1) != mutants(TEXT, 10, 2)
    assert len(mutants(TEXT, 10_000, 1)) > 40


def test_score_tells_killed_from_survived() -> None:
    wanted = run(CompiledPtx(TEXT))
    verdicts = score(
        TEXT, mutants(TEXT, 12, 4), lambda kernel: run(kernel) == wanted, 0.5, workers=2, level=0
    )
    killed = [one for one in verdicts if one.outcome == "killed"]
    assert len(verdicts) == 12
    assert len(killed) >= 8


def test_endless_and_wild_mutants_are_killed() -> None:
    chosen = [
        one
        for one in every_mutant(TEXT)
        if one.description.endswith(("add.s32 %r2, %r2, 0", "sub.s64 %rd1, %rd0, %rd1"))
    ]
    wanted = run(CompiledPtx(TEXT))
    verdicts = score(TEXT, chosen, lambda kernel: run(kernel) == wanted, 0.3, workers=2, level=0)
    assert sorted(one.reason for one in verdicts) == ["exception", "timeout"]


def test_mutants_that_do_not_compile_are_not_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(source: str, level: int) -> CDLL:
        if level == 0:
            raise BuildFailed("not at this level")
        return load(source, level)

    monkeypatch.setattr(execute, "load", refuse)
    verdicts = score(TEXT, mutants(TEXT, 3, 1), lambda kernel: bool(run(kernel)), 0.5, level=0)
    assert [one.outcome for one in verdicts] == ["refused"] * 3


def test_check_without_power_lets_mutants_survive() -> None:
    verdicts = score(TEXT, mutants(TEXT, 3, 1), lambda kernel: True, 0.5, level=0)
    assert all(one.outcome in ("survived", "equivalent") for one in verdicts)


def test_check_that_fails_on_the_original_is_refused() -> None:
    with pytest.raises(AssertionError, match="not mutated"):
        score(TEXT, [], lambda kernel: False, 0.5)
