"""``python -m validation published``: what the original project published, judged exactly.

Its symmetric equilibria and the profiles of its phase diagram, under the rules that they were
computed by; beside each claim the exact payoff, what a seat gains by leaving, and what is found
here. Two sweeps (`results/published-*.sqlite` by default), so that an interrupted run goes on.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

import bucket_brigade as bb
from bench.options import file_to_write
from bucket_brigade.atomic_files import write_json

RULES = "original-rust"

#: Gains that the original project allowed: of its symmetric equilibria, and of its diagram.
EPSILON, DIAGRAM_EPSILON = 0.01, 50.0


@dataclass(frozen=True)
class Symmetric:
    """A published symmetric equilibrium: what all seats play, with the payoff read at seat 0."""

    scenario: str
    plays: dict[str, float]
    payoff: float


@dataclass(frozen=True)
class Cell:
    """A published cell of the diagram: κ, c, what seats play (H hero, F firefighter), the verdict
    and the mean payoff of a seat."""

    kappa: float
    cost: float
    seats: str
    verdict: str
    payoff: float


def _pure(name: str) -> dict[str, float]:
    return {name: 1.0}


SYMMETRIC = (
    Symmetric("chain_reaction", _pure("hero"), 3373.3),
    Symmetric("deceptive_calm", _pure("hero"), 3674.0),
    Symmetric("default", _pure("hero"), 2268.5),
    Symmetric("early_containment", _pure("firefighter"), 2565.8),
    Symmetric("easy", _pure("free_rider"), 1844.2),
    Symmetric("greedy_neighbor", _pure("hero"), 3013.5),
    Symmetric("hard", {"coordinator": 0.965, "free_rider": 0.035}, -2396.6),
    Symmetric("mixed_motivation", _pure("hero"), 3628.8),
    Symmetric("overcrowding", _pure("hero"), 539.3),
    Symmetric("sparse_heroics", _pure("firefighter"), 3990.1),
    Symmetric("trivial_cooperation", _pure("free_rider"), 1306.25),
)
CELLS = (
    Cell(0.1, 1.0, "HFHH", "asymmetric only", -9975.6),
    Cell(0.3, 1.0, "HHHH", "symmetric", -3479.6),
    Cell(0.3, 2.0, "HHHH", "symmetric", -3538.3),
    Cell(0.5, 0.5, "HHHH", "symmetric", -692.8),
    Cell(0.5, 1.0, "HHHH", "symmetric", -758.3),
    Cell(0.5, 2.0, "HHFH", "mixed", -848.5),
    Cell(0.7, 1.0, "HHHF", "asymmetric", -101.3),
    Cell(0.7, 2.0, "HFHH", "asymmetric", -138.9),
    Cell(0.9, 0.5, "FHHF", "mixed", 80.9),
    Cell(0.9, 0.5, "HFFF", "asymmetric", 72.0),
    Cell(0.9, 1.0, "HFHF", "mixed", 66.3),
    Cell(0.9, 2.0, "HFHF", "mixed", 50.2),
)
ARCHETYPE = {"H": "hero", "F": "firefighter"}
KAPPA, COST = "prob_solo_agent_extinguishes_fire", "cost_to_work_one_night"
#: `minimal_specialization` of the original project, where own houses count and those of the team
#: hardly do, but for κ and c. Its diagram also varies β, which has no effect under these rules:
#: what burns in the night has burnt out before anything spreads. So its 39 cells are of 15 games.
DIAGRAM = bb.SweepPlan(
    base="default",
    rules=RULES,
    do="nash,seats",
    changes={
        "team_reward_house_survives": 10,
        "team_penalty_house_burns": 10,
        "reward_own_house_survives": 50,
        "penalty_own_house_burns": 100,
    },
    grid={KAPPA: [0.1, 0.3, 0.5, 0.7, 0.9], COST: [0.5, 1.0, 2.0]},
    settings={"method": "exact"},
)


@dataclass(frozen=True)
class Finding:
    """What is true of a published profile.

    Attributes
    ----------
    where, plays, claimed : str
        The game, what seats play, and what was claimed of it.
    published, payoff : float
        The payoff that was published, and the exact one: of seat 0 for symmetric profiles, the mean
        over seats of a cell.
    allowed, gain, any_gain : float
        The gain that was allowed, and what is gained, at seat 0 or by any seat: by the best (p, q),
        and by the best policy of any kind.
    here : str
        What is found here.
    """

    where: str
    plays: str
    claimed: str
    published: float
    payoff: float
    allowed: float
    gain: float
    any_gain: float
    here: str

    @property
    def holds(self) -> bool:
        """Whether nobody gains more than was allowed, among (p, q)."""
        return self.gain <= self.allowed


def judged_symmetric(claim: Symmetric, row: Mapping[str, Any]) -> Finding:
    """A published symmetric equilibrium, as seat 0 finds it; `row` is what a sweep found."""
    game = bb.scenario(claim.scenario, rules=RULES)
    names, weights = list(claim.plays), list(claim.plays.values())
    entry = names[0] if len(names) == 1 else bb.Mixture(names, weights)
    judged = bb.judge(game, [entry] * game.num_agents)
    seat = judged.seats[0]
    assert seat.best_heuristic is not None
    mixture = " + ".join(f"{w:g} {name}" for name, w in claim.plays.items())
    return Finding(
        where=claim.scenario,
        plays=names[0] if len(names) == 1 else mixture,
        claimed="equilibrium",
        published=claim.payoff,
        payoff=seat.payoff,
        allowed=EPSILON,
        gain=seat.best_heuristic.gain,
        any_gain=seat.gain,
        here=f"{row['nash_plays']}, {row['nash_payoff']:.1f}, {row['nash_verdict']}",
    )


def judged_cell(claim: Cell, row: Mapping[str, Any]) -> Finding:
    """A published cell; `row` is what a sweep found there."""
    game = DIAGRAM.point({KAPPA: claim.kappa, COST: claim.cost}).scenario
    judged = bb.judge(game, [ARCHETYPE[seat] for seat in claim.seats])
    gains = [seat.best_heuristic.gain for seat in judged.seats if seat.best_heuristic]
    return Finding(
        where=f"κ = {claim.kappa:g}, c = {claim.cost:g}",
        plays=claim.seats,
        claimed=claim.verdict,
        published=claim.payoff,
        payoff=float(judged.result.mean.mean()),
        allowed=DIAGRAM_EPSILON,
        gain=max(gains),
        any_gain=judged.exploitability,
        here=f"{row['seats_kind']}: {row['seats_plays']}, {row['seats_payoff']:.1f}; "
        f"symmetric {row['nash_plays']}, {row['nash_payoff']:.1f}, {row['nash_verdict']}",
    )


def report(findings: Sequence[Finding], title: str) -> Table:
    """The findings as a table."""
    heads = ["game", "plays", "claimed", "published", "exact", "allowed", "(p, q) gains", "holds"]
    table = Table(*heads, "any policy gains", "found here", title=title)
    for each in findings:
        table.add_row(
            each.where,
            each.plays,
            each.claimed,
            f"{each.published:.1f}",
            f"{each.payoff:.1f}",
            f"{each.allowed:g}",
            f"{each.gain:.2f}",
            "yes" if each.holds else "no",
            f"{each.any_gain:.1f}",
            each.here,
        )
    return table


def main(arguments: Sequence[str] | None = None) -> int:
    """Judges what was published; 1 if a symmetric equilibrium found here is not certified."""
    parser = argparse.ArgumentParser(prog="python -m validation published", description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("results"), help="of the two sweeps")
    parser.add_argument("--workers", type=int, help="processes; by default one a core")
    parser.add_argument("--json", type=file_to_write, help="save the findings there")
    options = parser.parse_args(arguments)
    symmetric = bb.SweepPlan(
        grid={"scenario": [claim.scenario for claim in SYMMETRIC]},
        rules=RULES,
        settings={"method": "exact"},
    )
    tables = {}
    for name, plan in (("symmetric", symmetric), ("diagram", DIAGRAM)):
        out = options.folder / f"published-{name}.sqlite"
        tables[name] = bb.sweep(plan, out=out, resume=out.exists(), workers=options.workers)
    failed = [row["failed"] for table in tables.values() for row in table.rows if row["failed"]]
    if failed:
        print(f"{len(failed)} points failed, the first by {failed[0]}", file=sys.stderr)
        return 1
    equilibria = {row["scenario"]: row for row in tables["symmetric"].rows}
    cells = {(row[KAPPA], row[COST]): row for row in tables["diagram"].rows}
    found = {
        "symmetric equilibria, seat 0": [
            judged_symmetric(claim, equilibria[claim.scenario]) for claim in SYMMETRIC
        ],
        "phase diagram": [judged_cell(claim, cells[claim.kappa, claim.cost]) for claim in CELLS],
    }
    console = Console(width=None if sys.stdout.isatty() else 200)
    for title, findings in found.items():
        console.print(report(findings, title))
    if options.json:
        told = {title: [asdict(each) for each in of] for title, of in found.items()}
        write_json(told, options.json)
    verdicts = {row["nash_verdict"] for table in tables.values() for row in table.rows}
    return 0 if verdicts == {"certified"} else 1
