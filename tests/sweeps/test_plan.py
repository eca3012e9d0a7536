"""Plans: what they stand for, as objects and as files, and what is refused before any work."""

import json
from pathlib import Path
from typing import Any

import pytest
from small_games import LIVELY

import bucket_brigade as bb

COST, SPREAD = "cost_to_work_one_night", "prob_fire_spreads_to_neighbor"
TOML = """
base = "default"
rules = "original-rust"
do = ["nash", "payoffs"]
lineups = ["hero", ["hero", "hero", "liar", "firefighter:w=0.5"]]
boundary = "cost_to_work_one_night"
method = "exact"
seed = 7

[changes]
min_nights = 5

[grid]
cost_to_work_one_night = "0.5:1.5:3"

[[points]]
prob_fire_spreads_to_neighbor = 0.1

[[points]]
prob_fire_spreads_to_neighbor = 0.3
"""


def test_points_are_all_combinations_the_last_axis_first() -> None:
    plan = bb.SweepPlan(grid={COST: [1, 2], SPREAD: [0.1, 0.2]}, points=[{"seed": 1}, {"seed": 2}])
    assert plan.axes == ("seed", COST, SPREAD)
    found = [tuple(point.values.values()) for point in plan.listed()]
    assert found == [(s, c, b) for s in (1, 2) for c in (1, 2) for b in (0.1, 0.2)]
    last = plan.listed()[-1]
    assert last.scenario == bb.scenario("default").replace(**{COST: 2, SPREAD: 0.2})
    assert last.settings["seed"] == 2


def test_a_plan_file_is_the_plan_it_says(tmp_path: Path) -> None:
    file = tmp_path / "plan.toml"
    file.write_text(TOML)
    plan = bb.SweepPlan.load(file)
    assert plan.axes == (SPREAD, COST)
    assert len(plan.listed()) == 6
    assert plan.settings["method"] == "exact"
    assert plan.settings["seed"] == 7
    first = plan.listed()[0].scenario
    assert first == bb.scenario("default", rules="original-rust").replace(
        min_nights=5, **{SPREAD: 0.1, COST: 0.5}
    )
    assert plan.sought is not None
    assert plan.sought.column == "nash_work"
    assert plan.sought.tolerance == pytest.approx(0.01)
    again = tmp_path / "plan.json"
    again.write_text(json.dumps(plan.to_dict()))
    assert bb.SweepPlan.load(again) == plan
    assert bb.SweepPlan.load(file, do="optimum", boundary=None).do == ("optimum",)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"gird": {}}, "did you mean grid?"),
        ({"grid": {"cost": [1]}}, "axis = 'cost'"),
        ({"grid": {COST: ["much"]}}, COST),
        ({"grid": {"min_nights": [1, 200]}}, "min_nights"),
        ({"points": [{COST: 1}, {SPREAD: 0.1}]}, "points[1]"),
        ({"points": [{COST: 1}], "grid": {COST: [1]}}, "points[0]"),
        ({"do": "nahs"}, "did you mean nash?"),
        ({"do": "judge"}, "lineups = none"),
        ({"do": "payoffs", "lineups": ["hero,hero"]}, "lineups[0] = 2 strategies"),
        ({"do": "optimum", "grid": {"num_houses": [4, 20]}}, "num_houses"),
        ({"grid": {COST: [1, 2]}, "boundary": SPREAD}, "boundary ="),
        ({"grid": {COST: [1, 2]}, "do": "optimum", "boundary": COST}, "COLUMN"),
        ({"grid": {COST: [1, 2]}, "boundary": f"{COST}:nash_work:0"}, "above 0"),
        ({"episodes": 0}, "episodes = 0"),
        ({"settings": {"selektor": "rest"}}, "did you mean selector?"),
        ({"grid": {COST: "0:1:2000", SPREAD: "0:1:2000"}}, "4,000,000 points"),
    ],
)
def test_what_is_not_allowed_is_refused_by_its_name(given: dict[str, Any], named: str) -> None:
    with pytest.raises(bb.InvalidValue) as caught:
        bb.SweepPlan.from_dict(given)
    assert named in str(caught.value)


def test_files_that_are_no_plans_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "plan.toml"
    file.write_text("base = ")
    with pytest.raises(bb.InvalidFile, match="not TOML"):
        bb.SweepPlan.load(file)
    file.write_text("colour = 1")
    with pytest.raises(bb.InvalidValue, match=r"plan\.toml"):
        bb.SweepPlan.load(file)


def test_lineups_are_kept_as_what_they_hold(tmp_path: Path) -> None:
    file = tmp_path / "mixture.json"
    pool = [
        {"genome": [1.0] * 10, "probability": 0.25},
        {"genome": [0.0] * 10, "probability": 0.75},
    ]
    file.write_text(json.dumps({"strategy_pool": pool}))
    plan = bb.SweepPlan(base=LIVELY, do="payoffs", lineups=[str(file), ["hero"]])
    file.unlink()
    assert (
        plan.lineups[0] == [{"strategies": [[1.0] * 10, [0.0] * 10], "weights": [0.25, 0.75]}] * 2
    )
    table = bb.sweep(plan, workers=1)
    mixture = bb.Mixture([[1.0] * 10, [0.0] * 10], [0.25, 0.75])
    expected = bb.expected(LIVELY, [[mixture] * 2, ["hero"] * 2]).mean.mean(axis=1).tolist()
    assert [table.rows[0][f"lineup{i}_payoff"] for i in (0, 1)] == pytest.approx(
        expected, abs=1e-12
    )
