"""Numbers, times and tables as Markdown."""

from collections.abc import Mapping, Sequence
from typing import Any


def brief(x: float) -> str:
    """Three digits, without an exponent if it can be read."""
    if x == 0:
        return "0"
    if 1e-3 <= abs(x) < 1e6:
        digits = max(0, 3 - len(str(int(abs(x))))) if abs(x) >= 1 else 3
        return f"{x:,.{digits}f}"
    return f"{x:.3g}"


def timed(seconds: float) -> str:
    """A time, in a unit that suits it."""
    for unit, size in (("d", 86400.0), ("h", 3600.0), ("min", 60.0), ("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{brief(seconds / size)} {unit}"
    return f"{brief(seconds * 1e6)} µs"


def table(header: Sequence[str], rows: Sequence[Sequence[str]], texts: int = 1) -> list[str]:
    """Markdown; the columns after the first `texts` are numbers."""
    rule = ["---"] * texts + ["---:"] * (len(header) - texts)
    return ["| " + " | ".join(row) + " |" for row in [header, rule, *rows]]


def median(value: Any) -> float | None:
    """Of a spread, or of what is a number itself."""
    if isinstance(value, Mapping):
        value = value.get("median")
    return None if value is None else float(value)
