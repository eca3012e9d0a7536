"""``bucket-brigade judge``: what each seat of a line-up could gain by leaving it, exactly."""

from pathlib import Path
from typing import Annotated

import typer

from bucket_brigade.arguments import as_at_least_zero
from bucket_brigade.cli.common import (
    FAILED,
    AsJson,
    Changes,
    EndRule,
    Lineup,
    Name,
    NightOrder,
    ProgressStyle,
    Rules,
    Threads,
    chosen_lineup,
    chosen_scenario,
    console,
    print_json,
    progress_bar,
    reports_errors,
    say,
)
from bucket_brigade.cli.outputs import Save, check_outputs
from bucket_brigade.cli.tables import Column, print_table
from bucket_brigade.cli.terminal import Terminal
from bucket_brigade.equilibrium.results.documents import versions
from bucket_brigade.evaluation.judge import Judgement
from bucket_brigade.evaluation.judge import judge as judged
from bucket_brigade.game.lineup_result import describe_lineup, described_lineups
from bucket_brigade.policies.saved import save_policies


@reports_errors
def judge(
    name: Name,
    lineup: Lineup,
    epsilon: Annotated[
        float | None,
        typer.Option(help="Fail (exit code 1) unless no seat can gain more, by any policy."),
    ] = None,
    heuristics: Annotated[
        bool,
        typer.Option(
            help="Look for the best (p, q) of each seat, too; it takes long where tables play."
        ),
    ] = True,
    rules: Rules = None,
    night_order: NightOrder = None,
    end_rule: EndRule = None,
    changes: Changes = None,
    threads: Threads = None,
    save: Save = None,
    as_json: AsJson = False,
    progress_style: ProgressStyle = "auto",
) -> None:
    """Show what each seat of a line-up gets, and what it gains by its best policy of any kind.

    Nothing is sampled. --save keeps the best policies of the seats.
    """
    if epsilon is not None:
        as_at_least_zero("--epsilon", epsilon)
    scenario = chosen_scenario(name, night_order, end_rule, changes, rules)
    chosen = chosen_lineup(lineup, scenario.num_agents)
    check_outputs([("--save", save)], as_json, [name])
    with progress_bar(scenario.name, progress_style) as progress:
        found = judged(scenario, chosen, heuristics=heuristics, threads=threads, progress=progress)
    try:
        if save is not None:
            save_policies([each.policy for each in found.seats], save, scenario)
    finally:  # what was found is shown, though the disk may be full
        if as_json:
            print_json({**versions(), **found.to_dict()})
        else:
            _print(found, console(), save)
    if epsilon is not None and found.exploitability_at_most > epsilon:
        could = "gains" if found.exploitability > epsilon else "could gain"
        say(f"a seat {could} {found.exploitability_at_most:.6g}, more than --epsilon {epsilon:g}")
        raise typer.Exit(FAILED)


def _print(found: Judgement, out: Terminal, save: Path | None) -> None:
    described = described_lineups(found.result)[0]
    names = [describe_lineup([seat]) for seat in described]
    bounds = any(each.gain_at_most > each.gain + 1e-6 for each in found.seats)
    tried = found.seats[0].best_heuristic is not None
    columns = [
        Column("seat", right=True),
        Column("strategy", prose=True),
        Column("payoff", right=True),
        Column("a night", right=True),
        *(
            [Column("best (p, q)"), Column("gain by (p, q)", right=True, prose=True)]
            if tried
            else []
        ),
        Column("gain by any policy", right=True, prose=True),
        *([Column("gain at most", right=True, prose=True)] if bounds else []),
        Column("its nights", right=True, prose=True),
        Column("worked", right=True),
    ]
    rows = []
    for each, strategy in zip(found.seats, names, strict=True):
        best = each.best_heuristic
        rows.append(
            [
                str(each.seat),
                strategy,
                f"{each.payoff:.2f}",
                f"{each.payoff / found.nights:.2f}",
                *([] if best is None else [f"{best.p:.3g}, {best.q:.3g}", f"{best.gain:.2f}"]),
                f"{each.gain:.2f}",
                *([f"{each.gain_at_most:.2f}"] if bounds else []),
                f"{each.nights:.1f}",
                f"{each.response_worked:.1f}",
            ]
        )
    title = f"{found.scenario.name}: exact, {found.nights:.1f} nights an episode"
    print_table(out, columns, rows, title=title)
    out.print()
    text = f"exploitability {found.exploitability:.4f}, nash_conv {found.nash_conv:.4f}"
    if bounds:
        text += f"; no seat gains more than {found.exploitability_at_most:.4f}"
    out.note(text)
    out.note(
        "Gains in points an episode, if that seat alone leaves the line-up; its nights, and those "
        "that it works, with its best policy."
    )
    if bounds:
        out.note(
            "Mixtures are drawn once an episode: gains are of the best policies found, and no "
            "policy gains more than one that is told what the others drew (gain at most)."
        )
    if save is not None:
        out.note(f"best policies saved to {save}")
