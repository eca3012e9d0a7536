"""``python -m validation coverage``: how often intervals of regret hold, and verdicts are wrong.

On rings small enough, exact payoffs say what the regret of a mixture over some candidates is. The
same is then estimated from samples, over and over with other seeds, and compared.
"""

import argparse
import math
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.progress import track
from rich.table import Table

from bench.files import write
from bench.options import add_json, whole_number
from bucket_brigade import Mixture, Scenario, expected, scenario, simulate
from bucket_brigade.equilibrium import SymmetricGame, solve_symmetric
from bucket_brigade.equilibrium.verdict.regret import Regret, Verdict, certify
from bucket_brigade.game.rewards import return_span
from bucket_brigade.policies.heuristic import Strategy, strategy_of
from bucket_brigade.simulation.block_means import block_returns
from bucket_brigade.simulation.simulator import BLOCK

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

GRID = [(p, q) for p, q in product((0.0, 0.25, 0.5, 0.75, 1.0), (0.0, 0.5, 1.0)) if p or q == 0]
#: Probability with which a correct implementation is reported as failing, for each figure.
TAIL = 1e-4


@dataclass(frozen=True)
class Deviations:
    """Candidates who deviate, at a random seat, from a mixture that all others draw from.

    Attributes
    ----------
    name : str
        What to call it.
    scenario : Scenario
        The game.
    mixture : Mixture
        What is deviated from.
    candidates : list of strategies
        M of them.
    truth : ndarray of float, shape (M,)
        Exact gains.
    """

    name: str
    scenario: Scenario
    mixture: Mixture
    candidates: list[Strategy]
    truth: FloatArray = field(init=False)

    def __post_init__(self) -> None:
        every = np.arange(len(self.candidates))
        own = expected(self.scenario, self.lineups(every)).mean
        object.__setattr__(self, "truth", self.gains(own))

    @property
    def regret(self) -> float:
        """Exact regret over the candidates."""
        return max(float(self.truth.max()), 0.0)

    def lineups(self, chosen: IntArray) -> list[list[object]]:
        """The line-up of the mixture alone, then every chosen candidate at every seat."""
        seats = range(self.scenario.num_agents)
        deviant = [
            [self.candidates[i] if s == seat else self.mixture for s in seats]
            for i in chosen
            for seat in seats
        ]
        return [[self.mixture for _ in seats], *deviant]

    def gains(self, returns: FloatArray) -> FloatArray:
        """Gains, shape (C, ...), from the returns of `lineups`, shape (1 + C A, A, ...)."""
        agents = self.scenario.num_agents
        deviant = returns[1:].reshape(-1, agents, *returns.shape[1:])
        own = np.stack([deviant[:, seat, seat] for seat in range(agents)])
        gains: FloatArray = own.mean(axis=0) - returns[0].mean(axis=0)
        return gains


class Luck:
    """Gains of all candidates in the episodes of one seed, played once however often looked at."""

    def __init__(self, deviations: Deviations, seed: int) -> None:
        self.deviations = deviations
        self.seed = seed
        self._parts: dict[tuple[int, int], tuple[FloatArray, FloatArray]] = {}

    def sums(self, first: int, episodes: int) -> tuple[FloatArray, FloatArray]:
        """Sums of block means over a range of episodes, and of their squares: both shape (M,)."""
        if (first, episodes) not in self._parts:
            lineups = self.deviations.lineups(np.arange(len(self.deviations.candidates)))
            result = simulate(
                self.deviations.scenario,
                lineups,
                episodes=episodes,
                seed=self.seed,
                first_episode=first,
                per_block=True,
            )
            returns = [block_returns(result, i).T / BLOCK for i in range(len(lineups))]
            gains = self.deviations.gains(np.stack(returns))
            self._parts[first, episodes] = gains.sum(axis=1), (gains**2).sum(axis=1)
        return self._parts[first, episodes]


class SampledGains:
    """Gains as these episodes show them (see `Gains`): seats of a candidate share episodes."""

    is_exact = False

    def __init__(self, luck: Luck) -> None:
        self.luck = luck
        self.span = float(return_span(luck.deviations.scenario).mean())
        size = len(luck.deviations.candidates)
        self.blocks: IntArray = np.zeros(size, dtype=np.int64)
        self._sums = np.zeros(size)
        self._squares = np.zeros(size)
        self._next = 0

    def __len__(self) -> int:
        return len(self.blocks)

    @property
    def mean(self) -> FloatArray:
        """Mean gains of the candidates, shape (M,)."""
        with np.errstate(invalid="ignore"):
            mean: FloatArray = self._sums / self.blocks
        return mean

    @property
    def stderr(self) -> FloatArray:
        """Paired standard errors of the gains, shape (M,)."""
        with np.errstate(invalid="ignore", divide="ignore"):
            spread = np.maximum(self._squares - self.blocks * self.mean**2, 0)
            stderr: FloatArray = np.sqrt(spread / (self.blocks - 1) / self.blocks)
        return stderr

    def extend(self, chosen: IntArray, episodes: int) -> int:
        """Every chosen candidate at every seat, all in the same episodes."""
        episodes = BLOCK * math.ceil(episodes / BLOCK)
        sums, squares = self.luck.sums(self._next, episodes)
        self._sums[chosen] += sums[chosen]
        self._squares[chosen] += squares[chosen]
        self.blocks[chosen] += episodes // BLOCK
        self._next += episodes
        return episodes * (1 + len(chosen) * self.luck.deviations.scenario.num_agents)


def games() -> Iterator[Deviations]:
    """The games to repeat: lively and quiet rings, mixtures far from and at an equilibrium."""
    ring = scenario("default").replace(num_houses=3, num_agents=2, min_nights=3, max_nights=12)
    grid = [strategy_of(p, q) for p, q in GRID]
    half = Mixture([strategy_of(0.9, 0.2), strategy_of(0.3, 1.0)], [0.5, 0.5])
    yield Deviations("3 houses, 2 agents", ring, half, grid)
    larger = ring.replace(num_houses=4, num_agents=3, night_order="burn_out_then_spread")
    thirds = Mixture([strategy_of(p, 0.5) for p in (0.1, 0.5, 0.8)], [0.2, 0.5, 0.3])
    yield Deviations("4 houses, 3 agents", larger, thirds, grid)
    # Fires are so rare that most blocks of most candidates do not differ at all: there, work
    # costs nothing.
    quiet = ring.replace(
        prob_house_catches_fire=0.0005,
        min_nights=1,
        cost_to_work_one_night=0.0,
        reward_rest=0.0,
    )
    lazy = Mixture([strategy_of(0.2, 0.5), strategy_of(0.4, 1.0)], [0.5, 0.5])
    yield Deviations("3 houses, quiet", quiet, lazy, grid)
    yield at_equilibrium("3 houses, equilibrium", ring, grid)


def at_equilibrium(name: str, ring: Scenario, candidates: list[Strategy]) -> Deviations:
    """Deviations from an equilibrium of a few strategies, exactly solved."""
    pool = [strategy_of(p, 0.5) for p in (0.0, 0.35, 0.65, 1.0)]
    shape = (len(pool),) * ring.num_agents
    lineups = [[pool[s] for s in line] for line in np.ndindex(shape)]
    table = expected(ring, lineups).mean.reshape(*shape, ring.num_agents)
    solution = solve_symmetric(SymmetricGame.from_lineups(table))
    weights = solution.distribution.tolist()
    mixture = Mixture(pool, weights)
    return Deviations(name, ring, mixture, [*candidates, *pool])


@dataclass(frozen=True)
class Coverage:
    """The outcome of all repetitions of one game.

    Attributes
    ----------
    game, candidates, regret, epsilon, confidence, repetitions
        What was repeated, and how often.
    missed : int
        Repetitions in which the interval did not hold the exact regret at one look or more.
    above, below : int
        Those in which it was above the upper limit, or below the lower one.
    certified, refuted : int
        Verdicts.
    wrong : int
        Those that the exact regret contradicts.
    episodes : int
        Episodes spent by all of them.
    """

    game: str
    candidates: int
    regret: float
    epsilon: float
    confidence: float
    repetitions: int
    missed: int
    above: int
    below: int
    certified: int
    refuted: int
    wrong: int
    episodes: int

    @property
    def allowed(self) -> tuple[int, int]:
        """Most misses, and wrong verdicts, with which it may still be as good as it should be."""
        error = 1 - self.confidence
        return most_of(self.repetitions, error), most_of(self.repetitions, error / 2)

    @property
    def holds(self) -> bool:
        """Whether there were no more."""
        missed, wrong = self.allowed
        return self.missed <= missed and max(self.above, self.below, self.wrong) <= wrong


def most_of(n: int, p: float, tail: float = TAIL) -> int:
    """The number k that a binomial number of `n` trials exceeds with a probability below `tail`."""
    above, k = 1.0, -1
    while above >= tail:
        k += 1
        log = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
        above -= math.exp(log + k * math.log(p) + (n - k) * math.log1p(-p))
    return k


def coverage(
    game: Deviations, settings: Sequence[tuple[float, float]], seeds: Iterable[int], **options: Any
) -> list[Coverage]:
    """Certifies with every seed, for every ε and confidence; options are those of `certify`."""
    names = ("missed", "above", "below", "certified", "refuted", "wrong", "episodes")
    totals = [dict.fromkeys(names, 0) for _ in settings]
    repetitions = 0
    for seed in seeds:
        repetitions += 1
        luck = Luck(game, seed)
        for total, (epsilon, confidence) in zip(totals, settings, strict=True):
            looks: list[Regret] = []
            found = certify(
                SampledGains(luck),
                epsilon=epsilon,
                confidence=confidence,
                progress=looks.append,
                **options,
            )
            above = any(game.regret > look.upper for look in looks)
            below = any(game.regret < look.lower for look in looks)
            right = Verdict.CERTIFIED if game.regret <= epsilon else Verdict.REFUTED
            total["missed"] += above or below
            total["above"] += above
            total["below"] += below
            total["certified"] += found.verdict is Verdict.CERTIFIED
            total["refuted"] += found.verdict is Verdict.REFUTED
            total["wrong"] += found.verdict not in (right, Verdict.UNDECIDED)
            total["episodes"] += found.episodes
    return [
        Coverage(
            game=game.name,
            candidates=len(game.candidates),
            regret=game.regret,
            epsilon=epsilon,
            confidence=confidence,
            repetitions=repetitions,
            **total,
        )
        for total, (epsilon, confidence) in zip(totals, settings, strict=True)
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Repeats and reports; 1 if intervals or verdicts are wrong more often than they may be."""
    parser = argparse.ArgumentParser(prog="python -m validation coverage", description=__doc__)
    parser.add_argument(
        "--repetitions", type=whole_number, default=2000, help="of each row of the table"
    )
    parser.add_argument("--first-episodes", type=whole_number, default=2048)
    parser.add_argument("--max-episodes", type=whole_number, default=32768)
    parser.add_argument("--confidence", type=float, nargs="+", default=[0.95, 0.5])
    parser.add_argument("--seed", type=int, default=0, help="of the first repetition")
    add_json(parser, "all rows")
    options = parser.parse_args(arguments)
    start = time.monotonic()
    rows = []
    seeds = range(options.seed, options.seed + options.repetitions)
    for game in games():
        # At the edge, where verdicts are wrong most often, and away from it.
        factors = product((0.5, 0.999, 1.001, 2.0), options.confidence)
        settings = [(game.regret * factor, confidence) for factor, confidence in factors]
        rows += coverage(
            game,
            settings,
            track(seeds, game.name, console=Console(stderr=True), transient=True),
            first_episodes=options.first_episodes,
            max_episodes=options.max_episodes,
        )
    if options.json is not None:
        write(options.json, [{**asdict(row), "holds": row.holds} for row in rows])
    table = Table(title=f"{options.repetitions:,} repetitions of each row, seeds from {seeds[0]}")
    for column in ("game", "regret", "ε", "confidence", "covered", "above", "below"):
        table.add_column(column)
    for column in ("certified", "refuted", "wrong", "allowed", "episodes", "holds"):
        table.add_column(column)

    def share(count: int) -> str:
        return f"{100 * count / options.repetitions:.2f}%"

    for row in rows:
        table.add_row(
            *(row.game, f"{row.regret:.4f}", f"{row.epsilon:.4f}"),
            *(f"{100 * row.confidence:g}%", share(row.repetitions - row.missed)),
            *(share(row.above), share(row.below), share(row.certified), share(row.refuted)),
            *(
                share(row.wrong),
                f"{50 * (1 - row.confidence):g}%",
                f"{row.episodes / row.repetitions:,.0f}",
            ),
            "yes" if row.holds else "NO",
        )
    console = Console() if sys.stdout.isatty() else Console(width=170)
    console.print(table)
    console.print(
        f"{time.monotonic() - start:.0f} s. NO: more often than a correct implementation would "
        f"with probability {TAIL:g}, for each of the figures."
    )
    return 0 if all(row.holds for row in rows) else 1
