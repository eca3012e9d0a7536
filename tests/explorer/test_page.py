"""The page itself: one file, nothing from elsewhere, whatever names it is given."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

import bucket_brigade as bb
import bucket_brigade.explorer
from bucket_brigade.cli import app
from bucket_brigade.explorer import Page
from bucket_brigade.explorer.bundle import bundled
from bucket_brigade.explorer.page import html_page

STATIC = Path(bucket_brigade.explorer.__file__).parent / "static"
HEROES = ["hero"] * 4
#: Names that would end an element, start another, or break a line of script.
MALICE = [
    "<script>window.hurt = 1</script>",
    "</script><script>window.hurt = 1</script>",
    "<!-- <script>",
    "{{scripts}}{{bundle}}",
    "\"'`&amp;</title><img src=x onerror='window.hurt = 1'>",
    "\u2028\u2029\u202e rtl \U0001f525 火",
    "long " * 400,
]


def shown(name: str = "quiet", title: str | None = None) -> Page:
    game = bb.scenario("hard").replace(name=name, max_nights=30)
    return bb.explore(bb.Episode(game, HEROES, seed=7, episode=36), title=title)


def test_needs_no_other_file() -> None:
    html = shown().html
    assert len(html.encode()) < 3e6
    assert not re.search(r"<(link|img|iframe|object|embed|base)\b", html)
    assert not re.search(r"<script[^>]*\bsrc=", html)
    assert "default-src 'none'" in html


def test_a_script_that_was_tampered_with_is_refused(open_page) -> None:
    page = shown()
    more = "<script>window.hurt = 1</script></body>"
    errors: list[str] = []
    window = open_page(Page(page.title, page.html.replace("</body>", more)), errors=errors)
    assert window.evaluate("window.hurt") is None
    assert "Content Security Policy" in errors[0]
    assert len(window.evaluate("window.breaches.splice(0)")) == 1


def test_names_are_only_text(open_page) -> None:
    game = bb.scenario("hard").replace(min_nights=0, max_nights=5)
    games = [game.replace(name=name) for name in MALICE]
    page = bb.explore(*(bb.Episode(each, HEROES, seed=7) for each in games), title=" ".join(MALICE))
    assert "<script>window" not in page.html
    window = open_page(page, width=360)
    assert window.title().startswith(MALICE[0])
    for place, name in enumerate(MALICE):
        window.get_by_label("Which of these").select_option(index=place)
        assert window.locator("h2").inner_text().startswith(name[:10].rstrip())
        assert window.evaluate("window.hurt") is None
        assert window.evaluate("document.documentElement.scrollWidth") <= 360


def test_scripts_only_ever_set_text() -> None:
    """No script of the package's own parses text as HTML, or as a script."""
    parses = re.compile(
        r"(inner|outer)HTML|insertAdjacentHTML|document\.write|DOMParser|createContextualFragment"
        r"|\beval\(|\bFunction\(|srcdoc|setAttribute\('(style|on)"
    )
    scripts = [file for file in STATIC.glob("*.js") if not file.name.startswith("uplot")]
    assert len(scripts) > 5
    for script in scripts:
        assert not parses.search(script.read_text(encoding="utf-8")), script.name


def luminance(colour: str) -> float:
    """The relative luminance of a colour such as #00805e, as the WCAG have it."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_text_is_legible_in_light_and_dark() -> None:
    """Each colour that text may have stands out from each background (WCAG AA: 4.5 to 1)."""
    css = "".join(file.read_text(encoding="utf-8") for file in sorted(STATIC.glob("*.css")))
    found = re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)", css)
    colours = {name: pair for name, *pair in found}
    seats = [f"seat-{seat}" for seat in range(8)]
    for name in ("ink", "muted", "accent", "safe", "burning", "ruined", "saved", "differs", *seats):
        for background in ("paper", "card", "sunk"):
            for text, behind in zip(colours[name], colours[background], strict=True):
                low, high = sorted(map(luminance, (text, behind)))
                assert (high + 0.05) / (low + 0.05) >= 4.5, (name, background)


def test_data_that_json_lacks_is_refused() -> None:
    bundle = bundled([], "title")
    with pytest.raises(ValueError, match="JSON"):
        html_page({**bundle, "results": [float("nan")]})


@pytest.mark.parametrize(
    ("things", "message"),
    [
        ((), "things = none"),
        ((3,), "things = 3 is not allowed"),
        (([],), r"things = \[\]"),
        ((bb.Episode(bb.scenario("hard")),), "played by actions from outside"),
    ],
)
def test_what_cannot_be_shown_is_refused(things, message) -> None:
    with pytest.raises(bb.InvalidValue, match=message):
        bb.explore(*things)


def test_lists_are_what_they_hold(tmp_path) -> None:
    game = bb.scenario("default").replace(num_houses=3, num_agents=2, max_nights=20)
    nash, optimum = bb.DoubleOracle(game).solve(), bb.team_optimum(game)
    nights = bb.replay(game, ["hero"] * 2, seed=1, episode=0)
    file = tmp_path / "episode.json"
    command = ["episode", "hard", "--lineup", "hero,hero,hero,liar", "--json"]
    file.write_text(CliRunner().invoke(app, command).stdout, encoding="utf-8")
    alone = bundled([nash, optimum, nights, file], "title")
    assert bundled([[nash, (optimum, nights)], [str(file)]], "title") == alone
    assert [len(alone[name]) for name in ("results", "policies", "episodes")] == [2, 1, 2]
    with pytest.raises(bb.InvalidValue, match="things = 3"):
        bundled([[nash, 3]], "title")


def test_a_title_is_text() -> None:
    with pytest.raises(bb.InvalidValue, match="title = 3 is not allowed: expected text"):
        bb.explore(bb.Episode(bb.scenario("hard"), HEROES), title=3)


def test_files_that_hold_nothing_to_show(tmp_path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"):
        bb.explore(tmp_path / "nowhere.json")
    for content in ("", "not JSON", "[]", '{"schema_version": 2}'):
        file = tmp_path / "file.json"
        file.write_text(content)
        with pytest.raises(bb.InvalidFile, match=r"file\.json"):
            bb.explore(file)


def test_an_episode_that_was_printed(tmp_path) -> None:
    file = tmp_path / "episode.json"
    lineup = ["hero", "hero", "free_rider", "liar"]
    command = ["episode", "hard", "--lineup", ",".join(lineup), "--seed", "7", "--json"]
    file.write_text(CliRunner().invoke(app, command).stdout, encoding="utf-8")
    episode = bb.Episode(bb.scenario("hard"), lineup, seed=7)
    assert bb.explore(file).html == bb.explore(episode).html
    whole = json.loads(file.read_text())
    acts = whole["nights"][0]["actions"]
    for damage in (
        {"nights": []},
        {"nights": [{}]},
        {"nights": [{**whole["nights"][0], "before": ["safe"] * 9}]},
        {"nights": [{**whole["nights"][0], "after": ["gone"] * 10}]},
        {"nights": [{**whole["nights"][0], "rewards": [None] * 4}]},
        {"nights": [{**whole["nights"][0], "actions": [{**acts[0], "house": 2.5}, *acts[1:]]}]},
        {"nights": [{**whole["nights"][0], "actions": [{**acts[0], "works": "no"}, *acts[1:]]}]},
        {"nights": whole["nights"][1:]},
        {"nights": [whole["nights"][0]] * 2},
        {"nights": [whole["nights"][0], {**whole["nights"][1], "before": ["ruined"] * 10}]},
        {"lineup": lineup[:3]},
        {"lineup": "hero"},
        {"lineup": ["hero", "hero", "hero", ["liar"]]},
        {"lineup": ["hero", "hero", "hero", {"liar": "<b>"}]},
        {"nights": [{**whole["nights"][0], "extinguished": [10]}]},
        {"nights": [{**whole["nights"][0], "ended": "<b>"}]},
        {"nights": 3},
        {"scenario": {}},
        {"seed": "<b>"},
        {"episode": 2**64},
    ):
        file.write_text(json.dumps({**whole, **damage}))
        with pytest.raises(bb.InvalidFile, match="the episode is incomplete or damaged"):
            bb.explore(file)
