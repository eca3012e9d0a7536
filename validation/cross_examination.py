"""``python -m validation cross-examination``: sampled against exact counts, in many episodes.

Every scenario under every rule set, in all payoffs and counts. With the default 10^8 episodes a
standard error is a hundredth of a percent or so of a mean; expect minutes for each game.
"""

import argparse
import sys
from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from bench.files import write
from bench.options import add_json
from bucket_brigade import ARCHETYPES, SCENARIOS
from bucket_brigade.evaluation.cross_examination import (
    FEWEST,
    LIMIT,
    CrossExamination,
    cross_examine,
)

ORDERS = ("spread_then_burn_out", "burn_out_then_spread")
END_RULES = ("all_safe_or_all_ruined", "no_fires")


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The options; see ``--help``."""
    parser = argparse.ArgumentParser(
        prog="python -m validation cross-examination", description=__doc__
    )
    parser.add_argument(
        "--episodes", type=int, default=10**8, help=f"of each game, at least {FEWEST:,}"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--scenarios", nargs="+", choices=SCENARIOS, default=list(SCENARIOS))
    parser.add_argument("--backend", default="auto")
    add_json(parser, "all rows")
    options = parser.parse_args(arguments)
    if options.episodes < FEWEST:
        parser.error(f"episodes must be at least {FEWEST:,}, for standard errors")
    return options


def row(name: str, order: str, end_rule: str, found: CrossExamination) -> dict[str, Any]:
    """The result of one game, as JSON knows it."""
    deviations = [x.deviation for x in found.comparisons if x.deviation]
    worst = max(found.comparisons, key=lambda x: abs(x.deviation))
    return {
        "scenario": name,
        "night_order": order,
        "end_rule": end_rule,
        "worst_of": worst.name,
        "deviation": worst.deviation,
        "rms": float(np.sqrt(np.mean(np.square(deviations)))) if deviations else 0.0,
        **found.to_dict(),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Plays, compares and reports; 1 if something disagrees."""
    options = parse_arguments(arguments)
    names = list(ARCHETYPES)
    games = list(product(options.scenarios, ORDERS, END_RULES))
    rows = []
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("playing", total=len(games) * options.episodes)
        for i, (name, order, end_rule) in enumerate(games):

            def told(done: int, _: int, before: int = i * options.episodes) -> None:
                progress.update(task, completed=before + done)

            # Five strategies in four seats: every strategy gets to every seat.
            lineup = [names[(i + seat) % len(names)] for seat in range(4)]
            found = cross_examine(
                SCENARIOS[name].replace(night_order=order, end_rule=end_rule),
                lineup,
                episodes=options.episodes,
                seed=options.seed + i,  # games of one seed share their luck, and their accidents
                backend=options.backend,
                progress=told,
            )
            rows.append({"lineup": lineup, **row(name, order, end_rule, found)})

    if options.json is not None:
        write(options.json, rows)
    compared = sum(len(x["comparisons"]) for x in rows)
    table = Table(title=f"{options.episodes:,} episodes of each game, seeds from {options.seed}")
    for column in ("scenario", "night order", "end rule", "worst", "deviation", "RMS", "agrees"):
        table.add_column(column)
    for x in rows:
        table.add_row(
            *(x["scenario"], x["night_order"], x["end_rule"], x["worst_of"]),
            *(f"{x['deviation']:+.2f}", f"{x['rms']:.2f}", "yes" if x["agrees"] else "NO"),
        )
    console = Console() if sys.stdout.isatty() else Console(width=140)
    console.print(table)
    expected = compared * 5.7e-7
    console.print(
        f"{compared} comparisons; by accident, {expected:.1e} would be beyond {LIMIT:g} standard "
        "errors"
    )
    return 0 if all(x["agrees"] for x in rows) else 1
