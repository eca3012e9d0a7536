"""The command ``explore``: what it writes, and what it refuses."""

import pytest
from typer.testing import CliRunner

import bucket_brigade as bb
from bucket_brigade.cli import app

HEROES = ["--lineup", "hero,hero,hero,hero"]
LIARS = ["--lineup", "liar,liar,liar,liar"]


def run(*args: object):
    return CliRunner().invoke(app, ["explore", *map(str, args)])


def test_writes_the_page_that_python_makes(tmp_path) -> None:
    out = tmp_path / "new" / "page.html"
    luck = ["--scenario", "hard", "--seed", 7, "--episode", 36, "--episode", 40]
    done = run(*luck, *HEROES, *LIARS, "--set", "max_nights=20", "--title", "Two", "--out", out)
    assert done.exit_code == 0
    game = bb.scenario("hard").replace(max_nights=20)
    episodes = [
        bb.Episode(game, [name] * 4, seed=7, episode=number)
        for number in (36, 40)
        for name in ("hero", "liar")
    ]
    assert out.read_text(encoding="utf-8") == bb.explore(*episodes, title="Two").html
    printed = run(*luck, *HEROES, *LIARS, "--set", "max_nights=20", "--title", "Two", "--out", "-")
    assert printed.stdout == out.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("args", "told"),
    [
        ([], "RESULT = missing"),
        (["--scenario", "hard"], "--lineup = missing"),
        (HEROES, "--scenario = missing"),
        (["--scenario", "hrad", *HEROES], "did you mean hard?"),
        (["--scenario", "hard", *HEROES, "--episode", "-1"], "episode = -1"),
        (["--scenario", "hard", *HEROES, "--episode", 2**64 - 1, "--out", "."], "--out"),
        (["nowhere.json"], "nowhere.json"),
        (["nowhere.json", "--seed", 7], "--seed = given is not allowed: expected --scenario"),
        (["nowhere.json", "--episode", 0], "--episode = given"),
        (["--serve", "--set", "max_nights=20"], "--set = given"),
        (["--serve", "--rules", "original-rust"], "--rules = given"),
        (["--serve", "--out", "page.html"], "--out = given is not allowed: expected a RESULT"),
        (["--scenario", "hard", *HEROES, "--port", 8000], "--port = given"),
        (["--serve", "--port", 70000], "port = 70000"),
    ],
)
def test_refuses_what_it_cannot_show(args, told, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = run(*args)
    assert done.exit_code in (1, 2)
    assert told in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_page_does_not_replace_what_it_shows(tmp_path) -> None:
    game = tmp_path / "game.json"
    bb.scenario("hard").save(game)
    before = game.read_bytes()
    for args in ([game], ["--scenario", game, *HEROES]):
        done = run(*args, "--out", game)
        assert "another place than that of a file that is read" in " ".join(done.stderr.split())
        assert game.read_bytes() == before


def test_warns_of_large_pages(tmp_path, monkeypatch) -> None:
    asked = ["--scenario", "hard", *HEROES, "--out", tmp_path / "page.html"]
    assert "opens slowly" not in run(*asked).stderr
    monkeypatch.setattr("bucket_brigade.cli.explore._LARGE", 0.1)
    assert "more than 0.1 MB opens slowly" in " ".join(run(*asked).stderr.split())
