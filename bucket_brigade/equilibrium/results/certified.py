"""Profiles with verdicts: the most that a player could gain by leaving, with confidence."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from bucket_brigade._core import __version__
from bucket_brigade.equilibrium.payoffs.profile import Profile
from bucket_brigade.equilibrium.verdict.regret import Regret, Verdict
from bucket_brigade.game.scenario import RULES_VERSION, Scenario
from bucket_brigade.policies.kinds import as_policy
from bucket_brigade.policies.labels import LabelKey, label_key
from bucket_brigade.policies.spaces import as_member
from bucket_brigade.summaries import Summarised, with_error

__all__ = [
    "CertifiedResult",
    "DeviationGain",
    "describe_payoff",
    "or_nan",
    "or_null",
]


@dataclass(frozen=True)
class DeviationGain:
    """The gain of a strategy over an equilibrium, on the episodes of the verdict.

    Attributes
    ----------
    strategy : tuple of float, or Policy
        θ of a heuristic agent, or another policy.
    seats : tuple of int
        Where who deviates may sit.
    gain, stderr : float
        Points an episode, and the paired standard error; 0 if exact.
    """

    strategy: LabelKey
    seats: tuple[int, ...]
    gain: float
    stderr: float

    def to_dict(self, name: str) -> dict[str, Any]:
        """The gain as JSON knows it, with a name for the strategy."""
        return {
            "strategy": as_policy(self.strategy).to_json(),
            "name": name,
            "seats": list(self.seats),
            "gain": or_null(self.gain),
            "stderr": or_null(self.stderr),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Restore a gain from what `to_dict` gave."""
        return cls(
            label_key(as_member(data["strategy"])),
            tuple(data["seats"]),
            or_nan(data["gain"]),
            or_nan(data["stderr"]),
        )


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class CertifiedResult(Summarised):
    """A profile that a search led to, with a verdict on how much anybody gains by leaving it.

    Two are equal if all they tell is, but for the seconds.

    Attributes
    ----------
    scenario : Scenario
        The game.
    regret : Regret
        The verdict: the largest gain of the strategies that were compared, as an interval.
    deviations : tuple of DeviationGain
        These strategies and what they gain, the largest gain first.
    method : str
        "exact" or "sampled".
    reason : str
        How the search ended.
    seed, num_simulations, episodes, backend
        How it was computed; `episodes` is how many the search had played by then in all, and
        `backend` what played them (see `EventCounts.backend`), None if exact.
    seconds : float
        How long the search had taken by then, interruptions left out.
    nights : float
        Mean nights of an episode; NaN in files that do not tell.
    """

    scenario: Scenario
    regret: Regret
    deviations: tuple[DeviationGain, ...]
    method: str
    reason: str
    seed: int
    num_simulations: int
    episodes: int
    backend: str | None
    seconds: float = 0.0
    nights: float = math.nan

    @property
    def verdict(self) -> Verdict:
        """Certified, refuted or undecided."""
        return self.regret.verdict

    @property
    def epsilon(self) -> float:
        """The gain that was allowed."""
        return self.regret.epsilon

    @property
    def cycled(self) -> bool:
        """Whether the search came back to an earlier profile."""
        return self.reason == "cycling"

    @property
    def profile(self) -> Profile:
        """The profile: a mixture for every seat."""
        raise NotImplementedError

    @property
    def labels(self) -> Mapping[LabelKey, str]:
        """Names of the deviations, at least, by `label_key`; no two share one."""
        raise NotImplementedError

    def told_payoff(self, payoff: float, stderr: float) -> str:
        """A payoff, with its standard error if it was sampled."""
        return f"{payoff:.6g}" if self.regret.is_exact else with_error(payoff, stderr)

    def told_regret(self) -> str:
        """The interval of the regret, beside what was allowed."""
        regret = self.regret
        return f"{regret.lower:.3g} to {regret.upper:.3g}, allowed {regret.epsilon:g}"

    def to_dict(self) -> dict[str, Any]:
        """The result as JSON knows it."""
        labels = self.labels
        return {
            "scenario": self.scenario.to_dict(),
            "rules_version": RULES_VERSION,
            "software_version": __version__,
            "method": self.method,
            "epsilon": self.epsilon,
            "confidence": self.regret.confidence,
            "verdict": str(self.verdict),
            "regret": self.regret.to_dict(),
            "deviations": [
                deviation.to_dict(labels[deviation.strategy]) for deviation in self.deviations
            ],
            "reason": self.reason,
            "seed": self.seed,
            "num_simulations": self.num_simulations,
            "episodes": self.episodes,
            "backend": self.backend,
            "seconds": self.seconds,
            "nights": or_null(self.nights),
        }

    @staticmethod
    def shared_fields(data: Mapping[str, Any]) -> dict[str, Any]:
        """The fields of any result, from what `to_dict` gave."""
        names = "method", "reason", "seed", "num_simulations", "episodes", "backend", "seconds"
        return {name: data[name] for name in names} | {
            "scenario": Scenario.from_dict(data["scenario"]),
            "regret": Regret.from_dict(data["regret"]),
            "deviations": tuple(DeviationGain.from_dict(d) for d in data["deviations"]),
            "nights": or_nan(data.get("nights")),
        }

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return {**self.to_dict(), "seconds": 0} == {**other.to_dict(), "seconds": 0}

    __hash__ = None  # type: ignore[assignment]  # dictionaries inside


def describe_payoff(payoff: float, nights: float) -> str:
    """A payoff an episode in one line, with the payoff a night where nights are known."""
    text = f"payoff {payoff:.2f}"
    if math.isnan(nights):
        return text
    return f"{text} in {nights:.1f} nights, {payoff / nights:.2f} a night"


def or_null(x: float) -> float | None:
    """A number as JSON knows it: NaN is null."""
    return x if x == x else None


def or_nan(x: float | None) -> float:
    """Return NaN for None, as the reverse of `or_null`."""
    return float("nan") if x is None else x
