"""Matrices of payoffs: each strategy against all others playing one."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from bucket_brigade.backends import Backend, Progress
from bucket_brigade.errors import InvalidValue
from bucket_brigade.payoffs import focal_payoffs
from bucket_brigade.scenario import RULES_VERSION, Scenario
from bucket_brigade.strategies import ARCHETYPES
from bucket_brigade.tables import write_csv

__all__ = ["PayoffMatrix", "payoff_matrix"]

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class PayoffMatrix:
    """Payoffs of K strategies when everyone else plays one of them.

    This is the reduction "focal strategy i, all others j" of the game, not the game itself.

    Attributes
    ----------
    names : tuple of str
        The strategies.
    mean, stderr : ndarray of float64, shape (K, K)
        Expected return of the focal agent that plays row i while all others play column j, and
        its standard error.
    seat : int or None
        The focal agent's seat; None for the mean over seats.
    scenario, episodes, seed, backend, method
        How it was computed. `backend` is what played (see `EventCounts.backend`); `method` is
        "sampled" or "exact", and with the latter `episodes`, `seed` and `backend` are None.
    """

    names: tuple[str, ...]
    mean: FloatArray
    stderr: FloatArray
    seat: int | None
    scenario: Scenario
    episodes: int | None
    seed: int | None
    backend: str | None
    method: str = "sampled"

    def to_csv(self, path: str | os.PathLike[str] | None = None) -> str:
        """The matrix as CSV text, a row per pair, also written to a file if one is named."""
        pairs = [(i, j) for i in range(len(self.names)) for j in range(len(self.names))]
        rows = [
            (self.names[i], self.names[j], self.mean[i, j].item(), self.stderr[i, j].item())
            for i, j in pairs
        ]
        return write_csv(["focal", "others", "mean", "stderr"], rows, path)

    def to_dict(self) -> dict[str, Any]:
        """The matrix as JSON knows it."""
        return {
            "scenario": self.scenario.to_dict(),
            "rules_version": RULES_VERSION,
            "method": self.method,
            "backend": self.backend,
            "episodes": self.episodes,
            "seed": self.seed,
            "seat": self.seat,
            "strategies": list(self.names),
            "mean": self.mean.tolist(),
            "stderr": [[None if np.isnan(x) else x for x in row] for row in self.stderr.tolist()],
        }


def payoff_matrix(
    scenario: Scenario,
    strategies: Mapping[str, object] | None = None,
    *,
    episodes: int = 10_000,
    seed: int = 0,
    seat: int | None = None,
    threads: int | None = None,
    backend: str | Backend = "auto",
    method: str = "sampled",
    progress: Progress | None = None,
) -> PayoffMatrix:
    """The K×K matrix of "focal plays i, everyone else j", with standard errors.

    Parameters
    ----------
    strategies : mapping from name to strategy, optional
        By default the five archetypes.
    seat : int, optional
        The focal seat; by default the mean over all seats.
    method : str
        "sampled", "exact" or "auto" (see `evaluate`).

    Other parameters are those of `simulate`.

    Raises
    ------
    InvalidValue
        For the first value that is not allowed.
    """
    named = ARCHETYPES if strategies is None else strategies
    if not isinstance(named, Mapping) or not named:
        allowed = "a mapping from name to strategy, not empty"
        raise InvalidValue("strategies", repr(strategies), allowed)
    pairs = [(focal, others) for focal in named.values() for others in named.values()]
    payoffs = focal_payoffs(
        scenario,
        pairs,
        seat=seat,
        episodes=episodes,
        seed=seed,
        threads=threads,
        backend=backend,
        method=method,
        progress=progress,
    )
    size, sampled = len(named), payoffs.method == "sampled"
    return PayoffMatrix(
        names=tuple(named),
        mean=payoffs.mean.reshape(size, size),
        stderr=payoffs.stderr.reshape(size, size),
        seat=seat,
        scenario=scenario,
        episodes=episodes if sampled else None,
        seed=seed if sampled else None,
        backend=payoffs.backend,
        method=payoffs.method,
    )
