"""Tiny runs of the long checks, which find what is right right and what is wrong wrong."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

import bucket_brigade as bb
from bucket_brigade.equilibrium import save_equilibria
from validation import __main__ as command
from validation import coverage, published


def test_the_cross_examination(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "rows.json"
    arguments = ["--episodes", "3200", "--scenarios", "trivial_cooperation", "--json", str(file)]
    assert command.main(["cross-examination", *arguments]) == 0
    assert "172 comparisons" in capsys.readouterr().out
    rows = json.loads(file.read_text(encoding="utf-8"))
    assert [len(row["comparisons"]) for row in rows] == [43] * 4
    assert all(row["agrees"] for row in rows)


def test_intervals_that_miss_too_often_fail(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(coverage, "games", lambda games=coverage.games: [next(games())])
    file = tmp_path / "rows.json"
    arguments = ["coverage", "--repetitions", "20", "--confidence", "0.95", "--json", str(file)]
    arguments += ["--max-episodes", "4096"]
    assert command.main(arguments) == 0
    rows = json.loads(file.read_text(encoding="utf-8"))
    assert [row["repetitions"] for row in rows] == [20] * 4
    assert all(row["holds"] and row["regret"] > 0 for row in rows)
    # The same samples, compared with a regret that is not the game's.
    other = property(lambda self: float(self.truth.max()) + 50)
    monkeypatch.setattr(coverage.Deviations, "regret", other)
    assert command.main(arguments) == 1
    assert "NO" in capsys.readouterr().out


def test_an_equilibrium_that_is_none_is_beaten(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = bb.DoubleOracle(
        bb.scenario("trivial_cooperation").replace(num_houses=5), method="exact"
    ).solve()
    file, listed = tmp_path / "found.json", tmp_path / "findings.json"
    arguments = [
        "deviations",
        str(file),
        "--points",
        "3",
        "--candidates",
        "3",
        "--episodes",
        "32000",
    ]
    save_equilibria([found], file)
    assert command.main([*arguments, "--json", str(listed)]) == 0
    (finding,) = json.loads(listed.read_text(encoding="utf-8"))
    assert finding["exact"] <= finding["upper"]
    # Nobody works there; of those who always do, each gains by resting.
    hero = next(
        i
        for i, theta in enumerate(found.strategy_pool)
        if list(theta) == list(bb.ARCHETYPES["hero"])
    )
    save_equilibria([replace(found, distribution={hero: 1.0})], file)
    assert command.main(arguments) == 1
    assert "NO" in capsys.readouterr().out


def test_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--help"]) == 0
    said = capsys.readouterr().out
    for name in command.COMMANDS:
        assert name in said
        with pytest.raises(SystemExit) as ended:
            command.main([name, "--help"])
        assert ended.value.code == 0
        assert f"python -m validation {name}" in capsys.readouterr().out
    assert command.main([]) == 2
    assert "A command is missing: python -m validation has coverage, " in capsys.readouterr().err


def test_what_was_published_is_judged_in_the_game_it_is_of() -> None:
    point = published.DIAGRAM.point({published.KAPPA: 0.9, published.COST: 0.5})
    lineups = [[published.ARCHETYPE[seat] for seat in seats] for seats in ("FHHF", "HFFF")]
    means = bb.expected(point.scenario, lineups).mean.mean(axis=1)
    # As the original project estimated them on common seeds, to within its errors.
    assert means == pytest.approx([55.36, 45.80], abs=3.5)
    assert means[0] - means[1] == pytest.approx(9.55, abs=2.73)
    row = {"nash_plays": "(p=0, q=1)", "nash_payoff": 1306.5, "nash_verdict": "certified"}
    claim = next(each for each in published.SYMMETRIC if each.scenario == "trivial_cooperation")
    found = published.judged_symmetric(claim, row)
    # Never to work pays 1306.5: 13 nights of 100 points and half a point of rest.
    assert found.gain == pytest.approx(1306.5 - found.payoff, abs=1e-6)
    assert found.payoff == pytest.approx(claim.payoff, abs=0.1)
    assert not found.holds
