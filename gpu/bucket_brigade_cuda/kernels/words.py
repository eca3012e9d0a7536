"""What the kernels are written in: 32-bit words that hold one bit of each of 32 episodes.

Every value is a `u32` on purpose. Numba turns a mixture of signs, or a Python literal, into a
64-bit integer or a float; so constants are made once, here, and every result is cast back.
"""

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
from numba import config, cuda

if not config.ENABLE_CUDASIM:
    from numba.cuda import libdevice

u32, u64 = np.uint32, np.uint64
f32, f64 = np.float32, np.float64

#: A function that kernels call, or a kernel.
Function = Callable[..., Any]

#: Whether Numba's simulator runs the kernels, as ordinary Python.
SIMULATED = bool(config.ENABLE_CUDASIM)

#: A device function that NVVM makes part of its caller. Numba could do so too, by
#: ``inline="always"``: then compiling takes three times as long, for the same code.
device = cuda.jit(device=True, **({} if SIMULATED else {"forceinline": True}))

#: For functions that need nothing of `cuda`. Entering a device function takes the simulator a tenth
#: of a millisecond, and these are called at every turn; so there they are plain functions.
pure = (lambda function: function) if SIMULATED else device

NONE = u32(0)
ALL = u32(0xFFFFFFFF)
ONE = u32(1)
MODULUS = u64(1 << 32)


@pure
def plus(a, b):
    """`a + b` modulo 2^32, without the warning NumPy has for an overflow."""
    return u32(u64(a) + u64(b))


@pure
def minus(a, b):
    """`a − b` modulo 2^32."""
    return u32(u64(a) + u64(MODULUS - u64(b)))


@pure
def inverse(word):
    """The other lanes."""
    return u32(word ^ ALL)


@pure
def change(word, lanes, difference):
    """The word, which must have one bit in all of some lanes, with that bit changed by a difference
    of 0, 1 or −1 (modulo 2^32) there. Nothing is carried. A multiplication and an addition, so that
    the units that do logic, which are the busiest, are left alone.
    """
    return u32(u64(word) + u64(u64(lanes) * u64(difference)))


@pure
def select(lanes, yes, no):
    """`yes` in some lanes, `no` in the others: one three-input logic instruction."""
    return u32((yes & lanes) | (no & u32(lanes ^ ALL)))


@device
def count(lanes):
    """How many lanes."""
    return u32(cuda.popc(lanes))


@device
def lowest(word):
    """The number of the lowest bit of a word other than 0."""
    return u32(u32(cuda.ffs(word)) - ONE)


#: A sum and a product of doubles, each rounded by itself: of ``a + b * c`` compilers would make one
#: operation, which rounds once. The simulator does what Python does.
rounded_sum = operator.add if SIMULATED else libdevice.dadd_rn
rounded_product = operator.mul if SIMULATED else libdevice.dmul_rn


def make_add(bits: int) -> Function:
    """`add(number, lanes)`: adds one to a number of so many planes in some lanes."""

    @pure
    def add(number, lanes):
        for i in range(bits):
            before = number[i]
            number[i] = u32(before ^ lanes)
            lanes = u32(before & lanes)

    return add


def make_shared_rows(rows: int, words: int) -> Function:
    """A device function that returns a shared array of rows, to be read 128 bits at a time."""
    if SIMULATED:  # which has no use for an alignment and refuses one

        @device
        def shared_rows():
            return cuda.shared.array((rows, words), u32)

    else:
        # Only what Numba inlines may return an array that it made.
        @cuda.jit(device=True, inline="always")
        def shared_rows():
            return cuda.shared.array((rows, words), u32, alignment=16)

    return shared_rows
