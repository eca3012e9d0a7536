"""How Numba's kernels take their arguments."""

from collections.abc import Sequence

__all__ = ["array_words"]


def array_words(address: int, shape: Sequence[int], itemsize: int) -> list[int]:
    """An array in C order as 64-bit words: two that only the host uses, number of items, bytes of
    each, address, lengths, strides in bytes. A tuple is its elements; a scalar is itself.
    """
    strides, size = [], 1
    for length in reversed(shape):
        strides.append(size * itemsize)
        size *= length
    return [0, 0, size, itemsize, address, *shape, *reversed(strides)]
