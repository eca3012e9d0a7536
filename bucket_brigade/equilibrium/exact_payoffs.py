"""Payoffs without error: a `PayoffSource` for scenarios small enough for the exact chain."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from bucket_brigade import _core
from bucket_brigade.backends.cpu import as_threads
from bucket_brigade.equilibrium.profile import Deviation, Profile
from bucket_brigade.equilibrium.sources import SEARCH
from bucket_brigade.exact.counts import ExpectedCounts
from bucket_brigade.exact.evaluate import checked_strategies
from bucket_brigade.exact.pure import pure_lineups
from bucket_brigade.rewards import count_weights, return_span
from bucket_brigade.scenario import Scenario
from bucket_brigade.strategies import Strategy

__all__ = ["ExactGains", "ExactPayoffs"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


class ExactPayoffs:
    """Exact payoffs; every pure line-up is computed once.

    Parameters
    ----------
    scenario : Scenario
        The game, small enough for its chain (see `expected`).
    threads : int, optional
        As for `expected`.
    """

    method = "exact"
    episodes_played = 0
    backend: str | None = None

    def __init__(self, scenario: Scenario, *, threads: int | None = None) -> None:
        self.scenario = scenario
        self._threads = as_threads(threads)
        self._weights = count_weights(scenario)
        self._known: dict[bytes, FloatArray] = {}

    def returns(self, pool: Sequence[Strategy], lineups: Sequence[Sequence[object]]) -> FloatArray:
        """Expected return of every seat, shape (L, A)."""
        pure = pure_lineups(checked_strategies(self.scenario, lineups, pool))
        keys = [lineup.tobytes() for lineup in pure.duties]
        new = [i for i, key in enumerate(keys) if key not in self._known]
        if new:
            counts = _core.expected(
                self.scenario, pure.duties[new], threads=self._threads, progress=None
            )
            houses, agents = self.scenario.num_houses, self.scenario.num_agents
            means = ExpectedCounts(houses, agents, counts).mean(self._weights)
            self._known.update(zip((keys[i] for i in new), means, strict=True))
        return pure.mixed(np.array([self._known[key] for key in keys]))

    def batches(
        self, pool: Sequence[Strategy], lineups: Sequence[Sequence[int]], first: int, episodes: int
    ) -> tuple[FloatArray, FloatArray]:
        """See `PayoffSource`."""
        return self.returns(pool, lineups)[:, :, None], np.ones(1)

    def payoffs(
        self,
        profile: Profile,
        deviations: Sequence[Deviation],
        *,
        episodes: int = 0,
        purpose: int = SEARCH,
    ) -> FloatArray:
        """See `PayoffSource`."""
        pool, lineups, owners = profile.deviants(deviations)
        means = np.zeros(len(deviations))
        for (i, seat), returns in zip(owners, self.returns(pool, lineups), strict=True):
            means[i] += returns[seat] / len(deviations[i].seats)
        return means

    def gains(
        self,
        profile: Profile,
        deviations: Sequence[Deviation],
        focal: Sequence[int],
        *,
        look: int,
    ) -> "ExactGains":
        """See `PayoffSource`."""
        payoffs = self.returns(profile.pool, [profile.lineup()])[0]
        regular = np.array([payoffs[list(d.seats)].mean() for d in deviations])
        deviant = self.payoffs(profile, deviations)
        span = float(return_span(self.scenario).max())
        return ExactGains(deviant - regular, payoffs, float(payoffs[list(focal)].mean()), span)


class ExactGains:
    """Gains without error."""

    is_exact = True

    def __init__(
        self, mean: FloatArray, payoffs: FloatArray, payoff: float, span: float = 0.0
    ) -> None:
        self.mean = mean
        self.span = span
        self.payoffs = payoffs
        self.payoff = payoff, 0.0

    def __len__(self) -> int:
        return len(self.mean)

    @property
    def stderr(self) -> FloatArray:
        """Zeros, shape (M,)."""
        return np.zeros_like(self.mean)

    @property
    def payoffs_stderr(self) -> FloatArray:
        """Zeros, shape (A,)."""
        return np.zeros_like(self.payoffs)

    @property
    def blocks(self) -> IntArray:
        """Zeros, shape (M,): nothing is played."""
        return np.zeros(len(self.mean), dtype=np.int64)

    def extend(self, chosen: IntArray, episodes: int) -> int:
        """Nothing: they are known."""
        return 0
