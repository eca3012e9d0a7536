"""Who plays what: the cumulative thresholds of a mixture, at their edges."""

import numpy as np
import pytest
from injected import LANES, SLOTS, U32, Given, around, bits_of, run, substituted
from numba import types

from bucket_brigade_cuda.compiling.compile import ptx_of
from bucket_brigade_cuda.kernels import cast as module
from bucket_brigade_cuda.kernels.catalogue import KERNELS
from bucket_brigade_cuda.kernels.shape import Shape
from bucket_brigade_cuda.kernels.words import device, u32
from ptx_on_cpu import CompiledPtx

SLOT = 0x140
WIDTH, AGENTS, BLOCKS = 4, 3, 5
ALWAYS = 2**32

#: Entries that are never drawn, and seats that mix fewer strategies.
LIMITS = [
    [0x40000000, 0x80000000, 0xC0000000, ALWAYS],
    [0, 0, ALWAYS, ALWAYS],
    [0, 1, 2, ALWAYS],
    [1, ALWAYS - 1, ALWAYS, ALWAYS],
    [0x4CCCCCCD, ALWAYS, ALWAYS, ALWAYS],
    [ALWAYS] * 4,
    [0x12345678, 0x12345678, 0x12345679, ALWAYS],
]


@device
def given_block(keys, block):  # type: ignore[no-untyped-def]
    """Where the uniforms of a block begin; the first block is the hundredth."""
    return u32(u32(block) - u32(100)) * u32(SLOTS)


def test_lanes_play_the_first_strategy_whose_limit_is_above_their_uniform(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "of_block", given_block)
    with substituted(module):
        signature = KERNELS["cast"].signature.args  # type: ignore[attr-defined]
        ptx = ptx_of(
            module.make_cast(Shape(10, AGENTS, WIDTH)),
            types.void(types.uint32[:, ::1], *signature[1:]),
            (9, 0),
        )
    kernel = CompiledPtx(ptx, checked=True)
    lineups = 30
    rng = np.random.default_rng(1)
    limits = np.array(LIMITS, dtype=np.uint64)[rng.integers(0, len(LIMITS), (lineups, AGENTS))]
    given = Given(BLOCKS, SLOT, AGENTS, 1)
    near = np.array(around({limit for row in LIMITS for limit in row}), np.uint64)
    given.uniforms = np.resize(near, (BLOCKS, AGENTS, LANES))

    items = lineups * BLOCKS
    casts = np.full(AGENTS * (WIDTH - 1) * items, 0xA5A5A5A5, U32)
    arguments = (limits.reshape(-1), casts, U32(items), U32(BLOCKS), np.uint64(100))
    run(kernel, items + 7, given.keys, *arguments)
    thermometers = bits_of(casts.reshape(AGENTS, WIDTH - 1, lineups, BLOCKS))
    uniforms = given.uniforms
    for a in range(AGENTS):
        played = (uniforms[None, :, a, :, None] >= limits[:, None, a, None]).sum(axis=-1)
        assert np.array_equal(thermometers[a].sum(axis=0), played)
        # The first is all lanes that are past the first entry, and so on.
        for s in range(WIDTH - 1):
            assert np.array_equal(thermometers[a, s], (played > s).astype(int))
