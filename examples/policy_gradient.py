"""Two agents learn tables by policy gradient, and are judged by the exact optimum.

Each agent has a chance for each act (rest, or work at one of four houses) in each of the 81 states
of a ring of four, learned by REINFORCE with what the same state brings on average on the same night
as a baseline. Only the samples of the environment are used; what the policies are worth is then
computed exactly, beside the most that any policies could have.

    python examples/policy_gradient.py --curve curve.jsonl
    bucket-brigade explore curve.jsonl
"""

import argparse
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np

import bucket_brigade as bb
from bucket_brigade.envs import VectorEnv

GAME = bb.scenario("default").replace(num_houses=4, num_agents=2, max_nights=20)
LANES, UPDATES, RATE = 2048, 100, 1.0


def chances(logits: np.ndarray) -> np.ndarray:
    """The softmax over acts."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def train(seed: int = 0, tell: Callable[[int, np.ndarray], None] | None = None) -> np.ndarray:
    """Learned logits, shape (agents, states, acts); `tell` sees them after each update."""
    houses, agents, nights = GAME.num_houses, GAME.num_agents, GAME.max_nights
    env = VectorEnv(GAME, LANES, seed=seed, autoreset="disabled")
    rng = np.random.default_rng(seed)
    logits = np.zeros((agents, 3**houses, 1 + houses))
    for update in range(1, UPDATES + 1):
        states = np.zeros((nights, LANES), dtype=int)
        acts = np.zeros((nights, LANES, agents), dtype=int)
        rewards, played = np.zeros((nights, LANES)), np.zeros((nights, LANES), dtype=bool)
        seen, _ = env.reset()
        going = np.ones(LANES, dtype=bool)
        table = chances(logits).cumsum(axis=-1)
        for night in range(nights):
            states[night] = seen["houses"] @ 3 ** np.arange(houses)
            for agent in range(agents):
                draws = rng.random(LANES)[:, None] * table[agent, states[night], -1:]
                acts[night, :, agent] = (draws >= table[agent, states[night]]).sum(axis=1)
            played[night] = going
            seen, reward, terminated, truncated, _ = env.step(env.encode(acts[night]))
            rewards[night] = reward.mean(axis=1) * going  # what is learned for: the team's mean
            ended = terminated | truncated
            going &= ~ended
            if not going.any():
                break
            if ended.any():  # those wait in a new episode, which counts for nothing
                seen, _ = env.reset(mask=ended)
        to_come = rewards[::-1].cumsum(axis=0)[::-1]
        for night in range(nights):
            here = np.flatnonzero(played[night])
            state = states[night, here]
            visits = np.bincount(state, minlength=3**houses)
            total = np.bincount(state, to_come[night, here], minlength=3**houses)
            better = to_come[night, here] - (total / np.maximum(visits, 1))[state]
            weight = better / (to_come[night, here].std() + 1e-9) / visits[state]
            for agent in range(agents):
                pull = np.zeros_like(logits[agent])
                np.add.at(pull, (state, acts[night, here, agent]), weight)
                drawn = pull.sum(axis=1, keepdims=True)
                logits[agent] += RATE * (pull - drawn * chances(logits[agent]))
        if tell is not None:
            tell(update, logits)
    return logits


def write_curve(file: Path, optimum: float) -> Callable[[int, np.ndarray], None]:
    """Begin a log of learning (docs/explore.md); what is returned adds to it, every 5 updates."""
    about = {"format": "bucket-brigade learning", "version": 1, "scenario": GAME.to_dict()}
    file.write_text(json.dumps(about | {"known": {"the team optimum": optimum}}) + "\n")

    def tell(update: int, logits: np.ndarray) -> None:
        if update % 5 == 0:
            lineup = [bb.tabulate(table, GAME) for table in chances(logits)]
            judged = bb.judge(GAME, lineup, heuristics=False)
            found = {"payoff": float(judged.result.mean.mean()), "gain": judged.exploitability}
            with file.open("a") as log:
                log.write(json.dumps({"update": update, **found, "nights": judged.nights}) + "\n")

    return tell


def main() -> None:
    """Learn, and show how far it came."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--curve", type=Path, help="where judgements go, for `explore`")
    curve = parser.parse_args().curve
    optimum = bb.team_optimum(GAME)
    tell = None if curve is None else write_curve(curve, optimum.payoff)
    policies = [bb.tabulate(table, GAME) for table in chances(train(tell=tell))]
    learned = float(bb.expected(GAME, [policies]).mean.mean())
    heroes = bb.best_common_heuristic(GAME)
    print(f"learned {learned:.1f}, {learned / optimum.payoff:.1%} of the optimum")
    print(f"optimum {optimum.payoff:.1f} in {optimum.nights:.1f} nights")
    print(f"best (p, q) {heroes.payoff:.1f} in {heroes.nights:.1f} nights")
    blank = [bb.tabulate(table, GAME) for table in chances(np.zeros((2, 81, 5)))]
    print(f"untrained {float(bb.expected(GAME, [blank]).mean.mean()):.1f}")
    gain = bb.exploitability(GAME, policies).largest
    print(f"a seat that leaves the learned policies gains {gain:.1f} at most")


if __name__ == "__main__":
    main()
