"""Commands of other distributions, and what is imported when."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bucket_brigade.cli import app, plugins

TUNE = """
import sys
from typing import Annotated
import typer
import bucket_brigade as bb
from bucket_brigade.cli.common import AsJson, print_json, reports_errors

@reports_errors
def tune(size: Annotated[int, typer.Option(help="How much.")] = 3, as_json: AsJson = False) -> None:
    '''Tune the device.'''
    if size < 0:
        raise bb.BackendFailed("the device is lost")
    if as_json:
        print_json({"size": size})
    else:
        typer.echo(f"tuned {size}")
"""

BACKEND = """
import bucket_brigade as bb
from bucket_brigade.backends.cpu import CpuBackend

class CudaBackend(CpuBackend):
    name = "cuda"

    def device(self):
        return "an imagined device"

    def seconds(self, program):
        return 0.001

    def run(self, program, **options):
        raise bb.BackendFailed("out of device memory")
"""

ENTRY_POINTS = """
[bucket_brigade.backends]
cuda = imagined_gpu.backend:CudaBackend

[bucket_brigade.commands]
cuda_tune = imagined_gpu.tune:tune
cuda_broken = imagined_gpu.broken:command
cuda_number = imagined_gpu:NUMBER
simulate = imagined_gpu.tune:tune
"""


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a distribution in it that brings a backend and commands, in the place of the
    real one, should that be installed."""
    folder = tmp_path_factory.mktemp("distribution")
    package = folder / "imagined_gpu"
    information = folder / "bucket_brigade_cuda-0.0.dist-info"
    files = {
        package / "__init__.py": "NUMBER = 3\n",
        package / "backend.py": BACKEND,
        package / "tune.py": TUNE,
        package / "broken.py": "raise OSError('no driver')\n",
        information / "METADATA": "Metadata-Version: 2.1\nName: bucket-brigade-cuda\nVersion: 0\n",
        information / "entry_points.txt": ENTRY_POINTS,
    }
    for file, text in files.items():
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
    return folder


@pytest.fixture(autouse=True)
def forget(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(path)
    plugins._loaded.cache_clear()


def python(path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if k != "BUCKET_BRIGADE_BACKEND"}
    paths = os.pathsep.join([str(path), *filter(None, [environment.get("PYTHONPATH")])])
    return subprocess.run(
        [sys.executable, *arguments],
        env={**environment, "PYTHONPATH": paths, "COLUMNS": "100"},
        capture_output=True,
        text=True,
        check=False,
    )


IMPORTS = """
import sys
import bucket_brigade as bb
import bucket_brigade.cli
bb.simulate(bb.scenario("default"), [["hero"] * 4], episodes=1000)
bb.select_backend().device()
from typer.testing import CliRunner
arguments = ["simulate", "easy", "--lineup", "hero,hero,hero,hero", "--episodes", "9"]
assert CliRunner().invoke(bucket_brigade.cli.app, arguments).exit_code == 0
unwanted = ("numba", "cupy", "bucket_brigade_cuda", "imagined_gpu")
print([name for name in unwanted if name in sys.modules])
bb.select_backend("cuda")
print([name for name in sys.modules if name.startswith("imagined_gpu")])
"""


def test_nothing_of_another_distribution_is_imported_before_it_is_needed(path: Path) -> None:
    ran = python(path, "-c", IMPORTS)
    assert (ran.stderr, ran.stdout.splitlines()) == (
        "",
        ["[]", "['imagined_gpu', 'imagined_gpu.backend']"],
    )


def test_an_added_command_runs() -> None:
    assert CliRunner().invoke(app, ["cuda-tune", "--size", "4"]).stdout == "tuned 4\n"
    assert CliRunner().invoke(app, ["cuda-tune", "--json"]).stdout == '{\n  "size": 3\n}\n'
    assert "How much." in CliRunner().invoke(app, ["cuda-tune", "--help"]).stdout
    failed = CliRunner().invoke(app, ["cuda-tune", "--size", "-1"])
    assert (failed.exit_code, failed.stderr) == (1, "bucket-brigade: the device is lost\n")
    refused = CliRunner().invoke(app, ["cuda-tune", "--size", "x"])
    assert refused.exit_code == 2
    # Only under the name with dashes.
    assert CliRunner().invoke(app, ["cuda_tune"]).exit_code == 2


def test_a_built_in_command_is_not_replaced() -> None:
    ran = CliRunner().invoke(app, ["simulate", "easy", "--lineup", ",".join(["hero"] * 4)])
    assert "played by" in ran.stdout


def test_help_survives_broken_commands(path: Path) -> None:
    shown = python(path, "-c", "from bucket_brigade.cli import main; main()", "--help")
    assert shown.returncode == 0
    for text in ("simulate", "nash", "cuda-tune", "Tune the device."):
        assert text in shown.stdout
    assert "broken" not in shown.stdout
    lines = shown.stderr.splitlines()
    assert lines[0] == ("bucket-brigade: command 'cuda-broken' can't be loaded: OSError: no driver")
    assert lines[1].startswith("bucket-brigade: command 'cuda-number' can't be loaded: TypeError")
    assert len(lines) == 2


def test_a_broken_command_says_why() -> None:
    ran = CliRunner().invoke(app, ["cuda-broken"])
    assert ran.exit_code == 2
    assert "'cuda-broken' can't be loaded: OSError: no driver" in ran.stderr
    assert CliRunner().invoke(app, ["scenarios"]).stderr == ""


def test_the_command_line_tells_who_plays_instead(path: Path) -> None:
    # Long enough for the CPU that another backend is asked, if the CPU were slow.
    slow = "from bucket_brigade.backends import cpu; cpu.NIGHT_SECONDS = 1.0\n"
    command = f"{slow}from bucket_brigade.cli import main; main()"
    arguments = ["simulate", "easy", "--lineup", "hero,hero,hero,hero", "--episodes", "999"]
    ran = python(path, "-c", command, *arguments)
    assert ran.returncode == 0
    assert ran.stderr == (
        "bucket-brigade: cuda failed: out of device memory; the CPU plays instead\n"
    )
    assert "played by cpu" in ran.stdout
    assert "since cuda failed: out of device memory" in ran.stdout
    named = python(path, "-c", command, *arguments, "--backend", "cuda")
    assert (named.returncode, named.stdout) == (1, "")
    assert named.stderr == "bucket-brigade: out of device memory\n"
