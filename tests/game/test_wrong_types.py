"""Arguments of another type altogether, which Python itself would trip over further in."""

import math
from collections.abc import Callable
from typing import Any

import pytest
from entry_points import (
    DEFAULT,
    EVALUATOR,
    RESULT,
    Case,
    assert_refused,
    at_a_seat,
    compare,
    evaluate,
    evaluated,
    expected,
    gradient,
    listed,
    matrix,
    parameter,
    returned,
    simulate,
    until,
)

import bucket_brigade as bb

CASES: dict[str, Case] = {
    "simulate backend": parameter(simulate, "backend", [None, 3, []]),
    "simulate pool": parameter(simulate, "pool", [3, math.nan, True]),
    "weights of a mixture": (lambda x: at_a_seat(bb.Mixture(["hero"], x)), [3, None]),
    "strategies of a mixture": (lambda x: at_a_seat(bb.Mixture(x, [1.0])), [3, None]),
    "huge weight": (lambda x: at_a_seat(bb.Mixture(["hero"], [x])), [10**400]),
    "huge until stderr": parameter(until, "stderr", [10**400]),
    "compare backend": parameter(compare, "backend", [None, 3]),
    "episode scenario": (bb.Episode, ["default", None, 3]),
    "actions": (lambda x: bb.Episode(DEFAULT).step(x), [3, math.nan]),
    "return scenario": parameter(returned, "scenario", ["default", None, 3]),
    "evaluate scenario": parameter(evaluate, "scenario", ["default", None, 3]),
    "evaluate pool": (EVALUATOR.evaluate_payoff_matrix, [3, None]),
    "evaluate mixture": (
        lambda x: EVALUATOR.evaluate_against_mixture("hero", x, ["hero", "liar"]),
        [3, None],
    ),
    "evaluate mixture's pool": (
        lambda x: EVALUATOR.evaluate_against_mixture("hero", {0: 1.0}, x),
        [3, None],
    ),
    "matrix scenario": parameter(matrix, "scenario", ["default", None, 3]),
    "matrix strategies": parameter(matrix, "strategies", [3, "hero", {"hero", "liar"}]),
    "matrix method": parameter(matrix, "method", [None, 3, ["exact"]]),
    "evaluated method": parameter(evaluated, "method", [None, 3, b"exact"]),
    "evaluated backend": (lambda x: evaluated(method="auto", backend=x), [None, 3]),
    "expected pool": parameter(expected, "pool", [3, math.nan, True]),
    "expected progress": parameter(expected, "progress", [3, "x"]),
    "gradient pool": parameter(gradient, "pool", [3, math.nan, True]),
    "gradient progress": parameter(gradient, "progress", [3, "x"]),
    "gradient seats": parameter(gradient, "seats", [3, "0", {0: 1}]),
    "initial strategies": (lambda x: bb.DoubleOracle(DEFAULT).solve(x), [3]),
    "scenario by name": (bb.scenario, [[], {}]),
    "scenario file": (bb.load_scenario, [None, 3, []]),
    "scenario of a dictionary": (bb.Scenario.from_dict, [None, 3, [], "default"]),
    "difference": (lambda x: RESULT.difference(x, 0), [None, "0", 0.0]),
}


@pytest.mark.parametrize(("call", "value"), listed(CASES))
def test_values_of_other_types_are_refused(call: Callable[[Any], object], value: Any) -> None:
    assert_refused(call, value)
