"""Episodes as the page replays them: every night of a play, packed in a few bytes."""

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bucket_brigade.errors import InvalidValue
from bucket_brigade.simulation.episode import Episode, Night
from bucket_brigade.simulation.result import SimulationResult

__all__ = ["of_file", "of_object", "play"]

#: Line-ups of a `SimulationResult` that are shown: two fit side by side.
_MOST_LINEUPS = 2

#: Bits of a house in a night, above its state at the end (0 safe, 1 burning, 2 ruined).
_EXTINGUISHED = 4
#: Bits of an action, above its house (at most 31).
_WORKS, _SIGNAL = 32, 64
#: Distinct payoffs that 16 bits tell apart.
_MOST_SHORT = 1 << 16


def of_object(thing: object) -> list[dict[str, Any]] | None:
    """Plays of an `Episode`, a `SimulationResult` or nights; None for anything else."""
    if isinstance(thing, SimulationResult):
        count = min(len(thing.lineups), _MOST_LINEUPS)
        return [play(thing.episode(thing.first_episode, lineup)) for lineup in range(count)]
    if isinstance(thing, Episode):
        return [play(thing)]
    if isinstance(thing, list) and thing and all(isinstance(night, Night) for night in thing):
        outside = ["actions from outside"] * len(thing[0].actions)
        return [{"seats": outside, **_packed(thing)}]
    return None


def of_file(path: Path) -> None:
    """None: episodes are not kept in files, since each can be played again."""
    return None


def play(episode: Episode) -> dict[str, Any]:
    """An episode from its beginning to its end, wherever it was.

    Raises
    ------
    InvalidValue
        If no line-up plays it, so that it needs actions.
    """
    if not episode.policies:
        allowed = "one of a line-up, or the nights that `replay_actions` returns"
        raise InvalidValue("episode", "played by actions from outside", allowed)
    again = episode.restarted()
    return {
        "scenario": again.scenario.to_dict(),
        # As text: scripts know integers up to 2^53 only.
        "seed": str(again.seed),
        "episode": str(again.episode),
        "seats": [policy.name() for policy in again.policies],
        **_packed(list(_nights(again))),
    }


def _nights(episode: Episode) -> Iterator[Night]:
    while episode.ended is None:
        yield episode.step()


def _packed(nights: list[Night]) -> dict[str, Any]:
    """Nights as bytes in base 64, night after night.

    `houses` has a byte a house, `acts` a byte an agent, and `payoffs` an index into `values` an
    agent, of two bytes or, where there are too many values for that, four.
    """
    houses = np.array([night.after for night in nights], dtype=np.uint8)
    for number, night in enumerate(nights):
        houses[number, list(night.extinguished)] += _EXTINGUISHED
    acts = np.array(
        [
            [act.house + _WORKS * act.works + _SIGNAL * act.signal for act in night.actions]
            for night in nights
        ],
        dtype=np.uint8,
    )
    values, payoffs = np.unique([night.rewards for night in nights], return_inverse=True)
    width = np.uint16 if len(values) <= _MOST_SHORT else np.uint32
    return {
        "nights": len(nights),
        "first": nights[0].night,
        "ended": nights[-1].ended,
        "start": [int(house) for house in nights[0].before],
        "agents": len(nights[0].actions),
        "houses": _base64(houses),
        "acts": _base64(acts),
        "values": values.tolist(),
        "payoffs": _base64(payoffs.astype(width)),
    }


def _base64(array: npt.NDArray[Any]) -> str:
    """The items of an array, low byte first."""
    return base64.b64encode(array.astype(array.dtype.newbyteorder("<")).tobytes()).decode()
