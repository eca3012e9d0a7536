"""Parts that baselines share: the game as plain numbers, and their results."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from bucket_brigade import Scenario
from bucket_brigade.policies.heuristic import as_strategy

FloatArray = npt.NDArray[np.float64]
Lineup = Sequence[object]


class NotInstalled(Exception):
    """An optional package is missing; the message says which."""


@dataclass(frozen=True)
class Played:
    """The payoffs of line-ups.

    Attributes
    ----------
    mean, stderr : ndarray of float64, shape (line-ups, seats)
        Returns of an episode.
    nights : int
        Over all line-ups and episodes.
    episodes : int
        Of each line-up.
    """

    mean: FloatArray
    stderr: FloatArray
    nights: int
    episodes: int

    @classmethod
    def of(cls, returns: Sequence[FloatArray], nights: int) -> Self:
        """Payoffs from the returns of every line-up, each of shape (episodes, seats)."""
        episodes = len(returns[0])
        mean = np.array([values.mean(axis=0) for values in returns])
        spread = np.array([values.std(axis=0, ddof=min(1, episodes - 1)) for values in returns])
        return cls(mean, spread / math.sqrt(episodes), int(nights), episodes)


@dataclass(frozen=True)
class Game:
    """A scenario as numbers that loops can use.

    Attributes
    ----------
    catch : ndarray, shape (3,)
        Chance of a safe house to burn by 0, 1 and 2 surviving fires next door.
    extinguish : ndarray, shape (agents + 1,)
        Chance of a fire to be put out, by its number of workers.
    spreads, may_end_quietly : bool
        Whether fires spread before they burn out; whether the end rule is ``no_fires``.
    saved, ruined : ndarray, shape (agents, houses)
        What an agent gets for a house saved, and for a night that ends with it ruined.
    safe : float
        What everybody gets for a house that is safe at the end of a night.
    """

    houses: int
    agents: int
    min_nights: int
    max_nights: int
    spreads: bool
    may_end_quietly: bool
    catch: FloatArray
    extinguish: FloatArray
    saved: FloatArray
    ruined: FloatArray
    safe: float
    rest: float
    cost: float

    @classmethod
    def of(cls, scenario: Scenario) -> Self:
        """The numbers of a scenario."""
        s = scenario
        seats, ring = np.arange(s.num_agents)[:, None], np.arange(s.num_houses)
        owns = ring % s.num_agents == seats

        def weights(own: object, other: object) -> FloatArray:
            columns = [
                np.broadcast_to(np.asarray(x, dtype=np.float64), s.num_agents)[:, None]
                for x in (own, other)
            ]
            return np.where(owns, *columns)

        spreads = s.night_order == "spread_then_burn_out"
        beta = s.prob_fire_spreads_to_neighbor if spreads else 0.0
        stays: FloatArray = (1 - beta) ** np.arange(3.0) * (1 - s.prob_house_catches_fire)
        fails: FloatArray = (1 - s.prob_solo_agent_extinguishes_fire) ** np.arange(
            s.num_agents + 1.0
        )
        return cls(
            houses=s.num_houses,
            agents=s.num_agents,
            min_nights=s.min_nights,
            max_nights=s.max_nights,
            spreads=spreads,
            may_end_quietly=s.end_rule == "no_fires",
            catch=1 - stays,
            extinguish=1 - fails,
            saved=weights(s.reward_own_house_survives, s.reward_other_house_survives),
            ruined=-weights(s.penalty_own_house_burns, s.penalty_other_house_burns)
            - s.team_penalty_house_burns / s.num_houses,
            safe=s.team_reward_house_survives / s.num_houses,
            rest=s.reward_rest,
            cost=s.cost_to_work_one_night,
        )

    def returns(
        self,
        nights: npt.ArrayLike,
        worked: npt.ArrayLike,
        safe: npt.ArrayLike,
        ruined: npt.ArrayLike,
        saved: npt.ArrayLike,
    ) -> FloatArray:
        """Returns, shape (episodes, agents), of counts of nights.

        Parameters
        ----------
        nights, safe : array_like, shape (episodes,)
            Nights, and safe houses added up over them.
        worked : array_like, shape (episodes, agents)
        ruined, saved : array_like, shape (episodes, houses)
        """
        total: FloatArray = (
            np.asarray(nights)[:, None] * self.rest
            - np.asarray(worked) * (self.rest + self.cost)
            + np.asarray(safe)[:, None] * self.safe
            + np.asarray(ruined) @ self.ruined.T
            + np.asarray(saved) @ self.saved.T
        )
        return total

    def returns_of(self, counts: npt.NDArray[np.int64]) -> FloatArray:
        """Returns, shape (episodes, agents), of counts as the core's plain engine lists them."""
        A, H = self.agents, self.houses
        worked, safe, ruined, saved = np.split(
            counts[:, 1 : 1 + A + 3 * H], [A, A + H, A + 2 * H], axis=1
        )
        return self.returns(counts[:, 0], worked, safe.sum(axis=1), ruined, saved)


def duties(lineup: Lineup) -> FloatArray:
    """Per seat, how likely it works, and how likely a worker stays at a home that burns: (A, 2)."""
    thetas = [as_strategy(entry) for entry in lineup]
    return np.array([[theta[1] * (1 - theta[8]), theta[3]] for theta in thetas])
