"""Roles: pure profiles of the seats, by best responses of one seat after another.

Seats differ, in their homes and in the houses they own, and a symmetric mixture misses what players
who know their seat may agree on: that some work and others rest. So each seat has a strategy of its
own here. From many starts, one seat after another turns to its best response against what the
others then play, round after round, until none gains by it: in the order of their numbers, and from
the same start in the opposite order as well, since who moves first often gets the better role.

Profiles that differ by a reflection of the ring are kept apart: it maps homes to homes, but houses
that an agent owns to others, unless the number of agents divides that of houses.
"""

import itertools
import logging
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, replace
from typing import Any, ClassVar

import numpy as np

from bucket_brigade.arguments import as_callback, as_u64
from bucket_brigade.equilibrium.payoffs.profile import Deviation, Profile
from bucket_brigade.equilibrium.payoffs.sources import ProfileGains
from bucket_brigade.equilibrium.responses.search import RESPONSE
from bucket_brigade.equilibrium.results.roles import RoleEquilibrium
from bucket_brigade.equilibrium.search.options import SearchOptions, check_count
from bucket_brigade.equilibrium.search.running import Running
from bucket_brigade.equilibrium.search.seat_dynamics import Outcome, SeatDynamics
from bucket_brigade.equilibrium.search.seat_starts import (
    default_profiles,
    given_profiles,
    random_profiles,
)
from bucket_brigade.equilibrium.verdict.budget import Budget
from bucket_brigade.equilibrium.verdict.regret import (
    Regret,
    Verdict,
    certify,
    confidence_of_look,
)
from bucket_brigade.errors import InvalidValue
from bucket_brigade.policies.heuristic import Strategy, duties

__all__ = ["RoleSearch"]

logger = logging.getLogger(__name__)

#: Profiles are one if at no seat p, or p q, differs by more; coarser where luck places them.
ALIKE = {"sampled": 0.05, "exact": 1e-3}
#: Steps through the seats, in which they respond: from the first to the last, and back.
ORDERS = (1, -1)
#: Random starts at most; each profile found has episodes of its own for its verdict.
MOST_STARTS = 1024
#: Responses of each seat that half of a budget in episodes should allow, at least.
FIRST_RESPONSES = 3
#: The order of a result.
VERDICTS = (Verdict.CERTIFIED, Verdict.UNDECIDED, Verdict.REFUTED)


@dataclass(frozen=True)
class RoleSearch(SearchOptions):
    """Finds pure profiles of the seats from which no seat gains much by moving.

    Parameters
    ----------
    scenario : Scenario
        The game.
    num_simulations : int
        The unit of episodes of a search, if sampled (see `best_response`).
    max_rounds : int
        Rounds from each start at most; in a round every seat responds once.
    starts : int
        Random starts, besides those given to `solve`, 0 to 1024. Each start is followed twice (see
        `ORDERS`).
    epsilon : float, optional
        Gain of a seat, in points an episode, that is small enough; by default 5 if sampled, 0.01
        if exact.
    seed : int
        Seed of everything random.
    threads, backend
        As for `simulate`.
    on_start : callable, optional
        Called with a line of text after every start in either order.
    on_profile : callable, optional
        Called with each `RoleEquilibrium` as soon as it has its verdict; where a search goes on,
        first with those it had found.
    confidence : float
        With which all sampled verdicts hold at once.
    method : str
        "sampled", "exact", or "auto" for exact payoffs where the chain applies and
        takes no more than a couple of minutes, by an estimate.
    budget_episodes, budget_seconds : optional
        What may be spent: no best response begins beyond it, and a verdict spends half of what is
        left at most.

    Raises
    ------
    InvalidValue
        For the first value that is not allowed.
    """

    num_simulations: int = 50_000
    max_rounds: int = 50
    starts: int = 8
    _: KW_ONLY
    on_start: Callable[[str], object] | None = None
    on_profile: Callable[[RoleEquilibrium], object] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        check_count("max_rounds", self.max_rounds)
        as_callback("on_start", self.on_start)
        as_callback("on_profile", self.on_profile)
        if as_u64("starts", self.starts) > MOST_STARTS:
            raise InvalidValue("starts", self.starts, f"from 0 to {MOST_STARTS}")

    def solve(
        self,
        initial_profiles: Sequence[Sequence[object]] | None = None,
        *,
        state: Mapping[str, Any] | None = None,
        on_state: Callable[[dict[str, Any]], object] | None = None,
    ) -> list[RoleEquilibrium]:
        """Searches from every start.

        Parameters
        ----------
        initial_profiles : sequence of sequences of A strategies, optional
            Starts before the random ones; by default each archetype at all seats, and every
            pattern of seats that always work and seats that always rest (one for each number of
            workers, where there are more than 64).
        state : mapping, optional
            Where to go on: what `on_state` was last given by a search with the same parameters,
            but for the budget.
        on_state : callable, optional
            Called after every start in either order with all that is known, as JSON knows it. The
            result does not depend on interruptions.

        Returns
        -------
        list of RoleEquilibrium
            All that are distinct: certified ones first, then undecided, then refuted ones, those
            with more points in total first. Fewer, or none, if the budget was too small.

        Raises
        ------
        InvalidValue
            If there is no start, a profile is not one strategy for each seat, or the state is that
            of another search.
        """
        return _Search(self, initial_profiles, state, as_callback("on_state", on_state)).run()

    def settings(
        self, initial_profiles: Sequence[Sequence[object]] | None = None
    ) -> dict[str, Any]:
        """What the result depends on (see `SearchOptions.settings`)."""
        agents = self.scenario.num_agents
        given = None if initial_profiles is None else given_profiles(initial_profiles, agents)
        return super().settings() | {
            "max_rounds": self.max_rounds,
            "starts": self.starts,
            "initial_profiles": given
            and [[theta.tolist() for theta in profile] for profile in given],
        }


class _Search(Running[RoleSearch]):
    """A search on its way."""

    VERSION: ClassVar[int] = 1

    def __init__(
        self,
        asked: RoleSearch,
        initial_profiles: Sequence[Sequence[object]] | None,
        state: Mapping[str, Any] | None,
        on_state: Callable[[dict[str, Any]], object] | None,
    ) -> None:
        super().__init__(asked, asked.settings(initial_profiles), state, on_state)
        self.agents = asked.scenario.num_agents
        self.starts = [
            *(
                default_profiles(self.agents)
                if initial_profiles is None
                else given_profiles(initial_profiles, self.agents)
            ),
            *random_profiles(asked.starts, self.agents, asked.seed),
        ]
        if not self.starts:
            raise InvalidValue("initial_profiles", "no profiles", "at least one, or starts above 0")
        episodes = asked.num_simulations
        if asked.budget_episodes is not None:
            first = 2 * FIRST_RESPONSES * RESPONSE * self.agents
            episodes = min(episodes, max(asked.budget_episodes // first, 1))
        self.dynamics = SeatDynamics(
            self.source,
            self.budget,
            epsilon=self.epsilon,
            episodes=episodes,
            max_rounds=asked.max_rounds,
        )
        self.found: list[RoleEquilibrium] = []
        #: Starts that were followed, counted in either order.
        self.followed = 0
        if state is not None:
            self._restore(state)

    def run(self) -> list[RoleEquilibrium]:
        """Search from all starts."""
        runs = list(itertools.product(self.starts, ORDERS))
        for number, (start, step) in enumerate(runs[self.followed :], self.followed + 1):
            led = self.dynamics.follow(start, range(self.agents)[::step])
            if led is None:
                break
            self._keep(led)
            self.followed = number
            self._save()
            text = f"start {number} of {len(runs)}, {len(self.found)} profiles"
            logger.info("%s: %s", self.asked.scenario.name, text)
            if self.asked.on_start is not None:
                self.asked.on_start(text)
        # A payoff is unknown only if the last verdict's is: it stays last of its kind.
        return sorted(
            self.found,
            key=lambda it: (
                VERDICTS.index(it.verdict),
                -np.nan_to_num(sum(it.payoffs), nan=-np.inf),
            ),
        )

    def _save(self) -> None:
        self.keep_state(
            {
                "followed": self.followed,
                "found": [profile.to_dict() for profile in self.found],
                "responses": self.dynamics.state(),
            }
        )

    def _restore(self, state: Mapping[str, Any]) -> None:
        self.followed = state["followed"]
        self.dynamics.restore(state["responses"])
        for entry in state["found"]:
            self.found.append(RoleEquilibrium.from_dict(entry))
            if self.asked.on_profile is not None:
                self.asked.on_profile(self.found[-1])

    def _keep(self, led: Outcome) -> None:
        """Notes where a start led, with a verdict if that is new."""
        for i, known in enumerate(self.found):
            if _distance(led.strategies, known.strategies) <= ALIKE[self.source.method]:
                self.found[i] = replace(known, starts=known.starts + 1)
                return
        self.found.append(self._judged(led))
        if self.asked.on_profile is not None:
            self.asked.on_profile(self.found[-1])

    def _judged(self, led: Outcome) -> RoleEquilibrium:
        profile = Profile.pure(self.asked.scenario, led.strategies)
        responses = [self.dynamics.response(led.strategies, seat) for seat in range(self.agents)]
        deviations = [
            Deviation(theta, (seat,))
            for seat, response in enumerate(responses)
            for theta in response.candidates
        ]
        logger.info("%s: verdict on %d deviations", self.asked.scenario.name, len(deviations))
        regret, gains = self._verdict(profile, deviations)
        # With too little left for even a first look, nothing is known but where the search led.
        known = regret.rounds > 0
        unknown = (math.nan,) * self.agents
        return RoleEquilibrium(
            **self.certified(regret, deviations, gains),
            reason=led.reason,
            strategies=led.strategies,
            payoffs=tuple(gains.payoffs.tolist()) if known else unknown,
            payoffs_stderr=tuple(gains.payoffs_stderr.tolist()) if known else unknown,
            searched=tuple(response.searched for response in responses),
            rounds=led.rounds,
            starts=1,
        )

    def _verdict(
        self, profile: Profile, deviations: Sequence[Deviation]
    ) -> tuple[Regret, ProfileGains]:
        index = len(self.found)
        gains = self.source.gains(profile, deviations, range(self.agents), look=index)
        left, seconds = self.budget.left(), self.budget.seconds
        regret = certify(
            gains,
            epsilon=self.epsilon,
            confidence=confidence_of_look(self.asked.confidence, index),
            budget=Budget(
                episodes=None if left is None else left // 2,
                seconds=None if seconds is None else max(seconds - self.budget.elapsed, 0.0) / 2,
            ),
        )
        self.budget.spend(regret.episodes)
        return regret, gains


def _distance(one: Sequence[Strategy], other: Sequence[Strategy]) -> float:
    """The largest difference of any seat in how often it works and how often at home if it can."""
    a, b = duties(np.array(one)), duties(np.array(other))
    a[:, 1] *= a[:, 0]
    b[:, 1] *= b[:, 0]
    return float(np.abs(a - b).max())
