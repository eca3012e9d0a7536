"""Line-ups can be said in several ways, and what means the same plays the same."""

import numpy as np
import numpy.typing as npt

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
