"""``bucket-brigade sweep``: a diagram of many games, kept point by point."""

from csv import DictReader
from csv import Error as CsvError
from pathlib import Path
from typing import Annotated, Any

import typer

from bucket_brigade.cli.common import (
    FAILED,
    AsJson,
    Backend,
    Changes,
    Confidence,
    EndRule,
    Epsilon,
    EquilibriumMethod,
    NightOrder,
    ProgressStyle,
    Rules,
    Seed,
    console,
    given_changes,
    print_json,
    progress_bar,
    reports_errors,
    say,
    whole,
)
from bucket_brigade.cli.outputs import Csv, Picture, PictureColumn, check_outputs
from bucket_brigade.cli.sweep_tables import print_sweep, sweep_json
from bucket_brigade.equilibrium import check_plot
from bucket_brigade.equilibrium.results.documents import versions
from bucket_brigade.errors import InvalidFile
from bucket_brigade.exact.markov_equilibrium import SELECTORS
from bucket_brigade.sweeps.axes import parsed_axis, parsed_value
from bucket_brigade.sweeps.pictures import plot_sweep
from bucket_brigade.sweeps.plan import SweepPlan
from bucket_brigade.sweeps.running import stored_plan
from bucket_brigade.sweeps.running import sweep as run_sweep
from bucket_brigade.sweeps.store import Store
from bucket_brigade.sweeps.tasks import TASKS


@reports_errors
def sweep(
    plan: Annotated[
        Path | None,
        typer.Argument(
            help="A plan in TOML or JSON (docs/sweeps.md); options come in place of what it says.",
            show_default=False,
        ),
    ] = None,
    base: Annotated[
        str | None,
        typer.Option(
            help="The scenario or file that all points begin with.", show_default="default"
        ),
    ] = None,
    grid: Annotated[
        list[str] | None,
        typer.Option(
            metavar="AXIS=VALUES",
            help="An axis: a parameter, scenario, rules or seed, with values between commas or "
            "FIRST:LAST:NUMBER. May be repeated: points are all combinations.",
        ),
    ] = None,
    points: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Points one by one: CSV with a column for each axis."),
    ] = None,
    do: Annotated[
        str | None,
        typer.Option(
            help=f"What to compute at each point: some of {', '.join(TASKS)}.", show_default="nash"
        ),
    ] = None,
    lineup: Annotated[
        list[str] | None,
        typer.Option(
            help="A line-up for payoffs, judge and response; a single strategy is for all seats. "
            "May be repeated."
        ),
    ] = None,
    boundary: Annotated[
        str | None,
        typer.Option(
            metavar="AXIS[:COLUMN[:WIDTH]]",
            help="Then find by bisection where along an axis a verdict changes; COLUMN may be a "
            "condition, such as exploitability<100.",
        ),
    ] = None,
    rules: Rules = None,
    night_order: NightOrder = None,
    end_rule: EndRule = None,
    changes: Changes = None,
    method: EquilibriumMethod | None = None,
    episodes: Annotated[int | None, whole("Episodes of each line-up, if sampled.")] = None,
    epsilon: Epsilon = None,
    confidence: Confidence | None = None,
    seed: Seed | None = None,
    starts: Annotated[int | None, whole("Random starts of seats.")] = None,
    selector: Annotated[
        str | None, typer.Option(help=f"For markov: {', '.join(SELECTORS)}.")
    ] = None,
    out: Annotated[
        Path,
        typer.Option(
            metavar="FILE", help="The file (SQLite) that keeps every point as it is found."
        ),
    ] = Path("results/sweep.sqlite"),
    resume: Annotated[
        bool,
        typer.Option(
            "--resume",
            help="Go on with --out; by the plan it has, unless PLAN or points are given.",
        ),
    ] = False,
    restart: Annotated[
        bool, typer.Option("--restart", help="Begin anew: what --out has is lost.")
    ] = False,
    workers: Annotated[
        int | None,
        typer.Option(help="Processes at most; by default one a core. They share the cores."),
    ] = None,
    cluster: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="Compute on a Ray cluster (extra: ray): its address, or auto for the one of "
            "RAY_ADDRESS or of this machine.",
        ),
    ] = None,
    backend: Backend = "auto",
    csv: Csv = None,
    plot: Picture = None,
    plot_column: PictureColumn = None,
    as_json: AsJson = False,
    progress_style: ProgressStyle = "auto",
) -> None:
    """Compute equilibria, optima or payoffs at all points of a grid, and keep each as it is found.

    Whatever ends it, what was found is kept, and --resume goes on from there. Results are the same
    for any number of workers.
    """
    given = {
        "base": base,
        "do": do,
        "rules": rules,
        "grid": dict(map(parsed_axis, grid)) if grid else None,
        "points": _read_points(points) if points is not None else None,
        "lineups": lineup,
        "changes": given_changes(night_order, end_rule, changes) or None,
        "boundary": boundary,
        "method": method,
        "episodes": episodes,
        "epsilon": epsilon,
        "confidence": confidence,
        "seed": seed,
        "starts": starts,
        "selector": selector,
    }
    options = {name: value for name, value in given.items() if value is not None}
    chosen = None
    if plan is not None:
        chosen = SweepPlan.load(plan, **options)
    elif not resume or options.keys() & {"base", "grid", "points"}:
        chosen = SweepPlan.from_dict(options)
    elif options:
        with Store(out, reading=True) as store:
            chosen = SweepPlan.from_dict({**stored_plan(store).to_dict(), **options})
    if plot is not None:
        check_plot(plot)
    printed = check_outputs([("--out", out), ("--csv", csv), ("--plot", plot)], as_json)
    try:
        with progress_bar("points", progress_style) as progress:
            table = run_sweep(
                chosen,
                out=out,
                resume=resume,
                restart=restart,
                workers=workers,
                cluster=cluster,
                backend=backend,
                progress=progress,
            )
    except KeyboardInterrupt:
        say(f"what was found is in {out}; to go on: bucket-brigade sweep --resume --out {out}")
        raise
    if csv is not None:
        table.to_csv(csv)
    if plot is not None:
        plot_sweep(table, plot, plot_column)
    if as_json:
        print_json({**versions(), **sweep_json(table)})
    else:
        print_sweep(console(stderr=printed), table)
        console(stderr=printed).note(f"saved to {out}")
    failed = [row for row in table.rows if row["failed"]]
    if failed:
        say(
            f"{len(failed):,} of {len(table.rows):,} points failed, "
            f"the first by {failed[0]['failed']}"
        )
        raise typer.Exit(FAILED)


def _read_points(path: Path) -> list[dict[str, Any]]:
    """Points of a CSV file: a row each."""
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(DictReader(file, strict=True))
    except (ValueError, CsvError) as error:
        raise InvalidFile(f"{path}: no CSV: {error}") from error
    for i, row in enumerate(rows):
        if None in row or None in row.values():
            raise InvalidFile(f"{path}: row {i + 1} has more or fewer cells than there are columns")
    if not rows:
        raise InvalidFile(f"{path}: holds no points")
    return [{name: parsed_value(text) for name, text in row.items()} for row in rows]
