"""What is counted: nights that houses burn or lie in ruins, and saves.

Most houses change nothing on most nights, so only changes are counted. A ruin at night `n` of an
episode that ends after night `m` is there for `m − n + 1` nights: `n` is subtracted when it falls
down, and `m + 1` added in the end, modulo 2^32. Safe nights are what is left of all nights.
"""

from bucket_brigade_cuda.kernels.shape import Shape
from bucket_brigade_cuda.kernels.words import (
    NONE,
    ONE,
    Function,
    count,
    device,
    inverse,
    lowest,
    minus,
    plus,
    u32,
)


def make_turn(shape: Shape) -> Function:
    """`turn(night, changed, fire, over, caught, tally, t)`: counts what a night did to the houses
    in `changed`, the bits of a word, and makes its end the next one's beginning. Returns the houses
    that fell to ruins in some lane.
    """
    burning_at = shape.agents
    ruined_at, saved_at = burning_at + shape.houses, burning_at + 2 * shape.houses

    @device
    def turn(night, changed, fire, over, caught, tally, t):
        fallen_houses = NONE
        while changed != NONE:
            number = lowest(changed)
            changed = u32(changed & u32(changed - ONE))
            h = int(number)
            was_burning, was_over, burns = fire[h, t], over[h, t], caught[h, t]
            saved = u32(u32(was_burning & was_over) & inverse(burns))
            fallen = u32(was_burning & inverse(was_over))
            tally[burning_at + h, t] = u32(tally[burning_at + h, t] + count(burns))
            tally[saved_at + h, t] = u32(tally[saved_at + h, t] + count(saved))
            if fallen != NONE:
                fallen_houses = u32(fallen_houses | u32(ONE << number))
                before = u32(night * count(fallen))
                tally[ruined_at + h, t] = minus(tally[ruined_at + h, t], before)
            fire[h, t] = burns
            over[h, t] = u32(was_burning ^ was_over)
        return fallen_houses

    return turn


def make_end(shape: Shape) -> Function:
    """`end(night, ended, touched, fire, over, tally, t)`: counts the ruins of episodes that end
    with a night, and clears their lanes, in those houses, `touched`, that have a fire or a ruin.
    """
    ruined_at = shape.agents + shape.houses

    @device
    def end(night, ended, touched, fire, over, tally, t):
        while touched != NONE:
            h = int(lowest(touched))
            touched = u32(touched & u32(touched - ONE))
            ruined = over[h, t]
            nights = u32(u32(night + ONE) * count(u32(ruined & ended)))
            tally[ruined_at + h, t] = plus(tally[ruined_at + h, t], nights)
            fire[h, t] = u32(fire[h, t] & inverse(ended))
            over[h, t] = u32(ruined & inverse(ended))

    return end
