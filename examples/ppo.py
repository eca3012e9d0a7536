"""Four agents learn by independent PPO in PyTorch, and are judged exactly.

The agents share one network, which sees the houses and its own seat, and draws one of eleven acts:
rest, or work at a house. Each maximises its own return. Needs PyTorch.

    python examples/ppo.py --updates 40
"""

import argparse

import numpy as np
import torch
from torch import nn
from torch.distributions import Categorical

import bucket_brigade as bb
from bucket_brigade.envs import VectorEnv

LANES, NIGHTS, EPOCHS, BATCHES = 256, 100, 4, 8
#: Discount and trace decay; the game is undiscounted, a little bias costs less than the noise.
GAMMA, LAMBDA, CLIP, ENTROPY, RATE = 0.995, 0.95, 0.2, 0.003, 1e-3


class Network(nn.Module):
    """Logits of acts, and what is still to come, from houses and seat."""

    def __init__(self, houses: int, agents: int) -> None:
        super().__init__()
        self.houses, self.agents = houses, agents
        self.body = nn.Sequential(
            nn.Linear(3 * houses + agents, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh()
        )
        self.acts, self.value = nn.Linear(64, 1 + houses), nn.Linear(64, 1)

    def forward(self, houses: torch.Tensor, seats: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """For (M, H) codes of houses and (M,) seats: logits (M, 1 + H) and values (M,)."""
        rings = nn.functional.one_hot(houses.long(), 3).flatten(1)
        who = nn.functional.one_hot(seats, self.agents)
        inner = self.body(torch.cat([rings, who], dim=1).float())
        return self.acts(inner), self.value(inner).squeeze(1)


def tables(network: Network, game: bb.Scenario) -> list[bb.Tabular]:
    """What the network does in each seat, in every state, as policies that exact work takes."""

    def of(seat: int) -> bb.Tabular:
        def chances(houses: np.ndarray) -> np.ndarray:
            with torch.no_grad():
                seats = torch.full((len(houses),), seat)
                logits, _ = network(torch.from_numpy(houses), seats)
            return logits.double().softmax(1).numpy()

        return bb.tabulate(chances, game)

    return [of(seat) for seat in range(game.num_agents)]


def train(game: bb.Scenario, updates: int, seed: int = 0) -> Network:
    """Learn from `updates` batches of `LANES` times `NIGHTS` nights."""
    torch.manual_seed(seed)
    agents, houses = game.num_agents, game.num_houses
    env = VectorEnv(game, LANES, seed=seed, cap="terminated")
    network = Network(houses, agents)
    optimizer = torch.optim.Adam(network.parameters(), lr=RATE)
    scale = 100.0 * game.max_nights / 10  # returns are some thousands of points
    rows = LANES * agents
    seats = torch.arange(agents).repeat(LANES)
    seen, _ = env.reset()
    for _ in range(updates):
        states = torch.zeros(NIGHTS + 1, rows, houses, dtype=torch.uint8)
        acts = torch.zeros(NIGHTS, rows, dtype=torch.long)
        logs, values = torch.zeros(NIGHTS, rows), torch.zeros(NIGHTS + 1, rows)
        rewards, goes_on = torch.zeros(NIGHTS, rows), torch.ones(NIGHTS, rows)
        for night in range(NIGHTS):
            states[night] = torch.from_numpy(seen["houses"]).repeat_interleave(agents, dim=0)
            with torch.no_grad():
                logits, values[night] = network(states[night], seats)
            chosen = Categorical(logits=logits)
            acts[night] = chosen.sample()
            logs[night] = chosen.log_prob(acts[night])
            choice = acts[night].reshape(LANES, agents).numpy()
            seen, reward, terminated, truncated, _ = env.step(env.encode(choice))
            rewards[night] = torch.from_numpy(reward).reshape(-1) / scale
            over = torch.from_numpy(terminated | truncated)
            goes_on[night] = 1.0 - over.repeat_interleave(agents).float()
        states[NIGHTS] = torch.from_numpy(seen["houses"]).repeat_interleave(agents, dim=0)
        with torch.no_grad():
            values[NIGHTS] = network(states[NIGHTS], seats)[1]
        advantages, trace = torch.zeros(NIGHTS, rows), torch.zeros(rows)
        for night in reversed(range(NIGHTS)):
            ahead = GAMMA * goes_on[night]
            error = rewards[night] + ahead * values[night + 1] - values[night]
            trace = error + ahead * LAMBDA * trace
            advantages[night] = trace
        targets = (advantages + values[:-1]).flatten()
        gains = advantages.flatten()
        gains = (gains - gains.mean()) / (gains.std() + 1e-8)
        flat = states[:-1].flatten(0, 1), seats.repeat(NIGHTS), acts.flatten(), logs.flatten()
        for _ in range(EPOCHS):
            for some in torch.randperm(NIGHTS * rows).chunk(BATCHES):
                ring, who, act, log = (each[some] for each in flat)
                logits, value = network(ring, who)
                chosen = Categorical(logits=logits)
                ratio = (chosen.log_prob(act) - log).exp()
                clipped = ratio.clamp(1 - CLIP, 1 + CLIP)
                gain = torch.minimum(ratio * gains[some], clipped * gains[some]).mean()
                miss = (value - targets[some]).square().mean()
                loss = 0.5 * miss - gain - ENTROPY * chosen.entropy().mean()
                optimizer.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_(network.parameters(), 0.5)
                optimizer.step()
    return network


def main() -> None:
    """Learn, and show exactly how far it came."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--scenario", default="default", choices=bb.list_scenarios())
    parser.add_argument("--updates", type=int, default=40)
    options = parser.parse_args()
    game = bb.scenario(options.scenario)
    learned = tables(train(game, options.updates), game)
    result = bb.expected(game, [learned])
    print(f"learned: {result.mean.mean():.1f} in {result.nights[0]:.1f} nights")
    print(f"four heroes: {bb.expected(game, [['hero'] * 4]).mean.mean():.1f}")
    print(f"team optimum: {bb.team_optimum(game).payoff:.1f}")
    print(f"a seat that leaves gains {bb.exploitability(game, learned).largest:.1f}")


if __name__ == "__main__":
    main()
