"""The backend "auto": what it weighs, what it does about failures, and who is said to have run."""

import itertools
import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from fake_backends import (
    ALMOST_WORTH_LOADING,
    Absent,
    Broken,
    Counting,
    Fast,
    install,
    let_the_cpu_take,
    reset,
)

import bucket_brigade as bb
from bucket_brigade import _core
from bucket_brigade.backends import AutoBackend, auto, cpu
from bucket_brigade.backends.cpu import CpuBackend
from bucket_brigade.equilibrium import EmpiricalGame, SampledPayoffs
from bucket_brigade.evaluation.focal_payoffs import focal_payoffs
from bucket_brigade.game.program import compile_program
from bucket_brigade.simulation import parts

SMALL = bb.scenario("default").replace(num_houses=3, num_agents=2, min_nights=3, max_nights=12)
HEROES, RIDERS = ["hero"] * 2, ["free_rider"] * 2
LOST = bb.BackendFailed("the device is lost")


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("BUCKET_BRIGADE_BACKEND", "BUCKET_BRIGADE_THREADS"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A fast backend, in a world where the CPU takes a minute for everything."""
    reset()
    let_the_cpu_take(monkeypatch, 60.0)
    return install(monkeypatch, absent=Absent, counting=Counting, broken=Broken, fast=Fast)


def simulate(episodes: int = 64, **options: Any) -> bb.SimulationResult:
    return bb.simulate(SMALL, [HEROES], episodes=episodes, **options)


def program(scenario: bb.Scenario, lineups: int, episodes: int) -> _core.Program:
    lineup = ["hero"] * scenario.num_agents
    return compile_program(scenario, [lineup] * lineups, seed=0, episodes=episodes)


def test_the_estimate_of_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_core, "pool_threads", lambda: 8)
    default = bb.scenario("default")
    seconds = CpuBackend().seconds
    # 4 line-ups × 10^6 episodes × 50 nights × 10 ns, on eight threads.
    assert seconds(program(default, 4, 10**6)) == pytest.approx(0.25)
    assert seconds(program(default, 4, 10**6), threads=2) == pytest.approx(1.0)
    assert seconds(program(default, 4, 10**6), threads=99) == pytest.approx(0.25)
    monkeypatch.setenv("BUCKET_BRIGADE_THREADS", "1")
    assert seconds(program(default, 4, 10**6)) == pytest.approx(2.0)
    for nights, expected in [((1, 20), 20), ((1, 99), 50), ((70, 99), 70)]:
        scenario = default.replace(min_nights=nights[0], max_nights=nights[1])
        assert seconds(program(scenario, 1, 10**6)) == pytest.approx(expected * 10e-3)
    twice = default.replace(num_houses=20, num_agents=8)
    assert seconds(program(twice, 1, 10**6)) == pytest.approx(1.0)
    with pytest.raises(bb.InvalidValue):
        seconds(program(default, 1, 1), threads=0)


def test_nothing_is_loaded_for_what_the_cpu_does_soon(
    loaded: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    let_the_cpu_take(monkeypatch, ALMOST_WORTH_LOADING)
    Fast.estimate = staticmethod(lambda program: 0.0)
    assert simulate().backend == "cpu"
    assert not loaded
    let_the_cpu_take(monkeypatch, auto.WORTH_LOADING)
    assert simulate().backend == "fast"
    assert sorted(loaded) == ["absent", "broken", "counting", "fast"]


def test_size_decides(loaded: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    loaded = install(monkeypatch, fast=Fast)
    monkeypatch.setattr(_core, "pool_threads", lambda: 1)
    monkeypatch.setattr(cpu, "NIGHT_SECONDS", 14 / 5 / 12 * 0.01)
    # The CPU takes 10 ms an episode; the other compiles for 3 s and then takes 1 ms.
    Fast.estimate = staticmethod(lambda program: 3.0 + 1e-3 * program.episodes)
    for episodes, backend, loads in [(99, "cpu", 0), (101, "cpu", 1), (300, "cpu", 1)]:
        del loaded[:]
        assert (simulate(episodes).backend, len(loaded)) == (backend, loads)
    assert simulate(350).backend == "fast"
    assert simulate(350, backend="cpu").backend == "cpu"
    # Threads are weighed too.
    monkeypatch.setattr(_core, "pool_threads", lambda: 2)
    assert simulate(350).backend == "cpu"
    assert simulate(350, threads=1).backend == "fast"


@pytest.mark.usefixtures("loaded")
@pytest.mark.parametrize("estimate", [60.0, 61.0, math.inf, math.nan])
def test_the_cpu_when_in_doubt(estimate: float) -> None:
    Fast.estimate = staticmethod(lambda program: estimate)
    assert simulate().backend == "cpu"


def test_the_least_estimate_wins(loaded: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    class Faster(Fast):
        name = "faster"

    class Slower(Fast):
        name = "slower"

    reset(Faster)
    reset(Slower)
    Faster.estimate = staticmethod(lambda program: 0.25)
    Slower.estimate = staticmethod(lambda program: 59.0)
    for order in itertools.permutations([Fast, Faster, Slower]):
        install(monkeypatch, **{f"b{i}": backend for i, backend in enumerate(order)})
        assert simulate().backend == "faster"


@pytest.mark.usefixtures("loaded")
@pytest.mark.parametrize("error", [ZeroDivisionError("oops"), bb.BackendUnavailable("oops")])
def test_an_estimate_that_fails(error: Exception) -> None:
    def fail(program: _core.Program) -> float:
        raise error

    Fast.estimate = staticmethod(fail)
    with pytest.warns(bb.BackendWarning, match=r"fast can't say .*: oops"):
        assert simulate().backend == "cpu"
    Fast.estimate = staticmethod(lambda program: "soon")
    with pytest.warns(bb.BackendWarning, match="soon"):
        assert simulate().backend == "cpu"


@pytest.mark.usefixtures("loaded")
@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (LOST, "the device is lost"),
        (bb.BackendUnavailable("no driver after all"), "no driver after all"),
        (bb.BackendFailed(), "BackendFailed"),
    ],
)
def test_the_cpu_plays_what_another_fails_to(failure: Exception, reason: str) -> None:
    Fast.failures = iter([failure])
    with pytest.warns(bb.BackendWarning) as told:
        result = simulate(per_block=True)
    assert [str(w.message) for w in told] == [f"fast failed: {reason}; the CPU plays instead"]
    assert result.backend == "cpu"
    assert result.device == f"{CpuBackend().device()}, since fast failed: {reason}"
    assert result.to_dict(0)["device"] == result.device
    expected = simulate(per_block=True, backend="cpu")
    assert np.array_equal(result.counts.totals, expected.counts.totals)
    assert result.counts.blocks is not None
    assert not Fast.played
    # The next program is weighed anew.
    assert simulate().backend == "fast"


@pytest.mark.usefixtures("loaded")
@pytest.mark.parametrize(
    "failure", [KeyboardInterrupt(), bb.InvalidValue("x", 1, "2"), MemoryError(), RuntimeError()]
)
def test_what_passes_through(failure: BaseException) -> None:
    Fast.failures = iter([failure])
    with pytest.raises(type(failure)) as caught:
        simulate()
    assert caught.value is failure


@pytest.mark.usefixtures("loaded")
def test_a_backend_that_was_asked_for_is_not_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    Fast.failures = itertools.repeat(LOST)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        for backend in ("fast", "fast:1", Fast()):
            with pytest.raises(bb.BackendFailed, match="the device is lost"):
                simulate(backend=backend)
        monkeypatch.setenv("BUCKET_BRIGADE_BACKEND", "fast")
        with pytest.raises(bb.BackendFailed, match="the device is lost"):
            simulate()
    assert not told


def test_the_environment_does_not_weigh(loaded: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    let_the_cpu_take(monkeypatch, 1e-9)
    for name in ("fast", "counting"):
        monkeypatch.setenv("BUCKET_BRIGADE_BACKEND", name)
        assert simulate().backend == name
    let_the_cpu_take(monkeypatch, 1e9)
    monkeypatch.setenv("BUCKET_BRIGADE_BACKEND", "cpu")
    assert simulate().backend == "cpu"
    assert loaded == ["fast", "counting"]


def test_an_instance_keeps_what_it_loaded(loaded: list[str]) -> None:
    player = AutoBackend()
    for _ in range(3):
        assert simulate(backend=player).backend == "fast"
    assert loaded.count("fast") == 1


def oracle(**options: Any) -> bb.NashEquilibrium:
    asked = bb.DoubleOracle(
        SMALL, num_simulations=64, max_iterations=1, method="sampled", budget_episodes=1, **options
    )
    return asked.solve(HEROES)


def game(**options: Any) -> SampledPayoffs:
    source = SampledPayoffs(SMALL, **options)
    played = EmpiricalGame(source, episodes=64)
    assert source.backend == ""
    for name in ("hero", "free_rider"):
        played.add(name)
    played.game()
    return source


PAIRS = [("hero", "free_rider"), ("hero", "hero")]
# Functions that play several programs, and what they say has played them.
FUNCTIONS: dict[str, Callable[..., str]] = {
    "until": lambda **o: bb.simulate_until(SMALL, [HEROES], stderr=0.3, **o).backend,
    "compare": lambda **o: bb.compare(SMALL, HEROES, RIDERS, episodes=2000, **o).backend,
    "matrix": lambda **o: bb.payoff_matrix(SMALL, {"hero": "hero"}, episodes=2000, **o).backend,
    "focal": lambda **o: focal_payoffs(SMALL, PAIRS, episodes=2000, **o).backend,
    "oracle": lambda **o: oracle(**o).backend,
    "game": lambda **o: game(**o).backend,
}


@pytest.fixture
def short_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "HELD_BLOCKS", 1)  # parts of 512 episodes


@pytest.mark.usefixtures("loaded", "short_parts")
@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("backend", ["auto", "fast", "fast:1", Fast])
def test_all_that_play_take_a_backend(
    function: str, backend: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    if backend != "auto":
        let_the_cpu_take(monkeypatch, 0.0)
    chosen = backend() if isinstance(backend, type) else backend
    assert FUNCTIONS[function](backend=chosen) == "fast"
    assert len(Fast.played) >= 2
    assert set(Fast.made) == {(1,) if backend == "fast:1" else None}


@pytest.mark.usefixtures("loaded", "short_parts")
@pytest.mark.filterwarnings("ignore::bucket_brigade.BackendWarning")
@pytest.mark.parametrize("function", FUNCTIONS)
def test_all_who_played_are_named(function: str) -> None:
    Fast.failures = iter([None, LOST, None])
    assert FUNCTIONS[function]() == "fast, cpu"
    Fast.failures = iter([LOST])
    assert FUNCTIONS[function]() == "cpu, fast"


@pytest.mark.usefixtures("loaded")
def test_the_evaluator_takes_a_backend() -> None:
    for seat in (None, 0):
        evaluator = bb.PayoffEvaluator(SMALL, num_simulations=64, seat=seat)
        expected = evaluator.evaluate_symmetric_payoff("hero", "hero")
        named = bb.PayoffEvaluator(SMALL, num_simulations=64, seat=seat, backend="fast:1")
        assert named.evaluate_symmetric_payoff("hero", "hero") == expected
    assert Fast.made == [None, (1,), None, (1,)]


@pytest.mark.usefixtures("loaded", "short_parts")
@pytest.mark.filterwarnings("ignore::bucket_brigade.BackendWarning")
def test_devices_of_all_who_played() -> None:
    Fast.failures = iter([None, None, LOST])
    failed = f"{CpuBackend().device()}, since fast failed: the device is lost"
    difference = bb.compare(SMALL, HEROES, RIDERS, episodes=2000)
    assert difference.device == f"a fast device; {failed}"
    Fast.failures = iter([LOST])
    result = bb.simulate_until(SMALL, [HEROES], stderr=0.3)
    assert result.device == f"{failed}; a fast device"
    assert result.to_dict(0)["backend"] == "cpu, fast"
    counts = [simulate(backend=name).counts for name in ("cpu", "fast")]
    here = CpuBackend().device()
    for order, names, devices in [
        ([0, 1, 0, 1], "cpu, fast", f"{here}; a fast device"),
        ([1, 1, 0], "fast, cpu", f"a fast device; {here}"),
        ([0, 0], "cpu", here),
    ]:
        all_counts = counts[order[0]]
        for i in order[1:]:
            all_counts = all_counts.followed_by(counts[i])
        assert (all_counts.backend, all_counts.device) == (names, devices)
    nested = counts[0].followed_by(counts[1].followed_by(counts[0]))
    assert (nested.backend, nested.device) == ("cpu, fast", f"{here}; a fast device")


def test_parts_are_weighed_together(
    loaded: list[str], short_parts: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(parts, "HELD_BLOCKS", 1)
    install(monkeypatch, fast=Fast)
    # A part alone takes the CPU 2 s, and the other 5 s of compilation.
    monkeypatch.setattr(_core, "pool_threads", lambda: 1)
    monkeypatch.setattr(cpu, "NIGHT_SECONDS", 14 / 5 / 12 * 2 / 1024)
    Fast.estimate = staticmethod(lambda program: 5.0)
    assert bb.compare(SMALL, HEROES, RIDERS, episodes=1024).backend == "cpu"
    assert bb.compare(SMALL, HEROES, RIDERS, episodes=2048).backend == "fast"
    assert Fast.played == [512] * 4
    # The counts of more would not fit 64 bits together, which is no reason to refuse them.
    played = parts.simulate_parts(SMALL, [HEROES], episodes=1 << 60)
    assert next(played).backend == "fast"
