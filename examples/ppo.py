"""Four agents learn by independent PPO in PyTorch, and are judged exactly.

The agents share one network, which sees the houses and its own seat, and draws an act: to rest, or
to work at a house. Each maximises its own return. A second one, for learning, also sees the night.

    python examples/ppo.py --updates 1500 --every 50 --curve curve.jsonl
    bucket-brigade explore curve.jsonl
"""

import argparse
import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.distributions import Categorical

import bucket_brigade as bb
from bucket_brigade.envs import VectorEnv

LANES, EPOCHS, BATCHES, WIDTH = 64, 4, 4, 64
#: Returns are undiscounted. A trace decay below 1 is a little bias that costs less than the noise.
LAMBDA, CLIP, ENTROPY, RATE = 0.98, 0.2, 0.003, 1e-3


class Network(nn.Module):
    """Logits of acts, from houses and seat; and what is still to come, from the night, too."""

    def __init__(self, game: bb.Scenario) -> None:
        super().__init__()
        self.agents, self.nights = game.num_agents, game.max_nights
        seen = 3 * game.num_houses + game.num_agents
        self.acts = self.layers(seen, 1 + game.num_houses)
        self.value = self.layers(seen + 1, 1)
        nn.init.zeros_(self.acts[-1].weight)  # at first all acts are drawn alike

    @staticmethod
    def layers(inputs: int, outputs: int) -> nn.Sequential:
        """Make a network of two hidden layers."""
        wide = nn.Linear(inputs, WIDTH), nn.Tanh(), nn.Linear(WIDTH, WIDTH), nn.Tanh()
        return nn.Sequential(*wide, nn.Linear(WIDTH, outputs))

    def see(self, houses: torch.Tensor, seats: torch.Tensor) -> torch.Tensor:
        """Turn (M, H) codes of houses and (M,) seats into (M, 3 H + A) inputs."""
        rings = nn.functional.one_hot(houses.long(), 3).flatten(1)
        return torch.cat([rings, nn.functional.one_hot(seats, self.agents)], dim=1).float()

    def worth(self, inputs: torch.Tensor, nights: torch.Tensor) -> torch.Tensor:
        """Estimate what is still to come, (M,), on the (M,) nights."""
        when = (nights / self.nights).unsqueeze(1)
        return self.value(torch.cat([inputs, when], dim=1)).squeeze(1)


def tables(network: Network, game: bb.Scenario) -> list[bb.Tabular]:
    """What the network does in each seat, in every state, as policies that exact work takes."""

    @torch.no_grad()
    def chances(houses: np.ndarray, seat: int) -> np.ndarray:
        seats = torch.full((len(houses),), seat)
        logits = network.acts(network.see(torch.from_numpy(houses), seats))
        return logits.double().softmax(1).numpy()

    return [bb.tabulate(partial(chances, seat=a), game) for a in range(game.num_agents)]


def train(game: bb.Scenario, updates: int, seed: int = 0) -> Iterator[Network]:
    """Yield the network after each of `updates` batches of `LANES` times `max_nights` nights."""
    torch.manual_seed(seed)
    agents, span = game.num_agents, game.max_nights
    env = VectorEnv(game, LANES, seed=seed, cap="terminated")
    network = Network(game)
    optimizer = torch.optim.Adam(network.parameters(), lr=RATE)
    scale = 10.0 * span  # returns are some thousands of points
    rows, seats = LANES * agents, torch.arange(agents).repeat(LANES)
    seen, _ = env.reset()
    for update in range(updates):
        # In the second half the steps become shorter and shorter.
        optimizer.param_groups[0]["lr"] = RATE * min(1.0, 2.0 * (1.0 - update / updates))
        inputs = torch.zeros(span + 1, rows, 3 * game.num_houses + agents)
        nights = torch.zeros(span + 1, rows, dtype=torch.int)
        acts = torch.zeros(span, rows, dtype=torch.long)
        logs, rewards, goes_on = torch.zeros(3, span, rows)
        for night in range(span + 1):
            ring = torch.from_numpy(seen["houses"]).repeat_interleave(agents, dim=0)
            inputs[night] = network.see(ring, seats)
            nights[night] = torch.from_numpy(seen["night"]).repeat_interleave(agents)
            if night == span:
                break
            with torch.no_grad():
                chosen = Categorical(logits=network.acts(inputs[night]))
            acts[night] = chosen.sample()
            logs[night] = chosen.log_prob(acts[night])
            choice = acts[night].reshape(LANES, agents).numpy()
            seen, reward, terminated, truncated, _ = env.step(env.encode(choice))
            rewards[night] = torch.from_numpy(reward).reshape(-1) / scale
            over = torch.from_numpy(terminated | truncated)
            goes_on[night] = 1.0 - over.repeat_interleave(agents).float()
        with torch.no_grad():
            values = network.worth(inputs.flatten(0, 1), nights.flatten()).reshape(span + 1, rows)
        gains, trace = torch.zeros(span, rows), torch.zeros(rows)
        for night in reversed(range(span)):
            error = rewards[night] + goes_on[night] * values[night + 1] - values[night]
            trace = error + goes_on[night] * LAMBDA * trace
            gains[night] = trace
        targets = gains + values[:-1]
        gains = (gains - gains.mean()) / (gains.std() + 1e-8)
        parts = inputs[:-1], nights[:-1], acts, logs, gains, targets
        flat = [each.flatten(0, 1) for each in parts]
        for _ in range(EPOCHS):
            for some in torch.randperm(span * rows).chunk(BATCHES):
                seen_then, nights_then, act, log, gain, target = (each[some] for each in flat)
                chosen = Categorical(logits=network.acts(seen_then))
                ratio = (chosen.log_prob(act) - log).exp()
                gain = torch.minimum(ratio * gain, ratio.clamp(1 - CLIP, 1 + CLIP) * gain).mean()
                miss = (network.worth(seen_then, nights_then) - target).square().mean()
                loss = 0.5 * miss - gain - ENTROPY * chosen.entropy().mean()
                optimizer.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_(network.parameters(), 0.5)
                optimizer.step()
        yield network


def main() -> None:
    """Learn, and show exactly how far it came: payoff, and what a seat gains by leaving."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--scenario", default="default", choices=bb.list_scenarios())
    parser.add_argument("--updates", type=int, default=100)
    parser.add_argument("--every", type=int, default=20, help="updates between judgements")
    parser.add_argument("--curve", type=Path, help="where judgements go, for `explore`")
    options = parser.parse_args()
    game = bb.scenario(options.scenario)
    heroes = float(bb.expected(game, [["hero"] * 4]).mean.mean())
    optimum = bb.team_optimum(game).payoff
    print(f"four heroes: {heroes:.1f}, team optimum: {optimum:.1f}")
    known = {"four heroes": heroes, "the team optimum": optimum}
    about = {"format": "bucket-brigade learning", "version": 1, "scenario": game.to_dict()}
    if options.curve is not None:
        options.curve.write_text(json.dumps(about | {"known": known}) + "\n")
    for update, network in enumerate(train(game, options.updates), start=1):
        if update % options.every and update != options.updates:
            continue
        judged = bb.judge(game, tables(network, game), heuristics=False)
        payoff, gain = float(judged.result.mean.mean()), judged.exploitability
        print(f"update {update}: {payoff:.1f} in {judged.nights:.1f} nights, gain {gain:.1f}")
        if options.curve is not None:
            played = update * LANES * game.max_nights
            line = {"update": update, "played": played, "payoff": payoff, "gain": gain}
            with options.curve.open("a") as file:
                file.write(json.dumps(line | {"nights": judged.nights}) + "\n")


if __name__ == "__main__":
    main()
