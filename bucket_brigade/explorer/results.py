"""Results as the page shows them: equilibria with verdicts, judgements, optima, payoff matrices.

An entry has a `kind`, a `title`, its `scenario`, what it pays (`payoff`, mean over seats, `nights`
and `payoff_a_night`), a verdict in a word and in a sentence where there is one, and tables with
numbers that nothing has rounded.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bucket_brigade.equilibrium.results.certified import CertifiedResult, or_null
from bucket_brigade.equilibrium.results.documents import SCHEMA_VERSION
from bucket_brigade.equilibrium.results.nash import NashEquilibrium, load_equilibria
from bucket_brigade.equilibrium.results.policies import PolicyEquilibrium
from bucket_brigade.equilibrium.results.roles import RoleEquilibrium, load_roles, role_names
from bucket_brigade.equilibrium.verdict.regret import Verdict
from bucket_brigade.errors import InvalidFile, shown
from bucket_brigade.evaluation.judge import Judgement
from bucket_brigade.evaluation.matrix import PayoffMatrix
from bucket_brigade.exact.markov_equilibrium import MarkovEquilibrium
from bucket_brigade.exact.team_optimum import TeamOptimum
from bucket_brigade.explorer.documents import is_number, read_json
from bucket_brigade.explorer.parameters import parameters
from bucket_brigade.explorer.sources import named_by_source
from bucket_brigade.explorer.surfaces import restricted_game, seat_name, seat_surfaces, surface
from bucket_brigade.game.lineup_result import describe_lineup
from bucket_brigade.game.scenario import Scenario
from bucket_brigade.policies.spaces import HEURISTICS

__all__ = ["joined", "of_file", "of_object"]

Entry = dict[str, Any]

#: Deviations that are listed: those that gain most.
MOST_DEVIATIONS = 12
#: A gain, in points, that is as good as none, where a result does not say what is.
EPSILON = 1e-6


def of_object(thing: object) -> list[Entry] | None:
    """The entry of a result; None for anything else."""
    for kind, describe in _OF_OBJECTS.items():
        if isinstance(thing, kind):
            return [describe(thing)]
    return None


def of_file(path: Path) -> list[Entry] | None:
    """Entries of the JSON that a command printed or saved; None for another kind of file."""
    data = read_json(path)
    if not isinstance(data, dict):
        return None
    kind = next((key for key in ("equilibria", "roles", *_OF_DOCUMENTS) if key in data), None)
    if kind is None:
        return None
    try:
        entries = _of_kind(kind, path, data)
    except InvalidFile:
        raise
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        reason = f"one of its {kind} is incomplete or damaged ({type(error).__name__}: {error})"
        raise InvalidFile(f"{path}: {reason}") from error
    return [{**entry, "source": path} for entry in entries] or None


def joined(entries: Sequence[Entry]) -> list[Entry]:
    """Entries with parameters of their games, and with names of the files that some are from."""
    return [
        {**entry, "parameters": parameters(Scenario.from_dict(entry["scenario"]))}
        for entry in named_by_source(entries)
    ]


def _of_kind(kind: str, path: Path, data: Mapping[str, Any]) -> list[Entry]:
    """Entries of a document with a key that says what it is."""
    if kind == "equilibria":
        return [_checked(_nash(found), unknown=True) for found in load_equilibria(path)]
    if kind == "roles":
        return [_checked(_roles(found), unknown=True) for found in load_roles(path)]
    version = data.get("schema_version", SCHEMA_VERSION)
    if version != SCHEMA_VERSION:
        reason = f"schema version {version!r}; this program reads {SCHEMA_VERSION}"
        raise InvalidFile(f"{path}: {reason}")
    describe = _OF_DOCUMENTS[kind]
    return [_checked(describe(each)) for each in (data[kind] if kind in _LISTS else [data])]


def _checked(entry: Entry, *, unknown: bool = False) -> Entry:
    """An entry made of a file, whose numbers are such; or None, where that is `unknown`.

    Raises
    ------
    ValueError
        For the first that is not.
    """

    def check(name: str, value: object) -> None:
        if not is_number(value) and not (unknown and value is None):
            raise ValueError(f"{name} is {shown(value)}, not a finite number")

    for name in ("payoff", "payoff_stderr", "nights", "payoff_a_night", "exploitability"):
        if name in entry:
            check(name, entry[name])
    for name, value in entry.get("interval", {}).items():
        check(name, value)
    for name in ("seats", "deviations"):
        table = entry.get(name) or {"rows": []}
        for row in table["rows"]:
            for value in row:
                if not isinstance(value, str):
                    check(f"a number of {name}", value)
    if entry.get("seats"):
        rows, seats = entry["seats"]["rows"], entry["scenario"]["num_agents"]
        if len(rows) != seats:
            raise ValueError(f"it has {len(rows)} seats, of {seats}")
    return entry


# Equilibria over (p, q).


def _nash(found: NashEquilibrium) -> Entry:
    others = "" if found.seat is None else f" of seat {seat_name(found.seat)}"
    over = "(p, q)" if found.space == HEURISTICS.name else f"the space {found.space}"
    drawn = surface(found)
    gains = found.policy_gains or ()
    return {
        **_certified(found),
        "kind": "nash",
        "title": f"Equilibrium{others} over {over}",
        "plays": found.describe(),
        "payoff": or_null(found.payoff),
        "payoff_stderr": or_null(found.payoff_stderr),
        "payoff_a_night": or_null(found.payoff_a_night),
        "exploitability": or_null(found.exploitability),
        "surfaces": [] if drawn is None else [drawn],
        "restricted_game": restricted_game(found),
        "seats": gains
        and _table(
            "What a seat gains by its best policy of any kind, if the others stay",
            ["seat", "gain, points an episode", "no policy gains more than"],
            [[seat_name(each.seat), each.gain, each.at_most] for each in gains],
        ),
    }


def _roles(found: RoleEquilibrium) -> Entry:
    rows = zip(role_names(found.strategies), found.payoffs, found.payoffs_stderr, strict=True)
    mean = sum(found.payoffs) / len(found.payoffs)
    return {
        **_certified(found),
        "kind": "roles",
        "title": "Equilibrium with a strategy for each seat",
        "plays": found.describe(),
        "payoff": or_null(mean),
        "payoff_a_night": or_null(mean / found.nights),
        "surfaces": seat_surfaces(found),
        "seats": _table(
            "What each seat plays and gets",
            ["seat", "plays", "payoff, points an episode", "standard error"],
            [
                [seat_name(seat), name, or_null(of), or_null(e)]
                for seat, (name, of, e) in enumerate(rows)
            ],
        ),
    }


def _certified(found: CertifiedResult) -> Entry:
    regret, labels = found.regret, found.labels
    listed = found.deviations[:MOST_DEVIATIONS]
    return {
        "scenario": found.scenario.to_dict(),
        "method": found.method,
        "nights": or_null(found.nights),
        "verdict": str(found.verdict),
        "words": _words(found),
        "interval": {
            "lower": regret.lower,
            "upper": regret.upper if math.isfinite(regret.upper) else None,
            "epsilon": regret.epsilon,
            "confidence": regret.confidence,
        },
        "deviations": _table(
            "What the strategies gain that were compared, one player at a time"
            + ("" if len(listed) == len(found.deviations) else f"; the first {MOST_DEVIATIONS}"),
            ["strategy", "seats", "gain, points an episode", "standard error"],
            [
                [
                    labels[each.strategy],
                    ", ".join(map(seat_name, each.seats)),
                    or_null(each.gain),
                    or_null(each.stderr),
                ]
                for each in listed
            ],
        ),
    }


def _words(found: CertifiedResult) -> str:
    """The verdict as a sentence, with the set it holds over."""
    regret = found.regret
    searched = found.searched  # type: ignore[attr-defined]  # both kinds have it
    space = searched["space"] if isinstance(searched, Mapping) else searched[0]["space"]
    over = space if isinstance(space, str) else f"the parameters {', '.join(space)}"
    among = f"{over}, the archetypes and the strategies of the search"
    sure = (
        "This is exact, up to rounding."
        if regret.is_exact
        else f"This was sampled, and holds with probability {regret.confidence:g} at least."
    )
    if not regret.rounds:
        return f"Undecided: nothing was measured. The verdict would have been over {among}."
    if found.verdict == Verdict.CERTIFIED:
        gain = f"nobody gains more than {regret.epsilon:g} points an episode by leaving alone"
        return f"Certified: {gain}, among {among}. {sure}"
    if found.verdict == Verdict.REFUTED:
        gain = f"somebody gains at least {regret.lower:.4g} points an episode by leaving alone"
        return f"Refuted: {gain}, which is more than {regret.epsilon:g}. {sure}"
    most = f"{regret.upper:.4g}" if math.isfinite(regret.upper) else "no known limit of"
    gain = f"the most that anybody gains by leaving alone is {regret.lower:.4g} to {most} points"
    return f"Undecided: {gain}, among {among}; {regret.epsilon:g} is allowed. {sure}"


# Policies of every kind, as JSON knows their results.


def _judged(data: Mapping[str, Any]) -> Entry:
    seats = data["seats"]
    lineup = [describe_lineup([_seat_in_words(seat)]) for seat in data["lineup"]]
    tried = all(each["best_heuristic"] is not None for each in seats)
    rows = []
    for name, each in zip(lineup, seats, strict=True):
        best, answer = each["best_heuristic"], each["best_response"]
        rows.append(
            [
                seat_name(each["seat"]),
                name,
                each["payoff"],
                each["worked"],
                *([f"{best['p']:.4g}, {best['q']:.4g}", best["gain"]] if tried else []),
                answer["gain"],
                answer["gain_at_most"],
                answer["nights"],
                answer["worked"],
            ]
        )
    payoff = sum(each["payoff"] for each in seats) / len(seats)
    return {
        "kind": "judge",
        "title": "A line-up, judged",
        "scenario": _scenario(data),
        "method": "exact",
        "plays": describe_lineup(data["lineup"]),
        "payoff": payoff,
        "nights": data["nights"],
        "payoff_a_night": payoff / data["nights"],
        "exploitability": data["exploitability"],
        "words": (
            f"By its best policy of any kind, one seat gains {data['exploitability']:.4g} points "
            "an episode if it alone leaves; no seat gains more than "
            f"{data['exploitability_at_most']:.4g}. This is exact, up to rounding."
        ),
        "seats": _table(
            "What each seat gets, and gains if it alone leaves the line-up",
            [
                "seat",
                "plays",
                "payoff, points an episode",
                "nights worked",
                *(["best (p, q)", "gain by (p, q)"] if tried else []),
                "gain by any policy",
                "no policy gains more than",
                "nights then",
                "nights it works then",
            ],
            rows,
        ),
    }


def _optimum(data: Mapping[str, Any]) -> Entry:
    common = data.get("best_common_heuristic")
    words = "No policies of any kind get more together, on average over seats. This is exact."
    if common is not None:
        words += (
            f" The most that agents of one common (p, q) get is {common['payoff']:.2f} in "
            f"{common['nights']:.1f} nights, by ({common['p']:.4g}, {common['q']:.4g})."
        )
    return {
        **_of_whole_game(data),
        "kind": "optimum",
        "title": "Team optimum",
        "plays": "the best policies for all together",
        "words": words,
    }


def _markov(data: Mapping[str, Any]) -> Entry:
    epsilon = data.get("epsilon", EPSILON)
    certified = data["regret"] <= epsilon
    return {
        **_of_whole_game(data),
        "kind": "markov",
        "title": "Equilibrium of the whole game",
        "plays": f"a Markov perfect equilibrium, selected by {data['selector']}",
        "verdict": "certified" if certified else "not certified",
        "exploitability": data["regret"],
        "words": (
            f"{'Certified' if certified else 'Not certified'}: no seat gains more than "
            f"{max(data['regret'], EPSILON):.2g} points by any policy of any kind, at any night "
            "and in any state. This is exact, up to rounding. There may be other equilibria."
        ),
    }


def _psro(data: Mapping[str, Any]) -> Entry:
    certified = data["regret"] <= data["epsilon"]
    entry = _of_whole_game(data)
    entry["seats"]["head"].append("gain by any policy")
    for row, gain in zip(entry["seats"]["rows"], data["gains"], strict=True):
        row.append(gain)
    return {
        **entry,
        "kind": "psro",
        "title": "Policies found by double oracle",
        "plays": f"{len(data['distribution'])} strategies, drawn anew every night",
        "verdict": str(Verdict(data["verdict"])),
        "exploitability": data["regret"],
        "words": (
            f"{'Certified' if certified else 'Refuted'}: by its best policy of any kind, one seat "
            f"gains {data['regret']:.4g} points an episode if it alone leaves; {data['epsilon']:g} "
            "is allowed. This is exact, up to rounding."
        ),
    }


def _of_whole_game(data: Mapping[str, Any]) -> Entry:
    rows = zip(data["payoffs"], data["worked"], strict=True)
    return {
        "scenario": _scenario(data),
        "method": "exact",
        "payoff": data["payoff"],
        "nights": data["nights"],
        "payoff_a_night": data["payoff_a_night"],
        "seats": _table(
            "What each seat gets",
            ["seat", "payoff, points an episode", "nights worked"],
            [[seat_name(seat), payoff, worked] for seat, (payoff, worked) in enumerate(rows)],
        ),
    }


def _matrix(data: Mapping[str, Any]) -> Entry:
    who = "mean over seats" if data["seat"] is None else f"seat {seat_name(data['seat'])}"
    names = data["strategies"]
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError(f"strategies are {shown(names)}, not a list of names")
    sampled = data["method"] != "exact"
    return {
        "kind": "payoffs",
        "title": "Payoffs of each strategy against all others playing one",
        "scenario": _scenario(data),
        "method": data["method"],
        "matrix": {
            "names": names,
            "who": who,
            "mean": _square("mean", data["mean"], len(names)),
            "stderr": _square("stderr", data["stderr"], len(names), or_null=True)
            if sampled
            else None,
            "nights": _square("nights", data["nights"], len(names)),
        },
    }


def _square(name: str, rows: object, size: int, *, or_null: bool = False) -> list[list[Any]]:
    """A matrix of numbers, checked."""
    if not isinstance(rows, list) or len(rows) != size or size == 0:
        raise ValueError(f"{name} is {shown(rows)}, not {size} rows of as many numbers")
    for row in rows:
        if not isinstance(row, list) or len(row) != size:
            raise ValueError(f"{name} has {shown(row)}, not a row of {size} numbers")
        for x in row:
            if not is_number(x) and not (or_null and x is None):
                raise ValueError(f"{name} has {shown(x)}, not a finite number")
    return rows


def _seat_in_words(seat: object) -> Any:
    """What a seat plays as judgements name it, checked: a name, or weights by name."""
    weights = seat.values() if isinstance(seat, Mapping) else ()
    if not isinstance(seat, str | Mapping) or not all(map(is_number, weights)):
        raise ValueError(f"the line-up has {shown(seat)}, not a name or a mixture of names")
    return seat


def _scenario(data: Mapping[str, Any]) -> dict[str, Any]:
    """The scenario of a document, checked."""
    return Scenario.from_dict(data["scenario"]).to_dict()


def _table(caption: str, head: Sequence[str], rows: Sequence[Sequence[Any]]) -> dict[str, Any]:
    return {"caption": caption, "head": list(head), "rows": [list(row) for row in rows]}


_OF_OBJECTS: dict[type, Callable[[Any], Entry]] = {
    NashEquilibrium: _nash,
    RoleEquilibrium: _roles,
    Judgement: lambda found: _judged(found.to_dict()),
    TeamOptimum: lambda found: _optimum(found.to_dict()),
    MarkovEquilibrium: lambda found: _markov(found.to_dict()),
    PolicyEquilibrium: lambda found: _psro(found.to_dict()),
    PayoffMatrix: lambda found: _matrix(found.to_dict()),
}

#: What a document is, by a key that no other has; some hold a list under it.
_OF_DOCUMENTS: dict[str, Callable[[Mapping[str, Any]], Entry]] = {
    "optima": _optimum,
    "markov_equilibria": _markov,
    "policy_equilibria": _psro,
    "nash_conv": _judged,
    "strategies": _matrix,
}
_LISTS = ("optima", "markov_equilibria", "policy_equilibria")
