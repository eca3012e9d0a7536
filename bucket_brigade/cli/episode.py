"""``bucket-brigade episode``: one episode of a batch, night by night."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any

from rich.text import Text

from bucket_brigade.cli.common import (
    AsJson,
    Changes,
    EndRule,
    Lineup,
    Name,
    NightOrder,
    Rules,
    Seed,
    chosen_lineup,
    chosen_scenario,
    console,
    print_json,
    reports_errors,
    whole,
)
from bucket_brigade.cli.tables import Column, print_table
from bucket_brigade.cli.terminal import Terminal
from bucket_brigade.game.lineup_result import describe_seat
from bucket_brigade.game.scenario import RULES_VERSION, Scenario
from bucket_brigade.simulation.episode import House, Night, replay

SIGNS = {House.SAFE: (".", "green"), House.BURNING: ("*", "bold red"), House.RUINED: ("#", "dim")}


@reports_errors
def episode(
    name: Name,
    lineup: Lineup,
    seed: Seed = 0,
    number: Annotated[int, whole("Its number in the batch.", name="--episode")] = 0,
    rules: Rules = None,
    night_order: NightOrder = None,
    end_rule: EndRule = None,
    changes: Changes = None,
    as_json: AsJson = False,
) -> None:
    """Replay one episode of a batch with the plain engine, as a picture of the ring."""
    scenario = chosen_scenario(name, night_order, end_rule, changes, rules)
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
                "payoff_a_night": [payoff / len(nights) for payoff in returns],
            }
        )
        return
    out = console()
    _print_picture(out, scenario, nights, f"{scenario.name}: episode {number} of seed {seed}")
    out.print()
    rows = [
        [
            _letter(seat),
            str(describe_seat(strategies[seat])),
            f"{returns[seat]:.2f}",
            f"{returns[seat] / len(nights):.2f}",
        ]
        for seat in seats
    ]
    columns = [
        Column("agent"),
        Column("strategy"),
        Column("return", right=True),
        Column("a night", right=True),
    ]
    print_table(out, columns, rows)
    out.print()
    out.note(f"ended: {nights[-1].ended} after {len(nights)} nights")
    out.note(
        ". safe, * burning, # ruined. Each row shows the ring at the start of a night, the last "
        "one its end; above the houses, their numbers and the agents that own them."
    )


def _night_json(night: Night) -> dict[str, Any]:
    plain = asdict(night)
    for when in ("before", "after"):
        plain[when] = [House(state).name.lower() for state in plain[when]]
    return plain


def _letter(agent: int) -> str:
    return chr(ord("a") + agent)


def _ring(states: Sequence[House]) -> Text:
    return Text().join(Text(SIGNS[state][0], style=SIGNS[state][1]) for state in states)


def _workers(night: Night) -> str:
    """Who works where, house by house."""
    at: dict[int, str] = {}
    for agent, action in enumerate(night.actions):
        if action.works:
            at[action.house] = at.get(action.house, "") + _letter(agent)
    return ", ".join(f"{house}: {at[house]}" for house in sorted(at))


def _print_picture(out: Terminal, scenario: Scenario, nights: list[Night], title: str) -> None:
    houses = range(scenario.num_houses)
    heads = [
        *(["".join(str(h // 10) for h in houses)] if len(houses) > 10 else []),
        "".join(str(h % 10) for h in houses),
        "".join(_letter(h % scenario.num_agents) for h in houses),
    ]
    columns = [
        Column("night", right=True),
        Column("\n".join(heads)),
        Column("at work", prose=True),
        Column("what happened", prose=True),
    ]
    rows: list[list[str | Text]] = [
        [str(night.night), _ring(night.before), _workers(night), _events(night)] for night in nights
    ]
    print_table(out, columns, [*rows, ["end", _ring(nights[-1].after), "", ""]], title=title)


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
