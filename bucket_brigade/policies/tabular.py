"""Policies as tables: what to do in every state of the houses, on every night."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from bucket_brigade import _core
from bucket_brigade.arguments import as_u64
from bucket_brigade.by_value import ComparedByValue
from bucket_brigade.errors import InvalidValue, shown
from bucket_brigade.game.scenario import Scenario
from bucket_brigade.policies.heuristic import as_strategy

__all__ = ["Tabular", "all_houses", "state_number", "tabulate"]

FloatArray = npt.NDArray[np.float64]

#: In place of an act: one is drawn.
DRAWN = 255
#: How far the sum of a row of chances may be from 1.
SUM = 1e-9


@dataclass(frozen=True, eq=False, repr=False)
class Tabular(ComparedByValue):
    """A policy that is a function of the houses and the night, as a table.

    An act is a number: 0 to rest, or 1 + h to work at house h. A state of the houses has the
    number Σ codes[h]·3^h, with code 0 for a safe house, 1 for a burning one and 2 for a ruined
    one. As acts seldom change from night to night, a state has few *runs*: nights one after another
    with the same act, or the same chances of acts.

    Attributes
    ----------
    houses, nights : int
        Size of the ring, and T, the most nights of an episode.
    first : ndarray of uint32, shape (3^H + 1,)
        Where the runs of each state begin, and the number of all.
    until : ndarray of uint32
        The night before which each run ends.
    acts : ndarray of uint8
        The act of each run, or 255 if one is drawn.
    chances : ndarray of float64, shape (D, 1 + H)
        For each run that draws, in order: the chance of each act.
    """

    houses: int
    nights: int
    first: npt.NDArray[np.uint32]
    until: npt.NDArray[np.uint32]
    acts: npt.NDArray[np.uint8]
    chances: FloatArray

    def __repr__(self) -> str:
        drawn = f", {len(self.chances)} of them drawn" if len(self.chances) else ""
        return (
            f"Tabular({self.houses} houses, {self.nights} nights, {3**self.houses} states, "
            f"{len(self.acts)} runs{drawn})"
        )

    @property
    def runs(self) -> _core.ActRuns:
        """The four arrays, as the core takes them."""
        return self.first, self.until, self.acts, self.chances

    def table(self, night: int = 0) -> FloatArray:
        """Chances of acts on a night, shape (3^H, 1 + H)."""
        night = self._night(night)
        table = np.zeros((3**self.houses, 1 + self.houses))
        # Runs of a state follow each other: the one that plays is the first to end later.
        ended = np.concatenate([[0], np.cumsum(self.until <= night)])
        run = self.first[:-1] + (ended[self.first[1:]] - ended[self.first[:-1]])
        acts = self.acts[run]
        pure = np.flatnonzero(acts != DRAWN)
        table[pure, acts[pure]] = 1.0
        drawn = np.flatnonzero(acts == DRAWN)
        table[drawn] = self.chances[self._rows(run[drawn])]
        return table

    def at(self, houses: Sequence[int], night: int = 0) -> FloatArray:
        """Chances of acts in one state, given as the code of each house, on a night: (1 + H,)."""
        night = self._night(night)
        state = state_number(houses, self.houses)
        start, end = int(self.first[state]), int(self.first[state + 1])
        run = start + int(np.searchsorted(self.until[start:end], night, side="right"))
        if self.acts[run] == DRAWN:
            drawn: FloatArray = self.chances[self._rows(np.array([run]))[0]]
            return drawn.copy()
        row = np.zeros(1 + self.houses)
        row[self.acts[run]] = 1.0
        return row

    def _rows(self, runs: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
        """Rows of `chances` of runs that draw."""
        return np.searchsorted(np.flatnonzero(self.acts == DRAWN), runs)

    def _night(self, night: int) -> int:
        given = as_u64("night", night)
        if given >= self.nights:
            raise InvalidValue("night", given, f"a night from 0 to {self.nights - 1}")
        return given

    @classmethod
    def from_runs(cls, scenario: Scenario, runs: _core.ActRuns) -> Self:
        """What the core found for a scenario."""
        return cls(scenario.num_houses, scenario.max_nights, *runs)

    @classmethod
    def from_table(cls, scenario: Scenario, table: FloatArray, field: str = "policy") -> Self:
        """From chances (3^H, 1 + H) or (T, 3^H, 1 + H).

        Raises
        ------
        InvalidValue
            If the shape is another one, or a row is not one of chances.
        """
        houses, nights = scenario.num_houses, scenario.max_nights
        shape = (3**houses, 1 + houses)
        if table.shape not in (shape, (nights, *shape)):
            allowed = f"chances of acts, of shape {shape} or {(nights, *shape)}"
            raise InvalidValue(field, f"an array of shape {table.shape}", allowed)
        layers = table.reshape(-1, *shape)
        sums = layers.sum(axis=2)
        good = (layers >= 0).all(axis=2) & (np.abs(sums - 1) <= SUM)
        if not good.all():
            at = np.argwhere(~good)[0].tolist()
            place = "".join(f"[{i}]" for i in at[2 - table.ndim + 1 :])
            row = layers[tuple(at)].tolist()
            raise InvalidValue(f"{field}{place}", shown(row), "chances of acts that add up to 1")
        # A run ends where the row of the night after differs.
        by_state = layers.transpose(1, 0, 2)
        ends = np.ones(by_state.shape[:2], dtype=bool)
        ends[:, :-1] = (by_state[:, 1:] != by_state[:, :-1]).any(axis=2)
        state, layer = np.nonzero(ends)
        rows = by_state[state, layer]
        acts = rows.argmax(axis=1).astype(np.uint8)
        drawn = rows.max(axis=1) != 1.0
        acts[drawn] = DRAWN
        until = layer + 1 if len(layers) > 1 else np.full(len(layer), nights)
        return cls(
            houses,
            nights,
            np.concatenate([[0], np.cumsum(ends.sum(axis=1))]).astype(np.uint32),
            until.astype(np.uint32),
            acts,
            np.ascontiguousarray(rows[drawn]),
        )


def tabulate(
    policy: object,
    scenario: Scenario,
    *,
    seat: int = 0,
) -> Tabular:
    """Write down what a policy does in every state of a scenario's houses.

    Parameters
    ----------
    policy : str, array_like or callable
        A heuristic agent (an archetype's name or ten numbers); chances of acts, an array of shape
        (3^H, 1 + H), or (T, 3^H, 1 + H) for each night; or a function that is called once with all
        states (3^H, H), the code of each house (0 safe, 1 burning, 2 ruined), and returns chances
        (3^H, 1 + H), or the act of each state as integers (3^H).
    scenario : Scenario
        The game.
    seat : int
        Who plays; heuristic agents have different homes.

    Returns
    -------
    Tabular

    Raises
    ------
    InvalidValue
        If these are not chances or acts, or have another shape.

    Examples
    --------
    >>> game = bb.scenario("default")
    >>> lowest_fire = lambda houses: np.where((houses == 1).any(1), 1 + (houses == 1).argmax(1), 0)
    >>> tabulate(lowest_fire, game).at([0, 0, 1, 2, 0, 0, 0, 1, 0, 0]).argmax()
    3
    """
    if isinstance(policy, Tabular):
        return checked_tabular(policy, scenario, "policy")
    if as_u64("seat", seat) >= scenario.num_agents:
        raise InvalidValue("seat", seat, f"a seat from 0 to {scenario.num_agents - 1}")
    if callable(policy):
        return _called(policy, scenario)
    if isinstance(policy, np.ndarray) and policy.ndim > 1:
        if policy.dtype.kind not in "fiu":
            raise InvalidValue("policy", f"an array of {policy.dtype}", "chances of acts")
        return Tabular.from_table(scenario, policy.astype(np.float64))
    theta = as_strategy(policy, "policy")
    table = _heuristic(scenario, seat, theta[1] * (1.0 - theta[8]), theta[3])
    return Tabular.from_table(scenario, table)


def checked_tabular(policy: Tabular, scenario: Scenario, field: str) -> Tabular:
    """The policy, if it is for games of this size.

    Raises
    ------
    InvalidValue
        If it is for another ring, or other nights.
    """
    size = (scenario.num_houses, scenario.max_nights)
    if (policy.houses, policy.nights) != size:
        given = f"a policy for {policy.houses} houses and {policy.nights} nights"
        raise InvalidValue(field, given, f"one for {size[0]} houses and {size[1]} nights")
    return policy


def all_houses(houses: int) -> npt.NDArray[np.int8]:
    """The code of each house in every state, by number: shape (3^H, H)."""
    numbers = np.arange(3**houses)
    return np.stack([numbers // 3**h % 3 for h in range(houses)], axis=1).astype(np.int8)


def state_number(codes: Sequence[int], houses: int) -> int:
    """The number of a state, from the code of each house.

    Raises
    ------
    InvalidValue
        If there are not as many houses, or a code is not 0, 1 or 2.
    """
    given = np.asarray(codes)
    if (
        given.shape != (houses,)
        or given.dtype.kind not in "iu"
        or not np.isin(given, range(3)).all()
    ):
        raise InvalidValue("houses", shown(codes), f"a code of 0, 1 or 2 for {houses} houses")
    return int((given * 3 ** np.arange(houses)).sum())


def _called(policy: Callable[..., Any], scenario: Scenario) -> Tabular:
    houses = scenario.num_houses
    found = np.asarray(policy(all_houses(houses)))
    if found.shape == (3**houses,) and found.dtype.kind in "iu":
        if not ((found >= 0) & (found <= houses)).all():
            wrong = found[(found < 0) | (found > houses)][0]
            raise InvalidValue("policy", wrong, f"acts from 0 to {houses}")
        return Tabular.from_table(scenario, np.eye(1 + houses)[found])
    if found.dtype.kind != "f" or found.ndim != 2:
        given = f"a function that returns an array of {found.dtype} and shape {found.shape}"
        raise InvalidValue("policy", given, "acts as integers, or chances of acts as floats")
    return Tabular.from_table(scenario, found.astype(np.float64))


def _heuristic(scenario: Scenario, seat: int, p: float, q: float) -> FloatArray:
    houses = scenario.num_houses
    burning = all_houses(houses) == 1
    home = seat % houses
    fires = burning.sum(axis=1)
    stays = np.where(burning[:, home], q, 0.0)
    table = np.zeros((3**houses, 1 + houses))
    table[:, 1:] = burning * (p * (1 - stays) / np.maximum(fires, 1))[:, None]
    table[:, 1 + home] += np.where(fires == 0, p, p * stays)
    table[:, 0] = 1.0 - table[:, 1:].sum(axis=1)
    return np.maximum(table, 0.0)
