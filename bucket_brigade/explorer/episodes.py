"""Episodes as the page replays them: every night of a play, packed in a few bytes."""

import base64
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bucket_brigade.arguments import as_flag, as_u64
from bucket_brigade.counts.event_counts import END_KINDS
from bucket_brigade.errors import InvalidFile, InvalidValue
from bucket_brigade.explorer.documents import read_json
from bucket_brigade.explorer.parameters import parameters
from bucket_brigade.game.scenario import Scenario
from bucket_brigade.simulation.episode import Action, Episode, House, Night
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


def of_file(path: Path) -> list[dict[str, Any]] | None:
    """The play that ``episode --json`` printed to a file; None for anything else."""
    data = read_json(path)
    if not isinstance(data, dict) or not {"nights", "seed", "episode", "lineup"} <= data.keys():
        return None
    try:
        scenario = Scenario.from_dict(data["scenario"])
        nights = [_night(each, scenario) for each in data["nights"]]
        for number, night in enumerate(nights):
            if night.night != number or (number and night.before != nights[number - 1].after):
                raise ValueError(f"night {number} does not go on from the one before")
        lineup = _lineup(data["lineup"], scenario)
        return [_described(scenario, data["seed"], data["episode"], lineup, nights)]
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, ArithmeticError) as error:
        reason = f"the episode is incomplete or damaged ({type(error).__name__}: {error})"
        raise InvalidFile(f"{path}: {reason}") from error


def _lineup(told: object, scenario: Scenario) -> list[object]:
    """What each seat plays, from its JSON form: names, or chances by name."""
    seats = scenario.num_agents
    if not isinstance(told, list) or len(told) != seats:
        raise ValueError(f"a line-up that is not of {seats} seats")
    if not all(isinstance(seat, str | dict) for seat in told):
        raise ValueError("a seat that plays nothing with a name")
    return told


def _night(told: Mapping[str, Any], scenario: Scenario) -> Night:
    """A night from its JSON form; raises an error of some kind if it is none of this scenario."""
    before, after = (tuple(House[name.upper()] for name in told[k]) for k in ("before", "after"))
    actions = [
        Action(
            as_u64("house", a["house"]),
            as_flag("works", a["works"]),
            as_flag("signal", a["signal"]),
        )
        for a in told["actions"]
    ]
    rewards = tuple(float(reward) for reward in told["rewards"])
    houses, seats = range(scenario.num_houses), scenario.num_agents
    if not len(before) == len(after) == len(houses) or not len(actions) == len(rewards) == seats:
        raise ValueError(f"a night that is not of {len(houses)} houses and {seats} seats")
    if not all(act.house in houses for act in actions) or not all(map(math.isfinite, rewards)):
        raise ValueError("an act at no house, or a payoff that is no number")
    extinguished, caught, saved = (
        tuple(houses.index(house) for house in told[key])
        for key in ("extinguished", "caught", "saved")
    )
    ended = None if told["ended"] is None else END_KINDS[END_KINDS.index(told["ended"])]
    return Night(
        as_u64("night", told["night"]),
        before,
        tuple(actions),
        extinguished,
        caught,
        saved,
        after,
        rewards,
        ended,
    )


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
    seats = [policy.name() for policy in again.policies]
    return _described(again.scenario, again.seed, again.episode, seats, list(_nights(again)))


def _described(
    scenario: Scenario, seed: int, episode: int, seats: Sequence[object], nights: list[Night]
) -> dict[str, Any]:
    """All nights of an episode, with which one it is and who plays."""
    return {
        "scenario": scenario.to_dict(),
        "parameters": parameters(scenario),
        # As text: scripts know integers up to 2^53 only.
        "seed": str(as_u64("seed", seed)),
        "episode": str(as_u64("episode", episode)),
        "seats": [_in_words(seat) for seat in seats],
        **_packed(nights),
    }


def _in_words(seat: object) -> str:
    """What a seat plays, also a mixture."""
    if not isinstance(seat, Mapping):
        return str(seat)
    return " or ".join(f"{name} {share:.3g}" for name, share in seat.items())


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
