"""Double oracle over all policies, against brute force and against exact payoffs of mixtures."""

import json
from typing import Any

import numpy as np
import pytest
from brute_force_game import BruteForce
from policy_games import close, name, small_game

import bucket_brigade as bb
from bucket_brigade.equilibrium import PSRO, Verdict

#: Rings on which every joint act and die can be enumerated.
GAMES = [
    small_game(7, 3, 2),
    small_game(8, 3, 2, night_order="burn_out_then_spread", end_rule="no_fires"),
    small_game(9, 2, 3),
]
RING = bb.scenario("default").replace(num_houses=5, num_agents=3, max_nights=40)


@pytest.mark.parametrize("scenario", GAMES, ids=name)
def test_gains_are_those_of_brute_force(scenario: bb.Scenario) -> None:
    found = PSRO(scenario, max_iterations=3, epsilon=0.0).solve()
    brute = BruteForce(scenario)
    tables = [
        np.stack([policy.table(night) for night in range(policy.nights)])
        for policy in found.policies
    ]
    values = brute.start(brute.values(tables)[0])
    assert close(found.payoffs, values)
    assert close(found.payoffs + found.gains, brute.start(brute.best_responses(tables)[0]))
    assert found.regret == min(each["gain"] for each in found.history)


def test_the_mixture_is_an_equilibrium_of_the_restricted_game() -> None:
    found = PSRO(RING, max_iterations=4, epsilon=0.0).solve()
    assert len(found.strategies) > 1
    mixtures: list[Any] = found.mixtures
    paid = bb.expected(RING, [mixtures]).mean[0].mean()
    for strategy in found.strategies:
        lineups = [[*mixtures[:a], strategy[a], *mixtures[a + 1 :]] for a in range(3)]
        seats = [result[a] for a, result in enumerate(bb.expected(RING, lineups).mean)]
        assert np.mean(seats) == pytest.approx(paid, abs=1e-6)
    drawn = [
        sum(weight * policy.table(1) for policy, weight in zip(*each, strict=True))
        for each in ((mixture.strategies, mixture.weights) for mixture in mixtures)
    ]
    for seat, policy in enumerate(found.policies):
        assert policy.table(1) == pytest.approx(drawn[seat])


def test_it_ends_when_nobody_gains() -> None:
    game = bb.scenario("hard").replace(num_houses=4, num_agents=2)
    texts: list[str] = []
    found = PSRO(game, on_iteration=texts.append).solve()
    assert (found.verdict, found.reason) == (Verdict.CERTIFIED, "converged")
    assert len(texts) == found.iterations == len(found.history)
    judged = bb.judge(game, found.policies, heuristics=False)
    assert judged.exploitability_at_most == pytest.approx(found.regret, abs=1e-9)
    assert 0 <= found.regret <= 0.01
    calm = bb.scenario("trivial_cooperation").replace(num_houses=4, num_agents=2)
    assert PSRO(calm, epsilon=0.0).solve([["hero", "free_rider"]]).payoffs == pytest.approx(1306.5)


def test_it_goes_on_where_it_was() -> None:
    states: list[dict[str, Any]] = []
    whole = PSRO(RING, max_iterations=5).solve(
        on_state=lambda state: states.append(json.loads(json.dumps(state)))
    )
    assert len(states) >= 5
    for state in (states[0], states[3]):
        again = PSRO(RING, max_iterations=5).solve(state=state)
        assert again.history == whole.history
        assert again.policies == whole.policies
    more = PSRO(RING, max_iterations=6).solve(state=states[-1])
    assert more.history[:5] == whole.history
    assert more.iterations == 6
    with pytest.raises(bb.InvalidValue, match="epsilon"):
        PSRO(RING, epsilon=1.0).solve(state=states[0])


def test_why_it_ends() -> None:
    first = PSRO(RING, max_iterations=1).solve()
    assert (first.reason, first.verdict) == ("iterations", Verdict.REFUTED)
    assert first.payoffs == pytest.approx(bb.expected(RING, [["hero"] * 3]).mean[0])
    short = PSRO(RING, budget_seconds=1e-9).solve()
    assert (short.reason, short.iterations) == ("budget", 1)
    # Whoever may gain nothing at all meets best responses again.
    game = bb.scenario("default").replace(num_houses=3, num_agents=2, max_nights=15)
    assert PSRO(game, epsilon=0.0, max_iterations=60).solve().reason in ("exhausted", "converged")


def test_what_is_not_allowed_is_named() -> None:
    with pytest.raises(bb.InvalidValue, match=r"initial\[1\] = 2 policies"):
        PSRO(RING).solve([["hero"] * 3, ["hero"] * 2])
    forgetful = bb.TenParameter("hero")
    with pytest.raises(bb.InvalidValue, match=r"initial\[0\]\[1\].*houses alone"):
        PSRO(RING).solve([["hero", forgetful, "hero"]])
    with pytest.raises(bb.InvalidValue, match="empty"):
        PSRO(RING).solve([])
    for wrong in (
        {"max_iterations": 0},
        {"epsilon": -1.0},
        {"budget_seconds": 0.0},
        {"threads": 0},
        {"on_iteration": 3},
    ):
        with pytest.raises(bb.InvalidValue, match=next(iter(wrong))):
            PSRO(RING, **wrong)  # type: ignore[arg-type]
    with pytest.raises(bb.InvalidValue, match="num_agents"):
        PSRO(RING.replace(num_agents=1))
    with pytest.raises(bb.InvalidValue, match="num_houses"):
        PSRO(RING.replace(num_houses=20))
