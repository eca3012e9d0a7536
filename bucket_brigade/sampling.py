"""Sampling in parts: long ranges of episodes cut at blocks, and means that are added up."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from bucket_brigade import _core
from bucket_brigade.backends import AutoBackend, Backend, Progress, as_backend
from bucket_brigade.checks import as_callback, as_u64
from bucket_brigade.errors import InvalidValue
from bucket_brigade.lineups import Lineup, compile_program
from bucket_brigade.results import SimulationResult
from bucket_brigade.scenario import Scenario, as_scenario
from bucket_brigade.simulation import BLOCK, listed_lineups, simulate

__all__ = ["BlockMean", "BlockMeans", "block_returns", "simulate_parts"]

FloatArray = npt.NDArray[np.float64]

#: Line-ups × blocks whose counts are held at a time.
HELD_BLOCKS = 1 << 18


def simulate_parts(
    scenario: Scenario,
    lineups: Sequence[Lineup],
    *,
    episodes: int,
    seed: int = 0,
    first_episode: int = 0,
    pool: Sequence[object] | None = None,
    backend: str | Backend = "auto",
    progress: Progress | None = None,
    **options: Any,
) -> Iterator[SimulationResult]:
    """Simulates adjoining ranges of episodes one after another, with the counts of their blocks.

    Ranges end where blocks do, so that together they have the blocks of the whole. Parameters are
    those of `simulate`; memory does not grow with the number of episodes.
    """
    as_callback("progress", progress)
    left, start = as_u64("episodes", episodes), as_u64("first_episode", first_episode)
    if left < 1:
        raise InvalidValue("episodes", episodes, "at least 1")
    player, lineups = as_backend(backend), listed_lineups(lineups)
    if isinstance(player, AutoBackend):
        # A part alone may be too short to be worth compiling for.
        whole = compile_program(
            scenario,
            lineups,
            pool=pool,
            seed=seed,
            first_episode=start,
            episodes=min(left, _core.most_episodes(as_scenario(scenario))),
        )
        player = player.weighing(whole)
    most = BLOCK * max(HELD_BLOCKS // max(len(lineups), 1), 16)
    every = left * len(lineups)
    while left:
        part = min(left, most - start % BLOCK)
        before = every - left * len(lineups)

        def told(done: int, _: int, before: int = before) -> None:
            if progress is not None:
                progress(before + done, every)

        yield simulate(
            scenario,
            lineups,
            episodes=part,
            seed=seed,
            first_episode=start,
            pool=pool,
            backend=player,
            per_block=True,
            progress=told,
            **options,
        )
        left, start = left - part, start + part


def block_returns(result: SimulationResult, lineup: int) -> FloatArray:
    """Returns of every seat summed over each block, shape (blocks, seats)."""
    weights = _core.reward_weights(result.scenario)
    return _core.weighted_sums(weights, result.counts.block_features(lineup))


class BlockMeans:
    """Means per episode with standard errors, from sums over blocks that come in parts.

    Sums are kept of deviations from the means of the first part, which loses no precision to the
    size of the means themselves.
    """

    def __init__(self) -> None:
        self._centres: FloatArray | None = None
        self._blocks = 0
        self._episodes = 0.0
        self._sums: FloatArray = np.zeros(())
        self._squares: FloatArray = np.zeros(())
        self._sized: FloatArray = np.zeros(())
        self._sizes = 0.0

    def add(self, sums: FloatArray, sizes: npt.NDArray[np.int64]) -> None:
        """Adds blocks: what they sum to, shape (blocks, K), and their episodes, (blocks,)."""
        if self._centres is None:
            self._centres = sums.sum(axis=0) / sizes.sum()
        deviations = sums - np.multiply.outer(sizes, self._centres)
        self._blocks += len(sums)
        self._episodes += float(sizes.sum())
        self._sums = self._sums + deviations.sum(axis=0)
        self._squares = self._squares + (deviations * deviations).sum(axis=0)
        self._sized = self._sized + sizes @ deviations
        self._sizes += float(sizes @ sizes)

    @property
    def mean(self) -> FloatArray:
        """The means per episode, shape (K,)."""
        assert self._centres is not None, "no blocks were added"
        return self._centres + self._sums / self._episodes

    @property
    def stderr(self) -> FloatArray:
        """Their standard errors (see `Moments.stderr`), shape (K,); NaN for a single block."""
        if self._blocks < 2:
            return np.full_like(self.mean, np.nan)
        m = self._sums / self._episodes
        spread = self._squares - 2 * m * self._sized + m * m * self._sizes
        corrected = np.maximum(spread, 0.0) * self._blocks / (self._blocks - 1)
        errors: FloatArray = np.sqrt(corrected) / self._episodes
        return errors


class BlockMean:
    """A single one of `BlockMeans`."""

    def __init__(self) -> None:
        self._means = BlockMeans()

    def add(self, sums: FloatArray, sizes: npt.NDArray[np.int64]) -> None:
        """Adds blocks: what they sum to and how many episodes they have, both shape (blocks,)."""
        self._means.add(sums[:, None], sizes)

    @property
    def mean(self) -> float:
        """The mean per episode."""
        return float(self._means.mean[0])

    @property
    def stderr(self) -> float:
        """Its standard error; NaN for a single block."""
        return float(self._means.stderr[0])
