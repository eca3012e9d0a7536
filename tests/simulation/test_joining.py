"""Results of adjoining ranges of episodes, joined to one."""

import itertools
from typing import Any

import numpy as np
import pytest

import bucket_brigade as bb

EASY = bb.scenario("easy")
POOL = ["hero", "liar"]
LINEUPS: list[Any] = [[0, 1, "free_rider", {0: 0.5, 1: 0.5}], ["hero"] * 4]


def play(first: int, episodes: int, **changes: Any) -> bb.SimulationResult:
    asked: dict[str, Any] = {"seed": 5, "pool": POOL, "backend": "cpu", **changes}
    scenario, lineups = asked.pop("scenario", EASY), asked.pop("lineups", LINEUPS)
    return bb.simulate(scenario, lineups, first_episode=first, episodes=episodes, **asked)


@pytest.mark.parametrize("per_block", [True, False])
@pytest.mark.parametrize("cuts", [[0, 320, 1000], [40, 64, 96, 1000], [7, 640, 641]])
def test_joined_ranges_are_one_run(cuts: list[int], per_block: bool) -> None:
    parts = [
        play(first, end - first, per_block=per_block) for first, end in itertools.pairwise(cuts)
    ]
    whole = play(cuts[0], cuts[-1] - cuts[0], per_block=per_block)
    joined = parts[0]
    for part in parts[1:]:
        joined = joined.joined(part)
    assert joined == whole
    assert joined.counts == whole.counts
    assert joined.event_counts.moments.tolist() == whole.event_counts.moments.tolist()
    assert joined.mean.tolist() == whole.mean.tolist()
    assert np.array_equal(joined.stderr, whole.stderr, equal_nan=True)
    assert joined.unseen.tolist() == whole.unseen.tolist()
    assert (joined.first_episode, joined.episodes) == (cuts[0], cuts[-1] - cuts[0])
    if per_block:
        assert joined.difference(0, 1).stderr.tolist() == whole.difference(0, 1).stderr.tolist()
    # In whichever order.
    backwards = parts[-1]
    for part in reversed(parts[:-1]):
        backwards = backwards.joined(part)
    assert backwards == whole


@pytest.mark.parametrize(
    ("first", "changes", "message"),
    [
        (0, {}, "first_episode = 0, after episodes 0 to 639 .* 640"),
        (608, {}, "first_episode = 608, after episodes 0 to 639"),
        (672, {}, "first_episode = 672, after episodes 0 to 639"),
        (640, {"seed": 6}, "other.seed = 6 .* 5"),
        (640, {"scenario": EASY.replace(cost_to_work_one_night=0.75)}, "other.scenario"),
        (640, {"scenario": EASY.replace(night_order="burn_out_then_spread")}, "other.scenario"),
        (640, {"lineups": [LINEUPS[0]]}, "other.lineups"),
        (640, {"lineups": [*LINEUPS[::-1]]}, "other.lineups"),
        (640, {"pool": ["hero", "free_rider"]}, "other.pool"),
        (640, {"per_block": True}, "per_block = True"),
    ],
)
def test_what_does_not_fit_is_refused(first: int, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(bb.InvalidValue, match=message):
        play(0, 640).joined(play(first, 640, **changes))


def test_ranges_meet_between_blocks() -> None:
    with pytest.raises(bb.InvalidValue, match=r"first_episode = 100 .* multiple of 32"):
        play(0, 100).joined(play(100, 100))


def test_only_results_can_be_joined() -> None:
    exact: Any = bb.expected(EASY, [["hero"] * 4])
    with pytest.raises(bb.InvalidValue, match=r"other = .* a SimulationResult"):
        play(0, 64).joined(exact)


def test_counts_of_another_shape_are_refused() -> None:
    counts = play(0, 64).event_counts
    for changes, name in (
        ({"scenario": EASY.replace(num_houses=9)}, "houses"),
        ({"scenario": EASY.replace(num_agents=3), "lineups": [["hero"] * 3] * 2}, "agents"),
        ({"lineups": LINEUPS[:1]}, "lineups"),
        ({"per_block": True}, "per_block"),
    ):
        with pytest.raises(bb.InvalidValue, match=name):
            counts.followed_by(play(64, 64, **changes).event_counts)


def test_differences_of_other_scenarios_are_refused() -> None:
    one = play(0, 64, per_block=True).difference(0, 1)
    other = play(64, 64, per_block=True, scenario=EASY.replace(reward_rest=0.25)).difference(0, 1)
    with pytest.raises(bb.InvalidValue, match="scenario"):
        one.followed_by(other)
