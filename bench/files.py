"""Figures in files: what benchmarks write with ``--json``, and others read again."""

import json
from pathlib import Path
from typing import Any

from bucket_brigade.atomic_files import write_text


class Unreadable(Exception):
    """A file of figures is missing, or is none; the message says which, and why."""


def read(file: Path) -> Any:
    """The figures of a file.

    Raises
    ------
    Unreadable
        If there is none, or no whole one.
    """
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise Unreadable(f"{file}: {error.strerror}") from error
    except ValueError as error:
        raise Unreadable(f"{file} is not JSON, or was cut off: {error}") from error
    if not isinstance(found, (dict, list)):
        raise Unreadable(f"{file} holds no figures")
    return found


def write(file: Path, figures: object) -> None:
    """Writes figures, as JSON."""
    write_text(json.dumps(figures, indent=1) + "\n", file)
