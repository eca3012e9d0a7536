"""``python -m bench.performance_page``: docs/performance.md and its plots, from stored figures.

    python -m bench --json bench/results/throughput.json
    python -m bench ladder --nash --json bench/results/ladder.json
    python -m bench ladder --all --nash --json bench/results/ladder_all.json
    python -m bench.growth --json bench/results/growth.json
    python -m bench.instructions --json bench/results/instructions.json
    python -m bench.profile --json bench/results/profile.json
    python -m bench.performance_page

Every number on the page comes from these files. A section whose file is missing says so. Needs the
extra ``plot``.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from bench.performance_page.page import write


def main(arguments: Sequence[str] | None = None) -> None:
    """Writes the page."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.performance_page",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--results", type=Path, default=Path("bench/results"))
    parser.add_argument("--out", type=Path, default=Path("docs/performance.md"))
    options = parser.parse_args(arguments)
    write(options.results, options.out)


if __name__ == "__main__":
    main()
