"""The distribution follows the version of the package it is a backend of."""

from importlib.metadata import requires, version

from bucket_brigade import _core


def test_both_distributions_have_one_version() -> None:
    assert version("bucket-brigade-cuda") == _core.__version__
    assert f"bucket-brigade=={_core.__version__}" in (requires("bucket-brigade-cuda") or [])
