"""The original project's environments keep their names, layouts and rules."""

from typing import Any

import numpy as np
import pytest

import bucket_brigade as bb
from bucket_brigade import compatibility
from bucket_brigade.envs import BucketBrigadeEnv

gymnasium = pytest.importorskip("gymnasium")


def test_names_are_where_they_were() -> None:
    assert compatibility.BucketBrigadeEnv is BucketBrigadeEnv
    assert bb.list_envs() == sorted(f"{name}-v1" for name in bb.list_scenarios())
    assert bb.make("rest_trap-v1").metadata["scenario_id"] == "rest_trap-v1"
    for wrong in ("rest_trap", "rest_trapp-v1", 7):
        with pytest.raises(bb.InvalidValue, match="rest_trap-v1"):
            bb.make(wrong)  # type: ignore[arg-type]
    for number in (0, -1, 10**12):
        with pytest.raises(bb.InvalidValue, match="num_envs"):
            bb.make_vec("easy-v1", number)
    with pytest.raises(bb.InvalidValue, match="num_agents"):
        bb.make("easy-v1", num_agents=99)


def test_a_game_in_dicts() -> None:
    scenario = bb.scenario("hard")
    env = BucketBrigadeEnv(scenario)
    with pytest.raises(RuntimeError, match="reset"):
        env.step(np.zeros((4, 3), dtype=int))
    seen = env.reset(seed=5)
    assert {key: value.shape for key, value in seen.items()} == {
        **{"signals": (4,), "locations": (4,), "houses": (10,), "last_actions": (4, 2)},
        "scenario_info": (12,),
    }
    assert seen["scenario_info"][:3] == pytest.approx(
        [
            scenario.prob_fire_spreads_to_neighbor,
            scenario.prob_solo_agent_extinguishes_fire,
            scenario.prob_house_catches_fire,
        ]
    )
    assert seen["scenario_info"][9:].tolist() == pytest.approx(
        [scenario.cost_to_work_one_night, scenario.min_nights, 4]
    )
    nights, returns = 0, np.zeros(4)
    while not env.done:
        acts = np.array([[(nights + a) % 10, a % 2, 1] for a in range(4)])
        before = env.houses
        seen, rewards, dones, info = env.step(acts)
        nights, returns = nights + 1, returns + rewards
        assert (seen["last_actions"] == acts[:, :2]).all()
        assert (seen["locations"] == acts[:, 0]).all()
        assert (seen["signals"] == 1).all()
        assert info == {}
        assert rewards.dtype == np.float32
        assert dones.shape == (4,)
        # Burn out, then spread: only what a worker put out can burn again at once.
        still = (before == env.BURNING) & (seen["houses"] == env.BURNING)
        assert still.sum() <= acts[:, 1].sum()
    assert nights == env.night > scenario.min_nights
    assert not (seen["houses"] == env.BURNING).any()  # the original's end
    with pytest.raises(RuntimeError, match="over"):
        env.step(acts)
    assert (env.house_owners == np.arange(10) % 4).all()


def test_modes_stand_for_signals_that_are_missing() -> None:
    one, other = BucketBrigadeEnv(num_agents=3), BucketBrigadeEnv(num_agents=3)
    one.reset(seed=1), other.reset(seed=1)
    seen, rewards, *_ = one.step([[0, 1], [1, 0], [2, 1]])
    again, same, *_ = other.step([[0, 1, 1], [1, 0, 0], [2, 1, 1]])
    assert all((seen[key] == again[key]).all() for key in seen)
    assert (rewards == same).all()


def test_episodes_are_those_of_the_plain_engine() -> None:
    env = BucketBrigadeEnv(bb.scenario("easy"))
    env.reset(seed=9)
    plain = bb.Episode(bb.scenario("easy", rules="original-python"), seed=9, episode=4 << 60)
    while not env.done:
        assert env.houses.tolist() == list(plain.houses)
        _, rewards, *_ = env.step([[h, 1, 1] for h in range(4)])
        night = plain.step([bb.Action(h, True) for h in range(4)])
        assert rewards.tolist() == pytest.approx(night.rewards, rel=1e-6)
    assert plain.ended == "no_fires" or plain.ended == "all_safe"


def test_joint_control_is_flat() -> None:
    env = bb.make("default-v1")
    assert env.observation_space.shape == (168,)
    assert env.action_space.nvec.tolist() == [10, 2, 2] * 4
    seen, info = env.reset(seed=3)
    assert info == {"scenario_id": "default-v1"}
    acts = np.array([[3, 1, 0], [4, 0, 1], [5, 1, 1], [6, 0, 0]])
    seen, reward, _terminated, truncated, info = env.step(acts.reshape(-1))
    rows = seen.reshape(4, 42)
    assert set(rows[0, :10].tolist()) <= {0.0, 1.0, 2.0}
    assert rows[0, 10:14].tolist() == acts[:, 2].tolist()
    assert rows[0, 14:18].tolist() == acts[:, 0].tolist()
    assert rows[0, 18:26].tolist() == acts[:, :2].reshape(-1).tolist()
    assert rows[0, 26:38].tolist() == env.unwrapped._features.tolist()  # type: ignore[attr-defined]
    assert (rows[:, 38:] == np.eye(4)).all()
    assert (rows[:, :38] == rows[0, :38]).all()
    assert reward == pytest.approx(info["per_agent_rewards"].sum())
    assert not truncated
    for wrong in (acts[:2], acts.T, acts.reshape(2, 6)):
        with pytest.raises(bb.InvalidValue, match="action"):
            env.step(wrong)


def test_games_in_step_are_single_games() -> None:
    vector = bb.make_vec("easy-v1", 3)
    seen, _ = vector.reset(seed=11)
    single: list[Any] = [BucketBrigadeEnv(bb.scenario("easy")) for _ in range(3)]
    for i, env in enumerate(single):
        env.reset(seed=11)
        for _ in range(i):  # lane i plays the i-th episode of the seed
            env.reset()
    rng, ended = np.random.default_rng(0), 0
    for _ in range(60):
        acts = rng.integers(0, vector.single_action_space.nvec, (3, 12))  # type: ignore[attr-defined]
        seen, rewards, terminated, _truncated, info = vector.step(acts)
        assert seen.dtype == np.float32
        assert rewards.dtype == np.float32
        for lane, env in enumerate(single):
            if env.done:
                continue
            told, own, _, _ = env.step(acts[lane].reshape(4, 3))
            assert info["per_agent_rewards"][lane].tolist() == own.tolist()
            assert terminated[lane] == env.done
            last = info["final_observation"][lane]
            assert (last is None) == (not env.done)
            shown = seen[lane] if last is None else last
            assert shown[:10].tolist() == told["houses"].tolist()
            ended += last is not None
    assert ended == 3


@pytest.mark.filterwarnings("ignore::UserWarning")  # its wide bounds are the original's
def test_gymnasiums_own_checks() -> None:
    from gymnasium.utils.env_checker import check_env

    check_env(bb.make("hard-v1", num_agents=3), skip_render_check=True)
