"""Plays Bucket Brigade on NVIDIA GPUs: the backend "cuda" of the package `bucket_brigade`.

Importing this package imports neither Numba nor CuPy; playing does.
"""

from bucket_brigade_cuda.backend import CudaBackend

__all__ = ["CudaBackend"]
