"""Line-ups compiled to a program: the integers that a backend plays."""

import numbers
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bucket_brigade import _core
from bucket_brigade.arguments import as_list, as_number, as_u64, refuse_unordered, scalar
from bucket_brigade.by_value import ComparedByValue
from bucket_brigade.errors import InvalidValue, shown
from bucket_brigade.game.lineups import Lineup, Mixture, as_pool, is_weights
from bucket_brigade.game.scenario import Scenario, as_scenario
from bucket_brigade.policies.heuristic import Heuristic
from bucket_brigade.policies.kinds import as_policy, is_policy_object
from bucket_brigade.policies.policy import Policy

__all__ = ["SeatedStrategies", "compile_program", "seat_strategies"]


class _Pool:
    """Collects the policies of line-ups, each once."""

    def __init__(self, given: Sequence[object] | None) -> None:
        pool = as_pool(given)
        self.given = None if pool is None else len(pool)
        self.policies = [p if isinstance(p, Policy) else Heuristic.of(p) for p in pool or ()]
        self.index: dict[Policy, int] = {}

    def add(self, value: object, field: str) -> int:
        """The index of a policy, taken into the pool if it is new."""
        value = scalar(value)
        if isinstance(value, numbers.Integral) and not isinstance(value, bool):
            if self.given is None:
                raise InvalidValue(field, shown(value), "a strategy; indices need pool=")
            if not 0 <= int(value) < self.given:
                raise InvalidValue(
                    field, shown(value), f"an index into the pool, 0 to {self.given - 1}"
                )
            return int(value)
        policy = as_policy(value, field)
        if policy not in self.index:
            self.index[policy] = len(self.policies)
            self.policies.append(policy)
        return self.index[policy]

    def seat(self, entry: object, field: str) -> tuple[list[int], list[float]]:
        """Indices and weights of what a seat plays."""
        refuse_unordered(field, entry, "a strategy or a mixture of strategies")
        if isinstance(entry, Mixture):
            strategies = as_list(f"{field}.strategies", entry.strategies, "strategies")
            weights = as_list(f"{field}.weights", entry.weights, "weights")
            if len(strategies) != len(weights) or not strategies:
                given = f"{len(strategies)} strategies with {len(weights)} weights"
                raise InvalidValue(field, given, "a weight for each of at least one strategy")
        elif isinstance(entry, Mapping) and not is_policy_object(entry):
            strategies, weights = list(entry.keys()), list(entry.values())
            if not strategies:
                raise InvalidValue(field, "an empty mixture", "at least one strategy")
        elif not isinstance(entry, Mapping) and is_weights(entry, self.given):
            weights = as_list(field, entry, "weights")
            strategies = list(range(len(weights)))
        else:
            return [self.add(entry, field)], [1.0]
        indices = [self.add(value, f"{field}[{i}]") for i, value in enumerate(strategies)]
        return indices, [as_number(f"{field}.weights", weight) for weight in weights]


@dataclass(frozen=True, eq=False)
class SeatedStrategies(ComparedByValue):
    """Line-ups of A seats as indices into their policies, each of which is listed once.

    Attributes
    ----------
    policies : tuple of Policy
        All policies.
    sizes : ndarray of int64, shape (L, A)
        How many of them each seat draws from.
    indices : ndarray of int64, shape (sum of sizes,)
        Which, seat after seat.
    weights : ndarray of float64, shape (sum of sizes,)
        With what probabilities.
    """

    policies: tuple[Policy, ...]
    sizes: npt.NDArray[np.int64]
    indices: npt.NDArray[np.int64]
    weights: npt.NDArray[np.float64]

    def program(
        self, scenario: Scenario, *, seed: int = 0, first_episode: int = 0, episodes: int = 1
    ) -> _core.Program:
        """Compile these line-ups to the integers that a backend plays (see `compile_program`)."""
        return _core.Program(
            scenario,
            [policy.compiled() for policy in self.policies],
            self.sizes,
            self.indices,
            self.weights,
            seed=as_u64("seed", seed),
            first_episode=as_u64("first_episode", first_episode),
            episodes=as_u64("episodes", episodes),
            source=(scenario, self),
        )


def seat_strategies(
    scenario: Scenario, lineups: Iterable[Lineup], pool: Sequence[object] | None = None
) -> SeatedStrategies:
    """Collects the policies of line-ups (see `compile_program`); weights are not checked yet."""
    agents = as_scenario(scenario).num_agents
    collected = _Pool(pool)
    sizes: list[list[int]] = []
    indices: list[int] = []
    weights: list[float] = []
    for i, lineup in enumerate(as_list("lineups", lineups, "line-ups")):
        listed = as_list(f"lineups[{i}]", lineup, "one strategy per seat")
        seats = [collected.seat(entry, f"lineups[{i}][{s}]") for s, entry in enumerate(listed)]
        if len(seats) != agents:
            allowed = f"one for each of the {agents} seats"
            raise InvalidValue(f"lineups[{i}]", f"{len(seats)} strategies", allowed)
        sizes.append([len(chosen) for chosen, _ in seats])
        for chosen, shares in seats:
            indices += chosen
            weights += shares
    if not sizes:
        raise InvalidValue("lineups", "an empty list", "at least one line-up")
    return SeatedStrategies(
        tuple(collected.policies),
        np.array(sizes, dtype=np.int64),
        np.array(indices, dtype=np.int64),
        np.array(weights, dtype=np.float64),
    )


def compile_program(
    scenario: Scenario,
    lineups: Iterable[Lineup],
    *,
    pool: Sequence[object] | None = None,
    seed: int,
    first_episode: int = 0,
    episodes: int,
) -> _core.Program:
    """Compiles a request to the integers a backend plays.

    Parameters
    ----------
    scenario : Scenario
        The game.
    lineups : iterable of line-ups
        Each a sequence of one seat entry per agent (see `SeatEntry`).
    pool : sequence of strategies, optional
        What indices and weight vectors in line-ups refer to. With a pool of ten strategies, ten
        numbers at a seat are weights.
    seed, first_episode, episodes : int
        Which episodes: 0 ≤ seed < 2^64, and ``first_episode + episodes ≤ 2^64``.

    Raises
    ------
    InvalidValue
        For the first value that is not allowed.
    """
    seated = seat_strategies(scenario, lineups, pool)
    return seated.program(scenario, seed=seed, first_episode=first_episode, episodes=episodes)
