"""Drawings by Matplotlib that come out the same for the same figures."""

import io
from pathlib import Path
from typing import Any

from bucket_brigade.atomic_files import write_bytes

BLUE, ORANGE = "#2563a8", "#d97706"


def pyplot(salt: str, size: int) -> Any:
    """Return ``matplotlib.pyplot``, set up for SVG.

    Parameters
    ----------
    salt : str
        What the names inside the file are derived from: fixed, so that they do not change.
    size : int
        The size of letters, in points.
    """
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    # Text as text keeps the file small.
    pyplot.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": salt, "font.size": size})
    return pyplot


def save_svg(figure: Any, file: Path) -> None:
    """Write a figure without the date, so that equal figures make equal files."""
    content = io.BytesIO()
    figure.savefig(content, format="svg", metadata={"Date": None})
    write_bytes(content.getvalue(), file)
