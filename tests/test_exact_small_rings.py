"""Estimates against exact expectations, and standard errors that mean what they say."""

from itertools import product
from math import sqrt

import numpy as np
import pytest
from drawn_games import END_RULES, ORDERS, Theta, WeighedSeat, as_reference, entry
from small_chain import expected_counts, expected_returns

import bucket_brigade as bb

ROAMER: Theta = (0.8, 0.6, 0.5, 0.1, 0.5, 0.7, 0.1, 0.0, 0.0, 0.8)
HOMEBODY: Theta = (0.7, 0.5, 0.0, 0.95, 0.0, 0.0, 0.1, 0.0, 0.4, 0.0)
LIAR: Theta = (0.1, 0.7, 0.0, 0.9, 0.2, 0.8, 0.3, 0.0, 0.4, 0.2)

# All reward weights differ, so that no two can be swapped unnoticed.
LIVELY = bb.Scenario(
    prob_fire_spreads_to_neighbor=0.35,
    prob_solo_agent_extinguishes_fire=0.6,
    prob_house_catches_fire=0.25,
    team_reward_house_survives=11.0,
    team_penalty_house_burns=7.0,
    reward_own_house_survives=(3.0, 5.0),
    reward_other_house_survives=1.25,
    penalty_own_house_burns=2.5,
    penalty_other_house_burns=(0.75, 0.25),
    cost_to_work_one_night=0.6,
    min_nights=2,
    max_nights=7,
    num_agents=2,
    num_houses=3,
)
CROWDED = LIVELY.replace(
    num_agents=3,
    num_houses=2,
    reward_own_house_survives=(3.0, 5.0, 100.0),
    penalty_other_house_burns=(0.75, 0.25, 0.1),
    min_nights=0,
)
LARGER = LIVELY.replace(num_houses=4, prob_house_catches_fire=0.1, max_nights=12)

MIXED: WeighedSeat = [(0.3, HOMEBODY), (0.0, ROAMER), (0.7, LIAR)]
SEATS: list[WeighedSeat] = [[(1.0, ROAMER)], MIXED]
GAMES = [(LIVELY, SEATS), (LARGER, SEATS), (CROWDED, [*SEATS, MIXED])]


@pytest.mark.parametrize(("order", "end_rule"), list(product(ORDERS, END_RULES)))
@pytest.mark.parametrize("game", range(len(GAMES)))
def test_means_are_the_exact_ones(game: int, order: str, end_rule: str) -> None:
    scenario, seats = GAMES[game]
    scenario = scenario.replace(night_order=order, end_rule=end_rule)
    exact = expected_counts(as_reference(scenario), seats)
    result = bb.simulate(
        scenario,
        [[entry(seat) for seat in seats]],
        episodes=40_000,
        seed=game,
        per_block=True,
    )
    returns = expected_returns(as_reference(scenario), exact)
    assert (result.stderr > 0).all()
    assert (abs(result.mean - returns) <= 4 * result.stderr).all()

    kinds = [exact["ended"][kind] for kind in bb.END_KINDS]
    expected = [
        exact["nights"],
        *exact["worked"],
        *exact["safe"],
        *exact["ruined"],
        *exact["saved"],
        *kinds,
    ]
    assert result.counts.blocks is not None
    means = result.counts.blocks[0] / 32
    errors = means.std(axis=0, ddof=1) / sqrt(len(means))
    assert (abs(means.mean(axis=0) - expected) <= 4 * errors + 1e-12).all()


def test_intervals_cover_the_exact_mean_as_often_as_they_should() -> None:
    exact = expected_returns(as_reference(LIVELY), expected_counts(as_reference(LIVELY), SEATS))
    lineup = [entry(seat) for seat in SEATS]
    hits = []
    for seed in range(300):
        # Cut blocks at both ends, so that blocks of unequal size are under test too.
        result = bb.simulate(LIVELY, [lineup], episodes=64 * 32, first_episode=7, seed=seed)
        hits.append(abs(result.mean[0] - exact) <= 1.96 * result.stderr[0])
    covered = np.mean(hits, axis=0)
    assert ((covered >= 0.91) & (covered <= 0.985)).all()
