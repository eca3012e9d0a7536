"""The kernels against the plain reference, which shares no code with the Rust engine."""

import numpy as np
from drawn_games import as_reference
from hypothesis import given, settings
from playing import counted
from reference_game import play
from shaped_games import ShapedGame, shaped_games
from shapes import DEFAULT, MIXED, PAIR
from small_games import CROWDED, SEATS

import bucket_brigade as bb
from bucket_brigade_cuda.backend import CudaBackend


def check(game: ShapedGame, backend: CudaBackend) -> None:
    """Every block of every line-up is the sum of its episodes."""
    counts = bb.simulate(
        game.scenario, game.lineups, backend=backend, per_block=True, **game.request
    ).counts
    assert counts.blocks is not None
    reference = as_reference(game.scenario)
    numbers = range(game.first_episode, game.first_episode + game.episodes)
    for i, seats in enumerate(game.seats):
        expected = np.zeros_like(counts.blocks[i], dtype=np.int64)
        for episode in numbers:
            block = episode // 32 - game.first_episode // 32
            expected[block] += counted(play(reference, seats, game.seed, episode))
        assert np.array_equal(counts.blocks[i], expected)
        assert np.array_equal(counts.totals[i], expected.sum(axis=0))


@settings(max_examples=40, deadline=None)
@given(game=shaped_games(most_nights=12, most_lineups=2, most_episodes=20))
def test_any_game(game: ShapedGame, ptx: CudaBackend) -> None:
    check(game, ptx)


def test_full_length_episodes(ptx: CudaBackend) -> None:
    archetypes = [tuple(theta.tolist()) for theta in bb.ARCHETYPES.values()]
    pure = [[(1.0, theta)] for theta in archetypes[:4]]
    mixed = [[(0.3, archetypes[2]), (0.7, archetypes[1])]] * 4
    for shape, seats in ((DEFAULT, pure), (MIXED, mixed)):
        for name in ("default", "hard"):
            check(ShapedGame(shape, bb.scenario(name), [seats], 7, 2**60 + 16, 24), ptx)


def test_lively_games_on_a_ring_of_two(ptx: CudaBackend) -> None:
    wide = [(1 / 8, theta) for _, theta in (SEATS[0] + SEATS[1]) * 3][:8]
    for order in ("spread_then_burn_out", "burn_out_then_spread"):
        scenario = CROWDED.replace(night_order=order)
        game = ShapedGame(PAIR, scenario, [[wide, *SEATS]], 2**63 + 1, 20, 40)
        check(game, ptx)
