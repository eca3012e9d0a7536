"""Games for Hypothesis to draw, of the shapes that kernels are compiled for."""

from dataclasses import dataclass
from typing import Any

from drawn_games import TOP, Theta, WeighedSeat, entry, episode_numbers, scenarios, seeds, thetas
from hypothesis import strategies as st
from shapes import SHAPES

import bucket_brigade as bb
from bucket_brigade_cuda.kernels.shape import Shape

__all__ = ["ShapedGame", "shaped_games"]


@dataclass
class ShapedGame:
    shape: Shape
    scenario: bb.Scenario
    seats: list[list[WeighedSeat]]
    seed: int
    first_episode: int
    episodes: int

    @property
    def lineups(self) -> list[list[object]]:
        return [[entry(seat) for seat in lineup] for lineup in self.seats]

    @property
    def request(self) -> dict[str, Any]:
        return {
            "seed": self.seed,
            "first_episode": self.first_episode,
            "episodes": self.episodes,
        }


@st.composite
def _mixtures(draw: st.DrawFn, width: int, kinds: list[Theta], least: int = 0) -> WeighedSeat:
    """At most `width` strategies; more than `least`, and some more of weight 0."""
    shares = draw(
        st.lists(st.integers(0, 7), min_size=least + 1, max_size=width + 2).filter(
            lambda shares: least < sum(map(bool, shares)) <= width
        )
    )
    first = draw(st.integers(0, len(kinds) - 1))
    return [
        (share / sum(shares), kinds[(first + i) % len(kinds)]) for i, share in enumerate(shares)
    ]


@st.composite
def shaped_games(
    draw: st.DrawFn, *, most_nights: int = 30, most_lineups: int = 3, most_episodes: int = 200
) -> ShapedGame:
    """A game that plays the kernel of one of `SHAPES`: some seat needs its width."""
    shape = draw(st.sampled_from(SHAPES))
    scenario = draw(scenarios(most_nights=most_nights, most_houses=2, most_agents=1)).replace(
        num_houses=shape.houses,
        num_agents=shape.agents,
        reward_own_house_survives=1.0,
        reward_other_house_survives=2.0,
        penalty_own_house_burns=3.0,
        penalty_other_house_burns=4.0,
    )
    kinds = draw(st.lists(thetas, min_size=1, max_size=4))
    seats = draw(
        st.lists(_mixtures(shape.width, kinds), min_size=1, max_size=3),
    )
    lineups = [
        [seats[draw(st.integers(0, len(seats) - 1))] for _ in range(shape.agents)]
        for _ in range(draw(st.integers(1, most_lineups)))
    ]
    widest = draw(_mixtures(shape.width, kinds, least=shape.width // 2))
    lineups[-1][draw(st.integers(0, shape.agents - 1))] = widest
    episodes = draw(st.integers(1, most_episodes))
    first = min(draw(episode_numbers), TOP - episodes)
    return ShapedGame(shape, scenario, lineups, draw(seeds), first, episodes)
