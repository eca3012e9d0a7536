"""Double oracle: grow a pool of strategies by best responses until none gains enough.

Reference: H. B. McMahan, G. J. Gordon, A. Blum, "Planning in the presence of cost functions
controlled by an adversary", ICML 2003; for symmetric games of many players, as here, the
restricted game is solved for a symmetric equilibrium instead of by linear programming.
"""

import logging
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bucket_brigade.arguments import as_callback, as_list
from bucket_brigade.backends import Backend
from bucket_brigade.equilibrium.empirical.game import EmpiricalGame, RestrictedGame
from bucket_brigade.equilibrium.empirical.seating import Seating
from bucket_brigade.equilibrium.games.solver import SymmetricEquilibrium, symmetric_equilibria
from bucket_brigade.equilibrium.payoffs.choice import payoff_source, resolved_method
from bucket_brigade.equilibrium.payoffs.profile import Deviation, Profile, mixture_entry
from bucket_brigade.equilibrium.payoffs.sources import ProfileGains
from bucket_brigade.equilibrium.responses.search import RESPONSE, BestResponse, best_response
from bucket_brigade.equilibrium.results.nash import (
    DeviationGain,
    NashEquilibrium,
    PoolEquilibrium,
    RestrictedPayoffs,
    describe,
)
from bucket_brigade.equilibrium.results.saved import check_settings
from bucket_brigade.equilibrium.search.asked import check_asked
from bucket_brigade.equilibrium.verdict.budget import Budget
from bucket_brigade.equilibrium.verdict.regret import (
    MIN_BLOCKS,
    Regret,
    Verdict,
    certify,
    confidence_of_look,
)
from bucket_brigade.errors import InvalidValue
from bucket_brigade.game.scenario import Scenario
from bucket_brigade.policies.heuristic import ARCHETYPES, Strategy, as_strategy, duties, strategy_of
from bucket_brigade.policies.labels import strategy_labels
from bucket_brigade.simulation.purposes import LOOKS
from bucket_brigade.simulation.simulator import BLOCK

__all__ = ["DEFAULT_POOL", "EPSILON", "DoubleOracle"]

logger = logging.getLogger(__name__)

#: What a pool starts from by default.
DEFAULT_POOL = ("firefighter", "free_rider", "hero", "coordinator")
#: Gain that is small enough by default, in points an episode.
EPSILON = {"sampled": 5.0, "exact": 0.01}
#: Strategies of a mixture are nearly alike if no p and q differ by more.
ALIKE = 0.5
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
#: Version of `DoubleOracle.solve`'s states.
STATE_VERSION = 2


@dataclass(frozen=True)
class DoubleOracle:
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
    budget_episodes, budget_seconds : optional
        What may be spent; no stage begins beyond it, and verdicts stop at it. A first restricted
        game and search are always made, with at least 32 episodes of everything that is compared
        in every order of the seats: some tens of thousands, or millions with many agents.

    Raises
    ------
    InvalidValue
        For the first value that is not allowed.
    """

    scenario: Scenario
    num_simulations: int = 100_000
    max_iterations: int = 20
    epsilon: float | None = None
    seed: int = 0
    seat: int | None = None
    threads: int | None = None
    backend: str | Backend = "auto"
    on_iteration: Callable[[str], object] | None = None
    confidence: float = 0.95
    method: str = "auto"
    budget_episodes: int | None = None
    budget_seconds: float | None = None

    def __post_init__(self) -> None:
        check_asked(self, ("num_simulations", "max_iterations"))
        if self.max_iterations > MOST_ITERATIONS:
            raise InvalidValue(
                "max_iterations", self.max_iterations, f"from 1 to {MOST_ITERATIONS}"
            )
        as_callback("on_iteration", self.on_iteration)
        Seating(self.scenario.num_agents, self.seat)

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
            What the pool starts from; by default `DEFAULT_POOL`.
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
        """What the result depends on, as JSON knows it: two computations of the same are equal.

        Budget, number of iterations, threads and backend are left out.
        """
        method = resolved_method(self.scenario, self.method, self.threads)
        pool = DEFAULT_POOL if initial_strategies is None else initial_strategies
        return {
            "scenario": self.scenario.to_dict(),
            "method": method,
            "num_simulations": self.num_simulations,
            "epsilon": EPSILON[method] if self.epsilon is None else float(self.epsilon),
            "confidence": self.confidence,
            "seed": self.seed,
            "seat": self.seat,
            "initial_strategies": [as_strategy(theta).tolist() for theta in pool],
        }


class _Computation:
    """A double oracle on its way."""

    def __init__(
        self,
        asked: DoubleOracle,
        initial_strategies: Sequence[object] | None,
        state: Mapping[str, Any] | None,
        on_state: Callable[[dict[str, Any]], object] | None,
    ) -> None:
        self.asked = asked
        self.on_state = on_state
        self.source = payoff_source(
            asked.scenario,
            asked.method,
            seed=asked.seed,
            threads=asked.threads,
            backend=asked.backend,
        )
        chosen = DEFAULT_POOL if initial_strategies is None else initial_strategies
        given = as_list("initial_strategies", chosen, "strategies")
        if not given:
            raise InvalidValue("initial_strategies", "an empty list", "at least one strategy")
        self.episodes = asked.num_simulations
        self.game = EmpiricalGame(self.source, seat=asked.seat)
        indices = [
            self.game.add(as_strategy(strategy, f"initial_strategies[{i}]"))
            for i, strategy in enumerate(given)
        ]
        if asked.budget_episodes is not None:
            self._limit(asked.budget_episodes)
        self.game.episodes = self.episodes
        #: Strategies of the next restricted game: those that the last equilibrium played, and who
        #: joined since. Others would cost much and rarely come back.
        self.active = set(indices)
        self.keep_all = False
        self.solved: list[list[int]] = []
        #: Whether to examine one strategy instead of a mixture of several that are nearly alike.
        self.merging = True
        self.response: tuple[int, BestResponse] | None = None
        self.settings = asked.settings(given)
        self.epsilon = float(self.settings["epsilon"])
        self.history: list[dict[str, Any]] = []
        #: Episodes played before this iteration, and in it up to its verdict.
        self.begun = self.prepared = 0
        self.before: dict[str, Any] = {}
        self.start = time.perf_counter()
        self.seconds_before = 0.0
        if state is not None:
            self._restore(state)
        self.spent = self.source.episodes_played
        self.budget = Budget(
            episodes=asked.budget_episodes,
            seconds=asked.budget_seconds,
            spent=self.spent,
            elapsed=self.seconds_before,
        )

    def run(self) -> NashEquilibrium:
        """All iterations that are needed."""
        if self.asked.budget_seconds is not None and not self.spent:
            self._keep_pace(self.asked.budget_seconds)
        while True:
            iteration = len(self.history) + 1
            restricted, found = self._solve()
            mixture = self._examined(mixture_entry(self._over_pool(restricted, found[0])))
            profile = Profile.symmetric(self.asked.scenario, self.game.pool, mixture)
            response = self._respond(profile, iteration)
            self.prepared = self.spent - self.begun
            regret, gains = self._verdict(profile, response, iteration)
            best = response.candidates[max(regret.best, 0)]
            labels = strategy_labels([*self.game.pool, best])
            described = describe(self.game.pool, mixture, labels)
            self.history.append(
                {
                    "equilibrium": described,
                    "distribution": {str(i): weight for i, weight in mixture.items()},
                    "strategies": len(restricted.indices),
                    "best_response": labels[tuple(best.tolist())],
                    "best_response_strategy": best.tolist(),
                    "verdict": str(regret.verdict),
                    "lower": regret.lower,
                    "upper": regret.upper if math.isfinite(regret.upper) else None,
                    "episodes": self.source.episodes_played,
                }
            )
            reason = self._next(regret, best, mixture, iteration)
            text = (
                f"iteration {iteration}: {described}, regret {regret.lower:.3f} to "
                f"{regret.upper:.3f} by {labels[tuple(best.tolist())]}"
            )
            logger.info("%s: %s", self.asked.scenario.name, text)
            if self.asked.on_iteration is not None:
                self.asked.on_iteration(text)
            if reason is not None:
                return self._result(reason, mixture, restricted, found, response, regret, gains)
            self.begun = self.spent
            self._note_start()
            self._save()

    def _limit(self, budget: float) -> None:
        """Lowers episodes so that a first game and search leave enough of a budget for a verdict:
        half of it, and what a first look costs, if there is as much."""
        share = budget / 2
        look = (COMPARED + 1) * max(FIRST_LOOK, MIN_BLOCKS * BLOCK * len(self.game.seating.focal))
        if budget > look:
            share = min(share, budget - look)
        units = self.game.compositions() + RESPONSE
        self.episodes = min(self.episodes, max(int(share / units), 1))

    def _keep_pace(self, seconds: float) -> None:
        """Limits episodes by seconds, at the pace of a small part of the first game."""
        self.game.episodes = min(self.episodes, PACED)
        self.game.game(sorted(self.active))
        self._account()
        if self.spent:  # exact payoffs take no episodes
            self._limit(seconds * self.spent / max(self.budget.elapsed, 1e-9))
        self.game.episodes = self.episodes

    def _solve(self) -> tuple[RestrictedGame, list[SymmetricEquilibrium]]:
        """The restricted game of the strategies in use, and its equilibria, the best first."""
        chosen = sorted(self.active)
        self._note_start()
        if chosen in self.solved:
            # Strategies that left have come back: from now on, none leaves.
            self.keep_all = True
            chosen = list(range(len(self.game.pool)))
        self._log("restricted game of %d strategies", len(chosen))
        restricted = self.game.game(chosen)
        self._account()
        self._save()  # as it was: what follows is done again, and takes no time
        found = symmetric_equilibria(restricted.game)
        support = {restricted.indices[s] for s in found[0].support}
        self.solved.append(chosen)
        self.active = set(chosen) if self.keep_all else support
        return restricted, found

    def _respond(self, profile: Profile, iteration: int) -> BestResponse:
        if self.response is None or self.response[0] != iteration:
            self._log("best response")
            response = best_response(
                self.source,
                profile,
                self.game.seating.focal,
                [*self.game.pool, *ARCHETYPES.values()],
                episodes=self.episodes,
                epsilon=self.epsilon,
            )
            self.response = iteration, response
            self._account()
            self._save()
        return self.response[1]

    def _verdict(
        self, profile: Profile, response: BestResponse, iteration: int
    ) -> tuple[Regret, ProfileGains]:
        focal = self.game.seating.focal
        self._log("verdict on %d strategies", len(response.candidates))
        deviations = [Deviation(strategy, focal) for strategy in response.candidates]
        gains = self.source.gains(profile, deviations, focal, look=iteration)
        regret = certify(
            gains,
            epsilon=self.epsilon,
            confidence=confidence_of_look(self.asked.confidence, iteration - 1),
            budget=self.budget,
            first_episodes=FIRST_LOOK,
            max_episodes=min(FIRST_VERDICT << 2 * iteration, LAST_VERDICT),
        )
        self.spent = self.source.episodes_played
        return regret, gains

    def _next(
        self, regret: Regret, best: Strategy, mixture: Mapping[int, float], iteration: int
    ) -> str | None:
        """Prepares the next iteration; why there is none."""
        if regret.verdict == Verdict.CERTIFIED:
            return "certified"
        if not self._affords_another():
            return "budget"
        if iteration >= self.asked.max_iterations:
            return "iterations"
        joined = {self.game.add(best), *mixture}
        known = joined <= self.active
        if self.merged and not known and not self.keep_all:
            self.active = set()  # the mean stands for the strategies it was made of
        self.active |= joined
        if not known:
            return None
        if self.merged:
            self.merging = False  # payoffs are not concave there
            return None
        if self.source.method == "exact" or self.game.episodes >= 1 << 40:
            return "cycling"  # it was in the game already, and was not played
        self.game.episodes *= GROWTH
        self.solved.clear()
        return None

    def _examined(self, mixture: dict[int, float]) -> dict[int, float]:
        """The equilibrium to examine: the mixture, or its mean if its strategies are nearly alike.

        Where payoffs are concave, such a mixture is but a step on the way to one strategy between.
        """
        played = duties(np.array([self.game.pool[i] for i in mixture]))
        self.merged = bool(
            self.merging and len(played) > 1 and np.ptp(played, axis=0).max() <= ALIKE
        )
        if not self.merged:
            return mixture
        p, q = np.array(list(mixture.values())) @ played
        return {self.game.add(strategy_of(float(p), float(q))): 1.0}

    def _affords_another(self) -> bool:
        """Whether the budget allows twice what the last iteration took up to its verdict."""
        pace = self.budget.elapsed / max(self.budget.spent, 1)
        return self.budget.affords(2 * self.prepared, pace=pace)

    def _log(self, stage: str, *values: object) -> None:
        """Tells that a stage begins."""
        where = f"%s: iteration %d: {stage}"
        logger.info(where, self.asked.scenario.name, len(self.history) + 1, *values)

    def _account(self) -> None:
        self.budget.spend(self.source.episodes_played - self.spent)
        self.spent = self.source.episodes_played

    @property
    def seconds(self) -> float:
        return self.seconds_before + time.perf_counter() - self.start

    def _over_pool(self, restricted: RestrictedGame, found: SymmetricEquilibrium) -> Any:
        x = np.zeros(len(self.game.pool))
        x[list(restricted.indices)] = found.distribution
        return x

    def _result(
        self,
        reason: str,
        mixture: dict[int, float],
        restricted: RestrictedGame,
        found: list[SymmetricEquilibrium],
        response: BestResponse,
        regret: Regret,
        gains: ProfileGains,
    ) -> NashEquilibrium:
        # With too little left for even a first look, the restricted game is all that is known.
        payoff, stderr = gains.payoff if regret.rounds else (found[0].payoff, math.nan)
        means, errors = gains.mean.tolist(), gains.stderr.tolist()
        focal = self.game.seating.focal
        deviations = [
            DeviationGain(tuple(theta.tolist()), focal, gain, error)
            for theta, gain, error in zip(response.candidates, means, errors, strict=True)
        ]
        return NashEquilibrium(
            scenario=self.asked.scenario,
            strategy_pool=list(self.game.pool),
            distribution=mixture,
            payoff=payoff,
            payoff_stderr=stderr,
            regret=regret,
            deviations=tuple(sorted(deviations, key=lambda deviation: -deviation.gain)),
            searched=response.searched,
            equilibria=tuple(
                PoolEquilibrium(mixture_entry(self._over_pool(restricted, e)), e.payoff, e.regret)
                for e in found
            ),
            restricted=RestrictedPayoffs(
                restricted.indices,
                restricted.players,
                restricted.game.payoffs,
                restricted.stderr,
            ),
            method=self.source.method,
            reason=reason,
            iterations=len(self.history),
            history=self._history(response),
            seed=self.asked.seed,
            seat=self.asked.seat,
            num_simulations=self.asked.num_simulations,
            episodes=self.source.episodes_played,
            backend=self.source.backend,
            seconds=self.seconds,
            nights=gains.nights,
        )

    def _history(self, response: BestResponse) -> tuple[dict[str, Any], ...]:
        """The iterations by the names that strategies have in the end, when all are known."""
        pool = self.game.pool
        labels = strategy_labels([*pool, *response.candidates])
        named = []
        for entry in self.history:
            if "distribution" in entry:  # not in what was begun by an earlier version
                mixture = {int(i): weight for i, weight in entry["distribution"].items()}
                best = labels[tuple(entry["best_response_strategy"])]
                entry |= {"equilibrium": describe(pool, mixture, labels), "best_response": best}
            named.append(entry)
        return tuple(named)

    def _note_start(self) -> None:
        """Notes what a resumed computation starts this iteration from."""
        self.before = {
            "active": sorted(self.active),
            "solved": list(self.solved),
            "begun": self.begun,
        }

    def _save(self) -> None:
        if self.on_state is not None:
            self.on_state(
                {
                    "state_version": STATE_VERSION,
                    "settings": self.settings,
                    "game": self.game.state(),
                    **self.before,
                    "num_episodes": self.episodes,
                    "keep_all": self.keep_all,
                    "merging": self.merging,
                    "response": self.response and [self.response[0], self.response[1].to_dict()],
                    "history": list(self.history),
                    "episodes": self.source.episodes_played,
                    "backend": self.source.backend,
                    "seconds": self.seconds,
                }
            )

    def _restore(self, state: Mapping[str, Any]) -> None:
        if state.get("state_version") != STATE_VERSION:
            raise InvalidValue("state", state.get("state_version"), f"version {STATE_VERSION}")
        check_settings(state["settings"], self.settings)
        self.game.restore(state["game"])
        self.active = set(state["active"])
        self.begun = state["begun"]
        self.episodes = state["num_episodes"]
        self.keep_all = state["keep_all"]
        self.solved = [list(chosen) for chosen in state["solved"]]
        self.merging = state["merging"]
        if state["response"] is not None:
            iteration, response = state["response"]
            self.response = iteration, BestResponse.from_dict(response)
        self.history = list(state["history"])
        self.source.episodes_played = state["episodes"]
        self.source.backend = state["backend"]
        self.seconds_before = state["seconds"]
