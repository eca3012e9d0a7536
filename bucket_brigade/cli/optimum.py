"""``bucket-brigade optimum``: the most that all agents together could get, exactly."""

import time

from bucket_brigade.cli.common import (
    AsJson,
    Changes,
    EndRule,
    Names,
    NightOrders,
    ProgressStyle,
    Rules,
    Threads,
    both_orders,
    console,
    print_json,
    progress_bar,
    reports_errors,
)
from bucket_brigade.cli.outputs import Save, check_outputs, files_of
from bucket_brigade.cli.tables import Column, print_table
from bucket_brigade.cli.terminal import Terminal
from bucket_brigade.equilibrium.results.documents import versions
from bucket_brigade.evaluation.common_heuristic import CommonHeuristic, best_common_heuristic
from bucket_brigade.exact.team_optimum import TeamOptimum, team_optimum
from bucket_brigade.game.catalogue import list_scenarios
from bucket_brigade.policies.saved import save_policies


@reports_errors
def optimum(
    names: Names = None,
    rules: Rules = None,
    night_order: NightOrders = None,
    end_rule: EndRule = None,
    changes: Changes = None,
    threads: Threads = None,
    save: Save = None,
    as_json: AsJson = False,
    progress_style: ProgressStyle = "auto",
) -> None:
    """Compute the largest mean payoff that any policies of all seats have, and these policies.

    Nothing is sampled, and no other policies of any kind do better together. Beside it stands the
    best (p, q) that all seats can have in common.
    """
    scenarios = [
        scenario
        for name in names or list_scenarios()
        for scenario in both_orders(name, night_order, end_rule, changes, rules)
    ]
    files = files_of("--save", save, scenarios)
    check_outputs((("--save", file) for file in files), as_json, names)
    found: list[tuple[TeamOptimum, CommonHeuristic | None, float]] = []
    try:
        for i, scenario in enumerate(scenarios):
            begun = time.perf_counter()
            title = f"{scenario.name}: {i + 1} of {len(scenarios)}"
            with progress_bar(title, progress_style) as progress:
                best = team_optimum(scenario, threads=threads, progress=progress)
            seconds = time.perf_counter() - begun
            found.append((best, None, seconds))  # should the rest be interrupted
            if files:
                save_policies(best.policies, files[i], scenario)
            found[-1] = (best, best_common_heuristic(scenario, threads=threads), seconds)
    finally:
        # Whatever ended it, a full disk or Ctrl-C: what was found is shown.
        if as_json and found:
            told = [
                {
                    **best.to_dict(),
                    "best_common_heuristic": common and common.to_dict(),
                    "seconds": seconds,
                }
                for best, common, seconds in found
            ]
            print_json({**versions(), "optima": told})
        elif found:
            _print(found, console())


def _print(found: list[tuple[TeamOptimum, CommonHeuristic | None, float]], out: Terminal) -> None:
    orders = len({best.scenario.night_order for best, *_ in found}) > 1
    columns = [
        Column("scenario"),
        *([Column("night order")] if orders else []),
        Column("payoff", right=True),
        Column("nights", right=True),
        Column("a night", right=True),
        Column("worked a seat", right=True, prose=True),
        Column("to the last night", right=True, prose=True),
        Column("best common (p, q)", prose=True),
        Column("its payoff", right=True, prose=True),
        Column("seconds", right=True),
    ]
    rows = [
        [
            best.scenario.name,
            *([best.scenario.night_order] if orders else []),
            f"{best.payoff:.2f}",
            f"{best.nights:.1f}",
            f"{best.payoff / best.nights:.2f}",
            f"{best.counts.worked[0].mean():.1f}",
            f"{best.counts.ended[0, -1]:.1%}",
            *(["–"] * 2 if common is None else _common_texts(common)),
            f"{seconds:.1f}",
        ]
        for best, common, seconds in found
    ]
    caption = (
        "exact; payoff of an episode, its mean nights, payoff of a night: the largest mean over "
        "seats that any policies have; to the last night: episodes that go on until max_nights; "
        "best common (p, q): what all seats could agree on as heuristic agents"
    )
    print_table(out, columns, rows, caption=caption, keys=2 if orders else 1)


def _common_texts(common: CommonHeuristic) -> list[str]:
    return [f"{common.p:.3g}, {common.q:.3g}", f"{common.payoff:.2f}"]
