"""``bucket-brigade sweep-export``: a sweep as CSV, Parquet or JSON."""

from pathlib import Path
from typing import Annotated

import typer

from bucket_brigade.cli.common import AsJson, print_json, reports_errors
from bucket_brigade.cli.outputs import Csv, Picture, PictureColumn, check_outputs
from bucket_brigade.cli.sweep_tables import sweep_json
from bucket_brigade.equilibrium import check_plot
from bucket_brigade.equilibrium.results.documents import versions
from bucket_brigade.errors import InvalidValue
from bucket_brigade.sweeps.pictures import plot_sweep
from bucket_brigade.sweeps.table import load_sweep


@reports_errors
def sweep_export(
    file: Annotated[
        Path, typer.Argument(help="The file of a sweep, also one under way; or CSV, or Parquet.")
    ],
    csv: Csv = None,
    parquet: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write Parquet to this file (extra: parquet)."),
    ] = None,
    plot: Picture = None,
    plot_column: PictureColumn = None,
    as_json: AsJson = False,
) -> None:
    """Write a sweep as a table, a row a point, axes first, then results; or draw it."""
    if csv is None and parquet is None and plot is None and not as_json:
        allowed = "--csv FILE, --parquet FILE, --plot FILE or --json"
        raise InvalidValue("sweep-export", "no output", allowed)
    if plot is not None:
        check_plot(plot)
    check_outputs([("--csv", csv), ("--parquet", parquet), ("--plot", plot)], as_json)
    table = load_sweep(file)
    if csv is not None:
        table.to_csv(csv)
    if parquet is not None:
        table.to_parquet(parquet)
    if plot is not None:
        plot_sweep(table, plot, plot_column)
    if as_json:
        print_json({**versions(), **sweep_json(table)})
