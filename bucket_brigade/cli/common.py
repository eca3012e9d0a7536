"""Parts that the subcommands share: options, errors as messages, progress, output."""

import functools
import json
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, ParamSpec, TypeVar

import typer

from bucket_brigade.cli.completion import backend_names, lineups, parameters, scenario_names
from bucket_brigade.cli.progress import ProgressStyle, progress_bar, status_line
from bucket_brigade.cli.terminal import console, print_json, say
from bucket_brigade.errors import BucketBrigadeError, InvalidFile, InvalidValue
from bucket_brigade.evaluation.methods import METHODS
from bucket_brigade.game.catalogue import load_scenario, load_scenarios
from bucket_brigade.game.lineup_files import SeatEntry, parse_lineup
from bucket_brigade.game.scenario import RULES, Scenario

__all__ = [
    "BAD_USAGE",
    "FAILED",
    "INTERRUPTED",
    "AsJson",
    "Backend",
    "Budget",
    "Changes",
    "Confidence",
    "EndRule",
    "Epsilon",
    "EquilibriumMethod",
    "Lineup",
    "Method",
    "Name",
    "Names",
    "NightOrder",
    "NightOrders",
    "ProgressStyle",
    "Rules",
    "Seat",
    "Seed",
    "Strict",
    "Threads",
    "both_orders",
    "chosen_lineup",
    "chosen_scenario",
    "console",
    "given_changes",
    "limits",
    "print_json",
    "progress_bar",
    "reports_errors",
    "say",
    "status_line",
    "whole",
    "whole_number",
]

FAILED, BAD_USAGE, INTERRUPTED = 1, 2, 130

P = ParamSpec("P")
R = TypeVar("R")

BOTH = "both"
ORDERS = ("spread_then_burn_out", "burn_out_then_spread")
#: Units of a budget, in seconds; without one it is a number of episodes.
UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0}


def whole_number(text: str | int) -> int:
    """A whole number as people write it, such as 100000, 100_000 or 1e5.

    Raises
    ------
    typer.BadParameter
        If it is no whole number, or none that a computer counts to.
    """
    try:
        number = Decimal(text.replace("_", "") if isinstance(text, str) else text)
        if number != number.to_integral_value():
            raise ValueError
    except (InvalidOperation, ValueError):
        raise typer.BadParameter(f"{text!r} is not a whole number, such as 100000 or 1e5") from None
    if abs(number) >= 1 << 64:
        raise typer.BadParameter(f"{text!r} is beyond 2^64 - 1")
    return int(number)


def whole(help: str, name: str | None = None) -> Any:
    """An option that takes a whole number."""
    names = () if name is None else (name,)
    return typer.Option(*names, help=help, parser=whole_number, metavar="N")


Name = Annotated[
    str,
    typer.Argument(
        help="A scenario's name, a file that holds one, or FILE:NAME.",
        autocompletion=scenario_names,
    ),
]
Names = Annotated[
    list[str] | None,
    typer.Argument(
        help="Scenarios or files, or FILE:* for all of a file; by default all twelve.",
        autocompletion=scenario_names,
    ),
]
Lineup = Annotated[
    str,
    typer.Option(
        help="One strategy per seat, separated by commas: an archetype, ten numbers with colons, "
        "a policy that works only if something burns (firefighter:w=0.9, perhaps with :own_first), "
        "random, always_rest, specialist, the original project's agent (ten_parameter:hero), or a "
        "file of a strategy; or a single file, of a line-up or of what every seat plays.",
        autocompletion=lineups,
    ),
]
Seed = Annotated[int, whole("Seed of all randomness.")]
Seat = Annotated[
    int | None, typer.Option(help="Focal seat; by default payoffs are means over all seats.")
]
Rules = Annotated[
    str | None,
    typer.Option(
        help="original-rust or original-python, as the original project's engines play; options "
        "for single rules come on top.",
        autocompletion=lambda: list(RULES),
    ),
]
NightOrder = Annotated[
    str | None, typer.Option(help="spread_then_burn_out or burn_out_then_spread.")
]
NightOrders = Annotated[
    str | None, typer.Option(help="spread_then_burn_out, burn_out_then_spread, or both.")
]
EndRule = Annotated[str | None, typer.Option(help="all_safe_or_all_ruined or no_fires.")]
Changes = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        help="Change a parameter: NAME=VALUE. May be repeated.",
        metavar="N=V",
        autocompletion=parameters,
    ),
]
Threads = Annotated[int | None, typer.Option(help="CPU threads at most; by default all.")]
Backend = Annotated[
    str,
    typer.Option(
        help="auto, cpu or an installed one, also with its devices, as in cuda:0,1.",
        autocompletion=backend_names,
    ),
]
Method = Annotated[
    str,
    typer.Option(
        help="sampled, exact (no sampling), or auto for what should be done first.",
        autocompletion=lambda: list(METHODS),
    ),
]
EquilibriumMethod = Annotated[
    str,
    typer.Option(
        help="sampled, exact, or auto for exact wherever that is possible.",
        autocompletion=lambda: list(METHODS),
    ),
]
Epsilon = Annotated[
    float | None,
    typer.Option(
        help="Gain that is small enough, in points.", show_default="0.01, or 5 if sampled"
    ),
]
Confidence = Annotated[float, typer.Option(help="With which sampled verdicts hold.")]
Budget = Annotated[
    str | None,
    typer.Option(help="Most to spend on each scenario: episodes (1e8), or time (90s, 5m, 1h)."),
]
Strict = Annotated[
    bool,
    typer.Option("--strict", help="Fail (exit code 1) unless every verdict is certified."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def reports_errors(command: Callable[P, R]) -> Callable[P, R]:
    """Turns errors a user can act on into a message and an exit code."""

    @functools.wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except (InvalidValue, InvalidFile) as error:
            code, message = BAD_USAGE, str(error)
        except BrokenPipeError:
            raise  # nobody reads on, nor would read a message about it
        except (BucketBrigadeError, OSError, MemoryError) as error:
            code, message = FAILED, str(error) or type(error).__name__
        except KeyboardInterrupt:
            code, message = INTERRUPTED, "interrupted"
        say(message)
        raise typer.Exit(code)

    return wrapped


def chosen_scenario(
    name: str,
    night_order: str | None = None,
    end_rule: str | None = None,
    changes: list[str] | None = None,
    rules: str | None = None,
) -> Scenario:
    """The scenario of a name or file, with the rules and then the changes asked for."""
    scenario = load_scenario(name, rules=rules)
    return scenario.replace(**given_changes(night_order, end_rule, changes))


def given_changes(
    night_order: str | None, end_rule: str | None, changes: list[str] | None
) -> dict[str, Any]:
    """The changes asked for, by parameter."""
    given: dict[str, Any] = {}
    for change in changes or []:
        parameter, equals, text = change.partition("=")
        if not equals:
            raise InvalidValue("--set", repr(change), "NAME=VALUE")
        try:
            given[parameter.strip()] = json.loads(text)
        except (ValueError, RecursionError):  # also for integers too long to be read
            given[parameter.strip()] = text.strip()
    if night_order is not None:
        given["night_order"] = night_order
    if end_rule is not None:
        given["end_rule"] = end_rule
    return given


def both_orders(
    name: str,
    night_order: str | None,
    end_rule: str | None,
    changes: list[str] | None,
    rules: str | None,
) -> list[Scenario]:
    """The scenarios of a name or file, or of all of FILE:*, under each night order asked for."""
    orders = ORDERS if night_order == BOTH else (night_order,)
    return [
        scenario.replace(**given_changes(order, end_rule, changes))
        for scenario in load_scenarios(name, rules=rules)
        for order in orders
    ]


def limits(budget: str | None) -> dict[str, Any]:
    """A budget as parameters of computations."""
    if budget is None:
        return {}
    text = budget.strip()
    try:
        if text[-1:] in UNITS:
            return {"budget_seconds": float(text[:-1]) * UNITS[text[-1]]}
        return {"budget_episodes": whole_number(text)}
    except (ValueError, OverflowError, typer.BadParameter):
        allowed = "a number of episodes, such as 1e8, or a time, such as 90s, 5m or 1h"
        raise InvalidValue("--budget", repr(budget), allowed) from None


def chosen_lineup(text: str, num_agents: int = 4) -> list[SeatEntry]:
    """The policies of a line-up's seats, from text or a file; archetypes keep their names."""
    return parse_lineup(text, num_agents)
