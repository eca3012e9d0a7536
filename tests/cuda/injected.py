"""Device functions that are given their uniforms instead of drawing them.

A thread's uniforms are those of `SLOTS` slots; what a device function makes of `planes` and
`of_slot` is then told apart from the generator, and any uniform can be put anywhere.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from bucket_brigade_cuda.kernels import words as kernel_words
from bucket_brigade_cuda.kernels.words import u32
from ptx_on_cpu import CompiledPtx

__all__ = [
    "LANES",
    "SLOTS",
    "U32",
    "Given",
    "around",
    "bits_of",
    "masks_of",
    "planes_of",
    "run",
    "substituted",
]

#: Slots of a thread, which is more than any address of docs/randomness.md.
SLOTS = 0x180
LANES = 32
U32 = np.uint32

Words = npt.NDArray[np.uint32]


def masks_of(lanes: npt.ArrayLike) -> Words:
    """Words of the lanes in the last axis."""
    chosen = np.asarray(lanes, dtype=np.uint64)
    sums: Words = (chosen << np.arange(LANES, dtype=np.uint64)).sum(axis=-1).astype(U32)
    return sums


def bits_of(words: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Lanes of words, in a new last axis."""
    lanes = np.asarray(words, dtype=np.int64)[..., None] >> np.arange(LANES)
    return lanes & 1


def planes_of(numbers: npt.ArrayLike, planes: int = 32) -> Words:
    """Planes of a number in each lane, most significant first, in place of the last axis."""
    shifts = np.arange(planes - 1, -1, -1, dtype=np.uint64)
    bits = np.asarray(numbers, dtype=np.uint64)[..., None, :] >> shifts[:, None]
    return masks_of(bits & np.uint64(1))


class Given:
    """Uniforms of some slots of some threads: ``uniforms[thread, slot − first, lane]``, random
    where not set. The planes of other slots are a pattern.
    """

    def __init__(self, threads: int, first: int, slots: int, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.first, self.slots = first, slots
        self.uniforms = rng.integers(0, 2**32, (threads, slots, LANES), dtype=np.uint64)

    @property
    def keys(self) -> Words:
        """What is passed as the keys: planes by slot."""
        keys = np.full((len(self.uniforms), SLOTS, 32), 0x0F0F3333, U32)
        keys[:, self.first : self.first + self.slots] = planes_of(self.uniforms)
        return keys.reshape(-1, 32)


@kernel_words.device
def given_slot(keys, shared, tick, slot):  # type: ignore[no-untyped-def]
    """Number of a slot, with those of the threads before."""
    return u32(shared + slot)


@kernel_words.device
def given_planes(keys, stream, quad):  # type: ignore[no-untyped-def]
    """Four of a slot's planes."""
    at = u32(u32(4) * quad)
    return (
        keys[stream, at],
        keys[stream, u32(at + u32(1))],
        keys[stream, u32(at + u32(2))],
        keys[stream, u32(at + u32(3))],
    )


@contextmanager
def substituted(*modules: ModuleType) -> Iterator[None]:
    """Gives device functions of some modules, compiled meanwhile, their uniforms."""
    with pytest.MonkeyPatch.context() as patch:
        for module in modules:
            patch.setattr(module, "of_slot", given_slot)
            patch.setattr(module, "planes", given_planes)
        yield


def run(kernel: CompiledPtx, threads: int, *arguments: Any) -> None:
    """Runs a kernel whose threads are numbered within a single CUDA block or several."""
    kernel.launch(threads, 1, *arguments)


def around(thresholds: Iterable[int]) -> list[int]:
    """Uniforms from two below to two above each threshold."""
    near = {t + d for t in thresholds for d in range(-2, 3)}
    return sorted(u for u in near if 0 <= u < 1 << 32)
