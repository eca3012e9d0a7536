"""Results in a few lines and in notebooks, and compared by what they hold."""

import copy
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

import bucket_brigade as bb
from bucket_brigade.equilibrium import RoleSearch
from bucket_brigade.evaluation.focal_payoffs import focal_payoffs

DEFAULT = bb.scenario("default")
SMALL = DEFAULT.replace(num_houses=3, num_agents=2, max_nights=13)
MARKUP = "<script>x</script> [red] \x1b[31m \n"
FOUR = ["firefighter", bb.Mixture(["hero", [0.5] * 10], [0.5, 0.5]), "hero", [0.25] * 10]


def simulated(**options: Any) -> bb.SimulationResult:
    return bb.simulate(DEFAULT, [FOUR, ["hero"] * 4], episodes=640, per_block=True, **options)


def results(scenario: bb.Scenario) -> list[Any]:
    small = SMALL.replace(name=scenario.name)
    lineups = [["hero", "liar", "hero", "hero"]] * 20
    played = bb.simulate(scenario, lineups, episodes=640, per_block=True)
    exact = bb.expected(scenario, lineups[:2])
    return [
        played,
        played.counts,
        played.difference(0, 1),
        exact,
        exact.counts,
        bb.expected_gradient(scenario, lineups[:1]),
        bb.payoff_matrix(scenario, episodes=640),
        bb.DoubleOracle(small, method="exact", max_iterations=2).solve(),
        RoleSearch(small, method="exact", starts=1).solve()[0],
        bb.Episode(scenario, lineups[0]),
    ]


def test_results_are_a_few_lines_and_markup_is_escaped() -> None:
    for result in results(DEFAULT.replace(name=MARKUP)):
        text = repr(result)
        assert text.startswith(type(result).__name__)
        assert len(text) < 2000, text
        assert len(text.splitlines()) <= 12
        assert all(line.isprintable() for line in text.splitlines())
        if isinstance(result, bb.Episode):
            continue
        html = result._repr_html_()
        assert "<script>" not in html
        assert "\x1b" not in html
        assert len(html) < 20_000
        table = ElementTree.fromstring(html)
        assert len({len(row) for row in table.iter("tr")}) == 1


def test_what_a_result_shows() -> None:
    text = repr(simulated(seed=3))
    for told in ("default", "640 episodes", "seed 3", "0.5 hero", "4 × hero", "±", "nights"):
        assert told in text
    assert f"{bb.expected(DEFAULT, [FOUR]).mean[0, 1]:.6g}" in repr(bb.expected(DEFAULT, [FOUR]))


def test_equal_results_are_equal() -> None:
    one = simulated()
    again = simulated()
    assert one == again
    assert one == copy.deepcopy(one)
    assert one.counts == again.counts
    assert one.difference(0, 1) == again.difference(0, 1)
    assert one == replace(one, event_counts=replace(one.counts, backend="other", device="x"))
    assert bb.expected(DEFAULT, [FOUR]) == bb.expected(DEFAULT, [FOUR])
    matrix = bb.payoff_matrix(DEFAULT, episodes=64)
    assert matrix == bb.payoff_matrix(DEFAULT, episodes=64)
    nan = bb.payoff_matrix(DEFAULT, episodes=10)
    assert np.isnan(nan.stderr).all()
    assert nan == bb.payoff_matrix(DEFAULT, episodes=10)


def test_other_results_are_not() -> None:
    one = simulated()
    others: list[Any] = [
        simulated(seed=1),
        simulated(first_episode=640),
        one.reweighted(reward_rest=3.0),
        bb.simulate(DEFAULT, [FOUR, ["hero"] * 4], episodes=672, per_block=True),
        replace(one, lineups=(one.lineups[1], one.lineups[1])),
        one.counts,
        None,
        3,
    ]
    for other in others:
        assert one != other
    assert one.counts != simulated(seed=1).counts
    assert one.difference(0, 1) != one.difference(1, 0)
    assert bb.payoff_matrix(DEFAULT, episodes=64) != bb.payoff_matrix(DEFAULT, episodes=64, seed=1)
    pairs = [("hero", "liar")]
    assert focal_payoffs(DEFAULT, pairs, episodes=64) == focal_payoffs(DEFAULT, pairs, episodes=64)


def test_results_with_arrays_cannot_be_hashed() -> None:
    for result in (simulated(), simulated().counts, bb.expected(DEFAULT, [FOUR])):
        with pytest.raises(TypeError, match="unhashable"):
            hash(result)


def test_mixtures() -> None:
    one = bb.Mixture(["hero", np.full(10, 0.5)], [0.5, 0.5])
    assert one == bb.Mixture(("hero", [0.5] * 10), np.array([0.5, 0.5]))  # type: ignore[arg-type]
    assert hash(one) == hash(bb.Mixture(("hero", [0.5] * 10), (0.5, 0.5)))
    assert one != bb.Mixture(["hero", [0.5] * 10], [0.25, 0.75])
    assert len({one, bb.Mixture(["liar"], [1.0])}) == 2


def test_pictures_of_the_ring() -> None:
    scenario = bb.scenario("hard").replace(prob_house_catches_fire=0.4)
    episode = bb.Episode(scenario, ["hero"] * 4, seed=5)
    assert episode._repr_svg_().count("<title>house ") == 10
    night = episode.step()
    for picture in (episode._repr_svg_(), night._repr_svg_()):
        svg = ElementTree.fromstring(picture)
        titles = [title.text for title in svg.iter("{http://www.w3.org/2000/svg}title")]
        states = [f"house {h}: {state.name.lower()}" for h, state in enumerate(night.after)]
        agents = [
            f"agent {a} {'works' if action.works else 'rests'} at house {action.house}, "
            f"signals {'work' if action.signal else 'rest'}"
            for a, action in enumerate(night.actions)
        ]
        assert titles == states + agents
        assert "href" not in picture
    texts = [text.text for text in svg.iter("{http://www.w3.org/2000/svg}text")]
    assert texts.count("saved") == len(night.saved)
    assert texts.count("caught fire") == len(night.caught)
    burned = [
        h
        for h, (before, after) in enumerate(zip(night.before, night.after, strict=True))
        if before.name == "BURNING" and after.name == "RUINED"
    ]
    assert texts.count("burned down") == len(burned) > 0
