"""The command ``cuda-compile``: what it compiles, where to, and what is played from there."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

import bucket_brigade as bb
from bucket_brigade_cuda import backend as backends
from bucket_brigade_cuda import cli
from bucket_brigade_cuda.check import sweep
from bucket_brigade_cuda.compiling import compile as compiling
from bucket_brigade_cuda.compiling import compile_ahead
from bucket_brigade_cuda.compiling.compile import CACHE
from bucket_brigade_cuda.compiling.compile_ahead import parse_shape, wanted
from bucket_brigade_cuda.compiling.kernel_files import FOLDER, Kernel, read_kernel
from bucket_brigade_cuda.devices import Simulator
from bucket_brigade_cuda.kernels.shape import ENVIRONMENT, WIDTHS, Shape

app = typer.Typer()
app.command()(cli.cuda_compile)


def run(*options: str) -> tuple[int, str]:
    """Exit code, and what was printed."""
    ran = CliRunner().invoke(app, list(options))
    return ran.exit_code, ran.output


def fake(name: str, shape: Shape, capability: tuple[int, int]) -> Kernel:
    """A kernel without compiling."""
    return Kernel(name, shape, capability, ".visible .entry x()", b"\x7fELF", 2.0, 0.25)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """Compiles nothing; the list tells what would have been."""
    made: list[tuple[Any, ...]] = []

    def assembled(*which: Any) -> Kernel:
        made.append(which)
        return fake(*which)

    monkeypatch.setattr(compile_ahead, "assembled_kernel", assembled)
    return made


def test_kernels_of_shapes_and_architectures(tmp_path: Path, quick: list[Any]) -> None:
    options = ["--arch", "sm_90", "--arch", "sm_80"]
    shapes = "10x4", "3x8x4f", "3x8x4s", "2x3e", "2x3es"
    options += [word for shape in shapes for word in ("--shape", shape)]
    code, shown = run(*options, "--out", str(tmp_path / "new" / "kernels"), "--jobs", "1")
    assert code == 0
    # Widths 1 and 2 of the first, which sum alike, and 4 of the second; three of environments.
    # Policies of any kind take another one that plays, of either.
    assert len(quick) == len(set(quick)) == 2 * (5 + 4 + 1 + 3 + 1)
    assert {which[0] for which in quick if which[1] == Shape(2, 3, 0)} == set(ENVIRONMENT)
    assert {which[1] for which in quick if which[0] == "play"} == {
        *(Shape(10, 4, 1), Shape(10, 4, 2)),
        *(Shape(3, 8, 4, firefighters=True), Shape(3, 8, 4, singles=True)),
    }
    assert {which[1] for which in quick if which[0] == "night"} == {
        *(Shape(2, 3, 0), Shape(2, 3, 0, singles=True))
    }
    assert {which[1] for which in quick if which[0] == "cast"} == {Shape(10, 4, 2), Shape(3, 8, 4)}
    assert {which[1].width for which in quick if which[0] in ("features", "add_up")} == {1}
    assert {which[2] for which in quick} == {(9, 0), (8, 0)}
    folder = tmp_path / "new" / "kernels"
    assert len(list(folder.iterdir())) == len(quick)
    assert all(read_kernel(folder, *which) == fake(*which) for which in quick)
    assert "28 kernels" in shown
    assert list(folder.glob("night-2x3e-sm_80-*.zip"))
    assert list(folder.glob("play-3x8x4f-sm_80-*.zip"))
    assert f"export {FOLDER}={folder}" in shown


def test_what_is_there_is_left(tmp_path: Path, quick: list[Any]) -> None:
    options = ["--arch", "sm_90", "--shape", "2x1", "--out", str(tmp_path), "--jobs", "1"]
    run(*options, "--width", "1")
    assert len(quick) == 3
    damaged, *_ = tmp_path.glob("play*")
    damaged.write_bytes(damaged.read_bytes()[:-3])
    (tmp_path / "play-2x1x1-sm_90-000000000000.zip").write_bytes(b"of other sources")
    code, shown = run(*options)
    assert code == 0
    # The damaged one, and those of width 2.
    assert [which[0] for which in quick[3:]] == ["play", "cast", "play"]
    assert "3 new, which took 7 s to compile" in shown
    assert "2 there already" in shown
    assert "1 other files are there too" in shown
    code, shown = run(*options, "--json")
    told = json.loads(shown)
    assert [one["there"] for one in told["kernels"]] == [True] * 5
    assert not any(one["firefighters"] for one in told["kernels"])
    assert told["kernels"][0]["compile_seconds"] == 2.0
    assert told["kernels"][0]["shape"] == [2, 1, 1]


def test_the_usual_shapes() -> None:
    usual, quick = sweep.usual_shapes(False), sweep.usual_shapes(True)
    assert usual[0] == quick[0] == Shape(10, 4, 1)
    assert {Shape(10, 4, 0), Shape(2, 3, 0), Shape(32, 16, 0)} <= set(usual)
    assert {Shape(10, 4, width) for width in WIDTHS} | {Shape(32, 16, 16)} <= set(usual)
    assert set(quick) == {
        *(Shape(10, 4, width) for width in (0, 1, 2, 4)),
        *(Shape(2, 1, 1), Shape(10, 4, 2, firefighters=True)),
    }
    # Five that play, two that draw mixtures, two for each size that sum, three of environments.
    assert len(wanted(quick, [(9, 0)])) == 5 + 2 + 2 * 2 + 3
    for scenario in bb.SCENARIOS.values():
        assert (scenario.num_houses, scenario.num_agents) == sweep.CATALOGUE


@pytest.mark.parametrize(
    "text",
    ["", "10", "10x", "1x4", "33x4", "10x0", "10x17", "10x4x", "axb", "10x4fs", "10x4x2e", "1x4e"],
)
def test_texts_that_name_no_shape(text: str) -> None:
    with pytest.raises(bb.InvalidValue, match="--shape"):
        parse_shape(text, [1])


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--shape", "10x4x3"], "width = 3 is not allowed: expected one of 1, 2, 4, 8, 16"),
        (["--width", "5", "--shape", "10x4"], "width = 5"),
        (["--arch", "sm_60"], "--arch = 'sm_60' is not allowed"),
        (["--jobs", "0"], "--jobs = 0 is not allowed"),
    ],
)
def test_bad_usage(options: list[str], told: str, tmp_path: Path, quick: list[Any]) -> None:
    code, shown = run(*options, "--out", str(tmp_path), *(["--arch", "sm_90"]))
    assert code == 2
    assert told in shown
    assert not quick


def test_a_folder_that_can_not_be_written(tmp_path: Path, quick: list[Any]) -> None:
    taken = tmp_path / "taken"
    taken.write_text("")
    code, shown = run("--arch", "sm_90", "--shape", "2x1", "--out", str(taken), "--jobs", "1")
    assert code == 2
    assert "can't be written" in shown


def test_the_gpus_that_are_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def none(asked: object = None) -> None:
        raise bb.BackendUnavailable("no GPU is visible")

    monkeypatch.setattr(backends, "find_devices", none)
    code, shown = run("--out", str(tmp_path))
    assert code == 2
    assert "name what to compile for, as in --arch sm_90: no GPU is visible" in shown
    monkeypatch.setattr(backends, "find_devices", lambda asked=None: [Simulator()])
    assert run("--out", str(tmp_path))[0] == 2


#: Plays the compiled code with nothing to compile with: Numba can't be imported.
PLAYS = """
import sys
for name in ("numba", "numba_cuda", "_numba_cuda_redirector", "cuda.bindings", "llvmlite"):
    sys.modules[name] = None
import bucket_brigade as bb
from bucket_brigade_cuda.backend import CudaBackend
from bucket_brigade_cuda.compiling.compile import assembled_kernel
from ptx_on_cpu.device import PtxDevice
from bucket_brigade_cuda.kernels.shape import Shape

game = bb.scenario("easy").replace(num_houses=2, num_agents=1)
one, other = (
    bb.simulate(game, [["hero"]], episodes=999, backend=backend).event_counts
    for backend in (CudaBackend(devices=[PtxDevice()]), "cpu")
)
assert (one.totals == other.totals).all()
assert (one.moments == other.moments).all()
assert assembled_kernel("play", Shape(2, 1, 1), (9, 0)).cubin.startswith(b"\\x7fELF")
print("played")
"""


def test_compiled_kernels_play_where_numba_is_not_installed(tmp_path: Path) -> None:
    folder = tmp_path / "kernels"
    code, shown = run("--arch", "sm_90", "--shape", "2x1x1", "--out", str(folder), "--jobs", "2")
    assert code == 0, shown
    done = subprocess.run(
        [sys.executable, "-c", PLAYS],
        env={
            **os.environ,
            CACHE: "",
            FOLDER: str(folder),
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "played\n", "")
    compiling._compiled.cache_clear()
