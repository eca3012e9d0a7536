"""Environments on the device that CuPy drives, a fake one: arrays, streams, other libraries."""

import gc
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from fake_cupy import FakeCuda, installed, ndarray
from test_envs import HARD, SEATS, bad, random_actions

import bucket_brigade as bb
from bucket_brigade.envs import Lanes, VectorEnv
from bucket_brigade_cuda.backend import CudaBackend
from bucket_brigade_cuda.envs import lanes

N = 150


@pytest.fixture
def cuda(compiled: None) -> Iterator[FakeCuda]:
    """One device."""
    with installed(FakeCuda()) as one:
        yield one
    gc.collect()


def on_device(array: np.ndarray) -> Any:
    """A copy on the current device."""
    return sys.modules["cupy"].asarray(array)


def fetched(value: Any) -> Any:
    """Arrays of the device as NumPy's, in whatever holds them."""
    if isinstance(value, dict):
        return {name: fetched(one) for name, one in value.items()}
    if isinstance(value, tuple):
        return tuple(fetched(one) for one in value)
    assert type(value) is ndarray
    return value.get()


def same(one: Any, other: Any) -> None:
    """All numbers are the same, but for what episodes left."""
    if isinstance(one, dict):
        for name in one.keys() - {"final"}:
            same(one[name], other[name])
    elif isinstance(one, tuple):
        for pair in zip(one, other, strict=True):
            same(*pair)
    else:
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("copy", [True, False])
def test_steps_wait_for_nothing(copy: bool, cuda: FakeCuda) -> None:
    cpu = VectorEnv(HARD, N, lineup=SEATS)
    gpu = VectorEnv(HARD, N, lineup=SEATS, backend=CudaBackend(), copy=copy)
    first = gpu.reset()
    same(cpu.reset(), fetched(first))
    rng = np.random.default_rng(1)
    acts = [random_actions(rng, cpu) for _ in range(24)]
    given = [on_device(one) for one in acts]
    cuda.launches.clear()
    cuda.failures["synchronize"] = AssertionError("it was waited for")
    seen = [gpu.step(one) for one in given]
    cuda.failures.clear()
    # One launch of one shape for each.
    assert cuda.launches == [(0, "night", 2, 128)] * 24
    expected = [cpu.step(one) for one in acts]
    assert (seen[0][0]["houses"] is seen[-1][0]["houses"]) is not copy
    for one, other in list(zip(expected, seen, strict=True))[0 if copy else -1 :]:
        same(one, fetched(other))
    assert (first[0]["houses"] is seen[0][0]["houses"]) is not copy
    gpu.close()


def test_work_goes_to_the_callers_stream(cuda: FakeCuda) -> None:
    cupy = sys.modules["cupy"]
    env = VectorEnv(HARD, N, backend=CudaBackend())
    actions = on_device(np.zeros((N, 4, 3), dtype=np.uint8))
    stream = cupy.cuda.Stream(non_blocking=True)
    with stream:
        env.reset()
        seen = env.step(actions)[0]
        assert stream.work
        assert not cuda.default_stream().work or cuda.default_stream() is not cuda.stream
        night = seen["night"].get()
    assert not stream.work
    assert (night <= 1).all()


def test_what_is_given_back_and_kept(cuda: FakeCuda) -> None:
    backend = CudaBackend()
    env = VectorEnv(HARD, N, backend=backend)
    env.reset(mask=np.ones(N, dtype=bool), episodes=list(range(N)))
    (device,) = backend.devices()
    # What was copied from main memory was waited for.
    assert not device._staged  # type: ignore[attr-defined]
    state = env.state()
    assert fetched(state.episode).tolist() == list(range(N))
    env.set_state(Lanes(state.episode, state.night, fetched(state.houses)))
    choices = on_device(np.full((N, 4), 2, dtype=np.int64))
    assert fetched(env.encode(choices))[3, 3].tolist() == [1, 1, 1]
    env.check()
    assert not device._staged  # type: ignore[attr-defined]
    del env, state, choices
    gc.collect()
    assert cuda.live == [0]


class Tensor:
    """Another library's array."""

    def __init__(self, array: Any, kind: int = 2) -> None:
        self.array, self.kind = array, kind

    def __dlpack_device__(self) -> tuple[int, int]:
        return self.kind, 0

    def __dlpack__(self, stream: Any) -> Any:
        # What it has still to do is to be done before what comes next on the stream.
        assert stream is self.array.cuda.stream
        return self.array


class Older:
    """An array of a library that has no DLPack."""

    __cuda_array_interface__: Any = None

    def __init__(self, array: Any) -> None:
        self.array = array


@pytest.mark.parametrize("library", [Tensor, Older])
def test_arrays_of_other_libraries(library: Any, cuda: FakeCuda) -> None:
    cpu, gpu = VectorEnv(HARD, N), VectorEnv(HARD, N, backend=CudaBackend())
    cpu.reset()
    gpu.reset()
    rng = np.random.default_rng(2)
    for dtype in (np.uint8, np.int64):
        actions = random_actions(rng, cpu, dtype)
        given = library(on_device(actions))
        same(cpu.step(actions), fetched(gpu.step(given)))
    mask = np.arange(N) % 2 == 0
    given = library(on_device(mask))
    same(cpu.reset(mask=mask), fetched(gpu.reset(mask=given)))


def test_arrays_elsewhere_are_refused(compiled: None) -> None:
    cpu = np.zeros((N, 4, 3), dtype=np.uint8)
    with installed(FakeCuda([{}, {}])):
        env = VectorEnv(HARD, N, backend=CudaBackend(devices=[0]))
        env.reset()
        for given in (cpu, Tensor(cpu, kind=1)):
            with pytest.raises(bb.InvalidValue, match=r"not in the memory of Fake GPU.*CuPy's"):
                env.step(given)
        with sys.modules["cupy"].cuda.Device(1):
            other = on_device(cpu)
        with pytest.raises(bb.InvalidValue, match=r"actions = an array of device 1.*device 0"):
            env.step(other)
        with pytest.raises(bb.InvalidValue, match=r"2 devices"):
            VectorEnv(HARD, N, backend=CudaBackend(devices=[0, 1]))
        # Of all that there are, the first.
        VectorEnv(HARD, N, backend=CudaBackend()).reset()
    gc.collect()


def test_a_graph_repeats_a_step(cuda: FakeCuda, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "CHECKED_STEPS", 2)
    cpu, env = VectorEnv(HARD, N), VectorEnv(HARD, N, backend=CudaBackend(), copy=False)
    cpu.reset()
    env.reset()
    given = random_actions(np.random.default_rng(3), cpu)
    actions = on_device(given)
    env.step(actions)
    # Its second step would look at what was noted, but nothing can be waited for.
    stream = cuda.stream
    stream.begin_capture()
    seen = env.step(actions)
    graph = stream.end_capture()
    for _ in range(30):
        graph.launch(stream)
    for _ in range(31):
        expected = cpu.step(given)
    same(expected, fetched(seen))
    actions.array[...] = bad((2, 1, 0), 77, lanes=N)
    graph.launch(stream)
    with pytest.raises(bb.InvalidValue, match=r"actions\[2, 1, 0\] = 77 .* 0 to 9"):
        env.close()


def test_memory_that_is_exhausted(compiled: None) -> None:
    with installed(FakeCuda(memory=20_000)), pytest.raises(bb.BackendFailed) as caught:
        VectorEnv(HARD, 1000, backend=CudaBackend())
    assert "out of device memory" in str(caught.value)
    gc.collect()
