"""Methods: wherever payoffs are evaluated they can be exact, and "auto" takes what is quicker."""

from typing import Any

import numpy as np
import pytest
from fake_backends import Counting, Fast, install, let_the_cpu_take, reset
from small_games import HOMEBODY, LIAR, LIVELY, ROAMER

import bucket_brigade as bb
from bucket_brigade import _core
from bucket_brigade.evaluation.focal_payoffs import focal_payoffs

PAIR = [ROAMER, LIAR]
MIXED: list[object] = [ROAMER, bb.Mixture([LIAR, HOMEBODY], [0.5, 0.5])]


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("BUCKET_BRIGADE_BACKEND", "BUCKET_BRIGADE_THREADS"):
        monkeypatch.delenv(name, raising=False)


def let_exact_take(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """What the core estimates for every pure line-up."""
    monkeypatch.setattr(_core, "exact_cost", lambda scenario, **_: (1, seconds))


def chosen(lineups: Any = (PAIR,), scenario: bb.Scenario = LIVELY, **options: Any) -> str:
    known = {"method": "auto", "episodes": 1000, **options}
    return bb.evaluate(scenario, lineups, **known).method


# Who may be exact.


@pytest.mark.parametrize("seat", [None, 0, 1])
def test_focal_payoffs(seat: int | None) -> None:
    pairs = [(ROAMER, HOMEBODY), (LIAR, bb.Mixture([ROAMER, LIAR], [0.25, 0.75]))]
    found = focal_payoffs(LIVELY, pairs, method="exact", episodes=1, seat=seat)
    assert (found.method, found.backend) == ("exact", None)
    assert not found.stderr.any()
    seats = (0, 1) if seat is None else (seat,)
    for mean, (focal, others) in zip(found.mean, pairs, strict=True):
        lineups = [[focal, others] if s == 0 else [others, focal] for s in seats]
        payoffs = [bb.expected(LIVELY, [x]).mean[0, s] for x, s in zip(lineups, seats, strict=True)]
        assert mean == pytest.approx(np.mean(payoffs), rel=1e-14)
    sampled = focal_payoffs(LIVELY, pairs, episodes=100_000, seed=1, seat=seat)
    assert (sampled.method, sampled.backend) == ("sampled", "cpu")
    assert (abs(sampled.mean - found.mean) <= 4 * sampled.stderr).all()


def test_evaluators_and_matrices() -> None:
    strategies = {"roamer": ROAMER, "liar": LIAR}
    matrix = bb.payoff_matrix(LIVELY, strategies, method="exact", seed=3)
    assert (matrix.method, matrix.backend, matrix.episodes, matrix.seed) == (
        *("exact", None),
        *(None, None),
    )
    assert not matrix.stderr.any()
    pairs = [(focal, others) for focal in strategies.values() for others in strategies.values()]
    expected = focal_payoffs(LIVELY, pairs, method="exact", episodes=1).mean
    assert np.array_equal(matrix.mean.ravel(), expected)
    evaluator = bb.PayoffEvaluator(LIVELY, method="exact")
    assert np.array_equal(evaluator.evaluate_payoff_matrix([ROAMER, LIAR]), matrix.mean)
    assert evaluator.evaluate_symmetric_payoff(ROAMER, LIAR) == matrix.mean[0, 1]
    half = evaluator.evaluate_against_mixture(ROAMER, [0.5, 0.5], [ROAMER, LIAR])
    assert half == pytest.approx(matrix.mean[0].mean(), rel=1e-14)
    content = matrix.to_dict()
    assert (content["method"], content["seed"], content["stderr"]) == (
        *("exact", None),
        [[0.0, 0.0]] * 2,
    )

    sampled = bb.payoff_matrix(LIVELY, strategies, episodes=320, seed=3)
    assert (sampled.method, sampled.episodes, sampled.seed) == ("sampled", 320, 3)
    assert list(sampled.to_dict()) == list(content)
    assert sampled.to_dict()["method"] == "sampled"


def test_sampling_is_the_default() -> None:
    default = bb.evaluate(LIVELY, [PAIR], episodes=64, seed=5)
    assert isinstance(default, bb.SimulationResult)
    assert np.array_equal(default.mean, bb.simulate(LIVELY, [PAIR], episodes=64, seed=5).mean)
    until = bb.evaluate(LIVELY, [PAIR], stderr=0.5, seed=5, max_episodes=10**6)
    assert isinstance(until, bb.SimulationResult)
    assert until.stderr.max() <= 0.5
    exact = bb.evaluate(LIVELY, [PAIR], method="exact")
    assert isinstance(exact, bb.ExactResult)
    assert np.array_equal(exact.mean, bb.expected(LIVELY, [PAIR]).mean)


def test_what_is_exact_plays_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    reset()
    install(monkeypatch, fast=Fast)
    bb.evaluate(LIVELY, [PAIR], method="exact", episodes=64, backend="fast")
    bb.payoff_matrix(LIVELY, {"liar": LIAR}, method="exact", backend="fast")
    assert not Fast.played


# What "auto" weighs.


def test_auto_takes_the_lesser_estimate(monkeypatch: pytest.MonkeyPatch) -> None:
    let_the_cpu_take(monkeypatch, 0.5)
    for seconds, method in [(0.49, "exact"), (0.5, "sampled"), (0.51, "sampled")]:
        let_exact_take(monkeypatch, seconds)
        assert chosen(threads=1) == method
        matrix = bb.payoff_matrix(LIVELY, {"liar": LIAR}, episodes=64, method="auto", threads=1)
        assert matrix.method == method


def test_auto_counts_distinct_line_ups_and_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_core, "pool_threads", lambda: 2)
    let_the_cpu_take(monkeypatch, 0.4)
    let_exact_take(monkeypatch, 0.3)
    assert chosen([PAIR], threads=1) == "exact"
    assert chosen([PAIR] * 9, threads=1) == "exact"
    assert chosen([PAIR, PAIR[::-1]], threads=1) == "sampled"
    assert chosen([MIXED], threads=1) == "sampled"
    # One line-up has no use for a second thread, but two have.
    let_exact_take(monkeypatch, 0.39)
    assert chosen([PAIR], threads=2) == "exact"
    assert chosen([PAIR, PAIR[::-1]], threads=2) == "exact"
    assert chosen([PAIR, PAIR[::-1]]) == "exact"
    assert chosen([PAIR, [LIAR, LIAR], [ROAMER, ROAMER]], threads=2) == "sampled"


def test_auto_with_the_number_of_episodes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_core, "pool_threads", lambda: 1)
    let_exact_take(monkeypatch, 1e-3)
    # 7 nights of 5 houses and agents: 25 ns an episode.
    assert chosen(episodes=39_000) == "sampled"
    assert chosen(episodes=41_000) == "exact"
    assert chosen(episodes=2**60) == "exact"  # more than could be sampled at once


def test_auto_with_a_standard_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_core, "pool_threads", lambda: 1)
    spread = float(bb.simulate(LIVELY, [PAIR], episodes=32_768).stderr.max()) * 32_768**0.5
    seen: list[int] = []

    def seconds(self: object, program: _core.Program, *, threads: int | None = None) -> float:
        seen.append(program.episodes)
        return 0.0

    monkeypatch.setattr("bucket_brigade.backends.cpu.CpuBackend.seconds", seconds)
    for target in (1.0, 0.05):
        del seen[:]
        assert chosen(episodes=None, stderr=target) == "sampled"
        needed = max((spread / target) ** 2, 32_768)
        assert seen[0] == pytest.approx(needed, rel=0.5)
    del seen[:]
    assert chosen(episodes=None, stderr=1e-9, max_episodes=40_000) == "sampled"
    assert seen[0] == 40_000
    let_the_cpu_take(monkeypatch, 60.0)
    assert chosen(episodes=None, stderr=0.05) == "exact"


def test_auto_samples_what_cannot_be_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    let_the_cpu_take(monkeypatch, 60.0)
    for change in ({"num_houses": 13}, {"num_agents": 9}):
        scenario = bb.scenario("easy").replace(**change)
        lineup = ["hero"] * scenario.num_agents
        assert chosen([lineup], scenario, backend="cpu") == "sampled"
    monkeypatch.setattr("bucket_brigade.exact.pure_lineups.MOST_PURE", 1)
    assert chosen([MIXED], backend="cpu") == "sampled"


def test_auto_weighs_the_backend_that_was_named(monkeypatch: pytest.MonkeyPatch) -> None:
    reset()
    install(monkeypatch, fast=Fast, counting=Counting)
    let_exact_take(monkeypatch, 0.3)
    let_the_cpu_take(monkeypatch, 0.4)
    Fast.estimate = staticmethod(lambda program: 0.2)
    assert chosen() == "exact"
    assert chosen(backend="cpu") == "exact"
    assert chosen(backend="fast") == "sampled"
    assert chosen(backend="counting") == "exact"  # has no estimate: taken for the CPU
    # The backend "auto" loads nothing but the CPU for what is done in less than a second.
    let_the_cpu_take(monkeypatch, 60.0)
    loaded = install(monkeypatch, fast=Fast)
    assert chosen() == "exact"
    assert not loaded
    let_exact_take(monkeypatch, 2.0)
    assert chosen() == "sampled"
    assert loaded


@pytest.mark.parametrize("method", ["", "Exact", "exact ", None, 3, ["exact"]])
def test_other_methods_are_refused(method: Any) -> None:
    calls = [
        lambda: bb.evaluate(LIVELY, [PAIR], episodes=1, method=method),
        lambda: bb.payoff_matrix(LIVELY, {"liar": LIAR}, method=method),
        lambda: focal_payoffs(LIVELY, [(LIAR, LIAR)], episodes=1, method=method),
        lambda: bb.PayoffEvaluator(LIVELY, method=method).evaluate_symmetric_payoff(LIAR, LIAR),
    ]
    for call in calls:
        with pytest.raises(bb.InvalidValue, match=r"^method = .* sampled, exact, auto") as caught:
            call()
        assert caught.value.field == "method"


@pytest.mark.parametrize("options", [{}, {"episodes": 3, "stderr": 1.0}])
def test_samples_need_a_size(options: dict[str, Any]) -> None:
    for method in ("sampled", "auto"):
        with pytest.raises(bb.InvalidValue, match="episodes, stderr"):
            bb.evaluate(LIVELY, [PAIR], method=method, **options)
