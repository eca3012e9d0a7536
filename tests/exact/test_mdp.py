"""Exact work on policies of every kind, against brute force and against the chain."""

from typing import Any

import numpy as np
import pytest
from brute_force_game import BruteForce
from policy_games import EDGES, GAMES, RULES, close, dense, drawn_tables, name, small_game

import bucket_brigade as bb
from bucket_brigade import _core
from bucket_brigade.counts.expected_counts import ExpectedCounts
from bucket_brigade.game.rewards import count_weights
from bucket_brigade.policies.heuristic import strategy_of

ALONE: dict[str, Any] = {"threads": 1, "progress": None}

games = pytest.mark.parametrize("scenario", GAMES + EDGES, ids=name)


@games
def test_values_are_those_of_brute_force(scenario: bb.Scenario) -> None:
    brute = BruteForce(scenario)
    tables = drawn_tables(scenario, 1)
    expected = brute.values(tables)[0]
    start, states = _core.policy_values(scenario, tables, **ALONE)
    assert close(states, expected)
    assert close(start, brute.start(expected))


@games
def test_counts_times_rewards_are_values(scenario: bb.Scenario) -> None:
    tables = drawn_tables(scenario, 2)
    counts = _core.policy_counts(scenario, tables, **ALONE)
    expected = ExpectedCounts(scenario.num_houses, scenario.num_agents, counts[None])
    start, _ = _core.policy_values(scenario, tables, **ALONE)
    assert close(expected.mean(count_weights(scenario))[0], start)
    assert close(expected.ended.sum(), 1.0)
    # Rewards that single out what happens to one house or one agent.
    rng = np.random.default_rng(5)
    single = bb.Scenario(
        **{
            **{f: getattr(scenario, f) for f in scenario.__dataclass_fields__},
            "reward_own_house_survives": tuple(rng.random(scenario.num_agents)),
            "penalty_own_house_burns": tuple(rng.random(scenario.num_agents)),
            "cost_to_work_one_night": 0.7,
        }
    )
    brute = BruteForce(single)
    assert close(expected.mean(count_weights(single))[0], brute.start(brute.values(tables)[0]))


@games
def test_best_responses_are_those_of_brute_force(scenario: bb.Scenario) -> None:
    brute = BruteForce(scenario)
    tables = drawn_tables(scenario, 3)
    expected = brute.best_responses(tables)
    start, states, runs = _core.best_responses(scenario, tables, **ALONE)
    assert close(states, expected[0])
    assert close(start, brute.start(expected[0]))
    own, gains, largest, (seat, night, state) = _core.certify(scenario, tables, **ALONE)
    values = brute.values(tables)
    assert close(own, brute.start(values[0]))
    assert close(own + gains, start)
    everywhere = expected - values
    assert close(largest, everywhere.max())
    assert close(everywhere[night, state, seat], largest)
    for seat in range(scenario.num_agents):
        played = list(tables)
        played[seat] = dense(scenario, runs[seat])
        assert close(brute.start(brute.values(played)[0])[seat], start[seat])
        mixed: list[Any] = list(tables)
        mixed[seat] = runs[seat]
        assert close(_core.policy_values(scenario, mixed, **ALONE)[0][seat], start[seat])


@games
def test_the_team_optimum_is_that_of_brute_force(scenario: bb.Scenario) -> None:
    brute = BruteForce(scenario)
    expected = brute.team_optimum()[0]
    mean, states, runs = _core.team_optimum(scenario, **ALONE)
    assert close(states, expected)
    assert close(mean, brute.start(expected))
    values = brute.values([dense(scenario, each) for each in runs])[0]
    assert close(values.mean(axis=1), expected)


@pytest.mark.parametrize("selector", _core.selectors())
@games
def test_nobody_gains_at_an_equilibrium(scenario: bb.Scenario, selector: str) -> None:
    start, runs, mixed, unsolved = _core.markov_equilibrium(scenario, selector=selector, **ALONE)
    assert unsolved == 0
    brute = BruteForce(scenario)
    tables = [dense(scenario, each) for each in runs]
    values = brute.values(tables)
    assert close(start, brute.start(values[0]))
    # At every night, in every state, by any policy from there on.
    assert (brute.best_responses(tables) - values).max() < 1e-9
    assert _core.certify(scenario, runs, **ALONE)[2] < 1e-9
    drawn = sum((table.max(axis=2) < 1).sum() for table in tables)
    assert (drawn > 0) == (mixed > 0)


def test_some_stages_have_no_pure_equilibrium() -> None:
    mixed = [_core.markov_equilibrium(scenario, selector="rest", **ALONE)[2] for scenario in GAMES]
    assert sum(number > 0 for number in mixed) >= 3


def test_selectors_choose_among_equilibria() -> None:
    """The best pure equilibrium of a last night has the largest mean of all."""
    scenario = small_game(15, 3, 3, max_nights=1, min_nights=0)
    brute = BruteForce(scenario)
    stages = brute.stages(0, np.zeros((27, 3)))
    _, runs, _, _ = _core.markov_equilibrium(scenario, selector="welfare", **ALONE)
    values = brute.values([dense(scenario, each) for each in runs])[0]
    best = np.full(27, -np.inf)
    for j, acts in enumerate(brute.joint):
        stable = np.ones(27, dtype=bool)
        for seat in range(3):
            others = [
                i
                for i, other in enumerate(brute.joint)
                if all(other[s] == acts[s] for s in range(3) if s != seat)
            ]
            stable &= stages[others, :, seat].max(axis=0) <= stages[j, :, seat] + 1e-9
        best = np.where(stable, np.maximum(best, stages[j].mean(axis=1)), best)
    pure = np.isfinite(best)
    assert pure.sum() > 20
    assert close(values.mean(axis=1)[pure], best[pure])


def test_unknown_selectors_are_refused() -> None:
    with pytest.raises(bb.InvalidValue, match="selector"):
        _core.markov_equilibrium(small_game(16, 2, 2), selector="best", **ALONE)


@pytest.mark.parametrize("scenario", GAMES[::3], ids=name)
def test_heuristics_and_tables_by_night_or_not_are_one(scenario: bb.Scenario) -> None:
    brute = BruteForce(scenario)
    rng = np.random.default_rng(6)
    duties = [tuple(rng.random(2).tolist()) for _ in range(scenario.num_agents)]
    tables = [brute.heuristic(a, p, q) for a, (p, q) in enumerate(duties)]
    of_duties = _core.policy_values(scenario, duties, **ALONE)
    assert close(of_duties[1], brute.values(tables)[0])
    for each in (tables, [table[0] for table in tables]):
        assert close(_core.policy_values(scenario, each, **ALONE)[0], of_duties[0])
        assert close(
            _core.policy_counts(scenario, each, **ALONE),
            _core.policy_counts(scenario, duties, **ALONE),
        )


@pytest.mark.parametrize(("order", "rule"), RULES)
def test_heuristics_on_the_ring_of_ten_are_worth_what_the_chain_says(order: str, rule: str) -> None:
    default = bb.scenario("default")
    fields = {f: getattr(default, f) for f in default.__dataclass_fields__}
    scenario = bb.Scenario(**{**fields, "night_order": order, "end_rule": rule})
    lineup = ["hero", "firefighter", "free_rider", "coordinator"]
    chain = bb.expected(scenario, [lineup])
    thetas = [bb.ARCHETYPES[each] for each in lineup]
    duties = [(theta[1] * (1 - theta[8]), theta[3]) for theta in thetas]
    counts = _core.policy_counts(scenario, duties, threads=0, progress=None)
    found = ExpectedCounts(scenario.num_houses, scenario.num_agents, counts[None])
    for field in ("nights", "worked", "safe", "ruined", "saved", "ended"):
        expected = getattr(chain.counts, field)
        assert np.allclose(getattr(found, field), expected, rtol=1e-9, atol=1e-9), field
    start, _ = _core.policy_values(scenario, duties, threads=0, progress=None)
    assert np.allclose(start, chain.mean[0], rtol=1e-9, atol=1e-9)


# Means over seats in docs, 10 houses, 4 agents, 100 nights, fires that spread before they burn out.
KNOWN = {
    "default": ((1.0, 1.0), 2028.31, 2499.84, 4371.81),
    "rest_trap": ((0.386, 0.998), 2822.74, 4472.06, 7483.67),
    "hard": ((1.0, 1.0), -1583.01, -1340.38, -251.15),
}


@pytest.mark.parametrize(
    "known", ["default", *(pytest.param(name, marks=pytest.mark.slow) for name in list(KNOWN)[1:])]
)
def test_known_values(known: str) -> None:
    duty, certified, best, optimum = KNOWN[known]
    scenario = bb.scenario(known)
    duties = [duty] * 4
    values, _ = _core.policy_values(scenario, duties, threads=0, progress=None)
    assert values.mean() == pytest.approx(certified, abs=0.5)
    start, _, _ = _core.best_responses(scenario, duties, threads=0, progress=None)
    # (p, q) is known to three digits, and best responses depend on it.
    assert start.mean() == pytest.approx(best, rel=1e-3)
    mean, _, _ = _core.team_optimum(scenario, threads=0, progress=None)
    assert mean == pytest.approx(optimum, abs=0.005)
    assert (start >= values).all()
    assert mean >= start.mean()


def test_results_do_not_depend_on_threads() -> None:
    scenario = small_game(9, 8, 3, max_nights=6)
    duties = [(0.9, 0.4), (0.7, 0.1), (0.3, 1.0)]
    for task in (_core.best_responses, _core.certify, _core.policy_counts, _core.policy_values):
        one, two = (task(scenario, duties, threads=threads, progress=None) for threads in (1, 2))
        assert repr(one) == repr(two)


@pytest.mark.parametrize(("houses", "agents"), [(8, 3), (7, 5)])
def test_what_depends_on_fires_alone_is_what_tables_of_each_night_come_to(
    houses: int, agents: int
) -> None:
    scenario = small_game(11, houses, agents, max_nights=3)
    blind: list[Any] = [(0.9 - 0.1 * seat, 0.1 * seat) for seat in range(agents)]
    tables = [
        bb.tabulate(strategy_of(*duty), scenario, seat=seat).table()
        for seat, duty in enumerate(blind)
    ]
    # Told every night, they are no longer known to be blind to it.
    seeing = [np.repeat(table[None], scenario.max_nights, axis=0) for table in tables]
    for task in (_core.policy_values, _core.best_responses, _core.certify):
        found, expected = task(scenario, blind, **ALONE), task(scenario, seeing, **ALONE)
        assert close(found[0], expected[0])
        assert close(found[1], expected[1])
    runs = _core.best_responses(scenario, blind, **ALONE)[2]
    found = _core.deviations(scenario, blind, runs, **ALONE)
    assert close(found, _core.deviations(scenario, seeing, runs, **ALONE))
    for seat in range(agents):
        played = [*seeing[:seat], runs[seat], *seeing[seat + 1 :]]
        counts = _core.policy_counts(scenario, played, **ALONE)
        assert close(found[seat], counts[[0, 1 + seat]])


def test_runs_are_tables_of_acts() -> None:
    scenario = small_game(10, 3, 2)
    rng = np.random.default_rng(7)
    acts = rng.integers(0, 4, size=(2, scenario.max_nights, 27)).astype(np.uint8)
    runs = [_core.act_runs(each) for each in acts]
    tables = [np.eye(4)[each] for each in acts]
    for each, table in zip(runs, tables, strict=True):
        assert (dense(scenario, (*each[:3], np.empty((0, 4)))) == table).all()
    assert close(
        _core.policy_values(scenario, runs, **ALONE)[1],
        BruteForce(scenario).values(tables)[0],
    )


def bad_tables() -> list[tuple[Any, str]]:
    good = np.full((27, 4), 0.25)
    negative, empty, short = good.copy(), good.copy(), good.copy()
    negative[5] = (1.5, -0.5, 0, 0)
    empty[7, 2] = np.nan
    short[9, 1] = 0.2
    runs = _core.act_runs(np.zeros((4, 27), dtype=np.uint8))
    unknown = _core.act_runs(np.full((4, 27), 9, dtype=np.uint8))
    return [
        (negative, r"policies\[1\]\[5\]"),
        (empty, r"policies\[1\]\[7\]"),
        (short, r"policies\[1\]\[9\]"),
        (np.stack([good, good, good, short]), r"policies\[1\]\[3\]\[9\]"),
        (good[:26], r"policies\[1\] "),
        ((1.5, 0.0), r"policies\[1\].p"),
        ((0.5, np.nan), r"policies\[1\].q"),
        ("hero", r"policies\[1\] "),
        (unknown, r"policies\[1\].acts"),
        ((runs[0][:-1], *runs[1:]), r"policies\[1\].first"),
        ((runs[0], runs[1] + np.uint32(1), *runs[2:]), r"policies\[1\].until"),
        ((*runs[:3], np.full((1, 4), 0.25)), r"policies\[1\].chances"),
    ]


@pytest.mark.parametrize(("policy", "field"), bad_tables())
def test_bad_policies_are_refused_by_name(policy: Any, field: str) -> None:
    scenario = small_game(11, 3, 2)
    with pytest.raises(bb.InvalidValue, match=field):
        _core.policy_values(scenario, [(0.5, 0.5), policy], **ALONE)


def test_large_games_are_refused_with_what_they_would_take() -> None:
    scenario = small_game(12, 13, 2)
    with pytest.raises(bb.InvalidValue, match=r"num_houses = 13 .* GB"):
        _core.policy_values(scenario, [(0.5, 0.5)] * 2, **ALONE)
    with pytest.raises(bb.InvalidValue, match="policies = 1 "):
        _core.policy_values(small_game(13, 3, 2), [(0.5, 0.5)], **ALONE)


def test_what_progress_raises_stops_the_work() -> None:
    scenario = small_game(14, 9, 4, max_nights=10_000)

    def stop(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        _core.best_responses(scenario, [(0.5, 0.5)] * 4, threads=0, progress=stop)
