"""Where payoffs come from: played episodes or the exact chain, behind one interface.

Everything else in this package asks a `PayoffSource` and never the engines. Exact payoffs have no
error, so that one look settles what they are asked; sampled ones come with as many episodes as
asked, of one seed. Purpose k plays episodes from k · 2^60 on: what was selected for being lucky is
evaluated with other luck.
"""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from bucket_brigade import _core
from bucket_brigade.backends import Backend, as_backend
from bucket_brigade.backends.cpu import as_threads
from bucket_brigade.counts import each_once
from bucket_brigade.equilibrium.profile import Deviation, Profile
from bucket_brigade.equilibrium.regret import Gains
from bucket_brigade.exact.counts import ExpectedCounts
from bucket_brigade.exact.evaluate import checked_strategies
from bucket_brigade.exact.pure import pure_lineups
from bucket_brigade.rewards import count_weights, return_span
from bucket_brigade.sampling import BlockMean, block_returns, simulate_parts
from bucket_brigade.scenario import Scenario
from bucket_brigade.simulation import BLOCK, simulate
from bucket_brigade.strategies import Strategy

__all__ = [
    "BATCHES",
    "EVALUATION",
    "GAME",
    "SEARCH",
    "SELECTION",
    "ExactPayoffs",
    "PayoffSource",
    "ProfileGains",
    "SampledPayoffs",
    "purpose_start",
]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

#: What episodes of a seed are for.
GAME, SEARCH, SELECTION, EVALUATION = range(4)
#: Episodes set aside for each purpose of a seed: purpose k plays from k · 2^60 on.
PURPOSE = 1 << 60
#: Episodes set aside for each evaluation.
LOOK = 1 << 48
#: Parts into which the blocks of a line-up are dealt, for standard errors in bounded memory.
BATCHES = 32


def purpose_start(k: int) -> int:
    """First episode of purpose `k`, 0 to 15."""
    return k * PURPOSE


class ProfileGains(Gains, Protocol):
    """Gains of deviations from a profile, with what the profile itself earns."""

    @property
    def payoffs(self) -> FloatArray:
        """Mean return of every seat, shape (A,)."""

    @property
    def payoffs_stderr(self) -> FloatArray:
        """Their standard errors, shape (A,)."""

    @property
    def payoff(self) -> tuple[float, float]:
        """Mean return over the focal seats, and its standard error."""


class PayoffSource(Protocol):
    """What the equilibrium code asks for payoffs.

    Attributes
    ----------
    scenario : Scenario
        The game.
    method : str
        "sampled" or "exact".
    episodes_played : int
        Episodes of all line-ups so far; 0 if exact.
    backend : str or None
        What played them (see `EventCounts.backend`); None if exact.
    """

    scenario: Scenario
    method: str
    episodes_played: int
    backend: str | None

    def batches(
        self, pool: Sequence[Strategy], lineups: Sequence[Sequence[int]], first: int, episodes: int
    ) -> tuple[FloatArray, FloatArray]:
        """Returns of line-ups of a restricted game, summed over batches of episodes.

        `first` and `episodes` say which episodes of purpose `GAME`, whole blocks.

        Returns
        -------
        sums : ndarray, shape (L, A, B)
            Sums of returns. Batches of all line-ups meet the same luck.
        sizes : ndarray, shape (B,)
            Episodes of each batch. Exact payoffs are one batch of one episode.
        """

    def payoffs(
        self, profile: Profile, deviations: Sequence[Deviation], *, episodes: int, purpose: int
    ) -> FloatArray:
        """Mean returns of those who deviate, shape (M,), each over its seats."""

    def gains(
        self,
        profile: Profile,
        deviations: Sequence[Deviation],
        focal: Sequence[int],
        *,
        look: int,
    ) -> ProfileGains:
        """What deviations gain, on episodes that nothing else plays; those of look `look`.

        `focal` are the seats whose mean is the profile's payoff.
        """


class SampledPayoffs:
    """Payoffs from played episodes of one seed.

    Parameters
    ----------
    scenario, seed, threads, backend
        As for `simulate`.
    """

    method = "sampled"

    def __init__(
        self,
        scenario: Scenario,
        *,
        seed: int = 0,
        threads: int | None = None,
        backend: str | Backend = "auto",
    ) -> None:
        self.scenario = scenario
        self.episodes_played = 0
        self.backend: str | None = ""
        self._options: dict[str, Any] = {
            "seed": seed,
            "threads": threads,
            "backend": as_backend(backend),
        }

    def batches(
        self, pool: Sequence[Strategy], lineups: Sequence[Sequence[int]], first: int, episodes: int
    ) -> tuple[FloatArray, FloatArray]:
        """See `PayoffSource`."""
        sums = np.zeros((len(lineups), self.scenario.num_agents, BATCHES))
        sizes = np.zeros(BATCHES)
        for part in self._parts(pool, lineups, purpose_start(GAME) + first, episodes):
            in_blocks = part.counts.block_episodes
            batch = (part.first_episode // BLOCK + np.arange(len(in_blocks))) % BATCHES
            np.add.at(sizes, batch, in_blocks)
            for j in range(len(lineups)):
                np.add.at(sums[j].T, batch, block_returns(part, j))
        return sums, sizes

    def payoffs(
        self, profile: Profile, deviations: Sequence[Deviation], *, episodes: int, purpose: int
    ) -> FloatArray:
        """See `PayoffSource`."""
        pool, lineups, owners = profile.deviants(deviations)
        means = np.zeros(len(deviations))
        # As many episodes at each seat as make the number asked for, of the same luck.
        seats = max((len(deviation.seats) for deviation in deviations), default=1)
        result = simulate(
            self.scenario,
            lineups,
            pool=pool,
            episodes=-(-episodes // seats),
            first_episode=purpose_start(purpose),
            **self._options,
        )
        self._played(result.backend, result.episodes * len(lineups))
        for (i, seat), returns in zip(owners, result.mean, strict=True):
            means[i] += returns[seat] / len(deviations[i].seats)
        return means

    def gains(
        self,
        profile: Profile,
        deviations: Sequence[Deviation],
        focal: Sequence[int],
        *,
        look: int,
    ) -> "SampledGains":
        """See `PayoffSource`."""
        return SampledGains(
            self, profile, deviations, focal, purpose_start(EVALUATION) + look * LOOK
        )

    def _parts(self, pool: Any, lineups: Any, first: int, episodes: int) -> Any:
        for part in simulate_parts(
            self.scenario,
            lineups,
            pool=pool,
            episodes=episodes,
            first_episode=first,
            **self._options,
        ):
            self._played(part.backend, part.episodes * len(lineups))
            yield part

    def _played(self, backend: str, episodes: int) -> None:
        self.backend = each_once(self.backend or "", backend)
        self.episodes_played += episodes


class SampledGains:
    """Gains of deviations, paired block by block with the profile itself."""

    is_exact = False

    def __init__(
        self,
        source: SampledPayoffs,
        profile: Profile,
        deviations: Sequence[Deviation],
        focal: Sequence[int],
        first: int,
    ) -> None:
        self._source = source
        self._profile = profile
        self._deviations = list(deviations)
        self._focal = list(focal)
        self._next = first
        self._gains = [BlockMean() for _ in deviations]
        self._blocks = np.zeros(len(deviations), dtype=np.int64)
        self._payoff = BlockMean()
        self._payoffs = [BlockMean() for _ in profile.entries]
        # Episodes are shared among a deviation's seats, all of which meet the same luck.
        self._seats = max((len(deviation.seats) for deviation in deviations), default=1)
        spans = return_span(profile.scenario)
        self.span = self._seats * max(
            (float(spans[list(d.seats)].mean()) for d in deviations), default=0.0
        )

    def __len__(self) -> int:
        return len(self._deviations)

    @property
    def mean(self) -> FloatArray:
        """Estimated gains, shape (M,); NaN before anything was played."""
        return self._each("mean")

    @property
    def stderr(self) -> FloatArray:
        """Their paired standard errors, shape (M,)."""
        return self._each("stderr")

    @property
    def blocks(self) -> IntArray:
        """Blocks of episodes behind each, shape (M,)."""
        return self._blocks.copy()

    @property
    def payoffs(self) -> FloatArray:
        """Mean return of every seat that plays the profile, shape (A,)."""
        return np.array([mean.mean for mean in self._payoffs])

    @property
    def payoffs_stderr(self) -> FloatArray:
        """Their standard errors, shape (A,)."""
        return np.array([mean.stderr for mean in self._payoffs])

    @property
    def payoff(self) -> tuple[float, float]:
        """Their mean over the focal seats, and its standard error."""
        return self._payoff.mean, self._payoff.stderr

    def extend(self, chosen: IntArray, episodes: int) -> int:
        """Plays `episodes` more for each chosen deviation, shared among its seats."""
        before = self._source.episodes_played
        episodes = BLOCK * -(-episodes // (BLOCK * self._seats))
        some = [self._deviations[i] for i in chosen]
        pool, lineups, owners = self._profile.deviants(some)
        for part in self._source._parts(
            pool, [self._profile.lineup(), *lineups], self._next, episodes
        ):
            sizes = part.counts.block_episodes
            regular = block_returns(part, 0)
            self._payoff.add(regular[:, self._focal].mean(axis=1), sizes)
            for seat, mean in enumerate(self._payoffs):
                mean.add(regular[:, seat], sizes)
            differences = np.zeros((len(some), len(sizes)))
            for j, (i, seat) in enumerate(owners):
                differences[i] += block_returns(part, 1 + j)[:, seat] - regular[:, seat]
            for i, difference in zip(chosen, differences, strict=True):
                self._gains[i].add(difference / len(self._deviations[i].seats), sizes)
                self._blocks[i] += len(sizes)
        self._next += episodes
        return self._source.episodes_played - before

    def _each(self, what: str) -> FloatArray:
        played = zip(self._gains, self._blocks, strict=True)
        return np.array([getattr(gain, what) if blocks else np.nan for gain, blocks in played])


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
        return ExactGains(deviant - regular, payoffs, float(payoffs[list(focal)].mean()))


class ExactGains:
    """Gains without error."""

    is_exact = True
    span = 0.0

    def __init__(self, mean: FloatArray, payoffs: FloatArray, payoff: float) -> None:
        self.mean = mean
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
