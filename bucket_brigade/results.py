"""What simulations return: payoffs with standard errors, from exact counts."""

import csv
import io
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt

from bucket_brigade import _core
from bucket_brigade.checks import as_u64
from bucket_brigade.counts import END_KINDS, EventCounts, Moments, each_once
from bucket_brigade.errors import InvalidValue
from bucket_brigade.lineups import Mixture
from bucket_brigade.scenario import RULES_VERSION, Scenario
from bucket_brigade.strategies import as_strategy, strategy_name

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["PairedDifference", "SimulationResult"]

FloatArray = npt.NDArray[np.float64]

#: Parameters that are rewards: they weigh counts and change nothing in a simulation.
REWARDS = (
    "team_reward_house_survives",
    "team_penalty_house_burns",
    "reward_own_house_survives",
    "reward_other_house_survives",
    "penalty_own_house_burns",
    "penalty_other_house_burns",
    "cost_to_work_one_night",
    "reward_rest",
)


def _reweighted(scenario: Scenario, rewards: dict[str, Any]) -> Scenario:
    for name in rewards:
        if name not in REWARDS:
            raise InvalidValue("parameter", repr(name), f"one of the rewards: {', '.join(REWARDS)}")
    return scenario.replace(**rewards)


@dataclass(frozen=True)
class SimulationResult:
    """Payoffs and counts of L line-ups with A seats.

    Attributes
    ----------
    scenario : Scenario
        The game, whose rewards `mean` and `stderr` weigh the counts with.
    lineups : tuple
        The line-ups as they were given.
    seed, first_episode : int
        Which episodes.
    event_counts : EventCounts
        What happened; also as `counts`.
    """

    scenario: Scenario
    lineups: tuple[tuple[object, ...], ...]
    seed: int
    first_episode: int
    event_counts: EventCounts

    @property
    def counts(self) -> EventCounts:
        """Integer arrays `nights` (L), `worked` (L, A), `safe`, `ruined`, `saved` (L, H), `ended`
        (L, 4)."""
        return self.event_counts

    @property
    def episodes(self) -> int:
        """Episodes of each line-up."""
        return self.event_counts.episodes

    @property
    def backend(self) -> str:
        """What played them (see `EventCounts.backend`)."""
        return self.event_counts.backend

    @property
    def device(self) -> str:
        """What it ran on."""
        return self.event_counts.device

    @cached_property
    def mean(self) -> FloatArray:
        """Mean return of an episode, shape (L, A)."""
        return self.event_counts.statistics().mean(_core.reward_weights(self.scenario))

    @cached_property
    def stderr(self) -> FloatArray:
        """Standard error of `mean`, shape (L, A); NaN where all episodes are of one block."""
        return self.event_counts.statistics().stderr(_core.reward_weights(self.scenario))

    def reweighted(self, **rewards: Any) -> Self:
        """The same episodes under other rewards: nothing is simulated again.

        Parameters
        ----------
        **rewards
            Reward parameters of the scenario to change, such as ``cost_to_work_one_night=0.9``.

        Raises
        ------
        InvalidValue
            If a parameter is not a reward, or its value is not allowed.
        """
        return replace(self, scenario=_reweighted(self.scenario, rewards))

    def with_counts(self, counts: EventCounts, *, first_episode: int) -> Self:
        """The same request with the counts of other episodes."""
        return replace(self, event_counts=counts, first_episode=first_episode)

    def difference(self, a: int, b: int) -> "PairedDifference":
        """Payoffs of line-up `a` less those of line-up `b`, with paired standard errors.

        Both met the same luck, so the difference of blocks is much steadier than either.

        Raises
        ------
        InvalidValue
            If an index is out of range, or the result was simulated without ``per_block=True``.
        """
        for name, index in (("a", a), ("b", b)):
            self._check_lineup(name, index)
        features = self.event_counts.block_features(a)
        features[:, 1:] -= self.event_counts.block_features(b)[:, 1:]
        return PairedDifference(
            scenario=self.scenario,
            moments=Moments(
                features.sum(axis=0)[None, :], (features.T @ features)[None], len(features)
            ),
            backend=self.backend,
            device=self.device,
        )

    def _check_lineup(self, name: str, index: object) -> None:
        if as_u64(name, index) >= len(self.lineups):
            raise InvalidValue(name, index, f"a line-up from 0 to {len(self.lineups) - 1}")

    def to_dict(self, lineup: int) -> dict[str, Any]:
        """One line-up's result as JSON knows it (NaN becomes null)."""
        self._check_lineup("lineup", lineup)
        counts = self.event_counts
        errors = [None if np.isnan(x) else x for x in self.stderr[lineup].tolist()]
        return {
            "scenario": self.scenario.to_dict(),
            "rules_version": RULES_VERSION,
            "backend": self.backend,
            "device": self.device,
            "lineup": [describe_seat(entry) for entry in self.lineups[lineup]],
            "episodes": self.episodes,
            "first_episode": self.first_episode,
            "seed": self.seed,
            "mean": self.mean[lineup].tolist(),
            "stderr": errors,
            "counts": {
                "nights": int(counts.nights[lineup]),
                "worked": counts.worked[lineup].tolist(),
                "safe": counts.safe[lineup].tolist(),
                "ruined": counts.ruined[lineup].tolist(),
                "saved": counts.saved[lineup].tolist(),
                "ended": dict(zip(END_KINDS, counts.ended[lineup].tolist(), strict=True)),
            },
        }

    def columns(self) -> dict[str, list[Any]]:
        """A table with a row per line-up and seat: who plays, payoff, standard error, counts."""
        counts, table = self.event_counts, dict[str, list[Any]]()
        agents = counts.agents
        rows = [(i, s) for i in range(len(self.lineups)) for s in range(agents)]
        table["lineup"] = [i for i, _ in rows]
        table["seat"] = [s for _, s in rows]
        table["strategy"] = [describe_seat(self.lineups[i][s]) for i, s in rows]
        table["mean"] = self.mean.ravel().tolist()
        table["stderr"] = self.stderr.ravel().tolist()
        table["worked"] = counts.worked.ravel().tolist()
        table["nights"] = np.repeat(counts.nights, agents).tolist()
        table["episodes"] = [self.episodes] * len(rows)
        return table

    def to_csv(self, path: str | os.PathLike[str] | None = None) -> str:
        """The table of `columns` as CSV text, also written to a file if one is named."""
        table = self.columns()
        return write_csv(list(table), zip(*table.values(), strict=True), path)

    def to_frame(self) -> "pd.DataFrame":
        """The table of `columns` as a pandas data frame (extra ``pandas``)."""
        import pandas as pd

        return pd.DataFrame(self.columns())


@dataclass(frozen=True)
class PairedDifference:
    """The difference of two line-ups' payoffs over the same episodes.

    Attributes
    ----------
    scenario : Scenario
        Whose rewards weigh it.
    moments : Moments
        Moments over blocks of the differences of features (of episodes: their number).
    backend, device : str
        What played the episodes.
    """

    scenario: Scenario
    moments: Moments
    backend: str
    device: str

    @property
    def mean(self) -> FloatArray:
        """Mean difference per seat, shape (A,)."""
        means: FloatArray = self.moments.mean(_core.reward_weights(self.scenario))[0]
        return means

    @property
    def stderr(self) -> FloatArray:
        """Its paired standard error, shape (A,)."""
        errors: FloatArray = self.moments.stderr(_core.reward_weights(self.scenario))[0]
        return errors

    @property
    def episodes(self) -> int:
        """Episodes of each line-up."""
        return int(self.moments.sums[0, 0])

    def followed_by(self, later: Self) -> Self:
        """This difference and that of a later range of episodes that begins with a new block."""
        return replace(
            self,
            moments=self.moments + later.moments,
            backend=each_once(self.backend, later.backend),
            device=each_once(self.device, later.device, separator="; "),
        )

    def reweighted(self, **rewards: Any) -> Self:
        """The same difference under other rewards (see `SimulationResult.reweighted`)."""
        return replace(self, scenario=_reweighted(self.scenario, rewards))


def describe_seat(entry: Any) -> str | int | dict[str, float]:
    """What a seat plays, for people: a name, an index, or a mixture of them."""
    if isinstance(entry, Mixture):
        shares: dict[str, float] = {}
        for strategy, weight in zip(entry.strategies, entry.weights, strict=True):
            name = str(describe_seat(strategy))
            shares[name] = shares.get(name, 0.0) + float(weight)
        return shares
    if isinstance(entry, dict):
        return {str(key): float(weight) for key, weight in entry.items()}
    if isinstance(entry, str):
        return entry
    if np.ndim(entry) == 0:
        return int(entry)
    if len(entry) != 10:
        return {str(i): float(w) for i, w in enumerate(entry) if w}
    return strategy_name(as_strategy(entry))


def write_csv(header: Sequence[str], rows: Any, path: str | os.PathLike[str] | None = None) -> str:
    """Rows as CSV text with a header, also written to a file if one is named."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    text = buffer.getvalue()
    if path is not None:
        Path(path).write_text(text, encoding="utf-8")
    return text
