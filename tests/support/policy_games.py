"""Small games with drawn rewards, and drawn policies for them, that brute force can check."""

from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

import bucket_brigade as bb

__all__ = ["EDGES", "GAMES", "RULES", "close", "dense", "drawn_tables", "name", "small_game"]

Floats = npt.NDArray[np.float64]
ORDERS = ("spread_then_burn_out", "burn_out_then_spread")
END_RULES = ("all_safe_or_all_ruined", "no_fires")


def small_game(seed: int, houses: int, agents: int, **changes: Any) -> bb.Scenario:
    """A game with drawn probabilities and rewards, negative costs among them."""
    rng = np.random.default_rng(seed)

    def amounts() -> tuple[float, ...]:
        return tuple(rng.normal(0, 5, agents).tolist())

    drawn: dict[str, Any] = {
        "prob_fire_spreads_to_neighbor": rng.random(),
        "prob_solo_agent_extinguishes_fire": rng.random(),
        "prob_house_catches_fire": rng.random() / 2,
        "team_reward_house_survives": rng.normal(5, 5),
        "team_penalty_house_burns": rng.normal(5, 5),
        "reward_own_house_survives": amounts(),
        "reward_other_house_survives": amounts(),
        "penalty_own_house_burns": amounts(),
        "penalty_other_house_burns": amounts(),
        "cost_to_work_one_night": rng.normal(),
        "reward_rest": rng.normal(),
        "min_nights": int(rng.integers(0, 3)),
        "max_nights": 4,
        "num_houses": houses,
        "num_agents": agents,
    }
    return bb.Scenario(**{**drawn, **changes})


SHAPES = [(2, 1), (2, 2), (2, 3), (3, 1), (3, 2), (3, 3), (4, 1), (4, 2)]
RULES = list(product(ORDERS, END_RULES))
GAMES = [
    small_game(i, *shape, night_order=order, end_rule=rule)
    for i, (shape, (order, rule)) in enumerate(product(SHAPES, RULES))
]
EDGES = [
    small_game(100 + i, *shape, **changes)
    for i, (shape, changes) in enumerate(
        [
            ((3, 2), {"prob_fire_spreads_to_neighbor": 0.0}),
            ((3, 2), {"prob_fire_spreads_to_neighbor": 1.0}),
            ((2, 3), {"prob_fire_spreads_to_neighbor": 1.0}),
            ((3, 2), {"prob_solo_agent_extinguishes_fire": 0.0}),
            ((3, 2), {"prob_solo_agent_extinguishes_fire": 1.0}),
            ((3, 2), {"prob_house_catches_fire": 0.0}),
            ((3, 2), {"prob_house_catches_fire": 1.0}),
            ((3, 2), {"cost_to_work_one_night": -3.0, "reward_rest": 1.0}),
            ((3, 2), {"min_nights": 4}),
            ((3, 2), {"max_nights": 1, "min_nights": 0}),
        ]
    )
]


def name(scenario: bb.Scenario) -> str:
    s = scenario
    return f"{s.num_houses}x{s.num_agents}-{s.night_order}-{s.end_rule}"


def drawn_tables(scenario: bb.Scenario, seed: int, by_night: bool = True) -> list[Floats]:
    """For each seat chances of acts (nights, states, acts), many of them 0, at any house."""
    rng = np.random.default_rng(seed)
    nights = scenario.max_nights if by_night else 1
    shape = (nights, 3**scenario.num_houses, 1 + scenario.num_houses)
    tables = []
    for _ in range(scenario.num_agents):
        table = np.maximum(rng.random(shape) - 0.4, 0)
        table[..., 0] += 1e-3
        tables.append(table / table.sum(axis=-1, keepdims=True))
    return tables


def close(found: Any, expected: Any) -> bool:
    found, expected = np.asarray(found), np.asarray(expected)
    scale = 1 + np.abs(expected).max()
    return bool(np.abs(found - expected).max() <= 1e-11 * scale)


def dense(scenario: bb.Scenario, runs: Any) -> Floats:
    """Runs of acts as chances (nights, states, acts)."""
    first, until, acts, chances = runs
    nights, states, width = scenario.max_nights, 3**scenario.num_houses, 1 + scenario.num_houses
    table = np.zeros((nights, states, width))
    drawn = 0
    for state in range(states):
        night = 0
        for run in range(first[state], first[state + 1]):
            if acts[run] == 255:
                table[night : until[run], state] = chances[drawn]
                drawn += 1
            else:
                table[night : until[run], state, acts[run]] = 1
            night = int(until[run])
    assert drawn == len(chances)
    return table
