"""``python -m bench growth``: how the cost of a run grows with its size, and what a model predicts.

One axis at a time is varied, everything else stays at the base case. What the model predicts is
explained at `predict`: it is fitted on one point of an axis, the one marked `fitted`.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

import bucket_brigade as bb
from bench.cases import SEED, example_line
from bench.counting import NotBuilt, count_lines
from bench.files import write
from bench.options import add_json, whole_number
from bench.report import commit, machine
from bench.summary import Spread
from bench.throughput import philox_ns
from bucket_brigade import _core
from bucket_brigade.game.program import compile_program

ROOT = Path(__file__).resolve().parent.parent
SCENARIO, ARCHETYPE = "default", "hero"
EPISODES = 1 << 17
REPEATS = 7
SWEEPS = {
    "episodes": [10**3, 10**4, 10**5, 10**6, 10**7],
    "lineups": [1, 4, 16, 64, 256],
    "mixture": [1, 2, 4, 8, 16],
    "houses": [2, 3, 4, 6, 8, 10, 12, 16, 24, 32],
    "agents": [1, 2, 4, 6, 8, 10, 12, 16],
}
EXACT_HOUSES = [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]
EXACT_NIGHTS = [12, 25, 50, 100, 300, 1_000, 3_000, 10_000]
#: What part of the episodes each of many line-ups plays, and how many times as many are played over
#: threads.
LINEUP_SHARE, THREADS_TIMES = 64, 8
MEMORY_EPISODES = [10**k for k in range(3, 9)]
#: Seconds after which a point is not repeated more than thrice.
LONG_ENOUGH = 2.0
#: Where the model is fitted, on each axis.
FITTED = {"episodes": 10**6, "lineups": 16, "mixture": 1, "houses": 10, "agents": 4, "threads": 1}

_PEAK = """
import sys
import bucket_brigade as bb
if int(sys.argv[3]):
    scenario, lineup, episodes = bb.scenario(sys.argv[1]), [sys.argv[2]] * 4, int(sys.argv[3])
    bb.simulate(scenario, [lineup], episodes=episodes, backend="cpu")
for line in open("/proc/self/status"):
    if line.startswith("VmHWM"):
        print(int(line.split()[1]) * 1024)
"""


@dataclass
class Point:
    """A point to measure: one size on one axis."""

    at: int
    run: Callable[[], object]
    #: What the model takes the cost to be proportional to, and what that is.
    work: float
    fitted: bool
    nights: int = 0
    seconds: list[float] = field(default_factory=list)
    #: Processor time of all threads.
    busy: list[float] = field(default_factory=list)
    #: Whether the model is about the time that passes, instead of processor time.
    by_wall: bool = False

    @property
    def costs(self) -> list[float]:
        """The seconds that the model is about."""
        return self.seconds if self.by_wall else self.busy

    def measure(self) -> None:
        """Runs once more, unless that has taken long enough."""
        if len(self.seconds) >= 3 and sum(self.seconds) > LONG_ENOUGH:
            return
        busy, start = time.process_time(), time.perf_counter()
        self.run()
        passed = time.perf_counter() - start
        self.seconds.append(passed)
        self.busy.append(time.process_time() - busy)


def mixed_strategies(count: int) -> list[list[float]]:
    """Strategies that play alike but are not equal, the first of them that of the base case.

    Only a number that the agent does not use differs, so that nights last as long.
    """
    strategies = []
    for i in range(count):
        theta = bb.ARCHETYPES[ARCHETYPE].tolist()
        theta[9] = i / 16
        strategies.append(theta)
    return strategies


def case(axis: str, at: int, episodes: int) -> tuple[bb.Scenario, list[Any], int]:
    """Scenario, line-ups and episodes of a point."""
    scenario = bb.scenario(SCENARIO)
    if axis == "houses":
        # Rewards of houses do not matter for a count, but their number has to be right.
        scenario = scenario.replace(num_houses=at)
    elif axis == "agents":
        scenario = scenario.replace(num_agents=at)
    seat: Any = ARCHETYPE
    if axis == "mixture" and at > 1:
        seat = bb.Mixture(mixed_strategies(at), [1 / at] * at)
    lineups: list[Any] = [[seat] * scenario.num_agents]
    if axis == "lineups":
        # The same one many times, since others would take other times.
        lineups *= at
        episodes //= LINEUP_SHARE
    elif axis == "episodes":
        episodes = at
    elif axis == "threads":
        # Enough for all of them.
        episodes *= THREADS_TIMES
    return scenario, lineups, episodes


def predict(points: Sequence[Point], overhead: float) -> list[float]:
    """Seconds that the model gives each point.

    ``overhead + slope * work``: the overhead of a call is the time of one that plays nothing to
    speak of, the slope comes from the fitted point alone. The work is the number of Philox calls,
    counted, where an axis changes them; otherwise the episodes or line-ups, or one over threads.
    Both from the least of the repeats, since other work on the machine only ever adds time, and of
    processor time, which does not pass while others have the cores; over threads, of wall time.
    """
    fitted = next(point for point in points if point.fitted)
    slope = max(min(fitted.costs) - overhead, 0.0) / fitted.work
    return [overhead + slope * point.work for point in points]


def sampled(path: str, episodes: int, quick: bool, counted: bool) -> dict[str, list[Point]]:
    """The points of all axes that play episodes."""
    sweeps = {axis: values[:3] if quick else values for axis, values in SWEEPS.items()}
    found: dict[str, list[Point]] = {}
    for axis, values in sweeps.items():
        fitted = FITTED[axis] if FITTED[axis] in values else values[-1]
        points = []
        works: list[float] = [float(at) for at in values]
        if axis in ("houses", "agents", "mixture"):
            works = [1.0 for _ in values]
            if counted:
                lines = []
                for at in values:
                    scenario, _, number = case(axis, at, episodes)
                    mixed = mixed_strategies(at if axis == "mixture" else 1)
                    names = SCENARIO, ARCHETYPE
                    lines.append(example_line(path, names, scenario, mixed, number))
                works = [float(work["calls"]) for work in count_lines(lines) or []] or works
        for at, work in zip(values, works, strict=True):
            scenario, lineups, number = case(axis, at, episodes)
            program = compile_program(scenario, lineups, seed=SEED, episodes=number)

            def run(program: _core.Program = program) -> Any:
                return program.run(threads=0, simd=path, per_block=False, progress=None)

            nights = int(run()[0][:, 0].sum())
            points.append(Point(at, run, work, at == fitted, nights))
        found[axis] = points
    scenario, lineups, number = case("threads", 0, episodes)
    program = compile_program(scenario, lineups, seed=SEED, episodes=number)
    found["threads"] = []
    for threads in range(1, _core.pool_threads() + 1):

        def on_threads(threads: int = threads) -> Any:
            return program.run(threads=threads, simd=path, per_block=False, progress=None)

        nights = int(on_threads()[0][:, 0].sum())
        point = Point(threads, on_threads, 1 / threads, threads == 1, nights, by_wall=True)
        found["threads"].append(point)
    return found


def exact(quick: bool) -> dict[str, list[Point]]:
    """The points of the axes along which the exact engine is measured, on one thread.

    The model over houses is the core's own estimate of operations (`exact_cost`), scaled; over
    nights it is that nothing changes. Every call is of another scenario than the last, so that it
    builds its tables.
    """
    found: dict[str, list[Point]] = {}
    base = bb.scenario(SCENARIO)
    duties = np.full((1, base.num_agents, 2), 0.8)

    def add(axis: str, at: int, scenario: bb.Scenario, work: float, fitted: bool) -> None:
        def run() -> object:
            return _core.expected(scenario, duties, threads=1, progress=None)

        found.setdefault(axis, []).append(Point(at, run, work, fitted))

    for houses in EXACT_HOUSES[:5] if quick else EXACT_HOUSES:
        scenario = base.replace(num_houses=houses)
        last = houses == (EXACT_HOUSES[4] if quick else 10)
        add("exact_houses", houses, scenario, _core.exact_cost(scenario)[1], last)
    for nights in EXACT_NIGHTS[:3] if quick else EXACT_NIGHTS:
        scenario = base.replace(max_nights=nights, num_houses=6 if quick else base.num_houses)
        add("exact_nights", nights, scenario, 1.0, nights == (50 if quick else 100))
    for point in [point for points in found.values() for point in points]:
        point.run()
    return found


def peak_memory(episodes: Sequence[int]) -> list[dict[str, int]]:
    """The most memory resident in a process of its own, for 0 episodes and for others."""
    if not Path("/proc/self/status").exists():
        return []
    found = []
    for number in [0, *episodes]:
        command = [sys.executable, "-c", _PEAK, SCENARIO, ARCHETYPE, str(number)]
        done = subprocess.run(
            command,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        found.append({"at": number, "bytes": int(done.stdout)})
    return found


def as_json(points: Sequence[Point], overhead: float) -> dict[str, Any]:
    """An axis: what was measured beside what is predicted."""
    predicted = predict(points, overhead)
    return {
        "overhead_seconds": overhead,
        "points": [
            {
                "at": point.at,
                "seconds": asdict(Spread.of(point.seconds)),
                "cost_seconds": asdict(Spread.of(point.costs)),
                "least_seconds": min(point.costs),
                "predicted_seconds": seconds,
                "measured_over_predicted": min(point.costs) / seconds,
                "work": point.work,
                "fitted": point.fitted,
                "nights": point.nights,
                "cores_given": sum(point.busy) / sum(point.seconds),
            }
            for point, seconds in zip(points, predicted, strict=True)
        ],
    }


def measured(
    path: str, episodes: int, repeats: int, quick: bool, counted: bool
) -> tuple[dict[str, Any], dict[str, str]]:
    """All axes, by name, and what the model takes each to be proportional to."""
    axes = sampled(path, episodes, quick, counted)
    axes |= exact(quick)
    scenario, lineups, _ = case("base", 0, episodes)
    nothing = compile_program(scenario, lineups, seed=SEED, episodes=32)

    def least() -> object:
        return nothing.run(threads=0, simd=path, per_block=False, progress=None)

    floor = Point(32, least, 1.0, True)
    for _ in range(repeats):
        # In turn, so that a while of other work does not hit all repeats of one point.
        floor.measure()
        for points in axes.values():
            for point in points:
                point.measure()
    overhead = min(floor.costs)
    # The exact engine's own: nothing is smaller than a ring of two.
    exact_overhead = min(axes["exact_houses"][0].costs)

    def overhead_of(axis: str) -> float:
        if axes[axis][0].by_wall:
            return 0.0
        return exact_overhead if axis.startswith("exact") else overhead

    model = {
        axis: {
            "episodes": "episodes",
            "lineups": "line-ups",
            "threads": "1 / threads",
            "exact_houses": "the core's estimate of operations",
            "exact_nights": "constant",
        }.get(axis, "Philox calls, counted" if counted else "constant")
        for axis in axes
    }
    return {axis: as_json(points, overhead_of(axis)) for axis, points in axes.items()}, model


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The options; see ``--help``."""
    available, best = _core.simd_paths()
    parser = argparse.ArgumentParser(prog="python -m bench growth", description=__doc__)
    parser.add_argument("--path", choices=available, default=best, help="by default %(default)s")
    parser.add_argument("--repeats", type=whole_number, help=f"by default {REPEATS}")
    parser.add_argument("--quick", action="store_true", help="a smoke test: few small points")
    parser.add_argument(
        "--no-counts", action="store_true", help="leave out what needs a build with Cargo"
    )
    add_json(parser)
    return parser.parse_args(arguments)


def print_report(figures: dict[str, Any], console: Console) -> None:
    """Prints a table for each axis."""
    for axis, curve in figures["axes"].items():
        table = Table(
            axis,
            "least ms",
            "median",
            "±%",
            "predicted",
            "least / predicted",
            title=figures["model"][axis],
        )
        for point in curve["points"]:
            spread = Spread(**point["cost_seconds"])
            table.add_row(
                f"{point['at']:,}" + (" *" if point["fitted"] else ""),
                f"{1e3 * point['least_seconds']:.3g}",
                f"{1e3 * spread.median:.3g}",
                f"{50 * spread.relative:.0f}",
                f"{1e3 * point['predicted_seconds']:.3g}",
                f"{point['measured_over_predicted']:.2f}",
            )
        console.print(table)
    console.print("* fitted on this point alone", highlight=False)
    for row in figures["peak_memory"]:
        console.print(f"{row['at']:>11,} episodes: {row['bytes'] / 2**20:.1f} MiB at most")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures and prints; the exit code."""
    options = parse_arguments(arguments)
    episodes = 1 << 11 if options.quick else EPISODES
    where = machine()
    start = time.perf_counter()
    told = Console(stderr=True)
    try:
        counted = not options.no_counts and count_lines([]) is not None
    except NotBuilt as reason:
        told.print(f"{reason}; --no-counts leaves it out.", markup=False)
        return 1
    if not counted and not options.no_counts:
        told.print("There is no cargo, so Philox calls are not counted, but taken as constant.")
    repeats = options.repeats or (1 if options.quick else REPEATS)
    axes, model = measured(options.path, episodes, repeats, options.quick, counted)
    figures: dict[str, Any] = {
        "machine": where,
        "commit": commit(),
        "path": options.path,
        "scenario": SCENARIO,
        "archetype": ARCHETYPE,
        "episodes": episodes,
        "other_episodes": {axis: case(axis, 1, episodes)[2] for axis in ("lineups", "threads")},
        "repeats": repeats,
        "ns_per_call": asdict(Spread.of(philox_ns(options.path) for _ in range(5))),
        "model": model,
        "axes": axes,
        "peak_memory": peak_memory(MEMORY_EPISODES[:2] if options.quick else MEMORY_EPISODES),
    }
    figures["seconds_taken"] = time.perf_counter() - start
    figures["load_average_at_end"] = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    print_report(figures, Console(width=max(100, Console().width)))
    if options.json is not None:
        write(options.json, figures)
    return 0


if __name__ == "__main__":
    sys.exit(main())
