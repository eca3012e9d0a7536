"""What ``cuda-check --measure`` finds, with compiled PTX or a fake GPU in a GPU's place."""

from typing import Any

import numpy as np
import pytest
from fake_cupy import FakeCuda, installed

from bucket_brigade.cli.common import console
from bucket_brigade_cuda.backend import CudaBackend
from bucket_brigade_cuda.check import display, measurements
from bucket_brigade_cuda.check.measurements import EVERY, GAMES, Game, measure_parts, one_by_one
from bucket_brigade_cuda.launch import worker

SIZES = (300, 3000, 9000)


def measured(backend: CudaBackend, *parts: str, seconds: float = 60.0) -> dict[str, Any]:
    """The rows of parts."""
    told: list[dict[str, Any]] = []
    measure_parts(backend, parts, seconds, lambda found: told.append(dict(found)), SIZES)
    assert [list(one) for one in told] == [list(parts[: i + 1]) for i in range(len(parts))]
    return told[-1]


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two games: one pure, one mixed."""
    monkeypatch.setattr(measurements, "GAMES", (GAMES[0], GAMES[-1]))
    monkeypatch.setattr(measurements, "EVERY", EVERY[2:4])


@pytest.mark.usefixtures("few")
def test_whole_runs_and_kernels_alone(ptx: CudaBackend) -> None:
    found = measured(ptx, "games", "scenarios", "kernels", "residency")
    assert [row["seat"] for row in found["scenarios"]] == ["hero", "coordinator"]
    assert all(row["episodes"] == SIZES[1] for row in found["scenarios"])
    runs = [(row["seat"], row["lineups"], row["episodes"]) for row in found["games"]]
    names = ("hero", "hero 0.5, free_rider 0.5")
    # A tenth of the second size for many line-ups: three each of a hundred.
    assert runs == [*((name, 1, size) for name in names for size in SIZES), ("hero", 100, 3)]
    for row in found["games"]:
        assert row["nights_per_second"] == pytest.approx(row["nights"] / row["wall_seconds"])
        assert row["nights"] > row["episodes"]
    pure, mixed = found["kernels"]
    assert list(pure["kernel_seconds"]) == ["play", "features", "add_up"]
    assert list(mixed["kernel_seconds"]) == ["cast", "play", "features", "add_up"]
    assert pure["episodes"] == SIZES[-1]
    assert all(seconds > 0 for seconds in mixed["kernel_seconds"].values())
    # It plays two CUDA blocks at a time at most.
    assert [row["cuda_blocks"] for row in found["residency"]] == [1, 2]
    assert found["residency"][0]["play_seconds"] > 0


def test_steps_of_environments(ptx: CudaBackend) -> None:
    found = measured(ptx, "steps")
    assert [(row["lanes"], row["steps"]) for row in found["steps"]] == [(64, 5), (256, 5)]
    for row in found["steps"]:
        rate = row["lanes"] * row["steps"] / row["wall_seconds"]
        assert row["steps_per_second"] == pytest.approx(rate)
        assert 0 < row["device_seconds"] <= row["wall_seconds"]
    # One alone where even that takes too long.
    assert [row["steps"] for row in measured(ptx, "steps", seconds=1e-9)["steps"]] == [1, 1]


@pytest.mark.usefixtures("few")
def test_runs_grow_until_one_would_take_too_long(ptx: CudaBackend) -> None:
    found = measured(ptx, "games", "kernels", seconds=1e-9)
    assert [row["episodes"] for row in found["games"]] == [SIZES[0], SIZES[0], 3]
    assert [row["episodes"] for row in found["kernels"]] == [SIZES[0]] * 2


def test_launches_alone_are_large_and_do_not_overlap(
    compiled: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "MOST_ITEMS", 50)
    with installed(FakeCuda()) as cuda:
        backend = CudaBackend()
        (device,) = backend.devices()
        program = GAMES[0].program(32 * 120)
        result, apart = one_by_one(program, device, each=1)
        assert np.array_equal(result.totals, backend.run(program).totals)
        plays = [launch for launch in cuda.launches if launch[1] == "play"]
        # 120 blocks in launches of 50, one CUDA block on each of two multiprocessors.
        assert [grid for _, _, grid, _ in plays[:3]] == [1, 1, 1]
        assert set(apart) == {"play", "features", "add_up"}
        assert cuda.streams == 2


def test_what_kernels_take_of_a_gpu(compiled: None, few: None) -> None:
    with installed(FakeCuda()):
        found = measured(CudaBackend(), "kernels", "residency")
    assert found["kernels"][0]["resources"]["play"] == {
        **{"registers": 80, "local_bytes": 0, "shared_bytes": 20_000},
        **{"threads": 64, "resident": 4},
    }
    assert [row["warps"] for row in found["residency"]] == [2, 4, 6, 8]


def test_a_part_that_fails_does_not_stop_the_others(
    ptx: CudaBackend, monkeypatch: pytest.MonkeyPatch, few: None
) -> None:
    def fail(*asked: object) -> list[dict[str, Any]]:
        raise RuntimeError("lost")

    monkeypatch.setitem(measurements.PARTS, "games", fail)
    found = measured(ptx, "games", "residency")
    assert found["games"] == {"error": "RuntimeError: lost"}
    assert len(found["residency"]) == 2


def test_games_are_told_apart() -> None:
    assert len({(game.scenario, game.name) for game in GAMES}) == len(GAMES) == 11
    assert len(set(EVERY)) == 48
    assert Game("easy", "hero", "hero").program(77).agents == 4


@pytest.mark.usefixtures("few")
def test_tables(ptx: CudaBackend, capsys: pytest.CaptureFixture[str]) -> None:
    found = measured(ptx, "games", "scenarios", "kernels", "residency", "steps")
    found["instructions"] = [
        {"name": "logic", "class": "integer", "lanes": {"32": 63.5, "16": 60.25}},
        {"name": "add", "class": "integer", "lanes": {}, "error": "CUDADriverError: no"},
    ]
    display.print_measured(found, console())
    shown = capsys.readouterr().out
    assert "hero 0.5, free_rider 0.5" in shown
    assert "63.5" in shown
    assert "add: CUDADriverError: no" in shown
    for title in display.TITLES.values():
        assert title in shown
