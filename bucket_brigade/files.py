"""Files that are written at once."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

__all__ = ["write_bytes", "write_json"]


def write_json(document: Mapping[str, Any], path: str | os.PathLike[str]) -> None:
    """Writes JSON to a file, as `write_bytes` does."""
    text = json.dumps(document, indent=2, allow_nan=False) + "\n"
    write_bytes(text.encode("utf-8"), path)


def write_bytes(content: bytes, path: str | os.PathLike[str]) -> None:
    """Writes a file at once: whoever interrupts finds the old file or the new one."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(content)
    os.replace(part, path)
