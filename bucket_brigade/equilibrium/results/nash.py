"""Symmetric equilibria: what `DoubleOracle` returns, and its JSON."""

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np

from bucket_brigade._arrays import FloatArray
from bucket_brigade.arguments import as_path
from bucket_brigade.atomic_files import write_json
from bucket_brigade.by_value import ComparedByValue
from bucket_brigade.equilibrium.games.symmetric_game import SymmetricGame
from bucket_brigade.equilibrium.payoffs.profile import Profile
from bucket_brigade.equilibrium.results.certified import (
    CertifiedResult,
    describe_payoff,
    or_nan,
    or_null,
)
from bucket_brigade.equilibrium.results.documents import document, read_results
from bucket_brigade.equilibrium.verdict.regret import Verdict
from bucket_brigade.game.lineups import Mixture
from bucket_brigade.policies.kinds import as_policy
from bucket_brigade.policies.labels import LabelKey, label_key, strategy_labels
from bucket_brigade.policies.spaces import HEURISTICS, Member, as_member
from bucket_brigade.summaries import Summary, cut

__all__ = [
    "NashEquilibrium",
    "PolicyGain",
    "PoolEquilibrium",
    "RestrictedPayoffs",
    "describe",
    "load_equilibria",
    "save_equilibria",
]

#: The key of documents.
KEY = "equilibria"


@dataclass(frozen=True)
class PolicyGain:
    """The gain of a seat that leaves an equilibrium for its best policy of any kind.

    Attributes
    ----------
    seat : int
        Who leaves.
    gain : float
        Points an episode, by the best policy that was found.
    at_most : float
        No policy gains more. The same, unless the others mix (see `SeatJudgement.value_at_most`).
    """

    seat: int
    gain: float
    at_most: float

    def to_dict(self) -> dict[str, Any]:
        """The gain as JSON knows it."""
        return dict(vars(self))

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Restore a gain from what `to_dict` gave."""
        return cls(data["seat"], data["gain"], data["at_most"])


@dataclass(frozen=True)
class PoolEquilibrium:
    """An equilibrium of the restricted game.

    Attributes
    ----------
    distribution : dict
        Index into the pool to probability, where it is above 0.
    payoff, regret : float
        In the restricted game, where regret is zero up to rounding.
    """

    distribution: dict[int, float]
    payoff: float
    regret: float

    def to_dict(self) -> dict[str, Any]:
        """The value as JSON knows it."""
        return {
            "distribution": {str(i): w for i, w in self.distribution.items()},
            "payoff": self.payoff,
            "regret": self.regret,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Restore what `to_dict` was called on."""
        distribution = {int(i): w for i, w in data["distribution"].items()}
        return cls(distribution, data["payoff"], data["regret"])


@dataclass(frozen=True, eq=False)
class RestrictedPayoffs(ComparedByValue):
    """The last restricted game.

    Attributes
    ----------
    indices : tuple of int
        Its K strategies, as indices into the pool.
    players : int
        Its players. Fewer than agents where they stand for all of them (see `reduced_players`).
    payoffs, stderr : ndarray of float64, shape (K, C)
        Payoff of each strategy against each composition of opponents, in the order of
        `SymmetricGame.compositions`, and standard errors.
    """

    indices: tuple[int, ...]
    players: int
    payoffs: FloatArray
    stderr: FloatArray

    @property
    def game(self) -> SymmetricGame:
        """The symmetric game with these payoffs."""
        return SymmetricGame(self.players, self.payoffs)

    def to_dict(self) -> dict[str, Any]:
        """The value as JSON knows it."""
        return {
            "strategies": list(self.indices),
            "players": self.players,
            "opponents": self.game.compositions.tolist(),
            "payoffs": self.payoffs.tolist(),
            "stderr": [[or_null(x) for x in row] for row in self.stderr.tolist()],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Restore what `to_dict` was called on."""
        stderr = np.array([[or_nan(x) for x in row] for row in data["stderr"]])
        return cls(tuple(data["strategies"]), data["players"], np.array(data["payoffs"]), stderr)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class NashEquilibrium(CertifiedResult):
    """A symmetric equilibrium, with how much anybody could still gain by leaving it.

    Attributes
    ----------
    strategy_pool : list of ndarray, shape (10,), or Policy
        All strategies that joined: θ of heuristic agents, or policies of another kind.
    distribution : dict
        Index into the pool to probability, where it is above 0. Every player draws on its own.
    payoff, payoff_stderr : float
        Mean return of a player (seated at random, unless `seat` is given) and its standard error,
        0 if exact.
    searched : dict
        What the best response was searched among, and how finely.
    equilibria : tuple of PoolEquilibrium
        All equilibria found of the last restricted game. The first was examined, or one strategy
        in its place if those that it mixes are nearly alike.
    restricted : RestrictedPayoffs
        That game.
    iterations : int
        Restricted games solved.
    history : tuple of dict
        What each iteration came to: ``distribution`` over the pool and ``best_response_strategy``
        (θ) are what the texts ``equilibrium`` and ``best_response`` name.
    seat : int or None
        The focal seat, if one was asked for.
    space : str
        The family of policies that was searched, of which the verdict holds: "heuristic" or
        "firefighter".
    policy_gains : tuple of PolicyGain or None
        What each seat would gain by its best policy of any kind, exactly; None as long as
        `with_policy_gains` has not computed it, and where it cannot.
    reason : str
        Why it ended: "certified", "budget", "iterations" or "cycling".
    scenario, regret, deviations, method, seed, num_simulations, episodes, backend, seconds, nights
        Fields that all searches share (see `CertifiedResult`).
    """

    strategy_pool: list[Member]
    distribution: dict[int, float]
    payoff: float
    payoff_stderr: float
    searched: dict[str, Any]
    equilibria: tuple[PoolEquilibrium, ...]
    restricted: RestrictedPayoffs
    iterations: int
    history: tuple[dict[str, Any], ...]
    seat: int | None
    space: str = HEURISTICS.name
    policy_gains: tuple[PolicyGain, ...] | None = None

    @property
    def exploitability(self) -> float:
        """The largest gain over all policies of a seat, of the focal one if there is one, as far
        as one was found; NaN where it is not known."""
        gains = [each.gain for each in self._concerned]
        return max(gains, default=math.nan)

    @property
    def exploitability_at_most(self) -> float:
        """The bound that no seat's gain exceeds by any policy; NaN where it is not known."""
        return max((each.at_most for each in self._concerned), default=math.nan)

    @property
    def _concerned(self) -> list[PolicyGain]:
        return [each for each in self.policy_gains or () if self.seat in (None, each.seat)]

    @property
    def converged(self) -> bool:
        """Whether it is certified."""
        return self.verdict == Verdict.CERTIFIED

    @property
    def profile(self) -> Profile:
        """The profile in which every seat draws from the mixture."""
        return Profile.symmetric(self.scenario, self.strategy_pool, self.distribution)

    @property
    def lineup(self) -> list[object]:
        """The equilibrium as a line-up, one entry a seat, for `simulate` and `evaluate`."""
        played = [self.strategy_pool[i] for i in self.distribution]
        mixture = Mixture(played, list(self.distribution.values()))
        return [played[0] if len(played) == 1 else mixture] * self.scenario.num_agents

    @cached_property
    def labels(self) -> dict[LabelKey, str]:
        """Names of all strategies of the pool and the deviations by `label_key`, each its own."""
        deviations = [deviation.strategy for deviation in self.deviations]
        return strategy_labels([*self.strategy_pool, *deviations])

    @property
    def names(self) -> list[str]:
        """Names of the strategies of the pool."""
        labels = self.labels
        return [labels[label_key(member)] for member in self.strategy_pool]

    def summary(self) -> Summary:
        """The text and table that `repr` and notebooks show: strategies, payoff and verdict."""
        return Summary(
            f"NashEquilibrium: {cut(self.scenario.name)}, {self.verdict} ({self.reason})",
            ["mixture", "payoff", "regret from"],
            [
                [
                    cut(self.describe(), 200),
                    self.told_payoff(self.payoff, self.payoff_stderr),
                    self.told_regret(),
                ]
            ],
            [
                f"{self.method}, {self.iterations} iterations, pool of {len(self.strategy_pool)}"
                + ("" if self.space == HEURISTICS.name else f", all of the space {self.space}")
            ],
        )

    def _repr_html_(self) -> str:
        """The summary; and the gains over (p, q), where they are exact."""
        # What draws them knows this module.
        from bucket_brigade.equilibrium.report.gain_svg import gain_svg

        return f"<div>{super()._repr_html_()}{gain_svg(self)}</div>"

    @property
    def payoff_a_night(self) -> float:
        """Mean return of an episode over its mean nights; NaN where these are not known."""
        return self.payoff / self.nights

    def describe(self, *, payoff: bool = False) -> str:
        """The mixture in one line, likeliest strategy first; with its payoff if that is wanted."""
        mixture = describe(self.strategy_pool, self.distribution, self.labels)
        if not payoff:
            return mixture
        return f"{mixture}; {describe_payoff(self.payoff, self.nights)}"

    def to_dict(self) -> dict[str, Any]:
        """The equilibrium as JSON knows it."""
        return super().to_dict() | {
            "payoff": self.payoff,
            "payoff_stderr": or_null(self.payoff_stderr),
            "strategy_pool": [as_policy(member).to_json() for member in self.strategy_pool],
            "names": self.names,
            "distribution": {str(i): w for i, w in self.distribution.items()},
            "equilibria": [equilibrium.to_dict() for equilibrium in self.equilibria],
            "restricted_game": self.restricted.to_dict(),
            "searched": self.searched,
            "iterations": self.iterations,
            "history": list(self.history),
            "seat": self.seat,
            "space": self.space,
            "payoff_a_night": or_null(self.payoff_a_night),
            "policy_gains": self.policy_gains and [each.to_dict() for each in self.policy_gains],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Restore what `to_dict` was called on."""
        gains = data.get("policy_gains")
        return cls(
            **cls.shared_fields(data),
            strategy_pool=[as_member(each) for each in data["strategy_pool"]],
            distribution={int(i): w for i, w in data["distribution"].items()},
            payoff=data["payoff"],
            payoff_stderr=or_nan(data["payoff_stderr"]),
            searched=data["searched"],
            equilibria=tuple(PoolEquilibrium.from_dict(e) for e in data["equilibria"]),
            restricted=RestrictedPayoffs.from_dict(data["restricted_game"]),
            iterations=data["iterations"],
            history=tuple(data["history"]),
            seat=data["seat"],
            space=data.get("space", HEURISTICS.name),
            policy_gains=None if gains is None else tuple(map(PolicyGain.from_dict, gains)),
        )


def describe(
    pool: Sequence[Member],
    distribution: Mapping[int, float],
    labels: Mapping[LabelKey, str],
) -> str:
    """A mixture in one line, likeliest strategy first, by labels."""
    parts = sorted(distribution.items(), key=lambda item: -item[1])
    names = [labels[label_key(pool[i])] for i, _ in parts]
    if len(parts) == 1:
        return names[0]
    return " + ".join(f"{w:.3f} {name}" for (_, w), name in zip(parts, names, strict=True))


def save_equilibria(found: Sequence[NashEquilibrium], path: str | os.PathLike[str]) -> None:
    """Writes a JSON document, whole or not at all: an interruption leaves the old file or the new.

    Parameters
    ----------
    found : sequence of NashEquilibrium
        The results to save.
    path : path
        The file; ``-`` is standard output.

    Raises
    ------
    OSError
        If it can't be written.
    """
    write_json(document(found, KEY), path)


def load_equilibria(path: str | os.PathLike[str]) -> list[NashEquilibrium]:
    """Reads what `save_equilibria` or ``bucket-brigade nash`` wrote.

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
    return read_results(as_path("path", path), KEY, NashEquilibrium.from_dict)
