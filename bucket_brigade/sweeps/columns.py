"""Columns of a sweep: the numbers and words of each result, and what follows from several.

Each function gives the columns of one task and its document, the whole result as JSON knows it.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from bucket_brigade import _core
from bucket_brigade.equilibrium import NashEquilibrium, RoleEquilibrium, Verdict
from bucket_brigade.evaluation.judge import Judgement
from bucket_brigade.exact.best_response import Exploitability
from bucket_brigade.exact.markov_equilibrium import MarkovEquilibrium
from bucket_brigade.exact.result import ExactResult
from bucket_brigade.exact.team_optimum import TeamOptimum
from bucket_brigade.policies.heuristic import Strategy, duties
from bucket_brigade.simulation.result import SimulationResult

__all__ = [
    "derived",
    "of_gains",
    "of_judgements",
    "of_markov",
    "of_nash",
    "of_optimum",
    "of_payoffs",
    "of_responses",
    "of_seats",
    "who_works",
]

Found = tuple[dict[str, Any], Any]

#: An agent works always, or never, if its p is no farther from 1, or from 0.
NEAR = 1e-3


def _number(value: float) -> float | None:
    """A number as JSON knows it: what is not finite is null."""
    return float(value) if math.isfinite(value) else None


def who_works(strategies: Sequence[Strategy], weights: Sequence[float] | None = None) -> str:
    """Who works, in a word: "all", "none", "some" (each agent now and then), or "part" (some
    strategies always and others never, or anything in between)."""
    chances = [float(p) for p in duties(np.array(strategies))[:, 0]]
    if all(p >= 1 - NEAR for p in chances):
        return "all"
    if all(p <= NEAR for p in chances):
        return "none"
    return "some" if max(chances) - min(chances) <= NEAR else "part"


def of_payoffs(result: SimulationResult | ExactResult) -> Found:
    """Columns of line-ups: payoff, nights, and payoff a night; seat by seat in the document."""
    found: dict[str, Any] = {}
    errors = None
    if isinstance(result, SimulationResult):
        weights = _core.reward_weights(result.scenario).mean(axis=0, keepdims=True)
        errors = result.event_counts.statistics().stderr(weights)[:, 0]
    for i, means in enumerate(result.mean):
        payoff = float(means.mean())
        found[f"lineup{i}_payoff"] = payoff
        if errors is not None:
            found[f"lineup{i}_stderr"] = _number(errors[i])
        found[f"lineup{i}_nights"] = float(result.nights[i])
        found[f"lineup{i}_payoff_a_night"] = payoff / float(result.nights[i])
    document = {
        "method": result.method,
        "mean": result.mean.tolist(),
        "stderr": [[_number(x) for x in row] for row in result.stderr.tolist()],
        "nights": result.nights.tolist(),
    }
    return found, document


def of_nash(found: NashEquilibrium) -> Found:
    """Columns of a symmetric equilibrium."""
    weights = list(found.distribution.values())
    played = np.array([found.strategy_pool[i] for i in found.distribution])
    p, q = (float(x) for x in np.array(weights) @ duties(played))
    document = found.to_dict()
    del document["seconds"]
    return {
        "nash_verdict": str(found.verdict),
        "nash_plays": found.describe(),
        "nash_work": who_works(list(played)),
        "nash_p": p,
        "nash_q": q,
        "nash_payoff": _number(found.payoff),
        **({} if found.regret.is_exact else {"nash_stderr": _number(found.payoff_stderr)}),
        "nash_nights": _number(found.nights),
        "nash_payoff_a_night": _number(found.payoff_a_night),
        "nash_regret": _number(found.regret.upper),
    }, document


def of_gains(found: NashEquilibrium) -> Found:
    """Columns of what any policy gains over an equilibrium."""
    gains = found.policy_gains and [each.to_dict() for each in found.policy_gains]
    return {
        "exploitability": _number(found.exploitability),
        "exploitability_at_most": _number(found.exploitability_at_most),
    }, gains


def of_seats(found: Sequence[RoleEquilibrium]) -> Found:
    """Columns of the profiles of a search by seats, which of them stand in the document.

    ``seats_kind`` tells what the certified ones are: "symmetric", "asymmetric", "both" or "none".
    The first profile, of which the other columns are, is a certified one with the largest mean
    payoff if there is any.
    """
    documents = [each.to_dict() for each in found]
    for document in documents:
        del document["seconds"]
    certified = [each for each in found if each.verdict == Verdict.CERTIFIED]
    alike = [_alike(each.strategies) for each in certified]
    kind = {(True, True): "both", (True, False): "symmetric", (False, True): "asymmetric"}
    columns: dict[str, Any] = {
        "seats_kind": kind.get((any(alike), not all(alike)), "none"),
        "seats_certified": len(certified),
    }
    if found:
        first = max(certified or found, key=lambda each: sum(each.payoffs))
        payoff = sum(first.payoffs) / len(first.payoffs)
        chances = duties(np.array(first.strategies))[:, 0]
        columns |= {
            "seats_verdict": str(first.verdict),
            "seats_plays": first.describe(),
            "seats_work": who_works(first.strategies),
            "seats_p": float(chances.mean()),
            "seats_payoff": _number(payoff),
            "seats_nights": _number(first.nights),
            "seats_payoff_a_night": _number(payoff / first.nights),
            "seats_regret": _number(first.regret.upper),
        }
    return columns, documents


def _alike(strategies: Sequence[Strategy]) -> bool:
    """Whether all seats play alike; how those who never work choose makes no difference."""
    seats = duties(np.array(strategies))
    seats[:, 1] *= seats[:, 0] > NEAR
    return bool(np.ptp(seats, axis=0).max() <= NEAR)


def of_judgements(found: Sequence[Judgement]) -> Found:
    """Columns of judged line-ups."""
    columns: dict[str, Any] = {}
    for i, each in enumerate(found):
        best = [seat.best_heuristic.gain for seat in each.seats if seat.best_heuristic]
        payoff = sum(seat.payoff for seat in each.seats) / len(each.seats)
        columns |= {
            f"judge{i}_payoff": payoff,
            f"judge{i}_nights": each.nights,
            f"judge{i}_payoff_a_night": payoff / each.nights,
            f"judge{i}_heuristic_gain": max(best, default=None),
            f"judge{i}_exploitability": each.exploitability,
            f"judge{i}_exploitability_at_most": each.exploitability_at_most,
        }
    return columns, [each.to_dict() for each in found]


def of_responses(found: Sequence[Exploitability]) -> Found:
    """Columns of best responses to line-ups."""
    columns: dict[str, Any] = {}
    for i, each in enumerate(found):
        columns |= {
            f"response{i}_payoff": float(each.payoffs.mean()),
            f"response{i}_exploitability": each.largest,
            f"response{i}_nash_conv": each.nash_conv,
        }
    documents = [
        {"payoffs": each.payoffs.tolist(), "gains": each.gains.tolist(), "anywhere": each.anywhere}
        for each in found
    ]
    return columns, documents


def of_optimum(found: TeamOptimum) -> Found:
    """Columns of a team optimum."""
    return {
        "optimum_payoff": found.payoff,
        "optimum_nights": found.nights,
        "optimum_payoff_a_night": found.payoff / found.nights,
        "optimum_worked": float(found.counts.worked[0].mean()),
    }, found.to_dict()


def of_markov(found: MarkovEquilibrium) -> Found:
    """Columns of an equilibrium of the whole game."""
    payoff = float(found.payoffs.mean())
    return {
        "markov_payoff": payoff,
        "markov_nights": found.nights,
        "markov_payoff_a_night": payoff / found.nights,
        "markov_worked": float(found.counts.worked[0].mean()),
        "markov_regret": found.regret,
        "markov_mixed_stages": found.mixed_stages,
    }, found.to_dict()


def derived(row: Mapping[str, Any]) -> dict[str, Any]:
    """Columns that follow from those of several tasks.

    ``lost_to_anarchy`` is by how much the payoff of the symmetric equilibrium is below the team
    optimum, ``price_of_anarchy`` the optimum over that payoff: only where both are above 0, since a
    ratio of payoffs of two signs means nothing.
    """
    optimum, nash = row.get("optimum_payoff"), row.get("nash_payoff")
    if optimum is None or nash is None:
        return {}
    return {
        "lost_to_anarchy": optimum - nash,
        "price_of_anarchy": optimum / nash if min(optimum, nash) > 0 else None,
    }
