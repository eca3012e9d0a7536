"""Parts of a program: some line-ups, and some of their blocks; and their counts put together."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bucket_brigade import _core
from bucket_brigade._arrays import IntArray
from bucket_brigade.backends import select_backend
from bucket_brigade.counts.block_sizes import BlockSizes
from bucket_brigade.counts.event_counts import EventCounts
from bucket_brigade.errors import BackendFailed
from bucket_brigade.game.program import SeatedStrategies
from bucket_brigade.game.scenario import Scenario
from bucket_brigade.simulation.result import BLOCK

__all__ = ["Part", "Played", "Sums", "parts_of", "play_part"]


@dataclass(frozen=True, eq=False)
class Part:
    """A part of a program.

    Attributes
    ----------
    scenario : Scenario
        The game.
    seated : SeatedStrategies
        The line-ups of the part.
    lineup, block : int
        Where it begins in the program.
    seed, first_episode, episodes : int
        Its episodes.
    player : str
        The backend that is to play it.
    per_block : bool
        Whether the counts of blocks are wanted.
    """

    scenario: Scenario
    seated: SeatedStrategies
    lineup: int
    block: int
    seed: int
    first_episode: int
    episodes: int
    player: str
    per_block: bool

    @property
    def played(self) -> int:
        """Episodes of all its line-ups together."""
        return len(self.seated.sizes) * self.episodes


@dataclass(frozen=True, eq=False)
class Played:
    """The counts of a part (see `EventCounts`), and the device that played it."""

    totals: IntArray
    moments: IntArray
    blocks: npt.NDArray[np.uint32] | None
    device: str


def play_part(part: Part) -> Played:
    """Plays a part on one thread, or on the devices that this process has."""
    program = part.seated.program(
        part.scenario,
        seed=part.seed,
        first_episode=part.first_episode,
        episodes=part.episodes,
    )
    counts = select_backend(part.player).run(program, threads=1, per_block=part.per_block)
    return Played(counts.totals, counts.moments, counts.blocks, counts.device)


def parts_of(program: _core.Program, number: int, player: str, per_block: bool) -> Iterator[Part]:
    """Cuts a program into at least a number of parts, where it has as many blocks.

    Line-ups come first, since each is compiled for itself anyway; then blocks.

    Raises
    ------
    BackendFailed
        If the program does not say what it was compiled from.
    """
    if not isinstance(program.source, tuple):
        raise BackendFailed("a program that does not say what it was compiled from can't be cut")
    scenario, seated = program.source
    runs = min(math.ceil(number / program.lineups), program.blocks)
    per_run = math.ceil(program.blocks / runs)
    last = program.first_episode + program.episodes
    for start, lineups in _by_lineup(seated, number):
        for block in range(0, program.blocks, per_run):
            aligned = (program.first_episode // BLOCK + block) * BLOCK
            first = max(program.first_episode, aligned)
            until = min(last, aligned + per_run * BLOCK)
            yield Part(
                scenario,
                lineups,
                start,
                block,
                program.seed,
                first,
                until - first,
                player,
                per_block,
            )


def _by_lineup(seated: SeatedStrategies, number: int) -> Iterator[tuple[int, SeatedStrategies]]:
    """Groups of line-ups, with the first of each; as many as there are to be parts, or fewer."""
    size = max(len(seated.sizes) // number, 1)
    ends = np.concatenate([[0], np.cumsum(seated.sizes.sum(axis=1))])
    for start in range(0, len(seated.sizes), size):
        end = min(start + size, len(seated.sizes))
        inside = slice(int(ends[start]), int(ends[end]))
        yield (
            start,
            SeatedStrategies(
                seated.policies,
                seated.sizes[start:end],
                seated.indices[inside],
                seated.weights[inside],
            ),
        )


class Sums:
    """The counts of a program, from those of its parts in whichever order they come.

    Parameters
    ----------
    program : Program
        The program.
    """

    def __init__(self, program: _core.Program) -> None:
        self._program = program
        self._totals: IntArray | None = None
        self._moments: IntArray | None = None
        self._of_blocks: npt.NDArray[np.uint32] | None = None

    def add(self, part: Part, played: Played) -> None:
        """Adds a part, which must not be added twice."""
        lineups, blocks = self._program.lineups, self._program.blocks
        size, features = played.totals.shape[1], played.moments.shape[1]
        if self._totals is None or self._moments is None:
            self._totals = np.zeros((lineups, size), dtype=np.int64)
            self._moments = np.zeros((lineups, features, features), dtype=np.int64)
        those = slice(part.lineup, part.lineup + len(played.totals))
        self._totals[those] += played.totals
        self._moments[those] += played.moments
        if played.blocks is not None:
            if self._of_blocks is None:
                self._of_blocks = np.zeros((lineups, blocks, size), dtype=np.uint32)
            inside = slice(part.block, part.block + played.blocks.shape[1])
            self._of_blocks[those, inside] = played.blocks

    def counts(self, backend: str, device: str) -> EventCounts:
        """All counts, once all parts are added; with the names of what played."""
        assert self._totals is not None
        assert self._moments is not None
        program = self._program
        return EventCounts(
            houses=program.houses,
            agents=program.agents,
            episodes=program.episodes,
            totals=self._totals,
            moments=self._moments,
            block_episodes=BlockSizes(program.block_runs),
            blocks=self._of_blocks,
            backend=backend,
            device=device,
        )
