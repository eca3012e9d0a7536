"""``python -m bench envs``: steps a second of environments, beside the plain engine's nights.

And beside the simplest environments of other libraries, where these are installed, per core: their
steps by seconds of processor time.
"""

import argparse
import statistics
from collections.abc import Callable, Sequence
from time import perf_counter, process_time
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

import bucket_brigade as bb
from bench.baselines.common import NotInstalled
from bench.files import write
from bench.options import add_json, positive, whole_number
from bench.other_envs import LANES as BESIDE
from bench.other_envs import OTHERS, Play
from bench.report import commit, machine
from bucket_brigade import _core
from bucket_brigade.envs import VectorEnv
from bucket_brigade.game.program import compile_program

SCENARIO = "default"
LANES = (1, 32, 1024, 65_536)


def steps(lanes: int, *, threads: int, copy: bool) -> Callable[[int], float]:
    """A function that plays some nights in all lanes, with random actions, and returns seconds."""
    env = VectorEnv(bb.scenario(SCENARIO), lanes, seed=1, threads=threads, copy=copy)
    rng = np.random.default_rng(0)
    shape = (16, lanes, env.num_agents, 3)
    actions = list(rng.integers([env.num_houses, 2, 2], size=shape).astype(np.uint8))
    env.reset()

    def play(nights: int) -> float:
        start = perf_counter()
        for night in range(nights):
            env.step(actions[night % 16])
        return perf_counter() - start

    return play


def plain(nights: int) -> tuple[float, int]:
    """Seconds in which the plain engine plays episodes of at least so many nights, and how many."""
    game = bb.scenario(SCENARIO)
    program = compile_program(game, [["hero"] * game.num_agents], seed=1, episodes=1)
    weights = _core.reward_weights(game)[0]
    mean = float(bb.expected(game, [["hero"] * game.num_agents]).nights[0])
    episodes = max(1, round(nights / mean))
    start = perf_counter()
    for episode in range(episodes):
        program.play_return(0, episode, weights)
    return perf_counter() - start, round(episodes * mean)


def measure(rounds: int, milliseconds: float) -> dict[str, Any]:
    """Millions of steps a second by lanes and threads, and of nights of the plain engine.

    Rounds go through all in turn, so that ratios are of one time.
    """
    cases = [
        (lanes, threads) for lanes in LANES for threads in (1, 2) if threads == 1 or lanes > 4096
    ]
    plays = {(n, t, c): steps(n, threads=t, copy=c) for n, t in cases for c in (True, False)}
    nights = {}
    for key, play in plays.items():
        nights[key] = 20
        for _ in range(3):  # the first nights take longest
            nights[key] = max(1, round(milliseconds / 1e3 * nights[key] / play(nights[key])))
    rates: dict[Any, list[float]] = {key: [] for key in plays}
    beside = []
    for _ in range(rounds):
        seconds, played = plain(20_000)
        beside.append(played / seconds / 1e6)
        for key, play in plays.items():
            rates[key].append(key[0] * nights[key] / play(nights[key]) / 1e6)
    return {
        "plain": statistics.median(beside),
        "envs": [
            {
                "lanes": lanes,
                "threads": threads,
                "copy": copy,
                "million_steps_per_second": statistics.median(found),
                "over_plain": statistics.median(x / y for x, y in zip(found, beside, strict=True)),
            }
            for (lanes, threads, copy), found in rates.items()
        ],
    }


def compare(rounds: int, milliseconds: float) -> dict[str, Any]:
    """Millions of steps by second of processor time: ours with copies, and other libraries'."""
    ours: dict[str, Play] = {"ours": steps(BESIDE, threads=1, copy=True)}
    absent = {}
    for name, build in OTHERS.items():
        try:
            ours[name] = build()
        except NotInstalled as error:
            absent[name] = str(error)
    numbers = {}
    for name, play in ours.items():
        play(16)  # compiles
        numbers[name] = 16 * max(1, round(milliseconds / 1e3 / _processor_seconds(play, 16)))
    rates: dict[str, list[float]] = {name: [] for name in ours}
    for _ in range(rounds):
        for name, play in ours.items():
            seconds = _processor_seconds(play, numbers[name])
            rates[name].append(BESIDE * numbers[name] / seconds / 1e6)
    own = rates.pop("ours")
    return {
        "lanes": BESIDE,
        "ours": statistics.median(own),
        "others": [
            {
                "name": name,
                "million_steps_per_processor_second": statistics.median(found),
                "ours_over_it": statistics.median(x / y for x, y in zip(own, found, strict=True)),
            }
            for name, found in rates.items()
        ],
        "absent": absent,
    }


def _processor_seconds(play: Play, number: int) -> float:
    start = process_time()
    play(number)
    return process_time() - start


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures and reports; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench envs", description=__doc__)
    parser.add_argument("--rounds", type=whole_number, default=7, help="by default %(default)s")
    parser.add_argument(
        "--milliseconds", type=positive, default=100.0, help="of a round; by default %(default)g"
    )
    add_json(parser)
    options = parser.parse_args(arguments)
    where = machine()
    found = measure(options.rounds, options.milliseconds)
    beside = compare(options.rounds, options.milliseconds)
    console = Console()
    console.print(
        f"{where['cpu']}, load {where['load_average_at_start']:.1f}; {SCENARIO}, random actions; "
        f"the plain engine plays {found['plain']:.3g} M nights/s, heroes in all seats",
        highlight=False,
    )
    table = Table("lanes", "threads", "copy", "M steps/s", "over plain")
    for each in found["envs"]:
        table.add_row(
            f"{each['lanes']:,}",
            str(each["threads"]),
            "yes" if each["copy"] else "no",
            f"{each['million_steps_per_second']:.3g}",
            f"{each['over_plain']:.2f}",
        )
    console.print(table)
    table = Table(f"{BESIDE:,} lanes, per core", "M steps/s", "ours over it")
    table.add_row(SCENARIO, f"{beside['ours']:.3g}", "")
    for each in beside["others"]:
        rate = each["million_steps_per_processor_second"]
        table.add_row(each["name"], f"{rate:.3g}", f"{each['ours_over_it']:.1f}")
    for name, why in beside["absent"].items():
        table.add_row(name, "–", why)
    console.print(table)
    if options.json is not None:
        write(options.json, {"machine": where, "commit": commit(), **found, "beside": beside})
    return 0
