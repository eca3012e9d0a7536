"""The gains over all policies, of any kind, by leaving an equilibrium that was found among some."""

from dataclasses import replace

import numpy as np

from bucket_brigade import _core
from bucket_brigade.arguments import as_callback
from bucket_brigade.backends import Progress
from bucket_brigade.backends.threads import as_threads
from bucket_brigade.equilibrium.results.nash import NashEquilibrium, PolicyGain
from bucket_brigade.errors import InvalidValue, shown
from bucket_brigade.evaluation.judge import MOST_PURE, judge
from bucket_brigade.exact.evaluate import expected, reporter
from bucket_brigade.exact.policies import core_policies

__all__ = ["MOST_SECONDS", "with_policy_gains"]

#: The time that all best responses may take on one thread, by an estimate. Beyond, they are left
#: out.
MOST_SECONDS = 60.0


def with_policy_gains(
    found: NashEquilibrium,
    *,
    threads: int | None = None,
    progress: Progress | None = None,
) -> NashEquilibrium:
    """Return an equilibrium with what each seat gains by its best policy of any kind, exactly.

    Parameters
    ----------
    found : NashEquilibrium
        The equilibrium, of any space and method.
    threads, progress
        As for `judge`.

    Returns
    -------
    NashEquilibrium
        The same, with its `policy_gains`; these are None where the game is too large for exact
        best responses, where these would take more than a minute on one thread, by an estimate, or
        where mixtures stand for too much to be judged.

    Raises
    ------
    InvalidValue
        For the first argument that is not allowed.

    Examples
    --------
    >>> from bucket_brigade.equilibrium import DoubleOracle
    >>> game = SCENARIOS["easy"].replace(num_houses=4, num_agents=2)
    >>> found = with_policy_gains(DoubleOracle(game, method="exact").solve())
    >>> found.regret.upper < 0.01 < max(each.gain for each in found.policy_gains)
    True
    """
    if not isinstance(found, NashEquilibrium):
        raise InvalidValue("found", shown(found), "a NashEquilibrium")
    as_threads(threads)
    as_callback("progress", progress)
    gains = _gains(found, threads, progress) if _takes_little(found) else None
    return replace(found, policy_gains=gains)


def _takes_little(found: NashEquilibrium) -> bool:
    """Whether best responses can be computed, and against all that mixtures may be."""
    passes: int = len(found.distribution) ** found.scenario.num_agents
    try:
        seconds: float = _core.policy_cost(found.scenario)[1]
    except InvalidValue:  # too large
        return False
    return passes <= MOST_PURE and seconds * passes <= MOST_SECONDS


def _gains(
    found: NashEquilibrium, threads: int | None, progress: Progress | None
) -> tuple[PolicyGain, ...]:
    scenario, lineup = found.scenario, found.lineup
    if len(found.distribution) == 1:
        payoffs = expected(scenario, [lineup], threads=threads).mean[0]
        policies = core_policies(scenario, lineup)
        report = reporter(progress, scenario.max_nights)
        best, _, _ = _core.best_responses(
            scenario, policies, threads=as_threads(threads), progress=report
        )
        # None is below 0 but by rounding, since payoffs come from another engine.
        gains = np.maximum(best - payoffs, 0.0).tolist()
        return tuple(PolicyGain(seat, gain, gain) for seat, gain in enumerate(gains))
    judged = judge(scenario, lineup, heuristics=False, threads=threads, progress=progress)
    return tuple(PolicyGain(each.seat, each.gain, each.gain_at_most) for each in judged.seats)
