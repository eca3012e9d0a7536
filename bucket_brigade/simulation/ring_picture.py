"""A picture of the ring for notebooks: houses with their states, and agents where they are."""

import math
from collections.abc import Mapping, Sequence

from bucket_brigade.summaries import escaped

__all__ = ["ring_svg"]

#: Colours of a state, and a sign for those who can't tell them apart.
_STATES = {
    "SAFE": ("#2e7d32", ""),
    "BURNING": ("#e65100", "*"),
    "RUINED": ("#616161", "#"),
}
#: Radii of the circles of houses and of agents, and of one house and one agent.
_RING, _INNER, _HOUSE, _AGENT = 150.0, 108.0, 15.0, 9.0
_HALF = 215


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


def _text(x: float, y: float, text: str, size: int, colour: str = "black") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{colour}" text-anchor="middle" '
        f'dominant-baseline="central">{escaped(text)}</text>'
    )
