"""JAX on the CPU: an episode as a ``while_loop``, ``vmap`` over episodes, ``jit`` over all.

Under ``vmap`` the loop goes on until the last episode has ended, and those that have ended earlier
wait. Parameters are arguments, so that all scenarios of a shape share one compilation. Keys are
JAX's default, Threefry: under ``vmap``, ``unsafe_rbg`` gives episodes draws that depend on one
another, and payoffs are wrong.
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np

from bench.baselines.common import Game, Lineup, NotInstalled, Played, duties
from bucket_brigade import Scenario

#: Episodes of a call: more do not fit into caches.
LANES = 10_000


@cache
def compiled(H: int, A: int) -> Callable[..., Any]:
    """The function for a ring of H houses with A agents, compiled when it is called first."""
    try:
        import jax
        import jax.numpy as jnp
    except ImportError as error:
        raise NotInstalled("jax is not installed") from error
    homes = np.arange(A) % H

    def episode(key: Any, duty: Any, game: dict[str, Any]) -> Any:
        def one_night(carry: Any) -> Any:
            burning, ruined, night, _, counts = carry
            draws = jax.random.uniform(jax.random.fold_in(key, night + 1), (2 * A + 2 * H,))
            u, v, w, x = jnp.split(draws, [A, 2 * A, 2 * A + H])
            # Who works, and where: the k-th fire is where the running count of fires reaches k.
            rank = jnp.cumsum(burning.astype(jnp.int32))
            work = u < duty[:, 0]
            stay = burning[homes] & (u < duty[:, 0] * duty[:, 1])
            pick = (v * rank[-1]).astype(jnp.int32) + 1
            there = burning & (rank == pick[:, None])
            at_home = np.arange(H) == homes[:, None]
            workers = jnp.sum(
                jnp.where(stay[:, None], at_home, there & work[:, None]), axis=0, dtype=jnp.int32
            )
            put_out = burning & (w < game["extinguish"][workers])
            surviving = burning & ~put_out
            near = jnp.roll(surviving, 1).astype(jnp.int32) + jnp.roll(surviving, -1)
            standing = ~(ruined | surviving)
            burning = standing & (x < game["catch"][near])
            ruined = ruined | surviving
            safe = standing & ~burning
            counts = (
                counts[0] + work,
                counts[1] + jnp.sum(safe),
                counts[2] + ruined,
                counts[3] + (put_out & safe),
            )
            night = night + 1
            ends = jnp.all(safe) | jnp.all(ruined) | (game["quietly"] & ~jnp.any(burning))
            over = (ends & (night > game["min_nights"])) | (night >= game["max_nights"])
            return burning, ruined, night, over, counts

        start = jax.random.uniform(jax.random.fold_in(key, 0), (H,)) < game["catch"][0]
        none = jnp.zeros(H, jnp.int32)
        counts = (jnp.zeros(A, jnp.int32), jnp.int32(0), none, none)
        carry = (start, jnp.zeros(H, bool), jnp.int32(0), jnp.bool_(False), counts)
        _, _, nights, _, counts = jax.lax.while_loop(lambda c: ~c[3], one_night, carry)
        return nights, *counts

    many: Callable[..., Any] = jax.jit(jax.vmap(episode, in_axes=(0, 0, None)))
    return many


def play(scenario: Scenario, lineups: Sequence[Lineup], episodes: int, seed: int = 0) -> Played:
    """Plays line-ups, `LANES` episodes or so in a call."""
    game = Game.of(scenario)
    run = compiled(game.houses, game.agents)
    import jax

    parameters = {
        # Without spreading all three of `catch` are the same.
        "catch": game.catch.astype(np.float32),
        "extinguish": game.extinguish.astype(np.float32),
        "quietly": game.may_end_quietly,
        "min_nights": game.min_nights,
        "max_nights": game.max_nights,
    }
    size = min(max(LANES // episodes, 1), len(lineups))
    returns, nights = [], 0
    with jax.default_device(jax.devices("cpu")[0]):
        for key, start in enumerate(range(0, len(lineups), size)):
            group = list(lineups[start : start + size])
            # As large as the others, so that it is not compiled anew; what is too much is dropped.
            filled = group + [lineups[0]] * (size - len(group))
            duty = np.repeat([duties(lineup) for lineup in filled], episodes, axis=0)
            keys = jax.random.split(jax.random.fold_in(jax.random.key(seed), key), len(duty))
            found = run(keys, duty.astype(np.float32), parameters)
            counts = [np.asarray(part)[: len(group) * episodes] for part in found]
            returns += np.split(game.returns(*counts), len(group))
            nights += int(counts[0].sum())
    return Played.of(returns, nights)
