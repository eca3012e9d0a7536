"""Tournaments and evolution against all line-ups one by one, and closed forms."""

import itertools
import json

import numpy as np
import pytest
from small_games import CROWDED, LIVELY
from typer.testing import CliRunner

import bucket_brigade as bb
from bucket_brigade.cli import app
from bucket_brigade.equilibrium import SymmetricGame

POOL = ["hero", "free_rider", "liar"]


def one_by_one(game: bb.Scenario) -> tuple[np.ndarray, np.ndarray]:
    """Payoff and marginal value of each policy of `POOL`, from all line-ups in all orders."""
    agents = game.num_agents
    lineups = list(itertools.product(range(len(POOL)), repeat=agents))
    means = bb.expected(game, [[POOL[i] for i in lineup] for lineup in lineups]).mean
    payoff, team = np.zeros(len(POOL)), np.zeros(len(POOL))
    for k in range(len(POOL)):
        for seat in range(agents):
            chosen = [i for i, lineup in enumerate(lineups) if lineup[seat] == k]
            payoff[k] += means[chosen, seat].mean() / agents
            team[k] += means[chosen].mean() / agents
    return payoff, team - team.mean()


@pytest.mark.parametrize("game", [LIVELY, CROWDED])
def test_a_tournament_is_all_line_ups(game: bb.Scenario) -> None:
    found = bb.tournament(game, POOL)
    payoff, marginal = one_by_one(game)
    assert found.method == "exact"
    np.testing.assert_allclose(found.payoff, payoff, atol=1e-10)
    np.testing.assert_allclose(found.marginal, marginal, atol=1e-10)
    assert found.ranking == tuple(np.argsort(-marginal))
    assert found.marginal_stderr.tolist() == [0.0] * 3
    alone = bb.expected(game, [[name] * game.num_agents for name in POOL])
    np.testing.assert_array_equal(found.alone, alone.mean.mean(axis=1))
    np.testing.assert_array_equal(found.alone_nights, alone.nights)


def test_a_sampled_tournament_agrees_within_its_errors() -> None:
    found = bb.tournament(CROWDED, POOL, method="sampled", episodes=20_000, seed=3)
    payoff, marginal = one_by_one(CROWDED)
    assert (found.marginal_stderr > 0).all()
    assert (abs(found.payoff - payoff) < 5 * found.payoff_stderr).all()
    assert (abs(found.marginal - marginal) < 5 * found.marginal_stderr).all()
    assert bb.tournament(LIVELY, [*POOL, "ten_parameter:liar"], episodes=640).method == "sampled"


@pytest.mark.parametrize(
    ("policies", "named"),
    [
        (["hero"], "policies = 1 policies"),
        ({"a": "hero", "b": "hero"}, "no two of which play alike"),
        (["hero", "heroine"], "policies[1]"),
    ],
)
def test_pools_that_are_none_are_refused(policies: object, named: str) -> None:
    with pytest.raises(bb.InvalidValue) as caught:
        bb.tournament(LIVELY, policies)  # type: ignore[arg-type]
    assert named in str(caught.value)


def test_populations_go_where_the_replicator_equation_goes() -> None:
    hawks = SymmetricGame(2, [[-1.0, 4.0], [0.0, 2.0]])
    found = bb.replicate(hawks, mutation=0.0, start=[0.01, 0.99])
    assert found.final == pytest.approx([2 / 3, 1 / 3], abs=1e-9)
    assert found.regret < 1e-8
    assert found.payoffs[-1] == pytest.approx(2 / 3)
    # A dilemma: cooperation is lost, up to mutants. At rest, x = (1 - m) x e^-s / (...) + m / 2.
    dilemma = SymmetricGame(2, [[3.0, 0.0], [5.0, 1.0]])
    lost = bb.replicate(dilemma, mutation=0.01, strength=0.1, generations=5000)
    x = lost.final[0]
    gap = dilemma.deviation_payoffs([x, 1 - x]) @ [1, -1]
    kept = x * np.exp(0.1 * gap) / (x * np.exp(0.1 * gap) + 1 - x)
    assert x == pytest.approx(0.99 * kept + 0.005, abs=1e-12)
    assert x < 0.1
    for option in ({"mutation": 1.5}, {"generations": 0}, {"start": [0.5, 0.6]}):
        with pytest.raises(bb.InvalidValue, match=next(iter(option))):
            bb.replicate(hawks, **option)


def test_cma_comes_to_the_best_common_heuristic() -> None:
    pytest.importorskip("cma")
    game = bb.scenario("easy").replace(num_houses=4, num_agents=2)
    best = bb.best_common_heuristic(game)
    found = bb.optimise(game, evaluations=200)
    assert found.method == "exact"
    assert found.payoff == pytest.approx(best.payoff, abs=0.01)
    assert bb.expected(game, [[found.policy] * 2]).mean.mean() == found.payoff
    alone = bb.optimise(game, against="free_rider", evaluations=200)
    judged = bb.judge(game, ["hero", "free_rider"]).seats[0].best_heuristic
    assert judged is not None
    assert alone.payoff == pytest.approx(judged.value, abs=0.01)
    assert list(alone.history) == sorted(alone.history)


def test_commands_tell_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    small = ["--set", "num_houses=4", "--set", "num_agents=2"]
    pool = ["--policy", "hero", "--policy", "free_rider"]

    def run(*arguments: str, code: int = 0) -> str:
        result = CliRunner().invoke(app, list(arguments))
        assert result.exit_code == code, result.output
        return result.output

    game = bb.scenario("easy").replace(num_houses=4, num_agents=2)
    found = bb.tournament(game, ["hero", "free_rider"])
    told = json.loads(run("tournament", "easy", *small, *pool, "--json"))
    assert told == found.to_dict()
    assert f"{found.marginal[0]:.2f}" in run("tournament", "easy", *small, *pool)
    evolved = bb.replicate(found.game, generations=100)
    shares = json.loads(run("evolve", "easy", *small, *pool, "--generations", "100", "--json"))
    assert shares["shares"] == evolved.final.tolist()
    assert f"{evolved.final[0]:.1%}" in run("evolve", "easy", *small, *pool, "--generations", "100")
    assert "--against" in run("evolve", "easy", "--against", "hero", code=2)
    monkeypatch.setitem(__import__("sys").modules, "cma", None)
    assert r"pip install '.[evolve]'" in run(
        "evolve", "easy", *small, "--family", "heuristic", code=1
    )
