"""``python -m bench sweeps``: cells a minute of a sweep, and what the sweep adds to their work."""

import argparse
import multiprocessing
import sqlite3
import tempfile
from collections.abc import Sequence
from pathlib import Path
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage
from time import perf_counter
from typing import Any

from rich.console import Console
from rich.table import Table

import bucket_brigade as bb
from bench.files import write
from bench.options import add_json, whole_number
from bench.report import commit, machine


def cpu_seconds() -> float:
    """Processor time of this process and of those that it has ended."""
    spent = [getrusage(who) for who in (RUSAGE_SELF, RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in spent)


def measured(grid: dict[str, Any], workers: int, folder: Path, **what: Any) -> dict[str, Any]:
    """Runs a sweep, and compares it with the time that its tasks took by themselves.

    ``overhead`` is the part of the workers' time in which no task ran: starting processes, sending
    and keeping results, and waiting for the last point.
    """
    file = folder / "sweep.sqlite"
    cpu, begun = cpu_seconds(), perf_counter()
    table = bb.sweep("default", grid, method="exact", out=file, workers=workers, **what)
    wall, cpu = perf_counter() - begun, cpu_seconds() - cpu
    with sqlite3.connect(file) as stored:
        tasks, games, seconds = stored.execute(
            "SELECT count(*), count(DISTINCT game), sum(seconds) FROM results"
        ).fetchone()
    return {
        "points": len(table.rows),
        "games": games,
        "tasks": tasks,
        "wall": wall,
        "cpu": cpu,
        "task_seconds": seconds,
        "overhead": 1 - seconds / (wall * workers),
        "failed": sum(bool(row.get("failed")) for row in table.rows),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures and prints; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench sweeps", description=__doc__)
    parser.add_argument("--do", default="nash", help="what is computed at each point")
    parser.add_argument("--lineup", action="append", default=[], help="for payoffs and the like")
    parser.add_argument("--rules", default=None, help="rules by name; the scenario's by default")
    parser.add_argument("--across", type=whole_number, default=10, help="values of κ")
    parser.add_argument("--down", type=whole_number, default=10, help="values of the cost of work")
    parser.add_argument(
        "--workers", type=whole_number, default=multiprocessing.cpu_count(), help="processes"
    )
    add_json(parser)
    options = parser.parse_args(arguments)
    grid = {
        "prob_solo_agent_extinguishes_fire": f"0.1:0.9:{options.across}",
        "cost_to_work_one_night": f"0.5:5:{options.down}",
    }
    with tempfile.TemporaryDirectory() as folder:
        what = {"do": options.do, "rules": options.rules, "lineups": options.lineup}
        found = measured(grid, options.workers, Path(folder), **what)
    table = Table("games", "tasks", "failed", "wall s", "CPU s", "cells a minute", "overhead")
    table.add_row(
        str(found["games"]),
        str(found["tasks"]),
        str(found["failed"]),
        f"{found['wall']:.1f}",
        f"{found['cpu']:.1f}",
        f"{60 * found['points'] / found['wall']:.0f}",
        f"{100 * found['overhead']:.2f} %",
    )
    Console().print(table)
    if options.json is not None:
        where = {"commit": commit(), "machine": machine(), "workers": options.workers}
        write(options.json, {**where, **what, **found})
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
