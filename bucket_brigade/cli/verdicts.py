"""Verdicts on equilibria, in words."""

import math
from collections.abc import Iterable

import typer

from bucket_brigade.cli.common import FAILED, say
from bucket_brigade.equilibrium import Regret, Verdict

__all__ = ["check_verdicts", "interval", "nights_texts", "payoff_text"]


def interval(regret: Regret) -> str:
    """The limits of a regret, or that there are none."""
    digits = regret.digits
    if not regret.rounds:
        return "not measured"
    if not math.isfinite(regret.upper):
        return f"{regret.lower:.{digits}f} or more"
    return f"{regret.lower:.{digits}f} to {regret.upper:.{digits}f}"


def payoff_text(payoff: float, stderr: float, exact: bool) -> str:
    """A payoff with its standard error, as far as they are known."""
    if math.isnan(payoff):
        return "not measured"
    if exact:
        return f"{payoff:.1f}"
    return f"about {payoff:.1f}" if math.isnan(stderr) else f"{payoff:.1f} ± {stderr:.1f}"


def nights_texts(nights: float, payoff_a_night: float) -> tuple[str, str]:
    """Mean nights and payoff a night, as far as they are known."""
    if math.isnan(nights):
        return "–", "–"
    return f"{nights:.1f}", f"{payoff_a_night:.2f}"


def check_verdicts(found: Iterable[tuple[str, Regret]], strict: bool) -> None:
    """Tells where a budget was too small for a verdict, and fails if that is not what was asked.

    Parameters
    ----------
    found : iterable of (str, Regret)
        Names and verdicts.
    strict : bool
        Whether anything but *certified* is a failure.
    """
    found = list(found)
    unmeasured = [name for name, regret in found if not math.isfinite(regret.upper)]
    if unmeasured:
        say(
            f"the budget was too small for a verdict on {', '.join(dict.fromkeys(unmeasured))}: it "
            "went to the search, and how much anybody gains by leaving was not measured"
        )
    doubtful = [f"{n} is {r.verdict}" for n, r in found if r.verdict != Verdict.CERTIFIED]
    if strict and doubtful:
        say(f"not certified: {', '.join(doubtful)}")
        raise typer.Exit(FAILED)
