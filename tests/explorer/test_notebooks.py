"""What notebooks show: the page itself, and pictures of episodes that need no script."""

import html
import re

import bucket_brigade as bb

GAME = bb.scenario("hard").replace(name="<script>hard", max_nights=30)


def test_a_page_shows_itself(open_page, tmp_path) -> None:
    page = bb.explore(bb.Episode(GAME, ["hero"] * 4, seed=7))
    shown = page._repr_html_()
    assert html.unescape(re.search(r'srcdoc="([^"]*)"', shown)[1]) == page.html
    notebook = tmp_path / "notebook.html"
    notebook.write_text(f"<!doctype html><body>{shown}</body>", encoding="utf-8")
    window = open_page(notebook.as_uri())
    frame = window.frame_locator("iframe")
    frame.locator("body").press("End")
    frame.locator(".where").filter(has_text="Night ").wait_for()
    assert frame.locator(".stage .house").count() == GAME.num_houses


def test_an_episode_shows_its_nights_and_payoffs() -> None:
    episode = bb.Episode(GAME, ["hero", "hero", "liar", "free_rider"], seed=7)
    nights = [episode.step() for _ in range(5)]
    shown = episode._repr_html_()
    assert "<script" not in shown
    assert shown.count("<svg") == 2
    for seat in range(4):
        assert f"<td>{sum(night.rewards[seat] for night in nights):.1f}</td>" in shown
    burning = sum(house.name == "BURNING" for night in nights for house in night.after)
    assert burning > 0
    # Each column is a fifth and a bit of 430 wide; runs of fires add up to as many as there were.
    column = 430 / 6
    runs = re.findall(r'width="([\d.]+)" height="7"', shown)
    start = sum(house.name == "BURNING" for house in nights[0].before)
    assert round(sum(map(float, runs)) / column) == burning + start
    assert (
        episode.step()
        == bb.replay(GAME, ["hero", "hero", "liar", "free_rider"], seed=7, episode=0)[5]
    )


def test_an_episode_of_outside_actions_shows_the_ring() -> None:
    episode = bb.Episode(GAME, ["hero"] * 4, seed=7)
    episode.step([bb.Action(0, False)] * 4)
    assert episode._repr_html_() == episode._repr_svg_()
    assert bb.Episode(GAME)._repr_html_().count("<svg") == 1


def test_many_nights_stay_small() -> None:
    long = GAME.replace(min_nights=2000, max_nights=2000, num_houses=32)
    episode = bb.Episode(long, ["hero"] * 4, seed=7)
    while episode.ended is None:
        episode.step()
    assert len(episode._repr_html_()) < 100_000


def test_an_equilibrium_shows_its_gains() -> None:
    game = bb.scenario("easy").replace(num_houses=5, name="<b>")
    found = bb.DoubleOracle(game, method="exact").solve()
    shown = found._repr_html_()
    assert shown.count("<svg") == 1
    assert "<b>" not in shown
    # A circle where each strategy that is played stands: p to the right, q upwards.
    for index in found.distribution:
        theta = bb.as_strategy(found.strategy_pool[index])
        p, q = theta[1] * (1 - theta[8]), theta[3]
        assert f'<circle cx="{round(240 * p, 1)}" cy="{round(240 * (1 - q), 1)}"' in shown
    # Nobody gains: no band above the first border over 0.
    levels = re.findall(r">([+-][\d.e-]+) to ([+-][\d.e-]+)<", shown)
    assert float(levels[0][0]) <= 0 < float(levels[0][1])
    assert len(shown) < 100_000


def test_solutions_of_whole_games_show_every_seat() -> None:
    game = GAME.replace(num_houses=4, num_agents=2, min_nights=2, max_nights=8)
    heroes = ["hero"] * 2
    best, markov, found = bb.team_optimum(game), bb.markov_equilibrium(game), bb.PSRO(game).solve()
    responses = bb.best_response(game, heroes)
    for solution, payoffs in (
        (best, best.payoffs),
        (markov, markov.payoffs),
        (found, found.payoffs),
        (bb.exploitability(game, heroes), bb.policy_values(game, heroes).payoffs),
        (responses[0], [responses[0].payoff]),
        (responses[1], [responses[1].value]),
    ):
        shown = solution._repr_html_()
        assert "<script" not in shown
        assert "ndarray" not in repr(solution)
        for payoff in payoffs:
            assert f"<td>{payoff:.6g}</td>" in shown
            assert f"{payoff:.6g}" in repr(solution)
