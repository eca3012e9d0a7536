"""Backends and commands as other distributions would bring them."""

import math
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import pytest

import bucket_brigade as bb
from bucket_brigade import _core
from bucket_brigade.backends import GROUP, auto, installed
from bucket_brigade.backends.cpu import CpuBackend


class Counting(CpuBackend):
    """Plays, and counts its runs; has no estimate to offer."""

    name = "counting"
    runs = 0

    seconds = None  # type: ignore[assignment]

    def run(self, *arguments: Any, **options: Any) -> bb.EventCounts:
        type(self).runs += 1
        return super().run(*arguments, **options)


class Absent(CpuBackend):
    name = "absent"

    def unavailable(self) -> str | None:
        return "there is no such device"


class Broken:
    def __init__(self) -> None:
        raise OSError("no driver")


class Fast(CpuBackend):
    """Says that it takes as long as `estimate` says; raises the next of `failures`, if any."""

    name = "fast"
    estimate: ClassVar[Callable[[_core.Program], Any]]
    failures: ClassVar[Iterator[BaseException | None]]
    made: ClassVar[list[tuple[int, ...] | None]]
    played: ClassVar[list[int]]

    def __init__(self, devices: tuple[int, ...] | None = None) -> None:
        super().__init__()
        self.made.append(devices)

    def device(self) -> str:
        return "a fast device"

    def seconds(self, program: _core.Program, *, threads: int | None = None) -> Any:
        return type(self).estimate(program)

    def run(self, program: _core.Program, **options: Any) -> bb.EventCounts:
        failure = next(self.failures, None)
        if failure is not None:
            raise failure
        self.played.append(program.episodes)
        return super().run(program, **options)


def reset(fast: type[Fast] = Fast) -> None:
    fast.estimate = staticmethod(lambda program: 0.5)
    fast.failures, fast.made, fast.played = iter([]), [], []


def install(monkeypatch: pytest.MonkeyPatch, **found: Any) -> list[str]:
    """Makes these the only backends of other distributions; returns a list of what is loaded."""
    loaded: list[str] = []

    class Entry:
        def __init__(self, name: str) -> None:
            self.name = name

        def load(self) -> Any:
            loaded.append(self.name)
            if isinstance(found[self.name], Exception):
                raise found[self.name]
            return found[self.name]

    def entry_points(*, group: str, name: str | None = None) -> list[Entry]:
        assert group == GROUP
        return [Entry(n) for n in found if name in (None, n)]

    monkeypatch.setattr(installed, "entry_points", entry_points)
    return loaded


def let_the_cpu_take(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """What the CPU estimates for every program."""

    def estimate(self: CpuBackend, program: object, *, threads: int | None = None) -> float:
        return seconds

    monkeypatch.setattr(CpuBackend, "seconds", estimate)


ALMOST_WORTH_LOADING = math.nextafter(auto.WORTH_LOADING, 0)
