"""Policies as tables, and what is computed with them: `bb.tabulate` and the exact solvers."""

from typing import Any

import numpy as np
import pytest
from brute_force_game import BruteForce
from policy_games import GAMES, close, drawn_tables, name, small_game

import bucket_brigade as bb
from bucket_brigade.envs import VectorEnv
from bucket_brigade.policies.states import all_houses, state_number

few_games = pytest.mark.parametrize("scenario", GAMES[1::5], ids=name)


def test_states_are_numbered_by_house() -> None:
    houses = all_houses(3)
    assert [state_number(row.tolist(), 3) for row in houses] == list(range(27))
    assert houses[5].tolist() == [2, 1, 0]


@few_games
def test_tables_come_back(scenario: bb.Scenario) -> None:
    by_night = drawn_tables(scenario, 8)[0]
    by_night[:, ::3] = np.eye(1 + scenario.num_houses)[1]
    by_night[1:3, 1] = by_night[0, 1]
    policy = bb.tabulate(by_night, scenario)
    for night in range(scenario.max_nights):
        assert (policy.table(night) == by_night[night]).all()
        for state, houses in enumerate(all_houses(scenario.num_houses)):
            assert (policy.at(houses, night) == by_night[night, state]).all()
    constant = bb.tabulate(by_night[0], scenario)
    assert (constant.table(scenario.max_nights - 1) == by_night[0]).all()
    assert len(constant.acts) == 3**scenario.num_houses
    assert bb.tabulate(policy, scenario) == policy


@few_games
def test_heuristics_and_functions_become_tables(scenario: bb.Scenario) -> None:
    brute = BruteForce(scenario)
    for seat in range(scenario.num_agents):
        theta = bb.ARCHETYPES["coordinator"]
        expected = brute.heuristic(seat, theta[1] * (1 - theta[8]), theta[3])[0]
        found = bb.tabulate("coordinator", scenario, seat=seat)
        assert close(found.table(), expected)
        of_function = bb.tabulate(lambda _, chances=expected: chances, scenario)
        assert close(of_function.table(), expected)
    acts = bb.tabulate(lambda houses: (houses == 1).any(axis=1).astype(int), scenario)
    for houses in all_houses(scenario.num_houses):
        assert acts.at(houses).argmax() == int((houses == 1).any())


@few_games
def test_best_responses_and_exploitability(scenario: bb.Scenario) -> None:
    brute = BruteForce(scenario)
    tables = drawn_tables(scenario, 9)
    lineup: list[Any] = [bb.tabulate(table, scenario) for table in tables]
    payoffs = brute.start(brute.values(tables)[0])
    best = brute.start(brute.best_responses(tables)[0])
    all_seats = bb.best_response(scenario, iter(lineup))
    for seat, found in enumerate(all_seats):
        assert found.seat == seat
        assert close([found.payoff, found.value], [payoffs[seat], best[seat]])
        played = [*tables[:seat], np.stack([found.policy.table(n) for n in range(4)])]
        played += tables[seat + 1 :]
        assert close(brute.start(brute.values(played)[0])[seat], found.value)
        assert 0 <= found.worked <= found.nights <= scenario.max_nights
        assert bb.best_response(scenario, lineup, seat) == found
    exploited = bb.exploitability(scenario, lineup)
    assert close(exploited.gains, best - payoffs)
    assert close(exploited.largest, (best - payoffs).max())
    assert close(exploited.nash_conv, (best - payoffs).sum())
    assert exploited.anywhere >= exploited.largest - 1e-9


@few_games
def test_team_optimum_and_equilibrium(scenario: bb.Scenario) -> None:
    brute = BruteForce(scenario)
    optimum = bb.team_optimum(scenario)
    assert close(optimum.payoff, brute.start(brute.team_optimum()[0]))
    assert close(optimum.payoffs.mean(), optimum.payoff)
    for selector in ("previous", "rest", "welfare"):
        found = bb.markov_equilibrium(scenario, selector=selector)
        assert found.regret < 1e-9
        assert found.unsolved_stages == 0
        assert close(bb.exploitability(scenario, found.policies).payoffs, found.payoffs)
        assert found.payoffs.mean() <= optimum.payoff + 1e-9


@few_games
def test_line_ups_with_tables_have_counts_and_values(scenario: bb.Scenario) -> None:
    brute = BruteForce(scenario)
    tables = drawn_tables(scenario, 10)
    lineup = [bb.tabulate(table, scenario) for table in tables]
    values = brute.values(tables)[0]
    worth = bb.policy_values(scenario, lineup)
    assert close(worth.payoffs, brute.start(values))
    for state, houses in enumerate(all_houses(scenario.num_houses)):
        assert close(worth.at(houses.tolist()), values[state])
    theta = bb.ARCHETYPES["coordinator"]
    seats = range(scenario.num_agents)
    hero = [brute.heuristic(seat, 1.0, theta[3]) for seat in seats]
    mixed: list[Any] = [bb.Mixture([lineup[0], [1, 1, 0, theta[3], *[0.0] * 6]], [0.25, 0.75])]
    found = bb.expected(scenario, [lineup, mixed + lineup[1:], ["liar"] * scenario.num_agents])
    assert close(found.mean[0], brute.start(values))
    assert close(found.counts.nights[0], brute.reached(tables).sum())
    other = brute.start(brute.values([hero[0], *tables[1:]])[0])
    assert close(found.mean[1], 0.25 * brute.start(values) + 0.75 * other)
    assert close(found.mean[2], bb.expected(scenario, [["liar"] * scenario.num_agents]).mean[0])
    assert found.pure_lineups == 3
    dear = found.reweighted(cost_to_work_one_night=3.5)
    changed = BruteForce(scenario.replace(cost_to_work_one_night=3.5))
    assert close(dear.mean[0], changed.start(changed.values(tables)[0]))


def test_tables_are_chosen_a_method_for() -> None:
    scenario = small_game(25, 3, 2)
    table = bb.tabulate(bb.Firefighter(0.5), scenario)
    lineup: list[Any] = [table, "hero"]
    exact = bb.expected(scenario, [lineup])
    assert bb.evaluate(scenario, [lineup], method="exact") == exact
    assert bb.evaluate(scenario, [lineup], method="auto", episodes=10**9) == exact
    assert bb.evaluate(scenario, [lineup], method="auto", episodes=32).method == "sampled"
    again = [bb.policies.kinds.as_policy(each) for each in exact.to_dict(0)["strategy_pool"]]
    assert again[0] == table
    other: list[Any] = [bb.tabulate("hero", small_game(26, 2, 2)), "hero"]
    with pytest.raises(bb.InvalidValue, match="a table for 2 houses and 4 nights"):
        bb.expected(scenario, [other])
    with pytest.raises(bb.InvalidValue, match="a table for 2 houses and 4 nights"):
        bb.simulate(scenario, [other], episodes=1)
    with pytest.raises(bb.InvalidValue, match=r"table .* heuristic agents and firefighters"):
        bb.expected_gradient(scenario, [lineup])
    with pytest.raises(bb.InvalidValue, match="a table for 2 houses and 4 nights"):
        VectorEnv(scenario, 4, lineup=other)
    with pytest.raises(bb.InvalidValue, match="weights"):
        bb.expected(scenario, [[bb.Mixture([table, "hero"], [0.5, 0.6]), "hero"]])


def test_no_heuristic_beats_the_best_response() -> None:
    scenario = small_game(20, 5, 3, max_nights=20)
    best = bb.best_response(scenario, ["hero", "firefighter", "liar"], 0)
    rng = np.random.default_rng(1)
    lineups: list[Any] = [[rng.random(10), "firefighter", "liar"] for _ in range(100)]
    assert bb.expected(scenario, lineups).mean[:, 0].max() <= best.value + 1e-9


def refused() -> list[tuple[Any, str]]:
    table = np.full((27, 4), 0.25)
    short, missing = table.copy(), table.copy()
    short[4] = 0.2
    missing[6, 1] = np.nan
    return [
        (short, r"policy\[4\]"),
        (missing, r"policy\[6\]"),
        (np.stack([table, table, short, table]), r"policy\[2\]\[4\]"),
        (table[:9], "policy = an array of shape"),
        (table.astype(complex), "policy = an array of complex"),
        ("heroo", "policy"),
        (lambda houses: houses, "policy = a function"),
        (lambda houses: np.full(27, 4), "policy = 4"),
        (bb.tabulate("hero", small_game(21, 2, 2)), "policy = a policy for 2 houses"),
    ]


@pytest.mark.parametrize(("policy", "message"), refused())
def test_what_is_no_policy_is_refused(policy: Any, message: str) -> None:
    with pytest.raises(bb.InvalidValue, match=message):
        bb.tabulate(policy, small_game(22, 3, 2))


def test_line_ups_and_arguments_are_checked() -> None:
    scenario = small_game(23, 3, 2)
    mixture = bb.Mixture(["hero", "liar"], [0.5, 0.5])
    for lineup, message in [
        (["hero"], "lineup = 1 policies"),
        (["hero", "heroo"], r"lineup\[1\]"),
        (["hero", mixture], r"lineup\[1\].*drawn once"),
        (["hero", bb.tabulate("hero", small_game(24, 2, 2))], r"lineup\[1\]"),
    ]:
        with pytest.raises(bb.InvalidValue, match=message):
            bb.best_response(scenario, lineup)
    with pytest.raises(bb.InvalidValue, match="seat = 2"):
        bb.best_response(scenario, ["hero", "hero"], 2)
    with pytest.raises(bb.InvalidValue, match="selector"):
        bb.markov_equilibrium(scenario, selector="wellfare")
    policy = bb.tabulate("hero", scenario)
    with pytest.raises(bb.InvalidValue, match="night = 4"):
        policy.table(4)
    with pytest.raises(bb.InvalidValue, match="houses"):
        policy.at([0, 1, 3])
