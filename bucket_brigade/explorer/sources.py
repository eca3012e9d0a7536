"""Names of files on a page: no longer than it takes to tell them apart."""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

__all__ = ["named_by_source", "shortest"]


def shortest(paths: Iterable[Path]) -> dict[Path, str]:
    """The last parts of each path, as few as no other of them ends with."""
    whole = {path: path.absolute() for path in paths}
    ends = Counter(
        each.parts[-count:]
        for each in set(whole.values())
        for count in range(1, len(each.parts) + 1)
    )

    def name(path: Path) -> str:
        parts = path.parts
        counts = range(1, len(parts))
        count = next((c for c in counts if ends[parts[-c:]] == 1), len(parts))
        return str(Path(*parts[-count:]))

    return {path: name(each) for path, each in whole.items()}


def named_by_source(entries: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Entries whose ``source``, a path where there is one, is its shortest name."""
    names = shortest(each["source"] for each in entries if "source" in each)
    return [
        {**each, "source": names[each["source"]]} if "source" in each else each for each in entries
    ]
