"""``bucket-brigade nash``: equilibria of scenarios, as a table and a file."""

import contextlib
import functools
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from bucket_brigade import __version__
from bucket_brigade.cli.common import (
    AsJson,
    Backend,
    Changes,
    EndRule,
    NightOrder,
    Seat,
    Seed,
    Threads,
    chosen_scenario,
    console,
    print_json,
    reports_errors,
)
from bucket_brigade.equilibrium import DoubleOracle, NashEquilibrium
from bucket_brigade.scenario import RULES_VERSION, list_scenarios

SCHEMA_VERSION = 1


@reports_errors
def nash(
    names: Annotated[
        list[str] | None, typer.Argument(help="Scenarios or files; by default all twelve.")
    ] = None,
    episodes: Annotated[
        int, typer.Option(help="Episodes of each composition of strategies.")
    ] = 100_000,
    epsilon: Annotated[
        float, typer.Option(help="Gain of a best response that is small enough, in points.")
    ] = 5.0,
    max_iterations: Annotated[int, typer.Option(help="Restricted games to solve at most.")] = 10,
    seed: Seed = 0,
    seat: Seat = None,
    night_order: NightOrder = None,
    end_rule: EndRule = None,
    changes: Changes = None,
    threads: Threads = None,
    backend: Backend = "auto",
    out: Annotated[Path, typer.Option(help="Where to save.")] = Path("results/nash.json"),
    as_json: AsJson = False,
) -> None:
    """Compute a symmetric equilibrium of each scenario, and save it as soon as it is found."""
    scenarios = [
        chosen_scenario(name, night_order, end_rule, changes) for name in names or list_scenarios()
    ]
    solved: list[tuple[NashEquilibrium, float]] = []
    with _status() as tell:
        for scenario in scenarios:
            oracle = DoubleOracle(
                scenario,
                num_simulations=episodes,
                max_iterations=max_iterations,
                epsilon=epsilon,
                seed=seed,
                seat=seat,
                threads=threads,
                backend=backend,
                on_iteration=functools.partial(_tell_iteration, tell, scenario.name),
            )
            tell(scenario.name)
            start = time.perf_counter()
            solved.append((oracle.solve(), time.perf_counter() - start))
            save(_document(solved), out)
    if as_json:
        print_json(_document(solved))
        return
    console().print(_table(solved))
    typer.echo(f"saved to {out}")


@contextlib.contextmanager
def _status() -> Iterator[Callable[[str], None]]:
    """Shows one line of text on a terminal, nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda text: None
        return
    with Console(stderr=True).status("") as status:
        yield status.update


def _tell_iteration(tell: Callable[[str], None], name: str, text: str) -> None:
    tell(f"{name}: {text}")


def _document(solved: list[tuple[NashEquilibrium, float]]) -> dict[str, Any]:
    return {
        "schema_version": SCHEMA_VERSION,
        "rules_version": RULES_VERSION,
        "software_version": __version__,
        "equilibria": [{**found.to_dict(), "seconds": seconds} for found, seconds in solved],
    }


def save(document: dict[str, Any], path: Path) -> None:
    """Writes JSON to a file at once: whoever interrupts finds the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.write_text(json.dumps(document, indent=2, allow_nan=False) + "\n", encoding="utf-8")
    os.replace(part, path)


def _table(solved: list[tuple[NashEquilibrium, float]]) -> Table:
    table = Table("scenario", "equilibrium", "payoff", "best response gains", "within ε", "seconds")
    for found, seconds in solved:
        table.add_row(
            found.scenario.name,
            found.describe(),
            f"{found.payoff:.1f} ± {found.payoff_stderr:.1f}",
            f"{found.gain:.2f} ± {found.gain_stderr:.2f}",
            "yes" if found.converged else "no",
            f"{seconds:.1f}",
        )
    total = sum(seconds for _, seconds in solved)
    table.caption = f"{total:.1f} s in all; gains are estimates over the searched strategies"
    return table
