"""``python -m bench profile``: where the time of the engines goes, by ``perf record``.

Samples the processor's time while an inner loop runs (core_rs/examples/inner_loops.rs, one thread).
The compiler merges an engine into one function, so a sample counts for the source function that
its instruction was inlined from, as line tables tell: the innermost one that is not a mere wrapper
around instructions or of Rust's libraries.
"""

import argparse
import re
import shutil
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.files import write
from bench.instructions import CASES, EXAMPLE, HOUSES, Loop, build, loops
from bench.options import add_json, positive
from bench.report import commit, machine
from bucket_brigade import _core

#: Where sources only wrap instructions: what uses them is told instead.
WRAPPERS = "simd/"
#: As are these, of a file that holds more.
CELLS = ("load", "store", "read", "mul_add", "add", "times")
SAMPLES_A_SECOND = 1997


def _load_address(sections: str, offset: int) -> int | None:
    """Where what stands at an offset of the file is loaded, before it is moved as a whole."""
    pattern = r"^\s*LOAD\s+(0x[0-9a-f]+)\s+(0x[0-9a-f]+)\s+\S+\s+(0x[0-9a-f]+)"
    for found in re.finditer(pattern, sections, re.MULTILINE):
        start, address, size = (int(x, 16) for x in found.groups())
        if start <= offset < start + size:
            return offset - start + address
    return None


def _output_of(command: Sequence[str], given: str | None = None) -> str:
    """What a command prints.

    Raises
    ------
    RuntimeError
        If it fails, with what it says about that.
    """
    done = subprocess.run(command, input=given, capture_output=True, text=True)
    if done.returncode != 0:
        said = (done.stderr + done.stdout).strip() or f"exit code {done.returncode}"
        raise RuntimeError(f"{' '.join(command[:2])} failed: {said}")
    return done.stdout


def samples(loop: Loop, seconds: float) -> Counter[int]:
    """Addresses of the example at which it was seen, for some seconds of a loop; 0: elsewhere.

    Raises
    ------
    RuntimeError
        If a tool fails, or sees nothing of what takes so long.
    """
    repeats = 1
    while True:
        start = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            data = f"{folder}/perf.data"
            command = ["perf", "record", "-q", "-e", "cpu-clock:u", "-F", str(SAMPLES_A_SECOND)]
            command += ["-o", data, "--", str(EXAMPLE), *loop.arguments(repeats)]
            _output_of(command)
            taken = time.perf_counter() - start
            script = ["perf", "script", "-i", data, "-F", "ip", "--show-mmap-events"]
            text = _output_of(script)
        seen = re.findall(r"^\s*([0-9a-f]+)\s*$", text, re.MULTILINE)
        if len(seen) >= seconds * SAMPLES_A_SECOND / 2:
            break
        if not seen and taken > seconds + 1:
            raise RuntimeError("perf took no samples")
        repeats *= max(2, min(100, int(seconds * SAMPLES_A_SECOND / max(1, len(seen)))))
    pattern = r"\[(0x[0-9a-f]+)\((0x[0-9a-f]+)\) @ (\S+) .*\]: r-xp " + re.escape(str(EXAMPLE))
    mapped = [[int(x, 16) for x in found] for found in re.findall(pattern, text)]
    sections = _output_of(["readelf", "-lW", str(EXAMPLE)])
    found: Counter[int] = Counter()
    for word in seen:
        address = int(word, 16)
        inside = [m for m in mapped if m[0] <= address < m[0] + m[1]]
        offset = address - inside[0][0] + inside[0][2] if inside else None
        found[(offset is not None and _load_address(sections, offset)) or 0] += 1
    return found


def functions(addresses: Sequence[int]) -> list[tuple[str, str]]:
    """The source file and the function that each address counts for."""
    command = ["addr2line", "-e", str(EXAMPLE), "-a", "-i", "-f", "-C"]
    text = "\n".join(hex(address) for address in addresses)
    found = []
    # An address, then pairs of a function and where it stands, from the inside out.
    for part in re.split(r"^0x[0-9a-f]+\n", _output_of(command, text), flags=re.MULTILINE)[1:]:
        lines = part.splitlines()
        place = ("elsewhere", "")
        for name, where in zip(lines[::2], lines[1::2], strict=False):
            _, inside, file = where.rpartition("core_rs/src/")
            file = file.partition(":")[0]
            name = re.sub(r"::h[0-9a-f]{16}$", "", name)
            name = re.sub(r"<.*>", "", name.replace("{{closure}}", "")).strip(":")
            name = name.rpartition("::")[2]
            wraps = file.startswith(WRAPPERS) or (file == "chain/horizon.rs" and name in CELLS)
            if inside and not wraps:
                place = (file, name)
                break
        found.append(place)
    return found


def profile(loop: Loop, seconds: float) -> dict[str, Any]:
    """A loop's time, by file and by function."""
    seen = samples(loop, seconds)
    places = functions(list(seen))
    by_function: Counter[tuple[str, str]] = Counter()
    for (_, count), place in zip(seen.items(), places, strict=True):
        by_function[place] += count
    by_file: Counter[str] = Counter()
    for (file, _), count in by_function.items():
        by_file[file] += count
    total = sum(seen.values())
    return {
        "loop": loop.kind,
        "name": loop.name,
        "path": loop.path,
        "samples": total,
        "by_file": {file: count / total for file, count in by_file.most_common()},
        "by_function": [
            {"file": file, "function": name, "share": count / total}
            for (file, name), count in by_function.most_common()
            if count / total >= 0.005
        ],
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Samples and prints; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench profile", description=__doc__)
    available, best = _core.simd_paths()
    parser.add_argument("--path", choices=available, default=best, help="by default %(default)s")
    parser.add_argument(
        "--seconds", type=positive, default=3.0, help="of a loop; by default %(default)s"
    )
    add_json(parser)
    options = parser.parse_args(arguments)
    console = Console()
    missing = [x for x in ("perf", "addr2line", "readelf", "cargo") if shutil.which(x) is None]
    if missing:
        console.print(f"Needs {', '.join(missing)}.")
        return 1
    where = machine()
    try:
        build()
        found = [
            profile(loop, options.seconds)
            for loop in loops(options.path, False, CASES[:1])
            if loop.kind != "philox"
        ]
    except RuntimeError as reason:
        console.print(str(reason), markup=False)
        return 1
    figures = {"machine": where, "commit": commit(), "houses": HOUSES, "loops": found}
    for figure in found:
        title = f"{figure['name']}, {figure['path']}"
        table = Table("file", "function", "share", title=title)
        for row in figure["by_function"]:
            table.add_row(row["file"], row["function"], f"{row['share']:.1%}")
        console.print(table)
    if options.json is not None:
        write(options.json, figures)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
