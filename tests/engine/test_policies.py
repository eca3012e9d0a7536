"""Policies of every kind: each engine against the witnesses, written from the rules alone."""

from dataclasses import dataclass

import numpy as np
import pytest
from drawn_games import as_reference, episode_numbers, probabilities, scenarios, seeds, thetas
from fake_backends import Fast, install, let_the_cpu_take, reset
from hypothesis import given, settings
from hypothesis import strategies as st
from recorded_totals import recorded
from reference_game import RefFirefighter, Seated, play
from small_chain import expected_counts

import bucket_brigade as bb
from bucket_brigade import _core
from bucket_brigade.backends.auto import AutoBackend
from bucket_brigade.errors import InvalidValue
from bucket_brigade.game.program import compile_program

firefighters = st.builds(
    RefFirefighter, w=probabilities, own_first=st.booleans(), honesty=probabilities
)
policies: st.SearchStrategy[Seated] = st.one_of(thetas, firefighters)


def handle(policy: Seated) -> _core.Policy:
    """The policy as the core takes it."""
    if isinstance(policy, RefFirefighter):
        return _core.Policy.firefighter(policy.w, policy.own_first, policy.honesty)
    return _core.Policy.heuristic(np.array(policy, dtype=np.float64))


@dataclass
class Seats:
    """A line-up: weights and policies of each seat."""

    seats: list[list[tuple[float, Seated]]]

    def program(
        self, scenario: bb.Scenario, seed: int, first_episode: int, episodes: int
    ) -> _core.Program:
        pool = [handle(policy) for seat in self.seats for _, policy in seat]
        return _core.Program(
            scenario,
            pool,
            np.array([[len(seat) for seat in self.seats]], dtype=np.int64),
            np.arange(len(pool), dtype=np.int64),
            np.array([weight for seat in self.seats for weight, _ in seat]),
            seed=seed,
            first_episode=first_episode,
            episodes=episodes,
        )


@st.composite
def lineups(draw: st.DrawFn, agents: int) -> Seats:
    seats = []
    for _ in range(agents):
        shares = draw(st.lists(st.integers(1, 7), min_size=1, max_size=3))
        seats.append([(share / sum(shares), draw(policies)) for share in shares])
    return Seats(seats)


def counts_of(scenario: bb.Scenario, seats: Seats, seed: int, episodes: range) -> list[int]:
    """The count vector of some episodes, by the witness."""
    totals = np.zeros(1 + scenario.num_agents + 3 * scenario.num_houses + 4, dtype=np.int64)
    for episode in episodes:
        record = play(as_reference(scenario), seats.seats, seed, episode)
        c = record.counts
        ended = [int(record.ended == kind) for kind in bb.END_KINDS]
        totals += np.array(
            [c["nights"], *c["worked"], *c["safe"], *c["ruined"], *c["saved"], *ended]
        )
    return totals.tolist()


@settings(max_examples=150, deadline=None)
@given(scenarios(most_nights=6, most_agents=6), seeds, episode_numbers, st.data())
def test_episodes_night_by_night(
    scenario: bb.Scenario, seed: int, episode: int, data: st.DataObject
) -> None:
    seats = data.draw(lineups(scenario.num_agents))
    record = play(as_reference(scenario), seats.seats, seed, episode)
    game = _core.Episode(seats.program(scenario, seed, episode, 1), 0, episode)
    assert game.houses == record.initial
    for expected in record.nights:
        night = game.step()
        assert night["actions"] == expected.actions
        assert night["extinguished"] == expected.extinguished
        assert night["after"] == expected.after
    assert game.ended == record.ended


@settings(max_examples=60, deadline=None)
@given(scenarios(most_nights=5, most_agents=6), seeds, st.integers(0, 2**40), st.data())
def test_totals_on_every_path(
    scenario: bb.Scenario, seed: int, first: int, data: st.DataObject
) -> None:
    seats = data.draw(lineups(scenario.num_agents))
    episodes = range(first, first + 40)
    expected = counts_of(scenario, seats, seed, episodes)
    program = seats.program(scenario, seed, first, len(episodes))
    for simd in _core.simd_paths()[0]:
        totals, _, _ = program.run(threads=1, simd=simd, per_block=False, progress=None)
        assert totals[0].tolist() == expected, simd


def theta_of(name: str) -> Seated:
    return tuple(bb.ARCHETYPES[name].tolist())


ANY, OWN = RefFirefighter(0.7, False), RefFirefighter(0.9, True)
RUN_E = Seats(
    [
        [(1.0, ANY)],
        [(1.0, OWN)],
        [(1.0, theta_of("hero"))],
        [(0.5, theta_of("coordinator")), (0.5, RefFirefighter(0.6, True))],
    ]
)
RUN_F = Seats([[(0.25, OWN), (0.75, theta_of("liar"))]] * 3)
SEVEN = bb.scenario("hard").replace(
    num_houses=7, num_agents=3, night_order="burn_out_then_spread", end_rule="no_fires"
)
RUNS = {
    "E": (bb.scenario("default"), RUN_E, 7, range(32)),
    "F": (SEVEN, RUN_F, 2**32 + 5, range(2**60 + 16, 2**60 + 64)),
}


@pytest.mark.parametrize("run", ["E", "F"])
def test_published_totals(run: str) -> None:
    scenario, seats, seed, episodes = RUNS[run]
    expected = recorded(run)
    assert counts_of(scenario, seats, seed, episodes) == expected
    program = seats.program(scenario, seed, episodes[0], len(episodes))
    plain = np.sum([program.play(0, episode) for episode in episodes], axis=0)
    assert plain.tolist() == expected
    totals, _, _ = program.run(threads=2, simd="auto", per_block=False, progress=None)
    assert totals[0].tolist() == expected


@settings(max_examples=40, deadline=None)
@given(scenarios(most_nights=4, most_houses=4, most_agents=3), st.data())
def test_expected_counts(scenario: bb.Scenario, data: st.DataObject) -> None:
    played = [data.draw(policies) for _ in range(scenario.num_agents)]
    witness = expected_counts(as_reference(scenario), [[(1.0, policy)] for policy in played])
    counts = _core.expected(
        scenario,
        np.arange(len(played), dtype=np.int64)[None, :],
        threads=1,
        progress=None,
        policies=[handle(policy) for policy in played],
    )[0]
    expected = [witness["nights"], *witness["worked"], *witness["safe"], *witness["ruined"]]
    expected += [*witness["saved"], *(witness["ended"][kind] for kind in bb.END_KINDS)]
    assert counts.tolist() == pytest.approx(expected, rel=1e-10, abs=1e-10)


@pytest.mark.parametrize("order", ["spread_then_burn_out", "burn_out_then_spread"])
def test_samples_agree_with_expected_counts_where_own_houses_come_first(order: str) -> None:
    scenario = bb.scenario("default").replace(night_order=order)
    played: list[Seated] = [OWN, ANY, theta_of("coordinator"), RefFirefighter(0.5, True)]
    program = Seats([[(1.0, policy)] for policy in played]).program(scenario, 3, 0, 200_000)
    totals, moments, _ = program.run(threads=2, simd="auto", per_block=False, progress=None)
    exact = _core.expected(
        scenario,
        np.arange(4, dtype=np.int64)[None, :],
        threads=1,
        progress=None,
        policies=[handle(policy) for policy in played],
    )
    means = totals / 200_000
    # Nights, and nights worked by seat: their spread from second moments over blocks.
    blocks = program.blocks
    sums = moments[0].diagonal()[1:6] / blocks
    deviation = np.sqrt(sums - (totals[0, :5] / blocks) ** 2) * np.sqrt(blocks) / 200_000
    assert np.all(np.abs(means[0, :5] - exact[0, :5]) < 5 * deviation)


def test_a_list_of_heuristics_is_the_array_of_them() -> None:
    theta = np.array([bb.ARCHETYPES["hero"], bb.ARCHETYPES["liar"]])
    rest = (np.ones((1, 4), dtype=np.int64), np.array([0, 1, 0, 1]), np.ones(4))
    scenario = bb.scenario("default")
    handles = [_core.Policy.heuristic(row) for row in theta]
    one = _core.Program(scenario, theta, *rest, seed=1, first_episode=0, episodes=64)
    other = _core.Program(scenario, handles, *rest, seed=1, first_episode=0, episodes=64)
    assert one.policies == other.policies
    assert one.strategies.tolist() == other.strategies.tolist()
    assert one.policy_kinds == ["heuristic"]
    pairs = np.array([[[1.0, 0.5], [0.42, 0.9], [1.0, 0.5], [0.42, 0.9]]])
    by_pairs = _core.expected(scenario, pairs, threads=1, progress=None)
    by_index = _core.expected(
        scenario, np.array([[0, 1, 0, 1]]), threads=1, progress=None, policies=handles
    )
    assert by_pairs.tolist() == by_index.tolist()


def test_numbers_of_policies_that_play_one_episode_at_a_time() -> None:
    scenario = bb.scenario("default").replace(num_houses=3, max_nights=20)
    ten = bb.TenParameter([0.25, 0.5, 0, 0, 0, 1, 0, 0.5, 0, 1])
    table = bb.tabulate(bb.Firefighter(0.25), scenario)
    seats = ["hero", "random", ten, table]
    program = compile_program(scenario, [seats], seed=0, episodes=1)
    hero, anything, agent, acts = (program.numbers(i) for i in range(4))
    assert hero == anything == {}
    assert [of.get("remembers") for _, of in program.policies] == [None, 0, 1, 0]
    assert agent["draws"].tolist() == [2**30, 0, 2**31]
    assert agent["weights"].tolist() == [0, 0, round(0.1 * 2**32), 0]
    assert agent["fixed"].tolist() == [round(0.01 * 2**32), 2**31]
    assert agent["near"].tolist() == [round(0.1 * 2**32), round(0.05 * 2**32)]
    assert agent["intents"].tolist() == [0, 2**31] * 8
    # One fire, at house 0: it works there with one chance in four.
    row = acts["cumulative"].reshape(-1, 4)[acts["drawn"][acts["first"][1]]]
    assert acts["always"][:2].tolist() == [0, 255]
    assert row.tolist() == [3 * 2**30, 2**32, 2**32, 2**32]
    with pytest.raises(InvalidValue, match=r"policy = 4 .* below the 4 policies"):
        program.numbers(4)


def test_a_backend_that_reads_strategies_is_told_of_other_kinds() -> None:
    program = RUN_E.program(bb.scenario("default"), 7, 0, 1)
    assert program.policy_kinds == ["heuristic", "firefighter"]
    assert program.policies[1] == (
        "firefighter",
        {"work": round(0.9 * 2**32), "own_first": 1, "honesty": 2**32},
    )
    with pytest.raises(InvalidValue, match="strategies"):
        _ = program.strategies


def test_what_is_wrong_is_named() -> None:
    with pytest.raises(InvalidValue, match=r"firefighter\.w.*1\.5"):
        _core.Policy.firefighter(1.5)
    with pytest.raises(InvalidValue, match=r"firefighter\.honesty"):
        _core.Policy.firefighter(0.5, honesty=float("nan"))
    with pytest.raises(InvalidValue, match=r"theta\[1\]"):
        _core.Policy.heuristic(np.array([0.5, -1.0, *[0.5] * 8]))
    with pytest.raises(InvalidValue, match="theta"):
        _core.Policy.heuristic(np.array([0.5]))
    own = [_core.Policy.firefighter(0.5, True)]
    large = bb.scenario("default").replace(num_houses=20, night_order="burn_out_then_spread")
    zeros = np.zeros((1, 4), dtype=np.int64)
    with pytest.raises(InvalidValue, match="num_houses"):
        _core.expected(large, zeros, threads=1, progress=None, policies=own)
    with pytest.raises(InvalidValue, match="lineups"):
        _core.expected(bb.scenario("default"), zeros + 1, threads=1, progress=None, policies=own)
    with pytest.raises(InvalidValue, match="lineups"):
        _core.expected(bb.scenario("default"), zeros[:, :3], threads=1, progress=None, policies=own)


def test_equal_policies_are_one() -> None:
    one, other = _core.Policy.firefighter(0.5, True), _core.Policy.firefighter(0.5, True)
    assert one == other
    assert hash(one) == hash(other)
    assert one != _core.Policy.firefighter(0.5)
    assert one.kind == "firefighter"


def test_auto_leaves_kinds_that_a_backend_does_not_play_to_the_cpu(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    install(monkeypatch, fast=Fast)
    reset()
    let_the_cpu_take(monkeypatch, 1e9)
    auto = AutoBackend()
    heuristics = Seats([[(1.0, theta_of("hero"))]] * 4)
    scenario = bb.scenario("default")
    assert auto.run(heuristics.program(scenario, 1, 0, 32)).backend == "fast"
    assert auto.run(RUN_E.program(scenario, 1, 0, 32)).backend == "cpu"
    monkeypatch.setattr(Fast, "policy_kinds", ("heuristic", "firefighter"), raising=False)
    assert auto.run(RUN_E.program(scenario, 1, 0, 32)).backend == "fast"
