"""``bucket-brigade simulate``: payoffs and counts of one line-up."""

from typing import Annotated, Any

import typer

from bucket_brigade.cli.check import report_check
from bucket_brigade.cli.common import (
    FAILED,
    AsJson,
    Backend,
    Changes,
    EndRule,
    Lineup,
    Method,
    Name,
    NightOrder,
    ProgressStyle,
    Rules,
    Seed,
    Threads,
    chosen_lineup,
    chosen_scenario,
    console,
    print_json,
    progress_bar,
    reports_errors,
    say,
    whole,
)
from bucket_brigade.cli.outputs import Csv, check_outputs
from bucket_brigade.cli.tables import Column, print_table
from bucket_brigade.cli.terminal import Terminal
from bucket_brigade.errors import InvalidValue
from bucket_brigade.evaluation.cross_examination import cross_examine
from bucket_brigade.evaluation.methods import as_method, evaluate
from bucket_brigade.exact import ExactResult
from bucket_brigade.game.lineup_result import unseen_note
from bucket_brigade.simulation.result import SimulationResult
from bucket_brigade.simulation.until import is_reached

DEFAULT_EPISODES = 100_000


@reports_errors
def simulate(
    name: Name,
    lineup: Lineup,
    episodes: Annotated[
        int | None, whole(f"How many to play; {DEFAULT_EPISODES:,} by default.")
    ] = None,
    stderr: Annotated[
        float | None,
        typer.Option(help="Instead: play until every seat's standard error is at most this."),
    ] = None,
    max_episodes: Annotated[int, whole("Where --stderr gives up.")] = 10**9,
    seed: Seed = 0,
    first_episode: Annotated[int, whole("Number of the first episode.")] = 0,
    rules: Rules = None,
    night_order: NightOrder = None,
    end_rule: EndRule = None,
    changes: Changes = None,
    threads: Threads = None,
    backend: Backend = "auto",
    method: Method = "sampled",
    check: Annotated[
        bool,
        typer.Option(
            "--check", help="Compare sampled with exact payoffs and counts; fail if they disagree."
        ),
    ] = False,
    csv: Csv = None,
    as_json: AsJson = False,
    progress_style: ProgressStyle = "auto",
) -> None:
    """Play a line-up many times: mean returns with standard errors, and what happened."""
    if stderr is not None and (check or episodes is not None):
        option = "--check" if check else "--episodes"
        raise InvalidValue("--stderr", stderr, f"either --stderr or {option}, not both")
    if episodes is None and stderr is None:
        episodes = DEFAULT_EPISODES
    as_method(method)
    scenario = chosen_scenario(name, night_order, end_rule, changes, rules)
    chosen = chosen_lineup(lineup, scenario.num_agents)
    printed = check_outputs([("--csv", csv)], as_json, [name])
    options: dict[str, Any] = {
        "episodes": episodes,
        "seed": seed,
        "first_episode": first_episode,
        "threads": threads,
        "backend": backend,
    }
    if check:
        with progress_bar(scenario.name, progress_style) as progress:
            found = cross_examine(scenario, chosen, progress=progress, **options)
        try:
            if csv is not None:
                found.exact.to_csv(csv)
        finally:  # what was found is shown, though the disk may be full
            report_check(found, as_json, stderr=printed)
        return
    with progress_bar(scenario.name, progress_style) as progress:
        result = evaluate(
            scenario,
            [chosen],
            method=method,
            stderr=stderr,
            max_episodes=max_episodes,
            progress=progress,
            **options,
        )
    try:
        if csv is not None:
            result.to_csv(csv)
    finally:  # what was found is shown, though the disk may be full
        if as_json:
            print_json(result.to_dict(0))
        else:
            _print(result, console(stderr=printed))
    if stderr is not None and not is_reached(result, stderr):
        worst = f"the standard error is still {result.stderr.max():.4g}"
        if result.stderr.max() <= stderr:
            worst = f"what was hardly seen could still change payoffs by {result.unseen.max():.4g}"
        say(f"{worst} after {result.episodes:,} episodes (see --max-episodes)")
        raise typer.Exit(FAILED)


def _print(result: SimulationResult | ExactResult, out: Terminal) -> None:
    data, counts = result.to_dict(0), result.counts
    # Expected counts are those of one episode.
    episodes = 1 if isinstance(result, ExactResult) else result.episodes
    exact = isinstance(result, ExactResult)
    how = "exact" if exact else f"{episodes:,} episodes, seed {result.seed}"
    nights = counts.nights[0].item()
    numbers = ("mean return", "± stderr", "a night", "nights worked")
    seats = [
        [
            str(seat),
            str(strategy),
            f"{result.mean[0, seat]:.4f}" if exact else f"{result.mean[0, seat]:.2f}",
            "exact" if exact else f"{result.stderr[0, seat]:.2f}",
            f"{result.payoff_a_night[0, seat]:.3f}",
            f"{counts.worked[0, seat] / nights:.1%}",
        ]
        for seat, strategy in enumerate(data["lineup"])
    ]
    print_table(
        out,
        [Column("seat"), Column("strategy"), *(Column(name, right=True) for name in numbers)],
        seats,
        title=f"{result.scenario.name}: {how}",
    )
    houses = [
        [
            str(house),
            f"{counts.safe[0, house] / nights:.1%}",
            f"{counts.ruined[0, house] / nights:.1%}",
            f"{counts.saved[0, house] / episodes:.3f}",
        ]
        for house in range(counts.houses)
    ]
    columns = [Column(name, right=True) for name in ("safe", "ruined", "saved per episode")]
    out.print()
    print_table(out, [Column("house"), *columns], houses, title="Nights that ended with")
    ended = ", ".join(f"{kind} {n / episodes:.1%}" for kind, n in data["counts"]["ended"].items())
    out.print()
    out.note(
        f"{nights / episodes:.1f} nights an episode; ended: {ended}. A night: mean return of an "
        "episode over its mean nights."
    )
    if result.unseen.max() > 0:
        out.note(unseen_note(result.unseen.max()))
    out.note(
        "computed without sampling" if exact else f"played by {result.backend}: {result.device}"
    )
