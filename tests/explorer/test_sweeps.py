"""Sweeps on the page: cells, boundaries and rows are those of the table."""

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import bucket_brigade as bb
from bucket_brigade.explorer import sweeps

KAPPA, COST, BETA = (
    "prob_solo_agent_extinguishes_fire",
    "cost_to_work_one_night",
    "prob_fire_spreads_to_neighbor",
)
HOSTILE = "</script><img src=x onerror=alert(1)>"


def table(*axes: str, missing: Sequence[int] = ()) -> bb.SweepTable:
    """A table over axes with the values 0.1, 0.2, 0.3, whose points at `missing` are left out."""
    points: list[tuple[float, ...]] = [()]
    for _ in axes:
        points = [(*point, value) for value in (0.1, 0.2, 0.3) for point in points]
    rows = [
        {
            **dict(zip(axes, point, strict=True)),
            "origin": "plan",
            "failed": HOSTILE if i == 1 else None,
            "nash_p": 1 - sum(point) / 3,
            "nash_work": HOSTILE if point[0] > 0.25 else "all",
            "nash_payoff": 1000 / 7 + i,
        }
        for i, point in enumerate(points)
    ]
    del rows[1]["nash_payoff"]
    return bb.SweepTable(axes, tuple(row for i, row in enumerate(rows) if i not in missing))


def entry(of: object) -> dict[str, Any]:
    (found,) = sweeps.of_object(of) or []
    json.dumps(found, allow_nan=False)
    return found


def test_parameters_that_all_points_share_are_told() -> None:
    plan = bb.SweepPlan(base="hard", grid={COST: [0.1, 0.2]}, changes={"num_houses": 6})
    told = entry(dataclasses.replace(table(COST), plan=plan))["parameters"]
    assert told["changed"] == [["num houses", 6, 10]]
    assert len(told["all"]) == 16
    assert entry(table(COST))["parameters"] is None


def test_nothing_is_left_out_of_a_table(tmp_path: Path) -> None:
    made = table(KAPPA, COST)
    found = entry(made)
    assert {name: found["columns"][name] for name in made.columns} == {
        name: made.column(name) for name in made.columns
    }
    assert [axis["values"] for axis in found["axes"]] == [[0.1, 0.2, 0.3]] * 2
    assert found["first"] == "nash_p"
    assert [c["verdict"] for c in found["results"]] == ["nash_work"] * 3
    file = tmp_path / "sweep.csv"
    made.to_csv(file)
    (again,) = sweeps.of_file(file) or []
    assert again == {**found, "source": file}
    (tmp_path / "other.csv").write_text("update,payoff\n1,2\n")
    assert sweeps.of_file(tmp_path / "other.csv") is None


def test_what_json_does_not_know_is_nothing() -> None:
    rows = ({KAPPA: 0.1, "origin": "plan", "failed": None, "nash_p": float("nan")},)
    assert entry(bb.SweepTable((KAPPA,), rows))["columns"]["nash_p"] == [None]


def test_thresholds_come_from_the_file_of_a_sweep(tmp_path: Path) -> None:
    base = bb.scenario("default").replace(num_houses=3, num_agents=2, min_nights=1, max_nights=3)
    made = bb.sweep(
        base, {COST: [0.5, 600]}, do="nash", out=tmp_path / "s", boundary=COST, workers=1
    )
    (found,) = sweeps.of_file(tmp_path / "s") or []
    assert found["axes"][0]["values"] == [0.5, 600]  # without the points of the bisection
    assert len(found["thresholds"]) > 0
    assert found["thresholds"] == [
        {"values": {}, "low": each.low, "high": each.high} for each in made.thresholds()
    ]
    assert found["sought"] == {"axis": COST, "column": "nash_work"}


def test_two_axes_by_mouse_and_keyboard(open_page: Any) -> None:
    made = table(KAPPA, COST, missing=[4])
    page = open_page(bb.explore(made))
    view = page.locator("#panel-sweeps")
    assert view.locator(".cell").count() == 9
    assert view.locator(".cell.missing").count() == 1
    lines = view.locator(".boundary:not(.under)")
    # Between 0.2 and 0.3 in each of three rows, but for beside the missing cell.
    assert lines.get_attribute("d").count("M") == 2

    def row(name: str) -> Any:
        return view.locator(f".row tr:has(th[title='{name}']) td")

    at = {(r[KAPPA], r[COST]): r for r in made.rows}
    view.locator(".cell").nth(5).click()
    assert row("nash_p").get_attribute("title") == str(at[0.3, 0.2]["nash_p"])
    assert row("nash_work").text_content() == HOSTILE
    page.locator(".phase").focus()
    page.keyboard.press("ArrowUp")
    assert row("nash_payoff").get_attribute("title") == str(at[0.3, 0.3]["nash_payoff"])
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowLeft")
    assert "nothing there" in view.locator(".detail").text_content()
    view.locator(".cell").nth(1).click()
    assert row("failed").text_content() == HOSTILE
    view.get_by_text("The numbers").click()
    view.locator(".as-table tbody tr").first.wait_for()
    told = [
        [text.replace("–", "nothing") for text in row.locator("td").all_text_contents()]
        for row in view.locator(".as-table tbody tr").all()
    ]
    expected = [
        [f"{at[k, c]['nash_p']:.6g}" if (k, c) in at else "nothing" for k in (0.1, 0.2, 0.3)]
        for c in (0.1, 0.2, 0.3)
    ]
    assert told == expected
    view.locator("#sweep-column").select_option("1")
    assert view.locator(".cell.missing").count() == 1
    assert HOSTILE in view.locator(".legend").text_content()
    assert lines.get_attribute("d").count("M") == 2


@pytest.mark.parametrize("axes", [(KAPPA,), (KAPPA, COST, BETA)], ids=len)
def test_one_axis_and_three(axes: tuple[str, ...], open_page: Any) -> None:
    made = table(*axes)
    page = open_page(bb.explore(made), width=360, color_scheme="dark")
    view = page.locator("#panel-sweeps")
    assert view.locator(".cell").count() == 3 ** len(axes)
    if len(axes) == 1:
        chart = view.locator(".chart")
        chart.locator("summary").click()
        chart.locator(".numbers tbody tr").first.wait_for()
        told = chart.locator(".numbers tbody td").all_text_contents()
        assert told == [f"{value:.3f}" for value in made.column("nash_p")]
    else:
        assert view.locator("figcaption").all_text_contents() == ["β = 0.1", "β = 0.2", "β = 0.3"]
        view.locator("#sweep-role-0").select_option("2")  # what was across goes to the panels
        assert view.locator("figcaption").all_text_contents() == ["κ = 0.1", "κ = 0.2", "κ = 0.3"]
        view.locator("#sweep-role-2").select_option("3")  # none: the axis has one value at a time
        assert view.locator(".cell").count() == 9
        view.locator(f"#sweep-{KAPPA}").select_option("2")
        view.locator(".cell").nth(8).click()
        told = view.locator(".row tr:has(th[title='nash_payoff']) td").get_attribute("title")
        last = made.rows[-1]
        assert all(last[axis] == 0.3 for axis in axes)
        assert told == str(last["nash_payoff"])
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_more_words_than_colours_are_numbered(open_page: Any) -> None:
    rows = [
        {KAPPA: k / 10, COST: c / 10, "origin": "plan", "failed": None, "nash_work": f"w{k}{c}"}
        for k in range(3)
        for c in range(3)
    ]
    page = open_page(bb.explore(bb.SweepTable((KAPPA, COST), tuple(rows))))
    assert sorted(page.locator(".phase .in-cell").all_text_contents()) == list("123456789")
    legend = page.locator("#panel-sweeps .legend li").all_text_contents()
    assert legend[:9] == [f"{i + 1}: w{i // 3}{i % 3}" for i in range(9)]


def test_there_may_be_any_number_of_cells(open_page: Any) -> None:
    rows = [
        {KAPPA: 0.1 * i, "origin": "plan", "failed": None, "nash_p": None, "nash_payoff": None}
        for i in range(2)
    ]
    page = open_page(bb.explore(bb.SweepTable((KAPPA,), tuple(rows))))
    assert page.locator("#panel-sweeps .legend").last.text_content() == "nothing there"
    many = "explore.tools.extent(Array.from({ length: 360 * 360 }, (_, i) => i - 7))"
    assert page.evaluate(many) == [-7, 360 * 360 - 8]


@pytest.mark.parametrize("value", ["1e400", "9" * 400])
def test_axes_have_finite_numbers(value: str, tmp_path: Path) -> None:
    file = tmp_path / "sweep.csv"
    file.write_text(f"{KAPPA},origin,failed,nash_p\n0.1,plan,,0.5\n,,,\n")
    assert sweeps.of_file(file)
    file.write_text(f"{KAPPA},origin,failed,nash_p\n0.1,plan,,0.5\n{value},plan,,0.5\n")
    with pytest.raises(bb.InvalidFile, match="not a finite number"):
        sweeps.of_file(file)
