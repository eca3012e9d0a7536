"""Backends: what plays a program. ``"cpu"`` is built in; others register an entry point.

A distribution adds a backend under the entry-point group ``bucket_brigade.backends``, naming a
class that has the members of `Backend`, and of `Weighable` if ``"auto"`` may choose it. It is
constructed without arguments; or, where a user names devices as in ``"cuda:0,1"``, with the keyword
``devices=(0, 1)``. Every backend returns the same integers for the same program, so choosing one
changes nothing but the time it takes. A backend that has environments too has the members of
`bucket_brigade.envs.engine.PlaysLanes`.
"""

import os
from dataclasses import dataclass

from bucket_brigade.backends.auto import AutoBackend
from bucket_brigade.backends.installed import AUTO, GROUP, load, names
from bucket_brigade.backends.protocol import Backend, Progress, Weighable
from bucket_brigade.errors import BackendUnavailable, InvalidValue, shown

__all__ = [
    "ENVIRONMENT",
    "GROUP",
    "AutoBackend",
    "Backend",
    "BackendStatus",
    "Progress",
    "Weighable",
    "about_auto",
    "as_backend",
    "list_backends",
    "select_backend",
]

#: Names the backend that ``"auto"`` stands for, which then neither weighs nor falls back.
ENVIRONMENT = "BUCKET_BRIGADE_BACKEND"


@dataclass(frozen=True)
class BackendStatus:
    """A backend, and whether it can be used here.

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


def select_backend(name: str = AUTO) -> Backend:
    """The backend to use.

    Parameters
    ----------
    name : str
        A backend's name, perhaps with devices it is to use, as in ``"cuda:0"`` or ``"cuda:0,1"``:
        it plays, or raises an error. Or ``"auto"``: what the environment variable
        ``BUCKET_BRIGADE_BACKEND`` names in the same way; if it is not set, each program is played
        by the usable backend that should be done first, and by the CPU should that one fail (see
        `AutoBackend`).

    Raises
    ------
    InvalidValue
        If no installed distribution brings a backend of that name, or it takes no such devices.
    BackendUnavailable
        If it can't be used here.
    """
    if not isinstance(name, str):
        raise _not_a_backend(name)
    origin = ""
    if name == AUTO:
        name, origin = os.environ.get(ENVIRONMENT, "") or AUTO, f" (from {ENVIRONMENT})"
    if name == AUTO:
        return AutoBackend()
    try:
        return load(name)
    except InvalidValue as error:
        raise InvalidValue(error.field, f"{error.value}{origin}", error.allowed) from error
    except BackendUnavailable as error:
        raise BackendUnavailable(f"backend {name!r}{origin} can't be used here: {error}") from error


def as_backend(backend: object) -> Backend:
    """Return a backend itself, or the one of a name (see `select_backend`).

    Parameters
    ----------
    backend : Backend or str
        What a caller gave.

    Raises
    ------
    InvalidValue
        If it is neither.
    """
    if isinstance(backend, str):
        return select_backend(backend)
    if isinstance(backend, type) or not isinstance(backend, Backend):
        raise _not_a_backend(backend)
    return backend


def _not_a_backend(value: object) -> InvalidValue:
    return InvalidValue("backend", shown(value), f"{AUTO} or one of {', '.join(names())}")


def list_backends() -> list[BackendStatus]:
    """The backends that are installed or could be, usable or not."""
    statuses = []
    for name in names():
        try:
            detail, usable = str(load(name).device()), True
        except Exception as error:
            # One that is broken must not hide the others.
            detail, usable = str(error) or type(error).__name__, False
        statuses.append(BackendStatus(name, usable, detail))
    return statuses


def about_auto() -> str:
    """Say in a line what ``"auto"`` stands for on this machine."""
    named = os.environ.get(ENVIRONMENT, "")
    if named not in ("", AUTO):
        return f"{AUTO}: {named}, which {ENVIRONMENT} names"
    return f"{AUTO}: {AutoBackend().device()}"
