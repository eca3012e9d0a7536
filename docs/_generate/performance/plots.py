"""Plots of the page of performance."""

from pathlib import Path

from bench.text import brief
from docs._generate.drawing import BLUE, ORANGE, pyplot, save_svg
from docs._generate.markdown import median
from docs._generate.performance.growth import TITLES
from docs._generate.performance.stored import Figures

GREY = "#9ca3af"
#: Axes whose sizes are drawn on a logarithmic scale.
LOGARITHMIC = ("episodes", "lineups", "exact_nights")


def draw_ladder(ladder: Figures, file: Path) -> None:
    """Bars of nights per second, on a logarithmic scale."""
    plt = pyplot("growth", 9)
    rows = [row for row in ladder["rows"] if median(row.get("nights_per_second"))]
    figure, axes = plt.subplots(figsize=(7.5, 0.9 + 0.38 * len(rows)), layout="constrained")
    names = [f"{row.get('rung', '')}  {row.get('what', '')}".strip() for row in rows]
    rates = [median(row["nights_per_second"]) or 0.0 for row in rows]
    # What stands beside the ladder has no number, or one with a prime.
    beside = [not row.get("rung") or row["rung"].endswith("'") for row in rows]
    colours = [GREY if aside else BLUE for aside in beside]
    places = range(len(rows))
    axes.barh(places, rates, color=colours)
    for place, rate, row in zip(places, rates, rows, strict=True):
        over = median(row.get("over_the_first"))
        axes.annotate(
            f"{rate:.2g}" + ("" if over is None else f"  ×{brief(over)}"),
            (rate, place),
            textcoords="offset points",
            xytext=(4, 0),
            va="center",
        )
    axes.set_yticks(list(places), names)
    axes.invert_yaxis()
    axes.set(xscale="log", xlabel="nights per second (× rung 0)")
    axes.set_xlim(right=max(rates) * 30)
    axes.grid(axis="x", alpha=0.25)
    save_svg(figure, file)
    plt.close(figure)


def draw_growth(growth: Figures, file: Path) -> None:
    """A curve for each axis: the least with the upper quartile, and the model; and memory."""
    plt = pyplot("growth", 9)
    curves = growth["axes"]
    rows = (len(curves) + 2) // 2
    figure, all_axes = plt.subplots(rows, 2, figsize=(8, 2.5 * rows), layout="constrained")
    places = list(all_axes.flat)
    for axes, (name, curve) in zip(places, curves.items(), strict=False):
        points = curve["points"]
        at = [point["at"] for point in points]
        middle = [1e3 * point["least_seconds"] for point in points]
        above = [1e3 * (p["cost_seconds"]["high"] - p["least_seconds"]) for p in points]
        label = "measured: least, upper quartile"
        axes.errorbar(
            at,
            middle,
            [[0] * len(at), above],
            fmt="o",
            ms=4,
            color=BLUE,
            elinewidth=0.8,
            label=label,
        )
        model = [1e3 * point["predicted_seconds"] for point in points]
        axes.plot(at, model, "-", color=ORANGE, label="model")
        fitted = [i for i, point in enumerate(points) if point["fitted"]]
        axes.plot(
            [at[i] for i in fitted],
            [model[i] for i in fitted],
            "s",
            ms=8,
            mfc="none",
            color=ORANGE,
            label="fitted here",
        )
        axes.set(title=TITLES.get(name, name), ylabel="ms")
        if name in LOGARITHMIC:
            axes.set_xscale("log")
        if name in LOGARITHMIC or name == "exact_houses":
            axes.set_yscale("log")
        else:
            axes.set_ylim(bottom=0)
        if name == "exact_nights":
            axes.set_ylim(min(middle) / 4, max(middle) * 4)
        axes.grid(alpha=0.25)
    places[0].legend(frameon=False)
    memory = [row for row in growth.get("peak_memory", []) if row["at"] > 0]
    left = places[len(curves) :]
    if memory:
        axes = left.pop(0)
        axes.plot([r["at"] for r in memory], [r["bytes"] / 2**20 for r in memory], "o", color=BLUE)
        axes.set(title="peak memory over episodes", xscale="log", ylabel="MiB")
        axes.margins(y=0.2)
        axes.set_ylim(bottom=0)
        axes.grid(alpha=0.25)
    for axes in left:
        axes.remove()
    save_svg(figure, file)
    plt.close(figure)
