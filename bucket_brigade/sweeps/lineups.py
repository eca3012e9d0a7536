"""Line-ups of a plan, as JSON knows them."""

from collections.abc import Mapping, Sequence
from typing import Any

from bucket_brigade.arguments import as_list
from bucket_brigade.errors import InvalidValue
from bucket_brigade.game.lineup_files import parse_lineup
from bucket_brigade.game.lineups import Mixture
from bucket_brigade.policies.kinds import as_policy

__all__ = ["as_lineup_json", "lineup_of"]


def as_lineup_json(lineup: object, field: str, num_agents: int) -> list[Any]:
    """A line-up as JSON knows it: for each seat a policy, or a mixture of policies.

    Parameters
    ----------
    lineup : str or sequence
        Text as on a command line, files included, whose content is taken; or an entry a seat. A
        single entry is for all seats.
    field : str
        What to call it in an error.
    num_agents : int
        Seats that a file of one strategy stands for.

    Raises
    ------
    InvalidValue, InvalidFile
        If a policy is not allowed, or a file holds something else.
    """
    if isinstance(lineup, str):
        entries: list[Any] = [*parse_lineup(lineup, num_agents)]
    else:
        entries = as_list(field, lineup, "one strategy per seat, or one for all")
    if not entries:
        raise InvalidValue(field, "nothing", "one strategy per seat, or one for all")
    return [_seat_json(entry, f"{field}[{i}]") for i, entry in enumerate(entries)]


def _seat_json(entry: object, field: str) -> Any:
    if isinstance(entry, Mapping) and set(entry) == {"strategies", "weights"}:
        entry = Mixture(entry["strategies"], entry["weights"])
    if isinstance(entry, Mixture):
        listed = [as_policy(each, field).to_json() for each in entry.strategies]
        return {"strategies": listed, "weights": [float(weight) for weight in entry.weights]}
    return as_policy(entry, field).to_json()


def lineup_of(lineup: Sequence[Any], num_agents: int, field: str = "lineups") -> list[object]:
    """The line-up of what `as_lineup_json` gave, for so many seats.

    Raises
    ------
    InvalidValue
        If it has another number of seats.
    """
    if len(lineup) not in (1, num_agents):
        raise InvalidValue(
            field, f"{len(lineup)} strategies", f"one, or one for each of {num_agents} seats"
        )
    seats = [_seat(entry) for entry in lineup]
    return seats if len(seats) == num_agents else seats * num_agents


def _seat(entry: Any) -> object:
    if isinstance(entry, Mapping) and "weights" in entry:
        return Mixture([as_policy(each) for each in entry["strategies"]], entry["weights"])
    return as_policy(entry)
