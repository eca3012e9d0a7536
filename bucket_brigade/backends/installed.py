"""Backends by name: the built-in one, and those that distributions announce as entry points."""

import inspect
import re
from collections.abc import Callable
from importlib.metadata import entry_points
from typing import Any

from bucket_brigade.arguments import did_you_mean
from bucket_brigade.backends.cpu import CpuBackend
from bucket_brigade.backends.protocol import Backend
from bucket_brigade.errors import BackendUnavailable, BucketBrigadeError, InvalidValue, shown

__all__ = ["AUTO", "GROUP", "TO_INSTALL", "load", "names"]

AUTO = "auto"
GROUP = "bucket_brigade.backends"

#: Backends that people ask for before they have them, and how to come by them.
TO_INSTALL = {
    "cuda": "not installed: pip install './gpu[cu12]' (or [cu13]) in a checkout; see docs/cuda.md"
}

#: Which devices of a kind there are is for their backend to say, but none has a billion.
DEVICES = re.compile(r"[0-9]{1,9}(,[0-9]{1,9})*")

#: The backend that spreads programs over a cluster, on which the one plays whose name follows.
RAY = "ray"


def names() -> list[str]:
    """The CPU, other backends that are installed, and those that can be."""
    others = {entry.name for entry in entry_points(group=GROUP)} | {*TO_INSTALL, RAY}
    return [CpuBackend.name, *sorted(others - {CpuBackend.name, AUTO})]


def _parsed(text: str) -> tuple[str, tuple[int, ...] | None]:
    """Name and devices of ``"name"`` or ``"name:0,1"``."""
    name, colon, listing = text.partition(":")
    if not colon:
        return name, None
    devices = tuple(map(int, listing.split(","))) if DEVICES.fullmatch(listing) else ()
    if not devices or len(set(devices)) < len(devices):
        allowed = "a name, or a name with devices, each once, as in cuda:0 or cuda:0,1"
        raise InvalidValue("backend", shown(text), allowed)
    return name, devices


def load(text: str) -> Backend:
    """The backend of a name, with devices or without, if it can be used here.

    Raises
    ------
    InvalidValue
        If no installed distribution brings one of that name, or it takes no such devices.
    BackendUnavailable
        If it can't be used; the message is the reason alone.
    """
    if text.partition(":")[0] == RAY:
        return _on_ray(text)
    name, devices = _parsed(text)
    if name == CpuBackend.name:
        return _constructed(CpuBackend, text, devices)
    # A distribution that is on the path twice announces its backend twice.
    entry = next(iter(entry_points(group=GROUP, name=name)), None)
    if entry is None or name == AUTO:
        if name in TO_INSTALL:
            raise BackendUnavailable(TO_INSTALL[name])
        meant = did_you_mean(name, [AUTO, *names()])
        raise InvalidValue("backend", shown(text), f"{AUTO} or one of {', '.join(names())}{meant}")
    try:
        backend = _constructed(entry.load(), text, devices)
        reason = backend.unavailable()
    except BucketBrigadeError:
        raise
    except Exception as error:
        # Whatever a broken installation raises, the user needs to hear which backend it was.
        raise BackendUnavailable(f"it can't be loaded: {type(error).__name__}: {error}") from error
    if reason is not None:
        raise BackendUnavailable(reason)
    return backend


def _on_ray(text: str) -> Backend:
    """The backend of ``"ray"``, or of the name of what plays, as in ``"ray:cuda"``."""
    from bucket_brigade.cluster.ray_backend import RayBackend

    _, colon, player = text.partition(":")
    backend = RayBackend(player) if colon else RayBackend()
    reason = backend.unavailable()
    if reason is not None:
        raise BackendUnavailable(reason)
    return backend


def _constructed(
    factory: Callable[..., Any], text: str, devices: tuple[int, ...] | None
) -> Backend:
    options: dict[str, Any] = {}
    if devices is not None:
        if "devices" not in inspect.signature(factory).parameters:
            alone = text.partition(":")[0]
            raise InvalidValue("backend", shown(text), f"{alone} alone: it takes no devices")
        options["devices"] = devices
    backend = factory(**options)
    if not isinstance(backend, Backend):
        raise TypeError(f"{factory!r} makes no backend: see bucket_brigade.backends.Backend")
    return backend
