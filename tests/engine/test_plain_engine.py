"""The plain engine replays every episode exactly as the rules, read line by line, tell it."""

import sys
import threading
import time

import pytest
from drawn_games import DrawnGame, Theta, as_reference, episode_numbers, games, scenarios, seeds
from hypothesis import given, settings
from hypothesis import strategies as st
from recorded_totals import RUNS, recorded
from reference_game import Action as RefAction
from reference_game import Night as RefNight
from reference_game import play, play_actions

import bucket_brigade as bb
from bucket_brigade.game.program import compile_program


def assert_same_night(night: bb.Night, expected: RefNight, scale: float) -> None:
    assert list(night.before) == expected.before
    assert [(a.house, a.works, a.signal) for a in night.actions] == expected.actions
    assert list(night.extinguished) == expected.extinguished
    assert list(night.caught) == expected.caught
    assert list(night.saved) == expected.saved
    assert list(night.after) == expected.after
    assert night.rewards == pytest.approx(expected.rewards, rel=1e-9, abs=1e-9 * scale)


def size_of_amounts(scenario: bb.Scenario) -> float:
    """What rounding of a night's reward is in proportion to: its terms may cancel."""
    worst = 1.0
    for name in bb.Scenario.__dataclass_fields__:
        value = getattr(scenario, name)
        amounts = value if isinstance(value, tuple) else (value,)
        worst = max(worst, *(abs(x) for x in amounts if isinstance(x, float)), 1.0)
    return worst


def numbered(game: DrawnGame, chosen: list[int]) -> list[int]:
    """Indices within mixtures as numbers of strategies in order of first appearance."""
    seen: list[Theta] = list(dict.fromkeys(theta for seat in game.seats for _, theta in seat))
    return [seen.index(seat[i][1]) for seat, i in zip(game.seats, chosen, strict=True)]


@settings(max_examples=300, deadline=None)
@given(games(most_nights=6), seeds, episode_numbers)
def test_heuristic_episodes(game: DrawnGame, seed: int, episode: int) -> None:
    scale = size_of_amounts(game.scenario)
    record = play(as_reference(game.scenario), game.seats, seed, episode)
    played = bb.Episode(game.scenario, game.lineup, seed=seed, episode=episode)
    assert list(played.houses) == record.initial
    assert list(played.strategies) == numbered(game, record.strategies)
    for number, expected in enumerate(record.nights):
        assert played.ended is None
        assert played.night == number
        night = played.step()
        assert night.night == number
        assert_same_night(night, expected, scale)
        assert list(played.houses) == expected.after
        assert night.ended == played.ended
    assert played.ended == record.ended
    nights = bb.replay(game.scenario, game.lineup, seed=seed, episode=episode)
    assert len(nights) == len(record.nights)
    assert nights[-1] == night
    returns = [sum(n.rewards[a] for n in nights) for a in range(game.scenario.num_agents)]
    assert returns == pytest.approx(record.returns, rel=1e-9, abs=1e-9 * scale * len(nights))


@settings(max_examples=120, deadline=None)
@given(scenarios(most_nights=5, most_houses=12, most_agents=6), seeds, episode_numbers, st.data())
def test_outside_actions(
    scenario: bb.Scenario, seed: int, episode: int, data: st.DataObject
) -> None:
    action = st.tuples(
        st.integers(0, scenario.num_houses - 1), st.integers(0, 1), st.integers(0, 1)
    )
    one_night = st.lists(action, min_size=scenario.num_agents, max_size=scenario.num_agents)
    plan: list[list[RefAction]] = data.draw(
        st.lists(one_night, min_size=scenario.max_nights, max_size=scenario.max_nights)
    )
    record = play_actions(as_reference(scenario), lambda night, _: plan[night], seed, episode)
    played = bb.Episode(scenario, seed=seed, episode=episode)
    scale = size_of_amounts(scenario)
    for expected, actions in zip(record.nights, plan, strict=False):
        given_actions = [bb.Action(h, bool(mode), bool(signal)) for h, mode, signal in actions]
        assert_same_night(played.step(given_actions), expected, scale)
    assert played.ended == record.ended


def test_actions_that_copy_the_line_up_replay_its_episode() -> None:
    lineup = ["firefighter", "free_rider", "hero", "coordinator"]
    nights = bb.replay(bb.scenario("default"), lineup, seed=7, episode=36)
    outside = bb.Episode(bb.scenario("default"), seed=7, episode=36)
    assert [outside.step(night.actions) for night in nights] == nights


def test_the_worked_night() -> None:
    lineup = ["firefighter", "free_rider", "hero", "coordinator"]
    nights = bb.replay(bb.scenario("default"), lineup, seed=7, episode=36)
    night = nights[4]
    assert [h for h, state in enumerate(night.before) if state == bb.House.BURNING] == [1, 4]
    assert [(a.house, a.works, a.signal) for a in night.actions] == [
        (4, True, True),
        (1, False, True),
        (4, True, True),
        (4, True, True),
    ]
    assert (night.extinguished, night.saved, night.caught) == ((4,), (4,), (2, 9))
    assert night.rewards == pytest.approx((79.5, 20.5, 59.5, 59.5))
    assert len(nights) == 100
    assert nights[-1].ended == "cap"


@pytest.mark.parametrize("name", list(RUNS))
def test_recorded_totals(name: str) -> None:
    run = RUNS[name]
    counts = bb.simulate(
        run.scenario,
        [run.lineup],
        episodes=run.episodes,
        seed=run.seed,
        first_episode=run.first_episode,
    ).counts
    assert counts.totals[0].tolist() == recorded(name)


def test_other_threads_run_while_an_episode_is_played() -> None:
    long = bb.scenario("default").replace(min_nights=10_000, max_nights=10_000)
    program = compile_program(long, [["free_rider"] * 4], seed=0, episodes=1)
    stop = threading.Event()
    enough = 2000  # of some milliseconds each
    played = 0

    def play_some() -> None:
        nonlocal played
        while played < enough and not stop.is_set():
            program.play(0, 0)
            played += 1

    before = sys.getswitchinterval()
    # A thread that keeps Python's lock is asked to give it up after this many seconds only.
    sys.setswitchinterval(1000.0)
    try:
        playing = threading.Thread(target=play_some)
        playing.start()
        for _ in range(10):
            time.sleep(0.001)
        stop.set()
        playing.join()
    finally:
        sys.setswitchinterval(before)
    assert played < enough
