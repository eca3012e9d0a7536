"""JSON documents of results: their schema, and what is said of files that are none."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from bucket_brigade._core import __version__
from bucket_brigade.equilibrium.results.certified import CertifiedResult
from bucket_brigade.errors import InvalidFile
from bucket_brigade.game.scenario import RULES_VERSION

__all__ = ["SCHEMA_VERSION", "document", "read_document", "read_results", "versions"]

T = TypeVar("T")

#: Version of the JSON documents; it changes when their meaning does.
SCHEMA_VERSION = 2


def document(found: Sequence[CertifiedResult], key: str) -> dict[str, Any]:
    """Results as a JSON document, which has them under `key`."""
    return {**versions(), key: [each.to_dict() for each in found]}


def versions() -> dict[str, Any]:
    """The versions that JSON documents begin with."""
    return {
        "schema_version": SCHEMA_VERSION,
        "rules_version": RULES_VERSION,
        "software_version": __version__,
    }


def read_results(path: Path, key: str, of: Callable[[Mapping[str, Any]], T]) -> list[T]:
    """Read the list that a JSON document has under `key`, each item made by `of`.

    Raises
    ------
    InvalidFile
        If the file is not such a document, or of another schema version.
    """
    data = read_document(path, key)
    try:
        return [of(entry) for entry in data[key]]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        reason = f"one of its {key} is incomplete or damaged ({type(error).__name__}: {error})"
        raise InvalidFile(f"{path}: {reason}") from error


def read_document(path: Path, key: str) -> dict[str, Any]:
    """A JSON document of this schema version that has some key.

    Raises
    ------
    InvalidFile
        If the file is something else.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InvalidFile(f"{path}: not JSON: {error}") from error
    if not isinstance(data, dict) or key not in data:
        raise InvalidFile(f"{path}: has no {key!r}")
    if data.get("schema_version") != SCHEMA_VERSION:
        version = data.get("schema_version")
        raise InvalidFile(
            f"{path}: schema version {version!r}; this program reads {SCHEMA_VERSION}"
        )
    return data
