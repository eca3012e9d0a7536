"""What is not allowed is refused at the door, by name, and says what is."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from entry_points import (
    CALM,
    DEFAULT,
    EVALUATOR,
    HEROES,
    NO_BACKEND_NAME,
    NO_COUNT,
    NO_INTEGER,
    NO_LINEUP,
    NO_LINEUPS,
    NO_METHOD,
    NO_NUMBER,
    NO_PROBABILITY,
    NO_SCENARIO,
    NO_SEAT,
    NO_STRATEGY,
    NO_THREADS,
    NO_WEIGHTS,
    RESULT,
    Case,
    assert_refused,
    at_a_seat,
    compare,
    episode,
    evaluate,
    evaluated,
    expected,
    gradient,
    listed,
    matrix,
    oracle,
    parameter,
    returned,
    simulate,
    until,
    with_number,
)
from hypothesis import given, settings
from hypothesis import strategies as st

import bucket_brigade as bb
from bucket_brigade.backends.cpu import CpuBackend

CASES: dict[str, Case] = {
    "simulate scenario": parameter(simulate, "scenario", NO_SCENARIO),
    "simulate lineups": parameter(simulate, "lineups", NO_LINEUPS),
    "simulate episodes": parameter(simulate, "episodes", NO_COUNT),
    "simulate seed": parameter(simulate, "seed", NO_INTEGER),
    "simulate first_episode": parameter(simulate, "first_episode", NO_INTEGER),
    "simulate threads": parameter(simulate, "threads", NO_THREADS),
    "simulate backend": parameter(simulate, "backend", NO_BACKEND_NAME),
    "simulate pool": parameter(simulate, "pool", ["hero", [HEROES], [["x"]], [0], [None]]),
    "lineup": (lambda x: simulate(lineups=[x]), NO_LINEUP),
    "seat": (at_a_seat, [*NO_STRATEGY, 0, -1, {}, {0: 1.0}]),
    "seat with a pool": (
        lambda x: at_a_seat(x, pool=["hero", "liar"]),
        [*NO_STRATEGY, 2, -1, 10**400, {}, {2: 1.0}, {-1: 1.0}, {0: 0.5, 1: 0.4}, *NO_WEIGHTS],
    ),
    "number of a strategy": (with_number, NO_PROBABILITY),
    "weights of a mixture": (lambda x: at_a_seat(bb.Mixture(["hero", "liar"], x)), NO_WEIGHTS),
    "strategies of a mixture": (
        lambda x: at_a_seat(bb.Mixture(x, [0.5, 0.5])),
        [
            [],
            ["hero"],
            ["hero", "x"],
            "he",
            [0, 1],
            ["hero", None],
            [bb.Mixture(["hero"], [1])] * 2,
        ],
    ),
    "until scenario": parameter(until, "scenario", NO_SCENARIO),
    "until lineups": parameter(until, "lineups", NO_LINEUPS),
    "until stderr": parameter(until, "stderr", [*NO_NUMBER, math.nan, math.inf, 0, -1.0, True]),
    "until max_episodes": parameter(until, "max_episodes", NO_COUNT),
    "until seed": parameter(until, "seed", NO_INTEGER),
    "until first_episode": parameter(until, "first_episode", NO_INTEGER),
    "compare scenario": parameter(compare, "scenario", NO_SCENARIO),
    "compare lineup": parameter(compare, "lineup", NO_LINEUP),
    "compare other": parameter(compare, "other", NO_LINEUP),
    "compare episodes": parameter(compare, "episodes", NO_COUNT),
    "compare threads": parameter(compare, "threads", NO_THREADS),
    "episode lineup": parameter(episode, "lineup", [x for x in NO_LINEUP if x is not None]),
    "episode seed": parameter(episode, "seed", NO_INTEGER),
    "episode number": parameter(episode, "episode", NO_INTEGER),
    "actions": (
        lambda x: bb.Episode(DEFAULT).step(x),
        [None, [], [bb.Action(0, True)] * 3, [bb.Action(0, True)] * 5, "abcd", [(0, 1, 1)] * 4],
    ),
    "house of an action": (
        lambda x: bb.Episode(DEFAULT).step([bb.Action(x, True)] * 4),
        [*NO_INTEGER, 10, 2**32],
    ),
    "return theta_focal": parameter(returned, "theta_focal", NO_STRATEGY),
    "return theta_opponents": parameter(returned, "theta_opponents", NO_STRATEGY),
    "return seed": parameter(returned, "seed", NO_INTEGER),
    "evaluate num_simulations": parameter(evaluate, "num_simulations", NO_COUNT),
    "evaluate seat": parameter(evaluate, "seat", NO_SEAT),
    "evaluate seed": parameter(evaluate, "seed", NO_INTEGER),
    "evaluate theta": (
        lambda x: EVALUATOR.evaluate_symmetric_payoff(x, "hero"),
        NO_STRATEGY,
    ),
    "evaluate pool": (EVALUATOR.evaluate_payoff_matrix, [[], "hero", ["x"], [None], [[0.5]]]),
    "evaluate mixture": (
        lambda x: EVALUATOR.evaluate_against_mixture("hero", x, ["hero", "liar"]),
        [*NO_WEIGHTS, {}, {2: 1.0}, {-1: 1.0}, {"0": 1.0}, {0: 0.5}, {0.0: 1.0}, {True: 1.0}],
    ),
    "matrix strategies": parameter(matrix, "strategies", [{}, {"a": "x"}, {"a": None}]),
    "matrix episodes": parameter(matrix, "episodes", NO_COUNT),
    "matrix seat": parameter(matrix, "seat", NO_SEAT),
    "evaluate's method": parameter(evaluate, "method", NO_METHOD),
    "matrix method": parameter(matrix, "method", NO_METHOD),
    "evaluated method": parameter(evaluated, "method", NO_METHOD),
    "evaluated stderr": (
        lambda x: evaluated(episodes=None, stderr=x, method="auto"),
        [*NO_NUMBER, math.nan, math.inf, 0, -1.0, True],
    ),
    "evaluated max_episodes": (
        lambda x: evaluated(episodes=None, stderr=1.0, max_episodes=x, method="auto"),
        NO_COUNT,
    ),
    "evaluated lineups": (lambda x: evaluated(lineups=x, method="auto"), NO_LINEUPS),
    "expected scenario": parameter(expected, "scenario", NO_SCENARIO),
    "expected lineups": parameter(expected, "lineups", NO_LINEUPS),
    "expected lineup": (lambda x: expected(lineups=[x]), NO_LINEUP),
    "expected threads": parameter(expected, "threads", NO_THREADS),
    "expected weights": (
        lambda x: expected(lineups=[[bb.Mixture(["hero", "liar"], x), *["hero"] * 3]]),
        NO_WEIGHTS,
    ),
    "gradient scenario": parameter(gradient, "scenario", NO_SCENARIO),
    "gradient lineups": parameter(gradient, "lineups", NO_LINEUPS),
    "gradient threads": parameter(gradient, "threads", NO_THREADS),
    "gradient seats": parameter(gradient, "seats", [[], [4], [-1], [0, 4], [None], ["0"], [0.5]]),
    "oracle scenario": parameter(oracle, "scenario", [*NO_SCENARIO, DEFAULT.replace(num_agents=1)]),
    "oracle num_simulations": parameter(oracle, "num_simulations", NO_COUNT),
    "oracle max_iterations": parameter(oracle, "max_iterations", NO_COUNT),
    "oracle epsilon": parameter(
        oracle,
        "epsilon",
        [*(x for x in NO_NUMBER if x is not None), math.nan, math.inf, -1.0, True],
    ),
    "oracle confidence": parameter(oracle, "confidence", [*NO_NUMBER, math.nan, 0, 1, -1.0, True]),
    "oracle method": parameter(oracle, "method", NO_METHOD),
    "oracle budget_episodes": parameter(
        oracle, "budget_episodes", [x for x in NO_COUNT if x is not None]
    ),
    "oracle budget_seconds": parameter(
        oracle,
        "budget_seconds",
        [*(x for x in NO_NUMBER if x is not None), math.nan, math.inf, 0, -1.0],
    ),
    "oracle seed": parameter(oracle, "seed", NO_INTEGER),
    "oracle seat": parameter(oracle, "seat", NO_SEAT),
    "oracle threads": parameter(oracle, "threads", NO_THREADS),
    "oracle backend": parameter(oracle, "backend", NO_BACKEND_NAME),
    "initial strategies": (
        lambda x: bb.DoubleOracle(DEFAULT, num_simulations=10).solve(x),
        [[], "hero", ["x"], [None], [[0.5]]],
    ),
    "scenario by name": (bb.scenario, ["x", "", "DEFAULT", None, 3]),
    "backend by name": (bb.select_backend, [*NO_BACKEND_NAME, None, 3]),
    "as_strategy": (bb.as_strategy, NO_STRATEGY),
    "difference": (lambda x: RESULT.difference(x, 0), [-1, 1, 2**64]),
    "SIMD path": (lambda x: simulate(backend=CpuBackend(simd=x)), ["x", "", "AVX2"]),
}


@pytest.mark.parametrize(("call", "value"), listed(CASES))
def test_bad_values_are_refused(call: Callable[[Any], object], value: Any) -> None:
    assert_refused(call, value)


def test_episodes_end_at_two_to_the_64() -> None:
    last = bb.simulate(DEFAULT, [HEROES], episodes=1, first_episode=2**64 - 1)
    assert last.counts.nights[0] == len(bb.replay(DEFAULT, HEROES, seed=0, episode=2**64 - 1))
    for first, episodes in [(2**64 - 1, 2), (2**64 - 32, 33), (1, 2**64 - 1)]:
        with pytest.raises(bb.InvalidValue):
            simulate(first_episode=first, episodes=episodes)


def test_blocks_that_no_memory_holds() -> None:
    with pytest.raises(MemoryError):
        simulate(episodes=2**37, lineups=[HEROES] * 99, per_block=True)


def test_more_episodes_than_64_bits_add_up() -> None:
    with pytest.raises(bb.InvalidValue, match="episodes"):
        simulate(episodes=2**40)


def test_an_episode_ends_once() -> None:
    played = bb.Episode(CALM, HEROES)
    while played.ended is None:
        played.step()
    with pytest.raises(bb.InvalidValue):
        played.step()
    assert played.ended == "all_safe"


def test_sixteen_strategies_at_a_seat_and_no_more() -> None:
    many = [[i / 20] * 10 for i in range(17)]
    assert at_a_seat(bb.Mixture(many[:16], [1 / 16] * 16)) is not None
    assert at_a_seat(bb.Mixture(many, [0.0] + [1 / 16] * 16)) is not None
    with pytest.raises(bb.InvalidValue):
        at_a_seat(bb.Mixture(many, [1 / 17] * 17))


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["hero", "liar", bb.Mixture(["hero", "liar"], [0.5, 0.5])]),
    lambda inner: st.lists(inner, max_size=11) | st.dictionaries(st.integers(-1, 3), inner),
    max_leaves=15,
)


@settings(max_examples=400, deadline=None)
@given(anything, st.booleans())
def test_a_seat_plays_or_is_refused(entry: object, with_pool: bool) -> None:
    try:
        result = at_a_seat(entry, pool=["hero", "liar", "free_rider"] if with_pool else None)
    except bb.InvalidValue as error:
        field = error.field
    else:
        assert isinstance(result, bb.SimulationResult)
        assert result.to_csv()
        return
    assert field.startswith("lineups[0][2]")


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(DEFAULT.to_dict())), anything)
def test_a_scenario_is_playable_or_refused(name: str, value: object) -> None:
    try:
        scenario = bb.Scenario.from_dict({**DEFAULT.to_dict(), name: value})
        lineup = ["hero"] * scenario.num_agents
    except bb.InvalidValue as error:
        field = error.field
    else:
        assert np.isfinite(bb.simulate(scenario, [lineup], episodes=3).mean).all()
        return
    assert field.startswith(name)
