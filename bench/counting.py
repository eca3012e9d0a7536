"""Counts Philox calls and nights, with a build of the core that keeps count."""

import json
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.cases import Case
from bench.throughput import CaseTimings
from bucket_brigade import _core

ROOT = Path(__file__).resolve().parent.parent
# A target directory of its own, for this build is none to be installed by mistake.
COMMAND = (
    *("cargo", "run", "--release", "--quiet", "--manifest-path", "core_rs/Cargo.toml"),
    *("--target-dir", "target/count-calls"),
    *("--no-default-features", "--features", "count-calls", "--example", "count_calls"),
)


class NotBuilt(RuntimeError):
    """The core that counts can't be built or run; its errors are on standard error."""


@dataclass(frozen=True)
class Work:
    """The work of the bit-sliced engine for a case on one thread."""

    nights: int
    #: Each gives four planes to every word of the path.
    calls: int
    #: Nights that all words of the path played together.
    group_nights: int


def count(timings: Sequence[CaseTimings]) -> dict[tuple[Case, str], Work] | None:
    """The work of every case and path, for as many episodes as are timed; None without Cargo.

    Raises
    ------
    NotBuilt
        If it can't be built or run.
    """
    lines = [t.case.line(name, path.episodes) for t in timings for name, path in t.paths.items()]
    counted = count_lines(lines)
    if counted is None:
        return None
    work = {}
    for got in counted:
        key = Case(got["scenario"], got["archetype"]), got["path"]
        work[key] = Work(got["nights"], got["calls"], got["group_nights"])
    return work


def count_lines(lines: Sequence[str]) -> list[dict[str, Any]] | None:
    """Run core_rs/examples/count_calls.rs, and return its line for each case; None without Cargo.

    Raises
    ------
    NotBuilt
        If it can't be built or run.
    """
    if shutil.which(COMMAND[0]) is None:
        return None
    done = subprocess.run(
        COMMAND, cwd=ROOT, input="\n".join(lines), stdout=subprocess.PIPE, text=True
    )
    if done.returncode != 0:
        raise NotBuilt(f"{' '.join(COMMAND)} failed")
    return [json.loads(line) for line in done.stdout.splitlines()]


def core_is_older_than_its_sources() -> bool:
    """Whether what is timed may be another engine than what is counted."""
    built = Path(_core.__file__).stat().st_mtime
    return any(file.stat().st_mtime > built for file in ROOT.glob("core_rs/src/**/*.rs"))
