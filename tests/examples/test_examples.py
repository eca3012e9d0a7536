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


def test_ppo_learns() -> None:
    torch = pytest.importorskip("torch")
    torch.set_num_threads(1)
    names = names_of("ppo.py")
    game = bb.scenario("default").replace(num_houses=4, num_agents=2, max_nights=20)
    *_, learned = names["train"](game, 40)
    before, after = (
        bb.expected(game, [names["tables"](network, game)]).mean.mean()
        for network in (names["Network"](game), learned)
    )
    assert before + 100 < after < bb.team_optimum(game).payoff


def test_torchrl_takes_the_environment() -> None:
    pytest.importorskip("torchrl")
    from torchrl.envs.utils import check_env_specs

    game = bb.scenario("default").replace(max_nights=20)
    env = names_of("torchrl_env.py")["BucketBrigadeTorch"](game, 6, seed=1)
    check_env_specs(env)
    played = env.rollout(50, break_when_any_done=False)
    assert played["next", "done"].any()
    assert not played["next", "reward"].isnan().any()


def test_stable_baselines3_takes_the_environment() -> None:
    baselines = pytest.importorskip("stable_baselines3")
    game = bb.scenario("default").replace(max_nights=20)
    env = names_of("stable_baselines3_env.py")["SeatsVecEnv"](game, 4, seed=1)
    learner = baselines.PPO("MlpPolicy", env, n_steps=32, batch_size=64).learn(2000)
    assert len(learner.ep_info_buffer) > 0
    env.reset()
    for _ in range(25):
        seen, _, over, infos = env.step(np.zeros(16, dtype=int))
        assert (seen >= 0).all()
        assert (seen <= 1).all()
        for row in np.flatnonzero(over):
            assert infos[row]["episode"]["l"] <= 20
            assert infos[row]["terminal_observation"].shape == (15,)
