"""Expected counts of the Rust core: against plain enumeration, and against sampled games."""

from itertools import product
from math import sqrt

import numpy as np
import numpy.typing as npt
import plain_chain
import pytest
from drawn_games import END_RULES, ORDERS, as_reference
from small_chain import expected_counts as cause_by_cause
from small_games import GAMES

import bucket_brigade as bb
from bucket_brigade import _core

Floats = npt.NDArray[np.float64]
RULES = list(product(ORDERS, END_RULES))


def duty(theta: object) -> tuple[float, float]:
    """(p, q) of a strategy or of an archetype's name."""
    numbers = np.asarray(bb.ARCHETYPES[theta] if isinstance(theta, str) else theta, dtype=float)
    return float(numbers[1] * (1 - numbers[8])), float(numbers[3])


def expected(
    scenario: bb.Scenario, lineups: object, *, threads: int = 0, lumped: bool | None = None
) -> Floats:
    duties = np.array(lineups, dtype=float)
    return _core.expected(scenario, duties, threads=threads, progress=None, lumped=lumped)


def gradient(scenario: bb.Scenario, lineups: object, weights: Floats) -> tuple[Floats, Floats]:
    duties = np.array(lineups, dtype=float)
    return _core.expected_gradient(scenario, duties, weights, threads=0, progress=None)


SMALL = [(2, 1), (2, 4), (3, 1), (3, 2), (3, 4), (4, 3), (5, 2), (5, 4)]
EDGES = (0.0, 1.0)


def drawn(seed: int, houses: int, agents: int) -> tuple[bb.Scenario, list[tuple[float, float]]]:
    """A scenario whose parameters are now and then 0 or 1."""
    rng = np.random.default_rng([seed, houses, agents])

    def chance(most: float) -> float:
        return float(rng.choice(EDGES)) if rng.random() < 0.15 else float(rng.uniform(0, most))

    nights = int(rng.integers(1, 9))
    scenario = bb.scenario("default").replace(
        num_houses=houses,
        num_agents=agents,
        prob_fire_spreads_to_neighbor=chance(0.6),
        prob_solo_agent_extinguishes_fire=chance(1.0),
        prob_house_catches_fire=chance(0.4),
        min_nights=int(rng.integers(0, nights + 1)),
        max_nights=nights,
    )
    return scenario, [(chance(1.0), chance(1.0)) for _ in range(agents)]


@pytest.mark.parametrize(("order", "end_rule"), RULES)
@pytest.mark.parametrize(("houses", "agents"), SMALL)
def test_small_rings_match_plain_enumeration(
    houses: int, agents: int, order: str, end_rule: str
) -> None:
    for seed in range(3):
        scenario, duties = drawn(seed, houses, agents)
        scenario = scenario.replace(night_order=order, end_rule=end_rule)
        plain = plain_chain.expected_counts(as_reference(scenario), duties)
        for lumped in (None, False):
            found = expected(scenario, [duties], lumped=lumped)[0]
            np.testing.assert_allclose(found, plain, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("order", "end_rule"), RULES)
@pytest.mark.parametrize("game", range(len(GAMES)))
def test_small_rings_match_enumeration_cause_by_cause(game: int, order: str, end_rule: str) -> None:
    scenario, seats = GAMES[game]
    scenario = scenario.replace(night_order=order, end_rule=end_rule)
    exact = cause_by_cause(as_reference(scenario), seats)
    found = np.zeros(0)
    for choice in product(*seats):
        weight = float(np.prod([w for w, _ in choice]))
        counts = weight * expected(scenario, [[duty(theta) for _, theta in choice]])[0]
        found = counts if not found.size else found + counts
    parts = (exact["worked"], exact["safe"], exact["ruined"], exact["saved"])
    ends = [exact["ended"][kind] for kind in bb.END_KINDS]
    np.testing.assert_allclose(
        found, [exact["nights"], *np.concatenate(parts), *ends], rtol=1e-12, atol=1e-12
    )


EPISODES = 200_000


@pytest.mark.parametrize(("order", "end_rule"), RULES)
@pytest.mark.parametrize("name", list(bb.SCENARIOS))
def test_sampled_counts_agree(name: str, order: str, end_rule: str) -> None:
    scenario = bb.scenario(name).replace(night_order=order, end_rule=end_rule)
    names = ["firefighter", "free_rider", "hero", "coordinator"]
    exact = expected(scenario, [[duty(name) for name in names]])[0]
    result = bb.simulate(scenario, [names], episodes=EPISODES, seed=5, per_block=True)
    blocks = result.counts.blocks
    assert blocks is not None
    means = blocks[0] / 32
    mean, error = means.mean(axis=0), means.std(axis=0, ddof=1) / sqrt(len(means))
    for i in range(len(exact)):
        # Of what is too rare to show its variance, at most a few may have been seen.
        few = exact[i] * EPISODES < 12 and mean[i] * EPISODES < 40
        near = abs(mean[i] - exact[i]) <= (5 * error[i] if error[i] else 1e-9)
        assert near or few, (i, mean[i], exact[i], error[i])


# Of the original project's engine, with one standard error: docs/rules.md.
MEASURED = {
    ("default", "firefighter"): (2006.2, 14.6),
    ("default", "free_rider"): (-6794.3, 28.6),
    ("default", "hero"): (2035.1, 14.0),
    ("default", "coordinator"): (-70.9, 23.4),
    ("hard", "firefighter"): (-1149.3, 14.3),
    ("hard", "free_rider"): (-2193.8, 11.1),
    ("hard", "hero"): (-608.9, 14.7),
    ("hard", "coordinator"): (-2612.0, 11.8),
}


def payoff_weights(scenario: bb.Scenario, agent: int) -> Floats:
    """What each count is worth to an agent, written from docs/rules.md (no per-agent rewards)."""
    s, houses, agents = scenario, scenario.num_houses, scenario.num_agents
    own = np.arange(houses) % agents == agent

    def of(own_value: object, other_value: object) -> Floats:
        return np.where(own, np.asarray(own_value), np.asarray(other_value)).astype(float)

    worked = np.zeros(agents)
    worked[agent] = -s.cost_to_work_one_night - s.reward_rest
    safe = np.full(houses, s.team_reward_house_survives / houses)
    ruined = -s.team_penalty_house_burns / houses - of(
        s.penalty_own_house_burns, s.penalty_other_house_burns
    )
    saved = of(s.reward_own_house_survives, s.reward_other_house_survives)
    return np.concatenate([[s.reward_rest], worked, safe, ruined, saved, np.zeros(4)])


@pytest.mark.parametrize(("name", "archetype"), list(MEASURED))
def test_measured_payoffs(name: str, archetype: str) -> None:
    scenario = bb.scenario(name).replace(night_order="burn_out_then_spread")
    counts = expected(scenario, [[duty(archetype)] * 4])[0]
    mean, stderr = MEASURED[name, archetype]
    assert abs(counts @ payoff_weights(scenario, 0) - mean) <= 4 * stderr


@pytest.mark.parametrize(("order", "end_rule"), RULES)
def test_where_nothing_burns_the_payoff_is_known(order: str, end_rule: str) -> None:
    scenario = bb.scenario("trivial_cooperation").replace(night_order=order, end_rule=end_rule)
    for archetype in bb.ARCHETYPES:
        counts = expected(scenario, [[duty(archetype)] * 4])[0]
        p, _ = duty(archetype)
        assert counts[0] == 13.0
        value = counts @ payoff_weights(scenario, 1)
        assert value == pytest.approx(13 * (100.5 - p), rel=1e-14)


def test_threads_and_neighbors_in_a_batch_change_no_bit() -> None:
    scenario = bb.scenario("chain_reaction").replace(max_nights=25)
    lineups = [
        [duty(a), duty(b), duty("hero"), (0.3, 0.7)]
        for a in bb.ARCHETYPES
        for b in ("liar", "free_rider")
    ]
    alone = np.concatenate([expected(scenario, [lineup]) for lineup in lineups])
    for threads in (0, 1, 2, 3):
        assert np.array_equal(expected(scenario, lineups, threads=threads), alone)


@pytest.mark.parametrize("order", ORDERS)
def test_gradient_of_a_payoff(order: str) -> None:
    scenario = bb.scenario("mixed_motivation").replace(night_order=order)
    lineup = [(0.8, 0.5), (0.5, 0.9), (0.97, 0.2), (0.6, 0.6)]
    weights = np.array([payoff_weights(scenario, agent) for agent in range(4)])
    counts, slopes = gradient(scenario, [lineup] * 4, weights)
    assert counts.shape == weights.shape
    assert slopes.shape == (4, 4, 2)
    assert np.array_equal(counts, np.repeat(expected(scenario, [lineup]), 4, axis=0))
    step = 1e-4
    for seat, which in product(range(4), range(2)):
        moved = np.array([lineup, lineup])
        moved[0, seat, which] += step
        moved[1, seat, which] -= step
        up, down = expected(scenario, moved)
        estimate = (weights @ (up - down)) / (2 * step)
        np.testing.assert_allclose(slopes[:, seat, which], estimate, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize(("houses", "agents"), [(10, 4), (5, 5), (7, 3), (2, 2), (3, 5)])
def test_reversed_line_ups_have_reflected_counts(houses: int, agents: int) -> None:
    scenario, duties = drawn(7, houses, agents)
    scenario = scenario.replace(
        prob_house_catches_fire=0.1, prob_fire_spreads_to_neighbor=0.3, max_nights=9, min_nights=2
    )
    both = expected(scenario, [duties, duties[::-1], duties])
    assert np.array_equal(both[0], both[2])
    assert np.array_equal(both[1], expected(scenario, [duties[::-1]])[0])
    if houses <= 5:
        for counts, lineup in zip(both, [duties, duties[::-1]], strict=False):
            plain = plain_chain.expected_counts(as_reference(scenario), lineup)
            np.testing.assert_allclose(counts, plain, rtol=1e-12, atol=1e-12)
    if agents <= houses:
        mirror = (agents - 1 - np.arange(houses)) % houses
        for kind in range(3):
            first = 1 + agents + kind * houses
            ahead, back = both[:2, first : first + houses]
            np.testing.assert_allclose(back, ahead[mirror], rtol=1e-13)
    weights = np.random.default_rng(3).normal(size=(2, both.shape[1]))
    counts, slopes = gradient(scenario, [duties, duties[::-1]], weights)
    assert np.array_equal(counts, both[:2])
    for lineup in range(2):
        given = np.array([duties, duties[::-1]])[lineup]
        for seat, which in product(range(agents), range(2)):
            if not 0.01 < given[seat, which] < 0.99:
                continue
            moved = np.array([given, given])
            moved[0, seat, which] += 1e-5
            moved[1, seat, which] -= 1e-5
            up, down = expected(scenario, moved)
            estimate = weights[lineup] @ (up - down) / 2e-5
            assert slopes[lineup, seat, which] == pytest.approx(estimate, rel=1e-6, abs=1e-6)


def test_no_line_ups_are_no_work() -> None:
    assert expected(bb.scenario("default"), np.zeros((0, 4, 2))).shape == (0, 39)


@pytest.mark.parametrize("bad", [-0.1, 1.0000001, float("nan"), float("inf")])
@pytest.mark.parametrize(("which", "letter"), [(0, "p"), (1, "q")])
def test_duties_must_be_probabilities(bad: float, which: int, letter: str) -> None:
    lineups = np.full((3, 4, 2), 0.5)
    lineups[2, 1, which] = bad
    with pytest.raises(bb.InvalidValue, match=rf"lineups\[2\]\[1\]\.{letter}"):
        expected(bb.scenario("default"), lineups)


def test_shapes_are_checked() -> None:
    scenario = bb.scenario("default")
    with pytest.raises(bb.InvalidValue, match="lineups"):
        expected(scenario, np.zeros((1, 3, 2)))
    with pytest.raises(bb.InvalidValue, match="lineups"):
        expected(scenario, np.zeros((1, 4, 3)))
    with pytest.raises(bb.InvalidValue, match="weights"):
        gradient(scenario, np.zeros((2, 4, 2)), np.zeros((1, 39)))
    with pytest.raises(bb.InvalidValue, match="weights"):
        gradient(scenario, np.zeros((1, 4, 2)), np.full((1, 39), np.nan))


def test_large_rings_are_refused_with_what_they_would_take() -> None:
    large = bb.scenario("default").replace(num_houses=16)
    with pytest.raises(bb.InvalidValue, match=r"num_houses = 16 .* GB and .* s a line-up"):
        expected(large, np.zeros((1, 4, 2)))
    size, seconds = _core.exact_cost(large)
    assert size > 1e8
    assert seconds > 1
    # Where no fire spreads, houses without agents are alike, and only their numbers matter.
    lumped = large.replace(night_order="burn_out_then_spread")
    exact = expected(lumped, [[duty("hero")] * 4])[0]
    result = bb.simulate(lumped, [["hero"] * 4], episodes=20_000, seed=3)
    mean = exact @ payoff_weights(lumped, 0)
    assert abs(result.mean[0, 0] - mean) <= 5 * result.stderr[0, 0]
    with pytest.raises(bb.InvalidValue, match="num_houses"):
        expected(lumped, np.zeros((1, 4, 2)), lumped=False)
    crowded = bb.scenario("default").replace(num_agents=9)
    with pytest.raises(bb.InvalidValue, match="num_agents"):
        expected(crowded, np.zeros((1, 9, 2)))
    with pytest.raises(bb.InvalidValue, match="lumped"):
        expected(bb.scenario("default"), np.zeros((1, 4, 2)), lumped=True)


def test_progress_is_told_and_can_stop() -> None:
    lineups = np.random.default_rng(1).uniform(0.0, 1.0, (400, 4, 2))
    told: list[int] = []

    def stop(done: int) -> None:
        told.append(done)
        if len(told) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        _core.expected(bb.scenario("default"), lineups, threads=1, progress=stop)
    assert len(told) == 2
    assert told[0] <= told[1] < len(lineups)
