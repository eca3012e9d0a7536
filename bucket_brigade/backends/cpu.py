"""The CPU backend: the Rust core's bit-sliced engine on all cores. The reference and default."""

from typing import TYPE_CHECKING

import numpy as np

from bucket_brigade import _core
from bucket_brigade.backends.progress import in_episodes
from bucket_brigade.backends.protocol import Progress
from bucket_brigade.backends.threads import as_threads
from bucket_brigade.counts.block_sizes import BlockSizes
from bucket_brigade.counts.event_counts import EventCounts
from bucket_brigade.errors import InvalidValue, shown

if TYPE_CHECKING:
    from bucket_brigade.envs.engine import LaneEngine, LaneSettings

__all__ = ["CpuBackend"]


#: What `CpuBackend.seconds` reckons with. Nights of an episode, which nobody knows before it is
#: played: most of the twelve scenarios last 35 to 90 with the archetypes. And the time one core
#: takes for a night of ten houses and four agents: a round number between the 5 and 15 ns of
#: present processors. Both only have to be right within a small factor.
TYPICAL_NIGHTS = 50
NIGHT_SECONDS = 10e-9
NIGHT_SIZE = 10 + 4
#: The same for one seat, of the kinds of policies that are played one episode at a time.
SINGLE_SECONDS = {"tabular": 10e-9, "specialist": 20e-9, "random": 80e-9, "ten_parameter": 150e-9}


class CpuBackend:
    """Plays programs with the bit-sliced engine.

    Parameters
    ----------
    simd : str
        Words to play over: "auto" for the fastest this processor has, or a name that
        ``bucket-brigade backends`` shows. It changes no result.
    """

    name = "cpu"

    def __init__(self, simd: str = "auto") -> None:
        if not isinstance(simd, str):
            paths = ", ".join(_core.simd_paths()[0])
            raise InvalidValue("simd", shown(simd), f"auto or one of {paths}")

        self.simd = simd

    def unavailable(self) -> str | None:
        """None: a CPU is always usable."""
        return None

    def device(self) -> str:
        """Threads and SIMD path, for people."""
        paths, best = _core.simd_paths()
        others = ", ".join(path for path in paths if path != best)
        return f"{_core.pool_threads()} threads, {best} (also {others})"

    def seconds(self, program: _core.Program, *, threads: int | None = None) -> float:
        """About how long `run` would take: an estimate, for ``"auto"`` to weigh.

        Line-ups × episodes × typical nights × a typical time per night, which grows with the
        number of houses and agents, and of seats whose policies are played one episode at a time,
        over the threads that would be used.

        Raises
        ------
        InvalidValue
            If `threads` is not a whole number of at least 1.
        """
        nights = min(program.max_nights, max(program.min_nights, TYPICAL_NIGHTS))
        night = (program.houses + program.agents) / NIGHT_SIZE * NIGHT_SECONDS
        if not SINGLE_SECONDS.keys().isdisjoint(program.policy_kinds):
            seconds = np.array([SINGLE_SECONDS.get(kind, 0.0) for kind, _ in program.policies])
            played = program.seat_entries[0]
            night += program.agents * float(seconds[played].mean())
        pool = _core.pool_threads()
        cores = min(as_threads(threads) or pool, pool)
        return program.lineups * program.episodes * nights * night / cores

    def run(
        self,
        program: _core.Program,
        *,
        threads: int | None = None,
        per_block: bool = False,
        progress: Progress | None = None,
    ) -> EventCounts:
        """Plays a program.

        Parameters
        ----------
        program : Program
            What to play.
        threads : int, optional
            Threads at most. By default the environment variable ``BUCKET_BRIGADE_THREADS``; or
            else one in a `multiprocessing` child, whose siblings have the other cores, and all of
            the process's pool elsewhere. More than the pool has are never used, and runs at the
            same time share it.
        per_block : bool
            Whether to keep the counts of every block.
        progress : callable, optional
            Called with episodes done and in all, about twenty times a second.

        Raises
        ------
        InvalidValue
            If `threads` is not a whole number of at least 1.
        MemoryError
            If the counts of all blocks would not fit.
        """
        report = in_episodes(program, progress)
        totals, moments, per_block_counts = program.run(
            threads=as_threads(threads),
            simd=self.simd,
            per_block=per_block,
            progress=report,
        )
        if report is not None:
            report(program.lineups * program.blocks)
        return EventCounts(
            houses=program.houses,
            agents=program.agents,
            episodes=program.episodes,
            totals=totals,
            moments=moments,
            block_episodes=BlockSizes(program.block_runs),
            blocks=per_block_counts,
            backend=self.name,
            device=self.device(),
        )

    def lanes(self, settings: "LaneSettings") -> "LaneEngine":
        """Lanes of an environment in main memory (see `VectorEnv`)."""
        from bucket_brigade.envs.cpu import CpuLanes

        return CpuLanes(settings, self.simd)
