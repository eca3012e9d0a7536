"""Features of blocks, and sums of them and their products, with numbers that overflow 32 bits."""

import numpy as np
import pytest
from shapes import DEFAULT, LARGEST, PAIR, SHAPES

from bucket_brigade import _core
from bucket_brigade_cuda.kernels.shape import SEGMENT, Shape
from ptx_on_cpu.device import PtxDevice

U32, U64 = np.uint32, np.uint64
#: Counts of a block at most: 32 episodes of 10,000 nights.
MOST = 320_000


def some_counts(shape: Shape, items: int, most: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    counts = rng.integers(0, most + 1, (items, shape.counts), U32)
    counts[rng.random(items) < 0.3] = most
    return counts


@pytest.mark.parametrize("shape", SHAPES)
def test_features_are_those_of_the_core(shape: Shape, ptx_device: PtxDevice) -> None:
    ptx_device.prepare("features", shape)
    lineups, blocks, first, last = 3, 5, 0xFFFFF000, 0x0000FFFF
    counts = some_counts(shape, lineups * blocks, MOST, 1)
    out = np.full((lineups * blocks + 1, shape.features), 0xA5A5A5A5, U32)
    arguments = (counts.reshape(-1), out.reshape(-1), U32(15), U32(blocks), U32(first), U32(last))
    ptx_device.launch("features", shape, 1, 64, arguments)
    episodes = np.array([20, 32, 32, 32, 16] * lineups)
    expected = _core.features(shape.houses, shape.agents, episodes, counts.astype(np.int64))
    assert np.array_equal(out[:-1], expected)
    assert (out[-1] == 0xA5A5A5A5).all()


def test_a_block_that_is_the_first_and_the_last(ptx_device: PtxDevice) -> None:
    ptx_device.prepare("features", DEFAULT)
    out = np.zeros((2, DEFAULT.features), U32)
    counts = some_counts(DEFAULT, 2, MOST, 1).reshape(-1)
    arguments = (counts, out.reshape(-1), U32(2), U32(1), U32(0xFFF0), U32(0x0FFF))
    ptx_device.launch("features", DEFAULT, 2, 1, arguments)
    assert out[:, 0].tolist() == [8, 8]


@pytest.mark.parametrize("shape", [DEFAULT, PAIR, LARGEST])
@pytest.mark.parametrize("blocks", [1, SEGMENT - 1, SEGMENT, SEGMENT + 1, 3 * SEGMENT])
def test_totals_and_moments_are_added_in_64_bits(
    blocks: int, shape: Shape, ptx_device: PtxDevice
) -> None:
    ptx_device.prepare("add_up", shape)
    d, f, lineups = shape.counts, shape.features, 2
    counts = some_counts(shape, lineups * blocks, 2**32 - 1, 1).reshape(lineups, blocks, d)
    # Products of these reach 2^52, their sums 2^60.
    features = np.random.default_rng(2).integers(2**25, 2**26, (lineups, blocks, f), U32)
    totals = np.full((lineups, d), 5, U64)
    moments = np.full((lineups, f, f), 7, U64)
    segments = -(-blocks // SEGMENT)
    threads = lineups * segments * (d + f * f)
    arrays = [array.reshape(-1) for array in (counts, features, totals, moments)]
    arguments = (*arrays, U32(lineups), U32(blocks), U32(segments))
    ptx_device.launch("add_up", shape, -(-threads // 64) + 1, 64, arguments)
    wide = features.astype(U64)
    assert np.array_equal(totals, 5 + counts.sum(axis=1, dtype=U64))
    assert np.array_equal(moments, 7 + np.einsum("lbi,lbj->lij", wide, wide))
