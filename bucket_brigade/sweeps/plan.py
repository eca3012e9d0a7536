"""Plans: which games a sweep goes through, and what is to be computed of each."""

import itertools
import json
import math
import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from bucket_brigade.arguments import as_list, as_path, did_you_mean
from bucket_brigade.errors import InvalidFile, InvalidValue, shown
from bucket_brigade.game.catalogue import load_scenario
from bucket_brigade.game.scenario import Scenario
from bucket_brigade.sweeps.axes import Value, as_values, named_axis, scenario_at
from bucket_brigade.sweeps.boundaries import Boundary
from bucket_brigade.sweeps.lineups import as_lineup_json
from bucket_brigade.sweeps.tasks import SETTINGS, TASKS, checked_settings, checked_tasks

__all__ = ["Point", "SweepPlan"]

#: Points of a plan at most.
MOST = 1_000_000


@dataclass(frozen=True)
class Point:
    """A point of a plan.

    Attributes
    ----------
    values : dict
        What it has on each axis, in the order of the axes.
    scenario : Scenario
        Its game.
    settings : dict
        How it is computed: those of the plan, with the seed of the point if it has one.
    """

    values: dict[str, Value]
    scenario: Scenario
    settings: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class SweepPlan:
    """The plan of a sweep: which games, and what is to be computed of each.

    Parameters
    ----------
    base : Scenario or str
        What all points begin with: a scenario, its name, or a file (see `load_scenario`).
    grid : mapping from axis to values
        Axes, of which points are all combinations, the last axis first. An axis is a parameter of
        scenarios, ``"scenario"``, ``"rules"`` or ``"seed"``; its values are a list, or text such as
        ``"0.1:0.9:9"`` (see `bucket_brigade.sweeps.axes.as_values`).
    points : sequence of mappings
        Values by axis, of points one by one. With a grid, each is combined with all of it.
    do : sequence of str, or str with commas between
        What to compute at each point (`bucket_brigade.sweeps.tasks.TASKS`).
    lineups : sequence of line-ups
        For what takes line-ups: text as on a command line (``"hero,hero,liar,liar"``, a file), or a
        policy for each seat. A single policy stands for all seats.
    rules : str, optional
        Rules by name (see `Scenario.with_rules`).
    changes : mapping, optional
        Parameters that are the same at all points.
    boundary : str, optional
        ``"AXIS"``, ``"AXIS:COLUMN"`` or ``"AXIS:COLUMN:WIDTH"``: then further points along the
        axis, by bisection, wherever a verdict changes (see `Boundary.parsed`).
    settings : mapping, optional
        How to compute (`bucket_brigade.sweeps.tasks.SETTINGS`): ``method``, ``episodes``,
        ``epsilon``, ``confidence``, ``seed``, ``starts``, ``selector``.

    Raises
    ------
    InvalidValue
        For the first value that is not allowed, at any point.

    Examples
    --------
    >>> plan = SweepPlan(base="hard", grid={"cost_to_work_one_night": [0.5, 1]}, do="nash,optimum")
    >>> len(plan.listed())
    2
    """

    base: Scenario | str = "default"
    grid: Mapping[str, Any] = field(default_factory=dict)
    points: Sequence[Mapping[str, Any]] = ()
    do: Sequence[str] | str = ("nash",)
    lineups: Sequence[Any] = ()
    rules: str | None = None
    changes: Mapping[str, Any] = field(default_factory=dict)
    boundary: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        base = load_scenario(self.base) if isinstance(self.base, str) else self.base
        if not isinstance(base, Scenario):
            raise InvalidValue("base", shown(self.base), "a Scenario, or the name or file of one")
        grid = {named_axis(n): as_values(n, v) for n, v in _mapping("grid", self.grid).items()}
        points = tuple(
            {named_axis(n): as_values(n, [v])[0] for n, v in _mapping(f"points[{i}]", p).items()}
            for i, p in enumerate(as_list("points", self.points, "mappings from axis to value"))
        )
        for i, point in enumerate(points):
            if twice := sorted(set(point) & set(grid)):
                raise InvalidValue(
                    f"points[{i}]", ", ".join(twice), "axes that are not in the grid"
                )
            if set(point) != set(points[0]):
                given = ", ".join(point) or "nothing"
                raise InvalidValue(f"points[{i}]", given, f"the axes {', '.join(points[0])}")
        number = math.prod(map(len, grid.values())) * max(len(points), 1)
        if number > MOST:
            raise InvalidValue("grid", f"{number:,} points", f"at most {MOST:,}")
        texts = as_list("lineups", self.lineups, "line-ups")
        changes = {n: as_values(n, [v])[0] for n, v in _mapping("changes", self.changes).items()}
        for name, value in (
            ("base", base),
            ("grid", grid),
            ("points", points),
            ("do", checked_tasks(self.do)),
            (
                "lineups",
                tuple(
                    as_lineup_json(each, f"lineups[{i}]", base.num_agents)
                    for i, each in enumerate(texts)
                ),
            ),
            ("changes", changes),
            ("settings", checked_settings(self.settings)),
        ):
            object.__setattr__(self, name, value)
        for name in self.do:
            TASKS[name].check(self.lineups)
        _ = self.sought, self.listed()  # checks of their own

    @property
    def axes(self) -> tuple[str, ...]:
        """The names of the axes: those of single points, and then those of the grid."""
        return (*(self.points[0] if self.points else ()), *self.grid)

    @property
    def sought(self) -> Boundary | None:
        """The boundary to look for."""
        if self.boundary is None:
            return None
        names = tuple(self.points[0]) if self.points else ()
        alone = {name: [point[name] for point in self.points] for name in names}
        return Boundary.parsed(self.boundary, {**alone, **self.grid}, self.do)

    def listed(self) -> list[Point]:
        """All points, in their order."""
        grid = [
            dict(zip(self.grid, each, strict=True))
            for each in itertools.product(*self.grid.values())
        ]
        return [self.point({**alone, **each}) for alone in self.points or ({},) for each in grid]

    def point(self, values: Mapping[str, Value]) -> Point:
        """The point that has some values on the axes.

        Raises
        ------
        InvalidValue
            For the first that is not allowed.
        """
        scenario = scenario_at(self.base, self.rules, self.changes, values)  # type: ignore[arg-type]
        settings = {**self.settings, **({"seed": values["seed"]} if "seed" in values else {})}
        for name in self.do:
            TASKS[name].check_game(scenario, self.lineups)
        return Point(dict(values), scenario, settings)

    def to_dict(self) -> dict[str, Any]:
        """The plan as JSON knows it."""
        assert isinstance(self.base, Scenario)
        return {
            "base": self.base.to_dict(),
            "rules": self.rules,
            "changes": dict(self.changes),
            "grid": {name: list(values) for name, values in self.grid.items()},
            "points": [dict(point) for point in self.points],
            "do": list(self.do),
            "lineups": list(self.lineups),
            "boundary": self.boundary,
            "settings": dict(self.settings),
        }

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Self:
        """The plan of what `to_dict` gave, or of the content of a plan file.

        The base may be a name or file as well, and settings may stand beside the other keys.

        Raises
        ------
        InvalidValue
            If a key is unknown or a value not allowed.
        """
        known = (
            "base",
            "rules",
            "changes",
            "grid",
            "points",
            "do",
            "lineups",
            "boundary",
            "settings",
        )
        content = dict(_mapping("plan", given))
        beside = {name: content.pop(name) for name in SETTINGS if name in content}
        for name in content:
            if name not in known:
                allowed = f"one of {', '.join([*known, *SETTINGS])}"
                meant = did_you_mean(name, [*known, *SETTINGS])
                raise InvalidValue("plan", shown(name), allowed + meant)
        if isinstance(content.get("base"), Mapping):
            content["base"] = Scenario.from_dict(content["base"])
        settings = {**_mapping("settings", content.pop("settings", {})), **beside}
        return cls(**content, settings=settings)

    @classmethod
    def load(cls, path: str | os.PathLike[str], **others: Any) -> Self:
        """The plan of a TOML file, or of a JSON file if its name ends so.

        Parameters
        ----------
        path : path
            The file, with the keys of `from_dict`.
        **others
            What comes in place of what the file says.

        Raises
        ------
        InvalidFile
            If it is no such file.
        InvalidValue
            If what it says is not allowed.
        OSError
            If it can't be read.
        """
        file = as_path("path", path)
        text = Path(file).read_bytes()
        try:
            decoded = text.decode("utf-8")
            content = json.loads(decoded) if file.suffix == ".json" else tomllib.loads(decoded)
        except ValueError as error:
            kind = "JSON" if file.suffix == ".json" else "TOML"
            raise InvalidFile(f"{file}: not {kind}: {error}") from error
        try:
            return cls.from_dict({**_mapping("plan", content), **others})
        except InvalidValue as error:
            raise InvalidValue(error.field, error.value, error.allowed, str(file)) from error


def _mapping(name: str, value: object) -> Mapping[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise InvalidValue(name, shown(value), "a mapping from name to value")
    return value
