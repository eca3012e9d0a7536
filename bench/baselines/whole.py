"""Rungs 1 and 2: whole episodes by the Rust plain engine, each one call.

On one thread; by a process on each core, which share out the episodes of a line-up; and as the user
proposed, by a pool of processes that take the entries of a payoff matrix.

Processes, although a call lets other Python threads run while it plays: its list of counts is made
under Python's lock, for which many threads would wait.
"""

import multiprocessing
import os
from collections.abc import Sequence
from itertools import pairwise
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt

from bench.baselines.common import Game, Lineup, Played
from bucket_brigade import Scenario
from bucket_brigade.game.program import compile_program

IntArray = npt.NDArray[np.int64]
Task = tuple[Scenario, Sequence[Lineup], int, int, int]


def counts_of(task: Task) -> IntArray:
    """Counts of every episode, line-up after line-up: (line-ups × episodes, counts)."""
    scenario, lineups, first, episodes, seed = task
    program = compile_program(scenario, lineups, seed=seed, first_episode=first, episodes=episodes)
    play = program.play
    return np.array(
        [
            play(lineup, episode)
            for lineup in range(len(lineups))
            for episode in range(first, first + episodes)
        ]
    )


def _played(scenario: Scenario, counts: IntArray) -> Played:
    """From counts of shape (line-ups, episodes, counts)."""
    game = Game.of(scenario)
    returns = [game.returns_of(of_lineup) for of_lineup in counts]
    return Played.of(returns, int(counts[:, :, 0].sum()))


def play(scenario: Scenario, lineups: Sequence[Lineup], episodes: int, seed: int = 0) -> Played:
    """Plays every line-up on this thread."""
    counts = counts_of((scenario, lineups, 0, episodes, seed))
    return _played(scenario, counts.reshape(len(lineups), episodes, -1))


class Workers:
    """A process on each core, started once.

    Parameters
    ----------
    processes : int, optional
        By default one for each core.
    """

    def __init__(self, processes: int | None = None) -> None:
        self.processes = processes or os.cpu_count() or 1
        # Not forked: other baselines start threads.
        self.pool = multiprocessing.get_context("spawn").Pool(self.processes)
        self.pool.map(abs, range(self.processes), chunksize=1)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.pool.terminate()
        self.pool.join()

    def play(
        self, scenario: Scenario, lineups: Sequence[Lineup], episodes: int, seed: int = 0
    ) -> Played:
        """Every process plays its share of the episodes of all line-ups."""
        edges = [episodes * i // self.processes for i in range(self.processes + 1)]
        tasks: list[Task] = [
            (scenario, lineups, start, stop - start, seed)
            for start, stop in pairwise(edges)
            if stop > start
        ]
        parts = self.pool.map(counts_of, tasks, chunksize=1)
        shaped = [part.reshape(len(lineups), -1, part.shape[1]) for part in parts]
        return _played(scenario, np.concatenate(shaped, axis=1))

    def play_entries(
        self, scenario: Scenario, lineups: Sequence[Lineup], episodes: int, seed: int = 0
    ) -> Played:
        """The user's own proposal: an entry of the matrix, its A line-ups, is a task."""
        size = scenario.num_agents
        tasks: list[Task] = [
            (scenario, lineups[i : i + size], 0, episodes, seed)
            for i in range(0, len(lineups), size)
        ]
        parts = self.pool.map(counts_of, tasks, chunksize=1)
        shaped = [part.reshape(-1, episodes, part.shape[1]) for part in parts]
        return _played(scenario, np.concatenate(shaped))
