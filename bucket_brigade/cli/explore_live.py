"""The questions of a page that ``bucket-brigade explore --serve`` serves."""

from collections.abc import Mapping, Sequence
from typing import Any

import typer

from bucket_brigade.cli.common import given_changes, whole_number
from bucket_brigade.errors import InvalidValue
from bucket_brigade.explorer.episodes import play
from bucket_brigade.explorer.serve import Params
from bucket_brigade.game.catalogue import scenario
from bucket_brigade.game.lineup_files import SeatEntry
from bucket_brigade.game.scenario import Scenario
from bucket_brigade.policies.kinds import parse_policy
from bucket_brigade.simulation.episode import Episode

__all__ = ["Episodes"]

#: Line-ups that are played at once.
_MOST_LINEUPS = 2


class Episodes:
    """Answers which episode a page wants to see.

    Scenarios and line-ups are named as on the command line, but files are not read: those that the
    command itself was given go by the same text.

    Parameters
    ----------
    scenarios : mapping of str to Scenario
        What the command was given, by its text.
    lineups : mapping of str to line-up
        Likewise.
    """

    def __init__(
        self, scenarios: Mapping[str, Scenario], lineups: Mapping[str, Sequence[SeatEntry]]
    ) -> None:
        self._scenarios, self._lineups = scenarios, lineups

    def __call__(self, params: Params) -> list[dict[str, Any]]:
        """Plays of an episode by each line-up asked for."""
        name = _one(params, "scenario")
        game = self._scenarios[name] if name in self._scenarios else scenario(name)
        game = game.replace(**given_changes(None, None, _one(params, "set", "").split()))
        texts = [text for text in params.get("lineup", []) if text.strip()]
        if not 1 <= len(texts) <= _MOST_LINEUPS:
            raise InvalidValue("lineup", f"{len(texts)} of them", f"1 to {_MOST_LINEUPS}")
        seed, number = (_whole(params, name) for name in ("seed", "episode"))
        return [
            play(Episode(game, self._lineup(text), seed=seed, episode=number)) for text in texts
        ]

    def _lineup(self, text: str) -> Sequence[SeatEntry]:
        if text in self._lineups:
            return self._lineups[text]
        parts = [part.strip() for part in text.split(",")]
        return [parse_policy(part, f"lineup[{i}]") for i, part in enumerate(parts)]


def _one(params: Params, name: str, default: str | None = None) -> str:
    """The only value of a parameter."""
    given = params.get(name, [] if default is None else [default])
    if len(given) != 1:
        raise InvalidValue(name, f"{len(given)} values", "one value")
    return given[0]


def _whole(params: Params, name: str) -> int:
    try:
        return whole_number(_one(params, name).strip())
    except typer.BadParameter as error:
        allowed = "a whole number from 0 to 2^64 - 1"
        raise InvalidValue(name, repr(_one(params, name)), allowed) from error
