"""Exact payoffs of line-ups: mixtures, other rewards, tables, and what is refused."""

import csv
import json
import pickle
from itertools import product
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from drawn_games import END_RULES, ORDERS, DrawnGame, as_reference, entry, games
from hypothesis import given, settings
from small_chain import expected_counts, expected_returns
from small_games import GAMES, HOMEBODY, LIAR, LIVELY, ROAMER

import bucket_brigade as bb
from bucket_brigade import _core
from bucket_brigade.exact import pure_lineups as pure

PAIR: list[object] = [ROAMER, bb.Mixture([HOMEBODY, ROAMER, LIAR], [0.3, 0.0, 0.7])]
PURE: list[object] = [ROAMER, HOMEBODY]


@pytest.fixture(scope="module")
def result() -> bb.ExactResult:
    return bb.expected(LIVELY, [PAIR, PURE])


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many pure line-ups each call of the core was given."""
    calls: list[int] = []
    core = _core.expected

    def counting(scenario: object, duties: npt.NDArray[np.float64], **options: Any) -> Any:
        calls.append(len(duties))
        return core(scenario, duties, **options)

    monkeypatch.setattr(_core, "expected", counting)
    return calls


@pytest.mark.parametrize(("order", "end_rule"), list(product(ORDERS, END_RULES)))
@pytest.mark.parametrize("game", range(len(GAMES)))
def test_small_rings_by_enumeration(game: int, order: str, end_rule: str) -> None:
    scenario, seats = GAMES[game]
    scenario = scenario.replace(night_order=order, end_rule=end_rule)
    exact = expected_counts(as_reference(scenario), seats)
    found = bb.expected(scenario, [[entry(seat) for seat in seats]])
    counts = found.counts
    np.testing.assert_allclose(counts.nights[0], exact["nights"], rtol=1e-12)
    for name in ("worked", "safe", "ruined", "saved"):
        expected = exact[name]  # type: ignore[literal-required]
        np.testing.assert_allclose(getattr(counts, name)[0], expected, rtol=1e-12, err_msg=name)
    ended = [exact["ended"][kind] for kind in bb.END_KINDS]
    np.testing.assert_allclose(counts.ended[0], ended, rtol=1e-12, atol=1e-15)
    returns = expected_returns(as_reference(scenario), exact)
    np.testing.assert_allclose(found.mean[0], returns, rtol=1e-11)


@settings(max_examples=60, deadline=None)
@given(games(most_nights=4, most_houses=3, most_agents=2))
def test_drawn_games_by_enumeration(game: DrawnGame) -> None:
    # The edges of all ranges: probabilities 0 and 1, fewer houses than neighbours, odd rewards.
    reference = as_reference(game.scenario)
    exact = expected_counts(reference, game.seats)
    found = bb.expected(game.scenario, [game.lineup])
    counts = [exact["nights"]]
    for name in ("worked", "safe", "ruined", "saved"):
        counts += exact[name]  # type: ignore[literal-required]
    counts += [exact["ended"][kind] for kind in bb.END_KINDS]
    np.testing.assert_allclose(found.counts.totals[0], counts, rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(found.mean[0], expected_returns(reference, exact), atol=1e-8)


def test_shapes_are_those_of_a_simulation(result: bb.ExactResult) -> None:
    played = bb.simulate(LIVELY, [PAIR, PURE], episodes=64)
    assert (result.method, played.method) == ("exact", "sampled")
    assert result.mean.shape == result.stderr.shape == played.mean.shape == (2, 2)
    assert not result.stderr.any()
    assert (result.counts.houses, result.counts.agents) == (3, 2)
    for name in ("nights", "worked", "safe", "ruined", "saved", "ended"):
        found = getattr(result.counts, name)
        assert found.dtype == np.float64
        assert found.shape == getattr(played.counts, name).shape
    assert result.counts.ended.sum(axis=1) == pytest.approx([1.0, 1.0], rel=1e-14)
    assert (result.episodes, result.seed, result.first_episode) == (None, None, None)
    assert (result.backend, result.device) == (None, None)


def test_samples_of_mixtures_agree(result: bb.ExactResult) -> None:
    played = bb.simulate(LIVELY, [PAIR, PURE], episodes=200_000, seed=1)
    assert (abs(played.mean - result.mean) <= 4 * played.stderr).all()
    assert (played.stderr < 0.06).all()
    assert (abs(result.mean[0] - result.mean[1]) > 0.8).all()


REWARDS: dict[str, object] = {
    "team_reward_house_survives": 17.0,
    "team_penalty_house_burns": 31.5,
    "reward_own_house_survives": (1.0, 2.0),
    "reward_other_house_survives": 0.3,
    "penalty_own_house_burns": 5.25,
    "penalty_other_house_burns": (0.1, 0.2),
    "cost_to_work_one_night": 0.9,
    "reward_rest": -0.25,
}


def test_reweighted_is_computed_again(result: bb.ExactResult, computed: list[int]) -> None:
    reweighted = result.reweighted(**REWARDS)
    assert not computed
    again = bb.expected(LIVELY.replace(**REWARDS), [PAIR, PURE])
    assert np.array_equal(reweighted.mean, again.mean)
    assert reweighted.scenario == again.scenario
    for name, value in REWARDS.items():
        assert not np.array_equal(result.reweighted(**{name: value}).mean, result.mean)
    for change in ({"max_nights": 5}, {"cost": 1.0}, {"reward_rest": float("nan")}):
        with pytest.raises(bb.InvalidValue):
            result.reweighted(**change)


# Mixtures.


def test_a_mixture_is_a_mean_of_pure_line_ups(computed: list[int]) -> None:
    pool = [HOMEBODY, ROAMER, LIAR]
    shares = [[0.2, 0.5, 0.3], [0.6, 0.0, 0.4]]
    mixed = bb.expected(LIVELY, [shares, [0, 2]], pool=pool)
    assert mixed.pure_lineups == 6
    assert computed == [6]
    total = np.zeros(len(mixed.counts.totals[0]))
    for drawn in product(range(3), repeat=2):
        weight = prod(share[i] for share, i in zip(shares, drawn, strict=True))
        total += weight * bb.expected(LIVELY, [list(drawn)], pool=pool).counts.totals[0]
    np.testing.assert_allclose(mixed.counts.totals[0], total, rtol=1e-13)
    alone = bb.expected(LIVELY, [[HOMEBODY, LIAR]])
    assert np.array_equal(mixed.counts.totals[1], alone.counts.totals[0])


def test_strategies_that_act_alike_are_one(computed: list[int]) -> None:
    # Other numbers than θ1, θ3 and θ8 do nothing, nor does the way to the same p.
    loud = (0.1, *ROAMER[1:])
    same_p = (0.8, 1.0, 0.5, 0.1, 0.5, 0.7, 0.1, 0.0, 0.4, 0.8)
    assert 1.0 * (1 - same_p[8]) == ROAMER[1]
    mixture = bb.Mixture([ROAMER, loud, same_p], [0.25, 0.25, 0.5])
    found = bb.expected(LIVELY, [[mixture, loud], [ROAMER, mixture], [loud, same_p]])
    assert computed == [1]
    assert found.pure_lineups == 1
    for i in (1, 2):
        np.testing.assert_allclose(found.mean[i], found.mean[0], rtol=1e-15)


def test_company_changes_no_digit() -> None:
    lineups: list[list[object]] = [
        [(0.0, i / 11, 0.0, j / 7, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0), LIAR]
        for i in range(7)
        for j in range(3)
    ]
    together = bb.expected(LIVELY, lineups)
    backwards = bb.expected(LIVELY, [*reversed(lineups), lineups[0]], threads=1)
    for i, lineup in enumerate(lineups):
        alone = bb.expected(LIVELY, [lineup])
        assert np.array_equal(alone.counts.totals[0], together.counts.totals[i])
        assert np.array_equal(alone.counts.totals[0], backwards.counts.totals[len(lineups) - 1 - i])
        assert np.array_equal(alone.mean[0], together.mean[i])


def test_weights_are_divided_by_their_sum() -> None:
    nearly = [0.5 + 4e-10, 0.5]
    found = bb.expected(LIVELY, [[nearly, 0], [[0.5, 0.5], 0]], pool=[ROAMER, LIAR])
    assert found.counts.ended.sum(axis=1) == pytest.approx([1.0, 1.0], rel=1e-14)
    np.testing.assert_allclose(found.mean[0], found.mean[1], rtol=1e-8)


def test_mixtures_of_too_many_line_ups() -> None:
    many = bb.Mixture([[0.0, i / 16, 0.0, *[0.5] * 7] for i in range(16)], [1 / 16] * 16)
    game = bb.scenario("default").replace(num_agents=5)
    with pytest.raises(bb.InvalidValue, match=r"lineups\[1\] .* 1,048,576 pure .* at most 65,536"):
        bb.expected(game, [["hero"] * 5, [many] * 5])


def test_mixtures_up_to_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pure, "MOST_PURE", 2)
    assert bb.expected(LIVELY, [PAIR, PURE]).pure_lineups == 2 + 1 - 1
    with pytest.raises(bb.InvalidValue, match="mixture of 4 pure line-ups"):
        bb.expected(LIVELY, [[PAIR[1], PAIR[1]]])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"num_houses": 13}, "num_houses = 13 .* at most 12"),
        ({"num_agents": 9}, "num_agents = 9 .* at most 8"),
    ],
)
def test_too_large_for_the_chain(change: dict[str, int], message: str) -> None:
    scenario = bb.scenario("default").replace(**change)
    lineup = ["hero"] * scenario.num_agents
    for function in (bb.expected, bb.expected_gradient):
        with pytest.raises(bb.InvalidValue, match=message):
            function(scenario, [lineup])


# Tables.


def test_dictionaries_have_the_same_form(result: bb.ExactResult) -> None:
    content = json.loads(json.dumps(result.to_dict(0), allow_nan=False))
    sampled = bb.simulate(LIVELY, [PAIR, PURE], episodes=64).to_dict(0)
    assert list(content) == list(sampled)
    assert list(content["counts"]) == list(sampled["counts"])
    assert (content["method"], sampled["method"]) == ("exact", "sampled")
    for key in ("backend", "device", "episodes", "first_episode", "seed"):
        assert content[key] is None
        assert sampled[key] is not None
    for key in ("scenario", "rules_version", "lineup"):
        assert content[key] == sampled[key]
    assert content["mean"] == result.mean[0].tolist()
    assert content["stderr"] == [0.0, 0.0]
    assert content["counts"]["nights"] == result.counts.nights[0]
    assert content["counts"]["saved"] == result.counts.saved[0].tolist()
    assert list(content["counts"]["ended"].values()) == result.counts.ended[0].tolist()
    with pytest.raises(bb.InvalidValue):
        result.to_dict(2)


def test_tables(result: bb.ExactResult) -> None:
    rows = list(csv.DictReader(result.to_csv().splitlines()))
    assert [float(row["mean"]) for row in rows] == result.mean.ravel().tolist()
    assert [float(row["worked"]) for row in rows] == result.counts.worked.ravel().tolist()
    assert {(row["stderr"], row["episodes"]) for row in rows} == {("0.0", "")}
    pytest.importorskip("pandas")
    assert result.to_frame()["mean"].tolist() == result.mean.ravel().tolist()


def test_results_can_be_pickled(result: bb.ExactResult) -> None:
    back = pickle.loads(pickle.dumps(result))
    assert np.array_equal(back.mean, result.mean)
    assert back.to_dict(0) == result.to_dict(0)


def test_progress_rises_to_the_total() -> None:
    seen: list[tuple[int, int]] = []
    bb.expected(LIVELY, [PAIR, PURE, [LIAR, LIAR]], progress=lambda *told: seen.append(told))
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert {every for _, every in seen} == {3}
    assert seen[-1] == (3, 3)


class Enough(Exception):
    pass


@pytest.mark.parametrize("threads", [1, 2])
def test_an_exception_of_the_progress_callback_stops_the_run(threads: int) -> None:
    # Some minutes of line-ups.
    lineups = [[[0.0, i / 5000, 0.0, *[0.5] * 7], *["hero"] * 3] for i in range(5000)]
    seen: list[int] = []

    def stop(done: int, every: int) -> None:
        seen.append(done)
        raise Enough

    default = bb.scenario("default")
    with pytest.raises(Enough):
        bb.expected(default, lineups, threads=threads, progress=stop)
    with pytest.raises(Enough):
        bb.expected_gradient(default, lineups, threads=threads, progress=stop)
    assert len(seen) == 2
    assert max(seen) < 1000
