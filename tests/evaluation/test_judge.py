"""Line-ups judged: gains by the best (p, q) and by the best policy, and bounds for mixtures."""

import itertools
from typing import Any

import numpy as np
import pytest
from brute_force_game import BruteForce
from policy_games import close, drawn_tables, small_game

import bucket_brigade as bb

SCENARIO = small_game(30, 3, 2, max_nights=8)


def strategy(p: float, q: float) -> list[float]:
    return [1, p, 0, q, 0, 0, 0, 0, 0, 0]


def test_of_tables_the_best_response_is_judged() -> None:
    scenario = SCENARIO
    tables = drawn_tables(scenario, 1)
    lineup = [bb.tabulate(table, scenario) for table in tables]
    found = bb.judge(scenario, lineup)
    brute = BruteForce(scenario)
    payoffs = brute.start(brute.values(tables)[0])
    best = brute.start(brute.best_responses(tables)[0])
    assert close([each.payoff for each in found.seats], payoffs)
    assert close([each.value for each in found.seats], best)
    assert close([each.gain_at_most for each in found.seats], best - payoffs)
    assert close(found.exploitability, (best - payoffs).max())
    assert close(found.nash_conv, (best - payoffs).sum())
    told = found.to_dict()
    assert close(told["seats"][1]["best_response"]["gain"], found.seats[1].gain)
    assert told["lineup"] == [each.name() for each in lineup]
    for seat, each in enumerate(found.seats):
        played: list[Any] = [*lineup]
        played[seat] = each.policy
        counts = bb.expected(scenario, [played]).counts
        assert close(
            [each.nights, each.response_worked], [counts.nights[0], counts.worked[0, seat]]
        )


def test_json_names_p_and_q_in_full() -> None:
    first, second = strategy(0.1, 1.0), strategy(1 / 3, 0.123456789012345)
    lineup: list[Any] = [first, bb.Mixture([first, second], [0.25, 0.75])]
    told = bb.judge(SCENARIO, lineup, heuristics=False).to_dict()
    first_name, second_name = "(p=0.1, q=1)", "(p=0.3333333333333333, q=0.123456789012345)"
    assert told["lineup"] == [first_name, {first_name: 0.25, second_name: 0.75}]


@pytest.mark.parametrize("others", ["table", "hero", "mixture"])
def test_no_p_and_q_are_better_than_the_best(others: str) -> None:
    table = bb.tabulate(drawn_tables(SCENARIO, 2)[1], SCENARIO)
    entry: Any = {"table": table, "hero": "hero"}.get(
        others, bb.Mixture(["hero", table], [0.5, 0.5])
    )
    best = bb.judge(SCENARIO, ["coordinator", entry]).seats[0].best_heuristic
    assert best is not None
    grid = list(itertools.product(np.linspace(0, 1, 9), repeat=2))
    tried = bb.expected(SCENARIO, [[strategy(*at), entry] for at in grid]).mean[:, 0]
    assert tried.max() <= best.value + 1e-2
    assert close(bb.expected(SCENARIO, [[strategy(best.p, best.q), entry]]).mean[0, 0], best.value)
    own = bb.expected(SCENARIO, [["coordinator", entry]]).mean[0, 0]
    assert close(best.gain, best.value - own)


def test_mixtures_are_bounded_from_both_sides() -> None:
    scenario = SCENARIO
    one, other = drawn_tables(scenario, 3, by_night=False)
    weights = [0.3, 0.7]
    mixture = bb.Mixture([bb.tabulate(table[0], scenario) for table in (one, other)], weights)
    found = bb.judge(scenario, ["hero", mixture]).seats[0]
    brute = BruteForce(scenario)
    hero = brute.heuristic(0, 1.0, bb.ARCHETYPES["hero"][3])
    nights = scenario.max_nights
    types = [np.repeat(table, nights, axis=0) for table in (one, other)]
    told = [brute.start(brute.best_responses([hero, table])[0])[0] for table in types]
    assert close(found.value_at_most, np.dot(weights, told))
    assert found.payoff < found.value <= found.value_at_most
    # The policy is worth what it is said to be, against those who draw once.
    again = bb.expected(scenario, [[found.policy, mixture]]).mean[0, 0]
    assert close(found.value, again)
    # It is no worse than the best against those who draw anew every night.
    redrawn = bb.tabulate(np.tensordot(weights, types, axes=1), scenario)
    answer = bb.best_response(scenario, ["hero", redrawn], 0).policy
    assert bb.expected(scenario, [[answer, mixture]]).mean[0, 0] <= found.value + 1e-9


def test_arguments_are_checked() -> None:
    mixture = bb.Mixture(["hero", "liar", "free_rider"], [0.4, 0.3, 0.3])
    with pytest.raises(bb.InvalidValue, match="729 pure line-ups"):
        bb.judge(small_game(31, 2, 6), [mixture] * 6)
    with pytest.raises(bb.InvalidValue, match="lineups"):
        bb.judge(SCENARIO, ["hero"])
    with pytest.raises(bb.InvalidValue, match="heuristics"):
        bb.judge(SCENARIO, ["hero", "hero"], heuristics=3)  # type: ignore[arg-type]
    steps: list[tuple[int, int]] = []
    bb.judge(SCENARIO, ["hero"] * 2, heuristics=False, progress=lambda *step: steps.append(step))
    assert steps == [(1, 2), (2, 2)]
