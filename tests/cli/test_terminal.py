"""What commands print: tables at any width, foreign text, other encodings, closed streams."""

import fcntl
import inspect
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
from rich.cells import cell_len
from rich.text import Text
from typer.testing import CliRunner

import bucket_brigade as bb
from bucket_brigade.cli import app
from bucket_brigade.cli.episode import episode
from bucket_brigade.cli.nash import _print as print_nash
from bucket_brigade.cli.nash import nash
from bucket_brigade.cli.payoffs import payoffs
from bucket_brigade.cli.roles import _print as print_roles
from bucket_brigade.cli.roles import roles
from bucket_brigade.cli.simulate import simulate
from bucket_brigade.cli.tables import Column, print_table
from bucket_brigade.cli.terminal import Terminal, fold, shown
from bucket_brigade.equilibrium import DoubleOracle, RoleSearch

WIDTHS = [40, 80, 120, 200, None]
TINY = {"num_houses": 3, "num_agents": 2, "max_nights": 12, "min_nights": 3}
SMALL = [part for name, value in TINY.items() for part in ("--set", f"{name}={value}")]


def clean(environment: dict[str, str]) -> dict[str, str]:
    """The environment without what decides how output looks."""
    kept = ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "PYTHONIOENCODING")
    return {k: v for k, v in os.environ.items() if k not in kept} | environment


def on_a_terminal(width: int, *arguments: str) -> str:
    """What a command shows on a terminal of a number of columns."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, width, 0, 0))
    command = [sys.executable, "-m", "bucket_brigade", *arguments]
    with subprocess.Popen(command, stdout=theirs, stderr=theirs, env=clean({"TERM": "xterm"})) as p:
        os.close(theirs)
        parts = []
        while True:
            try:
                part = os.read(ours, 1 << 16)
            except OSError:  # as Linux tells that the other end is closed
                break
            if not part:
                break
            parts.append(part)
    os.close(ours)
    assert p.returncode == 0, parts
    text = b"".join(parts).decode()
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text).replace("\r\n", "\n")


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """A command whose output goes into pipes."""
    command = [sys.executable, "-m", "bucket_brigade", *arguments]
    return subprocess.run(command, capture_output=True, env=clean(environment), check=False)


def shows(text: str, *whole: object) -> None:
    for part in whole:
        assert str(part) in text, f"{part!r} is cut or missing in\n{text}"


def fits(text: str, width: int | None) -> None:
    for line in text.split("\n"):
        assert width is None or cell_len(line) <= width, f"{line!r} is wider than {width}"


# Tables


@pytest.fixture(params=WIDTHS)
def width(request: pytest.FixtureRequest) -> int | None:
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
def printed(
    width: int | None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., str]:
    """What something prints at a width, or into a pipe."""
    if width is None:
        monkeypatch.delenv("COLUMNS", raising=False)
    else:
        monkeypatch.setenv("COLUMNS", str(width))

    def what(call: Callable[..., object], *arguments: Any) -> str:
        call(*arguments)
        return capsys.readouterr().out

    return what


def invoked(*arguments: str) -> str:
    result = CliRunner().invoke(app, list(arguments))
    assert result.exit_code == 0, result.output
    return result.stdout


def test_scenarios(width: int | None, printed: Callable[..., str]) -> None:
    text = printed(lambda: print(invoked("scenarios")))
    shows(text, *bb.SCENARIOS, "extinguish", "12-100", "stubborn.")
    fits(text, width)
    for scenario in bb.SCENARIOS.values():
        shows(text, f"{scenario.prob_fire_spreads_to_neighbor:g}")


def test_a_scenario_archetypes_and_backends(width: int | None, printed: Callable[..., str]) -> None:
    text = printed(lambda: print(invoked("scenarios", "trivial_cooperation")))
    shows(text, *bb.SCENARIOS["default"].to_dict(), "spread_then_burn_out")
    text = printed(lambda: print(invoked("archetypes")))
    shows(text, *bb.ARCHETYPES, "0.9:0.6:0.7:0.6:0.8:1:0.05:0:0.2:0.6", "0.42")
    text = printed(lambda: print(invoked("backends")))
    shows(text, "cpu", "cuda", *bb.select_backend("cpu").device().split())


def test_payoffs(width: int | None, printed: Callable[..., str]) -> None:
    text = printed(lambda: print(invoked("payoffs", "easy", "--method", "exact")))
    matrix = bb.payoff_matrix(bb.scenario("easy"), method="exact")
    shows(text, *matrix.names, *(f"{x:.3f}" for x in matrix.mean.ravel()))
    shows(text, *(f"{x:.2f}" for x in matrix.payoff_a_night.ravel()))
    fits(text, width)


def test_simulate(width: int | None, printed: Callable[..., str]) -> None:
    lineup = "hero,free_rider,coordinator,0.1:0.2:0.3:0.4:0.5:0.6:0.7:0.8:0.9:1"
    options = ["--episodes", "1e3", "--seed", "3"]
    text = printed(lambda: print(invoked("simulate", "hard", "--lineup", lineup, *options)))
    theta = [float(x) for x in lineup.rsplit(",", 1)[1].split(":")]
    seats = ["hero", "free_rider", "coordinator", theta]
    result = bb.simulate(bb.scenario("hard"), [seats], episodes=1000, seed=3)
    shows(text, "free_rider", "coordinator", "(p=0.02, q=0.4)")
    shows(text, *(f"{x:.2f}" for x in [*result.mean[0], *result.stderr[0]]))
    shows(text, *(f"{x:.3f}" for x in result.payoff_a_night[0]))
    nights = result.counts.nights[0]
    shows(text, *(f"{x / nights:.1%}" for x in [*result.counts.safe[0], *result.counts.ruined[0]]))
    shows(text, *(f"{x / 1000:.3f}" for x in result.counts.saved[0]))
    shows(text, f"{result.nights[0]:.1f} nights an episode")


def test_check(width: int | None, printed: Callable[..., str]) -> None:
    options = ["--lineup", "hero,liar", "--check", "--episodes", "6400", *SMALL]
    text = printed(lambda: print(invoked("simulate", "hard", *options)))
    exact = bb.expected(bb.scenario("hard").replace(**TINY), [["hero", "liar"]])
    shows(text, "payoff[1]", "ended.all_ruined", *(f"{x:.9g}" for x in exact.counts.totals[0]))
    shows(text, *(f"{x:.3f}" for x in exact.payoff_a_night[0]))


@pytest.mark.parametrize("houses", [3, 10, 16, 32])
def test_episode(houses: int, width: int | None, printed: Callable[..., str]) -> None:
    options = ["--lineup", "hero,liar,firefighter,free_rider", "--set", f"num_houses={houses}"]
    text = printed(lambda: print(invoked("episode", "hard", *options, "--set", "max_nights=25")))
    scenario = bb.scenario("hard").replace(num_houses=houses, max_nights=25)
    nights = bb.replay(scenario, options[1].split(","), seed=0, episode=0)
    for night in nights:
        shows(text, "".join(".*#"[state] for state in night.before))
        for agent, action in enumerate(night.actions):
            if action.works:
                assert re.search(rf"\b{action.house}: [a-d]*{'abcd'[agent]}", text)
    returns = [sum(night.rewards[seat] for night in nights) for seat in range(4)]
    shows(text, *(f"{x:.2f}" for x in returns), *(f"{x / len(nights):.2f}" for x in returns))
    fits(text.split("\n\n")[0], width)


@pytest.fixture(scope="module")
def equilibria() -> list[bb.NashEquilibrium]:
    scenario = bb.scenario("trivial_cooperation").replace(**TINY)
    other = scenario.replace(prob_house_catches_fire=0.2, night_order="burn_out_then_spread")
    return [DoubleOracle(each).solve() for each in (scenario, other)]


def test_nash(
    equilibria: list[bb.NashEquilibrium],
    width: int | None,
    printed: Callable[..., str],
    tmp_path: Path,
) -> None:
    text = printed(lambda: print_nash(equilibria, Terminal()))
    for each in equilibria:
        shows(text, each.scenario.name, each.scenario.night_order)
        shows(text, *each.describe().split(" + "))
        shows(text, f"{each.payoff:.1f}", f"{each.nights:.1f}", f"{each.payoff_a_night:.2f}")
        shows(text, f"{each.regret.upper:.4f}", f"{each.regret.lower:.4f}", each.verdict)
    fits(text.split("s in all")[0], width)


def test_roles(width: int | None, printed: Callable[..., str], tmp_path: Path) -> None:
    scenario = bb.scenario("rest_trap").replace(**TINY)
    found = RoleSearch(scenario, starts=0).solve([["hero", "free_rider"]])
    text = printed(lambda: print_roles(found, Terminal()))
    for each in found:
        shows(text, *each.describe().split("; "), *(f"{x:.1f}" for x in each.payoffs))
        shows(text, *(f"{x:.2f}" for x in each.payoffs_a_night), f"{each.nights:.1f}")


def test_on_terminals() -> None:
    for columns in (40, 80):
        text = on_a_terminal(columns, "scenarios")
        shows(text, *bb.SCENARIOS)
        fits(text, columns)
        options = ["--set", "num_houses=32", "--lineup", "hero,hero,hero,liar"]
        text = on_a_terminal(columns, "episode", "hard", *options, "--set", "max_nights=16")
        fits(text, columns)


def test_long_names_are_left_to_the_terminal(
    width: int | None, printed: Callable[..., str]
) -> None:
    name = "a scenario with a name " + "of many words " * 15
    columns = [Column("name"), Column("number", right=True)]
    text = printed(lambda: print_table(Terminal(), columns, [[name, "1.234567890123"]]))
    shows(text, name, "1.234567890123")


def test_lines_are_folded_between_words() -> None:
    assert fold("one two (three four) five", 9) == ["one two", "(three four)", "five"]
    assert fold("a-long-word b", 3) == ["a-long-word", "b"]
    assert fold("名前 名前", 5) == ["名前", "名前"]
    assert fold("as it is", None) == ["as it is"]


# Foreign text

NAMES = [
    "test [/x] game",
    "hard[v2]",
    ":fire: [bold]",
    "\x1b[31mred\x1b[0m\x07",
    "\u202egnorw",
    "naïve 名前",
]


@pytest.mark.parametrize("name", NAMES)
def test_names_are_shown_as_they_are(name: str, tmp_path: Path) -> None:
    file = tmp_path / "game.json"
    bb.scenario("default").replace(**TINY, name=name).save(file)
    expected = shown(name)
    assert expected.isprintable()
    lineup = ["--lineup", "hero,liar"]
    out = ["--out", str(tmp_path / "found.json")]
    for arguments in (
        ["scenarios", str(file)],
        ["simulate", str(file), *lineup, "--episodes", "100"],
        ["simulate", str(file), *lineup, "--check", "--episodes", "3200"],
        ["payoffs", str(file), "--method", "exact"],
        ["episode", str(file), *lineup],
        ["nash", str(file), *out, "--progress", "plain"],
    ):
        result = CliRunner().invoke(app, arguments)
        assert result.exit_code == 0, (arguments, result.output)
        assert expected in result.stdout
        assert "\x1b" not in result.output


def test_messages_are_shown_as_they_are(tmp_path: Path) -> None:
    for arguments in (["scenarios", "no[/x]\x1b[31m:fire:"], ["scenarios", f"{tmp_path}/[b]\x1b"]):
        result = CliRunner().invoke(app, arguments)
        assert result.exit_code == 2
        assert "[" in result.stderr
        assert "\x1b" not in result.stderr


def test_help_shows_what_is_declared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "400")
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    for name, command in commands.items():
        text = CliRunner().invoke(app, [name, "--help"]).output
        for parameter in command.params:
            for part in (parameter.help, parameter.metavar):
                assert not part or part in text, (name, parameter.name)
    nash_text = CliRunner().invoke(app, ["nash", "--help"]).output
    shows(nash_text, "[default: (0.01, or 5 if sampled)]", "[FILE]")


def test_bars_take_names_for_what_they_say(tmp_path: Path) -> None:
    file = tmp_path / "game.json"
    bb.scenario("default").replace(**TINY, name="[/x] [red]").save(file)
    text = on_a_terminal(80, "payoffs", str(file), "--progress", "bar", "--episodes", "1e3")
    assert "[/x] [red]: sampled" in text


# Encodings and streams


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_other_encodings(encoding: str, tmp_path: Path) -> None:
    file = tmp_path / "game.json"
    bb.scenario("default").replace(**TINY, name="名前 ±").save(file)
    sign = "+/-" if encoding == "ascii" else "±"
    name = shown("名前 ±", encoding)
    for arguments in (
        ["payoffs", str(file), "--episodes", "100"],
        ["simulate", str(file), "--lineup", "hero,liar", "--episodes", "100"],
    ):
        ran = run(*arguments, PYTHONIOENCODING=encoding)
        text = ran.stdout.decode(encoding)
        assert ran.returncode == 0, ran.stderr
        assert sign in text
        assert name in text
    for arguments in (["--help"], ["nash", "--help"], ["scenarios"]):
        assert run(*arguments, PYTHONIOENCODING=encoding).returncode == 0
    failed = run("scenarios", "名前", PYTHONIOENCODING=encoding)
    assert failed.returncode == 2
    assert b"Traceback" not in failed.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        "scenarios",
        "scenarios --json",
        "backends",
        "--help",
        "--version",
        "simulate easy --lineup hero,hero,hero,hero --episodes 100 --json",
        "episode easy --lineup hero,hero,hero,hero",
    ],
)
@pytest.mark.parametrize("closed", [">&-", "| true"])
def test_output_that_nobody_reads(arguments: str, closed: str) -> None:
    # A short delay, so that whoever should read is gone when the first line is written.
    program = f"{sys.executable} -m bucket_brigade {arguments}"
    command = f"set -o pipefail; {{ sleep 0.3; {program}; }} {closed}"
    ran = subprocess.run(["bash", "-c", command], capture_output=True, check=False, env=clean({}))
    assert ran.returncode == 1
    assert ran.stderr == b""


def test_a_closed_standard_error_is_no_failure() -> None:
    command = f"{sys.executable} -m bucket_brigade payoffs easy --episodes 100 2>&-"
    ran = subprocess.run(["bash", "-c", command], capture_output=True, check=False, env=clean({}))
    assert ran.returncode == 0
    assert b"firefighter" in ran.stdout


# Progress


def test_progress_in_lines(tmp_path: Path) -> None:
    out = ["--out", str(tmp_path / "x.json")]
    for arguments in (
        ["nash", "hard", *SMALL, *out],
        ["roles", "hard", *SMALL, *out, "--starts", "0"],
        ["payoffs", "hard", *SMALL],
        ["simulate", "hard", *SMALL, "--lineup", "hero,liar"],
    ):
        plain = CliRunner().invoke(app, [*arguments, "--progress", "plain"])
        assert plain.exit_code == 0
        assert "s] hard: " in plain.stderr
        for quiet in (["--progress", "none"], []):  # in no time: nobody needs to be told
            assert CliRunner().invoke(app, [*arguments, *quiet]).stderr == "" or not quiet
    wrong = CliRunner().invoke(app, ["payoffs", "hard", "--progress", "much"])
    assert wrong.exit_code == 2
    assert "auto, bar, plain, none" in wrong.stderr


def test_the_package_logs(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", logger="bucket_brigade"):
        DoubleOracle(bb.scenario("hard").replace(**TINY)).solve()
        RoleSearch(bb.scenario("hard").replace(**TINY), starts=0).solve([["hero", "hero"]])
    assert {record.name for record in caplog.records} >= {
        "bucket_brigade.equilibrium.search.double_oracle",
        "bucket_brigade.equilibrium.search.seats",
        "bucket_brigade.equilibrium.search.seat_dynamics",
    }


# Numbers, names, completion


@pytest.mark.parametrize("text", ["1e3", "1000", "1_000", "1000.0", "+1000"])
def test_whole_numbers(text: str) -> None:
    options = ["--lineup", "hero,hero,hero,hero", "--json", "--seed", text, "--episodes", text]
    found = json.loads(invoked("simulate", "easy", *options))
    assert (found["episodes"], found["seed"]) == (1000, 1000)


@pytest.mark.parametrize("text", ["1.5", "1e-3", "nan", "inf", "ten", "", "1e400", "9" * 5000])
def test_what_is_no_whole_number(text: str) -> None:
    options = ["simulate", "easy", "--lineup", "hero,hero,hero,hero", "--episodes", text]
    result = CliRunner().invoke(app, options)
    assert result.exit_code == 2
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        (["scenarios", "hrad"], "hard"),
        (["scenarios", "trivial-cooperation"], "trivial_cooperation"),
        (["episode", "hard", "--lineup", "heros,hero,hero,hero"], "hero"),
        (["payoffs", "hard", "--set", "max_night=3"], "max_nights"),
        (["payoffs", "hard", "--backend", "cup"], "cpu"),
        (["payoffs", "hard", "--method", "exakt"], "exact"),
        (["simulat", "hard"], "simulate"),
        (["payoffs", "hard", "--episode", "3"], "--episodes"),
    ],
)
def test_did_you_mean(arguments: list[str], meant: str) -> None:
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 2
    text = re.sub(r"[\s│]+", " ", result.output)
    assert re.search(rf"([Dd]id you mean|Possible options:) '?{meant}'?[?)]", text)


def test_nothing_is_guessed() -> None:
    result = CliRunner().invoke(app, ["scenarios", "xyzzy"])
    assert "did you mean" not in result.stderr


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("simulate ha", "hard"),
        ("simulate hard --lineup hero,fr", "hero,free_rider"),
        ("payoffs hard --set max", "max_nights="),
        ("payoffs hard --backend c", "cpu"),
        ("arch", "archetypes"),
    ],
)
def test_completion(typed: str, offered: str) -> None:
    words = ["bucket-brigade", *typed.split(" ")]
    environment = {
        "_BUCKET_BRIGADE_COMPLETE": "complete_bash",
        "COMP_WORDS": " ".join(words),
        "COMP_CWORD": str(len(words) - 1),
    }
    ran = run(**environment)
    assert offered in ran.stdout.decode().split("\n"), ran


# Nights


def test_nights_and_payoffs_a_night(equilibria: list[bb.NashEquilibrium]) -> None:
    game = bb.scenario("hard").replace(**TINY)
    lineups = [["hero", "liar"], ["hero", "hero"]]
    exact = bb.expected(game, lineups)
    sampled = bb.simulate(game, lineups, episodes=20_000, per_block=True)
    assert sampled.nights == pytest.approx(exact.nights, rel=0.02)
    assert (exact.payoff_a_night == exact.mean / exact.counts.nights[:, None]).all()
    told = sampled.to_dict(0)
    assert told["nights"] == told["counts"]["nights"] / 20_000
    assert told["payoff_a_night"] == [m / told["nights"] for m in told["mean"]]
    difference = bb.compare(game, *lineups, episodes=20_000)
    assert difference.nights.tolist() == sampled.nights.tolist()
    assert np.allclose(difference.payoff_a_night, sampled.payoff_a_night)
    matrix = bb.payoff_matrix(game, {"hero": "hero", "liar": "liar"}, method="exact")
    assert matrix.nights[0, 0] == pytest.approx(exact.nights[1])
    assert matrix.to_csv().startswith("focal,others,mean,stderr,nights_an_episode,payoff_a_night\n")
    for seat in (None, 1):
        played = bb.payoff_matrix(game, episodes=20_000, seat=seat)
        right = bb.payoff_matrix(game, method="exact", seat=seat)
        assert played.nights == pytest.approx(right.nights, rel=0.03)
    for found in equilibria:
        seats = [dict(found.distribution)] * 2
        nights = bb.expected(found.scenario, [seats], pool=found.strategy_pool).nights[0]
        assert found.nights == pytest.approx(nights)
        assert found.to_dict()["payoff_a_night"] == found.payoff / found.nights
        again = bb.NashEquilibrium.from_dict(found.to_dict())
        assert again == found
        assert f"{found.payoff_a_night:.2f} a night" in found.describe(payoff=True)
        old = {k: v for k, v in found.to_dict().items() if k not in ("nights", "payoff_a_night")}
        assert np.isnan(bb.NashEquilibrium.from_dict(old).nights)


def test_nights_of_sampled_equilibria() -> None:
    game = bb.scenario("hard").replace(**TINY)
    oracle = DoubleOracle(game, method="sampled", num_simulations=3000, max_iterations=2)
    found = oracle.solve()
    seats = [dict(found.distribution)] * 2
    exact = bb.expected(game, [seats], pool=found.strategy_pool)
    assert found.nights == pytest.approx(exact.nights[0], rel=0.05)
    profile = RoleSearch(game, method="sampled", num_simulations=3000, starts=0).solve(
        [["hero", "liar"]]
    )[0]
    assert profile.nights == pytest.approx(
        bb.expected(game, [profile.strategies]).nights[0], rel=0.05
    )
    assert profile.payoffs_a_night[0] == profile.payoffs[0] / profile.nights


def test_styles_survive_in_tables(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(Terminal(), [Column("a"), Column("b")], [[Text("x", style="red"), "y"]])
    assert capsys.readouterr().out == "a  b\n────\nx  y\n"


# Exit codes, and what is the same in both worlds


def test_strict(tmp_path: Path) -> None:
    out = ["--out", str(tmp_path / "found.json")]
    sampled = ["--method", "sampled", "--episodes", "500", "--epsilon", "0.001", "--budget", "3e5"]
    for command in ("nash", "roles"):
        starts = ["--starts", "0"] if command == "roles" else []
        for options, lenient, strict in (([], 0, 0), (sampled, 0, 1)):
            arguments = [command, "hard", *SMALL, *out, *options, *starts]
            assert CliRunner().invoke(app, arguments).exit_code == lenient
            result = CliRunner().invoke(app, [*arguments, "--strict"])
            assert result.exit_code == strict, result.output
            assert ("not certified: hard is" in result.stderr) == bool(strict)


def test_small_budgets_leave_enough_for_a_verdict() -> None:
    for budget in (200_000, 300_000):
        found = DoubleOracle(bb.scenario("easy"), method="sampled", budget_episodes=budget).solve()
        assert found.episodes <= budget
        assert np.isfinite([found.regret.upper, found.payoff_stderr, found.nights]).all()


def test_budgets_that_are_too_small_are_told(tmp_path: Path) -> None:
    out = ["--out", str(tmp_path / "found.json")]
    options = ["--method", "sampled", "--budget", "2e4", "--progress", "none"]
    result = CliRunner().invoke(app, ["nash", "easy", *options, "--no-judge", *out])
    assert result.exit_code == 0
    assert "the budget was too small for a verdict on easy" in result.stderr
    assert "not measured" in result.stdout
    assert not re.search(r"\bnan\b|\binf\b", result.stdout)


#: What parameters of functions are called as options; None where there is no such option.
NAMES_OF = {"num_simulations": "episodes", "max_rounds": None, "method": "method"}


@pytest.mark.parametrize(
    ("command", "function"),
    [
        (simulate, bb.evaluate),
        (payoffs, bb.payoff_matrix),
        (nash, DoubleOracle),
        (roles, RoleSearch),
        (episode, bb.replay),
    ],
)
def test_defaults_are_those_of_the_functions(command: Any, function: Any) -> None:
    options = inspect.signature(command).parameters
    compared = 0
    for name, parameter in inspect.signature(function).parameters.items():
        option = options.get(str(NAMES_OF.get(name, name)))
        if option is not None and parameter.default is not inspect.Parameter.empty:
            assert option.default == parameter.default, name
            compared += 1
    assert compared >= (4 if command is not episode else 0)
