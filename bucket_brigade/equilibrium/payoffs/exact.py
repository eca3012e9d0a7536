"""Payoffs without error: a `PayoffSource` for scenarios small enough for the exact chain."""

import logging
import math
from collections.abc import Hashable, Sequence

import numpy as np

from bucket_brigade import _core
from bucket_brigade._arrays import FloatArray, IntArray
from bucket_brigade.backends.progress import logged
from bucket_brigade.backends.threads import as_threads
from bucket_brigade.counts.expected_counts import ExpectedCounts
from bucket_brigade.equilibrium.payoffs.profile import Deviation, Profile
from bucket_brigade.exact.evaluate import checked_strategies, reporter
from bucket_brigade.exact.pure_lineups import pure_lineups
from bucket_brigade.game.rewards import count_weights, return_span
from bucket_brigade.game.scenario import Scenario
from bucket_brigade.policies.spaces import Member
from bucket_brigade.simulation.purposes import SEARCH

__all__ = ["ExactGains", "ExactPayoffs"]

logger = logging.getLogger(__name__)


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
    is_exact = True
    episodes_played = 0
    backend: str | None = None

    def __init__(self, scenario: Scenario, *, threads: int | None = None) -> None:
        self.scenario = scenario
        self._threads = as_threads(threads)
        self._weights = count_weights(scenario)
        self._progress = logged(logger, scenario.name, "exact line-ups")
        #: Expected nights and the return of every seat, shape (1 + A,), of what was computed.
        self._known: dict[tuple[Hashable, ...], FloatArray] = {}

    def returns(self, pool: Sequence[Member], lineups: Sequence[Sequence[object]]) -> FloatArray:
        """Expected return of every seat, shape (L, A)."""
        return self.nights_and_returns(pool, lineups)[:, 1:]

    def nights_and_returns(
        self, pool: Sequence[Member], lineups: Sequence[Sequence[object]]
    ) -> FloatArray:
        """Expected nights of an episode, and the return of every seat, shape (L, 1 + A)."""
        pure = pure_lineups(checked_strategies(self.scenario, lineups, pool))
        keys = pure.keys()
        new = [i for i, key in enumerate(keys) if key not in self._known]
        if new:
            counts = _core.expected(
                self.scenario,
                pure.lineups[new],
                threads=self._threads,
                progress=reporter(self._progress, len(new)),
                policies=[policy.compiled() for policy in pure.policies],
            )
            houses, agents = self.scenario.num_houses, self.scenario.num_agents
            expected = ExpectedCounts(houses, agents, counts)
            rows = np.column_stack([expected.nights, expected.mean(self._weights)])
            self._known.update(zip((keys[i] for i in new), rows, strict=True))
        return pure.mixed(np.array([self._known[key] for key in keys]))

    def batches(
        self, pool: Sequence[Member], lineups: Sequence[Sequence[int]], first: int, episodes: int
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
        nights, *returns = self.nights_and_returns(profile.pool, [profile.lineup()])[0].tolist()
        payoffs = np.array(returns)
        regular = np.array([payoffs[list(d.seats)].mean() for d in deviations])
        deviant = self.payoffs(profile, deviations)
        span = float(return_span(self.scenario).max())
        payoff = float(payoffs[list(focal)].mean())
        return ExactGains(deviant - regular, payoffs, payoff, span, nights=nights)


class ExactGains:
    """Gains known without error."""

    is_exact = True

    def __init__(
        self,
        mean: FloatArray,
        payoffs: FloatArray,
        payoff: float,
        span: float = 0.0,
        *,
        nights: float = math.nan,
    ) -> None:
        self.mean = mean
        self.nights = nights
        self.span = span
        self.payoffs = payoffs
        self.payoff = payoff, 0.0

    def __len__(self) -> int:
        return len(self.mean)

    @property
    def stderr(self) -> FloatArray:
        """Standard errors of the gains: zeros, shape (M,)."""
        return np.zeros_like(self.mean)

    @property
    def payoffs_stderr(self) -> FloatArray:
        """Standard errors of the payoffs: zeros, shape (A,)."""
        return np.zeros_like(self.payoffs)

    @property
    def blocks(self) -> IntArray:
        """Zeros, shape (M,): nothing is played."""
        return np.zeros(len(self.mean), dtype=np.int64)

    def extend(self, chosen: IntArray, episodes: int) -> int:
        """Nothing: they are known."""
        return 0
