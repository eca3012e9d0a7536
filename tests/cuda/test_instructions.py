"""Kernels that measure single instructions: what they become, and what is made of their clocks."""

from collections import Counter

import numpy as np
import pytest
from fake_cupy import FakeCuda, installed

from bucket_brigade_cuda.backend import CudaBackend
from bucket_brigade_cuda.check.instructions import (
    BENCHES,
    CHAINS,
    ENTRY,
    REPEATS,
    ROUNDS,
    THREADS,
    Bench,
    bench_ptx,
    measure_instructions,
)
from bucket_brigade_cuda.check.measurements import measure_parts
from ptx_on_cpu import ToolMissing
from ptx_on_cpu.gpus import LANES
from ptx_on_cpu.sass import assemble


def between_clocks(bench: Bench, arch: str) -> Counter[str]:
    """Opcodes of the machine code between the two times that the clock is read."""
    try:
        code = assemble(bench_ptx(bench), arch, ENTRY).instructions
    except ToolMissing as error:
        pytest.skip(str(error))
    reads = [at for at, one in enumerate(code) if "CLOCK" in one.operands]
    assert len(reads) == 2
    return Counter(one.opcode for one in code[reads[0] + 1 : reads[1]])


@pytest.mark.parametrize("bench", BENCHES, ids=lambda bench: bench.name)
def test_machine_code_is_what_is_to_be_measured(bench: Bench) -> None:
    found = between_clocks(bench, "sm_90")
    meant = {one: n for one, n in found.items() if one.startswith(bench.opcodes)}
    assert sum(meant.values()) >= CHAINS * REPEATS * bench.per_step
    # The loop itself, and no more: a percent or two.
    assert found.total() - CHAINS * REPEATS * bench.per_step <= 8
    assert all(any(one.startswith(opcode) for one in meant) for opcode in bench.opcodes)


def test_the_classes_of_the_model_are_measured() -> None:
    assert {bench.unit for bench in BENCHES if bench.unit} == set(LANES) - {"global", "local"}
    assert len({bench.name for bench in BENCHES}) == len(BENCHES)


def test_lanes_are_made_of_clocks() -> None:
    with installed(FakeCuda()) as cuda:
        # Every multiprocessor takes a clock for each warp and step, and one takes twice as long.
        cuda.clocks = lambda threads: np.array([1, 2]) * (ROUNDS * REPEATS * CHAINS * threads // 32)
        (device,) = CudaBackend().devices()
        found = measure_instructions(device)  # type: ignore[arg-type]
        rows = {row["name"]: row for row in found}
        assert list(rows) == [bench.name for bench in BENCHES]
        lanes = {str(threads // 32): round(32 / 1.5, 2) for threads in THREADS}
        assert rows["logic"] == {"name": "logic", "class": "integer", "lanes": lanes}
        twice = rows["wide multiply, logic"]
        assert twice["class"] is None
        assert twice["lanes"]["32"] == round(2 * 32 / 1.5, 2)
        assert {launch[1:] for launch in cuda.launches} == {(ENTRY, 2, each) for each in THREADS}


def test_an_instruction_that_can_not_be_measured() -> None:
    with installed(FakeCuda()) as cuda:
        cuda.failures["load"] = RuntimeError("CUDA_ERROR_INVALID_PTX")
        told: list[object] = []
        measure_parts(CudaBackend(), ["instructions"], 1.0, told.append)
    (found,) = told
    assert isinstance(found, dict)
    assert len(found["instructions"]) == len(BENCHES)
    assert found["instructions"][0]["error"] == "RuntimeError: CUDA_ERROR_INVALID_PTX"
