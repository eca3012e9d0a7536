"""The report of ``bucket-brigade simulate --check``: sampled against exact, line by line."""

import typer

from bucket_brigade.cli.common import FAILED, console, print_json, say
from bucket_brigade.cli.tables import Column, print_table
from bucket_brigade.cli.terminal import Terminal
from bucket_brigade.evaluation.cross_examination import LIMIT, CrossExamination


def report_check(found: CrossExamination, as_json: bool, *, stderr: bool = False) -> None:
    """Prints what was compared; exits with `FAILED` if something does not agree."""
    if as_json:
        print_json({**found.exact.to_dict(0), "check": found.to_dict()})
    else:
        _print(found, console(stderr=stderr))
    if not found.agrees:
        beyond = [row.name for row in found.comparisons if not abs(row.deviation) <= LIMIT]
        say(
            f"sampled and exact disagree by more than {LIMIT:g} standard errors "
            f"in {len(beyond)} of {len(found.comparisons)} comparisons: {', '.join(beyond)}"
        )
        raise typer.Exit(FAILED)


def _print(found: CrossExamination, out: Terminal) -> None:
    name = found.exact.scenario.name
    title = f"{name}: means of an episode, {found.episodes:,} episodes with seed {found.seed}"
    numbers = ("sampled", "± stderr", "exact", "difference / stderr")
    columns = [Column("what"), *(Column(name, right=True) for name in numbers)]
    rows = [
        [
            row.name,
            f"{row.sampled:.6g}",
            f"{row.stderr:.2g}",
            f"{row.exact:.9g}",
            f"{row.deviation:+.2f}",
        ]
        for row in found.comparisons
    ]
    print_table(out, columns, rows, title=title)
    out.note(
        f"{len(found.comparisons)} comparisons, the worst {found.worst:.2f} standard errors apart; "
        f"allowed {LIMIT:g}"
    )
    a_night = ", ".join(f"{payoff:.3f}" for payoff in found.exact.payoff_a_night[0])
    out.note(f"exact payoff a night, seat by seat: {a_night}")
    out.note(f"played by {found.backend}: {found.device}")
