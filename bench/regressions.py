"""``python -m bench regressions BEFORE.json AFTER.json``: what became slower, and what is noise.

Takes any two files that a benchmark here wrote with ``--json``. Every number with a spread,
wherever it stands, is compared with the one at the same place of the other file.
"""

import argparse
import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.files import Unreadable, read
from bench.options import positive
from bench.summary import Spread, geometric_mean

#: Of the distance between quartiles, to a standard deviation of what varies normally.
NORMAL = 1.349
#: The part of a number that may change without meaning anything, for how a program lies in memory.
LEAST_NOISE = 0.01
#: Counts repeat up to what the start of a process does.
COUNT_NOISE = 0.001
#: What names an element of a list, instead of its place.
NAMES = ("scenario", "archetype", "name", "rung", "what", "loop", "path", "counted_by", "at")
#: Words in a key that say whether larger is slower.
SLOWER = ("seconds", "milliseconds", "ns_per_call", "bytes", "instructions", "gradient_ratio")
FASTER = ("per_second", "over_plain", "over_one_thread", "speed_up", "speedup")
#: Lists of milliseconds in what bench/exact.py writes.
REPEATS = ("one", "batch", "gradient")
#: What is not measured: settings, totals, models, and how it was measured.
IGNORED = (
    *("predicted", "least", "overhead", "machine", "load", "seconds_taken"),
    *("time_given", "cores_given"),
    *("median", "low", "high", "typical_spread", "extrapolated", "fraction"),
)


@dataclass(frozen=True)
class Number:
    """A number of a benchmark, with its spread if it has one."""

    value: float
    #: Of the value, as a standard deviation relative to it; None if it was measured once.
    noise: float | None
    #: Whether more of it is slower.
    larger_is_slower: bool


@dataclass(frozen=True)
class Comparison:
    """A number of both files."""

    where: str
    before: Number
    after: Number
    #: Relative noise that a change has to exceed; None if unknown.
    noise: float | None

    @property
    def ratio(self) -> float:
        """The figure after, over that before."""
        return self.after.value / self.before.value

    @property
    def slower(self) -> float:
        """The ratio in time: above 1 is slower, whatever is measured."""
        return self.ratio if self.after.larger_is_slower else 1 / self.ratio

    @property
    def verdict(self) -> str:
        """``"slower"``, ``"faster"``, ``""`` within noise, or ``"?"`` without a known noise."""
        if self.noise is None:
            return "?"
        if abs(math.log(self.slower)) <= math.log1p(self.noise):
            return ""
        return "slower" if self.slower > 1 else "faster"


def _direction(keys: Sequence[str]) -> bool | None:
    """Whether more is slower, by the innermost key that tells; None if it is no measurement."""
    if any(word in key for key in keys for word in IGNORED):
        return None
    for key in reversed(keys):
        if any(word in key for word in FASTER):
            return False
        if key in REPEATS:
            return True
        if any(word in key for word in SLOWER):
            return True
    return None


def _name(element: object, index: int) -> str:
    if isinstance(element, Mapping):
        names = [
            str(element[key])
            for key in NAMES
            if isinstance(element.get(key), (str, int)) and element[key] != ""
        ]
        if names:
            return "/".join(names)
    return str(index)


def _relative(spread: Spread) -> float:
    return abs(spread.relative) / NORMAL


def numbers(
    of: object, path: tuple[str, ...] = (), keys: tuple[str, ...] = ()
) -> Iterator[tuple[str, Number]]:
    """All numbers of a file that are a measurement, by their path in it.

    A measurement is an object with ``median``, ``low`` and ``high``, a list of repeats, or
    a single number, where keys say seconds, nights per second or alike. `keys` are those of `path`
    that are no names of list elements, which may be any words.
    """
    if isinstance(of, bool) or of is None:
        return
    where = ".".join(path)
    if isinstance(of, Mapping):
        if {"median", "low", "high"} <= of.keys():
            direction = _direction(keys)
            median = of["median"]
            if direction is not None and isinstance(median, (int, float)) and median > 0:
                spread = Spread(median, of["low"], of["high"])
                noise = _relative(spread) if spread.low != spread.high else None
                yield where, Number(median, noise, direction)
            return
        for key, value in of.items():
            yield from numbers(value, (*path, str(key)), (*keys, str(key)))
    elif isinstance(of, Sequence) and not isinstance(of, str):
        if of and all(isinstance(x, (int, float)) and not isinstance(x, bool) for x in of):
            direction = _direction(keys)
            spread = Spread.of(float(x) for x in of)
            if direction is not None and spread.median > 0:
                noise = _relative(spread) if len(of) > 2 else None
                yield where, Number(spread.median, noise, direction)
            return
        for index, value in enumerate(of):
            yield from numbers(value, (*path, _name(value, index)), keys)
    elif isinstance(of, (int, float)) and of > 0 and keys[-1:] != ("milliseconds",):
        direction = _direction(keys)
        if direction is not None:
            exact = "instructions" in keys[-1]
            yield where, Number(float(of), COUNT_NOISE if exact else None, direction)


def compare(before: object, after: object, sigmas: float) -> list[Comparison]:
    """Numbers that both files have, in the order of the first."""
    old, new = dict(numbers(before)), dict(numbers(after))
    found = []
    for where, a in old.items():
        b = new.get(where)
        if b is None:
            continue
        noise = None
        if a.noise is not None and b.noise is not None:
            counted = a.noise == b.noise == COUNT_NOISE
            noise = COUNT_NOISE
            if not counted:
                noise = max(LEAST_NOISE, sigmas * math.hypot(a.noise, b.noise))
        found.append(Comparison(where, a, b, noise))
    return found


def differences(before: object, after: object) -> list[str]:
    """Differences of machines and versions, with which ratios say little of the code."""
    a, b = (x.get("machine", {}) if isinstance(x, Mapping) else {} for x in (before, after))
    keys = [key for key in a if key in b and a[key] != b[key]]
    return [f"{key}: {a[key]} → {b[key]}" for key in keys]


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The options; see ``--help``."""
    parser = argparse.ArgumentParser(prog="python -m bench regressions", description=__doc__)
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument(
        "--sigmas",
        type=positive,
        default=3.0,
        help="standard deviations, of repeats, that a change has to exceed; by default %(default)s",
    )
    parser.add_argument("--all", action="store_true", help="show also what is within noise")
    parser.add_argument(
        "--fail", action="store_true", help="exit with 1 if something became slower beyond noise"
    )
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Compares and prints; the exit code."""
    options = parse_arguments(arguments)
    console = Console(width=max(110, Console().width), highlight=False)
    try:
        before, after = read(options.before), read(options.after)
    except Unreadable as reason:
        console.print(str(reason), markup=False)
        return 2
    found = compare(before, after, options.sigmas)
    if not found:
        console.print("The files have no measurement in common.")
        return 2
    table = Table("what", "before", "after", "time ×", "noise ±%", "", title="after over before")
    for column in table.columns[1:5]:
        column.justify = "right"
    shown = [x for x in found if options.all or x.verdict in ("slower", "faster")]
    for x in sorted(shown, key=lambda x: -x.slower):
        noise = "–" if x.noise is None else f"{100 * x.noise:.1f}"
        values = (f"{x.before.value:.4g}", f"{x.after.value:.4g}", f"{x.slower:.3f}")
        table.add_row(x.where, *values, noise, x.verdict)
    if shown:
        console.print(table)
    count = {verdict: sum(x.verdict == verdict for x in found) for verdict in ("slower", "faster")}
    unknown = sum(x.verdict == "?" for x in found)
    console.print(
        f"{len(found)} numbers: {count['slower']} slower and {count['faster']} faster beyond "
        f"noise; {unknown} measured once, of which nothing can be told. "
        "Geometric mean of all, above 1 for slower: "
        f"×{geometric_mean(x.slower for x in found):.3f}."
    )
    for difference in differences(before, after):
        console.print(f"Not the same {difference}.")
    return 1 if options.fail and count["slower"] else 0


if __name__ == "__main__":
    sys.exit(main())
