"""Pictures of sweeps: phase diagrams over two axes and more, lines over one (extra ``plot``).

Colours are told apart by people who are colour-blind, and by what they print as: words by the
palette of Okabe and Ito, numbers by cividis. Text is legible at the width of a printed page.
"""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from bucket_brigade.equilibrium.report.plots import save_figure
from bucket_brigade.errors import InvalidValue, shown
from bucket_brigade.sweeps.axes import Value
from bucket_brigade.sweeps.table import ORIGIN, SweepTable

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["axis_values", "label_of", "plot_sweep", "sweep_figure"]

#: Inches: a column of a printed page, the whole page, and a panel's height.
COLUMN, PAGE, HEIGHT = 3.5, 7.2, 2.7
FONT = 8.0
#: Panels in a row; more axes than two for these and rows of them can't be drawn.
MOST_PANELS, MOST_AXES = 6, 4
#: Cells along an axis in which numbers are still legible, in a single panel.
MOST_WRITTEN = 12
OKABE_ITO = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#999999")
#: What is drawn by default over two axes: the first of these that there is.
FIRST = ("nash_p", "seats_kind", "exploitability", "optimum_payoff", "markov_payoff")
#: Verdicts whose changes are drawn over a column of numbers, by the task it is of.
VERDICTS = {"nash": "nash_work", "seats": "seats_work"}
LABELS = {
    "prob_fire_spreads_to_neighbor": "β, chance that fire spreads",
    "prob_solo_agent_extinguishes_fire": "κ, chance that one worker puts a fire out",
    "prob_house_catches_fire": "ρ, chance that a house catches fire",
    "cost_to_work_one_night": "c, cost of a night of work",
    "nash_p": "p, how often an agent works in equilibrium",
    "nash_work": "who works in equilibrium",
    "seats_kind": "equilibria by seats",
    "exploitability": "what any policy gains over the equilibrium",
    "lost_to_anarchy": "team optimum less equilibrium",
}


@dataclass(frozen=True)
class _Panel:
    """What one panel shows: its rows, and the values of the axes beside those it spans."""

    rows: Sequence[Mapping[str, Any]]
    fixed: Mapping[str, Value]


def plot_sweep(table: SweepTable, path: str | os.PathLike[str], column: str | None = None) -> None:
    """Draws a sweep to a file; the same file each time, if PNG, SVG or PDF.

    Parameters
    ----------
    table : SweepTable
        What to draw.
    path : path
        Where; the suffix says in which format.
    column : str, optional
        What to draw (see `sweep_figure`).

    Raises
    ------
    PlotUnavailable
        If there is no Matplotlib.
    InvalidValue
        If it can't be drawn, or Matplotlib writes no such files.
    OSError
        If the file can't be written.
    """
    save_figure(lambda: sweep_figure(table, column), path)


def sweep_figure(table: SweepTable, column: str | None = None) -> "Figure":
    """A sweep as a Matplotlib figure, to be changed or put elsewhere.

    Axes with one value are left out. Over one axis, payoffs are lines, and nights of an episode,
    dashed, have an axis of their own on the right. Over two, a cell a point, with lines where a
    verdict changes (who works, or the boundary that was looked for); a third axis makes panels side
    by side, and a fourth rows of them.

    Parameters
    ----------
    table : SweepTable
        What to draw.
    column : str, optional
        What cells show: a column of words or numbers. By default the first of how often an agent
        works in equilibrium, the kind of equilibria by seats, what any policy gains, and optima.
        Over one axis, the only line.

    Raises
    ------
    InvalidValue
        If there is no such column, or there are too few or too many axes to be drawn.
    """
    import matplotlib

    long = [axis for axis in table.axes if len(axis_values(table.rows, axis)) > 1]
    if not 1 <= len(long) <= MOST_AXES:
        given = f"{len(long)} axes with more than one value"
        raise InvalidValue("table", given, f"1 to {MOST_AXES} to be drawn")
    if column is not None and column not in table.results:
        allowed = f"one of {', '.join(table.results) or 'none'}"
        raise InvalidValue("column", shown(column), allowed)
    with matplotlib.rc_context({"font.size": FONT, "axes.titlesize": FONT}):
        if len(long) == 1:
            return _lines(table, long[0], column)
        return _cells(table, long, column)


def _lines(table: SweepTable, axis: str, column: str | None) -> "Figure":
    """Payoffs along an axis, and nights."""
    from matplotlib.figure import Figure

    rows = sorted(table.rows, key=lambda row: _order(row[axis]))
    ends = ("_payoff", "_nights") if column is None else ()
    names = [name for name in table.results if name.endswith(ends)] if ends else [str(column)]
    if not names:
        raise InvalidValue("column", "none", "a column of the table: it has no payoffs")
    figure = Figure(figsize=(PAGE * 0.75, HEIGHT + 0.6), layout="constrained")
    left = figure.subplots()
    right = left.twinx() if any(name.endswith("_nights") for name in names) else None
    numbers = all(isinstance(row[axis], int | float) for row in rows)
    places = [row[axis] for row in rows] if numbers else list(range(len(rows)))
    heads = list(
        dict.fromkeys(name.removesuffix("_payoff").removesuffix("_nights") for name in names)
    )
    for name in names:
        nights = name.endswith("_nights")
        head = heads.index(name.removesuffix("_nights" if nights else "_payoff"))
        values = [_float(row.get(name)) for row in rows]
        axes = right if nights and right is not None else left
        axes.plot(
            places,
            values,
            "--" if nights else "-",
            color=OKABE_ITO[head % len(OKABE_ITO)],
            marker="os^Dv<>p"[head % 8],
            markersize=3,
            linewidth=1,
            label=label_of(name),
        )
    for place in _thresholds(table, {}, axis):
        left.axvline(place, color="0.4", linewidth=0.8, linestyle=":")
    if not numbers:
        left.set_xticks(places, [_tick(row[axis]) for row in rows])
    left.set_xlabel(label_of(axis))
    left.set_ylabel("points an episode" if column is None else label_of(names[0]))
    if right is not None:
        right.set_ylabel("nights an episode (dashed)")
    figure.legend(loc="outside lower center", ncols=2, frameon=False)
    return figure


def _cells(table: SweepTable, long: Sequence[str], column: str | None) -> "Figure":
    """Cells over two axes, in a panel for each value of a third and fourth."""
    from matplotlib.colors import ListedColormap, Normalize
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch

    name = column or next((each for each in FIRST if each in table.results), table.results[0])
    panels = _panels(table, long)
    if len(panels[0]) > MOST_PANELS:
        raise InvalidValue(
            "table", f"{len(panels[0])} values of {long[2]}", f"at most {MOST_PANELS} panels"
        )
    given = [value for value in table.column(name) if value is not None]
    words = sorted({str(v) for v in given}) if any(isinstance(v, str | bool) for v in given) else []
    if len(words) > len(OKABE_ITO):
        raise InvalidValue("column", f"{len(words)} words of {name}", f"at most {len(OKABE_ITO)}")
    if words:
        colours: Any = ListedColormap(OKABE_ITO[: len(words)])
        scale = Normalize(-0.5, len(words) - 0.5)
    else:
        numbers = [_float(value) for value in given] or [0.0]
        colours, scale = "cividis", Normalize(min(numbers), max(numbers))
    width = PAGE if len(panels[0]) > 1 else COLUMN * 1.25
    figure = Figure(figsize=(width, HEIGHT * len(panels) + 0.7), layout="constrained")
    grid = figure.subplots(len(panels), len(panels[0]), squeeze=False, sharex=True, sharey=True)
    for axes_row, panel_row in zip(grid, panels, strict=True):
        for axes, panel in zip(axes_row, panel_row, strict=True):
            image = _draw_panel(axes, table, panel, long, name, words, colours, scale)
    for axes in grid[-1]:
        axes.set_xlabel(
            label_of(long[0]) if len(panels[0]) < 3 else label_of(long[0]).split(",")[0]
        )
    for axes in grid[:, 0]:
        axes.set_ylabel(label_of(long[1]))
    if words:
        patches = [Patch(color=c, label=w) for c, w in zip(OKABE_ITO, words, strict=False)]
        figure.legend(
            handles=patches,
            title=label_of(name),
            loc="outside lower center",
            ncols=min(len(words), 4),
            frameon=False,
        )
    else:
        figure.colorbar(image, ax=grid, label=label_of(name), location="bottom", aspect=40)
    return figure


def _draw_panel(
    axes: "Axes",
    table: SweepTable,
    panel: _Panel,
    long: Sequence[str],
    name: str,
    words: Sequence[str],
    colours: Any,
    scale: Any,
) -> Any:
    across, up = (axis_values(_planned(table.rows), axis) for axis in long[:2])
    cells = {(json.dumps(r[long[0]]), json.dumps(r[long[1]])): r for r in panel.rows}

    def at(x: Value, y: Value) -> Mapping[str, Any]:
        return cells.get((json.dumps(x), json.dumps(y)), {})

    values = np.array([[_place(at(x, y).get(name), words) for x in across] for y in up])
    axes.set_facecolor("0.85")  # what is not known
    image = axes.pcolormesh(np.ma.masked_invalid(values), cmap=colours, norm=scale)
    if not words and max(len(across), len(up)) * (2 if len(long) > 2 else 1) <= MOST_WRITTEN:
        for (j, i), value in np.ndenumerate(values):
            if np.isfinite(value):
                dark = scale(value) < 0.55
                axes.text(
                    i + 0.5,
                    j + 0.5,
                    f"{value:.3g}",
                    ha="center",
                    va="center",
                    color="white" if dark else "black",
                    fontsize=FONT - 1.5,
                )
    verdicts = [[_verdict(table, name, at(x, y)) for x in across] for y in up]
    _draw_changes(axes, table, panel, long, [across, up], verdicts)
    axes.set_xticks(np.arange(len(across)) + 0.5, [_tick(x) for x in across])
    axes.set_yticks(np.arange(len(up)) + 0.5, [_tick(y) for y in up])
    axes.tick_params(length=2)
    if panel.fixed:
        axes.set_title(
            ", ".join(f"{label_of(a).split(',')[0]} = {_tick(v)}" for a, v in panel.fixed.items())
        )
    return image


def _draw_changes(
    axes: "Axes",
    table: SweepTable,
    panel: _Panel,
    long: Sequence[str],
    values: Sequence[Sequence[Value]],
    verdicts: Sequence[Sequence[object]],
) -> None:
    """Lines where a verdict changes: at thresholds where these were looked for, or else between
    cells."""
    from matplotlib.patheffects import Normal, Stroke

    line: dict[str, Any] = {
        "color": "black",
        "linewidth": 1.4,
        "solid_capstyle": "butt",
        "path_effects": [Stroke(linewidth=3.2, foreground="white"), Normal()],
    }
    sought = None if table.plan is None else table.plan.sought
    if sought is not None and sought.axis in long[:2]:
        which = long.index(sought.axis)
        middles = np.arange(len(values[which])) + 0.5
        for j, other in enumerate(values[1 - which]):
            fixed = {**panel.fixed, long[1 - which]: other}
            for place in _thresholds(table, fixed, sought.axis):
                at = float(np.interp(place, values[which], middles))
                ends = ([at, at], [j, j + 1])
                axes.plot(*(ends if which == 0 else ends[::-1]), **line)
        return
    for j, row in enumerate(verdicts):
        for i, verdict in enumerate(row):
            if verdict is None:
                continue
            if i + 1 < len(row) and row[i + 1] not in (None, verdict):
                axes.plot([i + 1, i + 1], [j, j + 1], **line)
            if j + 1 < len(verdicts) and verdicts[j + 1][i] not in (None, verdict):
                axes.plot([i, i + 1], [j + 1, j + 1], **line)


def _verdict(table: SweepTable, name: str, row: Mapping[str, Any]) -> object:
    """What lines are drawn between: the words of a column, or the verdict beside its numbers."""
    value = row.get(name)
    return value if isinstance(value, str | bool) else row.get(VERDICTS.get(name.split("_")[0], ""))


def _panels(table: SweepTable, long: Sequence[str]) -> list[list[_Panel]]:
    rows = _planned(table.rows)
    sides = axis_values(rows, long[2]) if len(long) > 2 else [None]
    tops = axis_values(rows, long[3]) if len(long) > 3 else [None]
    panels = []
    for top in tops:
        fixed = [dict(zip(long[2:], (side, top), strict=False)) for side in sides]
        panels.append(
            [
                _Panel([r for r in rows if all(r[a] == v for a, v in each.items())], each)
                for each in fixed
            ]
        )
    return panels


def _planned(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [row for row in rows if row[ORIGIN] == "plan"]


def _thresholds(table: SweepTable, fixed: Mapping[str, Value], axis: str) -> list[float]:
    """Places on an axis where the verdict changes, at some values of the others."""
    sought = None if table.plan is None else table.plan.sought
    if sought is None or sought.axis != axis:
        return []
    return [
        (each.low + each.high) / 2
        for each in table.thresholds()
        if all(each.values[name] == value for name, value in fixed.items())
    ]


def axis_values(rows: Sequence[Mapping[str, Any]], axis: str) -> list[Value]:
    """The values of an axis in order: numbers by size, others as they come."""
    found = list({json.dumps(row[axis]): row[axis] for row in rows}.values())
    numbers = all(isinstance(value, int | float) for value in found)
    return sorted(found) if numbers else found


def _order(value: Value) -> Any:
    return (0, value) if isinstance(value, int | float) else (1, 0)


def _float(value: object) -> float:
    return float(value) if isinstance(value, int | float) else float("nan")


def _place(value: object, words: Sequence[str]) -> float:
    if words:
        return float("nan") if value is None else float(words.index(str(value)))
    return _float(value)


def label_of(name: str) -> str:
    """The name of an axis or a column for people."""
    return LABELS.get(name, name.replace("_", " "))


def _tick(value: Value) -> str:
    if isinstance(value, list):
        return ", ".join(map(_tick, value))
    return f"{value:g}" if isinstance(value, int | float) else str(value)
