"""The agents to play against: every engine against the witnesses, and wherever they are taken."""

import json
import pickle
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from drawn_games import as_reference, episode_numbers, probabilities, scenarios, seeds, thetas
from fake_backends import Fast, install, let_the_cpu_take, reset
from hypothesis import given, settings
from hypothesis import strategies as st
from reference_agents import RefAlwaysRest, RefRandom, RefSpecialist, RefTenParameter
from reference_game import Action, RefAgent, RefFirefighter, Seated, play
from small_games import CROWDED, LARGER, LIVELY
from typer.testing import CliRunner

import bucket_brigade as bb
from bucket_brigade import _core
from bucket_brigade.backends.auto import AutoBackend
from bucket_brigade.backends.cpu import CpuBackend
from bucket_brigade.cli import app
from bucket_brigade.envs import Lanes, VectorEnv
from bucket_brigade.evaluation.cross_examination import FEWEST, cross_examine
from bucket_brigade.evaluation.methods import chosen_method
from bucket_brigade.game.program import compile_program
from bucket_brigade.policies.kinds import as_policy, parse_policy
from bucket_brigade.policies.policy import Policy

pytestmark = pytest.mark.filterwarnings("ignore::bucket_brigade.RareEventsWarning")

DEFAULT = bb.scenario("default")
BUSY = (0.8, 0.4, 0.7, 0.6, 0.3, 1.0, 0.2, 0.4, 0.1, 0.9)
CALM = (0.7, 0.3, 0.5, 0.9, 0.8, 0.0, 0.1, 0.0, 0.2, 0.6)
NAMED = ["random", "always_rest", "specialist"]
AGENTS: list[Policy] = [
    *(bb.Random(), bb.AlwaysRest(), bb.Specialist(), bb.TenParameter(BUSY), bb.TenParameter(CALM))
]

named = st.sampled_from([RefRandom(), RefAlwaysRest(), RefSpecialist()])
ten_parameters = st.builds(RefTenParameter, thetas)
firefighters = st.builds(RefFirefighter, probabilities, st.booleans())
seated: st.SearchStrategy[Seated] = st.one_of(named, ten_parameters, thetas, firefighters)
Seats = list[list[tuple[float, Seated]]]


def entry(one: Seated) -> object:
    """A policy of the witnesses as the package takes it."""
    if isinstance(one, RefFirefighter):
        return bb.Firefighter(one.w, one.own_first, one.honesty)
    if isinstance(one, RefTenParameter):
        return bb.TenParameter(one.theta)
    if isinstance(one, RefAgent):
        return {RefRandom: "random", RefAlwaysRest: "always_rest", RefSpecialist: "specialist"}[
            type(one)
        ]
    return one


def lineup_of(seats: Seats) -> list[object]:
    return [
        bb.Mixture([entry(one) for _, one in seat], [weight for weight, _ in seat])
        for seat in seats
    ]


@st.composite
def drawn_seats(draw: st.DrawFn, agents: int) -> Seats:
    seats = []
    for _ in range(agents):
        shares = draw(st.lists(st.integers(1, 7), min_size=1, max_size=3))
        seats.append([(share / sum(shares), draw(seated)) for share in shares])
    return seats


@settings(max_examples=60, deadline=None)
@given(scenarios(most_nights=6, most_agents=5), seeds, episode_numbers, st.data())
def test_episodes_night_by_night(
    scenario: bb.Scenario, seed: int, episode: int, data: st.DataObject
) -> None:
    seats = data.draw(drawn_seats(scenario.num_agents))
    record = play(as_reference(scenario), seats, seed, episode)
    game = bb.Episode(scenario, lineup_of(seats), seed=seed, episode=episode)
    env = VectorEnv(
        scenario, 1, seed=seed, first_episode=episode, lineup=lineup_of(seats), autoreset="disabled"
    )
    env.reset()
    for expected in record.nights:
        night = game.step()
        assert [(a.house, a.works, a.signal) for a in night.actions] == expected.actions
        assert list(night.after) == expected.after
        obs, *_, info = env.step(np.zeros((1, scenario.num_agents, 3), dtype=np.uint8))
        seen = obs["actions"][0].tolist()
        assert seen == [list(action) for action in expected.actions]
        assert obs["houses"][0].tolist() == expected.after
    assert game.ended == record.ended
    assert info["final"]["end"][0] == 1 + bb.END_KINDS.index(record.ended)
    # A copy remembers, too.
    again = bb.Episode(scenario, lineup_of(seats), seed=seed, episode=episode)
    for expected in record.nights:
        again = pickle.loads(pickle.dumps(again))
        assert [a.house for a in again.step().actions] == [a[0] for a in expected.actions]


@settings(max_examples=15, deadline=None)
@given(scenarios(most_nights=5, most_agents=5), seeds, st.integers(0, 2**40), st.data())
def test_totals_on_every_path(
    scenario: bb.Scenario, seed: int, first: int, data: st.DataObject
) -> None:
    seats = data.draw(drawn_seats(scenario.num_agents))
    expected = np.zeros(1 + scenario.num_agents + 3 * scenario.num_houses + 4, dtype=np.int64)
    for episode in range(first, first + 40):
        record = play(as_reference(scenario), seats, seed, episode)
        c, ended = record.counts, [int(record.ended == kind) for kind in bb.END_KINDS]
        expected += [c["nights"], *c["worked"], *c["safe"], *c["ruined"], *c["saved"], *ended]
    program = compile_program(
        scenario, [lineup_of(seats)], seed=seed, first_episode=first, episodes=40
    )
    for simd in _core.simd_paths()[0]:
        totals, _, _ = program.run(threads=1, simd=simd, per_block=False, progress=None)
        assert totals[0].tolist() == expected.tolist(), simd


def test_batches_remember_where_everybody_was() -> None:
    # It follows the crowd, wherever other kinds of agents are: at home, at fires, anywhere.
    follower = bb.TenParameter([1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.3, 0.0, 1.0])
    mixed = bb.Mixture(["liar", "random", bb.Firefighter(0.9, own_first=True)], [0.4, 0.3, 0.3])
    lineup = ["hero", "free_rider", mixed, bb.Firefighter(0.8), "specialist", follower, follower]
    scenario = DEFAULT.replace(num_agents=7)
    program = compile_program(scenario, [lineup], seed=5, first_episode=7, episodes=300)
    one_by_one = np.sum([program.play(0, episode) for episode in range(7, 307)], axis=0)
    for simd in _core.simd_paths()[0]:
        totals, _, _ = program.run(threads=1, simd=simd, per_block=False, progress=None)
        assert totals[0].tolist() == one_by_one.tolist()


def published() -> dict[str, list[list[int]]]:
    """Rows of the table of runs G to J in docs/randomness.md."""
    page = Path(__file__).parents[2] / "docs" / "randomness.md"
    section = page.read_text(encoding="utf-8").split("### Agents to play against")[1]
    rows = [line.strip("| ").split("|") for line in section.splitlines() if line.startswith("| `")]
    return {
        label.strip().replace("`", ""): [[int(x) for x in cell.split()] for cell in cells]
        for label, *cells in rows
    }


SEVEN = bb.scenario("hard").replace(
    num_houses=7, num_agents=3, night_order="burn_out_then_spread", end_rule="no_fires"
)
MANY = {"seed": 2**32 + 5, "first_episode": 2**60 + 16, "episodes": 48}
TEN: list[object] = [
    f"ten_parameter:{name}" for name in ("firefighter", "hero", "coordinator", "liar")
]
RUNS: list[tuple[bb.Scenario, list[object], dict[str, Any]]] = [
    (DEFAULT, ["random"] * 4, {"seed": 7, "episodes": 32}),
    (DEFAULT, ["specialist", "specialist", "always_rest", "hero"], {"seed": 7, "episodes": 32}),
    (DEFAULT, TEN, {"seed": 7, "episodes": 32}),
    (SEVEN, [bb.Mixture([bb.TenParameter(BUSY), "random", "liar"], [0.5, 0.25, 0.25])] * 3, MANY),
]


@pytest.mark.parametrize("run", range(len(RUNS)))
def test_published_totals(run: int) -> None:
    scenario, lineup, episodes = RUNS[run]
    counts = bb.simulate(scenario, [lineup], **episodes).counts
    expected = {label: cells[run] for label, cells in published().items()}
    assert [counts.nights[0]] == expected.pop("nights")
    for kind, number in zip(bb.END_KINDS, counts.ended[0].tolist(), strict=True):
        assert [number] == expected.pop(f"ended: {kind}")
    assert set(expected) == {"worked", "safe", "ruined", "saved"}
    for name, numbers in expected.items():
        assert getattr(counts, name)[0].tolist() == numbers


# The ten-parameter agent's choices.


def test_frequencies_of_its_acts_are_the_chances_of_the_rules() -> None:
    rng = np.random.default_rng(20)
    draws, deviations = 1500, []
    for case in range(24):
        ring, agents = int(rng.integers(2, 8)), int(rng.integers(1, 5))
        scenario = DEFAULT.replace(num_houses=ring, num_agents=agents)
        theta = rng.choice([0.0, 0.3, 0.55, 0.8, 1.0], size=10).tolist()
        seat, night = int(rng.integers(agents)), int(rng.integers(0, 3))
        houses = rng.choice(3, size=ring, p=[0.4, 0.4, 0.2]).tolist()
        last: list[Action] = [(0, 0, 0)] * agents
        if night:
            last = [(int(rng.integers(ring)), int(rng.integers(2)), 0) for _ in last]
        agent = RefTenParameter(theta)
        chances = agent.chances(seat, houses, night, last)
        assert sum(chances.values()) == pytest.approx(1.0)
        game = _core.Episode(
            compile_program(scenario, [[bb.TenParameter(theta)] * agents], seed=case, episodes=1),
            *(0, 0),
        )
        acts = [number for action in last for number in action]
        game.resume(houses, night, game.strategies, bytes(acts))
        drawn = [game.copy(e).step()["actions"][seat] for e in range(draws)]
        seen: Counter[Action] = Counter((h, int(mode), int(signal)) for h, mode, signal in drawn)
        assert all(chances[action] > 0 for action in seen)
        expected = {act: draws * chance for act, chance in chances.items() if chance > 0}
        # Acts that are hardly expected count as one.
        few = [act for act, number in expected.items() if number < 5]
        pairs = [(seen[act], number) for act, number in expected.items() if number >= 5]
        if few:
            pairs.append((sum(seen[act] for act in few), sum(expected[act] for act in few)))
        square = sum((found - number) ** 2 / max(number, 1) for found, number in pairs)
        freedom = len(pairs) - 1
        if freedom:
            deviations.append((square - freedom) / np.sqrt(2 * freedom))
    assert len(deviations) > 15
    assert abs(np.mean(deviations)) < 4 / np.sqrt(len(deviations))
    assert max(deviations) < 6


@settings(max_examples=40, deadline=None)
@given(thetas, st.integers(2, 6), st.integers(1, 7), st.data())
def test_its_table_has_the_chances_of_the_rules(
    theta: tuple[float, ...], ring: int, agents: int, data: st.DataObject
) -> None:
    seat = data.draw(st.integers(0, agents - 1))
    forgetful = (*theta[:5], 0.0, theta[6], 0.0, *theta[8:])
    scenario = DEFAULT.replace(num_houses=ring, num_agents=agents)
    table = bb.tabulate(bb.TenParameter(forgetful), scenario, seat=seat)
    houses = data.draw(st.lists(st.integers(0, 2), min_size=ring, max_size=ring))
    chances = RefTenParameter(forgetful).chances(seat, houses, 0, [(0, 0, 0)] * agents)
    expected = [0.0] * (1 + ring)
    for (house, mode, _), chance in chances.items():
        expected[(1 + house) * mode] += chance
    np.testing.assert_allclose(table.at(houses), expected, rtol=0, atol=1e-12)


# Exact payoffs.


@pytest.mark.parametrize("scenario", [LIVELY, CROWDED, LARGER])
def test_samples_agree_with_exact_payoffs_and_counts(scenario: bb.Scenario) -> None:
    rest: list[Any] = ["always_rest"] * (scenario.num_agents - 2)
    mixed = bb.Mixture(["random", bb.TenParameter(CALM)], [0.25, 0.75])
    for lineup in (["random", "specialist"], [bb.TenParameter(CALM), mixed]):
        found = cross_examine(scenario, [*rest, *lineup], episodes=10 * FEWEST, seed=5)
        assert found.agrees, (lineup, found.worst)


def test_whatever_is_exact_takes_them() -> None:
    lineup = ["random", "specialist", bb.TenParameter(CALM), "always_rest"]
    game = DEFAULT.replace(num_houses=5)
    payoffs = bb.expected(game, [lineup]).mean[0]
    np.testing.assert_allclose(bb.policy_values(game, lineup).payoffs, payoffs, rtol=1e-10)
    best = bb.best_response(game, lineup, 0)
    assert best.payoff == pytest.approx(payoffs[0])
    assert best.gain > 100
    verdict = bb.judge(game, lineup, heuristics=False)
    assert verdict.seats[0].gain == pytest.approx(best.gain)
    tables = [bb.tabulate(each, game, seat=seat) for seat, each in enumerate(lineup)]
    np.testing.assert_allclose(bb.expected(game, [tables]).mean[0], payoffs, rtol=1e-10)
    rested = bb.expected(game, [["always_rest"] * 4, [bb.Firefighter(0.0)] * 4])
    assert rested.pure_lineups == 1
    matrix = bb.payoff_matrix(game, ["random", "always_rest", "hero"], method="exact")
    assert matrix.names == ("random", "always_rest", "hero")
    auto = {"method": "auto", "episodes": 2**40, "backend": "cpu"}
    assert chosen_method(scenario=game, lineups=[lineup], **auto) == "exact"  # type: ignore[arg-type]


def test_who_remembers_has_no_exact_payoffs() -> None:
    lineup: list[object] = ["hero", bb.TenParameter(BUSY)]
    said = r"TenParameter.*houses alone.*coordination"
    with pytest.raises(bb.InvalidValue, match=said):
        bb.expected(LIVELY, [lineup])
    with pytest.raises(bb.InvalidValue, match=said):
        bb.judge(LIVELY, lineup)
    with pytest.raises(bb.InvalidValue, match=said):
        bb.policy_values(LIVELY, lineup)
    with pytest.raises(bb.InvalidValue, match=said):
        bb.best_response(LIVELY, lineup)
    with pytest.raises(bb.InvalidValue, match=said):
        bb.tabulate(lineup[1], LIVELY)
    assert chosen_method("auto", LIVELY, [lineup], episodes=10) == "sampled"
    with pytest.raises(bb.InvalidValue, match="remember"):
        _core.policy_table(bb.TenParameter(BUSY).compiled(), 3, 2, 0)


def test_rings_with_too_many_states_are_refused_before_tables_are_made() -> None:
    for houses in (13, 16, 32):
        scenario = DEFAULT.replace(num_houses=houses)
        with pytest.raises(bb.InvalidValue, match="num_houses"):
            bb.expected(scenario, [["random"] * 4])
        with pytest.raises(bb.InvalidValue, match="num_houses"):
            bb.best_response(scenario, ["specialist"] * 4)
        assert bb.simulate(scenario, [["random"] * 4], episodes=1).counts.nights[0] > 0
    with pytest.raises(bb.InvalidValue, match="num_houses"):
        bb.tabulate("random", DEFAULT.replace(num_houses=17))


def test_there_are_no_derivatives_by_what_has_no_numbers() -> None:
    with pytest.raises(bb.InvalidValue, match=r"random.*heuristic agents and firefighters"):
        bb.expected_gradient(LIVELY, [["hero", "random"]])


# Environments.


def test_lanes_go_back_beside_an_agent_that_remembers() -> None:
    """Two agents that remember: one what all did, and both what they did themselves."""
    lineup = [None, "hero", bb.TenParameter(BUSY), bb.TenParameter([0.5] * 10)]
    env = VectorEnv(DEFAULT, 64, lineup=lineup)
    env.reset()
    rng = np.random.default_rng(3)
    acts = rng.integers([10, 2, 2], size=(9, 64, 4, 3)).astype(np.uint8)
    for each in acts[:4]:
        before = env.step(each)[0]
    state = env.state()
    assert (state.actions == before["actions"]).all()
    played = [env.step(each)[0] for each in acts[4:]]
    assert (env.set_state(state)["actions"] == before["actions"]).all()
    for each, seen in zip(acts[4:], played, strict=True):
        again = env.step(each)[0]
        assert all((again[name] == seen[name]).all() for name in seen)
    # What they remember decides what they do.
    forgot = Lanes(state.episode, state.night, state.houses, np.zeros_like(acts[0]))
    env.set_state(forgot)
    assert (env.step(acts[4])[0]["actions"] != played[0]["actions"]).any()
    with pytest.raises(bb.InvalidValue, match=r"lanes.actions = None .*remembers"):
        env.set_state(Lanes(state.episode, state.night, state.houses))
    wrong = before["actions"].copy()
    wrong[5, 2, 0] = 10
    with pytest.raises(bb.InvalidValue, match=r"actions\[5, 2, 0\] = 10 .*house"):
        env.set_state(Lanes(state.episode, state.night, state.houses, wrong))
    env = VectorEnv(DEFAULT, 2, lineup=[None, "random", "specialist", bb.TenParameter(CALM)])
    env.reset()
    assert env.state().actions is None
    env.set_state(env.state())


def test_lanes_of_built_in_agents_play_what_simulate_plays() -> None:
    best = bb.best_response(LIVELY, ["random"] * 2, 0).policy
    lineups: list[list[object]] = [
        [best, "random"],
        ["specialist", bb.TenParameter(BUSY)],
        ["always_rest", "hero"],
    ]
    for lineup in lineups:
        env = VectorEnv(LIVELY, 64, seed=3, first_episode=0, lineup=lineup)
        env.reset()
        returns = np.full((64, 2), np.nan)
        while np.isnan(returns).any():
            *_, terminated, truncated, info = env.step(np.zeros((64, 2, 3), dtype=np.uint8))
            first = (terminated | truncated) & np.isnan(returns[:, 0])
            returns[first] = info["final"]["returns"][first]
        played = bb.simulate(LIVELY, [lineup], episodes=64, seed=3)
        np.testing.assert_allclose(returns.mean(axis=0), played.mean[0], rtol=1e-12)


# Names.


@pytest.mark.parametrize("policy", AGENTS, ids=lambda policy: policy.name())
def test_names_and_json_forms_are_read_back(policy: Policy) -> None:
    assert as_policy(policy.name()) == policy
    assert parse_policy(policy.name()) == policy
    assert as_policy(policy.name().upper()) == policy
    assert as_policy(json.loads(json.dumps(policy.to_json()))) == policy
    assert pickle.loads(pickle.dumps(policy)) == policy
    assert hash(as_policy(policy.name())) == hash(policy)
    assert policy.compiled() == as_policy(policy.name()).compiled()


def test_what_they_are() -> None:
    assert as_policy("Always Rest") == bb.AlwaysRest()
    assert bb.TenParameter("hero").name() == "ten_parameter:hero"
    assert as_policy("ten_parameter:free_rider").memoryless
    assert not bb.TenParameter("hero").memoryless
    assert bb.TenParameter("hero") != as_policy("hero")
    keys = {policy.key for policy in [*AGENTS, as_policy("hero"), bb.TenParameter("hero")]}
    assert len(keys) == 7
    assert bb.AlwaysRest().key == bb.Firefighter(0.0).key
    assert [policy.memoryless for policy in AGENTS] == [True, True, True, False, True]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("rondom", "did you mean random"),
        ("specialists", "did you mean specialist"),
        ("random:", "did you mean random"),
        ("ten_parameter", "ten_parameter:hero"),
        ("ten_parameter:", "one of firefighter"),
        ("ten_parameter:heros", "did you mean hero"),
        ("ten_parameter:0.1:0.2", "ten numbers"),
        ("ten_parameter:0:0:0:0:0:0:0:0:0:2", "altruism"),
        ({"kind": "randomly"}, "did you mean random"),
        ({"kind": "random", "p": 0.5}, "its kind alone"),
        ({"kind": "ten_parameter"}, "theta"),
        ({"kind": "ten_parameter", "theta": [0.5]}, "ten numbers"),
        ({"kind": "ten_parameter", "theta": [0.5] * 9 + [-1]}, "altruism"),
        ({"kind": 3}, "kind"),
    ],
)
def test_forms_that_are_none(given: object, said: str) -> None:
    with pytest.raises(bb.InvalidValue, match=said) as caught:
        bb.simulate(LIVELY, [["hero", given]], episodes=1)
    assert caught.value.field.startswith("lineups[0][1]")


def test_json_plays_the_same_again() -> None:
    lineup = [
        "random",
        "specialist",
        bb.Mixture(["always_rest", bb.TenParameter(BUSY)], [0.5, 0.5]),
    ]
    result = bb.simulate(DEFAULT, [[*lineup, "hero"]], episodes=64, seed=3)
    data = json.loads(json.dumps(result.to_dict(0)))
    assert data["lineup"][:2] == ["random", "specialist"]
    assert data["strategy_pool"][0] == {"kind": "random"}
    seats = [bb.Mixture(**seat) for seat in data["seats"]]
    again = bb.simulate(DEFAULT, [seats], pool=data["strategy_pool"], episodes=64, seed=3)
    assert again.mean.tolist() == result.mean.tolist()


def test_on_the_command_line(tmp_path: Path) -> None:
    text = "random,always-rest,specialist,ten_parameter:coordinator"
    arguments = ["simulate", "default", "--lineup", text, "--episodes", "64", "--seed", "7"]
    shown = CliRunner().invoke(app, [*arguments, "--json"])
    assert shown.exit_code == 0, shown.output
    names = ["random", "always_rest", "specialist", "ten_parameter:coordinator"]
    played = bb.simulate(DEFAULT, [names], episodes=64, seed=7)
    assert json.loads(shown.output)["lineup"] == names
    assert json.loads(shown.output)["mean"] == played.mean[0].tolist()
    file = tmp_path / "lineup.json"
    file.write_text(
        json.dumps(["random", {"kind": "specialist"}, "hero", as_policy(names[3]).to_json()])
    )
    assert bb.load_lineup(file) == [bb.Random(), bb.Specialist(), "hero", as_policy(names[3])]
    wrong = CliRunner().invoke(app, ["simulate", "default", "--lineup", "rondom," * 3 + "hero"])
    assert wrong.exit_code == 2
    judged = CliRunner().invoke(
        app, ["judge", "default", "--lineup", text, "--set", "num_houses=4"]
    )
    assert judged.exit_code == 2
    assert "houses alone" in judged.output


# Other parts that know about kinds.


def test_what_can_happen() -> None:
    assert bb.simulate(DEFAULT, [["always_rest"] * 4], episodes=3200).unseen.max() == 0.0
    calm = bb.scenario("trivial_cooperation")
    lazy = bb.TenParameter([0.0, 0.0, *[0.0] * 8])  # claims to work, and never does
    for policy in ("always_rest", "specialist", lazy):
        assert bb.simulate(calm, [[policy] * 4], episodes=1).unseen.tolist() == [[0.0] * 4]
    crowded = bb.simulate(CROWDED, [["hero", "hero", "specialist"]], episodes=64_000)
    assert crowded.counts.worked[0, 2] == 0
    assert crowded.unseen.max() == 0.0


def test_auto_leaves_them_to_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, fast=Fast)
    reset()
    let_the_cpu_take(monkeypatch, 1e9)
    monkeypatch.setattr(Fast, "policy_kinds", ("heuristic", "firefighter"), raising=False)
    played: list[tuple[object, str]] = [("random", "cpu"), ("specialist", "cpu")]
    played += [(bb.TenParameter(CALM), "cpu"), ("always_rest", "fast")]
    for policy, backend in played:
        program = compile_program(DEFAULT, [[policy] * 4], seed=1, episodes=32)
        assert AutoBackend().run(program).backend == backend


def test_estimates_know_that_they_take_longer() -> None:
    def seconds(policy: object) -> float:
        mixed = bb.Mixture([policy, "hero"], [0.5, 0.5])
        program = compile_program(DEFAULT, [[policy] * 4, [mixed] * 4], seed=1, episodes=32)
        return CpuBackend().seconds(program)

    assert seconds("random") > 5 * seconds("liar") == 5 * seconds("always_rest")
