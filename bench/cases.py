"""The cases: every scenario with every line-up of one archetype in all seats."""

from collections.abc import Sequence
from dataclasses import dataclass

from bucket_brigade import ARCHETYPES, SCENARIOS, Scenario
from bucket_brigade._core import Program
from bucket_brigade.game.program import compile_program

SEED = 0
LINEUPS = ("firefighter", "free_rider", "hero", "coordinator")


@dataclass(frozen=True)
class Case:
    """A scenario, and the archetype that all its seats play."""

    scenario: str
    archetype: str

    def program(self, episodes: int) -> Program:
        """The case compiled for a number of episodes, from 0 on."""
        scenario = SCENARIOS[self.scenario]
        lineup = [self.archetype] * scenario.num_agents
        return compile_program(scenario, [lineup], seed=SEED, episodes=episodes)

    def line(self, path: str, episodes: int) -> str:
        """The same, for core_rs/examples/count_calls.rs."""
        names = self.scenario, self.archetype
        theta = ARCHETYPES[self.archetype].tolist()
        return example_line(path, names, SCENARIOS[self.scenario], [theta], episodes)


def example_line(
    path: str,
    names: tuple[str, str],
    scenario: Scenario,
    strategies: Sequence[Sequence[float]],
    episodes: int,
) -> str:
    """A case of core_rs/examples, all seats mixing these strategies evenly.

    The names, of a scenario and an archetype, are what the examples call it.
    """
    s = scenario
    words = [
        *(path, *names, episodes, SEED, s.num_houses, s.num_agents),
        s.prob_fire_spreads_to_neighbor,
        s.prob_solo_agent_extinguishes_fire,
        s.prob_house_catches_fire,
        *(s.min_nights, s.max_nights, s.night_order, s.end_rule),
        *(x for theta in strategies for x in theta),
    ]
    return " ".join(str(word) for word in words)


CASES = [Case(scenario, archetype) for scenario in SCENARIOS for archetype in LINEUPS]
