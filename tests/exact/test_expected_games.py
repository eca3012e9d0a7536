"""Rings of full size: what is sampled must agree with what is exact, and both with reason."""

from itertools import product
from typing import Any

import numpy as np
import pytest
from drawn_games import END_RULES, ORDERS

import bucket_brigade as bb
from bucket_brigade.evaluation.cross_examination import CrossExamination, cross_examine

NAMES = list(bb.ARCHETYPES)
DEFAULT = bb.scenario("default")
FOUR = ["firefighter", "free_rider", "hero", "coordinator"]

_examined: dict[tuple[str, str, str], CrossExamination] = {}


def theta(p: float, q: float) -> list[float]:
    """A strategy that works with probability p, at its own burning home with q."""
    return [1.0, p, 0.0, q, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]


def examined(name: str, order: str, end_rule: str) -> CrossExamination:
    """Sampled against exact; line-ups vary, and seats play different strategies."""
    key = (name, order, end_rule)
    if key not in _examined:
        turn = bb.list_scenarios().index(name) + ORDERS.index(order)
        lineup = [NAMES[(turn + seat) % 5] for seat in range(4)]
        scenario = bb.scenario(name).replace(night_order=order, end_rule=end_rule)
        _examined[key] = cross_examine(scenario, lineup, episodes=100_000, seed=turn)
    return _examined[key]


@pytest.mark.parametrize(("order", "end_rule"), list(product(ORDERS, END_RULES)))
@pytest.mark.parametrize("name", bb.list_scenarios())
def test_samples_agree_in_every_count(name: str, order: str, end_rule: str) -> None:
    found = examined(name, order, end_rule)
    assert len(found.comparisons) == 4 + 39
    assert found.agrees, [row for row in found.comparisons if abs(row.deviation) > 5]


@pytest.mark.parametrize("order", ORDERS)
def test_deviations_are_as_large_as_they_should_be(order: str) -> None:
    # A standard error that is too large would hide what is wrong.
    rows = [
        row.deviation
        for name in bb.list_scenarios()
        for end_rule in END_RULES
        for row in examined(name, order, end_rule).comparisons
        if row.deviation and row.stderr > 1e-3
    ]
    assert len(rows) > 500
    assert 0.75 < np.mean(np.square(rows)) < 1.3
    assert abs(np.mean(rows)) < 0.3


@pytest.mark.parametrize(
    "change",
    [
        {"num_houses": 24, "num_agents": 5, "night_order": "burn_out_then_spread"},
        {"num_houses": 3, "num_agents": 8},
        {"num_houses": 11, "num_agents": 2, "end_rule": "no_fires"},
        {"num_houses": 2, "num_agents": 1, "min_nights": 3},
    ],
)
def test_other_rings(change: dict[str, Any]) -> None:
    scenario = bb.scenario("hard").replace(**change)
    lineup = (NAMES * 2)[: scenario.num_agents]
    found = cross_examine(scenario, lineup, episodes=50_000, seed=1)
    assert found.agrees, [row for row in found.comparisons if abs(row.deviation) > 5]


# Symmetries.


@pytest.mark.parametrize(("order", "end_rule"), list(product(ORDERS, END_RULES)))
def test_the_ring_has_no_orientation(order: str, end_rule: str) -> None:
    # Houses h and 3 - h swap places, and with them the homes 0 to 3 of agents a and 3 - a.
    scenario = bb.scenario("hard").replace(night_order=order, end_rule=end_rule)
    counts = bb.expected(scenario, [FOUR, FOUR[::-1]]).counts
    mirrored = [(3 - h) % 10 for h in range(10)]
    assert counts.nights[1] == pytest.approx(counts.nights[0], rel=1e-12)
    np.testing.assert_allclose(counts.ended[1], counts.ended[0], rtol=1e-11, atol=1e-15)
    np.testing.assert_allclose(counts.worked[1], counts.worked[0, ::-1], rtol=1e-12)
    for part in ("safe", "ruined", "saved"):
        both = getattr(counts, part)
        np.testing.assert_allclose(both[1], both[0, mirrored], rtol=1e-11)
        assert not np.allclose(both[0], both[0, mirrored], rtol=1e-3)


def test_a_house_for_everyone() -> None:
    # All alike on a ring of as many houses: every seat and house is like any other.
    scenario = DEFAULT.replace(num_houses=6, num_agents=6)
    found = bb.expected(scenario, [["coordinator"] * 6])
    for part in ("worked", "safe", "ruined", "saved"):
        values = getattr(found.counts, part)[0]
        np.testing.assert_allclose(values, values[0], rtol=1e-12)
    np.testing.assert_allclose(found.mean[0], found.mean[0, 0], rtol=1e-11)


def test_identities_of_the_counts() -> None:
    lineup = [theta(p, q) for p, q in [(0.3, 0.2), (0.0, 1.0), (1.0, 0.7), (0.55, 0.0)]]
    counts = bb.expected(DEFAULT, [lineup]).counts
    np.testing.assert_allclose(counts.worked[0], counts.nights[0] * np.array([0.3, 0, 1, 0.55]))
    assert (counts.safe[0] + counts.ruined[0] < counts.nights[0]).all()
    assert (counts.saved[0] < counts.safe[0]).all()
    assert counts.ended[0].sum() == pytest.approx(1.0, rel=1e-13)
    assert counts.ended[0, 2] == 0.0


# What is known in closed form.


@pytest.mark.parametrize("order", ORDERS)
def test_work_without_fires_is_pure_cost(order: str) -> None:
    calm = bb.scenario("trivial_cooperation").replace(night_order=order)
    works = np.linspace(0.0, 1.0, 6)
    lineups = [[theta(p, 0.5), *["hero"] * 3] for p in works]
    means = bb.expected(calm, lineups).mean
    np.testing.assert_allclose(means[:, 0], 13 * (100.5 - works), rtol=1e-13)
    assert (np.diff(means[:, 0]) < 0).all()
    np.testing.assert_allclose(means[:, 1:], 13 * 99.5, rtol=1e-13)


def test_nobody_works_and_nothing_spreads() -> None:
    # Houses ignite by themselves alone, and are ruined a night later.
    rho, nights = 0.02, 40
    scenario = DEFAULT.replace(
        night_order="burn_out_then_spread",
        min_nights=nights,
        max_nights=nights,
        prob_house_catches_fire=rho,
    )
    counts = bb.expected(scenario, [[theta(0.0, 0.5)] * 4]).counts
    ends = np.arange(1, nights + 1)
    np.testing.assert_allclose(counts.ruined[0], np.sum(1 - (1 - rho) ** ends), rtol=1e-12)
    np.testing.assert_allclose(counts.safe[0], np.sum((1 - rho) ** (ends + 1)), rtol=1e-12)
    assert not counts.saved.any()
    assert not counts.worked.any()
    np.testing.assert_allclose(counts.nights, nights, rtol=1e-13)
    np.testing.assert_allclose(counts.ended[0], [0, 0, 0, 1], atol=1e-13)


# What can only get better, or worse.


def test_a_single_night_of_better_extinguishing() -> None:
    # Nights later this need not hold: who is needed nowhere else can be where it burns.
    night = DEFAULT.replace(min_nights=1, max_nights=1, prob_house_catches_fire=0.3)
    ruined = [
        bb.expected(night.replace(prob_solo_agent_extinguishes_fire=kappa), [FOUR]).counts.ruined[0]
        for kappa in np.linspace(0.0, 1.0, 6)
    ]
    assert (np.diff(ruined, axis=0) < 0).all()


@pytest.mark.parametrize("name", ["prob_fire_spreads_to_neighbor", "prob_house_catches_fire"])
def test_more_fire_ruins_more_where_nobody_works(name: str) -> None:
    # Every house that burns tries each neighbour once, so more tries succeed, and earlier.
    fixed = DEFAULT.replace(min_nights=30, max_nights=30)
    ruined = [
        bb.expected(fixed.replace(**{name: x}), [[theta(0.0, 0.0)] * 4]).counts.ruined[0]
        for x in (0.0, 0.01, 0.1, 0.5, 1.0)
    ]
    assert (np.diff(ruined, axis=0) >= 0).all()
    assert ruined[-1][0] > ruined[0][0]


def test_a_mixture_at_full_size() -> None:
    mixture = bb.Mixture(["hero", "free_rider"], [0.25, 0.75])
    found = bb.expected(DEFAULT, [["liar", mixture, "liar", mixture]])
    assert found.pure_lineups == 4
    pairs = product([("hero", 0.25), ("free_rider", 0.75)], repeat=2)
    mean = sum(
        x * y * bb.expected(DEFAULT, [["liar", one, "liar", other]]).mean[0]
        for (one, x), (other, y) in pairs
    )
    np.testing.assert_allclose(found.mean[0], mean, rtol=1e-12)
