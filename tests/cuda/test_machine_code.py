"""What the assembler makes of the kernels: nothing in local memory, and registers to spare."""

import pytest
from shapes import DEFAULT, ENVIRONMENTS, FIREFIGHTERS, LARGEST, SHAPES, SINGLES

from bucket_brigade_cuda.kernels.shape import ENVIRONMENT, LANE_THREADS, SHARED_BYTES, Shape
from ptx_on_cpu.report import KERNELS, assembled

#: Some seconds of the assembler for each, which `make test-all` takes.
OTHERS = [shape for shape in (*SHAPES, *FIREFIGHTERS) if shape not in (DEFAULT, LARGEST)]

#: With 64 threads a CUDA block, 168 registers let 6 blocks live on a multiprocessor; widths of up
#: to four keep to 128, which lets 8 do so.
MOST_REGISTERS, MOST_OF_NARROW = 168, 128


@pytest.mark.parametrize(
    ("shape", "capability"),
    [
        (DEFAULT, (9, 0)),
        (LARGEST, (9, 0)),
        *(pytest.param(shape, (9, 0), marks=pytest.mark.slow) for shape in OTHERS),
        pytest.param(DEFAULT, (8, 0), marks=pytest.mark.slow),
    ],
    ids=str,
)
@pytest.mark.usefixtures("compiled")
def test_no_kernel_spills(shape: Shape, capability: tuple[int, int]) -> None:
    for name in KERNELS:
        if name == "cast" and shape.width == 1:
            continue
        used = assembled(name, shape, capability).resources
        assert (used.stack_bytes, used.spill_stores, used.spill_loads) == (0, 0, 0), name
        most = MOST_OF_NARROW if shape.width <= 4 else MOST_REGISTERS
        assert used.registers <= most, name
        assert used.shared_bytes <= SHARED_BYTES, name


@pytest.mark.parametrize("shape", ENVIRONMENTS, ids=str)
@pytest.mark.usefixtures("compiled")
def test_no_kernel_of_environments_spills(shape: Shape) -> None:
    for name in ENVIRONMENT:
        used = assembled(name, shape, (9, 0)).resources
        assert (used.stack_bytes, used.spill_stores, used.spill_loads) == (0, 0, 0), name
        # Of 65,536 registers: six CUDA blocks live on a multiprocessor, three with sixteen agents.
        blocks = 6 if shape.agents <= 4 else 3
        assert used.registers * LANE_THREADS * blocks <= 1 << 16, name


@pytest.mark.slow
@pytest.mark.parametrize(("name", "shape"), list(zip(("night", "play"), SINGLES, strict=True)))
@pytest.mark.usefixtures("compiled")
def test_no_kernel_of_any_policies_spills(name: str, shape: Shape) -> None:
    used = assembled(name, shape, (9, 0)).resources
    # Local memory has numbers by house and by agent, which are looked up, and nothing else.
    assert (used.spill_stores, used.spill_loads, used.shared_bytes) == (0, 0, 0)
    assert used.registers <= MOST_OF_NARROW
