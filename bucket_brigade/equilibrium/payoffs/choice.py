"""The choice between exact and sampled payoffs."""

from bucket_brigade import _core
from bucket_brigade.backends import Backend
from bucket_brigade.backends.threads import as_threads
from bucket_brigade.equilibrium.payoffs.exact import ExactPayoffs
from bucket_brigade.equilibrium.payoffs.sampled import SampledPayoffs
from bucket_brigade.equilibrium.payoffs.sources import PayoffSource
from bucket_brigade.evaluation.methods import as_method
from bucket_brigade.exact.evaluate import applies
from bucket_brigade.game.scenario import Scenario

__all__ = ["payoff_source", "resolved_method"]

#: Seconds that "auto" lets exact payoffs take, by an estimate: all line-ups of `STRATEGIES`
#: strategies, and `RESPONSES` more for each seat.
AUTO_SECONDS, STRATEGIES, RESPONSES = 120.0, 4, 300


def payoff_source(
    scenario: Scenario,
    method: str,
    *,
    seed: int = 0,
    threads: int | None = None,
    backend: str | Backend = "auto",
) -> PayoffSource:
    """Payoffs of a scenario by a method, which `resolved_method` makes of "auto".

    Parameters
    ----------
    scenario : Scenario
        The game.
    method : str
        "sampled", "exact" or "auto".
    seed, threads, backend
        As for `simulate`; exact payoffs use `threads` alone.

    Raises
    ------
    InvalidValue
        If there is no such method, or the game is too large to be exact.
    """
    if resolved_method(scenario, method, threads) == "exact":
        return ExactPayoffs(scenario, threads=threads)
    return SampledPayoffs(scenario, seed=seed, threads=threads, backend=backend)


def resolved_method(
    scenario: Scenario, method: str, threads: int | None = None, by_houses: bool = False
) -> str:
    """ "exact" or "sampled"; "auto" is exact where the chain applies and takes not too long.

    With `by_houses` the chain is to follow every house by itself (see `Policy.tells_owned_apart`).
    """
    if as_method(method) != "auto":
        return method
    agents = scenario.num_agents
    lineups = STRATEGIES**agents + RESPONSES * agents
    cores = min(as_threads(threads) or _core.pool_threads(), _core.pool_threads())
    quick = _core.exact_cost(scenario, by_houses=by_houses)[1] * lineups / cores <= AUTO_SECONDS
    return "exact" if quick and applies(scenario, by_houses=by_houses) else "sampled"
