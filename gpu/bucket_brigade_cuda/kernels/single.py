"""Policies that play one episode at a time: tables, the random agent, the specialist, and the
original project's agent of ten parameters (`docs/rules.md`, `docs/randomness.md`).

Only kernels of shapes with `singles` have any of this, so that others pay nothing for it.
"""

from numba import cuda

from bucket_brigade_cuda.kernels.lane_draws import index_of, rank, weighted
from bucket_brigade_cuda.kernels.numbers import (
    BESIDE,
    CLAIMS,
    CROWD,
    DANGER,
    DRAWN,
    EXPLORES,
    FIRE,
    HONEST,
    LEAST,
    NEAR,
    NIGHT_BITS,
    NUMBERS,
    OWN,
    REPEATS,
    ROWS,
    RUNS,
    TABLE_BITS,
)
from bucket_brigade_cuda.kernels.shape import Shape
from bucket_brigade_cuda.kernels.words import (
    NONE,
    ONE,
    Function,
    count,
    device,
    lowest,
    u32,
    u64,
)

SLOT_ACT, SLOT_HOUSE, SLOT_MODE, SLOT_CLAIM = u32(0x180), u32(0x1C0), u32(0x200), u32(0x240)
SLOT_EXPLORE, SLOT_EXPLORE_HOUSE, SLOT_EXPLORE_MODE = u32(0x280), u32(0x2C0), u32(0x300)
SLOT_REPEAT = u32(0x340)
#: The threshold of one half.
EVEN = u64(1 << 31)
#: Acts of last night are words: the house, and the mode above these bits.
HOUSE_BITS, HOUSE_MASK = u32(8), u32(255)
ACT_MASK, NIGHT_MASK = u64(255), u64((1 << NIGHT_BITS) - 1)


@device
def is_below(keys, shared, tick, slot, bit, threshold):
    """1 if the uniform is below a threshold, else 0."""
    return ONE if rank(keys, shared, tick, slot, bit, threshold, threshold) == NONE else NONE


def make_random(shape: Shape) -> Function:
    """`random(keys, shared, tick, bit, agent)`: any house, mode and signal."""
    houses = shape.houses

    @device
    def random(keys, shared, tick, bit, agent):
        house = index_of(keys, shared, tick, u32(SLOT_HOUSE + agent), bit, u32(houses))
        mode = is_below(keys, shared, tick, u32(SLOT_MODE + agent), bit, EVEN)
        signal = is_below(keys, shared, tick, u32(SLOT_CLAIM + agent), bit, EVEN)
        return house, mode, signal

    return random


def make_specialist(shape: Shape) -> Function:
    """`specialist(agent, burning)`: the lowest house of its own that burns, to work there, or else
    the lowest of its own, to rest; and the mode, which is the signal too."""
    houses, agents = shape.houses, shape.agents
    owned_by_first = sum(1 << house for house in range(0, houses, agents))
    every_house = (1 << houses) - 1

    @device
    def specialist(agent, burning):
        owned = u32(u32(u32(owned_by_first) << agent) & u32(every_house))
        house, mode = u32(agent % u32(houses)), NONE
        if owned & burning != NONE:
            house, mode = lowest(u32(owned & burning)), ONE
        elif owned != NONE:
            house = lowest(owned)
        return house, mode

    return specialist


def make_table(shape: Shape) -> Function:
    """`table(keys, shared, tick, bit, agent, pool, at, burning, ruined)`: house and mode, which is
    the signal too."""
    houses = shape.houses
    width = u32(1 + houses)

    @device
    def table(keys, shared, tick, bit, agent, pool, at, burning, ruined):
        state = NONE
        for i in range(houses):
            h = u32(houses - 1 - i)
            code = u32(u32(u32(burning >> h) & ONE) + u32(u32(u32(ruined >> h) & ONE) << ONE))
            state = u32(u32(state * u32(3)) + code)
        word = pool[pool[at + u64(NUMBERS)] + u64(state)]
        act = u32(word & ACT_MASK)
        if act == u32(DRAWN):
            run = u64(pool[at + u64(RUNS)] + u64(word >> u64(TABLE_BITS)))
            # A run ends before the night in its lowest bits; the last one with the episode.
            while u32(pool[run] & NIGHT_MASK) < tick:
                run = u64(run + u64(1))
            word = u64(pool[run] >> u64(NIGHT_BITS))
            act = u32(word & ACT_MASK)
            if act == u32(DRAWN):
                row = u64(pool[at + u64(ROWS)] + u64(u64(word >> u64(TABLE_BITS)) * u64(width)))
                act = weighted(keys, shared, tick, u32(SLOT_ACT + agent), bit, pool, row, width)
        house, mode = u32(agent % u32(houses)), NONE
        if act != NONE:
            house, mode = u32(act - ONE), ONE
        return house, mode

    return table


def make_ten_parameter(shape: Shape) -> Function:
    """`ten_parameter(keys, shared, tick, bit, agent, pool, at, burning, past)`: house, mode and
    signal, where `past` has the acts of all agents last night."""
    houses, agents = shape.houses, shape.agents
    intents = NEAR + houses // 2 + 1

    @device
    def weigh(pool, numbers, home, burning, past, sums):
        """Writes the running sums of the weights of houses."""
        for h in range(houses):
            sums[h] = u64(0)
        crowd = pool[numbers + u64(CROWD)]
        for a in range(agents):
            there = u32(past[a] & HOUSE_MASK)
            sums[there] = u64(sums[there] + crowd)
        left = u32(u32(burning << ONE) | u32(burning >> u32(houses - 1)))
        right = u32(u32(burning >> ONE) | u32(burning << u32(houses - 1)))
        total = u64(0)
        for h in range(houses):
            house = u32(h)
            apart = u32(max(house, home) - min(house, home))
            apart = min(apart, u32(u32(houses) - apart))
            weight = u64(sums[h] + pool[numbers + u64(NEAR) + u64(apart)])
            if apart == NONE:
                weight = u64(weight + pool[numbers + u64(OWN)])
            if u32(burning >> house) & ONE != NONE:
                weight = u64(weight + pool[numbers + u64(FIRE)])
            fires = u32(u32(u32(left >> house) & ONE) + u32(u32(right >> house) & ONE))
            danger = u64(pool[numbers + u64(DANGER)] * u64(fires))
            if fires != NONE:
                weight = u64(weight + pool[numbers + u64(BESIDE)])
            least = pool[numbers + u64(LEAST)]
            if weight < u64(danger + least):
                weight = u64(danger + least)
            total = u64(total + u64(weight - danger))
            sums[h] = total

    @device
    def ten_parameter(keys, shared, tick, bit, agent, pool, at, burning, past):
        sums = cuda.local.array(houses, u64)
        numbers = pool[at + u64(NUMBERS)]
        home = u32(agent % u32(houses))
        case = u32(u32(count(burning) << ONE) | u32(u32(burning >> home) & ONE))
        intent = pool[numbers + u64(intents) + u64(case)]
        honesty = pool[numbers + u64(HONEST)]
        claims = u32(intent >> u64(CLAIMS))
        agrees = is_below(keys, shared, tick, u32(SLOT_CLAIM + agent), bit, honesty)
        signal = ONE if claims == agrees else NONE
        # What it did last night comes before anything, which comes before what it wants.
        repeats = pool[numbers + u64(REPEATS)] if tick > ONE else u64(0)
        explores = pool[numbers + u64(EXPLORES)]
        if is_below(keys, shared, tick, u32(SLOT_REPEAT + agent), bit, repeats) != NONE:
            house = u32(past[agent] & HOUSE_MASK)
            mode = u32(past[agent] >> HOUSE_BITS)
        elif is_below(keys, shared, tick, u32(SLOT_EXPLORE + agent), bit, explores) != NONE:
            slot = u32(SLOT_EXPLORE_HOUSE + agent)
            house = index_of(keys, shared, tick, slot, bit, u32(houses))
            mode = is_below(keys, shared, tick, u32(SLOT_EXPLORE_MODE + agent), bit, EVEN)
        else:
            work = honesty if signal != NONE else u64(intent & u64((1 << CLAIMS) - 1))
            mode = is_below(keys, shared, tick, u32(SLOT_MODE + agent), bit, work)
            weigh(pool, numbers, home, burning, past, sums)
            slot = u32(SLOT_HOUSE + agent)
            house = weighted(keys, shared, tick, slot, bit, sums, u64(0), u32(houses))
        return house, mode, signal

    return ten_parameter
