"""Gain surfaces and payoff tables of equilibria, as the page draws them.

A surface is sent as the polynomial that it is, a few dozen numbers, which the page computes again
at every pixel: what it tells under the pointer is as exact as the library's own.
"""

from typing import Any

from bucket_brigade.equilibrium.report.gain_grid import GainGrid, gain_grid, seat_gain_grids
from bucket_brigade.equilibrium.report.panels import gain_levels, payoff_digits
from bucket_brigade.equilibrium.report.payoff_table import payoff_table
from bucket_brigade.equilibrium.results.certified import CertifiedResult, DeviationGain, or_null
from bucket_brigade.equilibrium.results.nash import NashEquilibrium
from bucket_brigade.equilibrium.results.roles import RoleEquilibrium, role_names
from bucket_brigade.policies.heuristic import ARCHETYPES, as_strategy, duties
from bucket_brigade.policies.spaces import HEURISTICS

__all__ = ["restricted_game", "seat_name", "seat_surfaces", "surface"]

#: Episodes of each point of a sampled surface: a look, not a verdict.
EPISODES = 20_000


def seat_name(seat: int) -> str:
    """A seat's letter, as rings have it, with its number, as results have it."""
    return f"{chr(ord('a') + seat)} ({seat})"


def surface(found: NashEquilibrium) -> dict[str, Any] | None:
    """What a player gains over a symmetric equilibrium by each (p, q); None in other spaces."""
    if found.space != HEURISTICS.name:
        return None
    names = found.names
    played = sorted(found.distribution.items(), key=lambda item: -item[1])
    marks = [
        _mark("archetype", name, theta)
        for name, theta in ARCHETYPES.items()
        if name not in {names[i] for i, _ in played}
    ]
    marks += [
        _mark("played", names[i], found.strategy_pool[i], weight=weight) for i, weight in played
    ]
    if found.deviations:
        marks.append(_best(found, found.deviations[0]))
    title = "One player plays (p, q), all others the equilibrium"
    return _surface(title, gain_grid(found, episodes=EPISODES), marks)


def seat_surfaces(found: RoleEquilibrium) -> list[dict[str, Any]]:
    """What each seat gains over its role by each (p, q), while the others keep to theirs."""
    told = []
    names = role_names(found.strategies)
    for seat, grid in enumerate(seat_gain_grids(found, episodes=EPISODES)):
        # Of those who play alike, one mark.
        others: dict[str, list[int]] = {}
        for other, name in enumerate(names):
            if other != seat:
                others.setdefault(name, []).append(other)
        marks = [
            _mark("other", f"seat {', '.join(map(seat_name, seats))}", found.strategies[seats[0]])
            for seats in others.values()
        ]
        marks.append(_mark("played", names[seat], found.strategies[seat], weight=1.0))
        of_seat = [each for each in found.deviations if each.seats == (seat,)]
        if of_seat:
            marks.append(_best(found, max(of_seat, key=lambda each: each.gain)))
        title = f"Seat {seat_name(seat)} plays (p, q), all others keep to their roles"
        told.append(_surface(title, grid, marks))
    return told


def restricted_game(found: NashEquilibrium) -> dict[str, Any]:
    """The payoff table of the last restricted game."""
    table, restricted = payoff_table(found), found.restricted
    return {
        "symbols": list(table.symbols),
        "names": list(table.names),
        "weights": table.weights.tolist(),
        "columns": list(table.columns),
        "payoffs": table.payoffs.tolist(),
        "stderr": None
        if found.regret.is_exact
        else [[or_null(error) for error in row] for row in table.stderr.tolist()],
        "best": table.best.tolist(),
        "digits": payoff_digits(restricted.game.payoff_scale),
        "compositions": table.compositions,
        "reduced": table.reduced,
        "players": restricted.players,
        "agents": found.scenario.num_agents,
        # Whether what was examined is one strategy in place of several that are nearly alike.
        "of_mean": found.distribution != found.equilibria[0].distribution,
    }


def _surface(title: str, grid: GainGrid, marks: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "title": title,
        "coefficients": grid.coefficients.tolist(),
        "levels": gain_levels(grid),
        "stderr": or_null(grid.stderr),
        "error": grid.error,
        "points": grid.points,
        "episodes": grid.episodes,
        "marks": marks,
    }


def _mark(kind: str, name: str, strategy: Any, **more: float | None) -> dict[str, Any]:
    """A strategy of the plane of (p, q)."""
    p, q = duties(as_strategy(strategy)).tolist()
    return {"kind": kind, "name": name, "p": p, "q": q, **more}


def _best(found: CertifiedResult, best: DeviationGain) -> dict[str, Any]:
    name = found.labels[best.strategy]
    return _mark("best", name, best.strategy, gain=or_null(best.gain))
