"""Completion by a shell: names of scenarios, archetypes, backends and parameters."""

import dataclasses

from bucket_brigade.backends.installed import AUTO, names
from bucket_brigade.game.catalogue import SCENARIOS
from bucket_brigade.game.scenario import Scenario
from bucket_brigade.policies.agents import NAMED
from bucket_brigade.policies.heuristic import ARCHETYPES

__all__ = ["backend_names", "lineups", "parameters", "scenario_names"]


def scenario_names(incomplete: str) -> list[tuple[str, str]]:
    """Scenarios that begin so, with what they are about."""
    return [
        (name, scenario.description)
        for name, scenario in SCENARIOS.items()
        if name.startswith(incomplete)
    ]


def lineups(incomplete: str) -> list[str]:
    """Line-ups that go on with an archetype, or another agent that has a name."""
    given, comma, last = incomplete.rpartition(",")
    known = (*ARCHETYPES, *NAMED)
    return [f"{given}{comma}{name}" for name in known if name.startswith(last)]


def backend_names(incomplete: str) -> list[str]:
    """Names of backends that begin with a text."""
    return [name for name in (AUTO, *names()) if name.startswith(incomplete)]


def parameters(incomplete: str) -> list[str]:
    """Parameters of scenarios that begin so."""
    known = [field.name for field in dataclasses.fields(Scenario)]
    return [f"{name}=" for name in known if name.startswith(incomplete)]
