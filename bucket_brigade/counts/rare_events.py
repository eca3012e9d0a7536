"""The most that events hardly seen could add to a mean, which its standard error can't tell.

A standard error is the spread that was seen. If what decides a payoff happens once in a million
episodes and a thousand were played, the spread is about 0 and says nothing. Two questions are
answered here: what such events could add, and whether there are any.

Notes
-----
*How much.* An event that n episodes did not contain has a probability above ``log(1 / error) / n``
with no more chance than `error`, as ``(1 - p)**n <= exp(-n * p)``: the rule of three [1]_, for an
error of 0.05. It changes a mean by no more than its probability times the span, which is the most
that two returns can differ. If the event was seen k times, as much is enough beside the standard
error that these k made [2]_.

*Whether.* Where the spread comes from events that many blocks had, the standard error needs no
such addition. The events on which returns depend are that a seat works, that it rests, that a house
is ruined and that one is saved. One that is possible is *rare* if fewer than `RARE` blocks had it,
and fewer than half of them. From sums s and sums of squares q over blocks, how many had it is taken
for ``s**2 / q``, which is never more than their number. A strategy of a mixture is rare if it was
to be drawn in fewer than `RARE` episodes, and in fewer than half of the blocks. What can't happen
(a house catches fire where nothing ignites, somebody works who never does) is no event.

References
----------
.. [1] J. A. Hanley, A. Lippman-Hand, "If nothing goes wrong, is everything all right? Interpreting
   zero numerators", Journal of the American Medical Association 249 (1983), 1743-1745.
.. [2] A. Maurer, M. Pontil, "Empirical Bernstein bounds and sample variance penalization",
   Conference on Learning Theory (2009).
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bucket_brigade import _core
from bucket_brigade._arrays import FloatArray, IntArray
from bucket_brigade.by_value import ComparedByValue
from bucket_brigade.counts.moments import Moments
from bucket_brigade.policies.agents import Specialist
from bucket_brigade.policies.firefighter import Firefighter

__all__ = [
    "ERROR",
    "RARE",
    "PossibleEvents",
    "differing_in",
    "is_rare",
    "missed",
    "possible_events",
    "seen_in",
]

BoolArray = npt.NDArray[np.bool_]

#: Chance that what results call `unseen` is too small.
ERROR = 0.05
#: Blocks or draws from which on an event is no longer rare.
RARE = 30
#: A probability of 1, as programs have it.
_CERTAIN = 1 << 32
#: Kinds of policies that rest where nothing burns.
_NEED_FIRE = (Firefighter.kind, Specialist.kind)


def missed(span: FloatArray | float, episodes: float, error: float = ERROR) -> FloatArray | float:
    """Most that unseen events could add to a mean of `episodes`, but for a chance of `error`.

    Parameters
    ----------
    span : float or ndarray
        Most that two episodes can differ.
    episodes : float
        How many there were.
    error : float
        Chance, above 0 and below 1, that it is more.
    """
    return -math.log(error) * span / episodes


@dataclass(frozen=True, eq=False)
class PossibleEvents(ComparedByValue):
    """The events that can happen to L line-ups with A seats, of which O own houses.

    Attributes
    ----------
    events : ndarray of bool, shape (L, 2 A + 2 O)
        Whether each seat can work and can rest, and whether a house of each owner can be ruined and
        can be saved.
    least_weight : ndarray of float64, shape (L,)
        The least probability with which a seat draws one of its strategies; 1 if none mixes.
    alike : tuple of int
        For each line-up, the first one that plays as it does.
    """

    events: BoolArray
    least_weight: FloatArray
    alike: tuple[int, ...]

    def of_difference(self, a: int, b: int) -> "PossibleEvents":
        """The events that can differ between two line-ups, as those of a single one."""
        events = (self.events[a] | self.events[b]) & (self.alike[a] != self.alike[b])
        least = self.least_weight[[a, b]].min()
        return PossibleEvents(events[None], np.where(events.any(), least, 1.0)[None], (0,))


def possible_events(program: _core.Program) -> PossibleEvents:
    """The events that can happen to the line-ups of a program."""
    lineups, agents = program.lineups, program.agents
    sizes = program.seat_sizes.ravel().astype(np.int64)
    played, cumulative = program.seat_entries
    starts = np.cumsum(sizes) - sizes
    weights = np.diff(cumulative.astype(np.int64), prepend=0)
    weights[starts] = cumulative[starts]
    drawn = weights > 0
    policies = program.policies
    work = np.array([numbers["work"] for _, numbers in policies])[played]
    needs_fire = np.array([kind in _NEED_FIRE for kind, _ in policies])[played]
    # Policies that play alike have one number; honesty changes no count.
    known: dict[tuple[object, ...], int] = {}
    plays = [
        (kind, *(x for name, x in numbers.items() if name != "honesty"))
        for kind, numbers in policies
    ]
    number = np.array([known.setdefault(play, len(known)) for play in plays])[played]
    fires = program.catch[0] > 0  # without a first one, none can spread

    def any_of_seat(possible: BoolArray) -> BoolArray:
        found: BoolArray = np.logical_or.reduceat(possible & drawn, starts)
        return found.reshape(lineups, agents)

    # Who owns nothing is never called.
    owns = np.repeat(np.arange(lineups * agents) % agents, sizes) < program.houses
    idle = np.array([kind == Specialist.kind for kind, _ in policies])[played] & ~owns
    works = any_of_seat((work > 0) & (fires | ~needs_fire) & ~idle)
    rests = any_of_seat((work < _CERTAIN) | needs_fire)
    owners = min(agents, program.houses)
    ruined = np.full((lineups, owners), fires)
    saved = ruined & works.any(axis=1, keepdims=True) & (max(program.extinguish) > 0)
    shares = np.where(drawn, weights, _CERTAIN) / _CERTAIN
    least = np.minimum.reduceat(shares, starts).reshape(lineups, agents).min(axis=1)
    bounds = np.append(starts, len(played))[::agents].tolist()
    play = np.stack([number, weights], axis=1)
    keys = [
        sizes[i * agents : (i + 1) * agents].tobytes() + play[start:end].tobytes()
        for i, (start, end) in enumerate(zip(bounds, [*bounds[1:], len(played)], strict=True))
    ]
    first: dict[bytes, int] = {}
    alike = tuple(first.setdefault(key, i) for i, key in enumerate(keys))
    return PossibleEvents(np.concatenate([works, rests, ruined, saved], axis=1), least, alike)


def seen_in(moments: Moments, agents: int) -> FloatArray:
    """About how many blocks had each event of `PossibleEvents`, never more than had it: shape
    (L, 2 A + 2 O)."""
    sums = moments.sums.astype(np.float64)
    products = moments.products.astype(np.float64)
    squares = np.diagonal(products, axis1=1, axis2=2)
    worked, houses = slice(2, 2 + agents), slice(3 + agents, None)
    # Nights rested are those not worked.
    rested = squares[:, 1:2] - 2 * products[:, 1, worked] + squares[:, worked]
    s = [sums[:, worked], sums[:, 1:2] - sums[:, worked], sums[:, houses]]
    q = np.concatenate([squares[:, worked], rested, squares[:, houses]], axis=1)
    squared = np.concatenate(s, axis=1) ** 2
    seen: FloatArray = np.divide(squared, q, out=np.zeros_like(q), where=q > 0)
    return seen


def differing_in(differences: IntArray, agents: int) -> FloatArray:
    """Count the blocks in which two line-ups differ, for each event of `PossibleEvents`.

    Parameters
    ----------
    differences : ndarray of int64, shape (B, F)
        Differences of the features of each block.
    agents : int
        A.

    Returns
    -------
    ndarray of float64, shape (1, 2 A + 2 O)
    """
    worked, houses = differences[:, 2 : 2 + agents], differences[:, 3 + agents :]
    events = np.concatenate([worked, differences[:, 1:2] - worked, houses], axis=1)
    seen: FloatArray = np.count_nonzero(events, axis=0).astype(np.float64)[None]
    return seen


def is_rare(possible: PossibleEvents, seen: FloatArray, *, blocks: int, episodes: int) -> BoolArray:
    """Whether each line-up depends on events that were hardly seen, shape (L,)."""
    hardly = (seen < RARE) & (2 * seen < blocks)
    weight = possible.least_weight
    drawn = (weight * episodes < RARE) & (2 * _core.EPISODES_PER_BLOCK * weight < 1)
    rare: BoolArray = (possible.events & hardly).any(axis=1) | drawn
    return rare
