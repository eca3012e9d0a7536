"""The ladder as tables."""

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bench.ladder.work import ALLOWED
from bench.report import short_commit
from bench.summary import Spread
from bench.text import timed


def print_ladder(figures: dict[str, Any], console: Console) -> None:
    """Prints the tables."""
    names = figures["scenarios"]
    of = names[0] if len(names) == 1 else f"{len(names)} scenarios"
    size = len(figures["strategies"])
    table = Table(
        title=f"{size}×{size} payoff matrix of {of}, {figures['episodes']:,} episodes an entry and "
        "focal seat"
    )
    table.add_column("rung")
    table.add_column("what")
    for header in (
        "seconds",
        "±%",
        "episodes/s",
        "nights/s",
        "over before",
        "over first",
        "errors",
    ):
        table.add_column(header, justify="right")
    for row in figures["rows"]:
        if row["absent"] is not None:
            table.add_row(row["rung"], escape(f"{row['what']}: {row['absent']}"))
            continue
        wall = Spread(**row["wall_seconds"])
        before = row["over_the_one_before"]
        share = "" if not row["extrapolated"] else f" ({row['share']:.2g} played)"
        table.add_row(
            row["rung"],
            row["what"] + share,
            ("~" if row["extrapolated"] else "") + f"{wall.median:.3g}",
            f"{50 * wall.relative:.0f}",
            f"{row['episodes_per_second']['median']:,.0f}",
            f"{row['nights_per_second']['median']:.2e}",
            "" if before is None else f"{before['median']:.3g}",
            f"{row['over_the_first']['median']:,.4g}",
            f"{row['largest_error']:.1f}" + ("" if row["agrees"] else " FAILS"),
        )
    exact = Spread(**figures["exact"]["wall_seconds"])
    table.add_row("", figures["exact"]["what"], f"{exact.median:.3g}", f"{50 * exact.relative:.0f}")
    console.print(table)
    console.print(
        "~: extrapolated from the share played in each round. errors: the largest of a payoff, in "
        f"standard errors, at most {ALLOWED:g}."
    )
    for row in figures["rows"]:
        if row.get("setup_seconds"):
            console.print(f"{row['what']}: {row['setup_seconds']:.1f} s once, not counted above")
    if "nash" in figures:
        _print_nash(figures["nash"], of, console)
    if "cuda" in figures:
        _print_cuda(figures["cuda"], console)
    if "cuda_model" in figures:
        _print_model(figures["cuda_model"], console)
    where = figures["machine"]
    commit = short_commit(figures["commit"]) if figures["commit"] else "of no checkout"
    load = where["load_average_at_start"]
    console.print(
        f"{where['cpu']}, {where['cores']} cores{'' if load is None else f', load {load:.1f}'}; "
        f"Python {where['python']}, bucket-brigade {where['bucket_brigade']}, commit {commit}; "
        f"{figures['rounds']} rounds"
    )


def _print_nash(nash: dict[str, Any], of: str, console: Console) -> None:
    table = Table(title=f"Nash equilibrium of {of}, {nash['nights']:.3g} nights")
    table.add_column("rung")
    table.add_column("what")
    for header in ("time", "over first"):
        table.add_column(header, justify="right")
    for row in nash["rows"]:
        mark = "~" if row["extrapolated"] else ""
        taken = mark + timed(row["wall_seconds"])
        table.add_row(row["rung"], row["what"], taken, f"{row['over_the_first']:,.4g}")
    console.print(table)
    console.print(
        "~: extrapolated from these nights and the seconds that one takes in the matrix. Verdicts: "
        f"{summary(nash['verdicts'])}; exact: {summary(nash['exact_verdicts'])}."
    )


def _print_cuda(cuda: dict[str, Any], console: Console) -> None:
    compiling = cuda["compile_seconds"]
    if compiling is not None:
        console.print(f"CUDA: kernels compile in {compiling:.1f} s, once")
    table = Table(title="CUDA by size of batch, milliseconds")
    for header in ("line-ups", "episodes", "whole", "kernels", "copies", "CPU"):
        table.add_column(header, justify="right")
    for row in cuda["rows"]:
        times = (row[f"{name}_seconds"] for name in ("wall", "kernel", "copy", "cpu"))
        cells = (f"{1e3 * seconds:.3g}" for seconds in times)
        table.add_row(str(row["lineups"]), f"{row['episodes']:,}", *cells)
    console.print(table)
    for found in cuda["crossovers"]:
        warm, cold = found["episodes"], found["episodes_with_compiling"]
        console.print(
            f"{found['lineups']} line-ups: faster than the CPU {_from(warm)}; with kernels to be "
            f"compiled first, {_from(cold)}"
        )


def _from(episodes: int | None) -> str:
    return "at no size measured" if episodes is None else f"from {episodes:,} episodes each on"


def _print_model(model: dict[str, Any], console: Console) -> None:
    if "reason" in model:
        reason = escape(model["reason"])
        console.print(f"CUDA: no model either ({reason}); see docs/cuda.md.")
        return
    rates = ", ".join(f"{gpu} {rate:.2g}" for gpu, rate in model["nights_per_second"].items())
    console.print(
        f"CUDA by a model of counted instructions, not measured (docs/cuda.md), nights/s: {rates}. "
        f"{model['scenario']}, {', '.join(model['lineup'])}; expect half to two thirds."
    )


def summary(words: Sequence[str]) -> str:
    """The number of times that each occurs."""
    return ", ".join(f"{words.count(word)} {word}" for word in dict.fromkeys(words))
