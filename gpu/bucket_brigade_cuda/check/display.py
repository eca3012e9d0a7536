"""Reports as tables, for people."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bucket_brigade.cli.tables import Column, print_table
from bucket_brigade.cli.terminal import Terminal
from bucket_brigade_cuda.check.throughput import BATCHES, NOT_ASKED

__all__ = ["Grid", "powers", "print_report"]


@dataclass(frozen=True)
class Grid:
    """A table, whatever prints it."""

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]

    def print(self, out: Terminal) -> None:
        """Print it on a terminal."""
        columns = [Column(name, right=i > 0) for i, name in enumerate(self.header)]
        print_table(out, columns, self.rows, title=self.title)

    def markdown(self) -> str:
        """The table in Markdown."""
        rule = ["---", *["---:"] * (len(self.header) - 1)]
        lines = ["| " + " | ".join(row) + " |" for row in (self.header, rule, *self.rows)]
        return "\n".join([self.title, "", *lines, ""])


def powers(number: float) -> str:
    """A number as a power of ten, as in "6.0e10"."""
    mantissa, exponent = f"{number:.1e}".split("e")
    return f"{mantissa}e{int(exponent)}"


def print_report(document: dict[str, Any], path: Path, out: Terminal) -> None:
    """Prints what `check` found."""
    for device in document["devices"]:
        out.note(device["name"])
    failed = [case for case in document["cases"] if not case["passed"]]
    if failed:
        rows = [[case["name"], case["devices"], told(case)] for case in failed]
        Grid("Cases that differ or failed", ("case", "device", "what"), rows).print(out)
    how = "" if document["finished"] else "; not finished"
    out.note(f"{document['passed']} cases passed, {document['failed']} failed{how}")
    found = document["throughput"] if BATCHES in document["options"]["measure"] else None
    if found is not None and "error" in found:
        out.note(f"The table could not be measured: {found['error']}")
    elif found is not None:
        print_throughput(found, out)
    # What an earlier check has left in the file is not told again.
    asked = document["options"]["measure"]
    measured = document["measured"] or {}
    print_measured({name: rows for name, rows in measured.items() if name in asked}, out)
    out.note(f"saved to {path}")
    if failed or any(device["is_gpu"] for device in document["devices"]):
        out.note("Please send this file back.")


def told(case: dict[str, Any]) -> str:
    """The faults of a case, a line for each."""
    lines = [] if case["error"] is None else [case["error"]]
    return "\n".join([*lines, *(difference["text"] for difference in case["differences"])])


def seconds(number: float | None) -> str:
    """A number of seconds with three digits, or a dash."""
    return "–" if number is None else f"{number:.3g}"


#: Times of a row, in the order of the table.
TIMES = ("wall", "kernel", "copy", "kept", "copied")


def print_throughput(found: dict[str, Any], out: Terminal) -> None:
    """Prints the table of rates."""
    header = [
        "line-ups × episodes",
        "launches",
        "run s",
        "kernels s",
        "copies s",
        "kept s",
        "all s",
    ]
    header += ["episode-nights/s", "of model", "CPU s", "CPU episode-nights/s"]
    rows = []
    for row in found["rows"]:
        share = row["limit_share"]
        rows.append(
            [
                f"{row['lineups']} × {row['episodes']:,}",
                str(row["launches"]),
                *(seconds(row[f"{kind}_seconds"]) for kind in TIMES),
                powers(row["nights_per_second"]),
                "–" if share is None else f"{share:.1%}",
                ("" if row["cpu_measured"] else "~") + seconds(row["cpu_seconds"]),
                powers(row["cpu_nights_per_second"]),
            ]
        )
    title = f"{found['scenario']}, {' '.join(found['lineup'])}"
    if not found["is_gpu"]:
        title += ": NOT A GPU, these times say nothing about one"
    Grid(title, header, rows).print(out)
    out.note(
        "run: whole runs, totals brought back. kernels, copies: within it, by the device's clock. "
        "kept, all: from the first launch to the last result with the counts of every block left "
        "on the device, or copied. ~ not measured, from the CPU's rate."
    )
    if found["compile_seconds"] is not None:
        out.note(
            f"compiling and assembling the kernels took {seconds(found['compile_seconds'])} s, "
            "where that was done"
        )
    if found["no_model_because"] == NOT_ASKED:
        pass
    elif found["modelled_nights_per_second"] is None:
        out.note(f"no model: {found['no_model_because']}")
    else:
        rate = powers(found["modelled_nights_per_second"])
        out.note(f"modelled, not measured: {rate} episode-nights/s")
    for row in found["crossovers"]:
        warm, cold, two = (
            "none" if row[name] is None else f"{row[name]:,}"
            for name in ("episodes", "episodes_with_compiling", "episodes_two_threads")
        )
        out.note(
            f"episodes of each of {row['lineups']} line-ups from which on the CPU is slower: "
            f"{warm}; {cold} with compiling; {two} for two threads of it"
        )


#: Columns of whole runs.
RUNS = {
    "game": "scenario",
    "seats": "seat",
    "line-ups": "lineups",
    "episodes": "episodes",
    "run s": "wall_seconds",
    "kernels s": "kernel_seconds",
    "episode-nights/s": "nights_per_second",
    "episodes/s": "episodes_per_second",
}
#: Columns of what is measured beside batches: heads, and keys of rows.
COLUMNS = {
    "games": RUNS,
    "scenarios": RUNS,
    "kernels": {
        "game": "scenario",
        "seats": "seat",
        "episodes": "episodes",
        "play, episode-nights/s": "play_nights_per_second",
    },
    "residency": {
        "CUDA blocks": "cuda_blocks",
        "warps": "warps",
        "play s": "play_seconds",
        "play, episode-nights/s": "play_nights_per_second",
    },
    "steps": {
        "lanes": "lanes",
        "steps": "steps",
        "s": "wall_seconds",
        "device s": "device_seconds",
        "lane-steps/s": "steps_per_second",
    },
    "instructions": {"instruction": "name", "class": "class"},
}
TITLES = {
    "games": "Whole runs",
    "scenarios": "Every scenario",
    "kernels": "Each kernel alone, s",
    "residency": "CUDA blocks on a multiprocessor at a time",
    "steps": "Steps of environments, default",
    "instructions": "Lanes a clock and multiprocessor, by warps there",
}
#: Keys of rows that hold columns of their own.
NESTED = {"kernels": "kernel_seconds", "instructions": "lanes"}


def print_measured(found: dict[str, Any], out: Terminal) -> None:
    """Prints the tables of `measurements`."""
    for part, rows in found.items():
        if not isinstance(rows, list):
            out.note(f"{TITLES[part]}: could not be measured: {rows['error']}")
            continue
        for row in rows:
            if "error" in row:
                out.note(f"{TITLES[part]}: {row['name']}: {row['error']}")
        columns = COLUMNS[part]
        inner = list(dict.fromkeys(key for row in rows for key in row.get(NESTED.get(part), {})))
        lines = [
            [
                *(cell(row[key]) for key in columns.values()),
                *(cell(row[NESTED[part]].get(key)) for key in inner),
            ]
            for row in rows
        ]
        Grid(TITLES[part], [*columns, *inner], lines).print(out)


def cell(value: object) -> str:
    """A number in a table: large and small ones as powers; or a word."""
    if value is None:
        return "–"
    if isinstance(value, float):
        if value >= 1e4:
            return powers(value)
        return f"{value:,.0f}" if value >= 100 else seconds(value)
    return f"{value:,}" if isinstance(value, int) else str(value)
