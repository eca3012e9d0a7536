"""The totals that docs/randomness.md records, and what runs A to F play."""

from dataclasses import dataclass
from pathlib import Path

import bucket_brigade as bb

__all__ = ["RUNS", "Run", "recorded"]

PAGE = Path(__file__).parents[2] / "docs" / "randomness.md"


@dataclass(frozen=True)
class Run:
    """What a run plays."""

    scenario: bb.Scenario
    lineup: list[object]
    seed: int
    first_episode: int
    episodes: int


def recorded(name: str) -> list[int]:
    """The count vector of a run, from the page's tables."""
    rows: dict[str, str] = {}
    columns: list[str] = []
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        label, *cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| | Run "):
            columns = cells
        elif line.startswith("| `") and f"Run {name}" in columns and len(cells) == len(columns):
            rows[label.replace("`", "")] = cells[columns.index(f"Run {name}")]
        elif not line.startswith("|"):
            columns = []
    labels = ["nights", "worked", "safe", "ruined", "saved"]
    assert list(rows) == [*labels, *(f"ended: {kind}" for kind in bb.END_KINDS)]
    return [int(number) for numbers in rows.values() for number in numbers.split()]


DEFAULT, HARD = bb.scenario("default"), bb.scenario("hard")
OLD_RULES = {"night_order": "burn_out_then_spread", "end_rule": "no_fires"}
UNDECIDED = bb.Mixture(["hero", "free_rider"], [0.3, 0.7])
ANY, OWN = bb.Firefighter(0.7), bb.Firefighter(0.9, own_first=True)
TWO_KINDS = bb.Mixture(["coordinator", bb.Firefighter(0.6, own_first=True)], [0.5, 0.5])

RUNS = {
    "A": Run(DEFAULT, ["firefighter", "free_rider", "hero", "coordinator"], 7, 0, 32),
    "B": Run(HARD.replace(**OLD_RULES), [UNDECIDED] * 4, 2**32 + 5, 2**60 + 16, 48),
    "C": Run(HARD, [UNDECIDED] * 4, 2**32 + 5, 2**60 + 16, 48),
    "D": Run(DEFAULT.replace(num_houses=2, num_agents=3), ["liar"] * 3, 7, 0, 32),
    "E": Run(DEFAULT, [ANY, OWN, "hero", TWO_KINDS], 7, 0, 32),
    "F": Run(
        HARD.replace(num_houses=7, num_agents=3, **OLD_RULES),
        [bb.Mixture([OWN, "liar"], [0.25, 0.75])] * 3,
        *(2**32 + 5, 2**60 + 16, 48),
    ),
}
