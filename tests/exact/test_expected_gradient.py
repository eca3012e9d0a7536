"""Derivatives of exact payoffs against differences of payoffs."""

import numpy as np
import numpy.typing as npt
import pytest
from small_games import CROWDED, HOMEBODY, LARGER, LIAR, LIVELY, ROAMER

import bucket_brigade as bb

STEP = 1e-5


def differences(
    scenario: bb.Scenario, lineup: list[npt.NDArray[np.float64]]
) -> npt.NDArray[np.float64]:
    """Central differences of all payoffs by all numbers of all strategies: (payoff, seat, 10)."""
    changed = []
    for seat in range(len(lineup)):
        for i in range(10):
            for sign in (1, -1):
                thetas = [theta.copy() for theta in lineup]
                thetas[seat][i] += sign * STEP
                changed.append(thetas)
    means = bb.expected(scenario, changed).mean.reshape(len(lineup), 10, 2, len(lineup))
    return np.moveaxis((means[:, :, 0] - means[:, :, 1]) / (2 * STEP), -1, 0)


@pytest.mark.parametrize(
    "scenario",
    [
        LIVELY,
        LARGER.replace(end_rule="no_fires"),
        CROWDED,
        LARGER.replace(night_order="burn_out_then_spread", max_nights=40),
    ],
)
def test_small_rings(scenario: bb.Scenario) -> None:
    strategies = [ROAMER, HOMEBODY, (0.5,) * 10][: scenario.num_agents]
    lineup = [np.array(theta) for theta in strategies]
    # Room for a step up and down at every number.
    lineup = [np.clip(theta, STEP, 1 - STEP) for theta in lineup]
    found = bb.expected_gradient(scenario, [lineup])
    agents = scenario.num_agents
    assert found.seats == tuple(range(agents))
    assert found.duties.shape == (1, agents, agents, 2)
    assert found.theta.shape == (1, agents, agents, 10)
    expected = differences(scenario, lineup)
    np.testing.assert_allclose(found.theta[0], expected, rtol=1e-6, atol=1e-7)
    assert not found.theta[..., [0, 2, 4, 5, 6, 7, 9]].any()
    assert found.theta[..., [1, 3, 8]].all()
    np.testing.assert_allclose(found.mean, bb.expected(scenario, [lineup]).mean, rtol=1e-13)


@pytest.mark.parametrize("order", ["spread_then_burn_out", "burn_out_then_spread"])
def test_a_ring_of_ten(order: str) -> None:
    scenario = bb.scenario("hard").replace(night_order=order)
    lineup = [bb.ARCHETYPES[name] for name in ("firefighter", "free_rider", "liar", "coordinator")]
    found = bb.expected_gradient(scenario, [lineup], seats=[2])
    for seat in range(4):
        for i, theta in ((0, 1), (1, 3)):
            ends = []
            for sign in (1, -1):
                changed = [theta.copy() for theta in lineup]
                changed[seat][theta] += sign * STEP
                ends.append(changed)
            up, down = bb.expected(scenario, ends).mean[:, 2]
            slope = 1.0 if i else 1.0 - lineup[seat][8]
            assert found.duties[0, 0, seat, i] * slope == pytest.approx(
                (up - down) / (2 * STEP), rel=1e-5, abs=1e-4
            )


def test_chosen_seats_and_many_line_ups() -> None:
    lineups: list[list[object]] = [[ROAMER, LIAR], [HOMEBODY, LIAR], [LIAR, LIAR]]
    full = bb.expected_gradient(LIVELY, lineups)
    for seats in ([1], [1, 0], (0, 1, 1), np.array([0])):
        some = bb.expected_gradient(LIVELY, lineups, seats=seats, threads=1)
        assert some.seats == tuple(int(s) for s in seats)
        assert np.array_equal(some.duties, full.duties[:, list(some.seats)])
        assert np.array_equal(some.theta, full.theta[:, list(some.seats)])
        assert np.array_equal(some.mean, full.mean)
    for i, lineup in enumerate(lineups):
        alone = bb.expected_gradient(LIVELY, [lineup])
        np.testing.assert_allclose(alone.theta[0], full.theta[i], rtol=1e-13)


def test_work_that_is_pure_cost() -> None:
    calm = bb.scenario("trivial_cooperation")
    found = bb.expected_gradient(calm, [["free_rider", "hero", "liar", "hero"]])
    # 13 nights of losing the reward of resting, and of the cost.
    np.testing.assert_allclose(found.duties[0, :, :, 0], -13.0 * np.eye(4), atol=1e-10)
    np.testing.assert_allclose(found.duties[..., 1], 0.0, atol=1e-10)


def test_a_mixture_of_one_is_pure() -> None:
    single = bb.Mixture([ROAMER, LIAR], [0.0, 1.0])
    mixed = bb.expected_gradient(LIVELY, [[single, 0]], pool=[HOMEBODY])
    assert np.array_equal(mixed.theta, bb.expected_gradient(LIVELY, [[LIAR, HOMEBODY]]).theta)


def test_mixtures_are_refused() -> None:
    mixture = bb.Mixture([ROAMER, LIAR], [0.5, 0.5])
    with pytest.raises(bb.InvalidValue, match=r"lineups\[1\]\[0\] = a mixture of 2 strategies"):
        bb.expected_gradient(LIVELY, [[LIAR, LIAR], [mixture, LIAR]])
