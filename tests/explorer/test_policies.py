"""The state browser: acts and values on the page are the library's, by mouse and by keyboard."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import bucket_brigade as bb
from bucket_brigade.equilibrium.results import save_equilibria
from bucket_brigade.explorer import policies
from bucket_brigade.policies.heuristic import strategy_of
from bucket_brigade.policies.tabular import blended

GAME = bb.scenario("default").replace(num_houses=4, num_agents=2, min_nights=2, max_nights=8)


@pytest.fixture(scope="module")
def drawn() -> list[bb.Tabular]:
    """Policies that draw, and change from night to night."""
    rng = np.random.default_rng(1)
    tables = rng.dirichlet(np.full(5, 0.3), size=(2, 8, 81))
    tables[:, 3:6] = tables[:, 3:4]
    return [bb.tabulate(table, GAME) for table in tables]


@pytest.fixture(scope="module")
def saved(drawn: list[bb.Tabular], tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("policies") / "<b>drawn</b>.policies"
    bb.save_policies(drawn, file, GAME)
    return file


def browser(*things: object) -> dict[str, Any]:
    shown = [each for thing in things for each in policies.of_object(thing) or ()]
    (found,) = policies.joined(shown)
    json.dumps(found, allow_nan=False)
    return found


def test_nothing_is_made_of_heuristics_alone() -> None:
    found = bb.DoubleOracle(GAME).solve()
    assert policies.joined(policies.of_object(found) or []) == []


def test_the_base_is_what_was_found_or_the_best_common_heuristic(tmp_path: Path) -> None:
    best, found = bb.team_optimum(GAME), bb.DoubleOracle(GAME).solve()
    assert [e["is_base"] for e in browser(best, found)["lineups"]] == [True, False]
    assert found.describe() in browser(best, found)["lineups"][0]["name"]
    save_equilibria([found], tmp_path / "nash.json")
    of_file = policies.of_file(tmp_path / "nash.json") or []
    (again,) = policies.joined([*of_file, *(policies.of_object(best) or ())])
    assert again == browser(best, found)
    alone = browser(best)["lineups"]
    assert alone[0]["name"].startswith("best common (p, q)")
    assert np.isclose(np.mean(alone[0]["payoffs"]), bb.best_common_heuristic(GAME).payoff)
    assert np.isclose(np.mean(alone[1]["payoffs"]), best.payoff)


def test_differences_are_those_of_the_library() -> None:
    judged = bb.judge(GAME, ["hero"] * 2)
    base, answers = browser(judged)["lineups"]
    assert base["payoffs"] == [float(x) for x in bb.policy_values(GAME, ["hero"] * 2).payoffs]
    assert np.allclose(answers["payoffs"], [seat.value for seat in judged.seats])
    found = [
        bb.policy_difference(
            GAME, [seat.policy if a == seat.seat else "hero" for a in range(2)], seat.seat, "hero"
        )
        for seat in judged.seats
    ]
    assert np.allclose(answers["differs"], [each.nights for each in found])
    differ = found[0].states + found[1].states
    state, _, most, night = answers["states"][0]
    assert most == differ.max() == differ[state]
    codes = [state // 3**h % 3 for h in range(4)]
    assert any(
        not np.allclose(each.policy.at(codes, night), bb.tabulate("hero", GAME, seat=a).at(codes))
        for a, each in enumerate(judged.seats)
    )
    assert np.isclose(sum(row[2] for row in answers["states"]), differ.sum())


def test_states_are_listed_with_a_night_on_which_acts_differ() -> None:
    hero = bb.tabulate("hero", GAME).table()
    lazy = np.repeat(hero[None], 8, axis=0)
    lazy[3:5] = np.eye(5)[0]
    saved = bb.SavedPolicies((bb.tabulate(lazy, GAME), bb.tabulate("hero", GAME, seat=1)), GAME, "")
    entry = browser(bb.judge(GAME, ["hero"] * 2, heuristics=False), saved)["lineups"][2]
    assert {night for *_, night in entry["states"]} == {3}


def test_values_are_coarser_where_there_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    best = bb.team_optimum(GAME)
    assert browser(best)["step"] == 0.1
    size = sum(len(each["values"]["planes"]) for each in browser(best)["lineups"])
    monkeypatch.setattr(policies, "MOST_CHARACTERS", size - 1)
    assert browser(best)["step"] == 1.0
    monkeypatch.setattr(policies, "MOST_CHARACTERS", 1)
    assert browser(best)["step"] == 10.0


def test_every_line_up_is_there_and_answers_stand_beside_what_they_answer() -> None:
    found, best = bb.DoubleOracle(GAME).solve(), bb.team_optimum(GAME)
    liars = bb.judge(GAME, ["liar"] * 2, heuristics=False)
    same = bb.judge(GAME, found.lineup, heuristics=False)
    entries = browser(found, liars, same, best, liars, best)["lineups"]
    mine = same.to_dict()["lineup"][0]
    assert [each["name"] for each in entries] == [
        policies.of_object(found)[0].name,
        "judged: 2 × liar",
        "best response of each seat to 2 × liar",
        f"best response of each seat to 2 × {mine}",
        "team optimum",
    ]
    assert [each["is_base"] for each in entries] == [True, False, False, False, False]
    assert [each["other"] for each in entries] == [0, 0, 1, 0, 0]
    differ = bb.policy_difference(GAME, [liars.seats[0].policy, "liar"], 0, "liar")
    assert np.isclose(entries[2]["differs"][0], differ.nights)


def test_what_seats_play_alone_is_worth_what_the_library_says(drawn: list[bb.Tabular]) -> None:
    answers = tuple(each.policy for each in bb.judge(GAME, ["liar"] * 2, heuristics=False).seats)
    for played in (tuple(drawn), answers):
        base = policies.Shown(GAME, "liars", ("liar", "liar"), is_base=True)
        alone = policies.Shown(GAME, "alone", played, against=("liar", "liar"))
        ((_, entry),) = [browser["lineups"] for browser in policies.joined([base, alone])]
        lineups = [[played[0], "liar"], ["liar", played[1]]]
        worth = [bb.policy_values(GAME, lineup).payoffs[a] for a, lineup in enumerate(lineups)]
        assert np.allclose(entry["payoffs"], worth)


def test_a_file_of_best_responses_is_known_by_the_judgement_beside_it(tmp_path: Path) -> None:
    judged = bb.judge(GAME, ["hero", tuple(strategy_of(0.25, 0.5))], heuristics=False)
    (tmp_path / "a").mkdir()
    of_file = []
    for place, policy in (("j.policies", None), ("a/j.policies", bb.team_optimum(GAME).policies)):
        saved = policy or [each.policy for each in judged.seats]
        bb.save_policies(saved, tmp_path / place, GAME)
        of_file += policies.of_file(tmp_path / place) or []
    folder = tmp_path.name
    (alone,) = policies.joined(of_file)
    values = bb.policy_values(GAME, [each.policy for each in judged.seats]).payoffs
    assert alone["lineups"][1]["name"] == f"{folder}/j.policies: all seats play these at once"
    assert alone["lineups"][1]["payoffs"] == values.tolist()
    json_file = tmp_path / "j.json"
    json_file.write_text(json.dumps(judged.to_dict()))
    (both,) = policies.joined([*of_file, *(policies.of_file(json_file) or ())])
    base, answers, team = both["lineups"]
    assert base["name"] == "judged: hero, (p=0.25, q=0.5)"
    assert answers["name"].startswith(f"{folder}/j.policies: best response of each seat to hero,")
    assert np.allclose(answers["payoffs"], [each.value for each in judged.seats])
    assert [answers["alone"], team["alone"]] == [True, False]
    # Where names of (p, q) are rounded, the line-up is another one.
    data = judged.to_dict()
    data["lineup"][1] = "(p=0.251, q=0.5)"
    json_file.write_text(json.dumps(data))
    (other,) = policies.joined([*of_file, *(policies.of_file(json_file) or ())])
    assert other == policies.joined(of_file)[0]


def told(chances: np.ndarray) -> str:
    """What the page says of chances of acts."""
    acts = [f"house {a - 1}" if a else "rest" for a in range(len(chances))]
    order = [a for a in np.argsort(-chances, kind="stable") if chances[a] > 5e-4]
    if len(order) == 1:
        return acts[order[0]]
    more = f", and {len(order) - 4} more" if len(order) > 4 else ""
    return ", ".join(f"{acts[a]} {100 * chances[a]:.1f}%" for a in order[:4]) + more


def test_every_click_shows_what_the_library_says(
    saved: Path, drawn: list[bb.Tabular], open_page: Any
) -> None:
    page = open_page(bb.explore(saved))
    view = page.locator("#panel-states")
    row = view.locator(".acts tbody tr").nth(1)
    row.wait_for()
    assert row.locator("th").text_content() == f"{saved.name}: all seats play these at once"
    values = bb.policy_values(GAME, drawn)
    view.get_by_role("button", name="All safe").click()

    def check(codes: list[int], night: int) -> None:
        assert view.locator("#state-signs").input_value() == "".join(".*#"[c] for c in codes)
        for seat, policy in enumerate(drawn):
            cell = row.locator("td").nth(seat)
            chances = np.rint(policy.at(codes, night) * 65535) / 65535
            assert cell.locator(".act").text_content() == told(chances)
            value = cell.locator(".value").text_content().replace("−", "-").replace(",", "")
            assert abs(float(value) - values.at(codes)[seat]) <= 0.0501

    check([0, 0, 0, 0], 0)
    view.locator(".ring .house").nth(2).click()
    check([0, 0, 1, 0], 0)
    page.keyboard.press("2")
    page.keyboard.press("0")
    check([1, 0, 2, 0], 0)
    view.locator("#state-night").fill("4")
    check([1, 0, 2, 0], 4)
    view.locator("#state-signs").fill("*##.")
    view.locator("#state-signs").press("Tab")
    check([1, 2, 2, 0], 4)
    view.locator("#state-signs").fill("no")
    view.locator("#state-signs").press("Tab")
    check([1, 2, 2, 0], 4)
    assert "A state has 4 signs" in view.locator(".readout").text_content()


def test_the_listed_states_are_walked_by_keyboard(open_page: Any) -> None:
    best = bb.team_optimum(GAME)
    states = browser(best)["lineups"][1]["states"]
    page = open_page(bb.explore(best), color_scheme="dark", width=360)
    page.locator("#tab-states").click()
    view = page.locator("#panel-states")
    view.locator(".acts tbody tr").nth(1).wait_for()

    def signs() -> str:
        return str(view.locator("#state-signs").input_value())

    def of(number: int) -> str:
        return "".join(".*#"[number // 3**h % 3] for h in range(4))

    assert signs() == of(states[0][0])
    page.keyboard.press("n")
    assert signs() == of(states[1][0])
    page.keyboard.press("p")
    page.keyboard.press("p")
    assert signs() == of(states[-1][0])
    view.locator("#state-burning").check()
    assert all("*" in each for each in view.locator(".signs").all_text_contents())
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_many_different_rows_are_told_less_finely(
    saved: Path, drawn: list[bb.Tabular], monkeypatch: pytest.MonkeyPatch, open_page: Any
) -> None:
    monkeypatch.setattr(policies, "MANY_ROWS", 1)
    page = open_page(bb.explore(saved))
    page.get_by_role("button", name="All safe").click()
    cell = page.locator(".acts tbody tr").nth(1).locator(".act").first
    assert cell.text_content() == told(np.rint(drawn[0].at([0] * 4) * 255) / 255)


def test_bases_of_every_form_are_shown() -> None:
    best, theta = bb.team_optimum(GAME), tuple(bb.as_strategy("liar").tolist())
    judged = bb.judge(GAME, [theta, "hero"], heuristics=False)
    base = browser(judged, best)["lineups"][0]
    assert np.allclose(base["payoffs"], bb.expected(GAME, [["liar", "hero"]]).mean[0])
    found = dataclasses.replace(bb.DoubleOracle(GAME).solve(), distribution={0: 0.25, 2: 0.75})
    base = browser(found, best)["lineups"][0]
    names = [found.strategy_pool[i] for i in (0, 2)]
    drawn = [
        blended([bb.tabulate(each, GAME, seat=seat) for each in names], [0.25, 0.75])
        for seat in range(2)
    ]
    assert base["payoffs"] == bb.policy_values(GAME, drawn).payoffs.tolist()
    assert base["name"].endswith("drawn anew every night")
