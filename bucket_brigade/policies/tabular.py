"""Policies as tables: what to do in every state of the houses, on every night."""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from bucket_brigade import _core
from bucket_brigade._arrays import FloatArray
from bucket_brigade.arguments import as_u64
from bucket_brigade.by_value import ComparedByValue
from bucket_brigade.errors import InvalidFile, InvalidValue, shown
from bucket_brigade.game.scenario import Scenario
from bucket_brigade.policies.behaviour import behaviour
from bucket_brigade.policies.policy import Policy
from bucket_brigade.policies.states import state_number
from bucket_brigade.summaries import Summarised, Summary

__all__ = ["DRAWN", "Tabular", "blended", "checked_tabular", "common_runs"]

#: In place of an act: one is drawn.
DRAWN = 255
#: How far the sum of a row of chances may be from 1.
SUM = 1e-9
#: Rings of more have too many states.
MOST_HOUSES = 16


@dataclass(frozen=True, eq=False, repr=False)
class Tabular(ComparedByValue, Summarised, Policy):
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

    Raises
    ------
    InvalidValue
        If the arrays are no such runs.

    Notes
    -----
    Arrays are copied, and can't be written to. `bucket_brigade.save_policies` keeps policies in a
    file. A policy's name has eight digits of a sum over what it does, so that different ones have
    different names.
    """

    kind: ClassVar[str] = "tabular"
    by_chain: ClassVar[bool] = False

    houses: int
    nights: int
    first: npt.NDArray[np.uint32]
    until: npt.NDArray[np.uint32]
    acts: npt.NDArray[np.uint8]
    chances: FloatArray

    def __post_init__(self) -> None:
        for name, dtype in _DTYPES.items():
            array = _converted(name, getattr(self, name), dtype)
            array.setflags(write=False)
            object.__setattr__(self, name, array)
        _check(self)

    def __hash__(self) -> int:  # type: ignore[override]  # the arrays can't change
        return hash(self.key)

    @cached_property
    def _digest(self) -> str:
        whole = hashlib.sha256(f"{self.houses} {self.nights}".encode())
        for array in self.runs:
            whole.update(array.tobytes())
        return whole.hexdigest()

    @property
    def key(self) -> tuple[str, str]:
        """The key of a policy: its kind, and a checksum of all its acts."""
        return self.kind, self._digest

    @cached_property
    def _compiled(self) -> _core.Policy:
        return _core.Policy.tabular(self.houses, self.nights, *self.runs)

    def compiled(self) -> _core.Policy:
        """As the core takes it."""
        return self._compiled

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "_compiled"}

    def name(self, digits: int = 3) -> str:
        """ "table" and the beginning of a sum over what it does."""
        return f"table {self._digest[:8]}"

    def to_json(self) -> dict[str, Any]:
        """An object with its kind and `to_bytes`, in base64."""
        return {"kind": self.kind, "npz": base64.b64encode(self.to_bytes()).decode("ascii")}

    def summary(self) -> Summary:
        """The text and table that `repr` and notebooks show: acts of night 0, few ruins first."""
        drawn = f", {len(self.chances):,} of them drawn" if len(self.chances) else ""
        size = f"{self.houses} houses, {self.nights} nights, {len(self.acts):,} runs{drawn}"
        rows = [[each.where, each.what, f"{each.states:,}"] for each in behaviour([self])]
        return Summary(f"Tabular: {size}; on night 0", ["", "it:", "states:"], rows)

    def to_bytes(self) -> bytes:
        """The policy as a compressed ``.npz`` file, the same for equal ones."""
        file = io.BytesIO()
        np.savez_compressed(
            file,
            size=np.array([self.houses, self.nights], dtype=np.uint32),
            runs=np.diff(self.first),
            **{name: getattr(self, name) for name in ("until", "acts", "chances")},
        )
        return file.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes, place: str) -> Self:
        """The policy that `to_bytes` gave.

        Raises
        ------
        InvalidFile
            If it is none; `place` is what the content is called.
        """
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
                houses, nights = (int(number) for number in arrays["size"])
                first = np.concatenate([[0], np.cumsum(arrays["runs"], dtype=np.int64)])
                return cls(
                    houses, nights, first, arrays["until"], arrays["acts"], arrays["chances"]
                )
        except InvalidValue as error:
            raise InvalidFile(f"{place} holds no policy: {error}") from error
        except (
            OSError,
            ValueError,
            TypeError,
            KeyError,
            EOFError,
            zipfile.BadZipFile,
            zlib.error,
        ) as error:
            raise InvalidFile(f"{place} can't be read as a policy: {error}") from error

    @property
    def runs(self) -> _core.ActRuns:
        """The four arrays, as the core takes them."""
        return self.first, self.until, self.acts, self.chances

    def table(self, night: int = 0) -> FloatArray:
        """Chances of acts on a night, shape (3^H, 1 + H)."""
        night = self._night(night)
        # Runs of a state follow each other: the one that plays is the first to end later.
        ended = np.concatenate([[0], np.cumsum(self.until <= night)])
        run = self.first[:-1] + (ended[self.first[1:]] - ended[self.first[:-1]])
        return self.rows(run)

    def at(self, houses: Sequence[int], night: int = 0) -> FloatArray:
        """Chances of acts in one state, given as the code of each house, on a night: (1 + H,)."""
        night = self._night(night)
        state = state_number(houses, self.houses)
        start, end = int(self.first[state]), int(self.first[state + 1])
        run = start + int(np.searchsorted(self.until[start:end], night, side="right"))
        row: FloatArray = self.rows(np.array([run]))[0]
        return row

    def rows(self, runs: npt.NDArray[np.int64]) -> FloatArray:
        """Chances of acts in some runs, by number: (R, 1 + H)."""
        rows = np.zeros((len(runs), 1 + self.houses))
        acts = self.acts[runs]
        pure, drawn = np.flatnonzero(acts != DRAWN), np.flatnonzero(acts == DRAWN)
        rows[pure, acts[pure]] = 1.0
        rows[drawn] = self.chances[np.searchsorted(np.flatnonzero(self.acts == DRAWN), runs[drawn])]
        return rows

    def _night(self, night: int) -> int:
        given = as_u64("night", night)
        if given >= self.nights:
            raise InvalidValue("night", given, f"a night from 0 to {self.nights - 1}")
        return given

    @classmethod
    def from_runs(cls, scenario: Scenario, runs: _core.ActRuns) -> Self:
        """Make a policy of runs that the core found for a scenario."""
        return cls(scenario.num_houses, scenario.max_nights, *runs)

    @classmethod
    def from_table(cls, scenario: Scenario, table: FloatArray, field: str = "policy") -> Self:
        """Make a policy of chances (3^H, 1 + H) or (T, 3^H, 1 + H).

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
        good = _are_chances(layers)
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


#: Types of the arrays.
_DTYPES = {"first": np.uint32, "until": np.uint32, "acts": np.uint8, "chances": np.float64}


def _converted(name: str, value: object, dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    """A copy of an array with another type, if that holds its numbers."""
    given, whole = np.asarray(value), np.dtype(dtype).kind == "u"
    if given.dtype.kind not in ("iu" if whole else "iuf"):
        raise InvalidValue(name, shown(value), f"an array of {np.dtype(dtype)}")
    array = np.array(given, dtype=dtype, order="C")
    if whole and not np.array_equal(array, given):
        raise InvalidValue(name, shown(value), f"an array of numbers that {array.dtype} holds")
    return array


def _check(policy: Tabular) -> None:
    """Raises `InvalidValue` for what is no policy: a run too many would be read as another's."""
    houses, nights = as_u64("houses", policy.houses), as_u64("nights", policy.nights)
    if not 2 <= houses <= MOST_HOUSES:
        raise InvalidValue("houses", houses, f"2 to {MOST_HOUSES} houses")
    if not 1 <= nights <= _core.MAX_NIGHTS[-1]:
        raise InvalidValue("nights", nights, "nights")
    first, until, acts, chances = policy.runs
    states = 3**houses
    whole = first.shape == (states + 1,) and first[0] == 0 and first[-1] == len(until)
    if not whole or not (first[1:] > first[:-1]).all():
        allowed = f"where the runs of {states:,} states begin, and the number of all"
        raise InvalidValue("first", shown(first), allowed)
    last = np.zeros(len(until), dtype=bool)
    last[first[1:] - 1] = True
    before = np.concatenate([[0], until[:-1]])
    before[first[:-1]] = 0
    if not ((until > before).all() and (until[last] == nights).all()):
        allowed = f"nights that rise from run to run of a state, up to {nights}"
        raise InvalidValue("until", shown(until), allowed)
    if acts.shape != until.shape or not ((acts <= houses) | (acts == DRAWN)).all():
        allowed = f"an act for each of {len(until):,} runs, from 0 to {houses}, or {DRAWN}"
        raise InvalidValue("acts", shown(acts), allowed)
    drawn = int((acts == DRAWN).sum())
    if chances.shape != (drawn, 1 + houses) or not _are_chances(chances).all():
        allowed = f"{1 + houses} chances that add up to 1, for each of {drawn:,} runs that draw"
        raise InvalidValue("chances", shown(chances), allowed)


def _are_chances(rows: FloatArray) -> npt.NDArray[np.bool_]:
    """Whether each row is one of chances; one that holds NaN is none."""
    good: npt.NDArray[np.bool_] = (rows >= 0).all(axis=-1) & (np.abs(rows.sum(axis=-1) - 1) <= SUM)
    return good


def common_runs(
    policies: Sequence[Tabular],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], list[npt.NDArray[np.int64]]]:
    """Runs on which none of several policies for one game changes what it does.

    Returns
    -------
    state, until : ndarray of int64, shape (R,)
        Of each run, as `Tabular` has them; those of a state follow each other.
    runs : list of ndarray of int64, shape (R,)
        For each policy, the run of its own that plays meanwhile.
    """
    width = policies[0].nights + 1
    keys = [
        np.repeat(np.arange(len(each.first) - 1), np.diff(each.first)) * width + each.until
        for each in policies
    ]
    both = np.unique(np.concatenate(keys))
    # The run that plays is the first to end as late.
    return both // width, both % width, [np.searchsorted(each, both) for each in keys]


def blended(policies: Sequence[Tabular], weights: Sequence[float]) -> Tabular:
    """Whoever draws one of several policies for one game anew every night, as a policy."""
    state, until, runs = common_runs(policies)
    parts = zip(policies, weights, runs, strict=True)
    rows = np.sum([weight * each.rows(run) for each, weight, run in parts], axis=0)
    rows /= rows.sum(axis=1, keepdims=True)
    certain = rows.max(axis=1) == 1.0
    houses = policies[0].houses
    return Tabular(
        houses,
        policies[0].nights,
        np.searchsorted(state, np.arange(3**houses + 1)).astype(np.uint32),
        until.astype(np.uint32),
        np.where(certain, rows.argmax(axis=1), DRAWN).astype(np.uint8),
        rows[~certain],
    )


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
