"""The first half of a night: what the agents do, work or rest, and where."""

from numba import cuda

from bucket_brigade_cuda.kernels.duty import make_duty
from bucket_brigade_cuda.kernels.firefighter import make_among_all, make_flags, make_own_fires
from bucket_brigade_cuda.kernels.pick import make_pick
from bucket_brigade_cuda.kernels.shape import Shape
from bucket_brigade_cuda.kernels.words import (
    ALL,
    NONE,
    Function,
    count,
    device,
    inverse,
    make_add,
    pure,
    u32,
)

SLOT_PICK = u32(0x0C0)


def make_decide(shape: Shape) -> Function:
    """`decide(keys, shared, tick, pool, seats, seat, casts, cast, step, active, fire, aims, tally,
    t)`: lets every agent act, counts who works, and writes where each goes.

    Plane ``aims[a · (bits + 1) + i, thread]`` holds bit `i` of the rank of agent `a`'s house among
    the burning ones, all ones for nowhere; the plane after the last bit, whether it stays at its
    burning home. Other parameters are those of `duty`.
    """
    houses, agents, bits, width = shape.houses, shape.agents, shape.bits, shape.width
    firefighters = shape.firefighters
    duty, pick, add = make_duty(shape), make_pick(shape), make_add(bits)
    flags, own_fires, among_all = make_flags(shape), make_own_fires(shape), make_among_all(shape)

    @pure
    def one_less(n, most):
        """Writes `n − 1` to `most` and returns the lanes with `n ≥ 2`."""
        borrow, several = ALL, NONE
        for i in range(bits):
            most[i] = u32(n[i] ^ borrow)
            borrow = u32(borrow & inverse(n[i]))
            if i > 0:
                several = u32(several | n[i])
        return several

    @device
    def decide(
        # Randomness:
        keys,
        shared,
        tick,
        # Strategies, those of the line-up's seats, and which of them each lane plays:
        pool,
        seats,
        seat,
        casts,
        cast,
        step,
        # What agents see: lanes that play, houses that burn:
        active,
        fire,
        # Out: where each goes, and how many nights each worked:
        aims,
        tally,
        t,
    ):
        # n, the number of fires; and n − 1, where there is one.
        n = cuda.local.array(bits, u32)
        most = cuda.local.array(bits, u32)
        index = cuda.local.array(bits, u32)
        for i in range(bits):
            n[i] = NONE
        burning = NONE
        for h in range(houses):
            burning = u32(burning | fire[h, t])
            add(n, fire[h, t])
        several = one_less(n, most)

        for a in range(agents):
            agent = u32(a)
            first = u32(seat + agent * u32(width))
            cast_first = cast + a * (width - 1) * step
            willing = active
            if firefighters:
                waits, own_first = flags(pool, seats, first, casts, cast_first, step)
                willing = u32(active & u32(burning | inverse(waits)))
            works, stays = duty(
                keys,
                shared,
                tick,
                agent,
                pool,
                seats,
                first,
                casts,
                cast_first,
                step,
                willing,
                fire[a % houses, t],
            )
            tally[a, t] = u32(tally[a, t] + count(works))
            goes = u32(works & u32(burning & inverse(stays)))
            for i in range(bits):
                index[i] = NONE
            slot = u32(SLOT_PICK + agent)
            if firefighters:
                number = cuda.local.array(bits, u32)
                fewer = cuda.local.array(bits, u32)
                for i in range(bits):
                    number[i] = n[i]
                own = own_fires(a, u32(own_first & goes), fire, number, t)
                chooses = u32(goes & one_less(number, fewer))
                if chooses != NONE:
                    pick(keys, shared, tick, slot, chooses, number, fewer, index)
                if own != NONE:
                    among_all(a, own, fire, index, t)
            else:
                chooses = u32(goes & several)
                if chooses != NONE:
                    pick(keys, shared, tick, slot, chooses, n, most, index)
            for i in range(bits):
                aims[a * (bits + 1) + i, t] = u32(index[i] | inverse(goes))
            aims[a * (bits + 1) + bits, t] = stays

    return decide
