"""The kernel that plays policies of any kind: a thread plays episode after episode, night by night.

It stands in the place of `play` and takes the same arguments. The rest of a run is the same, too:
who plays what was drawn for whole blocks, and counts are those of whole blocks.
"""

from numba import cuda

from bucket_brigade_cuda.kernels.acts import HOUSE_BITS, make_act
from bucket_brigade_cuda.kernels.lane_draws import caught_houses
from bucket_brigade_cuda.kernels.one_night import ALL_SAFE, make_catch, make_end, make_fight
from bucket_brigade_cuda.kernels.philox import of_block
from bucket_brigade_cuda.kernels.shape import Shape
from bucket_brigade_cuda.kernels.words import ALL, NONE, ONE, Function, inverse, lowest, u32, u64

#: Of an episode's number, the bits that say which of its block's it is.
LANE_BITS, LANE_MASK = u32(5), u32(31)


def make_play_each(shape: Shape) -> Function:
    """The kernel of a shape, as a Python function.

    The pool begins with a row of the scenario (`game_columns`), and `seats` says where policies
    begin in it. `counts` has to be zero at first: each thread adds what its episodes counted.

    Turn `i` is episode `i mod 32` of item `i div 32`, as `play` numbers items. A thread begins with
    the turn of its own number, and then takes the next one that nobody has.
    """
    houses, agents, width, d = shape.houses, shape.agents, shape.width, shape.counts
    burned_at, fell_at, saved_at = agents, agents + houses, agents + 2 * houses
    tallies = agents + 3 * houses
    safe_out, ended_out = 1 + agents, 1 + agents + 3 * houses
    every_house = u32((1 << houses) - 1)
    act, fight, catch, end_of = (
        make_act(shape),
        make_fight(shape),
        make_catch(shape),
        make_end(shape),
    )

    def play_each(
        # Randomness:
        keys,
        # What `play` alone reads:
        ladder_rows,
        # The scenario and policies, those of seats, which of them each lane plays:
        pool,
        seats,
        casts,
        # Out, for every item:
        counts,
        # Line-ups × blocks, and lanes of the first and the last block:
        items,
        blocks,
        first_block,
        first_lanes,
        last_lanes,
        # What the scenario says, too:
        min_nights,
        max_nights,
        no_fires_ends,
        # How many turns were taken after each thread's first one:
        taken,
    ):
        turn = u32(cuda.blockIdx.x * cuda.blockDim.x + cuda.threadIdx.x)
        threads_in_all = u32(cuda.gridDim.x * cuda.blockDim.x)
        turns = u32(items << LANE_BITS)
        game = u64(0)
        tally = cuda.local.array(tallies, u32)
        playing = cuda.local.array(agents, u64)
        past = cuda.local.array(agents, u32)
        acts = cuda.local.array(agents, u32)
        crowd = cuda.local.array(agents, u32)
        plays, item, bit, tick, burning, ruined = False, NONE, NONE, NONE, NONE, NONE
        shared = (NONE, NONE, NONE)
        while True:
            if not plays:
                if turn >= turns:
                    break
                item, bit = u32(turn >> LANE_BITS), u32(turn & LANE_MASK)
                # Whichever is next: so all threads end at about the same time.
                turn = u32(threads_in_all + cuda.atomic.add(taken, 0, ONE))
                lineup = u32(item // blocks)
                block = u32(item - u32(lineup * blocks))
                lanes = ALL
                if block == NONE:
                    lanes = u32(lanes & first_lanes)
                if u32(block + ONE) == blocks:
                    lanes = u32(lanes & last_lanes)
                plays = u32(lanes >> bit) & ONE != NONE
                shared = of_block(keys, u64(first_block + u64(block)))
                for a in range(agents):
                    later = NONE
                    for s in range(width - 1):
                        row = u64(a * (width - 1) + s) * u64(items) + u64(item)
                        later = u32(later + u32(u32(casts[row] >> bit) & ONE))
                    seat = u32(u32(u32(lineup * u32(agents)) + u32(a)) * u32(width))
                    playing[a] = u64(seats[u32(seat + later)])
                    past[a] = NONE
                for i in range(tallies):
                    tally[i] = NONE
                chance = pool[game]
                burning = caught_houses(
                    keys, shared, NONE, bit, every_house, NONE, NONE, chance, chance, chance
                )
                ruined, tick = NONE, ONE
            if plays:
                for k in range(agents):
                    crowd[k] = NONE
                for a in range(agents):
                    house, mode, _ = act(
                        keys, shared, tick, bit, u32(a), pool, playing[a], burning, ruined, past
                    )
                    tally[a] = u32(tally[a] + mode)
                    acts[a] = u32(house | u32(mode << HOUSE_BITS))
                    arrives = u32(mode << house)
                    for k in range(agents):
                        joins = u32(crowd[k] & arrives)
                        crowd[k] = u32(crowd[k] | arrives)
                        arrives = joins
                # Not before all have acted: some remember who was where.
                for a in range(agents):
                    past[a] = acts[a]
                saved = fight(keys, shared, tick, bit, burning, crowd, pool, game)
                fires = u32(burning & inverse(saved))
                caught = catch(keys, shared, tick, bit, fires, ruined, pool, game)
                ruined = u32(ruined | fires)
                safe = u32(every_house & inverse(u32(ruined | caught)))
                kept = u32(saved & inverse(caught))
                # Few houses change in a night; a ruin counts from it to the last one.
                while fires != NONE:
                    tally[u32(u32(fell_at) + lowest(fires))] = u32(tick - ONE)
                    fires = u32(fires & u32(fires - ONE))
                while kept != NONE:
                    at = u32(u32(saved_at) + lowest(kept))
                    tally[at] = u32(tally[at] + ONE)
                    kept = u32(kept & u32(kept - ONE))
                burning = caught
                while caught != NONE:
                    at = u32(u32(burned_at) + lowest(caught))
                    tally[at] = u32(tally[at] + ONE)
                    caught = u32(caught & u32(caught - ONE))
                end = end_of(tick, safe, ruined, burning, pool, game)
                if end != NONE:
                    # Of as many nights as the tick says.
                    out = u64(item) * u64(d)
                    cuda.atomic.add(counts, out, tick)
                    for a in range(agents):
                        cuda.atomic.add(counts, out + u64(1 + a), tally[a])
                    for h in range(houses):
                        lost = NONE
                        if u32(ruined >> u32(h)) & ONE != NONE:
                            lost = u32(tick - tally[fell_at + h])
                        stood = u32(tick - u32(tally[burned_at + h] + lost))
                        place = out + u64(safe_out + h)
                        cuda.atomic.add(counts, place, stood)
                        cuda.atomic.add(counts, place + u64(houses), lost)
                        cuda.atomic.add(counts, place + u64(2 * houses), tally[saved_at + h])
                    kind = u64(u32(end - ALL_SAFE))
                    cuda.atomic.add(counts, out + u64(ended_out) + kind, ONE)
                    plays = False
                tick = u32(tick + ONE)

    return play_each
