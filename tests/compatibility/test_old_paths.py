"""What could be imported in version 0.1 still can be."""

import json
import pickle
from importlib import import_module
from pathlib import Path

import pytest

import bucket_brigade as bb

#: Each module of version 0.1, by the path it then had, and what it exported.
NAMES: dict[str, list[str]] = json.loads(
    Path(__file__).with_name("names.json").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("module", NAMES)
def test_every_name_is_where_it_was(module: str) -> None:
    missing = [name for name in NAMES[module] if not hasattr(import_module(module), name)]
    assert not missing


def test_a_moved_class_is_one_class() -> None:
    old = import_module("bucket_brigade.scenario")
    assert old.Scenario is bb.Scenario
    # As a pickle of version 0.1 names it.
    assert pickle.loads(b"cbucket_brigade.scenario\nScenario\n.") is bb.Scenario


def test_old_paths_do_not_replace_functions() -> None:
    import_module("bucket_brigade.scenario")
    assert bb.scenario("hard").name == "hard"
