"""The command ``bucket-brigade``: a module per subcommand.

Exit codes: 0 done, 1 failed, 2 bad usage, 130 interrupted.
"""

from typing import Annotated

import typer

from bucket_brigade import __version__
from bucket_brigade.cli.backends import backends
from bucket_brigade.cli.episode import episode
from bucket_brigade.cli.nash import nash
from bucket_brigade.cli.payoffs import payoffs
from bucket_brigade.cli.scenarios import scenarios
from bucket_brigade.cli.simulate import simulate

__all__ = ["app", "main"]

app = typer.Typer(
    name="bucket-brigade",
    help="Play a social-dilemma game in enormous batches, and compute its equilibria.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for command in (scenarios, simulate, payoffs, nash, episode, backends):
    app.command()(command)


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


def main() -> None:
    """Runs the command line."""
    app()
