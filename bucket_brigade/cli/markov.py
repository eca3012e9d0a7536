"""``bucket-brigade nash --space markov``: equilibria of whole games, over policies of all kinds."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bucket_brigade.arguments import as_positive
from bucket_brigade.atomic_files import is_standard_output
from bucket_brigade.cli.common import progress_bar
from bucket_brigade.cli.outputs import files_of
from bucket_brigade.cli.policy_games import check_policy_files, solve_policy_games
from bucket_brigade.cli.tables import Column
from bucket_brigade.exact.markov_equilibrium import MarkovEquilibrium, markov_equilibrium
from bucket_brigade.game.scenario import Scenario
from bucket_brigade.policies.saved import save_policies

#: Gain, in points, that is as good as none.
EPSILON = 1e-6
COLUMNS = [
    (
        Column("regret anywhere", right=True, prose=True),
        lambda each: f"{each['regret']:.1e}",
    ),
    (
        Column("stages that draw", right=True, prose=True),
        lambda each: f"{each['mixed_stages']:,}",
    ),
]


@dataclass(frozen=True)
class WholeGame:
    """A game to be solved, and where its policies go: a computation whose progress is kept."""

    scenario: Scenario
    selector: str
    epsilon: float
    threads: int | None
    file: Path | None
    title: str
    progress_style: str

    def settings(self) -> dict[str, Any]:
        """What the result depends on; and the file of its policies, which a result goes with."""
        return {
            "scenario": self.scenario.to_dict(),
            "selector": self.selector,
            "epsilon": self.epsilon,
            "save": self.file and str(self.file),
        }

    def solve(
        self,
        *,
        state: dict[str, Any] | None = None,
        on_state: Callable[[dict[str, Any]], object] | None = None,
    ) -> dict[str, Any]:
        """The equilibrium as JSON knows it; one that was interrupted begins anew."""
        begun = time.perf_counter()
        with progress_bar(self.title, self.progress_style) as progress:
            solved = markov_equilibrium(
                self.scenario, selector=self.selector, threads=self.threads, progress=progress
            )
        if self.file is not None:
            save_policies(solved.policies, self.file, self.scenario)
        return _told(solved, self.epsilon, time.perf_counter() - begun)


def solve_whole_games(
    scenarios: Sequence[Scenario],
    names: Sequence[str] | None,
    *,
    selector: str,
    epsilon: float | None,
    threads: int | None,
    out: Path,
    save: Path | None,
    as_json: bool,
    progress_style: str,
    **running: Any,
) -> None:
    """Find an equilibrium of each game, save and show them; `names` are what games came from.

    Others are as for `solve_policy_games`.
    """
    small = EPSILON if epsilon is None else as_positive("--epsilon", epsilon)
    as_json = as_json or is_standard_output(out)
    files = files_of("--save", save, scenarios)
    printed = check_policy_files(files, names, out, as_json)
    games = [
        WholeGame(
            scenario,
            selector,
            small,
            threads,
            files[i] if files else None,
            f"{scenario.name}: {i + 1} of {len(scenarios)}",
            progress_style,
        )
        for i, scenario in enumerate(scenarios)
    ]
    solve_policy_games(
        games,
        key="markov_equilibrium",
        columns=COLUMNS,
        caption=(
            f"one of several equilibria of the whole game, as the selector {selector} takes them; "
            "payoff of an episode, mean over seats, its mean nights, payoff of a night; regret: "
            "the most that any seat gains by any policy, at any night and in any state"
        ),
        out=out,
        as_json=as_json,
        printed=printed,
        **running,
    )


def _told(solved: MarkovEquilibrium, epsilon: float, seconds: float) -> dict[str, Any]:
    verdict = "certified" if solved.regret <= epsilon else "not certified"
    return {**solved.to_dict(), "epsilon": epsilon, "verdict": verdict, "seconds": seconds}
