"""``bucket-brigade nash``: equilibria of scenarios, as a table and a file."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from bucket_brigade.atomic_files import is_standard_output, is_stream
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
from bucket_brigade.cli.outputs import (
    Out,
    Restart,
    Resume,
    check_outputs,
    files_of,
    kept_progress,
)
from bucket_brigade.equilibrium import (
    DoubleOracle,
    NashEquilibrium,
    Verdict,
    check_plot,
    export_gambit,
    plot_equilibrium,
)
from bucket_brigade.equilibrium.results import document, save_equilibria
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
    out: Out = Path("results/nash.json"),
    resume: Resume = None,
    restart: Restart = False,
    plot: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Draw each equilibrium (extra: plot). In FILE {} stands for its name; without "
            "it, the names of several are appended. - prints SVG.",
        ),
    ] = None,
    gambit: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write each restricted game for Gambit (.nfg); FILE as for --plot, - prints it.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Compute a symmetric equilibrium of each scenario, and save it as soon as it is found.

    Interrupted, it shows what was found, and goes on where it was with --resume.
    """
    if plot is not None:
        check_plot(plot)
    scenarios = [
        scenario
        for name in names or list_scenarios()
        for scenario in both_orders(name, night_order, end_rule, changes)
    ]
    within = limits(budget)
    as_json = as_json or is_standard_output(out)
    drawn = files_of("--plot", plot, scenarios)
    written = files_of("--gambit", gambit, scenarios)
    printed = check_outputs(
        [
            ("--out", None if is_standard_output(out) else out),
            *(("--plot", file) for file in drawn),
            *(("--gambit", file) for file in written),
        ],
        as_json,
    )
    found: list[NashEquilibrium] = []
    refused: InvalidValue | None = None
    try:
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
            with kept_progress(
                out,
                resume,
                restart,
                key="equilibrium",
                dump=NashEquilibrium.to_dict,
                load=NashEquilibrium.from_dict,
            ) as progress:
                progress.check(oracles)
                for i, oracle in enumerate(oracles):
                    tell(oracle.scenario.name)
                    found.append(progress.solve(oracle))
                    if not is_stream(out):
                        save_equilibria(found, out)
                    if plot is not None:
                        plot_equilibrium(found[-1], drawn[i], threads=threads, backend=backend)
                    if gambit is not None:
                        try:
                            export_gambit(found[-1], written[i])
                        except InvalidValue as error:  # a game too large, the next may be smaller
                            refused = error
                progress.finish()
    finally:
        # Whatever ended it, a full disk or Ctrl-C: what was found is shown.
        if found:
            _show(found, out, as_json, printed)
    if refused is not None:
        raise refused


def _show(found: list[NashEquilibrium], out: Path, as_json: bool, printed: bool) -> None:
    """Prints a table or JSON, and what goes to a pipe."""
    if as_json:
        print_json(document(found))
    else:
        console(stderr=printed).print(_table(found))
    if is_stream(out) and not is_standard_output(out):
        save_equilibria(found, out)
    if not as_json:
        typer.echo(f"saved to {out}", err=printed)


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
