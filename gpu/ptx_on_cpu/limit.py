"""What the model says of the GPUs that are here, for ``cuda-check --model``."""

from collections.abc import Sequence

from bucket_brigade import SCENARIOS
from bucket_brigade_cuda.check.throughput import LINEUP, SCENARIO, Limit
from bucket_brigade_cuda.devices import Device
from ptx_on_cpu import model
from ptx_on_cpu.gpus import Gpu

__all__ = ["modelled_limit"]


def modelled_limit(devices: Sequence[Device]) -> Limit:
    """The modelled rate of GPUs together in the game of `throughput`; or why there is none.

    Raises
    ------
    ToolMissing, BuildFailed, BackendUnavailable
        As `count`.
    """
    gpus = [Gpu.of_device(device) for device in devices]
    if None in gpus:
        return Limit(None, "not a GPU, or one that does not tell its clock")
    game = SCENARIOS[SCENARIO]
    work = {gpu.arch: model.count(game, LINEUP, arch=gpu.arch) for gpu in gpus if gpu}
    rates = [model.modelled_rate(work[gpu.arch], gpu).nights_per_second for gpu in gpus if gpu]
    return Limit(sum(rates))
