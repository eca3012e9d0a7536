"""Pictures for notebooks: the ring with agents where they are, and all nights at a glance."""

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence

from bucket_brigade.summaries import escaped

__all__ = ["nights_svg", "ring_svg"]

#: Colours of a state, and a sign for those who can't tell them apart.
_STATES = {
    "SAFE": ("#2e7d32", ""),
    "BURNING": ("#e65100", "*"),
    "RUINED": ("#616161", "#"),
}
#: Radii of the circles of houses and of agents, and of one house and one agent.
_RING, _INNER, _HOUSE, _AGENT = 150.0, 108.0, 15.0, 9.0
_HALF = 215

#: Columns of a picture of nights at most; of more nights, each column shows the worst of some.
_MOST_COLUMNS = 240
#: Width of that picture, and height of a house's row.
_WIDTH, _ROW = 430, 9
#: Height of what is drawn in a row: a fire fills it, a ruin is a line.
_DRAWN = {"BURNING": 7, "RUINED": 2}


def ring_svg(
    states: Sequence[str],
    agents: Sequence[tuple[int, bool]],
    title: str,
    notes: Mapping[int, str],
) -> str:
    """The ring as SVG that needs nothing else.

    Parameters
    ----------
    states : sequence of str
        "SAFE", "BURNING" or "RUINED" for each house, clockwise from the top.
    agents : sequence of (house, works)
        Where each agent is; who works is filled.
    title : str
        What stands in the middle.
    notes : mapping from house to str
        What stands beside houses.
    """

    def place(house: int, radius: float) -> tuple[float, float]:
        angle = 2 * math.pi * house / len(states)
        return radius * math.sin(angle), -radius * math.cos(angle)

    parts = [_text(0, 0, title, 13)]
    for house, state in enumerate(states):
        x, y = place(house, _RING)
        colour, sign = _STATES[state]
        label = f"house {house}: {state.lower()}"
        parts.append(
            f"<g><title>{escaped(label)}</title>"
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{_HOUSE}" fill="{colour}"/>'
            f"{_text(x, y, f'{house}{sign}', 11, 'white')}</g>"
        )
        if house in notes:
            parts.append(_text(*place(house, _RING + 30), notes[house], 10))
    for agent, (house, works) in enumerate(agents):
        beside = [other for other, (there, _) in enumerate(agents) if there == house]
        x, y = place(house, _INNER - 2.2 * _AGENT * beside.index(agent))
        label = f"agent {agent} {'works' if works else 'rests'} at house {house}"
        fill, ink = ("#1565c0", "white") if works else ("white", "#1565c0")
        parts.append(
            f"<g><title>{escaped(label)}</title>"
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{_AGENT}" fill="{fill}" stroke="#1565c0"/>'
            f"{_text(x, y, chr(ord('a') + agent), 11, ink)}</g>"
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
                    f'fill="{_STATES[state][0]}"/>'
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
