"""``bucket-brigade scenarios``: lists the scenarios, or shows one."""

from typing import Annotated

import typer

from bucket_brigade.cli.common import AsJson, Rules, console, print_json, reports_errors
from bucket_brigade.cli.completion import scenario_names
from bucket_brigade.cli.tables import Column, print_table
from bucket_brigade.game.catalogue import SCENARIOS, load_scenario


@reports_errors
def scenarios(
    name: Annotated[
        str | None,
        typer.Argument(
            help="A scenario's name, or a file that holds one.", autocompletion=scenario_names
        ),
    ] = None,
    rules: Rules = None,
    as_json: AsJson = False,
) -> None:
    """List the scenarios, or show the parameters of one."""
    if name is not None:
        parameters = load_scenario(name, rules=rules).to_dict()
        if as_json:
            print_json(parameters)
            return
        columns = [Column("parameter"), Column("value", prose=True)]
        rows = [[key, str(value)] for key, value in parameters.items()]
        print_table(console(), columns, rows, title=str(parameters["name"]))
        return
    known = [scenario.with_rules(rules) for scenario in SCENARIOS.values()]
    if as_json:
        print_json([scenario.to_dict() for scenario in known])
        return
    numbers = ("spread", "extinguish", "ignite", "work cost", "nights")
    columns = [
        Column("name"),
        *(Column(name, right=True) for name in numbers),
        Column("about", prose=True),
    ]
    rows = [
        [
            scenario.name,
            f"{scenario.prob_fire_spreads_to_neighbor:g}",
            f"{scenario.prob_solo_agent_extinguishes_fire:g}",
            f"{scenario.prob_house_catches_fire:g}",
            f"{scenario.cost_to_work_one_night:g}",
            f"{scenario.min_nights}-{scenario.max_nights}",
            scenario.description,
        ]
        for scenario in known
    ]
    print_table(console(), columns, rows)
