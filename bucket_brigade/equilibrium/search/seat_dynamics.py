"""Best responses of one seat after another, from a start to where they lead."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bucket_brigade._arrays import FloatArray
from bucket_brigade.equilibrium.payoffs.profile import Deviation, Profile
from bucket_brigade.equilibrium.payoffs.sources import PayoffSource
from bucket_brigade.equilibrium.responses.search import RESPONSE, BestResponse, best_response
from bucket_brigade.equilibrium.verdict.budget import Budget
from bucket_brigade.equilibrium.verdict.regret import ROUNDING
from bucket_brigade.game.rewards import return_span
from bucket_brigade.policies.heuristic import ARCHETYPES, Strategy, as_strategy, duties, strategy_of
from bucket_brigade.simulation.purposes import SELECTION

__all__ = ["Outcome", "SeatDynamics"]

logger = logging.getLogger(__name__)


#: A seat that gains less than this part of ε by moving stays where it is.
STAYS = 0.01
#: Rounds after which a profile that still moves the same way is set to where it seems to go, so
#: many rounds ahead at most: seats that could do each other's work hand it over very slowly.
PATIENCE, FARTHEST = 3, 64.0
#: How often that is done: who came back to where they left would do so forever.
LEAPS = 6


@dataclass(frozen=True)
class Outcome:
    """The profile that best responses led to, and how they ended.

    Attributes
    ----------
    strategies : tuple of ndarray, shape (10,)
        θ of each seat.
    reason : str
        "converged", "cycling" or "rounds" (see `RoleEquilibrium`).
    rounds : int
        How many there were.
    """

    strategies: tuple[Strategy, ...]
    reason: str
    rounds: int


class SeatDynamics:
    """Best responses of seats, each searched once.

    Parameters
    ----------
    source : PayoffSource
        Where payoffs come from.
    budget : Budget
        What is spent; no response begins beyond it.
    epsilon : float
        Gain that is small enough; seats respond to much smaller ones.
    episodes : int
        As for `best_response`.
    max_rounds : int
        Rounds at most.
    """

    def __init__(
        self,
        source: PayoffSource,
        budget: Budget,
        *,
        epsilon: float,
        episodes: int,
        max_rounds: int,
    ) -> None:
        self.source = source
        self.budget = budget
        self.episodes = episodes
        self.max_rounds = max_rounds
        self.epsilon = epsilon
        self._stays = max(STAYS * epsilon, ROUNDING * float(return_span(source.scenario).max()))
        self._known: dict[tuple[int, bytes], BestResponse] = {}

    def follow(self, start: Sequence[Strategy], order: Sequence[int]) -> Outcome | None:
        """Rounds of responses in an order of seats; None if the budget ends before they do."""
        strategies = list(start)
        seen = {_played(strategies)}
        path, leaps = [duties(np.array(strategies))], 0
        reason = "rounds"
        for rounds in range(1, self.max_rounds + 1):
            moved = [self._moves(strategies, seat) for seat in order]
            if None in moved:
                return None
            if not any(moved):
                reason = "converged"
                break
            if _played(strategies) in seen:
                reason = "cycling"
                break
            seen.add(_played(strategies))
            path.append(duties(np.array(strategies)))
            if len(path) > PATIENCE and leaps < LEAPS and rounds < self.max_rounds:
                path, leaps = [_ahead(path)], leaps + 1
                strategies = [strategy_of(*at) for at in path[0].tolist()]
                seen = {_played(strategies)}  # what they were led away from is no cycle
        if reason != "converged" and not self._affords(len(order)):
            return None  # a verdict needs responses to this very profile
        return Outcome(tuple(strategies), reason, rounds)

    def response(self, strategies: Sequence[Strategy], seat: int) -> BestResponse:
        """The best response of a seat, searched once."""
        # An exact search is finer where less can be gained, so what the seat itself plays matters.
        others = [*strategies[:seat], *strategies[seat + 1 :]]
        key = seat, _played(strategies if self.source.is_exact else others)
        if key not in self._known:
            logger.info("%s: best response of seat %d", self.source.scenario.name, seat)
            self._known[key] = best_response(
                self.source,
                Profile.pure(self.source.scenario, strategies),
                (seat,),
                list(ARCHETYPES.values()),
                episodes=self.episodes,
                epsilon=self.epsilon,
            )
            self._account()
        return self._known[key]

    def state(self) -> list[list[Any]]:
        """The responses that are known, as JSON knows them."""
        return [
            [seat, played.hex(), response.to_dict()]
            for (seat, played), response in self._known.items()
        ]

    def restore(self, state: Sequence[Sequence[Any]]) -> None:
        """Takes in what `state` gave."""
        for seat, played, response in state:
            self._known[seat, bytes.fromhex(played)] = BestResponse.from_dict(response)

    def _moves(self, strategies: list[Strategy], seat: int) -> bool | None:
        """Lets a seat respond: whether it does move, or None if that is beyond the budget."""
        if not self._affords(1):
            return None
        best = as_strategy(self.response(strategies, seat).strategy)
        if duties(best)[0] == 0.0:
            best = strategy_of(0.0, 1.0)  # who never works is but one
        stays, moves = self.source.payoffs(
            Profile.pure(self.source.scenario, strategies),
            [Deviation(strategies[seat], (seat,)), Deviation(best, (seat,))],
            episodes=self.episodes,
            purpose=SELECTION,
        )
        self._account()
        if moves - stays <= self._stays:
            return False
        strategies[seat] = best
        return True

    def _affords(self, responses: int) -> bool:
        pace = self.budget.elapsed / max(self.budget.spent, 1)
        each = 0 if self.source.is_exact else RESPONSE * self.episodes
        return self.budget.affords(responses * each, pace=pace)

    def _account(self) -> None:
        self.budget.spent = self.source.episodes_played


def _ahead(path: Sequence[FloatArray]) -> FloatArray:
    """Where profiles lead that go the same way round after round, shape (A, 2).

    The limit, if they do so slower and slower, but not more rounds ahead than `FARTHEST`.
    """
    before, last = path[-2] - path[-3], path[-1] - path[-2]
    ratio = float((before * last).sum() / max((before * before).sum(), 1e-300))
    rounds = max(ratio, 0.0) / (1.0 - ratio) if ratio < 1.0 else FARTHEST
    return np.clip(path[-1] + min(rounds, FARTHEST) * last, 0.0, 1.0)


def _played(strategies: Sequence[Strategy]) -> bytes:
    """What tells profiles apart: (p, q) of every seat."""
    return duties(np.array(strategies)).tobytes()
