"""Expected counts on small rings, exactly, as a Markov chain over all 3^H states.

A second witness that shares no step with the first: no random numbers, no thresholds, only real
probabilities and every outcome enumerated. Where docs/rules.md gives a formula for several causes
at once (many workers at one fire, sparks from two sides), each cause is enumerated by itself
here, so the formulas are under test too. Good for up to four houses and three agents.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import TypedDict

from reference_game import RefFirefighter, RefScenario

SAFE, BURNING, RUINED = 0, 1, 2
RESTS = -1  # where a resting agent is does not matter, so it is nowhere

State = tuple[int, ...]
Theta = Sequence[float]
Seated = Theta | RefFirefighter
Mixture = Sequence[tuple[float, Seated]]


class ExpectedCounts(TypedDict):
    """Means over episodes of the counts of docs/rules.md, and the odds of the four ends."""

    nights: float
    worked: list[float]
    safe: list[float]
    ruined: list[float]
    saved: list[float]
    ended: dict[str, float]


@dataclass
class NightFrom:
    """What one night does to a given state."""

    after: dict[State, float]
    worked: list[float]  # chance that each agent works


def _outcomes(chances: Sequence[float]) -> Iterator[tuple[float, tuple[bool, ...]]]:
    """Every possible yes/no answer to independent questions, with its probability."""
    for answers in product((True, False), repeat=len(chances)):
        weight = prod(c if yes else 1.0 - c for c, yes in zip(chances, answers, strict=True))
        if weight > 0.0:
            yield weight, answers


def _chance_of_any(chances: Sequence[float]) -> float:
    return sum(weight for weight, answers in _outcomes(chances) if any(answers))


def _places(policy: Seated, agent: int, agents: int, state: State) -> dict[int, float]:
    """Where an agent works tonight, and with what probability."""
    if isinstance(policy, RefFirefighter):
        return _firefighter_places(policy, agent, agents, state)
    return _heuristic_places(policy, agent % len(state), state)


def _firefighter_places(
    policy: RefFirefighter, agent: int, agents: int, state: State
) -> dict[int, float]:
    goals = [h for h, house in enumerate(state) if house == BURNING]
    if not goals:
        return {RESTS: 1.0}
    if policy.own_first and any(h % agents == agent for h in goals):
        goals = [h for h in goals if h % agents == agent]
    return {RESTS: 1.0 - policy.w} | {h: policy.w / len(goals) for h in goals}


def _heuristic_places(theta: Theta, home: int, state: State) -> dict[int, float]:
    works = theta[1] * (1.0 - theta[8])
    fires = [h for h, house in enumerate(state) if house == BURNING]
    places: dict[int, float] = defaultdict(float)
    places[RESTS] = 1.0 - works
    if not fires:
        places[home] = works
        return places
    prefers_home = theta[3] if home in fires else 0.0
    places[home] += works * prefers_home
    for fire in fires:
        places[fire] += works * (1.0 - prefers_home) / len(fires)
    return places


def _spread_and_ignite(s: RefScenario, state: State) -> Iterator[tuple[float, State]]:
    """The end of the night, from the houses as the workers leave them."""

    def burnt_out(houses: State) -> State:
        return tuple(RUINED if house == BURNING else house for house in houses)

    if s.night_order == "burn_out_then_spread":
        state = burnt_out(state)
    safe = [h for h, house in enumerate(state) if house == SAFE]
    chances = []
    for h in safe:
        causes = [s.prob_house_catches_fire]
        for neighbor in (h - 1, (h + 1) % len(state)):  # -1 is the last house, as on a ring
            if state[neighbor] == BURNING:
                causes.append(s.prob_fire_spreads_to_neighbor)
        chances.append(_chance_of_any(causes))
    for weight, answers in _outcomes(chances):
        after = list(burnt_out(state))
        for h, catches in zip(safe, answers, strict=True):
            if catches:
                after[h] = BURNING
        yield weight, tuple(after)


def _night_from(s: RefScenario, played: Sequence[Seated], state: State) -> NightFrom:
    fires = [h for h, house in enumerate(state) if house == BURNING]
    places = [_places(one, a, s.num_agents, state) for a, one in enumerate(played)]
    night = NightFrom(defaultdict(float), [0.0] * len(played))
    for joint in product(*(p.items() for p in places)):
        act_weight = prod(chance for _, chance in joint)
        if act_weight == 0.0:
            continue
        where = [place for place, _ in joint]
        for a, place in enumerate(where):
            if place != RESTS:
                night.worked[a] += act_weight
        # Every worker tries by itself; one success puts the fire out.
        put_out = [
            _chance_of_any([s.prob_solo_agent_extinguishes_fire] * where.count(h)) for h in fires
        ]
        for out_weight, answers in _outcomes(put_out):
            middle = list(state)
            for h, out in zip(fires, answers, strict=True):
                if out:
                    middle[h] = SAFE
            for end_weight, after in _spread_and_ignite(s, tuple(middle)):
                night.after[after] += act_weight * out_weight * end_weight
    return night


def _ending(s: RefScenario, night: int, state: State) -> str | None:
    if night >= s.min_nights:
        if set(state) == {SAFE}:
            return "all_safe"
        if set(state) == {RUINED}:
            return "all_ruined"
        if s.end_rule == "no_fires" and BURNING not in state:
            return "no_fires"
    if night + 1 == s.max_nights:
        return "cap"
    return None


def _nothing(s: RefScenario) -> ExpectedCounts:
    return {
        "nights": 0.0,
        "worked": [0.0] * s.num_agents,
        "safe": [0.0] * s.num_houses,
        "ruined": [0.0] * s.num_houses,
        "saved": [0.0] * s.num_houses,
        "ended": dict.fromkeys(("all_safe", "all_ruined", "no_fires", "cap"), 0.0),
    }


def _add_line_up(
    s: RefScenario, played: Sequence[Seated], weight: float, total: ExpectedCounts
) -> None:
    """Adds the expected counts of one pure line-up, times its weight, to the total."""
    known: dict[State, NightFrom] = {}
    # `live` holds the chance of each state among episodes that are still going on.
    live: dict[State, float] = defaultdict(float)
    for chance, answers in _outcomes([s.prob_house_catches_fire] * s.num_houses):
        live[tuple(BURNING if burns else SAFE for burns in answers)] += weight * chance

    for night in range(s.max_nights):
        still_live: dict[State, float] = defaultdict(float)
        for before, mass in live.items():
            if before not in known:
                known[before] = _night_from(s, played, before)
            step = known[before]
            total["nights"] += mass
            for a, chance in enumerate(step.worked):
                total["worked"][a] += mass * chance
            for after, chance in step.after.items():
                flow = mass * chance
                for h, house in enumerate(after):
                    if house == SAFE:
                        total["safe"][h] += flow
                        if before[h] == BURNING:
                            total["saved"][h] += flow
                    elif house == RUINED:
                        total["ruined"][h] += flow
                kind = _ending(s, night, after)
                if kind is None:
                    still_live[after] += flow
                else:
                    total["ended"][kind] += flow
        live = still_live


def expected_counts(scenario: RefScenario, seats: Sequence[Mixture]) -> ExpectedCounts:
    """The exact mean of every count, and the probability of every way to end.

    A mixture is drawn once per episode, so a mean over mixtures is a mean over line-ups of pure
    policies; mixing each night's behaviour instead would be a different game.
    """
    total = _nothing(scenario)
    for line_up in product(*seats):
        weight = prod(w for w, _ in line_up)
        if weight > 0.0:
            _add_line_up(scenario, [one for _, one in line_up], weight, total)
    return total


def expected_returns(scenario: RefScenario, counts: ExpectedCounts) -> list[float]:
    """Every agent's mean return, which is linear in the mean counts."""

    def of_agent(values: float | Sequence[float], agent: int) -> float:
        return values if isinstance(values, (int, float)) else values[agent]

    s = scenario
    team = (
        s.team_reward_house_survives * sum(counts["safe"])
        - s.team_penalty_house_burns * sum(counts["ruined"])
    ) / s.num_houses
    returns = []
    for a in range(s.num_agents):
        own = [h for h in range(s.num_houses) if h % s.num_agents == a]
        others = [h for h in range(s.num_houses) if h not in own]
        rested = counts["nights"] - counts["worked"][a]
        returns.append(
            team
            + s.reward_rest * rested
            - s.cost_to_work_one_night * counts["worked"][a]
            + of_agent(s.reward_own_house_survives, a) * sum(counts["saved"][h] for h in own)
            + of_agent(s.reward_other_house_survives, a) * sum(counts["saved"][h] for h in others)
            - of_agent(s.penalty_own_house_burns, a) * sum(counts["ruined"][h] for h in own)
            - of_agent(s.penalty_other_house_burns, a) * sum(counts["ruined"][h] for h in others)
        )
    return returns
