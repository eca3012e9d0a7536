"""A run keeps within the memory that a device has left, and makes use of it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from idle_device import IdleDevice
from shaped_games import ShapedGame, shaped_games

import bucket_brigade as bb
from bucket_brigade.game.program import compile_program
from bucket_brigade_cuda.backend import CudaBackend
from bucket_brigade_cuda.kernels.shape import Shape
from bucket_brigade_cuda.launch import worker
from bucket_brigade_cuda.launch.job import Job

LINEUP = ["hero"] * 4


@settings(max_examples=40, deadline=None)
@given(
    game=shaped_games(most_lineups=40, most_episodes=20_000),
    free=st.integers(60_000, 20_000_000),
    first=st.sampled_from([1, 50, 1 << 14]),
)
def test_no_more_is_taken_than_there_is(game: ShapedGame, free: int, first: int) -> None:
    device = IdleDevice(free)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(worker, "FIRST_ITEMS", first)
        bb.simulate(
            game.scenario,
            game.lineups,
            backend=CudaBackend(devices=[device]),
            **game.request,
        )
    program = compile_program(game.scenario, game.lineups, **game.request)
    assert sum(device.items) == program.lineups * program.blocks
    # A unit has one block at least, even where that does not fit.
    if max(device.items) > 1:
        assert device.peak <= free


@pytest.mark.parametrize("free", [200_000, 1_000_000, 10_000_000])
def test_what_there_is_is_used(free: int) -> None:
    # Line-ups of one block each, for which the plan is exact.
    device = IdleDevice(free)
    bb.simulate(
        bb.scenario("hard"), [LINEUP] * 8000, episodes=1, backend=CudaBackend(devices=[device])
    )
    assert sum(device.items) == 8000
    assert free / 3 < device.peak <= free


@pytest.mark.parametrize("lineup", [LINEUP, [bb.Mixture(["hero", "liar"], [0.5, 0.5])] * 4])
def test_a_unit_takes_what_was_reckoned(lineup: list[object]) -> None:
    device = IdleDevice()
    program = compile_program(bb.scenario("hard"), [lineup] * 3, seed=1, episodes=32 * 50)
    CudaBackend(devices=[device]).run(program)
    assert device.items == [150]
    job = Job.of(program, per_block=False)
    # A launch without mixtures still needs an array where kernels take who plays what.
    placeholder = 4 if job.shape.width == 1 else 0
    tables = job.tables.ladders.nbytes + job.tables.pool.nbytes + placeholder
    # And a word that counts the blocks that threads have taken.
    assert device.peak == 150 * job.item_bytes + 3 * job.lineup_bytes + tables + 4


@pytest.mark.parametrize("free", [-5, 0, 1, 1000])
def test_one_block_at_a_time_where_there_is_nearly_nothing(free: int) -> None:
    device = IdleDevice(free)
    bb.simulate(bb.scenario("hard"), [LINEUP], episodes=320, backend=CudaBackend(devices=[device]))
    assert device.items == [1] * 10


def test_units_grow_while_they_are_short() -> None:
    device = IdleDevice()
    episodes = 32 * worker.FIRST_ITEMS * 40
    bb.simulate(
        bb.scenario("hard"), [LINEUP], episodes=episodes, backend=CudaBackend(devices=[device])
    )
    sizes = np.array(device.items)
    assert sizes[0] == worker.FIRST_ITEMS
    assert sizes.max() >= 8 * worker.FIRST_ITEMS
    assert (np.diff(sizes[:-1]) >= 0).all()


def test_units_shrink_when_they_are_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "UNIT_SECONDS", 1e-9)
    device = IdleDevice()
    bb.simulate(
        bb.scenario("hard"),
        [LINEUP],
        episodes=32 * worker.FIRST_ITEMS * 4,
        backend=CudaBackend(devices=[device]),
    )
    assert device.items[0] == worker.FIRST_ITEMS
    assert min(device.items[:-1]) <= worker.FIRST_ITEMS // 8


def test_no_unit_is_larger_than_the_largest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "MOST_ITEMS", 1 << 15)
    device = IdleDevice()
    bb.simulate(
        bb.scenario("hard"),
        [LINEUP],
        episodes=32 * worker.FIRST_ITEMS * 40,
        backend=CudaBackend(devices=[device]),
    )
    assert max(device.items) == 1 << 15


def test_a_launch_gives_every_thread_of_a_large_gpu_a_block() -> None:
    class Large(IdleDevice):
        def resident(self, name: str, shape: Shape) -> int:
            return 1056

    device = Large()
    program = compile_program(
        bb.scenario("hard"), [["hero"] * 4], seed=0, episodes=32 * (1056 * 64 + 5)
    )
    CudaBackend(devices=[device]).run(program)
    assert device.items == [1056 * 64, 5]
