"""Replays in a browser: what is shown is what happened, from the first night to the last."""

import re

import numpy as np
import pytest

import bucket_brigade as bb

LINEUP = ["hero", "hero", "free_rider", "liar"]
OTHER = ["hero", "hero", "hero", "liar"]
GAME = bb.scenario("hard").replace(max_nights=20)


def episode(lineup=LINEUP, game=GAME):
    return bb.Episode(game, lineup, seed=7, episode=36)


#: All that a stage says: its table as numbers, the houses, the agents, and what is told in words.
SEEN = """(stage) => {
  const all = (css) => [...stage.querySelectorAll(css)];
  const number = (text) => Number(text.replace('−', '-').replaceAll(',', ''));
  return {
    rows: all('.seats tbody tr').map((row) =>
      [...row.querySelectorAll('td')].slice(1).map((cell) => number(cell.textContent))),
    houses: all('.house').map((house) => house.getAttribute('aria-label').split(': ')[1]),
    differ: all('.house').map((house) => 'differs' in house.dataset),
    agents: all('.agent title').map((title) => title.textContent),
    story: stage.querySelector('.story').textContent,
    counts: stage.querySelector('.counts').textContent,
  };
}"""


def seen(window, stage=0):
    return window.locator(".stage").nth(stage).evaluate(SEEN)


def names(houses):
    return [house.name.lower() for house in houses]


def where(window) -> str:
    return window.locator(".where").inner_text()


def test_every_night_is_shown_as_it_was(open_page) -> None:
    nights = bb.replay(GAME, LINEUP, seed=7, episode=36)
    window = open_page(bb.explore(episode()))
    assert seen(window)["houses"] == names(nights[0].before)
    worked, lied, total = np.zeros((3, 4))
    for night in nights:
        window.keyboard.press("ArrowRight")
        assert where(window).startswith(f"Night {night.night},")
        now = seen(window)
        assert now["houses"] == names(night.after)
        worked += [act.works for act in night.actions]
        lied += [act.works != act.signal for act in night.actions]
        total += night.rewards
        expected = np.array([worked, lied, night.rewards, total]).T
        np.testing.assert_allclose(now["rows"], expected, atol=0.051)
        for agent, (told, act) in enumerate(zip(now["agents"], night.actions, strict=True)):
            does = "works" if act.works else "rests"
            claims = "work" if act.signal else "rest"
            lie = ", a lie" if act.works != act.signal else ""
            letter = chr(ord("a") + agent)
            assert told == f"agent {letter} {does} at house {act.house}, signals {claims}{lie}"
        for verb, houses in (("caught fire", night.caught), ("saved", night.saved)):
            for house in houses:
                assert re.search(rf"\b{house}\b[^.]* {verb}", now["story"])
    assert nights[-1].ended.replace("_", " ") in now["counts"]


def test_plays_to_the_end_by_itself(open_page) -> None:
    window = open_page(bb.explore(episode()))
    window.get_by_label("Nights a second").select_option("120")
    window.keyboard.press("Space")
    window.get_by_label("Pause").wait_for()
    window.get_by_label("Play", exact=True).wait_for()
    assert "Night 19," in where(window)
    window.keyboard.press("Space")  # from the beginning
    window.keyboard.press("Space")
    assert "Night 19," not in where(window)


def test_the_keyboard_alone_drives_it(open_page) -> None:
    window = open_page(bb.explore(episode()))
    for key, expected in [
        ("End", "Night 19,"),
        ("Shift+ArrowLeft", "Night 9,"),
        ("ArrowLeft", "Night 8,"),
        ("Home", "Start"),
    ]:
        window.keyboard.press(key)
        assert where(window).startswith(expected)
    # By Tab: the link to the content, theme, keys, parameters, then playback in its order.
    reached = []
    for _ in range(10):
        window.keyboard.press("Tab")
        reached.append(
            window.evaluate("document.activeElement.ariaLabel || document.activeElement.id")
        )
    assert reached[1:3] == ["theme", "help"]
    assert {"Play", "A night on", "Nights a second"} <= set(reached)
    window.locator("[aria-label=Play]").focus()
    window.keyboard.press("Enter")
    window.get_by_label("Pause").wait_for()
    window.keyboard.press("Space")  # presses the button, once
    window.get_by_label("Play", exact=True).wait_for()
    window.keyboard.press("?")
    assert window.get_by_role("dialog").is_visible()
    window.keyboard.press("Escape")
    assert not window.get_by_role("dialog").is_visible()


def test_two_plays_on_the_same_luck(open_page) -> None:
    first, second = (bb.replay(GAME, each, seed=7, episode=36) for each in (LINEUP, OTHER))
    acts = next(a.night for a, b in zip(first, second, strict=False) if a.actions != b.actions)
    houses = next(a.night for a, b in zip(first, second, strict=False) if a.after != b.after)
    window = open_page(bb.explore(episode(), episode(OTHER)))
    told = window.locator(".parted p").inner_text()
    assert f"first on night {acts};" in told
    assert f"at the end of night {houses}." in told
    assert window.locator("[data-differs]").count() == 0
    window.keyboard.press("d")
    assert where(window).startswith(f"Night {houses},")
    marked = [
        place
        for place, (a, b) in enumerate(zip(first[houses].after, second[houses].after, strict=True))
        if a != b
    ]
    for stage in (0, 1):
        assert [i for i, differs in enumerate(seen(window, stage)["differ"]) if differs] == marked
    window.keyboard.press("End")
    for stage, nights in enumerate((first, second)):
        assert seen(window, stage)["houses"] == names(nights[-1].after)


def test_nothing_is_compared_once_a_play_is_over(open_page) -> None:
    number, game = 0, GAME.replace(min_nights=1)
    while True:  # an episode in which the first is over before the second
        number += 1
        first, second = (
            bb.replay(game, each, seed=7, episode=number) for each in (["hero"] * 4, ["liar"] * 4)
        )
        if len(first) < len(second) and first[-1].after != second[-1].after:
            break
    plays = (bb.Episode(game, [name] * 4, seed=7, episode=number) for name in ("hero", "liar"))
    window = open_page(bb.explore(*plays))
    assert f"Left is over after {len(first)} night" in window.locator(".parted p").inner_text()
    window.keyboard.press("End")
    assert "ended" in seen(window)["counts"]
    assert window.locator("[data-differs]").count() == 0


def test_games_of_one_name_are_told_apart(open_page) -> None:
    games = [bb.scenario("hard"), GAME, GAME.replace(name="mine")]
    window = open_page(bb.explore(*(episode(game=game) for game in games)))
    told = window.get_by_label("Which of these").locator("option").all_inner_texts()
    assert [text.split(":")[0] for text in told] == ["hard", "hard, max nights 20", "mine"]
    window.get_by_label("Which of these").select_option(index=1)
    usual = f"max nights: 20 instead of {bb.scenario('hard').max_nights}"
    window.get_by_text(usual).wait_for()


def test_an_episode_of_ten_thousand_nights(open_page) -> None:
    game = GAME.replace(
        min_nights=10_000,
        max_nights=10_000,
        prob_fire_spreads_to_neighbor=0.02,
        prob_solo_agent_extinguishes_fire=0.9,
    )
    nights = bb.replay(game, LINEUP, seed=7, episode=36)
    page = bb.explore(nights)
    assert len(page.html.encode()) < 3e6
    window = open_page(page)
    assert window.evaluate("document.querySelectorAll('*').length") < 1000
    window.keyboard.press("End")
    assert "Night 9999," in where(window)
    total = np.sum([night.rewards for night in nights], axis=0)
    np.testing.assert_allclose([row[-1] for row in seen(window)["rows"]], total, atol=0.051)
    assert seen(window)["houses"] == names(nights[-1].after)


def test_any_episode_of_a_batch_and_others_to_choose(open_page) -> None:
    result = bb.simulate(GAME, [LINEUP, OTHER], episodes=64, seed=3, first_episode=32)
    window = open_page(bb.explore(result, result.episode(40), result.episode(40, 1)))
    assert window.locator("h2").inner_text() == "hard, max nights 20: episode 32 of seed 3"
    assert window.locator(".stage").count() == 2
    window.get_by_label("Which of these").select_option("hard, max nights 20: episode 40 of seed 3")
    window.keyboard.press("End")
    assert seen(window, 1)["houses"] == names(bb.replay(GAME, OTHER, seed=3, episode=40)[-1].after)
    with pytest.raises(bb.InvalidValue, match=r"number = 96 is not allowed.*32 to 95"):
        result.episode(96)
    with pytest.raises(bb.InvalidValue, match="lineup = 2"):
        result.episode(32, 2)


def test_what_is_no_longer_shown_is_forgotten(open_page) -> None:
    result = bb.simulate(GAME, [LINEUP], episodes=32, seed=3)
    window = open_page(bb.explore(*(result.episode(number) for number in range(2))))
    drawn = "document.querySelectorAll('.chart-room, .timeline')"
    assert window.evaluate(f"(window.kept = [...{drawn}].map((e) => new WeakRef(e))).length") == 2
    window.get_by_label("Which of these").select_option(index=1)
    window.keyboard.press("t")  # draws all again that is there
    window.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
    window.request_gc()
    assert window.evaluate("window.kept.filter((each) => each.deref()).length") == 0
    # What is only hidden comes back.
    lines = window.locator(".chart-room canvas")
    window.evaluate("document.getElementById('panel-replay').hidden = true")
    lines.wait_for(state="detached")
    window.evaluate("document.getElementById('panel-replay').hidden = false")
    lines.wait_for()


def test_mixtures_and_pools_tell_what_was_drawn() -> None:
    pool = ["hero", "liar"]
    result = bb.simulate(GAME, [[[0.5, 0.5]] * 4], pool=pool, episodes=32, seed=3)
    again = result.episode(5)
    names = [policy.name() for policy in again.policies]
    assert set(names) == {"hero", "liar"}
    mixed = bb.Episode(GAME, [bb.Mixture(pool, [0.5, 0.5])] * 4, seed=3, episode=5)
    assert mixed.step() == again.step()
    assert again.restarted().night == 0


def test_nights_of_actions_from_outside(open_page) -> None:
    rest = [[[0, 0, 1]] * 4] * 5
    window = open_page(bb.explore(bb.replay_actions(GAME, rest, seed=7, episode=1)))
    window.keyboard.press("End")
    assert [row[:2] for row in seen(window)["rows"]] == [[0, 5]] * 4


def test_it_fits_any_width_in_light_and_dark(open_page) -> None:
    paper = "getComputedStyle(document.body).backgroundColor.match(/\\d+/g)[0] > 128"
    fits = "document.documentElement.scrollWidth <= innerWidth"
    window = open_page(bb.explore(episode(), episode(OTHER)))
    for scheme in ("light", "dark"):
        window.emulate_media(color_scheme=scheme)
        assert window.evaluate(paper) == (scheme == "light")
        for width in (320, 360, 768, 1600):
            window.set_viewport_size({"width": width, "height": 800})
            assert window.evaluate(fits)
    window.keyboard.press("t")
    assert window.evaluate(paper)
    window.keyboard.press("t")
    assert not window.evaluate(paper)


def test_games_at_their_limits(open_page) -> None:
    games = [
        GAME.replace(num_houses=32, num_agents=16),
        GAME.replace(num_houses=2, num_agents=16),
        GAME.replace(num_agents=1, min_nights=0, max_nights=1, prob_house_catches_fire=1.0),
    ]
    episodes = [episode(["liar"] * game.num_agents, game) for game in games]
    window = open_page(bb.explore(*episodes), width=360)
    for place, each in enumerate(episodes):
        window.get_by_label("Which of these").select_option(index=place)
        window.keyboard.press("End")
        while each.ended is None:
            last = each.step()
        now = seen(window)
        assert now["houses"] == names(last.after)
        assert len(now["agents"]) == each.scenario.num_agents
        assert window.evaluate("document.documentElement.scrollWidth") <= 360


def test_still_for_those_who_ask_for_it(open_page) -> None:
    """Without motion, agents are only ever seen where the ends of nights have them."""
    window = open_page(bb.explore(episode()), reduced_motion="reduce")
    window.evaluate("""() => {
      window.places = new Set();
      const agents = [...document.querySelectorAll('.stage .agent')];
      const note = () => window.places.add(agents.map((a) => a.getAttribute('transform')).join());
      agents.forEach((agent) => new MutationObserver(note).observe(agent, {attributes: true}));
    }""")
    for _ in range(20):
        window.keyboard.press("ArrowRight")
    stood = window.evaluate("window.places.size")
    assert stood > 5
    window.get_by_label("Nights a second").select_option("30")
    window.keyboard.press("Space")  # from the beginning
    window.get_by_label("Pause").wait_for()
    window.get_by_label("Play", exact=True).wait_for()
    assert where(window).startswith("Night 19,")
    assert window.evaluate("window.places.size") <= stood + 1  # and at home, at the start


@pytest.mark.slow
def test_frames_of_a_hundred_nights(open_page, capsys) -> None:
    """An episode of 100 nights animates at the screen's rate: how long frames take is reported."""
    game = GAME.replace(min_nights=100, max_nights=100)
    window = open_page(bb.explore(episode(game=game), episode(OTHER, game)))
    window.get_by_label("Nights a second").select_option("30")
    frames = window.evaluate("""() => new Promise((done) => {
      const gaps = [];
      let before = null;
      document.querySelector('[aria-label=Play]').click();
      const frame = (now) => {
        gaps.push(now - (before ?? now));
        before = now;
        if (document.querySelector('[aria-label=Pause]')) {
          requestAnimationFrame(frame);
        } else {
          done(gaps.slice(1));
        }
      };
      requestAnimationFrame(frame);
    })""")
    rate, worst = 1000 / np.median(frames), np.quantile(frames, 0.99)
    with capsys.disabled():
        print(f"{len(frames)} frames, {rate:.0f} a second; 99 % within {worst:.0f} ms")
    assert rate > 20  # loosely, as machines that test are busy
