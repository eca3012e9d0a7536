"""Spaces: families of policies that a search can go through, each by a few numbers from 0 to 1."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from bucket_brigade.arguments import did_you_mean
from bucket_brigade.errors import InvalidValue, shown
from bucket_brigade.policies.firefighter import Firefighter
from bucket_brigade.policies.heuristic import (
    ARCHETYPES,
    Heuristic,
    Strategy,
    as_strategy,
    duties,
    strategy_of,
)
from bucket_brigade.policies.kinds import as_policy
from bucket_brigade.policies.policy import Policy

__all__ = ["FIREFIGHTERS", "HEURISTICS", "SPACES", "Member", "Space", "as_member", "as_space"]

#: A policy of a space: θ of a heuristic agent, or a policy of another kind.
Member = Strategy | Policy
#: Where a policy is in its space: its branch, and its numbers.
Place = tuple[Any, tuple[float, ...]]


def as_member(value: object, field: str = "strategy") -> Member:
    """A policy from what stands for one: θ for a heuristic agent (see `as_policy`)."""
    policy = as_policy(value, field)
    return as_strategy(policy) if isinstance(policy, Heuristic) else policy


class Space(ABC):
    """A family of policies that a search can go through.

    Attributes
    ----------
    name : str
        What it is called as an option.
    points : str
        Its numbers in words.
    numbers : int
        How many numbers, each from 0 to 1, tell the policies of a branch apart.
    branches : tuple
        What else tells its policies apart: each branch is gone through by itself.
    start : tuple of policies
        Where a pool of them starts by default.
    known : tuple of policies
        Policies that every search compares as well, `known_as` some words.
    tells_owned_apart : bool
        Whether one of its policies does (see `Policy.tells_owned_apart`).
    """

    name: ClassVar[str]
    points: ClassVar[str]
    numbers: ClassVar[int]
    branches: ClassVar[tuple[Any, ...]]
    start: ClassVar[tuple[object, ...]]
    known: ClassVar[tuple[Member, ...]]
    known_as: ClassVar[str]
    tells_owned_apart: ClassVar[bool] = False

    @abstractmethod
    def at(self, branch: Any, *point: float) -> Member:
        """The policy of a branch with these numbers."""

    @abstractmethod
    def holds(self, member: Member) -> bool:
        """Whether a policy is of the space."""

    @abstractmethod
    def place(self, member: Member) -> Place:
        """Where a policy of the space is, as `at` takes it; those that play alike are at one."""

    @abstractmethod
    def member(self, value: object, field: str = "strategy") -> Member:
        """A policy of the space from what stands for one.

        Raises
        ------
        InvalidValue
            If it is none; `field` is what to call it.
        """

    def each_once(self, members: Sequence[Member]) -> list[Member]:
        """The first of all policies that play alike, in their order."""
        unique: dict[Place, Member] = {}
        for member in members:
            unique.setdefault(self.place(member), member)
        return list(unique.values())

    def mean(
        self, members: Sequence[Member], weights: Sequence[float], near: float
    ) -> Member | None:
        """The policy with the mean numbers of several; None unless these are nearly alike.

        `near` is by how much their numbers may differ. They must be of one branch.
        """
        places = [self.place(member) for member in members]
        points = np.array([point for _, point in places])
        if len({branch for branch, _ in places}) > 1 or np.ptp(points, axis=0).max() > near:
            return None
        return self.at(places[0][0], *(np.array(weights) @ points).tolist())


class _Heuristics(Space):
    """Heuristic agents, by (p, q): no other number of θ changes a payoff (docs/rules.md)."""

    name = "heuristic"
    points = "(p, q)"
    numbers = 2
    branches = (None,)
    start = ("firefighter", "free_rider", "hero", "coordinator")
    known = tuple(ARCHETYPES.values())
    known_as = "the archetypes"

    def at(self, branch: Any, *point: float) -> Member:
        """The honest strategy of (p, q)."""
        return strategy_of(*point)

    def holds(self, member: Member) -> bool:
        """Whether it is θ."""
        return not isinstance(member, Policy)

    def place(self, member: Member) -> Place:
        """(p, q) of θ."""
        assert not isinstance(member, Policy)
        p, q = duties(member).tolist()
        return None, (p, q)

    def member(self, value: object, field: str = "strategy") -> Member:
        """θ as `as_strategy` makes it."""
        return as_strategy(value, field)


class _Firefighters(Space):
    """Policies that work only if something burns, by w, with own houses first and without."""

    name = "firefighter"
    points = "w, with own_first and without"
    numbers = 1
    branches = (False, True)
    start = (Firefighter(1.0), Firefighter(0.0))
    known = (Firefighter(1.0), Firefighter(1.0, own_first=True))
    known_as = "those that always go"
    tells_owned_apart = True

    def at(self, branch: Any, *point: float) -> Member:
        """The honest firefighter with this w; `branch` is own_first."""
        (w,) = point
        return Firefighter(w, own_first=branch)

    def holds(self, member: Member) -> bool:
        """Whether it is a `Firefighter`."""
        return isinstance(member, Firefighter)

    def place(self, member: Member) -> Place:
        """own_first, and w."""
        assert isinstance(member, Firefighter)
        return member.own_first, (member.w,)

    def member(self, value: object, field: str = "strategy") -> Member:
        """A `Firefighter`, or what stands for one."""
        policy = as_policy(value, field)
        if not isinstance(policy, Firefighter):
            allowed = "a Firefighter, such as 'firefighter:w=0.9' (the archetype is another policy)"
            raise InvalidValue(field, shown(value), allowed)
        return policy


HEURISTICS, FIREFIGHTERS = _Heuristics(), _Firefighters()
#: The spaces by name.
SPACES: dict[str, Space] = {space.name: space for space in (HEURISTICS, FIREFIGHTERS)}


def as_space(value: object, field: str = "space") -> Space:
    """A space from its name.

    Raises
    ------
    InvalidValue
        If there is none of that name.
    """
    if not isinstance(value, str) or value not in SPACES:
        meant = did_you_mean(value, SPACES)
        raise InvalidValue(field, shown(value), f"one of {', '.join(SPACES)}{meant}")
    return SPACES[value]
