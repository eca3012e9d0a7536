"""How much the tests notice: opcodes of the compiled kernel that plays are changed, one at a time,
and a cut-down version of the tests in this folder is run on each changed kernel.

Not a test itself, since it takes minutes: ``python tests/cuda/mutation.py --number 300``. It prints
the score and every mutant that survived. Mutants that do not compile, or become the same machine
code, are left out of the score. Some survivors are equivalent too: they assemble to other code that
does the same.
"""

import argparse
from collections import Counter
from collections.abc import Callable, Iterator

import numpy as np

import bucket_brigade as bb
from bucket_brigade import _core
from bucket_brigade.game.program import compile_program
from bucket_brigade_cuda.compiling.compile import compile_kernel
from bucket_brigade_cuda.kernels.shape import Shape
from bucket_brigade_cuda.launch.run import play
from ptx_on_cpu.device import PtxDevice
from ptx_on_cpu.execute import CompiledPtx
from ptx_on_cpu.mutate import mutants
from ptx_on_cpu.score import score

KERNEL = "play"
#: Blocks near the end of the counter, and a block whose upper word counts.
HIGH = (1 << 64) - 200, (1 << 37) + 5


def programs(shape: Shape) -> Iterator[_core.Program]:
    """Small games that between them reach every line of the kernel."""
    names = ["firefighter", "free_rider", "hero", "coordinator", "liar"]
    orders, rules = (
        ("spread_then_burn_out", "burn_out_then_spread"),
        ("all_safe_or_all_ruined", "no_fires"),
    )
    games = [
        scenario.replace(night_order=orders[i % 2], end_rule=rules[i // 2 % 2])
        for i, scenario in enumerate(bb.SCENARIOS.values())
    ]
    games += [
        bb.SCENARIOS["default"].replace(**change)
        for change in (
            {"prob_house_catches_fire": 1.0},
            {"prob_house_catches_fire": 0.5, "prob_fire_spreads_to_neighbor": 1.0},
            {"prob_solo_agent_extinguishes_fire": 1.0, "prob_house_catches_fire": 0.3},
            {"prob_solo_agent_extinguishes_fire": 0.0, "prob_fire_spreads_to_neighbor": 0.0},
            {"prob_solo_agent_extinguishes_fire": 0.3, "prob_house_catches_fire": 0.7},
            # Thresholds of one, two and three quads.
            {"prob_house_catches_fire": 0.5, "prob_fire_spreads_to_neighbor": 0.5},
            {"prob_house_catches_fire": 85 / 256, "prob_fire_spreads_to_neighbor": 0.0},
            {"prob_house_catches_fire": 1365 / 4096, "prob_fire_spreads_to_neighbor": 0.0},
            {"min_nights": 0, "max_nights": 1},
            {"min_nights": 7, "max_nights": 7},
            {"min_nights": 0, "max_nights": 3, "prob_house_catches_fire": 0.01},
        )
    ]
    for i, scenario in enumerate(games):
        seats = [names[(i + k) % 5] for k in range(shape.agents)]
        lineups: list[list[object]] = [list(seats)]
        if shape.width > 1:
            lineups.append([bb.Mixture(names[: shape.width], [1 / shape.width] * shape.width)] * 4)
        yield compile_program(
            scenario.replace(num_houses=shape.houses, num_agents=shape.agents),
            lineups,
            pool=None,
            seed=0x1234_5678_9ABC_DEF0 + i,
            first_episode=HIGH[i % 2] - i,
            episodes=150,
        )


def make_check(shape: Shape) -> Callable[[CompiledPtx], bool]:
    """Whether a kernel plays all programs right."""
    known = []
    for program in programs(shape):
        totals, _, blocks = program.run(threads=1, simd="auto", per_block=True, progress=None)
        known.append((program, totals, blocks))

    def check(compiled: CompiledPtx) -> bool:
        device = PtxDevice()
        device.kernels[KERNEL, shape] = compiled
        for program, totals, blocks in known:
            result = play(program, [device], per_block=True)
            if not np.array_equal(result.totals, totals):
                return False
            if not np.array_equal(result.blocks, blocks):
                return False
        return True

    return check


def main() -> None:
    """Prints the score."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--number", type=int, default=300, help="mutants to draw")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--shape", default="10,4,2", help="houses, agents, width")
    options = parser.parse_args()
    shape = Shape(*map(int, options.shape.split(",")))
    ptx = compile_kernel(KERNEL, shape, (9, 0)).ptx
    drawn = mutants(ptx, options.number, options.seed)
    verdicts = score(ptx, drawn, make_check(shape), timeout=30, workers=2)
    outcomes = Counter(verdict.outcome for verdict in verdicts)
    killed, survived = outcomes["killed"], outcomes["survived"]
    print(dict(outcomes), f"{killed} of {killed + survived} noticed")
    for verdict in verdicts:
        if verdict.outcome == "survived":
            print(f"survived: {verdict.mutant.kind}: {verdict.mutant.description}")


if __name__ == "__main__":
    main()
