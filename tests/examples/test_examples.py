"""The scripts in examples/ run, and come to what they say."""

import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import bucket_brigade as bb

EXAMPLES = Path(__file__).parents[2] / "examples"


def names_of(script: str) -> dict[str, Any]:
    return runpy.run_path(str(EXAMPLES / script))


def test_a_random_agent_gets_what_is_exact() -> None:
    means = names_of("random_agent.py")["mean_returns"](lanes=2048)
    game = bb.scenario("default")
    lineup = ["random", "hero", "hero", "hero"]
    sampled = bb.simulate(game, [lineup], episodes=2048)
    exact = bb.expected(game, [lineup]).mean[0]
    assert (np.abs(means - exact) < 5 * sampled.stderr[0]).all()


def test_tables_are_learned() -> None:
    names = names_of("policy_gradient.py")
    game = names["GAME"]
    policies = [bb.tabulate(table, game) for table in names["chances"](names["train"]())]
    learned = bb.expected(game, [policies]).mean.mean()
    assert 0.95 * bb.team_optimum(game).payoff < learned < bb.team_optimum(game).payoff


@pytest.mark.slow
def test_the_tour(capsys: pytest.CaptureFixture[str]) -> None:
    names_of("tour.py")
    assert "best policy gains" in capsys.readouterr().out
