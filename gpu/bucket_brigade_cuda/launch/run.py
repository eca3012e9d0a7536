"""Plays a program on devices: a worker thread for each takes units of it."""

import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from bucket_brigade import _core
from bucket_brigade.errors import BackendFailed
from bucket_brigade_cuda.devices import Device
from bucket_brigade_cuda.launch.job import Job
from bucket_brigade_cuda.launch.units import Unit, Units
from bucket_brigade_cuda.launch.worker import DeviceCounts, Slot, Timings, Worker

__all__ = ["Result", "play", "play_on_device"]


@dataclass
class Result:
    """Counts of a run, in the host's memory (see `EventCounts`)."""

    totals: npt.NDArray[np.int64]
    moments: npt.NDArray[np.int64]
    blocks: npt.NDArray[np.uint32] | None
    timings: Timings = field(default_factory=Timings)


def play(
    program: _core.Program,
    devices: Sequence[Device],
    *,
    per_block: bool = False,
    progress: Callable[[int], object] | None = None,
    alone: bool = False,
) -> Result:
    """Plays a program on devices, which share its units.

    Parameters
    ----------
    program : Program
        What to play.
    devices : sequence of Device
        At least one.
    per_block : bool
        Whether to bring the counts of every block back.
    progress : callable, optional
        Called with the number of blocks done, over all line-ups.
    alone : bool
        Whether launches of a device follow one another without overlap, each as large as can be.

    Raises
    ------
    BackendFailed
        If a device fails. What others have done is given up.
    MemoryError
        If the counts of all blocks would not fit into the host's memory.
    """
    job = Job.of(program, per_block)
    d, f = job.shape.counts, job.shape.features
    lineups, blocks = program.lineups, program.blocks
    result = Result(
        totals=np.zeros((lineups, d), np.int64),
        moments=np.zeros((lineups, f, f), np.int64),
        blocks=np.empty((lineups, blocks, d), np.uint32) if per_block else None,
    )
    units = Units(lineups, blocks)
    stop = threading.Event()
    news: queue.SimpleQueue[int | BaseException | None] = queue.SimpleQueue()
    lock = threading.Lock()

    def finished(unit: Unit, slot: Slot) -> None:
        some = slice(unit.lineup, unit.end_lineup)
        with lock:
            result.totals[some] += slot.totals.view(np.int64).reshape(-1, d)
            result.moments[some] += slot.moments.view(np.int64).reshape(-1, f, f)
            if result.blocks is not None:
                part = slot.counts.reshape(unit.lineups, unit.blocks, d)
                result.blocks[some, unit.block : unit.end_block] = part
        news.put(unit.items)

    def work(worker: Worker) -> None:
        try:
            worker.play(finished)
        except BaseException as error:
            news.put(error)
        finally:
            news.put(None)

    workers = [Worker(job, device, units, stop, alone=alone) for device in devices]
    threads = [threading.Thread(target=work, args=(worker,), daemon=True) for worker in workers]
    done, left, failure = 0, len(threads), None
    try:
        for thread in threads:
            thread.start()
        while left:
            # Signals reach this thread between waits.
            try:
                event = news.get(timeout=0.05)
            except queue.Empty:
                continue
            if event is None:
                left -= 1
            elif isinstance(event, BaseException):
                failure = failure or event
                stop.set()
            else:
                done += event
                if progress is not None:
                    progress(done)
    finally:
        # After Ctrl-C, or if the callback raised: at most a unit on each device is still to end.
        stop.set()
        for thread in threads:
            if thread.ident is not None:
                thread.join()
    if failure is not None:
        raise failure
    if done != lineups * blocks:
        raise BackendFailed(f"{done} of {lineups * blocks} blocks were played")
    for worker in workers:
        result.timings.compile += worker.timings.compile
        result.timings.units += worker.timings.units
        result.timings.kernels += worker.timings.kernels
        result.timings.copies += worker.timings.copies
        result.timings.play = max(result.timings.play, worker.timings.play)
    return result


def play_on_device(
    program: _core.Program, device: Device, *, per_block: bool = False
) -> tuple[DeviceCounts, Timings]:
    """Plays a program on a device and leaves the counts there."""
    job = Job.of(program, per_block)
    d, f, lineups = job.shape.counts, job.shape.features, program.lineups
    with device.use():
        # Their memory belongs to the stream of whoever asked, as that of other arrays does: what is
        # done with them there is done before it is used again.
        setup = device.callers_stream()
        with device.on(setup):
            kept = DeviceCounts(
                totals=device.empty((lineups, d), np.int64),
                moments=device.empty((lineups, f, f), np.int64),
                blocks=device.empty((lineups, program.blocks, d), np.uint32) if per_block else None,
            )
            device.clear(kept.totals)
            device.clear(kept.moments)
        device.wait(setup)
        units = Units(lineups, program.blocks)
        worker = Worker(job, device, units, threading.Event(), kept)
        worker.play(lambda unit, slot: None)
    return kept, worker.timings
