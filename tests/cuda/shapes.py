"""The shapes that the tests compile kernels for: each costs some twenty seconds of a core."""

import os
import subprocess
import sys

from bucket_brigade_cuda.shape import Shape

__all__ = [
    "CROWDED",
    "DEFAULT",
    "FULL",
    "LARGEST",
    "MIXED",
    "PAIR",
    "SHAPES",
    "TINY",
    "WIDE",
    "compile_all",
]

#: The default ring; with mixtures of two; with mixtures of up to sixteen.
DEFAULT, MIXED, WIDE = Shape(10, 4, 1), Shape(10, 4, 2), Shape(10, 4, 16)
#: As many agents as houses.
FULL = Shape(10, 10, 1)
#: The smallest ring; more agents than houses, also where both neighbours are one; the largest ring.
TINY, CROWDED, PAIR, LARGEST = Shape(2, 1, 1), Shape(3, 8, 4), Shape(2, 3, 8), Shape(32, 16, 2)

#: Every width, and 2, 4 and 6 bits of a number of fires.
SHAPES = (DEFAULT, MIXED, WIDE, FULL, TINY, CROWDED, PAIR, LARGEST)

#: Of all kernels of some shapes; with the capability that `PtxDevice` compiles for by default.
PROGRAM = """
import sys
from bucket_brigade_cuda.compile import compile_kernel
from bucket_brigade_cuda.kernels import KERNELS
from bucket_brigade_cuda.shape import Shape

for text in sys.argv[1:]:
    shape = Shape(*map(int, text.split(",")))
    for name in KERNELS:
        if name != "cast" or shape.width > 1:
            compile_kernel(name, shape, (9, 0))
"""


def compile_all() -> None:
    """Compiles all shapes into the folder for compiled kernels, with a process on each core."""
    texts = [f"{shape.houses},{shape.agents},{shape.width}" for shape in SHAPES]
    cores = min(os.cpu_count() or 1, len(texts))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    running = [
        subprocess.Popen([sys.executable, "-c", PROGRAM, *texts[i::cores]], env=environment)
        for i in range(cores)
    ]
    try:
        ended = [process.wait() for process in running]
    finally:
        for process in running:
            process.kill()
            process.wait()
    assert ended == [0] * cores
