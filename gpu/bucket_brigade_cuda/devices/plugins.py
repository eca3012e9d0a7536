"""What other distributions plug in: devices that need no GPU, and models of GPUs.

`ptx_on_cpu`, for developers, brings one of each; nothing here imports it otherwise.
"""

from importlib.metadata import entry_points
from typing import Any

from bucket_brigade.errors import BackendUnavailable

__all__ = ["DEVICES", "MODELS", "plugged_in"]

#: Entry points: classes of devices, by the name that ``--device`` takes.
DEVICES = "bucket_brigade_cuda.devices"
#: Entry points: functions from devices to a `throughput.Limit`.
MODELS = "bucket_brigade_cuda.models"


def plugged_in(group: str, name: str) -> Any:
    """The object that an installed distribution announces under a name.

    Raises
    ------
    BackendUnavailable
        If none does, or it can't be imported.
    """
    entry = next(iter(entry_points(group=group, name=name)), None)
    if entry is None:
        raise BackendUnavailable(
            f"{name!r} is not installed: pip install ./gpu/ptx_on_cpu, in a checkout"
        )
    try:
        return entry.load()
    except ImportError as error:
        raise BackendUnavailable(f"{name!r} can't be imported: {error}") from error
