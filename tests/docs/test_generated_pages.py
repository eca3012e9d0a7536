"""The pages and figures that ``python -m docs._generate`` makes, but for that of performance."""

import json
from pathlib import Path

import pytest

import bucket_brigade as bb
from bucket_brigade.equilibrium import save_equilibria
from docs._generate import __main__ as command
from docs._generate import exact_figure, policies


def test_the_page_of_equilibria_says_what_the_files_say(tmp_path: Path) -> None:
    scenario = bb.scenario("trivial_cooperation").replace(num_houses=5)
    found = bb.DoubleOracle(scenario, method="exact").solve()
    save_equilibria([found], tmp_path / "exact.json")
    finding = {"scenario": scenario.name, "night_order": scenario.night_order, "method": "exact"}
    finding |= {"exact": -1.25, "sampled": -7.5, "stderr": 0.625}
    (tmp_path / "deviations.json").write_text(json.dumps([finding]), encoding="utf-8")
    page = tmp_path / "page.md"
    assert command.main(["equilibria", str(tmp_path), str(page)]) == 0
    text = page.read_text(encoding="utf-8")
    assert "1 of 1 certified at ε = " in text
    row = next(line for line in text.splitlines() if line.startswith("| trivial_cooperation |"))
    for cell in (found.describe(), f"{found.payoff:.1f}", "certified", "-1.2500; -7.50 ± 0.62"):
        assert f"| {cell} |" in row, cell
    assert "## Sampled payoffs" not in text
    assert "## Roles" not in text


def test_the_figure_of_exact_payoffs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("matplotlib")
    monkeypatch.setattr(exact_figure, "EPISODES", [1000, 10_000])
    file = tmp_path / "exact.svg"
    assert command.main(["exact-figure", "--out", str(file), "--repeats", "1"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert [x["episodes"] for x in figures["sampled"]] == [1000, 10_000]
    assert all(x["stderr"] > 0 and x["seconds"] > 0 for x in figures["sampled"])
    assert file.read_text(encoding="utf-8").startswith("<?xml")


def test_the_tables_of_policies(tmp_path: Path) -> None:
    scenario = bb.scenario("default").replace(
        num_houses=4, num_agents=2, max_nights=20, name="mini"
    )
    scenario.save(tmp_path / "mini.json")
    page, results = tmp_path / "page.md", tmp_path / "results.json"
    page.write_text(f"before\n{policies.BEGIN}\nold\n{policies.END}\nafter\n", encoding="utf-8")
    arguments = ["policies", str(results), str(page), "--scenario", str(tmp_path / "mini.json")]
    assert command.main(arguments) == 0
    text = page.read_text(encoding="utf-8")
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "old" not in text
    for order in policies.ORDERS:
        game = scenario.replace(night_order=order)
        section = text.split(f"### `{order}`")[1].split("###")[0]
        best, found = bb.team_optimum(game), bb.DoubleOracle(game, method="exact").solve()
        judged = bb.judge(game, found.lineup, heuristics=False)
        assert f"| {best.payoff:.2f} | {best.nights:.1f} |" in section
        assert f"| {judged.exploitability:.2f} |" in section
        for selector in bb.exact.markov_equilibrium.SELECTORS:
            solved = bb.markov_equilibrium(game, selector=selector)
            assert f"| {solved.payoffs.mean():.2f} | {solved.nights:.1f} |" in section
    # What is known is not computed again, and what took too long is said to have.
    known = json.loads(results.read_text(encoding="utf-8"))
    known[policies.key(scenario)]["rest"] = {"payoff": None, "limit": 5.0}
    results.write_text(json.dumps(known), encoding="utf-8")
    assert command.main(arguments) == 0
    assert "| not within 5 s |" in page.read_text(encoding="utf-8")


def test_exploitability_is_drawn_from_what_is_stored(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    from docs._generate import exploitability as drawn

    points = {
        f"{p:.2f},{q:.2f}": {"payoff": 100 * p, "gain": 7 - q} for p in drawn.P for q in drawn.Q
    }
    stored = tmp_path / "stored.json"
    stored.write_text(json.dumps(dict.fromkeys(drawn.SCENARIOS, points)))
    assert drawn.main([str(stored), str(tmp_path / "drawn.svg")]) == 0
    text = (tmp_path / "drawn.svg").read_text()
    for said in ("default: payoff", "rest_trap: gain by any policy", "p, works"):
        assert said in text, said


def test_a_point_is_an_exact_judgement() -> None:
    from docs._generate.exploitability import point

    game = bb.scenario("easy").replace(num_houses=4, num_agents=2)
    found = point(game, 0.5, 1.0)
    judged = bb.judge(game, [[0, 0.5, 0, 1, 0, 0, 0, 0, 0, 0]] * 2, heuristics=False)
    assert found["gain"] == pytest.approx(judged.exploitability)
    assert found["payoff"] == pytest.approx(judged.result.mean.mean())
