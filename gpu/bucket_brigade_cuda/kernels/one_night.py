"""The rules of a night for one episode a thread: `docs/rules.md`, a ring as words of its houses."""

from bucket_brigade_cuda.kernels.fight import SLOT_EXTINGUISH
from bucket_brigade_cuda.kernels.lane_draws import ZERO, caught_houses, rank
from bucket_brigade_cuda.kernels.lane_tables import EXTINGUISH, MAX_NIGHTS, MIN_NIGHTS, NO_FIRES
from bucket_brigade_cuda.kernels.shape import Shape
from bucket_brigade_cuda.kernels.words import NONE, ONE, Function, device, inverse, lowest, u32, u64

__all__ = ["ALL_SAFE", "CAPPED", "make_catch", "make_end", "make_fight"]

#: How an episode ends, as a number; it goes on at 0.
ALL_SAFE, ALL_RUINED, QUIET, CAPPED = u32(1), u32(2), u32(3), u32(4)


def make_fight(shape: Shape) -> Function:
    """`fight(keys, shared, tick, bit, burning, crowd, game, at)`: step 1, the houses at which
    workers put a fire out; ``crowd[k]`` has those with more than `k` workers, and the scenario
    begins at number `at` of `game`."""
    agents = shape.agents

    @device
    def fight(keys, shared, tick, bit, burning, crowd, game, at):
        saved = NONE
        fights = u32(burning & crowd[0])
        while fights != NONE:
            house = lowest(fights)
            fights = u32(fights & u32(fights - ONE))
            more = NONE
            for k in range(1, agents):
                more = u32(more + u32(u32(crowd[k] >> house) & ONE))
            chance = game[at + u64(EXTINGUISH) + u64(more)]
            slot = u32(SLOT_EXTINGUISH + house)
            if rank(keys, shared, tick, slot, bit, chance, chance) == NONE:
                saved = u32(saved | u32(ONE << house))
        return saved

    return fight


def make_catch(shape: Shape) -> Function:
    """`catch(keys, shared, tick, bit, fires, ruined, game, at)`: steps 2 and 3, the houses that
    catch fire beside those that still burn."""
    houses = shape.houses
    every_house = u32((1 << houses) - 1)

    @device
    def catch(keys, shared, tick, bit, fires, ruined, game, at):
        left = u32(u32(u32(fires << ONE) | u32(fires >> u32(houses - 1))) & every_house)
        right = u32(u32(u32(fires >> ONE) | u32(fires << u32(houses - 1))) & every_house)
        open_houses = u32(every_house & inverse(u32(ruined | fires)))
        return caught_houses(
            keys,
            shared,
            tick,
            bit,
            open_houses,
            u32(left | right),
            u32(left & right),
            game[at],
            game[at + u64(1)],
            game[at + u64(2)],
        )

    return catch


def make_end(shape: Shape) -> Function:
    """`end_of(tick, safe, ruined, caught, game, at)`: how the episode ends with the night of a
    tick, or 0."""
    every_house = u32((1 << shape.houses) - 1)
    rules = EXTINGUISH + shape.agents

    @device
    def end_of(tick, safe, ruined, caught, game, at):
        end = NONE
        if u64(u32(tick - ONE)) >= game[at + u64(rules + MIN_NIGHTS)]:
            if safe == every_house:
                end = ALL_SAFE
            elif ruined == every_house:
                end = ALL_RUINED
            elif caught == NONE and game[at + u64(rules + NO_FIRES)] != ZERO:
                end = QUIET
        if end == NONE and u64(tick) >= game[at + u64(rules + MAX_NIGHTS)]:
            end = CAPPED
        return end

    return end_of
