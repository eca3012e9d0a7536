"""The environment of arrays against single episodes of the plain engine, and what it refuses."""

from typing import Any

import numpy as np
import pytest

import bucket_brigade as bb
from bucket_brigade.envs import Lanes, VectorEnv

HARD = bb.scenario("hard").replace(max_nights=20)
N, A, H = 6, HARD.num_agents, HARD.num_houses


def acts(rng: np.random.Generator, lanes: int = N) -> np.ndarray:
    shape = (lanes, A)
    house, mode, signal = rng.integers(H, size=shape), rng.integers(2, size=shape), None
    signal = rng.integers(2, size=shape)
    return np.stack([house, mode, signal], axis=-1).astype(np.uint8)


def test_lanes_play_the_episodes_that_they_name() -> None:
    env = VectorEnv(HARD, N, seed=3, first_episode=40)
    seen, info = env.reset()
    rng = np.random.default_rng(1)
    games = [bb.Episode(HARD, seed=3, episode=40 + lane) for lane in range(N)]
    returns = np.zeros((N, A))
    ended = 0
    for _ in range(60):
        for lane, game in enumerate(games):
            assert seen["houses"][lane].tolist() == [int(house) for house in game.houses]
            assert seen["night"][lane] == game.night
        numbers = info["episode"]
        actions = acts(rng)
        seen, rewards, terminated, truncated, info = env.step(actions)
        for lane, game in enumerate(games):
            night = game.step([bb.Action(*map(int, act)) for act in actions[lane]])
            assert rewards[lane].tolist() == [np.float32(reward) for reward in night.rewards]
            returns[lane] += night.rewards
            if night.ended is None:
                assert not terminated[lane]
                assert not truncated[lane]
                assert (seen["actions"][lane] == actions[lane]).all()
                continue
            ended += 1
            final = info["final"]
            assert truncated[lane] == (night.ended == "cap")
            assert terminated[lane] != truncated[lane]
            assert bb.END_KINDS[final["end"][lane] - 1] == night.ended
            assert final["houses"][lane].tolist() == [int(house) for house in night.after]
            assert (final["actions"][lane] == actions[lane]).all()
            assert final["night"][lane] == night.night + 1
            assert final["episode"][lane] == numbers[lane]
            assert final["returns"][lane] == pytest.approx(returns[lane], rel=1e-12)
            returns[lane] = 0.0
            assert info["episode"][lane] == numbers[lane] + N
            assert not seen["actions"][lane].any()
            games[lane] = bb.Episode(HARD, seed=3, episode=int(info["episode"][lane]))
    assert ended > N


def test_built_in_seats_earn_what_simulate_counts() -> None:
    lineup = ["hero", bb.Mixture(["free_rider", "liar"], [0.5, 0.5]), "coordinator", "firefighter"]
    lanes = 64
    env = VectorEnv(HARD, lanes, seed=9, first_episode=0, lineup=lineup, autoreset="disabled")
    env.reset()
    nothing = np.zeros((lanes, A, 3), dtype=np.uint8)
    total, left = np.zeros(A), np.ones(lanes, dtype=bool)
    while left.any():
        _, _, terminated, truncated, info = env.step(nothing)
        over = terminated | truncated
        total += info["final"]["returns"][over & left].sum(axis=0)
        left &= ~over
        if over.any():
            env.reset(mask=over)
    played = bb.simulate(HARD, [lineup], episodes=lanes, seed=9)
    assert total / lanes == pytest.approx(played.mean[0], rel=1e-12)


def test_lanes_do_not_depend_on_each_other() -> None:
    rng = np.random.default_rng(2)
    steps = [acts(rng) for _ in range(40)]
    one = VectorEnv(HARD, N, seed=5)
    half = [VectorEnv(HARD, 3, seed=5, offset=offset, stride=N) for offset in (0, 3)]
    one.reset()
    for env in half:
        env.reset()
    for actions in steps:
        whole = one.step(actions)
        parts = [env.step(actions[3 * i : 3 * i + 3]) for i, env in enumerate(half)]
        for i in range(1, 4):
            assert (whole[i] == np.concatenate([part[i] for part in parts])).all()
        for name, array in whole[0].items():
            assert (array == np.concatenate([part[0][name] for part in parts])).all()


def test_resets() -> None:
    env = VectorEnv(HARD, N, seed=1, first_episode=100)
    assert env.reset()[1]["episode"].tolist() == [100, 101, 102, 103, 104, 105]
    assert env.reset()[1]["episode"].tolist() == [106, 107, 108, 109, 110, 111]
    mask = np.array([True, False, False, True, False, False])
    assert env.reset(mask=mask)[1]["episode"].tolist() == [112, 107, 108, 115, 110, 111]
    assert env.reset(episodes=range(6))[1]["episode"].tolist() == list(range(6))
    assert env.reset(seed=2)[1]["episode"].tolist() == [100, 101, 102, 103, 104, 105]
    seen = env.reset(episodes=[7] * N)[0]
    assert (seen["houses"] == seen["houses"][0]).all()


def test_states_can_be_gone_back_to() -> None:
    env = VectorEnv(HARD, N, seed=1)
    env.reset()
    rng = np.random.default_rng(4)
    for _ in range(3):
        env.step(acts(rng))
    state = env.state()
    actions = acts(rng)
    after = env.step(actions)[0]["houses"]
    assert (env.set_state(state)["houses"] == state.houses).all()
    assert (env.step(actions)[0]["houses"] == after).all()
    # The same luck in every lane, whatever it was before.
    columns = state.episode, state.night, state.houses
    same = Lanes(*(np.repeat(column[:1], N, axis=0) for column in columns))
    env.set_state(same)
    houses = env.step(np.repeat(actions[:1], N, axis=0))[0]["houses"]
    assert (houses == after[0]).all()


def test_returns_count_from_the_state_that_a_lane_was_put_into() -> None:
    paid = HARD.replace(reward_own_house_survives=0.0, min_nights=8, max_nights=9)
    env = VectorEnv(paid, N, seed=1)
    env.reset()
    nothing = np.zeros((N, A, 3), dtype=np.uint8)
    for _ in range(5):
        env.step(nothing)
    env.set_state(env.state())
    total, left = np.zeros((N, A)), np.ones(N, dtype=bool)
    while left.any():
        _, rewards, terminated, truncated, info = env.step(nothing)
        total[left] += rewards[left]
        over = (terminated | truncated) & left
        assert info["final"]["returns"][over] == pytest.approx(total[over], rel=1e-6)
        left &= ~over


def test_arrays_are_copies_unless_asked_otherwise() -> None:
    rng = np.random.default_rng(5)
    for copy in (True, False):
        env = VectorEnv(HARD, N, copy=copy)
        first = env.reset()[0]["houses"]
        before = first.copy()
        for _ in range(10):
            seen = env.step(acts(rng))[0]["houses"]
        assert (first is seen) is not copy
        assert (first == before).all() is np.bool_(copy)


def test_acts_may_lie_in_any_array_of_the_environment() -> None:
    """Rewards as bytes: they are written while later lanes have yet to play."""
    lanes, size = 1000, HARD.num_agents * 3
    env, other = (VectorEnv(HARD, lanes, copy=False, seed=2) for _ in range(2))
    for each in (env, other):
        each.reset()
    rewards = env.step(np.zeros((lanes, HARD.num_agents, 3), np.uint8))[1]
    other.step(np.zeros((lanes, HARD.num_agents, 3), np.uint8))
    rewards[:] = 0
    inside = rewards.view(np.uint8).reshape(-1)[: lanes * size].reshape(lanes, -1, 3)
    seen = env.step(inside)[0]
    expected = other.step(np.zeros((lanes, HARD.num_agents, 3), np.uint8))[0]
    assert all((seen[name] == expected[name]).all() for name in seen)


def test_a_step_that_is_refused_shows_what_was_shown() -> None:
    game = HARD.replace(min_nights=5, max_nights=5)
    env = VectorEnv(game, 2, copy=False, first_episode=2**64 - 4)
    seen, _ = env.reset()
    acts_of_all = np.zeros((2, game.num_agents, 3), np.uint8)
    for _ in range(9):
        env.step(acts_of_all)
    before = {name: array.copy() for name, array in seen.items()}
    with pytest.raises(bb.InvalidValue, match="to be followed by another"):
        env.step(acts_of_all)
    assert (env.state().night == before["night"]).all()
    assert all((seen[name] == before[name]).all() for name in seen)


@pytest.mark.parametrize("copy", [True, False])
def test_acts_of_other_kinds_are_converted(copy: bool) -> None:
    plain = acts(np.random.default_rng(8))

    class Other:
        """An array of some library that is not NumPy's."""

        def __dlpack__(self, **options: object) -> object:
            return plain.__dlpack__(**options)

        def __dlpack_device__(self) -> tuple[int, int]:
            return plain.__dlpack_device__()

    found = []
    for given in (plain, plain.tolist(), plain.astype(np.int64), np.asfortranarray(plain), Other()):
        env = VectorEnv(HARD, N, copy=copy)
        env.reset()
        found.append([array.copy() for array in env.step(given)[0].values()])
    for other in found[1:]:
        assert all((x == y).all() for x, y in zip(found[0], other, strict=True))


@pytest.mark.parametrize("copy", [True, False])
def test_acts_that_are_partly_masked_are_refused(copy: bool) -> None:
    env = VectorEnv(HARD, N, copy=copy)
    env.reset()
    masked = np.ma.masked_array(acts(np.random.default_rng(8)), mask=False)
    with pytest.raises(bb.InvalidValue, match="actions"):
        env.step(masked)


def test_what_was_shown_may_be_done_again() -> None:
    """The environment's own array of last night's acts as the next ones."""
    reused, copied = (VectorEnv(HARD, 300, copy=False, seed=2) for _ in range(2))
    for env in (reused, copied):
        env.reset()
        env.step(acts(np.random.default_rng(6), 300))
    for _ in range(30):
        one = reused.step(reused.step(acts(np.random.default_rng(7), 300))[0]["actions"])
        kept = copied.step(acts(np.random.default_rng(7), 300))[0]["actions"].copy()
        other = copied.step(kept)
        assert (one[1] == other[1]).all()
        assert (one[0]["houses"] == other[0]["houses"]).all()


def test_payoffs_are_exact_ones_within_their_errors() -> None:
    """A policy that acts from outside: to work at the first fire, in all seats."""
    game = bb.scenario("default")
    lanes = 32_768
    env = VectorEnv(game, lanes, seed=3, autoreset="disabled", copy=False)
    seen, _ = env.reset()
    returns, left = np.zeros((lanes, game.num_agents)), np.ones(lanes, dtype=bool)
    while left.any():
        fires = seen["houses"] == 1
        house, works = fires.argmax(axis=1), fires.any(axis=1)
        one = np.stack([house, works, works], axis=-1).astype(np.uint8)
        seen, _, terminated, truncated, info = env.step(np.repeat(one[:, None], 4, axis=1))
        over = (terminated | truncated) & left
        returns[over] = info["final"]["returns"][over]
        left &= ~over
        if (terminated | truncated).any():
            seen, _ = env.reset(mask=terminated | truncated)
    policy = bb.tabulate(
        lambda houses: np.where((houses == 1).any(1), 1 + (houses == 1).argmax(1), 0), game
    )
    exact = bb.expected(game, [[policy] * 4]).mean[0]
    error = returns.std(axis=0) / np.sqrt(lanes)
    assert (np.abs(returns.mean(axis=0) - exact) < 5 * error).all()


def test_several_scenarios_take_turns() -> None:
    calm = HARD.replace(prob_house_catches_fire=0.0)
    fires = HARD.replace(prob_house_catches_fire=1.0)
    env = VectorEnv([calm, fires], 4, first_episode=0)
    seen = env.reset()[0]["houses"]
    assert seen.tolist() == [[0] * H, [1] * H] * 2


def test_choices_of_one_number() -> None:
    env = VectorEnv(HARD, 2)
    actions = env.encode([[0, 1, 10, 0], [3, 0, 0, 0]])
    assert actions.dtype == np.uint8
    assert actions[0].tolist() == [[0, 0, 0], [0, 1, 1], [9, 1, 1], [3, 0, 0]]
    env.reset()
    env.step(actions)
    with pytest.raises(bb.InvalidValue, match=r"choice\[1, 2\] = 11"):
        env.encode([[0] * 4, [0, 0, 11, 0]])


def wrong(at: tuple[int, ...], value: int, dtype: Any = np.uint8) -> np.ndarray:
    actions = np.zeros((N, A, 3), dtype=dtype)
    actions[at] = value
    return actions


@pytest.mark.parametrize(
    ("actions", "message"),
    [
        (wrong((5, 2, 0), 12), r"actions\[5, 2, 0\] = 12 .* a house from 0 to 9"),
        (wrong((0, 0, 1), 2), r"actions\[0, 0, 1\] = 2 .* 0 to rest, 1 to work"),
        (wrong((0, 3, 2), 255), r"actions\[0, 3, 2\] = 255 .* 0 or 1"),
        (wrong((1, 1, 1), -1, np.int64), r"actions\[1, 1, 1\] = -1"),
        (wrong((1, 1, 1), 300, np.int32), r"actions\[1, 1, 1\] = 300"),
        (np.zeros((N, A, 3)), "an array of float64"),
        (np.zeros((N, A), dtype=np.uint8), r"shape \(6, 4, 3\)"),
        (None, "an array of object"),
        ([[[0, 0]]], "shape"),
    ],
)
def test_wrong_actions_are_named_and_play_nothing(actions: Any, message: str) -> None:
    env = VectorEnv(HARD, N)
    env.reset()
    before = env.state()
    with pytest.raises(bb.InvalidValue, match=message):
        env.step(actions)
    after = env.state()
    for name in ("episode", "night", "houses"):
        assert (getattr(before, name) == getattr(after, name)).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"num_envs": 0}, "num_envs = 0"),
        ({"num_envs": 1.5}, "num_envs"),
        ({"scenario": []}, "at least one scenario"),
        ({"scenario": "hard"}, "scenario"),
        ({"scenario": [HARD, HARD.replace(num_agents=3)]}, r"scenario\[1\]"),
        ({"stride": 5}, "stride = 5"),
        ({"first_episode": 2**64 - 3}, "first_episode"),
        ({"seed": -1}, "seed"),
        ({"autoreset": "next_step"}, "autoreset"),
        ({"cap": "never"}, "cap"),
        ({"backend": "gpu"}, "backend"),
        ({"backend": "auto"}, "one that has environments"),
        ({"backend": None}, "backend"),
        ({"num_envs": 2**31 // 12 + 1}, "from 1 to 178956970"),
        ({"lineup": ["hero"]}, "lineup"),
        ({"lineup": ["heroine", None, None, None]}, "hero"),
        ({"copy": 1}, "copy"),
        ({"threads": 0}, "threads"),
    ],
)
def test_wrong_arguments_are_named(arguments: dict[str, Any], message: str) -> None:
    given: dict[str, Any] = {"scenario": HARD, "num_envs": N, **arguments}
    with pytest.raises(bb.InvalidValue, match=message):
        VectorEnv(given.pop("scenario"), given.pop("num_envs"), **given)


def test_wrong_calls_are_named() -> None:
    env = VectorEnv(HARD, N, autoreset="disabled")
    with pytest.raises(bb.InvalidValue, match="a reset of that lane first"):
        env.step(np.zeros((N, A, 3), dtype=np.uint8))
    with pytest.raises(bb.InvalidValue, match="lanes differ by episode"):
        env.reset(seed=[1, 2])  # type: ignore[arg-type]
    with pytest.raises(bb.InvalidValue, match="one seed for all lanes"):
        env.reset(seed=1, mask=np.ones(N, dtype=bool))
    with pytest.raises(bb.InvalidValue, match="mask"):
        env.reset(mask=np.ones(N))
    with pytest.raises(bb.InvalidValue, match="shape"):
        env.reset(mask=np.ones(N + 1, dtype=bool))
    with pytest.raises(bb.InvalidValue, match=r"episodes\[2\] = -1"):
        env.reset(episodes=[0, 0, -1, 0, 0, 0])
    env.reset()
    state = env.state()
    houses = state.houses.copy()
    houses[1, 3] = 3
    with pytest.raises(bb.InvalidValue, match=r"houses\[1, 3\] = 3"):
        env.set_state(Lanes(state.episode, state.night, houses))
    with pytest.raises(bb.InvalidValue, match=r"night\[0\] = 20"):
        env.set_state(Lanes(state.episode, state.night + 20, state.houses))
