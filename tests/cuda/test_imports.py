"""Nothing of CUDA is imported before a GPU is asked for; and without one, auto plays on the CPU."""

import os
import subprocess
import sys

import pytest

HEAVY = ("numba", "numba_cuda", "cupy", "cupyx", "cuda.bindings", "llvmlite")

#: Registers the backend as its distribution does, whether or not that is installed.
REGISTERED = """
from importlib.metadata import EntryPoint
from bucket_brigade.backends import GROUP, installed

entry = EntryPoint("cuda", "bucket_brigade_cuda.backend:CudaBackend", GROUP)
installed.entry_points = lambda **_: [entry]
"""


def told(program: str) -> str:
    """What a program prints, with warnings as errors, and no GPU to be seen."""
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        "CUDA_VISIBLE_DEVICES": "",
    }
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.strip()


@pytest.mark.parametrize(
    "use",
    [
        "import bucket_brigade",
        "import bucket_brigade.cli",
        "import bucket_brigade_cuda.backend",
        "import bucket_brigade_cuda.launch.run",
        "import bucket_brigade_cuda.compiling.compile",
        f"{REGISTERED}\nimport bucket_brigade as bb\n"
        "assert bb.select_backend('auto').name == 'auto'\n"
        "lineup = [['hero'] * 4]\n"
        "assert bb.simulate(bb.scenario('easy'), lineup, episodes=999).backend == 'cpu'",
    ],
)
def test_nothing_heavy_is_imported(use: str) -> None:
    program = f"{use}\nimport sys\nprint([name for name in {HEAVY} if name in sys.modules])"
    assert told(program) == "[]"


def test_auto_plays_on_the_cpu_without_a_gpu() -> None:
    program = f"""{REGISTERED}
import bucket_brigade as bb
from bucket_brigade.backends import auto

# Nothing is too short to look for something faster.
auto.WORTH_LOADING = 0.0
result = bb.simulate(bb.scenario("easy"), [["hero"] * 4], episodes=1000)
assert result.backend == "cpu"
assert "cuda" not in result.device
import sys
assert "bucket_brigade_cuda.backend" in sys.modules
print("played")
"""
    assert told(program) == "played"


def test_asking_for_a_gpu_says_why_there_is_none() -> None:
    program = f"""{REGISTERED}
import bucket_brigade as bb
(status,) = [status for status in bb.list_backends() if status.name == "cuda"]
assert not status.usable
for name in ("cuda", "cuda:0"):
    try:
        bb.simulate(bb.scenario("easy"), [["hero"] * 4], episodes=1, backend=name)
    except bb.BackendUnavailable as error:
        assert status.detail in str(error)
print(status.detail)
"""
    reason = told(program)
    assert reason.startswith(("no GPU", "CuPy is not installed", "CUDA is not installed"))


def test_the_command_shows_why_there_is_none() -> None:
    program = f"""{REGISTERED}
from typer.testing import CliRunner
from bucket_brigade.cli import app
print(CliRunner().invoke(app, ["backends"]).stdout)
"""
    shown = told(program)
    assert "cuda" in shown
    assert "no GPU" in shown or "not installed" in shown


def test_auto_never_chooses_the_simulator() -> None:
    program = f"""{REGISTERED}
import os
os.environ["NUMBA_ENABLE_CUDASIM"] = "1"
import bucket_brigade as bb
from bucket_brigade.backends.cpu import CpuBackend
from bucket_brigade_cuda.backend import CudaBackend

assert CudaBackend().unavailable() is None
CpuBackend.seconds = lambda self, program, threads=None: 1e9
print(bb.simulate(bb.scenario("easy"), [["hero"] * 4], episodes=1000).backend)
"""
    assert told(program) == "cpu"
