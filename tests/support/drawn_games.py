"""Games for Hypothesis to draw: every rule, odd rings, and the edges of every range."""

from dataclasses import dataclass, fields

from hypothesis import strategies as st
from reference_game import RefScenario

import bucket_brigade as bb

ORDERS = ("spread_then_burn_out", "burn_out_then_spread")
END_RULES = ("all_safe_or_all_ruined", "no_fires")
TOP = 2**64

Theta = tuple[float, ...]
#: A seat as the witnesses take it: weights and strategies.
WeighedSeat = list[tuple[float, Theta]]

# Besides 0 and 1, those whose thresholds round to 0, 1 and 2^32.
EDGES = (0.0, 1.0, 0.5, 2.0**-34, 2.0**-33, 1.0 - 2.0**-53)
probabilities = st.one_of(st.floats(0.0, 1.0), st.floats(0.05, 0.6), st.sampled_from(EDGES))
thetas: st.SearchStrategy[Theta] = st.lists(probabilities, min_size=10, max_size=10).map(tuple)
seeds = st.one_of(st.integers(0, TOP - 1), st.sampled_from([0, 2**32 - 1, 2**32, TOP - 1]))
# Around the carry of the block number into its high word, and the last of all.
episode_numbers = st.one_of(
    st.integers(0, TOP - 1),
    st.integers(0, 100),
    st.integers(2**37 - 40, 2**37 + 40),
    st.integers(TOP - 64, TOP - 1),
)
_amounts = st.floats(-1000.0, 1000.0)


@dataclass
class DrawnGame:
    scenario: bb.Scenario
    seats: list[WeighedSeat]

    @property
    def lineup(self) -> list[object]:
        return [entry(seat) for seat in self.seats]


def entry(seat: WeighedSeat) -> object:
    """The seat as the package takes it."""
    if len(seat) == 1:
        return seat[0][1]
    return bb.Mixture([theta for _, theta in seat], [weight for weight, _ in seat])


@st.composite
def scenarios(
    draw: st.DrawFn, *, most_nights: int, most_houses: int = 32, most_agents: int = 16
) -> bb.Scenario:
    agents = draw(st.integers(1, most_agents))
    nights = draw(st.integers(1, most_nights))
    owned = st.one_of(_amounts, st.lists(_amounts, min_size=agents, max_size=agents).map(tuple))
    return bb.Scenario(
        prob_fire_spreads_to_neighbor=draw(probabilities),
        prob_solo_agent_extinguishes_fire=draw(probabilities),
        prob_house_catches_fire=draw(probabilities),
        team_reward_house_survives=draw(_amounts),
        team_penalty_house_burns=draw(_amounts),
        reward_own_house_survives=draw(owned),
        reward_other_house_survives=draw(owned),
        penalty_own_house_burns=draw(owned),
        penalty_other_house_burns=draw(owned),
        cost_to_work_one_night=draw(_amounts),
        reward_rest=draw(_amounts),
        min_nights=draw(st.integers(0, nights)),
        max_nights=nights,
        num_agents=agents,
        num_houses=draw(st.integers(2, most_houses)),
        night_order=draw(st.sampled_from(ORDERS)),
        end_rule=draw(st.sampled_from(END_RULES)),
    )


@st.composite
def weighed_seats(draw: st.DrawFn) -> WeighedSeat:
    shares = draw(st.lists(st.integers(0, 7), min_size=1, max_size=4).filter(any))
    return [(share / sum(shares), draw(thetas)) for share in shares]


@st.composite
def lineups(draw: st.DrawFn, agents: int) -> list[WeighedSeat]:
    # A few kinds of seats, so that drawing sixteen of them stays quick.
    kinds = draw(st.lists(weighed_seats(), min_size=1, max_size=3))
    return [kinds[draw(st.integers(0, len(kinds) - 1))] for _ in range(agents)]


@st.composite
def games(
    draw: st.DrawFn, *, most_nights: int, most_houses: int = 32, most_agents: int = 16
) -> DrawnGame:
    scenario = draw(
        scenarios(most_nights=most_nights, most_houses=most_houses, most_agents=most_agents)
    )
    return DrawnGame(scenario, draw(lineups(scenario.num_agents)))


def as_reference(scenario: bb.Scenario) -> RefScenario:
    """The same scenario as the witnesses know it."""
    return RefScenario(**{f.name: getattr(scenario, f.name) for f in fields(RefScenario)})
