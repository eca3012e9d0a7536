"""The stored figures that the page is made of, and the commands that make them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.files import Unreadable, read
from bench.report import short_commit

Figures = Mapping[str, Any]

COMMANDS = {
    "throughput": "python -m bench throughput --json bench/results/throughput.json",
    "ladder": "python -m bench ladder --nash --json bench/results/ladder.json",
    "ladder_all": "python -m bench ladder --all --nash --json bench/results/ladder_all.json",
    "growth": "python -m bench growth --json bench/results/growth.json",
    "instructions": "python -m bench instructions --json bench/results/instructions.json",
    "exact": "python -m bench exact --json bench/results/exact.json",
    "profile": "python -m bench profile --json bench/results/profile.json",
}
#: What each of their files cannot be without.
HOLDS = {
    "throughput": "paths",
    "ladder": "rows",
    "ladder_all": "rows",
    "growth": "axes",
    "instructions": "loops",
    "exact": "operations",
    "profile": "loops",
    "gpu": "measured",
}
#: Figures of other machines, which this one cannot give, and what they are: of a processor with
#: AVX-512, and of one with a GPU.
ELSEWHERE = {
    "throughput_avx512": "throughput",
    "instructions_avx512": "instructions",
    "gpu_h200": "gpu",
    "ladder_h200": "ladder",
}


def load(folder: Path) -> dict[str, Figures]:
    """The files that are there.

    Raises
    ------
    Unreadable
        If there is none, which is rather a wrong folder than nothing to write about, or one is not
        whole, or of another benchmark.
    """
    found: dict[str, Figures] = {}
    for name in [*COMMANDS, *ELSEWHERE]:
        file = folder / f"{name}.json"
        if file.exists():
            figures, holds = read(file), HOLDS[ELSEWHERE.get(name, name)]
            if not isinstance(figures, dict) or holds not in figures:
                raise Unreadable(f"{file} has no {holds!r}: another benchmark wrote it")
            found[name] = figures
    if not found:
        raise Unreadable(f"{folder} has none of {', '.join(f'{name}.json' for name in COMMANDS)}")
    return found


def source(name: str, figures: Figures, command: str | None = None) -> str:
    """The command, by default that of `COMMANDS`, and the machine of a section's numbers."""
    where = figures.get("machine", {})
    words = [f"`{command or COMMANDS[name]}`"]
    if figures.get("commit"):
        words.append(f"commit `{short_commit(figures['commit'])}`")
    loads = [where.get("load_average_at_start"), figures.get("load_average_at_end")]
    known = [f"{load:.1f}" for load in loads if load is not None]
    if known:
        words.append(f"load average {' to '.join(known)} on {where['cores']} cores")
    return "*" + ", ".join(words) + "*"


def missing(name: str) -> list[str]:
    """A section without figures."""
    return [
        f"Not measured yet: `bench/results/{name}.json` is missing. `{COMMANDS[name]}` makes it."
    ]
