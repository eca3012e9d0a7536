"""``python -m bench instructions``: machine instructions of the inner loops.

Other work on a machine changes times, but not how many instructions a loop takes. A Rust example
(core_rs/examples/inner_loops.rs) runs one loop on its main thread, with a fixed seed. Its
instructions are counted by the first of these that works here:

- ``perf``, where the processor's counters can be read, which many virtual machines do not allow;
- ``callgrind``, which executes the program on a processor of its own making, without AVX-512;
- ``stepping``: the kernel stops the process after every instruction, and they are counted. Linux
  only, some ten thousand instructions a second, and therefore for small loops.

The first two run the loop twice, some repeats and then more: the difference is the loop. Everything
is counted ``--runs`` times; ``repeatability`` is by how much those differ, relatively. A loop that
plays is stepped through only once, and its repeatability unknown.
"""

import argparse
import ctypes
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.cases import Case, example_line
from bench.counting import count_lines
from bench.files import write
from bench.options import add_json, whole_number
from bench.report import commit, machine
from bucket_brigade import ARCHETYPES, SCENARIOS, _core

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "target/inner-loops"
EXAMPLE = TARGET / "release/examples/inner_loops"
# Line tables do not change the code, and let a profile tell its parts apart (bench/profile.py).
BUILD = (
    *("cargo", "build", "--release", "--quiet", "--manifest-path", "core_rs/Cargo.toml"),
    *("--target-dir", str(TARGET), "--no-default-features", "--example", "inner_loops"),
    *("--config", 'profile.release.debug="line-tables-only"'),
)
#: What tells the example to send a signal at both ends of the loop.
MARK = "--raise"
CASES = [Case("default", "hero"), Case("default", "free_rider"), Case("hard", "coordinator")]
#: Episodes of a loop, and of one that is stepped through: a block for each word of AVX-512.
EPISODES, STEPPED_EPISODES = 1 << 14, 512
#: Houses of the ring that the exact engine follows, and when it is stepped through.
HOUSES, STEPPED_HOUSES = 10, 4
SLOTS, STEPPED_SLOTS = 10_000, 200


@dataclass(frozen=True)
class Loop:
    """A loop to count."""

    kind: str  # play, exact or philox
    path: str
    name: str
    #: Arguments of the example, from a number of repeats.
    arguments: Callable[[int], list[str]]
    #: What it is divided by, for one repeat: calls, line-ups; 0 for the nights it plays.
    units: int
    #: The case, as a line of the examples, if it plays.
    case: str = ""


def loops(path: str, small: bool, cases: Sequence[Case]) -> list[Loop]:
    """The loops of a SIMD path."""
    slots = STEPPED_SLOTS if small else SLOTS
    found = [
        Loop("philox", path, "philox", lambda n: ["philox", path, str(n * slots)], 2 * slots),
    ]
    for case in cases:
        words = case.line(path, STEPPED_EPISODES if small else EPISODES)
        name = f"{case.scenario}, {case.archetype}"

        def play(n: int, words: str = words) -> list[str]:
            return ["play", str(n), *words.split()]

        found.append(Loop("play", path, name, play, 0, words))
    simd = {"portable8": "portable", "avx2": "avx2", "avx512": "avx512"}.get(path)
    if simd is not None:
        houses = STEPPED_HOUSES if small else HOUSES
        scenario = SCENARIOS["default"].replace(num_houses=houses)
        names = "default", "firefighter"
        theta = ARCHETYPES["firefighter"].tolist()
        words = example_line("portable1", names, scenario, [theta], 1)

        def follow(n: int) -> list[str]:
            return ["exact", simd, str(n), *words.split()]

        found.append(Loop("exact", path, f"default, {houses} houses", follow, 1))
    return found


def build() -> None:
    """Builds the example.

    Raises
    ------
    RuntimeError
        If it can't be built; its errors are on standard error.
    """
    if subprocess.run(BUILD, cwd=ROOT).returncode != 0:
        raise RuntimeError(f"{' '.join(BUILD)} failed")


def perf(arguments: Sequence[str]) -> int | None:
    """Instructions of a run by the processor's counters, None if they can't be read."""
    command = ["perf", "stat", "-x,", "-e", "instructions:u", str(EXAMPLE), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, env=_environment())
    found = re.search(r"^(\d+),[^,]*,instructions:u", done.stderr, re.MULTILINE)
    return int(found.group(1)) if done.returncode == 0 and found else None


def callgrind(arguments: Sequence[str]) -> int | None:
    """Instructions of a run by Valgrind, None if it can't do it, as with AVX-512."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/out"]
        command += [str(EXAMPLE), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, env=_environment())
    found = re.search(r"Collected : (\d+)", done.stderr)
    return int(found.group(1)) if done.returncode == 0 and found else None


def _environment() -> dict[str, str]:
    # As little as possible: what stands there lies on the stack, and moves what comes after.
    return {"PATH": os.environ.get("PATH", "")}


def step(arguments: Sequence[str], limit: int = 10**8) -> int | None:
    """Instructions between the two signals of a run, counted one by one; None if not allowed."""
    if sys.platform != "linux":
        return None
    ptrace = ctypes.CDLL(None, use_errno=True).ptrace
    ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    ptrace.restype = ctypes.c_long
    trace_me, go_on, kill, single_step = 0, 7, 8, 9
    child = os.fork()
    if child == 0:
        try:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            if ptrace(trace_me, 0, None, None) == 0:
                os.execve(str(EXAMPLE), [str(EXAMPLE), MARK, *arguments], _environment())
        finally:
            os._exit(1)

    def stop_of(request: int) -> int:
        if ptrace(request, child, None, None) != 0:
            return 0
        return os.waitpid(child, 0)[1]

    def marked(status: int) -> bool:
        return os.WIFSTOPPED(status) and os.WSTOPSIG(status) == signal.SIGUSR1

    status = os.waitpid(child, 0)[1]
    if not os.WIFSTOPPED(status):
        return None
    status = stop_of(go_on)
    if not marked(status):
        if os.WIFSTOPPED(status):
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        return None
    count, trapped, waitpid = 0, signal.SIGTRAP << 8 | 0x7F, os.waitpid
    while count < limit:
        ptrace(single_step, child, None, None)
        status = waitpid(child, 0)[1]
        if status != trapped:
            break
        count += 1
    ended = marked(status)
    ptrace(kill, child, None, None)
    if os.WIFSTOPPED(status):
        os.waitpid(child, 0)
    return count if ended else None


def _difference(counter: Callable[[Sequence[str]], int | None], loop: Loop) -> int | None:
    once, thrice = counter(loop.arguments(1)), counter(loop.arguments(3))
    return None if once is None or thrice is None else (thrice - once) // 2


def _once(loop: Loop) -> int | None:
    return step(loop.arguments(1))


def choose() -> tuple[str | None, list[str]]:
    """The best way to count here, and why others are not."""
    why = []
    if shutil.which("perf") is None:
        why.append("perf: not installed")
    elif perf(["philox", "portable1", "10"]) is not None:
        return "perf", why
    else:
        why.append("perf: the processor's counters can't be read here")
    if shutil.which("valgrind") is None:
        why.append("callgrind: Valgrind is not installed")
    elif callgrind(["philox", "portable1", "10"]) is not None:
        return "callgrind", why
    else:
        why.append("callgrind: fails here")
    return None, why


def count(loop: Loop, tool: str, runs: int) -> dict[str, Any] | None:
    """A loop's instructions, or None if the tool can't run it."""
    ways: dict[str, Callable[[], int | None]] = {
        "perf": lambda: _difference(perf, loop),
        "callgrind": lambda: _difference(callgrind, loop),
        # A loop that starts at its signal needs no difference, and would take too long for one.
        "stepping": lambda: _difference(step, loop) if loop.kind == "philox" else _once(loop),
    }
    counted = []
    for _ in range(runs):
        got = ways[tool]()
        if got is None:
            return None
        counted.append(got)
    found: dict[str, Any] = {
        "loop": loop.kind,
        "name": loop.name,
        "path": loop.path,
        "counted_by": tool,
        "instructions": min(counted),
        "repeatability": (max(counted) - min(counted)) / min(counted) if runs > 1 else None,
    }
    if loop.kind == "play":
        done = subprocess.run(
            [EXAMPLE, *loop.arguments(1)], stdout=subprocess.PIPE, text=True, check=True
        )
        nights = json.loads(done.stdout)["nights"]
        found |= {"episodes": int(loop.case.split()[3]), "nights": nights}
        found["instructions_per_night"] = min(counted) / nights
        for work in count_lines([loop.case]) or []:
            found["calls"], found["group_nights"] = work["calls"], work["group_nights"]
            found["instructions_per_group_night"] = min(counted) / work["group_nights"]
    else:
        unit = {"philox": "call", "exact": "lineup"}[loop.kind]
        found[f"instructions_per_{unit}"] = min(counted) / loop.units
    return found


def shares(found: Sequence[dict[str, Any]]) -> None:
    """Adds, to loops that play, the share of their instructions that Philox calls take."""
    philox = {
        (x["path"], x["counted_by"]): x["instructions_per_call"]
        for x in found
        if x["loop"] == "philox"
    }
    for x in found:
        of_call = philox.get((x["path"], x["counted_by"]))
        if "calls" in x and of_call is not None:
            x["philox_share"] = x["calls"] * of_call / x["instructions"]


def measured(
    tool: str | None, paths: Sequence[str], runs: int, stepped: Sequence[str], quick: bool
) -> list[Any]:
    """All loops of all paths by a tool, if there is one; those of `stepped` are stepped through."""
    found = []
    for path in paths:
        if tool is not None:
            for loop in loops(path, quick, CASES[:1] if quick else CASES):
                got = count(loop, tool, runs)
                if got is not None:
                    found.append(got)
        if path in stepped:
            # The loop that plays takes a minute or more.
            for loop in loops(path, True, CASES[:1]):
                got = count(loop, "stepping", 1 if loop.kind == "play" else runs)
                if got is not None:
                    found.append(got)
    shares(found)
    return found


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The options; see ``--help``."""
    available, best = _core.simd_paths()
    parser = argparse.ArgumentParser(
        prog="python -m bench instructions",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--paths", nargs="+", choices=available, default=available, metavar="PATH")
    parser.add_argument(
        "--step",
        nargs="*",
        choices=available,
        default=[best],
        metavar="PATH",
        help="paths to step through, a minute or so each; by default %(default)s",
    )
    parser.add_argument("--runs", type=whole_number, default=2, help="by default %(default)s")
    parser.add_argument("--quick", action="store_true", help="a smoke test: small loops, no steps")
    add_json(parser)
    return parser.parse_args(arguments)


def print_report(figures: dict[str, Any], console: Console) -> None:
    """Prints all loops as a table."""
    table = Table("path", "loop", "counted by", "instructions", "per", "±%", "Philox's share")
    for x in figures["loops"]:
        unit = next(key for key in x if key.startswith("instructions_per_"))
        share = f"{x['philox_share']:.0%}" if "philox_share" in x else "–"
        table.add_row(
            *(x["path"], x["name"], x["counted_by"]),
            *(f"{x[unit]:,.1f}", unit.removeprefix("instructions_per_").replace("_", " ")),
            "–" if x["repeatability"] is None else f"{100 * x['repeatability']:.3f}",
            share,
        )
    console.print(table)
    for reason in figures["not_used"]:
        console.print(reason, highlight=False)


def main(arguments: Sequence[str] | None = None) -> int:
    """Counts and prints; the exit code."""
    options = parse_arguments(arguments)
    console = Console()
    if shutil.which("cargo") is None:
        console.print("There is no cargo, so the loops to count can't be built.")
        return 1
    where = machine()
    try:
        build()
    except RuntimeError as reason:
        console.print(str(reason), markup=False)
        return 1
    tool, not_used = choose()
    stepped = [] if options.quick else options.step
    figures = {
        "machine": where,
        "commit": commit(),
        "not_used": not_used,
        "loops": measured(tool, options.paths, options.runs, stepped, options.quick),
    }
    print_report(figures, Console(width=max(110, console.width)))
    if options.json is not None:
        write(options.json, figures)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
