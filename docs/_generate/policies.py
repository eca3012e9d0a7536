"""``python -m docs._generate policies``: the tables of docs/policies.md.

python -m docs._generate policies results/policies.json docs/policies.md

Whatever the file of results lacks is computed, scenario by scenario, and kept there at once, so
that an interrupted run goes on. The tables in the page, between two marks, are replaced.
"""

import argparse
import json
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import bucket_brigade as bb
from bench.options import file_to_write
from bucket_brigade.atomic_files import write_json, write_text
from bucket_brigade.equilibrium import DoubleOracle
from bucket_brigade.errors import InvalidFile
from bucket_brigade.exact.markov_equilibrium import SELECTORS
from docs._generate.markdown import table

ORDERS = ("spread_then_burn_out", "burn_out_then_spread")
#: Between these, the page is replaced.
BEGIN, END = "<!-- tables: begin -->", "<!-- tables: end -->"

#: Regret that is not worth a word: rounding.
UNTOLD = 1e-6


class OutOfTimeError(Exception):
    """An equilibrium that takes longer than it may."""


def certified(scenario: bb.Scenario) -> dict[str, Any]:
    """The symmetric equilibrium among agents of (p, q), and what leaving it gains over all."""
    found = DoubleOracle(scenario, method="exact").solve()
    judged = bb.judge(scenario, found.lineup, heuristics=False)
    return {
        "equilibrium": found.describe(),
        "payoff": found.payoff,
        "nights": found.nights,
        "best": float(np.mean([each.value for each in judged.seats])),
        "best_nights": float(np.mean([each.nights for each in judged.seats])),
        "best_worked": float(np.mean([each.response_worked for each in judged.seats])),
        "gains": [each.gain for each in judged.seats],
    }


def common(scenario: bb.Scenario) -> dict[str, Any]:
    """The best (p, q) that all seats can have in common."""
    return bb.best_common_heuristic(scenario).to_dict()


def optimum(scenario: bb.Scenario) -> dict[str, Any]:
    """The most that all could get."""
    found = bb.team_optimum(scenario)
    return {"payoff": found.payoff, "nights": found.nights}


def equilibrium(scenario: bb.Scenario, selector: str, limit: float) -> dict[str, Any]:
    """An equilibrium of the whole game, unless it takes longer than so many seconds."""
    begun = time.monotonic()

    def watch(done: int, every: int) -> None:
        if time.monotonic() - begun > limit:
            raise OutOfTimeError

    try:
        found = bb.markov_equilibrium(scenario, selector=selector, progress=watch)
    except OutOfTimeError:
        return {"payoff": None, "limit": limit}
    return {
        "payoff": float(found.payoffs.mean()),
        "nights": found.nights,
        "regret": found.regret,
        "mixed": found.mixed_stages,
    }


def complete(
    path: Path, scenarios: Sequence[bb.Scenario], selectors: Sequence[str], limit: float
) -> dict[str, Any]:
    """What the file holds of some scenarios, after all that was missing has been computed."""
    known: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    tasks: dict[str, Callable[[bb.Scenario], dict[str, Any]]] = {
        "certified": certified,
        "common": common,
        "optimum": optimum,
    }
    for selector in selectors:
        tasks[selector] = partial(equilibrium, selector=selector, limit=limit)
    for name, task in tasks.items():
        for scenario in scenarios:
            entry = known.setdefault(key(scenario), {})
            if name not in entry:
                entry[name] = task(scenario)
                write_json(known, path)
    return known


def key(scenario: bb.Scenario) -> str:
    """What a scenario is called in the file."""
    return f"{scenario.name}/{scenario.night_order}"


def tables(known: dict[str, Any], scenarios: Sequence[bb.Scenario]) -> list[str]:
    """Two tables for each order of the night."""
    lines: list[str] = []
    for order in ORDERS:
        some = [scenario for scenario in scenarios if scenario.night_order == order]
        if not some:
            continue
        lines += ["", f"### `{order}`", "", "Leaving the certified (p, q):", ""]
        header = ["scenario", "certified (p, q)", "payoff", "nights", "best policy's payoff"]
        header += ["largest gain of a seat", "nights", "nights it works"]
        rows = []
        for scenario in some:
            found = known[key(scenario)]["certified"]
            rows.append(
                [
                    scenario.name,
                    found["equilibrium"],
                    f"{found['payoff']:.2f}",
                    f"{found['nights']:.1f}",
                    f"{found['best']:.2f}",
                    f"{max(0.0, *found['gains']):.2f}",
                    f"{found['best_nights']:.1f}",
                    f"{found['best_worked']:.1f}",
                ]
            )
        lines += table(header, rows, 2)
        lines += ["", "What all policies can do:", ""]
        header = ["scenario", "certified (p, q)", "nights", "best common (p, q)", "its payoff"]
        header += ["nights", "team optimum", "nights"]
        tried = [each for each in SELECTORS if any(each in known[key(game)] for game in some)]
        for selector in tried:
            header += [f"equilibrium, `{selector}`", "nights", "stages that draw"]
        rows = []
        for scenario in some:
            entry = known[key(scenario)]
            best = entry["common"]
            row = [scenario.name, f"{entry['certified']['payoff']:.2f}"]
            row += [f"{entry['certified']['nights']:.1f}", f"({best['p']:.3g}, {best['q']:.3g})"]
            row += [f"{best['payoff']:.2f}", f"{best['nights']:.1f}"]
            row += [f"{entry['optimum']['payoff']:.2f}", f"{entry['optimum']['nights']:.1f}"]
            for selector in tried:
                row += _equilibrium_cells(entry.get(selector))
            rows.append(row)
        lines += table(header, rows)
    return [*lines, ""]


def _equilibrium_cells(found: dict[str, Any] | None) -> list[str]:
    if found is None:
        return ["–", "", ""]
    if found["payoff"] is None:
        return [f"not within {found['limit']:.0f} s", "", ""]
    payoff = f"{found['payoff']:.2f}"
    if found["regret"] > UNTOLD:
        payoff += f" (regret {found['regret']:.2g})"
    return [payoff, f"{found['nights']:.1f}", f"{found['mixed']:,}"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Computes what is missing, and writes the tables; the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m docs._generate policies",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("results", type=file_to_write, help="where results are kept (JSON)")
    parser.add_argument("page", type=Path, help="the page whose tables are replaced")
    parser.add_argument(
        "--limit", type=float, default=60.0, help="seconds for each equilibrium (default: 60)"
    )
    parser.add_argument(
        "--scenario", action="append", help="only this one; may be repeated (default: all twelve)"
    )
    parser.add_argument(
        "--selector", action="append", choices=SELECTORS, help="may be repeated (default: all)"
    )
    options = parser.parse_args(arguments)
    text = options.page.read_text("utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise InvalidFile(f"{options.page} lacks the marks {BEGIN} and {END}")
    scenarios = [
        bb.load_scenario(name).replace(night_order=order)
        for order in ORDERS
        for name in options.scenario or bb.list_scenarios()
    ]
    known = complete(options.results, scenarios, options.selector or SELECTORS, options.limit)
    body = "\n".join(tables(known, scenarios))
    write_text(f"{before}{BEGIN}\n{body}\n{END}{after}", options.page)
    return 0
