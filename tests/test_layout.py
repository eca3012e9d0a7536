"""How the package is laid out: what a reader may rely on when looking for something."""

import pkgutil
from importlib import import_module
from types import ModuleType

import bucket_brigade

MODULES = [
    module.name
    for module in pkgutil.walk_packages(bucket_brigade.__path__, "bucket_brigade.")
    if not module.name.endswith("__main__")
]


def test_no_module_bears_the_name_of_something_beside_it() -> None:
    for name in MODULES:
        module = import_module(name)
        package, _, leaf = name.rpartition(".")
        beside = getattr(import_module(package), leaf)
        assert isinstance(beside, ModuleType), name
        assert beside is module


def test_every_module_says_what_it_is_for() -> None:
    for name in MODULES:
        assert import_module(name).__doc__ or name.endswith("_core"), name
