"""``python -m bench exact``: what exact counts take, and what they would take at best."""

import argparse
import statistics
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import cycle, product
from math import comb
from time import perf_counter
from typing import Any

import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.table import Table

import bucket_brigade as bb
from bench.files import write
from bench.options import add_json, whole_number
from bench.report import commit, machine
from bucket_brigade import _core
from bucket_brigade.policies.heuristic import duties

Floats = npt.NDArray[np.float64]
#: Registers that hold a line of eight numbers, by SIMD path.
REGISTERS = {"avx512": 1, "avx2": 2, "portable": 4}
ORDERS = ("spread_then_burn_out", "burn_out_then_spread")


def duty(name: str) -> tuple[float, float]:
    """(p, q) of an archetype."""
    p, q = duties(bb.ARCHETYPES[name]).tolist()
    return p, q


def expected(scenario: bb.Scenario, duties: Floats, threads: int) -> Floats:
    """Expected counts of line-ups, straight from the core."""
    return _core.expected(scenario, duties, threads=threads, progress=None)


def milliseconds(run: Callable[[], object], rounds: int) -> list[float]:
    """Milliseconds of each round, after one that does not count."""
    run()
    times = []
    for _ in range(rounds):
        start = perf_counter()
        run()
        times.append(1e3 * (perf_counter() - start))
    return times


def archetype_lineups() -> tuple[Floats, list[tuple[str, str]]]:
    """Each archetype in each seat against three of another: for every pair, all four seatings."""
    pairs = list(product(bb.ARCHETYPES, bb.ARCHETYPES))
    lineups = [
        [duty(focal if seat == here else others) for seat in range(4)]
        for focal, others in pairs
        for here in range(4)
    ]
    return np.array(lineups), pairs


def matrices(threads: int) -> dict[str, list[list[float]]]:
    """The payoff of a focal archetype against three of another, by scenario."""
    lineups, pairs = archetype_lineups()
    found = {}
    for name in bb.SCENARIOS:
        scenario = bb.scenario(name)
        counts = expected(scenario, lineups, threads)
        s = scenario
        team = (
            s.team_reward_house_survives * counts[:, 5:15].sum(axis=1)
            - s.team_penalty_house_burns * counts[:, 15:25].sum(axis=1)
        ) / 10
        payoffs = np.zeros(len(counts))
        for i in range(len(counts)):
            seat = i % 4
            own = np.arange(10) % 4 == seat
            worked, nights = counts[i, 1 + seat], counts[i, 0]
            payoffs[i] = (
                team[i]
                + s.reward_rest * (nights - worked)
                - s.cost_to_work_one_night * worked
                + np.asarray(s.reward_own_house_survives) * counts[i, 25:35][own].sum()
                - np.asarray(s.penalty_own_house_burns) * counts[i, 15:25][own].sum()
            )
        size = len(bb.ARCHETYPES)
        found[name] = payoffs.reshape(len(pairs), 4).mean(axis=1).reshape(size, size).tolist()
    return found


def operations(homes: int = 4, others: int = 6, agents: int = 4) -> dict[str, float]:
    """Multiplications with additions that a pass over the full chain asks for, by part.

    On lines of eight numbers, of which a cell has two. Only what docs/exact.md describes: no
    addresses, and nothing that is done once for a line-up.
    """
    houses = homes + others
    apart = max(homes, min(3, houses))
    alike = houses - apart

    def free(count: int) -> int:
        return comb(alike, count) << (alike - count)

    applied = sum(free(count) * (min(count, agents) + 1) for count in range(alike + 1))
    # Where only one set of fires can be put out, nothing has to be added up.
    single = sum(free(count) * (1 + (0 < count <= agents)) for count in range(alike + 1))
    out = range(min(agents, alike) + 1)
    added = sum(comb(alike, count) * 3 ** (alike - count) for count in out) - single
    return {
        "workers": 2.0 * 4**apart * applied,
        "fires added up": 2.0 * 3**apart * added,
        "fires breaking out": 2.0 * 3**houses,
        "states reached": 2.0 * 3**houses,
    }


def floor_ms(total: float, path: str) -> float:
    """Milliseconds of two passes of `total` operations on lines each, with the registers of a SIMD
    path, at two registers a cycle and 3 GHz."""
    return 2 * total * REGISTERS[path] / 2 / 3e6


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The options; see ``--help``."""
    parser = argparse.ArgumentParser(prog="python -m bench exact", description=__doc__)
    parser.add_argument("--rounds", type=whole_number, default=9, help="by default %(default)s")
    parser.add_argument(
        "--batch", type=whole_number, default=16, help="line-ups; by default %(default)s"
    )
    parser.add_argument("--quick", action="store_true", help="a smoke test: one small round")
    add_json(parser)
    return parser.parse_args(arguments)


def measure(rounds: int, batch: int) -> dict[str, Any]:
    """All figures of single line-ups, batches and gradients, by order of the night."""
    rng = np.random.default_rng(1)
    lineups = rng.uniform(0.2, 1.0, (batch, 4, 2))
    weights = rng.normal(size=(batch, 39))
    figures: dict[str, Any] = {}
    for order in ORDERS:
        scenario = bb.scenario("default").replace(night_order=order)

        def of_batch(threads: int, scenario: bb.Scenario = scenario) -> object:
            return expected(scenario, lineups, threads)

        def of_gradient(scenario: bb.Scenario = scenario) -> object:
            return _core.expected_gradient(scenario, lineups, weights, threads=1, progress=None)

        def of_one(scenario: bb.Scenario = scenario) -> object:
            return expected(scenario, lineups[:1], 1)

        # Two scenarios in turn, since the tables of the last one are kept.
        other = scenario.replace(max_nights=scenario.max_nights + 1)
        turns = cycle([scenario, other])

        def of_first(turns: Iterator[bb.Scenario] = turns) -> object:
            return expected(next(turns), lineups[:1], 1)

        first, one = milliseconds(of_first, rounds), milliseconds(of_one, rounds)
        threads = sorted({1, min(2, _core.pool_threads()), _core.pool_threads()})
        batches = {
            count: [t / batch for t in milliseconds(partial(of_batch, count), rounds)]
            for count in threads
        }
        gradient = [t / batch for t in milliseconds(of_gradient, max(1, rounds // 3))]
        figures[order] = {
            "first": first,
            "one": one,
            "batch": batches,
            "gradient": gradient,
            "gradient_ratio": min(gradient) / min(batches[1]),
        }
    return figures


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures and prints; the exit code."""
    options = parse_arguments(arguments)
    rounds, batch = (1, 2) if options.quick else (options.rounds, options.batch)
    console = Console()
    where = machine()
    console.print(f"{where['cpu']}, load {where['load_average_at_start']}", highlight=False)
    figures = measure(rounds, batch)
    best = _core.simd_paths()[1]
    figures["path"] = best if best in REGISTERS else "portable"
    table = Table("milliseconds per line-up of default", *ORDERS, title="least (median)")

    def show(times: list[float]) -> str:
        return f"{min(times):.2f} ({statistics.median(times):.2f})"

    table.add_row("a line-up and tables", *(show(figures[o]["first"]) for o in ORDERS))
    table.add_row("a line-up alone", *(show(figures[o]["one"]) for o in ORDERS))
    for threads in figures[ORDERS[0]]["batch"]:
        table.add_row(
            f"in batches of {batch}, {threads} thread(s)",
            *(show(figures[o]["batch"][threads]) for o in ORDERS),
        )
    table.add_row("gradient, 1 thread", *(show(figures[o]["gradient"]) for o in ORDERS))
    table.add_row("gradient / evaluation", *(f"{figures[o]['gradient_ratio']:.2f}" for o in ORDERS))
    console.print(table)

    least = operations()
    total = sum(least.values())
    figures["operations"] = least
    console.print(
        f"a pass over the full chain: {total:,.0f} operations on lines "
        f"({', '.join(f'{k} {v:,.0f}' for k, v in least.items())}). "
        f"Two passes by {figures['path']} at two registers a cycle and 3 GHz: "
        f"{floor_ms(total, figures['path']):.2f} ms.",
        highlight=False,
    )
    if not options.quick:
        start = perf_counter()
        figures["matrices"] = matrices(0)
        figures["matrices_seconds"] = perf_counter() - start
        console.print(
            f"all payoffs of five archetypes against three of each, twelve scenarios, "
            f"{_core.pool_threads()} threads: {figures['matrices_seconds']:.2f} s",
            highlight=False,
        )
    if options.json is not None:
        write(options.json, {"machine": where, "commit": commit(), **figures})
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
