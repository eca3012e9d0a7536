"""A tour in ten lines: a game played, computed, solved, and judged.

python examples/tour.py
"""

import bucket_brigade as bb

game = bb.scenario("hard")
print(bb.simulate(game, [["hero"] * 4], episodes=100_000, seed=7))  # sampled, with its error
print(bb.expected(game, [["hero"] * 4]))  # exact
print(bb.DoubleOracle(game).solve())  # stable among agents of two numbers
print(bb.judge(game, ["hero"] * 4, heuristics=False))  # what any policy gains by leaving
print(bb.team_optimum(game).payoff, bb.markov_equilibrium(game).payoffs)  # the whole game, solved
for night in bb.replay(game, ["hero"] * 4, seed=7, episode=36)[:3]:  # any episode, again
    print(night.night, [house.name for house in night.after], night.rewards)
