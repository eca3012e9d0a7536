"""Who plays: the strategy that each seat of a mixture draws for each episode."""

from numba import cuda

from bucket_brigade_cuda.kernels.philox import of_block, of_slot, planes
from bucket_brigade_cuda.kernels.shape import Shape
from bucket_brigade_cuda.kernels.words import (
    ALL,
    NONE,
    ONE,
    Function,
    device,
    inverse,
    pure,
    u32,
    u64,
)

SLOT_MIXTURE = u32(0x140)
ALWAYS = u64(1 << 32)
ZERO = u64(0)
TOP = u64(31)
QUADS = u32(8)


def make_cast(shape: Shape) -> Function:
    """The kernel `cast`: thermometers of strategies, for every item and seat.

    ``casts[(seat · (width − 1) + s) · items + item]`` holds the lanes that play a later strategy
    than entry `s` of the seat's mixture: those with `U ≥ C_s`. `limits` holds the `C_s`, 2^32 where
    a seat has no entry `s + 1`.
    """
    agents, width = shape.agents, shape.width

    @pure
    def bit_of(limit, plane):
        """All ones if a threshold's bit for a plane is set."""
        return ALL if (limit >> u64(TOP - u64(plane))) & u64(ONE) != ZERO else NONE

    @device
    def at_least(keys, stream, limit):
        """The lanes with `U ≥ limit`, which is neither 0 nor 2^32."""
        undecided, lower, quad = ALL, NONE, NONE
        while undecided != NONE and quad < QUADS:
            u = planes(keys, stream, quad)
            for j in range(4):
                t = bit_of(limit, u32(4) * quad + u32(j))
                lower = u32(lower | u32(undecided & u32(t & inverse(u[j]))))
                undecided = u32(undecided & inverse(u32(t ^ u[j])))
            quad = u32(quad + ONE)
        return inverse(lower)

    def cast(
        # Randomness:
        keys,
        # What seats mix:
        limits,
        # Out, for every item:
        casts,
        # Line-ups × blocks:
        items,
        blocks,
        first_block,
    ):
        item = u32(cuda.blockIdx.x * cuda.blockDim.x + cuda.threadIdx.x)
        if item < items:
            lineup = u32(item // blocks)
            block = u32(item - u32(lineup * blocks))
            shared = of_block(keys, u64(first_block + u64(block)))
            for a in range(agents):
                stream = of_slot(keys, shared, NONE, u32(SLOT_MIXTURE + u32(a)))
                for s in range(width - 1):
                    limit = limits[u32(u32(lineup * u32(agents)) + u32(a)) * u32(width) + u32(s)]
                    lanes = NONE
                    if limit == ZERO:
                        lanes = ALL
                    elif limit != ALWAYS:
                        lanes = at_least(keys, stream, limit)
                    casts[u64(a * (width - 1) + s) * u64(items) + u64(item)] = lanes

    return cast
