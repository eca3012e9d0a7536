"""The scripts about exact payoffs in bench/: tiny runs."""

import json
from pathlib import Path

import pytest

from bench import cross_examination, exact_figure


def test_the_cross_examination(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "rows.json"
    arguments = ["--episodes", "3200", "--scenarios", "trivial_cooperation", "--json", str(file)]
    assert cross_examination.main(arguments) == 0
    assert "172 comparisons" in capsys.readouterr().out
    rows = json.loads(file.read_text(encoding="utf-8"))
    assert [len(row["comparisons"]) for row in rows] == [43] * 4
    assert all(row["agrees"] for row in rows)


def test_the_figure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("matplotlib")
    monkeypatch.setattr(exact_figure, "EPISODES", [1000, 10_000])
    file = tmp_path / "exact.svg"
    exact_figure.main(["--out", str(file), "--repeats", "1"])
    figures = json.loads(capsys.readouterr().out)
    assert [x["episodes"] for x in figures["sampled"]] == [1000, 10_000]
    assert all(x["stderr"] > 0 and x["seconds"] > 0 for x in figures["sampled"])
    assert file.read_text(encoding="utf-8").startswith("<?xml")
