"""The rung of GPUs: whether one is there, how fast it is, and else a model."""

from typing import Any

import bucket_brigade as bb


def cuda_backend() -> Any:
    """The backend if a GPU can be used; otherwise why none can."""
    try:
        from bucket_brigade_cuda.backend import CudaBackend
        from bucket_brigade_cuda.devices import is_gpu
    except ImportError:
        return "bucket-brigade-cuda is not installed"
    backend = CudaBackend()
    reason = backend.unavailable()
    if reason is not None:
        return reason
    if not all(map(is_gpu, backend.devices())):
        return "no GPU, a simulator of one"
    return backend


def cuda_details(backend: Any, seconds: float) -> dict[str, Any]:
    """Compile time, kernels and copies apart, ever larger batches, and where the CPU is passed."""
    from bucket_brigade_cuda.check import throughput

    measured = throughput.measure(backend, seconds=seconds)
    details: dict[str, Any] = measured.to_dict()
    return details


def cuda_model(blocks: int) -> dict[str, Any]:
    """A model of GPUs, no measurement, from the counted instructions of the kernels."""
    try:
        from ptx_on_cpu.gpus import GPUS
        from ptx_on_cpu.model import count, modelled_rate

        work = count(
            bb.scenario("default"), ["hero"] * 4, blocks=blocks, blocks_per_thread=blocks // 32
        )
    except Exception as error:
        # Tools may be missing in many ways; without the model, the ladder still stands.
        return {"reason": f"{type(error).__name__}: {error}".partition("\n")[0]}
    rates = [modelled_rate(work, gpu) for gpu in GPUS]
    return {
        "scenario": work.scenario,
        "lineup": list(work.lineup),
        "warp_instructions_per_night": work.per_night,
        "nights_per_second": {rate.gpu.name: rate.nights_per_second for rate in rates},
    }
