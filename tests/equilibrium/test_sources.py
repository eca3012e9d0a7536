"""Both sources of payoffs, and the verdicts that they come to."""

from itertools import pairwise

import numpy as np
import pytest

import bucket_brigade as bb
from bucket_brigade.equilibrium import (
    Deviation,
    ExactPayoffs,
    Profile,
    SampledPayoffs,
    Verdict,
    certify,
)
from bucket_brigade.policies.heuristic import strategy_of
from bucket_brigade.simulation.purposes import EVALUATION, SEARCH, purpose_start

SMALL = bb.scenario("default").replace(num_houses=3, num_agents=2, min_nights=3, max_nights=12)
POOL = [strategy_of(0.3, 1.0), strategy_of(1.0, 0.0)]
MIXED = Profile.symmetric(SMALL, POOL, {0: 0.6, 1: 0.4})
ROLES = Profile.pure(SMALL, POOL)
DEVIATIONS = [Deviation(strategy_of(p, 0.5), (0, 1)) for p in (0.0, 0.3, 0.6, 1.0)]
# Who sits where matters: the gains of one seat beside those of both.
UNLIKE = [Deviation(strategy_of(0.5, 0.5), seats) for seats in ((0,), (1,), (0, 1))]


@pytest.mark.parametrize(
    ("profile", "deviations"), [(MIXED, DEVIATIONS), (ROLES, DEVIATIONS), (ROLES, UNLIKE)]
)
def test_sampled_gains_are_the_exact_ones_within_their_errors(
    profile: Profile, deviations: list[Deviation]
) -> None:
    exact = ExactPayoffs(SMALL).gains(profile, deviations, (0, 1), look=0)
    scores, payoffs = [], []
    for seed in range(30):
        gains = SampledPayoffs(SMALL, seed=seed).gains(profile, deviations, (0, 1), look=1)
        assert np.isnan(gains.mean).all()
        every = np.arange(len(deviations))
        gains.extend(every, 4096)
        gains.extend(every[1:], 4096)
        scores.append((gains.mean - exact.mean) / gains.stderr)
        payoffs.append((gains.payoff[0] - exact.payoff[0]) / gains.payoff[1])
        assert gains.blocks[1] == 2 * gains.blocks[0]
        assert np.abs(gains.payoffs - exact.payoffs).max() < 20
    for found in (np.array(scores), np.array(payoffs)):
        assert 0.6 < np.sqrt((found**2).mean()) < 1.4
        assert np.abs(found).max() < 5


def test_exact_gains_are_those_of_payoffs() -> None:
    exact = ExactPayoffs(SMALL)
    gains = exact.gains(MIXED, DEVIATIONS, (0, 1), look=0)
    mixture = bb.Mixture(POOL, [0.6, 0.4])
    for deviation, gain in zip(DEVIATIONS, gains.mean, strict=True):
        result = bb.expected(
            SMALL,
            [[deviation.strategy, mixture], [mixture, deviation.strategy], [mixture, mixture]],
        ).mean
        right = (result[0, 0] + result[1, 1]) / 2 - result[2].mean()
        assert gain == pytest.approx(right, abs=1e-9)
    assert gains.payoff == (pytest.approx(result[2].mean()), 0.0)


def test_evaluations_play_what_nothing_else_does() -> None:
    source = SampledPayoffs(SMALL, seed=1)
    seen: list[tuple[int, int]] = []
    parts = source._parts

    def recorded(pool: object, lineups: object, first: int, episodes: int) -> object:
        seen.append((first, episodes))
        return parts(pool, lineups, first, episodes)

    source._parts = recorded  # type: ignore[method-assign]
    for look in (1, 2):
        gains = source.gains(MIXED, DEVIATIONS, (0, 1), look=look)
        gains.extend(np.arange(4), 1000)
        gains.extend(np.array([2]), 1000)
    starts = sorted(seen)
    assert starts == seen
    assert starts[0][0] > purpose_start(EVALUATION) > purpose_start(SEARCH)
    for (first, episodes), (after, _) in pairwise(starts):
        assert first + episodes <= after


def test_verdicts_of_played_episodes_hold() -> None:
    exact = ExactPayoffs(SMALL).gains(MIXED, DEVIATIONS, (0, 1), look=0)
    regret = max(float(exact.mean.max()), 0.0)
    covered, wrong, seeds = 0, 0, 100
    for seed in range(seeds):
        gains = SampledPayoffs(SMALL, seed=seed).gains(MIXED, DEVIATIONS, (0, 1), look=seed % 5)
        epsilon = regret * (0.98 if seed % 2 else 1.02)
        found = certify(gains, epsilon=epsilon, confidence=0.8, max_episodes=1 << 15)
        covered += found.lower <= regret <= found.upper
        wrong += found.verdict == (Verdict.CERTIFIED if seed % 2 else Verdict.REFUTED)
        assert gains.is_exact is False
    # With a chance of 80 %, fewer than 63 of 100 would be an accident of 1 in 10,000.
    assert covered >= 63
    assert wrong <= 22  # of 10 %, likewise


def test_what_was_known_is_not_computed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    exact = ExactPayoffs(SMALL)
    first = exact.payoffs(MIXED, DEVIATIONS)
    exact.gains(MIXED, DEVIATIONS, (0, 1), look=2)
    monkeypatch.setattr("bucket_brigade.equilibrium.payoffs.exact._core.expected", None)
    assert np.array_equal(exact.payoffs(MIXED, DEVIATIONS), first)
    assert exact.gains(MIXED, DEVIATIONS, (0, 1), look=3).mean.shape == (4,)
