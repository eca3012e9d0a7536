"""Measurements as JSON and as tables."""

import os
import platform
import statistics
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from bench.cases import SEED, Case
from bench.counting import Work
from bench.summary import Spread, floor_share, geometric_mean, ratios
from bench.throughput import CaseTimings
from bucket_brigade import RULES_VERSION, __version__, _core

#: Words of 32 episodes.
BITS = 32


def machine() -> dict[str, Any]:
    """The machine and the versions of what runs here."""
    busy = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return {
        "cpu": _cpu_name(),
        "machine": platform.machine(),
        "system": platform.system(),
        "cores": os.cpu_count(),
        "threads": _core.pool_threads(),
        "load_average_at_start": busy,
        "bucket_brigade": __version__,
        "rules_version": RULES_VERSION,
        "python": platform.python_version(),
        "numpy": np.__version__,
    }


#: What measuring writes itself, so that it does not make a commit another one.
_WRITTEN = ("bench/results", "docs", "results")


def commit() -> str | None:
    """The commit that is checked out, with "+" if code differs from it; None without Git."""
    folder = Path(__file__).parent.parent
    others = [f":(exclude){name}" for name in _WRITTEN]
    try:
        head, changed = (
            subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout
            for command in (
                ["git", "rev-parse", "HEAD"],
                ["git", "status", "--porcelain", "--", ".", *others],
            )
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return head.strip() + ("+" if changed.strip() else "")


def short_commit(described: str) -> str:
    """The commit in fewer letters; with "+" still, if files differed from it."""
    return described[:12] + ("+" if described.endswith(("+", "-dirty")) else "")


def _cpu_name() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown"


def case_results(
    timings: CaseTimings, best: str, work: Mapping[tuple[Case, str], Work] | None
) -> dict[str, Any]:
    """All figures of a case; rates are nights per second.

    Raises
    ------
    RuntimeError
        If the build that counts played other nights than those that were timed.
    """
    paths = {}
    for name, path in timings.paths.items():
        result: dict[str, Any] = {
            "episodes": path.episodes,
            "nights": path.nights,
            "nights_per_second": asdict(Spread.of(path.rates)),
            "ns_per_call": asdict(Spread.of(path.ns_per_call)),
        }
        if work is not None:
            done = work[timings.case, name]
            if done.nights != path.nights:
                raise RuntimeError(f"{timings.case} on {name}: not the nights that were counted")
            shares = [
                floor_share(done.calls, ns, seconds)
                for ns, seconds in zip(path.ns_per_call, path.seconds, strict=True)
            ]
            slots = done.group_nights * BITS * _core.simd_words(name)
            result |= {
                "calls": done.calls,
                "group_nights": done.group_nights,
                "calls_per_group_night": done.calls / done.group_nights,
                "useful_share": done.nights / slots,
                "floor_share": asdict(Spread.of(shares)),
            }
        paths[name] = result
    one = timings.paths[best].rates
    return {
        "scenario": timings.case.scenario,
        "archetype": timings.case.archetype,
        "paths": paths,
        "all_threads": {
            "nights_per_second": asdict(Spread.of(timings.all_threads)),
            "over_one_thread": asdict(Spread.of(ratios(timings.all_threads, one))),
            "time_given": asdict(Spread.of(timings.time_given)),
        },
        "plain": {
            "episodes": timings.plain_episodes,
            "nights_per_second": asdict(Spread.of(timings.plain)),
            "sliced_over_plain": asdict(Spread.of(ratios(one, timings.plain))),
        },
    }


def path_summary(cases: Sequence[Mapping[str, Any]], name: str) -> dict[str, Any]:
    """The figures of a path over all cases."""
    paths = [case["paths"][name] for case in cases]
    rates = [path["nights_per_second"] for path in paths]
    summary: dict[str, Any] = {
        "words": _core.simd_words(name),
        "nights_per_second": geometric_mean(rate["median"] for rate in rates),
        "typical_spread": statistics.median(Spread(**rate).relative for rate in rates),
        "ns_per_call": asdict(Spread.of(path["ns_per_call"]["median"] for path in paths)),
    }
    if "floor_share" in paths[0]:
        for key in ("floor_share", "calls_per_group_night", "useful_share"):
            values = [path[key] for path in paths]
            values = [v["median"] if isinstance(v, dict) else v for v in values]
            summary[key] = {
                "min": min(values),
                "median": statistics.median(values),
                "max": max(values),
            }
    return summary


def results(
    timings: Sequence[CaseTimings], best: str, work: Mapping[tuple[Case, str], Work] | None
) -> dict[str, Any]:
    """Everything about throughput, as JSON knows it."""
    cases = [case_results(t, best, work) for t in timings]

    def mean(of: str, figure: str) -> float:
        return geometric_mean(case[of][figure]["median"] for case in cases)

    return {
        "best_path": best,
        "seed": SEED,
        "rounds": len(timings[0].plain),
        "paths": {name: path_summary(cases, name) for name in timings[0].paths},
        "all_threads": {
            "nights_per_second": mean("all_threads", "nights_per_second"),
            "over_one_thread": mean("all_threads", "over_one_thread"),
            # Not of medians, which would hide what other work took now and then.
            "time_given": statistics.fmean(given for t in timings for given in t.time_given),
        },
        "plain": {
            "nights_per_second": mean("plain", "nights_per_second"),
            "sliced_over_plain": mean("plain", "sliced_over_plain"),
        },
        "cases": cases,
    }


def print_report(report: Mapping[str, Any], console: Console) -> None:
    """Prints tables of cases and paths, and what else was measured."""
    _print_cases(report, console)
    _print_paths(report, console)
    where, best = report["machine"], report["best_path"]
    everywhere, plain = report["all_threads"], report["plain"]
    console.print(
        f"{where['cpu']}, {where['cores']} cores; Python {where['python']}, "
        f"bucket-brigade {where['bucket_brigade']}, rules {where['rules_version']}; "
        f"{len(report['cases'])} cases, {report['rounds']} rounds"
    )
    console.print(
        f"{best} on {where['threads']} threads: {_millions(everywhere['nights_per_second'])} "
        f"M nights/s, {everywhere['over_one_thread']:.2f} times one thread, "
        f"given {everywhere['time_given']:.0%} of the time of {where['threads']} cores"
    )
    console.print(
        f"plain engine: {_millions(plain['nights_per_second'])} M nights/s; "
        f"{best} on one thread is {plain['sliced_over_plain']:.0f} times as fast"
    )
    imports = {name: value["median"] * 1e3 for name, value in report["import_seconds"].items()}
    console.print(
        f"import bucket_brigade: {imports['bucket_brigade']:.0f} ms "
        f"(numpy alone: {imports['numpy']:.0f} ms)"
    )
    if "nash" in report:
        _print_nash(report["nash"], console)


def _print_cases(report: Mapping[str, Any], console: Console) -> None:
    table = Table(title="M useful nights/s by case, one thread unless said otherwise")
    table.add_column("scenario")
    table.add_column("all seats")
    for name in report["paths"]:
        for header in (name, "±%", "calls", "floor"):
            table.add_column(header, justify="right")
    table.add_column(f"{report['machine']['threads']} threads", justify="right")
    table.add_column("plain", justify="right")
    table.add_column("ratio", justify="right")
    for case in report["cases"]:
        row = [case["scenario"], case["archetype"]]
        for path in case["paths"].values():
            rate = Spread(**path["nights_per_second"])
            row += [_millions(rate.median), f"{50 * rate.relative:.0f}"]
            if "floor_share" in path:
                row.append(f"{path['calls_per_group_night']:.1f}")
                row.append(f"{path['floor_share']['median']:.2f}")
            else:
                row += ["–", "–"]
        row.append(f"×{case['all_threads']['over_one_thread']['median']:.2f}")
        row.append(_millions(case["plain"]["nights_per_second"]["median"]))
        row.append(f"{case['plain']['sliced_over_plain']['median']:.0f}")
        table.add_row(*row)
    console.print(table)
    if report["core_is_older_than_its_sources"]:
        console.print(
            "The installed core is older than its sources: it was timed, and they were counted.",
            style="bold",
        )


def _print_paths(report: Mapping[str, Any], console: Console) -> None:
    table = Table(title="By path, one thread, over all cases")
    table.add_column("path")
    for header in (
        "words",
        "M nights/s",
        "±%",
        "ns/call",
        "calls",
        "useful",
        "floor min",
        "median",
    ):
        table.add_column(header, justify="right")
    table.add_column("max", justify="right")
    for name, path in report["paths"].items():
        row = [name, str(path["words"]), _millions(path["nights_per_second"])]
        row += [f"{50 * path['typical_spread']:.0f}", f"{path['ns_per_call']['median']:.2f}"]
        if "floor_share" in path:
            floor = path["floor_share"]
            row += [
                f"{path[key]['median']:.2f}" for key in ("calls_per_group_night", "useful_share")
            ]
            row += [f"{floor[key]:.2f}" for key in ("min", "median", "max")]
        else:
            row += ["–"] * 5
        table.add_row(*row)
    console.print(table)


def _print_nash(nash: Mapping[str, Any], console: Console) -> None:
    table = Table(title=f"Equilibria at {nash['num_simulations']:,} episodes, all threads")
    table.add_column("scenario")
    table.add_column("seconds", justify="right")
    for name, seconds in nash["seconds"].items():
        table.add_row(name, f"{seconds:.2f}")
    table.add_row("all", f"{sum(nash['seconds'].values()):.2f}", style="bold")
    console.print(table)


def _millions(rate: float) -> str:
    return f"{rate / 1e6:.3g}"
