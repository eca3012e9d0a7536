"""What became slower between two files, and what is noise."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from bench import regressions


def spread(median: float, noise: float = 0.02) -> dict[str, float]:
    return {"median": median, "low": median * (1 - noise / 2), "high": median * (1 + noise / 2)}


def case_of(scenario: str, rate: dict[str, float]) -> dict[str, Any]:
    return {"scenario": scenario, "paths": {"avx2": {"nights_per_second": rate}}}


def test_numbers_are_found_by_name_with_direction_and_noise() -> None:
    file = {
        "machine": {"cores": 2, "seconds": 3},
        "milliseconds": 40.0,
        "cases": [case_of("easy", spread(100.0)), case_of("hard", spread(50.0))],
        "axes": {"houses": {"points": [{"at": 10, "seconds": spread(2.0)}]}},
        "one": {"seconds": [1.0, 2.0, 3.0, 4.0, 5.0]},
        "loops": [{"loop": "philox", "path": "avx2", "instructions_per_call": 165}],
        "predicted_seconds": 1.0,
        # Words of a name say nothing.
        "rows": [{"what": "slow machine", "seconds": 7.0}, {"what": "bytes", "share": 0.5}],
    }
    found = dict(regressions.numbers(file))
    assert set(found) == {
        "cases.easy.paths.avx2.nights_per_second",
        "cases.hard.paths.avx2.nights_per_second",
        "axes.houses.points.10.seconds",
        "one.seconds",
        "loops.philox/avx2.instructions_per_call",
        "rows.slow machine.seconds",
    }
    rate = found["cases.hard.paths.avx2.nights_per_second"]
    assert (rate.value, rate.larger_is_slower) == (50.0, False)
    assert rate.noise == pytest.approx(0.02 / 1.349)
    assert found["one.seconds"].value == 3.0
    assert found["one.seconds"].noise == pytest.approx(2 / 3 / 1.349)


@pytest.mark.parametrize(
    ("factor", "noise", "verdict"),
    [(1.5, 0.02, "faster"), (0.5, 0.02, "slower"), (0.5, 1.0, ""), (0.995, 0.0001, "")],
)
def test_verdicts(factor: float, noise: float, verdict: str) -> None:
    before = {"cases": [case_of("easy", spread(100.0, noise))]}
    after = {"cases": [case_of("easy", spread(100.0 * factor, noise))]}
    (found,) = regressions.compare(before, after, 3.0)
    assert found.verdict == verdict
    assert found.slower == pytest.approx(1 / factor)
    # Nothing can be told of what was measured once, nor of what one file alone has.
    once: dict[str, Any] = {"seconds": 1.0, "other_seconds": 2.0}
    (unknown,) = regressions.compare(once, {"seconds": 9.0}, 3.0)
    assert unknown.verdict == "?"


def test_counts_hardly_vary() -> None:
    before = {"loops": [{"path": "avx2", "instructions_per_night": 1000.0}]}
    for count, verdict in [(1000.5, ""), (1002.0, "slower"), (998.0, "faster")]:
        after = {"loops": [{"path": "avx2", "instructions_per_night": count}]}
        (found,) = regressions.compare(before, after, 3.0)
        assert found.verdict == verdict


def test_the_comparison_fails_only_if_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    file: dict[str, Any] = {
        "machine": {"cpu": "a processor", "cores": 2},
        "axes": {"houses": {"seconds": spread(1.0)}},
    }
    old.write_text(json.dumps(file))
    slower = copy.deepcopy(file)
    slower["axes"]["houses"]["seconds"] = spread(2.0)
    slower["machine"]["cpu"] = "another one"
    new.write_text(json.dumps(slower))
    assert regressions.main([str(old), str(new)]) == 0
    said = capsys.readouterr().out
    assert "slower" in said
    assert "2.000" in said
    assert "a processor → another one" in said
    assert regressions.main([str(old), str(new), "--fail"]) == 1
    assert regressions.main([str(new), str(old), "--fail"]) == 0
    assert regressions.main([str(old), str(old), "--fail"]) == 0
    old.write_text("{}")
    assert regressions.main([str(old), str(new)]) == 2
    # Files that are none end it as well, by name; lists have no machine.
    capsys.readouterr()
    old.write_text(new.read_text()[:-5])
    assert regressions.main([str(old), str(new)]) == 2
    assert "old.json is not JSON" in "".join(capsys.readouterr().out.splitlines())
    assert regressions.main([str(tmp_path / "none.json"), str(new)]) == 2
    assert "none.json: No such file" in "".join(capsys.readouterr().out.splitlines())
    new.write_text(json.dumps([file]))
    assert regressions.main([str(new), str(new)]) == 0
