"""The agents to play against of docs/rules.md, with the draws of docs/randomness.md.

Written from those two pages alone, in plain integers, as reference_game.py is; and for the
ten-parameter agent also the chance of every act, from the page with the rules, without any draw.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from reference_game import BURNING, ONE, REST, WORK, Action, RefAgent, RefSight, threshold

HALF = ONE // 2
SLOT_HOUSE = 0x1C0
SLOT_MODE = 0x200
SLOT_CLAIM = 0x240
SLOT_EXPLORE = 0x280
SLOT_EXPLORE_HOUSE = 0x2C0
SLOT_EXPLORE_MODE = 0x300
SLOT_REPEAT = 0x340


@dataclass(frozen=True)
class RefRandom(RefAgent):
    def act(self, sight: RefSight) -> Action:
        house = sight.uniform(SLOT_HOUSE) * len(sight.houses) // ONE
        mode = WORK if sight.uniform(SLOT_MODE) < HALF else REST
        signal = WORK if sight.uniform(SLOT_CLAIM) < HALF else REST
        return house, mode, signal


@dataclass(frozen=True)
class RefAlwaysRest(RefAgent):
    def act(self, sight: RefSight) -> Action:
        return sight.agent % len(sight.houses), REST, REST


@dataclass(frozen=True)
class RefSpecialist(RefAgent):
    def act(self, sight: RefSight) -> Action:
        owned = [h for h in range(len(sight.houses)) if h % sight.agents == sight.agent]
        for h in owned:
            if sight.houses[h] == BURNING:
                return h, WORK, WORK
        return (owned[0] if owned else sight.agent % len(sight.houses)), REST, REST


def _neighbours(h: int, ring: int) -> list[int]:
    return [(h - 1) % ring, (h + 1) % ring]


def _distance(h: int, home: int, ring: int) -> int:
    return min((h - home) % ring, (home - h) % ring)


@dataclass(frozen=True)
class RefTenParameter(RefAgent):
    theta: Sequence[float]

    def intent(self, houses: Sequence[int], home: int) -> float:
        t = self.theta
        m = list(houses).count(BURNING)
        b = 1 if houses[home] == BURNING else 0
        w = ((t[1] + t[4] * (m / len(houses))) + (0.5 * t[3]) * b) * (1 - t[8])
        return min(w, 1.0)

    def act(self, sight: RefSight) -> Action:
        t, ring = self.theta, len(sight.houses)
        home = sight.agent % ring
        w = self.intent(sight.houses, home)
        honest = WORK if w > 0.5 else REST
        signal = honest if sight.uniform(SLOT_CLAIM) < threshold(t[0]) else 1 - honest

        if sight.night > 0 and sight.uniform(SLOT_REPEAT) < threshold(t[7]):
            house, mode, _ = sight.last[sight.agent]
            return house, mode, signal
        if sight.uniform(SLOT_EXPLORE) < threshold(t[6]):
            house = sight.uniform(SLOT_EXPLORE_HOUSE) * ring // ONE
            return house, (WORK if sight.uniform(SLOT_EXPLORE_MODE) < HALF else REST), signal

        works = threshold(t[0]) if signal == WORK else threshold(w * t[9])
        mode = WORK if sight.uniform(SLOT_MODE) < works else REST
        there = Counter(house for house, _, _ in sight.last)
        weights = []
        for h in range(ring):
            fires = [n for n in _neighbours(h, ring) if sight.houses[n] == BURNING]
            weight = threshold(0.1 / (1 + _distance(h, home, ring)))
            weight += threshold(t[3]) if h == home else 0
            weight += HALF if sight.houses[h] == BURNING else 0
            weight += threshold(0.3 * t[2]) if fires else 0
            weight += threshold(0.1 * t[5]) * there[h]
            weight -= threshold(0.2 * t[4]) * len(fires)
            weights.append(max(weight, threshold(0.01)))
        place = sight.uniform(SLOT_HOUSE) * sum(weights) // ONE
        house = next(h for h, total in enumerate(accumulate(weights)) if place < total)
        return house, mode, signal

    def chances(
        self, agent: int, houses: Sequence[int], night: int, last: Sequence[Action]
    ) -> dict[Action, float]:
        """The chance of each act (house, mode, signal), by the six steps of docs/rules.md.

        `last` are the acts of all agents on the night before; (0, 0, 0) before night 0.
        """
        t, ring = self.theta, len(houses)
        home = agent % ring
        w = self.intent(houses, home)
        there = Counter(house for house, _, _ in last)
        scores = []
        for h in range(ring):
            fires = sum(houses[n] == BURNING for n in _neighbours(h, ring))
            s = 0.1 / (1 + _distance(h, home, ring))
            s += t[3] * (h == home) + 0.5 * (houses[h] == BURNING) + 0.3 * t[2] * (fires > 0)
            s += 0.1 * t[5] * there[h] - 0.2 * t[4] * fires
            scores.append(max(0.01, s))
        found: dict[Action, float] = {}
        for signal in (REST, WORK):
            says = t[0] if signal == (WORK if w > 0.5 else REST) else 1 - t[0]
            works = t[0] if signal == WORK else w * t[9]
            for mode in (REST, WORK):
                does = works if mode == WORK else 1 - works
                for h in range(ring):
                    chance = (1 - t[6]) * scores[h] / sum(scores) * does + t[6] * 0.5 / ring
                    if night > 0:
                        again = last[agent][:2] == (h, mode)
                        chance = (1 - t[7]) * chance + t[7] * again
                    found[h, mode, signal] = says * chance
        return found
