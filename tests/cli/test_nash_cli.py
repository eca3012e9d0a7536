"""``bucket-brigade nash`` and the files it writes."""

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

import bucket_brigade as bb
from bucket_brigade.cli import app
from bucket_brigade.equilibrium import load_equilibria, save_equilibria

SMALL = ["--set", "num_houses=4", "--set", "num_agents=2", "--set", "max_nights=20"]
SAMPLED = ["--method", "sampled", "--episodes", "2000", "--epsilon", "3"]


def nash(*arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, ["nash", *arguments])
    assert result.exit_code == code, result.output
    return result.output


def test_a_table_and_a_file(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "nash.json"
    text = nash("default", "hard", *SMALL, "--night-order", "both", "--out", str(out))
    assert text.count("certified,") == 4
    assert len(re.findall(r"\bexact\b", text)) == 4  # in two lines of 80 columns, in one of more
    assert "any policy gains" in text
    assert "spread_then_burn_out" in text
    assert str(out) in text.replace("\n", "")
    found = load_equilibria(out)
    assert [e.scenario.name for e in found] == ["default", "default", "hard", "hard"]
    assert [p.name for p in out.parent.iterdir()] == ["nash.json"]  # no progress is left


@pytest.mark.parametrize("options", [[], SAMPLED])
def test_files_load_as_what_was_saved(options: list[str], tmp_path: Path) -> None:
    out = tmp_path / "nash.json"
    document = json.loads(nash("default", *SMALL, *options, "--out", str(out), "--json"))
    assert document == json.loads(out.read_text())
    (found,) = load_equilibria(out)
    method = "sampled" if options else "exact"
    scenario = bb.scenario("default").replace(num_houses=4, num_agents=2, max_nights=20)
    asked = bb.DoubleOracle(
        scenario,
        num_simulations=2000 if options else 100_000,
        method=method,
        epsilon=3.0 if options else None,
    )
    assert found == bb.with_policy_gains(asked.solve())
    assert found.exploitability > 1
    assert found.regret == asked.solve().regret
    assert (found.restricted.payoffs == asked.solve().restricted.payoffs).all()
    save_equilibria([found], tmp_path / "again.json")
    assert (tmp_path / "again.json").read_text() == out.read_text()
    entry = document["equilibria"][0]
    assert document["schema_version"] == 2
    for key in ("rules_version", "software_version", "seed", "episodes", "backend", "searched"):
        assert key in entry
    assert entry["verdict"] == "certified"
    assert [each["seat"] for each in entry["policy_gains"]] == [0, 1]
    assert entry["regret"]["upper"] <= entry["epsilon"]


def test_damaged_files_are_told_from_good_ones(tmp_path: Path) -> None:
    out = tmp_path / "nash.json"
    nash("trivial_cooperation", *SMALL, "--out", str(out))
    text = out.read_text()
    for damaged, reason in (
        (text[: len(text) // 2], "not JSON"),
        ("[]", "equilibria"),
        ('{"schema_version": 1, "equilibria": []}', "schema version"),
        (text.replace('"regret"', '"regrets"'), "damaged"),
    ):
        out.write_text(damaged)
        with pytest.raises(bb.InvalidFile, match=reason):
            load_equilibria(out)
    with pytest.raises(OSError, match="nowhere"):
        load_equilibria(tmp_path / "nowhere.json")


def test_interrupted_runs_go_on(tmp_path: Path) -> None:
    names = ["easy", "default", "hard"]
    options = [*SMALL, "--method", "sampled", "--episodes", "300000", "--epsilon", "0.5"]
    options += ["--max-iterations", "3", "--threads", "1", "--backend", "cpu"]
    out = tmp_path / "nash.json"
    progress = tmp_path / "nash.json.progress"
    main = "from bucket_brigade.cli import main; main()"
    command = [sys.executable, "-c", main, "nash", *names, *options, "--out", str(out)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            while not progress.exists() and process.poll() is None:
                time.sleep(0.02)
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate()
        finally:
            process.kill()
    assert process.returncode == 130, (process.returncode, errors)
    assert str(progress).encode() in errors.replace(b"\n", b"")
    saved = json.loads(progress.read_text())
    assert saved["done"] or saved["state"]
    nash(*names, *options, "--resume", str(progress), "--out", str(out))
    assert not progress.exists()
    whole = tmp_path / "whole.json"
    nash(*names, *options, "--out", str(whole))
    assert load_equilibria(out) == load_equilibria(whole)


def test_resuming_something_else_is_refused(tmp_path: Path) -> None:
    missing = tmp_path / "missing.json"
    assert "missing.json" in nash("easy", "--resume", str(missing), code=2)
    missing.write_text("{")
    assert "not JSON" in nash("easy", "--resume", str(missing), code=2)


@pytest.mark.parametrize(
    ("done", "state"),
    [
        ([{}], None),
        ({}, 7),
        ([], {"settings": {}}),
        ([], {"settings": {"scenario": {}}, "state_version": 2}),
    ],
)
def test_damaged_progress_is_refused(done: object, state: object, tmp_path: Path) -> None:
    progress, out = tmp_path / "progress", tmp_path / "nash.json"
    scenario = bb.scenario("default").replace(num_houses=4, num_agents=2, max_nights=20)
    if isinstance(state, dict) and state["settings"]:
        state["settings"] = bb.DoubleOracle(scenario, num_simulations=100_000).settings()
    text = json.dumps({"schema_version": 2, "done": done, "state": state})
    progress.write_text(text)
    said = nash("default", *SMALL, "--resume", str(progress), "--out", str(out), code=2)
    assert "damaged" in said
    assert progress.read_text() == text


def test_progress_is_not_lost_by_mistakes(tmp_path: Path) -> None:
    progress, out = tmp_path / "progress", tmp_path / "nash.json"
    scenario = bb.scenario("default").replace(num_houses=4, num_agents=2, max_nights=20)
    entry = {
        "settings": bb.DoubleOracle(scenario, num_simulations=100_000).settings(),
        "equilibrium": {},
    }
    text = json.dumps({"schema_version": 2, "done": [entry], "state": None})
    progress.write_text(text)
    resume = ["--resume", str(progress)]
    # Without one of its scenarios, with another parameter, or where the result would go.
    assert "default" in nash("easy", *SMALL, *resume, "--out", str(out), code=2)
    assert "default" in nash("default", *resume, "--out", str(out), code=2)
    assert "--out" in nash("default", *SMALL, *resume, "--out", str(progress), code=2)
    assert "directory" in nash("default", *SMALL, *resume, "--out", str(tmp_path), code=2)
    assert progress.read_text() == text
    assert not out.exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--budget", "soon"], "--budget"),
        (["--budget", "-3s"], "budget_seconds"),
        (["--budget", "0"], "budget_episodes"),
        (["--confidence", "1.5"], "confidence"),
        (["--epsilon", "nan"], "epsilon"),
        (["--method", "guess"], "method"),
        (["--night-order", "sometimes"], "night_order"),
        (["--set", "num_agents=1"], "num_agents"),
        (["--set", "num_houses=20", "--method", "exact"], "num_houses"),
        (["--plot", "picture.exe"], "--plot"),
    ],
)
def test_bad_input_is_named(arguments: list[str], said: str, tmp_path: Path) -> None:
    text = nash("default", *arguments, "--out", str(tmp_path / "nash.json"), code=2)
    assert said in text
    assert not list(tmp_path.iterdir())


def test_a_budget(tmp_path: Path) -> None:
    options = ["--method", "sampled", "--epsilon", "0.0001", "--budget", "1e5"]
    text = nash("default", *SMALL, *options, "--out", str(tmp_path / "n.json"))
    assert "(budget)" in text
    assert load_equilibria(tmp_path / "n.json")[0].episodes <= 1e5


def test_an_interrupted_judgement_loses_no_equilibrium(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bucket_brigade.cli import nash as command

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "with_policy_gains", interrupted)
    out = tmp_path / "nash.json"
    nash("default", *SMALL, "--out", str(out), code=130)
    (found,) = load_equilibria(out)
    assert found.policy_gains is None
