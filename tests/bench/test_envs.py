"""The benchmark of environments measures what it says."""

import json
from pathlib import Path

import pytest

from bench import envs
from bench.baselines.common import NotInstalled


def test_a_tiny_measurement(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(envs, "LANES", (1, 8))

    def absent() -> envs.Play:
        raise NotInstalled("a library is not installed")

    def slow() -> envs.Play:
        play = envs.steps(1024, threads=1, copy=True)
        return lambda number: [play(number) for _ in range(20)]

    monkeypatch.setattr(envs, "OTHERS", {"slow": slow, "absent": absent})
    file = tmp_path / "envs.json"
    arguments = ["--rounds", "1", "--milliseconds", "10", "--json", str(file)]
    assert envs.main(arguments) == 0
    found = json.loads(file.read_text())
    assert [(each["lanes"], each["copy"]) for each in found["envs"]] == [
        *((1, True), (1, False)),
        *((8, True), (8, False)),
    ]
    for each in found["envs"]:
        rate = each["million_steps_per_second"]
        assert each["over_plain"] == pytest.approx(rate / found["plain"])
        assert rate > 0
    printed = capsys.readouterr().out
    assert "M steps/s" in printed
    assert "a library is not installed" in printed
    beside = found["beside"]
    assert beside["absent"] == {"absent": "a library is not installed"}
    (other,) = beside["others"]
    assert 5 < other["ours_over_it"] < 80  # twenty times the work


def test_the_plain_engine_plays_what_was_asked() -> None:
    seconds, nights = envs.plain(2000)
    assert seconds > 0
    assert 1000 < nights < 3000
