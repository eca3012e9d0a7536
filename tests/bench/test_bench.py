"""The benchmark's arithmetic, and a tiny measurement."""

from pathlib import Path

import pytest

from bench import __main__ as command
from bench.cases import CASES, Case
from bench.counting import Work
from bench.files import Unreadable, read, write
from bench.report import results
from bench.summary import Spread, floor_share, geometric_mean
from bench.throughput import calibrate, measure
from bucket_brigade import _core


def test_arithmetic() -> None:
    assert geometric_mean([1.0, 4.0, 2.0]) == pytest.approx(2.0)
    assert floor_share(calls=1_000_000, ns_per_call=20.0, seconds=0.04) == pytest.approx(0.5)
    spread = Spread.of([5.0, 1.0, 3.0, 2.0, 4.0])
    assert spread == Spread(3.0, 2.0, 4.0)
    assert spread.relative == pytest.approx(2 / 3)
    assert Spread.of([7.0]) == Spread(7.0, 7.0, 7.0)


def test_the_cases_are_twelve_scenarios_of_four_lineups() -> None:
    assert len(set(CASES)) == len(CASES) == 48
    line = Case("rest_trap", "free_rider").line("avx2", 96).split()
    assert line[:5] == ["avx2", "rest_trap", "free_rider", "96", "0"]
    assert line[7:14] == [
        "0.05",
        "0.95",
        "0.02",
        "12",
        "100",
        "spread_then_burn_out",
        "all_safe_or_all_ruined",
    ]
    assert line[14:] == [str(x) for x in (0.7, 0.2, 0.0, 0.9, 0.0, 0.0, 0.1, 0.0, 0.9, 0.0)]


def test_a_tiny_measurement() -> None:
    path = _core.simd_paths()[1]
    case = Case("hard", "hero")
    timings = calibrate(case, [path], milliseconds=0.1)
    told: list[None] = []
    measure([timings], 2, path, lambda: told.append(None))
    played = timings.paths[path]
    assert len(told) == len(played.seconds) == len(played.ns_per_call) == 2
    assert len(timings.all_threads) == len(timings.time_given) == len(timings.plain) == 2
    episodes = played.episodes
    assert episodes % 32 == 0
    program = case.program(episodes)
    assert played.nights == sum(program.play(0, e)[0] for e in range(episodes))

    work = {(case, path): Work(played.nights, calls=1000, group_nights=100)}
    figures = results([timings], path, work)
    assert figures["paths"][path]["calls_per_group_night"]["median"] == 10
    assert figures["plain"]["sliced_over_plain"] > 0
    work = {(case, path): Work(played.nights + 1, calls=1000, group_nights=100)}
    with pytest.raises(RuntimeError, match="not the nights"):
        results([timings], path, work)


def test_files_that_are_none_are_named(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    write(file, {"seconds": [1.5]})
    assert read(file) == {"seconds": [1.5]}
    whole = file.read_text(encoding="utf-8")
    for text, reason in [(whole[:-4], "cut off"), ("", "cut off"), ("7", "no figures")]:
        file.write_text(text, encoding="utf-8")
        with pytest.raises(Unreadable, match=rf"figures\.json.*{reason}"):
            read(file)
    with pytest.raises(Unreadable, match=r"absent\.json: No such file"):
        read(tmp_path / "absent.json")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["nonsense"], "no command 'nonsense': python -m bench has throughput, ladder, "),
        (["throughput", "--rounds", "0"], "--rounds: '0' is not a whole number above 0"),
        (["--rounds", "many"], "'many' is not a whole number"),
        (["--milliseconds", "inf"], "'inf' is not a number above 0"),
        (["--json", "/not/there/x.json"], "no folder '/not/there'"),
        (["ladder", "--json", "/not/there/x.json"], "no folder '/not/there'"),
        (["ladder", "--nash-episodes", "-1"], "'-1' is not a whole number"),
        (["ladder", "--scenario", "nope"], "invalid choice: 'nope'"),
        (["ladder", "--all", "--scenario", "easy"], "not allowed with"),
    ],
)
def test_bad_options_are_refused(
    arguments: list[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        code: object = command.main(arguments)
    except SystemExit as ended:
        code = ended.code
    assert code == 2
    assert reason in capsys.readouterr().err


def test_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--help"]) == 0
    said = capsys.readouterr().out
    for name in command.COMMANDS:
        assert f"  {name} " in said
        with pytest.raises(SystemExit) as ended:
            command.main([name, "--help"])
        assert ended.value.code == 0
        assert f"python -m bench {name}" in capsys.readouterr().out
