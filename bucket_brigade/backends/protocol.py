"""The interface of a backend: the members that the rest of the package uses."""

from collections.abc import Callable
from typing import Protocol, runtime_checkable

from bucket_brigade import _core
from bucket_brigade.counts.event_counts import EventCounts

__all__ = ["Backend", "Progress", "Weighable"]

#: Called with episodes done and episodes in all, over all line-ups.
Progress = Callable[[int, int], object]


@runtime_checkable
class Backend(Protocol):
    """An engine, with the devices it runs on, that plays programs and counts events."""

    name: str

    def unavailable(self) -> str | None:
        """Why it can't be used here; None if it can."""

    def device(self) -> str:
        """Description of the device or devices it runs on, for people."""

    def run(
        self,
        program: _core.Program,
        *,
        threads: int | None = None,
        per_block: bool = False,
        progress: Progress | None = None,
    ) -> EventCounts:
        """Plays a program and returns what it counted, with its name and device.

        Raises
        ------
        BackendUnavailable, BackendFailed
            If it can't be used after all, or fails on the way; the message says why. ``"auto"``
            then plays on the CPU. Other errors are the caller's, or bugs, and pass through.
        """


@runtime_checkable
class Weighable(Backend, Protocol):
    """A backend that can say how long it would take: only these are chosen by ``"auto"``.

    One that plays more kinds of policies than the heuristic agent names them all in an attribute
    `policy_kinds`, or else it is not chosen for programs that hold others.
    """

    def seconds(self, program: _core.Program) -> float:
        """Estimate the seconds of `Backend.run`, compilation included where it is still to do."""
