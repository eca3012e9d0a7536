"""The kernel that plays: a thread plays block after block of 32 episodes, night by night."""

from numba import cuda

from bucket_brigade_cuda.kernels.catch import make_catch
from bucket_brigade_cuda.kernels.decide import make_decide
from bucket_brigade_cuda.kernels.fight import make_fight
from bucket_brigade_cuda.kernels.philox import of_block
from bucket_brigade_cuda.kernels.shape import Shape
from bucket_brigade_cuda.kernels.tables import ROW
from bucket_brigade_cuda.kernels.tally import make_end, make_turn
from bucket_brigade_cuda.kernels.words import (
    ALL,
    NONE,
    ONE,
    Function,
    count,
    inverse,
    make_shared_rows,
    u32,
    u64,
)


def make_play(shape: Shape) -> Function:
    """The kernel of a shape, as a Python function.

    Its planes lie in shared memory, `[plane, thread]`, and nothing in them is seen by another
    thread:

    - `fire`: what burned when the night began;
    - `over`: what was ruined then; after the fight also what was put out. So a fire survives where
      `fire` and not `over`, and a house is ruined where `over` and not `fire`;
    - `caught`: what burns when the night ends;
    - `aims`: where the agents go; and later in the night, in the same place, `pending`: lanes that
      `catch` has still to decide.

    A night has two halves that share no more than `aims`: `decide`, which alone knows what agents
    are, writes them and counts who works; `fight`, `catch` and `turn` read them and play the rules.

    Item `i` is block `i mod blocks` of line-up `i div blocks`. A thread begins with the item of its
    own number, and then takes the next one that nobody has; `taken`, zero at first, counts these.
    """
    houses, agents, width = shape.houses, shape.agents, shape.width
    threads, d = shape.threads, shape.counts
    ladders = 3 + agents
    aim_planes = shape.aim_planes
    tallies = agents + 3 * houses
    ruined_at, saved_at = agents + houses, agents + 2 * houses
    safe_at, ended_at = 1 + agents, 1 + agents + 3 * houses
    decide, fight, catch = make_decide(shape), make_fight(shape), make_catch(shape)
    turn, end = make_turn(shape), make_end(shape)

    ladder_array = make_shared_rows(ladders, ROW)

    def play(
        # Randomness:
        keys,
        # What happens to houses:
        ladder_rows,
        # What agents do: strategies, those of seats, which of them each lane plays:
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
        # When episodes end:
        min_nights,
        max_nights,
        no_fires_ends,
        # How many items were taken after each thread's first one:
        taken,
    ):
        rows = ladder_array()
        fire = cuda.shared.array((houses, threads), u32)
        over = cuda.shared.array((houses, threads), u32)
        caught = cuda.shared.array((houses, threads), u32)
        aims = cuda.shared.array((aim_planes, threads), u32)
        tally = cuda.shared.array((tallies, threads), u32)

        t = cuda.threadIdx.x
        for i in range(t, ROW, cuda.blockDim.x):
            for row in range(ladders):
                rows[row, i] = ladder_rows[row, i]
        cuda.syncthreads()

        item = u32(cuda.blockIdx.x * cuda.blockDim.x + t)
        threads_in_all = u32(cuda.gridDim.x * cuda.blockDim.x)
        begun = False
        active, tick, seat = NONE, NONE, NONE
        burning_houses, ruined_houses = NONE, NONE
        shared = (NONE, NONE, NONE)
        nights, all_safes, all_ruins, no_fires, caps = NONE, NONE, NONE, NONE, NONE
        while True:
            if active == NONE:
                if begun:
                    at = u64(item) * u64(d)
                    counts[at] = nights
                    for i in range(agents):
                        counts[at + u64(1 + i)] = tally[i, t]
                    for h in range(houses):
                        burning, ruined = tally[agents + h, t], tally[ruined_at + h, t]
                        counts[at + u64(safe_at + h)] = u32(nights - u32(burning + ruined))
                        counts[at + u64(safe_at + houses + h)] = ruined
                        counts[at + u64(safe_at + 2 * houses + h)] = tally[saved_at + h, t]
                    counts[at + u64(ended_at)] = all_safes
                    counts[at + u64(ended_at + 1)] = all_ruins
                    counts[at + u64(ended_at + 2)] = no_fires
                    counts[at + u64(ended_at + 3)] = caps
                    # Whichever is next: so all threads end at about the same time.
                    item = u32(threads_in_all + cuda.atomic.add(taken, 0, ONE))
                if item >= items:
                    break
                begun = True
                lineup = u32(item // blocks)
                block = u32(item - u32(lineup * blocks))
                seat = u32(lineup * u32(agents * width))
                shared = of_block(keys, u64(first_block + u64(block)))
                active = ALL
                if block == NONE:
                    active = u32(active & first_lanes)
                if u32(block + ONE) == blocks:
                    active = u32(active & last_lanes)
                tick, burning_houses, ruined_houses = NONE, NONE, NONE
                nights, all_safes, all_ruins, no_fires, caps = NONE, NONE, NONE, NONE, NONE
                for h in range(houses):
                    fire[h, t] = NONE
                    over[h, t] = NONE
                for i in range(tallies):
                    tally[i, t] = NONE

            # Before night 0 nothing burns and nobody acts: houses only catch fire.
            if tick > NONE:
                decide(
                    keys,
                    shared,
                    tick,
                    pool,
                    seats,
                    seat,
                    casts,
                    u64(item),
                    u64(items),
                    active,
                    fire,
                    aims,
                    tally,
                    t,
                )
                fight(keys, shared, tick, rows, 3, burning_houses, fire, over, aims, t)
            lit, fires, every_safe, some_safe = catch(
                keys, shared, tick, rows, active, fire, over, caught, aims, t
            )
            if tick == NONE:
                for h in range(houses):
                    fire[h, t] = caught[h, t]
            else:
                night = u32(tick - ONE)
                changed = u32(burning_houses | lit)
                fallen = turn(night, changed, fire, over, caught, tally, t)
                ruined_houses = u32(ruined_houses | fallen)
                nights = u32(nights + count(active))

                all_safe, all_ruined, quiet, capped = NONE, NONE, NONE, NONE
                if night >= min_nights:
                    all_safe = u32(every_safe & inverse(fires))
                    # No house was safe after the fight: those that burned have fallen.
                    all_ruined = u32(active & inverse(some_safe))
                    if no_fires_ends != NONE:
                        quiet = u32(active & inverse(u32(fires | u32(all_safe | all_ruined))))
                ended = u32(all_safe | u32(all_ruined | quiet))
                if tick == max_nights:
                    capped = u32(active & inverse(ended))
                    ended = active
                if ended != NONE:
                    all_safes = u32(all_safes + count(all_safe))
                    all_ruins = u32(all_ruins + count(all_ruined))
                    no_fires = u32(no_fires + count(quiet))
                    caps = u32(caps + count(capped))
                    active = u32(active & inverse(ended))
                    end(night, ended, u32(ruined_houses | lit), fire, over, tally, t)
            burning_houses = lit
            tick = u32(tick + ONE)

    return play
