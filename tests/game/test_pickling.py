"""Results, scenarios and errors travel between processes."""

import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import bucket_brigade as bb

DEFAULT = bb.scenario("default")
FOUR = ["firefighter", "free_rider", "hero", "coordinator"]
HEROES = ["hero"] * 4


def test_results_can_be_pickled() -> None:
    played = bb.simulate(DEFAULT, [FOUR, HEROES], episodes=100, seed=3, per_block=True)
    back = pickle.loads(pickle.dumps(played))
    assert np.array_equal(back.mean, played.mean)
    assert back.counts.blocks is not None
    assert played.counts.blocks is not None
    assert np.array_equal(back.counts.blocks, played.counts.blocks)
    assert back.to_dict(0) == played.to_dict(0)
    assert np.array_equal(back.difference(0, 1).stderr, played.difference(0, 1).stderr)


@pytest.mark.parametrize("name", bb.list_scenarios())
def test_scenarios_can_be_pickled(name: str) -> None:
    scenario = bb.scenario(name).replace(reward_own_house_survives=(1, 2, 3, 4))
    back = pickle.loads(pickle.dumps(scenario))
    assert back == scenario
    assert (back.name, back.description) == (scenario.name, scenario.description)
    assert hash(back) == hash(scenario)


@pytest.mark.parametrize(
    "fail",
    [
        lambda: DEFAULT.replace(num_agents=0),
        lambda: bb.simulate(DEFAULT, [HEROES], episodes=0),
        lambda: bb.simulate(DEFAULT, [["hero"] * 9], episodes=1),
        lambda: bb.load_scenario(Path(__file__)),
        lambda: bb.scenario("nowhere"),
    ],
)
def test_errors_can_be_pickled(fail: Callable[[], object]) -> None:
    with pytest.raises(bb.BucketBrigadeError) as caught:
        fail()
    back = pickle.loads(pickle.dumps(caught.value))
    assert type(back) is type(caught.value)
    assert str(back) == str(caught.value)
    assert vars(back) == vars(caught.value)


@pytest.mark.parametrize("kind", [bb.BackendUnavailable, bb.BackendFailed, bb.BackendWarning])
def test_what_backends_raise_can_be_pickled(kind: type[Exception]) -> None:
    back = pickle.loads(pickle.dumps(kind("no device")))
    assert (type(back), str(back)) == (kind, "no device")


def test_equilibria_can_be_pickled() -> None:
    scenario = DEFAULT.replace(num_houses=3, num_agents=2, max_nights=13)
    found = bb.DoubleOracle(scenario, num_simulations=64, max_iterations=1, seed=1).solve()
    back = pickle.loads(pickle.dumps(found))
    assert back.to_dict() == found.to_dict()
    assert back.describe() == found.describe()
