"""Curves of cost, comparisons of benchmarks, counted instructions, and the page made of them."""

import copy
import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from bench import counting, growth, instructions, profile, regressions
from bench.cases import Case, example_line
from bench.performance_page import page as pages
from bench.performance_page.__main__ import main as write_page
from bench.performance_page.growth import TITLES
from bench.performance_page.stored import load

MACHINE = {
    "cpu": "a processor",
    "machine": "x86_64",
    "system": "Linux",
    "cores": 2,
    "threads": 2,
    "load_average_at_start": 3.25,
    "bucket_brigade": "0.1.0",
    "rules_version": 1,
    "python": "3.11",
    "numpy": "2.0",
}


def spread(median: float, noise: float = 0.02) -> dict[str, float]:
    return {"median": median, "low": median * (1 - noise / 2), "high": median * (1 + noise / 2)}


def case_of(scenario: str, rate: dict[str, float]) -> dict[str, Any]:
    return {"scenario": scenario, "paths": {"avx2": {"nights_per_second": rate}}}


# How cost grows


def test_the_model_is_an_overhead_and_one_fitted_slope() -> None:
    def point(work: float, fitted: bool, seconds: list[float]) -> growth.Point:
        return growth.Point(int(work), lambda: None, work, fitted, busy=seconds)

    points = [point(1, False, [9.0]), point(4, True, [5.0, 3.0, 4.0]), point(10, False, [0.1])]
    # The least of the fitted point's repeats is 3, of which 1 is overhead: 0.5 for a unit of work.
    assert growth.predict(points, 1.0) == [1.5, 3.0, 6.0]
    # A fitted point that took less than the overhead has no slope, never a negative one.
    assert growth.predict(points, 100.0) == [100.0] * 3


def test_cases_vary_one_thing() -> None:
    base, lineups, episodes = growth.case("base", 2, 4096)
    assert (base.num_houses, base.num_agents, len(lineups), episodes) == (10, 4, 1, 4096)
    assert growth.case("houses", 32, 4096)[0] == base.replace(num_houses=32)
    assert growth.case("episodes", 96, 4096)[2] == 96
    wide, lineups, _ = growth.case("agents", 16, 4096)
    assert wide == base.replace(num_agents=16)
    assert len(lineups[0]) == 16
    assert len(growth.case("lineups", 7, 4096)[1]) == 7
    assert growth.case("lineups", 7, 4096)[2] == 64
    assert growth.case("threads", 2, 4096)[2] == 8 * 4096
    strategies = growth.case("mixture", 8, 4096)[1][0][0].strategies
    assert len({tuple(theta) for theta in strategies}) == 8


def test_lines_have_all_strategies() -> None:
    base, _, _ = growth.case("base", 0, 0)
    names = growth.SCENARIO, growth.ARCHETYPE
    lines = [
        example_line("avx2", names, base, growth.mixed_strategies(n), 96).split() for n in (1, 2)
    ]
    alone = Case(*names).line("avx2", 96).split()
    # But for the number that the agent does not use.
    assert lines[0][:-1] == alone[:-1]
    assert lines[1][: len(alone)] == lines[0]
    assert len(lines[1]) == len(alone) + 10


def test_a_quick_growth(tmp_path: Path) -> None:
    file = tmp_path / "growth.json"
    assert growth.main(["--quick", "--no-counts", "--json", str(file)]) == 0
    figures = json.loads(file.read_text())
    axes = figures["axes"]
    assert figures["repeats"] == 1
    assert set(axes) == {*growth.FITTED, "exact_houses", "exact_nights"}
    for curve in axes.values():
        assert sum(point["fitted"] for point in curve["points"]) == 1
        for point in curve["points"]:
            assert point["seconds"]["low"] <= point["seconds"]["median"]
            assert point["least_seconds"] > 0
    # Work: ten times the episodes are about ten times the nights; threads change none.
    episodes = axes["episodes"]["points"]
    assert episodes[1]["nights"] == pytest.approx(10 * episodes[0]["nights"], rel=0.1)
    assert len({point["nights"] for point in axes["threads"]["points"]}) == 1
    if sys.platform == "linux":
        memory = figures["peak_memory"]
        assert memory[0]["at"] == 0
        assert all(2**20 < row["bytes"] < 2**30 for row in memory)


def test_a_core_that_cannot_be_built_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(counting, "COMMAND", (sys.executable, "-c", "raise SystemExit(3)"))
    assert growth.main(["--quick"]) == 1
    assert "failed; --no-counts leaves it out" in " ".join(capsys.readouterr().err.split())


# Regressions


def test_numbers_are_found_by_name_with_direction_and_noise() -> None:
    file = {
        "machine": {"cores": 2, "seconds": 3},
        "milliseconds": 40.0,
        "cases": [case_of("easy", spread(100.0)), case_of("hard", spread(50.0))],
        "axes": {"houses": {"points": [{"at": 10, "seconds": spread(2.0)}]}},
        "one": {"seconds": [1.0, 2.0, 3.0, 4.0, 5.0]},
        "loops": [{"loop": "philox", "path": "avx2", "instructions_per_call": 165}],
        "predicted_seconds": 1.0,
        # Words of a name say nothing.
        "rows": [{"what": "slow machine", "seconds": 7.0}, {"what": "bytes", "share": 0.5}],
    }
    found = dict(regressions.numbers(file))
    assert set(found) == {
        "cases.easy.paths.avx2.nights_per_second",
        "cases.hard.paths.avx2.nights_per_second",
        "axes.houses.points.10.seconds",
        "one.seconds",
        "loops.philox/avx2.instructions_per_call",
        "rows.slow machine.seconds",
    }
    rate = found["cases.hard.paths.avx2.nights_per_second"]
    assert (rate.value, rate.larger_is_slower) == (50.0, False)
    assert rate.noise == pytest.approx(0.02 / 1.349)
    assert found["one.seconds"].value == 3.0
    assert found["one.seconds"].noise == pytest.approx(2 / 3 / 1.349)


@pytest.mark.parametrize(
    ("factor", "noise", "verdict"),
    [(1.5, 0.02, "faster"), (0.5, 0.02, "slower"), (0.5, 1.0, ""), (0.995, 0.0001, "")],
)
def test_verdicts(factor: float, noise: float, verdict: str) -> None:
    before = {"cases": [case_of("easy", spread(100.0, noise))]}
    after = {"cases": [case_of("easy", spread(100.0 * factor, noise))]}
    (found,) = regressions.compare(before, after, 3.0)
    assert found.verdict == verdict
    assert found.slower == pytest.approx(1 / factor)
    # Nothing can be told of what was measured once, nor of what one file alone has.
    once: dict[str, Any] = {"seconds": 1.0, "other_seconds": 2.0}
    (unknown,) = regressions.compare(once, {"seconds": 9.0}, 3.0)
    assert unknown.verdict == "?"


def test_counts_hardly_vary() -> None:
    before = {"loops": [{"path": "avx2", "instructions_per_night": 1000.0}]}
    for count, verdict in [(1000.5, ""), (1002.0, "slower"), (998.0, "faster")]:
        after = {"loops": [{"path": "avx2", "instructions_per_night": count}]}
        (found,) = regressions.compare(before, after, 3.0)
        assert found.verdict == verdict


def test_the_comparison_fails_only_if_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    file: dict[str, Any] = {"machine": MACHINE, "axes": {"houses": {"seconds": spread(1.0)}}}
    old.write_text(json.dumps(file))
    slower = copy.deepcopy(file)
    slower["axes"]["houses"]["seconds"] = spread(2.0)
    slower["machine"]["cpu"] = "another one"
    new.write_text(json.dumps(slower))
    assert regressions.main([str(old), str(new)]) == 0
    said = capsys.readouterr().out
    assert "slower" in said
    assert "2.000" in said
    assert "a processor → another one" in said
    assert regressions.main([str(old), str(new), "--fail"]) == 1
    assert regressions.main([str(new), str(old), "--fail"]) == 0
    assert regressions.main([str(old), str(old), "--fail"]) == 0
    old.write_text("{}")
    assert regressions.main([str(old), str(new)]) == 2
    # Files that are none end it as well, by name; lists have no machine.
    capsys.readouterr()
    old.write_text(new.read_text()[:-5])
    assert regressions.main([str(old), str(new)]) == 2
    assert "old.json is not JSON" in "".join(capsys.readouterr().out.splitlines())
    assert regressions.main([str(tmp_path / "none.json"), str(new)]) == 2
    assert "none.json: No such file" in "".join(capsys.readouterr().out.splitlines())
    new.write_text(json.dumps([file]))
    assert regressions.main([str(new), str(new)]) == 0


# Instructions


def test_shares_of_philox() -> None:
    loops: list[dict[str, Any]] = [
        {"loop": "philox", "path": "avx2", "counted_by": "perf", "instructions_per_call": 100},
        {"loop": "play", "path": "avx2", "counted_by": "perf", "calls": 30, "instructions": 6000},
        {"loop": "play", "path": "avx2", "counted_by": "stepping", "calls": 30, "instructions": 1},
    ]
    instructions.shares(loops)
    assert loops[1]["philox_share"] == 0.5
    assert "philox_share" not in loops[2]


def test_loops_are_told_to_the_example() -> None:
    small = instructions.loops("avx2", True, instructions.CASES[:1])
    assert [loop.kind for loop in small] == ["philox", "play", "exact"]
    assert small[0].arguments(3) == ["philox", "avx2", str(3 * instructions.STEPPED_SLOTS)]
    assert small[1].arguments(2)[:4] == ["play", "2", "avx2", "default"]
    assert small[2].arguments(2)[:3] == ["exact", "avx2", "2"]


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
@pytest.mark.skipif(sys.platform != "linux", reason="the tracer is that of Linux")
def test_stepping_counts_between_two_signals(monkeypatch: pytest.MonkeyPatch) -> None:
    if shutil.which("sh") is None:
        pytest.skip("no shell")
    # A shell in place of the example: its first argument is taken for its name, as by `sh -c`.
    monkeypatch.setattr(instructions, "EXAMPLE", Path(shutil.which("sh") or ""))
    monkeypatch.setattr(instructions, "MARK", "-c")
    loop = "kill -USR1 $$; i=0; while [ $i -lt {} ]; do i=$((i + 1)); done; kill -USR1 $$"
    counts = [instructions.step([loop.format(n)]) for n in (1, 2, 3)]
    if None in counts:
        pytest.skip("tracing is not allowed here")
    few, more, most = (count or 0 for count in counts)
    assert more > few
    assert most - more == pytest.approx(more - few, rel=0.2)
    # One that is never marked is given up.
    assert instructions.step(["exit 0"]) is None


@pytest.mark.parametrize("runs", [1, 2])
def test_what_is_counted_once_has_no_repeatability(
    monkeypatch: pytest.MonkeyPatch, runs: int
) -> None:
    counts = iter([10_000, 10_010])
    monkeypatch.setattr(instructions, "_difference", lambda counter, loop: next(counts))
    loop = instructions.loops("avx2", True, [])[0]
    found = instructions.count(loop, "perf", runs)
    assert found is not None
    assert found["repeatability"] == (None if runs == 1 else pytest.approx(0.001))


# Profile


def test_tools_that_fail_say_why() -> None:
    code = "import sys; sys.exit('not permitted here')"
    with pytest.raises(RuntimeError, match="failed: not permitted here"):
        profile._output_of([sys.executable, "-c", code])
    assert profile._output_of([sys.executable, "-c", "print(input())"], "told") == "told\n"


def test_addresses_are_found_in_the_loaded_segments() -> None:
    text = (
        "  LOAD           0x000000 0x0000000000000000 0x0 0x001000 0x001000 R   0x1000\n"
        "  LOAD           0x001000 0x0000000000002000 0x0 0x000500 0x000500 R E 0x1000\n"
    )
    assert profile._load_address(text, 0x1010) == 0x2010
    assert profile._load_address(text, 0x10) == 0x10
    assert profile._load_address(text, 0x1600) is None


# The page


def synthetic() -> dict[str, dict[str, Any]]:
    """Figures of each file, with numbers that are not met elsewhere."""
    point = {
        "predicted_seconds": 0.5,
        "measured_over_predicted": 1.23,
        "seconds": spread(0.7),
        "least_seconds": 0.615,
        "work": 1.0,
        "nights": 9,
        "cores_given": 1.77,
        "cost_seconds": spread(0.65),
    }
    points = [{"at": 1, "fitted": True, **point}, {"at": 2, "fitted": False, **point}]
    axes = {axis: {"points": points} for axis in TITLES}
    rung = {
        "rung": "0",
        "what": "stepped",
        "absent": None,
        "extrapolated": True,
        "share": 0.011,
        "wall_seconds": spread(123.0),
        "episodes_per_second": spread(456.0),
        "nights_per_second": spread(7890.0),
        "over_the_one_before": None,
        "over_the_first": spread(1.0),
    }
    fast = {**rung, "rung": "3b", "what": "sliced", "over_the_first": spread(4321.0)}
    fast |= {"nights_per_second": spread(3.4e7), "extrapolated": False}
    fast |= {"setup_seconds": 3.21, "largest_error": 2.7}
    gone = {"rung": "4", "what": "CUDA", "absent": "no GPU at all"}
    ladder = {
        "machine": MACHINE,
        "commit": "0123456789ab",
        "scenarios": ["default"],
        "episodes": 2000,
        "agrees": True,
        "rounds": 13,
        "versions": {"numba": "0.99.7", "jax": None},
        "rows": [rung, fast, gone],
        "exact": {"what": "without error", "wall_seconds": spread(0.2)},
        "cuda_model": {"nights_per_second": {"some GPU": 1.9e10}},
    }
    solved = {"scenario": "hard", "verdict": "certified", "seconds": 4.44}
    nash = {
        "nights": 987654,
        "num_simulations": 77,
        "rows": [
            {"rung": "0", "what": "stepped", "wall_seconds": 7200.0}
            | {"extrapolated": True, "over_the_first": 1.0}
        ],
        "sampled": [solved],
        "exact": [solved | {"verdict": "undecided", "seconds": 0.55}],
    }
    minimal = {"median": 0.47, "min": 0.31, "max": 0.53}
    path = {
        "words": 8,
        "nights_per_second": 105e6,
        "ns_per_call": spread(18.16),
        "calls_per_group_night": {"median": 39.4},
        "useful_share": {"median": 0.66},
        "floor_share": minimal,
    }
    loop = {"name": "default, hero", "path": "avx2", "counted_by": "callgrind"}
    return {
        "throughput": {
            "machine": MACHINE,
            "best_path": "avx512",
            "paths": {"avx2": path, "avx512": {**path, "nights_per_second": 157.5e6}},
            "cases": [{}] * 48,
            "all_threads": {"time_given": 0.24},
            "plain": {"nights_per_second": 2e6, "sliced_over_plain": 77.0},
        },
        "ladder": ladder,
        "ladder_all": ladder
        | {"scenarios": ["default", "hard"], "nash": nash, "cuda_model": {"reason": "none"}},
        "growth": {
            "machine": MACHINE,
            "scenario": "default",
            "archetype": "hero",
            "episodes": 131072,
            "other_episodes": {"threads": 1048577},
            "path": "avx2",
            "model": dict.fromkeys(axes, "episodes"),
            "axes": axes,
            "peak_memory": [{"at": 10**k, "bytes": 2**25 + 10**k} for k in (0, 3, 8)],
        },
        "instructions": {
            "machine": MACHINE,
            "not_used": ["perf: not installed"],
            "loops": [
                {**loop, "loop": "philox", "instructions_per_call": 165.0, "repeatability": 0.0},
                {
                    **loop,
                    **{"loop": "play", "instructions_per_night": 154.7, "repeatability": 1e-5},
                    **{"episodes": 16384, "philox_share": 0.42},
                },
                {
                    **{**loop, "path": "avx512", "counted_by": "stepping", "loop": "play"},
                    **{"episodes": 512, "instructions_per_night": 95.6, "repeatability": None},
                },
            ],
        },
        "exact": {
            "machine": MACHINE,
            "spread_then_burn_out": {
                **{"first": [7.0, 6.5], "one": [4.5, 5.0]},
                "batch": {"1": [3.5, 3.0], "2": [1.6]},
            },
            "operations": {"workers": 1_200_000, "states": 300_000},
        },
        "profile": {
            "machine": MACHINE,
            "loops": [
                {
                    **{"loop": "play", "name": "default, hero", "path": "avx2", "samples": 6000},
                    "by_file": {"sliced/stream.rs": 0.622, "elsewhere": 0.03},
                    "by_function": [
                        {"file": "sliced/stream.rs", "function": "round", "share": 0.45}
                    ],
                }
            ],
        },
    }


def test_the_page_says_what_the_files_say() -> None:
    text = pages.page(synthetic())
    for said in (
        *("a processor", "load average 3.2", "commit `0123456789ab`"),
        *("~ 2.05 min", "7,890", "4,321", "CUDA: no GPU at all", "performance_ladder.svg"),
        *(
            "|  | without error | 200 ms |  |  |  | 615 |",
            "sliced 3.21 s",
            "standard errors: the largest difference is 2.7.",
        ),
        *("medians of 13 rounds", "With numba 0.99.7."),
        "python -m bench ladder --rounds 13 --json bench/results/ladder.json",
        "python -m bench ladder --all --rounds 13 --nash --nash-episodes 77 "
        "--json bench/results/ladder_all.json",
        *("performance_ladder_all.svg", "share of the work, 1.1% to 1.1% of it,"),
        "| hard | certified | undecided | 4.44 s | 550 ms |",
        *("987,654 nights", "~ 2.00 h", "so many nights per second: some GPU 1.9e+10"),
        *(
            "131,072 episodes (threads: 1,048,577), avx2",
            "1.23 to 1.23",
            "1.000 bytes an episode",
            "performance_growth.svg",
        ),
        *("0.47 (0.31 to 0.53)", "takes 2.13 times its floor", "77 times", "48 cases"),
        *("given 24% of", "Philox takes 62%"),
        *("62.2%", "`round` 45%", "165", "155", "42%", "perf: not installed"),
        *("1,500,000 operations", "0.50 ms", "3.00 ms a line-up", "6.0 times that"),
        *("built takes 6.50 ms", "one that follows, 4.50 ms"),
        *("stepping through it", "| night | 95.6 |  | once |"),
        *("1.50 times the nights per second of AVX2", "309 for default, hero", "some GPU 1.9e+10"),
    ):
        assert said in text, said
    assert "Not measured yet" not in text


def test_the_page_compares_with_earlier_commits() -> None:
    after = synthetic()
    assert "before" not in pages.page({}).lower()
    before = synthetic()
    before["instructions"]["loops"][1]["instructions_per_night"] *= 2
    before["instructions"]["commit"] = "fedcba9876543210"
    memory = before["growth"]["peak_memory"]
    memory[-1]["bytes"] = memory[0]["bytes"] + 777 * 2**20
    earlier = {f"{name}_before": before[name] for name in ("growth", "instructions")}
    text = pages.page(after | earlier)
    for said in ("| 0.500 |", "fedcba987654", "777.0 MiB before", "| 1.00 |"):
        assert said in text, said


def test_the_page_says_what_differs() -> None:
    figures = synthetic()
    assert "not run on one yet" in pages.page(figures)
    assert "in one place" not in pages.page(figures)
    figures["profile"]["machine"] = MACHINE | {"cpu": "another processor"}
    figures["ladder"]["cuda"] = {"compile_seconds": 9.0}
    # Without the file of Philox, nothing is known of its share.
    figures["profile"]["loops"][0]["by_file"] = {"elsewhere": 1.0}
    text = pages.page(figures)
    assert "- a processor, 2 cores" in text
    assert "rules 1 (throughput, ladder, ladder_all, growth, instructions, exact)." in text
    assert "- another processor, 2 cores" in text
    assert "rules 1 (profile)." in text
    assert "not run on one yet" not in text
    assert "By the profile below" not in text


def test_the_page_says_what_is_missing() -> None:
    everything = synthetic()
    for name in everything:
        rest = {key: value for key, value in everything.items() if key != name}
        text = pages.page(rest)
        assert text.count("Not measured yet") == 1
        assert f"`bench/results/{name}.json` is missing" in text
    text = pages.page({})
    assert text.count("Not measured yet") == len(everything)
    # No number of a measurement is written down in the generator itself.
    sentences = text.replace("x86-64", "").replace("512-bit", "").replace("256-bit", "")
    words = [word for word in sentences.split() if word.strip(".,()×*").replace(".", "").isdigit()]
    assert words == []


def test_plots_and_page_are_written(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    results, out = tmp_path / "results", tmp_path / "performance.md"
    results.mkdir()
    for name, figures in synthetic().items():
        (results / f"{name}.json").write_text(json.dumps(figures))
    write_page(["--results", str(results), "--out", str(out)])
    assert out.read_text().startswith("# Performance\n")
    ladder = (tmp_path / "performance_ladder.svg").read_text()
    assert "sliced" in ladder
    assert "4,321" in ladder
    assert "sliced" in (tmp_path / "performance_ladder_all.svg").read_text()
    curves = (tmp_path / "performance_growth.svg").read_text()
    assert all(title in curves for title in TITLES.values())
    # Where there is nothing to write about, what was written stays.
    before = out.read_text()
    (results / "profile.json").write_text("{}")
    for folder in (results, tmp_path / "nowhere"):
        assert write_page(["--results", str(folder), "--out", str(out)]) == 2
    assert out.read_text() == before


def test_the_stored_page_is_that_of_the_stored_figures() -> None:
    root = Path(pages.__file__).resolve().parents[2]
    found = load(root / "bench/results")
    assert (root / "docs/performance.md").read_text(encoding="utf-8") == pages.page(found)
