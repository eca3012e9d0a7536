"""Policies that play one episode at a time in the kernels: tables, and agents to play against."""

from typing import Any

import numpy as np
import pytest
from drawn_games import END_RULES, ORDERS, TOP
from playing import agreed
from recorded_totals import DEFAULT, Run, recorded
from recorded_totals import RUNS as RUNS_BEFORE
from shapes import SINGLES
from test_envs import HARD, Pair, assert_same, columns, game

import bucket_brigade as bb
from bucket_brigade.backends.cpu import CpuBackend
from bucket_brigade.envs import Lanes
from bucket_brigade.game.program import compile_program
from bucket_brigade_cuda.backend import CudaBackend
from bucket_brigade_cuda.launch.job import shape_of
from ptx_on_cpu.device import PtxDevice

SMALL, LINEUPS = SINGLES
#: One that remembers its own act and where all were, with every chance between 0 and 1; one that
#: remembers nothing, and one that only looks at where the others were.
KEEN = bb.TenParameter([0.8, 0.4, 0.7, 0.6, 0.3, 1.0, 0.2, 0.4, 0.1, 0.9])
SHY = bb.TenParameter([0.7, 0.2, 0.0, 0.9, 0.9, 0.0, 0.1, 0.0, 0.5, 1.0])
SOCIAL = bb.TenParameter([1.0, 1.0, 1.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 1.0])


def table(scenario: bb.Scenario, seed: int) -> bb.Tabular:
    """A table in which states have one act, acts that vary, and chances, of which some are 0."""
    rng = np.random.default_rng(seed)
    states, acts = 3**scenario.num_houses, 1 + scenario.num_houses
    chances = rng.random((scenario.max_nights, states, acts)) ** 3
    chances[rng.random(chances.shape) < 0.3] = 0.0
    chances[..., 0] += 1e-3
    sure = np.eye(acts)[rng.integers(acts, size=chances.shape[:2])]
    chances = np.where(rng.random(chances.shape[:2])[..., None] < 0.5, sure, chances)
    chances[:, ::3] = sure[0, ::3]
    chances /= chances.sum(axis=-1, keepdims=True)
    return bb.tabulate(chances, scenario)


def lineup(scenario: bb.Scenario, outside: bool) -> list[Any]:
    """Every kind of policy in the seats of `SMALL`, alone and mixed."""
    mixture = bb.Mixture([table(scenario, 1), KEEN, "random", "liar"], [0.2, 0.3, 0.2, 0.3])
    others = bb.Mixture([SHY, bb.Firefighter(0.8, own_first=True), "specialist"], [0.4, 0.3, 0.3])
    first = None if outside else "always_rest"
    return [mixture, first, SOCIAL, others, table(scenario, 2), "random", "specialist", KEEN]


@pytest.mark.parametrize(("order", "rule"), list(zip(ORDERS, END_RULES, strict=True)))
def test_environments_show_what_the_cpu_shows(order: str, rule: str, ptx: CudaBackend) -> None:
    played = [
        game(SMALL, night_order=order, end_rule=rule, max_nights=9),
        game(SMALL, night_order=order, prob_house_catches_fire=0.4, max_nights=9),
    ]
    autoreset = "disabled" if rule == "no_fires" else "same_step"
    options = {"lineup": lineup(played[0], True), "seed": 2**32 + 5, "autoreset": autoreset}
    pair = Pair(ptx, played, 150, {**options, "first_episode": 2**60 + 16})
    pair.reset()
    pair.play(40)
    assert sum(pair.ended.values()) > 150


def test_every_kind_has_its_seat(ptx: CudaBackend) -> None:
    scenario = game(SMALL, max_nights=6)
    for seat, policy in enumerate((KEEN, SOCIAL, "specialist", "random", table(scenario, 3))):
        seats: list[Any] = [policy] * SMALL.agents
        seats[seat] = None
        pair = Pair(ptx, scenario, 40, {"lineup": seats, "seed": 3})
        pair.reset()
        pair.play(13)


def test_states_carry_the_acts_that_are_remembered(ptx: CudaBackend) -> None:
    scenario = game(SMALL, max_nights=20)
    pair = Pair(ptx, scenario, 40, {"lineup": lineup(scenario, True), "seed": 4})
    pair.reset()
    pair.play(5)
    state, other = pair.cpu.state(), pair.gpu.state()
    assert_same(columns(state), columns(other))
    assert state.actions is not None
    pair.play(4, seed=2)
    chosen = np.arange(40) % 3 != 1
    lists = Lanes(*(column.tolist() for column in columns(state).values()))
    for given in (other, state, lists):
        assert_same(pair.cpu.set_state(given, mask=chosen), pair.gpu.set_state(given, mask=chosen))
        pair.play(3, seed=3)
    assert_same(pair.cpu.set_state(state), pair.gpu.set_state(state))
    # The same acts from outside lead on from there in the same way.
    pair.play(20, seed=4)


def test_acts_of_states_are_checked(ptx: CudaBackend) -> None:
    scenario = game(SMALL)
    pair = Pair(ptx, scenario, 6, {"lineup": lineup(scenario, True)})
    pair.reset()
    pair.play(1)
    state = pair.cpu.state()
    for number, value in ((0, SMALL.houses), (1, 2), (2, 255)):
        acts = state.actions.copy()
        acts[4, 2, number] = value
        wrong = Lanes(state.episode, state.night, state.houses, acts)
        with pytest.raises(bb.InvalidValue) as expected:
            pair.cpu.set_state(wrong)
        pair.gpu.set_state(wrong)
        with pytest.raises(bb.InvalidValue) as caught:
            pair.gpu.check()
        assert str(caught.value) == str(expected.value)
        assert_same(columns(pair.cpu.state()), columns(pair.gpu.state()))
    for env in (pair.cpu, pair.gpu):
        with pytest.raises(bb.InvalidValue, match=r"lanes.actions = None.*remembers"):
            env.set_state(Lanes(state.episode, state.night, state.houses))


def test_only_built_in_seats_are_remembered_for(ptx: CudaBackend) -> None:
    scenario = game(SMALL)
    for seats, remembered in (
        ([SHY] * 8, False),
        ([None, *["random"] * 7], False),
        ([SOCIAL] * 8, True),
    ):
        pair = Pair(ptx, scenario, 3, {"lineup": seats})
        pair.reset()
        assert (pair.cpu.state().actions is not None) == remembered
        assert_same(columns(pair.cpu.state()), columns(pair.gpu.state()))


@pytest.mark.parametrize(("order", "rule"), list(zip(ORDERS, END_RULES, strict=True)))
def test_simulate_counts_what_the_cpu_counts(order: str, rule: str, ptx: CudaBackend) -> None:
    scenario = game(SMALL, night_order=order, end_rule=rule, max_nights=12)
    seats = lineup(scenario, False)
    lineups = [seats[i:] + seats[:i] for i in range(8)]
    program = compile_program(scenario, lineups, seed=0, episodes=1)
    assert shape_of(program) == LINEUPS
    first = 2**60 + 17 if rule == "no_fires" else TOP - 90
    agreed(ptx, scenario, lineups, episodes=90, first_episode=first, seed=2**32 + 5)


def test_each_kind_is_counted_in_every_seat(ptx: CudaBackend) -> None:
    scenario = game(SMALL, max_nights=7)
    wide = bb.Mixture([KEEN, SHY, "random", "liar"], [0.25] * 4)
    kinds = (KEEN, SHY, SOCIAL, "random", "specialist", "always_rest", table(scenario, 4))
    lineups: list[Any] = [[one] * 8 for one in kinds]
    agreed(ptx, scenario, [*lineups, [wide] * 8], episodes=40, first_episode=5, seed=1)


def test_counts_stay_on_the_device(ptx: CudaBackend) -> None:
    scenario = game(SMALL, max_nights=7)
    program = compile_program(
        scenario, [lineup(scenario, False)] * 2, seed=3, first_episode=20, episodes=200
    )
    kept, counts = ptx.counts_on_device(program, per_block=True), CpuBackend().run(program)
    assert np.array_equal(kept.totals, counts.totals)
    assert np.array_equal(kept.moments, counts.moments)


def test_estimates_know_that_these_take_longer(ptx: CudaBackend) -> None:
    quick, slow = (
        compile_program(HARD, [[who] * 4], seed=0, episodes=10**11) for who in ("hero", "random")
    )
    assert 5 * ptx.seconds(quick) < ptx.seconds(slow) < CpuBackend().seconds(slow, threads=1)


TEN = [bb.TenParameter(name) for name in ("firefighter", "hero", "coordinator", "liar")]
#: Runs G to J of docs/randomness.md.
RUNS = {
    "G": Run(DEFAULT, ["random"] * 4, 7, 0, 32),
    "H": Run(DEFAULT, ["specialist", "specialist", "always_rest", "hero"], 7, 0, 32),
    "I": Run(DEFAULT, [*TEN], 7, 0, 32),
    "J": Run(
        RUNS_BEFORE["F"].scenario,
        [bb.Mixture([KEEN, "random", "liar"], [0.5, 0.25, 0.25])] * 3,
        *(2**32 + 5, 2**60 + 16, 48),
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", list(RUNS))
def test_recorded_totals(name: str, ptx: CudaBackend) -> None:
    run = RUNS[name]
    request = {"seed": run.seed, "first_episode": run.first_episode, "episodes": run.episodes}
    program = compile_program(run.scenario, [run.lineup], **request)
    assert ptx.run(program).totals[0].tolist() == recorded(name)


@pytest.mark.slow
def test_no_access_leaves_its_array(compiled: None) -> None:
    checked = CudaBackend(devices=[PtxDevice(checked=True)])
    scenario = game(SMALL, max_nights=9)
    pair = Pair(checked, scenario, 131, {"lineup": lineup(scenario, True)})
    pair.reset()
    pair.play(12)
    agreed(checked, scenario, [lineup(scenario, False)] * 2, episodes=131, first_episode=7, seed=1)
