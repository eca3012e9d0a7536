"""Values of line-ups of policies, in every state of the houses: `policy_values`."""

from collections.abc import Sequence
from dataclasses import dataclass

from bucket_brigade import _core
from bucket_brigade._arrays import FloatArray
from bucket_brigade.arguments import as_callback
from bucket_brigade.backends import Progress
from bucket_brigade.backends.threads import as_threads
from bucket_brigade.by_value import ComparedByValue
from bucket_brigade.exact.evaluate import reporter
from bucket_brigade.exact.policies import PolicyLineup, core_policies
from bucket_brigade.game.scenario import Scenario, as_scenario
from bucket_brigade.policies.states import state_number

__all__ = ["PolicyValues", "policy_values"]


@dataclass(frozen=True, eq=False)
class PolicyValues(ComparedByValue):
    """Expected returns of a line-up, at the start and from any state.

    Attributes
    ----------
    houses : int
        Size of the ring.
    payoffs : ndarray of float64, shape (A,)
        Expected return of an episode, before its first fires are drawn.
    states : ndarray of float64, shape (3^H, A)
        The same if night 0 begins in this state (see `Tabular` for their numbers), whether an
        episode can begin there or not.
    """

    houses: int
    payoffs: FloatArray
    states: FloatArray

    def at(self, houses: Sequence[int]) -> FloatArray:
        """Expected return of each seat if night 0 begins with these codes of houses: (A,).

        Raises
        ------
        InvalidValue
            If these are not the codes 0 (safe), 1 (burning) or 2 (ruined) of all houses.
        """
        values: FloatArray = self.states[state_number(houses, self.houses)].copy()
        return values


def policy_values(
    scenario: Scenario,
    lineup: PolicyLineup,
    *,
    threads: int | None = None,
    progress: Progress | None = None,
) -> PolicyValues:
    """Compute what a line-up of policies of any kind is worth, from every state.

    Parameters
    ----------
    scenario : Scenario
        The game, of at most 12 houses and 8 agents.
    lineup : sequence
        A policy for each seat: what `simulate` takes but mixtures, or a `Tabular`.
    threads : int, optional
        Threads at most; by default all.
    progress : callable, optional
        Called with nights done and in all.

    Returns
    -------
    PolicyValues

    Raises
    ------
    InvalidValue
        For the first value that is not allowed; also if the game is too large.

    Examples
    --------
    >>> game = SCENARIOS["trivial_cooperation"].replace(num_houses=5)
    >>> values = policy_values(game, ["hero"] * 4)
    >>> values.payoffs.round(6).tolist()
    [1293.5, 1293.5, 1293.5, 1293.5]
    >>> bool(values.at([2, 0, 0, 0, 0])[0] > values.at([0] * 5)[0])  # with a ruin they are long
    True
    """
    policies = core_policies(as_scenario(scenario), lineup)
    report = reporter(as_callback("progress", progress), scenario.max_nights)
    payoffs, states = _core.policy_values(
        scenario, policies, threads=as_threads(threads), progress=report
    )
    return PolicyValues(scenario.num_houses, payoffs, states)
