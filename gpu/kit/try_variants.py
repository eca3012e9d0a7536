"""Other versions of the kernel `play`, compared with the CPU and timed: ``try_variants.py CUBIN…``.

Each is machine code for ten houses, four agents and pure strategies, with the entry `play` and the
arguments that the backend passes. A file NAME.json beside NAME.cubin may hold other ``threads`` of
a CUDA block, bytes of ``dynamic`` shared memory, and the name of the ``entry``.
"""

import json
import sys
from pathlib import Path
from typing import Any

import cupy
import numpy as np
from cupy.cuda import driver

from bucket_brigade.backends.cpu import CpuBackend
from bucket_brigade_cuda.backend import CudaBackend
from bucket_brigade_cuda.check.measurements import GAMES, one_by_one
from bucket_brigade_cuda.devices.cupy_device import CupyDevice, words
from bucket_brigade_cuda.kernels.shape import Shape

GAME = GAMES[0]
#: Episodes: to compare, the last block in part, and to time.
FEW, MANY = 32 * 20_000 - 9, 10**8
#: Attribute of a kernel: bytes of dynamic shared memory that it may be launched with.
MOST_DYNAMIC = 8


class Variant:
    """A device whose kernel `play` is another one."""

    def __init__(self, device: CupyDevice, path: Path) -> None:
        self._device = device
        about: dict[str, Any] = {"threads": GAME.shape.threads, "dynamic": 0, "entry": "play"}
        if (beside := path.with_suffix(".json")).exists():
            about |= json.loads(beside.read_text())
        self.threads, self.dynamic = about["threads"], about["dynamic"]
        with device.use():
            self._module = cupy.cuda.function.Module()
            self._module.load(path.read_bytes())
            self._function = self._module.get_function(about["entry"])
            if self.dynamic > 48 * 1024:
                driver.funcSetAttribute(self._function.ptr, MOST_DYNAMIC, self.dynamic)
            self.each = driver.occupancyMaxActiveBlocksPerMultiprocessor(
                self._function.ptr, self.threads, self.dynamic
            )

    def __getattr__(self, name: str) -> Any:
        return getattr(self._device, name)

    def resident(self, name: str, shape: Shape) -> int:
        """CUDA blocks that run at the same time."""
        return int(self.each) * self._device.multiprocessors

    def launch(self, name: str, shape: Shape, grid: int, threads: int, arguments: Any) -> None:
        """Launches the variant for `play`, and the usual kernel for all others."""
        if name != "play":
            self._device.launch(name, shape, grid, threads, arguments)
            return
        blocks = min(-(-int(arguments[6]) // self.threads), self.resident(name, shape))
        self._function((blocks,), (self.threads,), tuple(words(arguments)), self.dynamic)


def main() -> None:
    device: Any = CudaBackend(devices=[0]).devices()[0]
    small, large = GAME.program(FEW), GAME.program(MANY)
    right = CpuBackend().run(small).totals
    one_by_one(small, device)
    for path in [None, *map(Path, sys.argv[1:])]:
        name = "as installed" if path is None else path.stem
        try:
            other = device if path is None else Variant(device, path)
            equal = np.array_equal(one_by_one(small, other)[0].totals, right)
            runs = [one_by_one(large, other) for _ in range(3)]
            seconds = min(apart["play"] for _, apart in runs)
            rate = int(runs[0][0].totals[0, 0]) / seconds
            told = f"play {seconds:.4f} s, {rate:.3g} nights/s"
            print(f"{name}: {'equal' if equal else 'OTHER COUNTS'}, {told}", flush=True)
        except Exception as error:
            print(f"{name}: {type(error).__name__}: {error}", flush=True)


if __name__ == "__main__":
    main()
