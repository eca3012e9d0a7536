"""``bucket-brigade nash``: equilibria of scenarios, as a table and a file."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from bucket_brigade.cli.common import (
    AsJson,
    Backend,
    Budget,
    Changes,
    Confidence,
    EndRule,
    Epsilon,
    EquilibriumMethod,
    Names,
    NightOrders,
    Seat,
    Seed,
    Threads,
    both_orders,
    console,
    limits,
    print_json,
    reports_errors,
    status_line,
)
from bucket_brigade.equilibrium import DoubleOracle, NashEquilibrium, Verdict
from bucket_brigade.equilibrium.results import document, save_equilibria
from bucket_brigade.equilibrium.saved import Progress
from bucket_brigade.scenario import Scenario, list_scenarios


@reports_errors
def nash(
    names: Names = None,
    method: EquilibriumMethod = "auto",
    epsilon: Epsilon = None,
    confidence: Confidence = 0.95,
    budget: Budget = None,
    episodes: Annotated[
        int, typer.Option(help="Episodes of each composition of strategies, if sampled.")
    ] = 100_000,
    max_iterations: Annotated[int, typer.Option(help="Restricted games to solve at most.")] = 20,
    seed: Seed = 0,
    seat: Seat = None,
    night_order: NightOrders = None,
    end_rule: EndRule = None,
    changes: Changes = None,
    threads: Threads = None,
    backend: Backend = "auto",
    out: Annotated[Path, typer.Option(help="Where to save.")] = Path("results/nash.json"),
    resume: Annotated[
        Path | None,
        typer.Option(help="Go on from this file, and save to it. [default: OUT.progress]"),
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option(help="Draw each equilibrium, to FILE (extra: plot); {} stands for its name."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Compute a symmetric equilibrium of each scenario, and save it as soon as it is found.

    Interrupted, it goes on where it was with --resume.
    """
    if plot is not None:
        from bucket_brigade.equilibrium.plots import check_plot

        check_plot(plot)
    scenarios = [
        scenario
        for name in names or list_scenarios()
        for scenario in both_orders(name, night_order, end_rule, changes)
    ]
    within = limits(budget)
    progress = Progress(
        resume or out.with_name(f"{out.name}.progress"), resuming=resume is not None
    )
    found: list[NashEquilibrium] = []
    with status_line() as tell:
        for scenario in scenarios:
            oracle = DoubleOracle(
                scenario,
                num_simulations=episodes,
                max_iterations=max_iterations,
                epsilon=epsilon,
                confidence=confidence,
                method=method,
                seed=seed,
                seat=seat,
                threads=threads,
                backend=backend,
                on_iteration=_teller(tell, scenario),
                **within,
            )
            tell(scenario.name)
            found.append(progress.solve(oracle))
            save_equilibria(found, out)
            if plot is not None:
                from bucket_brigade.equilibrium.plots import plot_equilibrium

                plot_equilibrium(found[-1], _plot_path(plot, scenario, len(scenarios)))
    progress.finish()
    if as_json:
        print_json(document(found))
        return
    console().print(_table(found))
    typer.echo(f"saved to {out}")


def _plot_path(plot: Path, scenario: Scenario, number: int) -> Path:
    """Where to draw one of several: each needs a name of its own."""
    name = f"{scenario.name}-{scenario.night_order}"
    if "{}" in plot.name:
        return plot.with_name(plot.name.replace("{}", name))
    return plot if number == 1 else plot.with_name(f"{plot.stem}-{name}{plot.suffix}")


def _teller(tell: Callable[[str], None], scenario: Scenario) -> Callable[[str], None]:
    return lambda text: tell(f"{scenario.name}: {text}")


def _table(found: list[NashEquilibrium]) -> Table:
    orders = {each.scenario.night_order for each in found}
    table = Table(
        "scenario",
        *(["night order"] if len(orders) > 1 else []),
        "equilibrium",
        "payoff",
        "regret",
        "verdict",
        "seconds",
    )
    for each in found:
        digits = 2 if each.method == "sampled" else 4
        interval = f"{each.regret.lower:.{digits}f} to {each.regret.upper:.{digits}f}"
        verdict = str(each.verdict)
        if each.verdict != Verdict.CERTIFIED:
            verdict = f"{verdict} ({each.reason})"
        table.add_row(
            each.scenario.name,
            *([each.scenario.night_order] if len(orders) > 1 else []),
            each.describe(),
            f"{each.payoff:.1f} ± {each.payoff_stderr:.1f}",
            interval,
            f"{verdict}, {each.method}",
            f"{each.seconds:.1f}",
        )
    total = sum(each.seconds for each in found)
    table.caption = f"{total:.1f} s in all; regret in points an episode, over the searched set"
    return table
