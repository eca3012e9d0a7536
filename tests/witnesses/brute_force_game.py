"""The whole game by brute force, from docs/rules.md: every joint act, every outcome, every policy.

A witness of the exact solvers. It plays all joint acts of all agents in all 3^H states, rolls every
die, and keeps the resulting matrices; everything else is plain sums over them, night by night.
Good for up to four houses and three agents. Acts are 0 to rest and 1 + h to work at house h; state
number Σ code_h 3^h has code 0 for a safe house, 1 for a burning one and 2 for a ruined one.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
import numpy.typing as npt

import bucket_brigade as bb

SAFE, BURNING, RUINED = 0, 1, 2

Floats = npt.NDArray[np.float64]
Houses = tuple[int, ...]


class BruteForce:
    """All transitions and rewards of a small game."""

    def __init__(self, scenario: bb.Scenario) -> None:
        self.scenario = scenario
        self.houses, self.agents = scenario.num_houses, scenario.num_agents
        self.nights = scenario.max_nights
        codes = product((SAFE, BURNING, RUINED), repeat=self.houses)
        # The first house changes fastest.
        self.states: list[Houses] = [tuple(reversed(code)) for code in codes]
        self.number = {state: i for i, state in enumerate(self.states)}
        self.joint = list(product(range(1 + self.houses), repeat=self.agents))
        size = len(self.states)
        #: Chances of the next state: (joint acts, states, states).
        self.moves = np.zeros((len(self.joint), size, size))
        #: Expected reward of the night: (joint acts, states, seats).
        self.rewards = np.zeros((len(self.joint), size, self.agents))
        for j, acts in enumerate(self.joint):
            for i, before in enumerate(self.states):
                for chance, after in self._night(before, acts):
                    self.moves[j, i, self.number[after]] += chance
                    for seat in range(self.agents):
                        self.rewards[j, i, seat] += chance * self._reward(
                            seat, acts[seat], before, after
                        )

    def _night(self, before: Houses, acts: Sequence[int]) -> list[tuple[float, Houses]]:
        s = self.scenario
        fires = [h for h in range(self.houses) if before[h] == BURNING]
        outcomes = []
        for out in product((True, False), repeat=len(fires)):
            chance, middle = 1.0, list(before)
            for h, put_out in zip(fires, out, strict=True):
                workers = sum(act == 1 + h for act in acts)
                still_burns = (1 - s.prob_solo_agent_extinguishes_fire) ** workers
                chance *= 1 - still_burns if put_out else still_burns
                if put_out:
                    middle[h] = SAFE
            spreading = [house == BURNING for house in middle]
            if s.night_order == "burn_out_then_spread":
                spreading = [False] * self.houses
            safe = [h for h in range(self.houses) if middle[h] == SAFE]
            for caught in product((True, False), repeat=len(safe)):
                end = [RUINED if house == BURNING else house for house in middle]
                odds = chance
                for h, catches in zip(safe, caught, strict=True):
                    k = spreading[h - 1] + spreading[(h + 1) % self.houses]
                    stays = (1 - s.prob_fire_spreads_to_neighbor) ** k
                    stays *= 1 - s.prob_house_catches_fire
                    odds *= 1 - stays if catches else stays
                    if catches:
                        end[h] = BURNING
                if odds > 0:
                    outcomes.append((odds, tuple(end)))
        return outcomes

    def _reward(self, seat: int, act: int, before: Houses, after: Houses) -> float:
        s = self.scenario

        def of_seat(values: float | tuple[float, ...]) -> float:
            return values[seat] if isinstance(values, tuple) else values

        total = s.reward_rest if act == 0 else -s.cost_to_work_one_night
        for h in range(self.houses):
            own = h % self.agents == seat
            if after[h] == SAFE:
                total += s.team_reward_house_survives / self.houses
                if before[h] == BURNING:
                    saved = s.reward_own_house_survives if own else s.reward_other_house_survives
                    total += of_seat(saved)
            elif after[h] == RUINED:
                total -= s.team_penalty_house_burns / self.houses
                total -= of_seat(s.penalty_own_house_burns if own else s.penalty_other_house_burns)
        return total

    def _goes_on(self, night: int) -> Floats:
        """1 for states after which the episode goes on, else 0."""
        s = self.scenario
        goes_on = np.ones(len(self.states))
        for i, state in enumerate(self.states):
            over = set(state) in ({SAFE}, {RUINED})
            over |= s.end_rule == "no_fires" and BURNING not in state
            if (night >= s.min_nights and over) or night + 1 == s.max_nights:
                goes_on[i] = 0
        return goes_on

    def stages(self, night: int, following: Floats) -> Floats:
        """What joint acts are worth (joint acts, states, seats), from values of the night after."""
        return self.rewards + self.moves @ (self._goes_on(night)[:, None] * following)

    def chances(self, tables: Sequence[Floats], night: int, skip: int | None = None) -> Floats:
        """Chances of joint acts, (joint acts, states), under tables (nights, states, acts); those
        of `skip` count as certain."""
        chances = np.ones((len(self.joint), len(self.states)))
        for seat, table in enumerate(tables):
            if seat != skip:
                chances *= table[night][:, [acts[seat] for acts in self.joint]].T
        return chances

    def act_values(self, tables: Sequence[Floats], night: int, stages: Floats, seat: int) -> Floats:
        """What each act is worth to a seat against the others, (acts, states)."""
        worth = self.chances(tables, night, skip=seat) * stages[:, :, seat]
        own = np.array([acts[seat] for acts in self.joint])
        return np.stack([worth[own == act].sum(axis=0) for act in range(1 + self.houses)])

    def values(self, tables: Sequence[Floats]) -> Floats:
        """What tables are worth before each night, (nights, states, seats)."""
        values = np.zeros((self.nights + 1, len(self.states), self.agents))
        for night in reversed(range(self.nights)):
            stages = self.stages(night, values[night + 1])
            chances = self.chances(tables, night)
            values[night] = np.einsum("js,jsa->sa", chances, stages)
        return values[:-1]

    def reached(self, tables: Sequence[Floats]) -> Floats:
        """How likely each state is at the beginning of each night, (nights, states)."""
        reached = np.zeros((self.nights, len(self.states)))
        reached[0] = [self.start(state) for state in np.eye(len(self.states))]
        for night in range(self.nights - 1):
            moved = np.einsum(
                "s,js,jst->t", reached[night], self.chances(tables, night), self.moves
            )
            reached[night + 1] = moved * self._goes_on(night)
        return reached

    def best_responses(self, tables: Sequence[Floats]) -> Floats:
        """What a seat can get against the others' tables, (nights, states, seats)."""
        values = np.zeros((self.nights + 1, len(self.states), self.agents))
        for night in reversed(range(self.nights)):
            stages = self.stages(night, values[night + 1])
            for seat in range(self.agents):
                worth = self.act_values(tables, night, stages, seat)
                values[night, :, seat] = worth.max(axis=0)
        return values[:-1]

    def team_optimum(self) -> Floats:
        """The most that the mean over seats can be, (nights, states)."""
        values = np.zeros((self.nights + 1, len(self.states)))
        for night in reversed(range(self.nights)):
            following = np.repeat(values[night + 1][:, None], self.agents, axis=1)
            values[night] = self.stages(night, following).mean(axis=2).max(axis=0)
        return values[:-1]

    def start(self, values: Floats) -> Floats:
        """The expectation at the start of an episode, of values (states, …)."""
        rho = self.scenario.prob_house_catches_fire
        chances = [
            0.0 if RUINED in state else rho ** state.count(BURNING) * (1 - rho) ** state.count(SAFE)
            for state in self.states
        ]
        return np.tensordot(np.array(chances), values, axes=1)

    def heuristic(self, agent: int, p: float, q: float) -> Floats:
        """The table of the heuristic agent with numbers p and q."""
        table = np.zeros((self.nights, len(self.states), 1 + self.houses))
        home = agent % self.houses
        table[:, :, 0] = 1 - p
        for i, state in enumerate(self.states):
            fires = [h for h in range(self.houses) if state[h] == BURNING]
            stays = q if home in fires else 0.0
            table[:, i, 1 + home] += p * (stays if fires else 1.0)
            for h in fires:
                table[:, i, 1 + h] += p * (1 - stays) / len(fires)
        return table
