"""The ladder: its baselines play the game, and it says so when one does not."""

import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

import bucket_brigade as bb
from bench import __main__ as command
from bench.baselines import jax_vmap, numba_parallel, numpy_vectorised, stepped, whole
from bench.baselines.common import Game, NotInstalled, Played
from bench.ladder import command as ladder_command
from bench.ladder import report
from bench.ladder.rungs import Rung
from bench.ladder.work import Truth, lineups_of, matrix_of
from bucket_brigade import _core
from bucket_brigade.game.program import compile_program

#: Works often, and as often elsewhere when its home burns.
SELFLESS = [1.0, 0.9, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.1, 0.0]
LINEUPS: list[list[object]] = [
    ["firefighter", "free_rider", "hero", "coordinator"],
    [SELFLESS, "liar", "free_rider", SELFLESS],
]
BASELINES: list[tuple[Callable[..., Played], int]] = [
    (stepped.play, 300),
    (whole.play, 2000),
    (numpy_vectorised.play, 4000),
    (numba_parallel.play, 4000),
    (jax_vmap.play, 2000),
]
NAMES = ["stepped", "whole", "numpy", "numba", "jax"]
ORDERS = ("spread_then_burn_out", "burn_out_then_spread")
#: Unequal in every respect: rewards per agent, an odd ring, an agent without a house of its own.
ODD = bb.scenario("hard").replace(
    prob_house_catches_fire=0.3,
    num_houses=3,
    num_agents=4,
    min_nights=2,
    max_nights=9,
    reward_own_house_survives=(10, 20, 300, 40),
    reward_other_house_survives=50,
    penalty_own_house_burns=(400, 30, 20, 10),
    penalty_other_house_burns=7,
    end_rule="no_fires",
)


def check(play: Callable[..., Played], scenario: bb.Scenario, episodes: int) -> None:
    """The payoffs of both line-ups, and the nights, against the exact ones."""
    try:
        played = play(scenario, LINEUPS, episodes, 3)
    except NotInstalled as reason:
        pytest.skip(str(reason))
    exact = bb.expected(scenario, LINEUPS)
    assert played.episodes == episodes
    assert played.mean.shape == played.stderr.shape == exact.mean.shape
    assert np.all(played.stderr > 0)
    assert np.all(np.abs(played.mean - exact.mean) < 5 * played.stderr)
    # Their spread is unknown, but cannot be larger than the cap.
    nights = exact.counts.nights.sum()
    bound = 5 * scenario.max_nights / 2 * math.sqrt(len(LINEUPS) / episodes)
    assert abs(played.nights / episodes - nights) < bound


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(("play", "episodes"), BASELINES, ids=NAMES)
def test_payoffs(play: Callable[..., Played], episodes: int, order: str) -> None:
    check(play, bb.scenario("default").replace(night_order=order), episodes)


@pytest.mark.parametrize(("play", "episodes"), BASELINES, ids=NAMES)
def test_payoffs_of_an_odd_game(play: Callable[..., Played], episodes: int) -> None:
    check(play, ODD, 10 * episodes)


@pytest.fixture(scope="module")
def workers() -> Iterator[whole.Workers]:
    with whole.Workers(2) as started:
        yield started


def test_processes_play_what_one_thread_plays(workers: whole.Workers) -> None:
    scenario = bb.scenario("default")
    lineups = LINEUPS * 2
    alone = whole.play(scenario, lineups, 33, 5)
    sliced = bb.simulate(scenario, lineups, episodes=33, seed=5, backend="cpu")
    np.testing.assert_allclose(alone.mean, sliced.mean, rtol=1e-12)
    assert alone.nights == int(sliced.counts.nights.sum())
    for play in (workers.play, workers.play_entries):
        shared = play(scenario, lineups, 33, 5)
        np.testing.assert_array_equal(shared.mean, alone.mean)
        assert shared.nights == alone.nights


def test_returns_are_those_of_the_counts() -> None:
    program = compile_program(ODD, [LINEUPS[0]], seed=1, episodes=4)
    counts = np.array([program.play(0, episode) for episode in range(4)])
    got = Game.of(ODD).returns_of(counts)
    weights = _core.reward_weights(ODD)
    for episode, seat in product(range(4), range(ODD.num_agents)):
        assert got[episode, seat] == pytest.approx(program.play_return(0, episode, weights[seat]))


def test_matrices_and_their_errors() -> None:
    scenario = bb.scenario("easy")
    truth = Truth.of(scenario)
    matrix = bb.payoff_matrix(scenario, episodes=3200, seed=1, backend="cpu")
    lineups = lineups_of(scenario)
    sampled = bb.simulate(scenario, lineups, episodes=3200, seed=1, backend="cpu")
    np.testing.assert_allclose(matrix_of(sampled.mean, 4), matrix.mean, rtol=1e-12)
    exact = bb.payoff_matrix(scenario, method="exact")
    np.testing.assert_allclose(truth.payoffs, exact.mean, rtol=1e-12)
    assert truth.errors(matrix.mean, 3200, shared_luck=True) < 5
    off = exact.mean.copy()
    off[1, 2] += 6 * truth.shared[1, 2] / math.sqrt(3200)
    assert truth.errors(off, 3200, shared_luck=True) == pytest.approx(6)
    still = replace(truth, shared=np.zeros((5, 5)))
    assert still.errors(exact.mean, 3200, shared_luck=True) == 0
    assert still.errors(off, 3200, shared_luck=True) == math.inf


def test_a_quick_climb(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "ladder.json"
    arguments = ["ladder", "--quick", "--rounds", "1", "--scenario", "trivial_cooperation"]
    arguments += ["--nash", "--nash-episodes", "200", "--json", str(file)]
    assert command.main(arguments) == 0
    printed = capsys.readouterr().out
    assert "~: extrapolated" in printed
    figures = json.loads(file.read_text(encoding="utf-8"))
    assert {"machine", "versions", "commit", "rounds", "exact", "nash"} <= set(figures)
    rows = {row["rung"]: row for row in figures["rows"] if row["rung"]}
    assert list(rows) == ["0", "1", "2", "3a", "3b", "4", "2'"]
    for row in figures["rows"]:
        if row["absent"] is None:
            assert row["agrees"]
            assert row["largest_error"] < 5
            for name in ("wall_seconds", "episodes_per_second", "nights_per_second"):
                assert row[name]["median"] > 0
            assert row["extrapolated"] == (row["share"] < 1)
    assert rows["0"]["over_the_first"]["median"] == 1
    assert rows["0"]["extrapolated"]
    assert not rows["3a"]["extrapolated"]
    assert rows["2"]["before"] == rows["1"]["what"]
    nash = figures["nash"]["rows"]
    assert [row["what"] for row in nash if not row["extrapolated"]] == [
        rows["3b"]["what"],
        "exact engine: no error",
    ]


def test_a_wrong_payoff_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    right = whole.play

    def wrong(
        scenario: bb.Scenario, lineups: Sequence[Sequence[object]], episodes: int, seed: int
    ) -> Played:
        played = right(scenario, lineups, episodes, seed)
        return replace(played, mean=played.mean + 1)

    def rungs(share: int, stack: object) -> list[Rung]:
        return [Rung("0", "right", right, 40), Rung("1", "wrong", wrong, 40, "right")]

    monkeypatch.setattr(ladder_command, "rungs", rungs)
    arguments = ["ladder", "--quick", "--rounds", "1", "--scenario", "trivial_cooperation"]
    assert command.main(arguments) == 1
    printed = capsys.readouterr().out
    assert printed.count("FAILS") == 1


def test_what_is_told_of_a_gpu(capsys: pytest.CaptureFixture[str]) -> None:
    throughput = pytest.importorskip("bucket_brigade_cuda.check.throughput")
    seconds = [(0.5, 0.4), (0.6, 4.0), (0.9, 40.0)]
    rows = [
        throughput.Row(2, n, 60 * n, 1, wall, wall, 0.2, 0.1, None, None, None, cpu, True, cpu / 2)
        for n, (wall, cpu) in zip((10**5, 10**6, 10**7), seconds, strict=True)
    ]
    limit = throughput.Limit(None, "none")
    measured = throughput.Throughput(True, 9.0, limit, rows, [])
    report._print_cuda(measured.to_dict(), Console(width=140))
    printed = capsys.readouterr().out
    assert "compile in 9.0 s" in printed
    assert "faster than the CPU from 1,000,000 episodes each on" in printed
    assert "compiled first, from 10,000,000" in printed
