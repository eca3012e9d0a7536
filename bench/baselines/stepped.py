"""Rung 0: agents in Python, the Rust plain engine stepped across the boundary every night.

What there was before whole episodes ran in Rust. The boundary is as thin as it gets: the core's own
``Episode`` is called, with tuples, on line-ups compiled once, and returns are added up once per
episode. `bucket_brigade.Episode`, which checks its arguments and describes the night, takes longer.
"""

import random
from collections.abc import Sequence

import numpy as np

from bench.baselines.common import Game, Lineup, Played
from bucket_brigade import Scenario, _core
from bucket_brigade.game.program import compile_program
from bucket_brigade.policies.heuristic import as_strategy

BURNING = 1


class HeuristicAgent:
    """The agent of docs/rules.md."""

    def __init__(self, theta: Sequence[float], home: int, rng: random.Random) -> None:
        self.honesty = float(theta[0])
        self.works = float(theta[1] * (1 - theta[8]))
        self.stays = float(theta[3])
        self.home = home
        self.random = rng.random
        self.choice = rng.choice

    def act(self, houses: list[int], fires: list[int]) -> tuple[int, bool, bool]:
        """House, mode and signal, from what everybody sees before the night."""
        works = self.random() < self.works
        house = self.home
        if works and fires and not (houses[house] == BURNING and self.random() < self.stays):
            house = self.choice(fires)
        honest = self.random() < self.honesty
        return house, works, works is honest


def play(scenario: Scenario, lineups: Sequence[Lineup], episodes: int, seed: int = 0) -> Played:
    """Plays every line-up night by night. Line-ups do not share their luck."""
    game = Game.of(scenario)
    A, H = game.agents, game.houses
    returns, nights = [], 0
    for number, lineup in enumerate(lineups):
        rng = random.Random(f"{seed} {number}")
        agents = [
            HeuristicAgent(as_strategy(entry).tolist(), seat % H, rng)
            for seat, entry in enumerate(lineup)
        ]
        own_seed = rng.getrandbits(64)
        program = compile_program(scenario, [lineup], seed=own_seed, episodes=episodes)
        counts = np.zeros((episodes, 1 + A + 3 * H + 4), dtype=np.int64)
        for number_of_episode in range(episodes):
            episode = _core.Episode(program, None, number_of_episode)
            step = episode.step
            houses, ended = episode.houses, None
            events = []
            while ended is None:
                fires = [h for h, state in enumerate(houses) if state == BURNING]
                night = step([agent.act(houses, fires) for agent in agents])
                houses, ended = night["after"], night["ended"]
                events.append(night["counts"])
            counts[number_of_episode] = np.array(events).sum(axis=0)
        returns.append(game.returns_of(counts))
        nights += int(counts[:, 0].sum())
    return Played.of(returns, nights)
