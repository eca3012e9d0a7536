"""The page of performance says what the stored figures say, and nothing else."""

import json
from pathlib import Path
from typing import Any

import pytest

from docs._generate.performance import page as pages
from docs._generate.performance.growth import TITLES
from docs._generate.performance.page import main as write_page
from docs._generate.performance.stored import load

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
        "ladder_all": ladder | {"scenarios": ["default", "hard"], "nash": nash},
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
            "path": "avx2",
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
        *("987,654 nights", "~ 2.00 h", "None was measured. On a machine with one"),
        *(
            "131,072 episodes (threads: 1,048,577), avx2",
            "1.23 to 1.23",
            "1.000 bytes an episode",
            "performance_growth.svg",
        ),
        *("0.47 (0.31 to 0.53)", "takes 2.13 times its floor", "77 times", "48 cases"),
        *("given 24% of", "Philox takes 62%"),
        *("62.2%", "`round` 45%", "165", "155", "42%", "perf: not installed"),
        *("1,500,000 operations", "1.00 ms", "3.00 ms a line-up", "3.0 times that"),
        *("stepping through it", "| night | 95.6 |  | once |"),
        "309 for default, hero",
    ):
        assert said in text, said
    assert "Not measured yet" not in text


def test_figures_of_avx512_come_from_another_machine() -> None:
    here = synthetic()
    other = {f"{name}_avx512": synthetic()[name] for name in ("throughput", "instructions")}
    for figures in other.values():
        figures |= {"machine": MACHINE | {"cpu": "a third processor"}, "commit": "fedcba9876543210"}
    text = pages.page(here | other)
    assert "(a third processor, commit `fedcba987654`)" in text
    assert "played 158 M nights/s where AVX2 played 105 M, 1.50 times as many" in text
    assert "in one place" not in text
    assert "where AVX2 played" not in pages.page(here)


def gpu() -> dict[str, Any]:
    """What another machine told of its GPU."""
    run = {"scenario": "hard", "seat": "hero", "episodes": 3 * 10**7}
    batch = {"lineups": 7, "episodes": 10_000, "wall_seconds": 0.02, "cpu_seconds": 0.5}
    found = {"lineups": 7, "episodes": 4444, "episodes_two_threads": 55}
    return {
        "devices": [{"name": "Some GPU", "multiprocessors": 19, "clock_hz": 1_230_000_000}],
        "versions": {"cupy-cuda12x": "9.8.7", "cupy-cuda13x": None},
        "commit": "fedcba9876543210",
        **{"passed": 76, "failed": 1},
        "measured": {
            "scenarios": [run | {"nights_per_second": 4.2e10, "episodes_per_second": 1.35e9}]
        },
        "throughput": {
            "rows": [
                batch | {"nights_per_second": 2.5e9, "cpu_measured": False},
                batch | {"nights_per_second": 1.0, "cpu_measured": True, "episodes": 30_000},
            ],
            "crossovers": [found],
        },
    }


def test_a_gpu_is_told_of() -> None:
    figures = synthetic()
    check = gpu()
    check["devices"][0]["driver"] = 12080
    text = pages.page(figures | {"gpu_h200": check})
    for said in (
        "Some GPU, 19 multiprocessors at 1.23 GHz; driver for CUDA 12.8, CuPy 9.8.7.",
        "in 76 of 77 cases",
        "runs of 30,000,000 episodes",
        "| scenario | hero |",
        "| hard | 42 (1.4) |",
        "| 7 | 10,000 | 20.0 ms | 2.5e+09 | ~ 500 ms | 25 |",
        "7 line-ups from 4,444 episodes each on than all threads, from 55 than two",
        "commit `fedcba987654`",
    ):
        assert said in text, said
    assert "30,000 |" not in text
    assert "The CPU beside it" not in text
    ladder = figures["ladder"] | {"machine": MACHINE | {"cpu": "its CPU", "cores": 33}}
    text = pages.page(figures | {"gpu_h200": check, "ladder_h200": ladder})
    assert "The CPU beside it: its CPU, 33 cores." in text
    assert text.count("CUDA: no GPU at all") == 3


def test_the_page_says_what_differs() -> None:
    figures = synthetic()
    assert "in one place" not in pages.page(figures)
    figures["profile"]["machine"] = MACHINE | {"cpu": "another processor"}
    # Without the file of Philox, nothing is known of its share.
    figures["profile"]["loops"][0]["by_file"] = {"elsewhere": 1.0}
    text = pages.page(figures)
    assert "- a processor, 2 cores" in text
    assert "rules 1 (throughput, ladder, ladder_all, growth, instructions, exact)." in text
    assert "- another processor, 2 cores" in text
    assert "rules 1 (profile)." in text
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
    root = Path(pages.__file__).resolve().parents[3]
    found = load(root / "bench/results")
    assert (root / "docs/performance.md").read_text(encoding="utf-8") == pages.page(found)
