"""Pictures for notebooks: the ring with agents where they are, and all nights at a glance."""

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence

from bucket_brigade.summaries import escaped

__all__ = ["nights_svg", "ring_svg"]

#: Colours of a state. Its shape tells it to those who can't tell them apart.
_STATES = {"SAFE": "#00805e", "BURNING": "#c04f00", "RUINED": "#55585e"}
#: Shapes of a house about its middle, each filled and drawn in its colours, as the page has them.
_WALL = "M-14 16V-4L0-17L14-4V16Z"
_FLAME = "M0-12C3-5 9-3 9 5A9 9 0 0 1-9 5C-9 1-6-1-5-5C-3-3-2-2-1.5 0C0-4 1-7 0-12Z"
_RUBBLE = "M-16 16L-14 3L-9 8L-6-3L-1 6L4-1L8 9L13 4L16 16Z"
_SHAPES = {
    "SAFE": [(_WALL, "#d9efe6", "#00805e"), ("M-4 16V6H4V16Z", "none", "#00805e")],
    "BURNING": [(_WALL, "#ffe3cc", "#c04f00"), (_FLAME, "#e8590c", "none")],
    "RUINED": [(_RUBBLE, "#c9cacc", "#55585e")],
}
#: Radii of the circles of houses and of agents, and of an agent; what a house is as wide as.
_RING, _INNER, _AGENT, _HOUSE = 150.0, 106.0, 9.0, 40.0
_HALF = 215

#: Columns of a picture of nights at most; of more nights, each column shows the worst of some.
_MOST_COLUMNS = 240
#: Width of that picture, and height of a house's row.
_WIDTH, _ROW = 430, 9
#: Height of what is drawn in a row: a fire fills it, a ruin is a line.
_DRAWN = {"BURNING": 7, "RUINED": 2}


def ring_svg(
    states: Sequence[str],
    agents: Sequence[tuple[int, bool, bool]],
    title: str,
    notes: Mapping[int, str],
) -> str:
    """The ring as SVG that needs nothing else.

    Parameters
    ----------
    states : sequence of str
        "SAFE", "BURNING" or "RUINED" for each house, clockwise from the top.
    agents : sequence of (house, works, signal)
        Where each agent is; who works is filled, and whose signal is a lie has a mark.
    title : str
        What stands in the middle.
    notes : mapping from house to str
        What stands beside houses.
    """

    def place(house: int, radius: float) -> tuple[float, float]:
        angle = 2 * math.pi * house / len(states)
        return radius * math.sin(angle), -radius * math.cos(angle)

    scale = min(1.0, 2 * math.pi * _RING / len(states) / _HOUSE)
    parts = [_text(0, 0, title, 13)]
    for house, state in enumerate(states):
        x, y = place(house, _RING)
        label = f"house {house}: {state.lower()}"
        shapes = "".join(
            f'<path d="{path}" fill="{fill}" stroke="{stroke}" stroke-width="2"/>'
            for path, fill, stroke in _SHAPES[state]
        )
        parts.append(
            f'<g transform="translate({x:.1f} {y:.1f}) scale({scale:.2f})">'
            f"<title>{escaped(label)}</title>{shapes}</g>"
        )
        parts.append(_text(*place(house, _RING + 32), str(house), 11, "#5c636b"))
        if house in notes:
            x, y = place(house, _RING + 32)
            parts.append(_text(x, y + (-12 if y < 0 else 12), notes[house], 10))
    for agent, (house, works, signal) in enumerate(agents):
        beside = [other for other, (there, *_) in enumerate(agents) if there == house]
        x, y = place(house, _INNER - 2.2 * _AGENT * beside.index(agent))
        lies = works != signal
        label = f"agent {agent} {'works' if works else 'rests'} at house {house}"
        label += f", signals {'work' if signal else 'rest'}{', a lie' if lies else ''}"
        fill, ink = ("#0072b2", "white") if works else ("white", "#0072b2")
        parts.append(
            f"<g><title>{escaped(label)}</title>"
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{_AGENT}" fill="{fill}" stroke="#0072b2"/>'
            f"{_text(x, y, chr(ord('a') + agent), 11, ink)}"
            f"{_text(x + 11, y - 8, '!', 14, '#c04f00') if lies else ''}</g>"
        )
    size = 2 * _HALF
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{size}" height="{size}" '
        f'viewBox="{-_HALF} {-_HALF} {size} {size}" role="img" font-family="sans-serif">'
        f'<rect x="{-_HALF}" y="{-_HALF}" width="{size}" height="{size}" fill="white"/>'
        f"{''.join(parts)}</svg>"
    )


def nights_svg(states: Sequence[Sequence[str]], title: str) -> str:
    """All nights as SVG that needs nothing else: a row a house, a column a night.

    Parameters
    ----------
    states : sequence of sequence of str
        "SAFE", "BURNING" or "RUINED" for each house, at the start and at the end of each night.
    title : str
        What it shows, for those who can't see it.
    """
    each = max(1, math.ceil(len(states) / _MOST_COLUMNS))
    severity = list(_STATES)
    columns = [
        [
            max(house, key=severity.index)
            for house in zip(*states[first : first + each], strict=True)
        ]
        for first in range(0, len(states), each)
    ]
    houses, width = len(states[0]), _WIDTH / len(columns)
    parts = []
    for house in range(houses):
        middle = (house + 0.5) * _ROW
        row = [column[house] for column in columns]
        for state, first, end in _runs(row):
            if state in _DRAWN:
                height = _DRAWN[state]
                parts.append(
                    f'<rect x="{first * width:.1f}" y="{middle - height / 2:.1f}" '
                    f'width="{(end - first) * width:.1f}" height="{height}" '
                    f'fill="{_STATES[state]}"/>'
                )
    height = houses * _ROW
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" '
        f'viewBox="0 0 {_WIDTH} {height}" role="img"><title>{escaped(title)}</title>'
        f'<rect width="{_WIDTH}" height="{height}" fill="#f1efe9"/>{"".join(parts)}</svg>'
    )


def _runs(items: Sequence[str]) -> Iterator[tuple[str, int, int]]:
    """Equal neighbours as (item, first, end)."""
    first = 0
    for item, group in itertools.groupby(items):
        end = first + sum(1 for _ in group)
        yield item, first, end
        first = end


def _text(x: float, y: float, text: str, size: int, colour: str = "black") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{colour}" text-anchor="middle" '
        f'dominant-baseline="central">{escaped(text)}</text>'
    )
