"""Double oracle: what it returns is an equilibrium, with a verdict that holds, reproducibly."""

import json
from typing import Any

import numpy as np
import pytest
from drawn_games import as_reference
from small_chain import expected_counts, expected_returns
from small_games import LIVELY

import bucket_brigade as bb
from bucket_brigade.equilibrium import (
    EmpiricalGame,
    ExactPayoffs,
    NashEquilibrium,
    Profile,
    SampledPayoffs,
    Verdict,
)
from bucket_brigade.equilibrium.empirical import seating
from bucket_brigade.equilibrium.payoffs.profile import Deviation
from bucket_brigade.equilibrium.search.fixed_point import fixed_point
from bucket_brigade.game.rewards import REWARDS
from bucket_brigade.policies.heuristic import strategy_of

SMALL = bb.scenario("default").replace(num_houses=3, num_agents=2, min_nights=3, max_nights=12)


def oracle(method: str, **changes: Any) -> bb.DoubleOracle:
    options: dict[str, Any] = {"num_simulations": 2000, "seed": 3, "method": method} | changes
    return bb.DoubleOracle(options.pop("scenario", SMALL), **options)


@pytest.fixture(scope="module", params=["sampled", "exact"])
def found(request: pytest.FixtureRequest) -> bb.NashEquilibrium:
    epsilon = 2.0 if request.param == "sampled" else None
    return oracle(request.param, epsilon=epsilon).solve()


def exact_gains(found: NashEquilibrium, points: list[tuple[float, float]]) -> np.ndarray:
    """What strategies gain over an equilibrium, by the tests' own chain."""
    reference = as_reference(found.scenario)
    mixture = [(w, found.strategy_pool[i].tolist()) for i, w in found.distribution.items()]
    regular = np.mean(expected_returns(reference, expected_counts(reference, [mixture] * 2)))
    gains = []
    for p, q in points:
        theta = [(1.0, strategy_of(p, q).tolist())]
        at = [
            expected_returns(
                reference,
                expected_counts(reference, [theta, mixture] if s == 0 else [mixture, theta]),
            )[s]
            for s in range(2)
        ]
        gains.append(np.mean(at) - regular)
    return np.array(gains)


def test_a_distribution_over_the_pool(found: NashEquilibrium) -> None:
    assert sum(found.distribution.values()) == pytest.approx(1.0)
    assert all(weight > 0 for weight in found.distribution.values())
    assert set(found.distribution) <= set(range(len(found.strategy_pool)))
    for given, name in zip(
        found.strategy_pool, ["firefighter", "free_rider", "hero", "coordinator"], strict=False
    ):
        assert np.array_equal(given, bb.ARCHETYPES[name])
    assert found.verdict == Verdict.CERTIFIED
    assert found.converged
    assert found.reason == "certified"
    assert len(found.history) == found.iterations
    assert (found.episodes > found.iterations * 2000) == (found.method == "sampled")


def test_restricted_games_are_solved(found: NashEquilibrium) -> None:
    for equilibrium in found.equilibria:
        x = np.zeros(len(found.restricted.indices))
        for index, weight in equilibrium.distribution.items():
            x[found.restricted.indices.index(index)] = weight
        assert found.restricted.game.regret(x) <= 1e-6
        assert equilibrium.regret <= 1e-6
        assert found.restricted.game.payoff(x) == pytest.approx(equilibrium.payoff)


def test_nobody_gains_more_than_the_upper_limit(found: NashEquilibrium) -> None:
    steps = np.linspace(0, 1, 9)
    gains = exact_gains(found, [(float(p), float(q)) for p in steps for q in (0.0, 0.5, 1.0)])
    assert gains.max() <= found.regret.upper <= found.epsilon
    named = [d for d in found.deviations if d.stderr < 5]
    exact = exact_gains(
        found, [(d.strategy[1] * (1 - d.strategy[8]), d.strategy[3]) for d in named]
    )
    for deviation, gain in zip(named, exact, strict=True):
        assert abs(deviation.gain - gain) <= 5 * deviation.stderr + 1e-9


def test_the_payoff_is_that_of_the_mixture(found: NashEquilibrium) -> None:
    seat = [(w, found.strategy_pool[i].tolist()) for i, w in found.distribution.items()]
    reference = as_reference(SMALL)
    returns = expected_returns(reference, expected_counts(reference, [seat, seat]))
    assert (found.payoff_stderr == 0) == (found.method == "exact")
    assert abs(found.payoff - np.mean(returns)) <= 4 * found.payoff_stderr + 1e-9


def test_exact_and_sampled_agree() -> None:
    exact = oracle("exact").solve()
    sampled = oracle("sampled", epsilon=2.0).solve()
    # The regret of what was sampled, without error, over the candidates of its verdict.
    profile = sampled.profile
    gains = ExactPayoffs(SMALL).gains(
        profile,
        [Deviation(np.array(d.strategy), d.seats) for d in sampled.deviations],
        (0, 1),
        look=0,
    )
    assert sampled.regret.lower <= max(gains.mean.max(), 0) <= sampled.regret.upper
    assert abs(sampled.payoff - exact.payoff) <= 4 * sampled.payoff_stderr + sampled.epsilon


@pytest.mark.parametrize("method", ["sampled", "exact"])
def test_the_same_seed_finds_the_same(method: str) -> None:
    first, again = (oracle(method, epsilon=2.0, threads=t).solve() for t in (None, 1))
    assert first == again
    if method == "sampled":
        assert oracle(method, epsilon=2.0, seed=4).solve().payoff != first.payoff


@pytest.mark.parametrize("method", ["sampled", "exact"])
def test_an_interrupted_computation_goes_on_where_it_was(method: str) -> None:
    asked = oracle(method, epsilon=0.5 if method == "sampled" else 1e-4)
    states: list[dict[str, Any]] = []
    start = ["free_rider"]
    whole = asked.solve(start, on_state=lambda state: states.append(json.loads(json.dumps(state))))
    assert whole.iterations > 1
    assert len(states) >= 2 * whole.iterations
    for state in states:
        assert asked.solve(start, state=state) == whole


@pytest.mark.parametrize("budget", [200_000, 400_000])
def test_a_budget_ends_an_interrupted_computation_where_it_ends_another(budget: int) -> None:
    asked = oracle("sampled", epsilon=1e-6, budget_episodes=budget)
    states: list[dict[str, Any]] = []
    whole = asked.solve(["free_rider"], on_state=states.append)
    assert whole.reason == "budget"
    for state in states:
        assert asked.solve(["free_rider"], state=state) == whole


def test_nothing_saved_is_played_again(monkeypatch: pytest.MonkeyPatch) -> None:
    states: list[dict[str, Any]] = []
    asked = oracle("sampled", epsilon=2.0)
    asked.solve(on_state=states.append)
    played: list[int] = []
    batches = SampledPayoffs.batches

    def counted(self: SampledPayoffs, pool: Any, lineups: Any, first: int, episodes: int) -> Any:
        played.append(len(lineups) * episodes)
        return batches(self, pool, lineups, first, episodes)

    monkeypatch.setattr(SampledPayoffs, "batches", counted)
    first_game = asked.solve(state=states[0])
    assert first_game.iterations == 1 or not played or sum(played) < first_game.episodes
    played.clear()
    asked.solve(state=states[-1])
    assert not played  # its last restricted game was known


def test_a_state_of_another_computation_is_refused() -> None:
    states: list[dict[str, Any]] = []
    oracle("exact").solve(on_state=states.append)
    with pytest.raises(bb.InvalidValue, match="epsilon"):
        oracle("exact", epsilon=0.5).solve(state=states[0])
    with pytest.raises(bb.InvalidValue, match="state"):
        oracle("exact").solve(state={"state_version": 99})


def test_a_budget_in_episodes_is_honoured() -> None:
    for budget in (20_000, 200_000):
        found = oracle(
            "sampled", epsilon=1e-6, num_simulations=100_000, budget_episodes=budget
        ).solve()
        assert found.reason == "budget"
        assert found.verdict != Verdict.CERTIFIED
        assert 0 < found.episodes <= budget
        assert found.regret.lower <= found.regret.upper


def test_a_budget_in_seconds_is_honoured() -> None:
    found = oracle("sampled", epsilon=1e-6, num_simulations=1000, budget_seconds=0.5).solve()
    assert found.reason == "budget"
    assert found.seconds < 5


def test_budgets_are_honoured_by_many_agents() -> None:
    crowd = SMALL.replace(num_agents=8, num_houses=4)
    asked = oracle(
        "sampled", scenario=crowd, epsilon=1e-6, num_simulations=10**5, budget_episodes=10**6
    )
    found = asked.solve()
    assert found.episodes <= 10**6
    assert found.regret.rounds > 0
    # A pool that takes 16 million episodes or more, were it not for the budget.
    hurried = oracle("sampled", scenario=crowd, num_simulations=10**5, budget_seconds=0.5).solve()
    assert hurried.episodes < 16_500_000


def test_every_iteration_has_episodes_of_its_own() -> None:
    oracle("exact", max_iterations=4094)
    with pytest.raises(bb.InvalidValue, match="max_iterations"):
        oracle("exact", max_iterations=4095)


def test_rounding_grows_with_rewards() -> None:
    huge = SMALL.replace(team_reward_house_survives=1e12, team_penalty_house_burns=1e12)
    found = oracle("exact", scenario=huge, max_iterations=3).solve()
    # Doubles of that size are thousandths of a point apart, at best.
    assert found.payoff > 1e11
    assert found.regret.upper > 1e-3


def in_units(scenario: bb.Scenario, factor: float) -> bb.Scenario:
    """The scenario with all rewards multiplied."""
    values = {name: np.multiply(getattr(scenario, name), factor).tolist() for name in REWARDS}
    rewards = {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
    return scenario.replace(**rewards)


@pytest.mark.parametrize("factor", [1e-5, 2.0**-17, 1e5, 2.0**20])
@pytest.mark.parametrize(
    ("scenario", "epsilon"),
    [(SMALL, 0.01), (LIVELY, 0.01), (LIVELY, 1e-4)],
)
def test_the_unit_of_rewards_changes_nothing(
    scenario: bb.Scenario, epsilon: float, factor: float
) -> None:
    one = oracle("exact", scenario=scenario, epsilon=epsilon).solve()
    other = oracle("exact", scenario=in_units(scenario, factor), epsilon=epsilon * factor).solve()
    assert (one.verdict, one.reason) == (other.verdict, other.reason)
    assert one.iterations == other.iterations
    assert list(one.distribution) == list(other.distribution)
    assert other.payoff == pytest.approx(factor * one.payoff, rel=1e-6)
    upper = pytest.approx(factor * one.regret.upper, rel=1e-3, abs=factor * 1e-6)
    assert other.regret.upper == upper
    for index, share in one.distribution.items():
        assert other.distribution[index] == pytest.approx(share, abs=1e-6)
        np.testing.assert_allclose(
            one.strategy_pool[index], other.strategy_pool[index], rtol=0, atol=1e-6
        )


@pytest.mark.parametrize("factor", [1.0, 1e-5])
def test_a_regret_of_nothing_is_below_a_tiny_epsilon(factor: float) -> None:
    calm = in_units(bb.scenario("trivial_cooperation"), factor)
    found = oracle("exact", scenario=calm, epsilon=1e-7 * factor).solve()
    assert (found.verdict, found.reason) == (Verdict.CERTIFIED, "certified")
    assert 0 < found.regret.upper <= 1e-7 * factor


@pytest.mark.parametrize("method", ["sampled", "exact"])
@pytest.mark.parametrize("seat", [None, 2])
def test_nobody_works_where_nothing_burns(seat: int | None, method: str) -> None:
    quiet = bb.scenario("trivial_cooperation").replace(num_houses=5)
    found = oracle(method, scenario=quiet, seat=seat, epsilon=0.05).solve()
    for index in found.distribution:
        theta = found.strategy_pool[index]
        assert theta[1] * (1 - theta[8]) <= 0.03
    assert found.payoff == pytest.approx(1306.5, abs=0.5 if method == "sampled" else 1e-9)
    if method == "exact":
        assert found.converged


def test_a_single_strategy_to_start_from_and_a_line_per_iteration() -> None:
    lines: list[str] = []
    found = oracle("exact", max_iterations=2, epsilon=0.0, on_iteration=lines.append).solve(
        ["free_rider"]
    )
    assert len(lines) == found.iterations == 2
    assert lines[0].startswith("iteration 1")
    assert found.reason == "iterations"
    assert np.array_equal(found.strategy_pool[0], bb.ARCHETYPES["free_rider"])


def test_exact_best_responses_lead_to_their_fixed_point() -> None:
    # An equilibrium inside the square, at which mixtures alone arrive after a dozen iterations.
    inside = bb.scenario("rest_trap").replace(night_order="burn_out_then_spread")
    found = oracle("exact", scenario=inside, epsilon=1e-4).solve()
    assert found.verdict == Verdict.CERTIFIED
    assert found.iterations <= 6
    ((index, _),) = found.distribution.items()
    assert strategy_of(0.379, 1.0)[1] == pytest.approx(found.strategy_pool[index][1], abs=1e-3)


def test_a_mixture_of_what_is_nearly_alike_is_found_where_payoffs_are_not_concave() -> None:
    # No single strategy is an equilibrium, and means of those played lead from one to another.
    game = bb.scenario("default").replace(
        num_houses=4,
        num_agents=2,
        max_nights=20,
        prob_solo_agent_extinguishes_fire=0.9,
        cost_to_work_one_night=40.0,
    )
    found = oracle("exact", scenario=game).solve()
    assert found.verdict == Verdict.CERTIFIED
    assert len(found.distribution) == 2
    assert any(len(entry["distribution"]) == 1 for entry in found.history)


@pytest.mark.parametrize(
    ("responses", "meeting"),
    [
        ([], None),
        ([((0.2, 0.5), (0.4, 1.0))], None),
        ([((0.0, 0.5), (0.9, 1.0)), ((0.5, 0.6), (0.4, 1.0))], (0.45, 1.0)),
        ([((0.9,), (0.1,)), ((0.0,), (0.9,)), ((0.5,), (0.4,))], (0.45,)),  # the last two
        ([((0.4,), (0.6,)), ((0.4,), (0.7,))], (0.7,)),  # as if it did not move
        ([((0.2,), (0.5,)), ((0.4,), (0.7,))], None),  # never
        ([((0.2,), (0.5,)), ((0.4,), (0.6,))], (0.8,)),
        ([((0.2,), (0.7,)), ((0.4,), (0.85,))], (1.0,)),  # beyond what there is
    ],
)
def test_where_best_responses_meet_what_they_respond_to(
    responses: list[tuple[tuple[float, ...], tuple[float, ...]]], meeting: tuple[float, ...] | None
) -> None:
    assert fixed_point(responses) == (None if meeting is None else pytest.approx(meeting))


def test_what_cannot_be_improved_is_called_cycling() -> None:
    # Below what rounding allows, nobody can be certified.
    found = oracle("exact", epsilon=0.0, max_iterations=60).solve()
    assert found.reason == "cycling"
    assert found.verdict == Verdict.UNDECIDED
    assert found.regret.upper < 1e-4


def test_many_agents_are_reduced_and_examined_in_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seating, "MOST_PAYOFFS", 40)
    crowd = SMALL.replace(num_agents=9, num_houses=4, max_nights=4, min_nights=1)
    pool = [strategy_of(p, 1.0) for p in (0.0, 0.5, 1.0)]
    game = EmpiricalGame(SampledPayoffs(crowd, seed=1), episodes=20_000)
    for theta in pool:
        game.add(theta)
    restricted = game.game()
    assert restricted.players == 4
    asked = oracle(
        "sampled", scenario=crowd, num_simulations=32, max_iterations=1, budget_episodes=10**6
    )
    found = asked.solve(pool)
    assert found.restricted.players == 4
    assert found.regret.candidates > 30


@pytest.mark.parametrize(
    ("counts", "opponents", "scaled"),
    [([1, 2], 9, [3, 6]), ([1, 1], 3, [2, 1]), ([0, 3], 8, [0, 8]), ([1, 1, 1], 8, [3, 3, 2])],
)
def test_reduced_opponents_stand_for_all(
    counts: list[int], opponents: int, scaled: list[int]
) -> None:
    assert seating.scaled(counts, opponents) == scaled


def test_a_single_agent_has_nobody_to_play_against() -> None:
    with pytest.raises(bb.InvalidValue, match="num_agents"):
        oracle("exact", scenario=SMALL.replace(num_agents=1))


def test_profiles_seat_their_deviants() -> None:
    profile = Profile.pure(SMALL, [strategy_of(0.2, 1), strategy_of(0.7, 0)])
    deviation = Deviation(strategy_of(1, 1), (1,))
    pool, lineups, owners = profile.deviants([deviation])
    assert owners == [(0, 1)]
    assert lineups == [[{0: 1.0}, 2]]
    assert pool[2] is deviation.strategy
