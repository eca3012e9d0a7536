"""Backends: what plays a program. ``"cpu"`` is built in; others register an entry point.

A distribution adds a backend under the entry-point group ``bucket_brigade.backends``, naming a
class without constructor arguments that has the members of `Backend`. Every backend returns the
same integers for the same program, so choosing one changes nothing but the time it takes.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Protocol, cast, runtime_checkable

from bucket_brigade import _core
from bucket_brigade.backends.cpu import CpuBackend
from bucket_brigade.counts import EventCounts
from bucket_brigade.errors import BackendUnavailable, InvalidValue

__all__ = ["Backend", "BackendStatus", "Progress", "list_backends", "select_backend"]

#: Called with episodes done and episodes in all, over all line-ups.
Progress = Callable[[int, int], object]

#: Names the backend that ``"auto"`` stands for.
ENVIRONMENT = "BUCKET_BRIGADE_BACKEND"
GROUP = "bucket_brigade.backends"


@runtime_checkable
class Backend(Protocol):
    """What plays programs."""

    name: str

    def unavailable(self) -> str | None:
        """Why it can't be used here; None if it can."""

    def device(self) -> str:
        """What it runs on, for people."""

    def run(
        self,
        program: _core.Program,
        *,
        threads: int | None = None,
        per_block: bool = False,
        progress: Progress | None = None,
    ) -> EventCounts:
        """Plays a program and returns what it counted."""


@dataclass(frozen=True)
class BackendStatus:
    """Whether a backend can be used here.

    Attributes
    ----------
    name : str
        Its name.
    usable : bool
        Whether it can.
    detail : str
        What it runs on; or why it can't.
    """

    name: str
    usable: bool
    detail: str


def _load(name: str) -> Backend | None:
    """The backend of a name, or None if no distribution brings one."""
    if name == CpuBackend.name:
        return CpuBackend()
    for entry in entry_points(group=GROUP, name=name):
        try:
            return cast(Backend, entry.load()())
        except Exception as error:
            # Whatever a broken installation raises, the user needs to hear which backend it was.
            raise BackendUnavailable(f"backend {name!r} can't be loaded: {error}") from error
    return None


def _names() -> list[str]:
    others = {entry.name for entry in entry_points(group=GROUP)} - {CpuBackend.name}
    return [CpuBackend.name, *sorted(others)]


def select_backend(name: str = "auto") -> Backend:
    """The backend to use.

    Parameters
    ----------
    name : str
        A backend's name; ``"auto"`` takes the one that the environment variable
        ``BUCKET_BRIGADE_BACKEND`` names, or else the CPU.

    Raises
    ------
    InvalidValue
        If no installed distribution brings a backend of that name.
    BackendUnavailable
        If it can't be used here.
    """
    if not isinstance(name, str):
        raise InvalidValue("backend", repr(name), f"auto or one of {', '.join(_names())}")
    if name == "auto":
        name = os.environ.get(ENVIRONMENT, "") or CpuBackend.name
        name = CpuBackend.name if name == "auto" else name
    backend = _load(name)
    if backend is None:
        raise InvalidValue("backend", repr(name), f"auto or one of {', '.join(_names())}")
    reason = backend.unavailable()
    if reason is not None:
        raise BackendUnavailable(f"backend {name!r} can't be used here: {reason}")
    return backend


def as_backend(backend: object) -> Backend:
    """The backend itself, or the one of a name (see `select_backend`).

    Raises
    ------
    InvalidValue
        If it is neither.
    """
    if isinstance(backend, str):
        return select_backend(backend)
    if isinstance(backend, type) or not isinstance(backend, Backend):
        raise InvalidValue("backend", repr(backend), f"auto or one of {', '.join(_names())}")
    return backend


def list_backends() -> list[BackendStatus]:
    """All installed backends, usable or not."""
    statuses = []
    for name in _names():
        try:
            backend = select_backend(name)
        except BackendUnavailable as error:
            statuses.append(BackendStatus(name, False, str(error)))
        else:
            statuses.append(BackendStatus(name, True, backend.device()))
    return statuses
