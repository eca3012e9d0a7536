"""``bucket-brigade roles``: profiles that no seat gains by leaving, as a table and a file."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

from bucket_brigade.atomic_files import is_standard_output, is_stream
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
    ProgressStyle,
    Rules,
    Seed,
    Strict,
    Threads,
    both_orders,
    console,
    limits,
    print_json,
    reports_errors,
    say,
    status_line,
    whole,
)
from bucket_brigade.cli.outputs import (
    Out,
    Plot,
    Restart,
    Resume,
    check_outputs,
    files_of,
    kept_progress,
)
from bucket_brigade.cli.tables import Column, print_table
from bucket_brigade.cli.terminal import Terminal
from bucket_brigade.cli.verdicts import check_verdicts, interval, nights_texts, payoff_text
from bucket_brigade.equilibrium import (
    RoleEquilibrium,
    RoleSearch,
    check_plot,
    plot_roles,
    save_roles,
)
from bucket_brigade.equilibrium.results.documents import document
from bucket_brigade.equilibrium.results.roles import KEY
from bucket_brigade.game.catalogue import list_scenarios


@reports_errors
def roles(
    names: Names = None,
    method: EquilibriumMethod = "auto",
    epsilon: Epsilon = None,
    confidence: Confidence = 0.95,
    budget: Budget = None,
    episodes: Annotated[int, whole("Unit of episodes of a search, if sampled.")] = 50_000,
    starts: Annotated[int, whole("Random profiles to start from as well.")] = 8,
    seed: Seed = 0,
    rules: Rules = None,
    night_order: NightOrders = None,
    end_rule: EndRule = None,
    changes: Changes = None,
    threads: Threads = None,
    backend: Backend = "auto",
    out: Out = Path("results/roles.json"),
    resume: Resume = None,
    restart: Restart = False,
    plot: Plot = None,
    strict: Strict = False,
    as_json: AsJson = False,
    progress_style: ProgressStyle = "auto",
) -> None:
    """Find profiles with a strategy for each seat that no seat gains by leaving.

    Each is saved as soon as its regret is known; --resume goes on after an interruption.
    """
    if plot is not None:
        check_plot(plot)
    scenarios = [
        scenario
        for name in names or list_scenarios()
        for scenario in both_orders(name, night_order, end_rule, changes, rules)
    ]
    within = limits(budget)
    as_json = as_json or is_standard_output(out)
    drawn = files_of("--plot", plot, scenarios)
    printed = check_outputs(
        [
            ("--out", None if is_standard_output(out) else out),
            *(("--plot", file) for file in drawn),
        ],
        as_json,
        names,
    )
    found: list[RoleEquilibrium] = []
    finished = False

    def keep(profile: RoleEquilibrium) -> None:
        found.append(profile)
        if not is_stream(out):
            save_roles(found, out)

    try:
        with status_line(progress_style) as tell:
            # All before the first search: a parameter may be wrong for the last only.
            searches = [
                RoleSearch(
                    scenario,
                    num_simulations=episodes,
                    starts=starts,
                    epsilon=epsilon,
                    confidence=confidence,
                    method=method,
                    seed=seed,
                    threads=threads,
                    backend=backend,
                    on_profile=keep,
                    **within,
                )
                for scenario in scenarios
            ]
            with kept_progress(
                out,
                resume,
                restart,
                key="roles",
                dump=lambda solved: [profile.to_dict() for profile in solved],
                load=lambda entries: [RoleEquilibrium.from_dict(entry) for entry in entries],
            ) as progress:
                progress.check(searches)
                for number, search in enumerate(searches):
                    tell(f"{search.scenario.name}: {number + 1} of {len(searches)}")
                    before = len(found)
                    solved = progress.solve(search)
                    if not solved:
                        say(f"{search.scenario.name}: nothing found within the budget")
                    found[before:] = solved  # in their order
                    if not is_stream(out):
                        save_roles(found, out)
                    if plot is not None and solved:
                        plot_roles(solved, drawn[number], threads=threads, backend=backend)
                progress.finish()
        finished = True
    finally:
        # Whatever ended it, a full disk or Ctrl-C: what was found is shown.
        if found or finished:
            _show(found, out, as_json, printed)
    check_verdicts([(each.scenario.name, each.regret) for each in found], strict)


def _show(found: list[RoleEquilibrium], out: Path, as_json: bool, printed: bool) -> None:
    """Prints a table or JSON, and what goes to a pipe; `printed` where a file is printed."""
    if as_json:
        print_json(document(found, KEY))
    else:
        _print(found, console(stderr=printed))
    if is_stream(out) and not is_standard_output(out):
        save_roles(found, out)
    if not as_json:
        console(stderr=printed).note(f"saved to {out}")


def _print(found: list[RoleEquilibrium], out: Terminal) -> None:
    orders = {each.scenario.night_order for each in found}
    columns = [
        Column("scenario"),
        *([Column("night order")] if len(orders) > 1 else []),
        Column("seats and their roles"),
        Column("payoffs", prose=True),
        Column("nights", right=True),
        Column("a night", prose=True),
        Column("regret", right=True, prose=True),
        Column("verdict", prose=True),
        Column("starts", right=True),
    ]
    rows = []
    for each in found:
        converged = each.reason == "converged"
        verdict = str(each.verdict) if converged else f"{each.verdict} ({each.reason})"
        nights = [nights_texts(each.nights, payoff) for payoff in each.payoffs_a_night]
        rows.append(
            [
                each.scenario.name,
                *([each.scenario.night_order] if len(orders) > 1 else []),
                "\n".join(each.describe().split("; ")),
                _in_pairs(
                    payoff_text(payoff, error, each.regret.is_exact)
                    for payoff, error in zip(each.payoffs, each.payoffs_stderr, strict=True)
                ),
                nights[0][0],
                _in_pairs(a_night for _, a_night in nights),
                interval(each.regret),
                f"{verdict}, {each.method}",
                str(each.starts),
            ]
        )
    caption = (
        "payoffs seat by seat, of an episode and of a night; regret in points an episode: the "
        "largest gain of a seat, over the searched set"
    )
    print_table(out, columns, rows, caption=caption, keys=2 if len(orders) > 1 else 1)


def _in_pairs(texts: Iterable[str]) -> str:
    """Of all seats, two a line."""
    listed = list(texts)
    return "\n".join(", ".join(listed[i : i + 2]) for i in range(0, len(listed), 2))
