"""NumPy, vectorised over episodes, of several line-ups if these have few.

Houses come first in arrays, so that a neighbour is the next row. Episodes that ended stay in the
arrays until a sixteenth of them has; draws for fires are made for fires alone.
"""

from collections.abc import Sequence

import numpy as np

from bench.baselines.common import FloatArray, Game, Lineup, Played, duties
from bucket_brigade import Scenario

#: Episodes played together: more do not fit into caches.
LANES = 4000


def play(scenario: Scenario, lineups: Sequence[Lineup], episodes: int, seed: int = 0) -> Played:
    """Plays every line-up."""
    game = Game.of(scenario)
    rng = np.random.Generator(np.random.SFC64(seed))
    size = max(LANES // episodes, 1)
    returns, nights = [], 0
    for start in range(0, len(lineups), size):
        group = lineups[start : start + size]
        duty = np.repeat([duties(lineup) for lineup in group], episodes, axis=0)
        found, played = play_lanes(game, duty, rng)
        returns += np.split(found, len(group))
        nights += played
    return Played.of(returns, nights)


def play_lanes(game: Game, duty: FloatArray, rng: np.random.Generator) -> tuple[FloatArray, int]:
    """Returns, shape (episodes, agents), and nights; `duty` has shape (episodes, agents, 2)."""
    H, A, E = game.houses, game.agents, len(duty)
    works = np.ascontiguousarray(duty[:, :, 0].T, dtype=np.float32)
    stays = works * np.ascontiguousarray(duty[:, :, 1].T, dtype=np.float32)
    catch, extinguish = game.catch.astype(np.float32), game.extinguish.astype(np.float32)
    returns, nights = np.empty((E, A)), 0
    number, alive = np.arange(E), np.ones(E, dtype=bool)
    burning = rng.random((H, E), dtype=np.float32) < catch[0]
    ruined = np.zeros((H, E), dtype=bool)
    worked = np.zeros((A, E), dtype=np.int16)
    safe = np.zeros(E, dtype=np.int32)
    burnt, saved = np.zeros((H, E), dtype=np.int16), np.zeros((H, E), dtype=np.int16)
    for night in range(game.max_nights):
        # Who works, and where: the k-th fire is where the running count of fires reaches k.
        rank = np.cumsum(burning, axis=0, dtype=np.int8)
        fires = rank[-1]
        draw = rng.random((A, len(number)), dtype=np.float32)
        work = draw < works
        worked += work
        pick = (rng.random((A, len(number)), dtype=np.float32) * fires).astype(np.int8)
        pick += 1
        at_home = draw < stays
        workers = np.zeros(burning.shape, dtype=np.int8)
        for a in range(A):
            stay = burning[a % H] & at_home[a]
            # Rank 0 is nobody's, as a house of that rank does not burn.
            workers += (rank == np.where(work[a] & ~stay, pick[a], 0)) & burning
            workers[a % H] += stay

        # Extinguish, with draws for fires alone.
        put_out = np.zeros(burning.shape, dtype=bool)
        where = np.flatnonzero(burning)
        chance = extinguish[workers.ravel()[where]]
        put_out.ravel()[where] = rng.random(len(where), dtype=np.float32) < chance
        surviving = burning & ~put_out

        # Spread, burn out, ignite.
        standing = ~(ruined | surviving)
        threshold: np.ndarray | np.float32 = catch[0]
        if game.spreads:
            near = np.roll(surviving, 1, axis=0).view(np.int8) + np.roll(surviving, -1, axis=0)
            threshold = catch[near]
        burning = standing & (rng.random(burning.shape, dtype=np.float32) < threshold)
        ruined |= surviving
        standing &= ~burning
        safe_now = np.count_nonzero(standing, axis=0)
        safe += safe_now
        burnt += ruined
        saved += put_out & standing

        # End.
        if night + 1 == game.max_nights:
            ended = alive
        elif night >= game.min_nights:
            ended = (safe_now == H) | ruined.all(axis=0)
            if game.may_end_quietly:
                ended |= ~burning.any(axis=0)
            ended &= alive
        else:
            continue
        over = np.flatnonzero(ended)
        if not len(over):
            continue
        nights += (night + 1) * len(over)
        returns[number[over]] = game.returns(
            np.full(len(over), night + 1),
            worked[:, over].T,
            safe[over],
            burnt[:, over].T,
            saved[:, over].T,
        )
        alive = alive & ~ended
        left = np.count_nonzero(alive)
        if not left:
            break
        if left <= len(alive) - len(alive) // 16:
            number, safe = number[alive], safe[alive]
            works, stays = works[:, alive], stays[:, alive]
            burning, ruined, worked = burning[:, alive], ruined[:, alive], worked[:, alive]
            burnt, saved = burnt[:, alive], saved[:, alive]
            alive = np.ones(left, dtype=bool)
    return returns, nights
