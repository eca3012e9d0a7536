"""Estimates against exact expectations, and standard errors that mean what they say."""

from itertools import product
from math import sqrt

import numpy as np
import pytest
from drawn_games import END_RULES, ORDERS, as_reference, entry
from small_chain import expected_counts, expected_returns
from small_games import GAMES, LIVELY, SEATS

import bucket_brigade as bb


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
