"""What firefighters do otherwise: they wait for a fire, and may put the houses they own first.

Only kernels of shapes with `firefighters` have any of this, so that others pay nothing for it.
"""

from numba import cuda

from bucket_brigade_cuda.kernels.duty import HOME, LIMIT
from bucket_brigade_cuda.kernels.philox import HALF
from bucket_brigade_cuda.kernels.shape import Shape
from bucket_brigade_cuda.kernels.words import (
    NONE,
    Function,
    device,
    inverse,
    make_add,
    select,
    u32,
    u64,
)


def make_flags(shape: Shape) -> Function:
    """`flags(pool, seats, seat, casts, cast, step)`: the lanes in which a seat waits for a fire,
    and those in which it goes to fires of its own houses first; parameters are those of `duty`.
    """
    width = shape.width

    @device
    def flags(pool, seats, seat, casts, cast, step):
        row = u64(seats[seat])
        waits = u32(pool[row + LIMIT] >> HALF)
        own_first = u32(pool[row + u64(HOME + LIMIT)] >> HALF)
        for s in range(1, width):
            later = casts[cast + (s - 1) * step]
            row = u64(seats[seat + s])
            waits = select(later, u32(pool[row + LIMIT] >> HALF), waits)
            own_first = select(later, u32(pool[row + u64(HOME + LIMIT)] >> HALF), own_first)
        return waits, own_first

    return flags


def make_own_fires(shape: Shape) -> Function:
    """`own_fires(a, own_first, fire, n, t)`: the lanes of `own_first` in which a house burns that
    agent `a` owns. There `n`, planes of the number of fires, becomes that of those houses alone.
    """
    houses, agents, bits = shape.houses, shape.agents, shape.bits
    add = make_add(bits)

    @device
    def own_fires(a, own_first, fire, n, t):
        number = cuda.local.array(bits, u32)
        for i in range(bits):
            number[i] = NONE
        own = NONE
        for h in range(a, houses, agents):
            lanes = u32(fire[h, t] & own_first)
            own = u32(own | lanes)
            add(number, lanes)
        for i in range(bits):
            n[i] = select(own, number[i], n[i])
        return own

    return own_fires


def make_among_all(shape: Shape) -> Function:
    """`among_all(a, own, fire, index, t)`: makes an index among the burning houses that agent `a`
    owns, in the lanes of `own`, one among all that burn."""
    houses, agents, bits = shape.houses, shape.agents, shape.bits
    add = make_add(bits)

    @device
    def among_all(a, own, fire, index, t):
        # How many burn before a house: of all, and of those that the agent owns.
        rank = cuda.local.array(bits, u32)
        own_rank = cuda.local.array(bits, u32)
        found = cuda.local.array(bits, u32)
        for i in range(bits):
            rank[i], own_rank[i], found[i] = NONE, NONE, NONE
        for h in range(houses):
            burning = fire[h, t]
            if h % agents == a:
                here = u32(own & burning)
                for i in range(bits):
                    here = u32(here & inverse(u32(index[i] ^ own_rank[i])))
                for i in range(bits):
                    found[i] = u32(found[i] | u32(rank[i] & here))
                add(own_rank, burning)
            add(rank, burning)
        for i in range(bits):
            index[i] = select(own, found[i], index[i])

    return among_all
