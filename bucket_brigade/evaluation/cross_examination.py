"""Sampled episodes against exact expectations: payoffs and every count of a line-up."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from bucket_brigade._arrays import FloatArray
from bucket_brigade.arguments import as_u64
from bucket_brigade.backends import Backend, Progress
from bucket_brigade.counts.event_counts import END_KINDS, each_once
from bucket_brigade.errors import InvalidValue
from bucket_brigade.exact.evaluate import expected
from bucket_brigade.exact.result import ExactResult
from bucket_brigade.game.lineups import Lineup
from bucket_brigade.game.rewards import count_weights
from bucket_brigade.game.scenario import Scenario
from bucket_brigade.simulation.block_means import BlockMeans, block_returns
from bucket_brigade.simulation.parts import simulate_parts
from bucket_brigade.simulation.simulator import BLOCK

__all__ = ["FEWEST", "LIMIT", "Comparison", "CrossExamination", "cross_examine"]


#: Standard errors beyond which a difference is no accident: one in 1.7 million is, for each.
LIMIT = 5.0
#: Episodes of the smallest sample whose standard errors are taken at their word: 100 blocks.
FEWEST = 100 * BLOCK
#: Relative difference that rounding may make where nothing varies.
ROUNDING = 1e-9
#: Blocks whose counts become floats at a time, so that they stay in a core's cache.
CHUNK = 1 << 12
#: A count that departs from its usual value in fewer blocks than this is rare.
RARE = 30


@dataclass(frozen=True)
class Comparison:
    """A mean per episode, sampled and exact.

    Attributes
    ----------
    name : str
        What it is of, such as "payoff[0]", "ruined[9]" or "ended.cap".
    sampled, exact : float
        Both means.
    stderr : float
        Standard error of the sampled one.
    deviation : float
        Their difference in standard errors; 0 if it is no more than rounding.
    """

    name: str
    sampled: float
    exact: float
    stderr: float
    deviation: float


@dataclass(frozen=True)
class CrossExamination:
    """The comparisons that were made for one line-up.

    Attributes
    ----------
    exact : ExactResult
        The exact result.
    episodes, seed, first_episode : int
        Which episodes were played.
    backend, device : str
        What played them.
    comparisons : tuple of Comparison
        Payoffs of all seats and all counts.
    """

    exact: ExactResult
    episodes: int
    seed: int
    first_episode: int
    backend: str
    device: str
    comparisons: tuple[Comparison, ...]

    @cached_property
    def worst(self) -> float:
        """The largest deviation, in standard errors."""
        return max(abs(row.deviation) for row in self.comparisons)

    @property
    def agrees(self) -> bool:
        """Whether nothing deviates by more than `LIMIT`; never if something is NaN."""
        return all(abs(row.deviation) <= LIMIT for row in self.comparisons)

    def to_dict(self) -> dict[str, Any]:
        """The check as JSON knows it; a deviation that is not finite becomes null."""

        def finite(number: float) -> float | None:
            return float(number) if np.isfinite(number) else None

        return {
            "agrees": self.agrees,
            "limit": LIMIT,
            "worst": finite(self.worst),
            "episodes": self.episodes,
            "seed": self.seed,
            "first_episode": self.first_episode,
            "backend": self.backend,
            "device": self.device,
            "comparisons": [
                {
                    "name": row.name,
                    "sampled": row.sampled,
                    "exact": finite(row.exact),
                    "stderr": row.stderr,
                    "deviation": finite(row.deviation),
                }
                for row in self.comparisons
            ],
        }


def cross_examine(
    scenario: Scenario,
    lineup: Lineup,
    *,
    episodes: int,
    seed: int = 0,
    first_episode: int = 0,
    threads: int | None = None,
    backend: str | Backend = "auto",
    progress: Progress | None = None,
) -> CrossExamination:
    """Computes a line-up's payoffs and counts exactly, and plays it, in bounded memory.

    Parameters are those of `simulate`, with at least `FEWEST` episodes.

    Raises
    ------
    InvalidValue
        For the first value that is not allowed.

    Notes
    -----
    Standard errors are those of the sampled means, from the spread between blocks. They are not to
    be trusted where something rare may have been missed. So a count that departs in only k < 30
    blocks from what it usually is, by at most r, is given a standard error of at least
    ``r (√k + 3) / episodes``: five of these make more than the 5-sigma bound on how many departures
    there could have been. A payoff is allowed the differences of such counts it is made of. What
    never departs agrees within rounding, or else within that bound: a sample cannot tell an event
    that it does not contain from one that cannot happen.
    """
    if as_u64("episodes", episodes) < FEWEST:
        raise InvalidValue("episodes", episodes, f"at least {FEWEST:,}, for standard errors")
    lineup = list(lineup)
    exact = expected(scenario, [lineup], threads=threads)
    counts, payoffs = _Sample(scenario), BlockMeans()
    player = device = ""
    for part in simulate_parts(
        scenario,
        [lineup],
        episodes=episodes,
        seed=seed,
        first_episode=first_episode,
        threads=threads,
        backend=backend,
        progress=progress,
    ):
        player = each_once(player, part.backend)
        device = each_once(device, part.device, separator="; ")
        assert part.counts.blocks is not None
        sizes = part.counts.block_episodes
        for start in range(0, len(sizes), CHUNK):
            chunk = slice(start, start + CHUNK)
            counts.add(part.counts.blocks[0, chunk].astype(np.float64), sizes[chunk])
        payoffs.add(block_returns(part, 0), sizes)
    weights, totals = count_weights(scenario), exact.counts.totals[0]
    rare = np.where(counts.rare, abs(counts.means.mean - totals), 0.0)
    rows = _compared(
        [f"payoff[{seat}]" for seat in range(scenario.num_agents)],
        payoffs.mean,
        exact.mean[0],
        payoffs.stderr + abs(weights) @ rare,
        scale=abs(weights) @ totals,
    )
    rows += _compared(_names(scenario), counts.means.mean, totals, counts.stderr, scale=totals)
    return CrossExamination(
        exact, int(episodes), int(seed), int(first_episode), player, device, tuple(rows)
    )


class _Sample:
    """The counts of a sample: their means, and how often each departs from its usual value."""

    def __init__(self, scenario: Scenario) -> None:
        self.means = BlockMeans()
        names = _names(scenario)
        self._most = np.array([1 if n.startswith("ended") else scenario.max_nights for n in names])
        self._usual: FloatArray | None = None
        self._departures = np.zeros(len(names))
        self._episodes = 0

    def add(self, sums: FloatArray, sizes: npt.NDArray[np.int64]) -> None:
        """Adds count vectors of blocks."""
        self.means.add(sums, sizes)
        if self._usual is None:
            self._usual = np.round(sums.sum(axis=0) / sizes.sum())
        self._departures += (sums != np.multiply.outer(sizes, self._usual)).sum(axis=0)
        self._episodes += int(sizes.sum())

    @property
    def rare(self) -> npt.NDArray[np.bool_]:
        """The counts that hardly ever depart from their usual value."""
        return self._departures < RARE

    @property
    def stderr(self) -> FloatArray:
        """Standard errors, with what may be unseen (see `cross_examine`)."""
        assert self._usual is not None
        reach = np.maximum(self._usual, self._most - self._usual)
        unseen = reach * (np.sqrt(self._departures) + 3.0) / self._episodes
        return np.where(self.rare, np.maximum(self.means.stderr, unseen), self.means.stderr)


def _names(scenario: Scenario) -> list[str]:
    """What each number of a count vector is called."""
    houses = range(scenario.num_houses)
    names = ["nights", *(f"worked[{seat}]" for seat in range(scenario.num_agents))]
    names += [f"{what}[{house}]" for what in ("safe", "ruined", "saved") for house in houses]
    return [*names, *(f"ended.{kind}" for kind in END_KINDS)]


def _compared(
    names: list[str],
    sampled: FloatArray,
    exact: FloatArray,
    stderr: FloatArray,
    *,
    scale: FloatArray,
) -> list[Comparison]:
    differences = sampled - exact
    with np.errstate(divide="ignore", invalid="ignore"):
        deviations = np.where(abs(differences) <= ROUNDING * scale, 0.0, differences / stderr)
    columns = (sampled.tolist(), exact.tolist(), stderr.tolist(), deviations.tolist())
    return [Comparison(*row) for row in zip(names, *columns, strict=True)]
