"""The section on the ladder: one scenario, and all of them."""

from collections.abc import Mapping
from typing import Any

from bench.ladder.work import ALLOWED, ROUNDS
from bench.text import brief, timed
from bucket_brigade.cli.nash import EPISODES as EPISODES_OF_NASH
from docs._generate.markdown import median, table
from docs._generate.performance.stored import Figures, missing, source

#: Files that hold a ladder, and what stands above each.
LADDERS = {"ladder": "One scenario", "ladder_all": "All scenarios"}


def ladder_section(found: Mapping[str, Figures]) -> list[str]:
    """Every ladder that there is, and what makes those that are missing."""
    lines: list[str] = []
    for name, title in LADDERS.items():
        lines += ["", f"### {title}", ""]
        lines += one_ladder(name, found[name]) if name in found else missing(name)
    return lines[1:]


def one_ladder(name: str, whole: Figures) -> list[str]:
    """The table of rungs and its plot, what is not counted in it, and the whole computation."""
    rows = [rung_cells(row) for row in whole["rows"]]
    if "exact" in whole:
        rows.append(exact_cells(whole))
    of = ", ".join(whole.get("scenarios", [])) or "the scenario"
    asked = ""
    if "episodes" in whole:
        asked = f", {whole['episodes']:,} episodes an entry and focal seat"
    rounds = f", medians of {whole['rounds']} rounds" if "rounds" in whole else ""
    lines = [
        f"The archetype payoff matrix of {of}{asked}{rounds}. A total marked ~ is extrapolated "
        f"from a share of the work{shares(whole)} that was really done. Ratios are of nights per "
        "second; of the exact engine, which plays none, of wall time.",
        "",
        *table(rung_header(), rows, 2),
        "",
        f"![{LADDERS[name].lower()}](performance_{name}.svg)",
        *agreement(whole),
        *set_up(whole),
        *nash_lines(whole),
    ]
    return [*lines, "", source(name, whole, command_of(name, whole))]


def command_of(name: str, whole: Figures) -> str:
    """The command that measures these scenarios."""
    words, scenarios = ["python -m bench ladder"], whole.get("scenarios", [])
    if len(scenarios) > 1:
        words.append("--all")
    elif scenarios and scenarios != ["default"]:
        words.append(f"--scenario {scenarios[0]}")
    if whole.get("rounds", ROUNDS) != ROUNDS:
        words.append(f"--rounds {whole['rounds']}")
    nash = whole.get("nash")
    if nash:
        words.append("--nash")
        if nash.get("num_simulations", EPISODES_OF_NASH) != EPISODES_OF_NASH:
            words.append(f"--nash-episodes {nash['num_simulations']}")
    return " ".join([*words, f"--json bench/results/{name}.json"])


def rung_header() -> list[str]:
    """The head of a table of rungs."""
    rates = ["wall time", "episodes/s", "nights/s", "over the one before", "over 0"]
    return ["rung", "what", *rates]


def rung_cells(row: Figures) -> list[str]:
    """A rung as a row of the table."""
    label, what = str(row.get("rung", "")), str(row.get("what", ""))
    wall = median(row.get("wall_seconds"))
    if row.get("absent") or wall is None:
        return [label, f"{what}: {row.get('absent') or 'not measured'}", *[""] * 5]
    keys = ("episodes_per_second", "nights_per_second", "over_the_one_before", "over_the_first")
    figures = [median(row.get(key)) for key in keys]
    cells = ["" if x is None else brief(x) for x in figures]
    return [label, what, _about(row) + timed(wall), *cells]


def exact_cells(whole: Figures) -> list[str]:
    """The row of the exact engine."""
    exact = median(whole["exact"]["wall_seconds"])
    first = median(whole["rows"][0].get("wall_seconds")) if whole["rows"] else None
    over = "" if exact is None or first is None else brief(first / exact)
    taken = "" if exact is None else timed(exact)
    return ["", str(whole["exact"]["what"]), taken, "", "", "", over]


def agreement(whole: Figures) -> list[str]:
    """Whether the rungs found the same."""
    if "agrees" not in whole:
        return []
    agree = "agree with" if whole["agrees"] else "**do not all agree with**"
    errors = [row["largest_error"] for row in whole["rows"] if "largest_error" in row]
    worst = f": the largest difference is {max(errors):.1f}" if errors else ""
    return [
        "",
        f"Payoffs of the rungs {agree} the exact ones within {ALLOWED:g} standard errors{worst}.",
    ]


def shares(whole: Figures) -> str:
    """The least and the largest share of the work that rungs did which did not do all of it."""
    found = [row["share"] for row in whole["rows"] if row.get("extrapolated") and "share" in row]
    return f", {100 * min(found):.2g}% to {100 * max(found):.2g}% of it," if found else ""


def set_up(whole: Figures) -> list[str]:
    """Set-up that is done once, such as compiling, and the versions of compilers."""
    once = [
        f"{row['what']} {timed(row['setup_seconds'])}"
        for row in whole["rows"]
        if row.get("setup_seconds")
    ]
    versions = [
        f"{what} {version}" for what, version in whole.get("versions", {}).items() if version
    ]
    lines = []
    if once:
        lines = ["", f"Compiling and starting processes, once and not counted: {'; '.join(once)}."]
    if versions:
        lines += ["", f"With {', '.join(versions)}."]
    return lines


def nash_lines(whole: Figures) -> list[str]:
    """The whole computation of equilibria."""
    nash = whole.get("nash")
    if not nash:
        return []
    cells = [
        [
            row["rung"],
            row["what"],
            _about(row) + timed(row["wall_seconds"]),
            brief(row["over_the_first"]),
        ]
        for row in nash["rows"]
    ]
    lines = [
        "",
        f"The whole Nash computation, {nash['nights']:,} nights, as `bucket-brigade nash` does it "
        "with sampled payoffs. It was run on rung 3b, and with exact payoffs; times marked ~ are "
        "what other rungs would take for its nights:",
        "",
        *table(["rung", "what", "wall time", "over 0"], cells, 2),
    ]
    if len(nash.get("sampled", [])) == len(nash.get("exact", [])) > 0:
        solved = [
            [a["scenario"], a["verdict"], b["verdict"], timed(a["seconds"]), timed(b["seconds"])]
            for a, b in zip(nash["sampled"], nash["exact"], strict=True)
        ]
        header = ["scenario", "sampled", "exact", "time, sampled", "time, exact"]
        lines += ["", *table(header, solved, 3)]
    return lines


def _about(row: Mapping[str, Any]) -> str:
    return "~ " if row["extrapolated"] else ""
