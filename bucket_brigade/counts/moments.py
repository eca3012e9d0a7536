"""First and second moments over blocks, from which means and standard errors come."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from bucket_brigade import _core
from bucket_brigade._arrays import FloatArray, IntArray
from bucket_brigade.by_value import ComparedByValue

__all__ = ["Moments"]


@dataclass(frozen=True, eq=False)
class Moments(ComparedByValue):
    """First and second moments over blocks of some integers ("features"), for L line-ups.

    The first feature is the number of episodes of a block. Means and standard errors of every
    linear combination follow, so they survive new reward weights.

    Attributes
    ----------
    sums : ndarray of int64, shape (L, F)
        Σ_b f_b.
    products : ndarray of int64, shape (L, F, F)
        Σ_b f_b f_bᵀ.
    blocks : int
        Number of blocks.
    """

    sums: IntArray
    products: IntArray
    blocks: int

    def mean(self, weights: FloatArray) -> FloatArray:
        """Mean per episode of ``weights @ features``: shape (L, A) for weights (A, F)."""
        means: FloatArray = _core.weighted_sums(weights, self.sums) / self.sums[:, :1]
        return means

    def stderr(self, weights: FloatArray) -> FloatArray:
        """Standard errors of `mean`, from the spread between blocks.

        With B blocks of n_b episodes, block sums x_b, N = Σ n_b and m = Σ x_b / N,
        ``se² = B/(B−1) · Σ (x_b − n_b m)² / N²``. NaN where there is one block only.

        Notes
        -----
        Features are first shifted by a whole number per episode, exactly, in integers that may
        wrap on the way but not in the end. What is left is small, so float64 loses nothing that
        matters, and a count without variance has a standard error of exactly zero.
        """
        lineups, seats = len(self.sums), len(weights)
        if self.blocks < 2:
            return np.full((lineups, seats), np.nan)
        total = self.sums[:, :1]
        shift = self.sums // total
        shift[:, 0] = 0
        sizes = self.products[:, 0, :]
        squares = self.products[:, 0, 0]
        cross = shift[:, :, None] * sizes[:, None, :]
        products = (
            self.products
            - cross
            - cross.transpose(0, 2, 1)
            + shift[:, :, None] * shift[:, None, :] * squares[:, None, None]
        ).astype(np.float64)
        rest = (self.sums - total * shift) / total
        sized = (sizes - shift * squares[:, None]).astype(np.float64)
        cross_rest = rest[:, :, None] * sized[:, None, :]
        centred = (
            products
            - cross_rest
            - cross_rest.transpose(0, 2, 1)
            + rest[:, :, None] * rest[:, None, :] * squares[:, None, None]
        )
        variance = np.einsum("af,lfg,ag->la", weights, centred, weights)
        correction = self.blocks / (self.blocks - 1)
        errors: FloatArray = np.sqrt(np.maximum(variance, 0.0) * correction) / total
        return errors

    def __add__(self, other: Self) -> Self:
        """The moments of two sets of blocks together."""
        return type(self)(
            self.sums + other.sums, self.products + other.products, self.blocks + other.blocks
        )
