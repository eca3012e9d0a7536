"""Episodes are copied in several ways, and copies go on apart."""

import copy
import pickle
from collections.abc import Callable

import numpy as np
import pytest

import bucket_brigade as bb

HARD = bb.scenario("hard")
MIXED = [bb.Mixture(["hero", "liar"], [0.5, 0.5])] * 4
COPIES: dict[str, Callable[[bb.Episode], bb.Episode]] = {
    "clone": bb.Episode.clone,
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": lambda episode: pickle.loads(pickle.dumps(episode)),
}


def rest(episode: bb.Episode) -> list[bb.Night]:
    nights = []
    while episode.ended is None:
        nights.append(episode.step())
    return nights


@pytest.mark.parametrize("way", COPIES)
@pytest.mark.parametrize("played", [0, 1, 5])
def test_copies_go_on_alike_and_apart(way: str, played: int) -> None:
    whole = bb.replay(HARD, MIXED, seed=3, episode=8)
    episode = bb.Episode(HARD, MIXED, seed=3, episode=8)
    for _ in range(played):
        episode.step()
    other = COPIES[way](episode)
    assert (other.houses, other.night, other.strategies) == (
        episode.houses,
        played,
        episode.strategies,
    )
    assert rest(other) == whole[played:]
    assert episode.night == played
    assert episode.ended is None
    assert rest(episode) == whole[played:]
    assert COPIES[way](episode).ended == episode.ended == whole[-1].ended
    with pytest.raises(bb.InvalidValue):
        COPIES[way](episode).step()


@pytest.mark.parametrize("way", COPIES)
def test_copies_of_episodes_without_a_line_up(way: str) -> None:
    episode = bb.Episode(HARD, seed=3)
    episode.step([bb.Action(2, True)] * 4)
    other = COPIES[way](episode)
    with pytest.raises(bb.InvalidValue):
        other.step()
    actions = [bb.Action(3, True)] * 4
    assert other.step(actions) == episode.step(actions)
    assert other.step([bb.Action(5, True)] * 4).actions != episode.step(actions).actions


def test_a_clone_may_meet_other_luck() -> None:
    episode = bb.Episode(HARD, MIXED, seed=3, episode=8)
    episode.step()
    clones = [episode.clone(episode=number) for number in range(20)]
    assert all(clone.houses == episode.houses for clone in clones)
    assert all(clone.strategies == episode.strategies for clone in clones)
    after = [clone.step().after for clone in clones]
    assert len(set(after)) > 2
    assert after[8] == episode.clone().step().after
    back = pickle.loads(pickle.dumps(clones[4]))
    assert back.episode == clones[4].episode == 4
    assert rest(back) == rest(clones[4])
    for wrong in (-1, 2**64, 0.5, "x"):
        with pytest.raises(bb.InvalidValue):
            episode.clone(episode=wrong)  # type: ignore[arg-type]


def test_a_state_of_another_game_is_refused() -> None:
    core = bb.Episode(HARD, MIXED)._core
    right = houses, _, strategies, last = core.houses, core.night, core.strategies, core.last
    core.resume(*right)
    for wrong in (
        ([0] * 9, 0, strategies, last),
        ([3] * 10, 0, strategies, last),
        (houses, 101, strategies, last),
        (houses, 0, strategies[1:], last),
        (houses, 0, [7] * 4, last),
        (houses, 0, strategies, last[1:]),
        (houses, 0, strategies, bytes([10] * 12)),
    ):
        with pytest.raises(bb.InvalidValue):
            core.resume(*wrong)


def test_actions_of_arrays() -> None:
    plain = [bb.Action(3, True, False)] * 4
    arrays = [bb.Action(np.int8(3), np.True_, np.int64(0))] * 4  # type: ignore[arg-type]
    ones = [bb.Action(3, 1, 0)] * 4  # type: ignore[arg-type]
    nights = [bb.Episode(HARD, seed=1).step(actions) for actions in (plain, arrays, ones)]
    assert nights[0] == nights[1] == nights[2]
    assert type(nights[1].actions[0].works) is bool
    for wrong in (2, -1, "x", 0.5, None):
        with pytest.raises(bb.InvalidValue, match="works"):
            bb.Episode(HARD).step([bb.Action(3, wrong)] * 4)  # type: ignore[arg-type]
