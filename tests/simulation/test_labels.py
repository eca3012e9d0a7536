"""What results call strategies, and the numbers beside the names."""

import json
from pathlib import Path

import numpy as np
import pytest

import bucket_brigade as bb
from bucket_brigade.equilibrium import (
    RoleSearch,
    load_equilibria,
    load_roles,
    save_equilibria,
    save_roles,
)
from bucket_brigade.equilibrium.results.roles import role_names
from bucket_brigade.game.lineup_result import describe_seat
from bucket_brigade.policies.heuristic import strategy_of
from bucket_brigade.policies.labels import strategy_labels

DEFAULT = bb.scenario("default")
SMALL = DEFAULT.replace(num_houses=4, num_agents=2, max_nights=20)


def test_different_strategies_have_different_labels() -> None:
    changes_nothing = bb.ARCHETYPES["hero"].copy()
    changes_nothing[9] = 0.5
    another = changes_nothing.copy()
    another[9] = 0.25
    strategies = [
        bb.ARCHETYPES["hero"],
        strategy_of(0.5, 0.25),
        strategy_of(0.12341, 0.5),
        strategy_of(0.12342, 0.5),
        strategy_of(0.12342, 0.5 + 1e-16 * 4),
        changes_nothing,
        another,
        strategy_of(0.5, 0.25),
    ]
    labels = strategy_labels(strategies)
    listed = [labels[tuple(theta.tolist())] for theta in strategies]
    assert listed[:3] == ["hero", "(p=0.5, q=0.25)", "(p=0.12341, q=0.5)"]
    assert listed[3].startswith("(p=0.1234")
    assert listed[5:] == ["(p=1, q=0.5) #1", "(p=1, q=0.5) #2", listed[1]]
    assert len(set(listed)) == 7


def test_a_mixture_over_ten_strategies_is_no_strategy() -> None:
    pool = [strategy_of(i / 10, 0.5) for i in range(10)]
    weights = [0.25, 0, 0, 0.75, 0, 0, 0, 0, 0, 0]
    for result in (
        bb.simulate(SMALL, [[weights, 0]], pool=pool, episodes=64),
        bb.expected(SMALL, [[weights, 0]], pool=pool),
    ):
        assert result.to_dict(0)["lineup"] == [{"0": 0.25, "3": 0.75}, 0]
        assert result.columns()["strategy"] == [{"0": 0.25, "3": 0.75}, 0]
    # Without a pool, or with one of another size, ten numbers are a strategy.
    for few in (None, pool[:3]):
        result = bb.simulate(SMALL, [[pool[2].tolist(), "hero"]], pool=few, episodes=64)
        assert result.to_dict(0)["lineup"] == ["(p=0.2, q=0.5)", "hero"]
    assert describe_seat(weights) == "(p=0, q=0.75)"
    assert describe_seat(weights, 10) == {"0": 0.25, "3": 0.75}


def test_a_mixture_of_near_strategies_keeps_both() -> None:
    near = [strategy_of(0.12341, 0.5), strategy_of(0.12342, 0.5)]
    result = bb.simulate(SMALL, [[bb.Mixture(near, [0.25, 0.75]), near[0]]], episodes=64)
    expected = {"(p=0.12341, q=0.5)": 0.25, "(p=0.12342, q=0.5)": 0.75}
    assert result.to_dict(0)["lineup"] == [expected, "(p=0.12341, q=0.5)"]


def test_results_of_simulations_can_be_played_again() -> None:
    pool = [bb.ARCHETYPES["liar"], strategy_of(1 / 3, 2 / 3), bb.ARCHETYPES["hero"]]
    lineup: list[object] = [
        {1: 0.3, 0: 0.7},
        "hero",
        bb.Mixture([0, strategy_of(0.1, 0.7)], [0.5, 0.5]),
        [0.0, 0.5, 0.5],
    ]
    played = bb.simulate(DEFAULT, [lineup], pool=pool, episodes=640, seed=3)
    told = json.loads(json.dumps(played.to_dict(0)))
    assert told["names"] == ["(p=0.333, q=0.667)", "liar", "hero", "(p=0.1, q=0.7)", "hero"]
    seats = [bb.Mixture(**seat) for seat in told["seats"]]
    again = bb.simulate(
        bb.Scenario.from_dict(told["scenario"]),
        [seats],
        pool=told["strategy_pool"],
        episodes=told["episodes"],
        seed=told["seed"],
    )
    assert np.array_equal(again.counts.totals, played.counts.totals)
    assert again.mean.tolist() == [told["mean"]]


@pytest.mark.parametrize("method", ["exact", "sampled"])
def test_saved_equilibria_can_be_played_again(method: str, tmp_path: Path) -> None:
    found = bb.DoubleOracle(SMALL, num_simulations=500, method=method, max_iterations=4).solve()
    save_equilibria([found], tmp_path / "nash.json")
    (loaded,) = load_equilibria(tmp_path / "nash.json")
    assert loaded == found
    paid = bb.expected(loaded.scenario, [loaded.lineup]).mean[0]
    if method == "exact":
        assert paid.mean() == pytest.approx(found.payoff, abs=1e-9)
    assert bb.simulate(loaded.scenario, [loaded.lineup], episodes=64).episodes == 64
    entry = json.loads((tmp_path / "nash.json").read_text())["equilibria"][0]
    pool = entry["strategy_pool"]
    named = [*zip(entry["names"], pool, strict=True)]
    named += [(each["name"], each["strategy"]) for each in entry["deviations"]]
    for step in entry["history"]:
        named.append((step["best_response"], step["best_response_strategy"]))
        assert sum(step["distribution"].values()) == pytest.approx(1)
        if len(step["distribution"]) == 1:
            named.append((step["equilibrium"], pool[int(*step["distribution"])]))
    strategies: dict[str, list[float]] = {}
    for name, theta in named:
        assert len(theta) == 10
        assert strategies.setdefault(name, theta) == theta
    # Files of before have no θ in their history.
    for step in entry["history"]:
        del step["distribution"], step["best_response_strategy"]
    old = {"schema_version": 2, "equilibria": [entry]}
    (tmp_path / "old.json").write_text(json.dumps(old))
    (from_old,) = load_equilibria(tmp_path / "old.json")
    assert bb.expected(SMALL, [from_old.lineup]).mean[0].tolist() == paid.tolist()


def test_saved_roles_can_be_played_again(tmp_path: Path) -> None:
    found = RoleSearch(SMALL, starts=0, method="exact").solve([["hero", "free_rider"]])
    save_roles(found, tmp_path / "roles.json")
    (loaded,) = load_roles(tmp_path / "roles.json")
    paid = bb.expected(loaded.scenario, [loaded.lineup]).mean[0]
    assert paid == pytest.approx(found[0].payoffs, abs=1e-9)


def test_roles_that_play_alike_share_a_name_and_others_do_not() -> None:
    resting = bb.ARCHETYPES["free_rider"].copy()
    resting[8] = 1.0
    names = role_names([strategy_of(0, 0.3), resting, strategy_of(1, 0.5), strategy_of(1, 0.5001)])
    assert names == [
        "free rider (p=0)",
        "free rider (p=0)",
        "firefighter (p=1, q=0.5)",
        "firefighter (p=1, q=0.5001)",
    ]
