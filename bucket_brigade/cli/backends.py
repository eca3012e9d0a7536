"""``bucket-brigade backends``: what is usable here, and why not."""

from dataclasses import asdict

from bucket_brigade.backends import about_auto, list_backends
from bucket_brigade.cli.common import AsJson, console, print_json, reports_errors
from bucket_brigade.cli.tables import Column, print_table


@reports_errors
def backends(as_json: AsJson = False) -> None:
    """List the backends, and whether each can be used here."""
    statuses = list_backends()
    if as_json:
        print_json([asdict(status) for status in statuses])
        return
    out = console()
    columns = [Column("backend"), Column("usable"), Column("detail", prose=True)]
    rows = [[each.name, "yes" if each.usable else "no", each.detail] for each in statuses]
    print_table(out, columns, rows, caption=about_auto())
