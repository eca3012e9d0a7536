"""Measuring the rungs in turn, and the figures that come of it."""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

import bucket_brigade as bb
from bench.ladder.rungs import Rung
from bench.ladder.work import ALLOWED, EPISODES, Truth, lineups_of, matrix_of
from bench.summary import Spread


def climb(
    found: Sequence[Rung],
    scenarios: Sequence[bb.Scenario],
    rounds: int,
    told: Callable[[], object],
) -> None:
    """Adds `rounds` measurements to every rung, and what they found."""
    for n in range(rounds):
        # There and back, so that none always comes first.
        for rung in list(found)[:: -1 if n % 2 else 1]:
            if rung.absent is not None:
                continue
            seconds, nights = 0.0, 0
            for scenario in scenarios:
                lineups = lineups_of(scenario)
                start = time.perf_counter()
                played = rung.play(scenario, lineups, rung.episodes, n)
                seconds += time.perf_counter() - start
                nights += played.nights
                matrix = matrix_of(played.mean, scenario.num_agents)
                rung.matrices.setdefault(scenario.name, []).append(matrix)
            rung.seconds.append(seconds)
            rung.nights.append(nights)
            told()


def row_of(rung: Rung, by_name: dict[str, Rung], truths: dict[str, Truth]) -> dict[str, Any]:
    """The figures of a rung."""
    row: dict[str, Any] = {"rung": rung.label, "what": rung.what, "absent": rung.absent}
    if rung.absent is not None:
        return row
    rounds = len(rung.seconds)
    scale = EPISODES / rung.episodes
    lineups = sum(len(lineups_of(bb.scenario(name))) for name in rung.matrices)
    per_episode = [s / (lineups * rung.episodes) for s in rung.seconds]
    errors = {
        name: truths[name].errors(
            np.mean(matrices, axis=0), rounds * rung.episodes, rung.shared_luck
        )
        for name, matrices in rung.matrices.items()
    }

    def over(other: Rung) -> dict[str, float]:
        pairs = zip(other.seconds_a_night, rung.seconds_a_night, strict=True)
        return asdict(Spread.of(a / b for a, b in pairs))

    before = by_name[rung.before] if rung.before is not None else None
    return row | {
        "episodes_a_round": rung.episodes,
        "share": rung.episodes / EPISODES,
        "extrapolated": rung.episodes < EPISODES,
        "setup_seconds": rung.setup_seconds,
        "wall_seconds": asdict(Spread.of(scale * s for s in rung.seconds)),
        "episodes_per_second": asdict(Spread.of(1 / s for s in per_episode)),
        "nights_per_second": asdict(Spread.of(1 / s for s in rung.seconds_a_night)),
        "over_the_one_before": None if before is None else over(before),
        "before": rung.before,
        "over_the_first": over(next(iter(by_name.values()))),
        "errors": errors,
        "largest_error": max(errors.values()),
        "agrees": max(errors.values()) < ALLOWED,
    }


def exact_row(scenarios: Sequence[bb.Scenario], rounds: int) -> dict[str, Any]:
    """The same matrix without sampling."""
    seconds = []
    for _ in range(rounds):
        start = time.perf_counter()
        for scenario in scenarios:
            bb.payoff_matrix(scenario, method="exact")
        seconds.append(time.perf_counter() - start)
    return {"what": "exact engine: no error", "wall_seconds": asdict(Spread.of(seconds))}
