"""``python -m bench sweeps``: what it counts, of a small sweep."""

import json
from pathlib import Path

import pytest

from bench.sweeps import main


def test_counts_games_and_the_time_of_their_tasks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "figures.json"
    small = ["--across", "2", "--down", "2", "--do", "payoffs", "--lineup", "hero"]
    assert main([*small, "--workers", "1", "--json", str(out)]) == 0
    found = json.loads(out.read_text(encoding="utf-8"))
    assert (found["points"], found["games"], found["tasks"], found["failed"]) == (4, 4, 4, 0)
    assert 0 < found["task_seconds"] < found["wall"]
    assert found["overhead"] == pytest.approx(1 - found["task_seconds"] / found["wall"])
    assert "cells a minute" in capsys.readouterr().out
