"""All kernels by name, with the types of their arguments."""

from collections.abc import Callable
from dataclasses import dataclass

from numba import types

from bucket_brigade_cuda.kernels.begin import make_begin
from bucket_brigade_cuda.kernels.cast import make_cast
from bucket_brigade_cuda.kernels.encode import make_encode
from bucket_brigade_cuda.kernels.night import make_night
from bucket_brigade_cuda.kernels.play import make_play
from bucket_brigade_cuda.kernels.play_each import make_play_each
from bucket_brigade_cuda.kernels.shape import Shape
from bucket_brigade_cuda.kernels.sums import make_add_up, make_features

__all__ = ["KERNELS", "Recipe"]

WORD, LONG = types.uint32, types.uint64
KEYS = types.UniTuple(WORD, 20)
BYTES, WORDS, LONGS = types.uint8[::1], WORD[::1], LONG[::1]
FLOATS, DOUBLES = types.float32[::1], types.float64[::1]
#: What an environment's lanes show: houses, actions, nights and episodes.
SEEN = (BYTES, BYTES, WORDS, LONGS)


@dataclass(frozen=True)
class Recipe:
    """How to make a kernel.

    Attributes
    ----------
    make : callable
        From a `Shape` to the Python function.
    signature : numba signature
        Types of its arguments.
    """

    make: Callable[[Shape], Callable[..., None]]
    signature: object


def make_player(shape: Shape) -> Callable[..., None]:
    """The kernel that plays: by blocks, or by episodes where a policy is played so."""
    return make_play_each(shape) if shape.singles else make_play(shape)


#: All kernels by name. The order of arguments is that of the functions.
KERNELS = {
    "cast": Recipe(make_cast, types.void(KEYS, LONGS, WORDS, WORD, WORD, LONG)),
    "play": Recipe(
        make_player,
        types.void(
            *(KEYS, WORD[:, ::1], LONGS, WORDS, WORDS, WORDS),
            *(WORD, WORD, LONG, WORD, WORD, WORD, WORD, WORD, WORDS),
        ),
    ),
    "features": Recipe(make_features, types.void(WORDS, WORDS, WORD, WORD, WORD, WORD)),
    "add_up": Recipe(make_add_up, types.void(WORDS, WORDS, LONGS, LONGS, WORD, WORD, WORD)),
    "night": Recipe(
        make_night,
        types.void(
            *(KEYS, LONGS, DOUBLES, LONGS, WORDS, LONGS, WORD, WORD, WORD, LONG, WORD, WORD),
            *(BYTES, WORD, WORD, LONGS, WORDS),
            *(*SEEN, FLOATS, BYTES, BYTES, *SEEN, BYTES, DOUBLES, LONGS),
        ),
    ),
    "begin": Recipe(
        make_begin,
        types.void(
            *(KEYS, LONGS, WORDS, LONGS, WORD, WORD, WORD, WORD, WORD, BYTES, LONG, LONG),
            *(LONGS, WORDS, BYTES, WORD, BYTES, WORD, LONGS, WORDS, *SEEN, LONGS),
        ),
    ),
    "encode": Recipe(make_encode, types.void(BYTES, WORD, WORD, BYTES, LONGS)),
}
