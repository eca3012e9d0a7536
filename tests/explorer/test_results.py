"""Results on the page: numbers are the library's, and the map and tables show them."""

import dataclasses
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.polynomial import chebyshev

import bucket_brigade as bb
from bucket_brigade.equilibrium import RoleSearch
from bucket_brigade.equilibrium.report.gain_grid import gain_grid
from bucket_brigade.equilibrium.report.payoff_table import payoff_table
from bucket_brigade.equilibrium.results import save_equilibria
from bucket_brigade.evaluation.policy_gains import with_policy_gains
from bucket_brigade.explorer import results

HOSTILE = "<script>alert(1)</script>"
GAME = bb.scenario("default").replace(num_houses=5, num_agents=3, max_nights=20, name=HOSTILE)


@pytest.fixture(scope="module")
def found() -> bb.NashEquilibrium:
    return with_policy_gains(bb.DoubleOracle(GAME).solve())


def of(thing: object) -> dict[str, Any]:
    entries = results.of_object(thing)
    assert entries is not None
    (entry,) = entries
    json.dumps(entry, allow_nan=False)
    return entry


def test_equilibria_keep_every_number(found: bb.NashEquilibrium) -> None:
    entry, table, grid = of(found), payoff_table(found), gain_grid(found)
    assert (entry["payoff"], entry["nights"]) == (found.payoff, found.nights)
    assert entry["interval"]["upper"] == found.regret.upper
    assert entry["restricted_game"]["payoffs"] == table.payoffs.tolist()
    assert entry["restricted_game"]["best"] == table.best.tolist()
    assert found.policy_gains is not None
    assert [row[1] for row in entry["seats"]["rows"]] == [g.gain for g in found.policy_gains]
    (drawn,) = entry["surfaces"]
    at = chebyshev.chebgrid2d(2 * grid.p - 1, 2 * grid.q - 1, np.array(drawn["coefficients"]))
    assert np.allclose(at, grid.gain, rtol=0, atol=1e-9)
    played = [mark for mark in drawn["marks"] if mark["kind"] == "played"]
    assert [mark["weight"] for mark in played] == sorted(found.distribution.values(), reverse=True)
    assert entry["words"].startswith("Certified: nobody gains more than 0.01 points")
    assert "all (p, q)" in entry["words"]


def test_verdicts_are_told_in_words(found: bb.NashEquilibrium) -> None:
    def told(**changes: Any) -> str:
        regret = dataclasses.replace(found.regret, **changes)
        return str(of(dataclasses.replace(found, regret=regret))["words"])

    refuted = told(verdict=bb.equilibrium.Verdict.REFUTED, lower=3.25)
    assert "gains at least 3.25 points" in refuted
    undecided = bb.equilibrium.Verdict.UNDECIDED
    assert "holds with probability 0.95" in told(verdict=undecided, confidence=0.95)
    assert "no known limit" in told(verdict=undecided, upper=math.inf)
    assert "nothing was measured" in told(verdict=undecided, rounds=0)


def test_little_is_known_of_what_was_sampled_briefly(open_page: Any) -> None:
    brief = {"method": "sampled", "num_simulations": 32, "max_iterations": 1}
    found = bb.DoubleOracle(GAME, budget_episodes=2000, **brief).solve()
    assert not found.regret.is_exact
    assert of(found)["surfaces"][0]["episodes"] > 0
    page = open_page(bb.explore(found), color_scheme="dark")
    assert "Sampled at" in page.locator(".surface .muted").last.text_content()


def test_other_results_keep_every_number() -> None:
    judged = bb.judge(GAME, ["hero"] * 3)
    rows = of(judged)["seats"]["rows"]
    assert [row[2] for row in rows] == [seat.payoff for seat in judged.seats]
    assert [row[6] for row in rows] == [seat.gain for seat in judged.seats]
    best = bb.team_optimum(GAME)
    assert (of(best)["payoff"], of(best)["nights"]) == (best.payoff, best.nights)
    markov = bb.markov_equilibrium(GAME)
    assert [row[1] for row in of(markov)["seats"]["rows"]] == markov.payoffs.tolist()
    assert of(markov)["verdict"] == "certified"
    matrix = bb.payoff_matrix(GAME, episodes=320)
    assert of(matrix)["matrix"]["mean"] == matrix.mean.tolist()
    assert of(matrix)["matrix"]["stderr"] == matrix.stderr.tolist()


def test_roles_have_a_map_for_each_seat() -> None:
    roles = RoleSearch(GAME.replace(num_agents=2), starts=0).solve()
    entries = [of(each) for each in roles]
    assert [len(entry["surfaces"]) for entry in entries] == [2] * len(roles)
    marks = [m["name"] for m in entries[0]["surfaces"][1]["marks"] if m["kind"] == "other"]
    assert marks == ["seat a (0)"]
    assert [row[2] for row in entries[0]["seats"]["rows"]] == list(roles[0].payoffs)


def test_files_of_commands_are_read(found: bb.NashEquilibrium, tmp_path: Path) -> None:
    save_equilibria([found, found], tmp_path / "nash.json")
    entries = results.of_file(tmp_path / "nash.json")
    assert entries is not None
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "nash.json").write_bytes((tmp_path / "nash.json").read_bytes())
    entries += results.of_file(tmp_path / "a" / "nash.json") or []
    folder = tmp_path.name
    sources = [entry["source"] for entry in results.joined(entries)]
    assert sources == [f"{folder}/nash.json"] * 2 + ["a/nash.json"] * 2
    optimum = {"schema_version": 2, "optima": [{**bb.team_optimum(GAME).to_dict()}]}
    (tmp_path / "optimum.json").write_text(json.dumps(optimum))
    (entry,) = results.of_file(tmp_path / "optimum.json") or []
    assert entry["payoff"] == bb.team_optimum(GAME).payoff
    for text in ("[1]", "{}", "no JSON", '{"scenario": {}}'):
        (tmp_path / "other").write_text(text)
        assert results.of_file(tmp_path / "other") is None


def test_damaged_files_are_refused_by_what_is_wrong(tmp_path: Path) -> None:
    for text, wrong in (
        ('{"schema_version": 2, "optima": [{}]}', "one of its optima is incomplete"),
        ('{"schema_version": 1, "optima": []}', "schema version 1; this program reads 2"),
        ('{"schema_version": 2, "equilibria": [{}]}', "one of its equilibria is incomplete"),
    ):
        (tmp_path / "file").write_text(text)
        with pytest.raises(bb.InvalidFile, match=wrong):
            results.of_file(tmp_path / "file")


def changed(data: Any, path: tuple[Any, ...], value: object) -> Any:
    """A copy of JSON with another value at a place."""
    if not path:
        return value
    data = dict(data) if isinstance(data, dict) else list(data)
    data[path[0]] = changed(data[path[0]], path[1:], value)
    return data


def test_whatever_stands_in_place_of_a_number_or_a_name_is_refused(tmp_path: Path) -> None:
    game = GAME.replace(num_houses=3, num_agents=2)
    best = bb.team_optimum(game).to_dict()
    matrix = bb.payoff_matrix(game, ["hero", "liar"], episodes=320).to_dict()
    judged = bb.judge(game, ["hero"] * 2, heuristics=False).to_dict()
    numbers = [(best, (name,)) for name in ("payoff", "nights", "payoff_a_night")]
    numbers += [(matrix, ("mean", 0, 1)), (matrix, ("nights", 1, 1))]
    numbers += [(judged, (name,)) for name in ("nights", "exploitability")]
    numbers += [(judged, ("seats", 0, "payoff"))]
    lists = [(best, (name,)) for name in ("payoffs", "worked")]
    lists += [(matrix, (name,)) for name in ("mean", "nights", "stderr", "strategies")]
    lists += [(matrix, ("mean", 0)), (judged, ("seats",)), (judged, ("lineup",))]
    names = [(matrix, ("strategies", 0)), (judged, ("lineup", 0))]
    cases = [(*each, wrong) for each in numbers for wrong in ("text", [], {}, None, True)]
    cases += [(*each, wrong) for each in lists for wrong in ("text", [], {}, None, 5.5, [1.0])]
    cases += [(*each, wrong) for each in names for wrong in ([], None, 5.5)]
    file = tmp_path / "file.json"
    for data, path, wrong in cases:
        other = changed(data, path, wrong)
        file.write_text(json.dumps({"optima": [other]} if data is best else other))
        with pytest.raises(bb.InvalidFile, match=r"file\.json"):
            bb.explore(file)


def test_equilibria_of_files_are_checked_as_far_as_pages_show_them(
    found: bb.NashEquilibrium, tmp_path: Path
) -> None:
    file = tmp_path / "nash.json"
    save_equilibria([found], file)
    data = json.loads(file.read_text())
    assert results.of_file(file)
    for path in (
        ("restricted_game", "strategies"),
        ("restricted_game", "payoffs", 0, 0),
        ("regret", "epsilon"),
        ("regret", "confidence"),
        ("nights",),
        ("payoff",),
        ("strategy_pool",),
        ("deviations", 0, "seats", 0),
        ("deviations", 0, "gain"),
    ):
        for wrong in ([], {}):
            file.write_text(json.dumps(changed(data, ("equilibria", 0, *path), wrong)))
            with pytest.raises(bb.InvalidFile, match=r"nash\.json"):
                results.of_file(file)


def test_games_of_one_name_are_told_apart_by_what_was_changed(open_page: Any) -> None:
    small = bb.scenario("hard").replace(num_houses=3, num_agents=2, max_nights=20)
    other = small.replace(prob_fire_spreads_to_neighbor=0.1)
    (entry,) = results.joined(results.of_object(bb.team_optimum(other)) or [])
    told = {label: (value, usual) for label, value, usual in entry["parameters"]["changed"]}
    assert told["β, chance that fire spreads"] == (0.1, 0.4)
    assert "c, cost of a night of work" not in told
    (entry,) = results.joined(results.of_object(bb.team_optimum(GAME)) or [])
    assert entry["parameters"]["changed"] is None
    page = open_page(bb.explore(bb.team_optimum(small), bb.team_optimum(other)))
    names = page.locator("#panel-results .picker button").all_text_contents()
    assert len(set(names)) == 2
    assert names[1].startswith("hard, β 0.1, ")
    assert "β, chance that fire spreads: 0.1 instead of 0.4" not in page.text_content("body")
    page.keyboard.press("n")
    assert "β, chance that fire spreads: 0.1 instead of 0.4" in page.text_content("#panel-results")


def test_the_page_shows_them(found: bb.NashEquilibrium, open_page: Any) -> None:
    other = dataclasses.replace(found, scenario=GAME.replace(name="second"))
    page = open_page(bb.explore(found, bb.team_optimum(GAME), other), width=360)
    view = page.locator("#panel-results")
    assert view.locator("h2").text_content() == HOSTILE
    assert view.locator(".picker button").count() == 2
    shown = view.locator(f"[title='{found.payoff}']")
    assert shown.count() >= 2  # in the picker, the comparison and the card
    canvas = view.locator("canvas").first
    canvas.focus()
    for _ in range(10):
        page.keyboard.press("Shift+ArrowLeft")
    grid = gain_grid(found)
    q = next(mark["q"] for mark in of(found)["surfaces"][0]["marks"] if mark["kind"] == "best")
    gain = chebyshev.chebval2d(-1, 2 * q - 1, grid.coefficients)
    told = view.locator(".readout").first.text_content().replace("−", "-")
    assert f"At p = 0.00, q = {q:.2f} it gains {gain:+.2f}" in told
    for wrong in ("undefined", "NaN", "null", "[object"):
        assert wrong not in view.text_content()
    page.keyboard.press("n")
    assert view.locator("h2").text_content() == "second"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
