"""Which burning house: the index ⌊U · n / 2^32⌋ at every threshold of every n."""

import numpy as np
import pytest
from injected import LANES, SLOTS, U32, Given, around, bits_of, planes_of, run, substituted
from numba import cuda, types
from sample_kernels import compile_ptx

from bucket_brigade_cuda.kernels import pick as module
from bucket_brigade_cuda.kernels.shape import Shape
from bucket_brigade_cuda.kernels.words import NONE, u32
from ptx_on_cpu import CompiledPtx

WORDS = types.uint32[::1]
PLANES = types.uint32[:, ::1]
SLOT = 0x0C3


def compiled_pick(houses: int) -> CompiledPtx:
    """A kernel of one pick a thread, with ``pick`` as shapes of a number of houses have it."""
    shape = Shape(houses, 1, 1)
    bits = shape.bits
    pick = module.make_pick(shape)

    def kernel(keys, need, n, most, index):  # type: ignore[no-untyped-def]
        number = cuda.local.array(bits, u32)
        less = cuda.local.array(bits, u32)
        found = cuda.local.array(bits, u32)
        t = u32(cuda.blockIdx.x)
        for i in range(bits):
            number[i] = n[t, i]
            less[i] = most[t, i]
            found[i] = NONE
        pick(keys, u32(t * u32(SLOTS)), NONE, u32(SLOT), need[t], number, less, found)
        for i in range(bits):
            index[t, i] = found[i]

    return CompiledPtx(compile_ptx(kernel, PLANES, WORDS, PLANES, PLANES, PLANES), checked=True)


def planes_from_below(numbers: np.ndarray, bits: int) -> np.ndarray:
    """Planes with the least significant first."""
    return np.ascontiguousarray(planes_of(numbers, bits)[..., ::-1])


# Of four bits, where one quad leads, and of five and six, where two do; and all of them in use.
@pytest.mark.parametrize("houses", [15, 31, 32])
def test_every_threshold_of_every_number_of_fires(houses: int) -> None:
    with substituted(module):
        kernel = compiled_pick(houses)
    bits = houses.bit_length()
    cases = [
        (n, u)
        for n in range(2, houses + 1)
        for u in around([0, 2**32, *(-(-j * 2**32 // n) for j in range(1, n))])
    ]
    # Shuffled, so that lanes of a word have different numbers of fires; in two orders, so that
    # they meet different ones.
    for seed in (1, 2):
        rng = np.random.default_rng(seed)
        order = rng.permutation(len(cases))
        threads = -(-len(cases) // LANES)
        chosen = np.array([cases[i] for i in np.resize(order, threads * LANES)], dtype=np.uint64)
        n, u = (chosen[:, i].reshape(threads, LANES) for i in (0, 1))
        given = Given(threads, SLOT, 1, seed)
        given.uniforms[:, 0] = u
        need = rng.integers(0, 2**32, threads, U32)
        need[::2] = 2**32 - 1
        index = np.full((threads, bits), 0xA5A5A5A5, U32)
        arguments = (need, planes_from_below(n, bits), planes_from_below(n - 1, bits), index)
        run(kernel, threads, given.keys, *arguments)
        found = (bits_of(index) << np.arange(bits)[:, None]).sum(axis=1)
        expected = np.where(bits_of(need), (n * u) >> np.uint64(32), 0)
        assert np.array_equal(found, expected)
