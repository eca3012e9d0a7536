"""``python -m docs._generate exact-figure``: docs/exact.svg, error against time of both methods.

Needs the extra ``plot``. Every point is measured: a sampled one is the median time of a few runs on
all cores, the standard error it gives, and how far it really is from the exact payoff.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import bucket_brigade as bb
from bench.files import write
from bench.options import add_json, file_to_write, whole_number
from bucket_brigade import _core
from docs._generate.drawing import BLUE, ORANGE, pyplot, save_svg

SCENARIO = "default"
LINEUP = ["firefighter", "free_rider", "hero", "coordinator"]
EPISODES = [10**k for k in range(3, 8)]
GREY = "#6b7280"


def median_seconds(run: Callable[[], object], repeats: int) -> float:
    """Median time of a few runs."""
    seconds = []
    for _ in range(repeats):
        begun = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - begun)
    return statistics.median(seconds)


def measured(repeats: int) -> dict[str, Any]:
    """All figures of the drawing."""
    scenario = bb.scenario(SCENARIO)
    lumped = scenario.replace(night_order="burn_out_then_spread")
    bb.simulate(scenario, [LINEUP], episodes=10_000)  # so that the threads exist
    exact = bb.expected(scenario, [LINEUP])
    sampled = []
    for episodes in EPISODES:
        run = partial(bb.simulate, scenario, [LINEUP], episodes=episodes, backend="cpu")
        result = run()
        seconds = median_seconds(run, repeats)
        gaps = [
            bb.simulate(scenario, [LINEUP], episodes=episodes, seed=seed).mean - exact.mean
            for seed in range(5)
        ]
        sampled.append(
            {
                "episodes": episodes,
                "seconds": seconds,
                "stderr": float(np.sqrt(np.mean(result.stderr**2))),
                "error": float(np.sqrt(np.mean(np.square(gaps)))),
            }
        )
    return {
        "scenario": SCENARIO,
        "lineup": LINEUP,
        "threads": _core.pool_threads(),
        "simd": _core.simd_paths()[1],
        "sampled": sampled,
        "exact_seconds": {
            order.night_order: median_seconds(
                partial(bb.expected, order, [LINEUP], threads=1), 2 * repeats + 1
            )
            for order in (scenario, lumped)
        },
    }


def draw(figures: dict[str, Any], file: Path) -> None:
    """Draws and saves them."""
    figure, axes = pyplot("exact", 10).subplots(figsize=(7, 4.2), layout="constrained")
    sampled = figures["sampled"]
    seconds = np.array([x["seconds"] for x in sampled])
    stderr = np.array([x["stderr"] for x in sampled])
    axes.plot(seconds, stderr, "-", color=BLUE, label="sampled: standard error")
    axes.plot(
        seconds, [x["error"] for x in sampled], "o", color=BLUE, label="sampled: its real error"
    )
    on = np.array([seconds[-1], seconds[-1] * 1e4])
    axes.plot(on, stderr[-1] * np.sqrt(on[0] / on), ":", color=BLUE, label="extrapolated")
    for i, x in enumerate(sampled):
        power = f"$10^{{{round(np.log10(x['episodes']))}}}$"
        axes.annotate(
            power if i else f"{power} episodes",
            (x["seconds"], x["stderr"]),
            textcoords="offset points",
            xytext=(6, 6),
            color=GREY,
        )
    names = {
        "spread_then_burn_out": ("exact", ORANGE, "-"),
        "burn_out_then_spread": ("exact, burn_out_then_spread", ORANGE, "--"),
    }
    for order, taken in figures["exact_seconds"].items():
        label, colour, style = names[order]
        axes.axvline(taken, color=colour, linestyle=style, label=f"{label}: {1e3 * taken:.3g} ms")
    axes.set(
        xscale="log",
        yscale="log",
        xlabel=f"seconds for one line-up (sampled: {figures['threads']} threads; exact: one)",
        ylabel="error of a payoff, in points (exact: none)",
        title=f"{figures['scenario']}: {', '.join(figures['lineup'])}",
    )
    axes.grid(alpha=0.25)
    axes.legend(frameon=False, fontsize=9)
    save_svg(figure, file)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures and draws; the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m docs._generate exact-figure", description=__doc__
    )
    parser.add_argument("--out", type=file_to_write, default=Path("docs/exact.svg"))
    parser.add_argument("--repeats", type=whole_number, default=3)
    add_json(parser)
    options = parser.parse_args(arguments)
    figures = measured(options.repeats)
    draw(figures, options.out)
    print(json.dumps(figures, indent=2))
    if options.json is not None:
        write(options.json, figures)
    return 0
