"""Where kernels run: GPUs through CuPy, Numba's simulator, and what others plug in."""

from bucket_brigade_cuda.devices.device import Device, HostDevice, Simulator, is_gpu

__all__ = ["Device", "HostDevice", "Simulator", "is_gpu"]
