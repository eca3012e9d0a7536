"""Which houses catch fire: 0, 1 or 2 surviving fires next door, each with its threshold."""

import numpy as np
import pytest
from injected import LANES, SLOTS, U32, Given, around, bits_of, masks_of, run, substituted
from numba import cuda, types
from sample_kernels import compile_ptx

from bucket_brigade_cuda.kernels import catch as module
from bucket_brigade_cuda.kernels.shape import Shape
from bucket_brigade_cuda.kernels.tables import ladder_of
from bucket_brigade_cuda.kernels.words import u32
from ptx_on_cpu import CompiledPtx

WORDS = types.uint32[::1]
PLANES = types.uint32[:, ::1]

LADDERS = [
    [0x051EB852, 0x43D70A3D, 0x72E147AE],
    [0, 1, 2],
    [0, 0, 2**32],
    [0, 2**32 - 1, 2**32],
    [2**31] * 3,
    [2**28, 2**24, 2**20],
    [2**32] * 3,
    [2**32 - 1, 2**32, 2**32],
]


def compiled_catch(houses: int) -> CompiledPtx:
    """A kernel of one turn of catching fire a thread."""
    catch = module.make_catch(Shape(houses, 1, 1))

    def kernel(keys, rows, active, fire, over, caught, pending, told):  # type: ignore[no-untyped-def]
        t = u32(cuda.blockIdx.x)
        told[t, 0], told[t, 1], told[t, 2], told[t, 3] = catch(
            keys,
            u32(t * u32(SLOTS)),
            u32(0),
            rows,
            active[t],
            fire,
            over,
            caught,
            pending,
            t,
        )

    return CompiledPtx(compile_ptx(kernel, PLANES, PLANES, WORDS, *[PLANES] * 5), checked=True)


@pytest.mark.parametrize("houses", [2, 32])
def test_houses_catch_fire_by_the_threshold_of_their_neighbours(houses: int) -> None:
    with substituted(module):
        kernel = compiled_catch(houses)
    threads = 80
    for number, listed in enumerate(LADDERS):
        ladder = np.array(listed, dtype=np.uint64)
        rng = np.random.default_rng(number)
        given = Given(threads, 0, houses, number)
        # Of some threads nearly all are close to a threshold, so that some come back often.
        near = rng.choice(np.array(around(listed), np.uint64), (threads, houses, LANES))
        edge = rng.random(near.shape) < rng.random((threads, 1, 1))
        given.uniforms = np.where(edge, near, given.uniforms)

        # Surviving fires, fires put out, ruins, and safe houses.
        state = rng.choice(4, (threads, houses, LANES), p=[0.35, 0.15, 0.15, 0.35])
        active = rng.integers(0, 2**32, threads, U32)
        lanes = bits_of(active).astype(bool)[:, None]
        fire, over = (np.isin(state, pair) & lanes for pair in ([0, 1], [1, 2]))
        survives = fire & ~over
        beside = np.roll(survives, 1, axis=1).astype(int) + np.roll(survives, -1, axis=1)
        safe = np.isin(state, [1, 3]) & lanes
        expected = safe & (given.uniforms < ladder[beside])

        fires, overs = (np.ascontiguousarray(masks_of(one).T) for one in (fire, over))
        caught, pending = (np.full((houses, threads), 0xA5A5A5A5, U32) for _ in range(2))
        told = np.empty((threads, 4), U32)
        rows = ladder_of(ladder)
        run(kernel, threads, given.keys, rows, active, fires, overs, caught, pending, told)
        assert np.array_equal(bits_of(caught.T).astype(bool), expected)
        assert np.array_equal(bits_of(fires.T).astype(bool), fire)
        assert np.array_equal(bits_of(overs.T).astype(bool), over)
        lit = (expected.any(axis=2) << np.arange(houses)).sum(axis=1)
        assert told[:, 0].tolist() == lit.tolist()
        assert told[:, 1].tolist() == masks_of(expected.any(axis=1)).tolist()
        assert told[:, 2].tolist() == masks_of(safe.all(axis=1)).tolist()
        assert told[:, 3].tolist() == masks_of(safe.any(axis=1)).tolist()
