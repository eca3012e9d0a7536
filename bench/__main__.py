"""``python -m bench COMMAND``; without a command, ``throughput``."""

import sys
from collections.abc import Sequence

from bench.commands import run

COMMANDS = {
    "throughput": ("bench.throughput_command", "nights per second of the engines (the default)"),
    "ladder": ("bench.ladder.command", "the same work by ever faster means, baselines among them"),
    "growth": ("bench.growth", "how cost grows with size, beside what a model predicts"),
    "exact": ("bench.exact", "time of exact counts and gradients, and what it would be at best"),
    "envs": ("bench.envs", "steps a second of environments"),
    "sweeps": ("bench.sweeps", "cells a minute of a sweep, and what it adds to their work"),
    "mdp": ("bench.mdp", "time of exact work on policies of every kind"),
    "instructions": ("bench.instructions", "machine instructions of the inner loops"),
    "profile": ("bench.profile", "where the time of the inner loops goes"),
    "regressions": ("bench.regressions", "what became slower between two files of figures"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if not given or (given[0].startswith("-") and given[0] not in ("-h", "--help")):
        given.insert(0, "throughput")
    return run("python -m bench", COMMANDS, given)


if __name__ == "__main__":
    sys.exit(main())
