"""Several devices, devices that fail, interruptions, progress, and what stays on a device."""

import _thread
import threading
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from idle_device import IdleDevice
from playing import agreed

import bucket_brigade as bb
from bucket_brigade.game.program import compile_program
from bucket_brigade_cuda.backend import CudaBackend
from bucket_brigade_cuda.kernels.shape import Shape
from bucket_brigade_cuda.launch import worker
from ptx_on_cpu.device import PtxDevice

HARD = bb.scenario("hard")
LINEUP = ["hero", "free_rider", "liar", "coordinator"]


class Sharing(PtxDevice):
    """A device with the kernels of another; counts what it plays, and waits for its first turn."""

    def __init__(self, kernels: PtxDevice, first: threading.Barrier | None = None) -> None:
        super().__init__()
        self.kernels, self.first = kernels.kernels, first
        self.plays = 0

    def launch(
        self, name: str, shape: Shape, grid: int, threads: int, arguments: Sequence[object]
    ) -> None:
        if name == "play":
            if self.plays == 0 and self.first is not None:
                self.first.wait(timeout=600)
            self.plays += 1
        super().launch(name, shape, grid, threads, arguments)


@pytest.fixture
def small_units(monkeypatch: pytest.MonkeyPatch) -> None:
    """Launches of seven blocks at most."""
    monkeypatch.setattr(worker, "FIRST_ITEMS", 3)
    monkeypatch.setattr(worker, "MOST_ITEMS", 7)


@pytest.fixture(scope="module")
def built(ptx: CudaBackend, ptx_device: PtxDevice) -> PtxDevice:
    """A device whose kernels were built in one thread, for several to use."""
    bb.simulate(HARD, [LINEUP], episodes=1, backend=ptx)
    return ptx_device


def others() -> list[threading.Thread]:
    """Threads of runs that have not ended."""
    return [one for one in threading.enumerate() if one.name.startswith("Thread-")]


def run_idle(backend: CudaBackend, lineups: int = 1, blocks: int = 1000, **options: Any) -> Any:
    """Runs a program of a number of blocks."""
    return bb.simulate(HARD, [LINEUP] * lineups, episodes=32 * blocks, backend=backend, **options)


@pytest.mark.usefixtures("small_units")
@pytest.mark.parametrize("count", [2, 3, 5])
def test_several_devices_share_the_work(count: int, built: PtxDevice) -> None:
    first = threading.Barrier(count)
    devices = [Sharing(built, first) for _ in range(count)]
    backend = CudaBackend(devices=devices)
    agreed(backend, HARD, [LINEUP] * 7, episodes=700, first_episode=13, seed=3)
    assert all(device.plays for device in devices)
    assert backend.timings is not None
    assert backend.timings.units == sum(device.plays for device in devices)
    assert backend.device() == ", ".join(["compiled PTX on the CPU"] * count)


def test_more_devices_than_units(built: PtxDevice) -> None:
    devices = [Sharing(built) for _ in range(4)]
    agreed(CudaBackend(devices=devices), HARD, [LINEUP], episodes=1)
    assert sum(device.plays for device in devices) == 1


@pytest.mark.usefixtures("small_units")
@pytest.mark.parametrize("failing", [1, 2, 5])
def test_a_device_that_is_lost_stops_the_others(failing: int) -> None:
    lost = threading.Event()

    def fail(number: int) -> None:
        if number == failing:
            lost.set()
            raise bb.BackendFailed("device 1: lost")

    def wait(number: int) -> None:
        # Never ends before the other has failed, and then takes its time.
        if number >= 2:
            lost.wait(timeout=600)
            time.sleep(0.05)

    good, bad = IdleDevice(launched=wait), IdleDevice(launched=fail)
    with pytest.raises(bb.BackendFailed, match="device 1: lost"):
        run_idle(CudaBackend(devices=[good, bad]), blocks=100_000)
    assert good.plays < 10_000  # of 14,000
    assert not others()


def test_the_first_failure_is_told() -> None:
    def fail(number: int) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run_idle(CudaBackend(devices=[IdleDevice(launched=fail) for _ in range(3)]))
    assert not others()


@pytest.mark.usefixtures("small_units")
def test_memory_is_given_back_only_when_nothing_uses_it_any_more() -> None:
    def fail(number: int) -> None:
        if number == 4:
            raise bb.BackendFailed("out of device memory")

    device = IdleDevice(launched=fail)
    with pytest.raises(bb.BackendFailed):
        run_idle(CudaBackend(devices=[device]))
    # Whatever was launched on a stream was waited for.
    streams = {entry[1] for entry in device.log if entry[0] == "play"}
    assert len(streams) == 2
    for stream in streams:
        assert [entry[0] for entry in device.log if entry[1] == stream][-1] == "wait"


@pytest.mark.usefixtures("small_units")
@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_a_progress_callback_may_raise(error: type[BaseException]) -> None:
    told = threading.Event()

    def wait(number: int) -> None:
        if number >= 20:
            told.wait(timeout=600)
            time.sleep(0.01)

    def interrupt(done: int, of: int) -> None:
        told.set()
        raise error

    devices = [IdleDevice(launched=wait) for _ in range(2)]
    with pytest.raises(error):
        run_idle(CudaBackend(devices=devices), blocks=1_000_000, progress=interrupt)
    assert sum(map(sum, (device.items for device in devices))) < 900_000
    assert not others()


@pytest.mark.usefixtures("small_units")
def test_an_interrupt_in_the_main_thread_stops_all() -> None:
    def interrupt(number: int) -> None:
        if number == 5:
            _thread.interrupt_main()
        if number >= 5:
            time.sleep(0.05)

    device = IdleDevice(launched=interrupt)
    with pytest.raises(KeyboardInterrupt):
        run_idle(CudaBackend(devices=[device]), blocks=1_000_000)
    assert device.plays < 100_000  # of 140,000
    assert not others()


def test_kernels_that_nobody_waits_for_are_not_compiled() -> None:
    class Slow(IdleDevice):
        def prepare(self, name: str, shape: Shape) -> float:
            if name == "play":
                _thread.interrupt_main()
                time.sleep(0.5)
            return super().prepare(name, shape)

    device = Slow()
    with pytest.raises(KeyboardInterrupt):
        run_idle(CudaBackend(devices=[device]))
    assert device.log == [("prepare", "play")]


@pytest.mark.usefixtures("small_units")
@pytest.mark.parametrize("episodes", [1, 100, 3001])
def test_progress_grows_to_the_end(episodes: int, built: PtxDevice) -> None:
    told: list[tuple[int, int]] = []
    backend = CudaBackend(devices=[Sharing(built) for _ in range(2)])
    bb.simulate(
        HARD,
        [LINEUP] * 3,
        episodes=episodes,
        first_episode=31,
        backend=backend,
        progress=lambda done, of: told.append((done, of)),
    )
    done = [pair[0] for pair in told]
    assert done == sorted(set(done))
    assert done[-1] == 3 * episodes
    assert {pair[1] for pair in told} == {3 * episodes}
    assert backend.timings is not None
    assert len(told) == backend.timings.units


@pytest.mark.usefixtures("small_units")
@pytest.mark.parametrize("per_block", [False, True])
@pytest.mark.parametrize("lineup", [LINEUP, [bb.Mixture(LINEUP[:2], [0.5, 0.5])] * 4])
def test_counts_that_stay_on_the_device(
    lineup: list[object], per_block: bool, ptx: CudaBackend
) -> None:
    for lineups, episodes in ((5, 70), (2, 900), (40, 3)):
        program = compile_program(
            HARD, [lineup] * (lineups - 1) + [LINEUP], seed=5, first_episode=9, episodes=episodes
        )
        kept = ptx.counts_on_device(program, per_block=per_block)
        counts = ptx.run(program, per_block=True)
        assert counts.blocks is not None
        assert np.array_equal(kept.totals, counts.totals)
        assert kept.totals.dtype == counts.totals.dtype
        assert np.array_equal(kept.moments, counts.moments)
        assert kept.moments.dtype == counts.moments.dtype
        if per_block:
            assert kept.blocks is not None
            assert np.array_equal(kept.blocks, counts.blocks)
        else:
            assert kept.blocks is None
        assert ptx.timings is not None
        assert ptx.timings.units > 0


def test_counts_that_stay_on_a_device_that_fails() -> None:
    def fail(number: int) -> None:
        raise bb.BackendFailed("lost")

    device = IdleDevice(launched=fail)
    program = compile_program(HARD, [LINEUP], seed=5, episodes=100)
    with pytest.raises(bb.BackendFailed):
        CudaBackend(devices=[device]).counts_on_device(program)
    assert device.log[-1][0] == "wait"


def test_counts_of_blocks_that_do_not_fit_into_memory() -> None:
    device = IdleDevice()
    with pytest.raises(MemoryError):
        run_idle(CudaBackend(devices=[device]), lineups=1000, blocks=9 * 10**9, per_block=True)
    assert device.plays == 0


def test_timings_are_of_the_last_run() -> None:
    backend = CudaBackend(devices=[IdleDevice(), IdleDevice()])
    assert backend.timings is None
    run_idle(backend, blocks=10)
    assert backend.timings is not None
    # Three kernels on each device.
    assert backend.timings.compile == 6 * 0.25
    assert backend.timings.units == 1
    assert backend.timings.play > 0
