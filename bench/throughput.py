"""Nights per second of the engines, in rounds that go through all cases and paths."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bench.cases import Case
from bucket_brigade import _core

#: Slots drawn for one measurement of the cost of a Philox call, which is of two calls each.
PHILOX_SLOTS = 30_000
#: Part of the time of a measurement that is spent on one of the plain engine.
PLAIN = 0.5


@dataclass
class PathTimings:
    """A case on one SIMD path, on one thread: one value per round."""

    episodes: int
    nights: int = 0
    seconds: list[float] = field(default_factory=list)
    #: Of the Philox calls timed just before and after.
    ns_per_call: list[float] = field(default_factory=list)

    @property
    def rates(self) -> list[float]:
        """Nights per second."""
        return [self.nights / seconds for seconds in self.seconds]


@dataclass
class CaseTimings:
    """Everything measured of a case: one value per round."""

    case: Case
    paths: dict[str, PathTimings]
    plain_episodes: int
    #: Nights per second of the best path on all threads.
    all_threads: list[float] = field(default_factory=list)
    #: The part of the processor time of all threads that they were given meanwhile.
    time_given: list[float] = field(default_factory=list)
    #: Nights per second of the plain engine.
    plain: list[float] = field(default_factory=list)


def play(program: _core.Program, path: str, threads: int) -> tuple[int, float]:
    """Plays a program on `threads` threads, 0 for all: its nights, and the seconds it took."""
    start = time.perf_counter()
    totals, _, _ = program.run(threads=threads, simd=path, per_block=False, progress=None)
    return int(totals[0, 0]), time.perf_counter() - start


def play_plain(program: _core.Program, episodes: int) -> float:
    """Nights per second of the plain engine over a number of episodes."""
    start = time.perf_counter()
    nights = sum(program.play(0, episode)[0] for episode in range(episodes))
    return nights / (time.perf_counter() - start)


def philox_ns(path: str) -> float:
    """Nanoseconds per Philox call on a path."""
    start = time.perf_counter()
    _core.philox_calls(path, PHILOX_SLOTS)
    return (time.perf_counter() - start) / (2 * PHILOX_SLOTS) * 1e9


def calibrate(case: Case, paths: Sequence[str], milliseconds: float) -> CaseTimings:
    """Chooses numbers of episodes that take about so long."""
    timings = {}
    for path in paths:
        episodes = 1 << 14
        play(case.program(episodes), path, 1)  # once to warm up
        _, seconds = play(case.program(episodes), path, 1)
        blocks = round(episodes / 32 * milliseconds * 1e-3 / seconds)
        timings[path] = PathTimings(32 * max(blocks, 1))
    start = time.perf_counter()
    play_plain(case.program(100), 100)
    per_episode = (time.perf_counter() - start) / 100
    plain = round(PLAIN * milliseconds * 1e-3 / per_episode)
    return CaseTimings(case, timings, max(plain, 1))


def measure(
    cases: Sequence[CaseTimings], rounds: int, best: str, told: Callable[[], object]
) -> None:
    """Adds `rounds` values to everything; calls `told` after every case of every round."""
    threads = _core.pool_threads()
    for n in range(rounds):
        for timings in cases:
            # There and back, so that no path always comes first.
            for path in list(timings.paths)[:: -1 if n % 2 else 1]:
                on_path = timings.paths[path]
                program = timings.case.program(on_path.episodes)
                before = philox_ns(path)
                on_path.nights, seconds = play(program, path, 1)
                on_path.seconds.append(seconds)
                on_path.ns_per_call.append((before + philox_ns(path)) / 2)
            program = timings.case.program(timings.paths[best].episodes * threads)
            busy = time.process_time()
            nights, seconds = play(program, best, 0)
            timings.all_threads.append(nights / seconds)
            timings.time_given.append((time.process_time() - busy) / (threads * seconds))
            timings.plain.append(play_plain(program, timings.plain_episodes))
            told()
