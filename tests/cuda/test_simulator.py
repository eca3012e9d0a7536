"""The kernels' Python code in Numba's simulator, through the whole path of a run."""

import os
import subprocess
import sys

import pytest

#: Plays a few blocks, with warnings as errors. The simulator has to be asked for before Numba is
#: imported, and takes about a tenth of a second for each night of a block.
PROGRAM = """
import numpy as np
import bucket_brigade as bb
from bucket_brigade_cuda.backend import CudaBackend
from bucket_brigade_cuda.devices import Simulator

backend = CudaBackend()
assert backend.unavailable() is None
assert [type(device) for device in backend.devices()] == [Simulator]
assert bb.select_backend("auto").name == "auto"

small = bb.scenario("hard").replace(
    num_houses=3, num_agents=2, min_nights=1, max_nights=4, prob_house_catches_fire=0.3
)
mixed = bb.Mixture(["hero", "free_rider"], [0.3, 0.7])
nights = 0
for scenario, lineups, first, episodes in (
    (small, [["hero", "liar"]], 2**37 - 20, 40),
    (small, [["hero", "liar"], ["liar", mixed]], 5, 20),
    (small.replace(night_order="burn_out_then_spread", end_rule="no_fires"),
     [[mixed, mixed]], 2**60 + 16, 33),
    (bb.scenario("trivial_cooperation").replace(min_nights=1, max_nights=3),
     [["firefighter", "free_rider", "hero", "coordinator"]], 0, 32),
):
    told = []
    counts, expected = (
        bb.simulate(
            scenario, lineups, seed=2**32 + 5, first_episode=first, episodes=episodes,
            per_block=True, backend=chosen, progress=lambda done, of: told.append((done, of)),
        ).counts
        for chosen in (backend, "cpu")
    )
    assert np.array_equal(counts.totals, expected.totals)
    assert np.array_equal(counts.moments, expected.moments)
    assert np.array_equal(counts.blocks, expected.blocks)
    assert counts.device == "Numba's CUDA simulator"
    assert told[-1] == (len(lineups) * episodes,) * 2
    nights += int(counts.nights.sum())
assert nights > 200, nights
print("agreed")
"""


#: Some nights of an environment, up to the last episode of all.
ENVIRONMENT = """
import numpy as np
import bucket_brigade as bb
from bucket_brigade.envs import VectorEnv

small = bb.scenario("hard").replace(
    num_houses=3, num_agents=2, min_nights=0, max_nights=3, prob_house_catches_fire=0.4
)
mixture = bb.Mixture(["hero", bb.Firefighter(0.7)], [0.5, 0.5])
options = {"lineup": [None, mixture], "first_episode": 2**64 - 40}
cpu, gpu = (VectorEnv(small, 5, backend=name, **options) for name in ("cpu", "cuda"))
cpu.reset(), gpu.reset()
rng, ended = np.random.default_rng(1), 0
for _ in range(8):
    actions = rng.integers([3, 2, 2], size=(5, 2, 3)).astype(np.uint8)
    one, other = cpu.step(actions), gpu.step(actions)
    over = one[2] | one[3]
    ended += over.sum()
    for name, array in one[0].items():
        assert np.array_equal(array, other[0][name]), name
    for array, same in zip(one[1:4], other[1:4]):
        assert np.array_equal(array, same)
    for name, array in one[4]["final"].items():
        assert np.array_equal(array[over], other[4]["final"][name][over]), name
gpu.encode(np.zeros((5, 2), dtype=np.int32))
gpu.close()
assert ended > 10
print("agreed")
"""


@pytest.mark.parametrize("program", [PROGRAM, ENVIRONMENT])
def test_the_simulator_plays_what_the_cpu_plays(program: str) -> None:
    environment = {
        **os.environ,
        "NUMBA_ENABLE_CUDASIM": "1",
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
    }
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "agreed\n", "")
