"""Philox4x32-10 at the addresses of `docs/randomness.md`: four planes of a slot at a time.

A counter is (block low, block high, tick and slot, quad), so neighbouring calls share work. The
first round multiplies words of the block and of the slot only; the second, one word of the slot;
the third, another. They are done once a block or a slot (`of_block`, `of_slot`), which leaves 16
of the 20 multiplications to each quad.
"""

from bucket_brigade_cuda.kernels.words import pure, u32, u64

#: Multipliers of Philox4x32 (Salmon et al., SC 2011).
M0, M1 = u64(0xD2511F53), u64(0xCD9E8D57)
ROUNDS = 10
HALF = u64(32)
SLOT_BITS = u32(16)


@pure
def high(product):
    return u32(product >> HALF)


@pure
def low(product):
    return u32(product)


@pure
def of_block(keys, block):
    """What all calls of a block share."""
    p = u64(M0 * u64(u32(block)))
    return u32(u32(block >> HALF) ^ keys[0]), u32(high(p) ^ keys[1]), low(p)


@pure
def of_slot(keys, shared, tick, slot):
    """What all quads of a slot share."""
    top, quads, x3 = shared
    p = u64(M1 * u64(u32(u32(tick << SLOT_BITS) + slot)))
    q = u64(M0 * u64(u32(high(p) ^ top)))
    r = u64(M1 * u64(u32(high(q) ^ x3 ^ keys[3])))
    return (
        quads,
        u32(low(p) ^ keys[2]),
        u32(low(q) ^ keys[5]),
        u32(high(r) ^ keys[4]),
        low(r),
    )


@pure
def planes(keys, stream, quad):
    """Planes 4 · quad … 4 · quad + 3 of a slot."""
    quads, x1, y3, z0, z1 = stream
    s = u64(M1 * u64(u32(quads ^ quad)))
    p = u64(M0 * u64(u32(high(s) ^ x1)))
    c0, c1, c2, c3 = u32(z0 ^ low(s)), z1, u32(high(p) ^ y3), low(p)
    for i in range(3, ROUNDS):
        p = u64(M0 * u64(c0))
        q = u64(M1 * u64(c2))
        c0, c1, c2, c3 = (
            u32(high(q) ^ c1 ^ keys[2 * i]),
            low(q),
            u32(high(p) ^ c3 ^ keys[2 * i + 1]),
            low(p),
        )
    return c0, c1, c2, c3
