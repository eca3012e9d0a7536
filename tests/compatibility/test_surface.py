"""What others rely on is still there: commands, options, JSON keys, columns, variables."""

import json

import pytest
from surface import LIST, Surface, surface

LISTED: Surface = json.loads(LIST.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def found() -> Surface:
    return surface()


@pytest.mark.parametrize("kind", LISTED)
def test_nothing_listed_has_vanished(kind: str, found: Surface) -> None:
    missing = sorted({*LISTED[kind]} - {*found[kind]})
    assert not missing, f"{len(missing)} of {len(LISTED[kind])} are gone"
