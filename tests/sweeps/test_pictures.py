"""Pictures of sweeps show what is in the table, where it is."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_games import LIVELY

import bucket_brigade as bb
from bucket_brigade.sweeps.pictures import plot_sweep, sweep_figure

pytest.importorskip("matplotlib")

COST, FIRE, SPREAD = (
    "cost_to_work_one_night",
    "prob_house_catches_fire",
    "prob_fire_spreads_to_neighbor",
)


def swept(grid: dict[str, Any], **options: Any) -> bb.SweepTable:
    return bb.sweep(LIVELY, grid, workers=1, **options)


def test_cells_are_points_and_lines_part_verdicts() -> None:
    table = swept({COST: [40, 1], FIRE: [0.1, 0.4, 0.2]}, do="nash")
    figure = sweep_figure(table)
    axes = figure.axes[0]
    # Axes go up, whatever the order of the plan.
    assert [text.get_text() for text in axes.get_xticklabels()] == ["1", "40"]
    assert [text.get_text() for text in axes.get_yticklabels()] == ["0.1", "0.2", "0.4"]
    by = {(row[COST], row[FIRE]): row for row in table.rows}
    drawn = axes.collections[0].get_array()
    expected = [[by[c, f]["nash_p"] for c in (1, 40)] for f in (0.1, 0.2, 0.4)]
    np.testing.assert_array_equal(drawn, expected)
    changed = sum(by[1, f]["nash_work"] != by[40, f]["nash_work"] for f in (0.1, 0.2, 0.4))
    changed += sum(
        by[c, low]["nash_work"] != by[c, high]["nash_work"]
        for c in (1, 40)
        for low, high in ((0.1, 0.2), (0.2, 0.4))
    )
    assert len(axes.lines) == changed > 0


def test_words_have_colours_of_their_own_and_what_is_missing_none() -> None:
    table = swept({COST: [1, 40], FIRE: [0.1, 0.4]}, do="nash")
    rows = ({**table.rows[0], "nash_work": None}, *table.rows[1:])
    figure = sweep_figure(bb.SweepTable(table.axes, rows), "nash_work")
    drawn = figure.axes[0].collections[0].get_array()
    words = sorted({row["nash_work"] for row in table.rows[1:]})
    assert drawn.mask.tolist() == [[True, False], [False, False]]
    assert drawn[1, 1] == words.index(table.rows[3]["nash_work"])
    legend = figure.legends[0]
    assert [text.get_text() for text in legend.get_texts()] == words


def test_a_third_axis_makes_panels_and_a_fourth_rows() -> None:
    axes = {COST: [1, 2], FIRE: [0.1, 0.4], SPREAD: [0.1, 0.2, 0.3], "max_nights": [4, 7]}
    table = swept(axes, do="optimum")
    figure = sweep_figure(table)
    panels = [each for each in figure.axes if each.get_title()]
    assert len(panels) == 6
    assert panels[5].get_title() == "β = 0.3, max nights = 7"
    row = next(r for r in table.rows if [r[a] for a in axes] == [2, 0.4, 0.3, 7])
    assert panels[5].collections[0].get_array()[1, 1] == row["optimum_payoff"]


def test_lines_have_an_axis_for_nights_and_thresholds() -> None:
    table = swept({COST: [1, 40]}, do="nash,optimum", boundary=f"{COST}:nash_work:10")
    figure = sweep_figure(table)
    left, right = figure.axes
    (threshold, *_) = table.thresholds()
    names = [line.get_label() for line in left.lines]
    assert names[:2] == ["nash payoff", "optimum payoff"]
    xs, ys = left.lines[1].get_data()
    ordered = sorted(table.rows, key=lambda row: row[COST])
    assert [*xs] == [row[COST] for row in ordered]
    assert [*ys] == [row["optimum_payoff"] for row in ordered]
    assert left.lines[2].get_xdata()[0] == (threshold.low + threshold.high) / 2
    assert [line.get_label() for line in right.lines] == ["nash nights", "optimum nights"]


def test_what_cannot_be_drawn_is_refused(tmp_path: Path) -> None:
    table = swept({COST: [1, 2]}, do="optimum")
    with pytest.raises(bb.InvalidValue, match="column = 'nash_p'"):
        sweep_figure(table, "nash_p")
    with pytest.raises(bb.InvalidValue, match="0 axes"):
        sweep_figure(swept({COST: [1]}, do="optimum"))
    file = tmp_path / "sweep.svg"
    plot_sweep(table, file)
    first = file.read_bytes()
    plot_sweep(table, file, None)
    assert file.read_bytes() == first
