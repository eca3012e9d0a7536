"""What is done with counts afterwards: new rewards, errors, differences, tables."""

import csv
import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

import bucket_brigade as bb

DEFAULT = bb.scenario("default")
FOUR = ["firefighter", "free_rider", "hero", "coordinator"]
HEROES = ["hero"] * 4
#: All that can change without playing again, each to its own value.
REWARDS: dict[str, object] = {
    "team_reward_house_survives": 17.0,
    "team_penalty_house_burns": 31.5,
    "reward_own_house_survives": (1.0, 2.0, 3.0, 4.0),
    "reward_other_house_survives": 0.3,
    "penalty_own_house_burns": 5.25,
    "penalty_other_house_burns": (0.1, 0.2, 0.3, 0.4),
    "cost_to_work_one_night": 0.9,
    "reward_rest": -0.25,
}


@pytest.fixture(scope="module")
def played() -> bb.SimulationResult:
    return bb.simulate(DEFAULT, [FOUR, HEROES], episodes=3001, seed=3, per_block=True)


# Other rewards.


def test_reweighted_is_simulated_again(played: bb.SimulationResult) -> None:
    again = bb.simulate(DEFAULT.replace(**REWARDS), [FOUR, HEROES], episodes=3001, seed=3)
    reweighted = played.reweighted(**REWARDS)
    assert np.array_equal(reweighted.mean, again.mean)
    assert np.array_equal(reweighted.stderr, again.stderr)
    assert reweighted.scenario == again.scenario
    assert not np.array_equal(reweighted.mean, played.mean)
    for name, value in REWARDS.items():
        assert not np.array_equal(played.reweighted(**{name: value}).mean, played.mean)


@pytest.mark.parametrize(
    "change",
    [
        {"prob_house_catches_fire": 0.1},
        {"max_nights": 50},
        {"num_agents": 4},
        {"end_rule": "no_fires"},
        {"name": "other"},
        {"cost": 1.0},
        {"cost_to_work_one_night": float("nan")},
        {"reward_own_house_survives": (1.0, 2.0)},
    ],
)
def test_only_rewards_reweigh(played: bb.SimulationResult, change: dict[str, object]) -> None:
    difference = played.difference(0, 1)
    for reweigh in (played.reweighted, difference.reweighted):
        with pytest.raises(bb.InvalidValue):
            reweigh(**change)


# Means and errors.


def block_returns(result: bb.SimulationResult, lineup: int) -> npt.NDArray[np.float64]:
    """Summed over each block, by the formula of docs/rules.md for the scenario `default`."""
    assert result.counts.blocks is not None
    blocks = result.counts.blocks[lineup].astype(np.float64)
    nights, worked = blocks[:, :1], blocks[:, 1:5]
    safe, ruined, saved = blocks[:, 5:15], blocks[:, 15:25], blocks[:, 25:35]
    returns: npt.NDArray[np.float64] = 0.5 * (nights - worked) - 0.5 * worked
    returns += 10 * (safe.sum(axis=1) - ruined.sum(axis=1))[:, None]
    for a in range(4):
        returns[:, a] += (20 * saved[:, a::4] - 40 * ruined[:, a::4]).sum(axis=1)
    return returns


def mean_and_error(
    sums: npt.NDArray[np.float64], sizes: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    total, number = sizes.sum(), len(sizes)
    mean = sums.sum(axis=0) / total
    squares = ((sums - sizes[:, None] * mean) ** 2).sum(axis=0)
    return mean, np.sqrt(number / (number - 1) * squares) / total


def test_means_and_errors_are_those_of_blocks(played: bb.SimulationResult) -> None:
    sizes = played.counts.block_episodes
    for i in range(2):
        mean, error = mean_and_error(block_returns(played, i), sizes)
        np.testing.assert_allclose(played.mean[i], mean, rtol=1e-11)
        np.testing.assert_allclose(played.stderr[i], error, rtol=1e-9)


def test_differences_are_paired(played: bb.SimulationResult) -> None:
    sums = block_returns(played, 0) - block_returns(played, 1)
    mean, error = mean_and_error(sums, played.counts.block_episodes)
    difference = played.difference(0, 1)
    np.testing.assert_allclose(difference.mean, mean, rtol=1e-10)
    np.testing.assert_allclose(difference.stderr, error, rtol=1e-9)
    assert difference.episodes == 3001
    unpaired = np.hypot(*played.stderr)
    assert (difference.stderr < unpaired).any()

    compared = bb.compare(DEFAULT, FOUR, HEROES, episodes=3001, seed=3)
    assert np.array_equal(compared.mean, difference.mean)
    assert np.array_equal(compared.stderr, difference.stderr)
    backwards = played.difference(1, 0)
    assert np.array_equal(backwards.mean, -difference.mean)
    np.testing.assert_allclose(backwards.stderr, difference.stderr, rtol=1e-12)
    same = played.difference(1, 1)
    assert same.mean.tolist() == same.stderr.tolist() == [0.0] * 4


def test_reweighted_differences(played: bb.SimulationResult) -> None:
    one = played.difference(0, 1).reweighted(**REWARDS)
    other = played.reweighted(**REWARDS).difference(0, 1)
    assert np.array_equal(one.mean, other.mean)
    assert np.array_equal(one.stderr, other.stderr)


def test_comparing_in_several_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    options = {"episodes": 3001, "seed": 4, "first_episode": 50}
    whole = bb.compare(DEFAULT, FOUR, HEROES, **options)  # type: ignore[arg-type]
    monkeypatch.setattr("bucket_brigade.simulation.parts.HELD_BLOCKS", 1)
    parts = bb.compare(DEFAULT, FOUR, HEROES, **options)  # type: ignore[arg-type]
    assert np.array_equal(parts.mean, whole.mean)
    assert np.array_equal(parts.stderr, whole.stderr)


@pytest.mark.parametrize(("a", "b"), [(-1, 0), (0, 2), (2, 0)])
def test_differences_of_line_ups_there_are(played: bb.SimulationResult, a: int, b: int) -> None:
    with pytest.raises(bb.InvalidValue):
        played.difference(a, b)


def test_differences_need_blocks() -> None:
    result = bb.simulate(DEFAULT, [FOUR, HEROES], episodes=64)
    with pytest.raises(bb.InvalidValue, match="per_block"):
        result.difference(0, 1)


@pytest.mark.parametrize("first", [0, 5])
def test_what_never_varies_has_no_error(first: int) -> None:
    # The number 0.1 is not exact in floats, and blocks at the ends are cut.
    scenario = bb.scenario("trivial_cooperation").replace(cost_to_work_one_night=0.1)
    result = bb.simulate(scenario, [HEROES], episodes=1000, first_episode=first)
    assert result.stderr.tolist() == [[0.0] * 4]
    assert result.mean[0].tolist() == pytest.approx([13 * 99.9] * 4)


@pytest.mark.parametrize("episodes", [1, 32])
def test_one_block_has_no_error_to_tell(episodes: int) -> None:
    result = bb.simulate(DEFAULT, [FOUR], episodes=episodes, per_block=True)
    assert np.isnan(result.stderr).all()
    assert np.isfinite(result.mean).all()
    as_json = json.loads(json.dumps(result.to_dict(0), allow_nan=False))
    assert as_json["stderr"] == [None] * 4
    assert np.isnan(result.difference(0, 0).stderr).all()


# Tables.


def test_dictionaries_hold_the_counts(played: bb.SimulationResult) -> None:
    content = json.loads(json.dumps(played.to_dict(1), allow_nan=False))
    assert content["mean"] == played.mean[1].tolist()
    assert content["stderr"] == played.stderr[1].tolist()
    assert content["counts"]["nights"] == played.counts.nights[1]
    assert content["counts"]["saved"] == played.counts.saved[1].tolist()
    assert sum(content["counts"]["ended"].values()) == content["episodes"] == 3001
    assert content["lineup"] == HEROES
    assert bb.Scenario.from_dict(content["scenario"]) == DEFAULT


def test_csv_reads_back(played: bb.SimulationResult, tmp_path: Path) -> None:
    file = tmp_path / "payoffs.csv"
    text = played.to_csv(file)
    assert file.read_text(encoding="utf-8") == text
    rows = list(csv.DictReader(text.splitlines()))
    assert [(row["lineup"], row["seat"]) for row in rows[:5]] == [
        *(("0", str(s)) for s in range(4)),
        ("1", "0"),
    ]
    assert [row["strategy"] for row in rows] == FOUR + HEROES
    assert [float(row["mean"]) for row in rows] == played.mean.ravel().tolist()
    assert [float(row["stderr"]) for row in rows] == played.stderr.ravel().tolist()
    assert [int(row["worked"]) for row in rows] == played.counts.worked.ravel().tolist()


def test_frames(played: bb.SimulationResult) -> None:
    pytest.importorskip("pandas")
    frame = played.to_frame()
    assert frame.shape == (8, 10)
    assert frame.groupby("lineup")["mean"].max().tolist() == played.mean.max(axis=1).tolist()


# Until a precision is reached.


@pytest.mark.parametrize("first", [0, 45])
def test_until_is_a_single_run(first: int) -> None:
    until = bb.simulate_until(DEFAULT, [FOUR, HEROES], stderr=8.0, seed=9, first_episode=first)
    assert until.stderr.max() <= 8.0
    assert until.episodes > 1024 * 32  # or the first round would have been enough
    whole = bb.simulate(
        DEFAULT, [FOUR, HEROES], episodes=until.episodes, seed=9, first_episode=first
    )
    assert np.array_equal(until.counts.totals, whole.counts.totals)
    assert np.array_equal(until.counts.block_episodes, whole.counts.block_episodes)
    assert np.array_equal(until.mean, whole.mean)
    assert np.array_equal(until.stderr, whole.stderr)
    assert until.first_episode == first


@pytest.mark.parametrize("most", [1, 32, 1000])
def test_until_stops_where_it_is_told(most: int) -> None:
    assert bb.simulate_until(DEFAULT, [FOUR], stderr=1e-6, max_episodes=most).episodes == most
