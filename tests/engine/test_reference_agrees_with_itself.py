"""Holds the two witnesses together: the readable game and the exact chain tell one story.

They were written by different routes, so a slip in either shows up here as a disagreement before
it is used to judge an engine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from math import sqrt
from pathlib import Path

import pytest
from reference_game import (
    BURNING,
    RUINED,
    SAFE,
    WORK,
    Action,
    Record,
    RefScenario,
    philox4x32_10,
    play,
    play_actions,
    threshold,
    uniform,
)
from small_chain import expected_counts, expected_returns

pytestmark = pytest.mark.slow

ORDERS = ("spread_then_burn_out", "burn_out_then_spread")
END_RULES = ("all_safe_or_all_ruined", "no_fires")

# Far apart in how much they work and how much they favor their home: the archetypes are so alike
# in the second that mixing up two of the ten numbers could pass unnoticed.
ROAMER = (0.8, 0.6, 0.5, 0.1, 0.5, 0.7, 0.1, 0.0, 0.0, 0.8)
HOMEBODY = (0.7, 0.5, 0.0, 0.95, 0.0, 0.0, 0.1, 0.0, 0.4, 0.0)
LIAR = (0.1, 0.7, 0.0, 0.9, 0.2, 0.8, 0.3, 0.0, 0.4, 0.2)

# Lively enough that every kind of event is common, and every reward weight differs from every
# other, so that no two of them can be swapped unnoticed.
LIVELY = RefScenario(
    prob_fire_spreads_to_neighbor=0.35,
    prob_solo_agent_extinguishes_fire=0.6,
    prob_house_catches_fire=0.25,
    team_reward_house_survives=11.0,
    team_penalty_house_burns=7.0,
    reward_own_house_survives=[3.0, 5.0],
    reward_other_house_survives=1.25,
    penalty_own_house_burns=2.5,
    penalty_other_house_burns=[0.75, 0.25],
    cost_to_work_one_night=0.6,
    min_nights=2,
    max_nights=7,
    num_agents=2,
    num_houses=3,
)
SEATS = [
    [(1.0, ROAMER)],
    [(0.3, HOMEBODY), (0.0, ROAMER), (0.7, LIAR)],
]


def test_philox_gives_the_known_answers() -> None:
    text = (
        Path(__file__)
        .parents[1]
        .joinpath("witnesses", "philox_known_answers.txt")
        .read_text(encoding="utf-8")
    )
    answers = [
        [int(word, 16) for word in line.split()]
        for line in text.splitlines()
        if line.strip() and not line.startswith("#")
    ]
    assert len(answers) == 3
    for words in answers:
        assert philox4x32_10(words[:4], words[4:6]) == tuple(words[6:])


def test_a_uniform_is_read_across_the_planes() -> None:
    seed, block, lane, tick, slot = 0x0123456789ABCDEF, 0xFEDCBA9876, 19, 5, 0x0C3
    u = uniform(seed, 32 * block + lane, tick, slot)
    for j in (0, 1, 4, 30, 31):
        counter = (0xDCBA9876, 0xFE, 5 * 65536 + 0x0C3, j // 4)
        plane = philox4x32_10(counter, (0x89ABCDEF, 0x01234567))[j % 4]
        assert (plane >> lane) & 1 == (u >> (31 - j)) & 1


def test_thresholds_round_halves_up() -> None:
    assert [threshold(p) for p in (0.0, 0.5, 1.0)] == [0, 1 << 31, 1 << 32]
    half = 2.0**-33
    assert [threshold(k * half) for k in (1, 2, 3, 5)] == [1, 1, 2, 3]


def _numbers(record: Record) -> list[float]:
    c = record.counts
    return [c["nights"], *c["worked"], *c["safe"], *c["ruined"], *c["saved"], *record.returns]


def _assert_mean(samples: Sequence[float], expected: float, what: str) -> None:
    n = len(samples)
    mean = sum(samples) / n
    variance = sum((x - mean) ** 2 for x in samples) / (n - 1)
    # The tiny allowance is for counts that never vary, where only float noise is left.
    assert abs(mean - expected) <= 4.0 * sqrt(variance / n) + 1e-9 * (1 + abs(expected)), (
        f"{what}: mean {mean}, expected {expected}, standard error {sqrt(variance / n)}"
    )


@pytest.mark.parametrize(("houses", "order", "end_rule"), list(product((2, 3), ORDERS, END_RULES)))
def test_means_agree_with_the_chain(houses: int, order: str, end_rule: str) -> None:
    scenario = replace(LIVELY, num_houses=houses, night_order=order, end_rule=end_rule)
    expected = expected_counts(scenario, SEATS)
    names = ["nights"] + ["worked"] * 2 + ["safe"] * houses + ["ruined"] * houses
    names += ["saved"] * houses + ["return"] * 2
    exact = [expected["nights"], *expected["worked"], *expected["safe"], *expected["ruined"]]
    exact += [*expected["saved"], *expected_returns(scenario, expected)]

    episodes = 3200
    records = [play(scenario, SEATS, 20240607, e) for e in range(episodes)]
    columns = zip(*(_numbers(record) for record in records), strict=True)
    for name, column, value in zip(names, columns, exact, strict=True):
        _assert_mean(column, value, name)

    assert sum(expected["ended"].values()) == pytest.approx(1.0, abs=1e-12)
    for kind, p in expected["ended"].items():
        share = sum(record.ended == kind for record in records) / episodes
        # The spread from the exact p: a rare end may never be seen, and still be right.
        assert abs(share - p) <= 4.0 * sqrt(max(p * (1 - p), 0.0) / episodes) + 1e-9, kind
    share = sum(record.strategies == [0, 0] for record in records) / episodes
    assert abs(share - 0.3) <= 4.0 * sqrt(0.3 * 0.7 / episodes)
    assert all(record.strategies in ([0, 0], [0, 2]) for record in records)


def test_means_agree_when_agents_outnumber_houses() -> None:
    # The third agent shares a home with the first and owns nothing.
    scenario = replace(
        LIVELY,
        num_houses=2,
        num_agents=3,
        reward_own_house_survives=3.0,
        penalty_other_house_burns=[0.75, 0.25, 0.5],
    )
    seats = [*SEATS, [(1.0, LIAR)]]
    expected = expected_counts(scenario, seats)
    records = [play(scenario, seats, 7, e) for e in range(1600)]
    for a, value in enumerate(expected["worked"]):
        _assert_mean([r.counts["worked"][a] for r in records], value, f"worked {a}")
    for a, value in enumerate(expected_returns(scenario, expected)):
        _assert_mean([r.returns[a] for r in records], value, f"return {a}")


@pytest.mark.parametrize("order", ORDERS)
def test_a_record_is_consistent(order: str) -> None:
    scenario = replace(LIVELY, night_order=order)
    for episode in range(200):
        record = play(scenario, SEATS, 11, episode)
        for agent, total in enumerate(record.returns):
            nightly = sum(night.rewards[agent] for night in record.nights)
            assert nightly == pytest.approx(total, rel=1e-12, abs=1e-9)
        houses = record.initial
        for night in record.nights:
            assert night.before == houses
            houses = night.after
            for h, (old, new) in enumerate(zip(night.before, night.after, strict=True)):
                was_safe = old == SAFE or h in night.extinguished
                assert (h in night.caught) == (was_safe and new == BURNING)
                assert (h in night.saved) == (h in night.extinguished and h not in night.caught)
                assert (new == RUINED) == (not was_safe)
            for house, mode, _ in night.actions:
                # A heuristic agent works at a fire whenever there is one.
                if mode == WORK and BURNING in night.before:
                    assert night.before[house] == BURNING


def test_workers_spread_over_the_fires_as_they_should() -> None:
    # Everything burns on the first night, so every worker has its home and two others to choose.
    scenario = replace(LIVELY, prob_house_catches_fire=1.0)
    scenario = replace(scenario, min_nights=0, max_nights=1)
    episodes = 3200
    records = [play(scenario, [[(1.0, ROAMER)], [(1.0, LIAR)]], 13, e) for e in range(episodes)]
    for agent, theta in enumerate((ROAMER, LIAR)):
        works = theta[1] * (1 - theta[8])
        for house in range(3):
            p = works * (1 - theta[3]) / 3 + (works * theta[3] if house == agent else 0.0)
            seen = [r.nights[0].actions[agent][:2] == (house, WORK) for r in records]
            assert abs(sum(seen) / episodes - p) <= 4.0 * sqrt(p * (1 - p) / episodes)


def test_signals_follow_honesty_at_its_two_ends() -> None:
    honest = (1.0, *LIAR[1:])
    dishonest = (0.0, *LIAR[1:])
    for episode in range(50):
        record = play(LIVELY, [[(1.0, honest)], [(1.0, dishonest)]], 3, episode)
        for night in record.nights:
            (_, mode0, signal0), (_, mode1, signal1) = night.actions
            assert signal0 == mode0
            assert signal1 == 1 - mode1


def test_outside_actions_replay_an_episode() -> None:
    for episode in range(50):
        record = play(LIVELY, SEATS, 5, episode)
        actions = [night.actions for night in record.nights]

        def replayed(
            night: int, houses: list[int], actions: list[list[Action]] = actions
        ) -> list[Action]:
            return actions[night]

        again = play_actions(LIVELY, replayed, 5, episode)
        assert again.strategies == []
        again.strategies = record.strategies
        assert again == record


@pytest.mark.parametrize(("order", "end_rule"), list(product(ORDERS, END_RULES)))
def test_what_never_burns_lasts_one_night_more_than_the_minimum(order: str, end_rule: str) -> None:
    scenario = replace(
        LIVELY, prob_house_catches_fire=0.0, night_order=order, end_rule=end_rule, min_nights=4
    )
    record = play(scenario, SEATS, 1, 40)
    assert record.ended == "all_safe"
    assert record.counts["nights"] == 5
    assert record.counts["safe"] == [5, 5, 5]
    # Workers with nothing to put out stay at home.
    assert all(night.actions[a][0] == a for night in record.nights for a in (0, 1))
    expected = expected_counts(scenario, SEATS)
    assert expected["nights"] == pytest.approx(5.0)
    assert expected["ended"]["all_safe"] == pytest.approx(1.0)
    assert expected["worked"] == pytest.approx([5 * 0.6, 5 * (0.3 * 0.3 + 0.7 * 0.42)])


@pytest.mark.parametrize(("order", "end_rule"), list(product(ORDERS, END_RULES)))
def test_what_cannot_be_put_out_is_all_ruined_in_one_night(order: str, end_rule: str) -> None:
    scenario = replace(
        LIVELY,
        prob_house_catches_fire=1.0,
        prob_solo_agent_extinguishes_fire=0.0,
        night_order=order,
        end_rule=end_rule,
    )
    record = play(scenario, SEATS, 1, 41)
    assert record.initial == [BURNING] * 3
    assert record.nights[0].after == [RUINED] * 3
    assert (record.ended, record.counts["nights"]) == ("all_ruined", 3)
    assert record.counts["ruined"] == [3, 3, 3]
    expected = expected_counts(scenario, SEATS)
    assert expected["nights"] == pytest.approx(3.0)
    assert expected["ruined"] == pytest.approx([3.0, 3.0, 3.0])
    assert expected["ended"]["all_ruined"] == pytest.approx(1.0)


def test_a_minimum_equal_to_the_maximum_always_ends_at_the_cap() -> None:
    # The last night's number is one less than the maximum, so the minimum is never reached.
    scenario = replace(LIVELY, prob_house_catches_fire=0.0, min_nights=3, max_nights=3)
    record = play(scenario, SEATS, 1, 42)
    assert (record.ended, record.counts["nights"]) == ("cap", 3)
    assert expected_counts(scenario, SEATS)["ended"]["cap"] == pytest.approx(1.0)
