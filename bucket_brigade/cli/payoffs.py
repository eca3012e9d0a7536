"""``bucket-brigade payoffs``: the archetype payoff matrix."""

from typing import Annotated

import typer
from rich.table import Table

from bucket_brigade.cli.common import (
    AsJson,
    Backend,
    Changes,
    EndRule,
    Method,
    Name,
    NightOrder,
    Seat,
    Seed,
    Threads,
    chosen_scenario,
    console,
    print_json,
    progress_bar,
    reports_errors,
)
from bucket_brigade.cli.outputs import Csv, check_outputs
from bucket_brigade.matrices import PayoffMatrix, payoff_matrix
from bucket_brigade.tables import unseen_note


@reports_errors
def payoffs(
    name: Name,
    episodes: Annotated[int, typer.Option(help="Episodes of each line-up, if sampled.")] = 20_000,
    seed: Seed = 0,
    seat: Seat = None,
    night_order: NightOrder = None,
    end_rule: EndRule = None,
    changes: Changes = None,
    threads: Threads = None,
    backend: Backend = "auto",
    method: Method = "sampled",
    csv: Csv = None,
    as_json: AsJson = False,
) -> None:
    """Show what each archetype earns when everyone else plays one of them."""
    scenario = chosen_scenario(name, night_order, end_rule, changes)
    printed = check_outputs([("--csv", csv)], as_json)
    with progress_bar(scenario.name) as progress:
        matrix = payoff_matrix(
            scenario,
            episodes=episodes,
            seed=seed,
            seat=seat,
            threads=threads,
            backend=backend,
            method=method,
            progress=progress,
        )
    try:
        if csv is not None:
            matrix.to_csv(csv)
    finally:  # what was found is shown, though the disk may be full
        if as_json:
            print_json(matrix.to_dict())
        else:
            console(stderr=printed).print(_table(matrix, seat))


def _table(matrix: PayoffMatrix, seat: int | None) -> Table:
    who = "mean over seats" if seat is None else f"seat {seat}"
    table = Table(
        title=f"{matrix.scenario.name}: {matrix.method} return of the row ({who}) when all others "
        "play the column"
    )
    table.add_column("focal")
    for other in matrix.names:
        table.add_column(other, justify="right")
    for i, focal in enumerate(matrix.names):
        cells = [
            f"{m:.1f} ± {e:.1f}" if matrix.method == "sampled" else f"{m:.3f}"
            for m, e in zip(matrix.mean[i], matrix.stderr[i], strict=True)
        ]
        table.add_row(focal, *cells)
    if matrix.unseen.max() > 0:
        table.caption = unseen_note(matrix.unseen.max())
    return table
