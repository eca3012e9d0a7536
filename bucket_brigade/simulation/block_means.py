"""Means and standard errors from sums over blocks that come in parts."""

import numpy as np
import numpy.typing as npt

from bucket_brigade import _core
from bucket_brigade._arrays import FloatArray
from bucket_brigade.simulation.result import SimulationResult

__all__ = ["BlockMean", "BlockMeans", "block_returns"]


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
        """Standard errors of the means, shape (K,), by `Moments.stderr`; NaN for a single block."""
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
        """The mean of an episode."""
        return float(self._means.mean[0])

    @property
    def stderr(self) -> float:
        """The standard error of the mean; NaN for a single block."""
        return float(self._means.stderr[0])
