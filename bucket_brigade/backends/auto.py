"""The backend ``"auto"``: plays each program on whichever backend should be done with it first."""

import copy
import warnings
from dataclasses import replace
from functools import cached_property

from bucket_brigade import _core
from bucket_brigade.backends.cpu import CpuBackend
from bucket_brigade.backends.installed import AUTO, load, names
from bucket_brigade.backends.protocol import Backend, Progress, Weighable
from bucket_brigade.counts.event_counts import EventCounts
from bucket_brigade.errors import (
    BackendFailed,
    BackendUnavailable,
    BackendWarning,
    BucketBrigadeError,
)

__all__ = ["WORTH_LOADING", "AutoBackend"]

#: Seconds a program has to take the CPU before other backends are as much as imported. Importing
#: what drives a GPU takes about that long, so that nothing shorter could gain by it.
WORTH_LOADING = 1.0


class AutoBackend:
    """Plays a program on the usable backend with the least estimated time, the CPU when in doubt.

    If that one fails, the CPU plays instead, with a `BackendWarning` and a word in the `device`
    of the counts.
    """

    name = AUTO

    def __init__(self) -> None:
        self._cpu = CpuBackend()
        self._whole: _core.Program | None = None

    def weighing(self, whole: _core.Program) -> "AutoBackend":
        """The same, but deciding by a program of which those it is to play are parts."""
        other = copy.copy(self)
        other._whole = whole
        return other

    def unavailable(self) -> str | None:
        """Never: there is always the CPU."""
        return None

    def device(self) -> str:
        """The way a backend is chosen, for people."""
        return (
            f"the CPU for what it plays in {WORTH_LOADING:g} s, and above that the usable backend "
            "with the least estimated time"
        )

    @cached_property
    def _others(self) -> list[Weighable]:
        """Other backends that can be used; why the rest can't, `list_backends` tells."""
        found = []
        for name in names()[1:]:
            try:
                backend = load(name)
            except BackendUnavailable:
                continue
            except BucketBrigadeError as error:
                # Such as a variable of the environment that names no device.
                _warn(f"{name} is not used: {_told(error)}")
                continue
            if isinstance(backend, Weighable):
                found.append(backend)
        return found

    def seconds(self, program: _core.Program, *, threads: int | None = None) -> float:
        """About how long `run` would take: the least estimate of a usable backend."""
        return self._chosen(program, threads)[1]

    def _chosen(self, program: _core.Program, threads: int | None) -> tuple[Backend, float]:
        best: Backend = self._cpu
        least = self._cpu.seconds(program, threads=threads)
        if least < WORTH_LOADING:
            return best, least
        kinds = set(program.policy_kinds)
        for backend in self._others:
            if not kinds <= set(getattr(backend, "policy_kinds", ("heuristic",))):
                continue
            try:
                seconds = float(backend.seconds(program))
            except Exception as error:
                # Nobody asked for this backend, so its bugs must not stop the run.
                _warn(f"{backend.name} can't say how long it would take: {_told(error)}")
                continue
            if seconds < least:
                best, least = backend, seconds
        return best, least

    def run(
        self,
        program: _core.Program,
        *,
        threads: int | None = None,
        per_block: bool = False,
        progress: Progress | None = None,
    ) -> EventCounts:
        """Plays a program; parameters are those of `CpuBackend.run`.

        After a failure, progress starts again from nothing.

        Raises
        ------
        InvalidValue
            If `threads` is not a whole number of at least 1.
        """

        def play(backend: Backend) -> EventCounts:
            return backend.run(program, threads=threads, per_block=per_block, progress=progress)

        backend, _ = self._chosen(program if self._whole is None else self._whole, threads)
        if backend is self._cpu:
            return play(backend)
        try:
            return play(backend)
        except (BackendUnavailable, BackendFailed) as error:
            failure = f"{backend.name} failed: {_told(error)}"
        _warn(f"{failure}; the CPU plays instead")
        counts = play(self._cpu)
        return replace(counts, device=f"{counts.device}, since {failure}")


def _told(error: Exception) -> str:
    return str(error) or type(error).__name__


def _warn(message: str) -> None:
    warnings.warn(message, BackendWarning, stacklevel=3)
