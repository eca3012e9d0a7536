"""An agent of your own beside built-in ones, a thousand games in step.

python examples/random_agent.py
"""

import numpy as np

import bucket_brigade as bb
from bucket_brigade.envs import VectorEnv


def mean_returns(lanes: int = 1024, seed: int = 0) -> np.ndarray:
    """Mean return of each seat, of the first episode of each lane; seat 0 acts at random."""
    game = bb.scenario("default")
    env = VectorEnv(game, lanes, seed=seed, lineup=[None, "hero", "hero", "hero"])
    rng = np.random.default_rng(seed)
    env.reset()
    returns, ended = np.zeros((lanes, env.num_agents)), np.zeros(lanes, dtype=bool)
    while not ended.all():
        actions = rng.integers([env.num_houses, 2, 2], size=(lanes, env.num_agents, 3))
        _, _, terminated, truncated, info = env.step(actions)  # rows of built-in seats are ignored
        over = (terminated | truncated) & ~ended
        returns[over] = info["final"]["returns"][over]
        ended |= over
    return returns.mean(axis=0)


if __name__ == "__main__":
    sampled = mean_returns()
    exact = bb.expected(bb.scenario("default"), [["random", "hero", "hero", "hero"]]).mean[0]
    for seat, (mean, value) in enumerate(zip(sampled, exact, strict=True)):
        print(f"seat {seat}: {mean:.0f} sampled, {value:.1f} exactly")
