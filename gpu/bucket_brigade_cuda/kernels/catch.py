"""Steps 2 and 3 of a night, and its beginning before night 0: houses catch fire."""

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
    u32,
)

SLOT_CATCH = u32(0x000)
TWO = u32(2)


def make_catch(shape: Shape) -> Function:
    """`catch(keys, shared, tick, rows, active, fire, over, caught, pending, t)`: writes to `caught`
    the lanes in which each house burns at the end of the night. The ladder of 0, 1, 2 fires next
    door begins at row 0. Returns the houses that caught fire in some lane, as the bits of a word;
    the lanes with a fire; those where all houses were safe after the fight; and those where some
    was.

    Eight planes decide nearly every lane. A thread that still has an undecided one notes the
    house and goes on, and comes back to its late houses in the end: threads in lock step then wait
    for the one with most of them, not at every house for whichever is undecided there.
    """
    houses = shape.houses
    look = make_look(3)

    @device
    def catch(keys, shared, tick, rows, active, fire, over, caught, pending, t):
        beside = cuda.local.array(2, u32)
        quads = rows[0, QUADS]
        late, lit, fires = NONE, NONE, NONE
        every_safe, some_safe = active, NONE

        left = u32(fire[houses - 1, t] & inverse(over[houses - 1, t]))
        fire_here, over_here = fire[0, t], over[0, t]
        for h in range(houses):
            next_h = h + 1 if h + 1 < houses else 0
            fire_next, over_next = fire[next_h, t], over[next_h, t]
            right = u32(fire_next & inverse(over_next))
            beside[0], beside[1] = u32(left | right), u32(left & right)
            # Burning and not put out, or ruined: where the two planes differ.
            safe = u32(active & inverse(u32(fire_here ^ over_here)))
            every_safe = u32(every_safe & safe)
            some_safe = u32(some_safe | safe)
            certain = change(rows[0, CERTAIN], beside[0], rows[1, CERTAIN])
            certain = change(certain, beside[1], rows[2, CERTAIN])
            undecided = change(rows[0, OPEN], beside[0], rows[1, OPEN])
            undecided = change(undecided, beside[1], rows[2, OPEN])
            burns, undecided = u32(safe & certain), u32(safe & undecided)
            if undecided != NONE:
                stream = of_slot(keys, shared, tick, u32(SLOT_CATCH + u32(h)))
                u = planes(keys, stream, NONE)
                found, undecided = look(rows, 0, beside, NONE, u, undecided)
                burns = u32(burns | found)
                if quads > ONE:
                    u = planes(keys, stream, ONE)
                    found, undecided = look(rows, 0, beside, ONE, u, undecided)
                    burns = u32(burns | found)
                if undecided != NONE and quads > TWO:
                    late = u32(late | u32(ONE << u32(h)))
                    pending[h, t] = undecided
            caught[h, t] = burns
            fires = u32(fires | burns)
            if burns != NONE:
                lit = u32(lit | u32(ONE << u32(h)))
            left = u32(fire_here & inverse(over_here))
            fire_here, over_here = fire_next, over_next

        quad = TWO
        while late != NONE:
            number = lowest(late)
            h = int(number)
            before = h - 1 if h > 0 else houses - 1
            after = h + 1 if h + 1 < houses else 0
            left = u32(fire[before, t] & inverse(over[before, t]))
            right = u32(fire[after, t] & inverse(over[after, t]))
            beside[0], beside[1] = u32(left | right), u32(left & right)
            stream = of_slot(keys, shared, tick, u32(SLOT_CATCH + number))
            u = planes(keys, stream, quad)
            found, undecided = look(rows, 0, beside, quad, u, pending[h, t])
            if found != NONE:
                caught[h, t] = u32(caught[h, t] | found)
                fires = u32(fires | found)
                lit = u32(lit | u32(ONE << number))
            pending[h, t] = undecided
            quad = u32(quad + ONE)
            if undecided == NONE or quad == quads:
                late = u32(late & u32(late - ONE))
                quad = TWO
        return lit, fires, every_safe, some_safe

    return catch
