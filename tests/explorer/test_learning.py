"""Training logs: what they may hold, and the page's curves of them."""

import json
import runpy
from pathlib import Path
from typing import Any

import pytest

import bucket_brigade as bb
from bucket_brigade.explorer import learning

ROOT = Path(__file__).parents[2]
LINES = [
    {"update": 10, "payoff": 100 / 3, "gain": 50.5, "entropy": 1.5},
    {"update": 20, "payoff": 200 / 3, "gain": None, "nights": 7.25},
]


def write(path: Path, *objects: object) -> Path:
    path.write_text("".join(json.dumps(each) + "\n" for each in objects))
    return path


def about(**more: object) -> dict[str, object]:
    return {"format": "bucket-brigade learning", "version": 1, **more}


def test_every_number_is_kept(tmp_path: Path) -> None:
    game = bb.scenario("hard")
    file = write(tmp_path / "a", about(scenario=game.to_dict(), known={"best": 90.5}), *LINES)
    log = learning.load_log(file)
    assert (log.scenario, log.known) == (game, {"best": 90.5})
    (entry,) = learning.of_file(file) or []
    assert entry["columns"]["payoff"] == [100 / 3, 200 / 3]
    assert entry["columns"]["gain"] == [50.5, None]
    assert entry["columns"]["nights"] == [None, 7.25]
    assert entry["columns"]["entropy"] == [1.5, None]
    (bare,) = learning.of_object(LINES) or []
    assert bare == {"scenario": None, "known": {}, "columns": entry["columns"]}
    (tmp_path / "list.json").write_text(json.dumps(LINES))
    assert learning.load_log(tmp_path / "list.json").records == log.records


@pytest.mark.parametrize(
    ("objects", "wrong"),
    [
        ([about()], "records = none"),
        ([LINES[0], LINES[0]], r"records\[1\].update = 10 .*rise"),
        ([LINES[0], {"update": 11, "payoff": 1}], r"records\[1\] .* with 'gain'"),
        ([{**LINES[0], "gain": "much"}], r"records\[0\].gain = 'much'"),
        ([{**LINES[0], "gain": float("inf")}], "it holds Infinity"),
        ([LINES[0], 3], r"records\[1\] = 3"),
        ([about(version=2), LINES[0]], "version 2; this program reads"),
        ([about(known={"x": None}), LINES[0]], "known.x = None"),
        ([about(scenario={"name": "x"}), LINES[0]], "missing"),
    ],
)
def test_what_is_wrong_is_named(objects: list[object], wrong: str, tmp_path: Path) -> None:
    with pytest.raises(bb.InvalidFile, match=wrong):
        learning.of_file(write(tmp_path / "log", *objects))


def test_other_files_are_left_to_others(tmp_path: Path) -> None:
    for text in ("", "no JSON", "[]", "{}", "[1]", '{"optima": []}'):
        (tmp_path / "file").write_text(text)
        assert learning.of_file(tmp_path / "file") is None


def test_the_example_writes_a_log(tmp_path: Path) -> None:
    names = runpy.run_path(str(ROOT / "examples" / "policy_gradient.py"))
    names["train"].__globals__["UPDATES"] = 5
    file, optimum = tmp_path / "curve.jsonl", bb.team_optimum(names["GAME"]).payoff
    learned = names["train"](tell=names["write_curve"](file, optimum))
    lineup = [bb.tabulate(table, names["GAME"]) for table in names["chances"](learned)]
    (record,) = learning.load_log(file).records
    assert record["payoff"] == bb.expected(names["GAME"], [lineup]).mean.mean()
    assert learning.load_log(file).known == {"the team optimum": optimum}


@pytest.mark.parametrize("count", [1, 2])
def test_curves_on_the_page(count: int, tmp_path: Path, open_page: Any) -> None:
    hostile = "<img src=x onerror=alert(1)>"
    game = bb.scenario("hard").replace(name=hostile)
    known = about(scenario=game.to_dict(), known={hostile: 1000.0})
    file = write(tmp_path / "log", known, *LINES[:count])
    page = open_page(bb.explore(file), width=360)
    view = page.locator("#panel-learning")
    assert view.locator("h2").text_content() == hostile
    assert f"of {hostile} (1,000.0)" in view.locator("article > p").first.text_content()
    shown = []
    for chart in view.locator(".chart").all()[:2]:  # payoffs, and gains on an axis of their own
        chart.locator("canvas").wait_for()
        chart.locator("summary").click()
        chart.locator(".numbers tbody tr").first.wait_for()
        rows = chart.locator(".numbers tbody tr").all()
        shown.append([row.locator("td").all_text_contents() for row in rows])
    assert shown[0] == [["33.33", "1,000.00"], ["66.67", "1,000.00"]][:count]
    assert shown[1] == [["50.50"], ["–"]][:count]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
