"""``python -m bench COMMAND``; without a command, ``throughput``."""

import sys
from collections.abc import Callable, Sequence

from bench import throughput_command
from bench.ladder import command as ladder

COMMANDS: dict[str, Callable[[Sequence[str] | None], int]] = {
    "throughput": throughput_command.main,
    "ladder": ladder.main,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] in (["-h"], ["--help"]):
        print(f"usage: python -m bench [{{{','.join(COMMANDS)}}}] ...; each has its own --help")
        return 0
    name = given.pop(0) if given and not given[0].startswith("-") else "throughput"
    if name not in COMMANDS:
        print(f"There is no command {name!r}, but {' and '.join(COMMANDS)}.", file=sys.stderr)
        return 2
    return COMMANDS[name](given)


if __name__ == "__main__":
    sys.exit(main())
