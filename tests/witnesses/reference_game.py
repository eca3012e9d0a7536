"""The game of docs/rules.md, with the draws of docs/randomness.md, one episode at a time.

This is a witness, not an engine: it was written from those two pages alone, in plain integers
and in the order the pages tell the story, so that a reader can check it line by line against
them. The fast engines are then checked against it, bit for bit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import floor
from typing import TypedDict

SAFE, BURNING, RUINED = 0, 1, 2
REST, WORK = 0, 1

# Where each kind of decision begins in the table of slots; the house or agent number is added.
SLOT_CATCH = 0x000
SLOT_EXTINGUISH = 0x040
SLOT_WORK = 0x080
SLOT_WHICH_FIRE = 0x0C0
SLOT_HONEST = 0x100
SLOT_STRATEGY = 0x140
SLOT_ACT = 0x180

ONE = 1 << 32  # the threshold of a certain event: every 32-bit uniform lies below it
WORD = ONE - 1

Action = tuple[int, int, int]  # (house, mode, signal)


@dataclass(frozen=True)
class RefFirefighter:
    """The firefighter of docs/rules.md: w, whether own houses come first, and its honesty."""

    w: float
    own_first: bool
    honesty: float = 1.0


@dataclass(frozen=True)
class RefSight:
    """What an agent sees before a night, and where to find its draws."""

    agent: int
    agents: int
    houses: list[int]
    night: int
    last: list[Action]  # of all agents; (0, 0, 0) before night 0
    seed: int
    episode: int

    def uniform(self, slot: int) -> int:
        """This agent's U at a slot."""
        return uniform(self.seed, self.episode, self.night + 1, slot + self.agent)


class RefAgent:
    """An agent of another kind (reference_agents.py)."""

    def act(self, sight: RefSight) -> Action:
        raise NotImplementedError


# Ten numbers, played by the heuristic agent, or one of the others.
Seated = Sequence[float] | RefFirefighter | RefAgent
Mixture = Sequence[tuple[float, Seated]]  # [(weight, what is played), ...]
Policy = Callable[[int, list[int]], Sequence[Action]]


# --- The generator ---------------------------------------------------------------------------


def philox4x32_10(counter: Sequence[int], key: Sequence[int]) -> tuple[int, int, int, int]:
    """Ten rounds of Philox on four 32-bit words, after Salmon et al. (2011)."""
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(10):
        product0 = 0xD2511F53 * c0
        product1 = 0xCD9E8D57 * c2
        c0, c1, c2, c3 = (
            (product1 >> 32) ^ c1 ^ k0,
            product1 & WORD,
            (product0 >> 32) ^ c3 ^ k1,
            product0 & WORD,
        )
        k0 = (k0 + 0x9E3779B9) & WORD
        k1 = (k1 + 0xBB67AE85) & WORD
    return c0, c1, c2, c3


@lru_cache(maxsize=1 << 13)
def _planes(seed: int, block: int, tick: int, slot: int) -> tuple[int, ...]:
    """The 32 planes of a slot; cached because the 32 episodes of a block share them."""
    key = (seed & WORD, seed >> 32)
    planes: list[int] = []
    for quad in range(8):
        counter = (block & WORD, block >> 32, (tick << 16) + slot, quad)
        planes.extend(philox4x32_10(counter, key))
    return tuple(planes)


def uniform(seed: int, episode: int, tick: int, slot: int) -> int:
    """The 32-bit uniform U of one decision of one episode.

    The bits of one U lie in 32 different planes, most significant first, because a plane holds
    the same bit of 32 neighbouring episodes.
    """
    if not (0 <= seed < 1 << 64 and 0 <= episode < 1 << 64):
        raise ValueError("seed and episode must each fit in 64 bits")
    block, lane = divmod(episode, 32)
    value = 0
    for plane in _planes(seed, block, tick, slot):
        value = 2 * value + (plane >> lane & 1)
    return value


# --- From probabilities to thresholds --------------------------------------------------------


def _times_two_to_32_rounded(x: float) -> int:
    """floor(x * 2^32 + 1/2). The float product is exact, and so is the sum, as a fraction.

    A float sum would be exact too, save for the one float just below 2^-33, which it would
    round up to 1.
    """
    return floor(Fraction(x * 4294967296.0) + Fraction(1, 2))


def threshold(p: float) -> int:
    """The integer T that stands for probability p: the event happens when U < T."""
    if not 0.0 <= p <= 1.0:
        raise ValueError(f"a probability must lie in [0, 1], not {p!r}")
    return _times_two_to_32_rounded(p)


def extinguish_threshold(kappa: float, workers: int) -> int:
    """The threshold T of a fire, by its number of workers."""
    if workers == 0:
        return 0
    if workers == 1:
        return threshold(kappa)  # kappa itself: 1 - (1 - kappa) need not give it back in floats
    all_fail = 1.0 - kappa
    for _ in range(workers - 1):
        all_fail = all_fail * (1.0 - kappa)
    return threshold(1.0 - all_fail)


def catch_threshold(beta: float, rho: float, fires_next_door: int) -> int:
    """T for a safe house to burn by the end of the night."""
    if fires_next_door == 0:
        return threshold(rho)  # rho itself, for the same reason
    stays_safe = 1.0 - beta
    for _ in range(fires_next_door - 1):
        stays_safe = stays_safe * (1.0 - beta)
    return threshold(1.0 - stays_safe * (1.0 - rho))


# --- What goes in and what comes out ---------------------------------------------------------


@dataclass(kw_only=True)
class RefScenario:
    """A scenario, field by field as in docs/rules.md; only what has a default there has one."""

    prob_fire_spreads_to_neighbor: float
    prob_solo_agent_extinguishes_fire: float
    prob_house_catches_fire: float
    team_reward_house_survives: float
    team_penalty_house_burns: float
    # The four rewards of ownership: one number for all agents, or one per agent.
    reward_own_house_survives: float | Sequence[float]
    reward_other_house_survives: float | Sequence[float]
    penalty_own_house_burns: float | Sequence[float]
    penalty_other_house_burns: float | Sequence[float]
    cost_to_work_one_night: float
    reward_rest: float = 0.5
    min_nights: int
    max_nights: int = 100
    num_agents: int = 4
    num_houses: int = 10
    night_order: str = "spread_then_burn_out"
    end_rule: str = "all_safe_or_all_ruined"

    def __post_init__(self) -> None:
        # A misspelt name would otherwise quietly mean the other rule.
        if self.night_order not in ("spread_then_burn_out", "burn_out_then_spread"):
            raise ValueError(f"unknown night_order {self.night_order!r}")
        if self.end_rule not in ("all_safe_or_all_ruined", "no_fires"):
            raise ValueError(f"unknown end_rule {self.end_rule!r}")


class Counts(TypedDict):
    """The events of an episode that returns depend on."""

    nights: int
    worked: list[int]  # per agent
    safe: list[int]  # per house, as the next two
    ruined: list[int]
    saved: list[int]


@dataclass
class Night:
    before: list[int]
    actions: list[Action]
    extinguished: list[int]  # put out in step 1, even if alight again by the end
    caught: list[int]  # safe after step 1, burning at the end
    after: list[int]
    saved: list[int]  # burning at the start, safe at the end
    rewards: list[float]


@dataclass
class Record:
    strategies: list[int]  # empty when the actions came from outside
    initial: list[int]
    nights: list[Night]
    ended: str
    counts: Counts
    returns: list[float]


# --- Strategies ------------------------------------------------------------------------------


def _drawn_strategy(mixture: Mixture, seat: int, seed: int, episode: int) -> int:
    """Which entry of a seat's mixture plays this episode, as an index into the given list."""
    kept = [index for index, (weight, _) in enumerate(mixture) if weight != 0.0]
    if not kept:
        raise ValueError("a mixture needs a positive weight")
    if len(kept) == 1:
        return kept[0]
    u = uniform(seed, episode, 0, SLOT_STRATEGY + seat)
    total = 0.0
    for index in kept[:-1]:
        total = total + mixture[index][0]
        if u < _times_two_to_32_rounded(total):
            return index
    return kept[-1]  # the last threshold is 2^32, whatever the weights add up to


def _heuristic_action(
    theta: Sequence[float],
    agent: int,
    houses: list[int],
    seed: int,
    episode: int,
    tick: int,
) -> Action:
    """What the heuristic agent does, given the houses as the night before left them."""
    home = agent % len(houses)
    fires = [h for h, state in enumerate(houses) if state == BURNING]

    # One uniform decides both whether the agent works and whether it does so at a burning home:
    # [0, t_home) home, [t_home, t_work) some fire, the rest of the range rest.
    t_work = threshold(theta[1] * (1.0 - theta[8]))
    t_home = t_work * threshold(theta[3]) // ONE
    u = uniform(seed, episode, tick, SLOT_WORK + agent)
    if houses[home] == BURNING and u < t_home:
        house, mode = home, WORK
    elif u < t_work:
        mode = WORK
        if not fires:
            house = home
        elif len(fires) == 1:
            house = fires[0]
        else:
            v = uniform(seed, episode, tick, SLOT_WHICH_FIRE + agent)
            house = fires[v * len(fires) // ONE]
    else:
        house, mode = home, REST

    honest = uniform(seed, episode, tick, SLOT_HONEST + agent) < threshold(theta[0])
    return house, mode, mode if honest else 1 - mode


def _firefighter_action(
    policy: RefFirefighter,
    agent: int,
    agents: int,
    houses: list[int],
    seed: int,
    episode: int,
    tick: int,
) -> Action:
    """What a firefighter does, given the houses as the night before left them."""
    burning = [h for h, state in enumerate(houses) if state == BURNING]
    house, mode = agent % len(houses), REST
    if burning and uniform(seed, episode, tick, SLOT_WORK + agent) < threshold(policy.w):
        mode = WORK
        goals = burning
        if policy.own_first:
            owned = [h for h in burning if h % agents == agent]
            goals = owned or burning
        # With a single goal the product below is less than 2^32 whatever the draw: index 0.
        house = goals[uniform(seed, episode, tick, SLOT_WHICH_FIRE + agent) * len(goals) // ONE]
    honest = uniform(seed, episode, tick, SLOT_HONEST + agent) < threshold(policy.honesty)
    return house, mode, mode if honest else 1 - mode


# --- One night -------------------------------------------------------------------------------


def _own_or_other(
    own: float | Sequence[float], other: float | Sequence[float], agent: int, owner: int
) -> float:
    """The agent's weight for an event at a house with this owner."""
    weight = own if agent == owner else other
    return float(weight) if isinstance(weight, (int, float)) else float(weight[agent])


def _play_night(
    s: RefScenario, before: list[int], actions: list[Action], seed: int, episode: int, tick: int
) -> Night:
    ring = range(s.num_houses)
    houses = list(before)

    # 1. Extinguish.
    extinguished = []
    for h in ring:
        if before[h] == BURNING:
            workers = sum(1 for house, mode, _ in actions if mode == WORK and house == h)
            t = extinguish_threshold(s.prob_solo_agent_extinguishes_fire, workers)
            if uniform(seed, episode, tick, SLOT_EXTINGUISH + h) < t:
                houses[h] = SAFE
                extinguished.append(h)

    # 2 and 3. Spread, burn out and ignite: one draw for each house that is safe by now.
    surviving = [h for h in ring if houses[h] == BURNING]
    spreading = surviving if s.night_order == "spread_then_burn_out" else []
    caught = []
    for h in ring:
        if houses[h] == SAFE:
            # On a ring of two both neighbours are the same house, which so counts twice.
            neighbors = [(h - 1) % s.num_houses, (h + 1) % s.num_houses]
            k = sum(1 for n in neighbors if n in spreading)
            t = catch_threshold(s.prob_fire_spreads_to_neighbor, s.prob_house_catches_fire, k)
            if uniform(seed, episode, tick, SLOT_CATCH + h) < t:
                caught.append(h)
    # Only now do the houses change, so that a new fire cannot spread on the night it starts.
    for h in caught:
        houses[h] = BURNING
    for h in surviving:
        houses[h] = RUINED

    # 4. Reward, from the state at the end of the night.
    saved = [h for h in ring if before[h] == BURNING and houses[h] == SAFE]
    ruined = [h for h in ring if houses[h] == RUINED]
    rewards = []
    for a in range(s.num_agents):
        reward = s.team_reward_house_survives * houses.count(SAFE) / s.num_houses
        reward -= s.team_penalty_house_burns * len(ruined) / s.num_houses
        for h in saved:
            reward += _own_or_other(
                s.reward_own_house_survives, s.reward_other_house_survives, a, h % s.num_agents
            )
        for h in ruined:
            reward -= _own_or_other(
                s.penalty_own_house_burns, s.penalty_other_house_burns, a, h % s.num_agents
            )
        reward += -s.cost_to_work_one_night if actions[a][1] == WORK else s.reward_rest
        rewards.append(reward)

    return Night(before, actions, extinguished, caught, houses, saved, rewards)


def _how_it_ended(s: RefScenario, night: int, houses: list[int]) -> str | None:
    """5. The kind of end this night brings, or None if the episode goes on."""
    if night >= s.min_nights:
        if all(state == SAFE for state in houses):
            return "all_safe"
        if all(state == RUINED for state in houses):
            return "all_ruined"
        if s.end_rule == "no_fires" and BURNING not in houses:
            return "no_fires"
    return "cap" if night + 1 == s.max_nights else None


# --- A whole episode -------------------------------------------------------------------------


def _counts(s: RefScenario, nights: list[Night]) -> Counts:
    houses = range(s.num_houses)
    return {
        "nights": len(nights),
        "worked": [sum(n.actions[a][1] == WORK for n in nights) for a in range(s.num_agents)],
        "safe": [sum(n.after[h] == SAFE for n in nights) for h in houses],
        "ruined": [sum(n.after[h] == RUINED for n in nights) for h in houses],
        "saved": [sum(h in n.saved for n in nights) for h in houses],
    }


def _returns(s: RefScenario, c: Counts) -> list[float]:
    """The formula of docs/rules.md; the nightly rewards must add up to the same."""
    returns = []
    for a in range(s.num_agents):
        g = -s.cost_to_work_one_night * c["worked"][a]
        g += s.reward_rest * (c["nights"] - c["worked"][a])
        for h in range(s.num_houses):
            owner = h % s.num_agents
            survives = _own_or_other(
                s.reward_own_house_survives, s.reward_other_house_survives, a, owner
            )
            burns = _own_or_other(s.penalty_own_house_burns, s.penalty_other_house_burns, a, owner)
            g += s.team_reward_house_survives / s.num_houses * c["safe"][h]
            g -= s.team_penalty_house_burns / s.num_houses * c["ruined"][h]
            g += survives * c["saved"][h] - burns * c["ruined"][h]
        returns.append(g)
    return returns


def play_actions(scenario: RefScenario, policy: Policy, seed: int, episode: int) -> Record:
    """One episode in which `policy(night, houses)` names every agent's action.

    The fires still burn by the addressed draws, so outside actions that copy the heuristic
    agents replay their episode exactly.
    """
    s = scenario
    t_start = threshold(s.prob_house_catches_fire)
    initial = [
        BURNING if uniform(seed, episode, 0, SLOT_CATCH + h) < t_start else SAFE
        for h in range(s.num_houses)
    ]
    nights: list[Night] = []
    houses = initial
    ended = None
    while ended is None:
        night = len(nights)
        # Copies, so that neither a policy nor a reader of the record can change the game.
        actions = [(house, mode, signal) for house, mode, signal in policy(night, list(houses))]
        if len(actions) != s.num_agents:
            raise ValueError("a policy must give one action per agent")
        for house, mode, signal in actions:
            if not (0 <= house < s.num_houses and mode in (0, 1) and signal in (0, 1)):
                raise ValueError(f"not an action: {(house, mode, signal)}")
        nights.append(_play_night(s, list(houses), actions, seed, episode, night + 1))
        houses = list(nights[-1].after)
        ended = _how_it_ended(s, night, houses)
    counts = _counts(s, nights)
    return Record([], initial, nights, ended, counts, _returns(s, counts))


def play(scenario: RefScenario, seats: Sequence[Mixture], seed: int, episode: int) -> Record:
    """One episode of agents of every kind, drawn from each seat's mixture."""
    if len(seats) != scenario.num_agents:
        raise ValueError("there must be one mixture per agent")
    strategies = [_drawn_strategy(m, seat, seed, episode) for seat, m in enumerate(seats)]
    played = [mixture[index][1] for mixture, index in zip(seats, strategies, strict=True)]

    last: list[Action] = [(0, REST, REST)] * scenario.num_agents

    def action(agent: int, one: Seated, night: int, houses: list[int]) -> Action:
        agents = scenario.num_agents
        if isinstance(one, RefAgent):
            return one.act(RefSight(agent, agents, houses, night, list(last), seed, episode))
        if isinstance(one, RefFirefighter):
            return _firefighter_action(one, agent, agents, houses, seed, episode, night + 1)
        return _heuristic_action(one, agent, houses, seed, episode, night + 1)

    def acts(night: int, houses: list[int]) -> list[Action]:
        last[:] = [action(agent, one, night, houses) for agent, one in enumerate(played)]
        return last

    record = play_actions(scenario, acts, seed, episode)
    record.strategies = strategies
    return record
