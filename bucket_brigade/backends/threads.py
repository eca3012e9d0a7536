"""The number of threads to use."""

import multiprocessing
import os

from bucket_brigade.arguments import as_u64
from bucket_brigade.errors import InvalidValue

__all__ = ["as_threads"]


THREADS = "BUCKET_BRIGADE_THREADS"


def as_threads(threads: object) -> int:
    """Threads to use (see `CpuBackend.run`); 0 for all of the pool."""
    field = "threads"
    if threads is None:
        text = os.environ.get(THREADS, "")
        if not text:
            return 0 if multiprocessing.parent_process() is None else 1
        field, threads = THREADS, int(text) if text.isdecimal() else text
    number = as_u64(field, threads)
    if not 1 <= number < 1 << 32:
        raise InvalidValue(field, number, "an integer of at least 1")
    return number
