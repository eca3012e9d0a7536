"""Every public function takes any value for any argument, or refuses it by name."""

import inspect
import math
from collections import OrderedDict
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import bucket_brigade as bb
from bucket_brigade import equilibrium
from bucket_brigade.equilibrium import SymmetricGame
from bucket_brigade.game.rewards import REWARDS

pytestmark = pytest.mark.filterwarnings("ignore::bucket_brigade.RareEventsWarning")

TINY = bb.scenario("easy").replace(num_houses=2, num_agents=2, min_nights=1, max_nights=2)
PAIR = ["hero", "liar"]
THETA = bb.ARCHETYPES["hero"]
GAME = SymmetricGame(2, [[-1.0, 4.0], [0.0, 2.0]])
PLAYED = bb.simulate(TINY, [PAIR, PAIR], episodes=64, per_block=True)


class Frame:
    """What a data frame is known by, without pandas."""

    columns = ("a", "b")

    def to_numpy(self) -> object:
        return np.zeros((2, 2))

    def __iter__(self) -> Any:
        return iter(self.columns)


class Angry:
    """Nothing can be asked of it."""

    def __repr__(self) -> str:
        raise RuntimeError("no")


def endless() -> list[object]:
    items: list[object] = []
    items.append(items)
    return items


NASTY: dict[str, Callable[[], object]] = {
    "None": lambda: None,
    "True": lambda: True,
    "NumPy's False": lambda: np.False_,
    "-1": lambda: -1,
    "2": lambda: 2,
    "half": lambda: 0.5,
    "array of half": lambda: np.array(0.5),
    "NaN": lambda: math.nan,
    "infinity": lambda: math.inf,
    "5,000 digits": lambda: 10**5000,
    "-5,000 digits": lambda: -(10**5000),
    "2^64": lambda: 1 << 64,
    "1e308": lambda: 1e308,
    "complex": lambda: 1j,
    "Decimal": lambda: Decimal("0.5"),
    "Fraction": lambda: Fraction(10**5000, 3),
    "text": lambda: "x",
    "no text": lambda: "",
    "codes": lambda: "\x1b[31m\0",
    "long text": lambda: "x" * 10_000,
    "surrogate": lambda: "\ud800",
    "bytes": lambda: b"hero",
    "list": list,
    "dict": dict,
    "odd dict": lambda: {None: "x"},
    "set": lambda: {"hero", "liar"},
    "frozenset": lambda: frozenset(["hero"]),
    "endless list": endless,
    "list of lists": lambda: [["x"], [None]],
    "long list": lambda: [0.1] * 10_000,
    "range": lambda: range(3),
    "iterator": lambda: iter(["x"]),
    "no numbers": lambda: np.array([]),
    "objects": lambda: np.array([None, "x"], dtype=object),
    "masked": lambda: np.ma.array([0.5] * 10, mask=[True] + [False] * 9),
    "masked pair": lambda: np.ma.array([0.5, 0.5], mask=[True, False]),
    "frame": Frame,
    "angry": Angry,
    "class": lambda: list,
    "function": lambda: print,
    "mixture": lambda: bb.Mixture(3, 4),  # type: ignore[arg-type]
    "ordered": OrderedDict,
}

#: For each public function, arguments that are right.
RIGHT: dict[str, tuple[Callable[..., object], dict[str, Any]]] = {
    "simulate": (
        bb.simulate,
        {
            "scenario": TINY,
            "lineups": [PAIR],
            "episodes": 40,
            "seed": 0,
            "first_episode": 0,
            "pool": None,
            "threads": 1,
            "backend": "cpu",
            "per_block": False,
            "progress": None,
        },
    ),
    "simulate_until": (
        bb.simulate_until,
        {
            "scenario": TINY,
            "lineups": [PAIR],
            "stderr": 1000.0,
            "max_episodes": 64,
            "seed": 0,
            "first_episode": 0,
            "pool": None,
            "threads": 1,
            "backend": "cpu",
            "progress": None,
        },
    ),
    "evaluate": (
        bb.evaluate,
        {
            "scenario": TINY,
            "lineups": [PAIR],
            "method": "auto",
            "episodes": 40,
            "stderr": None,
            "max_episodes": 64,
            "seed": 0,
            "first_episode": 0,
            "pool": None,
            "threads": 1,
            "backend": "cpu",
            "progress": None,
        },
    ),
    "compare": (
        bb.compare,
        {
            "scenario": TINY,
            "lineup": PAIR,
            "other": PAIR,
            "episodes": 40,
            "seed": 0,
            "first_episode": 0,
            "threads": 1,
            "backend": "cpu",
            "progress": None,
        },
    ),
    "expected": (
        bb.expected,
        {"scenario": TINY, "lineups": [PAIR], "pool": None, "threads": 1, "progress": None},
    ),
    "expected_gradient": (
        bb.expected_gradient,
        {
            "scenario": TINY,
            "lineups": [PAIR],
            "seats": None,
            "pool": None,
            "threads": 1,
            "progress": None,
        },
    ),
    "payoff_matrix": (
        bb.payoff_matrix,
        {
            "scenario": TINY,
            "strategies": ["hero"],
            "episodes": 40,
            "seed": 0,
            "seat": None,
            "threads": 1,
            "backend": "cpu",
            "method": "sampled",
            "progress": None,
        },
    ),
    "PayoffEvaluator": (
        lambda **given: bb.PayoffEvaluator(**given).evaluate_symmetric_payoff("hero", "liar"),
        {
            "scenario": TINY,
            "num_simulations": 4000,
            "seed": 0,
            "seat": None,
            "threads": 1,
            "backend": "cpu",
            "progress": None,
            "method": "sampled",
        },
    ),
    "evaluate_against_mixture": (
        bb.PayoffEvaluator(TINY, 4000).evaluate_against_mixture,
        {"theta_focal": "hero", "strategy_mixture": [1.0], "strategy_pool": ["hero"]},
    ),
    "evaluate_payoff_matrix": (
        bb.PayoffEvaluator(TINY, 4000).evaluate_payoff_matrix,
        {"strategy_pool": ["hero"]},
    ),
    "Episode": (bb.Episode, {"scenario": TINY, "lineup": PAIR, "seed": 0, "episode": 0}),
    "step": (lambda actions: bb.Episode(TINY).step(actions), {"actions": [bb.Action(0, True)] * 2}),
    "Action": (
        lambda **given: bb.Episode(TINY).step([bb.Action(**given)] * 2),
        {"house": 0, "works": True, "signal": False},
    ),
    "replay": (bb.replay, {"scenario": TINY, "lineup": PAIR, "seed": 0, "episode": 0}),
    "run_heuristic_episode": (
        bb.run_heuristic_episode,
        {"scenario": TINY, "theta_focal": "hero", "theta_opponents": "liar", "seed": 0},
    ),
    "as_strategy": (bb.as_strategy, {"value": "hero"}),
    "Firefighter": (bb.Firefighter, {"w": 0.9, "own_first": True, "honesty": 1.0}),
    "firefighter in JSON": (
        lambda **given: bb.simulate(
            TINY, [[{"kind": "firefighter", **given}, "hero"]], episodes=40
        ),
        {"w": 0.9, "own_first": True, "honesty": 1.0},
    ),
    "kind in JSON": (
        lambda **given: bb.simulate(TINY, [[{**given, "w": 0.9}, "hero"]], episodes=40),
        {"kind": "firefighter"},
    ),
    "scenario": (bb.scenario, {"name": "hard"}),
    "load_scenario": (bb.load_scenario, {"source": "hard"}),
    "load_scenarios": (bb.load_scenarios, {"source": "hard"}),
    "load_lineup": (bb.load_lineup, {"source": "hard", "num_agents": 4}),
    "select_backend": (bb.select_backend, {"name": "cpu"}),
    "from_dict": (bb.Scenario.from_dict, {"parameters": TINY.to_dict(), "name": None}),
    "replace": (TINY.replace, {n: v for n, v in TINY.to_dict().items() if n != "rules_version"}),
    "reweighted": (PLAYED.reweighted, dict.fromkeys(REWARDS, 1.0)),
    "difference": (PLAYED.difference, {"a": 0, "b": 1}),
    "to_dict": (PLAYED.to_dict, {"lineup": 0}),
    "mixture": (
        lambda **given: bb.simulate(TINY, [[bb.Mixture(**given), "hero"]], episodes=40),
        {"strategies": ["hero"], "weights": [1.0]},
    ),
    "to_gambit": (
        equilibrium.to_gambit,
        {"game": GAME, "names": ["a", "b"], "title": "t", "comment": "c"},
    ),
    "SymmetricGame": (SymmetricGame, {"num_players": 2, "payoffs": [[1.0, 2.0], [3.0, 4.0]]}),
    "from_lineups": (SymmetricGame.from_lineups, {"table": [[[0.0, 0.0]]]}),
    "regret": (GAME.regret, {"x": [0.5, 0.5]}),
    "solve_symmetric": (equilibrium.solve_symmetric, {"game": GAME}),
    "symmetric_equilibria": (
        equilibrium.symmetric_equilibria,
        {"game": GAME, "tol": 1e-9, "starts": 1, "seed": 0},
    ),
    "load_equilibria": (equilibrium.load_equilibria, {"path": "nowhere.json"}),
    "load_roles": (equilibrium.load_roles, {"path": "nowhere.json"}),
}

CASES = [
    pytest.param(function, right, name, id=f"{label} {name}")
    for label, (function, right) in RIGHT.items()
    for name in right
    if name != "progress"  # what a function of the caller's raises is the caller's
]


@pytest.mark.parametrize("label", list(RIGHT))
def test_arguments_that_are_right(label: str) -> None:
    function, right = RIGHT[label]
    if not label.startswith("load_") or label.startswith("load_scenario"):
        function(**right)


@pytest.mark.parametrize("label", ["simulate", "simulate_until", "evaluate", "compare", "expected"])
def test_all_arguments_are_tried(label: str) -> None:
    function, right = RIGHT[label]
    assert set(inspect.signature(function).parameters) == set(right)


@pytest.mark.parametrize(("function", "right", "name"), CASES)
def test_nasty_values_are_taken_or_refused(
    function: Callable[..., object], right: dict[str, Any], name: str
) -> None:
    for make in NASTY.values():
        message = "-"
        try:
            function(**{**right, name: make()})
        except bb.BucketBrigadeError as error:
            message = str(error)
        except OSError:  # of a file that is not there
            assert name == "path"
        assert 0 < len(message) < 1200
