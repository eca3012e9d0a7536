"""The distributions follow the version of the package that they belong to."""

import tomllib
from importlib.metadata import EntryPoint, requires, version
from pathlib import Path

import pytest

from bucket_brigade import _core
from bucket_brigade.errors import BackendUnavailable
from bucket_brigade_cuda.check import throughput
from bucket_brigade_cuda.devices import plugins


def test_both_distributions_have_one_version() -> None:
    assert version("bucket-brigade-cuda") == _core.__version__
    assert f"bucket-brigade=={_core.__version__}" in (requires("bucket-brigade-cuda") or [])


def test_what_developers_need_has_the_same_version() -> None:
    project = Path(__file__).parents[2] / "gpu" / "ptx_on_cpu" / "pyproject.toml"
    about = tomllib.loads(project.read_text())["project"]
    assert about["version"] == _core.__version__
    assert f"bucket-brigade-cuda=={_core.__version__}" in about["dependencies"]


def test_everything_announced_is_there() -> None:
    for folder in ("gpu", "gpu/ptx_on_cpu"):
        project = Path(__file__).parents[2] / folder / "pyproject.toml"
        groups = tomllib.loads(project.read_text())["project"]["entry-points"]
        for group, entries in groups.items():
            for name, value in entries.items():
                assert callable(EntryPoint(name, value, group).load())


def test_what_is_not_installed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plugins, "entry_points", lambda **_: [])
    with pytest.raises(BackendUnavailable, match=r"pip install \./gpu/ptx_on_cpu"):
        plugins.plugged_in(plugins.DEVICES, "ptx")
    broken = EntryPoint("ptx", "nowhere_to_be_found:Device", plugins.DEVICES)
    monkeypatch.setattr(plugins, "entry_points", lambda **_: [broken])
    with pytest.raises(BackendUnavailable, match="can't be imported: No module"):
        plugins.plugged_in(plugins.DEVICES, "ptx")
    assert throughput.modelled_limit([]).nights_per_second is None
