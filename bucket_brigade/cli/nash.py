"""``bucket-brigade nash``: equilibria of scenarios, as a table and a file."""

from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from bucket_brigade import _core
from bucket_brigade.arguments import did_you_mean
from bucket_brigade.atomic_files import is_standard_output, is_stream
from bucket_brigade.cli.beside import Beside
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
    Seat,
    Seed,
    Strict,
    Threads,
    both_orders,
    console,
    limits,
    print_json,
    reports_errors,
    status_line,
    whole,
)
from bucket_brigade.cli.markov import solve_whole_games
from bucket_brigade.cli.outputs import (
    Out,
    Plot,
    Restart,
    Resume,
    Save,
    check_outputs,
    files_of,
    kept_progress,
)
from bucket_brigade.cli.psro import solve_by_psro
from bucket_brigade.cli.tables import Column, print_table
from bucket_brigade.cli.terminal import Terminal
from bucket_brigade.cli.verdicts import check_verdicts, interval, nights_texts, payoff_text
from bucket_brigade.equilibrium import (
    DoubleOracle,
    NashEquilibrium,
    Verdict,
    check_plot,
    export_gambit,
    plot_equilibrium,
)
from bucket_brigade.equilibrium.results.documents import document
from bucket_brigade.equilibrium.results.nash import KEY, save_equilibria
from bucket_brigade.errors import InvalidValue
from bucket_brigade.evaluation.policy_gains import with_policy_gains
from bucket_brigade.exact.markov_equilibrium import SELECTORS
from bucket_brigade.game.catalogue import list_scenarios
from bucket_brigade.policies.spaces import HEURISTICS, SPACES

#: By default. With a tenth of them, the restricted games of some scenarios are too coarse for a
#: verdict.
EPISODES = 100_000
OUT = Path("results/nash.json")


#: Spaces of policies of all kinds: an equilibrium of the whole game, or a double oracle.
MARKOV, ALL = "markov", "psro"


@reports_errors
def nash(
    names: Names = None,
    space: Annotated[
        str,
        typer.Option(
            help="heuristic, agents of two numbers (p, q); firefighter, policies that work only if "
            "something burns; or of all kinds: markov, an equilibrium of the whole game, or psro, "
            "a double oracle. These two heed only --epsilon, --save and options of scenarios, "
            "threads and outputs; markov --selector, psro --max-iterations and --budget."
        ),
    ] = HEURISTICS.name,
    method: EquilibriumMethod = "auto",
    epsilon: Epsilon = None,
    confidence: Confidence = 0.95,
    budget: Budget = None,
    episodes: Annotated[
        int, whole("Episodes of each composition of strategies, if sampled.")
    ] = EPISODES,
    max_iterations: Annotated[int, whole("Restricted games to solve at most.")] = 20,
    seed: Seed = 0,
    seat: Seat = None,
    rules: Rules = None,
    night_order: NightOrders = None,
    end_rule: EndRule = None,
    changes: Changes = None,
    threads: Threads = None,
    backend: Backend = "auto",
    out: Out = OUT,
    resume: Resume = None,
    restart: Restart = False,
    plot: Plot = None,
    gambit: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write each restricted game for Gambit (.nfg); FILE as for --plot, - prints it.",
        ),
    ] = None,
    selector: Annotated[
        str,
        typer.Option(
            help=f"Which equilibrium is taken where a night and state have several, with --space "
            f"markov: {', '.join(SELECTORS)}."
        ),
    ] = SELECTORS[0],
    save: Save = None,
    judge: Annotated[
        bool,
        typer.Option(
            help="Also compute what seats gain by their best policies of any kind, unless that "
            "takes more than a minute a scenario. It is not in --budget."
        ),
    ] = True,
    strict: Strict = False,
    as_json: AsJson = False,
    progress_style: ProgressStyle = "auto",
) -> None:
    """Compute a symmetric equilibrium of each scenario, and save it as soon as it is found.

    Interrupted, it shows what was found, and goes on where it was with --resume.
    """
    known = [*SPACES, MARKOV, ALL]
    if space not in known:
        allowed = f"one of {', '.join(known)}{did_you_mean(space, known)}"
        raise InvalidValue("--space", repr(space), allowed)
    if plot is not None:
        if space != HEURISTICS.name:
            raise InvalidValue("--plot", repr(str(plot)), "a picture of (p, q), without --space")
        check_plot(plot)
    scenarios = [
        scenario
        for name in names or list_scenarios()
        for scenario in both_orders(name, night_order, end_rule, changes, rules)
    ]
    if space != MARKOV and selector != SELECTORS[0]:
        raise InvalidValue("--selector", repr(selector), f"with --space {MARKOV} only")
    if space in (MARKOV, ALL):
        _check_unused(space, method, budget if space == MARKOV else None, seat, gambit, judge)
        running: dict[str, Any] = {
            "epsilon": epsilon,
            "threads": threads,
            "out": out if out != OUT else out.with_name(f"{space}.json"),
            "resume": resume,
            "restart": restart,
            "save": save,
            "strict": strict,
            "as_json": as_json,
            "progress_style": progress_style,
        }
        if space == MARKOV:
            solve_whole_games(scenarios, names, selector=selector, **running)
        else:
            solve_by_psro(scenarios, names, max_iterations=max_iterations, budget=budget, **running)
        return
    if save is not None:
        allowed = f"with --space {MARKOV} or {ALL} only"
        raise InvalidValue("--save", repr(str(save)), allowed)
    within = limits(budget)
    as_json = as_json or is_standard_output(out)
    drawn = files_of("--plot", plot, scenarios)
    written = files_of("--gambit", gambit, scenarios)
    printed = check_outputs(
        [
            ("--out", None if is_standard_output(out) else out),
            *(("--plot", file) for file in drawn),
            *(("--gambit", file) for file in written),
        ],
        as_json,
        names,
    )
    found: list[NashEquilibrium] = []
    refused: InvalidValue | None = None

    def keep() -> None:
        if not is_stream(out):
            save_equilibria(found, out)

    def judged(i: int, gains: NashEquilibrium) -> None:
        found[i] = gains
        keep()

    # Where threads or time are limited, each search has what was asked for to itself; and on one
    # core there is nothing to be won.
    beside = threads is None and "budget_seconds" not in within and _core.pool_threads() > 1
    try:
        with status_line(progress_style) as tell:
            # All before the first is solved: a parameter may be wrong for the last only.
            oracles = [
                DoubleOracle(
                    scenario,
                    num_simulations=episodes,
                    max_iterations=max_iterations,
                    epsilon=epsilon,
                    confidence=confidence,
                    method=method,
                    seed=seed,
                    seat=seat,
                    threads=threads,
                    backend=backend,
                    space=space,
                    **within,
                )
                for scenario in scenarios
            ]
            with (
                kept_progress(
                    out,
                    resume,
                    restart,
                    key="equilibrium",
                    dump=NashEquilibrium.to_dict,
                    load=NashEquilibrium.from_dict,
                ) as progress,
                Beside[NashEquilibrium]() as gains,
            ):
                progress.check(oracles)
                for i, oracle in enumerate(oracles):
                    tell(f"{oracle.scenario.name}: {i + 1} of {len(oracles)}")
                    found.append(progress.solve(oracle))
                    keep()  # also where its gains are to come, should they be interrupted
                    if judge:
                        tell(f"{oracle.scenario.name}: any policy, {i + 1} of {len(oracles)}")
                        gains.begin(
                            partial(with_policy_gains, found[i], threads=threads),
                            partial(judged, i),
                        )
                        if not beside:
                            gains.wait()
                    if plot is not None:
                        plot_equilibrium(found[-1], drawn[i], threads=threads, backend=backend)
                    if gambit is not None:
                        try:
                            export_gambit(found[-1], written[i])
                        except InvalidValue as error:  # a game too large, the next may be smaller
                            refused = error
                gains.wait()
                progress.finish()
    finally:
        # Whatever ended it, a full disk or Ctrl-C: what was found is shown.
        if found:
            _show(found, out, as_json, printed)
    if refused is not None:
        raise refused
    check_verdicts([(each.scenario.name, each.regret) for each in found], strict)


def _check_unused(
    space: str,
    method: str,
    budget: str | None,
    seat: int | None,
    gambit: Path | None,
    judge: bool,
) -> None:
    """Refuse options that mean nothing where the whole game is solved."""
    given: list[tuple[str, object, bool]] = [
        ("--method", method, method in ("auto", "exact")),
        ("--budget", budget, budget is None),
        ("--seat", seat, seat is None),
        ("--gambit", gambit and str(gambit), gambit is None),
        ("--no-judge", "given", judge),
    ]
    for option, value, fits in given:
        if not fits:
            raise InvalidValue(option, repr(value), f"nothing, with --space {space}")


def _show(found: list[NashEquilibrium], out: Path, as_json: bool, printed: bool) -> None:
    """Prints a table or JSON, and what goes to a pipe."""
    if as_json:
        print_json(document(found, KEY))
    else:
        _print(found, console(stderr=printed))
    if is_stream(out) and not is_standard_output(out):
        save_equilibria(found, out)
    if not as_json:
        console(stderr=printed).note(f"saved to {out}")


def _print(found: list[NashEquilibrium], out: Terminal) -> None:
    orders = {each.scenario.night_order for each in found}
    judged = any(each.policy_gains is not None for each in found)
    columns = [
        Column("scenario"),
        *([Column("night order")] if len(orders) > 1 else []),
        Column("equilibrium", prose=True),
        Column("payoff", right=True),
        Column("nights", right=True),
        Column("a night", right=True),
        Column("regret", right=True, prose=True),
        *([Column("any policy gains", right=True, prose=True)] if judged else []),
        Column("verdict", prose=True),
        Column("seconds", right=True),
    ]
    rows = [
        [
            each.scenario.name,
            *([each.scenario.night_order] if len(orders) > 1 else []),
            each.describe(),
            payoff_text(each.payoff, each.payoff_stderr, each.regret.is_exact),
            *nights_texts(each.nights, each.payoff_a_night),
            interval(each.regret),
            *([_gain_text(each)] if judged else []),
            f"{_verdict(each)}, {each.method}",
            f"{each.seconds:.1f}",
        ]
        for each in found
    ]
    total = sum(each.seconds for each in found)
    caption = (
        f"{total:.1f} s in all; payoff of an episode, its mean nights, payoff of a night; "
        "regret in points an episode, over the searched set"
    )
    if judged:
        caption += "; any policy gains: what a seat gains by its best policy of any kind"
    if spaces := {each.space for each in found} - {HEURISTICS.name}:
        caption += f" of {' and '.join(sorted(spaces))} policies"
    print_table(out, columns, rows, caption=caption, keys=2 if len(orders) > 1 else 1)


def _gain_text(each: NashEquilibrium) -> str:
    """The largest gain of a seat over all policies, up to the bound where others mix."""
    if each.policy_gains is None:
        return "–"
    low, high = f"{each.exploitability:.1f}", f"{each.exploitability_at_most:.1f}"
    return low if low == high else f"{low} to {high}"


def _verdict(each: NashEquilibrium) -> str:
    certified = each.verdict == Verdict.CERTIFIED
    return str(each.verdict) if certified else f"{each.verdict} ({each.reason})"
