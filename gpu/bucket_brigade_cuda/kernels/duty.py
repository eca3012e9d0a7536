"""Whether an agent works, and whether at its own burning home: one uniform, two thresholds."""

from numba import cuda

from bucket_brigade_cuda.kernels.draw import below
from bucket_brigade_cuda.kernels.philox import HALF, of_slot, planes
from bucket_brigade_cuda.kernels.shape import Shape
from bucket_brigade_cuda.kernels.tables import CERTAIN, QUADS, ROW
from bucket_brigade_cuda.kernels.words import NONE, ONE, Function, device, inverse, select, u32, u64

SLOT_WORK = u32(0x080)

#: Where the row of working at home begins, from that of working; in words of 64 bits.
HOME = u64(ROW // 2)
FLAGS, LIMIT = u64(CERTAIN // 2), u64(QUADS // 2)


def make_duty(shape: Shape) -> Function:
    """`duty(keys, shared, tick, agent, pool, seats, seat, casts, cast, step, active, burns)`: the
    lanes in which an agent works, and those of them in which it stays at its burning home (`burns`
    says where it burns).

    The strategies of its seat have their rows at ``seats[seat …]`` in `pool`; which of them a lane
    plays, the thermometer ``casts[cast + i · step]`` says (see `cast.py`).
    """
    width = shape.width
    masks = max(1, width - 1)

    @device
    def words(pool, rows, later, at):
        """Two words of the rows of the strategies that the lanes play."""
        pair = pool[rows[0] + at]
        first, second = u32(pair), u32(pair >> HALF)
        for s in range(1, width):
            pair = pool[rows[s] + at]
            first = select(later[s - 1], u32(pair), first)
            second = select(later[s - 1], u32(pair >> HALF), second)
        return first, second

    @device
    def duty(keys, shared, tick, agent, pool, seats, seat, casts, cast, step, active, burns):
        later = cuda.local.array(masks, u32)
        rows = cuda.local.array(width, u64)
        quads = NONE
        for s in range(width):
            rows[s] = u64(seats[seat + s])
            of_work, of_home = pool[rows[s] + LIMIT], pool[rows[s] + u64(HOME + LIMIT)]
            quads = max(quads, max(u32(of_work), u32(of_home)))
        for s in range(width - 1):
            later[s] = casts[cast + s * step]

        certain, open_work = words(pool, rows, later, FLAGS)
        works, open_work = u32(active & certain), u32(active & open_work)
        certain, open_home = words(pool, rows, later, u64(HOME + FLAGS))
        stays, open_home = u32(burns & certain), u32(burns & open_home)
        if u32(open_work | open_home) != NONE:
            stream = of_slot(keys, shared, tick, u32(SLOT_WORK + agent))
            quad = NONE
            while u32(open_work | open_home) != NONE and quad < quads:
                u = planes(keys, stream, quad)
                less_work, less_home = NONE, NONE
                differs_work, differs_home = NONE, NONE
                # The least significant planes first, as in `look`.
                for pair in range(1, -1, -1):
                    at = u64(u64(quad) * u64(2)) + u64(pair)
                    u0, u1 = u[2 * pair], u[2 * pair + 1]
                    t0, t1 = words(pool, rows, later, at)
                    less_work = below(t0, u0, below(t1, u1, less_work))
                    differs_work = u32(u32(differs_work | u32(t1 ^ u1)) | u32(t0 ^ u0))
                    t0, t1 = words(pool, rows, later, u64(HOME + at))
                    less_home = below(t0, u0, below(t1, u1, less_home))
                    differs_home = u32(u32(differs_home | u32(t1 ^ u1)) | u32(t0 ^ u0))
                works = u32(works | u32(open_work & less_work))
                stays = u32(stays | u32(open_home & less_home))
                open_work = u32(open_work & inverse(differs_work))
                open_home = u32(open_home & inverse(differs_home))
                quad = u32(quad + ONE)
        return works, stays

    return duty
