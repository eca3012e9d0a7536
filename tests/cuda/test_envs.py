"""Environments on a device: the compiled PTX, executed on the CPU, shows what the CPU's shows."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from drawn_games import END_RULES, ORDERS, TOP
from shapes import ENVIRONMENTS

import bucket_brigade as bb
from bucket_brigade.envs import Lanes, VectorEnv
from bucket_brigade_cuda.backend import CudaBackend
from bucket_brigade_cuda.envs import lanes
from bucket_brigade_cuda.kernels.shape import Shape
from ptx_on_cpu.device import PtxDevice

Array = npt.NDArray[Any]
HARD = bb.scenario("hard").replace(max_nights=20)
SEATS: list[object] = [
    bb.Firefighter(0.8, own_first=True),
    None,
    bb.Mixture(["free_rider", bb.Firefighter(0.9), "liar"], [0.3, 0.3, 0.4]),
    # Honest now and then: the archetypes are so always or never.
    [0.4, 0.7, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.1, 0.5],
]


def game(shape: Shape, **changes: Any) -> bb.Scenario:
    """A lively game of a shape, with rewards of its own for every event."""
    return bb.scenario("hard").replace(
        num_houses=shape.houses,
        num_agents=shape.agents,
        **{
            "prob_house_catches_fire": 0.1,
            "reward_own_house_survives": [0.1 + a for a in range(shape.agents)],
            "reward_other_house_survives": 2.3,
            "penalty_own_house_burns": 3.7,
            "penalty_other_house_burns": [1 / (3 + a) for a in range(shape.agents)],
            "min_nights": 2,
            "max_nights": 9,
            **changes,
        },
    )


def random_actions(rng: np.random.Generator, env: VectorEnv, dtype: Any = np.uint8) -> Array:
    shape = (env.num_envs, env.num_agents)
    parts = [rng.integers(most, size=shape) for most in (env.num_houses, 2, 2)]
    return np.stack(parts, axis=-1).astype(dtype)


def assert_same(one: Any, other: Any, rows: Any = slice(None)) -> None:
    """Types, shapes and all numbers of some rows are the same, in whatever holds the arrays."""
    if isinstance(one, dict):
        assert one.keys() == other.keys()
        for name, array in one.items():
            assert_same(array, other[name], rows)
        return
    assert (one.dtype, one.shape) == (other.dtype, other.shape)
    np.testing.assert_array_equal(one[rows], other[rows])


def columns(state: Lanes) -> dict[str, Any]:
    """The columns of a state."""
    every = {name: getattr(state, name) for name in ("episode", "night", "houses", "actions")}
    return {name: column for name, column in every.items() if column is not None}


@dataclass
class Pair:
    """The environment of the CPU, and that of a device, in step."""

    device: CudaBackend
    scenario: Any
    num_envs: int
    options: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.cpu = VectorEnv(self.scenario, self.num_envs, **self.options)
        self.gpu = VectorEnv(self.scenario, self.num_envs, backend=self.device, **self.options)
        #: How many episodes ended, by kind.
        self.ended = dict.fromkeys(bb.END_KINDS, 0)

    def reset(self, **options: Any) -> None:
        for one, other in zip(self.cpu.reset(**options), self.gpu.reset(**options), strict=True):
            assert_same(one, other)

    def step(self, actions: Array) -> Array:
        """Plays a night of both; which lanes ended."""
        one, other = self.cpu.step(actions), self.gpu.step(actions)
        final, other_final = one[4].pop("final"), other[4].pop("final")
        for part, other_part in zip(one, other, strict=True):
            assert_same(part, other_part)
        over: Array = one[2] | one[3]
        assert_same(final["end"], other_final["end"])
        assert_same(final, other_final, over)
        for kind in final["end"][over]:
            self.ended[bb.END_KINDS[kind - 1]] += 1
        return over

    def play(self, nights: int, seed: int = 1) -> None:
        """Nights of random actions; lanes that wait are reset."""
        rng = np.random.default_rng(seed)
        for _ in range(nights):
            over = self.step(random_actions(rng, self.cpu))
            if self.cpu.autoreset == "disabled" and over.any():
                self.reset(mask=over)
        self.gpu.check()


@pytest.mark.parametrize("shape", ENVIRONMENTS, ids=str)
@pytest.mark.parametrize(("order", "rule"), list(zip(ORDERS, END_RULES, strict=True)))
def test_every_array_of_every_shape(order: str, rule: str, shape: Shape, ptx: CudaBackend) -> None:
    scenario = game(shape, night_order=order, end_rule=rule)
    pair = Pair(ptx, scenario, 150, {"seed": 2**32 + 5, "first_episode": 2**60 + 16})
    pair.reset()
    pair.play(25)
    assert sum(pair.ended.values()) > 150


@pytest.mark.parametrize(
    ("order", "autoreset"), list(zip(ORDERS, ["disabled", "same_step"], strict=True))
)
def test_built_in_seats_of_several_scenarios(order: str, autoreset: str, ptx: CudaBackend) -> None:
    shape = Shape(10, 4, 0)
    games = [
        game(shape, night_order=order),
        game(shape, end_rule="no_fires", min_nights=0, max_nights=30),
        game(shape, prob_house_catches_fire=0.02, max_nights=4, cost_to_work_one_night=0.3),
    ]
    # Of two, and of three.
    played = games if autoreset == "disabled" else games[1:]
    pair = Pair(ptx, played, 200, {"lineup": SEATS, "autoreset": autoreset})
    pair.reset()
    pair.play(30)
    assert all(pair.ended.values())


@pytest.mark.parametrize("shape", ENVIRONMENTS[:2], ids=str)
def test_what_is_certain_and_what_never_happens(shape: Shape, ptx: CudaBackend) -> None:
    for ignite, extinguish, spread in [(0, 1, 1), (1, 0, 0), (0.4, 1, 0), (0.4, 0, 1), (1, 1, 1)]:
        scenario = game(
            shape,
            prob_house_catches_fire=ignite,
            prob_solo_agent_extinguishes_fire=extinguish,
            prob_fire_spreads_to_neighbor=spread,
        )
        lineup = [[0, work, 0, 0.5, 0, 0, 0, 0, 0, 0] for work in (0, 1, 1)][: shape.agents]
        for seats in (None, lineup):
            pair = Pair(ptx, scenario, 40, {"lineup": seats, "cap": "terminated"})
            pair.reset()
            pair.play(10)


def test_a_cap_of_one_night(ptx: CudaBackend) -> None:
    for cap in ("truncated", "terminated"):
        pair = Pair(ptx, game(ENVIRONMENTS[0], min_nights=0, max_nights=1), 33, {"cap": cap})
        pair.reset()
        pair.play(3)
        assert pair.ended["cap"]


def test_all_built_in_seats_earn_what_simulate_counts(ptx: CudaBackend) -> None:
    lineup = [SEATS[0], "coordinator", *SEATS[2:]]
    env = VectorEnv(
        HARD, 96, seed=9, first_episode=0, lineup=lineup, autoreset="disabled", backend=ptx
    )
    env.reset()
    total, left = np.zeros(4), np.ones(96, dtype=bool)
    while left.any():
        _, _, terminated, truncated, info = env.step(np.zeros((96, 4, 3), dtype=np.uint8))
        over = terminated | truncated
        total += info["final"]["returns"][over & left].sum(axis=0)
        left &= ~over
        env.reset(mask=over)
    played = bb.simulate(HARD, [lineup], episodes=96, seed=9)
    assert total / 96 == pytest.approx(played.mean[0], rel=1e-12)


def test_resets_and_states(ptx: CudaBackend) -> None:
    pair = Pair(ptx, HARD, 40, {"lineup": SEATS, "first_episode": 100, "stride": 64})
    pair.reset()
    pair.play(4)
    pair.reset(mask=np.arange(40) % 3 == 0)
    pair.reset(episodes=np.arange(40, dtype=np.uint64)[::-1])
    pair.play(4, seed=2)
    state, other = pair.cpu.state(), pair.gpu.state()
    assert_same(columns(state), columns(other))
    pair.play(4, seed=3)
    pair.reset()
    pair.reset(seed=TOP - 1)
    pair.play(4)
    # A state of the device, of the host, and lists.
    chosen = np.arange(40) % 2 == 1
    for given in (other, state, Lanes(*(column.tolist() for column in columns(state).values()))):
        assert_same(pair.cpu.set_state(given, mask=chosen), pair.gpu.set_state(given, mask=chosen))
        assert_same(columns(pair.cpu.state()), columns(pair.gpu.state()))
        pair.play(3, seed=4)
    assert_same(pair.cpu.set_state(state), pair.gpu.set_state(state))
    # Episodes end: returns count from the state.
    pair.play(25, seed=5)


def test_episodes_up_to_the_last(ptx: CudaBackend) -> None:
    pair = Pair(ptx, HARD, 40, {"first_episode": TOP - 120})
    pair.reset()
    pair.play(8)
    pair.reset()
    pair.reset()
    assert pair.gpu.state().episode.max() == TOP - 1
    with pytest.raises(bb.InvalidValue) as expected:
        pair.cpu.reset()
    pair.gpu.reset()
    with pytest.raises(bb.InvalidValue) as caught:
        pair.gpu.check()
    assert str(caught.value) == str(expected.value)
    assert_same(columns(pair.cpu.state()), columns(pair.gpu.state()))


def test_a_lane_without_a_next_episode_waits(ptx: CudaBackend) -> None:
    scenario = game(ENVIRONMENTS[0], min_nights=0, max_nights=1)
    env = VectorEnv(scenario, 3, first_episode=TOP - 4, stride=3, backend=ptx)
    env.reset()
    actions = np.zeros((3, 1, 3), dtype=np.uint8)
    for over, night, message in (
        ([True, True, True], [0, 1, 1], f"{TOP - 3} in lane 1"),
        ([True, False, False], [1, 1, 1], f"{TOP - 1} in lane 0"),
    ):
        seen, _, terminated, truncated, info = env.step(actions)
        assert (terminated | truncated).tolist() == over
        assert info["episode"].tolist() == [TOP - 1, TOP - 3, TOP - 2]
        assert seen["night"].tolist() == night
        with pytest.raises(bb.InvalidValue, match=message):
            env.check()


def test_lanes_do_not_depend_on_each_other(ptx: CudaBackend) -> None:
    rng = np.random.default_rng(2)
    one = VectorEnv(HARD, 30, seed=5, lineup=SEATS, backend=ptx)
    parts = [
        VectorEnv(HARD, 15, seed=5, lineup=SEATS, offset=offset, stride=30, backend=ptx)
        for offset in (0, 15)
    ]
    for env in (one, *parts):
        env.reset()
    for _ in range(25):
        actions = random_actions(rng, one)
        seen, rewards, *_ = one.step(actions)
        halves = [env.step(actions[15 * i : 15 * i + 15]) for i, env in enumerate(parts)]
        assert_same(rewards, np.concatenate([half[1] for half in halves]))
        for name, array in seen.items():
            assert_same(array, np.concatenate([half[0][name] for half in halves]))


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.int64])
def test_choices_and_numbers_of_other_types(dtype: Any, ptx: CudaBackend) -> None:
    pair = Pair(ptx, HARD, 20)
    pair.reset()
    rng = np.random.default_rng(6)
    choices = rng.integers(11, size=(20, 4)).astype(dtype)
    actions = pair.gpu.encode(choices)
    assert_same(pair.cpu.encode(choices), actions)
    pair.step(actions)
    pair.step(random_actions(rng, pair.cpu, dtype))
    pair.step(np.asfortranarray(random_actions(rng, pair.cpu, dtype)))
    pair.gpu.check()


def bad(at: Any, value: int, dtype: Any = np.uint8, lanes: int = 6) -> Array:
    """Actions of which some numbers are not allowed."""
    actions = np.ones((lanes, 4, 3), dtype=dtype)
    actions[at] = value
    return actions


@pytest.mark.parametrize(
    ("actions", "message"),
    [
        (bad((5, 2, 0), 12), r"actions\[5, 2, 0\] = 12 .* a house from 0 to 9"),
        (bad((0, 0, 1), 2), r"actions\[0, 0, 1\] = 2 .* 0 to rest, 1 to work"),
        (bad((0, 3, 2), 255), r"actions\[0, 3, 2\] = 255 .* 0 or 1"),
        (bad((1, 1, 1), -1, np.int64), r"actions\[1, 1, 1\] = -1 .* 0 to rest"),
        (bad((1, 1, 0), 256, np.int32), r"actions\[1, 1, 0\] = 256 "),
        (bad((1, 1, 0), 2**32, np.int64), r"actions\[1, 1, 0\] = a number of 32 bits or more"),
        (bad((1, 1, 0), -(2**40) + 1, np.int64), r"actions\[1, 1, 0\] = a number of 32 bits"),
        (bad((1, 1, 1), 256, np.int32), r"actions\[1, 1, 1\] = 256 .* 0 to rest"),
        (bad((1, 1, 1), 2**24, np.int32), r"actions\[1, 1, 1\] = 16777216 "),
        (bad((1, 1, 1), 2**40, np.int64), r"actions\[1, 1, 1\] = a number of 32 bits"),
        (bad((2, 3, 2), 65536, np.int64), r"actions\[2, 3, 2\] = 65536 .* 0 or 1"),
        (bad((2, 3, 2), 2**32 + 1, np.int64), r"actions\[2, 3, 2\] = a number of 32 bits"),
        (bad((slice(2, 5), 1, 1), 9), r"actions\[2, 1, 1\] = 9 "),
    ],
)
def test_a_bad_action_rests_at_home_and_is_told_later(
    actions: Array, message: str, ptx: CudaBackend
) -> None:
    env = VectorEnv(HARD, 6, backend=ptx)
    env.reset()
    wrong = (actions[..., 0].astype(np.int64) // 10 != 0) | (
        actions[..., 1:].astype(np.int64) // 2 != 0
    ).any(axis=-1)
    seen, *_ = env.step(actions)
    homes = np.broadcast_to(np.arange(4), (6, 4))
    assert (seen["actions"][wrong, 0] == homes[wrong]).all()
    assert not seen["actions"][wrong, 1:].any()
    assert (seen["actions"][~wrong] == 1).all()
    with pytest.raises(bb.InvalidValue, match=message):
        env.check()
    env.check()
    env.close()


def test_errors_come_with_the_thousandth_step_and_the_end(
    ptx: CudaBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert lanes.CHECKED_STEPS == 1000
    monkeypatch.setattr(lanes, "CHECKED_STEPS", 10)
    env = VectorEnv(HARD, 6, backend=ptx)
    env.reset()
    right = np.zeros((6, 4, 3), dtype=np.uint8)
    env.step(bad((3, 0, 0), 10))
    for _ in range(8):
        env.step(right)
    with pytest.raises(bb.InvalidValue, match=r"actions\[3, 0, 0\] = 10"):
        env.step(right)
    # Not while work is recorded, when nothing can be waited for.
    monkeypatch.setattr(PtxDevice, "is_capturing", lambda self: True)
    env.step(bad((3, 0, 0), 10))
    for _ in range(10):
        env.step(right)
    with pytest.raises(bb.InvalidValue, match=r"actions\[3, 0, 0\] = 10"):
        env.close()


def test_a_lane_that_waits_is_not_played(ptx: CudaBackend) -> None:
    pair = Pair(ptx, HARD, 8, {"autoreset": "disabled"})
    with pytest.raises(bb.InvalidValue) as expected:
        pair.cpu.step(np.zeros((8, 4, 3), dtype=np.uint8))
    pair.gpu.step(np.zeros((8, 4, 3), dtype=np.uint8))
    with pytest.raises(bb.InvalidValue) as caught:
        pair.gpu.check()
    assert str(caught.value) == str(expected.value)
    pair.reset()
    rng = np.random.default_rng(1)
    over = np.zeros(8, dtype=bool)
    while not over.any():
        over = pair.step(random_actions(rng, pair.cpu))
    before = pair.gpu.state()
    seen, rewards, terminated, truncated, info = pair.gpu.step(random_actions(rng, pair.gpu))
    after = pair.gpu.state()
    for name, column in columns(before).items():
        assert (column[over] == getattr(after, name)[over]).all()
        assert (column[~over] != getattr(after, name)[~over]).any() or name == "episode"
    assert not rewards[over].any()
    assert not (terminated | truncated)[over].any()
    assert not info["final"]["end"][over].any()
    assert (seen["night"][over] == before.night[over]).all()
    with pytest.raises(bb.InvalidValue, match=rf"actions\[{over.argmax()}\]"):
        pair.gpu.check()


def test_states_and_choices_that_are_not_allowed(ptx: CudaBackend) -> None:
    pair = Pair(ptx, HARD, 6)
    pair.reset()
    pair.play(2)
    state = pair.cpu.state()
    houses, night = state.houses.copy(), state.night.copy()
    houses[1, 3], houses[2, 0], night[4] = 3, 9, 20
    for wrong in (
        Lanes(state.episode, state.night, houses),
        Lanes(state.episode, night, state.houses),
        Lanes(state.episode, -state.night, state.houses),
    ):
        with pytest.raises(bb.InvalidValue) as expected:
            pair.cpu.set_state(wrong)
        pair.gpu.set_state(wrong)
        with pytest.raises(bb.InvalidValue) as caught:
            pair.gpu.check()
        assert str(caught.value) == str(expected.value)
        assert_same(columns(pair.cpu.state()), columns(pair.gpu.state()))
        pair.cpu.set_state(state)
        pair.gpu.set_state(state)
    # At once where it comes from main memory.
    with pytest.raises(bb.InvalidValue, match=r"houses\[1, 3\] = 3"):
        pair.gpu.set_state(Lanes(state.episode, state.night, houses.tolist()))
    choices = np.array([[0, 1, 2, 3], [0, 11, 0, 12]], dtype=np.int32)
    env = VectorEnv(HARD, 2, backend=ptx)
    assert env.encode(choices)[1].tolist() == [[0, 0, 0], [1, 0, 0], [2, 0, 0], [3, 0, 0]]
    with pytest.raises(bb.InvalidValue, match=r"choice\[1, 1\] = 11 .* up to 10"):
        env.check()


@pytest.mark.parametrize(
    ("call", "given", "message"),
    [
        ("step", [[[0, 0, 0]] * 4] * 6, "a list that is not in the memory of compiled PTX"),
        ("step", np.zeros((6, 4, 3)), "an array of float64.*uint8, int32 or int64"),
        ("step", np.zeros((6, 4, 2), dtype=np.uint8), r"shape \(6, 4, 3\)"),
        ("encode", np.zeros(6, dtype=np.uint8), r"shape \(6, 4\)"),
        ("mask", np.ones(5, dtype=bool), r"mask = an array of shape \(5,\).*\(6,\)"),
        ("mask", np.ones(6), "mask = an array of float64.*bool"),
        ("mask", [1] * 6, "mask = an array of int64.*booleans"),
        ("episodes", np.zeros(6, dtype=np.int64), "episodes = an array of int64.*uint64"),
        ("episodes", [0, 0, -1, 0, 0, 0], r"episodes\[2\] = -1"),
    ],
)
def test_arrays_that_are_not_allowed(call: str, given: Any, message: str, ptx: CudaBackend) -> None:
    env = VectorEnv(HARD, 6, backend=ptx)
    env.reset()
    options = {"mask": "reset", "episodes": "reset"}
    passed = ([], {call: given}) if call in options else ([given], {})
    with pytest.raises(bb.InvalidValue, match=message):
        getattr(env, options.get(call, call))(*passed[0], **passed[1])


def test_an_environment_is_on_one_device() -> None:
    with pytest.raises(bb.InvalidValue, match=r"backend = 2 devices.*offset and stride"):
        VectorEnv(HARD, 6, backend=CudaBackend(devices=[PtxDevice(), PtxDevice()]))


def test_no_access_leaves_its_array(compiled: None) -> None:
    checked = CudaBackend(devices=[PtxDevice(checked=True)])
    shape = Shape(2, 3, 0)
    lineup = [SEATS[2], None, SEATS[0]]
    pair = Pair(checked, [game(shape), game(shape, max_nights=5)], 131, {"lineup": lineup})
    pair.reset()
    pair.play(12)
    pair.gpu.encode(np.zeros((131, 3), dtype=np.int64))
