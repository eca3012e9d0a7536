"""Games solved over policies of all kinds, one after another: what `nash` does in such spaces."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import typer

from bucket_brigade.atomic_files import is_standard_output, is_stream, write_json
from bucket_brigade.cli.common import FAILED, console, print_json, say
from bucket_brigade.cli.outputs import check_outputs, kept_progress
from bucket_brigade.cli.tables import Column, print_table
from bucket_brigade.equilibrium.results.documents import versions
from bucket_brigade.equilibrium.results.saved import Computation

__all__ = ["check_policy_files", "solve_policy_games"]

#: The columns of a space, with the text of a result.
Columns = Sequence[tuple[Column, Callable[[dict[str, Any]], str]]]


def check_policy_files(
    files: Sequence[Path], names: Sequence[str] | None, out: Path, as_json: bool
) -> bool:
    """Check where results and policies go: whether standard output is a file's."""
    return check_outputs(
        [
            ("--out", None if is_standard_output(out) else out),
            *(("--save", file) for file in files),
        ],
        as_json,
        names,
    )


def solve_policy_games(
    games: Sequence[Computation[dict[str, Any]]],
    *,
    key: str,
    columns: Columns,
    caption: str,
    out: Path,
    resume: str | None,
    restart: bool,
    strict: bool,
    as_json: bool,
    printed: bool,
) -> None:
    """Solve each game, and save and show what was found as soon as it is.

    Results are as JSON knows them, each a `key`; `printed` says whether standard output
    is a file's, so that tables are for standard error.
    """
    found: list[dict[str, Any]] = []

    def document() -> dict[str, Any]:
        return {**versions(), key.removesuffix("um") + "a": found}

    def show() -> None:
        if as_json:
            print_json(document())
        else:
            _print(found, columns, caption, printed)
        if is_stream(out) and not is_standard_output(out):
            write_json(document(), out)
        if not as_json:
            console(stderr=printed).note(f"saved to {out}")

    try:
        with kept_progress(out, resume, restart, key=key, dump=dict, load=dict) as progress:
            progress.check(games)
            for game in games:
                found.append(progress.solve(game))
                if not is_stream(out):
                    write_json(document(), out)
            progress.finish()
    finally:
        # Whatever ended it, a full disk or Ctrl-C: what was found is shown.
        if found:
            show()
    doubtful = [each["scenario"]["name"] for each in found if each["verdict"] != "certified"]
    if strict and doubtful:
        say(f"not certified: {', '.join(doubtful)}")
        raise typer.Exit(FAILED)


def _print(found: Sequence[dict[str, Any]], columns: Columns, caption: str, printed: bool) -> None:
    orders = len({each["scenario"]["night_order"] for each in found}) > 1
    shared: Columns = [
        (Column("payoff", right=True), lambda each: f"{each['payoff']:.2f}"),
        (
            Column("of seats", prose=True),
            lambda each: " ".join(f"{payoff:.1f}" for payoff in each["payoffs"]),
        ),
        (Column("nights", right=True), lambda each: f"{each['nights']:.1f}"),
        (Column("a night", right=True), lambda each: f"{each['payoff_a_night']:.2f}"),
        *columns,
        (Column("verdict", prose=True), lambda each: each["verdict"]),
        (Column("seconds", right=True), lambda each: f"{each['seconds']:.1f}"),
    ]
    rows = [
        [
            each["scenario"]["name"],
            *([each["scenario"]["night_order"]] if orders else []),
            *(text(each) for _, text in shared),
        ]
        for each in found
    ]
    heads = [
        Column("scenario"),
        *([Column("night order")] if orders else []),
        *(column for column, _ in shared),
    ]
    print_table(console(stderr=printed), heads, rows, caption=caption, keys=2 if orders else 1)
