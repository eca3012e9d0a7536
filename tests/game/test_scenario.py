"""Scenarios: the twelve of docs/rules.md, changed copies, and files of two projects."""

import json
from pathlib import Path
from typing import Any

import pytest
from drawn_games import scenarios
from hypothesis import given, settings
from scenario_files import ORIGINAL, written
from typer.testing import CliRunner

import bucket_brigade as bb
from bucket_brigade.cli import app

COLUMNS = (
    "prob_fire_spreads_to_neighbor",
    "prob_solo_agent_extinguishes_fire",
    "prob_house_catches_fire",
    "team_reward_house_survives",
    "team_penalty_house_burns",
    "cost_to_work_one_night",
    "min_nights",
    "reward_own_house_survives",
    "penalty_own_house_burns",
)


def rows_of_the_page() -> dict[str, list[float]]:
    page = Path(__file__).parents[2] / "docs" / "rules.md"
    section = page.read_text(encoding="utf-8").split("## The twelve scenarios")[1].split("\n## ")[0]
    lines = [line.strip("| ").split("|") for line in section.splitlines() if line[:3] == "| `"]
    return {name.strip(" `"): [float(cell) for cell in cells] for name, *cells in lines}


ROWS = rows_of_the_page()


# The twelve.


def test_the_names_are_those_of_the_page() -> None:
    assert list(ROWS) == bb.list_scenarios() == list(bb.SCENARIOS)
    assert len(ROWS) == 12


@pytest.mark.parametrize("name", list(ROWS))
def test_the_numbers_are_those_of_the_page(name: str) -> None:
    scenario = bb.scenario(name)
    assert [getattr(scenario, column) for column in COLUMNS] == ROWS[name]
    assert (scenario.num_houses, scenario.num_agents, scenario.max_nights) == (10, 4, 100)
    assert scenario.reward_rest == 0.5
    assert scenario.reward_other_house_survives == scenario.penalty_other_house_burns == 0
    assert scenario.night_order == "spread_then_burn_out"
    assert scenario.end_rule == "all_safe_or_all_ruined"
    assert scenario.name == name
    assert scenario.description
    assert bb.load_scenario(name) is scenario


# Copies.


@settings(max_examples=100, deadline=None)
@given(scenarios(most_nights=10_000))
def test_json_gives_back_the_same_scenario(scenario: bb.Scenario) -> None:
    text = json.dumps(scenario.to_dict(), allow_nan=False)
    back = bb.Scenario.from_dict(json.loads(text))
    assert back == scenario
    assert (back.name, back.description) == (scenario.name, scenario.description)
    assert json.loads(text)["rules_version"] == bb.RULES_VERSION


def test_files_give_back_the_same_scenario(tmp_path: Path) -> None:
    scenario = bb.scenario("hard").replace(
        reward_own_house_survives=[1, 2, 3, 4], name="fünf", description="…"
    )
    scenario.save(tmp_path / "saved.json")
    back = bb.load_scenario(tmp_path / "saved.json")
    assert back == scenario
    assert (back.name, back.description) == ("fünf", "…")


def test_replacing_changes_what_is_named_only() -> None:
    hard = bb.scenario("hard")
    changed = hard.replace(cost_to_work_one_night=0.9, end_rule="no_fires")
    assert (changed.cost_to_work_one_night, changed.end_rule) == (0.9, "no_fires")
    assert hard.cost_to_work_one_night == 0.5
    assert changed != hard
    assert changed.replace(cost_to_work_one_night=0.5, end_rule=hard.end_rule) == hard


def test_names_do_not_count_in_comparisons() -> None:
    easy = bb.scenario("easy")
    assert easy.replace(name="mine", description="other") == easy
    assert easy != bb.scenario("hard")


def test_scenarios_are_frozen() -> None:
    with pytest.raises(AttributeError):
        bb.scenario("easy").min_nights = 3  # type: ignore[misc]
    with pytest.raises(TypeError):
        bb.SCENARIOS["easy"] = bb.scenario("hard")  # type: ignore[index]


@pytest.mark.parametrize(
    "change",
    [
        {"prob_house_catches_fire": 1.2},
        {"prob_house_catches_fire": -1e-9},
        {"prob_solo_agent_extinguishes_fire": float("nan")},
        {"prob_fire_spreads_to_neighbor": "0.5"},
        {"team_reward_house_survives": float("inf")},
        {"reward_rest": None},
        {"cost_to_work_one_night": True},
        {"cost_to_work_one_night": 10**400},
        {"penalty_own_house_burns": [1.0] * 3},
        {"penalty_own_house_burns": [1.0, 2.0, 3.0, float("inf")]},
        {"reward_other_house_survives": "many"},
        {"reward_other_house_survives": {0: 1.0}},
        {"min_nights": -1},
        {"min_nights": 101},
        {"min_nights": 2.5},
        {"max_nights": 0},
        {"max_nights": 10_001},
        {"num_agents": 0},
        {"num_agents": 17},
        {"num_agents": True},
        {"num_houses": 1},
        {"num_houses": 33},
        {"num_houses": 10**30},
        {"night_order": "both"},
        {"end_rule": None},
        {"name": 3},
    ],
)
def test_what_is_not_allowed_is_refused_by_name(change: dict[str, Any]) -> None:
    (field,) = change
    with pytest.raises(bb.InvalidValue) as caught:
        bb.scenario("default").replace(**change)
    assert caught.value.field.startswith(field)
    assert caught.value.allowed


def test_unknown_parameters_are_refused() -> None:
    with pytest.raises(bb.InvalidValue, match="prob_fire"):
        bb.scenario("default").replace(prob_fire=0.1)


# Files of the original project.


@pytest.mark.parametrize("own", [20.0, [20.0] * 4])
def test_files_of_the_original_project(tmp_path: Path, own: object) -> None:
    content = {**ORIGINAL, "reward_own_house_survives": own, "description": "In the middle."}
    loaded = bb.load_scenario(written(tmp_path, content))
    expected = bb.scenario("default")
    simulated = [
        bb.simulate(s, [["hero", "liar", "hero", "liar"]], episodes=100) for s in (loaded, expected)
    ]
    assert simulated[0].mean.tolist() == simulated[1].mean.tolist()
    assert loaded.description == "In the middle."
    assert loaded.name == "file"


def test_registries_of_the_original_project(tmp_path: Path) -> None:
    hard = {**ORIGINAL, "prob_house_catches_fire": 0.05}
    registry = {"version": "2.0", "scenarios": {"default": ORIGINAL, "hard": hard}}
    path = written(tmp_path, registry)
    loaded = bb.load_scenario(f"{path}:hard")
    assert (loaded.prob_house_catches_fire, loaded.name) == (0.05, "hard")
    assert bb.load_scenario(f"{path}:default").prob_house_catches_fire == 0.02
    for wrong in (str(path), f"{path}:easy"):
        with pytest.raises(bb.InvalidValue, match="hard"):
            bb.load_scenario(wrong)


def test_a_registry_of_one_needs_no_name(tmp_path: Path) -> None:
    path = written(tmp_path, {"version": "2.0", "scenarios": {"only": ORIGINAL}})
    assert bb.load_scenario(path) == bb.scenario("default")
    assert bb.load_scenario(path).name == "only"


# Files that are not what they should be.


@pytest.mark.parametrize(
    "content",
    [
        json.dumps(ORIGINAL)[:-20],
        "",
        "not JSON",
        "[1, 2]",
        "3",
        "null",
        "[" * 100_000,
        '{"scenarios": {"one": 3}}',
    ],
)
def test_what_is_no_scenario_is_an_invalid_file(tmp_path: Path, content: str) -> None:
    path = written(tmp_path, content)
    with pytest.raises(bb.InvalidFile, match=r"file\.json"):
        bb.load_scenario(path)


def test_bytes_that_are_no_text_and_folders_are_invalid_files(tmp_path: Path) -> None:
    path = tmp_path / "bytes.json"
    path.write_bytes(b"\xff\xfe\x00{}")
    for wrong in (path, tmp_path):
        with pytest.raises(bb.InvalidFile):
            bb.load_scenario(wrong)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"min_nights": "twelve"}, "min_nights"),
        ({"num_agents": None}, "num_agents"),
        ({"cost_to_work_one_night": [1, 2]}, "cost_to_work_one_night"),
        ({"penalty_own_house_burns": [[1, 2, 3, 4]]}, "penalty_own_house_burns"),
        ({"prob_fire": 0.3}, "parameter"),
        ({"rules_version": 2}, "rules_version"),
        ({"rules_version": "1"}, "rules_version"),
        ({"description": 3}, "description"),
    ],
)
def test_wrong_fields_are_named(tmp_path: Path, change: dict[str, object], field: str) -> None:
    path = written(tmp_path, {**ORIGINAL, **change})
    with pytest.raises(bb.InvalidValue) as caught:
        bb.load_scenario(path)
    assert caught.value.field == field


@pytest.mark.parametrize("missing", COLUMNS[:7])
def test_missing_fields_are_named(tmp_path: Path, missing: str) -> None:
    content = {key: value for key, value in ORIGINAL.items() if key != missing}
    with pytest.raises(bb.InvalidValue) as caught:
        bb.load_scenario(written(tmp_path, content))
    assert caught.value.field == missing


@pytest.mark.parametrize("source", ["nowhere", "nowhere.json", "nowhere.json:hard"])
def test_what_is_nowhere_is_no_scenario(source: str) -> None:
    with pytest.raises(bb.InvalidValue, match="default"):
        bb.load_scenario(source)


def test_rules_by_name() -> None:
    hard = bb.scenario("hard")
    assert hard.with_rules(None) is hard
    rust = hard.replace(night_order="burn_out_then_spread")
    python = rust.replace(end_rule="no_fires", max_nights=10_000)
    assert hard.replace(max_nights=50).with_rules("original-rust") == rust
    assert bb.scenario("hard", rules="original-rust") == rust
    assert bb.load_scenario("hard-v1", rules="original-python") == python
    assert bb.load_scenarios("hard", rules="original-python") == [python]
    assert python.with_rules("original-rust") == rust
    for wrong in ("original", "", 3, ["original-rust"]):
        with pytest.raises(bb.InvalidValue, match="original-rust, original-python") as caught:
            bb.scenario("hard", rules=wrong)  # type: ignore[arg-type]
        assert caught.value.field == "rules"
    with pytest.raises(bb.InvalidValue, match="did you mean original-rust"):
        hard.with_rules("orginal-rust")
    with pytest.raises(bb.InvalidValue, match="min_nights"):
        hard.replace(min_nights=200, max_nights=300).with_rules("original-rust")


def test_rules_by_name_on_the_command_line() -> None:
    def shown(*arguments: str, code: int = 0) -> str:
        result = CliRunner().invoke(app, arguments)
        assert result.exit_code == code, result.output
        # What is told of progress, on a slow machine, goes beside it.
        return result.stdout if code == 0 else result.output

    rules = ("--rules", "original-python", "--json")
    scenario = json.loads(shown("scenarios", "hard", *rules))
    assert bb.Scenario.from_dict(scenario) == bb.scenario("hard", rules="original-python")
    assert {each["end_rule"] for each in json.loads(shown("scenarios", *rules))} == {"no_fires"}
    lineup = ("--lineup", "hero,hero,hero,hero")
    some = ("easy", *lineup, "--episodes", "64", *rules)
    played = json.loads(shown("simulate", *some, "--set", "max_nights=40"))["scenario"]
    assert (played["end_rule"], played["max_nights"]) == ("no_fires", 40)
    order = ("--night-order", "spread_then_burn_out")
    replayed = json.loads(shown("episode", "easy", *lineup, *rules, *order))["scenario"]
    assert (replayed["night_order"], replayed["end_rule"]) == ("spread_then_burn_out", "no_fires")
    sizes = ("num_houses=3", "max_nights=5", "min_nights=1")
    small = ("easy", *rules, *(part for size in sizes for part in ("--set", size)))
    judged = json.loads(shown("judge", *small, *lineup))["scenario"]
    best = json.loads(shown("optimum", *small))["optima"][0]["scenario"]
    paid = json.loads(shown("payoffs", *small, "--method", "exact"))["scenario"]
    found = json.loads(shown("nash", *small, "--out", "-"))["equilibria"][0]["scenario"]
    told = json.loads(shown("roles", *small, "--out", "-"))["roles"][0]["scenario"]
    assert judged == best == paid == found == told
    assert judged["end_rule"] == "no_fires"
    assert "original-rust, original-python" in shown("scenarios", "hard", "--rules", "x", code=2)
