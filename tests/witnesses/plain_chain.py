"""Expected counts from docs/rules.md, state by state, for line-ups given as (p, q) of each seat.

The third witness of the exact numbers. Unlike small_chain.py it takes the rules' formulas for many
workers and for many neighbours at their word, which makes rings of five quick enough. It keeps a
dictionary of states, and knows nothing of homes and others or of any other shortcut.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product

from reference_game import RefScenario

SAFE, BURNING, RUINED = 0, 1, 2
KINDS = ("all_safe", "all_ruined", "no_fires", "cap")

State = tuple[int, ...]
Odds = dict[State, float]


@dataclass
class Counts:
    """The count vector of docs/rules.md, as means over episodes."""

    nights: float
    worked: list[float]
    safe: list[float]
    ruined: list[float]
    saved: list[float]
    ended: dict[str, float] = field(default_factory=lambda: dict.fromkeys(KINDS, 0.0))

    def vector(self) -> list[float]:
        houses = [*self.safe, *self.ruined, *self.saved]
        return [self.nights, *self.worked, *houses, *self.ended.values()]


def _workers(state: State, duties: Sequence[tuple[float, float]]) -> dict[State, float]:
    """The odds of each number of workers at each house."""
    fires = [h for h, house in enumerate(state) if house == BURNING]
    odds = {(0,) * len(state): 1.0}
    for agent, (p, q) in enumerate(duties):
        home = agent % len(state)
        places: dict[int, float] = defaultdict(float)
        if not fires:
            places[home] += p
        else:
            stays = q if home in fires else 0.0
            places[home] += p * stays
            for fire in fires:
                places[fire] += p * (1 - stays) / len(fires)
        after: dict[State, float] = defaultdict(float)
        for workers, chance in odds.items():
            after[workers] += chance * (1 - p)  # rests
            for place, works_there in places.items():
                there = tuple(w + (h == place) for h, w in enumerate(workers))
                after[there] += chance * works_there
        odds = after
    return odds


def _after_workers(s: RefScenario, state: State, duties: Sequence[tuple[float, float]]) -> Odds:
    """Step 1."""
    middle: Odds = defaultdict(float)
    fires = [h for h, house in enumerate(state) if house == BURNING]
    for workers, chance in _workers(state, duties).items():
        for out in product((True, False), repeat=len(fires)):
            houses, weight = list(state), chance
            for h, is_out in zip(fires, out, strict=True):
                puts_out = 1 - (1 - s.prob_solo_agent_extinguishes_fire) ** workers[h]
                weight *= puts_out if is_out else 1 - puts_out
                if is_out:
                    houses[h] = SAFE
            if weight:
                middle[tuple(houses)] += weight
    return middle


def _after_fire(s: RefScenario, middle: State) -> Odds:
    """Steps 2 and 3."""
    spreads = s.night_order == "spread_then_burn_out"
    options: list[list[tuple[int, float]]] = []
    for h, house in enumerate(middle):
        if house != SAFE:
            options.append([(RUINED, 1.0)])
            continue
        next_door = (middle[h - 1], middle[(h + 1) % len(middle)])
        k = next_door.count(BURNING) if spreads else 0
        stays = (1 - s.prob_fire_spreads_to_neighbor) ** k * (1 - s.prob_house_catches_fire)
        options.append([(SAFE, stays), (BURNING, 1 - stays)])
    after: Odds = defaultdict(float)
    for joint in product(*options):
        weight = 1.0
        for _, chance in joint:
            weight *= chance
        if weight:
            after[tuple(house for house, _ in joint)] += weight
    return after


def _end(s: RefScenario, night: int, state: State) -> str | None:
    if night >= s.min_nights:
        if all(house == SAFE for house in state):
            return "all_safe"
        if all(house == RUINED for house in state):
            return "all_ruined"
        if s.end_rule == "no_fires" and BURNING not in state:
            return "no_fires"
    return "cap" if night + 1 == s.max_nights else None


def expected_counts(s: RefScenario, duties: Sequence[tuple[float, float]]) -> list[float]:
    """The mean of every count."""
    houses = s.num_houses
    total = Counts(0.0, [0.0] * len(duties), [0.0] * houses, [0.0] * houses, [0.0] * houses)
    rho = s.prob_house_catches_fire
    live: Odds = {}
    for state in product((SAFE, BURNING), repeat=houses):
        chance = 1.0
        for house in state:
            chance *= rho if house == BURNING else 1 - rho
        live[state] = chance
    fought: dict[State, Odds] = {}
    spread: dict[State, Odds] = {}
    for night in range(s.max_nights):
        still: Odds = defaultdict(float)
        for before, mass in live.items():
            if mass == 0.0:
                continue
            total.nights += mass
            for agent, (p, _) in enumerate(duties):
                total.worked[agent] += mass * p
            if before not in fought:
                fought[before] = _after_workers(s, before, duties)
            for middle, put_out in fought[before].items():
                if middle not in spread:
                    spread[middle] = _after_fire(s, middle)
                for after, caught in spread[middle].items():
                    flow = mass * put_out * caught
                    for h, house in enumerate(after):
                        total.safe[h] += flow * (house == SAFE)
                        total.ruined[h] += flow * (house == RUINED)
                        total.saved[h] += flow * (house == SAFE and before[h] == BURNING)
                    kind = _end(s, night, after)
                    if kind is None:
                        still[after] += flow
                    else:
                        total.ended[kind] += flow
        live = still
    return total.vector()
