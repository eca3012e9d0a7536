"""The file of a sweep: whatever ends a run, what was found is kept, once."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from small_games import LIVELY

import bucket_brigade as bb
from bucket_brigade.file_lock import FileInUse, FileLock
from bucket_brigade.sweeps.store import Store, StoreFailed

COST = "cost_to_work_one_night"
COSTS = [0.5, 1.0, 2.0, 3.0, 4.0, 5.0]


def command(out: Path, *more: str) -> list[str]:
    """The command of a sweep of `COSTS`, whose points take long enough to be interrupted."""
    grid = f"{COST}={','.join(map(str, COSTS))}"
    game = ["--set", "num_houses=6", "--set", "max_nights=20"]
    plan = ["--grid", grid, *game, "--do", "nash,optimum"]
    return [sys.executable, "-m", "bucket_brigade", "sweep", *plan, "--out", str(out), *more]


def plan() -> bb.SweepPlan:
    return bb.SweepPlan(
        grid={COST: COSTS}, changes={"num_houses": 6, "max_nights": 20}, do="nash,optimum"
    )


@pytest.fixture(scope="module")
def whole() -> bb.SweepTable:
    return bb.sweep(plan(), workers=1)


def found(out: Path) -> int:
    """How many points a file holds, as others see it while it is written."""
    try:
        with Store(out, reading=True) as store:
            return len(store.known()) // 2
    except (bb.InvalidFile, StoreFailed):
        return 0


def started_at(done: list[tuple[int, int]], out: Path) -> bb.SweepTable:
    """What a resumed run comes to, and in `done` its reports."""
    return bb.sweep(plan(), out=out, resume=True, workers=1, progress=lambda *t: done.append(t))


def test_a_killed_run_goes_on_where_it_was(tmp_path: Path, whole: bb.SweepTable) -> None:
    out = tmp_path / "sweep"
    process = subprocess.Popen(command(out, "--workers", "2"), stdout=subprocess.PIPE)
    while found(out) < 2:
        assert process.poll() is None
        time.sleep(0.02)
    process.kill()
    process.communicate()
    kept = found(out)
    assert kept < len(COSTS)
    done: list[tuple[int, int]] = []
    table = started_at(done, out)
    assert done[0] == (kept, len(COSTS))
    assert table == whole
    assert table.documents == whole.documents
    with sqlite3.connect(out) as base:
        assert base.execute("SELECT count(*) FROM results").fetchone() == (2 * len(COSTS),)


def test_ctrl_c_says_how_to_go_on(tmp_path: Path, whole: bb.SweepTable) -> None:
    out = tmp_path / "sweep"
    process = subprocess.Popen(command(out, "--workers", "1"), stderr=subprocess.PIPE, text=True)
    while found(out) < 1:
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate()
    assert process.returncode == 130
    assert f"sweep --resume --out {out}" in told
    assert started_at([], out) == whole


def test_a_full_disk_is_told_and_loses_nothing(tmp_path: Path, whole: bb.SweepTable) -> None:
    out = tmp_path / "sweep"

    small = (
        "import os, resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000)); "
        "os.execv(sys.argv[1], sys.argv[1:])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", small, *command(out, "--workers", "1")],
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 1
    assert "what was found before is kept" in ran.stderr
    assert "Traceback" not in ran.stderr
    kept = found(out)
    assert 0 < kept < len(COSTS)
    done: list[tuple[int, int]] = []
    assert started_at(done, out) == whole
    assert done[0] == (kept, len(COSTS))


def test_two_runs_of_one_file_are_kept_apart(tmp_path: Path) -> None:
    out = tmp_path / "sweep"
    with FileLock(out), pytest.raises(FileInUse, match=f"process {os.getpid()}"):
        bb.sweep(LIVELY, {COST: [1, 2]}, do="optimum", out=out, workers=1)


def test_an_existing_file_is_not_written_over(tmp_path: Path) -> None:
    out = tmp_path / "sweep"
    bb.sweep(LIVELY, {COST: [1]}, do="optimum", out=out, workers=1)
    with pytest.raises(bb.InvalidValue, match="--resume to go on"):
        bb.sweep(LIVELY, {COST: [2]}, do="optimum", out=out, workers=1)
    again = bb.sweep(LIVELY, {COST: [2]}, do="optimum", out=out, restart=True, workers=1)
    assert again.column(COST) == [2]
    assert found(out) == 0  # one result of one task: half a point of two
    with pytest.raises(bb.InvalidFile, match="no such file"):
        bb.sweep(LIVELY, {COST: [1]}, out=tmp_path / "other", resume=True, workers=1)
    with pytest.raises(bb.InvalidValue, match="resume = without a file"):
        bb.sweep(LIVELY, {COST: [1]}, resume=True, workers=1)


def test_a_link_leads_to_the_file(tmp_path: Path) -> None:
    link, file = tmp_path / "link", tmp_path / "folder" / "sweep"
    file.parent.mkdir()
    link.symlink_to(file)
    bb.sweep(LIVELY, {COST: [1]}, do="optimum", out=link, workers=1)
    bb.sweep(LIVELY, {COST: [2]}, do="optimum", out=link, restart=True, workers=1)
    assert link.is_symlink()
    assert bb.load_sweep(file).column(COST) == [2]


def test_what_is_not_there_is_not_promised(tmp_path: Path) -> None:
    with pytest.raises(bb.InvalidFile, match=r"no such file$"):
        Store(tmp_path / "nowhere", reading=True)


def test_a_changed_plan_keeps_what_it_has_in_common(tmp_path: Path) -> None:
    out = tmp_path / "sweep"
    done: list[tuple[int, int]] = []

    def run(costs: list[float], do: str) -> bb.SweepTable:
        done.clear()
        return bb.sweep(
            LIVELY,
            {COST: costs},
            do=do,
            out=out,
            resume=out.exists(),
            workers=1,
            progress=lambda *told: done.append(told),
        )

    run([1, 2], "optimum")
    wider = run([3, 2, 1], "optimum")
    assert done[0] == (2, 3)
    assert wider == bb.sweep(LIVELY, {COST: [3, 2, 1]}, do="optimum", workers=1)
    more = run([1, 2], "nash,optimum,gains")
    assert done[0] == (0, 2)
    assert more == bb.sweep(LIVELY, {COST: [1, 2]}, do="nash,optimum,gains", workers=1)
    run([3], "optimum")
    assert done[0] == (1, 1)
    stored = bb.sweep(None, out=out, resume=True, workers=1)
    assert stored.column(COST) == [3]


def test_results_of_another_version_are_not_mixed_with_these(tmp_path: Path) -> None:
    out = tmp_path / "sweep"
    before = bb.sweep(LIVELY, {COST: [1, 2]}, do="optimum", out=out, workers=1)
    with sqlite3.connect(out) as base:
        base.execute("UPDATE meta SET value = '0.0.9' WHERE name = 'software_version'")
    with pytest.raises(bb.InvalidFile, match=r"software version 0\.0\.9, and this is"):
        bb.sweep(LIVELY, {COST: [1, 2]}, do="optimum", out=out, resume=True, workers=1)
    assert bb.load_sweep(out) == before


def test_other_files_are_left_alone(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("not a sweep")
    other = tmp_path / "other.sqlite"
    with sqlite3.connect(other) as base:
        base.execute("CREATE TABLE t (x)")
    cut = tmp_path / "cut"
    bb.sweep(LIVELY, {COST: [1]}, do="optimum", out=cut, workers=1)
    cut.write_bytes(cut.read_bytes()[:5000])
    for file in (text, other, cut):
        content = file.read_bytes()
        for option in ("resume", "restart"):
            if file == cut and option == "restart":
                continue
            with pytest.raises((bb.InvalidFile, StoreFailed)) as caught:
                bb.sweep(LIVELY, {COST: [1]}, out=file, workers=1, **{option: True})
            assert str(file) in str(caught.value)
            assert file.read_bytes() == content
    with sqlite3.connect(other) as base:
        base.execute(f"PRAGMA application_id={0x62627377}")
        base.execute("PRAGMA user_version=99")
    with pytest.raises(bb.InvalidFile, match="version 99"):
        bb.load_sweep(other)


def test_tables_go_to_files_and_come_back(tmp_path: Path, whole: bb.SweepTable) -> None:
    csv = tmp_path / "sweep.csv"
    text = whole.to_csv(csv)
    assert text.splitlines()[0].startswith(f"{COST},origin,failed,nash_verdict")
    assert len(text.splitlines()) == 1 + len(COSTS)
    assert bb.load_sweep(csv) == whole
    assert bb.SweepTable.from_frame(whole.to_frame()) == whole
    csv.write_text("a,b\n1,2\n")
    with pytest.raises(bb.InvalidFile, match="no columns origin"):
        bb.load_sweep(csv)


def test_parquet_comes_back(tmp_path: Path, whole: bb.SweepTable) -> None:
    pytest.importorskip("pyarrow")
    file = tmp_path / "sweep.parquet"
    whole.to_parquet(file)
    assert bb.load_sweep(file) == whole
    file.write_bytes(b"PAR0")
    with pytest.raises(bb.InvalidFile, match="no Parquet file"):
        bb.load_sweep(file)
