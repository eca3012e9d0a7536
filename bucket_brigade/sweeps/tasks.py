"""Tasks of a sweep: what can be computed at a point, and which columns that fills.

A task is a function of the game, the line-ups of the plan and its own settings alone, so what it
finds depends neither on other points, nor on who computes it or when. That is why no point begins
from the solutions of its neighbours.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bucket_brigade import _core
from bucket_brigade.arguments import (
    as_at_least_zero,
    as_list,
    as_number,
    as_u64,
    did_you_mean,
)
from bucket_brigade.equilibrium import DoubleOracle, NashEquilibrium, RoleEquilibrium, RoleSearch
from bucket_brigade.equilibrium.payoffs.choice import resolved_method
from bucket_brigade.errors import InvalidValue, shown
from bucket_brigade.evaluation.judge import judge
from bucket_brigade.evaluation.methods import as_method, chosen_method, evaluate
from bucket_brigade.evaluation.policy_gains import with_policy_gains
from bucket_brigade.exact.best_response import exploitability
from bucket_brigade.exact.markov_equilibrium import SELECTORS, markov_equilibrium
from bucket_brigade.exact.team_optimum import team_optimum
from bucket_brigade.game.scenario import Scenario
from bucket_brigade.sweeps import columns
from bucket_brigade.sweeps.lineups import lineup_of

__all__ = ["SETTINGS", "TASKS", "Task", "Work", "checked_settings", "checked_tasks"]

#: How to compute, by default.
SETTINGS: Mapping[str, Any] = {
    "method": "auto",
    "episodes": 100_000,
    "epsilon": None,
    "confidence": 0.95,
    "seed": 0,
    "starts": 8,
    "selector": SELECTORS[0],
}

Columns = dict[str, Any]


@dataclass(frozen=True)
class Work:
    """The work at a point: its game, and how to compute.

    Attributes
    ----------
    scenario : Scenario
        The game.
    lineups : sequence
        Those of the plan (see `as_lineup_json`).
    settings : mapping
        A value for each of `SETTINGS`.
    threads : int
        Threads at most; they change no result.
    backend : str
        What plays; it changes no result.
    """

    scenario: Scenario
    lineups: Sequence[Any]
    settings: Mapping[str, Any]
    threads: int
    backend: str

    def played(self) -> list[list[object]]:
        """The line-ups, for the seats of this game."""
        return [lineup_of(each, self.scenario.num_agents) for each in self.lineups]

    def method(self) -> str:
        """The method of searches for equilibria: one that does not depend on the threads here."""
        return resolved_method(self.scenario, self.settings["method"], threads=1)

    def search(self) -> dict[str, Any]:
        """Options of searches for equilibria."""
        shared = {name: self.settings[name] for name in ("epsilon", "confidence", "seed")}
        return {
            **shared,
            "num_simulations": self.settings["episodes"],
            "method": self.method(),
            "threads": self.threads,
            "backend": self.backend,
        }


@dataclass(frozen=True)
class Task:
    """A task: what is computed, and what that depends on.

    Attributes
    ----------
    about : str
        What it finds, in a line.
    settings : tuple of str
        Settings that its result depends on.
    compute : callable
        From a `Work`, and what the task `after` found, to columns and a document, both as JSON
        knows them.
    takes_lineups : bool
        Whether it is about the line-ups of the plan.
    is_exact : bool
        Whether it follows all states of the houses, which needs a game that is small enough.
    after : str or None
        A task whose document it needs.
    """

    about: str
    settings: tuple[str, ...]
    compute: Callable[[Work, Any], tuple[Columns, Any]]
    takes_lineups: bool = False
    is_exact: bool = False
    after: str | None = None

    def key(self, settings: Mapping[str, Any], lineups: Sequence[Any]) -> str:
        """Text that is equal for equal settings and line-ups."""
        used: dict[str, Any] = {name: settings[name] for name in self.settings}
        if self.takes_lineups:
            used["lineups"] = list(lineups)
        return json.dumps(used, sort_keys=True)

    def check(self, lineups: Sequence[Any]) -> None:
        """Raises `InvalidValue` if it takes line-ups and there are none."""
        if self.takes_lineups and not lineups:
            raise InvalidValue("lineups", "none", "at least one, for what is computed of line-ups")

    def check_game(self, scenario: Scenario, lineups: Sequence[Any]) -> None:
        """Raises `InvalidValue` if a game is too large for it, or has other seats."""
        if self.is_exact and scenario.num_houses > _core.MAX_EXACT_HOUSES:
            allowed = f"at most {_core.MAX_EXACT_HOUSES} for {self.about}"
            raise InvalidValue("num_houses", scenario.num_houses, allowed)
        if self.is_exact and scenario.num_agents > _core.MAX_EXACT_AGENTS:
            allowed = f"at most {_core.MAX_EXACT_AGENTS} for {self.about}"
            raise InvalidValue("num_agents", scenario.num_agents, allowed)
        if self.takes_lineups:
            for i, lineup in enumerate(lineups):
                lineup_of(lineup, scenario.num_agents, f"lineups[{i}]")


def _payoffs(work: Work, _: Any) -> tuple[Columns, Any]:
    lineups, settings = work.played(), work.settings
    method = chosen_method(
        settings["method"],
        work.scenario,
        lineups,
        episodes=settings["episodes"],
        threads=1,
        backend="cpu",
    )
    result = evaluate(
        work.scenario,
        lineups,
        method=method,
        episodes=settings["episodes"],
        seed=settings["seed"],
        threads=work.threads,
        backend=work.backend,
    )
    return columns.of_payoffs(result)


def _nash(work: Work, _: Any) -> tuple[Columns, Any]:
    return columns.of_nash(DoubleOracle(work.scenario, **work.search()).solve())


def _gains(work: Work, nash: Any) -> tuple[Columns, Any]:
    found = with_policy_gains(
        NashEquilibrium.from_dict({**nash, "seconds": 0}), threads=work.threads
    )
    return columns.of_gains(found)


def _seats(work: Work, _: Any) -> tuple[Columns, Any]:
    starts = work.settings["starts"]
    found: list[RoleEquilibrium] = RoleSearch(work.scenario, starts=starts, **work.search()).solve()
    return columns.of_seats(found)


def _judge(work: Work, _: Any) -> tuple[Columns, Any]:
    judged = [judge(work.scenario, each, threads=work.threads) for each in work.played()]
    return columns.of_judgements(judged)


def _response(work: Work, _: Any) -> tuple[Columns, Any]:
    found = [exploitability(work.scenario, each, threads=work.threads) for each in work.played()]
    return columns.of_responses(found)


def _optimum(work: Work, _: Any) -> tuple[Columns, Any]:
    return columns.of_optimum(team_optimum(work.scenario, threads=work.threads))


def _markov(work: Work, _: Any) -> tuple[Columns, Any]:
    selector = work.settings["selector"]
    found = markov_equilibrium(work.scenario, selector=selector, threads=work.threads)
    return columns.of_markov(found)


_SEARCH = ("method", "episodes", "epsilon", "confidence", "seed")

#: Tasks by name, in the order in which their columns stand.
TASKS: Mapping[str, Task] = {
    "payoffs": Task(
        "payoffs of the line-ups", ("method", "episodes", "seed"), _payoffs, takes_lineups=True
    ),
    "nash": Task("a symmetric equilibrium in (p, q)", _SEARCH, _nash),
    "gains": Task(
        "what a seat gains over that equilibrium by its best policy of any kind",
        _SEARCH,
        _gains,
        is_exact=True,
        after="nash",
    ),
    "seats": Task("equilibria with a strategy for each seat", (*_SEARCH, "starts"), _seats),
    "judge": Task(
        "what seats gain over the line-ups, by (p, q) and by any policy",
        (),
        _judge,
        takes_lineups=True,
        is_exact=True,
    ),
    "response": Task(
        "what seats gain over the line-ups by their best policies of any kind",
        (),
        _response,
        takes_lineups=True,
        is_exact=True,
    ),
    "optimum": Task("the most that all seats could get together", (), _optimum, is_exact=True),
    "markov": Task("an equilibrium of the whole game", ("selector",), _markov, is_exact=True),
}


def checked_tasks(given: Sequence[str] | str) -> tuple[str, ...]:
    """Tasks by name, each once and in the order of `TASKS`, with those that they need.

    Raises
    ------
    InvalidValue
        If there is none of a name, or no name.
    """
    if isinstance(given, str):
        names = [name.strip() for name in given.split(",") if name.strip()]
    else:
        names = as_list("do", given, "names of tasks")
    for name in names:
        if not isinstance(name, str) or name not in TASKS:
            raise InvalidValue(
                "do", shown(name), f"some of {', '.join(TASKS)}{did_you_mean(name, TASKS)}"
            )
    if not names:
        raise InvalidValue("do", "nothing", f"some of {', '.join(TASKS)}")
    needed = {TASKS[name].after for name in names}
    return tuple(name for name in TASKS if name in names or name in needed)


def checked_settings(given: Mapping[str, Any]) -> dict[str, Any]:
    """A value for each of `SETTINGS`, as given or by default.

    Raises
    ------
    InvalidValue
        If one is unknown or not allowed.
    """
    for name in given:
        if name not in SETTINGS:
            allowed = f"one of {', '.join(SETTINGS)}{did_you_mean(name, SETTINGS)}"
            raise InvalidValue("settings", shown(name), allowed)
    chosen = {**SETTINGS, **given}
    as_method(chosen["method"])
    for name, least in (("episodes", 1), ("seed", 0), ("starts", 0)):
        chosen[name] = as_u64(name, chosen[name])
        if chosen[name] < least:
            raise InvalidValue(name, chosen[name], f"at least {least}")
    if chosen["epsilon"] is not None:
        chosen["epsilon"] = as_at_least_zero("epsilon", chosen["epsilon"])
    chosen["confidence"] = as_number("confidence", chosen["confidence"])
    if not 0 < chosen["confidence"] < 1:
        raise InvalidValue("confidence", chosen["confidence"], "a number between 0 and 1")
    if chosen["selector"] not in SELECTORS:
        allowed = f"one of {', '.join(SELECTORS)}{did_you_mean(chosen['selector'], SELECTORS)}"
        raise InvalidValue("selector", shown(chosen["selector"]), allowed)
    return chosen
