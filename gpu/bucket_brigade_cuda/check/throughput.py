"""How fast devices play, beside the CPU and beside the model: wall-clock times of whole runs."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from bucket_brigade import SCENARIOS, _core
from bucket_brigade.backends.cpu import CpuBackend
from bucket_brigade.errors import BackendUnavailable, BucketBrigadeError
from bucket_brigade.game.program import compile_program
from bucket_brigade_cuda.backend import CudaBackend
from bucket_brigade_cuda.compiling.compile import record
from bucket_brigade_cuda.devices import Device, is_gpu
from bucket_brigade_cuda.devices.plugins import MODELS, plugged_in
from bucket_brigade_cuda.kernels.shape import Shape
from bucket_brigade_cuda.launch.job import Job
from bucket_brigade_cuda.launch.worker import Timings

__all__ = [
    "BATCHES",
    "NOT_ASKED",
    "Limit",
    "Row",
    "Throughput",
    "crossover",
    "measure",
    "modelled_limit",
]

SCENARIO, LINEUP = "default", ("hero", "hero", "hero", "hero")
#: Episodes over all line-ups of a row: about √10 from one to the next.
SIZES = tuple(first * 10**power for power in range(1, 13) for first in (1, 3))
LINEUPS = (1, 100)
#: What `--measure` calls these ever larger batches.
BATCHES = "batches"
#: Why there is no modelled rate where nobody wants one.
NOT_ASKED = "not asked for: --model"
#: Times that a row is played, at most.
REPEATS = 5
#: Counts of blocks that are brought to the host, at most.
MOST_BYTES = 1 << 31


@dataclass(frozen=True)
class Row:
    """Times of one batch.

    Attributes
    ----------
    lineups, episodes : int
        Line-ups, and episodes of each.
    nights : int
        Episode-nights that were played.
    launches : int
        Of the kernel that plays.
    wall_seconds : float
        The whole run, seen from the host; the median of several.
    play_seconds : float
        From the first launch to the last result, in the median run: kernels, and the copies
        between host and device that they do not hide.
    kernel_seconds, copy_seconds : float
        The same by the devices' clocks: kernels, and copies of inputs and sums. They overlap.
    kept_seconds : float or None
        The same with all results, counts of every block included, kept on the first device.
    copied_seconds : float or None
        The same with the counts of every block copied to the host.
    limit_share : float or None
        Rate, by the whole run, as a share of the modelled one.
    cpu_seconds : float
        Of the CPU for the same batch.
    cpu_measured : bool
        Whether that was measured; else it is what its rate on the largest measured batch gives.
    two_threads_seconds : float
        Of two threads of the CPU; measured or not as with all.
    """

    lineups: int
    episodes: int
    nights: int
    launches: int
    wall_seconds: float
    play_seconds: float
    kernel_seconds: float
    copy_seconds: float
    kept_seconds: float | None
    copied_seconds: float | None
    limit_share: float | None
    cpu_seconds: float
    cpu_measured: bool
    two_threads_seconds: float

    @property
    def rate(self) -> float:
        """Episode-nights a second, by the whole run."""
        return self.nights / self.wall_seconds

    @property
    def cpu_rate(self) -> float:
        """Episode-nights a second of the CPU."""
        return self.nights / self.cpu_seconds


@dataclass(frozen=True)
class Limit:
    """The modelled rate of all devices together; or why there is none."""

    nights_per_second: float | None
    reason: str | None = None


@dataclass
class Throughput:
    """All rows, and what they mean together.

    Attributes
    ----------
    is_gpu : bool
        Whether the devices are GPUs. If not, times say nothing about one.
    compile_seconds : float or None
        Compiling all kernels for one device, where and when that was done; None if that is not
        known.
    limit : Limit
    rows : list of Row
    stopped : list of str
        Why there are no larger batches.
    """

    is_gpu: bool
    compile_seconds: float | None
    limit: Limit
    rows: list[Row]
    stopped: list[str]

    def to_dict(self) -> dict[str, Any]:
        """Rows and what follows from them, for the report."""
        return {
            "scenario": SCENARIO,
            "lineup": list(LINEUP),
            "is_gpu": self.is_gpu,
            "compile_seconds": self.compile_seconds,
            "modelled_nights_per_second": self.limit.nights_per_second,
            "no_model_because": self.limit.reason,
            "rows": [
                asdict(row) | {"nights_per_second": row.rate, "cpu_nights_per_second": row.cpu_rate}
                for row in self.rows
            ],
            "stopped": self.stopped,
            "crossovers": self.crossovers() if self.is_gpu else [],
        }

    def crossovers(self) -> list[dict[str, int | None]]:
        """Episodes of each line-up from which on the CPU is slower, by number of line-ups."""
        found = []
        for lineups in dict.fromkeys(row.lineups for row in self.rows):
            rows = [row for row in self.rows if row.lineups == lineups]
            kernels = math.inf if self.compile_seconds is None else self.compile_seconds
            passed = {
                "episodes": crossover(rows),
                "episodes_with_compiling": crossover(rows, kernels),
                "episodes_two_threads": crossover(rows, threads=2),
            }
            found.append(
                {"lineups": lineups, **{key: episodes(row) for key, row in passed.items()}}
            )
        return found


def episodes(row: Row | None) -> int | None:
    """Episodes of each line-up of a batch, if there is one."""
    return None if row is None else row.episodes


def crossover(
    rows: Sequence[Row], extra_seconds: float = 0.0, threads: int | None = None
) -> Row | None:
    """The smallest batch from which on none is played faster by the CPU, if there is one.

    Parameters
    ----------
    rows : sequence of Row
        Ever larger batches.
    extra_seconds : float
        What the devices are to make up for, such as compiling.
    threads : int, optional
        2 to compare with two threads of the CPU; by default with all.
    """
    best = None
    for row in reversed(rows):
        cpu = row.cpu_seconds if threads is None else row.two_threads_seconds
        if row.wall_seconds + extra_seconds >= cpu:
            break
        best = row
    return best


def program_of(lineups: int, episodes: int) -> _core.Program:
    """The batch of a row."""
    scenario = SCENARIOS[SCENARIO]
    return compile_program(scenario, [LINEUP] * lineups, seed=0, episodes=episodes)


def compile_seconds(device: Device) -> float | None:
    """Seconds that compiling and assembling the kernels of a row took on the machine where that was
    done, by what is written in their files; None where there are none. Compiles nothing."""
    job = Job.of(program_of(1, 1), per_block=False)
    found = [record(name, job.shape, device.capability) for name in job.kernels]
    if not all(found):
        return None
    return sum(one.compile_seconds + one.assemble_seconds for one in found if one)


def modelled_limit(devices: Sequence[Device]) -> Limit:
    """The rate of GPUs together by the model of `ptx_on_cpu`; or why there is none."""
    try:
        limit: Limit = plugged_in(MODELS, "limit")(devices)
    except BackendUnavailable as error:
        return Limit(None, str(error))
    return limit


def measure(
    backend: CudaBackend,
    *,
    seconds: float,
    sizes: Sequence[int] = SIZES,
    modelled: bool = False,
    told: Callable[[Throughput], object] = lambda found: None,
) -> Throughput:
    """Plays ever larger batches until one would take too long or does not fit.

    Parameters
    ----------
    backend : CudaBackend
        What to measure. Kernels are compiled and loaded before.
    seconds : float
        For a single run of a batch, at most, on devices and on the CPU; by what the one before
        took.
    sizes : sequence of int
        Episodes over all line-ups, ascending.
    modelled : bool
        Whether to put the rate of the model beside, which takes minutes of the CPU.
    told : callable
        Gets all there is after every row.
    """
    devices = backend.devices()
    limit = modelled_limit(devices) if modelled else Limit(None, NOT_ASKED)
    found = Throughput(all(map(is_gpu, devices)), compile_seconds(devices[0]), limit, [], [])
    backend.run(program_of(1, 10_000))
    for lineups in LINEUPS:
        cpu_rates, pace = CpuRates(), 0.0
        for size in (size for size in sizes if size >= lineups):
            if pace * size > seconds:
                found.stopped.append(f"{lineups} line-ups: a larger batch takes over {seconds:g} s")
                break
            try:
                last = row_of(backend, lineups, size // lineups, seconds, cpu_rates)
            except (BucketBrigadeError, MemoryError) as error:
                found.stopped.append(f"{lineups} × {size // lineups} episodes: {error}")
                break
            pace = last.wall_seconds / size
            if limit.nights_per_second is not None:
                last = replace(last, limit_share=last.rate / limit.nights_per_second)
            found.rows.append(last)
            told(found)
    return found


def row_of(
    backend: CudaBackend, lineups: int, episodes: int, seconds: float, cpu_rates: "CpuRates"
) -> Row:
    """Measures a batch; on the CPU too, if by its rates that is done in time."""
    program = program_of(lineups, episodes)
    runs: list[tuple[float, Timings]] = []
    while not runs or (len(runs) < REPEATS and runs[-1][0] + sum(r[0] for r in runs) < seconds):
        started = time.perf_counter()
        counts = backend.run(program)
        runs.append((time.perf_counter() - started, timings_of(backend)))
    wall, timings = sorted(runs, key=lambda run: run[0])[(len(runs) - 1) // 2]
    nights = int(counts.totals[:, 0].sum())
    kept = copied = None
    # Counts of every block take more memory than anything else, on the host too.
    block_bytes = 4 * Shape(program.houses, program.agents, 1).counts
    if lineups * program.blocks * block_bytes < min(MOST_BYTES, free_bytes(backend) // 4):
        backend.counts_on_device(program, per_block=True)
        kept = timings_of(backend).play
        backend.run(program, per_block=True)
        copied = timings_of(backend).play
    cpu_seconds, cpu_measured = cpu_rates.seconds(program, nights, seconds)
    two_threads_seconds, _ = cpu_rates.seconds(program, nights, seconds, threads=2)
    return Row(
        lineups=lineups,
        episodes=episodes,
        nights=nights,
        launches=timings.units,
        wall_seconds=wall,
        play_seconds=timings.play,
        kernel_seconds=timings.kernels,
        copy_seconds=timings.copies,
        kept_seconds=kept,
        copied_seconds=copied,
        limit_share=None,
        cpu_seconds=cpu_seconds,
        cpu_measured=cpu_measured,
        two_threads_seconds=two_threads_seconds,
    )


def timings_of(backend: CudaBackend) -> Timings:
    """Timings of the last run."""
    assert backend.timings is not None
    return backend.timings


def free_bytes(backend: CudaBackend) -> int:
    """Free memory of the first device, in bytes."""
    device = backend.devices()[0]
    with device.use():
        return device.free_bytes()


class CpuRates:
    """Nights a second of the CPU in the largest batches measured, by number of threads."""

    def __init__(self) -> None:
        self._rates: dict[int | None, float] = {}

    def seconds(
        self, program: _core.Program, nights: int, most: float, threads: int | None = None
    ) -> tuple[float, bool]:
        """Seconds that the CPU takes for a program; and whether that was measured, as it is where
        the rate does not say that it takes more than some seconds."""
        rate = self._rates.get(threads)
        if rate is not None and nights >= rate * most:
            return nights / rate, False
        seconds = seconds_of_cpu(program, threads)
        self._rates[threads] = nights / seconds
        return seconds, True


def seconds_of_cpu(program: _core.Program, threads: int | None = None) -> float:
    """Seconds that the CPU takes for a program."""
    started = time.perf_counter()
    CpuBackend().run(program, threads=threads)
    return time.perf_counter() - started
