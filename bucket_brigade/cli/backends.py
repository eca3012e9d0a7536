"""``bucket-brigade backends``: what is usable here, and why not."""

from dataclasses import asdict

import typer
from rich.markup import escape
from rich.table import Table

from bucket_brigade.backends import about_auto, list_backends
from bucket_brigade.cli.common import AsJson, console, print_json, reports_errors


@reports_errors
def backends(as_json: AsJson = False) -> None:
    """List the backends, and whether each can be used here."""
    statuses = list_backends()
    if as_json:
        print_json([asdict(status) for status in statuses])
        return
    table = Table("backend", "usable", "detail")
    for status in statuses:
        # Brackets, as in "package[extra]", would be taken for markup.
        table.add_row(escape(status.name), "yes" if status.usable else "no", escape(status.detail))
    console().print(table)
    typer.echo(about_auto())
