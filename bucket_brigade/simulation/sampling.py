"""Line-ups seated once, to be played for any episodes of a seed."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Self

from bucket_brigade import _core
from bucket_brigade.arguments import as_flag, as_list
from bucket_brigade.backends import AutoBackend, Backend, Progress, as_backend
from bucket_brigade.counts.rare_events import possible_events
from bucket_brigade.game.lineups import Lineup, as_pool
from bucket_brigade.game.program import SeatedStrategies, seat_strategies
from bucket_brigade.game.scenario import Scenario
from bucket_brigade.policies.heuristic import Strategy
from bucket_brigade.policies.policy import Policy
from bucket_brigade.simulation.result import SimulationResult

__all__ = ["Sampling", "listed_lineups"]


@dataclass(frozen=True, eq=False)
class Sampling:
    """Line-ups seated once, with what plays them and the seed of their luck.

    Attributes
    ----------
    scenario : Scenario
        The game.
    lineups, pool : tuple
        The line-ups as they were given, and the strategies that indices in them refer to.
    seated : SeatedStrategies
        What they play.
    seed : int
        Seed of the episodes.
    threads : int or None
        CPU threads at most.
    player : Backend
        What plays.
    """

    scenario: Scenario
    lineups: tuple[tuple[object, ...], ...]
    pool: tuple[Strategy | Policy, ...] | None
    seated: SeatedStrategies
    seed: int
    threads: int | None
    player: Backend

    @classmethod
    def of(
        cls,
        scenario: Scenario,
        lineups: Iterable[Lineup],
        *,
        pool: Sequence[object] | None = None,
        seed: int = 0,
        threads: int | None = None,
        backend: str | Backend = "auto",
    ) -> Self:
        """Seats line-ups. Parameters are those of `simulate`."""
        player = as_backend(backend)
        listed, chosen = listed_lineups(lineups), as_pool(pool)
        seated = seat_strategies(scenario, listed, chosen)
        given = tuple(tuple(lineup) for lineup in listed)
        return cls(scenario, given, chosen, seated, seed, threads, player)

    def weighing(self, first_episode: int, episodes: int) -> Self:
        """The same, to be played in parts by what is best for as many episodes in all."""
        if not isinstance(self.player, AutoBackend):
            return self
        # A part alone may be too short to be worth compiling for.
        whole = self._program(first_episode, min(episodes, _core.most_episodes(self.scenario)))
        return replace(self, player=self.player.weighing(whole))

    def play(
        self,
        first_episode: int,
        episodes: int,
        *,
        per_block: bool = False,
        progress: Progress | None = None,
    ) -> SimulationResult:
        """Plays a range of episodes. Parameters are those of `simulate`."""
        program = self._program(first_episode, episodes)
        counts = self.player.run(
            program,
            threads=self.threads,
            per_block=as_flag("per_block", per_block),
            progress=progress,
        )
        return SimulationResult(
            scenario=self.scenario,
            lineups=self.lineups,
            seed=program.seed,
            first_episode=program.first_episode,
            event_counts=counts,
            possible=possible_events(program),
            pool=self.pool,
        )

    def _program(self, first_episode: int, episodes: int) -> _core.Program:
        return self.seated.program(
            self.scenario, seed=self.seed, first_episode=first_episode, episodes=episodes
        )


def listed_lineups(lineups: Iterable[Lineup]) -> list[Lineup]:
    """Return line-ups as a list, so that they can be gone through twice.

    Parameters
    ----------
    lineups : iterable of line-ups
        What a caller gave.

    Raises
    ------
    InvalidValue
        If it is no iterable.
    """
    listed = as_list("lineups", lineups, "line-ups")
    return [list(lineup) if isinstance(lineup, Iterator) else lineup for lineup in listed]
