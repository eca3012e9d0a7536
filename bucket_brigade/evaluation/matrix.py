"""Matrices of payoffs: each strategy against all others playing one."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from bucket_brigade._arrays import FloatArray
from bucket_brigade.arguments import as_list
from bucket_brigade.backends import Backend, Progress
from bucket_brigade.by_value import ComparedByValue
from bucket_brigade.errors import InvalidValue, shown
from bucket_brigade.evaluation.focal_payoffs import focal_payoffs
from bucket_brigade.game.lineup_result import unseen_note, write_csv
from bucket_brigade.game.scenario import RULES_VERSION, Scenario
from bucket_brigade.policies.heuristic import ARCHETYPES
from bucket_brigade.policies.kinds import as_policy
from bucket_brigade.policies.labels import distinct_names
from bucket_brigade.summaries import Summarised, Summary, cut, with_error

__all__ = ["PayoffMatrix", "payoff_matrix"]


@dataclass(frozen=True, eq=False, repr=False)
class PayoffMatrix(ComparedByValue, Summarised):
    """Payoffs of K strategies when everyone else plays one of them.

    This is the reduction "focal strategy i, all others j" of the game, not the game itself. Two are
    equal if all they tell is, but for the backend.

    Attributes
    ----------
    names : tuple of str
        The strategies.
    mean, stderr : ndarray of float64, shape (K, K)
        Expected return of the focal agent that plays row i while all others play column j, and
        its standard error.
    unseen : ndarray of float64, shape (K, K)
        What events that were hardly seen could still change (see `SimulationResult.unseen`).
    seat : int or None
        The focal agent's seat; None for the mean over seats.
    nights : ndarray of float64, shape (K, K)
        Mean nights of an episode of each pair.
    scenario, episodes, seed, backend, method
        How it was computed. `backend` is what played (see `EventCounts.backend`); `method` is
        "sampled" or "exact", and with the latter `episodes`, `seed` and `backend` are None.
    """

    names: tuple[str, ...]
    mean: FloatArray
    stderr: FloatArray
    unseen: FloatArray
    seat: int | None
    scenario: Scenario
    episodes: int | None
    seed: int | None
    backend: str | None = field(compare=False)
    method: str = "sampled"
    nights: FloatArray = field(kw_only=True)

    @property
    def payoff_a_night(self) -> FloatArray:
        """Expected return of an episode over its expected nights, shape (K, K)."""
        return self.mean / self.nights

    def summary(self) -> Summary:
        """The text and table that `repr` and notebooks show."""
        sampled = self.method == "sampled"
        how = f"{self.episodes:,} episodes, seed {self.seed}" if sampled else "exact"
        who = "mean over seats" if self.seat is None else f"seat {self.seat}"
        cells = [
            [
                with_error(m, e) if sampled else f"{m:.6g}"
                for m, e in zip(means, errors, strict=True)
            ]
            for means, errors in zip(self.mean, self.stderr, strict=True)
        ]
        names = [cut(name) for name in self.names]
        worst = float(self.unseen.max(initial=0.0))
        return Summary(
            f"PayoffMatrix: {cut(self.scenario.name)}, {how}, {who}; columns are what others play",
            ["", *(f"{name}:" for name in names)],
            [[name, *row] for name, row in zip(names, cells, strict=True)],
            [unseen_note(worst)] if worst > 0 else [],
        )

    def to_csv(self, path: str | os.PathLike[str] | None = None) -> str:
        """The matrix as CSV text, a row per pair, also written to a file if one is named."""
        pairs = [(i, j) for i in range(len(self.names)) for j in range(len(self.names))]
        tables = (self.mean, self.stderr, self.nights, self.payoff_a_night)
        rows = [
            (
                self.names[i],
                self.names[j],
                *(table[i, j].item() for table in tables),
            )
            for i, j in pairs
        ]
        header = ["focal", "others", "mean", "stderr", "nights_an_episode", "payoff_a_night"]
        return write_csv(header, rows, path)

    def to_dict(self) -> dict[str, Any]:
        """The matrix as JSON knows it."""
        return {
            "scenario": self.scenario.to_dict(),
            "rules_version": RULES_VERSION,
            "method": self.method,
            "backend": self.backend,
            "episodes": self.episodes,
            "seed": self.seed,
            "seat": self.seat,
            "strategies": list(self.names),
            "mean": self.mean.tolist(),
            "stderr": [[None if np.isnan(x) else x for x in row] for row in self.stderr.tolist()],
            "unseen": self.unseen.tolist(),
            "nights": self.nights.tolist(),
            "payoff_a_night": self.payoff_a_night.tolist(),
        }


def payoff_matrix(
    scenario: Scenario,
    strategies: Mapping[str, object] | Iterable[object] | None = None,
    *,
    episodes: int = 20_000,
    seed: int = 0,
    seat: int | None = None,
    threads: int | None = None,
    backend: str | Backend = "auto",
    method: str = "sampled",
    progress: Progress | None = None,
) -> PayoffMatrix:
    """The K×K matrix of "focal plays i, everyone else j", with standard errors.

    Parameters
    ----------
    scenario : Scenario
        The game.
    strategies : mapping from name to strategy, or list of strategies, optional
        By default the five archetypes. Those of a list go by their archetype's name, by p and q,
        or by a firefighter's name, numbered where these are alike.
    episodes : int
        Episodes of each line-up, if sampled.
    seat : int, optional
        The focal seat; by default the mean over all seats.
    method : str
        "sampled", "exact" or "auto" (see `evaluate`).
    seed, threads, backend, progress
        As for `simulate`.

    Raises
    ------
    InvalidValue
        For the first value that is not allowed.
    """
    named = _named(strategies)
    pairs = [(focal, others) for focal in named.values() for others in named.values()]
    payoffs = focal_payoffs(
        scenario,
        pairs,
        seat=seat,
        episodes=episodes,
        seed=seed,
        threads=threads,
        backend=backend,
        method=method,
        progress=progress,
    )
    size, sampled = len(named), payoffs.method == "sampled"
    return PayoffMatrix(
        names=tuple(named),
        mean=payoffs.mean.reshape(size, size),
        stderr=payoffs.stderr.reshape(size, size),
        unseen=payoffs.unseen.reshape(size, size),
        seat=seat,
        scenario=scenario,
        episodes=episodes if sampled else None,
        seed=seed if sampled else None,
        backend=payoffs.backend,
        method=payoffs.method,
        nights=payoffs.nights.reshape(size, size),
    )


def _named(strategies: object) -> Mapping[str, object]:
    """Return strategies by name, as a caller gave them or numbered."""
    if strategies is None:
        return ARCHETYPES
    if isinstance(strategies, Mapping):
        for name in strategies:
            if not isinstance(name, str):
                raise InvalidValue("strategies", shown(name), "names that are text")
        named = dict(strategies)
    else:
        listed = as_list("strategies", strategies, "strategies, or a mapping from name to strategy")
        policies = [as_policy(value, f"strategies[{i}]") for i, value in enumerate(listed)]
        names = distinct_names([policy.name() for policy in policies])
        named = dict(zip(names, policies, strict=True))
    if not named:
        raise InvalidValue("strategies", "nothing", "at least one strategy")
    return named
