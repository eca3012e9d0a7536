"""Pictures of equilibria: what leaving one gains, and the payoffs of its restricted game.

Matplotlib is only needed to draw (the extra ``plot``). Figures are made without its global state,
so that nothing else that draws is disturbed.
"""

import io
import os
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bucket_brigade.atomic_files import check_output, is_stream, write_bytes
from bucket_brigade.backends import Backend
from bucket_brigade.equilibrium.report.gain_grid import GainGrid, gain_grid, seat_gain_grids
from bucket_brigade.equilibrium.report.panels import (
    draw_gains,
    draw_legend,
    draw_seat_gains,
    draw_table,
)
from bucket_brigade.equilibrium.report.payoff_table import payoff_table
from bucket_brigade.equilibrium.results.certified import CertifiedResult
from bucket_brigade.equilibrium.results.nash import NashEquilibrium
from bucket_brigade.equilibrium.results.roles import RoleEquilibrium
from bucket_brigade.errors import BucketBrigadeError, InvalidValue

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = [
    "PlotUnavailable",
    "check_plot",
    "equilibrium_figure",
    "plot_equilibrium",
    "plot_roles",
    "roles_figure",
    "save_figure",
]

#: Formats that need more than Matplotlib: LaTeX.
UNSUITABLE = {"pgf"}
#: The format of what is printed, or goes to a pipe without a suffix.
STREAMED = "svg"
#: Settings that would otherwise depend on the user's own.
STYLE = {"svg.fonttype": "none", "svg.hashsalt": "bucket-brigade", "font.size": 9.0}
#: What would make two files of the same picture differ.
NO_DATE: dict[str, dict[str, None]] = {
    "svg": {"Date": None},
    "svgz": {"Date": None},
    "pdf": {"CreationDate": None},
}


class PlotUnavailable(BucketBrigadeError, ImportError):
    """Matplotlib is missing, or does not work; the message says what to install."""


def check_plot(path: str | os.PathLike[str]) -> str:
    """Check that a picture can be drawn into a file, before what it shows is computed.

    Parameters
    ----------
    path : path
        The file; ``-`` is standard output.

    Returns
    -------
    str
        The format: the suffix of the file, or "svg" for what has none and is printed.

    Raises
    ------
    PlotUnavailable
        If there is no Matplotlib.
    InvalidValue
        If Matplotlib writes no such files.
    OSError
        If the file can't be written.
    """
    try:
        canvas = import_module("matplotlib.backend_bases").FigureCanvasBase
    except ImportError as error:
        raise PlotUnavailable(
            f"drawing needs Matplotlib ({error}): pip install '.[plot]' (in a checkout)"
        ) from error
    kinds = sorted(set(canvas.get_supported_filetypes()) - UNSUITABLE)
    kind = Path(path).suffix.lower().removeprefix(".")
    if not kind and is_stream(path):
        kind = STREAMED
    if kind not in kinds:
        allowed = f"a file name that ends with one of {', '.join(f'.{each}' for each in kinds)}"
        raise InvalidValue("--plot", repr(os.fspath(path)), allowed)
    check_output(path, "--plot")
    return kind


def plot_equilibrium(
    found: NashEquilibrium,
    path: str | os.PathLike[str],
    *,
    episodes: int = 100_000,
    threads: int | None = None,
    backend: str | Backend = "auto",
) -> None:
    """Draws an equilibrium to a file; the same file each time, if PNG, SVG or PDF.

    On the left: what a player gains over the equilibrium by playing (p, q) instead, points an
    episode, with the strategies that are played, the best response found and the archetypes. On
    the right: the payoffs of the last restricted game.

    Parameters
    ----------
    found : NashEquilibrium
        What to draw.
    path : path
        Where; the suffix says in which format.
    episodes, threads, backend
        As for `gain_grid`.

    Raises
    ------
    PlotUnavailable, InvalidValue
        As by `check_plot` and `gain_grid`.
    OSError
        If the file can't be written.
    """

    def draw() -> "Figure":
        gains = gain_grid(found, episodes=episodes, threads=threads, backend=backend)
        return equilibrium_figure(found, gains)

    save_figure(draw, path)


def plot_roles(
    found: Sequence[RoleEquilibrium],
    path: str | os.PathLike[str],
    *,
    episodes: int = 100_000,
    threads: int | None = None,
    backend: str | Backend = "auto",
) -> None:
    """Draws profiles of a scenario to a file; the same file each time, if PNG, SVG or PDF.

    A row for each profile and a panel for each seat: what that seat gains over its role by playing
    (p, q) instead, points an episode, with what it and the others play and its best response.

    Parameters
    ----------
    found : sequence of RoleEquilibrium
        What to draw, at least one.
    path, episodes, threads, backend
        As for `plot_equilibrium`.

    Raises
    ------
    PlotUnavailable, InvalidValue, OSError
        As by `plot_equilibrium`.
    """

    def draw() -> "Figure":
        return roles_figure(
            found,
            [
                seat_gain_grids(each, episodes=episodes, threads=threads, backend=backend)
                for each in found
            ],
        )

    save_figure(draw, path)


def save_figure(draw: Callable[[], "Figure"], path: str | os.PathLike[str]) -> None:
    """Draws to a file with settings of its own, whatever the user's are.

    Parameters
    ----------
    draw : callable
        Makes the figure, once they are set.
    path : path
        Where; the suffix says in which format.

    Raises
    ------
    PlotUnavailable, InvalidValue, OSError
        As by `check_plot`.
    """
    kind = check_plot(path)
    import matplotlib

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(STYLE)
        content = io.BytesIO()
        draw().savefig(content, format=kind, dpi=150, metadata=NO_DATE.get(kind))
    write_bytes(content.getvalue(), path)


def equilibrium_figure(found: NashEquilibrium, gains: GainGrid) -> "Figure":
    """The drawing as a Matplotlib figure, to be changed or put elsewhere.

    Parameters
    ----------
    found : NashEquilibrium
        What to draw.
    gains : GainGrid
        Its gains, from `gain_grid`.
    """
    from matplotlib.figure import Figure

    table = payoff_table(found)
    rows, columns = table.payoffs.shape
    right = float(np.clip(2.5 + 0.55 * columns, 5.6, 14.0))
    lower = 1.6 + 0.42 * rows
    figure = Figure(figsize=(7.0 + right, max(6.0, lower)), layout="constrained")
    left_axes, right_axes = figure.subplots(1, 2, width_ratios=[7.0, right])
    draw_gains(left_axes, found, gains)
    draw_legend(left_axes)
    draw_table(right_axes, found, table)
    figure.suptitle(_title(found), fontsize=12)
    return figure


def roles_figure(found: Sequence[RoleEquilibrium], gains: Sequence[Sequence[GainGrid]]) -> "Figure":
    """The drawing as a Matplotlib figure, to be changed or put elsewhere.

    Parameters
    ----------
    found : sequence of RoleEquilibrium
        What to draw, at least one, and of games with as many seats.
    gains : sequence of sequences of GainGrid
        Their gains, from `seat_gain_grids`.

    Raises
    ------
    InvalidValue
        If there is nothing to draw.
    """
    from matplotlib.figure import Figure

    if not found:
        raise InvalidValue("found", "empty", "at least one profile")
    seats = found[0].scenario.num_agents
    figure = Figure(figsize=(5.6 * seats, 5.9 * len(found)), layout="constrained")
    rows = np.atleast_1d(figure.subfigures(len(found), 1))
    for row, each, grids in zip(rows, found, gains, strict=True):
        for seat, axes in enumerate(row.subplots(1, seats, squeeze=False)[0]):
            draw_seat_gains(axes, each, seat, grids[seat])
            draw_legend(axes)
        row.suptitle(_roles_title(each), fontsize=12)
    return figure


def _roles_title(found: RoleEquilibrium) -> str:
    scenario = found.scenario
    return (
        f"{scenario.name}, {scenario.night_order}: {found.describe()}\n"
        f"{_regret(found)} ({found.reason})"
    )


def _title(found: NashEquilibrium) -> str:
    scenario = found.scenario
    error = f" ± {found.payoff_stderr:.2g}" if found.payoff_stderr > 0 else ""
    return (
        f"{scenario.name}, {scenario.night_order}: {found.describe()}\n"
        f"pays {found.payoff:.{found.regret.digits - 1}f}{error}; "
        f"{_regret(found)}"
    )


def _regret(found: CertifiedResult) -> str:
    regret, digits = found.regret, found.regret.digits
    sure = "" if regret.is_exact else f" at {100 * regret.confidence:.4g} %"
    return (
        f"regret {regret.lower:.{digits}f} to {regret.upper:.{digits}f}{sure}: "
        f"{regret.verdict} for ε = {regret.epsilon:g}, {found.method}"
    )
