"""The scripts that travel to a machine with a GPU, on a fake one."""

import importlib.util
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fake_cupy import FakeCuda, installed
from shapes import DEFAULT

from bucket_brigade_cuda.backend import CudaBackend
from bucket_brigade_cuda.compiling.compile import compile_kernel

KIT = Path(__file__).parents[2] / "gpu" / "kit"


@pytest.fixture
def cuda(compiled: None) -> Iterator[FakeCuda]:
    """One device."""
    with installed(FakeCuda()) as one:
        yield one


def script(name: str) -> Any:
    """A script as a module; it imports the fake."""
    spec = importlib.util.spec_from_file_location(f"kit_{name}", KIT / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_one_launch_of_each_kernel(
    cuda: FakeCuda, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["launch_once.py", "--tiny"])
    script("launch_once").main()
    shown = capsys.readouterr().out
    assert "default, hero: 96 blocks" in shown
    assert "cast" in shown.splitlines()[-1]
    # A launch to load them, and the one to look at.
    plays = [launch for launch in cuda.launches if launch[1] == "play"]
    assert [grid for _, _, grid, _ in plays] == [1, 2, 1, 2]


def test_versions_of_the_kernel_that_plays(
    cuda: FakeCuda,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    kernel = compile_kernel("play", DEFAULT, (9, 0))
    paths = [tmp_path / f"{name}.cubin" for name in ("same", "other", "broken")]
    for path in paths:
        path.write_bytes(path.stem.encode())
    cuda.assembled[b"same"] = kernel
    # Draws other random numbers: its multiplier of Philox is another.
    other = kernel.ptx.replace("-766435501", "-766435503")
    assert other != kernel.ptx
    (tmp_path / "other.json").write_text(json.dumps({"entry": kernel.entry}))
    cuda.assembled[b"other"] = type(kernel)("play", DEFAULT, (9, 0), other)
    variants = script("try_variants")
    monkeypatch.setattr(variants, "FEW", 999)
    monkeypatch.setattr(variants, "MANY", 3000)
    monkeypatch.setattr(sys, "argv", ["try_variants.py", *map(str, paths)])
    variants.main()
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("as installed: equal, play ")
    assert lines[1].startswith("same: equal, play ")
    assert lines[2].startswith("other: OTHER COUNTS, play ")
    assert lines[3].startswith("broken: KeyError")


def test_edges(cuda: FakeCuda, monkeypatch: pytest.MonkeyPatch) -> None:
    edges = script("edges")
    monkeypatch.setattr(edges, "FEW", 3000)
    monkeypatch.setattr(edges, "MANY", 3000)
    backend = CudaBackend()
    assert edges.at_a_time(backend) == "four runs, the same counts"
    assert "after 20 runs" in edges.memory_is_given_back(backend)
    # An end of the run that is not of a Ctrl-C is told as a fault.
    monkeypatch.setattr(edges, "ENDLESS", 100)
    monkeypatch.setattr(edges.threading, "Timer", lambda *asked: edges.threading.Thread())
    with pytest.raises(AssertionError, match="not interrupted"):
        edges.interrupted(backend)


def test_edges_of_environments(cuda: FakeCuda, monkeypatch: pytest.MonkeyPatch) -> None:
    edges = script("edges")
    monkeypatch.setattr(edges, "LANES", 70)
    monkeypatch.setattr(edges, "STEPS", 15)
    for name in ("torch", "jax"):
        monkeypatch.setitem(sys.modules, name, None)
    backend = CudaBackend()
    assert edges.in_a_graph(backend).startswith("15 steps of 70 lanes, ")
    assert edges.actions_of_others(backend) == (
        "torch is not installed for GPUs, jax is not installed for GPUs, a bad action was told"
    )


@pytest.mark.parametrize("options", [[], ["--fast"], ["a", "b"], ["--arch"]])
def test_building_without_a_folder_tells_how(options: list[str]) -> None:
    done = subprocess.run(
        ["bash", KIT / "build.sh", *options], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "bash gpu/kit/build.sh KIT" in done.stderr


def test_every_step_is_there() -> None:
    text = (KIT / "on_device.sh").read_text()
    subprocess.run(["bash", "-n", KIT / "on_device.sh"], check=True)
    steps = text.split("every='")[1].split("'")[0].split()
    for step in steps:
        assert f"    {step})" in text
