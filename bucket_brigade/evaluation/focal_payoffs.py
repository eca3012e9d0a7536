"""Payoffs of strategies against opponents, sampled or exact."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from bucket_brigade._arrays import FloatArray
from bucket_brigade.arguments import as_callback, as_u64
from bucket_brigade.backends import Backend, Progress
from bucket_brigade.by_value import ComparedByValue
from bucket_brigade.counts.event_counts import each_once
from bucket_brigade.errors import InvalidValue
from bucket_brigade.evaluation.methods import chosen_method
from bucket_brigade.exact import expected
from bucket_brigade.game.scenario import Scenario, as_scenario
from bucket_brigade.simulation.block_means import BlockMean, block_returns
from bucket_brigade.simulation.parts import in_parts
from bucket_brigade.simulation.result import SimulationResult
from bucket_brigade.simulation.sampling import Sampling

__all__ = ["FocalPayoffs", "focal_payoffs"]


@dataclass(frozen=True, eq=False)
class FocalPayoffs(ComparedByValue):
    """Payoffs of focal strategies.

    Attributes
    ----------
    mean, stderr, unseen : ndarray of float64, shape (pairs,)
        The payoffs, their standard errors, and what events that were hardly seen could still change
        (see `SimulationResult.unseen`); zeros if exact.
    backend : str or None
        What played (see `EventCounts.backend`); None if exact.
    method : str
        "sampled" or "exact".
    nights : ndarray of float64, shape (pairs,)
        Mean nights of an episode.
    """

    mean: FloatArray
    stderr: FloatArray
    unseen: FloatArray
    backend: str | None
    method: str
    nights: FloatArray


def _focal_seats(scenario: Scenario, seat: int | None) -> list[int]:
    if seat is None:
        return list(range(scenario.num_agents))
    if as_u64("seat", seat) >= scenario.num_agents:
        raise InvalidValue("seat", seat, f"a seat from 0 to {scenario.num_agents - 1}, or None")
    return [int(seat)]


def focal_lineups(
    seats: Sequence[int], agents: int, focal: object, others: object
) -> list[list[object]]:
    """A line-up per focal seat, in which it plays `focal` and all other seats `others`."""
    return [[focal if s == seat else others for s in range(agents)] for seat in seats]


def focal_payoffs(
    scenario: Scenario,
    pairs: Sequence[tuple[object, object]],
    *,
    episodes: int,
    method: str = "sampled",
    seat: int | None = None,
    seed: int = 0,
    first_episode: int = 0,
    pool: Sequence[object] | None = None,
    threads: int | None = None,
    backend: str | Backend = "auto",
    progress: Progress | None = None,
) -> FocalPayoffs:
    """Payoffs of a focal strategy when every other seat plays (or mixes) another.

    Parameters
    ----------
    scenario : Scenario
        The game.
    pairs : sequence of (focal, others)
        Seat entries, as `simulate` takes them.
    method : str
        "sampled", "exact" or "auto" (see `evaluate`).
    seat : int, optional
        The focal seat; by default the mean over all seats is taken, each simulated by itself.

    Other parameters are those of `simulate`.

    Returns
    -------
    FocalPayoffs

    Notes
    -----
    The mean over seats adds the returns of as many line-ups over the same episodes. Their standard
    error is the paired one: block sums are added before their spread is taken.
    """
    as_callback("progress", progress)
    seats = _focal_seats(as_scenario(scenario), seat)
    agents = scenario.num_agents
    lineups = [
        lineup for focal, others in pairs for lineup in focal_lineups(seats, agents, focal, others)
    ]
    method = chosen_method(
        method,
        scenario,
        lineups,
        episodes=episodes,
        pool=pool,
        threads=threads,
        backend=backend,
    )
    if method == "exact":
        exact = expected(scenario, lineups, pool=pool, threads=threads, progress=progress)
        own = exact.mean.reshape(len(pairs), len(seats), agents)
        mean = np.mean([own[:, i, seat] for i, seat in enumerate(seats)], axis=0)
        nights = exact.nights.reshape(len(pairs), len(seats)).mean(axis=1)
        nothing = np.zeros(len(pairs))
        return FocalPayoffs(mean, nothing, nothing, None, exact.method, nights)
    sampling = Sampling.of(
        scenario, lineups, pool=pool, seed=seed, threads=threads, backend=backend
    )
    if len(seats) == 1:
        result = sampling.play(first_episode, episodes, progress=progress)
        own, errors = result.mean[:, seats[0]], result.stderr[:, seats[0]]
        unseen = result.unseen[:, seats[0]]
        return FocalPayoffs(own, errors, unseen, result.backend, result.method, result.nights)
    payoffs = [BlockMean() for _ in pairs]
    player, whole = "", None
    for part in in_parts(sampling, first_episode, episodes, progress):
        player, sizes = each_once(player, part.backend), part.counts.block_episodes
        counts = replace(part.counts, blocks=None)
        counts = counts if whole is None else whole.counts.followed_by(counts)
        whole = replace(part, event_counts=counts)
        for i, payoff in enumerate(payoffs):
            payoff.add(seat_mean(part, i * len(seats), seats), sizes)
    mean = np.array([payoff.mean for payoff in payoffs])
    errors = np.array([payoff.stderr for payoff in payoffs])
    # Every focal seat has episodes of its own, and each may lack what the others lack.
    assert whole is not None, "at least one episode was played"
    by_pair = whole.unseen.reshape(len(pairs), len(seats), agents)
    unseen = np.mean([by_pair[:, i, seat] for i, seat in enumerate(seats)], axis=0)
    nights = whole.nights.reshape(len(pairs), len(seats)).mean(axis=1)
    return FocalPayoffs(mean, errors, unseen, player, "sampled", nights)


def seat_mean(part: SimulationResult, first: int, seats: Sequence[int]) -> FloatArray:
    """Block sums of the mean over focal seats, of as many line-ups from `first` on."""
    returns = [block_returns(part, first + i)[:, seat] for i, seat in enumerate(seats)]
    mean: FloatArray = np.mean(returns, axis=0)
    return mean
