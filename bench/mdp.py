"""``python -m bench mdp``: what exact work on policies of every kind takes, in CPU seconds."""

import argparse
from collections.abc import Callable, Sequence
from functools import partial
from time import perf_counter, process_time
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

import bucket_brigade as bb
from bench.files import write
from bench.options import add_json, whole_number
from bench.report import commit, machine
from bucket_brigade import _core


def drawn_table(scenario: bb.Scenario, seed: int) -> Any:
    """Chances of acts (3^H, 1 + H), drawn."""
    rng = np.random.default_rng(seed)
    table = rng.random((3**scenario.num_houses, 1 + scenario.num_houses))
    return table / table.sum(axis=1, keepdims=True)


def tasks(scenario: bb.Scenario, threads: int) -> dict[str, Callable[[], object]]:
    """The tasks to measure, by name."""
    options: dict[str, Any] = {"threads": threads, "progress": None}
    heuristics = [(1.0 - 0.1 * seat, 0.5) for seat in range(scenario.num_agents)]
    tables = [drawn_table(scenario, seat) for seat in range(scenario.num_agents)]
    acts = _core.best_responses(scenario, heuristics, **options)[2]
    measured: dict[str, Callable[[], object]] = {}
    for kind, policies in (("heuristics", heuristics), ("tables", tables), ("acts", acts)):
        for what, function in (
            ("values", _core.policy_values),
            ("counts", _core.policy_counts),
            ("best responses", _core.best_responses),
        ):
            measured[f"{what}, {kind}"] = partial(function, scenario, policies, **options)
    measured["team optimum"] = partial(_core.team_optimum, scenario, **options)
    for selector in _core.selectors():
        measured[f"equilibrium, {selector}"] = partial(
            _core.markov_equilibrium, scenario, selector=selector, **options
        )
    return measured


def seconds(run: Callable[[], object], rounds: int) -> tuple[float, float]:
    """Least (CPU, wall) seconds of some rounds: what other work on the machine adds least to."""
    best = (np.inf, np.inf)
    for _ in range(rounds):
        cpu, wall = process_time(), perf_counter()
        run()
        best = min(best[0], process_time() - cpu), min(best[1], perf_counter() - wall)
    return best


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures and prints; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench mdp", description=__doc__)
    parser.add_argument("--scenario", default="default", choices=sorted(bb.SCENARIOS))
    parser.add_argument("--threads", type=whole_number, default=1)
    parser.add_argument("--rounds", type=whole_number, default=3)
    parser.add_argument("--only", default="", help="part of a name")
    add_json(parser)
    options = parser.parse_args(arguments)
    scenario = bb.scenario(options.scenario)
    table = Table("task", "CPU s", "wall s")
    rows = []
    for name, run in tasks(scenario, options.threads).items():
        if options.only in name:
            cpu, wall = seconds(run, options.rounds)
            rows.append({"task": name, "cpu": cpu, "wall": wall})
            table.add_row(name, f"{cpu:.2f}", f"{wall:.2f}")
    Console().print(table)
    document = {
        "commit": commit(),
        "machine": machine(),
        "scenario": options.scenario,
        "threads": options.threads,
        "rounds": options.rounds,
        "rows": rows,
    }
    if options.json is not None:
        write(options.json, document)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
