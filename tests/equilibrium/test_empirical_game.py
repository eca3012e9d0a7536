"""Empirical games: standard errors that are right, and nothing computed twice."""

import json

import numpy as np
import pytest

import bucket_brigade as bb
from bucket_brigade.equilibrium import EmpiricalGame, ExactPayoffs, SampledPayoffs
from bucket_brigade.policies.heuristic import strategy_of

TRIO = bb.scenario("default").replace(num_houses=4, num_agents=3, min_nights=2, max_nights=10)
POOL = [strategy_of(0.1, 1.0), strategy_of(0.6, 0.5), strategy_of(1.0, 0.0)]
MIXTURE = np.array([0.5, 0.3, 0.2])


def sampled(seed: int, episodes: int = 8192, **options: int | None) -> EmpiricalGame:
    game = EmpiricalGame(SampledPayoffs(TRIO, seed=seed), episodes=episodes, **options)
    for theta in POOL:
        game.add(theta)
    return game


@pytest.mark.parametrize("seat", [None, 1])
def test_errors_are_those_of_other_seeds(seat: int | None) -> None:
    exact = EmpiricalGame(ExactPayoffs(TRIO), seat=seat)
    for theta in POOL:
        exact.add(theta)
    truth = exact.game()
    assert not truth.stderr.any()
    assert truth.gains(MIXTURE)[1].tolist() == [0, 0, 0]
    means, errors, gains, gain_errors = [], [], [], []
    for seed in range(40):
        game = sampled(seed, seat=seat).game()
        means.append(game.game.payoffs)
        errors.append(game.stderr)
        gain, error = game.gains(MIXTURE)
        gains.append(gain)
        gain_errors.append(error)
    # z-scores of 40 seeds: a spread of 1 within what chance and 32 batches leave.
    for found, error, right in (
        (np.array(means), np.array(errors), truth.game.payoffs),
        (np.array(gains), np.array(gain_errors), truth.gains(MIXTURE)[0]),
    ):
        scores = (found - right) / error
        assert 0.75 < np.sqrt((scores**2).mean()) < 1.3
        assert np.abs(scores).max() < 6
    # Paired, gains are known better than unpaired payoffs would tell.
    assert np.mean(gain_errors) < np.mean(errors)


def test_more_episodes_are_added_to_those_played() -> None:
    grown = sampled(3, 4096)
    grown.game()
    before = grown.source.episodes_played
    grown.episodes = 12_288
    later = grown.game()
    at_once = sampled(3, 12_288)
    assert np.allclose(later.game.payoffs, at_once.game().game.payoffs, rtol=1e-13)
    assert np.allclose(later.stderr, at_once.game().stderr, rtol=1e-9)
    assert grown.source.episodes_played == at_once.source.episodes_played > before


def test_states_survive_json() -> None:
    game = sampled(5)
    first = game.game()
    copy = EmpiricalGame(SampledPayoffs(TRIO, seed=5), episodes=1)
    copy.restore(json.loads(json.dumps(game.state())))
    again = copy.game()
    assert copy.source.episodes_played == 0
    assert np.array_equal(again.game.payoffs, first.game.payoffs)
    assert np.array_equal(again.batches, first.batches, equal_nan=True)


def test_some_of_the_pool() -> None:
    game = sampled(5)
    whole, part = game.game(), game.game([2, 0])
    assert part.indices == (2, 0)
    assert part.game.payoff([1, 0]) == whole.game.payoff([0, 0, 1])
    assert part.game.deviation_payoffs([0.5, 0.5])[1] == pytest.approx(
        whole.game.deviation_payoffs([0.5, 0, 0.5])[0]
    )


def test_strategies_that_play_alike_join_once() -> None:
    game = EmpiricalGame(ExactPayoffs(TRIO))
    hero = bb.ARCHETYPES["hero"].copy()
    assert game.add(hero) == 0
    hero[[0, 2]] = 0.25  # neither honesty nor the third number changes what it does
    assert game.add(hero) == 0
    hero[1] = 0.5
    assert game.add(hero) == 1


def test_few_episodes_have_no_error() -> None:
    assert np.isnan(sampled(1, 64).game().stderr).any()
    assert np.isnan(sampled(1, 64).game().gains(MIXTURE)[1]).all()
