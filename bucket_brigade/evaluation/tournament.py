"""Tournaments: all line-ups of a pool of policies, and what each policy is worth in them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from bucket_brigade._arrays import FloatArray
from bucket_brigade.arguments import as_list
from bucket_brigade.backends import Backend
from bucket_brigade.by_value import ComparedByValue
from bucket_brigade.equilibrium.empirical.game import EmpiricalGame, RestrictedGame
from bucket_brigade.equilibrium.empirical.seating import reduced_players
from bucket_brigade.equilibrium.games.symmetric_game import (
    SymmetricGame,
    enumerate_compositions,
    multinomials,
)
from bucket_brigade.equilibrium.payoffs.choice import payoff_source
from bucket_brigade.errors import InvalidValue, shown
from bucket_brigade.evaluation.methods import evaluate
from bucket_brigade.game.scenario import RULES_VERSION, Scenario, as_scenario
from bucket_brigade.policies.kinds import as_policy
from bucket_brigade.policies.labels import distinct_names
from bucket_brigade.policies.policy import Policy
from bucket_brigade.summaries import Summarised, Summary, cut, with_error

__all__ = ["Tournament", "tournament"]


@dataclass(frozen=True, eq=False, repr=False)
class Tournament(ComparedByValue, Summarised):
    """Payoffs of K policies in all line-ups that they can make, seated in all ways.

    Attributes
    ----------
    scenario : Scenario
        The game, of A agents.
    names : tuple of str
        The policies.
    policies : tuple of Policy
        The same.
    restricted : RestrictedGame
        Payoffs of each policy against all compositions of others, with their errors.
    alone, alone_nights : ndarray of float64, shape (K,)
        Mean return of a seat, and mean nights of an episode, if all seats play the policy.
    method : str
        "exact" or "sampled".
    """

    scenario: Scenario
    names: tuple[str, ...]
    policies: tuple[Policy, ...]
    restricted: RestrictedGame
    alone: FloatArray
    alone_nights: FloatArray
    method: str

    @property
    def game(self) -> SymmetricGame:
        """The tournament as a symmetric game, to be solved or evolved."""
        return self.restricted.game

    @cached_property
    def payoff(self) -> FloatArray:
        """Mean return of each policy if every other seat draws from the pool evenly, shape (K,)."""
        return self._payoff(self.game.payoffs)

    @cached_property
    def marginal(self) -> FloatArray:
        """Marginal value of each policy, shape (K,): by how much the mean return of all seats
        changes if one of them, drawn like all others from the pool evenly, turns to the policy."""
        return self._marginal(self.game.payoffs)

    @cached_property
    def payoff_stderr(self) -> FloatArray:
        """Standard error of `payoff`, shape (K,): 0 if exact."""
        return self._error(self._payoff)

    @cached_property
    def marginal_stderr(self) -> FloatArray:
        """Standard error of `marginal`, shape (K,), paired by luck: 0 if exact."""
        return self._error(self._marginal)

    @property
    def ranking(self) -> tuple[int, ...]:
        """The policies by marginal value, the best first; of equal ones the first first."""
        return tuple(np.argsort(-self.marginal, kind="stable").tolist())

    def _payoff(self, payoffs: FloatArray) -> FloatArray:
        counts = multinomials(self.game.compositions)
        return np.asarray(payoffs @ (counts / counts.sum()))

    def _marginal(self, payoffs: FloatArray) -> FloatArray:
        """One seat has the policy; of the others any, which has it and A - 2 more as opponents."""
        size, agents = len(self.names), self.scenario.num_agents
        rest = enumerate_compositions(agents - 2, size)
        weights = multinomials(rest) / multinomials(rest).sum()
        others = np.array(
            [
                (payoffs[:, self.game.columns(rest + unit)] @ weights).mean()
                for unit in np.eye(size, dtype=np.int64)
            ]
        )
        team = (self._payoff(payoffs) + (agents - 1) * others) / agents
        return np.asarray(team - team.mean())

    def _error(self, of: Any) -> FloatArray:
        batches = np.moveaxis(self.restricted.batches, 2, 0)
        if len(batches) == 1:
            return np.zeros(len(self.names))
        each = np.array([of(payoffs) for payoffs in batches])
        return np.asarray(each.std(axis=0, ddof=1) / np.sqrt(len(each)))

    def summary(self) -> Summary:
        """The text and table that `repr` and notebooks show: policies by marginal value."""
        rows = [
            [
                cut(self.names[i]),
                with_error(self.marginal[i], self.marginal_stderr[i]),
                with_error(self.payoff[i], self.payoff_stderr[i]),
                f"{self.alone[i]:.6g}",
                f"{self.alone_nights[i]:.4g}",
            ]
            for i in self.ranking
        ]
        title = f"Tournament: {cut(self.scenario.name)}, {len(self.names)} policies, {self.method}"
        return Summary(title, ["", "marginal value", "payoff", "alone", "its nights"], rows)

    def to_dict(self) -> dict[str, Any]:
        """The tournament as JSON knows it, policies by marginal value."""
        return {
            "scenario": self.scenario.to_dict(),
            "rules_version": RULES_VERSION,
            "method": self.method,
            "ranking": [
                {
                    "name": self.names[i],
                    "policy": self.policies[i].to_json(),
                    "marginal_value": float(self.marginal[i]),
                    "marginal_value_stderr": float(self.marginal_stderr[i]),
                    "payoff": float(self.payoff[i]),
                    "payoff_stderr": float(self.payoff_stderr[i]),
                    "alone": float(self.alone[i]),
                    "alone_nights": float(self.alone_nights[i]),
                }
                for i in self.ranking
            ],
            "strategies": list(self.names),
            "opponents": self.game.compositions.tolist(),
            "payoffs": self.game.payoffs.tolist(),
        }


def tournament(
    scenario: Scenario,
    policies: Mapping[str, object] | Iterable[object],
    *,
    method: str = "auto",
    episodes: int = 20_000,
    seed: int = 0,
    threads: int | None = None,
    backend: str | Backend = "auto",
) -> Tournament:
    """Play all line-ups of a pool of policies, and find what each of them is worth.

    Parameters
    ----------
    scenario : Scenario
        The game, of at least two agents.
    policies : mapping from name to policy, or list of policies
        The pool, of which no two play alike: archetypes, ten numbers, firefighters and others (see
        `bucket_brigade.policies.kinds.as_policy`).
    method : str
        "exact", "sampled", or "auto" for exact payoffs where the chain applies to all.
    episodes : int
        Episodes of each composition, if sampled.
    seed, threads, backend
        As for `simulate`.

    Returns
    -------
    Tournament

    Raises
    ------
    InvalidValue
        For the first value that is not allowed; also if there would be too many line-ups.

    Examples
    --------
    >>> game = SCENARIOS["easy"].replace(num_houses=4, num_agents=2)
    >>> found = tournament(game, ["hero", "free_rider", "firefighter"])
    >>> [found.names[i] for i in found.ranking]
    ['firefighter', 'hero', 'free_rider']
    """
    scenario = as_scenario(scenario)
    named = _named(policies)
    agents = scenario.num_agents
    if reduced_players(agents, len(named)) < agents:
        given = f"{len(named)} for {agents} agents"
        raise InvalidValue("policies", given, "fewer, whose line-ups can all be played")
    if method == "auto" and not all(policy.by_chain for policy in named.values()):
        method = "sampled"
    source = payoff_source(scenario, method, seed=seed, threads=threads, backend=backend)
    empirical = EmpiricalGame(source, episodes=episodes)
    for i, (name, policy) in enumerate(named.items()):
        if empirical.add(policy) < i:
            raise InvalidValue("policies", shown(name), "policies no two of which play alike")
    alone = evaluate(
        scenario,
        [[policy] * agents for policy in named.values()],
        method=source.method,
        episodes=episodes,
        seed=seed,
        threads=threads,
        backend=backend,
    )
    return Tournament(
        scenario,
        tuple(named),
        tuple(named.values()),
        empirical.game(),
        alone.mean.mean(axis=1),
        np.asarray(alone.nights, dtype=np.float64),
        source.method,
    )


def _named(policies: object) -> dict[str, Policy]:
    """Policies by name, as they were given or by what they are called."""
    if isinstance(policies, Mapping):
        named = {str(name): as_policy(each, f"policies[{name}]") for name, each in policies.items()}
    else:
        listed = as_list("policies", policies, "policies, or a mapping from name to policy")
        pool = [as_policy(each, f"policies[{i}]") for i, each in enumerate(listed)]
        named = dict(zip(distinct_names([each.name() for each in pool]), pool, strict=True))
    if len(named) < 2:
        raise InvalidValue("policies", f"{len(named)} policies", "at least two")
    return named
