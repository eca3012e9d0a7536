"""``python -m bench.performance_page``: docs/performance.md and its plots, from stored figures.

Every number on the page comes from the files that the commands below write. A section whose file is
missing says so. Needs the extra ``plot``.
"""

import argparse
import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.files import Unreadable
from bench.options import file_to_write
from bench.performance_page.page import write
from bench.performance_page.stored import COMMANDS


def main(arguments: Sequence[str] | None = None) -> int:
    """Writes the page; the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.performance_page",
        description=__doc__,
        epilog="\n".join(COMMANDS.values()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--results", type=Path, default=Path("bench/results"))
    parser.add_argument("--out", type=file_to_write, default=Path("docs/performance.md"))
    options = parser.parse_args(arguments)
    if importlib.util.find_spec("matplotlib") is None:
        print("Plots need Matplotlib: pip install '.[plot]'", file=sys.stderr)
        return 2
    try:
        write(options.results, options.out)
    except Unreadable as reason:
        print(reason, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
