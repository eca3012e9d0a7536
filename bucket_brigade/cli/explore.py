"""``bucket-brigade explore``: a page to look at results and episodes."""

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from bucket_brigade.atomic_files import is_stream
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
from bucket_brigade.cli.explore_live import Episodes
from bucket_brigade.cli.outputs import check_outputs
from bucket_brigade.errors import InvalidValue
from bucket_brigade.explorer import explore as explore_page
from bucket_brigade.explorer.bundle import bundled
from bucket_brigade.explorer.serve import PageServer
from bucket_brigade.game.catalogue import SCENARIOS
from bucket_brigade.simulation.episode import Episode

#: Megabytes from which on a page is large.
_LARGE = 3


@reports_errors
def explore(
    results: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[RESULT]...", help="Files that other commands saved."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="The page to write; - prints it. By default explore.html, or none with --serve.",
        ),
    ] = None,
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
    serve: Annotated[
        bool,
        typer.Option(
            "--serve",
            help="Serve the page to this machine until Ctrl-C; it can then ask for any episode.",
        ),
    ] = False,
    port: Annotated[int, whole("Where --serve listens; by default any that is free.")] = 0,
    rules: Rules = None,
    night_order: NightOrder = None,
    end_rule: EndRule = None,
    changes: Changes = None,
) -> None:
    """Make a page to look at results and episodes: one file, for any browser, without network."""
    files = list(results or [])
    scenario, seated = None, {}
    if name is not None:
        if not lineup:
            raise InvalidValue("--lineup", "missing", "who plays the episode of --scenario")
        scenario = chosen_scenario(name, night_order, end_rule, changes, rules)
        seated = {text: chosen_lineup(text, scenario.num_agents) for text in lineup}
    elif lineup:
        raise InvalidValue("--scenario", "missing", "the game that --lineup plays")
    elif not files and not serve:
        raise InvalidValue("RESULT", "missing", "a file, or --scenario with --lineup, or --serve")
    if name is None:
        rest = {} if serve else {"--seed": seed, "--episode": numbers}
        orders = {"--night-order": night_order, "--end-rule": end_rule}
        _refuse({"--set": changes, "--rules": rules, **orders, **rest}, "--scenario")
        if not files:
            _refuse({"--out": out}, "a RESULT or --scenario")
    if not serve:
        _refuse({"--port": port}, "--serve")
        out = out or Path("explore.html")
    check_outputs([("--out", out)], names=[*map(str, files), *([name] if name else [])])
    episodes = [
        Episode(scenario, seats, seed=seed, episode=number)
        for number in numbers or [0]
        for seats in seated.values()
        if scenario is not None
    ]
    things = [*files, *episodes]
    if out is not None:
        page = explore_page(*things, title=title)
        page.save(out)
        size = len(page.html.encode()) / 1e6
        if not is_stream(out):
            say(f"{out}: {size:.2f} MB")
        if size > _LARGE:
            say(f"a page of more than {_LARGE} MB opens slowly: several with less each are quicker")
    if serve:
        bundle = bundled(things, title or "Bucket Brigade", live=True)
        bundle["asked"] = {
            "scenario": name or "default",
            "lineups": list(seated) or ["hero,hero,hero,hero"],
            "seed": str(seed),
            "episode": str((numbers or [0])[0]),
            "scenarios": [*([name] if name else []), *SCENARIOS],
        }
        given = {} if scenario is None or name is None else {name: scenario}
        _serve(PageServer(bundle, {"/episode": Episodes(given, seated)}, port))


def _refuse(given: Mapping[str, object], needed: str) -> None:
    """Refuses options that would do nothing without others."""
    for option, value in given.items():
        if value:
            raise InvalidValue(
                option, "given", f"{needed} beside it, without which it does nothing"
            )


def _serve(server: PageServer) -> None:
    say(f"{server.address} shows it on this machine; Ctrl-C ends that")
    with contextlib.suppress(KeyboardInterrupt):
        server.run()
