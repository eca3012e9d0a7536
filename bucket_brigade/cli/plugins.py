"""Commands of other distributions, announced under the entry points ``bucket_brigade.commands``.

Each entry names a function as Typer takes them; it becomes the command of the entry's name, with
dashes for underscores. It is imported when it is called, or to be shown in ``--help``, and never
before. Functions may use what the built-in commands do, in `bucket_brigade.cli.common`.
"""

import functools
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import typer
from typer.core import TyperGroup

from bucket_brigade.cli.terminal import say

__all__ = ["GROUP", "Commands"]

GROUP = "bucket_brigade.commands"


class Commands(TyperGroup):
    """The built-in commands, and after them those of other distributions."""

    def list_commands(self, ctx: Any) -> list[str]:
        """The names of all commands."""
        return list(dict.fromkeys([*super().list_commands(ctx), *sorted(_announced())]))

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of a name, or None; built-in ones can't be replaced."""
        command = super().get_command(ctx, cmd_name)
        return _loaded(cmd_name) if command is None else command


def _announced() -> dict[str, EntryPoint]:
    return {entry.name.replace("_", "-"): entry for entry in entry_points(group=GROUP)}


@functools.cache
def _loaded(name: str) -> Any:
    """The command of another distribution; None if there is none, or with a message, if broken."""
    entry = _announced().get(name)
    if entry is None:
        return None
    try:
        single = typer.Typer(add_completion=False)
        single.command(name)(entry.load())
        return typer.main.get_command(single)
    except Exception as error:
        # Whatever is wrong with it, the other commands have to work.
        say(f"command {name!r} can't be loaded: {type(error).__name__}: {error}")
        return None
