"""The whole computation of equilibria, as the command ``nash`` does it by default."""

import statistics
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console
from rich.markup import escape

import bucket_brigade as bb
from bench.ladder.rungs import Rung
from bucket_brigade import _core
from bucket_brigade.backends.cpu import CpuBackend
from bucket_brigade.counts.event_counts import EventCounts


class Counting(CpuBackend):
    """The CPU, and what it was asked to do."""

    def __init__(self) -> None:
        super().__init__()
        self.nights, self.episodes, self.playing_seconds = 0, 0, 0.0

    def run(self, program: _core.Program, **options: Any) -> EventCounts:
        """Plays a program."""
        start = time.perf_counter()
        counts = super().run(program, **options)
        self.playing_seconds += time.perf_counter() - start
        self.nights += int(counts.nights.sum())
        self.episodes += program.lineups * program.episodes
        return counts


@dataclass(frozen=True)
class Solved:
    """The equilibrium of a scenario: what it was, and what it took."""

    scenario: str
    verdict: str
    seconds: float


def solved(scenario: bb.Scenario, console: Console, **options: Any) -> Solved:
    """Solves a scenario; the console shows every iteration, and keeps a line of what was found."""
    what = f"{scenario.name}, {options['method']}: "
    start = time.perf_counter()
    with console.status(f"{what}first restricted game") as status:
        oracle = bb.DoubleOracle(
            scenario, on_iteration=lambda text: status.update(escape(what + text)), **options
        )
        verdict = str(oracle.solve().verdict)
    seconds = time.perf_counter() - start
    console.print(f"{what}{verdict} after {seconds:.1f} s", highlight=False)
    return Solved(scenario.name, verdict, seconds)


def nash_rows(
    found: Sequence[Rung], scenarios: Sequence[bb.Scenario], episodes: int, console: Console
) -> dict[str, Any]:
    """The whole computation of equilibria: measured on rung 3b, and exact; by the other rungs, what
    their time of a night says.

    Parameters
    ----------
    found : sequence of Rung
        Which were measured.
    scenarios : sequence of Scenario
    episodes : int
        `num_simulations` of `DoubleOracle`, of which everything else is the default.
    console : Console
        Shows how far it is.
    """
    backend = Counting()
    sampled = [
        solved(scenario, console, method="sampled", num_simulations=episodes, backend=backend)
        for scenario in scenarios
    ]
    exact = [solved(scenario, console, method="exact") for scenario in scenarios]
    wall, exact_wall = (sum(one.seconds for one in each) for each in (sampled, exact))
    rows = []
    for rung in found:
        if rung.absent is not None:
            continue
        measured = rung.label == "3b"
        seconds = wall
        if not measured:
            night = statistics.median(rung.seconds_a_night)
            seconds = wall - backend.playing_seconds + backend.nights * night
        rows.append(_row(rung.label, rung.what, seconds, extrapolated=not measured))
    rows.append(_row("", "exact engine: no error", exact_wall, extrapolated=False))
    for row in rows:
        row["over_the_first"] = rows[0]["wall_seconds"] / row["wall_seconds"]
    return {
        "num_simulations": episodes,
        "nights": backend.nights,
        "episodes": backend.episodes,
        "verdicts": [one.verdict for one in sampled],
        "exact_verdicts": [one.verdict for one in exact],
        "sampled": [asdict(one) for one in sampled],
        "exact": [asdict(one) for one in exact],
        "rows": rows,
    }


def _row(label: str, what: str, seconds: float, *, extrapolated: bool) -> dict[str, Any]:
    return {"rung": label, "what": what, "wall_seconds": seconds, "extrapolated": extrapolated}
