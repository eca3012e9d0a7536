"""What the kernels of environments share: how an episode begins in a lane, and what it shows.

A thread has one lane. Arrays of state have a row for each fact and a column for each lane
(`lane_tables`), so that neighbouring threads touch neighbouring words; arrays for users have a row
for each lane.
"""

from numba import cuda

from bucket_brigade_cuda.kernels.cast import SLOT_MIXTURE
from bucket_brigade_cuda.kernels.lane_draws import ALWAYS, caught_houses, uniform
from bucket_brigade_cuda.kernels.lane_tables import LAST, SUMS, game_columns, sum_rows
from bucket_brigade_cuda.kernels.philox import of_block
from bucket_brigade_cuda.kernels.shape import Shape
from bucket_brigade_cuda.kernels.words import NONE, ONE, Function, device, u32, u64

BLOCK_BITS, BLOCK_MASK = u64(5), u64(31)
HALF = u64(32)
EVERY = u64(0xFFFFFFFFFFFFFFFF)


@device
def block_of(keys, episode):
    """What all draws of an episode share, and which of its block's 32 it is."""
    return of_block(keys, u64(episode >> BLOCK_BITS)), u32(episode & BLOCK_MASK)


@device
def scenario_of(episode, scenarios):
    """Number of the scenario that an episode plays."""
    number = NONE
    if scenarios > ONE:
        number = u32(episode % u64(scenarios))
    return number


@device
def note(notes, kind, place, value):
    """Notes a value that is not allowed; the one with the smallest place is kept.

    The complement is stored, so that zero stands for nothing, and the greatest is kept.
    """
    key = u64(u64(u64(place) << HALF) | u64(value))
    cuda.atomic.max(notes, kind, u64(EVERY ^ key))


@device
def advance(longs, lanes, lane, status, stride):
    """Gives a lane the number of its next episode and the one after it, if there is one; returns
    its status."""
    number = longs[lanes + lane]
    longs[lane] = number
    following = u64(number + stride)
    longs[lanes + lane] = following
    if following < number:
        status = u32(status | u32(LAST))
    return status


def make_start(shape: Shape) -> Function:
    """`start(keys, episode, scenario, game, entries, limits, width, outside, words, lanes, lane)`:
    begins an episode: draws what built-in seats play and the first fires, which it returns, and
    clears the lane's sums.
    """
    houses, agents = shape.houses, shape.agents
    sums, columns = sum_rows(shape), game_columns(shape)
    every_house = u32((1 << houses) - 1)

    @device
    def start(keys, episode, scenario, game, entries, limits, width, outside, words, lanes, lane):
        shared, bit = block_of(keys, episode)
        for row in range(SUMS, SUMS + sums):
            words[u64(row) * lanes + lane] = NONE
        for a in range(agents):
            if u32(outside >> u32(a)) & ONE == NONE:
                first = u64(u32(u32(scenario * u32(agents)) + u32(a)) * width)
                chosen = first
                if limits[first] != ALWAYS:
                    u = u64(uniform(keys, shared, NONE, u32(SLOT_MIXTURE + u32(a)), bit))
                    # The last threshold is above every number.
                    while limits[chosen] <= u:
                        chosen = u64(chosen + u64(1))
                words[u64(SUMS + sums + a) * lanes + lane] = entries[chosen]
        none = game[u64(scenario) * u64(columns)]
        return caught_houses(keys, shared, NONE, bit, every_house, NONE, NONE, none, none, none)

    return start


def make_show(shape: Shape) -> Function:
    """`show(houses_out, lane, burning, ruined)`: writes the state of each house."""
    houses = shape.houses

    @device
    def show(houses_out, lane, burning, ruined):
        for h in range(houses):
            burns, lies = u32(burning >> u32(h)) & ONE, u32(ruined >> u32(h)) & ONE
            houses_out[lane * u64(houses) + u64(h)] = u32(burns | u32(lies << ONE))

    return show
