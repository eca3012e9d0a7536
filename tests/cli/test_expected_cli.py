"""The command line: exact payoffs in the form of sampled ones, and one checked by the other."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from small_games import LIVELY
from typer.testing import CliRunner

import bucket_brigade as bb
from bucket_brigade import _core
from bucket_brigade.cli import app
from bucket_brigade.evaluation import cross_examination as check
from bucket_brigade.evaluation.cross_examination import cross_examine
from bucket_brigade.simulation import parts

LINEUP = ["hero", "liar"]


@pytest.fixture
def game(tmp_path: Path) -> str:
    file = tmp_path / "lively.json"
    LIVELY.save(file)
    return str(file)


def run(command: str, name: str, *arguments: str) -> Any:
    lineup = ["--lineup", ",".join(LINEUP)] if command == "simulate" else []
    return CliRunner().invoke(app, [command, name, *lineup, *arguments])


def spoil(monkeypatch: pytest.MonkeyPatch, column: int, change: float) -> None:
    """An engine that adds something to one of the expected counts."""
    core = _core.expected

    def wrong(*arguments: Any, **options: Any) -> npt.NDArray[np.float64]:
        counts = core(*arguments, **options)
        counts[:, column] += change
        return counts

    monkeypatch.setattr(_core, "expected", wrong)


# --method


def test_simulate_exactly(game: str, tmp_path: Path) -> None:
    file = tmp_path / "table.csv"
    ran = run("simulate", game, "--method", "exact", "--json", "--csv", str(file))
    assert (ran.exit_code, ran.stderr) == (0, "")
    exact = bb.expected(LIVELY, [LINEUP])
    assert json.loads(ran.stdout) == {
        **exact.to_dict(0),
        "scenario": {**LIVELY.to_dict(), "name": "custom"},
    }
    assert file.read_text(encoding="utf-8") == exact.to_csv()
    sampled = json.loads(run("simulate", game, "--json", "--episodes", "64").stdout)
    assert list(sampled) == list(json.loads(ran.stdout))
    assert sampled["method"] == "sampled"


def test_tables_say_how(game: str) -> None:
    exact = run("simulate", game, "--method", "exact")
    assert exact.exit_code == 0
    assert "custom: exact" in exact.stdout
    assert "computed without sampling" in exact.stdout
    assert f"{bb.expected(LIVELY, [LINEUP]).mean[0, 1]:.4f}" in exact.stdout
    assert "played by cpu" in run("simulate", game, "--episodes", "64").stdout
    matrix = run("payoffs", game, "--method", "exact")
    assert "exact return" in matrix.stdout
    assert "±" not in matrix.stdout


def test_auto(game: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for seconds, method in [(0.0, "exact"), (1e9, "sampled")]:
        monkeypatch.setattr(_core, "exact_cost", lambda scenario, s=seconds, **_: (1, s))
        options = ["--method", "auto", "--json"]
        for arguments in (["--episodes", "64"], ["--stderr", "1.0"], []):
            ran = run("simulate", game, *options, *arguments)
            assert json.loads(ran.stdout)["method"] == method
        matrix = run("payoffs", game, *options, "--episodes", "64", "--seat", "0")
        assert json.loads(matrix.stdout)["method"] == method


def test_payoffs(game: str) -> None:
    ran = run("payoffs", game, "--method", "exact", "--json")
    expected = bb.payoff_matrix(LIVELY, method="exact")
    assert json.loads(ran.stdout)["mean"] == expected.mean.tolist()


@pytest.mark.parametrize("command", ["simulate", "payoffs"])
def test_unknown_methods(command: str, game: str) -> None:
    ran = run(command, game, "--method", "x")
    assert (ran.exit_code, ran.stderr) == (
        2,
        "bucket-brigade: method = 'x' is not allowed: expected one of sampled, exact, auto\n",
    )


# --check


def test_a_check_that_agrees(game: str) -> None:
    ran = run("simulate", game, "--check", "--episodes", "20000")
    assert (ran.exit_code, ran.stderr) == (0, "")
    assert "18 comparisons" in ran.stdout
    for name in ("payoff[1]", "nights", "worked[1]", "safe[2]", "ruined[2]", "saved[2]"):
        assert name in ran.stdout
    assert "ended.all_ruined" in ran.stdout


def test_a_check_as_json(game: str, tmp_path: Path) -> None:
    file = tmp_path / "table.csv"
    options = ["--check", "--json", "--episodes", "3333", "--seed", "5", "--first-episode", "7"]
    ran = run("simulate", game, *options, "--csv", str(file))
    assert ran.exit_code == 0
    content = json.loads(ran.stdout)
    exact = bb.expected(LIVELY, [LINEUP])
    found = content.pop("check")
    assert content == json.loads(json.dumps(exact.to_dict(0)))
    assert file.read_text(encoding="utf-8") == exact.to_csv()
    assert (found["agrees"], found["limit"], found["episodes"], found["seed"]) == (True, 5, 3333, 5)
    rows = found["comparisons"]
    assert found["worst"] == max(abs(row["deviation"]) for row in rows)

    played = bb.simulate(LIVELY, [LINEUP], episodes=3333, seed=5, first_episode=7, per_block=True)
    means = [*played.mean[0], *(played.counts.totals[0] / 3333)]
    assert [row["sampled"] for row in rows] == pytest.approx(means, rel=1e-12)
    expected = [*exact.mean[0], *exact.counts.totals[0]]
    assert [row["exact"] for row in rows] == pytest.approx(expected, rel=1e-14)
    assert [row["stderr"] for row in rows[:2]] == pytest.approx(played.stderr[0].tolist(), rel=1e-9)
    # Standard errors of counts from their blocks, of which the first and the last are cut.
    assert played.counts.blocks is not None
    sizes, sums = played.counts.block_episodes, played.counts.blocks[0].astype(float)
    squares = ((sums - np.outer(sizes, sums.sum(axis=0) / 3333)) ** 2).sum(axis=0)
    errors = np.sqrt(len(sizes) / (len(sizes) - 1) * squares) / 3333
    common = [row for row in rows[2:] if row["name"] != "ended.no_fires"]
    kept = [i for i, row in enumerate(rows[2:]) if row["name"] != "ended.no_fires"]
    assert [row["stderr"] for row in common] == pytest.approx(errors[kept].tolist(), rel=1e-9)
    for row in common:
        gap = (row["sampled"] - row["exact"]) / row["stderr"]
        assert row["deviation"] == pytest.approx(gap, rel=1e-9)


@pytest.mark.parametrize("column", range(16))
def test_a_wrong_count_is_noticed(column: int, game: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # Nights, worked, safe, ruined, saved and ended of LIVELY: each by little, one at a time.
    spoil(monkeypatch, column, 0.2)
    ran = run("simulate", game, "--check", "--episodes", "20000", "--json")
    assert ran.exit_code == 1
    content = json.loads(ran.stdout)
    assert not content["check"]["agrees"]
    row = content["check"]["comparisons"][2 + column]
    assert row["deviation"] < -5
    assert "disagree by more than 5 standard errors in" in ran.stderr
    assert row["name"] in ran.stderr


def test_not_a_number_disagrees(game: str, monkeypatch: pytest.MonkeyPatch) -> None:
    spoil(monkeypatch, 0, float("nan"))
    ran = run("simulate", game, "--check", "--episodes", "20000")
    assert ran.exit_code == 1
    assert "nights" in ran.stderr


def test_a_check_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = cross_examine(LIVELY, LINEUP, episodes=5001, seed=2, first_episode=50)
    monkeypatch.setattr(parts, "HELD_BLOCKS", 1)
    again = cross_examine(LIVELY, LINEUP, episodes=5001, seed=2, first_episode=50)
    for one, other in zip(whole.comparisons, again.comparisons, strict=True):
        assert one.sampled == pytest.approx(other.sampled, rel=1e-12)
        assert one.stderr == pytest.approx(other.stderr, rel=1e-9)
    assert (again.episodes, again.seed, again.first_episode) == (5001, 2, 50)


def test_what_has_no_variance(monkeypatch: pytest.MonkeyPatch) -> None:
    calm = LIVELY.replace(prob_house_catches_fire=0.0, cost_to_work_one_night=0.1)
    found = cross_examine(calm, ["hero", "hero"], episodes=100_000)
    # The number 0.1 is not exact in floats.
    assert found.worst == 0.0
    for column, change in [(0, 0.01), (1, -0.01), (15, -0.01), (9, 0.01)]:
        with monkeypatch.context() as patch:
            spoil(patch, column, change)
            assert not cross_examine(calm, ["hero", "hero"], episodes=100_000).agrees


def test_what_is_too_rare_for_the_sample() -> None:
    # About one fire in 400 episodes, and it does not always end in ruin.
    rare = LIVELY.replace(prob_house_catches_fire=0.0003)
    seen = []
    for seed in range(40):
        found = cross_examine(rare, LINEUP, episodes=3200, seed=seed)
        assert found.agrees, (seed, found.worst)
        seen.append(found.comparisons[2 + 6].sampled)
    assert min(seen) == 0.0 < max(seen)


def test_payoffs_are_allowed_what_is_too_rare() -> None:
    # One episode in thousands loses a house, and everything with it.
    rare = LIVELY.replace(prob_house_catches_fire=1e-5, team_penalty_house_burns=1e5)
    ruined = []
    for seed in range(20):
        found = cross_examine(rare, LINEUP, episodes=3200, seed=seed)
        payoff = found.comparisons[0]
        assert found.agrees, (seed, found.worst)
        ruined.append(payoff.sampled < 0)
        # The error of a sample without a ruin is that of working, far from what it misses.
        if not ruined[-1]:
            assert payoff.sampled - payoff.exact > 1
    assert not all(ruined)


def test_checks_need_a_sample(game: str) -> None:
    few = run("simulate", game, "--check", "--episodes", str(check.FEWEST - 1))
    assert few.exit_code == 2
    assert "episodes = 3199 is not allowed: expected at least 3,200" in few.stderr
    both = run("simulate", game, "--check", "--stderr", "1")
    assert both.exit_code == 2
    assert "either --stderr or --check, not both" in both.stderr
