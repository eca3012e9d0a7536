"""The arithmetic of the benchmark."""

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True)
class Spread:
    """Median and quartiles of repeated measurements."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Self:
        """The spread of at least one value."""
        ordered = sorted(values)
        if len(ordered) == 1:
            return cls(ordered[0], ordered[0], ordered[0])
        low, median, high = statistics.quantiles(ordered, n=4, method="inclusive")
        return cls(median, low, high)

    @property
    def relative(self) -> float:
        """The distance of the quartiles over the median."""
        return (self.high - self.low) / self.median


def geometric_mean(values: Iterable[float]) -> float:
    """The geometric mean of values above 0."""
    return math.exp(statistics.fmean(math.log(value) for value in values))


def floor_share(calls: int, ns_per_call: float, seconds: float) -> float:
    """The part of a run that its Philox calls alone would take."""
    return calls * ns_per_call * 1e-9 / seconds


def ratios(above: Sequence[float], below: Sequence[float]) -> list[float]:
    """Ratios of measurements that belong together."""
    return [a / b for a, b in zip(above, below, strict=True)]
