"""Games small enough for the exact chain, in which every kind of event is common."""

from drawn_games import Theta, WeighedSeat

import bucket_brigade as bb

ROAMER: Theta = (0.8, 0.6, 0.5, 0.1, 0.5, 0.7, 0.1, 0.0, 0.0, 0.8)
HOMEBODY: Theta = (0.7, 0.5, 0.0, 0.95, 0.0, 0.0, 0.1, 0.0, 0.4, 0.0)
LIAR: Theta = (0.1, 0.7, 0.0, 0.9, 0.2, 0.8, 0.3, 0.0, 0.4, 0.2)

# All reward weights differ, so that no two can be swapped unnoticed.
LIVELY = bb.Scenario(
    prob_fire_spreads_to_neighbor=0.35,
    prob_solo_agent_extinguishes_fire=0.6,
    prob_house_catches_fire=0.25,
    team_reward_house_survives=11.0,
    team_penalty_house_burns=7.0,
    reward_own_house_survives=(3.0, 5.0),
    reward_other_house_survives=1.25,
    penalty_own_house_burns=2.5,
    penalty_other_house_burns=(0.75, 0.25),
    cost_to_work_one_night=0.6,
    min_nights=2,
    max_nights=7,
    num_agents=2,
    num_houses=3,
)
CROWDED = LIVELY.replace(
    num_agents=3,
    num_houses=2,
    reward_own_house_survives=(3.0, 5.0, 100.0),
    penalty_other_house_burns=(0.75, 0.25, 0.1),
    min_nights=0,
)
LARGER = LIVELY.replace(num_houses=4, min_nights=1, max_nights=5)

MIXED: WeighedSeat = [(0.3, HOMEBODY), (0.0, ROAMER), (0.7, LIAR)]
SEATS: list[WeighedSeat] = [[(1.0, ROAMER)], MIXED]
GAMES = [(LIVELY, SEATS), (LARGER, SEATS), (CROWDED, [*SEATS, MIXED])]
