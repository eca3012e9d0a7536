"""What leaving an equilibrium gains over all policies, and what all could agree on."""

import json
import math

import pytest

import bucket_brigade as bb
from bucket_brigade.equilibrium import DoubleOracle, NashEquilibrium
from bucket_brigade.evaluation import policy_gains
from bucket_brigade.policies.heuristic import strategy_of

SMALL = bb.scenario("easy").replace(num_houses=4, num_agents=2, max_nights=20)


@pytest.fixture(scope="module")
def found() -> NashEquilibrium:
    return DoubleOracle(SMALL, method="exact").solve()


def test_gains_are_those_of_best_responses(found: NashEquilibrium) -> None:
    assert found.policy_gains is None
    assert math.isnan(found.exploitability)
    told = bb.with_policy_gains(found)
    answers = bb.best_response(SMALL, found.lineup)
    assert told.policy_gains is not None
    for each, answer in zip(told.policy_gains, answers, strict=True):
        assert each.gain == pytest.approx(answer.gain, abs=1e-9) == each.at_most
    assert told.exploitability == max(each.gain for each in told.policy_gains) > 1
    assert NashEquilibrium.from_dict(json.loads(json.dumps(told.to_dict()))) == told
    assert told != found


def test_mixtures_have_two_bounds(found: NashEquilibrium) -> None:
    mixed = DoubleOracle(SMALL, method="exact", max_iterations=1).solve(["hero", "free_rider"])
    mixed.distribution.clear()
    mixed.distribution.update({0: 0.5, 1: 0.5})
    told = bb.with_policy_gains(mixed)
    assert 0 < told.exploitability < told.exploitability_at_most
    judged = bb.judge(SMALL, mixed.lineup, heuristics=False)
    assert told.exploitability_at_most == judged.exploitability_at_most


def test_the_focal_seat_alone_counts() -> None:
    found = DoubleOracle(SMALL.replace(num_houses=3), method="exact", seat=1).solve()
    told = bb.with_policy_gains(found)
    assert told.policy_gains is not None
    assert told.exploitability == told.policy_gains[1].gain
    assert told.policy_gains[0].gain != told.policy_gains[1].gain


def test_games_that_are_too_large_have_no_gains(
    found: NashEquilibrium, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(policy_gains, "MOST_SECONDS", 0.0)
    assert bb.with_policy_gains(found).policy_gains is None
    large = DoubleOracle(
        SMALL.replace(num_houses=14), num_simulations=32, max_iterations=1, budget_episodes=1000
    ).solve()
    told = bb.with_policy_gains(large)
    assert told.policy_gains is None
    assert "NaN" not in json.dumps(told.to_dict())


def test_bad_arguments_are_named(found: NashEquilibrium) -> None:
    with pytest.raises(bb.InvalidValue, match="threads"):
        bb.with_policy_gains(found, threads=0)
    with pytest.raises(bb.InvalidValue, match="progress"):
        bb.with_policy_gains(found, progress=3)  # type: ignore[arg-type]
    with pytest.raises(bb.InvalidValue, match="found"):
        bb.with_policy_gains(None)  # type: ignore[arg-type]
    with pytest.raises(bb.InvalidValue, match="scenario"):
        bb.best_common_heuristic("hard")  # type: ignore[arg-type]


def test_no_common_strategy_on_a_grid_is_better() -> None:
    best = bb.best_common_heuristic(SMALL)
    lineups = [[strategy_of(i / 8, j / 4)] * 2 for i in range(9) for j in range(5)]
    means = bb.expected(SMALL, lineups).mean.mean(axis=1)
    assert best.payoff >= means.max() - 1e-3
    again = bb.expected(SMALL, [[strategy_of(best.p, best.q)] * 2])
    assert best.payoff == pytest.approx(again.mean.mean())
    assert best.nights == pytest.approx(again.nights[0])
    assert best.payoff <= bb.team_optimum(SMALL).payoff
