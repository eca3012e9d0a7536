"""Times of whole tasks: importing the package, and computing equilibria."""

import subprocess
import sys
import time
from collections.abc import Iterator

from bucket_brigade import SCENARIOS, DoubleOracle

_IMPORT = "import time; t = time.perf_counter(); import {}; print(time.perf_counter() - t)"


def import_seconds(rounds: int) -> dict[str, list[float]]:
    """Seconds that the package, and NumPy alone, take to import in a fresh interpreter."""
    seconds: dict[str, list[float]] = {"bucket_brigade": [], "numpy": []}
    for _ in range(rounds):
        for module, values in seconds.items():
            command = [sys.executable, "-c", _IMPORT.format(module)]
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
            values.append(float(done.stdout))
    return seconds


def nash_seconds(episodes: int) -> Iterator[tuple[str, float]]:
    """Scenarios, and the seconds that their equilibria take."""
    for name, scenario in SCENARIOS.items():
        start = time.perf_counter()
        DoubleOracle(scenario, num_simulations=episodes, method="sampled").solve()
        yield name, time.perf_counter() - start
