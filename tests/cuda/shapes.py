"""The shapes that the tests compile kernels for: each costs some seconds of a core."""

import os
import subprocess
import sys

from bucket_brigade_cuda.compiling.compile_ahead import wanted
from bucket_brigade_cuda.kernels.shape import Shape

__all__ = [
    "CROWDED",
    "DEFAULT",
    "ENVIRONMENTS",
    "FIREFIGHTERS",
    "FULL",
    "LARGEST",
    "MIXED",
    "PAIR",
    "SEVEN",
    "SHAPES",
    "SINGLES",
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

#: With firefighters; also where some agents own no house.
FIREFIGHTERS = (Shape(10, 4, 2, firefighters=True), Shape(3, 8, 4, firefighters=True))

#: Of a run whose totals are recorded.
SEVEN = Shape(7, 3, 2, firefighters=True)
#: For environments: one agent, more agents than houses, the default ring, the largest.
ENVIRONMENTS = (Shape(5, 1, 0), Shape(2, 3, 0), Shape(10, 4, 0), Shape(32, 16, 0))
#: For policies of any kind, with agents that own no house: environments, and line-ups.
SINGLES = (Shape(3, 8, 0, singles=True), Shape(3, 8, 4, singles=True))

#: Of all kernels of some shapes; with the capability that `PtxDevice` compiles for by default.
PROGRAM = """
import sys
from bucket_brigade_cuda.compiling.compile import compile_kernel
from bucket_brigade_cuda.compiling.compile_ahead import parse_shape

for one in sys.argv[1:]:
    name, shape = one.split("-")
    compile_kernel(name, *parse_shape(shape, ()), (9, 0))
"""


def compile_all() -> None:
    """Compiles all shapes into the folder for compiled kernels, with a process on each core."""
    # The kernels that play take longest, and each process gets as many of them.
    every = sorted(
        wanted([*SHAPES, *FIREFIGHTERS, SEVEN, *ENVIRONMENTS, *SINGLES], [(9, 0)]),
        key=lambda one: one.name != "play",
    )
    texts = [f"{one.name}-{one.shape}" for one in every]
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
