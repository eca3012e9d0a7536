"""The gains over (p, q) as a small picture for notebooks, without Matplotlib and without script."""

import itertools

import numpy as np

from bucket_brigade.equilibrium.report.gain_grid import GainGrid, gain_grid
from bucket_brigade.equilibrium.report.panels import gain_levels
from bucket_brigade.equilibrium.results.nash import NashEquilibrium
from bucket_brigade.policies.heuristic import as_strategy, duties
from bucket_brigade.policies.spaces import HEURISTICS
from bucket_brigade.summaries import escaped

__all__ = ["gain_svg"]

#: Side of the map, and the margins about it, in pixels.
_SIDE, _LEFT, _TOP, _RIGHT, _BOTTOM = 240, 46, 10, 170, 40
#: Every how many values of p and q become a cell.
_EVERY = (5, 4)
#: From a loss to a gain: Matplotlib's cividis, which everyone sees as dark to bright.
_DARK_TO_BRIGHT = np.array(
    [(0, 34, 78), (67, 78, 108), (125, 124, 120), (188, 174, 108), (254, 232, 56)]
)


def gain_svg(found: NashEquilibrium) -> str:
    """The gains of a player who leaves an equilibrium, over (p, q), as SVG that needs nothing else.

    Parameters
    ----------
    found : NashEquilibrium
        What all others play.

    Returns
    -------
    str
        Empty unless gains are exact, which takes a moment, and over (p, q).
    """
    if not found.regret.is_exact or found.space != HEURISTICS.name:
        return ""
    grid = gain_grid(found)
    levels = gain_levels(grid)
    scale = np.linspace(0, len(_DARK_TO_BRIGHT) - 1, len(levels) + 1)
    colours = [
        "#"
        + "".join(
            f"{round(np.interp(at, range(len(_DARK_TO_BRIGHT)), channel)):02x}"
            for channel in _DARK_TO_BRIGHT.T
        )
        for at in scale
    ]
    parts = [*_cells(grid, levels, colours), *_axes(), *_marks(found), *_legend(levels, colours)]
    width, height = _LEFT + _SIDE + _RIGHT, _TOP + _SIDE + _BOTTOM
    title = "What one player gains by playing (p, q), while all others keep to the equilibrium"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="{-_LEFT} {-_TOP} {width} {height}" role="img" font-family="sans-serif" '
        f'font-size="11"><title>{escaped(title)}</title><rect x="{-_LEFT}" y="{-_TOP}" '
        f'width="{width}" height="{height}" fill="white"/>{"".join(parts)}</svg>'
    )


def _cells(grid: GainGrid, levels: list[float], colours: list[str]) -> list[str]:
    """The map, a rectangle for each run of cells between the same levels."""
    band = np.searchsorted(levels, grid.gain[:: _EVERY[0], :: _EVERY[1]], side="right")
    # Whole pixels, so that no light comes through between cells.
    x, y = (np.linspace(0, _SIDE, count + 1).round().astype(int).tolist() for count in band.shape)
    parts = []
    for row, (low, high) in enumerate(itertools.pairwise(y)):
        first = 0
        for level, run in itertools.groupby(band[:, row].tolist()):
            end = first + len(list(run))
            parts.append(
                f'<rect x="{x[first]}" y="{_SIDE - high}" width="{x[end] - x[first]}" '
                f'height="{high - low}" fill="{colours[level]}"/>'
            )
            first = end
    return parts


def _axes() -> list[str]:
    ends = [
        f'<text x="{at * _SIDE}" y="{_SIDE + 14}" text-anchor="middle">{at}</text>'
        f'<text x="-6" y="{_SIDE - at * _SIDE + 4}" text-anchor="end">{at}</text>'
        for at in (0, 1)
    ]
    half = _SIDE / 2
    return [
        *ends,
        f'<text x="{half}" y="{_SIDE + 30}" text-anchor="middle">p: how often it works</text>',
        f'<text transform="translate(-26 {half}) rotate(-90)" text-anchor="middle">'
        "q: stays at its burning home</text>",
    ]


def _marks(found: NashEquilibrium) -> list[str]:
    """What is played, as circles, and the best response found, as a cross."""
    parts = []
    for index, weight in found.distribution.items():
        x, y = _place(found.strategy_pool[index])
        told = f"played with probability {weight:.3g}: {found.names[index]}"
        parts.append(
            f'<circle cx="{x}" cy="{y}" r="6" fill="white" stroke="black">'
            f"<title>{escaped(told)}</title></circle>"
        )
    if found.deviations:
        best = found.deviations[0]
        x, y = _place(best.strategy)
        told = f"best response found: {found.labels[best.strategy]}, gains {best.gain:.3g}"
        parts.append(
            f'<path d="M{x - 4} {y - 4}l8 8m0 -8l-8 8" stroke="black" stroke-width="1.5">'
            f"<title>{escaped(told)}</title></path>"
        )
    return parts


def _place(strategy: object) -> tuple[float, float]:
    p, q = duties(as_strategy(strategy)).tolist()
    return round(p * _SIDE, 1), round((1 - q) * _SIDE, 1)


def _legend(levels: list[float], colours: list[str]) -> list[str]:
    """The colours from the largest gain to the largest loss, but for those beyond all gains."""
    parts = [f'<text x="{_SIDE + 18}" y="8">gain, points an episode</text>']
    bands = list(zip(levels, levels[1:], colours[1:], strict=False))
    for row, (low, high, colour) in enumerate(reversed(bands)):
        y = 18 + 16 * row
        parts.append(
            f'<rect x="{_SIDE + 18}" y="{y}" width="12" height="12" fill="{colour}"/>'
            f'<text x="{_SIDE + 36}" y="{y + 10}">{low:+g} to {high:+g}</text>'
        )
    y = 36 + 16 * len(bands)
    parts.append(f'<text x="{_SIDE + 18}" y="{y}">○ played, × best response</text>')
    return parts
