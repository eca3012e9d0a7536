"""All that others rely on besides names in Python: commands, options, keys, columns, variables.

``python tests/compatibility/surface.py`` writes ``surface.json`` anew. Do so when something joins;
what is listed there must not vanish while a version is supported that had it.
"""

import json
import re
import tomllib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import typer
from typer.testing import CliRunner

import bucket_brigade as bb
from bucket_brigade.cli import app

Surface = dict[str, list[str]]

HERE = Path(__file__).resolve().parent
TOP = HERE.parent.parent
LIST = HERE / "surface.json"
SOURCES = ("bucket_brigade", "gpu")
VARIABLE = re.compile(r"\bBUCKET_BRIGADE_[A-Z][A-Z_]*\b")

#: A game in which everything can happen, and little of it.
GAME = {"num_houses": 3, "num_agents": 2, "min_nights": 2, "max_nights": 5}
HEROES = ["--lineup", "hero,free_rider"]
EXACT = ["--method", "exact"]
FEW = ["--episodes", "64"]
SWEPT = ["--base", "GAME", "--grid", "cost_to_work_one_night=1,2", "--workers", "1"]
QUICK = ["--method", "sampled", "--episodes", "32", "--budget", "1e5"]
#: Commands that print JSON; GAME stands for a file of the game, TEMP for a folder to write to.
PRINTING = {
    "scenarios": ["scenarios", "--json"],
    "scenarios NAME": ["scenarios", "GAME", "--json"],
    "archetypes": ["archetypes", "--json"],
    "backends": ["backends", "--json"],
    "simulate": ["simulate", "GAME", *HEROES, *FEW, "--json"],
    "simulate --method exact": ["simulate", "GAME", *HEROES, *EXACT, "--json"],
    "simulate --check": ["simulate", "GAME", *HEROES, "--episodes", "100000", "--check", "--json"],
    "payoffs": ["payoffs", "GAME", *FEW, "--json"],
    "episode": ["episode", "GAME", *HEROES, "--json"],
    "nash": ["nash", "GAME", *QUICK, "--out", "-"],
    "nash --method exact": ["nash", "GAME", *EXACT, "--out", "-"],
    "roles": ["roles", "GAME", *EXACT, "--starts", "0", "--out", "-"],
    "judge": ["judge", "GAME", *HEROES, "--json"],
    "sweep": ["sweep", *SWEPT, "--do", "nash,optimum", "--out", "TEMP/1.sqlite", "--json"],
    "tournament": ["tournament", "GAME", "--json"],
    "evolve": ["evolve", "GAME", "--generations", "2", "--json"],
    "optimum": ["optimum", "GAME", "--save", "TEMP/optimum.npz", "--json"],
}
#: Commands that write a table as CSV.
TABLES = {
    "simulate": ["simulate", "GAME", *HEROES, *FEW],
    "payoffs": ["payoffs", "GAME", *FEW],
    "sweep": ["sweep", *SWEPT, "--do", "nash,gains,optimum", "--out", "TEMP/2.sqlite"],
}


def surface() -> Surface:
    """What there is now."""
    with TemporaryDirectory() as folder:
        bb.scenario("hard").replace(**GAME).save(Path(folder) / "game.json")
        return {
            "commands": sorted(_commands()),
            "json": sorted(_json(folder)),
            "csv": sorted(_columns(folder)),
            "environment": sorted(_variables()),
            "entry points": sorted(f"{of} {name}" for of, name, _ in _entry_points()),
        }


def _commands() -> Iterator[str]:
    """Each option and argument of each command, and together those that a command requires."""
    group: Any = typer.main.get_command(app)
    commands = dict(group.commands)
    for _, name, target in _entry_points("bucket_brigade.commands"):
        module, _, function = target.partition(":")
        single = typer.Typer(add_completion=False)
        single.command(name)(getattr(import_module(module), function))
        commands[name] = typer.main.get_command(single)
    for name, command in commands.items():
        required = []
        for param in command.params:
            spelled = [*param.opts, *param.secondary_opts]
            if not spelled[0].startswith("-"):
                spelled = [spelled[0].upper()]  # an argument
            value = "" if param.metavar in (None, *spelled) else f" {param.metavar}"
            yield from (f"{name} {spelling}{value}" for spelling in spelled)
            if param.required:
                required.append(spelled[0])
        yield f"{name} requires {' '.join(required) or 'nothing'}"


def _ran(arguments: list[str], folder: str) -> str:
    """What a command prints."""
    filled = [a.replace("GAME", f"{folder}/game.json").replace("TEMP", folder) for a in arguments]
    ran = CliRunner().invoke(app, filled, catch_exceptions=False)
    assert ran.exit_code == 0, ran.output
    return ran.stdout


def _json(folder: str) -> Iterator[str]:
    for name, arguments in PRINTING.items():
        paths = set(_paths(json.loads(_ran(arguments, folder))))
        yield from (f"{name}: {path}" for path in paths)


def _paths(value: Any, at: str = "") -> Iterator[str]:
    """The keys of a document, nested; indices, and numbers as keys, are left out."""
    if isinstance(value, dict):
        for key, inner in value.items():
            path = f"{at}.{'*' if key.isdigit() else key}".lstrip(".")
            yield path
            yield from _paths(inner, path)
    elif isinstance(value, list):
        for inner in value:
            yield from _paths(inner, f"{at}[]")


def _columns(folder: str) -> Iterator[str]:
    for name, arguments in TABLES.items():
        file = Path(folder) / f"{name}.csv"
        _ran([*arguments, "--csv", str(file)], folder)
        head = file.read_text(encoding="utf-8").splitlines()[0]
        yield from (f"{name}: {column}" for column in head.split(","))


def _variables() -> set[str]:
    """Environment variables that sources name."""
    sources = [path for folder in SOURCES for path in (TOP / folder).rglob("*.py")]
    return {name for path in sources for name in VARIABLE.findall(path.read_text(encoding="utf-8"))}


def _entry_points(group: str | None = None) -> Iterator[tuple[str, str, str]]:
    """Distribution with group, name and target of the entry points of all, or of one group."""
    for file in (TOP / "pyproject.toml", *(TOP / "gpu").rglob("pyproject.toml")):
        project = tomllib.loads(file.read_text(encoding="utf-8"))["project"]
        groups = {"scripts": project.get("scripts", {}), **project.get("entry-points", {})}
        for known in groups if group is None else groups.keys() & {group}:
            for name, target in groups[known].items():
                yield f"{project['name']} {known}", name, target


if __name__ == "__main__":
    LIST.write_text(json.dumps(surface(), indent=1) + "\n", encoding="utf-8")
