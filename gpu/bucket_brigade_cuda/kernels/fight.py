"""Step 1 of a night: workers put fires out."""

from numba import cuda

from bucket_brigade_cuda.kernels.draw import make_look
from bucket_brigade_cuda.kernels.philox import of_slot, planes
from bucket_brigade_cuda.kernels.shape import Shape
from bucket_brigade_cuda.kernels.tables import CERTAIN, OPEN, QUADS
from bucket_brigade_cuda.kernels.words import (
    NONE,
    ONE,
    Function,
    change,
    device,
    inverse,
    lowest,
    pure,
    u32,
)

SLOT_EXTINGUISH = u32(0x040)


def make_fight(shape: Shape) -> Function:
    """`fight(keys, shared, tick, rows, first, burning_houses, fire, over, aims, t)`: marks as over,
    in the planes `over`, the fires that are put out. The ladder of 1 … A workers begins at row
    `first`.

    A thread goes through its own burning houses, given as the bits of a word: threads in lock step
    then wait for the one with most fires, not at every house for whichever has a fire there.
    """
    agents, bits, houses = shape.agents, shape.bits, shape.houses
    more = max(1, agents - 1)
    look = make_look(agents)

    @pure
    def join(any_worker, crew, worker):
        """One worker more, with the crew as a thermometer: `crew[k]` has more than k + 1."""
        for k in range(agents - 2, 0, -1):
            crew[k] = u32(crew[k] | u32(crew[k - 1] & worker))
        if agents > 1:
            crew[0] = u32(crew[0] | u32(any_worker & worker))
        return u32(any_worker | worker)

    @device
    def fight(keys, shared, tick, rows, first, burning_houses, fire, over, aims, t):
        crew = cuda.local.array(more, u32)
        rank = cuda.local.array(bits, u32)
        for i in range(bits):
            rank[i] = NONE
        quads = rows[first, QUADS]
        todo = burning_houses
        while todo != NONE:
            number = lowest(todo)
            todo = u32(todo & u32(todo - ONE))
            h = int(number)
            burning = fire[h, t]
            manned = NONE
            for k in range(more):
                crew[k] = NONE
            for a in range(agents):
                here = burning
                for i in range(bits):
                    here = u32(here & inverse(u32(aims[a * (bits + 1) + i, t] ^ rank[i])))
                if a % houses == h:
                    here = u32(here | aims[a * (bits + 1) + bits, t])
                manned = join(manned, crew, here)

            certain, undecided = rows[first, CERTAIN], rows[first, OPEN]
            for k in range(1, agents):
                certain = change(certain, crew[k - 1], rows[first + k, CERTAIN])
                undecided = change(undecided, crew[k - 1], rows[first + k, OPEN])
            out, undecided = u32(manned & certain), u32(manned & undecided)
            if undecided != NONE:
                stream = of_slot(keys, shared, tick, u32(SLOT_EXTINGUISH + number))
                quad = NONE
                while undecided != NONE and quad < quads:
                    u = planes(keys, stream, quad)
                    found, undecided = look(rows, first, crew, quad, u, undecided)
                    out = u32(out | found)
                    quad = u32(quad + ONE)
            over[h, t] = u32(over[h, t] | out)

            for i in range(bits):
                before = rank[i]
                rank[i] = u32(before ^ burning)
                burning = u32(before & burning)

    return fight
