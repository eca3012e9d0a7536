"""The public functions with all but one argument filled in, and what each kind refuses."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import bucket_brigade as bb

DEFAULT = bb.scenario("default")
CALM = bb.scenario("trivial_cooperation")
HEROES = ["hero"] * 4
EVALUATOR = bb.PayoffEvaluator(DEFAULT, num_simulations=10)
RESULT = bb.simulate(DEFAULT, [HEROES], episodes=64, per_block=True)

# What each kind of parameter refuses.
NO_NUMBER = [None, "x", b"x", [], {}, 1j, object(), np.array([[1.0]])]
NO_INTEGER = [*NO_NUMBER, math.nan, math.inf, 1.2, True, -1, 2**64, 10**400]
NO_COUNT = [*NO_INTEGER, 0]
NO_THREADS = [x for x in NO_COUNT if x is not None] + [2**32]
NO_SEAT = [x for x in NO_INTEGER if x is not None] + [4]
NO_PROBABILITY = [*NO_NUMBER, math.nan, math.inf, -math.inf, -1e-9, 1 + 1e-9, 2**64, 10**400]
NO_STRATEGY = [*NO_NUMBER, math.nan, 1.2, True, [0.5] * 9, [0.5] * 11, [[0.5] * 10], ["x"] * 10]
NO_LINEUP = [*NO_NUMBER, 3, math.nan, ["hero"] * 3, ["hero"] * 9, [["hero"] * 4], "hero"]
NO_LINEUPS = [*NO_NUMBER, 3, math.nan, HEROES, [HEROES, ["hero"]], "hero"]
NO_SCENARIO = [*NO_NUMBER, 3, math.nan, True, "default"]
NO_BACKEND_NAME = ["x", "", "CPU", "cpu ", "auto,cpu"]
NO_METHOD = ["", "x", "Exact", "exact,sampled"]
NO_WEIGHTS: list[Any] = [
    [],
    [0.5],
    [0.5, 0.6],
    [0.5, 0.5, 0.0],
    [1.5, -0.5],
    [0.5, 0.5 + 1e-8],
    [0.0, 0.0],
]
NO_WEIGHTS += [[math.nan, 1.0], [math.inf, 1.0], ["0.5", "0.5"], [True, False], [None, 1.0]]


def simulate(**change: Any) -> object:
    return bb.simulate(**{"scenario": DEFAULT, "lineups": [HEROES], "episodes": 1, **change})


def until(**change: Any) -> object:
    known = {"scenario": CALM, "lineups": [HEROES], "stderr": 1.0, "max_episodes": 64}
    return bb.simulate_until(**{**known, **change})


def evaluated(**change: Any) -> object:
    known = {"scenario": DEFAULT, "lineups": [HEROES], "episodes": 1}
    return bb.evaluate(**{**known, **change})


def expected(**change: Any) -> object:
    return bb.expected(**{"scenario": DEFAULT, "lineups": [HEROES], **change})


def gradient(**change: Any) -> object:
    return bb.expected_gradient(**{"scenario": DEFAULT, "lineups": [HEROES], **change})


def compare(**change: Any) -> object:
    known = {"scenario": DEFAULT, "lineup": HEROES, "other": HEROES, "episodes": 1}
    return bb.compare(**{**known, **change})


def evaluate(**change: Any) -> object:
    evaluator = bb.PayoffEvaluator(**{"scenario": DEFAULT, "num_simulations": 10, **change})
    return evaluator.evaluate_symmetric_payoff("hero", "hero")


def matrix(**change: Any) -> object:
    known = {"scenario": DEFAULT, "strategies": {"hero": "hero"}, "episodes": 10}
    return bb.payoff_matrix(**{**known, **change})


def oracle(**change: Any) -> object:
    known = {"scenario": DEFAULT, "num_simulations": 10, "max_iterations": 1}
    return bb.DoubleOracle(**{**known, **change}).solve(["hero"])


def episode(**change: Any) -> object:
    return bb.Episode(**{"scenario": DEFAULT, "lineup": HEROES, "seed": 0, **change})


def returned(**change: Any) -> object:
    known = {"scenario": DEFAULT, "theta_focal": "hero", "theta_opponents": "hero", "seed": 0}
    return bb.run_heuristic_episode(**{**known, **change})


def at_a_seat(entry: object, **change: Any) -> object:
    return simulate(lineups=[["hero", "liar", entry, "hero"]], **change)


def with_number(number: object) -> object:
    return at_a_seat([*[0.5] * 4, number, *[0.5] * 5])


# Entry points, what they are given, and what they refuse.
Case = tuple[Callable[[Any], object], list[Any]]


def parameter(function: Callable[..., object], name: str, values: list[Any]) -> Case:
    return lambda value: function(**{name: value}), values


def assert_refused(call: Callable[[Any], object], value: Any) -> None:
    with pytest.raises(bb.BucketBrigadeError) as caught:
        call(value)
    error = caught.value
    if isinstance(error, bb.InvalidValue):
        assert error.field
        assert error.allowed
        assert str(error.field) in str(error)
        assert error.allowed in str(error)
        assert hasattr(error, "value")


def listed(cases: dict[str, Case]) -> list[Any]:
    return [
        pytest.param(call, value, id=f"{name} = {type(value).__name__} {i}")
        for name, (call, values) in cases.items()
        for i, value in enumerate(values)
    ]
