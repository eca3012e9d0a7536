"""The examples of docstrings, the README and the guides: they run, and come to what they say."""

import doctest
import pkgutil
import re
from importlib import import_module
from pathlib import Path
from textwrap import dedent
from typing import Any

import numpy as np
import pytest

import bucket_brigade as bb

ROOT = Path(__file__).parents[2]
#: What examples may use without importing it, besides what stands in their module.
KNOWN: dict[str, Any] = {name: getattr(bb, name) for name in bb.__all__} | {"bb": bb, "np": np}
#: Guides whose Python runs here; that of docs/cuda.md needs a GPU.
GUIDES = [
    "README.md",
    "docs/environments.md",
    "docs/equilibria.md",
    "docs/exact.md",
    "docs/policies.md",
]
BLOCK = re.compile(r"^ *```python\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)


#: Scenarios of guides are cut down to smaller rings, on which exact work takes a moment.
SCENARIO, SMALLER = re.compile(r'bb\.scenario\("\w+"\)'), r"\g<0>.replace(num_houses=5)"


def blocks(guide: str) -> list[str]:
    return [dedent(code) for code in BLOCK.findall((ROOT / guide).read_text(encoding="utf-8"))]


def examples_of(name: str) -> list[doctest.DocTest]:
    module = import_module(name)
    known = KNOWN | vars(module)
    return [test for test in doctest.DocTestFinder().find(module, globs=known) if test.examples]


MODULES = [
    module.name
    for module in pkgutil.walk_packages(bb.__path__, "bucket_brigade.")
    if not module.name.rpartition(".")[2].startswith("_") and examples_of(module.name)
]


def test_there_are_examples() -> None:
    assert {"bucket_brigade.simulation.simulator", "bucket_brigade.envs.batch"} <= set(MODULES)
    assert all(blocks(guide) for guide in GUIDES)


@pytest.mark.parametrize("name", MODULES)
def test_docstrings_say_what_comes_out(name: str) -> None:
    said: list[str] = []
    for example in examples_of(name):
        doctest.DocTestRunner().run(example, out=said.append)
    assert not said, "".join(said)


@pytest.mark.parametrize("guide", GUIDES)
def test_guides_run(guide: str) -> None:
    names: dict[str, Any] = {}
    for code in blocks(guide):
        exec(compile(SCENARIO.sub(SMALLER, code), guide, "exec"), names)


def test_what_needs_a_gpu_is_python() -> None:
    for code in blocks("docs/cuda.md"):
        compile(code, "docs/cuda.md", "exec")
