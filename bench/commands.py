"""Commands of a folder, ``python -m FOLDER COMMAND``: modules that are imported when they run."""

import sys
from collections.abc import Mapping, Sequence
from importlib import import_module


def run(
    program: str, commands: Mapping[str, tuple[str, str]], arguments: Sequence[str] | None
) -> int:
    """Run the command that the first argument names.

    Parameters
    ----------
    program : str
        What stands before the command, such as ``"python -m bench"``.
    commands : mapping from names to (module, summary)
        The function ``main`` of the module takes the other arguments and returns the exit code.
    arguments : sequence of str, optional
        By default those of the process.

    Returns
    -------
    int
        The exit code: that of the command; 0 after the list of commands (``--help``); 2 if there
        is no such command.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] in (["-h"], ["--help"]):
        width = max(map(len, commands))
        print(f"usage: {program} COMMAND ...; each command has its own --help\n")
        for name, (_, summary) in commands.items():
            print(f"  {name:{width}}  {summary}")
        return 0
    if not given or given[0] not in commands:
        asked = f"There is no command {given[0]!r}" if given else "A command is missing"
        print(f"{asked}: {program} has {', '.join(commands)}.", file=sys.stderr)
        return 2
    code: int = import_module(commands[given[0]][0]).main(given[1:])
    return code
