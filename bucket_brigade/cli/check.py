"""What ``bucket-brigade simulate --check`` reports: sampled against exact, line by line."""

import typer
from rich.console import Console
from rich.table import Table

from bucket_brigade.cli.common import FAILED, console, print_json
from bucket_brigade.exact.check import LIMIT, CrossExamination


def report_check(found: CrossExamination, as_json: bool, *, stderr: bool = False) -> None:
    """Prints what was compared; exits with `FAILED` if something does not agree."""
    if as_json:
        print_json({**found.exact.to_dict(0), "check": found.to_dict()})
    else:
        _print(found, console(stderr=stderr))
    if not found.agrees:
        beyond = [row.name for row in found.comparisons if not abs(row.deviation) <= LIMIT]
        typer.echo(
            f"bucket-brigade: sampled and exact disagree by more than {LIMIT:g} standard errors "
            f"in {len(beyond)} of {len(found.comparisons)} comparisons: {', '.join(beyond)}",
            err=True,
        )
        raise typer.Exit(FAILED)


def _print(found: CrossExamination, out: Console) -> None:
    name = found.exact.scenario.name
    title = f"{name}: means of an episode, {found.episodes:,} episodes with seed {found.seed}"
    table = Table("", title=title)
    for column in ("sampled", "± stderr", "exact", "difference / stderr"):
        table.add_column(column, justify="right")
    for row in found.comparisons:
        table.add_row(
            row.name,
            f"{row.sampled:.6g}",
            f"{row.stderr:.2g}",
            f"{row.exact:.9g}",
            f"{row.deviation:+.2f}",
        )
    out.print(table)
    out.print(
        f"{len(found.comparisons)} comparisons, the worst {found.worst:.2f} standard errors apart; "
        f"allowed {LIMIT:g}"
    )
    out.print(f"played by {found.backend}: {found.device}")
