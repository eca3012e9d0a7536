"""The behaviour of policies in words, by the numbers of ruins and fires."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bucket_brigade.policies.states import all_houses, ruins_and_fires

if TYPE_CHECKING:
    from bucket_brigade.policies.tabular import Tabular

__all__ = ["Behaviour", "behaviour", "situation"]

#: Small numbers as words.
_WORDS = [
    "no",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
]


@dataclass(frozen=True)
class Behaviour:
    """The acts of seats on a night, over all states with given numbers of ruins and fires.

    Attributes
    ----------
    ruins, fires : int
        Houses that are ruined, and that burn.
    states : int
        How many states that are; each counts alike.
    at_fires, elsewhere : float
        How many seats work at a burning house, and at another one: means over states.
    least, most : int
        How many seats work for certain, and perhaps, in the state where these are the fewest and
        the most.
    """

    ruins: int
    fires: int
    states: int
    at_fires: float
    elsewhere: float
    least: int
    most: int

    @property
    def where(self) -> str:
        """The states in words, such as "no ruin, one fire"."""
        return situation(self.ruins, self.fires)

    @property
    def what(self) -> str:
        """The acts in words, such as "nobody goes" or "1 to 2 go, 1.3 on average"."""
        if self.most == 0:
            return "nobody goes"
        if self.least == self.most:
            text = f"{self.most} {'goes' if self.most == 1 else 'go'}"
        else:
            mean = self.at_fires + self.elsewhere
            text = f"{self.least} to {self.most} go, {mean:.2g} on average"
        if self.elsewhere > 0 and self.fires > 0:
            text += f", {self.elsewhere:.2g} of them where nothing burns"
        return text


def behaviour(policies: Sequence[Tabular], night: int = 0) -> list[Behaviour]:
    """Describe the acts of one or several seats' policies on a night.

    Parameters
    ----------
    policies : sequence of Tabular
        All for the same ring.
    night : int
        From 0.

    Returns
    -------
    list of Behaviour
        For each number of ruins and fires, those with few of both first.
    """
    houses = policies[0].houses
    ruins, fires = ruins_and_fires(houses).T
    burning = all_houses(houses) == 1
    at_fires, elsewhere = np.zeros(3**houses), np.zeros(3**houses)
    least, most = np.zeros(3**houses, dtype=int), np.zeros(3**houses, dtype=int)
    for policy in policies:
        table = policy.table(night)
        here = (table[:, 1:] * burning).sum(axis=1)
        at_fires += here
        elsewhere += table[:, 1:].sum(axis=1) - here
        least += table[:, 0] == 0
        most += table[:, 0] < 1
    found = []
    for ruined, burn in sorted(
        {(r, f) for r in range(houses + 1) for f in range(houses + 1 - r)},
        key=lambda pair: (sum(pair), pair),
    ):
        some = (ruins == ruined) & (fires == burn)
        found.append(
            Behaviour(
                ruined,
                burn,
                int(some.sum()),
                float(at_fires[some].mean()),
                float(elsewhere[some].mean()),
                int(least[some].min()),
                int(most[some].max()),
            )
        )
    return found


def situation(ruins: int, fires: int) -> str:
    """Numbers of ruins and fires in words: "no ruin, two fires"."""
    return f"{_counted(ruins, 'ruin')}, {_counted(fires, 'fire')}"


def _counted(number: int, noun: str) -> str:
    word = _WORDS[number] if number < len(_WORDS) else str(number)
    return f"{word} {noun}{'s' if number > 1 else ''}"
