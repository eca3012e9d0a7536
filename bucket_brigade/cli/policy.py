"""``bucket-brigade policy``: what saved policies do, in all states or in one, night by night."""

from pathlib import Path
from typing import Annotated, Any

import typer

from bucket_brigade.arguments import as_u64
from bucket_brigade.cli.common import AsJson, console, print_json, reports_errors, whole
from bucket_brigade.cli.tables import Column, print_table
from bucket_brigade.cli.terminal import Terminal
from bucket_brigade.errors import InvalidValue
from bucket_brigade.policies.behaviour import behaviour
from bucket_brigade.policies.saved import SavedPolicies, load_policies
from bucket_brigade.policies.states import SIGNS, state_number
from bucket_brigade.policies.tabular import common_runs

#: Chances below this are not told.
LEAST = 5e-4


@reports_errors
def policy(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="What --save of another command wrote.")
    ],
    state: Annotated[
        list[str] | None,
        typer.Option(
            "--state",
            metavar="HOUSES",
            help="A state of the houses: for each a . (safe), * (burning) or # (ruined), as "
            "'..*.......'. May be repeated. By default all states are summed up.",
        ),
    ] = None,
    night: Annotated[
        int | None,
        whole("Which night, from 0; by default the first, or with --state all of them."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show what saved policies do: by ruins and fires, or in a state, night by night."""
    saved = load_policies(file)
    if night is not None and as_u64("--night", night) >= saved.scenario.max_nights:
        allowed = f"a night from 0 to {saved.scenario.max_nights - 1}"
        raise InvalidValue("--night", night, allowed)
    out = console()
    about = {
        "scenario": saved.scenario.to_dict(),
        "software_version": saved.software_version,
        "policies": len(saved.policies),
    }
    if state:
        codes = [_codes(text, saved.scenario.num_houses) for text in state]
        told = [
            {"state": text, "nights": _nights(saved, of, night)}
            for text, of in zip(state, codes, strict=True)
        ]
        if as_json:
            print_json({**about, "states": told})
            return
        for number, each in enumerate(told):
            if number:
                out.print()
            _print_state(out, saved, each)
        return
    on = night or 0
    found = behaviour(saved.policies, on)
    if as_json:
        rows = [
            {
                "ruins": each.ruins,
                "fires": each.fires,
                "states": each.states,
                "at_fires": each.at_fires,
                "elsewhere": each.elsewhere,
                "least": each.least,
                "most": each.most,
            }
            for each in found
        ]
        print_json({**about, "night": on, "situations": rows})
        return
    who = "one seat" if len(saved.policies) == 1 else f"{len(saved.policies)} seats"
    columns = [Column("where"), Column("states", right=True), Column("what is done", prose=True)]
    rows_of_text = [[each.where, f"{each.states:,}", each.what] for each in found]
    title = f"{saved.scenario.name}: policies of {who}, on night {on}"
    caption = "over all states with these numbers of ruins and fires, each counted alike"
    print_table(out, columns, rows_of_text, title=title, caption=caption)


def _codes(text: str, houses: int) -> list[int]:
    """The codes of houses, from their signs."""
    if len(text) != houses or any(sign not in SIGNS for sign in text):
        allowed = f"{houses} signs, each . (safe), * (burning) or # (ruined)"
        raise InvalidValue("--state", repr(text), allowed)
    return [SIGNS.index(sign) for sign in text]


def _nights(saved: SavedPolicies, codes: list[int], night: int | None) -> list[dict[str, Any]]:
    """What is done in a state, as runs of nights: from, until (the night after) and chances."""
    number = state_number(codes, saved.scenario.num_houses)
    state, until, runs = common_runs(saved.policies)
    told = []
    first = 0
    for i in (state == number).nonzero()[0]:
        last = int(until[i])
        if night is None or first <= night < last:
            chances = [
                each.rows(run[[i]])[0] for each, run in zip(saved.policies, runs, strict=True)
            ]
            told.append(
                {
                    "from": first,
                    "until": last,
                    "chances": [row.tolist() for row in chances],
                }
            )
        first = last
    return told


def _print_state(out: Terminal, saved: SavedPolicies, told: dict[str, Any]) -> None:
    seats = range(len(saved.policies))
    columns = [Column("nights"), *(Column(f"seat {seat}", prose=True) for seat in seats)]
    rows = []
    for each in told["nights"]:
        first, last = each["from"], each["until"] - 1
        nights = str(first) if first == last else f"{first} to {last}"
        rows.append([nights, *(_words(chances) for chances in each["chances"])])
    houses = "houses 0 to " + str(saved.scenario.num_houses - 1)
    title = f"{saved.scenario.name}: {told['state']} ({houses}; . safe, * burning, # ruined)"
    print_table(out, columns, rows, title=title)


def _words(chances: list[float]) -> str:
    """What is done, with chances where it is drawn."""
    acts = ["rests", *(f"works at {house}" for house in range(len(chances) - 1))]
    drawn = [(act, chance) for act, chance in zip(acts, chances, strict=True) if chance > LEAST]
    if len(drawn) == 1:
        return drawn[0][0]
    return ", ".join(f"{act} {chance:.1%}" for act, chance in drawn)
