"""Results of simulations: payoffs with standard errors, from exact counts."""

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from bucket_brigade import _core
from bucket_brigade._arrays import FloatArray
from bucket_brigade.arguments import as_u64
from bucket_brigade.by_value import ComparedByValue, same
from bucket_brigade.counts.event_counts import EventCounts, each_once
from bucket_brigade.counts.moments import Moments
from bucket_brigade.counts.rare_events import PossibleEvents, differing_in, is_rare, missed, seen_in
from bucket_brigade.errors import InvalidValue
from bucket_brigade.game.lineup_result import LineupTables, check_lineup, unseen_note
from bucket_brigade.game.rewards import return_span, reweighted_scenario
from bucket_brigade.game.scenario import Scenario
from bucket_brigade.policies.heuristic import Strategy
from bucket_brigade.policies.policy import Policy
from bucket_brigade.simulation.episode import Episode
from bucket_brigade.summaries import Summarised, Summary, cut, with_error

__all__ = ["BLOCK", "PairedDifference", "SimulationResult"]

#: Episodes of a block, the unit of randomness and of standard errors.
BLOCK: int = _core.EPISODES_PER_BLOCK


@dataclass(frozen=True, eq=False, repr=False)
class SimulationResult(ComparedByValue, LineupTables):
    """Payoffs and counts of L line-ups with A seats.

    Two are equal if the same line-ups came to the same counts in the same episodes of the same
    game, whatever played them.

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
    possible : PossibleEvents
        What could have happened, which `unseen` needs.
    pool : tuple of ndarray, shape (10,), or Policy, optional
        What indices and weights in line-ups refer to.
    method : str
        "sampled" (an `ExactResult` has "exact").
    """

    method: ClassVar[str] = "sampled"

    scenario: Scenario
    lineups: tuple[tuple[object, ...], ...]
    seed: int
    first_episode: int
    event_counts: EventCounts
    possible: PossibleEvents = field(compare=False)
    pool: tuple[Strategy | Policy, ...] | None = None

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
        """The backend that played the episodes (see `EventCounts.backend`)."""
        return self.event_counts.backend

    @property
    def device(self) -> str:
        """The device that the backend ran on."""
        return self.event_counts.device

    @cached_property
    def mean(self) -> FloatArray:
        """Mean return of an episode, shape (L, A)."""
        return self.event_counts.statistics().mean(_core.reward_weights(self.scenario))

    @cached_property
    def stderr(self) -> FloatArray:
        """Standard error of `mean`, shape (L, A); NaN where all episodes are of one block."""
        return self.event_counts.statistics().stderr(_core.reward_weights(self.scenario))

    @cached_property
    def unseen(self) -> FloatArray:
        """Most that events which hardly any block saw could still change `mean`, shape (L, A).

        Zero where there are no such events, so that `stderr` can be believed; elsewhere a limit
        that holds with 95% confidence (see `bucket_brigade.counts.rare_events`).
        """
        moments = self.event_counts.statistics()
        rare = is_rare(
            self.possible,
            seen_in(moments, self.counts.agents),
            blocks=moments.blocks,
            episodes=self.episodes,
        )
        return np.where(rare[:, None], missed(return_span(self.scenario), self.episodes), 0.0)

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

    def episode(self, number: int | None = None, lineup: int = 0) -> Episode:
        """One of the episodes, to be played again night by night.

        Parameters
        ----------
        number : int, optional
            Its number, from `first_episode` on; by default the first.
        lineup : int
            Which line-up plays it.

        Raises
        ------
        InvalidValue
            If the result has no such episode or line-up.

        Examples
        --------
        ::

            result = bb.simulate(scenario, lineups, episodes=64_000, seed=1)
            result.episode(36).step().rewards  # of night 0
        """
        check_lineup("lineup", lineup, self.lineups)
        first, end = self.first_episode, self.first_episode + self.episodes
        chosen = as_u64("number", first if number is None else number)
        if not first <= chosen < end:
            raise InvalidValue("number", chosen, f"an episode from {first} to {end - 1}")
        seats = self.lineups[lineup]
        return Episode(self.scenario, seats, pool=self.pool, seed=self.seed, episode=chosen)

    def joined(self, other: Self) -> Self:
        """Join two results of adjoining ranges of episodes: what one run of both would return.

        Parameters
        ----------
        other : SimulationResult
            Of the same scenario, line-ups and seed, right before or after these episodes. Where
            they meet is a multiple of 32, the episodes of a block.

        Raises
        ------
        InvalidValue
            For the first thing that does not fit: episodes that both have or that neither has,
            another game or line-up, counts of blocks in one only, or more episodes in all than
            sums can hold.

        Examples
        --------
        ::

            first = bb.simulate(scenario, lineups, episodes=64_000, seed=1)
            more = bb.simulate(scenario, lineups, episodes=64_000, seed=1, first_episode=64_000)
            both = first.joined(more)  # as with episodes=128_000
        """
        if not isinstance(other, SimulationResult):
            raise InvalidValue("other", repr(other), "a SimulationResult")
        for name in ("scenario", "lineups", "pool", "seed"):
            mine, theirs = getattr(self, name), getattr(other, name)
            if not same(mine, theirs):
                raise InvalidValue(f"other.{name}", theirs, f"{mine}, as in the result it joins")
        early, late = sorted((self, other), key=lambda result: result.first_episode)
        end = early.first_episode + early.episodes
        if late.first_episode != end:
            given = f"{late.first_episode}, after episodes {early.first_episode} to {end - 1}"
            raise InvalidValue("first_episode", given, f"{end}, where they end")
        if end % BLOCK:
            raise InvalidValue("first_episode", end, f"ranges that meet at a multiple of {BLOCK}")
        episodes, most = early.episodes + late.episodes, _core.most_episodes(self.scenario)
        if episodes > most:
            raise InvalidValue("episodes", episodes, f"at most {most} in all")
        return replace(early, event_counts=early.event_counts.followed_by(late.event_counts))

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
            possible=self.possible.of_difference(a, b),
            seen=differing_in(features, self.counts.agents),
            sums=self.event_counts.statistics().sums[[a, b]],
        )


@dataclass(frozen=True, eq=False, repr=False)
class PairedDifference(ComparedByValue, Summarised):
    """The difference of two line-ups' payoffs over the same episodes.

    Two are equal if their moments are, and the game, whatever played the episodes.

    Attributes
    ----------
    scenario : Scenario
        Whose rewards weigh it.
    moments : Moments
        Moments over blocks of the differences of features (of episodes: their number).
    backend, device : str
        What played the episodes.
    possible : PossibleEvents
        What could have differed, which `unseen` needs.
    seen : ndarray of float64, shape (1, 2 A + 2 O)
        How many blocks differed in each of these events.
    sums : ndarray of int64, shape (2, F)
        Features of the one line-up and of the other, summed over all episodes.
    """

    scenario: Scenario
    moments: Moments
    backend: str = field(compare=False)
    device: str = field(compare=False)
    possible: PossibleEvents = field(compare=False)
    seen: FloatArray = field(compare=False)
    sums: npt.NDArray[np.int64] = field(kw_only=True)

    @property
    def mean(self) -> FloatArray:
        """Mean difference per seat, shape (A,)."""
        means: FloatArray = self.moments.mean(_core.reward_weights(self.scenario))[0]
        return means

    @property
    def stderr(self) -> FloatArray:
        """The paired standard error of each seat, shape (A,)."""
        errors: FloatArray = self.moments.stderr(_core.reward_weights(self.scenario))[0]
        return errors

    @property
    def unseen(self) -> FloatArray:
        """Most that differences which hardly any block saw could change `mean`, shape (A,).

        As `SimulationResult.unseen`, of the blocks in which one line-up had an event more often
        than the other.
        """
        rare = is_rare(self.possible, self.seen, blocks=self.moments.blocks, episodes=self.episodes)
        return np.where(rare, missed(return_span(self.scenario), self.episodes), 0.0)

    def summary(self) -> Summary:
        """The text and table that `repr` and notebooks show."""
        row = [with_error(m, e) for m, e in zip(self.mean, self.stderr, strict=True)]
        worst = float(self.unseen.max())
        return Summary(
            f"PairedDifference: {cut(self.scenario.name)}, {self.episodes:,} episodes",
            ["", *(f"seat {s}:" for s in range(len(row)))],
            [["payoff less that of the other", *row]],
            [unseen_note(worst)] if worst > 0 else [],
        )

    @property
    def episodes(self) -> int:
        """Episodes of each line-up."""
        return int(self.moments.sums[0, 0])

    @property
    def nights(self) -> FloatArray:
        """Mean nights of an episode of the one line-up and of the other, shape (2,)."""
        nights: FloatArray = self.sums[:, 1] / self.episodes
        return nights

    @property
    def payoffs(self) -> FloatArray:
        """Mean return of an episode of either line-up, shape (2, A)."""
        weights = _core.reward_weights(self.scenario)
        payoffs: FloatArray = _core.weighted_sums(weights, self.sums) / self.episodes
        return payoffs

    @property
    def payoff_a_night(self) -> FloatArray:
        """`payoffs` over `nights`, shape (2, A)."""
        return self.payoffs / self.nights[:, None]

    def followed_by(self, later: Self) -> Self:
        """Add the difference of a later range of episodes that begins with a new block.

        Raises
        ------
        InvalidValue
            If the later one is of another scenario.
        """
        if later.scenario != self.scenario:
            raise InvalidValue("scenario", later.scenario, f"{self.scenario}, as before")
        return replace(
            self,
            moments=self.moments + later.moments,
            seen=self.seen + later.seen,
            backend=each_once(self.backend, later.backend),
            device=each_once(self.device, later.device, separator="; "),
            sums=self.sums + later.sums,
        )

    def reweighted(self, **rewards: Any) -> Self:
        """The same difference under other rewards (see `SimulationResult.reweighted`)."""
        return replace(self, scenario=reweighted_scenario(self.scenario, rewards))
