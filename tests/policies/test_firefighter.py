"""The firefighter wherever a seat entry is taken, beside heuristic agents."""

import json
import pickle
from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_games import LIVELY
from typer.testing import CliRunner, Result

import bucket_brigade as bb
from bucket_brigade.cli import app
from bucket_brigade.equilibrium import RoleSearch
from bucket_brigade.evaluation.cross_examination import FEWEST, cross_examine
from bucket_brigade.evaluation.methods import chosen_method
from bucket_brigade.policies.heuristic import Heuristic, strategy_of
from bucket_brigade.policies.kinds import as_policy
from bucket_brigade.policies.labels import policy_labels

pytestmark = pytest.mark.filterwarnings("ignore::bucket_brigade.RareEventsWarning")

DEFAULT = bb.scenario("default")
ANY, OWN = bb.Firefighter(0.7), bb.Firefighter(0.9, own_first=True)
TWO_KINDS = bb.Mixture(["coordinator", bb.Firefighter(0.6, own_first=True)], [0.5, 0.5])
RUN_E: list[object] = [ANY, OWN, "hero", TWO_KINDS]
PAIR: list[object] = [OWN, bb.Mixture([ANY, "liar"], [0.25, 0.75])]


# A value.


def test_what_it_is() -> None:
    assert repr(OWN) == "Firefighter(w=0.9, own_first=True, honesty=1.0)"
    assert bb.Firefighter(np.float32(0.5), np.bool_(True)) == bb.Firefighter(0.5, own_first=True)  # type: ignore[arg-type]
    assert hash(bb.Firefighter(0.9, own_first=True)) == hash(OWN)
    assert OWN not in (ANY, bb.Firefighter(0.9), "firefighter", bb.ARCHETYPES["firefighter"])
    assert pickle.loads(pickle.dumps(OWN)) == OWN
    assert str(bb.Firefighter(-0.0).w) == "0.0"
    with pytest.raises(FrozenInstanceError):
        OWN.w = 0.5  # type: ignore[misc]


def test_policies_with_equal_keys_play_alike() -> None:
    assert bb.Firefighter(0.9, True, honesty=0.2).key == OWN.key
    assert bb.Firefighter(0.9, True, honesty=0.2) != OWN
    assert len({OWN.key, ANY.key, bb.Firefighter(0.9).key, as_policy("hero").key}) == 4
    quiet = np.array(bb.ARCHETYPES["hero"])
    quiet[0] = 0.5
    assert as_policy(quiet).key == as_policy("hero").key
    both = [[ANY] * 4, [bb.Firefighter(0.7, honesty=0.2)] * 4, [bb.Firefighter(0.7, True)] * 4]
    one, other, third = bb.simulate(DEFAULT, both, episodes=64).counts.totals
    assert one.tolist() == other.tolist() != third.tolist()
    assert (
        bb.expected(LIVELY, [PAIR[:1] * 2, [bb.Firefighter(0.9, True, 0.1)] * 2]).pure_lineups == 1
    )


@pytest.mark.parametrize("policy", [ANY, OWN, bb.Firefighter(1 / 3, honesty=0.25)])
def test_its_name_and_its_json_form_are_read_back(policy: bb.Firefighter) -> None:
    assert as_policy(policy.name()) == policy
    assert as_policy(policy.name().upper()) == policy
    assert as_policy(json.loads(json.dumps(policy.to_json()))) == policy
    forms: list[object] = [policy, policy.name(), policy.to_json(), bb.Mixture([policy], [1.0])]
    played = bb.simulate(LIVELY, [[form, "hero"] for form in forms], episodes=32)
    assert len({row.tobytes() for row in played.counts.totals}) == 1


def test_its_name_is_no_archetypes() -> None:
    assert OWN.name() == "firefighter:w=0.9:own_first"
    close = [bb.Firefighter(0.9), bb.Firefighter(0.9000001), as_policy("firefighter"), OWN]
    labels = policy_labels([*close, Heuristic.of(strategy_of(0.9, 0.5))])
    assert list(labels.values()) == [
        "firefighter:w=0.9",
        "firefighter:w=0.9000001",
        "firefighter",
        "firefighter:w=0.9:own_first",
        "(p=0.9, q=0.5)",
    ]


# Where it plays.


@pytest.mark.parametrize("order", ["spread_then_burn_out", "burn_out_then_spread"])
def test_samples_agree_with_exact_payoffs_and_counts(order: str) -> None:
    scenario = LIVELY.replace(night_order=order)
    found = cross_examine(scenario, PAIR, episodes=40 * FEWEST, seed=5)
    assert found.agrees, found.worst
    assert found.exact.pure_lineups == 2


def test_a_mixture_is_worth_what_it_is_made_of() -> None:
    mixed, first, second = bb.expected(LIVELY, [PAIR, [OWN, ANY], [OWN, "liar"]]).mean
    np.testing.assert_allclose(mixed, 0.25 * first + 0.75 * second, rtol=1e-12)


def test_pools() -> None:
    pool: list[object] = ["hero", OWN, {"kind": "firefighter", "w": 0.7}]
    lineups: list[Any] = [[1, {0: 0.5, 2: 0.5}], [[0.0, 1.0, 0.0], [0.5, 0.0, 0.5]]]
    for result in (
        bb.simulate(LIVELY, lineups, pool=pool, episodes=64),
        bb.expected(LIVELY, lineups, pool=pool),
    ):
        assert result.mean[0].tolist() == result.mean[1].tolist()
        assert result.pool is not None
        assert result.pool[1:] == (OWN, ANY)
        assert pickle.loads(pickle.dumps(result)) == result


def test_results_are_told_apart() -> None:
    def played(policy: object) -> bb.SimulationResult:
        return bb.simulate(LIVELY, [[0, 0]], pool=[policy], episodes=1)

    assert played(OWN) == played(bb.Firefighter(0.9, True))
    assert played(OWN) != played(bb.ARCHETYPES["hero"])
    entries: list[object] = [OWN, OWN.name(), OWN.to_json(), "hero", bb.ARCHETYPES["hero"]]
    results = [bb.simulate(LIVELY, [[entry, "liar"]], episodes=1) for entry in entries]
    assert [results.index(result) for result in results] == [0, 1, 2, 3, 4]


def test_json_plays_the_same_again() -> None:
    result = bb.simulate(DEFAULT, [RUN_E], episodes=64, seed=3)
    data = json.loads(json.dumps(result.to_dict(0)))
    assert data["lineup"] == [
        "firefighter:w=0.7",
        "firefighter:w=0.9:own_first",
        "hero",
        {"coordinator": 0.5, "firefighter:w=0.6:own_first": 0.5},
    ]
    assert data["names"][1] == "firefighter:w=0.9:own_first"
    assert data["strategy_pool"][1] == {
        "kind": "firefighter",
        "w": 0.9,
        "own_first": True,
        "honesty": 1.0,
    }
    assert data["strategy_pool"][2] == bb.ARCHETYPES["hero"].tolist()
    lineup = [bb.Mixture(**seat) for seat in data["seats"]]
    again = bb.simulate(DEFAULT, [lineup], pool=data["strategy_pool"], episodes=64, seed=3)
    assert again.mean.tolist() == result.mean.tolist()
    assert "firefighter:w=0.7" in repr(result)
    assert result.columns()["strategy"][:2] == data["lineup"][:2]


def test_single_episodes_are_those_of_a_batch() -> None:
    batch = bb.simulate(DEFAULT, [RUN_E], episodes=8, seed=11)
    episodes = [bb.replay(DEFAULT, RUN_E, seed=11, episode=e) for e in range(8)]
    assert sum(map(len, episodes)) == batch.counts.nights[0]
    worked = np.sum(
        [[a.works for a in night.actions] for nights in episodes for night in nights], 0
    )
    assert worked.tolist() == batch.counts.worked[0].tolist()
    for night in (night for nights in episodes for night in nights):
        if bb.House.BURNING not in night.before:
            assert not night.actions[0].works
            assert night.actions[0].house == 0
    game = bb.Episode(DEFAULT, RUN_E, seed=11, episode=3)
    first = game.step()
    left = pickle.loads(pickle.dumps(game))
    assert [first, *(left.step() for _ in episodes[3][1:])] == episodes[3]
    assert bb.run_heuristic_episode(DEFAULT, OWN, "hero", seed=4) == pytest.approx(
        sum(n.rewards[0] for n in bb.replay(DEFAULT, [OWN, *["hero"] * 3], seed=4, episode=0))
    )


def test_whatever_takes_line_ups() -> None:
    difference = bb.compare(LIVELY, [ANY, ANY], [OWN, "hero"], episodes=640)
    assert difference.mean.tolist() != [0.0, 0.0]
    until = bb.simulate_until(LIVELY, [PAIR], stderr=1.0)
    assert until.stderr.max() <= 1.0
    for method in bb.METHODS:
        assert bb.evaluate(LIVELY, [PAIR], method=method, episodes=64).mean.shape == (1, 2)


def test_exact_payoffs_are_chosen_only_where_houses_can_be_followed() -> None:
    large = DEFAULT.replace(num_houses=13, num_agents=2, night_order="burn_out_then_spread")
    most = {"method": "auto", "episodes": 2**45, "backend": "cpu"}
    assert chosen_method(scenario=large, lineups=[[ANY, ANY]], **most) == "exact"  # type: ignore[arg-type]
    assert chosen_method(scenario=large, lineups=[[ANY, OWN]], **most) == "sampled"  # type: ignore[arg-type]
    with pytest.raises(bb.InvalidValue, match="num_houses"):
        bb.expected(large, [[ANY, OWN]])


def test_payoff_matrices() -> None:
    policies: list[object] = [OWN, "firefighter", ANY]
    matrix = bb.payoff_matrix(LIVELY, policies, method="exact")
    assert matrix.names == ("firefighter:w=0.9:own_first", "firefighter", "firefighter:w=0.7")
    own = bb.expected(LIVELY, [[OWN, ANY], [ANY, OWN]]).mean
    assert matrix.mean[0, 2] == pytest.approx((own[0, 0] + own[1, 1]) / 2)
    named = bb.payoff_matrix(LIVELY, {"a": OWN, "b": "firefighter"}, method="exact")
    assert named.mean.tolist() == matrix.mean[:2, :2].tolist()
    evaluator = bb.PayoffEvaluator(LIVELY, method="exact")
    assert evaluator.evaluate_payoff_matrix(policies).tolist() == matrix.mean.tolist()
    assert evaluator.evaluate_symmetric_payoff(OWN, ANY) == matrix.mean[0, 2]
    mixed = evaluator.evaluate_against_mixture(OWN, {1: 0.5, 2: 0.5}, policies)
    assert mixed == pytest.approx(matrix.mean[0, 1:].mean())


def test_derivatives() -> None:
    found = bb.expected_gradient(LIVELY, [[OWN, "liar"]], seats=[0, 1])
    h = 1e-6
    near = [[bb.Firefighter(0.9 + d, own_first=True), "liar"] for d in (-h, h)]
    below, above = bb.expected(LIVELY, near).mean
    np.testing.assert_allclose(found.duties[0, :, 0, 0], (above - below) / (2 * h), rtol=1e-6)
    assert found.duties[0, :, 0, 1].tolist() == [0.0, 0.0]
    assert np.isnan(found.theta[0, :, 0]).all()
    assert np.isfinite(found.theta[0, :, 1]).all()
    assert f"own w: {found.duties[0, 0, 0, 0]:+.3g})" in repr(found)
    assert f"own p: {found.duties[0, 1, 1, 0]:+.3g}, own q" in repr(found)


def test_what_can_happen() -> None:
    # Without fires a firefighter never works; with them, it also rests, whatever its w.
    calm = bb.scenario("trivial_cooperation")
    assert bb.simulate(calm, [[bb.Firefighter(1.0)] * 4], episodes=1).unseen.tolist() == [[0.0] * 4]
    busy = bb.simulate(DEFAULT, [[bb.Firefighter(1.0)] * 4], episodes=6400)
    assert busy.counts.worked[0, 0] < busy.counts.nights[0]
    assert busy.unseen.max() == 0.0
    assert busy.possible.events[0, 4:8].all()
    rare = DEFAULT.replace(prob_house_catches_fire=1e-9)
    assert bb.simulate(rare, [[ANY] * 4], episodes=64).unseen.min() > 0.0


class Forgetful(bb.Firefighter):
    memoryless = False


def test_only_memoryless_policies_have_exact_payoffs() -> None:
    with pytest.raises(bb.InvalidValue, match="houses alone"):
        bb.expected(LIVELY, [[Forgetful(0.5), "hero"]])
    with pytest.raises(bb.InvalidValue, match="houses alone"):
        bb.expected_gradient(LIVELY, [[Forgetful(0.5), "hero"]])
    assert (
        bb.evaluate(LIVELY, [[Forgetful(0.5)] * 2], method="auto", episodes=1).method == "sampled"
    )


# Mistakes.


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"w": 1.5}, "w"),
        ({"w": float("nan")}, "w"),
        ({"w": "0.5"}, "w"),
        ({"w": True}, "w"),
        ({"w": 0.5, "own_first": 1}, "own_first"),
        ({"w": 0.5, "honesty": -1}, "honesty"),
    ],
)
def test_numbers_that_are_not_allowed(given: dict[str, Any], field: str) -> None:
    with pytest.raises(bb.InvalidValue) as caught:
        bb.Firefighter(**given)
    assert caught.value.field == field
    with pytest.raises(bb.InvalidValue) as caught:
        bb.simulate(LIVELY, [["hero", {"kind": "firefighter", **given}]], episodes=1)
    assert caught.value.field == f"lineups[0][1].{field}"


@pytest.mark.parametrize(
    "entry",
    [
        "firefighter:0.5",
        "firefighter:w=x",
        "firefighter:w=",
        "firefighter:own_first",
        "firefighter:w=0.5:w=0.6",
        "firefighter:w=0.5:own",
        "firefighter:w=0.5:own_first=yes",
        "firefighter:w=0.5:q=1",
        "firefighter:",
        "fireman:w=0.5",
        {"kind": "firefighter"},
        {"kind": "firefighter", "w": 0.5, "p": 1},
        {"kind": "fireman", "w": 0.5},
        {"kind": ["firefighter"]},
    ],
)
def test_forms_that_are_none(entry: object) -> None:
    with pytest.raises(bb.InvalidValue) as caught:
        bb.simulate(LIVELY, [["hero", entry]], episodes=1)
    assert caught.value.field.startswith("lineups[0][1]")


def test_searches_look_for_p_and_q_and_say_so() -> None:
    with pytest.raises(bb.InvalidValue, match=r"initial_strategies\[1\] = Firefighter.*p and q"):
        bb.DoubleOracle(LIVELY, method="exact").solve(["hero", OWN])
    with pytest.raises(bb.InvalidValue, match=r"initial_profiles\[0\]\[1\] = Firefighter"):
        RoleSearch(LIVELY, method="exact").solve([["hero", OWN]])
    with pytest.raises(bb.InvalidValue, match="Firefighter"):
        bb.as_strategy(OWN)


# Files and the command line.


def run(*arguments: object, code: int = 0) -> Result:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == code, result.output
    return result


@pytest.mark.parametrize(
    ("content", "entry"),
    [
        (OWN.to_json(), OWN),
        ("firefighter:w=0.7", ANY),
        ({"strategy": ANY.to_json()}, ANY),
        ({"kind": "firefighter", "w": 0.7, "name": "mine"}, ANY),
        ({"kind": "bred", "genome": OWN.to_json()}, OWN),
    ],
)
def test_files_of_a_strategy(content: object, entry: object, tmp_path: Path) -> None:
    path = tmp_path / "one.json"
    path.write_text(json.dumps(content))
    assert bb.load_lineup(path, 2) == [entry, entry]


def test_files_of_mixtures_and_profiles(tmp_path: Path) -> None:
    pool = [{**OWN.to_json(), "probability": 0.25}, {"strategy": "liar", "probability": 0.75}]
    path = tmp_path / "two.json"
    path.write_text(
        json.dumps([{**ANY.to_json(), "position": 1}, {"strategy_pool": pool, "position": 0}])
    )
    assert bb.load_lineup(path, 2) == [bb.Mixture([OWN, "liar"], [0.25, 0.75]), ANY]
    path.write_text(json.dumps({"kind": "firefighter", "w": 2}))
    with pytest.raises(bb.InvalidFile, match=r"two\.json.*w = 2"):
        bb.load_lineup(path)


def test_the_command_line(tmp_path: Path) -> None:
    text = "firefighter:w=0.7, firefighter:w=0.9:own_first,hero,liar"
    played = json.loads(
        run("simulate", "default", "--lineup", text, "--episodes", 64, "--json").stdout
    )
    same = bb.simulate(DEFAULT, [[ANY, OWN, "hero", "liar"]], episodes=64)
    assert played["mean"] == same.mean[0].tolist()
    path = tmp_path / "result.json"
    path.write_text(json.dumps(played))
    assert bb.load_lineup(path) == [ANY, OWN, "hero", "liar"]
    replayed = run("episode", "default", "--lineup", path, "--seed", 7, "--json")
    assert json.loads(replayed.stdout)["lineup"] == played["lineup"]
    assert "firefighter:w=0.9:own_first" in run("episode", "default", "--lineup", text).stdout
    wrong = run("simulate", "default", "--lineup", "hero,hero,hero,firefighter:w=2", code=2)
    assert "lineup[3].w = 2.0" in wrong.output
    wrong = run("simulate", "default", "--lineup", "hero,hero,hero,firefigter:w=1", code=2)
    assert "did you mean firefighter?" in " ".join(wrong.output.split())
    told = run("simulate", "--help")
    assert "firefighter:w=0.9" in told.output
