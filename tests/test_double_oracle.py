"""Double oracle: what it returns is an equilibrium of the game it solved, reproducibly."""

import numpy as np
import pytest
from drawn_games import as_reference
from small_chain import expected_counts, expected_returns

import bucket_brigade as bb
from bucket_brigade.equilibrium import EmpiricalGame, SampledPayoffs

SMALL = bb.scenario("default").replace(num_houses=3, num_agents=2, min_nights=3, max_nights=12)


@pytest.fixture(scope="module")
def found() -> bb.NashEquilibrium:
    return bb.DoubleOracle(
        SMALL, method="sampled", num_simulations=2000, seed=3, epsilon=2.0
    ).solve()


def test_a_distribution_over_the_pool(found: bb.NashEquilibrium) -> None:
    assert sum(found.distribution.values()) == pytest.approx(1.0)
    assert all(weight > 0 for weight in found.distribution.values())
    assert set(found.distribution) <= set(range(len(found.strategy_pool)))
    for given, name in zip(
        found.strategy_pool, ["firefighter", "free_rider", "hero", "coordinator"], strict=False
    ):
        assert np.array_equal(given, bb.ARCHETYPES[name])
    assert found.converged == (found.gain <= found.epsilon)
    assert found.episodes > found.iterations * 2000


def test_an_equilibrium_of_the_restricted_game(found: bb.NashEquilibrium) -> None:
    assert found.restricted_regret <= 1e-6
    # The same game, sampled again, gives nobody a reason to deviate either.
    game = EmpiricalGame(SampledPayoffs(SMALL, seed=3), episodes=2000)
    for theta in found.strategy_pool:
        game.add(theta)
    x = np.zeros(len(found.strategy_pool))
    for index, weight in found.distribution.items():
        x[index] = weight
    assert game.game().game.regret(x) <= 1e-6


def test_the_payoff_is_that_of_the_mixture(found: bb.NashEquilibrium) -> None:
    seat = [(w, found.strategy_pool[i].tolist()) for i, w in found.distribution.items()]
    reference = as_reference(SMALL)
    returns = expected_returns(reference, expected_counts(reference, [seat, seat]))
    assert 0 < found.payoff_stderr < 20
    assert abs(found.payoff - np.mean(returns)) <= 4 * found.payoff_stderr


def test_the_same_seed_finds_the_same(found: bb.NashEquilibrium) -> None:
    again = bb.DoubleOracle(
        SMALL, method="sampled", num_simulations=2000, seed=3, epsilon=2.0, threads=1
    ).solve()
    assert again.to_dict() == found.to_dict()
    other = bb.DoubleOracle(
        SMALL, method="sampled", num_simulations=2000, seed=4, epsilon=2.0
    ).solve()
    assert other.payoff != found.payoff


@pytest.mark.parametrize("seat", [None, 2])
def test_nobody_works_where_nothing_burns(seat: int | None) -> None:
    found = bb.DoubleOracle(
        bb.scenario("trivial_cooperation"),
        method="sampled",
        num_simulations=1000,
        seed=1,
        seat=seat,
        epsilon=0.05,
    ).solve()
    assert found.converged
    for index in found.distribution:
        theta = found.strategy_pool[index]
        assert theta[1] * (1 - theta[8]) <= 0.03
    assert found.payoff == pytest.approx(1306.5, abs=0.5)
    assert found.gain == pytest.approx(0.0, abs=0.5)


def test_a_single_strategy_to_start_from_and_a_line_per_iteration() -> None:
    lines: list[str] = []
    found = bb.DoubleOracle(
        SMALL,
        method="sampled",
        num_simulations=200,
        max_iterations=2,
        epsilon=0.0,
        on_iteration=lines.append,
    ).solve(["free_rider"])
    assert len(lines) == found.iterations <= 2
    assert lines[0].startswith("iteration 1")
    assert np.array_equal(found.strategy_pool[0], bb.ARCHETYPES["free_rider"])


def test_a_single_agent_has_nobody_to_play_against() -> None:
    with pytest.raises(bb.InvalidValue, match="num_agents"):
        bb.DoubleOracle(SMALL.replace(num_agents=1))
