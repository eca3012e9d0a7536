"""The command ``cuda-check``, with compiled PTX in a GPU's place."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
from fake_cupy import FakeCuda, installed
from typer.testing import CliRunner

pytest.importorskip("numba_cuda")

from bucket_brigade import SCENARIOS, BackendFailed, BackendUnavailable
from bucket_brigade.backends.cpu import CpuBackend
from bucket_brigade_cuda import backend as backends
from bucket_brigade_cuda import cli
from bucket_brigade_cuda.backend import CudaBackend
from bucket_brigade_cuda.check import comparison, measurements, sweep, throughput
from bucket_brigade_cuda.check.environments import LaneCase, lane_cases
from bucket_brigade_cuda.check.sweep import Case, Plan
from ptx_on_cpu.device import PtxDevice

pytestmark = pytest.mark.usefixtures("compiled")

HEROES = [["hero"] * 4, ["free_rider"] * 4]
CASES = [
    Case("whole", SCENARIOS["default"], HEROES, 320),
    Case("in part", SCENARIOS["hard"], HEROES, 70, first_episode=20, way="sums"),
    Case("kept", SCENARIOS["easy"], HEROES, 64, way="device"),
]
COUNTS = 1 + 4 + 30 + 4
SAVED = 1 + 4 + 20

app = typer.Typer()
app.command()(cli.cuda_check)


class Wrong(PtxDevice):
    """Changes counts on their way to the host."""

    def __init__(self, change: Callable[[np.ndarray], object]) -> None:
        super().__init__()
        self.change = change

    def fetch(self, array: Any) -> Any:
        copy = super().fetch(array)
        self.change(copy)
        return copy


class Failing(PtxDevice):
    """Raises something at its second launch of the kernel that plays, and at no other."""

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.error, self.launches = error, 0

    def launch(
        self, name: str, shape: Any, grid: int, threads: int, arguments: Sequence[object]
    ) -> None:
        self.launches += name == "play"
        if self.launches == 2 and name == "play":
            raise self.error
        super().launch(name, shape, grid, threads, arguments)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few cases, and nothing compiled only to see how long that takes."""
    monkeypatch.setattr(sweep, "plan", lambda quick, devices: Plan(CASES))
    monkeypatch.setattr(throughput, "compile_seconds", lambda device: 3.0)
    monkeypatch.setattr(cli, "TRIAL_SIZES", (1000, 2000))


def use(monkeypatch: pytest.MonkeyPatch, *devices: PtxDevice) -> None:
    """Makes these the devices that are found."""
    monkeypatch.setattr(backends, "find_devices", lambda asked=None: list(devices))


def run(folder: Path, *options: str) -> tuple[int, str, Any]:
    """Exit code, what was printed, and the report."""
    path = folder / "new" / "report.json"
    ran = CliRunner().invoke(app, ["--out", str(path), *options])
    report = json.loads(path.read_text()) if path.exists() else None
    return ran.exit_code, ran.output, report


@pytest.mark.usefixtures("small")
def test_equal_counts_pass(tmp_path: Path) -> None:
    code, shown, report = run(tmp_path, "--device", "ptx", "--seconds", "0")
    assert code == 0
    assert "3 cases passed, 0 failed\n" in shown
    assert report["schema_version"] == 1
    assert report["rules_version"] == 1
    assert report["finished"] is True
    assert (report["passed"], report["failed"]) == (3, 0)
    assert report["options"] == {
        **{"quick": False, "device": "ptx", "seconds": 0.0},
        **{"cases": True, "measure": [], "model": False},
    }
    assert report["measured"] is None
    assert report["devices"][0]["is_gpu"] is False
    assert report["devices"][0]["capability"] == [9, 0]
    assert report["versions"]["numba-cuda"]
    assert report["throughput"] is None
    assert [case["name"] for case in report["cases"]] == ["whole", "in part", "kept"]
    assert report["cases"][1]["first_episode"] == 20
    assert all(case["passed"] for case in report["cases"])


def test_environments_are_cases_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    cases = lane_cases(quick=True)
    assert [case.scenario.num_houses for case in cases] == [10] * 3
    assert {case.scenario.num_houses for case in lane_cases(quick=False)} == {10, 2, 32}
    monkeypatch.setattr(sweep, "plan", lambda quick, devices: Plan(CASES[:1], lanes=cases))
    code, shown, report = run(tmp_path, "--device", "ptx", "--seconds", "0")
    assert (code, report["passed"]) == (0, 4), shown
    assert report["cases"][1]["lanes"] == 300
    assert "built-in seats" in report["cases"][3]["name"]


class Dimmer(PtxDevice):
    """Brings a reward of a lane wrong, from the third night on."""

    nights = 0

    def launch(
        self, name: str, shape: Any, grid: int, threads: int, arguments: Sequence[Any]
    ) -> None:
        super().launch(name, shape, grid, threads, arguments)
        self.nights += name == "night"
        if name == "night" and self.nights > 2:
            (rewards,) = [one for one in arguments if getattr(one, "dtype", None) == np.float32]
            rewards[4 * 7 + 2] += 1


def test_the_first_wrong_number_of_an_environment_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    case = LaneCase("dim", (SCENARIOS["hard"],), 20, 5)
    monkeypatch.setattr(sweep, "plan", lambda quick, devices: Plan([], lanes=[case]))
    use(monkeypatch, Dimmer())
    code, shown, report = run(tmp_path, "--seconds", "0")
    assert code == 1
    assert "rewards[7, 2]" in shown
    (difference,) = report["cases"][0]["differences"]
    assert (difference["array"], difference["step"], difference["place"]) == ("rewards", 3, "7, 2")
    assert difference["got"] == difference["expected"] + 1
    assert (difference["numbers"], difference["of"]) == (1, 80)
    assert difference["text"].startswith("step 3: rewards[7, 2] is ")


@pytest.mark.usefixtures("small")
def test_the_first_wrong_count_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def change(array: np.ndarray) -> None:
        if array.dtype == np.uint32:
            # The second line-up's fourth block: ten blocks a line-up.
            array[13 * COUNTS + SAVED + 3] += 2
            array[14 * COUNTS] += 1

    use(monkeypatch, Wrong(change))
    code, shown, report = run(tmp_path, "--seconds", "0")
    assert code == 1
    assert "2 cases passed, 1 failed" in shown
    assert "saved[3]" in shown
    assert report["finished"] is True
    (difference,) = report["cases"][0]["differences"]
    place = {name: difference[name] for name in ("array", "lineup", "block", "count", "numbers")}
    assert place == {
        "array": "blocks",
        "lineup": 1,
        "block": 3,
        "count": "saved[3]",
        "numbers": 2,
    }
    program = CASES[0].program()
    right = CpuBackend().run(program, per_block=True).blocks
    assert right is not None
    assert difference["expected"] == right[1, 3, SAVED + 3]
    assert difference["got"] == difference["expected"] + 2
    assert report["cases"][0]["scenario"]["name"] == "default"
    assert report["cases"][0]["error"] is None


@pytest.mark.usefixtures("small")
def test_wrong_sums_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def change(array: np.ndarray) -> None:
        if array.dtype == np.uint64:
            array[-1] += np.uint64(1)

    use(monkeypatch, Wrong(change))
    _, _, report = run(tmp_path, "--seconds", "0")
    # What stays on the device is not fetched, so only the first two cases are wrong.
    assert [case["passed"] for case in report["cases"]] == [False, False, True]
    totals, moments = report["cases"][1]["differences"]
    assert (totals["array"], totals["lineup"], totals["block"]) == ("totals", 1, None)
    assert totals["count"] == "ended[cap]"
    assert moments["count"] == "houses of 3 saved · houses of 3 saved"
    assert (moments["numbers"], moments["of"]) == (1, 2 * 15 * 15)


@pytest.mark.usefixtures("small")
def test_a_failure_is_reported_and_the_rest_played(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    use(monkeypatch, Failing(BackendFailed("the device is lost")))
    code, shown, report = run(tmp_path, "--seconds", "0")
    assert code == 1
    assert "BackendFailed: the device is lost" in shown
    assert [case["passed"] for case in report["cases"]] == [True, False, True]


@pytest.mark.usefixtures("small")
def test_an_interruption_keeps_what_was_done(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    use(monkeypatch, Failing(KeyboardInterrupt()))
    code, shown, report = run(tmp_path, "--seconds", "0")
    assert code == 130
    assert "1 cases passed, 0 failed; not finished" in shown
    assert report["finished"] is False
    assert [case["name"] for case in report["cases"]] == ["whole"]


def test_without_a_gpu_the_reason_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def none(asked: object = None) -> None:
        raise BackendUnavailable("no GPU can be used: because")

    monkeypatch.setattr(backends, "find_devices", none)
    assert run(tmp_path) == (2, "bucket-brigade: no GPU can be used: because\n", None)


def test_bad_usage(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for options in (
        *(["--device", "cpu"], ["--device", "cuda:x"], ["--seconds", "-1"]),
        *(["--measure", "speed"], ["--measure", "games,"]),
    ):
        code, shown, report = run(tmp_path, *options)
        assert (code, report) == (2, None), shown
        assert "is not allowed" in shown
    monkeypatch.setenv(backends.SIMULATOR, "1")
    code, shown, report = run(tmp_path)
    assert (code, report) == (2, None)
    assert "unset NUMBA_ENABLE_CUDASIM" in shown


@pytest.mark.usefixtures("small")
def test_times_without_a_gpu_are_marked(tmp_path: Path) -> None:
    code, shown, report = run(tmp_path, "--device", "ptx", "--json")
    assert code == 0
    assert json.loads(shown) == report
    found = report["throughput"]
    assert found["is_gpu"] is False
    assert found["compile_seconds"] == 3.0
    assert found["modelled_nights_per_second"] is None
    assert found["crossovers"] == []
    assert [(row["lineups"], row["episodes"]) for row in found["rows"]] == [
        *((1, 1000), (1, 2000)),
        *((100, 10), (100, 20)),
    ]
    for row in found["rows"]:
        assert row["nights_per_second"] == pytest.approx(row["nights"] / row["wall_seconds"])
        assert 0 < row["play_seconds"] <= row["wall_seconds"]
        assert row["limit_share"] is None
    assert "NOT A GPU" in run(tmp_path, "--device", "ptx")[1]


@pytest.mark.usefixtures("small")
def test_nothing_is_modelled_unless_asked_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(throughput, "modelled_limit", lambda devices: throughput.Limit(3e9))
    options = ("--device", "ptx", "--no-cases")
    _, shown, report = run(tmp_path, *options)
    assert report["throughput"]["modelled_nights_per_second"] is None
    assert "no model" not in shown
    assert report["cases"] == []
    _, shown, report = run(tmp_path, *options, "--model")
    assert report["throughput"]["modelled_nights_per_second"] == 3e9
    assert "modelled, not measured: 3.0e9" in shown


@pytest.mark.usefixtures("small")
def test_a_quick_check_measures_what_it_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    quick = ("--device", "ptx", "--quick", "--no-cases")
    _, _, report = run(tmp_path, *quick)
    assert (report["throughput"], report["measured"]) == (None, None)
    _, _, report = run(tmp_path, *quick, "--measure", "batches")
    assert report["throughput"]["rows"]
    asked: list[list[str]] = []

    def measure(backend: Any, parts: list[str], seconds: float, told: Any, sizes: Any) -> None:
        asked.append(parts)
        told({"games": {"error": "RuntimeError: lost"}})

    monkeypatch.setattr(measurements, "measure_parts", measure)
    code, shown, report = run(tmp_path, *quick, "--measure", "kernels,games", "--commit", "abc")
    assert asked == [["kernels", "games"]]
    assert report["commit"] == "abc"
    # A part that failed is told, and is no success.
    assert code == 1
    assert "Whole runs: could not be measured: RuntimeError: lost" in shown
    assert len(str(run(tmp_path, *quick)[2]["commit"])) == 40


@pytest.mark.usefixtures("small")
def test_reports_are_added_to(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def measure(backend: Any, parts: list[str], seconds: float, told: Any, sizes: Any) -> None:
        told({part: [{"found": part}] for part in parts})

    monkeypatch.setattr(measurements, "measure_parts", measure)
    monkeypatch.setattr(cli.display, "print_measured", lambda found, out: None)
    ptx = ("--device", "ptx", "--commit", "abc", "--add")
    code, _, report = run(tmp_path, *ptx, "--measure", "none")
    assert (code, report["passed"], report["measured"]) == (0, 3, None)
    run(tmp_path, *ptx, "--no-cases", "--measure", "games")
    code, _, report = run(tmp_path, *ptx, "--no-cases", "--measure", "batches,kernels")
    assert code == 0
    assert (report["passed"], len(report["cases"])) == (3, 3)
    assert report["measured"] == {"games": [{"found": "games"}], "kernels": [{"found": "kernels"}]}
    assert report["throughput"]["rows"]
    assert report["finished"] is True
    # Cases of a check that was interrupted are not made whole by measuring afterwards.
    path = tmp_path / "new" / "report.json"
    path.write_text(json.dumps({**report, "finished": False, "cases_finished": False}))
    code, shown, report = run(tmp_path, *ptx, "--no-cases", "--measure", "games")
    assert report["finished"] is False
    assert "3 cases passed, 0 failed; not finished" in shown
    # Cases that are played again are counted once.
    assert run(tmp_path, *ptx, "--measure", "none")[2]["passed"] == 3
    code, shown, after = run(tmp_path, "--device", "ptx", "--commit", "def", "--add")
    assert code == 2
    assert "can't be added to: it has other commit" in shown
    assert after["commit"] == "abc"
    (tmp_path / "new" / "report.json").write_text("[]")
    code, shown, _ = run(tmp_path, *ptx)
    assert code == 2
    assert "holds no report" in shown


@pytest.mark.usefixtures("small")
def test_everything_on_a_gpu_in_one_report(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(throughput, "SIZES", (100, 1000))
    monkeypatch.setattr(throughput, "LINEUPS", (1,))
    monkeypatch.setattr(measurements, "EPISODES", (300, 1000))
    monkeypatch.setattr(measurements, "GAMES", measurements.GAMES[:1])
    monkeypatch.setattr(measurements, "EVERY", measurements.EVERY[:1])
    with installed(FakeCuda()):
        code, shown, report = run(tmp_path, "--measure", "all", "--commit", "abc")
    assert code == 0, shown
    assert (report["passed"], report["failed"], report["finished"]) == (3, 0, True)
    (device,) = report["devices"]
    assert device["is_gpu"] is True
    assert (device["driver"], device["runtime"]) == (13000, 13020)
    assert report["commit"] == "abc"
    assert report["throughput"]["is_gpu"] is True
    assert [row["episodes"] for row in report["throughput"]["rows"]] == [100, 1000]
    assert list(report["measured"]) == list(measurements.PARTS)
    assert all(report["measured"].values())
    for title in cli.display.TITLES.values():
        assert title in shown
    assert "NOT A GPU" not in shown
    assert "Please send this file back." in shown


class LikeAGpu(PtxDevice):
    """Says that it has what only GPUs have."""

    multiprocessors = 132
    clock_hz = 1_700_000_000


@pytest.mark.usefixtures("small")
def test_rates_are_compared_with_the_model_and_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throughput, "modelled_limit", lambda devices: throughput.Limit(1e9))
    # One so slow that every batch is estimated, and the device is faster without compiling.
    monkeypatch.setattr(throughput, "seconds_of_cpu", lambda program, threads: 2.0)
    backend = CudaBackend(devices=[LikeAGpu()])
    told: list[int] = []
    found = throughput.measure(
        backend,
        seconds=2.5,
        sizes=(1000, 2000),
        modelled=True,
        told=lambda one: told.append(len(one.rows)),
    )
    assert told == [1, 2, 3, 4]
    assert [row.cpu_measured for row in found.rows] == [True, False, True, False]
    assert found.rows[1].cpu_rate == pytest.approx(found.rows[0].cpu_rate)
    for row in found.rows:
        assert row.limit_share == pytest.approx(row.rate / 1e9)
    document = found.to_dict()
    assert document["is_gpu"] is True
    two, few = {"episodes_two_threads": 1000}, {"episodes_two_threads": 10}
    assert document["crossovers"] == [
        {"lineups": 1, "episodes": 1000, "episodes_with_compiling": 2000, **two},
        {"lineups": 100, "episodes": 10, "episodes_with_compiling": 20, **few},
    ]


@pytest.mark.usefixtures("small")
def test_batches_grow_until_one_would_take_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throughput, "LINEUPS", (1,))
    backend = CudaBackend(devices=[PtxDevice()])
    found = throughput.measure(backend, seconds=1e-9, sizes=(1000, 2000))
    assert [row.episodes for row in found.rows] == [1000]
    assert found.stopped == ["1 line-ups: a larger batch takes over 1e-09 s"]


ROW = throughput.Row(
    lineups=1,
    episodes=0,
    nights=10**6,
    launches=1,
    wall_seconds=1.0,
    play_seconds=1.0,
    kernel_seconds=0.9,
    copy_seconds=0.1,
    kept_seconds=None,
    copied_seconds=None,
    limit_share=None,
    cpu_seconds=0.0,
    cpu_measured=True,
    two_threads_seconds=0.0,
)


def test_crossover_is_where_the_cpu_falls_behind_for_good() -> None:
    cpu = {10: 0.5, 30: 1.5, 100: 0.9, 300: 3.0, 1000: 9.0}
    rows = [replace(ROW, episodes=n, cpu_seconds=s) for n, s in cpu.items()]
    assert throughput.crossover(rows) == rows[3]
    assert throughput.crossover(rows, 5.0) == rows[4]
    assert throughput.crossover(rows, 50.0) is None
    assert throughput.crossover([]) is None
    slower = [replace(row, two_threads_seconds=4 * row.cpu_seconds) for row in rows]
    assert throughput.crossover(slower, threads=2) == slower[0]


def test_every_device_is_played_alone_and_all_together(tmp_path: Path) -> None:
    backend = CudaBackend(devices=[PtxDevice(), PtxDevice()])
    backend.devices()[1].name = "the other"
    report = comparison.Report(backend, tmp_path / "report.json", {})
    told: list[tuple[int, int]] = []
    plan = Plan(CASES[:1], CASES[1:2], CASES[:1])
    comparison.check_all(backend, plan, report, lambda done, every: told.append((done, every)))
    names = [(case["name"], case["devices"]) for case in report.document["cases"]]
    first = "compiled PTX on the CPU"
    assert names == [("whole", first), ("in part", "the other"), ("whole", f"{first}, the other")]
    assert told == [(0, 3), (1, 3), (2, 3)]
    assert report.passed


@pytest.mark.parametrize("quick", [True, False])
def test_the_sweep_covers_what_it_should(quick: bool) -> None:
    plan = sweep.plan(quick, 2)
    cases = plan.first
    assert len({case.name for case in cases}) == len(cases)
    rules = {(c.scenario.name, c.scenario.night_order, c.scenario.end_rule) for c in cases}
    assert len({rule for rule in rules if rule[0] in SCENARIOS}) == 48
    assert {case.way for case in cases} == {"blocks", "sums", "device"}
    programs = [case.program() for case in cases if len(case.lineups) < 1000]
    seen = {(p.houses, p.agents, int(p.seat_sizes.max())) for p in programs}
    wanted = {(10, 4, 1), (10, 4, 2), (10, 4, 4), (2, 1, 1)}
    if not quick:
        wanted |= {(10, 10, 1), (3, 8, 1), (32, 16, 1), (10, 4, 16), (32, 16, 16)}
    assert wanted <= seen
    assert {p.first_episode + p.episodes for p in programs} >= {1 << 64, 1, 33}
    assert len(plan.others) == 32
    assert plan.together
    assert not sweep.plan(quick, 1).together
