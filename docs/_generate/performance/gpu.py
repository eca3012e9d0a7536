"""The section on a GPU: what `cuda-check` and the ladder measured on a machine that has one."""

from collections.abc import Mapping
from typing import Any

from bench.report import short_commit
from bench.text import brief, timed
from docs._generate.markdown import table
from docs._generate.performance.ladder import rung_cells, rung_header
from docs._generate.performance.stored import Figures

COMMANDS = (
    "bucket-brigade cuda-check --measure all --seconds 1",
    "python -m bench ladder --quick --no-model",
)


def gpu_section(found: Mapping[str, Figures]) -> list[str]:
    """Whole runs of every scenario, runs of every size beside the CPU, and the ladder."""
    check = found.get("gpu_h200")
    if check is None:
        return [f"None was measured. On a machine with one, `{COMMANDS[0]}` does it."]
    device, versions = check["devices"][0], check["versions"]
    cases = check["passed"] + check["failed"]
    ladder, rows = found.get("ladder_h200"), check["measured"]["scenarios"]
    beside = ""
    if ladder is not None:
        machine = ladder["machine"]
        beside = f" The CPU beside it: {machine['cpu']}, {machine['cores']} cores."
    lines = [
        f"{device['name']}, {device['multiprocessors']} multiprocessors at "
        f"{device['clock_hz'] / 1e9:.2f} GHz; driver for CUDA {version_of(device['driver'])}, CuPy "
        f"{versions['cupy-cuda13x'] or versions['cupy-cuda12x']}. Totals, moments and counts of "
        f"blocks were the CPU's in {check['passed']} of {cases} cases. Kernels were compiled "
        f"before.{beside}",
        "",
        f"Whole runs of {rows[0]['episodes']:,} episodes of one line-up, seen from the host, all "
        "seats alike: billions of nights a second, and in brackets of episodes.",
        "",
        *scenario_table(rows),
        "",
        "Batches of default, four heroes, beside the CPU:",
        "",
        *batch_table(check["throughput"]["rows"]),
        "",
        crossover_line(check["throughput"]["crossovers"]),
        "",
        f"*`{COMMANDS[0]}`, commit `{short_commit(check['commit'])}`*",
    ]
    if ladder is not None:
        lines += [
            "",
            "The ladder's one scenario on the same machine, from small shares of the work:",
            "",
            *table(rung_header(), [rung_cells(row) for row in ladder["rows"]], 2),
            "",
            "Its matrix is too small for a GPU: most of rung 4 is what a run costs that plays "
            "nothing. Larger ones are in the table above.",
            "",
            f"*`{COMMANDS[1]}`, commit `{short_commit(ladder['commit'])}`*",
        ]
    return lines


def version_of(number: int) -> str:
    """CUDA's way to write a version as a number, as people write it: 13000 is 13.0."""
    return f"{number // 1000}.{number % 1000 // 10}"


def scenario_table(rows: list[dict[str, Any]]) -> list[str]:
    """Rates by scenario and by what plays at all seats."""
    seats = list(dict.fromkeys(row["seat"] for row in rows))
    rates = {
        (row["scenario"], row["seat"]): f"{row['nights_per_second'] / 1e9:.0f} "
        f"({row['episodes_per_second'] / 1e9:.2g})"
        for row in rows
    }
    scenarios = list(dict.fromkeys(row["scenario"] for row in rows))
    cells = [[scenario, *(rates[scenario, seat] for seat in seats)] for scenario in scenarios]
    return table(["scenario", *seats], cells, 1)


def batch_table(rows: list[dict[str, Any]]) -> list[str]:
    """Times by size, of powers of ten, from some thousand episodes on."""
    header = ["line-ups", "episodes of each", "GPU", "nights/s", "all CPU threads", "GPU faster by"]
    cells = [
        [
            f"{row['lineups']:,}",
            f"{row['episodes']:,}",
            timed(row["wall_seconds"]),
            brief(row["nights_per_second"]),
            ("" if row["cpu_measured"] else "~ ") + timed(row["cpu_seconds"]),
            f"{row['cpu_seconds'] / row['wall_seconds']:.2g}",
        ]
        for row in rows
        if str(row["episodes"]).startswith("1") and row["episodes"] * row["lineups"] >= 1000
    ]
    return table(header, cells, 0)


def crossover_line(found: list[dict[str, Any]]) -> str:
    """The smallest batches that a GPU plays sooner."""
    told = [
        f"{row['lineups']:,} line-up{'s' if row['lineups'] > 1 else ''} from "
        f"{row['episodes']:,} episodes each on than all threads, from "
        f"{row['episodes_two_threads']:,} than two"
        for row in found
    ]
    return f"With its kernels at hand the GPU is sooner done: {'; '.join(told)}. ~: by its rate."
