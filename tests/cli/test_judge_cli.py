"""``bucket-brigade judge``, ``optimum``, ``policy`` and ``nash --space markov``."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import bucket_brigade as bb
from bucket_brigade.cli import app

SMALL = ["--set", "num_houses=4", "--set", "num_agents=2", "--set", "max_nights=20"]
SCENARIO = bb.scenario("default").replace(num_houses=4, num_agents=2, max_nights=20)


def run(*arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, list(arguments))
    assert result.exit_code == code, result.output
    return result.output


def run_json(*arguments: str, code: int = 0) -> Any:
    result = CliRunner().invoke(app, [*arguments, "--json"])
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


def test_judge_tells_what_judge_finds(tmp_path: Path) -> None:
    arguments = ["judge", "default", "--lineup", "hero,liar", *SMALL]
    found = bb.judge(SCENARIO, ["hero", "liar"])
    document = run_json(*arguments)
    assert {key: document[key] for key in found.to_dict()} == found.to_dict()
    best = document["seats"][0]["best_response"]
    assert set(best) == {"value", "gain", "gain_at_most", "nights", "worked"}
    assert set(document["seats"][0]["best_heuristic"]) == {"p", "q", "value", "gain"}
    saved = tmp_path / "best"
    text = run(*arguments, "--save", str(saved))
    assert f"exploitability {found.exploitability:.4f}" in text
    assert f"{found.seats[1].gain:.2f}" in text
    assert bb.load_policies(saved).policies == tuple(each.policy for each in found.seats)
    again = run_json("judge", "default", "--lineup", f"{saved}:0,liar", *SMALL, "--no-heuristics")
    assert again["seats"][0]["payoff"] == pytest.approx(found.seats[0].value)
    assert again["seats"][0]["best_heuristic"] is None


def test_judge_fails_beyond_epsilon() -> None:
    arguments = ["judge", "default", "--lineup", "hero,liar", *SMALL, "--no-heuristics"]
    assert "more than --epsilon 0.5" in run(*arguments, "--epsilon", "0.5", code=1)
    run(*arguments, "--epsilon", "1e6")
    assert "--epsilon = -1" in run(*arguments, "--epsilon", "-1", code=2)


def test_judge_reads_results_of_nash_and_roles(tmp_path: Path) -> None:
    for command in ("nash", "roles"):
        out = tmp_path / f"{command}.json"
        run(command, "default", *SMALL, "--out", str(out))
        document = run_json("judge", "default", "--lineup", f"{out}:0", *SMALL)
        assert max(each["best_heuristic"]["gain"] for each in document["seats"]) < 0.05
        assert document["exploitability"] > 1


def test_optimum_and_its_policies(tmp_path: Path) -> None:
    saved = tmp_path / "best-{}"
    document = run_json("optimum", "default", "hard", *SMALL, "--save", str(saved))
    best = bb.team_optimum(SCENARIO)
    told = document["optima"][0]
    assert {key: told[key] for key in best.to_dict()} == best.to_dict()
    file = tmp_path / "best-default-spread_then_burn_out"
    assert bb.load_policies(file).policies == best.policies
    judged = run_json("judge", "default", "--lineup", str(file), *SMALL, "--no-heuristics")
    payoffs = [each["payoff"] for each in judged["seats"]]
    assert payoffs == pytest.approx(best.payoffs.tolist())
    text = run("optimum", "default", *SMALL, "--night-order", "both")
    assert "burn_out_then_spread" in text
    assert f"{best.payoff:.2f}" in text


def test_whole_games_are_solved(tmp_path: Path) -> None:
    out, saved = tmp_path / "markov.json", tmp_path / "policies"
    arguments = ["nash", "default", *SMALL, "--space", "markov", "--out", str(out)]
    text = run(*arguments, "--selector", "welfare", "--save", str(saved), "--strict")
    found = bb.markov_equilibrium(SCENARIO, selector="welfare")
    (told,) = json.loads(out.read_text())["markov_equilibria"]
    assert {key: told[key] for key in found.to_dict()} == found.to_dict()
    assert told["verdict"] == "certified"
    assert f"{told['payoff']:.2f}" in text
    run("judge", "default", "--lineup", str(saved), *SMALL, "--no-heuristics", "--epsilon", "1e-6")
    assert "--space" in run("nash", "default", *SMALL, "--space", "marcov", code=2)
    assert "--save" in run("nash", "default", *SMALL, "--save", str(saved), code=2)
    assert "selector" in run(*arguments, "--selector", "best", code=2)


def test_a_double_oracle_over_all_policies(tmp_path: Path) -> None:
    out, saved = tmp_path / "psro.json", tmp_path / "policies-{}"
    arguments = ["nash", "default", "hard", *SMALL, "--space", "psro", "--out", str(out)]
    text = run(*arguments, "--max-iterations", "2", "--save", str(saved))
    asked = bb.PSRO(SCENARIO, max_iterations=2)
    found = asked.solve()
    told = json.loads(out.read_text())["policy_equilibria"][0]
    timed = {"seconds": told["seconds"]}
    assert told == json.loads(json.dumps(found.to_dict())) | timed
    assert f"{told['payoff']:.2f}" in text
    assert told["verdict"] in text
    file = tmp_path / "policies-default-spread_then_burn_out"
    judged = run_json("judge", "default", "--lineup", str(file), *SMALL, "--no-heuristics")
    assert judged["exploitability"] == pytest.approx(told["regret"], abs=1e-9)
    strict = run(*arguments, "--max-iterations", "1", "--strict", code=1)
    assert "not certified: default, hard" in strict
    printed = run(*arguments[:-2], "--budget", "1s", "--epsilon", "1e4", "--out", "-")
    assert {each["reason"] for each in json.loads(printed)["policy_equilibria"]} == {"converged"}
    for options in (["--budget", "1e6"], ["--seat", "0"], ["--selector", "rest"], ["--no-judge"]):
        assert options[0] in run(*arguments, *options, code=2)


def test_whole_games_go_on_where_they_were(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from bucket_brigade.cli import markov

    solved: list[str] = []

    def solve(scenario: bb.Scenario, **options: Any) -> bb.MarkovEquilibrium:
        if scenario.name == "hard" and not solved.count("hard"):
            solved.append("hard")
            raise KeyboardInterrupt
        solved.append(scenario.name)
        return bb.markov_equilibrium(scenario, **options)

    monkeypatch.setattr(markov, "markov_equilibrium", solve)
    out = tmp_path / "markov.json"
    arguments = ["nash", "default", "hard", *SMALL, "--space", "markov", "--out", str(out)]
    ran = CliRunner().invoke(app, arguments)
    assert ran.exit_code == 130
    assert "--resume" in ran.stderr
    assert len(json.loads(out.read_text())["markov_equilibria"]) == 1
    assert "--resume" in run(*arguments, code=2)  # else what was found would be lost
    assert "welfare" in run(*arguments, "--selector", "welfare", "--resume", code=2)
    run(*arguments, "--resume")
    assert solved == ["default", "hard", "hard"]
    found = json.loads(out.read_text())["markov_equilibria"]
    assert [each["scenario"]["name"] for each in found] == ["default", "hard"]
    assert not out.with_name("markov.json.progress").exists()


def test_policies_are_shown_by_state_and_night(tmp_path: Path) -> None:
    file = tmp_path / "policies"
    best = bb.team_optimum(SCENARIO).policies
    bb.save_policies([best[0], bb.tabulate(bb.Firefighter(0.25), SCENARIO)], file, SCENARIO)
    text = run("policy", str(file))
    assert "no ruin, no fire" in text
    assert "nobody goes" in text
    text = run("policy", str(file), "--state", ".*..", "--state", "*.#*", "--night", "3")
    assert "rests 75.0%, works at 1 25.0%" in " ".join(text.split())
    document = run_json("policy", str(file), "--state", "*..*")
    (told,) = document["states"]
    night = 0
    for each in told["nights"]:
        assert each["from"] == night
        for night in range(each["from"], each["until"]):
            for seat, policy in enumerate(bb.load_policies(file).policies):
                assert policy.at([1, 0, 0, 1], night).tolist() == each["chances"][seat]
        night = each["until"]
    assert night == 20
    assert run_json("policy", str(file), "--night", "19")["situations"][0]["most"] == 0
    assert "4 signs" in run("policy", str(file), "--state", "...", code=2)
    assert "--night" in run("policy", str(file), "--night", "20", code=2)
    (tmp_path / "other").write_text("{}")
    assert "holds no policies" in run("policy", str(tmp_path / "other"), code=2)
    assert "No such file" in run("policy", str(tmp_path / "none"), code=1)


@pytest.mark.parametrize(
    "option",
    [
        ["--plot", "a.svg"],
        ["--gambit", "a.nfg"],
        ["--budget", "1m"],
        ["--seat", "0"],
        ["--method", "sampled"],
    ],
)
def test_what_a_whole_game_has_no_use_for_is_refused(option: list[str]) -> None:
    ran = CliRunner().invoke(app, ["nash", "default", *option, "--space", "markov"])
    assert ran.exit_code == 2
    assert option[0] in ran.stderr
    if option[0] != "--plot":
        assert "with --space markov" in " ".join(ran.stderr.split())


def test_what_only_a_whole_game_has_a_use_for_is_refused() -> None:
    for option in (["--save", "policies"], ["--selector", "welfare"]):
        ran = CliRunner().invoke(app, ["nash", "default", *option])
        assert ran.exit_code == 2
        assert option[0] in ran.stderr
