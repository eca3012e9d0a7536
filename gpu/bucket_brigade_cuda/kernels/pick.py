"""Which burning house: the index `⌊U · n / 2^32⌋`, for lanes with different `n`.

The first planes of `U`, as a number `u` of as many bits, put `U · n / 2^32` into an interval that
starts at `u n / 2^bits`. As soon as intervals are shorter than one, each holds at most one whole
number besides its start, and the index is open only while it does. Let that number lie `e + 1`
steps above the start, where a step is `1 / 2^bits` and an interval is `n` steps long: open means
`e < n − 1`. The next plane's bit `b` halves the step and moves the start up by `b n` of the new
ones, so `e` becomes `2 e + 1 − b n`; below zero, the number is passed. So each lane carries one
small number instead of comparing `U` with all `j / n`.
"""

from numba import cuda

from bucket_brigade_cuda.kernels.draw import below
from bucket_brigade_cuda.kernels.philox import of_slot, planes
from bucket_brigade_cuda.kernels.shape import Shape
from bucket_brigade_cuda.kernels.words import NONE, ONE, Function, device, inverse, pure, u32

QUADS = u32(8)


def make_pick(shape: Shape) -> Function:
    """`pick(keys, shared, tick, slot, need, n, most, index)`: writes the index drawn in the lanes
    of `need`, which must have `n ≥ 2`, and 0 in others. `n`, `most = n − 1` and the index are
    planes, the least significant first.
    """
    bits = shape.bits
    # Whole quads, and 2^lead ≥ n.
    lead = 4 if bits <= 4 else 8
    lead_quads = u32(lead // 4)
    product_bits = bits + lead

    @pure
    def multiply(product, n, u):
        """`product = 2 · product + u · n`."""
        for i in range(bits + lead - 1, 0, -1):
            product[i] = product[i - 1]
        product[0] = NONE
        carry = NONE
        for i in range(bits + lead):
            addend = u32(n[i] & u) if i < bits else NONE
            before = product[i]
            product[i] = u32(before ^ addend ^ carry)
            carry = u32((before & addend) | (carry & u32(before | addend)))

    @device
    def pick(keys, shared, tick, slot, need, n, most, index):
        product = cuda.local.array(product_bits, u32)
        excess = cuda.local.array(bits, u32)
        for i in range(bits + lead):
            product[i] = NONE
        stream = of_slot(keys, shared, tick, slot)

        for first in range(lead // 4):
            u = planes(keys, stream, u32(first))
            for j in range(4):
                multiply(product, n, u[j])

        # e = 2^lead − 1 − (the product's fraction), and whether it is below n − 1.
        closer = NONE
        for i in range(max(bits, lead)):
            e = inverse(product[i]) if i < lead else NONE
            if i < bits:
                excess[i] = e
            closer = below(most[i] if i < bits else NONE, e, closer)
        undecided = u32(need & closer)

        passed = NONE
        quad = lead_quads
        while undecided != NONE and quad < QUADS:
            u = planes(keys, stream, quad)
            for j in range(4):
                # x = 2 e + 1 − b, less n − 1 where the bit b is set.
                x = inverse(u[j])
                borrow = NONE
                for i in range(bits):
                    upper = excess[i]
                    excess[i] = u32(x ^ u32(u[j] & u32(most[i] ^ borrow)))
                    borrow = below(most[i], x, borrow)
                    x = upper
                # What 2 e has beyond the bits in use makes x the larger one.
                less = u32(borrow & inverse(x))
                passed = u32(passed | u32(undecided & u32(u[j] & less)))
                undecided = u32(undecided & u32(u[j] ^ less))
            quad = u32(quad + ONE)

        carry = passed
        for i in range(bits):
            bit = u32(product[lead + i] & need)
            index[i] = u32(bit ^ carry)
            carry = u32(bit & carry)

    return pick
