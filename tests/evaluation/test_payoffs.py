"""Payoffs of a focal strategy, against the exact chain where the ring is tiny."""

from itertools import product

import numpy as np
import pytest
from drawn_games import Theta, WeighedSeat, as_reference
from small_chain import expected_counts, expected_returns
from small_games import HOMEBODY, LIVELY, ROAMER

import bucket_brigade as bb
from bucket_brigade.equilibrium import EmpiricalGame, SampledPayoffs

# The seats differ in what they own, so that a wrong seat would be seen.
TRIO = LIVELY.replace(
    num_agents=3,
    reward_own_house_survives=(3.0, 5.0, 8.0),
    penalty_own_house_burns=(1.0, 4.0, 2.0),
    penalty_other_house_burns=0.75,
)
NEVER: Theta = (0.0,) * 10
ALWAYS: Theta = (1.0, 1.0, 0.0, 0.5, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


def exact(scenario: bb.Scenario, seats: list[WeighedSeat]) -> list[float]:
    reference = as_reference(scenario)
    return expected_returns(reference, expected_counts(reference, seats))


def exact_focal(
    scenario: bb.Scenario, focal: WeighedSeat, others: WeighedSeat, seat: int | None
) -> float:
    agents = range(scenario.num_agents)
    seats = agents if seat is None else [seat]
    payoffs = [exact(scenario, [focal if a == s else others for a in agents])[s] for s in seats]
    return sum(payoffs) / len(payoffs)


@pytest.mark.parametrize("seat", [None, 0, 2])
def test_payoff_matrices(seat: int | None) -> None:
    named = {"roamer": ROAMER, "homebody": HOMEBODY}
    matrix = bb.payoff_matrix(TRIO, named, episodes=50_000, seed=4, seat=seat)
    assert matrix.names == ("roamer", "homebody")
    thetas = list(named.values())
    for i, j in product(range(2), repeat=2):
        expected = exact_focal(TRIO, [(1.0, thetas[i])], [(1.0, thetas[j])], seat)
        assert 0 < matrix.stderr[i, j] < 0.2
        assert abs(matrix.mean[i, j] - expected) <= 4 * matrix.stderr[i, j]

    evaluator = bb.PayoffEvaluator(TRIO, num_simulations=50_000, seed=4, seat=seat)
    assert np.array_equal(evaluator.evaluate_payoff_matrix(thetas), matrix.mean)
    one = evaluator.evaluate_symmetric_payoff(ROAMER, HOMEBODY)
    assert one == pytest.approx(matrix.mean[0, 1], rel=1e-12)


def test_errors_of_a_mean_over_seats_are_paired() -> None:
    matrix = bb.payoff_matrix(TRIO, {"r": ROAMER, "h": HOMEBODY}, episodes=2000, seed=5)
    lineups = [[ROAMER if a == s else HOMEBODY for a in range(3)] for s in range(3)]
    result = bb.simulate(TRIO, lineups, episodes=2000, seed=5)
    alone = [
        bb.simulate(TRIO, [x], episodes=2000, seed=5).mean[0, s] for s, x in enumerate(lineups)
    ]
    assert matrix.mean[0, 1] == pytest.approx(np.mean(alone), rel=1e-12)

    # Every block simulated by itself, so that nothing is shared with what is tested.
    sums, sizes = [], []
    for start in range(0, 2000, 32):
        size = min(32, 2000 - start)
        block = bb.simulate(TRIO, lineups, episodes=size, seed=5, first_episode=start)
        sums.append(size * np.diagonal(block.mean).mean())
        sizes.append(size)
    deviations = np.array(sums) - np.array(sizes) * matrix.mean[0, 1]
    number = len(sizes)
    error = np.sqrt(number / (number - 1) * (deviations**2).sum()) / 2000
    assert matrix.stderr[0, 1] == pytest.approx(error, rel=1e-9)
    # Their luck is common: errors of independent seats would be smaller.
    assert error > 1.1 * np.linalg.norm(np.diagonal(result.stderr)) / 3


@pytest.mark.parametrize("seat", [None, 1])
def test_opponents_draw_independently(seat: int | None) -> None:
    mixture: WeighedSeat = [(0.5, NEVER), (0.5, ALWAYS)]
    evaluator = bb.PayoffEvaluator(TRIO, num_simulations=100_000, seed=6, seat=seat)
    focal: WeighedSeat = [(1.0, HOMEBODY)]
    expected = exact_focal(TRIO, focal, mixture, seat)
    # Opponents who all draw the same, or who mix from night to night, would be worth this:
    together = np.mean([exact_focal(TRIO, focal, [(1.0, t)], seat) for t in (NEVER, ALWAYS)])
    nightly = exact_focal(TRIO, focal, [(1.0, (1.0, 0.5, *ALWAYS[2:]))], seat)
    forms: list[object] = [[0.5, 0.5], {0: 0.5, 1: 0.5}, np.array([0.5, 0.5]), {1: 0.5, 0: 0.5}]
    payoffs = [
        evaluator.evaluate_against_mixture(HOMEBODY, form, [NEVER, ALWAYS])  # type: ignore[arg-type]
        for form in forms
    ]
    assert payoffs[0] == payoffs[1] == payoffs[2]
    error = 0.25
    for payoff in payoffs:
        assert abs(payoff - expected) < error
    assert abs(together - expected) > 2 * error
    assert abs(nightly - expected) > 2 * error


def test_one_episode_at_a_time() -> None:
    scenario = bb.scenario("default")
    for seed in (0, 1, 7, 2**64 - 1):
        returned = bb.run_heuristic_episode(scenario, "liar", "coordinator", seed)
        lineup = ["liar", "coordinator", "coordinator", "coordinator"]
        simulated = bb.simulate(scenario, [lineup], episodes=1, seed=seed)
        assert returned == simulated.mean[0, 0]
        nights = bb.replay(scenario, lineup, seed=seed, episode=0)
        assert returned == pytest.approx(sum(night.rewards[0] for night in nights))


def test_calls_at_one_seed_meet_the_same_luck() -> None:
    evaluator = bb.PayoffEvaluator(bb.scenario("hard"), num_simulations=333, seed=8)
    first = evaluator.evaluate_symmetric_payoff("hero", "liar")
    evaluator.evaluate_payoff_matrix(["hero"])
    assert evaluator.evaluate_symmetric_payoff("hero", "liar") == first
    # Honesty changes no payoff, down to the last digit.
    quiet = bb.ARCHETYPES["hero"].copy()
    quiet[0] = 0.0
    assert evaluator.evaluate_symmetric_payoff(quiet, "liar") == first


# The game of a pool.


@pytest.mark.parametrize("seat", [None, 1])
def test_empirical_games(seat: int | None) -> None:
    empirical = EmpiricalGame(SampledPayoffs(TRIO, seed=9), episodes=60_000, seat=seat)
    pool = [ROAMER, HOMEBODY]
    assert [empirical.add(theta) for theta in (*pool, ROAMER)] == [0, 1, 0]
    game = empirical.game().game
    assert (game.num_players, game.num_strategies) == (3, 2)
    for own, (column, counts) in product(range(2), enumerate(game.compositions.tolist())):
        others = [s for s in range(2) for _ in range(counts[s])]
        worth = []
        # All seatings of the player among ordered opponents, by symmetry of those.
        for focal in range(3) if seat is None else [seat]:
            for pair in (others, others[::-1]):
                line = [*pair[:focal], own, *pair[focal:]]
                worth.append(exact(TRIO, [[(1.0, pool[s])] for s in line])[focal])
        assert game.payoffs[own, column] == pytest.approx(np.mean(worth), abs=0.25)


def test_a_grown_pool_keeps_what_is_known() -> None:
    source = SampledPayoffs(TRIO, seed=9)
    empirical = EmpiricalGame(source, episodes=64)
    empirical.add(ROAMER)
    before = empirical.game().game.payoffs[0, 0]
    played = source.episodes_played
    empirical.game()
    assert source.episodes_played == played > 0
    empirical.add(HOMEBODY)
    grown = empirical.game().game
    alone = grown.compositions.tolist().index([2, 0])
    assert grown.payoffs[0, alone] == before
