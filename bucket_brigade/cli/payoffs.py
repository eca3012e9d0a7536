"""``bucket-brigade payoffs``: the archetype payoff matrix."""

from typing import Annotated

from bucket_brigade.cli.common import (
    AsJson,
    Backend,
    Changes,
    EndRule,
    Method,
    Name,
    NightOrder,
    ProgressStyle,
    Rules,
    Seat,
    Seed,
    Threads,
    chosen_scenario,
    console,
    print_json,
    progress_bar,
    reports_errors,
    whole,
)
from bucket_brigade.cli.outputs import Csv, check_outputs
from bucket_brigade.cli.tables import Column, print_table
from bucket_brigade.cli.terminal import Terminal
from bucket_brigade.evaluation.matrix import PayoffMatrix, payoff_matrix
from bucket_brigade.game.lineup_result import unseen_note


@reports_errors
def payoffs(
    name: Name,
    episodes: Annotated[int, whole("Episodes of each line-up, if sampled.")] = 20_000,
    seed: Seed = 0,
    seat: Seat = None,
    rules: Rules = None,
    night_order: NightOrder = None,
    end_rule: EndRule = None,
    changes: Changes = None,
    threads: Threads = None,
    backend: Backend = "auto",
    method: Method = "sampled",
    csv: Csv = None,
    as_json: AsJson = False,
    progress_style: ProgressStyle = "auto",
) -> None:
    """Show what each archetype earns when everyone else plays one of them."""
    scenario = chosen_scenario(name, night_order, end_rule, changes, rules)
    printed = check_outputs([("--csv", csv)], as_json, [name])
    with progress_bar(scenario.name, progress_style) as progress:
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
            _print(matrix, seat, console(stderr=printed))


def _print(matrix: PayoffMatrix, seat: int | None, out: Terminal) -> None:
    who = "mean over seats" if seat is None else f"seat {seat}"
    columns = [Column("focal"), *(Column(other, right=True) for other in matrix.names)]
    exact = matrix.method == "exact"
    returns = [
        [
            focal,
            *(
                f"{m:.3f}" if exact else f"{m:.1f} ± {e:.1f}"
                for m, e in zip(matrix.mean[i], matrix.stderr[i], strict=True)
            ),
        ]
        for i, focal in enumerate(matrix.names)
    ]
    a_night = [
        [
            focal,
            *(
                f"{payoff:.2f} of {nights:.1f}"
                for payoff, nights in zip(matrix.payoff_a_night[i], matrix.nights[i], strict=True)
            ),
        ]
        for i, focal in enumerate(matrix.names)
    ]
    title = (
        f"{matrix.scenario.name}: {matrix.method} return of the row ({who}) when all others play "
        "the column"
    )
    print_table(out, columns, returns, title=title)
    out.print()
    print_table(out, columns, a_night, title="The same a night, of the mean nights of an episode")
    if matrix.unseen.max() > 0:
        out.note(unseen_note(matrix.unseen.max()))
