"""``bucket-brigade tournament``: all line-ups of a pool of policies, and what each is worth."""

from typing import Annotated

import typer

from bucket_brigade.cli.common import (
    AsJson,
    Backend,
    Changes,
    EndRule,
    EquilibriumMethod,
    Name,
    NightOrder,
    ProgressStyle,
    Rules,
    Seed,
    Threads,
    chosen_scenario,
    console,
    print_json,
    reports_errors,
    status_line,
    whole,
)
from bucket_brigade.cli.tables import Column, print_table
from bucket_brigade.cli.terminal import Terminal
from bucket_brigade.evaluation.tournament import Tournament
from bucket_brigade.evaluation.tournament import tournament as play_tournament
from bucket_brigade.game.lineup_files import load_strategy
from bucket_brigade.policies.heuristic import ARCHETYPES

__all__ = ["Policies", "pool_of", "tournament"]

Policies = Annotated[
    list[str] | None,
    typer.Option(
        "--policy",
        metavar="POLICY",
        help="A policy of the pool: an archetype, ten numbers with colons, firefighter:w=0.9, a "
        "file. Repeated; by default the archetypes.",
    ),
]


def pool_of(policies: list[str] | None) -> dict[str, object]:
    """The pool, by what its policies were called."""
    names = policies if policies else list(ARCHETYPES)
    return {name: load_strategy(name, f"--policy {name}") for name in names}


@reports_errors
def tournament(
    name: Name,
    policies: Policies = None,
    method: EquilibriumMethod = "auto",
    episodes: Annotated[int, whole("Episodes of each composition, if sampled.")] = 20_000,
    seed: Seed = 0,
    rules: Rules = None,
    night_order: NightOrder = None,
    end_rule: EndRule = None,
    changes: Changes = None,
    threads: Threads = None,
    backend: Backend = "auto",
    as_json: AsJson = False,
    progress_style: ProgressStyle = "auto",
) -> None:
    """Play all line-ups of a pool of policies, and rank these by what they are worth to all."""
    scenario = chosen_scenario(name, night_order, end_rule, changes, rules)
    with status_line(progress_style) as tell:
        tell(f"{scenario.name}: all line-ups")
        found = play_tournament(
            scenario,
            pool_of(policies),
            method=method,
            episodes=episodes,
            seed=seed,
            threads=threads,
            backend=backend,
        )
    if as_json:
        print_json(found.to_dict())
    else:
        _print(found, console())


def _print(found: Tournament, out: Terminal) -> None:
    exact = found.method == "exact"
    columns = [
        Column("policy"),
        Column("marginal value", right=True, prose=True),
        Column("payoff", right=True),
        Column("alone", right=True),
        Column("nights alone", right=True, prose=True),
    ]

    def cell(value: float, error: float) -> str:
        return f"{value:.2f}" if exact else f"{value:.2f} ± {error:.2f}"

    rows = [
        [
            found.names[i],
            cell(found.marginal[i], found.marginal_stderr[i]),
            cell(found.payoff[i], found.payoff_stderr[i]),
            f"{found.alone[i]:.2f}",
            f"{found.alone_nights[i]:.1f}",
        ]
        for i in found.ranking
    ]
    caption = (
        f"{found.scenario.name}, {found.method}: every seat draws from the pool evenly. Marginal "
        "value: by how much the mean payoff of all seats changes if one turns to the policy; "
        "payoff: of who plays it; alone: if all seats play it, and the nights of an episode then"
    )
    print_table(out, columns, rows, caption=caption)
