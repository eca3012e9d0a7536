"""Regret with confidence: intervals hold, verdicts are right, and nothing is played in vain."""

import dataclasses
import itertools
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from drawn_games import as_reference
from small_chain import expected_counts, expected_returns

from bucket_brigade import InvalidValue, scenario, simulate
from bucket_brigade.equilibrium.verdict.budget import Budget
from bucket_brigade.equilibrium.verdict.regret import (
    MIN_BLOCKS,
    Gains,
    Regret,
    Verdict,
    certify,
    confidence_of_look,
)
from bucket_brigade.game.rewards import return_span
from bucket_brigade.simulation.block_means import block_returns
from validation import coverage

pytestmark = pytest.mark.slow

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
Draw = Callable[[np.random.Generator, int, int], FloatArray]

CERTIFIED, REFUTED, UNDECIDED = Verdict.CERTIFIED, Verdict.REFUTED, Verdict.UNDECIDED


class Drawn:
    """Gains with known means, to which `draw` adds noise of mean 0: shape (blocks, M)."""

    is_exact = False

    def __init__(
        self, truth: object, draw: Draw, *, seed: int = 0, span: float = 0.0, block: int = 32
    ) -> None:
        self.truth = np.asarray(truth, dtype=np.float64)
        self.draw, self.rng = draw, np.random.default_rng(seed)
        self.span, self.block = span, block
        self.blocks: IntArray = np.zeros(self.truth.size, dtype=np.int64)
        self.sums, self.squares = np.zeros((2, self.truth.size))
        self.played: list[tuple[list[int], int]] = []

    def __len__(self) -> int:
        return len(self.truth)

    @property
    def mean(self) -> FloatArray:
        with np.errstate(invalid="ignore"):
            return np.asarray(self.truth + self.sums / self.blocks)

    @property
    def stderr(self) -> FloatArray:
        with np.errstate(invalid="ignore", divide="ignore"):
            spread = self.squares - self.sums**2 / self.blocks
            return np.asarray(np.sqrt(spread / (self.blocks - 1) / self.blocks))

    def extend(self, chosen: IntArray, episodes: int) -> int:
        blocks = math.ceil(episodes / self.block)
        noise = self.draw(self.rng, blocks, len(self))[:, chosen]
        self.blocks[chosen] += blocks
        self.sums[chosen] += noise.sum(axis=0)
        self.squares[chosen] += (noise * noise).sum(axis=0)
        self.played.append((chosen.tolist(), episodes))
        return blocks * self.block * (len(chosen) + 1)


class Exact:
    """Gains that must not be played."""

    is_exact = True
    span = 0.0

    def __init__(self, mean: object) -> None:
        self.mean = np.asarray(mean, dtype=np.float64)
        self.stderr = np.zeros_like(self.mean)
        self.blocks = np.zeros(self.mean.size, dtype=np.int64)

    def __len__(self) -> int:
        return self.mean.size

    def extend(self, chosen: IntArray, episodes: int) -> int:
        raise AssertionError("exact gains were played")


def silence(rng: np.random.Generator, blocks: int, size: int) -> FloatArray:
    return np.zeros((blocks, size))


def normal(rng: np.random.Generator, blocks: int, size: int) -> FloatArray:
    """Independent of each other, the worst case for the largest of many."""
    return 10 * rng.standard_normal((blocks, size))


def alike(rng: np.random.Generator, blocks: int, size: int) -> FloatArray:
    """Hardly different from each other."""
    own = rng.standard_normal((blocks, size))
    return 10 * (0.95 * rng.standard_normal((blocks, 1)) + 0.31 * own)


def skewed(rng: np.random.Generator, blocks: int, size: int) -> FloatArray:
    """A skewness of 2, which means overestimate least when they are too low."""
    return 10 * (rng.exponential(size=(blocks, size)) - 1)


# --- Intervals hold, at all looks ----------------------------------------------------------------


@pytest.mark.parametrize("draw", [normal, alike, skewed])
@pytest.mark.parametrize("best", [3.0, -1.0])
@pytest.mark.parametrize("confidence", [0.95, 0.6])
def test_intervals_cover_and_wrong_verdicts_are_rare(
    draw: Draw, best: float, confidence: float
) -> None:
    """Twenty candidates that tie, on either side of ε as close as can be."""
    repetitions, truth = 200, [best] * 20 + [best - 3] * 10
    regret = max(best, 0.0)
    missed, wrong = 0, {CERTIFIED: 0, REFUTED: 0, UNDECIDED: 0}
    for seed in range(repetitions):
        looks: list[Regret] = []
        epsilon = max(best + (-1e-9 if seed % 2 else 1e-9), 0.0)
        found = certify(
            Drawn(truth, draw, seed=seed),
            epsilon=epsilon,
            confidence=confidence,
            first_episodes=32 * 100,
            max_episodes=32 * 400,
            progress=looks.append,
        )
        assert looks[-1] == found
        assert len(looks) == found.rounds
        missed += any(not look.lower <= regret <= look.upper for look in looks)
        wrong[found.verdict] += found.verdict is (CERTIFIED if regret > epsilon else REFUTED)
    assert missed <= coverage.most_of(repetitions, 1 - confidence)
    for verdict in (CERTIFIED, REFUTED):
        assert wrong[verdict] <= coverage.most_of(repetitions, (1 - confidence) / 2)


def test_upper_limits_are_no_wider_than_they_have_to_be() -> None:
    """One look at many blocks: the upper limit of one candidate misses as often as it may."""
    repetitions, error = 2000, 0.2
    above = below = 0
    for seed in range(repetitions):
        gains = Drawn([5.0], normal, seed=seed, block=1)
        found = certify(
            gains,
            epsilon=5,
            confidence=1 - 2 * error,
            first_episodes=2000,
            max_episodes=2000,
        )
        above, below = above + (found.upper < 5), below + (found.lower > 5)
    # The guard, 2 · log(5) / sqrt(2000) = 0.07 standard errors, makes 20 % about 18 %.
    fewest = repetitions - coverage.most_of(repetitions, 1 - 0.18)
    for count in (above, below):
        assert fewest <= count <= coverage.most_of(repetitions, error)


def test_limits_hold_at_all_looks_at_once() -> None:
    """With the error of a single look at each of seven, one in four or five would be missed."""
    repetitions, above, below = 1000, 0, 0
    for seed in range(repetitions):
        looks: list[Regret] = []
        certify(
            Drawn([5.0], normal, seed=seed, block=1),
            epsilon=5,
            confidence=0.8,
            first_episodes=100,
            max_episodes=6400,
            progress=looks.append,
        )
        above += any(look.upper < 5 for look in looks)
        below += any(look.lower > 5 for look in looks)
    assert max(above, below) <= coverage.most_of(repetitions, 0.1)


def test_few_blocks_that_are_skewed() -> None:
    """As few as can be: upper limits from the normal distribution would miss twice too often."""
    repetitions, above = 2000, 0
    options: dict[str, Any] = {"first_episodes": MIN_BLOCKS, "max_episodes": MIN_BLOCKS}
    for seed in range(repetitions):
        gains = Drawn([50.0], skewed, seed=seed, block=1)
        above += certify(gains, epsilon=1, confidence=0.9, **options).upper < 50
    assert above <= coverage.most_of(repetitions, 0.05)


def test_the_upper_limit_pays_nothing_for_many_candidates_and_the_lower_one_does() -> None:
    few = certify(Drawn([30.0], normal, seed=1), epsilon=30, max_episodes=4096)
    # The same blocks, and many hopeless candidates besides.
    both = np.full(1000, -1e6)
    both[0] = 30.0

    def first(rng: np.random.Generator, blocks: int, size: int) -> FloatArray:
        noise = np.zeros((blocks, size))
        noise[:, 0] = normal(rng, blocks, 1)[:, 0]
        return noise

    many = certify(Drawn(both, first, seed=1), epsilon=30, max_episodes=4096)
    assert many.estimate == few.estimate
    assert many.upper == few.upper
    assert many.lower < few.lower - 0.5


# --- Rare events and few blocks -------------------------------------------------------------------


class Events(Drawn):
    """A single candidate that gained its span in `seen` of `episodes` episodes."""

    def __init__(self, seen: int, episodes: int, span: float) -> None:
        def draw(rng: np.random.Generator, blocks: int, size: int) -> FloatArray:
            return np.where(np.arange(blocks) < seen, span, 0.0)[:, None]

        super().__init__([0.0], draw, span=span, block=1)


@pytest.mark.parametrize("confidence", [0.5, 0.9, 0.999])
def test_limits_are_right_for_events_of_all_frequencies(confidence: float) -> None:
    """Against the binomial distribution, exactly: neither limit errs more often than allowed."""
    episodes, span = 1000, 3000.0
    error = (1 - confidence) / 2
    options: dict[str, Any] = {"first_episodes": episodes, "max_episodes": episodes}
    for seen in range(60):
        found = certify(Events(seen, episodes, span), epsilon=1, confidence=confidence, **options)
        high, low = found.upper / span, found.lower / span
        odds = [math.comb(episodes, k) for k in range(seen + 1)]
        so_few = sum(o * high**k * (1 - high) ** (episodes - k) for k, o in enumerate(odds))
        so_many = 1 - sum(o * low**k * (1 - low) ** (episodes - k) for k, o in enumerate(odds[:-1]))
        assert so_few <= error * (1 + 1e-9)
        assert seen == 0 or low == 0 or so_many <= error * (1 + 1e-9)
        # Not far from what would be exact either.
        assert high <= (seen + 3 * math.sqrt(seen) - 2.5 * math.log(error) + 3) / episodes


def test_a_rare_event_does_not_go_unnoticed() -> None:
    """Gains 10 on average, in one of 30 000 episodes: mostly, nothing at all is seen of it."""
    span, chance = 300_000.0, 1 / 30_000

    def draw(rng: np.random.Generator, blocks: int, size: int) -> FloatArray:
        noise = np.zeros((blocks, size))
        noise[:, 0] = rng.binomial(32, chance, blocks) * span / 32 - 10
        noise[:, 1] = rng.standard_normal(blocks)
        return noise

    wrong = 0
    for seed in range(300):
        gains = Drawn([10.0, 0.0], draw, seed=seed, span=span)
        wrong += certify(gains, epsilon=9.9, max_episodes=1 << 16).verdict is CERTIFIED
    assert wrong <= coverage.most_of(300, 0.025)


def test_what_never_changes_anything_is_certified() -> None:
    found = certify(Drawn([0.0, 0.0], silence), epsilon=0.0)
    assert (found.verdict, found.lower, found.upper, found.rounds) == (CERTIFIED, 0.0, 0.0, 1)
    # With a span, once enough episodes have passed in silence: log(1 / error) · 100 / 1.
    found = certify(Drawn([0.0, 0.0], silence, span=100), epsilon=1, first_episodes=32 * 32)
    assert found.verdict is CERTIFIED
    assert found.rounds == 1
    found = certify(Drawn([0.0, 0.0], silence, span=1e4), epsilon=1, first_episodes=32 * 32)
    assert found.verdict is CERTIFIED
    assert found.rounds > 3


def test_a_gain_without_variance() -> None:
    assert certify(Drawn([3.0, 1.0], silence), epsilon=5).verdict is CERTIFIED
    refuted = certify(Drawn([1.0, 3.0], silence), epsilon=2)
    assert (refuted.verdict, refuted.lower, refuted.upper) == (REFUTED, 3.0, 3.0)
    assert (refuted.best, refuted.estimate, refuted.candidates) == (1, 3.0, 2)
    assert certify(Drawn([-3.0], silence), epsilon=0).estimate == 0.0


@pytest.mark.parametrize("blocks", [1, MIN_BLOCKS - 1])
def test_few_blocks_say_nothing(blocks: int) -> None:
    episodes = 32 * blocks
    options: dict[str, Any] = {"first_episodes": episodes, "max_episodes": episodes}
    for epsilon in (0.0, 1e9):
        found = certify(Drawn([1e6, 0.0], silence), epsilon=epsilon, **options)
        assert (found.verdict, found.lower, found.upper) == (UNDECIDED, 0.0, math.inf)
        assert (found.best, found.estimate) == (0, 1e6)


# --- Episodes go where they are needed ------------------------------------------------------------


def test_settled_candidates_stop_playing() -> None:
    truth = np.linspace(-40, 4, 45)
    gains = Drawn(truth, normal)
    found = certify(gains, epsilon=5, first_episodes=1024)
    assert found.verdict is CERTIFIED
    assert found.lower <= 4 <= found.upper <= 5
    sets = [set(chosen) for chosen, _ in gains.played]
    assert sets[0] == set(range(45))
    assert all(later <= earlier for earlier, later in itertools.pairwise(sets))
    assert sets[-1] <= {43, 44}
    # What everyone has played doubles.
    played = np.cumsum([episodes for _, episodes in gains.played])
    assert played.tolist() == [1024 << i for i in range(found.rounds)]
    assert found.episodes == sum(
        (len(s) + 1) * n for s, (_, n) in zip(sets, gains.played, strict=True)
    )
    assert found.episodes < 46 * played[-1] / 5
    assert (gains.blocks == [played[sum(i in s for s in sets) - 1] // 32 for i in range(45)]).all()


def test_settled_candidates_keep_their_limits() -> None:
    """What others play later tells nothing about them."""

    def second(rng: np.random.Generator, blocks: int, size: int) -> FloatArray:
        return np.where(np.arange(size) == 1, normal(rng, blocks, size), 0.0)

    options: dict[str, Any] = {"epsilon": 5.0, "first_episodes": 1024}
    alone = certify(Drawn([-1.0], silence, span=880), **options)
    assert (alone.verdict, alone.rounds) == (CERTIFIED, 1)
    assert 4 < alone.upper < 5
    gains = Drawn([-1.0, -1.0], second, span=880)
    both = certify(gains, **options)
    assert (both.verdict, gains.played[-1][0]) == (CERTIFIED, [1])
    assert both.upper >= alone.upper


def test_who_refutes_need_not_have_the_largest_estimate() -> None:
    def first(rng: np.random.Generator, blocks: int, size: int) -> FloatArray:
        return np.where(np.arange(size) == 0, 30 * normal(rng, blocks, size), 0.0)

    found = certify(Drawn([600.0, 500.0], first), epsilon=300, first_episodes=1024)
    assert (found.verdict, found.best) == (REFUTED, 1)
    assert found.estimate > 510
    found = certify(Drawn([600.0, 500.0], first), epsilon=2000, first_episodes=1024)
    assert (found.verdict, found.best) == (CERTIFIED, 0)


def test_it_stops_as_soon_as_one_refutes() -> None:
    gains = Drawn([-30.0] * 20 + [50.0], normal)
    found = certify(gains, epsilon=5, first_episodes=1024)
    assert (found.verdict, found.best, found.rounds) == (REFUTED, 20, 1)
    assert 5 < found.lower <= 50 <= found.upper


def test_undecided_with_an_interval_when_all_episodes_are_spent() -> None:
    gains = Drawn([5.0], normal)
    found = certify(gains, epsilon=5.0, first_episodes=1024, max_episodes=10_000)
    assert found.verdict is UNDECIDED
    assert found.lower < 5 < found.upper < 10
    assert [episodes for _, episodes in gains.played] == [1024, 1024, 2048, 4096, 1808]
    assert found.rounds == 5


# --- Budgets --------------------------------------------------------------------------------------


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_budget_of_episodes() -> None:
    budget = Budget(episodes=1000, spent=200)
    assert (budget.left(), budget.exhausted) == (800, False)
    budget.spend(500)
    assert (budget.spent, budget.left()) == (700, 300)
    assert budget.affords(300)
    assert not budget.affords(301)
    budget.spend(400)
    assert (budget.left(), budget.exhausted, budget.affords(0)) == (0, True, False)
    assert Budget().left() is None
    assert Budget().affords(10**18, pace=1e9)


def test_a_budget_of_seconds() -> None:
    clock = Clock()
    budget = Budget(seconds=10, elapsed=4, clock=clock)
    assert (budget.elapsed, budget.exhausted, budget.left()) == (4.0, False, None)
    clock.now += 5
    assert budget.affords(100, pace=0.01)
    assert not budget.affords(101, pace=0.01)
    clock.now += 1
    assert budget.exhausted
    assert not budget.affords(0)


@pytest.mark.parametrize("episodes", [3 * 1024 - 1, 3 * 1024, 20_000, 100_000])
def test_episodes_are_never_overspent(episodes: int) -> None:
    budget = Budget(episodes=episodes)
    found = certify(Drawn([5.0, 5.0], normal), epsilon=5, first_episodes=1024, budget=budget)
    assert found.verdict is UNDECIDED
    assert budget.spent == found.episodes <= episodes
    if episodes < 3 * 1024:
        assert (found.rounds, found.best, found.estimate) == (0, -1, 0.0)
        assert (found.lower, found.upper) == (0.0, math.inf)
    else:
        assert found.episodes > episodes / 3
        assert math.isfinite(found.upper)


def test_the_last_episodes_go_to_the_most_doubtful() -> None:
    gains = Drawn([4.0, 4.9, 4.5, -900.0], normal)
    options: dict[str, Any] = {"epsilon": 1.0, "first_episodes": 2048, "confidence": 1 - 1e-9}
    certify(gains, budget=Budget(episodes=5 * 2048), **options)
    highest = int((gains.mean + 6 * gains.stderr).argmax())
    assert [len(chosen) for chosen, _ in gains.played] == [4]
    # Seven shares: all four and what they deviate from, then one and that.
    gains = Drawn([4.0, 4.9, 4.5, -900.0], normal)
    found = certify(gains, budget=Budget(episodes=7 * 2048), **options)
    assert [chosen for chosen, _ in gains.played] == [[0, 1, 2, 3], [highest]]
    assert (found.verdict, found.rounds) == (UNDECIDED, 2)


def test_seconds_are_honoured_at_the_pace_seen() -> None:
    clock = Clock()

    class Slow(Drawn):
        def extend(self, chosen: IntArray, episodes: int) -> int:
            cost = super().extend(chosen, episodes)
            clock.now += cost / 1000
            return cost

    for seconds in (5.0, 12.0, 30.0, 300.0):
        gains = Slow([5.0], normal)
        budget = Budget(seconds=seconds, clock=clock)
        found = certify(gains, epsilon=5, first_episodes=1024, budget=budget)
        assert found.verdict is UNDECIDED
        assert seconds / 3 < budget.elapsed <= seconds
    spent = Budget(seconds=1, elapsed=1, clock=clock)
    gains = Slow([0.0], normal)
    assert certify(gains, epsilon=5, budget=spent).rounds == 0
    assert gains.played == []


def test_a_budget_knows_what_gains_really_cost() -> None:
    class Dear(Drawn):
        def extend(self, chosen: IntArray, episodes: int) -> int:
            return 10 * super().extend(chosen, episodes)

    budget = Budget(episodes=100_000)
    certify(Dear([5.0], normal), epsilon=5, first_episodes=1024, budget=budget)
    assert 20_000 < budget.spent <= 100_000


# --- Exact gains ----------------------------------------------------------------------------------


def test_exact_gains() -> None:
    for epsilon, verdict in ((2.9, REFUTED), (3.0, UNDECIDED), (3.1, CERTIFIED)):
        found = certify(Exact([-1.0, 3.0, 2.0]), epsilon=epsilon, rounding=0.01)
        assert (found.verdict, found.estimate, found.best) == (verdict, 3.0, 1)
        assert (found.lower, found.upper) == (2.99, 3.01)
        assert (found.confidence, found.rounds, found.episodes) == (1.0, 1, 0)
    none = certify(Exact([-1.0, -2.0]), epsilon=0)
    assert (none.verdict, none.lower, none.upper, none.best) == (CERTIFIED, 0.0, 0.0, 0)
    own = certify(Exact([0.0]), epsilon=0.01)
    assert own.verdict is CERTIFIED
    assert 0 < own.upper <= 1e-6


# --- Confidence, shared; input; output ------------------------------------------------------------


def test_errors_of_looks_add_up() -> None:
    errors = [1 - confidence_of_look(0.9, k) for k in range(10_000)]
    assert sum(errors) == pytest.approx(0.1 * (1 - 1 / 10_001))
    assert all(a > b > 0 for a, b in itertools.pairwise(errors))
    for confidence, k in ((0.0, 0), (1.0, 0), (math.nan, 0), (0.9, -1), (0.9, 1.5)):
        with pytest.raises(InvalidValue, match=r"^(confidence|k) ="):
            confidence_of_look(confidence, k)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("epsilon", x) for x in (-1.0, math.nan, math.inf, "5", None)),
        *(("confidence", x) for x in (0, 1, 1.5, math.nan, "0.9")),
        *(("first_episodes", x) for x in (0, -1, 1.5, 1 << 30)),
        ("max_episodes", -3),
        *(("rounding", x) for x in (-1.0, math.nan)),
        ("progress", 3),
    ],
)
def test_arguments_are_checked(field: str, value: object) -> None:
    arguments: dict[str, Any] = {"epsilon": 5.0, field: value}
    with pytest.raises(InvalidValue, match=f"^{field} = "):
        certify(Drawn([0.0], normal), **arguments)


@pytest.mark.parametrize("field", ["episodes", "seconds", "spent", "elapsed"])
def test_budgets_are_checked(field: str) -> None:
    arguments: dict[str, Any] = {field: -1}
    with pytest.raises(InvalidValue, match=f"^{field} = "):
        Budget(**arguments)


def nan_from(look: int) -> Draw:
    calls = iter(range(100))

    def draw(rng: np.random.Generator, blocks: int, size: int) -> FloatArray:
        return np.full((blocks, size), np.nan if next(calls) >= look else 0.0)

    return draw


def test_gains_are_checked() -> None:
    played = Drawn([0.0, 0.0], normal)
    played.extend(np.array([1]), 64)
    empty = Drawn([], normal)
    boundless = Drawn([0.0], normal, span=math.inf)
    for gains, field in (
        (played, "gains"),
        (empty, "gains"),
        (boundless, "gains.span"),
        (Drawn([5.0], nan_from(0)), "gains.mean"),
        (Exact([math.nan]), "gains.mean"),
        (Exact([]), "gains"),
    ):
        checked: Gains = gains
        with pytest.raises(InvalidValue, match=f"^{field} = "):
            certify(checked, epsilon=1)

    class Negative(Drawn):
        stderr = np.array([-1.0])

    with pytest.raises(InvalidValue, match=r"^gains\.stderr = "):
        certify(Negative([0.0], normal), epsilon=1)


def test_results_as_json_and_back() -> None:
    for found in (
        certify(Drawn([3.0, 9.0], normal), epsilon=5),
        certify(Drawn([3.0], normal), epsilon=5, budget=Budget(episodes=1)),
        certify(Exact([3.0]), epsilon=5),
    ):
        text = json.dumps(found.to_dict(), allow_nan=False)
        again = Regret.from_dict(json.loads(text))
        assert again == found
        assert type(again.verdict) is Verdict
    values = found.to_dict()
    for broken in ({**values, "verdict": "maybe"}, {**values, "more": 1}, {"verdict": "refuted"}):
        with pytest.raises(InvalidValue, match=r"^(verdict|regret) = "):
            Regret.from_dict(broken)


# --- Real games -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def rings() -> list[coverage.Deviations]:
    return list(coverage.games())


@pytest.mark.parametrize("i", range(4))
def test_intervals_cover_the_exact_regret_of_rings(
    rings: list[coverage.Deviations], i: int
) -> None:
    game = rings[i]
    settings = [(game.regret * x, c) for x in (0.999, 1.001) for c in (0.95, 0.5)]
    options: dict[str, Any] = {"first_episodes": 1024, "max_episodes": 2048}
    for found in coverage.coverage(game, settings, range(200), **options):
        assert found.repetitions == 200
        assert found.holds, found


def test_the_benchmark(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "rows.json"
    arguments = ["--repetitions", "2", "--max-episodes", "2048", "--json", str(file)]
    assert coverage.main(arguments) == 0
    assert "3 houses, quiet" in capsys.readouterr().out
    rows = json.loads(file.read_text(encoding="utf-8"))
    assert len(rows) == 32
    assert all(row["repetitions"] == 2 and row["holds"] for row in rows)


def test_a_failing_benchmark_says_so() -> None:
    """Of 200, 95 % may miss 23 and err 15 times on a side (binomial tails below 1e-4)."""
    assert coverage.most_of(200, 0.05) == 23
    assert coverage.most_of(200, 0.025) == 15
    row = coverage.Coverage("", 1, 1.0, 1.0, 0.95, 200, 23, 15, 15, 15, 0, 15, 0)
    assert row.holds
    for name, count in (("missed", 24), ("above", 16), ("below", 16), ("wrong", 16)):
        worse: dict[str, Any] = {name: count}
        assert not dataclasses.replace(row, **worse).holds


def test_exact_regret_has_another_witness(rings: list[coverage.Deviations]) -> None:
    game = rings[0]
    reference = as_reference(game.scenario)
    weighed = [
        (float(w), np.asarray(theta).tolist())
        for w, theta in zip(game.mixture.weights, game.mixture.strategies, strict=True)
    ]
    agents = range(game.scenario.num_agents)

    def payoff(focal: list[tuple[float, list[float]]]) -> float:
        lineups = [[focal if s == seat else weighed for s in agents] for seat in agents]
        returns = [expected_returns(reference, expected_counts(reference, x)) for x in lineups]
        return float(np.mean([returns[seat][seat] for seat in agents]))

    own = payoff(weighed)
    best = int(game.truth.argmax())
    for j in (best, 0, 5):
        gain = payoff([(1.0, game.candidates[j].tolist())]) - own
        assert game.truth[j] == pytest.approx(gain, abs=1e-9)


def test_no_return_is_outside_its_span() -> None:
    """Games of one night, played every way, reach what the bound says or nearly so."""
    game = scenario("default").replace(
        **{"num_houses": 3, "num_agents": 2, "min_nights": 1, "max_nights": 1},
        prob_house_catches_fire=0.5,
        prob_solo_agent_extinguishes_fire=0.5,
    )
    lineups = [[[0, p, 0, q, *[0] * 6]] * 2 for p in (0.0, 0.5, 1.0) for q in (0.0, 1.0)]
    returns = []
    for first in range(2000):
        result = simulate(game, lineups, episodes=1, first_episode=first, per_block=True, threads=1)
        returns += [block_returns(result, i)[0] for i in range(len(lineups))]
    spread = np.ptp(returns, axis=0)
    span = return_span(game)
    assert (spread <= span).all()
    assert (spread >= 0.8 * span).all()
    assert (return_span(game.replace(max_nights=7)) == 7 * span).all()
