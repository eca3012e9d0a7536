"""``python -m docs._generate PAGE``: makes a page or figure of ``docs/`` anew."""

import sys
from collections.abc import Sequence

from bench.commands import run

PAGES = {
    "performance": (
        "docs._generate.performance.page",
        "performance.md and its plots, from bench/results/",
    ),
    "equilibria": ("docs._generate.equilibria", "equilibria_results.md, from files of results"),
    "policies": ("docs._generate.policies", "the tables of policies.md, which it first computes"),
    "exploitability": (
        "docs._generate.exploitability",
        "exploitability.svg of policies.md, which it first computes",
    ),
    "learning": ("docs._generate.learning", "learning.svg, from a curve of examples/ppo.py"),
    "exact-figure": ("docs._generate.exact_figure", "exact.svg, which it first measures"),
    "explore-picture": (
        "docs._generate.explore_picture",
        "explore.png of the README, by a browser without a window",
    ),
    "api": ("docs._generate.api", "the reference of the API in build/docs/, from docstrings"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Makes a page; the exit code."""
    return run("python -m docs._generate", PAGES, arguments)


if __name__ == "__main__":
    sys.exit(main())
