"""``bucket-brigade nash``: equilibria of scenarios, as a table and a file."""

import re
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
from bucket_brigade.equilibrium import (
    DoubleOracle,
    NashEquilibrium,
    Verdict,
    check_plot,
    export_gambit,
    plot_equilibrium,
)
from bucket_brigade.equilibrium.payoff_table import distinct_names
from bucket_brigade.equilibrium.results import document, save_equilibria
from bucket_brigade.equilibrium.saved import Progress
from bucket_brigade.errors import InvalidValue
from bucket_brigade.scenario import Scenario, list_scenarios

#: By default. With a tenth of them, the restricted games of some scenarios are too coarse for a
#: verdict.
EPISODES = 100_000


@reports_errors
def nash(
    names: Names = None,
    method: EquilibriumMethod = "auto",
    epsilon: Epsilon = None,
    confidence: Confidence = 0.95,
    budget: Budget = None,
    episodes: Annotated[
        int, typer.Option(help="Episodes of each composition of strategies, if sampled.")
    ] = EPISODES,
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
        typer.Option(
            metavar="FILE",
            help="Draw each equilibrium (extra: plot). In FILE {} stands for its name; without "
            "it, the names of several are appended.",
        ),
    ] = None,
    gambit: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write each restricted game for Gambit (.nfg); FILE as for --plot.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Compute a symmetric equilibrium of each scenario, and save it as soon as it is found.

    Interrupted, it goes on where it was with --resume.
    """
    if plot is not None:
        check_plot(plot)
    scenarios = [
        scenario
        for name in names or list_scenarios()
        for scenario in both_orders(name, night_order, end_rule, changes)
    ]
    within = limits(budget)
    if out.is_dir():
        raise InvalidValue("--out", repr(str(out)), "a file, not a directory")
    drawn = _files("--plot", plot, scenarios)
    written = _files("--gambit", gambit, scenarios)
    progress = Progress(
        resume or out.with_name(f"{out.name}.progress"), resuming=resume is not None
    )
    if progress.path.resolve() == out.resolve():
        raise InvalidValue("--resume", repr(str(resume)), "another file than --out")
    found: list[NashEquilibrium] = []
    with status_line() as tell:
        # All before the first is solved: a parameter may be wrong for the last only.
        oracles = [
            DoubleOracle(
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
            for scenario in scenarios
        ]
        progress.check(oracles)
        for i, oracle in enumerate(oracles):
            tell(oracle.scenario.name)
            try:
                found.append(progress.solve(oracle))
            except KeyboardInterrupt:
                if progress.path.exists():
                    typer.echo(f"to go on: --resume {progress.path}", err=True)
                raise
            save_equilibria(found, out)
            if plot is not None:
                plot_equilibrium(found[-1], drawn[i], threads=threads, backend=backend)
            if gambit is not None:
                export_gambit(found[-1], written[i])
    progress.finish()
    if as_json:
        print_json(document(found))
        return
    console().print(_table(found))
    typer.echo(f"saved to {out}")


def _files(option: str, pattern: Path | None, scenarios: list[Scenario]) -> list[Path]:
    """Where to write what belongs to each scenario: each needs a name of its own."""
    if pattern is None:
        return []
    if pattern.is_dir():
        raise InvalidValue(option, repr(str(pattern)), "a file, not a directory")
    # Names may be any text, such as one with slashes.
    given = [re.sub(r"[^\w.-]+", "_", f"{each.name}-{each.night_order}") for each in scenarios]
    names = distinct_names(given, "-")
    if "{}" in pattern.name:
        return [pattern.with_name(pattern.name.replace("{}", name)) for name in names]
    if len(names) == 1:
        return [pattern]
    return [pattern.with_name(f"{pattern.stem}-{name}{pattern.suffix}") for name in names]


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
