"""The interface of a policy: all that line-ups, engines and results ask of one."""

from abc import ABC, abstractmethod
from collections.abc import Hashable
from typing import ClassVar

from bucket_brigade import _core
from bucket_brigade.errors import InvalidValue, shown

__all__ = ["Policy", "checked_memoryless"]


class Policy(ABC):
    """A way to act in a seat, night after night.

    Policies are values: they never change, equal ones are one, and they can be hashed and pickled.
    To add a kind: its place in the core (``core_rs/src/policy``), a class in a file beside this
    one, what stands for it in `bucket_brigade.policies.kinds`, and in `possible_events` whether it
    can work and can rest; for searches to go through its kind, also a space in
    `bucket_brigade.policies.spaces`.

    Attributes
    ----------
    kind : str
        The name of its kind.
    by_chain : bool
        Whether the exact chain follows it (docs/exact.md). Exact work takes others as tables.
    """

    kind: ClassVar[str]
    by_chain: ClassVar[bool] = True
    #: So that comparing one with an array is not done number by number.
    __array_ufunc__: ClassVar[None] = None

    @property
    def memoryless(self) -> bool:
        """Whether what it does depends on the houses (and the night) alone. Only such policies have
        exact payoffs."""
        return True

    @property
    def tells_owned_apart(self) -> bool:
        """Whether it matters to it which houses it owns beside its home, so that the exact chain
        has to follow every house by itself."""
        return False

    @property
    @abstractmethod
    def key(self) -> Hashable:
        """A key that policies share if they play alike, whatever else tells them apart."""

    @abstractmethod
    def compiled(self) -> _core.Policy:
        """The policy as the core takes it, to be compiled to integers in a program."""

    @abstractmethod
    def name(self, digits: int = 3) -> str:
        """A short name for people, with numbers of `digits` digits where they are rounded."""

    @abstractmethod
    def to_json(self) -> object:
        """The policy in full, as JSON knows it; `bucket_brigade.policies.kinds.as_policy` reads
        it."""


def checked_memoryless(policy: Policy, field: str) -> Policy:
    """The policy, if it remembers nothing.

    Raises
    ------
    InvalidValue
        If it does, so that payoffs are not a function of the houses: they can only be sampled.
    """
    if not policy.memoryless:
        allowed = (
            "policies that depend on the houses alone, for exact payoffs; a ten-parameter agent "
            "does if its coordination and its fatigue_memory are 0"
        )
        raise InvalidValue(field, shown(policy), allowed)
    return policy
