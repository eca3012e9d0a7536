"""The totals of docs/randomness.md, counted by the kernels."""

import pytest
from recorded_totals import RUNS, recorded
from shapes import DEFAULT, FIREFIGHTERS, MIXED, PAIR, SEVEN

import bucket_brigade as bb
from bucket_brigade.game.program import compile_program
from bucket_brigade_cuda.backend import CudaBackend
from bucket_brigade_cuda.launch.job import shape_of

#: The kernels that play each run, of those that are compiled for other tests too where there are.
SHAPES = {"A": DEFAULT, "B": MIXED, "C": MIXED, "D": PAIR, "E": FIREFIGHTERS[0], "F": SEVEN}


@pytest.mark.parametrize("name", list(RUNS))
def test_kernels_count_what_is_recorded(name: str, ptx: CudaBackend) -> None:
    run, shape = RUNS[name], SHAPES[name]
    # Beside it a line-up that mixes more, where the kernel is one for wider mixtures.
    pool = [[work, 0, 0, 0, 0, 0, 0, 0, 0, 0] for work in range(shape.width)]
    wide = bb.Mixture([[p / 10 for p in one] for one in pool], [1 / shape.width] * shape.width)
    program = compile_program(
        run.scenario,
        [run.lineup, [wide] * shape.agents],
        seed=run.seed,
        first_episode=run.first_episode,
        episodes=run.episodes,
    )
    assert shape_of(program) == shape
    assert ptx.run(program).totals[0].tolist() == recorded(name)
