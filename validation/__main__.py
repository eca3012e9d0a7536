"""``python -m validation COMMAND``: every command exits with 1 if a claim does not hold."""

import sys
from collections.abc import Sequence

from bench.commands import run

COMMANDS = {
    "coverage": ("validation.coverage", "how often intervals of regret hold the exact regret"),
    "deviations": ("validation.deviations", "whether anybody gains over equilibria in files"),
    "published": ("validation.published", "what the original project published, judged exactly"),
    "cross-examination": (
        "validation.cross_examination",
        "sampled against exact counts, in many episodes",
    ),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; its exit code."""
    return run("python -m validation", COMMANDS, arguments)


if __name__ == "__main__":
    sys.exit(main())
