"""Results say what events that were hardly seen could still change, and nothing where none are."""

import math

import numpy as np
import pytest

import bucket_brigade as bb
from bucket_brigade.counts import rare_events
from bucket_brigade.game.rewards import return_span

DEFAULT = bb.scenario("default")
RIDERS = ["free_rider"] * 4
#: A fire in every 750,000 episodes, which costs half a billion.
RARE = DEFAULT.replace(prob_house_catches_fire=1e-8, penalty_own_house_burns=1e7)


def test_a_spread_that_has_seen_nothing_is_told() -> None:
    played = bb.simulate(RARE, [RIDERS], episodes=32768, seed=1)
    exact = bb.expected(RARE, [RIDERS])
    assert played.stderr.max() < 0.01  # which is what it is not to be believed for
    assert (np.abs(played.mean - exact.mean) > 100).all()
    assert (np.abs(played.mean - exact.mean) < played.unseen).all()
    assert (
        played.unseen.tolist() == (3 * return_span(RARE) / 32768 * math.log(20) / 3)[None].tolist()
    )
    assert "never seen" in repr(played)
    assert played.to_dict(0)["unseen"] == played.unseen[0].tolist()
    assert exact.unseen.tolist() == [[0.0] * 4]


def test_until_does_not_stop_where_nothing_was_seen() -> None:
    until = bb.simulate_until(RARE, [RIDERS], stderr=1.0, seed=1, max_episodes=200_000)
    assert until.episodes == 200_000
    assert until.stderr.max() < 1.0 < until.unseen.max()


@pytest.mark.parametrize("name", bb.list_scenarios())
@pytest.mark.parametrize("archetype", ["free_rider", "firefighter", "coordinator"])
def test_ordinary_results_have_nothing_to_tell(name: str, archetype: str) -> None:
    played = bb.simulate(bb.scenario(name), [[archetype] * 4], episodes=10_000, seed=1)
    assert played.unseen.tolist() == [[0.0] * 4]


def test_until_stops_where_it_stopped_before_for_ordinary_payoffs() -> None:
    until = bb.simulate_until(DEFAULT, [["hero"] * 4], stderr=12.0, seed=9)
    assert until.episodes == 1024 * 32


@pytest.mark.parametrize(
    "lineup",
    [
        [[0.0] * 10] * 4,  # nobody ever works, so nothing is ever saved
        ["hero"] * 4,  # who never rests
    ],
)
def test_what_cannot_happen_is_not_missed(lineup: list[object]) -> None:
    assert bb.simulate(DEFAULT, [lineup], episodes=3200, seed=2).unseen.max() == 0
    calm = bb.scenario("trivial_cooperation")
    assert bb.simulate(calm, [lineup], episodes=3200, seed=2).unseen.max() == 0


def test_a_strategy_that_is_hardly_ever_drawn_may_be_missed() -> None:
    mixed = bb.Mixture(["hero", [0.0] * 10], [1 - 1e-4, 1e-4])
    lineup = [mixed, "hero", "hero", "hero"]
    assert bb.simulate(DEFAULT, [lineup], episodes=6400).unseen.min() > 0
    assert bb.simulate(DEFAULT, [lineup], episodes=960_000).unseen.max() == 0


def test_events_are_rare_until_thirty_blocks_had_them() -> None:
    """Of one fire in 5,000 nights and house, with nobody to put it out."""
    scenario = DEFAULT.replace(prob_house_catches_fire=2e-5, max_nights=12, min_nights=12)
    nobody = [[0.0] * 10] * 4
    few = bb.simulate(scenario, [nobody], episodes=3200, seed=3)
    many = bb.simulate(scenario, [nobody], episodes=320_000, seed=3)
    assert few.counts.ruined.sum() > 0
    assert few.unseen.min() > 0
    assert many.unseen.max() == 0


def test_differences() -> None:
    liars = ["liar", *RIDERS[1:]]
    assert bb.compare(DEFAULT, RIDERS, liars, episodes=6400).unseen.max() == 0
    same = bb.compare(RARE, RIDERS, RIDERS, episodes=6400)
    assert same.unseen.tolist() == same.mean.tolist() == [0.0] * 4
    rare = bb.compare(RARE, RIDERS, liars, episodes=6400)
    assert rare.unseen.tolist() == rare_events.missed(return_span(RARE), 6400).tolist()
    assert "never seen" in repr(rare)


@pytest.mark.parametrize("seat", [None, 2])
def test_matrices_and_evaluators(seat: int | None) -> None:
    strategies = {"a": "free_rider", "b": "liar"}
    ordinary = bb.payoff_matrix(DEFAULT, strategies, episodes=6400, seat=seat)
    assert ordinary.unseen.tolist() == [[0.0] * 2] * 2
    rare = bb.payoff_matrix(RARE, strategies, episodes=6400, seat=seat)
    span = return_span(RARE)
    bound = rare_events.missed(float(span.mean() if seat is None else span[seat]), 6400)
    np.testing.assert_allclose(rare.unseen, bound)
    assert rare.to_dict()["unseen"] == rare.unseen.tolist()
    assert bb.payoff_matrix(RARE, strategies, method="exact").unseen.tolist() == [[0.0] * 2] * 2
    with pytest.warns(bb.RareEventsWarning, match="never seen"):
        bb.PayoffEvaluator(RARE, 6400, seat=seat).evaluate_symmetric_payoff("hero", "liar")


def test_auto_takes_what_sees_everything() -> None:
    found = bb.evaluate(RARE, [RIDERS], method="auto", stderr=1.0)
    assert found.method == "exact"
    assert found.mean[0, 0] == pytest.approx(692.7, abs=0.1)


def test_rewards_change_what_could_be_missed_and_not_whether() -> None:
    played = bb.simulate(RARE, [RIDERS], episodes=6400)
    cheaper = played.reweighted(penalty_own_house_burns=10.0)
    assert 0 < cheaper.unseen.max() < played.unseen.min() / 1e4
