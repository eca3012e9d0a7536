"""Thresholds as rows of words, and the arrays that kernels read."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

import bucket_brigade as bb
from bucket_brigade.game.program import compile_program
from bucket_brigade_cuda.kernels.shape import SHARED_BYTES, WIDTHS, Shape, width_for
from bucket_brigade_cuda.kernels.tables import ROW, Tables, key_schedule, ladder_of, rows_of

EDGES = (0, 1, 2, 15, 16, 2**4, 2**28 - 1, 2**28, 2**31, 2**32 - 16, 2**32 - 1, 2**32)
THRESHOLDS = st.one_of(st.integers(0, 2**32), st.sampled_from(EDGES))
ALL = 2**32 - 1


def check_row(threshold: int, row: list[int]) -> None:
    certain, opened, quads, flag = row[32:]
    drawn = 0 if threshold == 2**32 else threshold
    assert row[:32] == [ALL if drawn >> (31 - j) & 1 else 0 for j in range(32)]
    assert certain == (ALL if threshold == 2**32 else 0)
    assert opened == (ALL if drawn else 0)
    # The least number of quads after which nothing of the threshold is left.
    assert quads == next(q for q in range(9) if drawn % (1 << (32 - 4 * q)) == 0)
    assert flag == 0


@given(st.lists(THRESHOLDS, min_size=1, max_size=5))
def test_rows_hold_the_bits(thresholds: list[int]) -> None:
    rows = rows_of(thresholds)
    assert rows.shape == (len(thresholds), ROW)
    assert rows.dtype == np.uint32
    for threshold, row in zip(thresholds, rows.tolist(), strict=True):
        check_row(threshold, row)


@given(st.lists(THRESHOLDS, min_size=1, max_size=16))
def test_steps_of_a_ladder_add_up_to_rows(thresholds: list[int]) -> None:
    ladder, rows = ladder_of(thresholds), rows_of(thresholds)
    # All ones is minus one: a set bit takes one away.
    signs = np.array([1] + [-1] * (len(thresholds) - 1), np.int32)[:, None]
    steps = np.cumsum(ladder[:, :34].astype(np.int32) * signs, axis=0, dtype=np.int32)
    assert np.array_equal(steps.astype(np.uint32), rows[:, :34])
    assert set(ladder[1:, :34].reshape(-1).tolist()) <= {0, 1, ALL}
    assert set(ladder[:, 34].tolist()) == {int(rows[:, 34].max())}


@given(st.integers(0, 2**64 - 1))
def test_keys_grow_by_the_same_step_each_round(seed: int) -> None:
    keys = [int(key) for key in key_schedule(seed)]
    assert keys[:2] == [seed & ALL, seed >> 32]
    assert len(keys) == 20
    for i in range(2, 20):
        assert keys[i] == (keys[i - 2] + (0xBB67AE85 if i % 2 else 0x9E3779B9)) & ALL


def test_seats_of_line_ups_that_mix_more_and_less() -> None:
    three = bb.Mixture(["hero", "liar", "hero"], [0.25, 0.5, 0.25])
    lineups: list[list[object]] = [
        ["hero"] * 4,
        [three, "liar", three, "free_rider"],
        ["liar", three, "hero", "liar"],
    ]
    tables = Tables.of(compile_program(bb.scenario("default"), lineups, seed=0, episodes=1))
    hero, liar, free_rider = 0, ROW, 2 * ROW
    for first, end in ((0, 3), (1, 2), (1, 3), (0, 1)):
        seats = tables.seats(first, end, 4)
        strategies = np.array(
            [
                [[hero, 0, 0, 0]] * 4,
                [
                    [hero, liar, hero, 0],
                    [liar, 0, 0, 0],
                    [hero, liar, hero, 0],
                    [free_rider, 0, 0, 0],
                ],
                [[liar, 0, 0, 0], [hero, liar, hero, 0], [hero, 0, 0, 0], [liar, 0, 0, 0]],
            ]
        )
        assert np.array_equal(seats.strategies, strategies[first:end])
        quarter, whole = 2**30, 2**32
        for i, a in np.ndindex(end - first, 4):
            mixes = isinstance(lineups[first + i][a], bb.Mixture)
            expected = [quarter, 3 * quarter, whole, whole] if mixes else [whole] * 4
            assert seats.limits[i, a].tolist() == expected


def test_policies_are_rows_and_flags() -> None:
    """Of working, and of working at home; a firefighter waits, and may put its own houses first."""
    lineup = ["hero", bb.Firefighter(0.25), bb.Firefighter(1.0, own_first=True), "free_rider"]
    program = compile_program(bb.scenario("default"), [lineup], seed=0, episodes=1)
    pool = Tables.of(program).pool.view(np.uint32).reshape(4, 2, ROW)
    assert (pool[:, :, 35] // ALL).tolist() == [[0, 0], [1, 0], [1, 1], [0, 0]]
    heuristics = [program.policies[i][1] for i in (0, 3)]
    for found, of in zip(pool[[0, 3]], heuristics, strict=True):
        assert np.array_equal(found, rows_of([of["work"], of["home"]]))
    assert np.array_equal(pool[1:3, :, :35], rows_of([[2**30, 0], [2**32, 0]])[..., :35])


def test_kernels_are_no_wider_than_they_need_to_be() -> None:
    for strategies in range(1, 17):
        width = width_for(strategies)
        assert width in WIDTHS
        assert width // 2 < strategies <= width


def test_every_shape_fits_into_static_shared_memory() -> None:
    for houses in range(2, 33):
        for agents in range(1, 17):
            shape = Shape(houses, agents, 16)
            table = 4 * ROW * (3 + agents)
            assert shape.threads % 32 == 0
            assert 4 * shape.words * shape.threads + table <= SHARED_BYTES
