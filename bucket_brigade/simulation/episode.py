"""Single episodes by the plain engine: replays, outside actions, and one return."""

import numbers
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from bucket_brigade import _core
from bucket_brigade.arguments import as_flag, as_list, as_u64
from bucket_brigade.errors import InvalidValue, shown
from bucket_brigade.game.lineups import Lineup
from bucket_brigade.game.program import seat_strategies
from bucket_brigade.game.scenario import Scenario, as_scenario
from bucket_brigade.policies.policy import Policy
from bucket_brigade.simulation.ring_picture import nights_svg, ring_svg
from bucket_brigade.summaries import Summary, cut, legible

__all__ = ["Action", "Episode", "House", "Night", "replay", "replay_actions"]


class House(IntEnum):
    """The state of a house: safe, burning or ruined."""

    SAFE = 0
    BURNING = 1
    RUINED = 2


@dataclass(frozen=True)
class Action:
    """The act of one agent in one night.

    Attributes
    ----------
    house : int
        Where it is.
    works : bool
        Whether it works there or rests; also as 1 or 0.
    signal : bool
        What it claims: True (or 1) for work. It may lie.
    """

    house: int
    works: bool
    signal: bool = True


@dataclass(frozen=True)
class Night:
    """The events of one night, and what an observer sees after it.

    Attributes
    ----------
    night : int
        Its number, from 0.
    before, after : tuple of House
        The ring at its start (which is what the agents saw) and at its end.
    actions : tuple of Action
        One per agent.
    extinguished : tuple of int
        Fires put out in step 1, whether or not the house caught fire again.
    caught : tuple of int
        Houses safe after step 1 that burn at the end.
    saved : tuple of int
        Houses burning at the start and safe at the end.
    rewards : tuple of float
        One per agent.
    ended : str or None
        How the episode ended with this night, if it did (see `END_KINDS`).
    """

    night: int
    before: tuple[House, ...]
    actions: tuple[Action, ...]
    extinguished: tuple[int, ...]
    caught: tuple[int, ...]
    saved: tuple[int, ...]
    after: tuple[House, ...]
    rewards: tuple[float, ...]
    ended: str | None

    def _repr_svg_(self) -> str:
        told = f"night {self.night}" + (f", then {self.ended}" if self.ended else "")
        changes = dict.fromkeys(self.saved, "saved") | dict.fromkeys(self.caught, "caught fire")
        for h, (before, after) in enumerate(zip(self.before, self.after, strict=True)):
            if after is House.RUINED and before is not House.RUINED:
                changes[h] = "burned down"
        agents = [(action.house, action.works, action.signal) for action in self.actions]
        return ring_svg([house.name for house in self.after], agents, told, changes)


class Episode:
    """One episode, played night by night by a line-up or by actions from outside.

    It can be copied (`clone`, or the modules `copy` and `pickle`), and copies go on apart.

    Parameters
    ----------
    scenario : Scenario
        The game.
    lineup : line-up, optional
        One entry per seat (see `simulate`); without it every night needs actions.
    pool : sequence of strategies, optional
        What indices and weights in the line-up refer to (see `simulate`).
    seed, episode : int
        Which episode: the same one as number `episode` of a batch with this seed.

    Raises
    ------
    InvalidValue
        For the first value that is not allowed.

    Examples
    --------
    >>> episode = Episode(SCENARIOS["easy"], ["hero"] * 4, seed=7, episode=0)
    >>> while not episode.ended:
    ...     night = episode.step()
    >>> night.ended
    'all_safe'
    """

    def __init__(
        self,
        scenario: Scenario,
        lineup: Lineup | None = None,
        *,
        pool: Sequence[object] | None = None,
        seed: int = 0,
        episode: int = 0,
    ) -> None:
        number = as_u64("episode", episode)
        stand_in: Lineup = ["hero"] * as_scenario(scenario).num_agents if lineup is None else lineup
        self.scenario = scenario
        self.seed = as_u64("seed", seed)
        self.episode = number
        self._seated = seat_strategies(scenario, [stand_in], pool)
        self._by_lineup = lineup is not None
        self._last: Night | None = None
        self._acted_for = False  # whether actions ever took the place of the line-up's
        self._begin()

    def _begin(self) -> None:
        program = self._seated.program(self.scenario, seed=self.seed, first_episode=self.episode)
        self._layout = program.houses, program.agents
        self._weights = _core.reward_weights(self.scenario)
        self._core = _core.Episode(program, 0 if self._by_lineup else None, self.episode)

    def clone(self, *, episode: int | None = None) -> Self:
        """A copy that goes on by itself, as a tree search needs it.

        Parameters
        ----------
        episode : int, optional
            Go on with the luck of this number of the same seed. By default the copy meets what
            this episode will meet: given the same actions, the same nights follow.

        Raises
        ------
        InvalidValue
            If `episode` is not an integer from 0 to 2^64 - 1.

        Examples
        --------
        >>> episode = Episode(SCENARIOS["hard"], ["hero"] * 4, seed=7)
        >>> episode.clone().step() == episode.step()
        True
        """
        number = None if episode is None else as_u64("episode", episode)
        other = object.__new__(type(self))
        vars(other).update(vars(self))
        other._core = self._core.copy(number)
        if number is not None:
            other.episode = number
        return other

    def restarted(self) -> Self:
        """A copy that is back before night 0, with the same luck ahead."""
        other = self.clone()
        other._last, other._acted_for = None, False
        other._begin()
        return other

    def __copy__(self) -> Self:
        return self.clone()

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self.clone()  # whatever copies share never changes

    def __getstate__(self) -> dict[str, Any]:
        core = self._core
        left = core.houses, core.night, core.strategies, core.last
        return {**vars(self), "_core": None, "_left": left}

    def __setstate__(self, state: dict[str, Any]) -> None:
        left = state.pop("_left")
        vars(self).update(state)
        self._begin()
        self._core.resume(*left)

    @property
    def houses(self) -> tuple[House, ...]:
        """The ring as the last night left it."""
        return tuple(House(code) for code in self._core.houses)

    @property
    def night(self) -> int:
        """Number of the night to come."""
        return self._core.night

    @property
    def ended(self) -> str | None:
        """The way the episode ended (see `END_KINDS`), or None while it goes on."""
        return self._core.ended

    @property
    def strategies(self) -> tuple[int, ...]:
        """The strategy of each seat, numbered as strategies first appear in the line-up."""
        return tuple(self._core.strategies)

    @property
    def policies(self) -> tuple[Policy, ...]:
        """The policy of each seat, as drawn for this episode; none if no line-up plays."""
        if not self._by_lineup:
            return ()
        return tuple(self._seated.policies[index] for index in self._core.strategies)

    def __repr__(self) -> str:
        states = self.houses
        counts = ", ".join(f"{states.count(kind)} {kind.name.lower()}" for kind in House)
        where = f"ended: {self.ended}" if self.ended else f"before night {self.night}"
        name = legible(cut(self.scenario.name))
        return f"Episode: {name}, number {self.episode} of seed {self.seed}, {where}; {counts}"

    def _repr_svg_(self) -> str:
        if self._last is not None:
            return self._last._repr_svg_()
        return ring_svg([house.name for house in self.houses], [], "before night 0", {})

    def _repr_html_(self) -> str:
        """The ring; and all nights so far and who earned what, where they can be played again."""
        if not self._by_lineup or self._acted_for:
            return self._repr_svg_()
        again = self.restarted()
        nights = [again.step() for _ in range(self.night)]
        states = [again.restarted().houses, *(night.after for night in nights)]
        names = [[house.name for house in houses] for houses in states]
        title = f"houses 0 to {len(names[0]) - 1}, a row each, on {len(nights)} nights"
        total = [sum(night.rewards[seat] for night in nights) for seat in range(len(self.policies))]
        summary = Summary(
            repr(self),
            ["seat", "plays", "payoff so far"],
            [
                [chr(ord("a") + seat), cut(policy.name()), f"{payoff:.1f}"]
                for seat, (policy, payoff) in enumerate(zip(self.policies, total, strict=True))
            ],
        )
        pictures = [self._repr_svg_(), nights_svg(names, title), summary.to_html()]
        return f"<div>{''.join(f'<div>{picture}</div>' for picture in pictures)}</div>"

    def step(self, actions: Sequence[Action] | None = None) -> Night:
        """Plays a night.

        Parameters
        ----------
        actions : sequence of Action, optional
            One per agent; by default those of the line-up.

        Raises
        ------
        InvalidValue
            If the episode is over, or the actions are not one per agent at a house of the ring.
        """
        if actions is None and not self._by_lineup:
            raise InvalidValue("actions", None, "one per agent, as no line-up plays")
        given = None
        if actions is not None:
            self._acted_for = True
            listed = as_list("actions", actions, "actions, one per agent")
            given = [_checked(f"actions[{i}]", action) for i, action in enumerate(listed)]
        events = self._core.step(given)
        counts = np.array([events["counts"]], dtype=np.int64)
        one = np.ones(1, dtype=np.int64)
        features = _core.features(*self._layout, one, counts)
        self._last = Night(
            night=events["night"],
            before=tuple(House(code) for code in events["before"]),
            actions=tuple(Action(*action) for action in events["actions"]),
            extinguished=tuple(events["extinguished"]),
            caught=tuple(events["caught"]),
            saved=tuple(events["saved"]),
            after=tuple(House(code) for code in events["after"]),
            rewards=tuple(_core.weighted_sums(self._weights, features)[0].tolist()),
            ended=events["ended"],
        )
        return self._last


def _checked(field: str, action: object) -> tuple[int, bool, bool]:
    if not isinstance(action, Action):
        raise InvalidValue(field, shown(action), "an Action")
    return (
        as_u64(f"{field}.house", action.house),
        _done(f"{field}.works", action.works),
        _done(f"{field}.signal", action.signal),
    )


def _done(field: str, value: object) -> bool:
    """True or False, also as an integer, which is how arrays of actions have them."""
    if isinstance(value, numbers.Integral) and value in (0, 1):
        return bool(value)
    return as_flag(field, value)


def replay(scenario: Scenario, lineup: Lineup, *, seed: int, episode: int) -> list[Night]:
    """All nights of one episode of a batch.

    Parameters
    ----------
    scenario : Scenario
        The game.
    lineup : line-up
        One entry for each seat, as for `simulate`.
    seed : int
        The seed of the batch, 0 to 2^64 - 1.
    episode : int
        The number of the episode, 0 to 2^64 - 1.

    Raises
    ------
    InvalidValue
        For the first value that is not allowed.
    """
    game = Episode(scenario, lineup, seed=seed, episode=episode)
    nights = []
    while game.ended is None:
        nights.append(game.step())
    return nights


def replay_actions(
    scenario: Scenario, actions: npt.ArrayLike, *, seed: int, episode: int
) -> list[Night]:
    """Nights of one episode whose actions are given, as a lane of `VectorEnv` played them.

    Parameters
    ----------
    scenario : Scenario
        The game.
    actions : array_like of int, shape (T, A, 3)
        House, mode (1 works, 0 rests) and signal of every agent, for T nights; for the whole
        episode, as many as it lasted.
    seed : int
        The seed of the environment, 0 to 2^64 - 1.
    episode : int
        The number of the episode, as ``info["episode"]`` told it.

    Returns
    -------
    list of Night
        The T nights, by the plain engine.

    Raises
    ------
    InvalidValue
        For the first value that is not allowed, or if the episode ends before the actions do.

    Examples
    --------
    >>> rest = [[[0, 0, 0]] * 4] * 3
    >>> [night.night for night in replay_actions(SCENARIOS["hard"], rest, seed=7, episode=1)]
    [0, 1, 2]
    """
    game = Episode(scenario, seed=seed, episode=episode)
    agents = game.scenario.num_agents
    try:
        given = np.asarray(actions)
    except ValueError:  # rows of different lengths
        raise InvalidValue("actions", "uneven lists", f"shape (T, {agents}, 3)") from None
    if given.ndim != 3 or given.shape[1:] != (agents, 3):
        raise InvalidValue("actions", f"shape {given.shape}", f"shape (T, {agents}, 3)")
    if not np.issubdtype(given.dtype, np.integer) and given.size:
        raise InvalidValue("actions", f"an array of {given.dtype}", "integers")
    nights: list[Night] = []
    for night in given.tolist():
        if game.ended is not None:
            allowed = f"{len(nights)} nights: then the episode ended ({game.ended})"
            raise InvalidValue("actions", f"{len(given)} nights", allowed)
        nights.append(game.step([Action(*act) for act in night]))
    return nights
