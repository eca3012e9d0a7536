"""Scenarios: the parameters of a game, frozen and checked, and the twelve that come with it."""

import dataclasses
import numbers
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Self

from bucket_brigade import _core
from bucket_brigade.arguments import as_number, did_you_mean, refuse_unordered, scalar
from bucket_brigade.atomic_files import write_json
from bucket_brigade.errors import InvalidValue, shown

__all__ = ["RULES", "RULES_VERSION", "Scenario"]

#: Version of the rules and of the addressing of randomness (docs/rules.md, docs/randomness.md).
RULES_VERSION: int = _core.RULES_VERSION

#: Rules by name, as parameters of scenarios: those that the engines of the original project play,
#: which are not the same (docs/rules.md).
RULES: Mapping[str, Mapping[str, object]] = MappingProxyType(
    {
        "original-rust": MappingProxyType(
            {
                "night_order": "burn_out_then_spread",
                "end_rule": "all_safe_or_all_ruined",
                "max_nights": 100,
            }
        ),
        "original-python": MappingProxyType(
            {
                "night_order": "burn_out_then_spread",
                "end_rule": "no_fires",
                "max_nights": _core.MAX_NIGHTS[-1],
            }
        ),
    }
)

_PER_AGENT = (
    "reward_own_house_survives",
    "reward_other_house_survives",
    "penalty_own_house_burns",
    "penalty_other_house_burns",
)
_REWARDS = (
    *_PER_AGENT,
    "team_reward_house_survives",
    "team_penalty_house_burns",
    "cost_to_work_one_night",
    "reward_rest",
)
#: Largest reward: returns of the longest episodes, their squares and sums over as many episodes as
#: can be played are far from overflowing, and what a night adds is not lost in them.
_MOST = 1e12
_WHOLE = ("min_nights", "max_nights", "num_agents", "num_houses")
_CHOICE = ("night_order", "end_rule")
_NOTES = ("name", "description", "version", "rules_version")
_NUMBER_OF_SEATS = "one number, or a list of one per agent"

#: Fields of the original project for rules that are not played here: the value at which each of
#: them does nothing, and the rule. Where that is None, the field does nothing by itself.
_OTHER_RULES: Mapping[str, tuple[object, str]] = {
    "agent_home_positions": ([], "agents that live elsewhere than at house a mod H"),
    "distance_cost_alpha": (0, "work that costs more the farther it is from home"),
    "distance_metric": ("ring_arc", "another measure of the distance from home"),
    "action_shaping_alpha": (0, "a bonus for putting a fire out"),
    "action_shaping_beta": (0, "a bonus for working at a house that stays safe"),
    "progress_shaping_coef": (0, "a reward for each change in the number of safe houses"),
    "team_welfare_lambda": (0, "rewards shaped by a potential of the ring"),
    "team_welfare_gamma": (None, "rewards shaped by a potential of the ring"),
    "team_welfare_kind": ("none", "rewards shaped by a potential of the ring"),
    "action_validity_mode": ("always_valid", "houses that are too far from home to work at"),
    "extinguish_mode": ("bernoulli", "fires that go out once enough work has been done"),
    "suppression_per_worker": (None, "fires that go out once enough work has been done"),
    "commitment_mode": ("simultaneous", "signals that all agents see before they act"),
}
#: Numbers of a list that the original project writes for a single one, whoever plays.
_REPEATED = 10


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """The parameters of a game (docs/rules.md). Frozen; checked when made.

    Attributes
    ----------
    prob_fire_spreads_to_neighbor : float
        β in [0, 1]: a surviving fire ignites each safe ring neighbour, per night.
    prob_solo_agent_extinguishes_fire : float
        κ in [0, 1]: one worker puts a fire out, per night.
    prob_house_catches_fire : float
        ρ in [0, 1]: a safe house ignites by itself, at the start and every night.
    team_reward_house_survives, team_penalty_house_burns : float
        Times the fraction of houses safe / ruined, every night, to every agent.
    reward_own_house_survives, reward_other_house_survives : float or tuple of float
        Per house saved, owned by the agent / by another. One number, or one per agent.
    penalty_own_house_burns, penalty_other_house_burns : float or tuple of float
        Subtracted per night and ruined house, owned / other.
    cost_to_work_one_night, reward_rest : float
        Subtracted per night worked; added per night rested. Rewards are from -1e12 to 1e12, so
        that no return overflows, nor loses what a night adds in a sum that is far larger.
    min_nights, max_nights : int
        An episode goes on to night `min_nights` (from 0) at least, and has `max_nights` (1 to
        10,000) at most.
    num_agents, num_houses : int
        1 to 16, and 2 to 32. Agent `a` lives at house `a mod H`; house `h` belongs to `h mod A`.
    night_order : str
        "spread_then_burn_out" or "burn_out_then_spread".
    end_rule : str
        "all_safe_or_all_ruined" or "no_fires".
    name, description : str
        For people; they have no effect, and do not count when scenarios are compared.

    Raises
    ------
    InvalidValue
        For the first parameter that is not allowed.

    Examples
    --------
    >>> scenario("hard").replace(cost_to_work_one_night=0.9).cost_to_work_one_night
    0.9
    """

    prob_fire_spreads_to_neighbor: float
    prob_solo_agent_extinguishes_fire: float
    prob_house_catches_fire: float
    team_reward_house_survives: float
    team_penalty_house_burns: float
    cost_to_work_one_night: float
    min_nights: int
    reward_own_house_survives: float | tuple[float, ...] = 0.0
    reward_other_house_survives: float | tuple[float, ...] = 0.0
    penalty_own_house_burns: float | tuple[float, ...] = 0.0
    penalty_other_house_burns: float | tuple[float, ...] = 0.0
    reward_rest: float = 0.5
    max_nights: int = 100
    num_agents: int = 4
    num_houses: int = 10
    night_order: str = "spread_then_burn_out"
    end_rule: str = "all_safe_or_all_ruined"
    name: str = dataclasses.field(default="custom", compare=False)
    description: str = dataclasses.field(default="", compare=False)

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            object.__setattr__(self, field.name, _normalised(field.name, value))
        for name in _REWARDS:
            value = getattr(self, name)
            for number in value if isinstance(value, tuple) else [value]:
                if not -_MOST <= number <= _MOST:
                    allowed = f"a number from -{_MOST:.0e} to {_MOST:.0e}"
                    raise InvalidValue(name, number, allowed.replace("+", ""))
        _core.check_scenario(self)

    def replace(self, **changes: Any) -> Self:
        """A copy with some parameters changed, checked anew.

        Raises
        ------
        InvalidValue
            If a parameter does not exist, or its value is not allowed.
        """
        for name, value in changes.items():
            if name in _OTHER_RULES:
                _check_other_rule(name, value)
            _check_name(name)
        return dataclasses.replace(self, **changes)

    def with_rules(self, rules: str | None) -> Self:
        """A copy that is played by other rules.

        Parameters
        ----------
        rules : str or None
            "original-rust" (``burn_out_then_spread``, ``all_safe_or_all_ruined``, at most 100
            nights), "original-python" (``burn_out_then_spread``, ``no_fires``, up to 10,000
            nights), as the two engines of the original project play; or None for this scenario's.

        Raises
        ------
        InvalidValue
            If there are no rules of this name, or `min_nights` is above their most nights.

        Examples
        --------
        >>> scenario("hard").with_rules("original-python").end_rule
        'no_fires'
        """
        if rules is None:
            return self
        if not isinstance(rules, str) or rules not in RULES:
            allowed = f"one of {', '.join(RULES)}{did_you_mean(rules, RULES)}"
            raise InvalidValue("rules", shown(rules), allowed)
        return self.replace(**RULES[rules])

    def to_dict(self) -> dict[str, Any]:
        """The parameters as JSON knows them, with the version of the rules."""
        plain = {
            key: list(value) if isinstance(value, tuple) else value
            for key, value in dataclasses.asdict(self).items()
        }
        return {**plain, "rules_version": RULES_VERSION}

    @classmethod
    def from_dict(cls, parameters: Mapping[str, Any], *, name: str | None = None) -> Self:
        """A scenario from what `to_dict` gave, or from a scenario of the original project.

        Files of the original project have the same field names and leave out those with defaults.
        They may give ten equal numbers where one is meant, and fields of rules that are not played
        here, at the values at which these do nothing.

        Raises
        ------
        InvalidValue
            If a parameter is unknown, missing or not allowed, or the rules are of another version.
        """
        if not isinstance(parameters, Mapping):
            raise InvalidValue("parameters", shown(parameters), "a mapping from name to value")
        version = scalar(parameters.get("rules_version", RULES_VERSION))
        if isinstance(version, bool) or version != RULES_VERSION:
            raise InvalidValue(
                "rules_version", shown(version), f"{RULES_VERSION}, the version played here"
            )
        known = {field.name for field in dataclasses.fields(cls)}
        for key, value in parameters.items():
            if key in _OTHER_RULES:
                _check_other_rule(key, value)
            elif key not in known and key not in _NOTES:
                _check_name(key)
        required = [f.name for f in dataclasses.fields(cls) if f.default is dataclasses.MISSING]
        for key in required:
            if key not in parameters:
                raise InvalidValue(key, "missing", f"all of {', '.join(required)}")
        given = {key: value for key, value in parameters.items() if key in known}
        agents = given.get("num_agents", cls.num_agents)
        for key in _PER_AGENT:
            if key in given and agents != _REPEATED and _is_repeated(given[key]):
                given[key] = given[key][0]
        if name is not None:
            given.setdefault("name", name)
        return cls(**given)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the scenario to a JSON file (see `bucket_brigade.atomic_files`)."""
        write_json(self.to_dict(), path)


def _check_other_rule(name: str, value: object) -> None:
    """Refuses what asks for a rule of the original project that is not played here."""
    nothing, rule = _OTHER_RULES[name]
    if nothing is None:
        as_number(name, value)
        return
    value = scalar(value)
    kind = numbers.Real if nothing == 0 else type(nothing)
    if isinstance(value, list) and value == list(range(len(value))):
        return  # where they live anyway
    if isinstance(value, bool) or not isinstance(value, kind) or value != nothing:
        raise InvalidValue(name, shown(value), f"{shown(nothing)}, as {rule} are not played here")


def _is_repeated(value: object) -> bool:
    return (
        isinstance(value, list) and len(value) == _REPEATED and value.count(value[0]) == _REPEATED
    )


def _check_name(name: object) -> None:
    known = [field.name for field in dataclasses.fields(Scenario)]
    if name not in known:
        meant = did_you_mean(name, known)
        raise InvalidValue("parameter", shown(name), f"one of {', '.join(known)}{meant}")


def _normalised(name: str, value: object) -> object:
    """The value with its field's type; what can't be converted is refused."""
    value = scalar(value)
    if name in _NOTES or name in _CHOICE:
        if not isinstance(value, str):
            raise InvalidValue(name, shown(value), "a string")
        if name in _CHOICE and not value.isascii():
            raise InvalidValue(name, shown(value), "a choice of docs/rules.md")
        return value
    if name in _WHOLE:
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, numbers.Integral):
            raise InvalidValue(name, shown(value), "an integer")
        if abs(int(value)) >> 63:
            raise InvalidValue(name, shown(value), "an integer of an ordinary size")
        return int(value)
    if name in _PER_AGENT and not isinstance(value, numbers.Real):
        if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
            raise InvalidValue(name, shown(value), _NUMBER_OF_SEATS)
        refuse_unordered(name, value, _NUMBER_OF_SEATS)
        return tuple(as_number(name, item) for item in value)
    return as_number(name, value)


def as_scenario(value: object) -> Scenario:
    """The scenario, if it is one; otherwise raises `InvalidValue`."""
    if not isinstance(value, Scenario):
        raise InvalidValue("scenario", shown(value), "a Scenario (see bb.scenario)")
    return value
