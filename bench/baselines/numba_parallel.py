"""Numba: scalar episodes, as one would write them in C, spread over cores by ``prange``.

Random numbers are those of xoroshiro128+, a generator of its own for each episode, faster than
NumPy's inside Numba.
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np

from bench.baselines.common import Game, Lineup, NotInstalled, Played, duties
from bucket_brigade import Scenario


@cache
def kernel() -> Callable[..., Any]:
    """The function, which Numba compiles when it is called first."""
    try:
        from numba import njit, prange, uint64
    except ImportError as error:
        raise NotInstalled("numba is not installed") from error

    @njit(inline="always")
    def mixed(x: Any) -> Any:  # splitmix64
        x = (x ^ (x >> uint64(30))) * uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> uint64(27))) * uint64(0x94D049BB133111EB)
        return x ^ (x >> uint64(31))

    @njit(inline="always")
    def draw(state: Any) -> Any:
        a, b = state[0], state[1]
        total = a + b
        b ^= a
        state[0] = ((a << uint64(24)) | (a >> uint64(40))) ^ b ^ (b << uint64(16))
        state[1] = (b << uint64(37)) | (b >> uint64(27))
        return (total >> uint64(11)) * 1.1102230246251565e-16

    @njit(parallel=True)
    def run(  # type: ignore[no-untyped-def]
        seed,
        duty,
        episodes,
        H,
        A,
        min_nights,
        max_nights,
        quietly,
        spreads,
        catch,
        extinguish,
        nights,
        worked,
        safe,
        burnt,
        saved,
    ):
        for i in prange(len(duty) * episodes):
            works = duty[i // episodes]
            state = np.empty(2, np.uint64)
            golden = uint64(0x9E3779B97F4A7C15)
            state[0] = mixed(uint64(seed) + golden * uint64(2 * i + 1))
            state[1] = mixed(uint64(seed) + golden * uint64(2 * i + 2))
            house = np.zeros(H, np.uint8)  # 0 safe, 1 burning, 2 ruined
            survives = np.zeros(H, np.int8)
            workers = np.zeros(H, np.uint8)
            fires = np.zeros(H, np.uint8)
            number = 0
            for h in range(H):
                if draw(state) < catch[0]:
                    house[h] = 1
                    fires[number] = h
                    number += 1
            ruins = 0
            for night in range(max_nights):
                for a in range(A):
                    u = draw(state)
                    if u < works[a, 0]:
                        worked[i, a] += 1
                        if number:
                            if house[a % H] == 1 and u < works[a, 0] * works[a, 1]:
                                workers[a % H] += 1
                            elif number == 1:
                                workers[fires[0]] += 1
                            else:
                                workers[fires[int(draw(state) * number)]] += 1
                for f in range(number):
                    h = fires[f]
                    survives[h] = 1
                    if workers[h]:
                        survives[h] = draw(state) >= extinguish[workers[h]]
                        workers[h] = 0
                number = 0
                standing = 0
                for h in range(H):
                    if house[h] == 2:
                        burnt[i, h] += 1
                        continue
                    if survives[h]:
                        burnt[i, h] += 1
                        continue
                    near = 0
                    if spreads:
                        near = survives[h - 1 if h else H - 1] + survives[h + 1 if h < H - 1 else 0]
                    if draw(state) < catch[near]:
                        house[h] = 1
                        fires[number] = h
                        number += 1
                    else:
                        saved[i, h] += house[h]
                        house[h] = 0
                        standing += 1
                for h in range(H):
                    if survives[h]:
                        house[h] = 2
                        survives[h] = 0
                        ruins += 1
                safe[i] += standing
                nights[i] = night + 1
                if night >= min_nights and (
                    standing == H or ruins == H or (quietly and number == 0)
                ):
                    break

    compiled: Callable[..., Any] = run
    return compiled


def play(scenario: Scenario, lineups: Sequence[Lineup], episodes: int, seed: int = 0) -> Played:
    """Plays all line-ups in one call."""
    run = kernel()
    game = Game.of(scenario)
    every = len(lineups) * episodes
    nights, safe = np.zeros(every, np.int32), np.zeros(every, np.int32)
    worked = np.zeros((every, game.agents), np.int32)
    burnt, saved = (np.zeros((every, game.houses), np.int32) for _ in range(2))
    run(
        np.uint64(seed * 0x632BE59BD9B4E019 % 2**64),
        np.array([duties(lineup) for lineup in lineups]),
        episodes,
        game.houses,
        game.agents,
        game.min_nights,
        game.max_nights,
        game.may_end_quietly,
        game.spreads,
        game.catch,
        game.extinguish,
        nights,
        worked,
        safe,
        burnt,
        saved,
    )
    returns = game.returns(nights, worked, safe, burnt, saved)
    return Played.of(np.split(returns, len(lineups)), int(nights.sum()))
