"""Backends by name, with devices and from the environment, and how many threads the CPU takes."""

import json
from importlib.metadata import EntryPoint
from typing import Any

import numpy as np
import pytest
from fake_backends import Absent, Broken, Counting, Fast, install, reset
from typer.testing import CliRunner

import bucket_brigade as bb
from bucket_brigade import _core, backends
from bucket_brigade.backends import installed
from bucket_brigade.backends.cpu import CpuBackend
from bucket_brigade.cli import app
from bucket_brigade.cluster.tasks import missing as ray_missing

DEFAULT = bb.scenario("default")
HEROES = [["hero"] * 4]


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Other backends, as if distributions had brought them; the list says which were loaded."""
    reset()
    return install(monkeypatch, absent=Absent, counting=Counting, broken=Broken, fast=Fast)


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("BUCKET_BRIGADE_BACKEND", "BUCKET_BRIGADE_THREADS"):
        monkeypatch.delenv(name, raising=False)


def test_the_cpu_is_the_default() -> None:
    assert isinstance(bb.select_backend(), backends.AutoBackend)
    assert isinstance(bb.select_backend("cpu"), CpuBackend)
    result = bb.simulate(DEFAULT, HEROES, episodes=1)
    assert result.backend == "cpu"
    assert _core.simd_paths()[1] in result.device
    for backend in (CpuBackend(), backends.AutoBackend()):
        assert isinstance(backend, backends.Backend)
        assert backend.unavailable() is None


@pytest.mark.usefixtures("loaded")
def test_the_environment_names_what_auto_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUCKET_BRIGADE_BACKEND", "counting")
    before = Counting.runs
    result = bb.simulate(DEFAULT, HEROES, episodes=100)
    assert (result.backend, Counting.runs) == ("counting", before + 1)
    again = bb.simulate(DEFAULT, HEROES, episodes=100, backend="cpu")
    assert (again.backend, Counting.runs) == ("cpu", before + 1)
    assert np.array_equal(result.counts.totals, again.counts.totals)
    for auto in ("", "auto"):
        monkeypatch.setenv("BUCKET_BRIGADE_BACKEND", auto)
        assert bb.select_backend().name == "auto"


@pytest.mark.parametrize("name", ["x", "CPU", "cuda0"])
def test_unknown_names_are_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(bb.InvalidValue, match="cpu"):
        bb.simulate(DEFAULT, HEROES, episodes=1, backend=name)
    monkeypatch.setenv("BUCKET_BRIGADE_BACKEND", name)
    with pytest.raises(bb.InvalidValue, match=rf"{name}.*BUCKET_BRIGADE_BACKEND") as caught:
        bb.simulate(DEFAULT, HEROES, episodes=1)
    assert caught.value.field == "backend"


@pytest.mark.usefixtures("loaded")
@pytest.mark.parametrize(
    ("name", "reason"), [("absent", "there is no such device"), ("broken", "no driver")]
)
def test_what_can_not_be_used_says_why(name: str, reason: str) -> None:
    for use in (
        lambda: bb.select_backend(name),
        lambda: bb.simulate(DEFAULT, HEROES, episodes=1, backend=name),
    ):
        with pytest.raises(bb.BackendUnavailable, match=reason) as caught:
            use()
        assert name in str(caught.value)
    statuses = {status.name: status for status in bb.list_backends()}
    assert not statuses[name].usable
    assert reason in statuses[name].detail


@pytest.mark.usefixtures("loaded")
def test_the_environment_names_what_can_not_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUCKET_BRIGADE_BACKEND", "absent")
    with pytest.raises(bb.BackendUnavailable, match=r"BUCKET_BRIGADE_BACKEND.*no such device"):
        bb.simulate(DEFAULT, HEROES, episodes=1)
    bb.simulate(DEFAULT, HEROES, episodes=1, backend="cpu")


@pytest.mark.usefixtures("loaded")
def test_the_list_has_all() -> None:
    usable = [(status.name, status.usable) for status in bb.list_backends()]
    assert usable == [
        ("cpu", True),
        ("absent", False),
        ("broken", False),
        ("counting", True),
        ("cuda", False),
        ("fast", True),
        ("ray", ray_missing() is None),
    ]


class NoDevice(CpuBackend):
    def device(self) -> str:
        raise ZeroDivisionError("division by zero")


class NoAnswer(CpuBackend):
    def unavailable(self) -> str | None:
        raise LookupError


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (ImportError("libnothing.so"), "libnothing.so"),
        (SyntaxError("bad code"), "bad code"),
        (bb.InvalidValue("x", 1, "2"), "x = 1"),
        (NoDevice, "division by zero"),
        (NoAnswer, "LookupError"),
        (object, "makes no backend"),
        (3, "TypeError"),
    ],
)
def test_the_list_survives_what_is_broken(
    found: object, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, bad=found, counting=Counting, cpu=found, auto=found)
    statuses = {status.name: status for status in bb.list_backends()}
    assert list(statuses) == ["cpu", "bad", "counting", "cuda", "ray"]
    assert statuses["cpu"].usable
    assert statuses["counting"].usable
    assert not statuses["bad"].usable
    assert reason in statuses["bad"].detail
    with pytest.raises(bb.InvalidValue, match="auto:0"):
        bb.select_backend("auto:0")


def test_cuda_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch)
    advice = "not installed: pip install './gpu[cu12]' (or [cu13]) in a checkout; see docs/cuda.md"
    assert bb.list_backends()[1:-1] == [bb.BackendStatus("cuda", False, advice)]
    for name in ("cuda", "cuda:0"):
        with pytest.raises(bb.BackendUnavailable) as caught:
            bb.select_backend(name)
        assert str(caught.value) == f"backend {name!r} can't be used here: {advice}"
    shown = CliRunner().invoke(app, ["backends"])
    # However wide the table is.
    assert "".join(advice.split()) in "".join(shown.stdout.split())
    install(monkeypatch, cuda=Fast)
    reset()
    assert isinstance(bb.select_backend("cuda"), Fast)


@pytest.mark.usefixtures("loaded")
def test_the_command_backends(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = CliRunner().invoke(app, ["backends"])
    assert shown.exit_code == 0
    for text in ("absent", "there is no such device", "OSError: no driver", "a fast device"):
        assert text in shown.stdout
    assert shown.stdout.splitlines()[-1] == (
        "auto: the CPU for what it plays in 1 s, and above that the usable backend with the least "
        "estimated time"
    )
    printed = CliRunner().invoke(app, ["backends", "--json"])
    statuses = [vars(status) for status in bb.list_backends()]
    assert json.loads(printed.stdout) == statuses
    assert statuses[1] == {"name": "absent", "usable": False, "detail": "there is no such device"}
    monkeypatch.setenv("BUCKET_BRIGADE_BACKEND", "fast:1")
    line = CliRunner().invoke(app, ["backends"]).stdout.splitlines()[-1]
    assert line == "auto: fast:1, which BUCKET_BRIGADE_BACKEND names"


def test_modules_that_do_not_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = EntryPoint("gone", "bucket_brigade_gone:Backend", backends.GROUP)
    monkeypatch.setattr(installed, "entry_points", lambda **_: [entry])
    with pytest.raises(bb.BackendUnavailable, match="bucket_brigade_gone"):
        bb.select_backend("gone")


@pytest.mark.usefixtures("loaded")
@pytest.mark.parametrize(
    ("text", "devices"),
    [("fast", None), ("fast:0", (0,)), ("fast:0,1", (0, 1)), ("fast:12,3", (12, 3))],
)
def test_devices(
    text: str, devices: tuple[int, ...] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = bb.simulate(DEFAULT, HEROES, episodes=1, backend=text)
    assert (result.backend, result.device) == ("fast", "a fast device")
    monkeypatch.setenv("BUCKET_BRIGADE_BACKEND", text)
    bb.simulate(DEFAULT, HEROES, episodes=1)
    simulate = ["simulate", "easy", "--lineup", "hero,hero,hero,hero", "--episodes", "1"]
    assert "played by fast" in CliRunner().invoke(app, [*simulate, "--backend", text]).stdout
    assert Fast.made == [devices] * 3


@pytest.mark.usefixtures("loaded")
@pytest.mark.parametrize(
    "text",
    [
        *("fast:", "fast:a", "fast:-1", "fast:0,", "fast:,0", "fast: 0", "fast:0, 1", "fast:0:1"),
        *("fast:0,0", "fast:00,0", "fast:1.0", "fast:٤", "fast:1234567890", ":0", "fast:0\n"),
        *("nowhere:0", "auto:0", "cpu:0", "counting:0"),
    ],
)
def test_devices_that_are_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(use: Any) -> None:
        with pytest.raises(bb.InvalidValue) as caught:
            use()
        assert caught.value.field == "backend"
        assert repr(text) in str(caught.value)

    refused(lambda: bb.simulate(DEFAULT, HEROES, episodes=1, backend=text))
    refused(lambda: bb.DoubleOracle(DEFAULT, backend=text))
    ran = CliRunner().invoke(app, ["payoffs", "easy", "--backend", text])
    assert ran.exit_code == 2
    assert f"backend = {text!r}" in ran.stderr
    monkeypatch.setenv("BUCKET_BRIGADE_BACKEND", text)
    refused(lambda: bb.simulate(DEFAULT, HEROES, episodes=1))


def test_devices_that_their_backend_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    class Two(CpuBackend):
        def __init__(self, devices: tuple[int, ...]) -> None:
            raise bb.InvalidValue("backend", "'two:7'", "devices 0 and 1")

    install(monkeypatch, two=Two)
    with pytest.raises(bb.InvalidValue, match="'two:7' is not allowed: expected devices 0 and 1"):
        bb.select_backend("two:7")


def test_a_backend_object_is_used_as_it_is() -> None:
    before = Counting.runs
    assert bb.simulate(DEFAULT, HEROES, episodes=1, backend=Counting()).backend == "counting"
    assert Counting.runs == before + 1


@pytest.mark.parametrize("threads", ["1", "2", "64"])
def test_threads_of_the_environment(threads: str, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = bb.simulate(DEFAULT, HEROES, episodes=500).counts.totals
    monkeypatch.setenv("BUCKET_BRIGADE_THREADS", threads)
    assert np.array_equal(bb.simulate(DEFAULT, HEROES, episodes=500).counts.totals, expected)


@pytest.mark.parametrize("threads", ["0", "-1", "many", "1.5", "99999999999"])
def test_bad_threads_of_the_environment(threads: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUCKET_BRIGADE_THREADS", threads)
    with pytest.raises(bb.InvalidValue, match="BUCKET_BRIGADE_THREADS"):
        bb.simulate(DEFAULT, HEROES, episodes=1)
    # What is asked for comes first.
    bb.simulate(DEFAULT, HEROES, episodes=1, threads=1)
