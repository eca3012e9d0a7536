"""Double oracle: grow a pool of strategies by best responses until none gains enough.

Reference: H. B. McMahan, G. J. Gordon, A. Blum, "Planning in the presence of cost functions
controlled by an adversary", ICML 2003; for symmetric games of many players, as here, the
restricted game is solved for a symmetric equilibrium instead of by linear programming.
"""

import logging
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from typing import Any, ClassVar, Self

import numpy as np

from bucket_brigade._arrays import FloatArray
from bucket_brigade.arguments import as_callback, as_list
from bucket_brigade.equilibrium.empirical.game import EmpiricalGame, RestrictedGame
from bucket_brigade.equilibrium.empirical.seating import Seating
from bucket_brigade.equilibrium.games.solver import SymmetricEquilibrium, symmetric_equilibria
from bucket_brigade.equilibrium.payoffs.profile import Deviation, Profile, mixture_entry
from bucket_brigade.equilibrium.payoffs.sources import ProfileGains
from bucket_brigade.equilibrium.responses.search import RESPONSE, BestResponse, best_response
from bucket_brigade.equilibrium.results.nash import (
    NashEquilibrium,
    PoolEquilibrium,
    RestrictedPayoffs,
    describe,
)
from bucket_brigade.equilibrium.search.fixed_point import fixed_point
from bucket_brigade.equilibrium.search.options import EPSILON, SearchOptions, check_count
from bucket_brigade.equilibrium.search.running import Running
from bucket_brigade.equilibrium.verdict.regret import (
    MIN_BLOCKS,
    Regret,
    Verdict,
    certify,
    confidence_of_look,
)
from bucket_brigade.errors import InvalidValue
from bucket_brigade.policies.kinds import as_policy
from bucket_brigade.policies.labels import label_key, strategy_labels
from bucket_brigade.policies.spaces import HEURISTICS, Member, Space, as_member, as_space
from bucket_brigade.simulation.purposes import LOOKS
from bucket_brigade.simulation.simulator import BLOCK

__all__ = ["DEFAULT_POOL", "EPSILON", "DoubleOracle"]

logger = logging.getLogger(__name__)

#: What a pool starts from by default.
DEFAULT_POOL = HEURISTICS.start
#: Strategies of a mixture are nearly alike if no p and q differ by more; exact payoffs tell soon
#: whether one strategy can stand for several.
ALIKE = {"sampled": 0.5, "exact": 1.0}
#: Iterations in which one strategy has to come closer to an equilibrium than before.
PATIENCE = 2
#: Episodes of each composition by which it is measured how many fit into a budget of seconds.
PACED = 1000
#: By how much the restricted game's episodes grow when it turns out to be too imprecise.
GROWTH = 4
#: Iterations at most: later ones would have no episodes of their own for a verdict.
MOST_ITERATIONS = LOOKS - 2
#: Episodes of a candidate in a verdict: a quarter of those of the second iteration, and at most.
#: What takes more to decide at first is decided sooner once the pool has a better response.
FIRST_VERDICT, LAST_VERDICT = 1 << 15, 1 << 24
#: Candidates of a verdict, about, and episodes of each at its first look.
COMPARED, FIRST_LOOK = 45, 4096


@dataclass(frozen=True)
class DoubleOracle(SearchOptions):
    """Finds a symmetric equilibrium of a scenario by double oracle.

    Parameters
    ----------
    scenario : Scenario
        The game, of at least two agents.
    num_simulations : int
        Episodes of each composition of the restricted game, and the unit of search, if sampled.
    max_iterations : int
        Restricted games to solve at most, 1 to 4094.
    epsilon : float, optional
        Gain of a best response, in points an episode, that is small enough; by default 5 if
        sampled, 0.01 if exact (`EPSILON`).
    seed : int
        Seed of everything random.
    seat : int, optional
        The focal seat, to reproduce results that were read there; by default players are seated
        at random, which is what makes the game symmetric.
    threads, backend
        As for `simulate`.
    on_iteration : callable, optional
        Called with a line of text after every restricted game.
    confidence : float
        With which a sampled verdict holds, all iterations together.
    method : str
        "sampled", "exact", or "auto" for exact payoffs where the chain applies and
        takes no more than a couple of minutes, by an estimate.
    space : str
        What agents may play: "heuristic", agents of two numbers (p, q), or "firefighter", policies
        that work only if something burns (see `Firefighter`).
    budget_episodes, budget_seconds : optional
        What may be spent; no stage begins beyond it, and verdicts stop at it. A first restricted
        game and search are always made, with at least 32 episodes of everything that is compared
        in every order of the seats: some tens of thousands, or millions with many agents.

    Raises
    ------
    InvalidValue
        For the first value that is not allowed.
    """

    num_simulations: int = 100_000
    max_iterations: int = 20
    _: KW_ONLY
    seat: int | None = None
    on_iteration: Callable[[str], object] | None = None
    space: str = HEURISTICS.name

    def __post_init__(self) -> None:
        super().__post_init__()
        check_count("max_iterations", self.max_iterations, MOST_ITERATIONS)
        as_callback("on_iteration", self.on_iteration)
        Seating(self.scenario.num_agents, self.seat)
        as_space(self.space)

    @property
    def searched(self) -> Space:
        """What agents may play."""
        return as_space(self.space)

    def solve(
        self,
        initial_strategies: Sequence[object] | None = None,
        *,
        state: Mapping[str, Any] | None = None,
        on_state: Callable[[dict[str, Any]], object] | None = None,
    ) -> NashEquilibrium:
        """Solves the scenario.

        Parameters
        ----------
        initial_strategies : sequence of strategies, optional
            What the pool, and the first restricted game, start from; by default `DEFAULT_POOL`, or
            those of the space. Of these, where payoffs are exact, the first restricted game has but
            the one that earns most where everybody plays it.
        state : mapping, optional
            Where to go on: what `on_state` was last given by a computation with the same
            parameters. Neither budget nor number of iterations need be the same.
        on_state : callable, optional
            Called after every stage with all that is known, as JSON knows it. The result does not
            depend on interruptions.

        Returns
        -------
        NashEquilibrium
            Of the last restricted game that was solved.

        Raises
        ------
        InvalidValue
            If the pool is empty, one of its strategies is not allowed, or the state is that of
            another computation.
        """
        return _Computation(
            self, initial_strategies, state, as_callback("on_state", on_state)
        ).run()

    def settings(self, initial_strategies: Sequence[object] | None = None) -> dict[str, Any]:
        """What the result depends on (see `SearchOptions.settings`), without `max_iterations`."""
        pool = _given(initial_strategies, self.searched)
        # Not in what was begun by an earlier version, which knew but one space.
        searched = {} if self.space == HEURISTICS.name else {"space": self.space}
        return (
            super().settings()
            | searched
            | {
                "seat": self.seat,
                "initial_strategies": [as_policy(member).to_json() for member in pool],
            }
        )


def _given(initial_strategies: Sequence[object] | None, space: Space) -> list[Member]:
    """The checked strategies that a pool starts from."""
    chosen = space.start if initial_strategies is None else initial_strategies
    given = as_list("initial_strategies", chosen, "strategies")
    if not given:
        raise InvalidValue("initial_strategies", "an empty list", "at least one strategy")
    return [space.member(each, f"initial_strategies[{i}]") for i, each in enumerate(given)]


@dataclass
class OracleState:
    """The state of a double oracle as an iteration begins, besides its pool and payoffs.

    Attributes
    ----------
    active : set of int
        Strategies of the next restricted game: those that the last equilibrium played, and who
        joined since. Others would cost much and rarely come back.
    num_episodes : int
        Episodes of each composition at first, and the unit of search.
    begun : int
        Episodes played before this iteration.
    keep_all : bool
        Whether strategies stay active once they are, since some that had left came back.
    merging : bool
        Whether to examine one strategy instead of a mixture of several that are nearly alike.
    solved : list of list of int
        The restricted games that were solved with as many episodes as now.
    response : (int, BestResponse), optional
        The last best response and its iteration, perhaps the one on its way.
    history : list of dict
        What each iteration came to (see `NashEquilibrium.history`).
    """

    active: set[int]
    num_episodes: int
    begun: int = 0
    keep_all: bool = False
    merging: bool = True
    solved: list[list[int]] = field(default_factory=list)
    response: tuple[int, BestResponse] | None = None
    history: list[dict[str, Any]] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """The state as JSON knows it."""
        return vars(self) | {
            "active": sorted(self.active),
            "solved": list(self.solved),
            "response": self.response and [self.response[0], self.response[1].to_dict()],
            "history": list(self.history),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Restore a state from what `to_dict` gave, perhaps among other things."""
        state = cls(**{name: data[name] for name in cls.__dataclass_fields__})
        state.active, state.solved = set(state.active), list(state.solved)
        state.history = list(state.history)
        if state.response is not None:
            iteration, response = data["response"]
            state.response = iteration, BestResponse.from_dict(response)
        return state


@dataclass(frozen=True)
class _Iteration:
    """A restricted game, the best of its equilibria, and the verdict on that.

    `mixture` is over the pool, and `prepared` how many episodes were played before the verdict.
    """

    number: int
    restricted: RestrictedGame
    equilibria: list[SymmetricEquilibrium]
    mixture: dict[int, float]
    merged: bool
    response: BestResponse
    prepared: int
    regret: Regret
    gains: ProfileGains

    @property
    def best(self) -> Member:
        """The strategy that gains most, as far as is known."""
        return self.response.candidates[max(self.regret.best, 0)]


class _Computation(Running[DoubleOracle]):
    """A double oracle on its way."""

    VERSION: ClassVar[int] = 2

    def __init__(
        self,
        asked: DoubleOracle,
        initial_strategies: Sequence[object] | None,
        state: Mapping[str, Any] | None,
        on_state: Callable[[dict[str, Any]], object] | None,
    ) -> None:
        super().__init__(asked, asked.settings(initial_strategies), state, on_state)
        self.game = EmpiricalGame(self.source, seat=asked.seat)
        if state is not None:
            self.game.restore(state["game"])
            self.state = OracleState.from_dict(state)
            return
        pool = {self.game.add(theta) for theta in _given(initial_strategies, asked.searched)}
        if self.source.is_exact and initial_strategies is None:
            # Best responses are found without the others of the pool.
            pool = {self._best_alone(sorted(pool))}
        self.state = OracleState(pool, asked.num_simulations)
        if asked.budget_episodes is not None:
            self._limit(asked.budget_episodes)
        self.game.episodes = self.state.num_episodes

    def run(self) -> NashEquilibrium:
        """All iterations that are needed."""
        if self.asked.budget_seconds is not None and not self.budget.spent:
            self._keep_pace(self.asked.budget_seconds)
        while True:
            done = self._iterate()
            described = self._note(done)
            reason = self._next(done)
            text = (
                f"iteration {done.number}: {described}, regret {done.regret.lower:.3f} to "
                f"{done.regret.upper:.3f} by {self.state.history[-1]['best_response']}"
            )
            logger.info("%s: %s", self.asked.scenario.name, text)
            if self.asked.on_iteration is not None:
                self.asked.on_iteration(text)
            if reason is not None:
                return self._result(reason, done)
            self.state.begun = self.budget.spent
            self._save()

    def _best_alone(self, strategies: Sequence[int]) -> int:
        """The strategy of the pool that earns most where everybody plays it."""
        lineups = [[strategy] * self.asked.scenario.num_agents for strategy in strategies]
        returns, _ = self.source.batches(self.game.pool, lineups, 0, 1)
        focal = list(self.game.seating.focal)
        return strategies[int(returns[:, focal, 0].mean(axis=1).argmax())]

    def _limit(self, budget: float) -> None:
        """Lowers episodes so that a first game and search leave enough of a budget for a verdict:
        half of it, and what a first look costs, if there is as much."""
        share = budget / 2
        look = (COMPARED + 1) * max(FIRST_LOOK, MIN_BLOCKS * BLOCK * len(self.game.seating.focal))
        if budget > look:
            share = min(share, budget - look)
        units = self.game.compositions() + RESPONSE
        self.state.num_episodes = min(self.state.num_episodes, max(int(share / units), 1))

    def _keep_pace(self, seconds: float) -> None:
        """Limits episodes by seconds, at the pace of a small part of the first game."""
        self.game.episodes = min(self.state.num_episodes, PACED)
        self.game.game(sorted(self.state.active))
        self._account()
        if self.budget.spent:  # exact payoffs take no episodes
            self._limit(seconds * self.budget.spent / max(self.budget.elapsed, 1e-9))
        self.game.episodes = self.state.num_episodes

    def _iterate(self) -> _Iteration:
        """Solves the restricted game of the strategies in use, and judges its best equilibrium."""
        number = len(self.state.history) + 1
        restricted, equilibria = self._solve()
        mixture, merged = self._examined(mixture_entry(self._over_pool(restricted, equilibria[0])))
        profile = Profile.symmetric(self.asked.scenario, self.game.pool, mixture)
        response = self._respond(profile, number)
        prepared = self.budget.spent - self.state.begun
        regret, gains = self._verdict(profile, response, number)
        return _Iteration(
            number, restricted, equilibria, mixture, merged, response, prepared, regret, gains
        )

    def _solve(self) -> tuple[RestrictedGame, list[SymmetricEquilibrium]]:
        """The restricted game of the strategies in use, and its equilibria, the best first."""
        chosen = sorted(self.state.active)
        if chosen in self.state.solved:
            # Strategies that left have come back: from now on, none leaves.
            self.state.keep_all = True
            chosen = list(range(len(self.game.pool)))
        self._log("restricted game of %d strategies", len(chosen))
        restricted = self.game.game(chosen)
        self._account()
        self._save()  # what follows is done again, and takes no time
        return restricted, symmetric_equilibria(restricted.game)

    def _examined(self, mixture: dict[int, float]) -> tuple[dict[int, float], bool]:
        """The equilibrium to examine: the mixture, or one strategy if those in it are nearly alike.

        Where payoffs are concave, such a mixture is but a step on the way to one strategy between:
        to that which should be its own best response, if that can be told, or to its mean.
        """
        if not self.state.merging or len(mixture) == 1:
            return mixture, False
        played, weights = [self.game.pool[i] for i in mixture], list(mixture.values())
        merged = self.asked.searched.mean(played, weights, ALIKE[self.source.method])
        if merged is None:
            return mixture, False
        own = self._own_response() if self.source.is_exact else None
        return {self.game.add(merged if own is None else own): 1.0}, True

    def _own_response(self) -> Member | None:
        """The strategy that should be its own best response, by those to single strategies."""
        space = self.asked.searched
        met = []
        for entry in self.state.history:
            if len(entry.get("distribution", ())) == 1:
                (played,) = entry["distribution"]
                response = as_member(entry["best_response_strategy"])
                met.append((space.place(self.game.pool[int(played)]), space.place(response)))
        branches = {branch for pair in met[-2:] for branch, _ in pair}
        if len(branches) != 1:
            return None
        numbers = fixed_point([(own, best) for (_, own), (_, best) in met])
        return None if numbers is None else space.at(*branches, *numbers)

    def _respond(self, profile: Profile, iteration: int) -> BestResponse:
        if self.state.response is None or self.state.response[0] != iteration:
            self._log("best response")
            response = best_response(
                self.source,
                profile,
                self.game.seating.focal,
                [*self.game.pool, *self.asked.searched.known],
                episodes=self.state.num_episodes,
                epsilon=self.epsilon,
                space=self.asked.searched,
            )
            self.state.response = iteration, response
            self._account()
            self._save()
        return self.state.response[1]

    def _verdict(
        self, profile: Profile, response: BestResponse, iteration: int
    ) -> tuple[Regret, ProfileGains]:
        self._log("verdict on %d strategies", len(response.candidates))
        focal = self.game.seating.focal
        gains = self.source.gains(profile, self._deviations(response), focal, look=iteration)
        regret = certify(
            gains,
            epsilon=self.epsilon,
            confidence=confidence_of_look(self.asked.confidence, iteration - 1),
            budget=self.budget,
            first_episodes=FIRST_LOOK,
            max_episodes=min(FIRST_VERDICT << 2 * iteration, LAST_VERDICT),
        )
        return regret, gains

    def _deviations(self, response: BestResponse) -> list[Deviation]:
        focal = self.game.seating.focal
        return [Deviation(strategy, focal) for strategy in response.candidates]

    def _note(self, done: _Iteration) -> str:
        """Adds an iteration to the history, and describes its equilibrium."""
        labels = strategy_labels([*self.game.pool, done.best])
        described, regret = describe(self.game.pool, done.mixture, labels), done.regret
        self.state.history.append(
            {
                "equilibrium": described,
                "distribution": {str(i): weight for i, weight in done.mixture.items()},
                "strategies": len(done.restricted.indices),
                "best_response": labels[label_key(done.best)],
                "best_response_strategy": as_policy(done.best).to_json(),
                "verdict": str(regret.verdict),
                "lower": regret.lower,
                "upper": regret.upper if math.isfinite(regret.upper) else None,
                "episodes": self.source.episodes_played,
            }
        )
        return described

    def _next(self, done: _Iteration) -> str | None:
        """Prepares the next iteration; why there is none."""
        state, chosen = self.state, done.restricted.indices
        if done.regret.verdict == Verdict.CERTIFIED:
            return "certified"
        # Twice what this iteration took up to its verdict.
        pace = self.budget.elapsed / max(self.budget.spent, 1)
        if not self.budget.affords(2 * done.prepared, pace=pace):
            return "budget"
        if done.number >= self.asked.max_iterations:
            return "iterations"
        state.solved.append(list(chosen))
        state.active = set(chosen)
        if not state.keep_all:
            state.active = {chosen[s] for s in done.equilibria[0].support}
        joined = {self.game.add(done.best), *done.mixture}
        known = joined <= state.active
        if done.merged and not known and not state.keep_all:
            state.active = set()  # the mean stands for the strategies it was made of
        state.active |= joined
        before = [entry["lower"] for entry in state.history[-1 - PATIENCE : -1]]
        if done.merged and len(before) == PATIENCE and done.regret.lower > max(before):
            state.merging = False
        if not known:
            return None
        if done.merged:
            state.merging = False  # payoffs are not concave there
            return None
        if self.source.is_exact or self.game.episodes >= 1 << 40:
            return "cycling"  # it was in the game already, and was not played
        self.game.episodes *= GROWTH
        state.solved.clear()
        return None

    def _log(self, stage: str, *values: object) -> None:
        """Tells that a stage begins."""
        where = f"%s: iteration %d: {stage}"
        logger.info(where, self.asked.scenario.name, len(self.state.history) + 1, *values)

    def _account(self) -> None:
        self.budget.spent = self.source.episodes_played

    def _save(self) -> None:
        self.keep_state({"game": self.game.state(), **self.state.to_dict()})

    def _over_pool(self, restricted: RestrictedGame, found: SymmetricEquilibrium) -> FloatArray:
        x = np.zeros(len(self.game.pool))
        x[list(restricted.indices)] = found.distribution
        return x

    def _result(self, reason: str, done: _Iteration) -> NashEquilibrium:
        restricted, gains = done.restricted, done.gains
        # With too little left for even a first look, the restricted game is all that is known.
        known = done.regret.rounds > 0
        payoff, stderr = gains.payoff if known else (done.equilibria[0].payoff, math.nan)
        return NashEquilibrium(
            **self.certified(done.regret, self._deviations(done.response), gains),
            reason=reason,
            strategy_pool=list(self.game.pool),
            distribution=done.mixture,
            payoff=payoff,
            payoff_stderr=stderr,
            searched=done.response.searched,
            equilibria=tuple(
                PoolEquilibrium(mixture_entry(self._over_pool(restricted, e)), e.payoff, e.regret)
                for e in done.equilibria
            ),
            restricted=RestrictedPayoffs(
                restricted.indices,
                restricted.players,
                restricted.game.payoffs,
                restricted.stderr,
            ),
            iterations=done.number,
            history=self._history(done.response),
            seat=self.asked.seat,
            space=self.asked.space,
        )

    def _history(self, response: BestResponse) -> tuple[dict[str, Any], ...]:
        """The iterations by the names that strategies have in the end, when all are known."""
        pool = self.game.pool
        labels = strategy_labels([*pool, *response.candidates])
        named = []
        for entry in self.state.history:
            if "distribution" in entry:  # not in what was begun by an earlier version
                mixture = {int(i): weight for i, weight in entry["distribution"].items()}
                best = labels[label_key(as_member(entry["best_response_strategy"]))]
                names = {"equilibrium": describe(pool, mixture, labels), "best_response": best}
                entry = entry | names
            named.append(entry)
        return tuple(named)
