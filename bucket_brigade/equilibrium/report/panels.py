"""The parts of a picture of an equilibrium: gains over (p, q), and a payoff table."""

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from bucket_brigade.equilibrium.report.gain_grid import GainGrid
from bucket_brigade.equilibrium.report.payoff_table import MOST_COLUMNS, PayoffTable
from bucket_brigade.equilibrium.results.certified import DeviationGain
from bucket_brigade.equilibrium.results.nash import NashEquilibrium
from bucket_brigade.equilibrium.results.roles import RoleEquilibrium, role_names
from bucket_brigade.policies.heuristic import ARCHETYPES, as_strategy, duties

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "draw_gains",
    "draw_legend",
    "draw_seat_gains",
    "draw_table",
    "gain_levels",
    "payoff_digits",
]

#: Dark to bright for everyone, and in grey.
COLOURS = "cividis"
#: Contours go down to that part of the largest gain or loss.
FINEST = 1e-3
#: Fewer borders between colours than this, and there are more to a power of ten.
FEW = 6
#: Heights q at which contours are labelled in turn: below the archetypes.
LABEL_ROWS = (0.08, 0.18, 0.28)
#: Labels in a row are at least so far apart in p.
LABEL_GAP = 0.07
#: Distance in p and q within which names of strategies would overlap.
NEARBY = (0.3, 0.08)


def gain_levels(gains: GainGrid) -> list[float]:
    """Borders between the colours: round numbers on either side of 0, evenly spread in decades.

    They surround all gains, and leave out what makes no difference or is within the noise.
    """
    low, high = float(gains.gain.min()), float(gains.gain.max())
    top = max(-low, high) or 1.0
    least = max(top * FINEST, min(gains.stderr, top))
    powers = range(math.floor(math.log10(least)) - 1, math.ceil(math.log10(top)) + 2)
    levels: list[float] = []
    for digits in ((1, 3), (1, 2, 5)):
        every = [float(f"{digit}e{power}") for power in powers for digit in digits]
        sizes = [size for size in every if size >= least]
        # Up to the first that is beyond.
        below = sizes[: 1 + sum(size < -low for size in sizes)]
        above = sizes[: 1 + sum(size < high for size in sizes)]
        levels = [*(-size for size in reversed(below)), *above]
        if len(levels) >= FEW:
            break
    return levels


def draw_gains(axes: "Axes", found: NashEquilibrium, gains: GainGrid) -> None:
    """Draws the gains over (p, q), with the strategies that matter."""
    _draw_surface(axes, gains)
    _draw_strategies(axes, found)
    axes.set_title(f"One player plays (p, q), all others the equilibrium\n{_how(gains)}")


def draw_seat_gains(axes: "Axes", found: RoleEquilibrium, seat: int, gains: GainGrid) -> None:
    """Draws what a seat gains over its role by playing (p, q), and what all seats play."""
    _draw_surface(axes, gains)
    p, q = np.array(found.duties).T
    others = np.arange(len(p)) != seat
    axes.plot(
        p[others], q[others], "o", ms=5, mfc="lightgrey", mec="black", label="others", zorder=3
    )
    axes.plot(
        p[seat],
        q[seat],
        "o",
        ms=11,
        mfc="white",
        mec="black",
        mew=1.5,
        clip_on=False,
        label=f"seat {seat}: {role_names(found.strategies)[seat]}",
        zorder=4,
    )
    best = max(
        (each for each in found.deviations if each.seats == (seat,)),
        key=lambda each: each.gain,
        default=None,
    )
    if best is not None:
        _draw_best(axes, best, "best response found")
    axes.set_title(f"Seat {seat} plays (p, q), all others keep to their roles\n{_how(gains)}")


def _draw_surface(axes: "Axes", gains: GainGrid) -> None:
    from matplotlib.colors import BoundaryNorm

    levels = gain_levels(gains)
    norm = BoundaryNorm(levels, 256)
    filled = axes.contourf(
        gains.p, gains.q, gains.gain.T, levels=levels, norm=norm, cmap=COLOURS, zorder=0
    )
    axes.contour(
        gains.p,
        gains.q,
        gains.gain.T,
        levels=levels,
        colors="black",
        linewidths=0.5,
        linestyles="solid",
        zorder=1,
    )
    _label_contours(axes, gains, levels)
    bar = axes.figure.colorbar(filled, ax=axes, ticks=levels, format="%+g", pad=0.02)
    bar.set_label("gain over the equilibrium, points an episode")
    axes.set(
        xlim=(-0.03, 1.03),
        ylim=(-0.03, 1.03),
        xlabel="p: how often it works",
        ylabel="q: how often it then stays at its own burning home",
    )


def draw_legend(axes: "Axes") -> None:
    """Below, once everything is drawn."""
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.11), frameon=False)


def _label_contours(axes: "Axes", gains: GainGrid, levels: list[float]) -> None:
    """Numbers where contours cross a few heights that are free of other text."""
    rows = [int(np.abs(gains.q - q).argmin()) for q in LABEL_ROWS]
    labelled: list[tuple[int, float]] = []
    # Where there is no room for all, for the largest.
    for i, level in sorted(enumerate(levels), key=lambda item: -abs(item[1])):
        row = rows[i % len(rows)]
        beyond = gains.gain[:, row] >= level
        for at in np.flatnonzero(beyond[1:] != beyond[:-1]):
            p = float(gains.p[at : at + 2].mean())
            if any(row == other and abs(p - x) < LABEL_GAP for other, x in labelled):
                continue
            labelled.append((row, p))
            axes.text(
                p,
                gains.q[row],
                f"{level:+g}",
                fontsize=7,
                ha="center",
                va="center",
                path_effects=_halo(1.5),
                zorder=2,
            )


def _how(gains: GainGrid) -> str:
    if gains.episodes:
        return (
            f"(sampled at {gains.points} points, {gains.episodes:,} episodes each, "
            f"± {gains.stderr:.2g})"
        )
    return f"(exact at {gains.points} points, between them within {max(gains.error, 1e-9):.1g})"


def _draw_strategies(axes: "Axes", found: NashEquilibrium) -> None:
    """Marks who is played, who deviates best, and the archetypes."""
    pool = found.strategy_pool
    names = dict(ARCHETYPES)
    played = sorted(found.distribution.items(), key=lambda item: -item[1])
    for index, _ in played:
        names.pop(found.names[index], None)
    at = np.array([duties(theta) for theta in names.values()])
    axes.plot(*at.T, "D", ms=5, mfc="white", mec="black", label="archetypes", zorder=3)
    for name, (p, q) in zip(names, at, strict=True):
        _label(axes, name, p, q, 0.0)
    at = np.array([duties(as_strategy(pool[index])) for index, _ in played])
    weights = np.array([weight for _, weight in played])
    axes.scatter(
        *at.T,
        s=30 + 170 * weights,
        c="white",
        edgecolors="black",
        linewidths=1.5,
        clip_on=False,
        label="played, area by probability",
        zorder=4,
    )
    for i, ((index, weight), (p, q)) in enumerate(zip(played, at, strict=True)):
        share = "" if len(played) == 1 else f"{weight:.3f} "
        # Below those of the strategies nearby.
        row = int((np.abs(at[:i] - (p, q)) < NEARBY).all(axis=1).sum())
        _label(
            axes,
            share + found.names[index],
            p,
            q,
            -13.0 - 11.0 * row,
            bold=True,
        )
    best = found.deviations[0]
    _draw_best(axes, best, f"best response found, {found.labels[best.strategy]}")


def _draw_best(axes: "Axes", best: DeviationGain, label: str) -> None:
    gain = f": {best.gain:+.2g}" if math.isfinite(best.gain) else ""
    gain += f" ± {best.stderr:.2g}" if best.stderr > 0 else ""
    axes.plot(
        *duties(as_strategy(best.strategy)),
        "x",
        ms=7,
        mew=1.8,
        color="black",
        clip_on=False,
        label=label + gain,
        zorder=5,
    )


def _label(
    axes: "Axes", text: str, p: float, q: float, below: float, *, bold: bool = False
) -> None:
    """Names a point, towards the middle of the picture."""
    right = p > 0.7
    axes.annotate(
        text,
        (p, q),
        xytext=(-8.0 if right else 8.0, below if q > 0.5 else -below),
        textcoords="offset points",
        ha="right" if right else "left",
        va="center",
        weight="bold" if bold else "normal",
        path_effects=_halo(2.5),
        zorder=6,
    )


def _halo(width: float) -> list[Any]:
    from matplotlib.patheffects import withStroke

    return [withStroke(linewidth=width, foreground="white")]


def draw_table(axes: "Axes", found: NashEquilibrium, table: PayoffTable) -> None:
    """Draws payoffs as a heat map with numbers; framed are the best replies of each column."""
    from matplotlib.patches import Rectangle

    rows, columns = table.payoffs.shape
    image = axes.imshow(table.payoffs, cmap=COLOURS, aspect="auto")
    if columns <= MOST_COLUMNS:
        digits = payoff_digits(found.restricted.game.payoff_scale)
        for (i, j), payoff in np.ndenumerate(table.payoffs):
            error = table.stderr[i, j]
            axes.text(
                j,
                i,
                f"{payoff:.{digits}f}" + (f"\n± {error:.2g}" if error > 0 else ""),
                ha="center",
                va="center",
                fontsize=7.5,
                color="black" if image.norm(payoff) > 0.5 else "white",
            )
    else:
        axes.figure.colorbar(image, ax=axes, label="points an episode")
    for i, j in np.argwhere(table.best).tolist():
        axes.add_patch(Rectangle((j - 0.47, i - 0.47), 0.94, 0.94, fill=False, ec="white", lw=2.5))
        axes.add_patch(
            Rectangle((j - 0.47, i - 0.47), 0.94, 0.94, fill=False, ec="black", lw=1, ls="--")
        )
    named = zip(table.symbols, table.names, table.weights, strict=True)
    axes.set_yticks(
        range(rows), [f"{symbol}: {name}\nplayed {weight:.3f}" for symbol, name, weight in named]
    )
    axes.set_xticks(range(columns), table.columns, rotation=90 if columns > 8 else 0)
    axes.set(xlabel=_opponents(found, table), title=_table_title(found))


def payoff_digits(scale: float) -> int:
    """Decimals that show a tenth of what a choice can change."""
    return max(1 - math.floor(math.log10(scale)), 1) if scale > 0 else 1


def _table_title(found: NashEquilibrium) -> str:
    title = "Restricted game: payoffs, points an episode\n"
    if found.distribution == found.equilibria[0].distribution:
        return title + "(played: in its equilibrium)"
    return title + "(played: in its equilibrium,\nof which the strategy examined is the mean)"


def _opponents(found: NashEquilibrium, table: PayoffTable) -> str:
    others, agents = found.restricted.players - 1, found.scenario.num_agents
    text = f"what the other {others} play" if others > 1 else "what the other plays"
    if others + 1 < agents:
        text += f", who stand for all {agents - 1}"
    if table.reduced:
        text += f"\n(reduced to the same for all; there are {table.compositions:,} compositions)"
    return f"{text}\nframed: the best reply of the table"
