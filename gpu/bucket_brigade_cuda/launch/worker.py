"""Plays units of a job on one device, two at a time."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from bucket_brigade_cuda.devices.device import Device, DeviceArray, Mark, Stream
from bucket_brigade_cuda.kernels.shape import SEGMENT
from bucket_brigade_cuda.launch.job import BLOCK, Job
from bucket_brigade_cuda.launch.units import Unit, Units

__all__ = ["DeviceCounts", "Slot", "Timings", "Worker"]

#: Blocks in one launch, at most: keeps counters of items small, and units many.
MOST_ITEMS = 1 << 22
#: Blocks in the first launch of a device, at least, or episodes where a thread plays one of these;
#: one for every thread that it runs at a time, if that is more. Later launches grow until they take
#: `UNIT_SECONDS`.
FIRST_ITEMS = 1 << 14
#: What a launch should take: short enough for Ctrl-C and displays, long enough to not count.
UNIT_SECONDS = 0.2
#: Part of a device's free memory that a run takes.
MEMORY_SHARE = 0.6
#: Launches under way on a device: while one is copied back, another plays.
SLOTS = 2


@dataclass
class Timings:
    """Seconds of the parts of a run, summed over devices.

    Attributes
    ----------
    compile : float
        Compiling kernels and loading them.
    units : int
        Launches of the kernel that plays.
    play : float
        From the first launch to the last result.
    kernels, copies : float
        Of that, by the devices' clocks: running kernels, and copying to and fro. Units overlap, so
        together they may be more than `play`.
    """

    compile: float = 0.0
    units: int = 0
    play: float = 0.0
    kernels: float = 0.0
    copies: float = 0.0


@dataclass
class DeviceCounts:
    """Counts of a run, in a device's memory (see `EventCounts`).

    Attributes
    ----------
    totals : device array of int64, shape (L, D)
        Count vectors.
    moments : device array of int64, shape (L, F, F)
        Sums of products of features over blocks.
    blocks : device array of uint32, shape (L, B, D), optional
        Count vectors of every block.
    """

    totals: DeviceArray
    moments: DeviceArray
    blocks: DeviceArray | None


@dataclass
class Slot:
    """A unit under way on a device, and the memory it uses there."""

    stream: Stream
    unit: Unit | None = None
    started: float = 0.0
    held: list[DeviceArray] = field(default_factory=list)
    totals: Any = None
    moments: Any = None
    counts: Any = None
    #: Before the copies to the device, before its kernels, after them, after the copies back.
    marks: list[Mark] = field(default_factory=list)


class Worker:
    """Plays units of a job on one device.

    Parameters
    ----------
    job : Job
        What to play.
    device : Device
        Where.
    units : Units
        Where to take units from.
    stop : Event
        Ends the work early when set.
    kept : DeviceCounts, optional
        Where results are to stay on the device; by default they are brought back.
    alone : bool
        Whether launches follow one another without overlap, each as large as can be: to time them.
    """

    def __init__(
        self,
        job: Job,
        device: Device,
        units: Units,
        stop: threading.Event,
        kept: DeviceCounts | None = None,
        *,
        alone: bool = False,
    ) -> None:
        self.job, self.device, self.units, self.stop = job, device, units, stop
        self.kept = kept
        self.timings = Timings()
        self._alone = alone
        self._slots = 1 if alone else SLOTS
        self._items = MOST_ITEMS if alone else FIRST_ITEMS // job.item_turns

    def play(self, finished: Callable[[Unit, Slot], None]) -> None:
        """Takes units until there are none, or `stop` is set. `finished` gets every result."""
        device, job = self.device, self.job
        with device.use():
            for name in job.kernels:
                if self.stop.is_set():
                    return
                self.timings.compile += device.prepare(name, job.shape)
            if not self._alone:
                # Fewer would leave threads without a block, and take as long.
                full = device.resident("play", job.shape) * job.shape.threads
                self._items = max(self._items, full // job.item_turns)
            started = time.perf_counter()
            with device.streams(self._slots) as streams:
                slots = [Slot(stream) for stream in streams]
                try:
                    self._play_on(slots, finished)
                except BaseException:
                    # What is under way still writes to memory that is about to be given back.
                    for slot in slots:
                        with suppress(Exception):
                            device.wait(slot.stream)
                    raise
            self.timings.play = time.perf_counter() - started

    def _play_on(self, slots: list[Slot], finished: Callable[[Unit, Slot], None]) -> None:
        """Plays units on streams in turn."""
        device, tables = self.device, self.job.tables
        with device.on(slots[0].stream):
            ladders, pool = device.upload(tables.ladders), device.upload(tables.pool)
        device.wait(slots[0].stream)
        room = int(device.free_bytes() * MEMORY_SHARE) // len(slots)
        turn = 0
        while not self.stop.is_set():
            slot = slots[turn % len(slots)]
            self._finish(slot, finished)
            unit = self.units.take(self._fitting(room))
            if unit is None:
                break
            with device.on(slot.stream):
                self._launch(slot, unit, ladders, pool)
            turn += 1
        first = turn % len(slots)
        for slot in slots[first:] + slots[:first]:
            self._finish(slot, finished)

    def _fitting(self, room: int) -> int:
        """Items of the next unit."""
        # As if each item were a line-up's only one.
        return min(self._items, MOST_ITEMS, room // (self.job.item_bytes + self.job.lineup_bytes))

    def _launch(self, slot: Slot, unit: Unit, ladders: DeviceArray, pool: DeviceArray) -> None:
        device, job = self.device, self.job
        program, shape = job.program, job.shape
        u32, u64 = np.uint32, np.uint64
        items, blocks = u32(unit.items), u32(unit.blocks)
        first_block = u64(program.first_episode // BLOCK + unit.block)
        first_lanes, last_lanes = (u32(lanes) for lanes in job.lanes(unit))
        seats = job.tables.seats(unit.lineup, unit.end_lineup, shape.width)

        slot.marks = [device.mark()]
        strategies = device.upload(seats.strategies.reshape(-1))
        # Only mixtures have anything to draw by them.
        limits = device.upload(seats.limits.reshape(-1)) if "cast" in job.kernels else None
        slot.marks.append(device.mark())
        casts = device.empty((max(1, unit.items * shape.agents * (shape.width - 1)),), u32)
        features = device.empty((unit.items * shape.features,), u32)
        counts, totals, moments = self._targets(unit)
        taken = device.empty((1,), u32)
        device.clear(taken)
        slot.held = [strategies, casts, counts, features, totals, moments, taken]

        threads = shape.threads
        everywhere = -(-unit.items // threads)
        if limits is not None:
            slot.held.append(limits)
            drawn = (job.keys, limits, casts, items, blocks, first_block)
            device.launch("cast", shape, everywhere, threads, drawn)
        if shape.singles:
            # To which threads that play the episodes of a block add what they counted.
            device.clear(counts)
        turns = unit.items * job.item_turns
        grid = min(-(-turns // threads), device.resident("play", shape))
        rules = (program.min_nights, program.max_nights, int(program.end_rule == "no_fires"))
        device.launch(
            "play",
            shape,
            grid,
            threads,
            (
                job.keys,
                ladders,
                *(pool, strategies, casts),
                counts,
                *(items, blocks, first_block, first_lanes, last_lanes),
                *(u32(rule) for rule in rules),
                taken,
            ),
        )
        summed = (counts, features, items, blocks, first_lanes, last_lanes)
        device.launch("features", shape, everywhere, threads, summed)
        segments = -(-unit.blocks // SEGMENT)
        sums = unit.lineups * segments * (shape.counts + shape.features**2)
        device.launch(
            "add_up",
            shape,
            -(-sums // threads),
            threads,
            (counts, features, totals, moments, u32(unit.lineups), blocks, u32(segments)),
        )
        slot.marks.append(device.mark())
        if self.kept is None:
            slot.totals, slot.moments = device.fetch(totals), device.fetch(moments)
            slot.counts = device.fetch(counts) if job.per_block else None
        slot.marks.append(device.mark())
        slot.unit, slot.started = unit, time.perf_counter()
        self.timings.units += 1

    def _targets(self, unit: Unit) -> tuple[DeviceArray, DeviceArray, DeviceArray]:
        """Arrays that a unit's counts of blocks go to, and its totals and moments are added to."""
        device, shape, kept = self.device, self.job.shape, self.kept
        d, f = shape.counts, shape.features
        if kept is None or kept.blocks is None:
            counts = device.empty((unit.items * d,), np.uint32)
        else:
            start = (unit.lineup * self.job.program.blocks + unit.block) * d
            counts = kept.blocks.reshape(-1)[start : start + unit.items * d]
        if kept is None:
            totals = device.empty((unit.lineups * d,), np.uint64)
            moments = device.empty((unit.lineups * f * f,), np.uint64)
            device.clear(totals)
            device.clear(moments)
            return counts, totals, moments
        some = slice(unit.lineup, unit.end_lineup)
        totals = kept.totals[some].reshape(-1).view(np.uint64)
        return counts, totals, kept.moments[some].reshape(-1).view(np.uint64)

    def _finish(self, slot: Slot, finished: Callable[[Unit, Slot], None]) -> None:
        """Waits for a slot's unit, if it has one, and hands its results over."""
        if slot.unit is None:
            return
        self.device.wait(slot.stream)
        before, start, end, after = slot.marks
        self.timings.kernels += self.device.seconds(start, end)
        self.timings.copies += self.device.seconds(before, start) + self.device.seconds(end, after)
        seconds = time.perf_counter() - slot.started
        if slot.unit.items >= self._items and seconds < UNIT_SECONDS:
            self._items *= 2
        elif seconds > 2 * UNIT_SECONDS:
            self._items = max(1, self._items // 2)
        finished(slot.unit, slot)
        slot.unit, slot.held = None, []
        slot.totals = slot.moments = slot.counts = None
