"""Where commands write: files, pipes, standard output; and how a search goes on."""

import builtins
import errno
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

import bucket_brigade as bb
from bucket_brigade.cli import app
from bucket_brigade.equilibrium import load_equilibria
from bucket_brigade.file_lock import FileInUse, FileLock

SMALL = ["--set", "num_houses=4", "--set", "num_agents=2", "--set", "max_nights=20"]
LONG = [
    "--no-judge",
    "--method",
    "sampled",
    "--episodes",
    "300000",
    "--epsilon",
    "0.5",
    "--threads",
    "1",
]
LONG += ["--max-iterations", "3", "--backend", "cpu"]
PROGRAM = "from bucket_brigade.cli import main; main()"


def run(*arguments: object, code: int = 0) -> Result:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == code, result.output
    return result


def nash(*arguments: object, code: int = 0) -> Result:
    return run("nash", *arguments, *SMALL, code=code)


@pytest.mark.parametrize(
    "command",
    [
        ("simulate", "easy", "--lineup", "hero,hero,hero,hero", "--episodes", "64", "--csv"),
        ("simulate", "easy", "--lineup", "hero,hero", *SMALL, "--check", "--csv"),
        ("payoffs", "easy", "--episodes", "64", "--csv"),
        ("nash", "easy", *SMALL, "--out"),
        ("nash", "easy", *SMALL, "--out", "{}/nash.json", "--gambit"),
    ],
)
def test_outputs_are_checked_before_the_work(command: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    given = [part.replace("{}", str(tmp_path)) for part in command]
    assert "not a directory" in run(*given, tmp_path, code=2).stderr
    bad = tmp_path / "file" / "below"
    said = run(*given, bad, code=1)
    assert "Not a directory" in said.stderr
    assert str(bad) in said.stderr
    assert not said.stdout
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("path", ["-", "/dev/stdout"])
def test_printed_files_are_not_mixed_with_tables(path: str) -> None:
    played = ("--lineup", "hero,hero", "--episodes", 64)
    table = run("simulate", "easy", *SMALL, *played, "--csv", path)
    assert table.stdout.splitlines()[0].startswith("lineup,seat,strategy")
    assert len(table.stdout.splitlines()) == 3
    assert "mean return" in table.stderr
    matrix = run("payoffs", "easy", *SMALL, "--episodes", 64, "--csv", path)
    assert len(matrix.stdout.splitlines()) == 26
    assert "focal" in matrix.stderr
    document = json.loads(nash("easy", "--out", path).stdout)
    assert len(document["equilibria"]) == 1


def test_a_game_for_gambit_is_printed(tmp_path: Path) -> None:
    ran = nash("easy", "--out", tmp_path / "nash.json", "--gambit", "-")
    assert ran.stdout.startswith('NFG 1 R "easy')
    assert "certified" in ran.stderr
    assert "saved to" in ran.stderr


def test_a_picture_is_printed(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    ran = nash("easy", "--out", tmp_path / "nash.json", "--plot", "-")
    assert ran.stdout.lstrip().startswith("<?xml")
    assert ran.stdout.rstrip().endswith("</svg>")


def test_two_outputs_need_two_places(tmp_path: Path) -> None:
    out = tmp_path / "nash.json"
    (tmp_path / "link").symlink_to(out)
    for arguments in (
        ("--out", out, "--gambit", tmp_path / "link"),
        ("--out", "-", "--gambit", "-"),
        ("--out", out, "--json", "--gambit", "-"),
        ("--out", out, "hard", "--gambit", "-"),  # a file for each scenario
    ):
        assert "--gambit" in nash("easy", *arguments, code=2).stderr
    assert [each.name for each in tmp_path.iterdir()] == ["link"]


def test_links_pipes_and_devices(tmp_path: Path) -> None:
    link, pipe = tmp_path / "link", tmp_path / "pipe"
    link.symlink_to("target")
    nash("easy", "--out", link, "--gambit", "/dev/null")
    assert link.is_symlink()
    (found,) = load_equilibria(tmp_path / "target")
    os.mkfifo(pipe)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()))
    reader.start()
    nash("easy", "hard", "--out", pipe)
    reader.join()
    # One document at the end, not one for every scenario.
    assert [each["scenario"]["name"] for each in json.loads(read[0])["equilibria"]] == [
        "easy",
        "hard",
    ]
    assert found.converged
    assert not list(tmp_path.glob("*.progress"))


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is always full")
@pytest.mark.parametrize("option", ["--out", "--gambit"])
def test_what_was_found_is_shown_though_the_disk_is_full(option: str, tmp_path: Path) -> None:
    saved = [] if option == "--out" else ["--out", tmp_path / "nash.json"]
    ran = nash("easy", *saved, option, "/dev/full", code=1)
    assert "No space left on device: '/dev/full'" in ran.stderr
    assert "certified" in ran.stdout
    if option == "--gambit":
        assert load_equilibria(tmp_path / "nash.json")
    csv = ["--csv", "/dev/full"]
    ran = run("payoffs", "easy", *SMALL, "--episodes", 64, *csv, code=1)
    assert "'/dev/full'" in ran.stderr
    assert "free_rider" in ran.stdout
    ran = run("simulate", "easy", "--lineup", "hero,hero", *SMALL, *csv, code=1)
    assert "'/dev/full'" in ran.stderr
    assert "mean return" in ran.stdout


def interrupted(out: Path, *names: str) -> str:
    """A run that is stopped once it has progress, and what it said."""
    command = [sys.executable, "-c", PROGRAM, "nash", *names, *SMALL, *LONG, "--out", str(out)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            progress = out.with_name(f"{out.name}.progress")
            while not progress.exists() and process.poll() is None:
                time.sleep(0.02)
            # Meanwhile, nobody else may use it.
            for way in ([], ["--restart"], ["--resume"]):
                ran = nash("easy", "--out", out, *way, code=1)
                assert f"in use by a run that is still going (process {process.pid})" in ran.stderr
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate()
        finally:
            process.kill()
    assert process.returncode == 130, errors
    return errors.decode()


def test_another_run_s_progress_is_not_lost(tmp_path: Path) -> None:
    out = tmp_path / "nash.json"
    progress = tmp_path / "nash.json.progress"
    assert f"--resume {progress}" in interrupted(out, "easy", "hard")
    kept = progress.read_text()
    ran = nash("easy", "hard", *LONG, "--out", out, code=2)
    for said in (str(progress), "--resume", "--restart"):
        assert said in ran.stderr
    nash("easy", "hard", *LONG, "--out", out, "--restart", "--resume", code=2)
    assert progress.read_text() == kept
    (tmp_path / "copy").write_text(kept)
    # Without a value at the end or before an option; after it, what looks like one is one.
    ran = nash("--resume", "hard", *LONG, "--out", out, code=2)
    assert f"--resume alone, at the end: {progress}" in ran.stderr
    nash("easy", "hard", *LONG, "--out", out, "--resume")
    resumed = load_equilibria(out)
    assert not progress.exists()
    nash("easy", "hard", *LONG, "--out", tmp_path / "named", "--resume", tmp_path / "copy")
    assert load_equilibria(tmp_path / "named") == resumed
    # A finished run may be repeated, and is not in the way of --restart.
    progress.write_text(kept)
    nash("easy", "hard", *LONG, "--restart", "--out", out)
    assert load_equilibria(out) == resumed
    nash("easy", "--out", out)
    assert not list(tmp_path.glob("*.progress"))
    assert not list(tmp_path.glob(".*"))


def test_resuming_needs_a_file(tmp_path: Path) -> None:
    out = tmp_path / "nash.json"
    for arguments in (["--resume", *SMALL], [*SMALL, "--resume"]):
        ran = run("nash", "easy", "--out", out, *arguments, code=2)
        assert "nash.json.progress: no such file" in ran.stderr
    assert "--resume" in nash("easy", "--out", "-", "--resume", code=2).stderr


def test_a_lock_is_for_one_and_ends_with_it(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "file"
    with FileLock(path):
        with pytest.raises(FileInUse, match=f"process {os.getpid()}"), FileLock(path):
            pass
        assert [each.name for each in path.parent.iterdir()] == [".file.lock"]
    assert not list(path.parent.iterdir())
    program = (
        "import os, sys, signal; from bucket_brigade.file_lock import FileLock\n"
        "with FileLock(sys.argv[1]): os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", program, path], check=False)
    assert list(path.parent.iterdir())  # it could not clean up
    with FileLock(path):
        pass
    assert not list(path.parent.iterdir())
    assert issubclass(FileInUse, bb.BucketBrigadeError)


def test_a_file_in_a_folder_that_may_not_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Permissions as such stop nobody who is root, so that making files there is made to fail."""
    out = tmp_path / "nash.json"
    out.write_text("old")
    make = builtins.open

    def refusing(file: Any, mode: str = "r", *others: Any, **options: Any) -> Any:
        if "x" in mode and os.path.dirname(file) == str(tmp_path):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return make(file, mode, *others, **options)

    monkeypatch.setattr(builtins, "open", refusing)
    ran = nash("easy", "--out", out)
    assert "no progress is kept" in ran.stderr
    assert "nash.json.progress" in ran.stderr
    assert len(load_equilibria(out)) == 1
    assert list(tmp_path.iterdir()) == [out]


def test_the_file_of_a_scenario_is_not_replaced(tmp_path: Path) -> None:
    file = tmp_path / "game.json"
    bb.scenario("easy").save(file)
    before = file.read_bytes()
    lineup = ["--lineup", "hero,hero,hero,hero"]
    for command, option, others in (
        ("nash", "--out", []),
        ("nash", "--out", ["--space", "markov"]),
        ("roles", "--out", []),
        ("simulate", "--csv", lineup),
        ("payoffs", "--csv", []),
        ("judge", "--save", lineup),
        ("optimum", "--save", []),
    ):
        arguments = [command, str(file), option, f"{tmp_path}/./game.json", *others]
        ran = CliRunner().invoke(app, arguments)
        assert ran.exit_code == 2
        assert option in ran.stderr
        assert "another place than that of a file that is read" in " ".join(ran.stderr.split())
    assert file.read_bytes() == before
