"""Which backend plays, and how many threads it takes."""

from importlib.metadata import EntryPoint
from typing import Any

import numpy as np
import pytest

import bucket_brigade as bb
from bucket_brigade import _core, backends
from bucket_brigade.backends.cpu import CpuBackend

DEFAULT = bb.scenario("default")
HEROES = [["hero"] * 4]


class Absent(CpuBackend):
    name = "absent"

    def unavailable(self) -> str | None:
        return "there is no such device"


class Counting(CpuBackend):
    name = "counting"
    runs = 0

    def run(self, *arguments: Any, **options: Any) -> bb.EventCounts:
        Counting.runs += 1
        return super().run(*arguments, **options)


class Broken:
    def __init__(self) -> None:
        raise OSError("no driver")


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three other backends, as if distributions had brought them."""
    found = {"absent": Absent, "counting": Counting, "broken": Broken}

    class Entry:
        def __init__(self, name: str) -> None:
            self.name = name

        def load(self) -> type:
            return found[self.name]

    def entry_points(*, group: str, name: str | None = None) -> list[Entry]:
        assert group == "bucket_brigade.backends"
        return [Entry(n) for n in found if name in (None, n)]

    monkeypatch.setattr(backends, "entry_points", entry_points)


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("BUCKET_BRIGADE_BACKEND", "BUCKET_BRIGADE_THREADS"):
        monkeypatch.delenv(name, raising=False)


def test_the_cpu_is_the_default() -> None:
    assert isinstance(bb.select_backend(), CpuBackend)
    assert isinstance(bb.select_backend("cpu"), CpuBackend)
    result = bb.simulate(DEFAULT, HEROES, episodes=1)
    assert result.backend == "cpu"
    assert _core.simd_paths()[1] in result.device
    assert isinstance(CpuBackend(), backends.Backend)


@pytest.mark.usefixtures("installed")
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
        assert bb.select_backend().name == "cpu"


@pytest.mark.parametrize("name", ["x", "CPU", "cuda0"])
def test_unknown_names_are_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(bb.InvalidValue, match="cpu"):
        bb.simulate(DEFAULT, HEROES, episodes=1, backend=name)
    monkeypatch.setenv("BUCKET_BRIGADE_BACKEND", name)
    with pytest.raises(bb.InvalidValue, match=name):
        bb.simulate(DEFAULT, HEROES, episodes=1)


@pytest.mark.usefixtures("installed")
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


@pytest.mark.usefixtures("installed")
def test_the_list_has_all(monkeypatch: pytest.MonkeyPatch) -> None:
    usable = {status.name: status.usable for status in bb.list_backends()}
    assert usable == {"cpu": True, "absent": False, "broken": False, "counting": True}


def test_modules_that_do_not_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = EntryPoint("gone", "bucket_brigade_gone:Backend", backends.GROUP)
    monkeypatch.setattr(backends, "entry_points", lambda **_: [entry])
    with pytest.raises(bb.BackendUnavailable, match="bucket_brigade_gone"):
        bb.select_backend("gone")


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
