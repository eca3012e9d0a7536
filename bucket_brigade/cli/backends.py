"""``bucket-brigade backends``: what is usable here, and why not."""

from dataclasses import asdict

from rich.table import Table

from bucket_brigade.backends import list_backends
from bucket_brigade.cli.common import AsJson, console, print_json, reports_errors


@reports_errors
def backends(as_json: AsJson = False) -> None:
    """List the installed backends, and whether each can be used here."""
    statuses = list_backends()
    if as_json:
        print_json([asdict(status) for status in statuses])
        return
    table = Table("backend", "usable", "detail")
    for status in statuses:
        table.add_row(status.name, "yes" if status.usable else "no", status.detail)
    console().print(table)
