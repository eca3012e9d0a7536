"""Agents to play against: random, always resting, specialist, and the original project's."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from bucket_brigade import _core
from bucket_brigade.policies.firefighter import Firefighter
from bucket_brigade.policies.heuristic import ARCHETYPES, as_strategy, parse_strategy
from bucket_brigade.policies.policy import Policy

__all__ = ["NAMED", "AlwaysRest", "Random", "Specialist", "TenParameter"]

_AT_REST = Firefighter(0.0)


@dataclass(frozen=True)
class _Named(Policy):
    """A policy without numbers, whose name says all."""

    @property
    def key(self) -> Hashable:
        """The key of a policy: its kind."""
        return (self.kind,)

    def name(self, digits: int = 3) -> str:
        """Its kind, which is also what stands for it in a line-up."""
        return self.kind

    def to_json(self) -> dict[str, Any]:
        """An object with its kind."""
        return {"kind": self.kind}


@dataclass(frozen=True)
class Random(_Named):
    """An agent that draws its house, whether it works there, and its signal: all alike likely.

    Examples
    --------
    >>> simulate(bb.scenario("default"), [["random"] * 4], episodes=32).counts.worked.shape
    (1, 4)
    """

    kind: ClassVar[str] = "random"
    by_chain: ClassVar[bool] = False

    def compiled(self) -> _core.Policy:
        """The policy in the form that the core takes."""
        return _core.Policy.random()


@dataclass(frozen=True)
class AlwaysRest(_Named):
    """An agent that rests at home every night, and says so.

    It plays as ``Firefighter(0.0)`` does.
    """

    kind: ClassVar[str] = "always_rest"

    @property
    def key(self) -> Hashable:
        """The key of a policy: that of the firefighter that never works."""
        return _AT_REST.key

    def compiled(self) -> _core.Policy:
        """The policy in the form that the core takes."""
        return _AT_REST.compiled()


@dataclass(frozen=True)
class Specialist(_Named):
    """An agent that looks after its own houses and no others.

    It works at the lowest-numbered burning house of those it owns. If none of these burns it rests
    at the lowest-numbered one, and if it owns none it rests at home. Its signal is its mode.
    """

    kind: ClassVar[str] = "specialist"
    by_chain: ClassVar[bool] = False

    def compiled(self) -> _core.Policy:
        """The policy in the form that the core takes."""
        return _core.Policy.specialist()


@dataclass(frozen=True, init=False)
class TenParameter(Policy):
    """The agent of the original project, which reads all of its ten numbers (docs/rules.md).

    It looks at the houses and at where everybody was last night, and remembers its own last act.
    The heuristic agent of this package reads four of the numbers only, and plays otherwise.

    Attributes
    ----------
    theta : tuple of float
        The ten numbers of `bucket_brigade.policies.heuristic.PARAMETERS`, each from 0 to 1; may be
        given as an archetype's name.

    Raises
    ------
    InvalidValue
        If these are not ten numbers from 0 to 1.

    Notes
    -----
    With θ5 (coordination) = θ7 (fatigue memory) = 0 it remembers nothing, and only then has exact
    payoffs. As text it is ``ten_parameter:`` with an archetype's name or ten numbers with colons.

    Examples
    --------
    >>> TenParameter("coordinator").memoryless, TenParameter("free_rider").memoryless
    (False, True)
    """

    kind: ClassVar[str] = "ten_parameter"
    by_chain: ClassVar[bool] = False

    theta: tuple[float, ...]

    def __init__(self, theta: object) -> None:
        numbers = as_strategy(theta, "theta") + 0.0  # no -0.0, which would compile apart
        object.__setattr__(self, "theta", tuple(numbers.tolist()))

    @property
    def memoryless(self) -> bool:
        """Whether θ5 and θ7 are 0."""
        return self.theta[5] == self.theta[7] == 0.0

    @property
    def key(self) -> tuple[str, tuple[float, ...]]:
        """The key of a policy: its kind and θ."""
        return self.kind, self.theta

    def compiled(self) -> _core.Policy:
        """The policy in the form that the core takes."""
        return _core.Policy.ten_parameter(np.array(self.theta))

    def name(self, digits: int = 3) -> str:
        """The text that `parsed` reads: with an archetype's name, or with all digits."""
        for name, archetype in ARCHETYPES.items():
            if self.theta == tuple(archetype.tolist()):
                return f"{self.kind}:{name}"
        return ":".join([self.kind, *(repr(number) for number in self.theta)])

    def to_json(self) -> dict[str, Any]:
        """An object with its kind and its ten numbers, as ``theta``."""
        return {"kind": self.kind, "theta": list(self.theta)}

    @classmethod
    def parsed(cls, text: str, field: str) -> Self:
        """The agent of a text such as ``ten_parameter:hero``, or with ten numbers in its place.

        Raises
        ------
        InvalidValue
            If it is none.
        """
        _, _, numbers = text.partition(":")
        return cls(parse_strategy(numbers, field))


#: The agents without numbers, by name.
NAMED: dict[str, Policy] = {agent.kind: agent for agent in (Random(), AlwaysRest(), Specialist())}
