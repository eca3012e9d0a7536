"""Draws for one episode a thread: the bits of its own uniforms, as many as its questions take.

A *lane* is an environment's row, which plays one episode. Of the 32 episodes that a plane has bits
for, a lane looks at its own: `bit` says which. Thresholds are numbers of 64 bits, 0 to 2^32.
"""

from bucket_brigade_cuda.kernels.philox import of_slot, planes
from bucket_brigade_cuda.kernels.words import NONE, ONE, device, lowest, u32, u64

__all__ = ["ALWAYS", "ZERO", "caught_houses", "index_of", "rank", "uniform", "weighted"]

ZERO, UNIT = u64(0), u64(1)
ALWAYS = u64(1 << 32)
HALF = u64(32)
#: Bits of a quad, and quads of a uniform.
BITS, QUADS = u64(4), u32(8)
SLOT_CATCH = u32(0x000)


@device
def four_bits(keys, stream, quad, bit):
    """Bits 4 · quad … 4 · quad + 3 of an episode's uniform, the most significant first."""
    a, b, c, d = planes(keys, stream, quad)
    upper = u32(u32(u32(u32(a >> bit) & ONE) << u32(3)) | u32(u32(u32(b >> bit) & ONE) << u32(2)))
    lower = u32(u32(u32(u32(c >> bit) & ONE) << ONE) | u32(u32(d >> bit) & ONE))
    return u32(upper | lower)


@device
def rank(keys, shared, tick, slot, bit, first, second):
    """How many of two thresholds are not above the uniform: 0, 1 or 2. Draws nothing if every
    uniform has the same answer, and no quad that does not matter."""
    stream = of_slot(keys, shared, tick, slot)
    # What is known of the uniform: it is one of `width` numbers from `low` on.
    low, width, quad = ZERO, ALWAYS, NONE
    last = u64(low + u64(width - UNIT))
    while (low < first) != (last < first) or (low < second) != (last < second):
        width = u64(width >> BITS)
        low = u64(low + u64(width * u64(four_bits(keys, stream, quad, bit))))
        last = u64(low + u64(width - UNIT))
        quad = u32(quad + ONE)
    above = NONE
    if low >= first:
        above = u32(above + ONE)
    if low >= second:
        above = u32(above + ONE)
    return above


@device
def index_of(keys, shared, tick, slot, bit, n):
    """The index `⌊U · n / 2^32⌋`, below `n`; `n` of 1 takes no draw."""
    stream = of_slot(keys, shared, tick, slot)
    low, width, quad, number = ZERO, ALWAYS, NONE, u64(n)
    last = u64(low + u64(width - UNIT))
    while u64(low * number) >> HALF != u64(last * number) >> HALF:
        width = u64(width >> BITS)
        low = u64(low + u64(width * u64(four_bits(keys, stream, quad, bit))))
        last = u64(low + u64(width - UNIT))
        quad = u32(quad + ONE)
    return u32(u64(low * number) >> HALF)


@device
def share(u, total):
    """`⌊u · total / 2^32⌋`, of a product that may need more than 64 bits."""
    return u64(u64(u * u64(total >> HALF)) + u64(u64(u * u64(total & u64(ALWAYS - UNIT))) >> HALF))


@device
def weighted(keys, shared, tick, slot, bit, sums, at, n):
    """The first `i` with `⌊U · S / 2^32⌋ < sums[at + i]`: an index drawn by weights, whose `n`
    running sums these are and `S` the last of them. Draws nothing if every uniform has the same
    answer."""
    stream = of_slot(keys, shared, tick, slot)
    total = sums[at + u64(n) - UNIT]
    low, width, quad, i = ZERO, ALWAYS, NONE, at
    least, most = ZERO, share(u64(ALWAYS - UNIT), total)
    while sums[i] <= least:
        i = u64(i + UNIT)
    while sums[i] <= most:
        width = u64(width >> BITS)
        low = u64(low + u64(width * u64(four_bits(keys, stream, quad, bit))))
        quad = u32(quad + ONE)
        least, most = share(low, total), share(u64(low + u64(width - UNIT)), total)
        while sums[i] <= least:
            i = u64(i + UNIT)
    return u32(i - at)


@device
def uniform(keys, shared, tick, slot, bit):
    """All 32 bits of a uniform."""
    stream = of_slot(keys, shared, tick, slot)
    u, quad = NONE, NONE
    while quad < QUADS:
        u = u32(u32(u << u32(4)) | four_bits(keys, stream, quad, bit))
        quad = u32(quad + ONE)
    return u


@device
def chance(near, between, here, none, one, two):
    """The threshold of a house: of no fire next door, one, or two."""
    threshold = none
    if near & here != NONE:
        threshold = one
    if between & here != NONE:
        threshold = two
    return threshold


@device
def caught_houses(keys, shared, tick, bit, safe, near, between, none, one, two):
    """The houses of `safe` that catch fire, as the bits of a word; those of `near` have a fire next
    door, those of `between` two.

    The first quad settles 15 of 16 houses. Others are noted, and asked again when all are through:
    threads in lock step then wait for the one with most of them, not at every house for whichever
    is undecided there.
    """
    caught, late, todo = NONE, NONE, safe
    while todo != NONE:
        number = lowest(todo)
        todo = u32(todo & u32(todo - ONE))
        here = u32(ONE << number)
        threshold = chance(near, between, here, none, one, two)
        if threshold == ALWAYS:
            caught = u32(caught | here)
        elif threshold != ZERO:
            stream = of_slot(keys, shared, tick, u32(SLOT_CATCH + number))
            drawn = four_bits(keys, stream, NONE, bit)
            wanted = u32(threshold >> u64(28))
            if drawn < wanted:
                caught = u32(caught | here)
            elif drawn == wanted:
                late = u32(late | here)
    quad = ONE
    while late != NONE:
        number = lowest(late)
        here = u32(ONE << number)
        threshold = chance(near, between, here, none, one, two)
        stream = of_slot(keys, shared, tick, u32(SLOT_CATCH + number))
        drawn = four_bits(keys, stream, quad, bit)
        quad = u32(quad + ONE)
        wanted = u32(u32(threshold >> u64(HALF - u64(BITS * u64(quad)))) & u32(15))
        if drawn < wanted:
            caught = u32(caught | here)
        if drawn != wanted or quad == QUADS:
            late = u32(late & u32(late - ONE))
            quad = ONE
    return caught
