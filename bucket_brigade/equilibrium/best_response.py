"""Best responses to a mixture, over the two numbers that matter to the heuristic agent.

A heuristic agent works with probability p = θ1 (1 − θ8), and where its home burns stays there with
probability q = θ3; no other number changes a payoff (docs/rules.md). So the search is over (p, q).
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from bucket_brigade.counts import each_once
from bucket_brigade.equilibrium.empirical_game import Seating, purpose_start
from bucket_brigade.sampling import BlockMean, block_returns, simulate_parts
from bucket_brigade.scenario import Scenario
from bucket_brigade.simulation import BLOCK, simulate
from bucket_brigade.strategies import Strategy

__all__ = ["BestResponse", "Gain", "best_response", "deviation_gain", "strategy_of"]

FloatArray = npt.NDArray[np.float64]

#: The searched grid: its coarse steps, and those around the best point of the coarse one.
COARSE = (0.1, 0.5)
FINE = (0.025, 0.25)
#: Candidates that are played again, with other episodes, before one is chosen.
FINALISTS = 6
SEARCHED = (
    f"(p, q) on a grid of {COARSE[0]} by {COARSE[1]}, refined to {FINE[0]} by {FINE[1]} around "
    "its best point, and the strategies given"
)


def strategy_of(p: float, q: float) -> Strategy:
    """An honest strategy that works with probability `p`, at its own burning home with `q`."""
    theta = np.zeros(10)
    theta[[0, 1, 3]] = 1.0, p, q
    return theta


@dataclass(frozen=True)
class Gain:
    """What a strategy earns above a mixture against which it plays, and what the mixture earns.

    Attributes
    ----------
    gain, stderr : float
        Paired difference of mean returns, and its standard error.
    payoff, payoff_stderr : float
        Mean return of the mixture against itself, and its standard error.
    """

    gain: float
    stderr: float
    payoff: float
    payoff_stderr: float


@dataclass(frozen=True)
class BestResponse:
    """The best of the strategies searched, as far as search and selection could tell.

    Attributes
    ----------
    strategy : ndarray, shape (10,)
        θ.
    payoff : float
        Its estimated payoff, which is biased upwards by having been selected: use
        `deviation_gain` for what it gains.
    candidates : int
        Strategies searched.
    episodes : int
        Episodes played.
    """

    strategy: Strategy
    payoff: float
    candidates: int
    episodes: int


class Opponents:
    """Opponents who each draw their strategy from a mixture, and a focal player among them.

    Parameters
    ----------
    scenario, seed, seat, options
        As for `EmpiricalGame`.
    pool : sequence of strategies
        What they draw from.
    mixture : dict
        Index into the pool to probability.

    Attributes
    ----------
    episodes_played : int
        Episodes of all line-ups so far.
    backend : str
        What played them (see `EventCounts.backend`); empty before anything is played.
    """

    def __init__(
        self,
        scenario: Scenario,
        pool: Sequence[Strategy],
        mixture: dict[int, float],
        *,
        seed: int,
        seat: int | None,
        options: dict[str, Any],
    ) -> None:
        self.scenario = scenario
        self.pool = list(pool)
        self.mixture = mixture
        self.seats = Seating(scenario.num_agents, seat).focal
        self.seed = seed
        self.options = options
        self.episodes_played = 0
        self.backend = ""

    def _lineup(self, seat: int, focal: object) -> list[object]:
        agents = self.scenario.num_agents
        return [focal if s == seat else self.mixture for s in range(agents)]

    def _share(self, episodes: int) -> int:
        return BLOCK * math.ceil(episodes / len(self.seats) / BLOCK)

    def payoffs(self, strategies: Sequence[Strategy], *, episodes: int, purpose: int) -> FloatArray:
        """Mean returns of strategies: `episodes` each, shared among the focal seats."""
        share = self._share(episodes)
        means = np.zeros((len(self.seats), len(strategies)))
        pool = [*self.pool, *strategies]
        for i, seat in enumerate(self.seats):
            lineups = [self._lineup(seat, len(self.pool) + j) for j in range(len(strategies))]
            result = simulate(
                self.scenario,
                lineups,
                pool=pool,
                episodes=share,
                seed=self.seed,
                first_episode=purpose_start(purpose) + i * share,
                **self.options,
            )
            means[i] = result.mean[:, seat]
            self.backend = each_once(self.backend, result.backend)
        self.episodes_played += share * len(strategies) * len(self.seats)
        payoffs: FloatArray = means.mean(axis=0)
        return payoffs

    def gain(self, strategy: Strategy, *, episodes: int, purpose: int) -> Gain:
        """What a strategy gains over the mixture, paired by block."""
        share = self._share(episodes)
        gains, payoffs = [], []
        for i, seat in enumerate(self.seats):
            gains.append(BlockMean())
            payoffs.append(BlockMean())
            for part in simulate_parts(
                self.scenario,
                [self._lineup(seat, len(self.pool)), self._lineup(seat, self.mixture)],
                pool=[*self.pool, strategy],
                episodes=share,
                seed=self.seed,
                first_episode=purpose_start(purpose) + i * share,
                **self.options,
            ):
                self.backend = each_once(self.backend, part.backend)
                sizes = part.counts.block_episodes
                deviant, regular = (block_returns(part, j)[:, seat] for j in range(2))
                gains[-1].add(deviant - regular, sizes)
                payoffs[-1].add(regular, sizes)
        self.episodes_played += 2 * share * len(self.seats)
        # Focal seats are strata of equal weight.
        return Gain(*_over_strata(gains), *_over_strata(payoffs))


def _over_strata(means: Sequence[BlockMean]) -> tuple[float, float]:
    mean = sum(m.mean for m in means) / len(means)
    return mean, math.sqrt(sum(m.stderr**2 for m in means)) / len(means)


def _grid(
    centre: tuple[float, float], reach: tuple[float, float], step: tuple[float, float]
) -> list[tuple[float, float]]:
    axes = []
    for middle, far, width in zip(centre, reach, step, strict=True):
        low, high = max(middle - far, 0.0), min(middle + far, 1.0)
        axes.append(np.linspace(low, high, round((high - low) / width) + 1).round(6).tolist())
    return list(itertools.product(*axes))


def best_response(
    opponents: Opponents, extra: Sequence[Strategy], *, episodes: int
) -> BestResponse:
    """Searches (p, q) on a grid and around its best point, and among some extra strategies.

    Search plays purpose 1, and the choice among the best few purpose 2.

    Parameters
    ----------
    opponents : Opponents
        What to respond to.
    extra : sequence of strategies
        Other candidates, such as archetypes and the pool.
    episodes : int
        Episodes of each finalist; searching takes fewer of each candidate.
    """
    before = opponents.episodes_played
    coarse = _grid((0.5, 0.5), (0.5, 0.5), COARSE)
    strategies = [*(strategy_of(*point) for point in coarse), *extra]
    few = max(episodes // 10, BLOCK)
    payoffs = opponents.payoffs(strategies, episodes=few, purpose=1)
    best = strategies[int(payoffs.argmax())]
    centre = (float(best[1] * (1.0 - best[8])), float(best[3]))
    fine = [strategy_of(*point) for point in _grid(centre, COARSE, FINE)]
    finer = opponents.payoffs(fine, episodes=max(episodes // 4, BLOCK), purpose=1)
    strategies += fine
    ranking = np.argsort(-np.concatenate([payoffs, finer]), kind="stable")
    # The best of either stage, since their noise differs.
    finalists = [fine[int(i)] for i in np.argsort(-finer, kind="stable")[: FINALISTS - 2]]
    finalists += [strategies[int(i)] for i in ranking[:2]]
    again = opponents.payoffs(finalists, episodes=episodes, purpose=2)
    winner = int(again.argmax())
    return BestResponse(
        strategy=finalists[winner],
        payoff=float(again[winner]),
        candidates=len(strategies),
        episodes=opponents.episodes_played - before,
    )


def deviation_gain(opponents: Opponents, strategy: Strategy, *, episodes: int) -> Gain:
    """What a strategy gains over the mixture, on episodes that nothing else played (purpose 3)."""
    return opponents.gain(strategy, episodes=episodes, purpose=3)
