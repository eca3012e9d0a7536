"""Counted instructions of the inner loops."""

import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from bench import instructions


def test_shares_of_philox() -> None:
    loops: list[dict[str, Any]] = [
        {"loop": "philox", "path": "avx2", "counted_by": "perf", "instructions_per_call": 100},
        {"loop": "play", "path": "avx2", "counted_by": "perf", "calls": 30, "instructions": 6000},
        {"loop": "play", "path": "avx2", "counted_by": "stepping", "calls": 30, "instructions": 1},
    ]
    instructions.shares(loops)
    assert loops[1]["philox_share"] == 0.5
    assert "philox_share" not in loops[2]


def test_loops_are_told_to_the_example() -> None:
    small = instructions.loops("avx2", True, instructions.CASES[:1])
    assert [loop.kind for loop in small] == ["philox", "play", "exact"]
    assert small[0].arguments(3) == ["philox", "avx2", str(3 * instructions.STEPPED_SLOTS)]
    assert small[1].arguments(2)[:4] == ["play", "2", "avx2", "default"]
    assert small[2].arguments(2)[:3] == ["exact", "avx2", "2"]


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
@pytest.mark.skipif(sys.platform != "linux", reason="the tracer is that of Linux")
def test_stepping_counts_between_two_signals(monkeypatch: pytest.MonkeyPatch) -> None:
    if shutil.which("sh") is None:
        pytest.skip("no shell")
    # A shell in place of the example: its first argument is taken for its name, as by `sh -c`.
    monkeypatch.setattr(instructions, "EXAMPLE", Path(shutil.which("sh") or ""))
    monkeypatch.setattr(instructions, "MARK", "-c")
    loop = "kill -USR1 $$; i=0; while [ $i -lt {} ]; do i=$((i + 1)); done; kill -USR1 $$"
    counts = [instructions.step([loop.format(n)]) for n in (1, 2, 3)]
    if None in counts:
        pytest.skip("tracing is not allowed here")
    few, more, most = (count or 0 for count in counts)
    assert more > few
    assert most - more == pytest.approx(more - few, rel=0.2)
    # One that is never marked is given up.
    assert instructions.step(["exit 0"]) is None


@pytest.mark.parametrize("runs", [1, 2])
def test_what_is_counted_once_has_no_repeatability(
    monkeypatch: pytest.MonkeyPatch, runs: int
) -> None:
    counts = iter([10_000, 10_010])
    monkeypatch.setattr(instructions, "_difference", lambda counter, loop: next(counts))
    loop = instructions.loops("avx2", True, [])[0]
    found = instructions.count(loop, "perf", runs)
    assert found is not None
    assert found["repeatability"] == (None if runs == 1 else pytest.approx(0.001))
