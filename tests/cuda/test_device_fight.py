"""How fires are put out: who is at which house, and the threshold of its workers."""

import numpy as np
import pytest
from injected import LANES, SLOTS, U32, Given, around, bits_of, masks_of, run, substituted
from numba import cuda, types
from sample_kernels import compile_ptx

from bucket_brigade_cuda.kernels import fight as module
from bucket_brigade_cuda.kernels.shape import Shape
from bucket_brigade_cuda.kernels.tables import ladder_of
from bucket_brigade_cuda.kernels.words import u32
from ptx_on_cpu import CompiledPtx

PLANES = types.uint32[:, ::1]
SLOT = 0x040

#: For 1, 2, … workers; the last row of it stands for all above.
LADDERS = [
    [2**31, 3 * 2**30, 7 * 2**29, 15 * 2**28, 2**32 - 1],
    [0, 0, 0, 0],
    [1, 2, 3, 4],
    [2**32] * 4,
    [2**32 - 1, 2**32, 2**32, 2**32],
    [0x1999999A, 0x5C28F5C3, 0x7D70A3D7, 0x9BA5E354],
]


def compiled_fight(shape: Shape) -> CompiledPtx:
    """A kernel of one fight a thread: planes ``[plane, thread]`` in global memory."""
    fight = module.make_fight(shape)

    def kernel(keys, rows, burning_houses, fire, over, aims):  # type: ignore[no-untyped-def]
        t = u32(cuda.blockIdx.x)
        shared = u32(t * u32(SLOTS))
        fight(keys, shared, u32(0), rows, 3, burning_houses[t], fire, over, aims, t)

    signature = (PLANES, PLANES, types.uint32[::1], PLANES, PLANES, PLANES)
    return CompiledPtx(compile_ptx(kernel, *signature), checked=True)


def aims_of(shape: Shape, fire: np.ndarray, house: np.ndarray, stays: np.ndarray) -> np.ndarray:
    """Planes of where agents go: `house[thread, agent, lane]`, −1 for nowhere; those who stay at
    home have no rank."""
    ranks = np.cumsum(fire, axis=1) - fire
    planes = []
    for a in range(shape.agents):
        rank = np.take_along_axis(ranks, np.maximum(house[:, a, None], 0), axis=1)[:, 0]
        for i in range(shape.bits):
            planes.append(masks_of((rank >> i & 1) | (house[:, a] < 0) | stays[:, a]))
        planes.append(masks_of(stays[:, a]))
    return np.array(planes, dtype=U32)


@pytest.mark.parametrize("shape", [Shape(2, 1, 1), Shape(3, 5, 1), Shape(20, 4, 1)])
def test_so_many_workers_put_a_fire_out_by_their_threshold(shape: Shape) -> None:
    with substituted(module):
        kernel = compiled_fight(shape)
    threads = 60
    for number, listed in enumerate(LADDERS):
        ladder = np.array([*listed, *listed[-1:] * 16][: shape.agents], dtype=np.uint64)
        rng = np.random.default_rng(number)
        given = Given(threads, SLOT, shape.houses, number)
        near = rng.choice(np.array(around(ladder.tolist()), np.uint64), (threads, 1, LANES))
        edge = rng.random((threads, shape.houses, LANES)) < 0.7
        given.uniforms = np.where(edge, near, given.uniforms)

        # Ruins, too: they are over, and do not burn.
        fire = np.less(rng.random((threads, shape.houses, LANES)), rng.random((threads, 1, 1)))
        over = ~fire & (rng.random(np.shape(fire)) < 0.2)
        # Workers choose among the burning houses; those with no rank are nowhere, or at home.
        wish = np.where(fire, rng.random(fire.shape), -1.0)[:, None] * rng.random(
            (threads, shape.agents, shape.houses, LANES)
        )
        house = np.where(np.any(fire, axis=1)[:, None], wish.argmax(axis=2), -1)
        house[rng.random(house.shape) < 0.3] = -1
        home = np.arange(shape.agents) % shape.houses
        stays = fire[:, home] & (rng.random(house.shape) < 0.2)
        at = np.where(stays, home[:, None], house)
        workers = (at[:, None] == np.arange(shape.houses)[:, None, None]).sum(axis=2)

        put_out = fire & (workers > 0)
        put_out &= given.uniforms < ladder[np.maximum(workers, 1) - 1]
        burning = (fire.any(axis=2) << np.arange(shape.houses)).sum(axis=1).astype(U32)
        fires, overs = (np.ascontiguousarray(masks_of(one).T) for one in (fire, over))
        rows = np.concatenate([np.zeros((3, 36), U32), ladder_of(ladder)])
        aims = aims_of(shape, fire.astype(np.int64), house, stays)
        run(kernel, threads, given.keys, rows, burning, fires, overs, aims)
        assert np.array_equal(bits_of(overs.T).astype(bool), over | put_out)
        assert np.array_equal(bits_of(fires.T).astype(bool), fire)
