"""Scenarios, strategies and line-ups from files, this package's and the original project's."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scenario_files import ORIGINAL, written
from typer.testing import CliRunner

import bucket_brigade as bb
from bucket_brigade.cli import app
from bucket_brigade.game.lineup_files import load_strategy, parse_lineup

HERO, LIAR = (bb.ARCHETYPES[name].tolist() for name in ("hero", "liar"))
NOTHING: dict[str, Any] = {
    "agent_home_positions": [],
    "distance_cost_alpha": 0,
    "distance_metric": "ring_arc",
    "action_shaping_alpha": 0.0,
    "action_shaping_beta": 0.0,
    "progress_shaping_coef": 0.0,
    "team_welfare_lambda": 0.0,
    "team_welfare_gamma": 1.0,
    "team_welfare_kind": "none",
    "action_validity_mode": "always_valid",
    "extinguish_mode": "bernoulli",
    "suppression_per_worker": 0.0,
    "commitment_mode": "simultaneous",
}
RULES = {
    "agent_home_positions": ([0, 3, 5, 8], "live elsewhere"),
    "distance_cost_alpha": (0.1, "farther"),
    "distance_metric": ("euclid", "distance"),
    "action_shaping_alpha": (1.0, "bonus"),
    "action_shaping_beta": (-1, "bonus"),
    "progress_shaping_coef": (5, "number of safe houses"),
    "team_welfare_lambda": (0.5, "potential"),
    "team_welfare_kind": ("team_welfare_closed_form", "potential"),
    "action_validity_mode": ("adjacent_only", "too far"),
    "extinguish_mode": ("continuous", "enough work"),
    "commitment_mode": ("two_phase", "signals"),
}

# Scenarios.


def test_rules_that_do_nothing_load(tmp_path: Path) -> None:
    assert bb.load_scenario(written(tmp_path, {**ORIGINAL, **NOTHING})) == bb.scenario("default")
    at_home = {**ORIGINAL, "agent_home_positions": [0, 1, 2, 3]}
    assert bb.Scenario.from_dict(at_home) == bb.scenario("default")


@pytest.mark.parametrize("field", list(RULES))
def test_rules_that_are_not_played_are_named(tmp_path: Path, field: str) -> None:
    value, rule = RULES[field]
    for wrong in (value, None, True, "x", [1], {}):
        with pytest.raises(bb.InvalidValue, match=rule) as caught:
            bb.load_scenario(written(tmp_path, {**ORIGINAL, **NOTHING, field: wrong}))
        assert caught.value.field == field
        assert "file.json" in str(caught.value)
    with pytest.raises(bb.InvalidValue, match=rule):
        bb.scenario("default").replace(**{field: value})


def test_ten_equal_numbers_stand_for_one() -> None:
    ten = {**ORIGINAL, "penalty_own_house_burns": [40.0] * 10}
    assert bb.Scenario.from_dict(ten) == bb.scenario("default")
    assert bb.Scenario.from_dict({**ten, "num_agents": 10}).penalty_own_house_burns == (40.0,) * 10
    for wrong in ([40.0] * 9, [40.0] * 9 + [41.0]):
        with pytest.raises(bb.InvalidValue, match="penalty_own_house_burns"):
            bb.Scenario.from_dict({**ten, "penalty_own_house_burns": wrong})


def test_names_with_a_version() -> None:
    assert bb.load_scenario("hard-v1") is bb.scenario("hard-v1") is bb.scenario("hard")
    for wrong in ("hard-v2", "hard-v1-v1", "-v1", "nowhere-v1"):
        with pytest.raises(bb.InvalidValue):
            bb.load_scenario(wrong)


def test_all_scenarios_of_a_file(tmp_path: Path) -> None:
    hard = {**ORIGINAL, "prob_house_catches_fire": 0.05}
    path = written(tmp_path, {"scenarios": {"one": ORIGINAL, "two": hard}})
    loaded = bb.load_scenarios(f"{path}:*")
    assert [each.name for each in loaded] == ["one", "two"]
    assert loaded[1].prob_house_catches_fire == 0.05
    assert bb.load_scenarios(f"{path}:two") == loaded[1:]
    assert bb.load_scenarios("easy") == [bb.scenario("easy")]
    for wrong in (str(path), f"{path}:*"):
        with pytest.raises(bb.InvalidValue, match="one, two"):
            bb.load_scenario(wrong)
    with pytest.raises(bb.InvalidFile, match="no scenario"):
        bb.load_scenarios(written(tmp_path, {"scenarios": {}}))


def test_what_is_wrong_in_a_file_is_told_with_its_place(tmp_path: Path) -> None:
    wrong = {"scenarios": {"one": {**ORIGINAL, "min_nights": -1}}}
    with pytest.raises(bb.InvalidValue) as caught:
        bb.load_scenario(written(tmp_path, wrong))
    assert caught.value.field == "min_nights"
    assert "file.json, scenario one" in str(caught.value)
    long = json.dumps(ORIGINAL).replace("12", "1" * 5000)
    with pytest.raises(bb.InvalidFile, match=r"file\.json"):
        bb.load_scenario(written(tmp_path, long))


# Strategies and line-ups.


def plain(entry: object) -> object:
    """A seat's entry with lists for arrays, and archetypes by their numbers."""
    if isinstance(entry, bb.Mixture):
        return [plain(x) for x in entry.strategies], list(entry.weights)
    return bb.as_strategy(entry).tolist()


POOL = {
    "strategy_pool": [{"probability": 0.25, "genome": HERO}, {"probability": 0.75, "genome": LIAR}]
}
PROFILE = [{"genome": HERO}, {"genome": LIAR}, LIAR, "Hero"]
MIXED = ([HERO, LIAR], [0.25, 0.75])


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (HERO, [HERO] * 4),
        ("Free Rider", [bb.ARCHETYPES["free_rider"].tolist()] * 4),
        ({"genome": LIAR, "name": "x"}, [LIAR] * 4),
        ({"params": LIAR}, [LIAR] * 4),
        (PROFILE, [HERO, LIAR, LIAR, HERO]),
        ({"strategy_profile": PROFILE}, [HERO, LIAR, LIAR, HERO]),
        (
            {
                "positions": [
                    {"position": 3 - i, "genome": x} for i, x in enumerate([HERO, *[LIAR] * 3])
                ]
            },
            [LIAR, LIAR, LIAR, HERO],
        ),
        (POOL, [MIXED] * 4),
        ({"equilibrium": POOL}, [MIXED] * 4),
        ({"strategy_pool": [HERO, LIAR], "distribution": {"1": 0.75, "0": 0.25}}, [MIXED] * 4),
        ({"strategy_pool": [HERO, LIAR], "distribution": {"1": 1.0}}, [LIAR] * 4),
        ({"equilibria": [POOL]}, [MIXED] * 4),
        ([POOL, HERO, HERO, HERO], [MIXED, HERO, HERO, HERO]),
    ],
)
def test_line_ups_load(tmp_path: Path, content: object, expected: list[object]) -> None:
    path = written(tmp_path, json.dumps(content))
    lineup = bb.load_lineup(path)
    assert [plain(entry) for entry in lineup] == expected
    played = bb.simulate(bb.scenario("easy"), [lineup, parse_lineup(str(path))], episodes=64)
    assert np.array_equal(played.mean[0], played.mean[1])


def test_parts_of_files(tmp_path: Path) -> None:
    archetypes = {"archetypes": {"one": {"params": HERO}, "two": {"params": LIAR}}}
    path = written(tmp_path, archetypes)
    assert plain(bb.load_lineup(f"{path}:two", 2)[1]) == LIAR
    assert [plain(x) for x in parse_lineup(f"hero, {path}:two")] == [HERO, LIAR]
    named = written(
        tmp_path, [{"name": "a", "genome": HERO}, {"name": "b", "genome": LIAR}], "n.json"
    )
    assert plain(load_strategy(f"{named}:b")) == plain(load_strategy(f"{named}:1")) == LIAR
    several = written(tmp_path, {"equilibria": [POOL, {"strategy_profile": PROFILE}]}, "e.json")
    assert plain(bb.load_lineup(f"{several}:1")[2]) == LIAR
    for wrong in (f"{path}:three", str(path), f"{several}:2", "nowhere.json", f"{tmp_path}/no:1"):
        with pytest.raises(bb.InvalidValue):
            bb.load_lineup(wrong)


def test_equilibria_of_this_package_load(tmp_path: Path) -> None:
    scenario = bb.scenario("easy").replace(num_houses=3, num_agents=2, max_nights=13)
    found = bb.DoubleOracle(scenario, method="exact", max_iterations=2).solve()
    bb.equilibrium.save_equilibria([found], tmp_path / "found.json")
    lineup = bb.load_lineup(tmp_path / "found.json", 2)
    assert bb.expected(scenario, [lineup]).mean.mean() == pytest.approx(found.payoff)


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ("Nobody", "no strategy"),
        (HERO[:9], "no strategy"),
        ([*HERO[:9], 1.5], "altruism"),
        ({"gene": HERO}, "genome"),
        ({"genome": {"honesty": 1}}, "genome"),
        ([HERO, HERO], "2 seats"),
        ([HERO, HERO, None, HERO], r"\[2\]"),
        ({"positions": [{"position": 0, "genome": HERO}] * 4}, "positions"),
        ({"strategy_profile": [{"genome": HERO[1:]}] * 4}, r"strategy_profile\[0\]"),
        ({"strategy_pool": []}, "strategy_pool"),
        ({"strategy_pool": [HERO]}, "probabilities"),
        ({"strategy_pool": [HERO], "distribution": {"1": 1.0}}, "distribution"),
        ({"strategy_pool": [HERO, LIAR], "distribution": {"0": 0.5, "1": 0.4}}, "add up"),
        ({"strategy_pool": [HERO, LIAR], "distribution": {"0": 1.5, "1": -0.5}}, "probability"),
        ({"strategy_pool": [HERO], "distribution": {"0": "x"}}, "probability"),
        ({"strategy_pool": [POOL], "distribution": {"0": 1}}, "mixture of mixtures"),
        ("[" * 100_000, "JSON"),
        ("{", "line 1"),
        (None, "no strategy"),
    ],
)
def test_what_is_no_line_up_is_told_with_its_place(
    tmp_path: Path, content: object, place: str
) -> None:
    raw = content in ("[" * 100_000, "{")
    path = written(tmp_path, content if raw else json.dumps(content))
    with pytest.raises(bb.InvalidFile, match=place) as caught:
        bb.load_lineup(path)
    assert "file.json" in str(caught.value)


def test_files_on_the_command_line(tmp_path: Path) -> None:
    scenarios = written(tmp_path, {"scenarios": {"one": ORIGINAL}}, "s.json")
    profile = written(tmp_path, {"strategy_profile": PROFILE}, "p.json")
    done = CliRunner().invoke(
        app,
        ["simulate", f"{scenarios}:one", "--lineup", str(profile), "--episodes", "64", "--json"],
    )
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["lineup"] == ["hero", "liar", "liar", "hero"]
    assert told["scenario"]["name"] == "one"


@pytest.mark.parametrize("name", ["Hero", "HERO", " hero ", "hero"])
def test_archetypes_in_any_case(name: str) -> None:
    played = bb.simulate(bb.scenario("easy"), [[name] * 4, ["hero"] * 4], episodes=64)
    assert played.mean[0].tolist() == played.mean[1].tolist()
    assert played.to_dict(0)["lineup"] == ["hero"] * 4
    assert bb.as_strategy("Free-Rider") is bb.ARCHETYPES["free_rider"]
