"""``bucket-brigade sweep`` and ``sweep-export``."""

import json
from pathlib import Path

from small_games import LIVELY
from typer.testing import CliRunner

import bucket_brigade as bb
from bucket_brigade.cli import app

COST = "cost_to_work_one_night"


def run(*arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, list(arguments))
    assert result.exit_code == code, result.output
    return result.output


def sweep(*arguments: str, code: int = 0) -> str:
    return run("sweep", *arguments, "--workers", "1", "--progress", "none", code=code)


def test_a_sweep_is_printed_kept_and_gone_on_with(tmp_path: Path) -> None:
    out, game = tmp_path / "sweep", tmp_path / "game.json"
    LIVELY.save(game)
    plan = ["--base", str(game), "--grid", f"{COST}=1,40", "--do", "nash", "--out", str(out)]
    csv = CliRunner().invoke(app, ["sweep", *plan, "--workers", "1", "--csv", "-"]).stdout
    assert csv == bb.load_sweep(out).to_csv()
    assert csv.startswith(f"{COST},origin,failed,nash_verdict")
    assert "--resume to go on with it" in sweep(*plan, code=2)
    # What is given comes in place of what the plan in the file says.
    resumed = ["--resume", "--out", str(out)]
    text = sweep(*resumed, "--boundary", f"{COST}:nash_work:20", "--do", "nash,optimum")
    assert f"where nash_work changes along {COST}" in text
    document = json.loads(sweep(*resumed, "--json"))
    assert document["axes"] == [COST]
    assert document["plan"]["do"] == ["nash", "optimum"]
    (threshold, *_) = document["thresholds"]
    assert 0 < threshold["high"] - threshold["low"] <= 20
    assert len(document["points"]) > 2
    assert run("sweep-export", str(out), "--csv", "-") == bb.load_sweep(out).to_csv()
    assert run("sweep-export", str(out), "--json") != ""
    assert "--csv FILE" in run("sweep-export", str(out), code=2)


def test_points_come_from_files(tmp_path: Path) -> None:
    out, points, plan = tmp_path / "sweep", tmp_path / "points.csv", tmp_path / "plan.toml"
    points.write_text(f"scenario,{COST}\nhard,2\neasy,3\n")
    plan.write_text('do = "payoffs"\nlineups = ["hero"]\nmethod = "sampled"\nepisodes = 64\n')
    text = sweep(str(plan), "--points", str(points), "--out", str(out), "--episodes", "320")
    table = bb.load_sweep(out)
    assert [tuple(row[axis] for axis in table.axes) for row in table.rows] == [
        ("hard", 2),
        ("easy", 3),
    ]
    result = bb.simulate(bb.scenario("easy").replace(**{COST: 3}), [["hero"] * 4], episodes=320)
    assert table.rows[1]["lineup0_payoff"] == result.mean.mean()
    assert f"{result.mean.mean():.2f}" in text
    points.write_text(f"{COST}\n1,2\n")
    assert "row 1" in sweep(
        str(plan), "--points", str(points), "--restart", "--out", str(out), code=2
    )


def test_points_that_fail_are_told(tmp_path: Path) -> None:
    options = ["--do", "payoffs", "--lineup", "ten_parameter:liar", "--method", "exact"]
    out = tmp_path / "sweep"
    text = sweep(*options, "--grid", f"{COST}=1,2", "--out", str(out), code=1)
    assert "2 of 2 points failed" in text
    assert "payoffs: lineups" in text
