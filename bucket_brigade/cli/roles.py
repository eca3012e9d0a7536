"""``bucket-brigade roles``: profiles that no seat gains by leaving, as a table and a file."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from bucket_brigade.cli.common import (
    AsJson,
    Backend,
    Budget,
    Changes,
    Confidence,
    EndRule,
    Epsilon,
    EquilibriumMethod,
    Names,
    NightOrders,
    Seed,
    Threads,
    both_orders,
    console,
    limits,
    print_json,
    reports_errors,
    status_line,
)
from bucket_brigade.equilibrium import RoleEquilibrium, RoleSearch, save_roles
from bucket_brigade.equilibrium.results import document
from bucket_brigade.equilibrium.role_results import KEY
from bucket_brigade.scenario import list_scenarios


@reports_errors
def roles(
    names: Names = None,
    method: EquilibriumMethod = "auto",
    epsilon: Epsilon = None,
    confidence: Confidence = 0.95,
    budget: Budget = None,
    episodes: Annotated[
        int, typer.Option(help="Unit of episodes of a search, if sampled.")
    ] = 50_000,
    starts: Annotated[int, typer.Option(help="Random profiles to start from as well.")] = 8,
    seed: Seed = 0,
    night_order: NightOrders = None,
    end_rule: EndRule = None,
    changes: Changes = None,
    threads: Threads = None,
    backend: Backend = "auto",
    out: Annotated[Path, typer.Option(help="Where to save.")] = Path("results/roles.json"),
    as_json: AsJson = False,
) -> None:
    """Find profiles with a strategy for each seat that no seat gains by leaving.

    Each is saved as soon as its regret is known, so what was found survives an interruption.
    """
    scenarios = [
        scenario
        for name in names or list_scenarios()
        for scenario in both_orders(name, night_order, end_rule, changes)
    ]
    within = limits(budget)
    found: list[RoleEquilibrium] = []
    with status_line() as tell:
        for scenario in scenarios:
            so_far = list(found)

            def keep(profile: RoleEquilibrium, so_far: list[RoleEquilibrium] = so_far) -> None:
                so_far.append(profile)
                save_roles(so_far, out)

            def progress(text: str, name: str = scenario.name) -> None:
                tell(f"{name}: {text}")

            search = RoleSearch(
                scenario,
                num_simulations=episodes,
                starts=starts,
                epsilon=epsilon,
                confidence=confidence,
                method=method,
                seed=seed,
                threads=threads,
                backend=backend,
                on_start=progress,
                on_profile=keep,
                **within,
            )
            tell(scenario.name)
            solved = search.solve()
            if not solved:
                typer.echo(f"{scenario.name}: nothing found within the budget", err=True)
            found += solved
            save_roles(found, out)
    if as_json:
        print_json(document(found, KEY))
        return
    console().print(_table(found))
    typer.echo(f"saved to {out}")


def _table(found: list[RoleEquilibrium]) -> Table:
    orders = {each.scenario.night_order for each in found}
    table = Table(
        "scenario",
        *(["night order"] if len(orders) > 1 else []),
        "seats and their roles",
        "payoffs",
        "regret",
        "verdict",
        "starts",
    )
    for each in found:
        digits = 2 if each.method == "sampled" else 4
        verdict = (
            str(each.verdict) if each.reason == "converged" else f"{each.verdict} ({each.reason})"
        )
        table.add_row(
            each.scenario.name,
            *([each.scenario.night_order] if len(orders) > 1 else []),
            "\n".join(each.describe().split("; ")),
            "\n".join(_payoffs(each)),
            f"{each.regret.lower:.{digits}f} to {each.regret.upper:.{digits}f}",
            f"{verdict}, {each.method}",
            str(each.starts),
        )
    table.caption = "regret in points an episode: the largest gain of a seat, over the searched set"
    return table


def _payoffs(each: RoleEquilibrium) -> list[str]:
    """Of all seats, two a line."""
    texts = [
        f"{payoff:.1f} ± {error:.1f}" if each.method == "sampled" else f"{payoff:.1f}"
        for payoff, error in zip(each.payoffs, each.payoffs_stderr, strict=True)
    ]
    return [", ".join(texts[i : i + 2]) for i in range(0, len(texts), 2)]
