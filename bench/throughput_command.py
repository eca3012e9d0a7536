"""``python -m bench throughput``: times the engines on all cases, then reports it."""

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.progress import Progress

from bench import report
from bench.cases import CASES
from bench.counting import NotBuilt, core_is_older_than_its_sources, count
from bench.files import write
from bench.options import add_json, positive, whole_number
from bench.summary import Spread
from bench.throughput import calibrate, measure
from bench.wall_times import import_seconds, nash_seconds
from bucket_brigade import _core
from bucket_brigade.cli.nash import EPISODES as EPISODES_OF_NASH

ROUNDS, MILLISECONDS = 9, 40.0
#: Columns of text that the tables take, without paths and for each.
WIDTH, PATH_WIDTH = 54, 38


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The options; see ``--help``."""
    available, _ = _core.simd_paths()
    simd = [path for path in available if not path.startswith("portable")]
    parser = argparse.ArgumentParser(
        prog="python -m bench throughput", description="Benchmarks the engines."
    )
    parser.add_argument(
        "--paths",
        nargs="+",
        choices=available,
        default=simd or available[1:2],
        metavar="PATH",
        help=f"of {', '.join(available)}; by default %(default)s",
    )
    parser.add_argument("--rounds", type=whole_number, help=f"by default {ROUNDS}")
    parser.add_argument(
        "--milliseconds", type=positive, help=f"of a measurement; by default {MILLISECONDS:g}"
    )
    parser.add_argument(
        "--quick", action="store_true", help="few short rounds of every fifth case: a smoke test"
    )
    parser.add_argument(
        "--no-counts", action="store_true", help="leave out what needs a build with Cargo"
    )
    parser.add_argument(
        "--nash", action="store_true", help="also time the equilibria of all scenarios"
    )
    add_json(parser)
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures and reports; the exit code."""
    options = parse_arguments(arguments)
    cases, rounds, milliseconds = CASES, ROUNDS, MILLISECONDS
    if options.quick:
        # 4 archetypes, so a step of 5 goes through all of them.
        cases, rounds, milliseconds = CASES[::5], 3, 10.0
    rounds, milliseconds = options.rounds or rounds, options.milliseconds or milliseconds
    available, best = _core.simd_paths()
    paths = [path for path in available if path in options.paths]
    best = best if best in paths else paths[-1]
    where = report.machine()

    progress_console = Console(stderr=True)
    with Progress(console=progress_console, transient=True) as progress:
        task = progress.add_task("choosing episodes", total=len(cases))
        timings = []
        for case in cases:
            timings.append(calibrate(case, paths, milliseconds))
            progress.advance(task)
    work = None
    if not options.no_counts:
        try:
            with progress_console.status("counting Philox calls (a first time builds the core)"):
                work = count(timings)
        except NotBuilt as reason:
            progress_console.print(f"{reason}; --no-counts leaves it out.", markup=False)
            return 1
        if work is None:
            progress_console.print("There is no cargo, so Philox calls are not counted.")
    with Progress(console=progress_console, transient=True) as progress:
        task = progress.add_task("playing", total=rounds * len(cases))
        measure(timings, rounds, best, told=lambda: progress.advance(task))

    figures: dict[str, Any] = {
        "machine": where,
        "commit": report.commit(),
        "milliseconds": milliseconds,
    }
    figures |= report.results(timings, best, work)
    figures["core_is_older_than_its_sources"] = (
        work is not None and core_is_older_than_its_sources()
    )
    figures["import_seconds"] = {
        module: asdict(Spread.of(seconds))
        for module, seconds in import_seconds(3 if options.quick else 9).items()
    }
    if options.nash:
        seconds = {}
        with progress_console.status("computing equilibria"):
            for name, taken in nash_seconds(EPISODES_OF_NASH):
                seconds[name] = taken
        figures["nash"] = {"num_simulations": EPISODES_OF_NASH, "seconds": seconds}

    width = WIDTH + PATH_WIDTH * len(paths)
    console = Console(width=max(width, progress_console.width))
    report.print_report(figures, console)
    if options.json is not None:
        write(options.json, figures)
    return 0
