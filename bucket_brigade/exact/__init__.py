"""Exact payoffs: expected counts, computed without sampling (docs/exact.md).

The heuristic agent remembers nothing, so the houses are a Markov chain whose distribution can be
followed. Here line-ups are taken apart into pure ones, which the core computes, and
its expected counts become payoffs as all counts do.
"""

from bucket_brigade.counts.expected_counts import ExpectedCounts
from bucket_brigade.exact.evaluate import expected
from bucket_brigade.exact.gradient import ExactGradient, expected_gradient
from bucket_brigade.exact.result import ExactResult

__all__ = ["ExactGradient", "ExactResult", "ExpectedCounts", "expected", "expected_gradient"]
