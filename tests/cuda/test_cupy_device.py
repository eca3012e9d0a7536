"""The device that CuPy drives: memory, streams, copies, launches and errors, with a fake CuPy."""

import gc
import importlib
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import distributions
from typing import Any

import numpy as np
import pytest
from fake_cupy import CUDADriverError, CUDARuntimeError, FakeCuda, installed
from playing import agreed
from shapes import DEFAULT, MIXED
from typer.testing import CliRunner

import bucket_brigade as bb
from bucket_brigade import backends
from bucket_brigade.backends import auto
from bucket_brigade.cli import app
from bucket_brigade.game.program import compile_program
from bucket_brigade_cuda.backend import CudaBackend
from bucket_brigade_cuda.launch import worker

HARD = bb.scenario("hard")
LINEUP = ["hero", "free_rider", "liar", "coordinator"]
MIXTURES = [bb.Mixture(["hero", "free_rider"], [0.3, 0.7])] * 4

needs_cupy = pytest.mark.skipif(
    not any(one.name.startswith("cupy") for one in distributions()), reason="CuPy is not installed"
)


@pytest.fixture
def cuda(compiled: None) -> Iterator[FakeCuda]:
    """One device."""
    with installed(FakeCuda()) as one:
        yield one
    gc.collect()


@pytest.fixture
def two(compiled: None) -> Iterator[FakeCuda]:
    """Two devices."""
    with installed(FakeCuda([{}, {"name": b"Another GPU"}])) as both:
        yield both


def play(backend: CudaBackend, **options: Any) -> bb.SimulationResult:
    return bb.simulate(HARD, [LINEUP], **{"episodes": 100, "backend": backend, **options})


def test_all_kernels_run_with_the_words_they_take(cuda: FakeCuda) -> None:
    backend = CudaBackend()
    assert backend.unavailable() is None
    assert backend.device() == "Fake GPU (device 0, compute capability 9.0)"
    for lineups in ([LINEUP] * 3, [MIXTURES, LINEUP]):
        agreed(backend, HARD, lineups, episodes=1000, first_episode=2**60 + 17, seed=2**63 + 1)
    assert {launch[1] for launch in cuda.launches} == {"cast", "play", "features", "add_up"}
    for _, name, grid, threads in cuda.launches:
        assert threads == DEFAULT.threads == MIXED.threads
        # Two multiprocessors, each with room for four.
        assert name != "play" or grid <= 2 * 4


def test_many_units_on_two_streams(cuda: FakeCuda, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "FIRST_ITEMS", 2)
    monkeypatch.setattr(worker, "MOST_ITEMS", 5)
    backend = CudaBackend()
    agreed(backend, HARD, [MIXTURES] * 6, episodes=333, first_episode=5)
    agreed(backend, HARD, [LINEUP] * 3, episodes=100)
    # The same two for both runs: freed memory is kept apart for each stream.
    assert cuda.streams == 2
    # Nothing on the device or on its way to it is kept after a run.
    (device,) = backend.devices()
    assert not device._staged  # type: ignore[attr-defined]
    gc.collect()
    assert cuda.live == [0]


def test_kernels_are_loaded_once(cuda: FakeCuda) -> None:
    for _ in range(3):
        play(CudaBackend())
    assert sorted(cuda.loads) == ["add_up", "features", "play"]


def test_kernels_ask_for_all_shared_memory(cuda: FakeCuda) -> None:
    play(CudaBackend())
    # Attribute 9 is the preferred carve-out, in percent.
    assert cuda.chosen == [(9, 100)] * 3
    with installed(FakeCuda()) as without:
        without.shared_bytes = 0
        play(CudaBackend())
        assert without.chosen == []


def test_the_last_units_are_brought_back_before_the_end(cuda: FakeCuda) -> None:
    agreed(CudaBackend(), HARD, [LINEUP], episodes=1)


def test_counts_that_stay_on_the_device(cuda: FakeCuda, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "FIRST_ITEMS", 3)
    monkeypatch.setattr(worker, "MOST_ITEMS", 7)
    backend = CudaBackend()
    program = compile_program(HARD, [LINEUP] * 3, seed=5, first_episode=9, episodes=500)
    kept: Any = backend.counts_on_device(program, per_block=True)
    counts = backend.run(program, per_block=True)
    assert counts.blocks is not None
    assert np.array_equal(kept.totals.array, counts.totals)
    assert np.array_equal(kept.moments.array, counts.moments)
    assert np.array_equal(kept.blocks.array, counts.blocks)
    assert type(kept.totals) is sys.modules["cupy"].ndarray


def test_two_devices_play_each_on_its_own(two: FakeCuda, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "FIRST_ITEMS", 1)
    monkeypatch.setattr(worker, "MOST_ITEMS", 2)
    backend = CudaBackend()
    assert backend.device() == (
        "Fake GPU (device 0, compute capability 9.0), "
        "Another GPU (device 1, compute capability 9.0)"
    )
    agreed(backend, HARD, [LINEUP] * 40, episodes=200)
    assert {launch[0] for launch in two.launches} == {0, 1}


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ((1,), ["Another GPU"]),
        ([1, 0], ["Another GPU", "Fake GPU"]),
        (np.array([0]), ["Fake GPU"]),
    ],
)
def test_devices_by_number(asked: Any, names: list[str], two: FakeCuda) -> None:
    devices: Any = CudaBackend(devices=asked).devices()
    assert [device.model for device in devices] == names


def test_numbers_and_devices_together(two: FakeCuda) -> None:
    (made,) = CudaBackend(devices=[0]).devices()
    devices: Any = CudaBackend(devices=[1, made]).devices()
    assert [device.number for device in devices] == [1, 0]
    # Kept with their kernels, since backends are made anew for every call.
    assert devices[1] is made is CudaBackend().devices()[0]


@pytest.mark.parametrize("asked", [(2,), (0, 0), (-1,), (), (0, 1, 2)])
def test_numbers_of_no_device(asked: tuple[int, ...], two: FakeCuda) -> None:
    with pytest.raises(bb.InvalidValue, match="0 to 1"):
        CudaBackend(devices=asked).devices()


@pytest.mark.parametrize(("text", "numbers"), [("0", [0]), ("1,0", [1, 0]), (" 1 ", [1])])
def test_devices_of_the_environment(
    text: str, numbers: list[int], two: FakeCuda, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BUCKET_BRIGADE_CUDA_DEVICES", text)
    devices: Any = CudaBackend().devices()
    assert [device.number for device in devices] == numbers
    others: Any = CudaBackend(devices=[0, 1]).devices()
    assert [device.number for device in others] == [0, 1]


@pytest.mark.parametrize("text", ["a", "0,", "-1", "0;1", "cuda:0", "1.0"])
def test_an_environment_that_names_no_devices(
    text: str, two: FakeCuda, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BUCKET_BRIGADE_CUDA_DEVICES", text)
    with pytest.raises(bb.InvalidValue, match="BUCKET_BRIGADE_CUDA_DEVICES"):
        CudaBackend().devices()


ERRORS = [
    (CUDARuntimeError("cudaErrorIllegalAddress: an illegal memory access"), "Start a new"),
    (CUDARuntimeError("cudaErrorMemoryAllocation: out of memory"), "Free some device memory"),
    (CUDARuntimeError("cudaErrorLaunchTimeout: timed out"), "drives a display"),
    (CUDADriverError("CUDA_ERROR_OUT_OF_MEMORY: out of memory"), "Free some device memory"),
    (CUDADriverError("CUDA_ERROR_LAUNCH_FAILED: unspecified"), "Start a new"),
    (CUDADriverError("CUDA_ERROR_NO_BINARY_FOR_GPU: no kernel image"), "try the other extra"),
    (CUDADriverError("CUDA_ERROR_UNSUPPORTED_PTX_VERSION: too new"), "Install a newer driver"),
]


@pytest.mark.parametrize("place", ["synchronize", "load", "play", "add_up", "empty_pinned"])
@pytest.mark.parametrize(("error", "advice"), ERRORS)
def test_errors_of_cuda_say_what_to_do(
    error: Exception, advice: str, place: str, cuda: FakeCuda
) -> None:
    backend = CudaBackend()
    backend.devices()
    cuda.failures[place] = error
    with pytest.raises(bb.BackendFailed) as caught:
        play(backend)
    told = str(caught.value)
    assert told.startswith("Fake GPU (device 0")
    assert str(error) in told
    assert advice in told


def test_a_device_that_recovers_can_be_used_again(cuda: FakeCuda) -> None:
    backend = CudaBackend()
    cuda.failures["add_up"] = CUDARuntimeError("cudaErrorUnknown: unknown")
    with pytest.raises(bb.BackendFailed):
        play(backend)
    cuda.failures.clear()
    agreed(backend, HARD, [LINEUP], episodes=100)


def test_memory_that_is_exhausted(compiled: None) -> None:
    with installed(FakeCuda(memory=5000)):
        with pytest.raises(bb.BackendFailed, match="out of device memory") as caught:
            play(CudaBackend())
        assert "fewer line-ups" in str(caught.value)
    # Enough for a few blocks at a time.
    with installed(FakeCuda(memory=60_000)) as small:
        agreed(CudaBackend(), HARD, [LINEUP] * 3, episodes=500, first_episode=9)
        assert sum(launch[1] == "play" for launch in small.launches) > 3


def test_counts_that_do_not_fit_on_the_device(compiled: None) -> None:
    program = compile_program(HARD, [LINEUP], seed=5, episodes=32 * 10_000)
    with installed(FakeCuda(memory=200_000)):
        with pytest.raises(bb.BackendFailed, match="out of device memory"):
            CudaBackend().counts_on_device(program, per_block=True)
        CudaBackend().counts_on_device(
            compile_program(HARD, [LINEUP], seed=5, episodes=3200), per_block=True
        )


def test_auto_plays_on_when_the_device_fails(
    cuda: FakeCuda, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auto, "names", lambda: ["cpu", "cuda"])
    monkeypatch.setattr(auto, "load", lambda name: CudaBackend())
    monkeypatch.setattr(auto, "WORTH_LOADING", 0.0)
    monkeypatch.setattr(CudaBackend, "seconds", lambda self, program: -1.0)
    assert bb.simulate(HARD, [LINEUP], episodes=10).backend == "cuda"
    cuda.failures["synchronize"] = CUDARuntimeError("cudaErrorUnknown: unknown")
    with pytest.warns(bb.BackendWarning, match="cudaErrorUnknown"):
        result = bb.simulate(HARD, [LINEUP], episodes=10)
    assert result.backend == "cpu"


def test_devices_that_are_too_old(compiled: None) -> None:
    with installed(FakeCuda([{"major": 7, "minor": 0}])):
        reason = CudaBackend().unavailable()
        assert reason is not None
        assert "compute capability of 7.5" in reason
        with pytest.raises(bb.BackendUnavailable):
            play(CudaBackend())


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("cudaErrorInsufficientDriver: too old", "Install a newer driver: 525"),
        ("cudaErrorNoDevice: no CUDA-capable device is detected", "CUDA_VISIBLE_DEVICES"),
    ],
)
def test_no_device_at_all(text: str, advice: str, cuda: FakeCuda) -> None:
    cuda.failures["getDeviceCount"] = CUDARuntimeError(text)
    reason = CudaBackend().unavailable()
    assert reason is not None
    assert reason.startswith(f"no GPU can be used: {text}")
    assert advice in reason


def test_a_count_of_no_devices(compiled: None) -> None:
    with installed(FakeCuda([])):
        assert CudaBackend().unavailable() == "no GPU is visible; see CUDA_VISIBLE_DEVICES"


def test_a_device_that_can_not_be_asked(cuda: FakeCuda) -> None:
    cuda.failures["getDeviceProperties"] = CUDARuntimeError("cudaErrorInvalidDevice: ordinal")
    with pytest.raises(bb.BackendFailed, match=r"device 0: .*nvidia-smi"):
        CudaBackend().devices()


def test_cupy_that_is_not_installed(cuda: FakeCuda, monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "cupy" else find(name)
    )
    told = CudaBackend().unavailable()
    assert told is not None
    assert told.startswith("CuPy is not installed: pip install 'bucket-brigade-cuda[cu12]'")

    class Entry:
        name = "cuda"

        def load(self) -> type[CudaBackend]:
            return CudaBackend

    monkeypatch.setattr(backends.installed, "entry_points", lambda **_: [Entry()])
    shown = CliRunner().invoke(app, ["backends", "--json"])
    assert told.split("'")[0] in shown.stdout


def test_a_cupy_that_can_not_be_imported(cuda: FakeCuda, monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: True if name == "cupy" else find(name)
    )
    # Undone before the fake is: what was set first would otherwise bring it back.
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "cupy", None)
        told = CudaBackend().unavailable()
    assert told is not None
    assert told.startswith("CuPy can't be imported: ModuleNotFoundError: ")


@needs_cupy
def test_a_machine_without_devices_says_so() -> None:
    told = in_new_process(
        "from bucket_brigade_cuda.backend import CudaBackend; print(CudaBackend().unavailable())"
    )
    assert told.startswith("no GPU can be used: cudaError")


#: Prints which names, with dots, CuPy has not.
LOOKUP = """
import sys
import cupy
import cupyx

for name in sys.argv[1:]:
    found = {"cupy": cupy, "cupyx": cupyx}
    owner, *steps = name.split(".")
    found = found[owner]
    for step in steps:
        if not hasattr(found, step):
            print(name)
            break
        found = getattr(found, step)
"""


@needs_cupy
def test_the_fake_has_nothing_that_cupy_has_not() -> None:
    names = [
        f"{name}.{part}"
        for name, module in FakeCuda().modules().items()
        for part in vars(module)
        if not part.startswith("_")
    ]
    assert len(names) > 15
    names += [f"cupy.ndarray.{part}" for part in ("data", "fill", "set", "get", "view", "reshape")]
    names += [f"cupy.ndarray.{part}" for part in ("copy", "flags", "device", "itemsize", "dtype")]
    names += [f"cupy.cuda.Stream.{part}" for part in ("synchronize", "__enter__", "__exit__")]
    names += [f"cupy.cuda.Stream.{part}_capture" for part in ("begin", "end")]
    names += ["cupy.cuda.Stream.is_capturing", "cupy.cuda.Graph.launch"]
    names += ["cupy.cuda.Event.record"]
    names += [f"cupy.cuda.Device.{part}" for part in ("attributes", "__enter__", "__exit__")]
    names += [f"cupy.cuda.function.Module.{part}" for part in ("load", "get_function")]
    assert in_new_process(LOOKUP, *names) == ""


def in_new_process(program: str, *arguments: str) -> str:
    """What a program prints that has the real CuPy."""
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        "CUDA_VISIBLE_DEVICES": "",
    }
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
