"""The kernel `night`: an environment's step, a night of one lane's episode a thread."""

from numba import cuda

from bucket_brigade_cuda.kernels.acts import HOUSE_BITS, make_act, make_decide_one
from bucket_brigade_cuda.kernels.lane_tables import (
    BAD_ACTION,
    BURNING,
    LAST,
    NIGHT,
    NOT_RESET,
    PER_EPISODE,
    PER_NIGHT,
    PER_TOTAL,
    PER_WORK,
    RUINED,
    SINCE,
    SPENT,
    STATUS,
    SUMS,
    WAITS,
    game_columns,
    sum_rows,
    weight_columns,
)
from bucket_brigade_cuda.kernels.lanes import (
    advance,
    block_of,
    make_show,
    make_start,
    note,
    scenario_of,
)
from bucket_brigade_cuda.kernels.numbers import POLICY_COLUMNS
from bucket_brigade_cuda.kernels.one_night import CAPPED, make_catch, make_end, make_fight
from bucket_brigade_cuda.kernels.shape import Shape
from bucket_brigade_cuda.kernels.words import (
    NONE,
    ONE,
    Function,
    count,
    device,
    f32,
    f64,
    inverse,
    rounded_product,
    rounded_sum,
    u32,
    u64,
)

TWO = u32(2)


@device
def number_at(actions, place, size):
    """A number of an action, of 1, 4 or 8 bytes, in 32 bits with a sign; -2^31 for one beyond."""
    at = u64(place) * u64(size)
    value = u32(actions[at])
    if size > ONE:
        for i in range(1, 4):
            value = u32(value | u32(u32(actions[at + u64(i)]) << u32(8 * i)))
    if size > u32(4):
        sign = u32(255) if value >> u32(31) != NONE else NONE
        for i in range(4, 8):
            if u32(actions[at + u64(i)]) != sign:
                value = u32(0x80000000)
    return value


def make_worth(shape: Shape) -> Function:
    """`worth(weights, at, nights, worked, totals)`: a reward or a return, added up in the order of
    the CPU, each product and sum rounded; the agent's weights begin at `at`."""
    totals_of = 1 + 2 * shape.owners

    @device
    def worth(weights, at, nights, worked, totals):
        total = rounded_sum(f64(0.0), weights[at + u64(PER_EPISODE)])
        total = rounded_sum(total, rounded_product(weights[at + u64(PER_NIGHT)], nights))
        total = rounded_sum(total, rounded_product(weights[at + u64(PER_WORK)], worked))
        for i in range(totals_of):
            each = rounded_product(weights[at + u64(PER_TOTAL + i)], totals[i])
            total = rounded_sum(total, each)
        return total

    return worth


def make_night(shape: Shape) -> Function:
    """The kernel of a shape, as a Python function.

    A lane that waits for a reset is not played, and an action that is not allowed makes its agent
    rest at home: both are noted. `actions` holds numbers of `size` bytes.
    """
    houses, agents, owners = shape.houses, shape.agents, shape.owners
    every_house = u32((1 << houses) - 1)
    owned_by_first = sum(1 << house for house in range(0, houses, agents))
    columns, weight_row, sums = game_columns(shape), weight_columns(shape), sum_rows(shape)
    safe_row, ruined_row, saved_row = SUMS + agents, SUMS + agents + 1, SUMS + agents + 1 + owners
    policies = SUMS + sums
    totals_of = 1 + 2 * owners
    decide_one, worth = make_decide_one(shape), make_worth(shape)
    singles, act = shape.singles, make_act(shape)
    fight, catch, end_of = make_fight(shape), make_catch(shape), make_end(shape)
    start, show = make_start(shape), make_show(shape)

    @device
    def add(words, row, lanes, lane, event):
        """Adds to a sum, which most events leave as it is."""
        if event != NONE:
            at = u64(row) * lanes + lane
            words[at] = u32(words[at] + event)

    def night(
        # Randomness:
        keys,
        # What is played: scenarios, their worth, policies, those of seats:
        game,
        weights,
        pool,
        entries,
        limits,
        scenarios,
        width,
        outside,
        # How lanes go on:
        stride,
        same_step,
        cap_terminates,
        # What agents do:
        actions,
        size,
        # Lanes, and their state:
        lane_count,
        longs,
        words,
        # Out: what is seen,
        seen_houses,
        seen_actions,
        seen_night,
        seen_episode,
        # what the night brought,
        rewards,
        terminated,
        truncated,
        # and what episodes that ended leave:
        final_houses,
        final_actions,
        final_night,
        final_episode,
        ends,
        returns,
        # What was wrong:
        notes,
    ):
        number = u32(cuda.blockIdx.x * cuda.blockDim.x + cuda.threadIdx.x)
        if number >= lane_count:
            return
        lane, lanes = u64(number), u64(lane_count)
        status = words[u64(STATUS) * lanes + lane]
        if status & u32(WAITS) != NONE:
            note(notes, NOT_RESET, number, NONE)
            terminated[lane], truncated[lane], ends[lane] = NONE, NONE, NONE
            for a in range(agents):
                rewards[lane * u64(agents) + u64(a)] = f32(0.0)
            return

        episode = longs[lane]
        scenario = scenario_of(episode, scenarios)
        at = u64(scenario) * u64(columns)
        shared, bit = block_of(keys, episode)
        burning, ruined = words[u64(BURNING) * lanes + lane], words[u64(RUINED) * lanes + lane]
        tonight = words[u64(NIGHT) * lanes + lane]
        tick = u32(tonight + ONE)

        # Who does what: `crowd[k]` has the houses with more than k workers.
        crowd = cuda.local.array(agents, u32)
        for k in range(agents):
            crowd[k] = NONE
        workers = NONE
        if singles:
            # Of all agents before any acts: some remember who was where.
            past = cuda.local.array(agents, u32)
            for a in range(agents):
                item = lane * u64(3 * agents) + u64(3 * a)
                mode = u32(seen_actions[item + u64(1)])
                past[a] = u32(u32(seen_actions[item]) | u32(mode << HOUSE_BITS))
        for a in range(agents):
            agent = u32(a)
            first = u32(u32(number * u32(3 * agents)) + u32(3 * a))
            if u32(outside >> agent) & ONE != NONE:
                house = number_at(actions, first, size)
                mode = number_at(actions, u32(first + ONE), size)
                signal = number_at(actions, u32(first + TWO), size)
                if house >= u32(houses) or mode > ONE or signal > ONE:
                    place, value = first, house
                    if house < u32(houses):
                        place, value = u32(first + ONE), mode
                        if mode <= ONE:
                            place, value = u32(first + TWO), signal
                    note(notes, BAD_ACTION, place, value)
                    house, mode, signal = u32(a % houses), NONE, NONE
            else:
                policy = u64(words[u64(policies + a) * lanes + lane]) * u64(POLICY_COLUMNS)
                if singles:
                    house, mode, signal = act(
                        keys, shared, tick, bit, agent, pool, policy, burning, ruined, past
                    )
                else:
                    house, mode, signal = decide_one(
                        keys, shared, tick, bit, agent, pool, policy, burning
                    )
            seen_actions[u64(first)] = house
            seen_actions[u64(first) + u64(1)] = mode
            seen_actions[u64(first) + u64(2)] = signal
            workers = u32(workers | u32(mode << agent))
            add(words, SUMS + a, lanes, lane, mode)
            arrives = u32(mode << house)
            for k in range(agents):
                joins = u32(crowd[k] & arrives)
                crowd[k] = u32(crowd[k] | arrives)
                arrives = joins

        saved = fight(keys, shared, tick, bit, burning, crowd, game, at)
        # What still burned is in ruins.
        fires = u32(burning & inverse(saved))
        caught = catch(keys, shared, tick, bit, fires, ruined, game, at)
        ruined = u32(ruined | fires)
        kept = u32(saved & inverse(caught))
        safe = u32(every_house & inverse(u32(ruined | caught)))

        # What it brings, to be added up.
        totals = cuda.local.array(totals_of, f64)
        totals[0] = f64(count(safe))
        add(words, safe_row, lanes, lane, count(safe))
        for owner in range(owners):
            owned = u32(u32(u32(owned_by_first) << u32(owner)) & every_house)
            lost, held = count(u32(ruined & owned)), count(u32(kept & owned))
            totals[1 + owner], totals[1 + owners + owner] = f64(lost), f64(held)
            add(words, ruined_row + owner, lanes, lane, lost)
            add(words, saved_row + owner, lanes, lane, held)
        paid = u64(scenario) * u64(agents * weight_row)
        for a in range(agents):
            worked = f64(u32(u32(workers >> u32(a)) & ONE))
            reward = worth(weights, paid + u64(a * weight_row), f64(1.0), worked, totals)
            rewards[lane * u64(agents) + u64(a)] = f32(reward)

        # Whether it was the last one.
        end = end_of(tick, safe, ruined, caught, game, at)
        capped = ONE if end == CAPPED and cap_terminates == NONE else NONE
        truncated[lane] = capped
        terminated[lane] = u32((ONE if end != NONE else NONE) ^ capped)
        ends[lane] = end

        night_to_come, burning = tick, caught
        if end != NONE:
            show(final_houses, lane, burning, ruined)
            for i in range(3 * agents):
                item = lane * u64(3 * agents) + u64(i)
                final_actions[item] = seen_actions[item]
            final_night[lane] = tick
            final_episode[lane] = episode
            nights = f64(u32(tick - words[u64(SINCE) * lanes + lane]))
            for i in range(totals_of):
                totals[i] = f64(words[u64(safe_row + i) * lanes + lane])
            for a in range(agents):
                worked = f64(words[u64(SUMS + a) * lanes + lane])
                total = worth(weights, paid + u64(a * weight_row), nights, worked, totals)
                returns[lane * u64(agents) + u64(a)] = total
            if same_step == NONE:
                status = u32(status | u32(WAITS))
            elif status & u32(LAST) != NONE:
                status = u32(status | u32(WAITS))
                note(notes, SPENT, number, NONE)
            else:
                status = advance(longs, lanes, lane, status, stride)
                episode = longs[lane]
                burning = start(
                    keys,
                    episode,
                    scenario_of(episode, scenarios),
                    game,
                    entries,
                    limits,
                    width,
                    outside,
                    words,
                    lanes,
                    lane,
                )
                ruined, night_to_come = NONE, NONE
                words[u64(SINCE) * lanes + lane] = NONE
                for i in range(3 * agents):
                    seen_actions[lane * u64(3 * agents) + u64(i)] = NONE
            words[u64(STATUS) * lanes + lane] = status
        words[u64(BURNING) * lanes + lane] = burning
        words[u64(RUINED) * lanes + lane] = ruined
        words[u64(NIGHT) * lanes + lane] = night_to_come
        show(seen_houses, lane, burning, ruined)
        seen_night[lane] = night_to_come
        seen_episode[lane] = episode

    return night
