"""How fast a GPU plays: whole runs of many games, each kernel alone, steps of environments.

What ``cuda-check --measure`` reports beside the table of batches (`throughput`).
"""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from bucket_brigade import SCENARIOS, Mixture, Random, TenParameter, _core
from bucket_brigade.errors import BucketBrigadeError
from bucket_brigade.game.lineups import SeatEntry
from bucket_brigade.game.program import compile_program
from bucket_brigade_cuda.backend import CudaBackend
from bucket_brigade_cuda.check.environments import steps_of_lanes
from bucket_brigade_cuda.check.instructions import measure_instructions
from bucket_brigade_cuda.check.throughput import timings_of
from bucket_brigade_cuda.devices import Device, is_gpu
from bucket_brigade_cuda.kernels.shape import Shape
from bucket_brigade_cuda.launch.job import Job
from bucket_brigade_cuda.launch.run import Result, play
from bucket_brigade_cuda.launch.worker import Timings

__all__ = ["GAMES", "PARTS", "Game", "measure_parts", "one_by_one"]

#: Episodes of a run, from few to many; and line-ups that share a tenth of the second.
EPISODES = (10**6, 10**8, 10**9)
LINEUPS = (100, 1000, 10_000)
#: Times that a run is repeated; the median counts.
REPEATS = 3


@dataclass(frozen=True)
class Game:
    """A scenario of the catalogue and what plays at each of its seats.

    Attributes
    ----------
    scenario : str
        Its name.
    seat : strategy or mixture
        The same at every seat.
    name : str
        Of the seat.
    """

    scenario: str
    seat: SeatEntry
    name: str

    def program(self, episodes: int, lineups: int = 1) -> _core.Program:
        """A program of some episodes of each of some equal line-ups."""
        scenario = SCENARIOS[self.scenario]
        seats = [self.seat] * scenario.num_agents
        return compile_program(scenario, [seats] * lineups, seed=0, episodes=episodes)

    @property
    def shape(self) -> Shape:
        """The shape of its kernels."""
        return Job.of(self.program(1), False).shape

    def to_dict(self) -> dict[str, Any]:
        """Scenario and name of the seat, for a report."""
        return {"scenario": self.scenario, "seat": self.name}


#: Scenarios with short and long episodes, with many and few fires; policies that are played one
#: episode at a time; and one game with mixtures.
GAMES = (
    *(
        Game(scenario, who, who)
        for scenario in ("default", "hard", "easy", "rest_trap")
        for who in ("hero", "free_rider")
    ),
    Game("default", Random(), "random"),
    Game("default", TenParameter("coordinator"), "ten_parameter:coordinator"),
    Game("default", Mixture(["hero", "free_rider"], [0.5, 0.5]), "hero 0.5, free_rider 0.5"),
)


#: Every scenario of the catalogue with four kinds of agents, as the benchmark of the CPU has them.
EVERY = tuple(
    Game(scenario, who, who)
    for scenario in SCENARIOS
    for who in ("firefighter", "free_rider", "hero", "coordinator")
)


class Watched:
    """A device whose launches are timed one by one.

    Parameters
    ----------
    device : Device
        Where kernels run.
    each : int, optional
        CUDA blocks on a multiprocessor at a time, at most; by default as many as fit.
    """

    def __init__(self, device: Device, each: int | None = None) -> None:
        self._device, self._each = device, each
        self._marks: list[tuple[str, Any, Any]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._device, name)

    def resident(self, name: str, shape: Shape) -> int:
        """CUDA blocks of a kernel that run at the same time."""
        every = self._device.resident(name, shape)
        multiprocessors = getattr(self._device, "multiprocessors", 1)
        return every if self._each is None else min(every, self._each * multiprocessors)

    def launch(
        self, name: str, shape: Shape, grid: int, threads: int, arguments: Sequence[object]
    ) -> None:
        """Launches a kernel between two marks."""
        start = self._device.mark()
        self._device.launch(name, shape, grid, threads, arguments)
        self._marks.append((name, start, self._device.mark()))

    def seconds_by_kernel(self) -> dict[str, float]:
        """Seconds of all launches, by the device's clock; everything must have been waited for."""
        found: dict[str, float] = {}
        with self._device.use():
            for name, start, end in self._marks:
                found[name] = found.get(name, 0.0) + self._device.seconds(start, end)
        return found


def one_by_one(
    program: _core.Program, device: Device, each: int | None = None
) -> tuple[Result, dict[str, float]]:
    """Plays a program with large launches that do not overlap.

    Parameters
    ----------
    program : Program
        What to play.
    device : Device
        Where.
    each : int, optional
        CUDA blocks of the kernel that plays on a multiprocessor at a time, at most.

    Returns
    -------
    Result, dict of float
        What was counted; seconds of each kernel.
    """
    watched = Watched(device, each)
    result = play(program, [cast(Device, watched)], alone=True)
    return result, watched.seconds_by_kernel()


def whole_runs(backend: CudaBackend, seconds: float, sizes: Sequence[int]) -> list[dict[str, Any]]:
    """Whole runs as users see them: of every game in ever more episodes, then of many line-ups."""
    found = []
    for game in GAMES:
        pace = 0.0
        for episodes in sizes:
            if pace * episodes > seconds:
                break
            found.append(whole_run(backend, game, episodes, 1, seconds))
            pace = found[-1]["wall_seconds"] / episodes
    for lineups in LINEUPS:
        if each := sizes[1] // 10 // lineups:
            found.append(whole_run(backend, GAMES[0], each, lineups, seconds))
    return found


def every_scenario(
    backend: CudaBackend, seconds: float, sizes: Sequence[int]
) -> list[dict[str, Any]]:
    """Whole runs of every scenario with four kinds of agents, in many episodes."""
    return [whole_run(backend, game, sizes[1], 1, seconds) for game in EVERY]


def whole_run(
    backend: CudaBackend, game: Game, episodes: int, lineups: int, seconds: float
) -> dict[str, Any]:
    """The median of some runs; one alone if it takes long."""
    program = game.program(episodes, lineups)
    runs: list[tuple[float, Timings]] = []
    while not runs or (len(runs) < REPEATS and runs[-1][0] < seconds / REPEATS):
        started = time.perf_counter()
        counts = backend.run(program)
        runs.append((time.perf_counter() - started, timings_of(backend)))
    wall, timings = sorted(runs, key=lambda run: run[0])[(len(runs) - 1) // 2]
    nights = int(counts.totals[:, 0].sum())
    return {
        **game.to_dict(),
        "lineups": lineups,
        "episodes": episodes,
        "nights": nights,
        "wall_seconds": wall,
        "nights_per_second": nights / wall,
        "episodes_per_second": lineups * episodes / wall,
        "launches": timings.units,
        "kernel_seconds": timings.kernels,
        "copy_seconds": timings.copies,
    }


def affordable(
    game: Game, device: Device, seconds: float, sizes: Sequence[int]
) -> tuple[int, Result, dict[str, float]]:
    """The most episodes that `one_by_one` plays in some seconds, and what it told of them."""
    for episodes, more in zip(sizes, [*sizes[1:], math.inf], strict=True):
        result, apart = one_by_one(game.program(episodes), device)
        if sum(apart.values()) / episodes * more > seconds:
            break
    return episodes, result, apart


def kernels_alone(
    backend: CudaBackend, seconds: float, sizes: Sequence[int]
) -> list[dict[str, Any]]:
    """Each kernel's own time in every game, and what it takes of a multiprocessor."""
    device, found = backend.devices()[0], []
    for game in GAMES:
        episodes, result, apart = affordable(game, device, seconds, sizes)
        nights = int(result.totals[:, 0].sum())
        with device.use():
            resources = {name: resources_of(device, name, game.shape) for name in apart}
        found.append(
            {
                **game.to_dict(),
                "episodes": episodes,
                "nights": nights,
                "kernel_seconds": apart,
                "resources": resources,
                "play_nights_per_second": nights / apart["play"],
            }
        )
    return found


def resources_of(device: Device, name: str, shape: Shape) -> dict[str, int] | None:
    """Registers and memory that a loaded kernel takes, if the device tells."""
    told = getattr(device, "resources", None)
    return None if told is None else dict(told(name, shape))


def fewer_at_a_time(
    backend: CudaBackend, seconds: float, sizes: Sequence[int]
) -> list[dict[str, Any]]:
    """The kernel that plays with one CUDA block on a multiprocessor, with two, up to the most that
    fit: how far warps hide what others wait for."""
    device, game, found = backend.devices()[0], GAMES[0], []
    episodes, _, _ = affordable(game, device, seconds / 4, sizes)
    program, shape = game.program(episodes), game.shape
    with device.use():
        every = device.resident("play", shape) // getattr(device, "multiprocessors", 1)
    for each in range(1, max(1, every) + 1):
        result, apart = one_by_one(program, device, each)
        nights = int(result.totals[:, 0].sum())
        found.append(
            {
                **game.to_dict(),
                "episodes": episodes,
                "cuda_blocks": each,
                "warps": each * shape.threads // 32,
                "play_seconds": apart["play"],
                "play_nights_per_second": nights / apart["play"],
            }
        )
    return found


def instructions(
    backend: CudaBackend, seconds: float, sizes: Sequence[int]
) -> list[dict[str, Any]]:
    """Lanes a clock of single instructions, on a GPU."""
    device: Any = backend.devices()[0]
    return measure_instructions(device) if is_gpu(device) else []


#: What can be measured, by name, beside "batches".
PARTS: dict[str, Callable[[CudaBackend, float, Sequence[int]], list[dict[str, Any]]]] = {
    "games": whole_runs,
    "scenarios": every_scenario,
    "kernels": kernels_alone,
    "residency": fewer_at_a_time,
    "steps": steps_of_lanes,
    "instructions": instructions,
}


def measure_parts(
    backend: CudaBackend,
    parts: Sequence[str],
    seconds: float,
    told: Callable[[dict[str, Any]], object],
    sizes: Sequence[int] = EPISODES,
) -> None:
    """Measures what is asked for, whatever becomes of the parts before.

    Parameters
    ----------
    backend : CudaBackend
        What to measure. Its first device alone, but for whole runs.
    parts : sequence of str
        Names of `PARTS`.
    seconds : float
        For a single run at most, by what smaller ones took.
    told : callable
        Gets all that was found after every part: a list of rows for each, or ``{"error": …}``.
    sizes : sequence of int
        Episodes of runs, from few to many: at least two.
    """
    found: dict[str, Any] = {}
    for name in parts:
        try:
            found[name] = PARTS[name](backend, seconds, sizes)
        except (BucketBrigadeError, MemoryError, RuntimeError) as error:
            # What a device raises is part of what was found.
            found[name] = {"error": f"{type(error).__name__}: {error}"}
        told(found)
