"""``bucket-brigade explore``: a page to look at results and episodes."""

from pathlib import Path
from typing import Annotated

import typer

from bucket_brigade.cli.common import (
    Changes,
    EndRule,
    NightOrder,
    Rules,
    Seed,
    chosen_lineup,
    chosen_scenario,
    reports_errors,
    say,
    whole,
)
from bucket_brigade.cli.completion import lineups, scenario_names
from bucket_brigade.cli.outputs import check_outputs
from bucket_brigade.errors import InvalidValue
from bucket_brigade.explorer import explore as explore_page
from bucket_brigade.simulation.episode import Episode


@reports_errors
def explore(
    results: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[RESULT]...", help="Files that other commands saved."),
    ] = None,
    out: Annotated[
        Path, typer.Option(metavar="FILE", help="The page to write; - prints it.")
    ] = Path("explore.html"),
    title: Annotated[str | None, typer.Option(help="What the page is called.")] = None,
    name: Annotated[
        str | None,
        typer.Option(
            "--scenario",
            metavar="NAME",
            help="The scenario of an episode to replay: a name, a file that holds one, or "
            "FILE:NAME.",
            autocompletion=scenario_names,
        ),
    ] = None,
    lineup: Annotated[
        list[str] | None,
        typer.Option(
            help="Who plays it, as for `simulate`. May be repeated: line-ups stand side by side, "
            "on the same luck.",
            autocompletion=lineups,
        ),
    ] = None,
    seed: Seed = 0,
    numbers: Annotated[
        list[int] | None,
        whole("Its number in the batch; may be repeated. By default 0.", name="--episode"),
    ] = None,
    rules: Rules = None,
    night_order: NightOrder = None,
    end_rule: EndRule = None,
    changes: Changes = None,
) -> None:
    """Make a page to look at results and episodes: one file, for any browser, without network."""
    things: list[object] = list(results or [])
    if name is not None:
        if not lineup:
            raise InvalidValue("--lineup", "missing", "who plays the episode of --scenario")
        scenario = chosen_scenario(name, night_order, end_rule, changes, rules)
        seated = [chosen_lineup(text, scenario.num_agents) for text in lineup]
        things += [
            Episode(scenario, seats, seed=seed, episode=number)
            for number in numbers or [0]
            for seats in seated
        ]
    elif lineup:
        raise InvalidValue("--scenario", "missing", "the game that --lineup plays")
    if not things:
        raise InvalidValue("RESULT", "missing", "a file, or --scenario with --lineup")
    check_outputs([("--out", out)], names=[str(file) for file in results or []])
    page = explore_page(*things, title=title)
    page.save(out)
    if str(out) != "-":
        say(f"{out}: {len(page.html.encode()) / 1e6:.2f} MB")
