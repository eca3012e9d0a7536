"""What `check` plays on a device and on the CPU: every rule, and the edges of every range."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from bucket_brigade import ARCHETYPES, SCENARIOS, Firefighter, Scenario, TenParameter, _core
from bucket_brigade.game.lineups import Lineup, Mixture
from bucket_brigade.game.program import compile_program
from bucket_brigade_cuda.check.environments import LaneCase, any_policies, lane_cases
from bucket_brigade_cuda.kernels.shape import WIDTHS, Shape
from bucket_brigade_cuda.launch.job import shape_of

__all__ = ["Case", "Plan", "plan", "usual_shapes"]

ORDERS = ("spread_then_burn_out", "burn_out_then_spread")
END_RULES = ("all_safe_or_all_ruined", "no_fires")
NAMES = tuple(ARCHETYPES)
#: Houses and agents of every scenario in the catalogue.
CATALOGUE = (10, 4)
END = 1 << 64
#: Strategies at the corners of what the heuristic agent reads: whether it works, and at home.
CORNERS = [[0, p, 0, q, 0, 0, 0, 0, 0, 0] for p in (0.0, 0.5, 1.0) for q in (0.0, 0.3, 1.0)]


@dataclass(frozen=True)
class Case:
    """One program, and what to bring back of it.

    Attributes
    ----------
    name : str
        Tells it from all others.
    scenario : Scenario
    lineups : sequence of line-ups
    episodes, seed, first_episode : int
    way : str
        "blocks" to bring back the counts of every block too, "sums" for totals and moments alone,
        "device" to keep everything on the device and copy it from there.
    """

    name: str
    scenario: Scenario
    lineups: Sequence[Lineup] = field(repr=False)
    episodes: int
    seed: int = 1
    first_episode: int = 0
    way: str = "blocks"

    def program(self) -> _core.Program:
        """The program that it is compiled to."""
        return compile_program(
            self.scenario,
            self.lineups,
            seed=self.seed,
            first_episode=self.first_episode,
            episodes=self.episodes,
        )

    def to_dict(self) -> dict[str, Any]:
        """Name, sizes and episodes, for a report."""
        return {
            "name": self.name,
            "houses": self.scenario.num_houses,
            "agents": self.scenario.num_agents,
            "lineups": len(self.lineups),
            "episodes": self.episodes,
            "seed": self.seed,
            "first_episode": self.first_episode,
            "way": self.way,
        }


def pure(agents: int) -> list[Lineup]:
    """All seats alike, and all different."""
    shifted = [[NAMES[(s + i) % len(NAMES)] for s in range(agents)] for i in range(2)]
    return [*([name] * agents for name in NAMES), *shifted]


def corners(agents: int) -> list[Lineup]:
    """Agents that never or always work, and never or always at home."""
    one_each = [CORNERS[seat % len(CORNERS)] for seat in range(agents)]
    return [*([corner] * agents for corner in CORNERS), one_each]


def mixed(agents: int, width: int) -> list[Lineup]:
    """Seats that mix at most a number of strategies; weights include tiny and equal ones."""
    rng = np.random.default_rng(width)
    pool = [*NAMES, *CORNERS, *rng.random((16, 10)).round(3).tolist()][:width]
    uneven = rng.random(width) ** 4 + 1e-12
    full = Mixture(pool, [1 / width] * width)
    skewed = Mixture(pool, (uneven / uneven.sum()).tolist())
    few = Mixture(pool[:2], [0.25, 0.75])
    kinds = [full, skewed, "hero", few]
    return [[full] * agents, [kinds[seat % len(kinds)] for seat in range(agents)]]


def scenarios(episodes: int) -> Iterator[Case]:
    """The twelve scenarios under both night orders and both end rules."""
    for scenario, order, rule in itertools.product(SCENARIOS.values(), ORDERS, END_RULES):
        one = scenario.replace(night_order=order, end_rule=rule)
        for kind, lineups in (("pure", pure(4)), ("mixed", mixed(4, 4))):
            yield Case(f"{one.name}, {order}, {rule}, {kind}", one, lineups, episodes)


def extremes(episodes: int) -> Iterator[Case]:
    """Probabilities of 0 and 1, and numbers of nights at their limits."""
    base = SCENARIOS["default"]
    spread, ignite = "prob_fire_spreads_to_neighbor", "prob_house_catches_fire"
    put_out = "prob_solo_agent_extinguishes_fire"
    changes: dict[str, dict[str, Any]] = {
        "everything ignites": {ignite: 1.0, put_out: 0.6},
        "everything ignites, every fire is put out": {ignite: 1.0, put_out: 1.0},
        "nothing ignites": {ignite: 0.0},
        "no fire is put out": {put_out: 0.0, ignite: 0.3},
        "one worker puts out every fire": {put_out: 1.0, ignite: 0.3},
        "fire always spreads": {spread: 1.0, ignite: 0.2},
        "fire never spreads": {spread: 0.0, ignite: 0.2},
        "tiny probabilities": {spread: 2.0**-33, ignite: 2.0**-32, put_out: 1 - 2.0**-33},
        "one night": {"min_nights": 0, "max_nights": 1},
        "no least number of nights": {"min_nights": 0},
        "least and most nights are the same": {"min_nights": 7, "max_nights": 7},
        "a thousand nights": {"min_nights": 900, "max_nights": 1000, ignite: 0.001},
    }
    for (name, change), rule in itertools.product(changes.items(), END_RULES):
        for kind, lineups in (("pure", pure(4)), ("corners", corners(4))):
            one = base.replace(end_rule=rule, **change)
            yield Case(f"{name}, {rule}, {kind}", one, lineups, episodes)


def ranges() -> Iterator[Case]:
    """First and last blocks that belong to a run in part, and episodes at the ends of 64 bits."""
    base, lineups = SCENARIOS["default"], [*pure(4)[:2], *mixed(4, 4)]
    bounds = [(0, 1), (31, 1), (5, 20), (0, 32), (1, 31), (31, 2), (32, 33), (17, 100), (0, 999)]
    bounds += [(END - 1, 1), (END - 33, 33), (END - 100, 100), ((1 << 37) - 40, 80)]
    bounds += [((1 << 32) - 40, 80), ((1 << 63) - 7, 200)]
    for (first, episodes), seed in itertools.product(bounds, (0, END - 1)):
        name = f"episodes {first} to {first + episodes - 1}, seed {seed}"
        yield Case(name, base, lineups, episodes, seed, first)


def shapes(episodes: int, wanted: Sequence[tuple[int, int, int]]) -> Iterator[Case]:
    """Other numbers of houses and agents, and other widths of mixtures."""
    for houses, agents, width in wanted:
        base = SCENARIOS["hard"].replace(num_houses=houses, num_agents=agents)
        lineups = [*pure(agents), *corners(agents)] if width == 1 else mixed(agents, width)
        for order in ORDERS:
            name = f"{houses} houses, {agents} agents, mixtures of {width}, {order}"
            one = base.replace(night_order=order)
            yield Case(name, one, lineups, episodes, first_episode=13)


def firefighters(episodes: int, wanted: Sequence[tuple[int, int, int]]) -> Iterator[Case]:
    """Policies that wait for a fire, some of them for their own houses first: beside one another,
    beside heuristic agents and, where a seat mixes several, mixed with them."""
    waiting = [Firefighter(w, own_first) for w in (0.7, 1.0) for own_first in (True, False)]
    for houses, agents, width in wanted:
        base = SCENARIOS["hard"].replace(num_houses=houses, num_agents=agents)
        mixture = Mixture([*waiting, *NAMES, *CORNERS][:width], [1 / width] * width)
        seats = [*waiting, "hero", mixture if width > 1 else Firefighter(0.0)]
        lineups = [[seats[(i + seat) % 6] for seat in range(agents)] for i in range(6)]
        for order, rule in itertools.product(ORDERS, END_RULES):
            name = f"firefighters, {houses} houses, {agents} agents, {width}, {order}, {rule}"
            one = base.replace(night_order=order, end_rule=rule)
            yield Case(name, one, lineups, episodes, first_episode=13)


def any_kinds(episodes: int, wanted: Sequence[tuple[int, int]]) -> Iterator[Case]:
    """Policies that play one episode at a time, beside one another and beside others; seats mix up
    to three. Then many episodes, whose seconds tell something."""
    for houses, agents in wanted:
        base = SCENARIOS["hard"].replace(num_houses=houses, num_agents=agents, max_nights=40)
        seats = [*any_policies(base), "hero", Firefighter(0.9, own_first=True)]
        lineups = [[seats[(i + seat) % 6] for seat in range(agents)] for i in range(6)]
        for order, rule in itertools.product(ORDERS, END_RULES):
            name = f"any policies, {houses} houses, {agents} agents, {order}, {rule}"
            one = base.replace(night_order=order, end_rule=rule)
            yield Case(name, one, lineups, episodes, first_episode=13)
    many = [[TenParameter("coordinator")] * 4]
    yield Case(
        f"{500 * episodes} episodes, ten parameters", SCENARIOS["default"], many, 500 * episodes
    )


def batches(lineups: int, episodes: int) -> Iterator[Case]:
    """Many line-ups with few episodes, and a line-up with many in several launches."""
    base = SCENARIOS["hard"]
    short = base.replace(min_nights=2, max_nights=6)
    every = list(itertools.product(NAMES, repeat=4))
    many = [list(every[i % len(every)]) for i in range(lineups)]
    yield Case(f"{lineups} line-ups", base, many, 33, first_episode=7)
    yield Case(f"{lineups} line-ups, sums alone", base, many, 33, first_episode=7, way="sums")
    hero = [["hero", "firefighter", "liar", "free_rider"]]
    for way in ("blocks", "sums", "device"):
        yield Case(f"{episodes} episodes, {way}", short, hero, episodes, 3, 11, way)
    mixture = mixed(4, 4)[:1]
    yield Case(f"{episodes // 4} episodes, mixed", short, mixture, episodes // 4, 3, 11)
    yield Case("kept on the device", base, [*pure(4), *mixed(4, 4)], 1000, 5, 20, "device")


QUICK = [(2, 1, 1), (10, 4, 2)]
FULL = [(houses, agents, 1) for houses, agents in ((10, 10), (2, 1), (3, 8), (32, 16))]
FULL += [(2, 16, 1), (31, 2, 1), (16, 5, 1), (7, 7, 1)]
FULL += [(10, 4, width) for width in (2, 4, 8, 16)]
FULL += [(2, 1, 2), (3, 8, 4), (10, 10, 4), (32, 16, 16)]
QUICK_FIREFIGHTERS = [(10, 4, 2)]
FULL_FIREFIGHTERS = [(10, 4, 1), (10, 4, 2), (2, 1, 1), (3, 8, 4), (32, 16, 16)]
FULL_ANY_KINDS = [(10, 4), (3, 8), (32, 16)]


@dataclass(frozen=True)
class Plan:
    """The cases that each device plays.

    Attributes
    ----------
    first : list of Case
        By the first device.
    others : list of Case
        By each further device alone.
    together : list of Case
        By all devices together.
    lanes : list of LaneCase
        Environments, by the first device.
    """

    first: list[Case]
    others: list[Case] = field(default_factory=list)
    together: list[Case] = field(default_factory=list)
    lanes: list[LaneCase] = field(default_factory=list)


def plan(quick: bool, devices: int) -> Plan:
    """The cases in the order in which they are played.

    Parameters
    ----------
    quick : bool
        Few kernels and few episodes: about a minute, most of it to compile.
    devices : int
        How many there are.
    """
    if quick:
        first = [*scenarios(256), *extremes(96), *ranges(), *shapes(500, QUICK)]
        first += firefighters(500, QUICK_FIREFIGHTERS)
        large = [*batches(700, 2_000_011)]
        some = [*scenarios(64)][::3]
    else:
        first = [*scenarios(4000), *extremes(1000), *ranges(), *shapes(2000, FULL)]
        first += firefighters(2000, FULL_FIREFIGHTERS)
        first += any_kinds(2000, FULL_ANY_KINDS)
        large = [*batches(20_000, 16_000_011)]
        some = [*scenarios(1000)][::3]
    lanes = lane_cases(quick)
    if devices == 1:
        return Plan([*first, *large], lanes=lanes)
    return Plan([*first, *large], some, large, lanes)


def usual_shapes(quick: bool) -> list[Shape]:
    """Shapes that ``cuda-check``, or ``cuda-check --quick``, plays, and those of the catalogue's
    scenarios in mixtures of any width or, quick, in narrow ones; the most used first."""
    shapes = [Shape(*CATALOGUE, width) for width in ((1, 2) if quick else WIDTHS)]
    cases = plan(quick, 1)
    shapes += [one.shape for one in cases.lanes]
    shapes += [shape_of(case.program()) for case in cases.first]
    return list(dict.fromkeys(shapes))
