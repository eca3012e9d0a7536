"""What is summed over blocks: counts, and products of the features that returns depend on."""

from numba import cuda

from bucket_brigade_cuda.kernels.shape import SEGMENT, Shape
from bucket_brigade_cuda.kernels.words import ALL, NONE, ONE, Function, count, u32, u64


def make_features(shape: Shape) -> Function:
    """The kernel `features`: those of every item, from its count vector. They are episodes, nights,
    worked[A], houses safe, ruined by owner, saved by owner.
    """
    houses, agents, d, f = shape.houses, shape.agents, shape.counts, shape.features
    owners = shape.owners
    safe_at, ruined_at, saved_at = 1 + agents, 1 + agents + houses, 1 + agents + 2 * houses

    def features(
        # In, of every item:
        counts,
        # Out, for every item:
        out,
        # Line-ups × blocks, and lanes of the first and the last block:
        items,
        blocks,
        first_lanes,
        last_lanes,
    ):
        item = u32(cuda.blockIdx.x * cuda.blockDim.x + cuda.threadIdx.x)
        if item < items:
            block = u32(item % blocks)
            lanes = ALL
            if block == NONE:
                lanes = u32(lanes & first_lanes)
            if u32(block + ONE) == blocks:
                lanes = u32(lanes & last_lanes)
            source, target = u64(item) * u64(d), u64(item) * u64(f)
            out[target] = count(lanes)
            for i in range(1 + agents):
                out[target + u64(1 + i)] = counts[source + u64(i)]
            safe = NONE
            for h in range(houses):
                safe = u32(safe + counts[source + u64(safe_at + h)])
            out[target + u64(2 + agents)] = safe
            for owner in range(owners):
                ruined, saved = NONE, NONE
                for h in range(owner, houses, agents):
                    ruined = u32(ruined + counts[source + u64(ruined_at + h)])
                    saved = u32(saved + counts[source + u64(saved_at + h)])
                out[target + u64(3 + agents + owner)] = ruined
                out[target + u64(3 + agents + owners + owner)] = saved

    return features


def make_add_up(shape: Shape) -> Function:
    """The kernel `add_up`: adds the counts of all items to ``totals[lineup, D]``, and the products
    of their features to ``moments[lineup, F, F]``. A thread adds up one number over `SEGMENT`
    blocks of one line-up.
    """
    d, f = shape.counts, shape.features
    columns = d + f * f

    def add_up(
        # In, of every item:
        counts,
        features,
        # In and out, for every line-up:
        totals,
        moments,
        # Line-ups × blocks, and segments of these:
        lineups,
        blocks,
        segments,
    ):
        thread = u64(cuda.blockIdx.x) * u64(cuda.blockDim.x) + u64(cuda.threadIdx.x)
        row = u32(thread // u64(columns))
        column = u32(thread % u64(columns))
        lineup = u32(row // segments)
        if lineup < lineups:
            start = u32(u32(row % segments) * u32(SEGMENT))
            end = min(u32(start + u32(SEGMENT)), blocks)
            total = u64(0)
            if column < u32(d):
                for block in range(start, end):
                    item = u64(lineup) * u64(blocks) + u64(block)
                    total += u64(counts[item * u64(d) + u64(column)])
                cuda.atomic.add(totals, u64(lineup) * u64(d) + u64(column), total)
            else:
                i = u32(u32(column - u32(d)) // u32(f))
                j = u32(u32(column - u32(d)) % u32(f))
                for block in range(start, end):
                    at = (u64(lineup) * u64(blocks) + u64(block)) * u64(f)
                    total += u64(features[at + u64(i)]) * u64(features[at + u64(j)])
                place = u64(lineup) * u64(f * f) + u64(column - u32(d))
                cuda.atomic.add(moments, place, total)

    return add_up
