"""``bucket-brigade episode``: one episode of a batch, night by night."""

from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from bucket_brigade.cli.common import (
    AsJson,
    Changes,
    EndRule,
    Lineup,
    Name,
    NightOrder,
    Seed,
    chosen_lineup,
    chosen_scenario,
    console,
    print_json,
    reports_errors,
)
from bucket_brigade.episodes import House, Night, replay
from bucket_brigade.scenario import RULES_VERSION, Scenario
from bucket_brigade.tables import describe_seat

SIGNS = {House.SAFE: (".", "green"), House.BURNING: ("*", "bold red"), House.RUINED: ("#", "dim")}


@reports_errors
def episode(
    name: Name,
    lineup: Lineup,
    seed: Seed = 0,
    number: Annotated[int, typer.Option("--episode", help="Its number in the batch.")] = 0,
    night_order: NightOrder = None,
    end_rule: EndRule = None,
    changes: Changes = None,
    as_json: AsJson = False,
) -> None:
    """Replay one episode of a batch with the plain engine, as a picture of the ring."""
    scenario = chosen_scenario(name, night_order, end_rule, changes)
    strategies = chosen_lineup(lineup, scenario.num_agents)
    nights = replay(scenario, strategies, seed=seed, episode=number)
    seats = range(scenario.num_agents)
    returns = [sum(night.rewards[seat] for night in nights) for seat in seats]
    if as_json:
        print_json(
            {
                "scenario": scenario.to_dict(),
                "rules_version": RULES_VERSION,
                "lineup": [describe_seat(strategy) for strategy in strategies],
                "seed": seed,
                "episode": number,
                "ended": nights[-1].ended,
                "returns": returns,
                "nights": [_night_json(night) for night in nights],
            }
        )
        return
    out = console()
    out.print(_picture(scenario, nights, f"{scenario.name}: episode {number} of seed {seed}"))
    for seat in seats:
        out.print(
            f"agent {_letter(seat)}: {describe_seat(strategies[seat])}, return {returns[seat]:.2f}"
        )
    out.print(f"ended: {nights[-1].ended} after {len(nights)} nights")
    out.print(
        ". safe  * burning  # ruined; letters: agents that work there. Each row shows the ring"
    )
    out.print("at the start of a night, the last one its end; column heads are house:owner.")


def _night_json(night: Night) -> dict[str, Any]:
    plain = asdict(night)
    for when in ("before", "after"):
        plain[when] = [House(state).name.lower() for state in plain[when]]
    return plain


def _letter(agent: int) -> str:
    return chr(ord("a") + agent)


def _house(state: House, workers: str) -> Text:
    sign, style = SIGNS[state]
    return Text(sign, style=style).append(workers, style="cyan")


def _picture(scenario: Scenario, nights: list[Night], title: str) -> Table:
    table = Table(title=title, show_lines=False, padding=(0, 1))
    table.add_column("night", justify="right")
    agents = scenario.num_agents
    for h in range(scenario.num_houses):
        table.add_column(f"{h}:{_letter(h % agents)}")
    table.add_column("what happened")
    for night in nights:
        workers = ["" for _ in night.before]
        for agent, action in enumerate(night.actions):
            if action.works:
                workers[action.house] += _letter(agent)
        cells = [_house(s, w) for s, w in zip(night.before, workers, strict=True)]
        table.add_row(str(night.night), *cells, _events(night))
    table.add_row("end", *[_house(state, "") for state in nights[-1].after], "")
    return table


def _events(night: Night) -> str:
    burned = [
        h
        for h, (before, after) in enumerate(zip(night.before, night.after, strict=True))
        if before != House.RUINED and after == House.RUINED
    ]
    liars = [
        _letter(agent)
        for agent, action in enumerate(night.actions)
        if action.works != action.signal
    ]
    parts = []
    for verb, houses in (
        ("put out", night.extinguished),
        ("caught", night.caught),
        ("lost", burned),
    ):
        if houses:
            parts.append(f"{verb} {', '.join(map(str, houses))}")
    if liars:
        parts.append(f"lies: {', '.join(liars)}")
    return "; ".join(parts)
