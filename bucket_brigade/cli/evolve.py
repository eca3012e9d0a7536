"""``bucket-brigade evolve``: replicator dynamics over a pool, or CMA-ES over a family."""

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
    progress_bar,
    reports_errors,
    whole,
)
from bucket_brigade.cli.tables import Column, print_table
from bucket_brigade.cli.tournament import Policies, pool_of
from bucket_brigade.errors import InvalidValue
from bucket_brigade.evaluation.evolution import FAMILIES, optimise, replicate
from bucket_brigade.evaluation.tournament import tournament
from bucket_brigade.game.scenario import Scenario
from bucket_brigade.policies.kinds import as_policy


@reports_errors
def evolve(
    name: Name,
    policies: Policies = None,
    generations: Annotated[int, whole("Generations of the population.")] = 1000,
    mutation: Annotated[float, typer.Option(help="Chance that a share mutates, 0 to 1.")] = 1e-3,
    family: Annotated[
        str | None,
        typer.Option(
            help=f"Instead: look for the best policy of a family, {' or '.join(FAMILIES)}, by "
            "CMA-ES (extra: evolve)."
        ),
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(help="With --family: what all other seats play; by default the same."),
    ] = None,
    evaluations: Annotated[int, whole("With --family: policies to try.")] = 500,
    method: EquilibriumMethod = "auto",
    episodes: Annotated[int, whole("Episodes of each line-up, if sampled.")] = 20_000,
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
    """Let a population of policies evolve by their payoffs, or optimise one over a family."""
    scenario = chosen_scenario(name, night_order, end_rule, changes, rules)
    if family is not None:
        if policies:
            raise InvalidValue("--policy", "given", "a pool, without --family")
        with progress_bar(scenario.name, progress_style) as progress:
            best = optimise(
                scenario,
                family,
                against=against,
                evaluations=evaluations,
                method=method,
                episodes=episodes,
                seed=seed,
                threads=threads,
                backend=backend,
                progress=progress,
            )
        if as_json:
            print_json(
                {
                    "scenario": scenario.to_dict(),
                    "family": family,
                    "against": None if against is None else as_policy(against).to_json(),
                    "policy": best.policy.to_json(),
                    "payoff": best.payoff,
                    "evaluations": best.evaluations,
                    "method": best.method,
                    "history": list(best.history),
                }
            )
            return
        numbers = best.policy.name()
        who = "all seats play it" if against is None else f"seat 0 plays it, the others {against}"
        console().note(
            f"{scenario.name}: {numbers} gets {best.payoff:.2f} points an episode where {who}; "
            f"{best.evaluations:,} policies tried, {best.method}"
        )
        return
    if against is not None:
        raise InvalidValue("--against", repr(against), "with --family only")
    found = tournament(
        scenario,
        pool_of(policies),
        method=method,
        episodes=episodes,
        seed=seed,
        threads=threads,
        backend=backend,
    )
    evolved = replicate(found.game, generations=generations, mutation=mutation)
    if as_json:
        print_json(
            {
                "scenario": scenario.to_dict(),
                "method": found.method,
                "strategies": list(found.names),
                "generations": generations,
                "mutation": mutation,
                "shares": evolved.final.tolist(),
                "payoff": float(evolved.payoffs[-1]),
                "regret": evolved.regret,
            }
        )
        return
    _print(scenario, found.names, evolved.shares[[0, generations // 2, generations]].T.tolist())
    console().note(
        f"payoff of the population {evolved.payoffs[0]:.2f} at first, {evolved.payoffs[-1]:.2f} in "
        f"the end; the most that a policy of the pool gains over it: {evolved.regret:.3g}"
    )


def _print(scenario: Scenario, names: tuple[str, ...], shares: list[list[float]]) -> None:
    columns = [
        Column("policy"),
        *(Column(head, right=True) for head in ("at first", "half-way", "in the end")),
    ]
    rows = [[name, *(f"{x:.1%}" for x in row)] for name, row in zip(names, shares, strict=True)]
    print_table(console(), columns, rows, title=f"{scenario.name}: shares of the population")
