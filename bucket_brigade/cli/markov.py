"""``bucket-brigade nash --space markov``: equilibria of whole games, over policies of all kinds."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from bucket_brigade.arguments import as_positive
from bucket_brigade.atomic_files import is_standard_output, is_stream, write_json
from bucket_brigade.cli.common import FAILED, console, print_json, progress_bar, say
from bucket_brigade.cli.outputs import check_outputs, files_of, kept_progress
from bucket_brigade.cli.tables import Column, print_table
from bucket_brigade.cli.terminal import Terminal
from bucket_brigade.equilibrium.results.documents import versions
from bucket_brigade.exact.markov_equilibrium import MarkovEquilibrium, markov_equilibrium
from bucket_brigade.game.scenario import Scenario
from bucket_brigade.policies.saved import save_policies

#: Gain, in points, that is as good as none.
EPSILON = 1e-6


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
    resume: str | None,
    restart: bool,
    save: Path | None,
    strict: bool,
    as_json: bool,
    progress_style: str,
) -> None:
    """Finds an equilibrium of each game, saves and shows them; `names` are what games came from."""
    small = EPSILON if epsilon is None else as_positive("--epsilon", epsilon)
    as_json = as_json or is_standard_output(out)
    files = files_of("--save", save, scenarios)
    printed = check_outputs(
        [
            ("--out", None if is_standard_output(out) else out),
            *(("--save", file) for file in files),
        ],
        as_json,
        names,
    )
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
    found: list[dict[str, Any]] = []
    try:
        with kept_progress(
            out, resume, restart, key="markov_equilibrium", dump=dict, load=dict
        ) as progress:
            progress.check(games)
            for game in games:
                found.append(progress.solve(game))
                if not is_stream(out):
                    write_json(_document(found), out)
            progress.finish()
    finally:
        # Whatever ended it, a full disk or Ctrl-C: what was found is shown.
        if found:
            _show(found, out, as_json, printed)
    doubtful = [each["scenario"]["name"] for each in found if each["verdict"] != "certified"]
    if strict and doubtful:
        say(f"not certified: {', '.join(doubtful)}")
        raise typer.Exit(FAILED)


def _told(solved: MarkovEquilibrium, epsilon: float, seconds: float) -> dict[str, Any]:
    verdict = "certified" if solved.regret <= epsilon else "not certified"
    return {**solved.to_dict(), "epsilon": epsilon, "verdict": verdict, "seconds": seconds}


def _document(found: list[dict[str, Any]]) -> dict[str, Any]:
    return {**versions(), "markov_equilibria": found}


def _show(found: list[dict[str, Any]], out: Path, as_json: bool, printed: bool) -> None:
    """Prints a table or JSON, and what goes to a pipe."""
    if as_json:
        print_json(_document(found))
    else:
        _print(found, console(stderr=printed))
    if is_stream(out) and not is_standard_output(out):
        write_json(_document(found), out)
    if not as_json:
        console(stderr=printed).note(f"saved to {out}")


def _print(found: list[dict[str, Any]], out: Terminal) -> None:
    orders = len({each["scenario"]["night_order"] for each in found}) > 1
    columns = [
        Column("scenario"),
        *([Column("night order")] if orders else []),
        Column("payoff", right=True),
        Column("of seats", prose=True),
        Column("nights", right=True),
        Column("a night", right=True),
        Column("regret anywhere", right=True, prose=True),
        Column("stages that draw", right=True, prose=True),
        Column("verdict", prose=True),
        Column("seconds", right=True),
    ]
    rows = [
        [
            each["scenario"]["name"],
            *([each["scenario"]["night_order"]] if orders else []),
            f"{each['payoff']:.2f}",
            " ".join(f"{payoff:.1f}" for payoff in each["payoffs"]),
            f"{each['nights']:.1f}",
            f"{each['payoff_a_night']:.2f}",
            f"{each['regret']:.1e}",
            f"{each['mixed_stages']:,}",
            each["verdict"],
            f"{each['seconds']:.1f}",
        ]
        for each in found
    ]
    caption = (
        f"one of several equilibria of the whole game, as the selector {found[0]['selector']} "
        "takes them; payoff of an episode, mean over seats, its mean nights, payoff of a night; "
        "regret: the most that any seat gains by any policy, at any night and in any state"
    )
    print_table(out, columns, rows, caption=caption, keys=2 if orders else 1)
