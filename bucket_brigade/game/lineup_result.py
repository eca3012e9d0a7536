"""Results of line-ups as JSON and as tables, however their payoffs came about."""

import csv
import io
import itertools
import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from bucket_brigade._arrays import FloatArray
from bucket_brigade.arguments import as_u64
from bucket_brigade.atomic_files import write_text
from bucket_brigade.counts.event_counts import END_KINDS, CountVectors
from bucket_brigade.errors import InvalidValue
from bucket_brigade.game.lineups import Mixture, is_weights
from bucket_brigade.game.program import seat_strategies
from bucket_brigade.game.scenario import RULES_VERSION, Scenario
from bucket_brigade.policies.heuristic import Strategy
from bucket_brigade.policies.kinds import as_policy, is_policy_object
from bucket_brigade.policies.labels import policy_labels
from bucket_brigade.policies.policy import Policy
from bucket_brigade.summaries import Summarised, Summary, cut, with_error

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "LineupTables",
    "check_lineup",
    "describe_lineup",
    "describe_seat",
    "described_lineups",
    "unseen_note",
    "write_csv",
]


#: A name, an index, or a mixture of them.
SeatInWords = str | int | dict[str, float]


class LineupsWithPool(Protocol):
    """Line-ups, and the pool that their indices and weights refer to."""

    @property
    def scenario(self) -> Scenario: ...
    @property
    def lineups(self) -> tuple[tuple[object, ...], ...]: ...
    @property
    def pool(self) -> tuple[Strategy | Policy, ...] | None: ...


class LineupResult(LineupsWithPool, Protocol):
    """The members that tables are made of; None for those a method lacks, as a seed if exact."""

    @property
    def method(self) -> str: ...
    @property
    def backend(self) -> str | None: ...
    @property
    def device(self) -> str | None: ...
    @property
    def episodes(self) -> int | None: ...
    @property
    def first_episode(self) -> int | None: ...
    @property
    def seed(self) -> int | None: ...
    @property
    def mean(self) -> FloatArray: ...
    @property
    def stderr(self) -> FloatArray: ...
    @property
    def unseen(self) -> FloatArray: ...
    @property
    def counts(self) -> CountVectors[Any]: ...
    @property
    def nights(self) -> FloatArray: ...
    @property
    def payoff_a_night(self) -> FloatArray: ...
    def columns(self) -> dict[str, list[Any]]: ...


class LineupTables(Summarised):
    """The tables of a `LineupResult`, as methods."""

    def summary(self: LineupResult) -> Summary:
        """The text and table that `repr` and notebooks show: payoffs of all seats, and nights."""
        exact = self.episodes is None
        counted = "exact" if exact else f"{self.episodes:,} episodes, seed {self.seed}"
        rows = []
        for i, lineup in enumerate(described_lineups(self)):
            seats = zip(self.mean[i], self.stderr[i], strict=True)
            payoffs = [f"{m:.6g}" if exact else with_error(m, e) for m, e in seats]
            rows.append([describe_lineup(lineup), *payoffs, f"{self.nights[i]:.4g}"])
        worst = float(self.unseen.max(initial=0.0))
        return Summary(
            f"{type(self).__name__}: {cut(self.scenario.name)}, {counted}",
            ["line-up", *(f"seat {s}:" for s in range(self.counts.agents)), "nights:"],
            rows,
            [unseen_note(worst)] if worst > 0 else [],
        )

    @property
    def nights(self: LineupResult) -> FloatArray:
        """Mean nights of an episode, shape (L,)."""
        nights: FloatArray = self.counts.nights / (self.episodes or 1)
        return nights

    @property
    def payoff_a_night(self: LineupResult) -> FloatArray:
        """Mean return of an episode over its mean nights, shape (L, A)."""
        return self.mean / self.nights[:, None]

    def to_dict(self: LineupResult, lineup: int) -> dict[str, Any]:
        """One line-up's result as JSON knows it (NaN becomes null).

        Sampled and exact results have the same keys. Exact ones have null for backend, device,
        episodes, first episode and seed; their counts are expected numbers for one episode, where
        sampled ones are totals over all episodes. ``strategy_pool`` and ``seats`` say in full what
        ``lineup`` names: ``simulate(scenario, [[Mixture(**seat) for seat in seats]],
        pool=strategy_pool, ...)`` plays the same. In the pool a strategy is ten numbers, a policy
        of another kind an object with its ``kind``. `nights` is the mean of an episode, and
        `payoff_a_night` the mean return over it.
        """
        check_lineup("lineup", lineup, self.lineups)
        counts = self.counts
        errors = [None if np.isnan(x) else x for x in self.stderr[lineup].tolist()]
        return {
            "scenario": self.scenario.to_dict(),
            "rules_version": RULES_VERSION,
            "method": self.method,
            "backend": self.backend,
            "device": self.device,
            "lineup": described_lineups(self)[lineup],
            **_replayable(self, lineup),
            "episodes": self.episodes,
            "first_episode": self.first_episode,
            "seed": self.seed,
            "mean": self.mean[lineup].tolist(),
            "stderr": errors,
            "unseen": self.unseen[lineup].tolist(),
            "counts": {
                "nights": counts.nights[lineup].item(),
                "worked": counts.worked[lineup].tolist(),
                "safe": counts.safe[lineup].tolist(),
                "ruined": counts.ruined[lineup].tolist(),
                "saved": counts.saved[lineup].tolist(),
                "ended": dict(zip(END_KINDS, counts.ended[lineup].tolist(), strict=True)),
            },
            "nights": self.nights[lineup].item(),
            "payoff_a_night": self.payoff_a_night[lineup].tolist(),
        }

    def columns(self: LineupResult) -> dict[str, list[Any]]:
        """A table with a row per line-up and seat: who plays, payoff, standard error, counts.

        "nights" are those of all episodes, "nights_an_episode" their mean.
        """
        counts, table = self.counts, dict[str, list[Any]]()
        agents = counts.agents
        rows = [(i, s) for i in range(len(self.lineups)) for s in range(agents)]
        table["lineup"] = [i for i, _ in rows]
        table["seat"] = [s for _, s in rows]
        table["strategy"] = [entry for lineup in described_lineups(self) for entry in lineup]
        table["mean"] = self.mean.ravel().tolist()
        table["stderr"] = self.stderr.ravel().tolist()
        table["worked"] = counts.worked.ravel().tolist()
        table["nights"] = np.repeat(counts.nights, agents).tolist()
        table["episodes"] = [self.episodes] * len(rows)
        table["nights_an_episode"] = np.repeat(self.nights, agents).tolist()
        table["payoff_a_night"] = self.payoff_a_night.ravel().tolist()
        return table

    def to_csv(self: LineupResult, path: str | os.PathLike[str] | None = None) -> str:
        """The table of `columns` as CSV text, also written to a file if one is named."""
        table = self.columns()
        return write_csv(list(table), zip(*table.values(), strict=True), path)

    def to_frame(self: LineupResult) -> "pd.DataFrame":
        """The table of `columns` as a pandas data frame (extra ``pandas``)."""
        import pandas as pd

        return pd.DataFrame(self.columns())


def _replayable(result: LineupResult, lineup: int) -> dict[str, Any]:
    """A line-up in full, its policies once each, with a label, and which the seats draw from."""
    seated = seat_strategies(result.scenario, [result.lineups[lineup]], result.pool)
    drawn = zip(seated.indices.tolist(), seated.weights.tolist(), strict=True)
    played: dict[int, int] = {}
    seats: list[dict[str, list[Any]]] = []
    for size in seated.sizes[0].tolist():
        some = [(index, weight) for index, weight in itertools.islice(drawn, size) if weight > 0]
        numbers = [played.setdefault(index, len(played)) for index, _ in some]
        seats.append({"strategies": numbers, "weights": [weight for _, weight in some]})
    pool = [seated.policies[index] for index in played]
    labels = policy_labels(pool)
    return {
        "strategy_pool": [policy.to_json() for policy in pool],
        "names": [labels[policy] for policy in pool],
        "seats": seats,
    }


def check_lineup(name: str, index: object, lineups: Sequence[object]) -> None:
    """Raises `InvalidValue` for what is not the index of a line-up."""
    if as_u64(name, index) >= len(lineups):
        raise InvalidValue(name, index, f"a line-up from 0 to {len(lineups) - 1}")


def describe_seat(
    entry: Any, pool_size: int | None = None, label: Callable[[Policy], str] | None = None
) -> SeatInWords:
    """Describe for people what a seat plays: a name, an index, or a mixture of them.

    Parameters
    ----------
    entry : seat entry
        See `SeatEntry`.
    pool_size : int, optional
        How many strategies were given as a pool: an entry of that length is a mixture.
    label : callable, optional
        What policies go by; by default their names.
    """
    if isinstance(entry, str | Policy) or is_policy_object(entry):
        policy = as_policy(entry)
        return policy.name() if label is None else label(policy)
    if isinstance(entry, Mixture):
        weights = zip(entry.strategies, entry.weights, strict=True)
    elif isinstance(entry, Mapping):
        weights = zip(entry.keys(), entry.values(), strict=True)
    elif np.ndim(entry) == 0:
        return int(entry)
    elif is_weights(entry, pool_size):
        return {str(i): float(w) for i, w in enumerate(entry) if w}
    else:
        return describe_seat(as_policy(entry), label=label)
    shares: dict[str, float] = {}
    for strategy, weight in weights:
        name = str(describe_seat(strategy, label=label))
        shares[name] = shares.get(name, 0.0) + float(weight)
    return shares


def described_lineups(
    result: LineupsWithPool, *, digits: int | None = None
) -> list[list[SeatInWords]]:
    """Describe the seats of each line-up; different strategies go by different names.

    Their numbers have `digits` digits, by default as few as tell them apart, with 17 all of them.
    """
    seated = seat_strategies(result.scenario, result.lineups, result.pool)
    if digits is None:
        labels = policy_labels(seated.policies)
    else:
        labels = {policy: policy.name(digits) for policy in seated.policies}
    size = None if result.pool is None else len(result.pool)
    return [
        [describe_seat(entry, size, labels.__getitem__) for entry in line]
        for line in result.lineups
    ]


def describe_lineup(described: Sequence[SeatInWords]) -> str:
    """Describe in a line what the seats play."""
    seats = [_in_words(seat) for seat in described]
    if len(set(seats)) == 1 and len(seats) > 1:
        return f"{len(seats)} × {seats[0]}"
    return ", ".join(seats)


def _in_words(seat: SeatInWords) -> str:
    if isinstance(seat, dict):
        parts = [f"{weight:.3g} {name}" for name, weight in seat.items()]
        return cut(" + ".join(parts))
    return str(seat)


def unseen_note(most: float) -> str:
    """A warning about a payoff that may depend on events that were hardly seen."""
    return (
        "events that were never seen, or hardly, could still change payoffs by up to "
        f"{most:.3g}, whatever the standard errors say"
    )


def write_csv(header: Sequence[str], rows: Any, path: str | os.PathLike[str] | None = None) -> str:
    """Rows as CSV text with a header, also written to a file if one is named."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    text = buffer.getvalue()
    if path is not None:
        write_text(text, path)
    return text
