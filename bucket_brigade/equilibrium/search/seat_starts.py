"""Starts of a search for roles: profiles of strategies, one for each seat."""

import itertools
from collections.abc import Sequence

from numpy.random import default_rng

from bucket_brigade.arguments import as_list
from bucket_brigade.errors import InvalidValue
from bucket_brigade.policies.heuristic import ARCHETYPES, Strategy, as_strategy, strategy_of

__all__ = ["default_profiles", "given_profiles", "random_profiles"]

#: Every pattern of who works and who rests is a start while there are no more.
MOST_PATTERNS = 64


def default_profiles(agents: int) -> list[list[Strategy]]:
    """Each archetype at all seats, and patterns of seats that always work or always rest.

    These are all patterns, or one for each number of workers where there are more than 64.
    """
    patterns: list[tuple[float, ...]] = (
        list(itertools.product((0.0, 1.0), repeat=agents))
        if 1 << agents <= MOST_PATTERNS
        else [(1.0,) * workers + (0.0,) * (agents - workers) for workers in range(agents + 1)]
    )
    same = [[theta] * agents for theta in ARCHETYPES.values()]
    return same + [[strategy_of(p, 1.0) for p in works] for works in patterns]


def given_profiles(profiles: Sequence[Sequence[object]], agents: int) -> list[list[Strategy]]:
    """Checked `initial_profiles`; `InvalidValue` if one is not a strategy for each seat."""
    checked = []
    for i, profile in enumerate(as_list("initial_profiles", profiles, "profiles")):
        field = f"initial_profiles[{i}]"
        seats = as_list(field, profile, "strategies")
        if len(seats) != agents:
            raise InvalidValue(field, f"{len(seats)} strategies", f"{agents}, one for each seat")
        checked.append([as_strategy(theta, f"{field}[{j}]") for j, theta in enumerate(seats)])
    return checked


def random_profiles(number: int, agents: int, seed: int) -> list[list[Strategy]]:
    """Each seat's p and q drawn uniformly, on their own."""
    points = default_rng(seed).random((number, agents, 2))
    return [[strategy_of(*point) for point in seats] for seats in points.tolist()]
