"""Checks of the parameters that all computations of equilibria share."""

from collections.abc import Sequence
from typing import Any

from bucket_brigade.arguments import as_at_least_zero, as_number, as_positive, as_u64
from bucket_brigade.backends import as_backend
from bucket_brigade.errors import InvalidValue
from bucket_brigade.evaluation.methods import as_method
from bucket_brigade.game.scenario import as_scenario

__all__ = ["check_asked"]


def check_asked(asked: Any, numbers: Sequence[str]) -> None:
    """Checks a computation's parameters.

    Parameters
    ----------
    asked : object
        With the attributes scenario, seed, backend, method, epsilon, confidence, budget_episodes
        and budget_seconds, and those of `numbers`.
    numbers : sequence of str
        Names of the parameters that are numbers of something, from 1 to 2^48.

    Raises
    ------
    InvalidValue
        For the first value that is not allowed.
    """
    as_scenario(asked.scenario)
    as_u64("seed", asked.seed)
    as_backend(asked.backend)
    as_method(asked.method)
    for name in numbers:
        if not 1 <= as_u64(name, getattr(asked, name)) < 1 << 48:
            raise InvalidValue(name, getattr(asked, name), "from 1 to 2^48")
    if asked.epsilon is not None:
        as_at_least_zero("epsilon", asked.epsilon)
    if not 0 < as_number("confidence", asked.confidence) < 1:
        raise InvalidValue("confidence", asked.confidence, "a number between 0 and 1")
    if asked.budget_episodes is not None and as_u64("budget_episodes", asked.budget_episodes) < 1:
        raise InvalidValue("budget_episodes", asked.budget_episodes, "at least 1")
    if asked.budget_seconds is not None:
        as_positive("budget_seconds", asked.budget_seconds)
