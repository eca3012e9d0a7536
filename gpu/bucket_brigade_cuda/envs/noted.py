"""What kernels of environments note, as the errors that the CPU raises."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bucket_brigade.envs.engine import LaneSettings
from bucket_brigade.errors import InvalidValue
from bucket_brigade_cuda.kernels.lane_tables import (
    BAD_ACTION,
    BAD_CHOICE,
    BAD_HOUSE,
    BAD_NIGHT,
    NOT_RESET,
    SPENT,
)

__all__ = ["Noted"]

EVERY = (1 << 64) - 1
#: What stands for a number that 32 bits can't hold.
BEYOND = -(1 << 31)


@dataclass(frozen=True)
class Noted:
    """Something that is not allowed, where a kernel found it.

    Attributes
    ----------
    kind : int
        One of those of `lane_tables`.
    place : int
        Number of the item, of the array or of the lanes; the smallest of all that were wrong.
    value : int
        What stood there.
    """

    kind: int
    place: int
    value: int

    @classmethod
    def first(cls, keys: npt.NDArray[np.uint64]) -> "Noted":
        """The first kind that was noted: the complement of place · 2^32 + value, for each kind."""
        kind = int(np.flatnonzero(keys)[0])
        key = EVERY ^ int(keys[kind])
        value = key & 0xFFFFFFFF
        return cls(kind, key >> 32, value - (value >> 31 << 32))

    def error(self, settings: LaneSettings, episodes: npt.NDArray[np.uint64]) -> InvalidValue:
        """The error, as the CPU has it; `episodes` are those of the lanes."""
        program = settings.programs[0]
        houses, agents = program.houses, program.agents
        value: object = self.value
        if self.value == BEYOND:
            value = "a number of 32 bits or more"
        if self.kind == BAD_ACTION:
            (lane, rest), part = divmod(self.place, 3 * agents), self.place % 3
            allowed = (
                f"a house from 0 to {houses - 1}",
                "a mode: 0 to rest, 1 to work",
                "a signal: 0 or 1",
            )[part]
            return InvalidValue(f"actions[{lane}, {rest // 3}, {part}]", value, allowed)
        if self.kind == BAD_CHOICE:
            lane, agent = divmod(self.place, agents)
            allowed = f"0 to rest, or 1 + a house, up to {houses}"
            return InvalidValue(f"choice[{lane}, {agent}]", value, allowed)
        if self.kind == NOT_RESET:
            given = "a night of an episode that is over or has not begun"
            allowed = "a reset of that lane first"
            return InvalidValue(f"actions[{self.place}]", given, allowed)
        if self.kind == BAD_HOUSE:
            lane, house = divmod(self.place, houses)
            allowed = "0 (safe), 1 (burning) or 2 (ruined)"
            return InvalidValue(f"houses[{lane}, {house}]", value, allowed)
        if self.kind == BAD_NIGHT:
            most = min(one.max_nights for one in settings.programs) - 1
            return InvalidValue(f"night[{self.place}]", value, f"a night from 0 to {most}")
        assert self.kind == SPENT
        given = f"{episodes[self.place]} in lane {self.place}"
        allowed = f"an episode below 2^64 - {settings.stride}, to be followed by another"
        return InvalidValue("episode", given, allowed)
