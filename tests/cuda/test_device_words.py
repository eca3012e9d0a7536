"""Device functions on words of lanes, compiled: logic, counting, and Philox at its addresses."""

from pathlib import Path

import numpy as np
import pytest
from numba import cuda, types
from sample_kernels import compile_ptx

from bucket_brigade import _core
from bucket_brigade_cuda.kernels import philox, words
from bucket_brigade_cuda.kernels.draw import below
from bucket_brigade_cuda.kernels.tables import key_schedule
from bucket_brigade_cuda.kernels.words import u32, u64
from ptx_on_cpu import CompiledPtx

WORD, LONG = types.uint32, types.uint64
EDGES = [0, 1, 2, 0x7FFFFFFF, 0x80000000, 0x80000001, 0xFFFFFFFE, 0xFFFFFFFF]
KNOWN = [
    [int(word, 16) for word in line.split()]
    for line in Path(__file__)
    .parents[1]
    .joinpath("witnesses", "philox_known_answers.txt")
    .read_text(encoding="utf-8")
    .splitlines()
    if line.strip() and not line.startswith("#")
]


def of_words(x, out):  # type: ignore[no-untyped-def]
    t = u32(cuda.blockIdx.x)
    a, b, c = x[t, 0], x[t, 1], x[t, 2]
    out[t, 0] = words.inverse(a)
    # One bit in all lanes of `b`: none, or all that there are.
    word = u32(a & words.inverse(b))
    out[t, 1] = words.change(word, b, u32(1))
    out[t, 6] = words.change(u32(word | b), b, u32(0xFFFFFFFF))
    out[t, 7] = words.change(a, b, u32(0))
    out[t, 2] = words.select(a, b, c)
    out[t, 3] = words.count(a)
    out[t, 4] = words.lowest(u32(a | u32(0x80000000)))
    out[t, 5] = below(a, b, c)


def test_words() -> None:
    rng = np.random.default_rng(1)
    x = rng.integers(0, 2**32, (1000, 3), np.uint32)
    x[:512] = np.stack(np.meshgrid(*[np.array(EDGES, np.uint32)] * 3), axis=-1).reshape(-1, 3)
    x[600:632, 0] = np.uint32(1) << np.arange(32, dtype=np.uint32)
    out = np.empty((len(x), 8), np.uint32)
    kernel = CompiledPtx(compile_ptx(of_words, WORD[:, ::1], WORD[:, ::1]), checked=True)
    kernel.launch(len(x), 1, x, out)
    a, b, c = x.T
    assert np.array_equal(out[:, 0], ~a)
    assert np.array_equal(out[:, 1], a | b)
    assert np.array_equal(out[:, 6], a & ~b)
    assert np.array_equal(out[:, 7], a)
    assert np.array_equal(out[:, 2], (a & b) | (~a & c))
    assert np.array_equal(out[:, 3], np.bitwise_count(a))
    top = (a | np.uint32(2**31)).tolist()
    assert out[:, 4].tolist() == [(one & -one).bit_length() - 1 for one in top]
    # Below: 0 < 1 of the more significant bits; where they are the same, what the others say.
    assert np.array_equal(out[:, 5], (a & ~b) | (~(a ^ b) & c))


def generator(keys, counters, out):  # type: ignore[no-untyped-def]
    t = u32(cuda.blockIdx.x)
    block = u64((u64(counters[t, 1]) << u64(32)) | u64(counters[t, 0]))
    tick, slot = u32(counters[t, 2] >> u32(16)), u32(counters[t, 2] & u32(0xFFFF))
    stream = philox.of_slot(keys, philox.of_block(keys, block), tick, slot)
    answer = philox.planes(keys, stream, counters[t, 3])
    for j in range(4):
        out[t, j] = answer[j]


@pytest.fixture(scope="module")
def compiled_generator() -> CompiledPtx:
    ptx = compile_ptx(generator, types.UniTuple(WORD, 20), WORD[:, ::1], WORD[:, ::1])
    return CompiledPtx(ptx, checked=True)


def answers(kernel: CompiledPtx, counters: list[list[int]], key: list[int]) -> list[list[int]]:
    out = np.empty((len(counters), 4), np.uint32)
    seed = key[0] | key[1] << 32
    kernel.launch(len(counters), 1, key_schedule(seed), np.array(counters, np.uint32), out)
    listed: list[list[int]] = out.tolist()
    return listed


def test_known_answers(compiled_generator: CompiledPtx) -> None:
    assert len(KNOWN) == 3
    for known in KNOWN:
        assert answers(compiled_generator, [known[:4]], known[4:6]) == [known[6:]]


def test_any_answer_is_that_of_the_core(compiled_generator: CompiledPtx) -> None:
    rng = np.random.default_rng(2)
    for key in [[0, 0], [2**32 - 1, 2**32 - 1], *rng.integers(0, 2**32, (20, 2)).tolist()]:
        counters = rng.integers(0, 2**32, (200, 4)).tolist()
        # As the game has them, too: small blocks, ticks and slots.
        counters += rng.integers(0, [100, 2, 1 << 20, 8], (200, 4)).tolist()
        expected = [list(_core.philox4x32_10(counter, key)) for counter in counters]
        assert answers(compiled_generator, counters, key) == expected
