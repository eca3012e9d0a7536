"""One launch of each kernel, for profilers and sanitizers: ``launch_once.py [--tiny]``.

Prints what the launch played, so that counters can be told per useful episode-night.
"""

import sys

from bucket_brigade_cuda.backend import CudaBackend
from bucket_brigade_cuda.check.measurements import GAMES, one_by_one

#: Blocks of 32 episodes that every thread of a full GPU plays, one after another.
BLOCKS_PER_THREAD = 16


def main() -> None:
    tiny = "--tiny" in sys.argv[1:]
    (device,) = CudaBackend(devices=[0]).devices()
    # A pure game; and one with mixtures, which takes the kernel that draws them too.
    for game in (GAMES[0], GAMES[-1]):
        # Loaded first: how many threads a full GPU has is known then.
        one_by_one(game.program(1), device)
        with device.use():
            full = device.resident("play", game.shape) * game.shape.threads
        blocks = 96 if tiny else full * BLOCKS_PER_THREAD
        # The last block belongs to the run in part.
        result, seconds = one_by_one(game.program(32 * blocks - 7), device)
        nights = int(result.totals[0, 0])
        print(f"{device.name}: {game.scenario}, {game.name}: {blocks} blocks, {nights} nights")
        print(", ".join(f"{name} {1000 * one:.3f} ms" for name, one in seconds.items()))


if __name__ == "__main__":
    main()
