"""Pure profiles of the seats: what `RoleSearch` returns, and its JSON."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np

from bucket_brigade.arguments import as_path
from bucket_brigade.atomic_files import write_json
from bucket_brigade.equilibrium.payoffs.profile import Profile
from bucket_brigade.equilibrium.results.certified import (
    CertifiedResult,
    describe_payoff,
    or_nan,
    or_null,
)
from bucket_brigade.equilibrium.results.documents import document, read_results
from bucket_brigade.policies.heuristic import Strategy, as_strategy, duties
from bucket_brigade.policies.labels import LabelKey, distinct_labels, strategy_labels
from bucket_brigade.summaries import Summary, cut

__all__ = ["RoleEquilibrium", "load_roles", "role_name", "save_roles"]

#: Who works at most, and at least, so often goes by that name.
ROLES = {"free rider": (0.0, 0.1), "part-timer": (0.1, 0.8), "firefighter": (0.8, 1.0)}
#: The key of documents.
KEY = "roles"


def role_name(theta: Strategy) -> str:
    """The role of a strategy by how often it works, p, and both numbers it is known by."""
    return _label(_duty(theta))


def role_names(strategies: Sequence[Strategy]) -> list[str]:
    """The roles of several strategies; who plays differently has another name."""
    keys = [_duty(theta) for theta in strategies]
    labels = distinct_labels(keys, _label)
    return [labels[key] for key in keys]


def _duty(theta: Strategy) -> tuple[float, float]:
    """(p, q), all that a payoff depends on; who never works has no q."""
    p, q = duties(theta).tolist()
    return (p, q) if p > 0 else (0.0, 0.0)


def _label(duty: tuple[float, float], digits: int = 3) -> str:
    p, q = duty
    role = next(name for name, (low, high) in ROLES.items() if low <= p <= high)
    at_home = f", q={q:.{digits}g}" if p > 0 else ""  # otherwise it makes no difference
    return f"{role} (p={p:.{digits}g}{at_home})"


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class RoleEquilibrium(CertifiedResult):
    """A strategy for each seat, with how much any of them could still gain by leaving its own.

    Attributes
    ----------
    strategies : tuple of ndarray, shape (10,)
        θ of each of the A seats.
    payoffs, payoffs_stderr : tuple of float
        Mean return of each seat, in points an episode, and its standard error, 0 if exact.
    searched : tuple of dict
        For each seat: what its best response was searched among, and how finely.
    rounds : int
        Rounds of best responses from the first start that led here.
    starts : int
        How many starts led here, or so near that it makes no difference; each counts once for
        each order in which seats responded.
    reason : str
        How the dynamics ended: "converged"; "cycling", then this is one profile of a cycle; or
        "rounds", when there were as many as allowed.
    scenario, regret, deviations, method, seed, num_simulations, episodes, backend, seconds, nights
        Fields that all searches share (see `CertifiedResult`).
    """

    strategies: tuple[Strategy, ...]
    payoffs: tuple[float, ...]
    payoffs_stderr: tuple[float, ...]
    searched: tuple[dict[str, Any], ...]
    rounds: int
    starts: int

    @property
    def duties(self) -> list[tuple[float, float]]:
        """(p, q) of every seat."""
        return [(p, q) for p, q in duties(np.array(self.strategies)).tolist()]

    @property
    def profile(self) -> Profile:
        """The profile: a strategy for every seat."""
        return Profile.pure(self.scenario, self.strategies)

    @property
    def lineup(self) -> list[object]:
        """The profile as a line-up, θ for each seat, for `simulate` and `evaluate`."""
        return list(self.strategies)

    @cached_property
    def labels(self) -> dict[LabelKey, str]:
        """Names of the deviations by θ; no two share one."""
        return strategy_labels(deviation.strategy for deviation in self.deviations)

    def summary(self) -> Summary:
        """The text and table that `repr` and notebooks show: strategies, payoffs and verdict."""
        payoffs = zip(self.payoffs, self.payoffs_stderr, strict=True)
        rows = [
            [f"seat {seat}", name, self.told_payoff(payoff, error)]
            for seat, (name, (payoff, error)) in enumerate(
                zip(role_names(self.strategies), payoffs, strict=True)
            )
        ]
        return Summary(
            f"RoleEquilibrium: {cut(self.scenario.name)}, {self.verdict} ({self.reason})",
            ["", "plays", "payoff"],
            rows,
            [f"regret from {self.told_regret()}; {self.method}"],
        )

    @property
    def payoffs_a_night(self) -> tuple[float, ...]:
        """Mean return of each seat over the mean nights of an episode; NaN where not known."""
        return tuple(payoff / self.nights for payoff in self.payoffs)

    def describe(self, *, payoff: bool = False) -> str:
        """Describe the profile in one line; with the mean payoff of a seat if that is wanted."""
        seats: dict[str, list[int]] = {}
        for seat, name in enumerate(role_names(self.strategies)):
            seats.setdefault(name, []).append(seat)
        roles = "; ".join(f"{' '.join(map(str, at))}: {name}" for name, at in seats.items())
        if not payoff:
            return roles
        mean = sum(self.payoffs) / len(self.payoffs)
        return f"{roles}; mean {describe_payoff(mean, self.nights)}"

    def to_dict(self) -> dict[str, Any]:
        """The profile as JSON knows it."""
        return super().to_dict() | {
            "strategies": [theta.tolist() for theta in self.strategies],
            "roles": role_names(self.strategies),
            "payoffs": [or_null(payoff) for payoff in self.payoffs],
            "payoffs_stderr": [or_null(error) for error in self.payoffs_stderr],
            "searched": list(self.searched),
            "rounds": self.rounds,
            "starts": self.starts,
            "payoffs_a_night": [or_null(payoff) for payoff in self.payoffs_a_night],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Restore what `to_dict` was called on."""
        return cls(
            **cls.shared_fields(data),
            strategies=tuple(as_strategy(theta) for theta in data["strategies"]),
            payoffs=tuple(or_nan(payoff) for payoff in data["payoffs"]),
            payoffs_stderr=tuple(or_nan(error) for error in data["payoffs_stderr"]),
            searched=tuple(data["searched"]),
            rounds=data["rounds"],
            starts=data["starts"],
        )


def save_roles(found: Sequence[RoleEquilibrium], path: str | os.PathLike[str]) -> None:
    """Writes a JSON document, whole or not at all: an interruption leaves the old file or the new.

    Parameters
    ----------
    found : sequence of RoleEquilibrium
        The results to save.
    path : path
        The file; ``-`` is standard output.

    Raises
    ------
    OSError
        If it can't be written.
    """
    write_json(document(found, KEY), path)


def load_roles(path: str | os.PathLike[str]) -> list[RoleEquilibrium]:
    """Reads what `save_roles` or ``bucket-brigade roles`` wrote.

    Parameters
    ----------
    path : path
        The file.

    Raises
    ------
    InvalidFile
        If the file is not such a document, or of another schema version.
    OSError
        If it can't be read.
    """
    return read_results(as_path("path", path), KEY, RoleEquilibrium.from_dict)
