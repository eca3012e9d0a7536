"""What a computation of equilibria returns, and its JSON."""

import json
import math
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Self, TypeVar

import numpy as np

from bucket_brigade._arrays import FloatArray
from bucket_brigade._core import __version__
from bucket_brigade.arguments import as_path
from bucket_brigade.atomic_files import write_json
from bucket_brigade.by_value import ComparedByValue
from bucket_brigade.equilibrium.games.symmetric_game import SymmetricGame
from bucket_brigade.equilibrium.payoffs.profile import Profile
from bucket_brigade.equilibrium.verdict.regret import Regret, Verdict
from bucket_brigade.errors import InvalidFile
from bucket_brigade.game.lineups import Mixture
from bucket_brigade.game.scenario import RULES_VERSION, Scenario
from bucket_brigade.policies.heuristic import Strategy, as_strategy
from bucket_brigade.policies.labels import strategy_labels
from bucket_brigade.summaries import Summarised, Summary, cut, with_error

__all__ = [
    "SCHEMA_VERSION",
    "DeviationGain",
    "NashEquilibrium",
    "PoolEquilibrium",
    "RestrictedPayoffs",
    "load_equilibria",
    "save_equilibria",
]

T = TypeVar("T")

#: Version of the JSON documents; it changes when their meaning does.
SCHEMA_VERSION = 2


@dataclass(frozen=True)
class DeviationGain:
    """What a strategy gains over the equilibrium, on the episodes of the verdict.

    Attributes
    ----------
    strategy : tuple of float
        θ.
    seats : tuple of int
        Where who deviates may sit.
    gain, stderr : float
        Points an episode, and the paired standard error; 0 if exact.
    """

    strategy: tuple[float, ...]
    seats: tuple[int, ...]
    gain: float
    stderr: float

    def to_dict(self, name: str) -> dict[str, Any]:
        """As JSON knows it; the strategy goes by some name there."""
        return {
            "strategy": list(self.strategy),
            "name": name,
            "seats": list(self.seats),
            "gain": or_null(self.gain),
            "stderr": or_null(self.stderr),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """What `to_dict` gave."""
        return cls(
            tuple(data["strategy"]),
            tuple(data["seats"]),
            or_nan(data["gain"]),
            or_nan(data["stderr"]),
        )


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
        """As JSON knows it."""
        return {
            "distribution": {str(i): w for i, w in self.distribution.items()},
            "payoff": self.payoff,
            "regret": self.regret,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """What `to_dict` gave."""
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
        """As a game."""
        return SymmetricGame(self.players, self.payoffs)

    def to_dict(self) -> dict[str, Any]:
        """As JSON knows it."""
        return {
            "strategies": list(self.indices),
            "players": self.players,
            "opponents": self.game.compositions.tolist(),
            "payoffs": self.payoffs.tolist(),
            "stderr": [[or_null(x) for x in row] for row in self.stderr.tolist()],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """What `to_dict` gave."""
        stderr = np.array([[or_nan(x) for x in row] for row in data["stderr"]])
        return cls(tuple(data["strategies"]), data["players"], np.array(data["payoffs"]), stderr)


class ToldResult(Summarised):
    """A result that equals another if all that they tell is the same, but for the seconds."""

    def to_dict(self) -> dict[str, Any]:
        """The result as JSON knows it."""
        raise NotImplementedError

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        mine, theirs = self.to_dict(), other.to_dict()
        return {**mine, "seconds": 0} == {**theirs, "seconds": 0}

    __hash__ = None  # type: ignore[assignment]  # dictionaries inside


@dataclass(frozen=True, eq=False, repr=False)
class NashEquilibrium(ToldResult):
    """A symmetric equilibrium, with how much anybody could still gain by leaving it.

    Two are equal if all they tell is, but for the seconds.

    Attributes
    ----------
    scenario : Scenario
        The game.
    strategy_pool : list of ndarray, shape (10,)
        All strategies that joined.
    distribution : dict
        Index into the pool to probability, where it is above 0. Every player draws on its own.
    payoff, payoff_stderr : float
        Mean return of a player (seated at random, unless `seat` is given) and its standard error,
        0 if exact.
    regret : Regret
        The verdict: what the best of the compared strategies gains, as an interval.
    deviations : tuple of DeviationGain
        These strategies and what they gain, the largest gain first.
    searched : dict
        What the best response was searched among, and how finely.
    equilibria : tuple of PoolEquilibrium
        All equilibria found of the last restricted game. The first was examined, or one strategy
        in its place if those that it mixes are nearly alike.
    restricted : RestrictedPayoffs
        That game.
    method : str
        "exact" or "sampled".
    reason : str
        Why it ended: "certified", "budget", "iterations" or "cycling".
    iterations : int
        Restricted games solved.
    history : tuple of dict
        What each iteration came to: ``distribution`` over the pool and ``best_response_strategy``
        (θ) are what the texts ``equilibrium`` and ``best_response`` name.
    seed, seat, num_simulations, episodes, backend
        How it was computed; `episodes` is how many were played in all, and `backend` what played
        them (see `EventCounts.backend`), None if exact.
    seconds : float
        How long it took, interruptions left out.
    nights : float
        Mean nights of an episode; NaN in files that do not tell.
    """

    scenario: Scenario
    strategy_pool: list[Strategy]
    distribution: dict[int, float]
    payoff: float
    payoff_stderr: float
    regret: Regret
    deviations: tuple[DeviationGain, ...]
    searched: dict[str, Any]
    equilibria: tuple[PoolEquilibrium, ...]
    restricted: RestrictedPayoffs
    method: str
    reason: str
    iterations: int
    history: tuple[dict[str, Any], ...]
    seed: int
    seat: int | None
    num_simulations: int
    episodes: int
    backend: str | None
    seconds: float = field(default=0.0)
    nights: float = field(default=math.nan)

    @property
    def verdict(self) -> Verdict:
        """Certified, refuted or undecided."""
        return self.regret.verdict

    @property
    def converged(self) -> bool:
        """Whether it is certified."""
        return self.verdict == Verdict.CERTIFIED

    @property
    def epsilon(self) -> float:
        """The gain that was allowed."""
        return self.regret.epsilon

    @property
    def profile(self) -> Profile:
        """What every seat plays."""
        return Profile.symmetric(self.scenario, self.strategy_pool, self.distribution)

    @property
    def lineup(self) -> list[object]:
        """The equilibrium as a line-up, one entry a seat, for `simulate` and `evaluate`."""
        played = [self.strategy_pool[i] for i in self.distribution]
        mixture = Mixture(played, list(self.distribution.values()))
        return [played[0] if len(played) == 1 else mixture] * self.scenario.num_agents

    @cached_property
    def labels(self) -> dict[tuple[float, ...], str]:
        """Names of all strategies of the pool and the deviations by θ; no two share one."""
        deviations = [np.array(deviation.strategy) for deviation in self.deviations]
        return strategy_labels([*self.strategy_pool, *deviations])

    def summary(self) -> Summary:
        """What `repr` and notebooks show: who plays what, the payoff, and the verdict."""
        return Summary(
            f"NashEquilibrium: {cut(self.scenario.name)}, {self.verdict} ({self.reason})",
            ["mixture", "payoff", "regret from"],
            [
                [
                    cut(self.describe(), 200),
                    told_payoff(self.payoff, self.payoff_stderr, self.method),
                    told_regret(self.regret),
                ]
            ],
            [f"{self.method}, {self.iterations} iterations, pool of {len(self.strategy_pool)}"],
        )

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
        pool = self.strategy_pool
        return {
            "scenario": self.scenario.to_dict(),
            "rules_version": RULES_VERSION,
            "software_version": __version__,
            "method": self.method,
            "epsilon": self.regret.epsilon,
            "confidence": self.regret.confidence,
            "verdict": str(self.verdict),
            "regret": self.regret.to_dict(),
            "payoff": self.payoff,
            "payoff_stderr": or_null(self.payoff_stderr),
            "strategy_pool": [theta.tolist() for theta in pool],
            "names": [self.labels[tuple(theta.tolist())] for theta in pool],
            "distribution": {str(i): w for i, w in self.distribution.items()},
            "equilibria": [equilibrium.to_dict() for equilibrium in self.equilibria],
            "restricted_game": self.restricted.to_dict(),
            "deviations": [
                deviation.to_dict(self.labels[deviation.strategy]) for deviation in self.deviations
            ],
            "searched": self.searched,
            "reason": self.reason,
            "iterations": self.iterations,
            "history": list(self.history),
            "seed": self.seed,
            "seat": self.seat,
            "num_simulations": self.num_simulations,
            "episodes": self.episodes,
            "backend": self.backend,
            "seconds": self.seconds,
            "nights": or_null(self.nights),
            "payoff_a_night": or_null(self.payoff_a_night),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """What `to_dict` gave."""
        return cls(
            scenario=Scenario.from_dict(data["scenario"]),
            strategy_pool=[as_strategy(theta) for theta in data["strategy_pool"]],
            distribution={int(i): w for i, w in data["distribution"].items()},
            payoff=data["payoff"],
            payoff_stderr=or_nan(data["payoff_stderr"]),
            regret=Regret.from_dict(data["regret"]),
            deviations=tuple(DeviationGain.from_dict(d) for d in data["deviations"]),
            searched=data["searched"],
            equilibria=tuple(PoolEquilibrium.from_dict(e) for e in data["equilibria"]),
            restricted=RestrictedPayoffs.from_dict(data["restricted_game"]),
            method=data["method"],
            reason=data["reason"],
            iterations=data["iterations"],
            history=tuple(data["history"]),
            seed=data["seed"],
            seat=data["seat"],
            num_simulations=data["num_simulations"],
            episodes=data["episodes"],
            backend=data["backend"],
            seconds=data["seconds"],
            nights=or_nan(data.get("nights")),
        )


def told_payoff(payoff: float, stderr: float, method: str) -> str:
    """A payoff, with its standard error if it was sampled."""
    return with_error(payoff, stderr) if method == "sampled" else f"{payoff:.6g}"


def told_regret(regret: Regret) -> str:
    """The interval of a regret, beside what was allowed."""
    return f"{regret.lower:.3g} to {regret.upper:.3g}, allowed {regret.epsilon:g}"


def describe_payoff(payoff: float, nights: float) -> str:
    """A payoff an episode in one line, with the payoff a night where nights are known."""
    text = f"payoff {payoff:.2f}"
    if math.isnan(nights):
        return text
    return f"{text} in {nights:.1f} nights, {payoff / nights:.2f} a night"


def describe(
    pool: Sequence[Strategy],
    distribution: Mapping[int, float],
    labels: Mapping[tuple[float, ...], str],
) -> str:
    """A mixture in one line, likeliest strategy first, by labels of θ."""
    parts = sorted(distribution.items(), key=lambda item: -item[1])
    names = [labels[tuple(pool[i].tolist())] for i, _ in parts]
    if len(parts) == 1:
        return names[0]
    return " + ".join(f"{w:.3f} {name}" for (_, w), name in zip(parts, names, strict=True))


def save_equilibria(found: Sequence[NashEquilibrium], path: str | os.PathLike[str]) -> None:
    """Writes a JSON document at once: whoever interrupts finds the old file or the new one."""
    write_json(document(found), path)


def document(found: Sequence[Any], key: str = "equilibria") -> dict[str, Any]:
    """Results as a JSON document, which has them under `key`."""
    return {
        "schema_version": SCHEMA_VERSION,
        "rules_version": RULES_VERSION,
        "software_version": __version__,
        key: [each.to_dict() for each in found],
    }


def load_equilibria(path: str | os.PathLike[str]) -> list[NashEquilibrium]:
    """Reads what `save_equilibria` or ``bucket-brigade nash`` wrote.

    Raises
    ------
    InvalidFile
        If the file is not such a document, or of another schema version.
    OSError
        If it can't be read.
    """
    return read_results(as_path("path", path), "equilibria", NashEquilibrium.from_dict)


def read_results(path: Path, key: str, of: Callable[[Mapping[str, Any]], T]) -> list[T]:
    """What a JSON document has under `key`, each made by `of`.

    Raises
    ------
    InvalidFile
        If the file is not such a document, or of another schema version.
    """
    data = read_document(path, key)
    try:
        return [of(entry) for entry in data[key]]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        reason = f"one of its {key} is incomplete or damaged ({type(error).__name__}: {error})"
        raise InvalidFile(f"{path}: {reason}") from error


def read_document(path: Path, key: str) -> dict[str, Any]:
    """A JSON document of this schema version that has some key.

    Raises
    ------
    InvalidFile
        If the file is something else.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InvalidFile(f"{path}: not JSON: {error}") from error
    if not isinstance(data, dict) or key not in data:
        raise InvalidFile(f"{path}: has no {key!r}")
    if data.get("schema_version") != SCHEMA_VERSION:
        version = data.get("schema_version")
        raise InvalidFile(
            f"{path}: schema version {version!r}; this program reads {SCHEMA_VERSION}"
        )
    return data


def or_null(x: float) -> float | None:
    """A number as JSON knows it: NaN is null."""
    return x if x == x else None


def or_nan(x: float | None) -> float:
    """What `or_null` was given."""
    return float("nan") if x is None else x
