"""The command ``bucket-brigade``: a module per subcommand, and those that other packages bring.

Exit codes: 0 done; 1 failed, also where it did not come to what an option asked for (`--stderr`,
`--check`, `--strict`); 2 bad usage; 130 interrupted.
"""

import functools
import warnings
from typing import Annotated, Any

import typer

from bucket_brigade import __version__
from bucket_brigade.cli import (
    archetypes,
    backends,
    episode,
    evolve,
    explore,
    judge,
    nash,
    optimum,
    payoffs,
    policy,
    roles,
    scenarios,
    simulate,
    sweep,
    sweep_export,
    tournament,
)
from bucket_brigade.cli.common import FAILED, say
from bucket_brigade.cli.outputs import Resumable
from bucket_brigade.cli.plugins import Commands
from bucket_brigade.cli.terminal import guarded_streams
from bucket_brigade.errors import BackendWarning

__all__ = ["app", "main"]

app = typer.Typer(
    name="bucket-brigade",
    cls=Commands,
    help="Play a social-dilemma game in enormous batches, and compute its equilibria.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
for command in (
    scenarios.scenarios,
    archetypes.archetypes,
    simulate.simulate,
    payoffs.payoffs,
    nash.nash,
    roles.roles,
    judge.judge,
    optimum.optimum,
    policy.policy,
    sweep.sweep,
    sweep_export.sweep_export,
    tournament.tournament,
    evolve.evolve,
    episode.episode,
    explore.explore,
    backends.backends,
):
    app.command(cls=Resumable if command in (nash.nash, roles.roles) else None)(command)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"bucket-brigade {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show it.")
    ] = False,
) -> None:
    pass


def _show_warning(others: Any, message: Any, category: Any, *args: Any, **options: Any) -> None:
    if issubclass(category, BackendWarning):
        say(str(message))
    else:
        others(message, category, *args, **options)


def main() -> None:
    """Runs the command line."""
    # As a message, like errors: the line of code that warned is of no use to whoever typed this.
    warnings.showwarning = functools.partial(_show_warning, warnings.showwarning)
    with guarded_streams(FAILED):
        app(prog_name="bucket-brigade")
