"""``bucket-brigade nash --space psro``: double oracle over policies of all kinds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bucket_brigade.atomic_files import is_standard_output
from bucket_brigade.cli.common import limits
from bucket_brigade.cli.outputs import files_of
from bucket_brigade.cli.policy_games import check_policy_files, solve_policy_games
from bucket_brigade.cli.progress import status_line
from bucket_brigade.cli.tables import Column
from bucket_brigade.equilibrium import PSRO
from bucket_brigade.errors import InvalidValue
from bucket_brigade.game.scenario import Scenario
from bucket_brigade.policies.saved import save_policies

COLUMNS = [
    (Column("any policy gains", right=True, prose=True), lambda each: f"{each['regret']:.4g}"),
    (Column("strategies", right=True), lambda each: str(len(each["distribution"]))),
    (Column("iterations", right=True), lambda each: str(each["iterations"])),
]


@dataclass(frozen=True)
class PolicyGame:
    """A game to be solved, and where its policies go: a computation whose progress is kept."""

    asked: PSRO
    file: Path | None
    tell: Callable[[str], object]
    title: str

    @property
    def scenario(self) -> Scenario:
        """The game."""
        return self.asked.scenario

    def settings(self) -> dict[str, Any]:
        """What the result depends on; and the file of its policies, which a result goes with."""
        return {**self.asked.settings(), "save": self.file and str(self.file)}

    def solve(
        self,
        *,
        state: dict[str, Any] | None = None,
        on_state: Callable[[dict[str, Any]], object] | None = None,
    ) -> dict[str, Any]:
        """The profile as JSON knows it."""
        self.tell(self.title)
        found = self.asked.solve(state=state, on_state=on_state)
        if self.file is not None:
            save_policies(found.policies, self.file, self.scenario)
        return found.to_dict()


def solve_by_psro(
    scenarios: Sequence[Scenario],
    names: Sequence[str] | None,
    *,
    epsilon: float | None,
    max_iterations: int,
    budget: str | None,
    threads: int | None,
    out: Path,
    save: Path | None,
    as_json: bool,
    progress_style: str,
    **running: Any,
) -> None:
    """Search in each game, save and show what is found; `names` are what games came from.

    Others are as for `solve_policy_games`.
    """
    seconds = limits(budget).get("budget_seconds")
    if budget is not None and seconds is None:
        raise InvalidValue(
            "--budget", repr(budget), "a time, such as 90s or 5m: nothing is sampled"
        )
    as_json = as_json or is_standard_output(out)
    files = files_of("--save", save, scenarios)
    searches = [
        PSRO(
            scenario,
            max_iterations=max_iterations,
            budget_seconds=seconds,
            threads=threads,
            epsilon=PSRO.epsilon if epsilon is None else epsilon,
        )
        for scenario in scenarios
    ]
    printed = check_policy_files(files, names, out, as_json)
    with status_line(progress_style) as tell:
        games = [
            PolicyGame(
                asked,
                files[i] if files else None,
                tell,
                f"{asked.scenario.name}: {i + 1} of {len(searches)}",
            )
            for i, asked in enumerate(searches)
        ]
        solve_policy_games(
            games,
            key="policy_equilibrium",
            columns=COLUMNS,
            caption=(
                "payoff of an episode, mean over seats, its mean nights, payoff of a night; any "
                "policy gains: the most that a seat gains by any policy; strategies: how many are "
                "drawn from, anew every night"
            ),
            out=out,
            as_json=as_json,
            printed=printed,
            **running,
        )
