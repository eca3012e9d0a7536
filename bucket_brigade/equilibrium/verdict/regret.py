"""Regret as an interval, with a verdict that is wrong no more often than was asked for.

The regret of a mixture over some candidates is the largest of their gains over it, or 0 if none
gains. `certify` estimates gains from more and more episodes until it knows on which side of ε the
regret is. It needs a `Gains`, whatever that plays, and knows nothing of the game.

Notes
-----
*Looks.* Candidates that are not settled play on, in rounds that double what they have played. So
the looks and the sample size at each are fixed beforehand, and only whether they take place depends
on what was seen. The allowed error is spent evenly over all looks that could take place, half of it
on either side; by Bonferroni's inequality the interval holds at all looks at once.

*Upper limit.* The largest of the candidates' upper limits. It is too low only if that of the one
candidate is which truly gains most, and which one that is does not depend on what is played. So it
needs no correction for the number of candidates: to certify is an intersection-union test [1]_.
Candidates whose upper limit is at most ε are settled: they neither refute nor keep the others from
being certified. (The dominated ones are among them, or the dominating one would have refuted.)

*Lower limit.* The largest of the lower limits, which is too high if a single one is. Its error is
shared by all candidates: they meet the same luck and may depend on each other in any way, for which
Bonferroni's inequality holds and Šidák's slightly better one does not.

*Few blocks and rare events.* If hardly a block that differs was seen, the standard error is about 0
and says nothing. So a limit is as many standard errors from the mean as the normal distribution
says, and then ``log(1 / error)`` times the larger of

- ``span / episodes``, where `span` is the most that an episode can gain or lose. This is exactly
  enough for gains that are 0 but for rare events: with none seen, what may be missed with more than
  the allowed probability contributes no more, and the sum of both terms is enough for any number
  seen (`bucket_brigade.counts.rare_events` has the term for all who need it). It has the form of
  empirical Bernstein bounds [2]_, and is soon far below the standard error of candidates that
  often differ.
- ``SKEWNESS * s / blocks``, where `s` is the largest standard deviation between blocks of any
  candidate. A skewness moves the limits of a mean by about ``skewness * s * z**2 / 3 / blocks``
  [3]_, and ``z**2 < 2 * log(1 / error)``, so 1.5 times `SKEWNESS` is provided for. It also is
  more than Student's t adds to the normal quantile from `MIN_BLOCKS` blocks on.

References
----------
.. [1] R. L. Berger, "Multiparameter hypothesis testing and acceptance sampling", Technometrics 24
   (1982), 295-300.
.. [2] A. Maurer, M. Pontil, "Empirical Bernstein bounds and sample variance penalization",
   Conference on Learning Theory (2009).
.. [3] N. J. Johnson, "Modified t tests and confidence intervals for asymmetrical populations",
   Journal of the American Statistical Association 73 (1978), 536-544.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from statistics import NormalDist
from typing import Any, Protocol, Self

import numpy as np

from bucket_brigade._arrays import FloatArray, IntArray
from bucket_brigade.arguments import as_at_least_zero, as_callback, as_number, as_u64
from bucket_brigade.counts.rare_events import missed
from bucket_brigade.equilibrium.verdict.budget import Budget
from bucket_brigade.errors import InvalidValue, shown

__all__ = ["Gains", "Regret", "Verdict", "certify", "confidence_of_look"]

SKEWNESS = 2.0
"""Factor of the term for how far means of few blocks are from being normal."""
MIN_BLOCKS = 32
"""Blocks below which a candidate has no limits."""
ROUNDING = 1e-12
"""How far exact gains may be off, in parts of the span; really less than a tenth of that."""


class Gains(Protocol):
    """Gains of M candidates over what they deviate from, from more and more episodes."""

    @property
    def is_exact(self) -> bool:
        """Whether `mean` is exact up to rounding; then nothing is ever played."""

    @property
    def span(self) -> float:
        """Most that can be gained or lost in a single episode, in points.

        A bound that follows from what the game pays, not from what was played: without one,
        nobody who only deviates in rare episodes can be judged. For a scenario, it is the mean
        over focal seats of `return_span`.
        """

    @property
    def mean(self) -> FloatArray:
        """Mean gains an episode, shape (M,): paired differences. NaN before anything is played."""

    @property
    def stderr(self) -> FloatArray:
        """Paired standard errors of the gains, shape (M,), from the spread between blocks."""

    @property
    def blocks(self) -> IntArray:
        """Independent blocks of equal size behind each, shape (M,)."""

    def __len__(self) -> int:
        """The number of candidates, M."""

    def extend(self, chosen: IntArray, episodes: int) -> int:
        """Play more episodes of some candidates.

        Parameters
        ----------
        chosen : ndarray of int, shape (C,)
            Candidates, all of which meet the same luck, which nothing met before.
        episodes : int
            How many more for each of them, rounded up to what can be played.

        Returns
        -------
        int
            Episodes spent: about ``(C + 1) * episodes``, as what they deviate from plays as well.
        """


class Verdict(StrEnum):
    """The answer to whether a regret is at most ε."""

    CERTIFIED = "certified"
    REFUTED = "refuted"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Regret:
    """An interval for the regret over the candidates that were compared, and what follows from it.

    Attributes
    ----------
    verdict : Verdict
        *certified* if `upper` is at most `epsilon`, *refuted* if `lower` exceeds it.
    lower, upper : float
        Limits of the regret, at least 0. They are limits of the largest gain: those of single
        candidates do not hold simultaneously. `upper` is infinite if too little was played.
    estimate : float
        The largest estimated gain, or 0 if none is positive: biased upwards, as the largest of
        noisy numbers is. 0 also if nothing was played.
    best : int
        The candidate with the largest lower limit if refuted, otherwise with the largest estimated
        gain; -1 if nothing was played.
    epsilon : float
        The regret that was allowed.
    confidence : float
        Probability that the limits hold at all looks; 1 if gains are exact.
    candidates : int
        How many were compared.
    episodes : int
        How many were spent.
    rounds : int
        How often gains were looked at.
    """

    verdict: Verdict
    lower: float
    upper: float
    estimate: float
    best: int
    epsilon: float
    confidence: float
    candidates: int
    episodes: int
    rounds: int

    @property
    def is_exact(self) -> bool:
        """Whether gains were exact: nothing that is sampled is sure."""
        return self.confidence == 1.0

    @property
    def digits(self) -> int:
        """Digits after the point with which its limits are shown."""
        return 4 if self.is_exact else 2

    def to_dict(self) -> dict[str, Any]:
        """The same as JSON knows it, where an infinite `upper` is None."""
        values = asdict(self) | {"verdict": self.verdict.value}
        return values | {"upper": self.upper if math.isfinite(self.upper) else None}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Restore a regret from what `to_dict` gave; raises `InvalidValue` for anything else."""
        names = {field.name for field in fields(cls)}
        if set(values) != names:
            raise InvalidValue("regret", sorted(values), f"the keys {sorted(names)}")
        if values["verdict"] not in list(Verdict):
            raise InvalidValue("verdict", shown(values["verdict"]), f"one of {', '.join(Verdict)}")
        upper = math.inf if values["upper"] is None else values["upper"]
        return cls(**{**values, "verdict": Verdict(values["verdict"]), "upper": upper})


def confidence_of_look(confidence: float, k: int) -> float:
    """Confidence for the k-th of any number of verdicts that are to be right at once.

    Their errors, ``(1 - confidence) / ((k + 1) * (k + 2))`` for k = 0, 1, 2, …, add up to
    ``1 - confidence``. Half of it is for the first, and late ones get more than of any
    geometric series.

    Parameters
    ----------
    confidence : float
        That all of them are right, above 0 and below 1.
    k : int
        How many were made before.

    Examples
    --------
    >>> [round(confidence_of_look(0.94, k), 6) for k in range(3)]
    [0.97, 0.99, 0.995]
    """
    k = as_u64("k", k)
    return 1 - (1 - _confidence(confidence)) / ((k + 1) * (k + 2))


def certify(
    gains: Gains,
    *,
    epsilon: float,
    confidence: float = 0.95,
    budget: Budget | None = None,
    first_episodes: int = 4096,
    max_episodes: int = 1 << 24,
    rounding: float | None = None,
    progress: Callable[[Regret], object] | None = None,
) -> Regret:
    """Decides whether regret over some candidates is at most ε.

    Parameters
    ----------
    gains : Gains
        Of candidates that were chosen without regard to the episodes it will play, none of which
        has been played.
    epsilon : float
        The regret to allow, at least 0, in points an episode.
    confidence : float
        Probability, above 0 and below 1, that the interval holds, and so that a verdict is right;
        that *certified* or *refuted* is wrong has half the remaining probability each.
    budget : Budget, optional
        Shared with other stages. A round that does not fit in is played by those candidates only,
        largest upper limits first, that do; the first one by all or by none. Seconds are judged by
        the pace of the round before, so the first one may take too long.
    first_episodes, max_episodes : int
        Episodes of each candidate at the first look, and of any candidate at most. Numbers that
        make whole blocks, for each focal seat, waste nothing.
    rounding : float, optional
        How far exact gains may be off, in points; by default a small part of the span
        (`ROUNDING`), whatever the unit of rewards.
    progress : callable, optional
        Called with what is known after every look.

    Returns
    -------
    Regret

    Raises
    ------
    InvalidValue
        For the first value that is not allowed.
    """
    epsilon, confidence = as_at_least_zero("epsilon", epsilon), _confidence(confidence)
    first = as_u64("first_episodes", first_episodes)
    most = as_u64("max_episodes", max_episodes)
    if not 1 <= first <= most:
        raise InvalidValue("first_episodes", first, f"from 1 to max_episodes, which is {most}")
    if rounding is not None:
        rounding = as_at_least_zero("rounding", rounding)
    as_callback("progress", progress)
    budget = Budget() if budget is None else budget
    size = len(gains)
    if size < 1:
        raise InvalidValue("gains", "no candidates", "at least one candidate")

    def regret(mean: FloatArray, lower: FloatArray, upper: FloatArray, rounds: int) -> Regret:
        verdict = Verdict.UNDECIDED
        if upper.max() <= epsilon:
            verdict = Verdict.CERTIFIED
        elif lower.max() > epsilon:
            verdict = Verdict.REFUTED
        return Regret(
            verdict=verdict,
            lower=max(float(lower.max()), 0.0),
            upper=max(float(upper.max()), 0.0),
            estimate=max(float(mean.max()), 0.0) if rounds else 0.0,
            best=int((lower if verdict is Verdict.REFUTED else mean).argmax()) if rounds else -1,
            epsilon=epsilon,
            confidence=1.0 if gains.is_exact else confidence,
            candidates=size,
            episodes=spent,
            rounds=rounds,
        )

    spent = 0
    if gains.is_exact:
        mean = _finite("gains.mean", gains.mean)
        span = as_at_least_zero("gains.span", gains.span)
        last_digit = float(np.spacing(np.abs(mean).max()))
        off = max(ROUNDING * span, last_digit) if rounding is None else rounding
        return regret(mean, mean - off, mean + off, 1)
    if np.any(gains.blocks):
        raise InvalidValue("gains", "played already", "gains of which nothing has been played")

    span = as_at_least_zero("gains.span", gains.span)
    looks = 1 + (math.ceil(most / first) - 1).bit_length()
    error_above = (1 - confidence) / 2 / looks
    error_below = error_above / size
    lower, upper = np.full(size, -np.inf), np.full(size, np.inf)
    known = regret(upper, lower, upper, 0)
    chosen = np.arange(size)
    played, price, pace = 0, 1.0, 0.0
    for look in range(looks):
        episodes = min(first << look, most) - played
        affordable = chosen[np.argsort(-upper[chosen], kind="stable")]
        # Whatever is left affords some of the candidates, the most doubtful ones.
        while affordable.size and not budget.affords(
            price * (affordable.size + 1) * episodes, pace=pace
        ):
            affordable = affordable[:-1]
        if affordable.size == 0 or (look == 0 and affordable.size < size):
            break
        before, short = budget.elapsed, affordable.size < chosen.size
        chosen = np.sort(affordable)
        cost = as_u64("gains.extend", gains.extend(chosen, episodes))
        budget.spend(cost)
        spent, played = spent + cost, played + episodes
        if cost:
            price, pace = cost / ((chosen.size + 1) * episodes), (budget.elapsed - before) / cost
        low, high = _limits(gains, error_below, error_above, span, played)
        lower[chosen], upper[chosen] = low[chosen], high[chosen]
        known = regret(gains.mean, lower, upper, look + 1)
        if progress is not None:
            progress(known)
        if short or known.verdict is not Verdict.UNDECIDED:
            break
        chosen = np.flatnonzero(upper > epsilon)
    return known


def _limits(
    gains: Gains, error_below: float, error_above: float, span: float, episodes: int
) -> tuple[FloatArray, FloatArray]:
    """Limits of every candidate's gain, given how often each may be wrong."""
    mean, stderr, blocks = gains.mean.copy(), gains.stderr, gains.blocks
    enough = blocks >= MIN_BLOCKS
    mean[enough] = _finite("gains.mean", mean[enough])
    if np.any(_finite("gains.stderr", stderr[enough]) < 0):
        raise InvalidValue("gains.stderr", stderr.min(), "at least 0")
    root = np.sqrt(np.maximum(blocks, 1))
    spread = float(np.max(stderr * root, initial=0.0, where=enough))

    def reach(error: float) -> FloatArray:
        quantile = max(-NormalDist().inv_cdf(error), 0.0)
        skewed = -math.log(error) * SKEWNESS * spread / root**2
        guard = np.maximum(missed(span, episodes, error), skewed)
        return np.where(enough, quantile * stderr + guard, np.inf)

    mean = np.where(enough, mean, 0.0)
    return mean - reach(error_below), mean + reach(error_above)


def _finite(field: str, values: FloatArray) -> FloatArray:
    if not np.isfinite(values).all():
        raise InvalidValue(field, values, "finite numbers where something was played")
    return values


def _confidence(value: float) -> float:
    number = as_number("confidence", value)
    if not 0 < number < 1:
        raise InvalidValue("confidence", number, "above 0 and below 1")
    return number
