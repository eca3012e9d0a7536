"""What simulations return: payoffs with standard errors, from exact counts."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from bucket_brigade import _core
from bucket_brigade.counts import EventCounts, Moments, each_once
from bucket_brigade.rewards import reweighted_scenario
from bucket_brigade.scenario import Scenario
from bucket_brigade.tables import LineupTables, check_lineup

__all__ = ["PairedDifference", "SimulationResult"]

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class SimulationResult(LineupTables):
    """Payoffs and counts of L line-ups with A seats.

    Attributes
    ----------
    scenario : Scenario
        The game, whose rewards `mean` and `stderr` weigh the counts with.
    lineups : tuple
        The line-ups as they were given.
    seed, first_episode : int
        Which episodes.
    event_counts : EventCounts
        What happened; also as `counts`.
    method : str
        "sampled" (an `ExactResult` has "exact").
    """

    method: ClassVar[str] = "sampled"

    scenario: Scenario
    lineups: tuple[tuple[object, ...], ...]
    seed: int
    first_episode: int
    event_counts: EventCounts

    @property
    def counts(self) -> EventCounts:
        """Integer arrays `nights` (L), `worked` (L, A), `safe`, `ruined`, `saved` (L, H), `ended`
        (L, 4)."""
        return self.event_counts

    @property
    def episodes(self) -> int:
        """Episodes of each line-up."""
        return self.event_counts.episodes

    @property
    def backend(self) -> str:
        """What played them (see `EventCounts.backend`)."""
        return self.event_counts.backend

    @property
    def device(self) -> str:
        """What it ran on."""
        return self.event_counts.device

    @cached_property
    def mean(self) -> FloatArray:
        """Mean return of an episode, shape (L, A)."""
        return self.event_counts.statistics().mean(_core.reward_weights(self.scenario))

    @cached_property
    def stderr(self) -> FloatArray:
        """Standard error of `mean`, shape (L, A); NaN where all episodes are of one block."""
        return self.event_counts.statistics().stderr(_core.reward_weights(self.scenario))

    def reweighted(self, **rewards: Any) -> Self:
        """The same episodes under other rewards: nothing is simulated again.

        Parameters
        ----------
        **rewards
            Reward parameters of the scenario to change, such as ``cost_to_work_one_night=0.9``.

        Raises
        ------
        InvalidValue
            If a parameter is not a reward, or its value is not allowed.
        """
        return replace(self, scenario=reweighted_scenario(self.scenario, rewards))

    def with_counts(self, counts: EventCounts, *, first_episode: int) -> Self:
        """The same request with the counts of other episodes."""
        return replace(self, event_counts=counts, first_episode=first_episode)

    def difference(self, a: int, b: int) -> "PairedDifference":
        """Payoffs of line-up `a` less those of line-up `b`, with paired standard errors.

        Both met the same luck, so the difference of blocks is much steadier than either.

        Raises
        ------
        InvalidValue
            If an index is out of range, or the result was simulated without ``per_block=True``.
        """
        for name, index in (("a", a), ("b", b)):
            check_lineup(name, index, self.lineups)
        features = self.event_counts.block_features(a)
        features[:, 1:] -= self.event_counts.block_features(b)[:, 1:]
        return PairedDifference(
            scenario=self.scenario,
            moments=Moments(
                features.sum(axis=0)[None, :], (features.T @ features)[None], len(features)
            ),
            backend=self.backend,
            device=self.device,
        )


@dataclass(frozen=True)
class PairedDifference:
    """The difference of two line-ups' payoffs over the same episodes.

    Attributes
    ----------
    scenario : Scenario
        Whose rewards weigh it.
    moments : Moments
        Moments over blocks of the differences of features (of episodes: their number).
    backend, device : str
        What played the episodes.
    """

    scenario: Scenario
    moments: Moments
    backend: str
    device: str

    @property
    def mean(self) -> FloatArray:
        """Mean difference per seat, shape (A,)."""
        means: FloatArray = self.moments.mean(_core.reward_weights(self.scenario))[0]
        return means

    @property
    def stderr(self) -> FloatArray:
        """Its paired standard error, shape (A,)."""
        errors: FloatArray = self.moments.stderr(_core.reward_weights(self.scenario))[0]
        return errors

    @property
    def episodes(self) -> int:
        """Episodes of each line-up."""
        return int(self.moments.sums[0, 0])

    def followed_by(self, later: Self) -> Self:
        """This difference and that of a later range of episodes that begins with a new block."""
        return replace(
            self,
            moments=self.moments + later.moments,
            backend=each_once(self.backend, later.backend),
            device=each_once(self.device, later.device, separator="; "),
        )

    def reweighted(self, **rewards: Any) -> Self:
        """The same difference under other rewards (see `SimulationResult.reweighted`)."""
        return replace(self, scenario=reweighted_scenario(self.scenario, rewards))
