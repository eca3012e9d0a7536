"""The ways to do the work, from agents in Python to GPUs."""

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import bucket_brigade as bb
from bench.baselines import jax_vmap, numba_parallel, numpy_vectorised, stepped, whole
from bench.baselines.common import FloatArray, Lineup, NotInstalled, Played
from bench.ladder.cuda import cuda_backend
from bench.ladder.work import EPISODES, lineups_of
from bucket_brigade import _core

Play = Callable[[bb.Scenario, Sequence[Lineup], int, int], Played]


@dataclass
class Rung:
    """A way to do the work.

    Attributes
    ----------
    label : str
        Its number on the ladder; "" for what stands beside it.
    what : str
    play : callable
        Scenario, line-ups, episodes, seed.
    episodes : int
        Of each line-up in a round: all of the work, or a share of it.
    before : str or None
        `what` of the rung that this one is compared with; None for none.
    shared_luck : bool
        Whether all line-ups meet the same episodes.
    absent : str or None
        Why it can't be measured here.
    sets_up : bool
        Whether something is done once that is not part of the time: compiling, or starting
        processes.
    setup_seconds : float
        What that takes.
    """

    label: str
    what: str
    play: Play
    episodes: int
    before: str | None = None
    shared_luck: bool = False
    absent: str | None = None
    sets_up: bool = False
    setup_seconds: float = 0.0
    seconds: list[float] = field(default_factory=list)
    #: Of a round; rounds differ in their seeds, so in nights.
    nights: list[int] = field(default_factory=list)
    #: Of all rounds, by scenario: the matrix of payoffs.
    matrices: dict[str, list[FloatArray]] = field(default_factory=dict)

    @property
    def seconds_a_night(self) -> list[float]:
        """One value per round."""
        return [s / n for s, n in zip(self.seconds, self.nights, strict=True)]


def sliced(threads: int | None, backend: Any = "cpu") -> Play:
    """The bit-sliced engine, or another backend, on a number of threads; None for all."""

    def play(
        scenario: bb.Scenario, lineups: Sequence[Lineup], episodes: int, seed: int = 0
    ) -> Played:
        result = bb.simulate(
            scenario, lineups, episodes=episodes, seed=seed, threads=threads, backend=backend
        )
        return Played(result.mean, result.stderr, int(result.counts.nights.sum()), episodes)

    return play


def first_call(play: Play, episodes: int) -> float:
    """Seconds that a first call takes more than a second one, in which it is ready."""
    scenario = bb.scenario("default")
    lineups = lineups_of(scenario)
    taken = []
    for _ in range(2):
        start = time.perf_counter()
        play(scenario, lineups, episodes, 0)
        taken.append(time.perf_counter() - start)
    return max(taken[0] - taken[1], 0.0)


def rungs(share: int, stack: ExitStack) -> list[Rung]:
    """All of them, ready to be measured; the slower, the smaller their part of the work.

    Parameters
    ----------
    share : int
        By which everything that is not fast is divided once more.
    stack : ExitStack
        Stops what was started.
    """
    start = time.perf_counter()
    workers = stack.enter_context(whole.Workers())
    starting = time.perf_counter() - start
    threads = _core.pool_threads()

    def part(episodes: int) -> int:
        return max(episodes // share, 2)

    # JAX needs full arrays to be measured fairly, of LANES over a matrix's line-ups.
    lanes = 100 if share < 10 else part(100)
    found = [
        Rung("0", "agents in Python, plain engine stepped", stepped.play, part(20)),
        Rung("1", "whole episodes in Rust, one thread", whole.play, part(500), shared_luck=True),
        Rung(
            "2",
            f"the same by {workers.processes} processes",
            workers.play,
            part(1000),
            shared_luck=True,
            sets_up=True,
            setup_seconds=starting,
        ),
        Rung("3a", "bit-sliced engine, one thread", sliced(1), EPISODES, shared_luck=True),
        Rung(
            "3b", f"bit-sliced engine, {threads} threads", sliced(None), EPISODES, shared_luck=True
        ),
    ]
    for lower, rung in pairwise(found):
        rung.before = lower.what
    cuda = cuda_backend()
    if isinstance(cuda, str):
        absent = Rung("4", "CUDA", sliced(None), EPISODES, absent=cuda)
        found.append(absent)
    else:
        rung = Rung("4", f"CUDA: {cuda.device()}", sliced(None, cuda), EPISODES, found[-1].what)
        rung.shared_luck = rung.sets_up = True
        found.append(rung)
    beside = [
        Rung(
            "2'",
            f"a pool of {workers.processes} processes over matrix entries",
            workers.play_entries,
            part(1000),
            found[1].what,
            shared_luck=True,
        ),
        Rung("", "NumPy over episodes", numpy_vectorised.play, part(400)),
        Rung("", "Numba, njit(parallel=True)", numba_parallel.play, part(2000), sets_up=True),
        Rung("", "JAX on the CPU, jit(vmap)", jax_vmap.play, lanes, sets_up=True),
    ]
    found += beside
    for rung in found:
        if rung.absent is None:
            try:
                compiling = first_call(rung.play, rung.episodes)
            except NotInstalled as error:
                rung.absent = str(error)
                continue
            if rung.sets_up:
                rung.setup_seconds += compiling
    return found
