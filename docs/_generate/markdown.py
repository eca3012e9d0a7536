"""Tables in Markdown, and the figures in their cells."""

from collections.abc import Mapping, Sequence
from typing import Any


def table(header: Sequence[str], rows: Sequence[Sequence[str]], texts: int = 1) -> list[str]:
    """Lines of a Markdown table, whose columns after the first `texts` are numbers."""
    rule = ["---"] * texts + ["---:"] * (len(header) - texts)
    return ["| " + " | ".join(row) + " |" for row in [header, rule, *rows]]


def median(value: Any) -> float | None:
    """The median of a spread, or a number itself."""
    if isinstance(value, Mapping):
        value = value.get("median")
    return None if value is None else float(value)
