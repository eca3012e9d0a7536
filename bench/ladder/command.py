"""``python -m bench ladder``: the same work from where a user stood to where we are.

See bench/README.md for what its columns mean.
"""

import argparse
import importlib.metadata
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

from rich.console import Console
from rich.progress import Progress

import bucket_brigade as bb
from bench import report
from bench.files import write
from bench.ladder.climb import climb, exact_row, row_of
from bench.ladder.cuda import cuda_backend, cuda_details, cuda_model
from bench.ladder.nash import nash_rows
from bench.ladder.report import print_ladder
from bench.ladder.rungs import rungs
from bench.ladder.work import ARCHETYPES, EPISODES, ROUNDS, Truth
from bench.options import add_json, whole_number
from bucket_brigade.cli.nash import EPISODES as EPISODES_OF_NASH


def versions() -> dict[str, str | None]:
    """The versions of libraries that baselines need."""
    known: dict[str, str | None] = {}
    for name in ("numpy", "numba", "jax", "jaxlib", "bucket-brigade-cuda"):
        try:
            known[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            known[name] = None
    return known


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The options; see ``--help``."""
    parser = argparse.ArgumentParser(prog="python -m bench ladder", description=__doc__)
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--scenario", default="default", choices=bb.list_scenarios(), metavar="NAME")
    which.add_argument("--all", action="store_true", help="all twelve scenarios instead of one")
    parser.add_argument("--nash", action="store_true", help="the whole Nash computation too")
    parser.add_argument(
        "--nash-episodes",
        type=whole_number,
        default=EPISODES_OF_NASH,
        help="--episodes of `bucket-brigade nash`; by default %(default)s, as there",
    )
    parser.add_argument("--rounds", type=whole_number, help=f"by default {ROUNDS}")
    parser.add_argument("--quick", action="store_true", help="two rounds of little: a smoke test")
    parser.add_argument(
        "--no-model", action="store_true", help="leave out the model of GPUs, a minute of counting"
    )
    add_json(parser)
    return parser.parse_args(arguments)


def measured(options: argparse.Namespace, console: Console) -> dict[str, Any]:
    """All figures of the ladder."""
    names = bb.list_scenarios() if options.all else [options.scenario]
    scenarios = [bb.scenario(name) for name in names]
    rounds = options.rounds or (2 if options.quick else ROUNDS)
    figures: dict[str, Any] = {
        "machine": report.machine(),
        "versions": versions(),
        "commit": report.commit(),
        "scenarios": names,
        "episodes": EPISODES,
        "rounds": rounds,
        "strategies": list(ARCHETYPES),
    }
    with ExitStack() as stack:
        with console.status("starting processes, compiling, and computing exact payoffs"):
            truths = {scenario.name: Truth.of(scenario) for scenario in scenarios}
            found = rungs((10 if options.quick else 1) * (5 if options.all else 1), stack)
        present = [rung for rung in found if rung.absent is None]
        with Progress(console=console, transient=True) as progress:
            task = progress.add_task("climbing", total=rounds * len(present))
            climb(found, scenarios, rounds, told=lambda: progress.advance(task))
    by_name = {rung.what: rung for rung in present}
    figures["rows"] = [row_of(rung, by_name, truths) for rung in found]
    figures["exact"] = exact_row(scenarios, rounds)
    figures["agrees"] = all(row["agrees"] for row in figures["rows"] if row["absent"] is None)
    if options.nash:
        figures["nash"] = nash_rows(found, scenarios, options.nash_episodes, console)
    cuda = cuda_backend()
    if not isinstance(cuda, str):
        with console.status("measuring CUDA"):
            figures["cuda"] = cuda_details(cuda, 1.0 if options.quick else 10.0)
    elif not options.no_model and not options.quick:
        with console.status("counting the instructions of CUDA kernels"):
            figures["cuda_model"] = cuda_model(256)
    return figures


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures and reports; 1 if a payoff is wrong."""
    options = parse_arguments(arguments)
    told = Console(stderr=True)
    figures = measured(options, told)
    print_ladder(figures, Console(width=max(140, told.width)))
    if options.json is not None:
        write(options.json, figures)
    return 0 if figures["agrees"] else 1
