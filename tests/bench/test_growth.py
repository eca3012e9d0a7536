"""Curves of cost, and the model beside them."""

import json
import sys
from pathlib import Path

import pytest

from bench import counting, growth
from bench.cases import Case, example_line


def test_the_model_is_an_overhead_and_one_fitted_slope() -> None:
    def point(work: float, fitted: bool, seconds: list[float]) -> growth.Point:
        return growth.Point(int(work), lambda: None, work, fitted, busy=seconds)

    points = [point(1, False, [9.0]), point(4, True, [5.0, 3.0, 4.0]), point(10, False, [0.1])]
    # The least of the fitted point's repeats is 3, of which 1 is overhead: 0.5 for a unit of work.
    assert growth.predict(points, 1.0) == [1.5, 3.0, 6.0]
    # A fitted point that took less than the overhead has no slope, never a negative one.
    assert growth.predict(points, 100.0) == [100.0] * 3


def test_cases_vary_one_thing() -> None:
    base, lineups, episodes = growth.case("base", 2, 4096)
    assert (base.num_houses, base.num_agents, len(lineups), episodes) == (10, 4, 1, 4096)
    assert growth.case("houses", 32, 4096)[0] == base.replace(num_houses=32)
    assert growth.case("episodes", 96, 4096)[2] == 96
    wide, lineups, _ = growth.case("agents", 16, 4096)
    assert wide == base.replace(num_agents=16)
    assert len(lineups[0]) == 16
    assert len(growth.case("lineups", 7, 4096)[1]) == 7
    assert growth.case("lineups", 7, 4096)[2] == 64
    assert growth.case("threads", 2, 4096)[2] == 8 * 4096
    strategies = growth.case("mixture", 8, 4096)[1][0][0].strategies
    assert len({tuple(theta) for theta in strategies}) == 8


def test_lines_have_all_strategies() -> None:
    base, _, _ = growth.case("base", 0, 0)
    names = growth.SCENARIO, growth.ARCHETYPE
    lines = [
        example_line("avx2", names, base, growth.mixed_strategies(n), 96).split() for n in (1, 2)
    ]
    alone = Case(*names).line("avx2", 96).split()
    # But for the number that the agent does not use.
    assert lines[0][:-1] == alone[:-1]
    assert lines[1][: len(alone)] == lines[0]
    assert len(lines[1]) == len(alone) + 10


def test_a_quick_growth(tmp_path: Path) -> None:
    file = tmp_path / "growth.json"
    assert growth.main(["--quick", "--no-counts", "--json", str(file)]) == 0
    figures = json.loads(file.read_text())
    axes = figures["axes"]
    assert figures["repeats"] == 1
    assert set(axes) == {*growth.FITTED, "exact_houses", "exact_nights"}
    for curve in axes.values():
        assert sum(point["fitted"] for point in curve["points"]) == 1
        for point in curve["points"]:
            assert point["seconds"]["low"] <= point["seconds"]["median"]
            assert point["least_seconds"] > 0
    # Work: ten times the episodes are about ten times the nights; threads change none.
    episodes = axes["episodes"]["points"]
    assert episodes[1]["nights"] == pytest.approx(10 * episodes[0]["nights"], rel=0.1)
    assert len({point["nights"] for point in axes["threads"]["points"]}) == 1
    if sys.platform == "linux":
        memory = figures["peak_memory"]
        assert memory[0]["at"] == 0
        assert all(2**20 < row["bytes"] < 2**30 for row in memory)


def test_a_core_that_cannot_be_built_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(counting, "COMMAND", (sys.executable, "-c", "raise SystemExit(3)"))
    assert growth.main(["--quick"]) == 1
    assert "failed; --no-counts leaves it out" in " ".join(capsys.readouterr().err.split())
