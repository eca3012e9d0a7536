"""Numbers and times as text."""


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
