"""Double oracle over all policies: PSRO with exact best responses.

Reference: M. Lanctot et al., "A unified game-theoretic approach to multiagent reinforcement
learning", NeurIPS 2017, where policies are learned; here both the payoffs of the restricted game
and the best responses are exact.
"""

import itertools
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np

from bucket_brigade import _core
from bucket_brigade._arrays import FloatArray
from bucket_brigade.arguments import as_at_least_zero, as_callback, as_list, as_positive
from bucket_brigade.backends.threads import as_threads
from bucket_brigade.counts.expected_counts import ExpectedCounts
from bucket_brigade.equilibrium.games.solver import SymmetricEquilibrium, symmetric_equilibria
from bucket_brigade.equilibrium.games.symmetric_game import SymmetricGame
from bucket_brigade.equilibrium.results.policies import PolicyEquilibrium, SeatPolicies
from bucket_brigade.equilibrium.results.saved import check_settings
from bucket_brigade.equilibrium.search.options import EPSILON, check_count
from bucket_brigade.equilibrium.verdict.budget import Budget
from bucket_brigade.errors import InvalidValue
from bucket_brigade.exact.policies import PolicyLineup
from bucket_brigade.game.scenario import Scenario, as_scenario
from bucket_brigade.policies.kinds import as_policy
from bucket_brigade.policies.policy import checked_memoryless
from bucket_brigade.policies.tabular import Tabular, blended
from bucket_brigade.policies.tabulate import tabulate

__all__ = ["PSRO"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class PSRO:
    """Finds a profile from which no seat gains by any policy, by double oracle.

    A strategy is a policy for each seat: players are seated at random, and then know where they
    sit. The restricted game of a pool of strategies has the exact payoffs of all line-ups, and is
    solved for a symmetric equilibrium. Its strategies are drawn anew every night, which makes a
    policy of houses and night for each seat. The best responses to these, among all policies and
    exact, are the pool's next strategy, and the verdict: what they gain is what any policy gains.

    Parameters
    ----------
    scenario : Scenario
        The game, of 2 to 8 agents and at most 12 houses.
    max_iterations : int
        Restricted games to solve at most.
    epsilon : float
        Gain of a best response, in points an episode, that is small enough.
    budget_seconds : float, optional
        What may be spent: no line-up or search begins beyond it. A first line-up is always followed
        and answered.
    threads : int, optional
        Threads at most; by default all.
    on_iteration : callable, optional
        Called with a line of text after every restricted game.

    Raises
    ------
    InvalidValue
        For the first value that is not allowed; also if the game is too large.

    Notes
    -----
    An iteration follows the line-ups that are new to it: with K strategies in use, up to K^A -
    (K - 1)^A. In use are those that the last equilibrium played, and the best responses to it; all
    of the pool where that game was solved before.
    """

    scenario: Scenario
    _: KW_ONLY
    max_iterations: int = 20
    epsilon: float = EPSILON["exact"]
    budget_seconds: float | None = None
    threads: int | None = None
    on_iteration: Callable[[str], object] | None = None

    def __post_init__(self) -> None:
        as_scenario(self.scenario)
        limits = (
            ("num_agents", 2, _core.MAX_EXACT_AGENTS),
            ("num_houses", _core.HOUSES[0], _core.MAX_EXACT_HOUSES),
        )
        for field, least, most in limits:
            if not least <= getattr(self.scenario, field) <= most:
                allowed = f"{least} to {most} for exact best responses of several players"
                raise InvalidValue(field, getattr(self.scenario, field), allowed)
        check_count("max_iterations", self.max_iterations)
        as_at_least_zero("epsilon", self.epsilon)
        if self.budget_seconds is not None:
            as_positive("budget_seconds", self.budget_seconds)
        as_threads(self.threads)
        as_callback("on_iteration", self.on_iteration)

    def settings(self) -> dict[str, Any]:
        """Settings that the result depends on, as JSON knows them, but for what it may spend."""
        return {"scenario": self.scenario.to_dict(), "epsilon": float(self.epsilon)}

    def solve(
        self,
        initial: Sequence[PolicyLineup] | None = None,
        *,
        state: Mapping[str, Any] | None = None,
        on_state: Callable[[dict[str, Any]], object] | None = None,
    ) -> PolicyEquilibrium:
        """Search for the profile.

        Parameters
        ----------
        initial : sequence of line-ups, optional
            Strategies that the pool starts from, each a memoryless policy for each seat; by default
            heroes at all seats.
        state : mapping, optional
            Where to go on, instead of from there: what `on_state` was last given by a search with
            the same scenario and epsilon. It may have another budget or number of iterations.
        on_state : callable, optional
            Called after every iteration, and each second or so, with all that is known, as JSON
            knows it. The result does not depend on interruptions.

        Returns
        -------
        PolicyEquilibrium
            The profile from which seats gain least, of those of all restricted games.

        Raises
        ------
        InvalidValue
            If there is no initial strategy, one is not allowed, or the state is that of another
            search.

        Examples
        --------
        >>> game = SCENARIOS["hard"].replace(num_houses=4, num_agents=2)
        >>> found = PSRO(game).solve()
        >>> found.verdict.value, found.regret < 0.01, found.iterations < 10
        ('certified', True, True)
        """
        search = _Search(self, as_callback("on_state", on_state))
        if state is None:
            search.begin(self._given(initial))
        else:
            search.restore(state)
        return search.run()

    def _given(self, initial: Sequence[PolicyLineup] | None) -> list[SeatPolicies]:
        """The tables of the strategies that the pool starts from."""
        agents = self.scenario.num_agents
        chosen = as_list("initial", [["hero"] * agents] if initial is None else initial, "line-ups")
        if not chosen:
            raise InvalidValue("initial", "an empty list", "at least one policy for each seat")
        strategies = []
        for i, lineup in enumerate(chosen):
            seats = as_list(f"initial[{i}]", lineup, "a policy for each seat")
            if len(seats) != agents:
                allowed = f"a policy for each of the {agents} seats"
                raise InvalidValue(f"initial[{i}]", f"{len(seats)} policies", allowed)
            named = [as_policy(each, f"initial[{i}][{seat}]") for seat, each in enumerate(seats)]
            for seat, policy in enumerate(named):
                checked_memoryless(policy, f"initial[{i}][{seat}]")
            strategies.append(
                tuple(tabulate(each, self.scenario, seat=seat) for seat, each in enumerate(named))
            )
        return strategies


class _Search:
    """A search on its way: its pool, the payoffs of line-ups, and what iterations came to."""

    VERSION = 1
    #: Seconds between states that are told within an iteration, at least.
    EVERY = 1.0

    def __init__(self, asked: PSRO, on_state: Callable[[dict[str, Any]], object] | None) -> None:
        self.asked, self.scenario, self.on_state = asked, asked.scenario, on_state
        self.threads = as_threads(asked.threads)
        self.budget = Budget(seconds=asked.budget_seconds)
        self.pool: list[SeatPolicies] = []
        #: Payoffs of all seats, by the strategy at each.
        self.payoffs: dict[tuple[int, ...], FloatArray] = {}
        self.history: list[dict[str, Any]] = []
        self.told = time.monotonic()

    def begin(self, pool: Sequence[SeatPolicies]) -> None:
        """Start from some strategies."""
        for strategy in pool:
            self.index(strategy)

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what `tell` gave."""
        if state.get("state_version") != self.VERSION:
            raise InvalidValue("state", state.get("state_version"), f"version {self.VERSION}")
        check_settings(state["settings"], self.asked.settings())
        for strategy in state["pool"]:
            policies = [as_policy(policy, "state") for policy in strategy]
            self.pool.append(tuple(tabulate(each, self.scenario) for each in policies))
        self.payoffs = {tuple(lineup): np.array(paid) for lineup, paid in state["payoffs"]}
        self.history = list(state["history"])
        self.budget = Budget(seconds=self.asked.budget_seconds, elapsed=state["seconds"])

    def tell(self) -> None:
        """Tell all that is known."""
        self.told = time.monotonic()
        if self.on_state is not None:
            self.on_state(
                {
                    "state_version": self.VERSION,
                    "settings": self.asked.settings(),
                    "pool": [[policy.to_json() for policy in each] for each in self.pool],
                    "payoffs": [[list(key), paid.tolist()] for key, paid in self.payoffs.items()],
                    "history": list(self.history),
                    "seconds": self.budget.elapsed,
                }
            )

    def run(self) -> PolicyEquilibrium:
        """All iterations that are needed."""
        while (reason := self.ends()) is None:
            active = self.active()
            if active is None:
                reason = "exhausted"
                break
            new = self.follow(active)
            if new is None:
                reason = "budget"
                break
            equilibrium = self.solve(active)
            mixture = {active[i]: float(equilibrium.distribution[i]) for i in equilibrium.support}
            profile = self.profile(mixture)
            payoffs, gains, response = self.answer(profile)
            self.note(
                {
                    "active": active,
                    "lineups": new,
                    "mixture": [[i, weight] for i, weight in mixture.items()],
                    "payoff": float(payoffs.mean()),
                    "gain": float(gains.max()),
                    "response": self.index(response),
                }
            )
            self.tell()
        return self.result(reason)

    def ends(self) -> str | None:
        """Why the search is over before another iteration, if it is."""
        if not self.history:
            return None
        if min(each["gain"] for each in self.history) <= self.asked.epsilon:
            return "converged"
        if len(self.history) >= self.asked.max_iterations:
            return "iterations"
        return "budget" if self.budget.exhausted else None

    def active(self) -> list[int] | None:
        """The strategies of the next restricted game; None if all were in one already."""
        whole = list(range(len(self.pool)))
        if not self.history:
            return whole
        last, solved = self.history[-1], [each["active"] for each in self.history]
        chosen = sorted({last["response"], *(i for i, _ in last["mixture"])})
        if chosen not in solved:
            return chosen
        return None if whole in solved else whole  # strategies that left have come back

    def index(self, strategy: SeatPolicies) -> int:
        """The number of a strategy in the pool, which it joins if it is new."""
        keys = [policy.key for policy in strategy]
        for i, known in enumerate(self.pool):
            if [policy.key for policy in known] == keys:
                return i
        self.pool.append(strategy)
        return len(self.pool) - 1

    def follow(self, active: Sequence[int]) -> int | None:
        """Compute what is missing of all line-ups: how many, or None if the budget ends."""
        lineups = itertools.product(active, repeat=self.scenario.num_agents)
        missing = [lineup for lineup in lineups if lineup not in self.payoffs]
        for done, lineup in enumerate(missing, 1):
            if self.history and self.budget.exhausted:
                return None
            logger.info(
                "%s: line-up %d of %d, of %d strategies",
                self.scenario.name,
                done,
                len(missing),
                len(active),
            )
            self.payoffs[lineup] = self.values([self.pool[i][a] for a, i in enumerate(lineup)])
            if time.monotonic() > self.told + self.EVERY:
                self.tell()
        return len(missing)

    def values(self, policies: Sequence[Tabular]) -> FloatArray:
        """Expected returns of all seats."""
        runs = [policy.runs for policy in policies]
        start, _ = _core.policy_values(self.scenario, runs, threads=self.threads, progress=None)
        return start

    def solve(self, active: Sequence[int]) -> SymmetricEquilibrium:
        """The equilibrium of the restricted game in which players get most."""
        agents = self.scenario.num_agents
        table = [self.payoffs[lineup] for lineup in itertools.product(active, repeat=agents)]
        shape = (len(active),) * agents + (agents,)
        return symmetric_equilibria(SymmetricGame.from_lineups(np.reshape(table, shape)))[0]

    def profile(self, mixture: Mapping[int, float]) -> SeatPolicies:
        """The policies of seats that draw a strategy every night."""
        played = [self.pool[i] for i in mixture]
        if len(played) == 1:
            return played[0]
        weights = list(mixture.values())
        return tuple(blended(policies, weights) for policies in zip(*played, strict=True))

    def answer(self, profile: SeatPolicies) -> tuple[FloatArray, FloatArray, SeatPolicies]:
        """Payoffs and gains of all seats, and their best responses."""
        runs = [policy.runs for policy in profile]
        values, _, best = _core.best_responses(
            self.scenario, runs, threads=self.threads, progress=None
        )
        payoffs = self.values(profile)
        responses = tuple(Tabular.from_runs(self.scenario, each) for each in best)
        return payoffs, values - payoffs, responses

    def note(self, iteration: dict[str, Any]) -> None:
        """Keep and tell what an iteration came to."""
        self.history.append(iteration)
        text = (
            f"iteration {len(self.history)}: {len(iteration['mixture'])} of "
            f"{len(iteration['active'])} strategies played, payoff {iteration['payoff']:.3f}, "
            f"a seat gains {iteration['gain']:.3f} by its best policy"
        )
        logger.info("%s: %s", self.scenario.name, text)
        if self.asked.on_iteration is not None:
            self.asked.on_iteration(text)

    def result(self, reason: str) -> PolicyEquilibrium:
        """The best profile, and what is expected to happen in it."""
        best = min(self.history, key=lambda each: each["gain"])
        mixture = dict(best["mixture"])
        policies = self.profile(mixture)
        payoffs, gains, _ = self.answer(policies)
        runs = [policy.runs for policy in policies]
        totals = _core.policy_counts(self.scenario, runs, threads=self.threads, progress=None)
        return PolicyEquilibrium(
            scenario=self.scenario,
            policies=policies,
            payoffs=payoffs,
            gains=gains,
            epsilon=float(self.asked.epsilon),
            counts=ExpectedCounts(self.scenario.num_houses, self.scenario.num_agents, totals[None]),
            strategies=tuple(self.pool[i] for i in mixture),
            distribution=tuple(mixture.values()),
            reason=reason,
            history=tuple(self.history),
            seconds=self.budget.elapsed,
        )
