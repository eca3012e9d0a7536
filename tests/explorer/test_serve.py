"""The served page: any episode on demand, for this machine's own page alone."""

import json
import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest

import bucket_brigade as bb
from bucket_brigade.cli.explore_live import Episodes
from bucket_brigade.explorer.bundle import bundled
from bucket_brigade.explorer.serve import PageServer

ASKED = {
    "scenario": "easy",
    "lineups": ["hero,hero,hero,liar"],
    "seed": "7",
    "episode": "0",
    "scenarios": ["easy", "hard"],
}


@pytest.fixture
def server() -> Iterator[PageServer]:
    bundle = {**bundled([], "served", live=True), "asked": ASKED}
    with PageServer(bundle, {"/episode": Episodes({}, {})}) as started:
        yield started


def ask(server: PageServer, path: str, **headers: str) -> tuple[int, str]:
    request = urllib.request.Request(server.address + path, headers=headers)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_any_episode_is_played_on_demand(open_page, server) -> None:
    window = open_page(server.address)
    heading = window.locator("h2")
    window.get_by_role("heading", name="easy: episode 0 of seed 7").wait_for()
    window.get_by_label("The next episode").click()
    window.get_by_role("heading", name="easy: episode 1 of seed 7").wait_for()
    window.get_by_label("Scenario").fill("hard")
    window.get_by_label("Beside it").fill("liar, liar, liar, firefighter:w=0.9")
    window.get_by_label("Changes").fill("max_nights=20 min_nights=3")
    window.get_by_label("Episode", exact=True).fill(str(2**64 - 1))
    window.get_by_label("Seed").fill(str(2**63))
    window.keyboard.press("Enter")
    window.get_by_role(
        "heading", name=f"max nights 20: episode {2**64 - 1} of seed {2**63}"
    ).wait_for()
    assert window.locator(".stage").count() == 2
    assert heading.count() == 1


WRONG = [
    ("Scenario", "hrad", "did you mean hard?"),
    ("Line-up", "hero", "4 seats"),
    ("Line-up", "", "lineup"),
    ("Changes", "max_nights", "NAME=VALUE"),
    ("Episode", "-1", "episode"),
    ("Seed", "many", "a whole number from 0"),
    ("Episode", str(2**64), "0 to 2^64 - 1"),
]


def test_what_was_given_stays_beside_what_is_asked_for(open_page) -> None:
    given = bb.Episode(bb.scenario("hard"), ["hero"] * 4, seed=1, episode=2)
    bundle = {**bundled([given], "served", live=True), "asked": ASKED}
    with PageServer(bundle, {"/episode": Episodes({}, {})}) as started:
        window = open_page(started.address)
        for _ in range(2):  # also when it is asked for again
            window.get_by_role("button", name="Show").click()
            window.get_by_role("heading", name="easy: episode 0 of seed 7").wait_for()
            chooser = window.get_by_label("Which of these")
            names = ["easy: episode 0 of seed 7", "hard: episode 2 of seed 1"]
            assert chooser.locator("option").all_inner_texts() == names
            chooser.select_option(index=1)
            assert window.locator("h2").inner_text() == names[1]


def test_errors_are_told_in_words(open_page, server) -> None:
    refused: list[str] = []
    window = open_page(server.address, errors=refused)
    window.get_by_role("heading", name="easy: episode 0 of seed 7").wait_for()
    for label, text, told in WRONG:
        field = window.get_by_label(label, exact=True)
        before = field.input_value()
        field.fill(text)
        window.keyboard.press("Enter")
        window.get_by_role("alert").filter(has_text=told).wait_for()
        assert window.locator(".stage").count() == 1  # what was there stays
        field.fill(before)
    window.keyboard.press("Enter")
    window.get_by_role("alert").wait_for(state="hidden")
    assert len(refused) == len(WRONG)
    assert all("400" in error for error in refused)


def test_only_its_own_page_is_answered(server) -> None:
    question = "episode?scenario=easy&lineup=hero,hero,hero,hero&seed=1&episode=2"
    status, text = ask(server, question)
    assert status == 200
    expected = bb.Episode(bb.scenario("easy"), ["hero"] * 4, seed=1, episode=2)
    assert json.loads(text) == bundled([expected], "")["episodes"]
    port = server.address.split(":")[2].strip("/")
    for headers in (
        {"Host": "evil.example"},
        {"Host": f"evil.example:{port}"},
        {"Host": "127.0.0.1"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ):
        for path in ("", question):
            status, text = ask(server, path, **headers)
            assert (status, "hero" in text) == (403, False), headers
    assert ask(server, "", Host=f"localhost:{port}")[0] == 200
    assert ask(server, "../../etc/passwd")[0] == 404


def test_a_port_that_is_taken(server) -> None:
    port = int(server.address.split(":")[2].strip("/"))
    with pytest.raises(bb.InvalidValue, match=f"port = {port} is not allowed: expected one that"):
        PageServer({**bundled([], "", live=True), "asked": ASKED}, {}, port)


def test_files_are_not_read_for_a_page(server, tmp_path) -> None:
    secret = tmp_path / "secret.json"
    secret.write_text('{"scenario": "secret"}')
    for question in (
        f"episode?scenario={secret}&lineup=hero,hero,hero,hero&seed=1&episode=2",
        f"episode?scenario=easy&lineup={secret}&seed=1&episode=2",
        f"episode?scenario=easy&lineup={secret},hero,hero,hero&seed=1&episode=2",
    ):
        status, text = ask(server, question)
        assert status == 400
        assert "is not allowed" in json.loads(text)["error"]


def test_the_command_serves_until_it_is_interrupted() -> None:
    command = [sys.executable, "-m", "bucket_brigade", "explore", "--serve"]
    env = {**os.environ, "COLUMNS": "200"}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=env) as process:
        assert process.stderr is not None
        line = process.stderr.readline()
        address = re.search(r"http://127\.0\.0\.1:\d+/", line)
        assert address, line
        with urllib.request.urlopen(address[0]) as answer:
            assert b"Bucket Brigade" in answer.read()
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 0
        assert process.stderr.read() == ""
