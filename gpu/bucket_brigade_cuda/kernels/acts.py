"""What a built-in agent does in the night of one episode, by the kind of its policy."""

from bucket_brigade_cuda.kernels.decide import SLOT_PICK
from bucket_brigade_cuda.kernels.duty import SLOT_WORK
from bucket_brigade_cuda.kernels.lane_draws import ZERO, index_of, rank
from bucket_brigade_cuda.kernels.numbers import (
    FLAGS,
    HOME,
    HONESTY,
    OWN_FIRST,
    RANDOM,
    SPECIALIST,
    TABLE,
    WAITS_FOR_FIRE,
    WORK,
)
from bucket_brigade_cuda.kernels.shape import Shape
from bucket_brigade_cuda.kernels.single import (
    HOUSE_BITS,
    make_random,
    make_specialist,
    make_table,
    make_ten_parameter,
)
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

__all__ = ["HOUSE_BITS", "make_act", "make_decide_one"]

SLOT_SIGNAL = u32(0x100)
TWO = u32(2)


def make_decide_one(shape: Shape) -> Function:
    """`decide_one(keys, shared, tick, bit, agent, pool, at, burning)`: house, mode and signal of a
    built-in agent whose policy begins at number `at` of the pool."""
    houses, agents = shape.houses, shape.agents
    owned_by_first = sum(1 << house for house in range(0, houses, agents))
    every_house = (1 << houses) - 1

    @device
    def decide_one(keys, shared, tick, bit, agent, pool, at, burning):
        home = u32(agent % u32(houses))
        flags = u32(pool[at + u64(FLAGS)])
        at_home, at_all = pool[at + u64(HOME)], pool[at + u64(WORK)]
        if u32(burning >> home) & ONE == NONE:
            at_home = ZERO
        if burning == NONE and flags & u32(WAITS_FOR_FIRE) != NONE:
            at_all = ZERO
        # 0: it works at home; 1: at a fire, if there is one; 2: it rests.
        what = rank(keys, shared, tick, u32(SLOT_WORK + agent), bit, at_home, at_all)
        house = home
        if what == ONE and burning != NONE:
            fires = burning
            if flags & u32(OWN_FIRST) != NONE:
                owned = u32(u32(owned_by_first) << agent) & u32(every_house)
                if burning & owned != NONE:
                    fires = u32(burning & owned)
            skipped = index_of(keys, shared, tick, u32(SLOT_PICK + agent), bit, count(fires))
            while skipped != NONE:
                fires = u32(fires & u32(fires - ONE))
                skipped = u32(skipped - ONE)
            house = lowest(fires)
        mode = ONE if what < TWO else NONE
        honesty = pool[at + u64(HONESTY)]
        lies = rank(keys, shared, tick, u32(SLOT_SIGNAL + agent), bit, honesty, honesty)
        signal = mode if lies == NONE else u32(mode ^ ONE)
        return house, mode, signal

    return decide_one


def make_act(shape: Shape) -> Function:
    """`act(keys, shared, tick, bit, agent, pool, at, burning, ruined, past)`: the same for a policy
    of any kind, of which some look at ruins, and at the acts of all agents last night: `past`, the
    house and, from bit `HOUSE_BITS` on, the mode."""
    decide_one, random, specialist = (
        make_decide_one(shape),
        make_random(shape),
        make_specialist(shape),
    )
    table, ten_parameter = make_table(shape), make_ten_parameter(shape)

    @device
    def act(keys, shared, tick, bit, agent, pool, at, burning, ruined, past):
        kind = u32(pool[at + u64(FLAGS)])
        if kind < u32(RANDOM):
            house, mode, signal = decide_one(keys, shared, tick, bit, agent, pool, at, burning)
        elif kind == u32(RANDOM):
            house, mode, signal = random(keys, shared, tick, bit, agent)
        elif kind == u32(SPECIALIST):
            house, mode = specialist(agent, burning)
            signal = mode
        elif kind == u32(TABLE):
            house, mode = table(keys, shared, tick, bit, agent, pool, at, burning, ruined)
            signal = mode
        else:
            house, mode, signal = ten_parameter(
                keys, shared, tick, bit, agent, pool, at, burning, past
            )
        return house, mode, signal

    return act
