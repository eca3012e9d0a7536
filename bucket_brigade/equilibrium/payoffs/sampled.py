"""Payoffs from played episodes: a `PayoffSource` for any scenario."""

import logging
import math
from collections.abc import Iterator, Sequence

import numpy as np

from bucket_brigade._arrays import FloatArray, IntArray
from bucket_brigade.backends import Backend, as_backend
from bucket_brigade.backends.progress import logged
from bucket_brigade.counts.event_counts import each_once
from bucket_brigade.equilibrium.payoffs.profile import Deviation, Profile
from bucket_brigade.equilibrium.payoffs.sources import BATCHES
from bucket_brigade.game.rewards import return_span
from bucket_brigade.game.scenario import Scenario
from bucket_brigade.policies.spaces import Member
from bucket_brigade.simulation.block_means import BlockMean, block_returns
from bucket_brigade.simulation.parts import in_parts
from bucket_brigade.simulation.purposes import EVALUATION, GAME, LOOK, purpose_start
from bucket_brigade.simulation.result import BLOCK, SimulationResult
from bucket_brigade.simulation.sampling import Sampling

__all__ = ["SampledGains", "SampledPayoffs"]

logger = logging.getLogger(__name__)


class SampledPayoffs:
    """Payoffs from played episodes of one seed.

    Parameters
    ----------
    scenario, seed, threads, backend
        As for `simulate`.
    """

    method = "sampled"
    is_exact = False

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
        self._seed, self._threads, self._player = seed, threads, as_backend(backend)
        self._progress = logged(logger, scenario.name, "episodes of a batch")

    def batches(
        self, pool: Sequence[Member], lineups: Sequence[Sequence[int]], first: int, episodes: int
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
        result = self._seated(pool, lineups).play(
            purpose_start(purpose), -(-episodes // seats), progress=self._progress
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

    def _seated(self, pool: Sequence[Member], lineups: Sequence[Sequence[object]]) -> Sampling:
        return Sampling.of(
            self.scenario,
            lineups,
            pool=pool,
            seed=self._seed,
            threads=self._threads,
            backend=self._player,
        )

    def _parts(
        self,
        pool: Sequence[Member],
        lineups: Sequence[Sequence[object]],
        first: int,
        episodes: int,
    ) -> Iterator[SimulationResult]:
        for part in in_parts(self._seated(pool, lineups), first, episodes, self._progress):
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
        self._nights = self._episodes = 0
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
        """Paired standard errors of the gains, shape (M,)."""
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
        """Standard errors of the payoffs, shape (A,)."""
        return np.array([mean.stderr for mean in self._payoffs])

    @property
    def payoff(self) -> tuple[float, float]:
        """The mean payoff over the focal seats, and its standard error."""
        return self._payoff.mean, self._payoff.stderr

    @property
    def nights(self) -> float:
        """Mean nights of an episode of the profile; NaN before anything was played."""
        return self._nights / self._episodes if self._episodes else math.nan

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
            self._nights += int(part.counts.nights[0])
            self._episodes += part.episodes
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
