"""Line-ups can be said in several ways, and what means the same plays the same."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import bucket_brigade as bb

DEFAULT = bb.scenario("default")
FOUR = ["firefighter", "free_rider", "hero", "coordinator"]
HEROES = ["hero"] * 4
POOL = [bb.ARCHETYPES[name] for name in ("hero", "free_rider", "liar")]


def mixed(entry: object) -> npt.NDArray[np.int64]:
    return bb.simulate(
        DEFAULT, [[entry, "liar", entry, "hero"]], episodes=500, pool=POOL, seed=8
    ).counts.totals


def test_forms_of_a_pure_strategy() -> None:
    forms = ["hero", POOL[0], POOL[0].tolist(), tuple(POOL[0]), 0, np.int64(0), {0: 1.0}]
    forms += [[1.0, 0.0, 0.0], bb.Mixture(["hero"], [1]), bb.Mixture(["liar", 0], [0.0, 1.0])]
    first, *others = [mixed(form) for form in forms]
    assert all(np.array_equal(first, other) for other in others)
    assert not np.array_equal(first, mixed("free_rider"))


def test_forms_of_a_mixture() -> None:
    weights = [0.3, 0.0, 0.7]
    forms: list[object] = [
        weights,
        tuple(weights),
        np.array(weights),
        {0: 0.3, 2: 0.7},
        bb.Mixture([0, 1, 2], weights),
        bb.Mixture(["hero", "liar"], [0.3, 0.7]),
        bb.Mixture([POOL[0], POOL[1], POOL[2].tolist()], np.array(weights)),  # type: ignore[arg-type]
    ]
    first, *others = [mixed(form) for form in forms]
    assert all(np.array_equal(first, other) for other in others)
    assert not np.array_equal(first, mixed({0: 0.7, 2: 0.3}))
    assert not np.array_equal(first, mixed(0))


def test_line_ups_may_be_iterators() -> None:
    listed = bb.simulate(DEFAULT, [FOUR, HEROES], episodes=40)
    iterated = bb.simulate(
        DEFAULT,
        (iter(x) for x in [FOUR, HEROES]),  # type: ignore[misc]
        episodes=40,
    )
    assert np.array_equal(listed.counts.totals, iterated.counts.totals)
    assert iterated.to_csv() == listed.to_csv()


class Frame:
    """What a data frame is known by."""

    columns = ("a", "b", "c", "d")

    def to_numpy(self) -> object:
        return np.full((4, 10), 0.5)

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        (set(FOUR), "no order"),
        (frozenset(FOUR), "no order"),
        (dict.fromkeys(FOUR).keys() | set(), "no order"),
        (np.ma.array(np.full(10, 0.5), mask=[True] + [False] * 9), "filled"),
        (np.ma.array(np.full((4, 10), 0.5), mask=False), "filled"),
        (Frame(), "to_numpy"),
    ],
)
def test_what_has_no_order_or_may_lack_values_is_refused_with_a_hint(value: Any, hint: str) -> None:
    for lineups in (value, [value], [[value, "hero", "hero", "hero"]]):
        with pytest.raises(bb.InvalidValue, match=hint):
            bb.simulate(DEFAULT, lineups, episodes=1)
    with pytest.raises(bb.InvalidValue, match=hint):
        bb.simulate(DEFAULT, [[0] * 4], episodes=1, pool=value)
    with pytest.raises(bb.InvalidValue, match=hint):
        bb.payoff_matrix(DEFAULT, value, episodes=1)
    with pytest.raises(bb.InvalidValue, match=hint):
        bb.as_strategy(value)


def test_keys_of_a_dictionary_have_the_order_in_which_they_were_put_in() -> None:
    keys = bb.simulate(DEFAULT, [dict.fromkeys(FOUR).keys()], episodes=40)  # type: ignore[list-item]
    assert keys.mean.tolist() == bb.simulate(DEFAULT, [FOUR], episodes=40).mean.tolist()


def test_messages_shorten_values() -> None:
    for wrong in (10**5000, -(10**5000), "x" * 10_000, [0.5] * 10_000, [[10**5000]]):
        with pytest.raises(bb.InvalidValue) as caught:
            bb.simulate(DEFAULT, [[wrong, "hero", "hero", "hero"]], episodes=1)
        assert len(str(caught.value)) < 400
    with pytest.raises(bb.InvalidValue, match="5,000 digits"):
        bb.simulate(DEFAULT, [FOUR], episodes=10**5000)
    assert len(str(bb.InvalidValue("x", 10**5000, "less"))) < 100


def test_rewards_that_would_overflow_are_refused_by_name() -> None:
    for wrong in (1e308, -1.0001e12, float("inf")):
        with pytest.raises(bb.InvalidValue, match=r"penalty_own_house_burns.*1e12"):
            DEFAULT.replace(penalty_own_house_burns=wrong)
        with pytest.raises(bb.InvalidValue, match=r"reward_rest.*1e12"):
            DEFAULT.replace(reward_rest=wrong)
    most = DEFAULT.replace(penalty_own_house_burns=1e12, max_nights=10_000, end_rule="no_fires")
    played = bb.simulate(most, [FOUR], episodes=3200)
    assert np.isfinite(played.mean).all()
    assert np.isfinite(played.stderr).all()
    assert DEFAULT.replace(reward_rest=np.array(0.25)).reward_rest == 0.25  # type: ignore[arg-type]
