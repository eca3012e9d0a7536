"""The kernel `encode`: one number an agent becomes house, mode and signal."""

from numba import cuda

from bucket_brigade_cuda.kernels.lane_tables import BAD_CHOICE
from bucket_brigade_cuda.kernels.lanes import note
from bucket_brigade_cuda.kernels.night import number_at
from bucket_brigade_cuda.kernels.shape import Shape
from bucket_brigade_cuda.kernels.words import NONE, ONE, Function, u32, u64


def make_encode(shape: Shape) -> Function:
    """The kernel of a shape, as a Python function: a thread for each of `count` choices, numbers of
    `size` bytes. 0 rests at home, 1 + h works at house h; what is not allowed rests, and is noted.
    """
    houses, agents = shape.houses, shape.agents

    def encode(choices, size, count, actions, notes):
        number = u32(cuda.blockIdx.x * cuda.blockDim.x + cuda.threadIdx.x)
        if number >= count:
            return
        choice = number_at(choices, number, size)
        if choice > u32(houses):
            note(notes, BAD_CHOICE, number, choice)
            choice = NONE
        house = u32(u32(number % u32(agents)) % u32(houses))
        mode = NONE
        if choice != NONE:
            house, mode = u32(choice - ONE), ONE
        at = u64(number) * u64(3)
        actions[at] = house
        actions[at + u64(1)] = mode
        actions[at + u64(2)] = mode

    return encode
