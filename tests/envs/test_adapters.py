"""The game behind other libraries' interfaces, and their own checks of it."""

import warnings
from typing import Any

import numpy as np
import pytest

import bucket_brigade as bb

gymnasium = pytest.importorskip("gymnasium", reason="the extra gymnasium is not installed")
HARD = bb.scenario("hard").replace(max_nights=20)


def test_gymnasium_checks_one_seat() -> None:
    from gymnasium.utils.env_checker import check_env

    from bucket_brigade.envs.gymnasium import SeatEnv, register

    register()
    register()  # which may be called again
    made = gymnasium.make("BucketBrigade/hard-v1", seat=2, render_mode="ansi")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # such as of observations that are not normalised
        check_env(made.unwrapped, skip_render_check=False)
    named = gymnasium.make("BucketBrigade/hard-v1", rules="original-python")
    assert named.observation_space["night"].high == 10_000
    env = SeatEnv("hard", seat=1, opponents=["hero", "liar", "free_rider"])
    seen, info = env.reset(seed=4)
    assert info["episode_number"] == 4 << 60
    assert seen in env.observation_space
    lineup = ["hero", None, "liar", "free_rider"]
    game = bb.Episode(bb.scenario("hard"), ["hero", "hero", *lineup[2:]], seed=4, episode=4 << 60)
    assert seen["houses"].tolist() == [int(house) for house in game.houses]


def test_seats_of_all_lanes() -> None:
    from bucket_brigade.envs.gymnasium import SeatsVectorEnv

    env = SeatsVectorEnv(HARD, 3, seed=1)
    rewarded = gymnasium.wrappers.vector.RecordEpisodeStatistics(env)
    seen, _ = rewarded.reset(seed=2)
    assert seen in env.observation_space
    rng_actions = env.action_space
    rng_actions.seed(1)
    for _ in range(60):
        seen, rewards, terminated, truncated, infos = rewarded.step(rng_actions.sample())
        assert rewards.shape == terminated.shape == truncated.shape == (12,)
        over = terminated | truncated
        if over.any():
            assert (infos["_final_obs"] == over).all()
            last: dict[str, Any] = infos["final_obs"][np.flatnonzero(over)[0]]
            assert last in env.single_observation_space
            assert last["night"][0] > 0
            assert "episode" in infos
    with pytest.raises(bb.InvalidValue, match="all seats of a lane"):
        env.reset(options={"reset_mask": np.arange(12) == 0})


def test_other_libraries_play_on_the_cpu() -> None:
    from bucket_brigade.envs.gymnasium import SeatEnv, SeatsVectorEnv

    message = r"backend = 'cuda' .*'cpu', as this library's arrays are in main memory"
    with pytest.raises(bb.InvalidValue, match=message):
        SeatsVectorEnv(HARD, 3, backend="cuda")
    with pytest.raises(bb.InvalidValue, match=message):
        SeatEnv(HARD, backend="cuda")
    SeatEnv(HARD, backend="cpu")


def test_pettingzoo_checks_all_agents() -> None:
    pytest.importorskip("pettingzoo", reason="the extra pettingzoo is not installed")
    from pettingzoo.test import api_test, parallel_api_test, parallel_seed_test
    from pettingzoo.utils import parallel_to_aec

    from bucket_brigade.envs.pettingzoo import parallel_env

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # such as of spaces that are no boxes
        parallel_api_test(parallel_env(HARD), num_cycles=1000)
        parallel_seed_test(lambda: parallel_env(HARD))
        api_test(parallel_to_aec(parallel_env(HARD)), num_cycles=200)


def test_equal_seeds_play_equal_games() -> None:
    pytest.importorskip("pettingzoo", reason="the extra pettingzoo is not installed")
    from bucket_brigade.envs.pettingzoo import parallel_env

    one, other = parallel_env(HARD), parallel_env(HARD)
    for env in (one, other):
        env.reset(seed=11)
    rng = np.random.default_rng(0)
    for _ in range(500):
        if not one.agents:
            assert not other.agents
            one.reset()
            other.reset()
        actions = {name: np.array([rng.integers(10), rng.integers(2), 1]) for name in one.agents}
        left, right = one.step(actions), other.step(actions)
        assert left[1:4] == right[1:4]
        assert (one.state() == other.state()).all()


def test_the_ring_in_a_line() -> None:
    pytest.importorskip("pettingzoo", reason="the extra pettingzoo is not installed")
    from bucket_brigade.envs.gymnasium import SeatEnv
    from bucket_brigade.envs.pettingzoo import parallel_env

    scenario = bb.scenario("hard")
    one = SeatEnv(scenario, render_mode="ansi")
    seen, _ = one.reset(seed=3)
    lines = [(one.render(), seen["houses"])]
    for _ in range(30):
        seen, _, over, cut, _ = one.step([0, 0, 0])
        lines.append((one.render(), seen["houses"]))
        if over or cut:
            break
    assert parallel_env("hard", rules="original-rust").lane.scenarios == (
        bb.scenario("hard", rules="original-rust"),
    )
    all_together = parallel_env(scenario, render_mode="ansi")
    observations, _ = all_together.reset(seed=3)
    lines.append((all_together.render(), observations["agent_0"]["houses"]))
    for line, houses in lines:
        assert line == "".join({0: ".", 1: "*", 2: "#"}[int(code)] for code in houses)
    assert "#" in "".join(line for line, _ in lines if line)
    assert SeatEnv(scenario).render() is None


def test_one_seat_refuses_what_is_no_action() -> None:
    from bucket_brigade.envs.gymnasium import SeatEnv

    env = SeatEnv("hard", render_mode="ansi")
    with pytest.raises(bb.InvalidValue, match="reset"):
        env.render()
    env.reset(seed=1)
    for wrong, said in (([256, 1, 1], "action"), ([1.9, 0.5, 0], "integers"), (1, "shape")):
        with pytest.raises(bb.InvalidValue, match=said):
            env.step(wrong)
