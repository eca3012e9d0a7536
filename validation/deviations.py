"""``python -m validation deviations FILE``: does anybody beat the equilibria in a file after all?

For every equilibrium that ``bucket-brigade nash`` saved, two searches that share nothing with the
one that found it: exact payoffs of a fixed grid of (p, q), where the chain applies; and strategies
drawn at random, played on episodes of another seed, of which the best are played again on fresh
ones. Neither should find a gain above the upper limit of the file.
"""

import argparse
import math
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from bench.options import file_to_write, whole_number
from bucket_brigade.atomic_files import write_json
from bucket_brigade.equilibrium import (
    Deviation,
    ExactPayoffs,
    NashEquilibrium,
    SampledPayoffs,
    load_equilibria,
)
from bucket_brigade.exact.evaluate import applies
from bucket_brigade.policies.heuristic import ARCHETYPES, strategy_of
from bucket_brigade.policies.labels import strategy_name
from bucket_brigade.simulation.purposes import SEARCH

#: Standard errors that a sampled gain may lie above the limit: beyond, once in 300,000.
BEYOND = 4.5


@dataclass(frozen=True)
class Finding:
    """The largest gains that were found over one equilibrium.

    Attributes
    ----------
    scenario, night_order, method : str
        Of the equilibrium.
    upper : float
        The upper limit of its regret that the file states.
    exact : float or None
        The largest gain on the grid.
    exact_by : str or None
        By whom.
    sampled, stderr : float
        The largest gain of the finalists, and its standard error.
    sampled_by : str
        By whom.
    seconds : float
        How long both searches took.
    """

    scenario: str
    night_order: str
    method: str
    upper: float
    exact: float | None
    exact_by: str | None
    sampled: float
    stderr: float
    sampled_by: str
    seconds: float

    @property
    def holds(self) -> bool:
        """Whether no gain is above the limit."""
        sampled = self.sampled - BEYOND * self.stderr <= self.upper
        # Exact payoffs are rounded, too.
        return sampled and (self.exact is None or self.exact <= self.upper + 1e-6)


def examine(
    found: NashEquilibrium, points: int, candidates: int, episodes: int, seed: int
) -> Finding:
    """Searches for gains over one equilibrium."""
    start = time.perf_counter()
    agents = found.scenario.num_agents
    focal = tuple(range(agents)) if found.seat is None else (found.seat,)
    exact, exact_by = None, None
    if points and applies(found.scenario):
        axis = np.linspace(0, 1, points)
        grid = [strategy_of(float(p), float(q)) for p in axis for q in axis]
        grid += ARCHETYPES.values()
        gains = ExactPayoffs(found.scenario).gains(
            found.profile, [Deviation(theta, focal) for theta in grid], focal, look=0
        )
        best = int(gains.mean.argmax())
        exact, exact_by = float(gains.mean[best]), strategy_name(grid[best])
    rng = np.random.default_rng(seed)
    drawn = [strategy_of(*point) for point in rng.random((candidates, 2)).tolist()]
    source = SampledPayoffs(found.scenario, seed=seed)
    payoffs = source.payoffs(
        found.profile,
        [Deviation(theta, focal) for theta in drawn],
        episodes=20_000,
        purpose=SEARCH,
    )
    finalists = [drawn[int(i)] for i in np.argsort(-payoffs)[:5]]
    again = source.gains(
        found.profile, [Deviation(theta, focal) for theta in finalists], focal, look=0
    )
    again.extend(np.arange(len(finalists)), episodes)
    best = int(again.mean.argmax())
    return Finding(
        scenario=found.scenario.name,
        night_order=found.scenario.night_order,
        method=found.method,
        upper=found.regret.upper,
        exact=exact,
        exact_by=exact_by,
        sampled=float(again.mean[best]),
        stderr=float(again.stderr[best]),
        sampled_by=strategy_name(finalists[best]),
        seconds=time.perf_counter() - start,
    )


def report(findings: list[Finding]) -> Table:
    """The findings as a table."""
    table = Table("scenario", "night order", "upper limit", "on the grid", "at random", "holds")
    for each in findings:
        exact = "" if each.exact is None else f"{each.exact:.4f} by {each.exact_by}"
        table.add_row(
            each.scenario,
            each.night_order,
            f"{each.upper:.4f}, {each.method}" if math.isfinite(each.upper) else "none",
            exact,
            f"{each.sampled:.2f} ± {each.stderr:.2f} by {each.sampled_by}",
            "yes" if each.holds else "NO",
        )
    return table


def main(arguments: Sequence[str] | None = None) -> int:
    """Examines the equilibria of files; 1 if one is beaten."""
    parser = argparse.ArgumentParser(prog="python -m validation deviations", description=__doc__)
    parser.add_argument("files", nargs="+", type=Path, help="what bucket-brigade nash saved")
    parser.add_argument("--points", type=int, default=41, help="of the grid along p and q")
    parser.add_argument("--candidates", type=whole_number, default=200, help="drawn at random")
    parser.add_argument(
        "--episodes", type=whole_number, default=1 << 20, help="of each line-up of the five best"
    )
    parser.add_argument("--seed", type=int, default=20_261, help="of strategies and episodes")
    parser.add_argument("--json", type=file_to_write, help="save the findings there")
    options = parser.parse_args(arguments)
    equilibria = [found for path in options.files for found in load_equilibria(path)]
    console = Console(stderr=True)
    findings = [
        examine(found, options.points, options.candidates, options.episodes, options.seed)
        for found in track(equilibria, console=console, disable=not console.is_terminal)
    ]
    Console(width=None if sys.stdout.isatty() else 160).print(report(findings))
    if options.json:
        listed = [asdict(finding) for finding in findings]
        write_json(listed, options.json)
    return 0 if all(finding.holds for finding in findings) else 1
