"""Tables that play: in both engines alike, from the right random bits, and as computed exactly."""

from typing import Any

import numpy as np
import pytest
from policy_games import GAMES, drawn_tables, name, small_game
from reference_game import SLOT_ACT, uniform

import bucket_brigade as bb
from bucket_brigade.game.program import compile_program
from bucket_brigade.policies.states import state_number

ONE = 1 << 32


def lineup_of(scenario: bb.Scenario, seed: int) -> list[Any]:
    """Tables, and at one seat a mixture of two of them and others."""
    tables = [bb.tabulate(table, scenario) for table in drawn_tables(scenario, seed)]
    other = bb.tabulate(drawn_tables(scenario, seed + 1, by_night=False)[0][0], scenario)
    mixture = bb.Mixture([other, "coordinator", tables[0], "hero"], [0.3, 0.2, 0.4, 0.1])
    return [mixture, *tables[1:]]


@pytest.mark.parametrize("scenario", GAMES[::3], ids=name)
def test_engines_agree(scenario: bb.Scenario) -> None:
    lineups = [lineup_of(scenario, 1), ["hero"] * scenario.num_agents]
    first, episodes = 50, 700
    program = compile_program(scenario, lineups, seed=9, first_episode=first, episodes=episodes)
    found = bb.simulate(scenario, lineups, episodes=episodes, seed=9, first_episode=first)
    for lineup in range(2):
        plain = sum(np.array(program.play(lineup, first + i)) for i in range(episodes))
        assert (found.counts.totals[lineup] == plain).all()


@pytest.mark.parametrize("simd", ["portable", "avx2", "avx512"])
def test_every_path_plays_the_same(simd: str) -> None:
    paths = bb._core.simd_paths()[0]
    if simd not in paths:
        pytest.skip("not on this machine")
    scenario = small_game(40, 5, 3, max_nights=30)
    program = compile_program(scenario, [lineup_of(scenario, 2)], seed=3, episodes=3000)
    options: dict[str, Any] = {"per_block": False, "progress": None}
    totals = [program.run(threads=1, simd=path, **options)[0] for path in (simd, paths[0])]
    assert (totals[0] == totals[1]).all()


def test_acts_are_drawn_from_addressed_bits() -> None:
    scenario = small_game(41, 3, 2, max_nights=12)
    tables = drawn_tables(scenario, 4)
    lineup = [bb.tabulate(table, scenario) for table in tables]
    for episode in (0, 31, 32, 1000):
        for night in bb.replay(scenario, lineup, seed=5, episode=episode):
            state = state_number([int(house) for house in night.before], 3)
            for agent, action in enumerate(night.actions):
                chances = tables[agent][night.night, state]
                u = uniform(5, episode, night.night + 1, SLOT_ACT + agent)
                act = next(j for j in range(4) if u < round(chances[: j + 1].sum() * ONE))
                assert action.works == (act > 0) == action.signal
                assert action.house == (act - 1 if act else agent % 3)


@pytest.mark.parametrize("scenario", GAMES[1::7], ids=name)
def test_samples_witness_exact_numbers(scenario: bb.Scenario) -> None:
    lineup = lineup_of(scenario, 5)
    exact = bb.expected(scenario, [lineup])
    sampled = bb.simulate(scenario, [lineup], episodes=200_000, seed=6)
    assert (np.abs(sampled.mean - exact.mean) <= 5 * sampled.stderr + 1e-9).all()
    assert np.allclose(sampled.counts.totals / 200_000, exact.counts.totals, atol=0.03)


def test_best_responses_are_worth_what_they_are_said_to_be() -> None:
    scenario = bb.scenario("default").replace(num_houses=6)
    best = bb.best_response(scenario, ["hero"] * 4, 0)
    sampled = bb.simulate(scenario, [[best.policy, "hero", "hero", "hero"]], episodes=20_000)
    assert abs(sampled.mean[0, 0] - best.value) <= 5 * sampled.stderr[0, 0]
    assert sampled.nights[0] == pytest.approx(best.nights, rel=0.05)
