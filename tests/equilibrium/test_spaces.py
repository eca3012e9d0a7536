"""Searches through other families of policies than heuristic agents: firefighters."""

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_games import CROWDED, LIVELY
from typer.testing import CliRunner

import bucket_brigade as bb
from bucket_brigade.cli import app
from bucket_brigade.equilibrium import (
    Deviation,
    ExactPayoffs,
    NashEquilibrium,
    Profile,
    SampledPayoffs,
    best_response,
    export_gambit,
    gain_grid,
)
from bucket_brigade.equilibrium.responses.surface import DEGREES, fit_surface
from bucket_brigade.policies.spaces import FIREFIGHTERS, HEURISTICS
from bucket_brigade.simulation.purposes import SELECTION

#: Work costs so much that some rest in equilibrium, and some work.
COSTLY = CROWDED.replace(cost_to_work_one_night=6.0)
#: Every firefighter that a grid has.
GRID = [bb.Firefighter(w, own) for w in np.linspace(0, 1, 21) for own in (False, True)]


def payoff(scenario: bb.Scenario, deviant: object, others: list[object]) -> float:
    """The mean of who plays `deviant` where all others play, seated anywhere."""
    lineups = [[*others[:s], deviant, *others[s + 1 :]] for s in range(len(others))]
    return float(np.diag(bb.expected(scenario, lineups).mean).mean())


def solved(method: str, **options: Any) -> NashEquilibrium:
    return bb.DoubleOracle(COSTLY, space="firefighter", method=method, **options).solve()


@pytest.fixture(scope="module")
def exact() -> NashEquilibrium:
    return solved("exact", epsilon=1e-6)


def test_no_firefighter_gains_by_leaving_an_equilibrium_of_them(exact: NashEquilibrium) -> None:
    assert exact.converged
    assert exact.space == "firefighter"
    assert exact.searched["space"] == "all w, with own_first and without"
    assert all(isinstance(policy, bb.Firefighter) for policy in exact.strategy_pool)
    assert len(exact.distribution) > 1
    assert 0.9 < max(exact.distribution.values()) < 0.99
    regular = payoff(COSTLY, exact.lineup[0], exact.lineup)
    assert exact.payoff == pytest.approx(regular, abs=1e-9)
    gains = [payoff(COSTLY, policy, exact.lineup) - regular for policy in GRID]
    assert -1e-6 < max(gains) <= 1e-6
    # The verdict is about firefighters, and says so: a heuristic agent may gain.
    assert "space firefighter" in repr(exact)


def test_what_is_sampled_agrees_with_what_is_exact(exact: NashEquilibrium) -> None:
    sampled = solved("sampled", epsilon=0.3, num_simulations=5000, seed=2)
    assert sampled.converged
    regular = payoff(COSTLY, sampled.lineup[0], sampled.lineup)
    gain = max(payoff(COSTLY, policy, sampled.lineup) for policy in GRID) - regular
    assert sampled.regret.lower <= gain <= sampled.regret.upper
    assert sampled.payoff == pytest.approx(exact.payoff, abs=5 * sampled.payoff_stderr + 0.5)


@pytest.mark.parametrize("source", [ExactPayoffs(LIVELY), SampledPayoffs(LIVELY, seed=3)])
def test_the_best_firefighter_against_heuristic_agents(source: Any) -> None:
    liar = bb.ARCHETYPES["liar"]
    profile = Profile.pure(LIVELY, [liar, liar])
    found = best_response(source, profile, (0,), [], episodes=40_000, space=FIREFIGHTERS)
    best = bb.expected(LIVELY, [[policy, "liar"] for policy in GRID]).mean[:, 0].max()
    mine = bb.expected(LIVELY, [[found.strategy, "liar"]]).mean[0, 0]
    assert mine > best - (1e-9 if source.is_exact else 0.5)
    # The payoff is that of the strategy, also where a finalist is a point of the coarse grid.
    deviation = Deviation(found.strategy, (0,))
    again = source.payoffs(profile, [deviation], episodes=40_000, purpose=SELECTION)
    assert found.payoff == pytest.approx(again[0], abs=1e-9)


def test_results_and_states_are_kept(exact: NashEquilibrium, tmp_path: Path) -> None:
    assert NashEquilibrium.from_dict(json.loads(json.dumps(exact.to_dict()))) == exact
    states: list[dict[str, Any]] = []
    asked = bb.DoubleOracle(COSTLY, space="firefighter", method="exact", epsilon=1e-6)
    asked.solve(on_state=lambda state: states.append(json.loads(json.dumps(state))))
    for state in states:
        assert asked.solve(state=state) == exact
    export_gambit(exact, tmp_path / "game.nfg")
    assert "firefighter:w=1.0:own_first" in (tmp_path / "game.nfg").read_text("ascii")


def test_a_policy_of_another_space_is_refused(exact: NashEquilibrium) -> None:
    with pytest.raises(bb.InvalidValue, match=r"initial_strategies\[1\] = .*Firefighter"):
        bb.DoubleOracle(COSTLY, space="firefighter").solve([bb.Firefighter(1.0), "firefighter"])
    with pytest.raises(bb.InvalidValue, match=r"space = 'fire'.*heuristic, firefighter"):
        bb.DoubleOracle(COSTLY, space="fire")
    with pytest.raises(bb.InvalidValue, match="firefighter"):
        gain_grid(exact)


def test_means_of_what_is_nearly_alike() -> None:
    near = [bb.Firefighter(0.2), bb.Firefighter(0.6)]
    mean = FIREFIGHTERS.mean(near, [0.75, 0.25], 0.5)
    assert isinstance(mean, bb.Firefighter)
    assert mean.w == pytest.approx(0.3)
    assert FIREFIGHTERS.mean(near, [0.75, 0.25], 0.3) is None
    apart = [bb.Firefighter(0.2), bb.Firefighter(0.2, own_first=True)]
    assert FIREFIGHTERS.mean(apart, [0.5, 0.5], 0.5) is None
    assert len(FIREFIGHTERS.each_once([*apart, bb.Firefighter(0.2, honesty=0.0)])) == 2
    two = [bb.ARCHETYPES["hero"], np.ones(10)]
    assert len(HEURISTICS.each_once([*two, bb.ARCHETYPES["hero"]])) == 2


def test_a_curve_is_found_with_its_peaks() -> None:
    def curve(points: Any) -> Any:
        w = np.array([point[0] for point in points])
        return np.sin(9 * w) - 0.1 * w

    found = fit_surface(curve, lambda it: it.error < 1e-8, [degrees[:1] for degrees in DEGREES])
    w = np.linspace(0, 1, 301)
    assert np.abs(found(w) - np.sin(9 * w) + 0.1 * w).max() < 1e-8
    peaks = [float(np.arccos(0.1 / 9) / 9 + k * 2 * np.pi / 9) for k in (0, 1)]
    assert np.ravel(found.maxima()) == pytest.approx(peaks, abs=1e-6)
    assert all(a >= b for a, b in itertools.pairwise(found(np.ravel(found.maxima())).tolist()))


def test_the_command(tmp_path: Path) -> None:
    game, out = tmp_path / "game.json", tmp_path / "nash.json"
    COSTLY.save(game)
    command = ["nash", str(game), "--space", "firefighter", "--method", "exact"]
    ran = CliRunner().invoke(app, [*command, "--out", str(out)])
    assert ran.exit_code == 0, ran.output
    assert "firefighter:w=0.0" in ran.stdout
    assert "firefighter policies" in " ".join(ran.stdout.split())
    assert json.loads(out.read_text())["equilibria"][0]["space"] == "firefighter"
    refused = CliRunner().invoke(app, [*command, "--plot", str(tmp_path / "it.svg")])
    assert refused.exit_code == 2
    refused = CliRunner().invoke(app, ["nash", str(game), "--space", "firefigther"])
    assert refused.exit_code == 2
    assert "did you mean firefighter?" in " ".join(refused.stderr.split())
