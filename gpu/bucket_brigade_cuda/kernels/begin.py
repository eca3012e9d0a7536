"""The kernel `begin`: an environment's lanes are reset, or put into given states."""

from numba import cuda

from bucket_brigade_cuda.kernels.lane_tables import (
    BAD_ACTION,
    BAD_HOUSE,
    BAD_NIGHT,
    BURNING,
    EXTINGUISH,
    FIRST_ONES,
    GIVEN_STATES,
    LAST,
    MAX_NIGHTS,
    NEXT_ONES,
    NIGHT,
    RUINED,
    SHOW,
    SINCE,
    SPENT,
    STATUS,
    WAITS,
    game_columns,
)
from bucket_brigade_cuda.kernels.lanes import advance, make_show, make_start, note, scenario_of
from bucket_brigade_cuda.kernels.shape import Shape
from bucket_brigade_cuda.kernels.words import NONE, ONE, Function, device, u32, u64

TWO = u32(2)


def make_begin(shape: Shape) -> Function:
    """The kernel of a shape, as a Python function.

    `task` is one of those of `lane_tables`; lanes that `mask` leaves out stay as they are. A lane
    without a next episode, or with a state that is not allowed, stays as it is too, and is noted.
    """
    houses, agents = shape.houses, shape.agents
    columns, rules = game_columns(shape), EXTINGUISH + agents
    start, show = make_start(shape), make_show(shape)

    @device
    def is_allowed(number, episode, scenarios, game, codes, nights, remembered, acts, notes):
        """Whether a lane may be put into a state."""
        allowed = True
        if remembered != NONE:
            for i in range(3 * agents):
                place = u32(u32(number * u32(3 * agents)) + u32(i))
                act = u32(acts[place])
                if act >= (u32(houses) if i % 3 == 0 else TWO):
                    note(notes, BAD_ACTION, place, act)
                    allowed = False
        for h in range(houses):
            place = u32(u32(number * u32(houses)) + u32(h))
            code = u32(codes[place])
            if code > TWO:
                note(notes, BAD_HOUSE, place, code)
                allowed = False
        at = u64(scenario_of(episode, scenarios)) * u64(columns)
        if u64(nights[number]) >= game[at + u64(rules + MAX_NIGHTS)]:
            note(notes, BAD_NIGHT, number, nights[number])
            allowed = False
        return allowed

    def begin(
        # Randomness:
        keys,
        # What is played:
        game,
        entries,
        limits,
        scenarios,
        width,
        outside,
        # Which lanes do what, and how their episodes are numbered:
        task,
        masked,
        mask,
        first,
        stride,
        # What is given: episodes, and states in them:
        episodes,
        nights,
        codes,
        # and, if they are remembered, last night's acts:
        remembered,
        acts,
        # Lanes, and their state:
        lane_count,
        longs,
        words,
        # Out: what is seen.
        seen_houses,
        seen_actions,
        seen_night,
        seen_episode,
        # What was wrong:
        notes,
    ):
        number = u32(cuda.blockIdx.x * cuda.blockDim.x + cuda.threadIdx.x)
        if number >= lane_count:
            return
        lane, lanes = u64(number), u64(lane_count)
        status = words[u64(STATUS) * lanes + lane]
        if task == u32(FIRST_ONES):
            longs[lane] = u64(first + lane)
            longs[lanes + lane] = u64(first + lane)
            words[u64(STATUS) * lanes + lane] = u32(WAITS)
            return
        begins = task != u32(SHOW)
        if masked != NONE and mask[lane] == NONE:
            begins = False
        if begins and task == u32(NEXT_ONES) and status & u32(LAST) != NONE:
            note(notes, SPENT, number, NONE)
            begins = False
        if begins and task == u32(GIVEN_STATES):
            begins = is_allowed(
                number, episodes[lane], scenarios, game, codes, nights, remembered, acts, notes
            )
        burning, ruined = words[u64(BURNING) * lanes + lane], words[u64(RUINED) * lanes + lane]
        night = words[u64(NIGHT) * lanes + lane]
        if begins:
            if task == u32(NEXT_ONES):
                status = advance(longs, lanes, lane, status, stride)
            else:
                longs[lane] = episodes[lane]
            words[u64(STATUS) * lanes + lane] = u32(status & u32(LAST))
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
            ruined, night = NONE, NONE
            if task == u32(GIVEN_STATES):
                burning, night = NONE, nights[lane]
                for h in range(houses):
                    code = u32(codes[lane * u64(houses) + u64(h)])
                    burning = u32(burning | u32(u32(code & ONE) << u32(h)))
                    ruined = u32(ruined | u32(u32(code >> ONE) << u32(h)))
            words[u64(BURNING) * lanes + lane] = burning
            words[u64(RUINED) * lanes + lane] = ruined
            words[u64(NIGHT) * lanes + lane] = night
            words[u64(SINCE) * lanes + lane] = night
            for i in range(3 * agents):
                item = lane * u64(3 * agents) + u64(i)
                act = NONE
                if task == u32(GIVEN_STATES) and remembered != NONE:
                    act = u32(acts[item])
                seen_actions[item] = act
        show(seen_houses, lane, burning, ruined)
        seen_night[lane] = night
        seen_episode[lane] = longs[lane]

    return begin
