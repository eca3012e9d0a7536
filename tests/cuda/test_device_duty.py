"""Who works, and where: both thresholds of a strategy, at their edges."""

from itertools import product

import numpy as np
import pytest
from injected import LANES, SLOTS, U32, Given, around, bits_of, masks_of, run, substituted
from numba import cuda, types
from sample_kernels import compile_ptx

from bucket_brigade_cuda.kernels import duty as module
from bucket_brigade_cuda.kernels.shape import Shape
from bucket_brigade_cuda.kernels.tables import ROW, rows_of
from bucket_brigade_cuda.kernels.words import u32, u64
from ptx_on_cpu import CompiledPtx

WORDS = types.uint32[::1]
AGENT = 5
SLOT = 0x080 + AGENT

#: Of working, and of working at home, which is never above it.
THRESHOLDS = [
    (0, 0),
    (1, 0),
    (1, 1),
    (16, 1),
    (2**31, 2**31 - 1),
    (2**31 + 1, 2**28),
    (0x051EB852, 0x049BA5E3),
    (2**32 - 1, 0),
    (2**32 - 1, 2**32 - 1),
    (2**32, 0),
    (2**32, 0x80000000),
    (2**32, 2**32 - 1),
    (2**32, 2**32),
]


def compiled_duty(width: int) -> CompiledPtx:
    """A kernel of one duty a thread."""
    duty = module.make_duty(Shape(10, 10, width))

    def kernel(keys, pool, seats, casts, active, burns, works, stays):  # type: ignore[no-untyped-def]
        t = u32(cuda.blockIdx.x)
        works[t], stays[t] = duty(
            keys,
            u32(t * u32(SLOTS)),
            u32(0),
            u32(AGENT),
            pool,
            seats,
            u32(t * u32(width)),
            casts,
            u64(t),
            u64(cuda.gridDim.x),
            active[t],
            burns[t],
        )

    signature = (types.uint32[:, ::1], types.uint64[::1], *[WORDS] * 6)
    return CompiledPtx(compile_ptx(kernel, *signature), checked=True)


@pytest.mark.parametrize("width", [1, 2, 4])
def test_lanes_work_and_stay_by_the_thresholds_of_their_strategies(width: int) -> None:
    with substituted(module):
        kernel = compiled_duty(width)
    thresholds = np.array(THRESHOLDS, dtype=np.uint64)
    edges = around({t for pair in THRESHOLDS for t in pair})
    rng = np.random.default_rng(width)
    threads = 400
    given = Given(threads, SLOT, 1, 3)
    near = rng.choice(np.array(edges, dtype=np.uint64), (threads, LANES))
    given.uniforms[:, 0] = np.where(rng.random(near.shape) < 0.8, near, given.uniforms[:, 0])

    # A seat of each thread; and which of its strategies each lane plays, as a thermometer.
    pairs = list(product(range(len(THRESHOLDS)), repeat=min(width, 2)))
    strategies = rng.integers(0, len(THRESHOLDS), (threads, width))
    for t, pair in enumerate(pairs[:threads]):
        strategies[t, : len(pair)] = pair
    played = rng.integers(0, width, (threads, LANES))
    casts = np.array([masks_of(played > s) for s in range(max(1, width - 1))], dtype=U32)
    pool = np.ascontiguousarray(rows_of(thresholds)).view(np.uint64).reshape(-1)
    seats = (strategies * ROW).astype(U32).reshape(-1)
    active = rng.integers(0, 2**32, threads, U32)
    burns = active & rng.integers(0, 2**32, threads, U32)

    works, stays = np.empty(threads, U32), np.empty(threads, U32)
    run(kernel, threads, given.keys, pool, seats, casts.reshape(-1), active, burns, works, stays)
    own = thresholds[np.take_along_axis(strategies, played, axis=1)]
    below = given.uniforms[:, 0, :, None] < own
    assert np.array_equal(bits_of(works), bits_of(active) & below[..., 0])
    assert np.array_equal(bits_of(stays), bits_of(burns) & below[..., 1])
