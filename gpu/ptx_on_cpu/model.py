"""Counts the warp instructions of a run, and models from them what GPUs should reach.

A model, not a measurement. Kernels are compiled for a GPU, their PTX is executed warp by warp on
the CPU, and each basic block's executions are multiplied by the machine instructions it became
(`attribution`, which lists what this leaves out). Every multiprocessor is then taken to
start instructions of each class at the rate of `gpus.LANES`, never to wait, and to be always full.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bucket_brigade import Scenario
from bucket_brigade.arguments import as_u64
from bucket_brigade.envs import VectorEnv
from bucket_brigade.errors import InvalidValue
from bucket_brigade.game.lineup_result import describe_seat
from bucket_brigade.game.lineups import Lineup
from bucket_brigade.game.program import compile_program
from bucket_brigade_cuda.backend import CudaBackend
from bucket_brigade_cuda.check.environments import random_actions
from bucket_brigade_cuda.compiling.kernel_files import capability_of
from bucket_brigade_cuda.kernels.shape import Shape
from ptx_on_cpu.attribution import attribute
from ptx_on_cpu.device import PtxDevice
from ptx_on_cpu.execute import CompiledPtx, WarpCounts
from ptx_on_cpu.gpus import ISSUE_LANES, LANES, Gpu
from ptx_on_cpu.opcodes import CLASSES, class_of

__all__ = ["KernelWork", "ModelledRate", "WarpWork", "count", "count_steps", "modelled_rate"]

WARP = 32
BLOCK = 32
#: Order of kernels in a run.
KERNELS = ("cast", "play", "features", "add_up", "night")
#: Steps of an environment after which lanes are at all nights of their episodes.
SPREAD = 100


@dataclass(frozen=True)
class KernelWork:
    """Warp instructions of a kernel.

    Attributes
    ----------
    classes : dict
        Per class of machine instructions, all classes of `opcodes`.
    lanes : int
        Lanes that took part, summed over instructions.
    moved : int
        By how much the total changes if instructions that the assembler moved are counted where
        they stand: how far the total can be trusted.
    """

    classes: dict[str, int]
    lanes: int
    moved: int

    @property
    def total(self) -> int:
        """Warp instructions of all classes."""
        return sum(self.classes.values())

    @property
    def efficiency(self) -> float:
        """Share of lanes that took part."""
        return self.lanes / (WARP * self.total)


@dataclass(frozen=True)
class WarpWork:
    """Warp instructions of a run.

    Attributes
    ----------
    scenario, night_order, end_rule : str
    lineup : tuple of str
    arch : str
        What was compiled for.
    blocks, blocks_per_thread : int
        What was played, and how many blocks a thread played one after another.
    nights : int
        Nights that the episodes lasted: the useful ones. Of an environment, steps of all lanes.
    kernels : dict of KernelWork
    """

    scenario: str
    night_order: str
    end_rule: str
    lineup: tuple[str, ...]
    arch: str
    blocks: int
    blocks_per_thread: int
    nights: int
    kernels: dict[str, KernelWork]

    @property
    def classes(self) -> dict[str, int]:
        """Warp instructions of each class, all kernels together."""
        return {
            name: sum(kernel.classes[name] for kernel in self.kernels.values()) for name in CLASSES
        }

    @property
    def total(self) -> int:
        """Warp instructions of all kernels."""
        return sum(kernel.total for kernel in self.kernels.values())

    @property
    def per_night(self) -> float:
        """Warp instructions per useful episode-night."""
        return self.total / self.nights

    @property
    def efficiency(self) -> float:
        """Share of lanes that took part, all kernels together."""
        return sum(kernel.lanes for kernel in self.kernels.values()) / (WARP * self.total)

    def to_dict(self) -> dict[str, Any]:
        """The work for JSON; instructions are per useful episode-night."""
        return {
            "scenario": self.scenario,
            "night_order": self.night_order,
            "end_rule": self.end_rule,
            "lineup": list(self.lineup),
            "arch": self.arch,
            "blocks": self.blocks,
            "blocks_per_thread": self.blocks_per_thread,
            "nights": self.nights,
            "per_night": self.per_night,
            "efficiency": self.efficiency,
            "kernels": {
                name: {
                    "per_night": kernel.total / self.nights,
                    "efficiency": kernel.efficiency,
                    "moved": kernel.moved / self.nights,
                    "classes": {c: n / self.nights for c, n in kernel.classes.items()},
                }
                for name, kernel in self.kernels.items()
            },
        }


class CountingDevice(PtxDevice):
    """Counts what every launch executes.

    Parameters
    ----------
    capability : tuple of int
        What to compile for.
    items, blocks_per_thread : int
        Blocks of the run, and how many of them each thread is to play.
    """

    name = "compiled PTX on the CPU, counted"

    def __init__(self, capability: tuple[int, int], items: int, blocks_per_thread: int) -> None:
        super().__init__(capability)
        self._threads = -(-items // blocks_per_thread)
        self.counts: dict[str, WarpCounts] = {}
        self.compiled: dict[str, CompiledPtx] = {}

    def free_bytes(self) -> int:
        """Return 2^40 bytes, for which no unit is made smaller."""
        return 1 << 40

    def resident(self, name: str, shape: Shape) -> int:
        """Return the number of CUDA blocks that leaves each thread its blocks."""
        return -(-self._threads // shape.threads)

    def launch(
        self, name: str, shape: Shape, grid: int, threads: int, arguments: Sequence[object]
    ) -> None:
        """Runs a kernel warp by warp."""
        kernel = self.kernels[name, shape]
        counts = kernel.launch_counting(grid, threads, *arguments)
        self.compiled[name] = kernel
        self.counts[name] = self.counts[name] + counts if name in self.counts else counts


def kernel_work(kernel: CompiledPtx, counts: WarpCounts, arch: str) -> KernelWork:
    """Executions of basic blocks, times the machine instructions that they became."""
    attribution = attribute(kernel.module.text, arch, kernel.entry.name)
    classes, lanes, moved = Counter(dict.fromkeys(CLASSES, 0)), 0, 0
    by_block = (attribution.blocks, attribution.places, counts.executions, counts.lanes)
    for opcodes, placed, times, active in zip(*by_block, strict=True):
        for opcode, number in opcodes.items():
            classes[class_of(opcode)] += int(times) * number
        lanes += int(active) * opcodes.total()
        moved += int(times) * (placed.total() - opcodes.total())
    return KernelWork(dict(classes), lanes, moved)


def count(
    scenario: Scenario,
    lineup: Lineup,
    *,
    blocks: int = 4096,
    blocks_per_thread: int = 32,
    arch: str = "sm_90",
    seed: int = 0,
) -> WarpWork:
    """Counts the warp instructions of a run.

    Parameters
    ----------
    scenario : Scenario
        The game.
    lineup : line-up
        One strategy or mixture per seat.
    blocks : int
        Blocks of 32 episodes to play.
    blocks_per_thread : int
        How many a thread plays one after another. A GPU that is kept busy gives each some dozens;
        with few, the threads of a warp that are done wait longer for the others.
    arch : str
        What to compile for.
    seed : int
        Of all randomness.

    Raises
    ------
    InvalidValue
        For the first value that is not allowed.
    ToolMissing
        Without a C compiler, or NVIDIA's assembler and disassembler.
    BackendUnavailable
        Without Numba-CUDA.
    """
    for field, value in (("blocks", blocks), ("blocks_per_thread", blocks_per_thread)):
        if as_u64(field, value) < 1:
            raise InvalidValue(field, value, "at least 1")
    program = compile_program(scenario, [lineup], seed=seed, episodes=BLOCK * blocks)
    device = CountingDevice(capability_of(arch), blocks, blocks_per_thread)
    totals = CudaBackend(devices=[device]).run(program).totals
    kernels = {
        name: kernel_work(device.compiled[name], device.counts[name], arch)
        for name in KERNELS
        if name in device.counts
    }
    return WarpWork(
        scenario=scenario.name,
        night_order=scenario.night_order,
        end_rule=scenario.end_rule,
        lineup=tuple(str(describe_seat(seat)) for seat in lineup),
        arch=arch,
        blocks=blocks,
        blocks_per_thread=blocks_per_thread,
        nights=int(totals[0, 0]),
        kernels=kernels,
    )


def count_steps(
    scenario: Scenario,
    *,
    lanes: int = 4096,
    steps: int = 20,
    arch: str = "sm_90",
    seed: int = 0,
) -> WarpWork:
    """Counts the warp instructions of an environment's steps, with random actions of all agents.

    Parameters
    ----------
    scenario : Scenario
        The game.
    lanes, steps : int
        What to play, after so many steps that lanes are at all nights of their episodes.
    arch : str
        What to compile for.
    seed : int
        Of all randomness.

    Raises
    ------
    InvalidValue, ToolMissing, BackendUnavailable
        As `count`.
    """
    device = CountingDevice(capability_of(arch), lanes, 1)
    backend = CudaBackend(devices=[device])
    env = VectorEnv(scenario, lanes, seed=seed, copy=False, backend=backend)
    env.reset()
    rng = np.random.default_rng(seed)
    for step in range(SPREAD + steps):
        if step == SPREAD:
            device.counts.clear()
        env.step(random_actions(env, rng))
    work = kernel_work(device.compiled["night"], device.counts["night"], arch)
    return WarpWork(
        scenario=scenario.name,
        night_order=scenario.night_order,
        end_rule=scenario.end_rule,
        lineup=("outside",) * scenario.num_agents,
        arch=arch,
        blocks=-(-lanes // BLOCK),
        blocks_per_thread=1,
        nights=lanes * steps,
        kernels={"night": work},
    )


@dataclass(frozen=True)
class ModelledRate:
    """A rate that a GPU should reach by the model. Not measured.

    Attributes
    ----------
    gpu : Gpu
    nights_per_second : float
        Useful episode-nights.
    limit : str
        The unit that the kernel which plays waits for.
    clocks : dict
        Clocks of a multiprocessor per useful episode-night that each unit is busy in that kernel.
    """

    gpu: Gpu
    nights_per_second: float
    limit: str
    clocks: dict[str, float]


def clocks_of(kernel: KernelWork, gpu: Gpu) -> dict[str, float]:
    """Clocks that each unit of a multiprocessor is busy with a kernel."""
    clocks = {"issue": kernel.total * WARP / ISSUE_LANES}
    clocks["double"] = kernel.classes["double"] * WARP / gpu.double_lanes
    for name, units in LANES.items():
        for unit, lanes in units:
            clocks[unit] = clocks.get(unit, 0.0) + kernel.classes[name] * WARP / lanes
    return clocks


def modelled_rate(work: WarpWork, gpu: Gpu) -> ModelledRate:
    """The rate that a GPU should reach if its busiest unit never waited.

    Kernels follow one another; each takes as long as its busiest unit. Units are those of
    `gpus.LANES`, and the schedulers that start every instruction. Latencies, memory traffic, bank
    conflicts, launches and copies are left out, so expect less: four fifths on an H200.

    Parameters
    ----------
    work : WarpWork
        From `count`, for the GPU's architecture or a similar one.
    gpu : Gpu
    """
    every = {name: clocks_of(kernel, gpu) for name, kernel in work.kernels.items()}
    clocks = sum(max(units.values()) for units in every.values())
    rate = gpu.multiprocessors * gpu.clock_hz * work.nights / clocks
    play = every["night"] if "night" in every else every["play"]
    limit = max(play, key=lambda unit: play[unit])
    return ModelledRate(gpu, rate, limit, {unit: n / work.nights for unit, n in play.items()})
