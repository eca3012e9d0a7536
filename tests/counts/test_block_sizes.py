"""Episodes of blocks: as an array where it is asked for, in a few numbers where it is not."""

import pickle
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import bucket_brigade as bb
from bucket_brigade.counts.block_sizes import BlockSizes
from bucket_brigade.counts.event_counts import EventCounts
from bucket_brigade.game.program import compile_program

SHORT = bb.scenario("default").replace(min_nights=1, max_nights=1)
HEROES = ["hero"] * 4


@given(
    st.lists(st.integers(1, 32), max_size=20),
    st.lists(st.tuples(st.integers(1, 3), st.integers(1, 9)), max_size=5),
)
def test_runs_say_what_arrays_say(sizes: list[int], runs: list[tuple[int, int]]) -> None:
    given_sizes = BlockSizes.of(sizes)
    assert given_sizes.to_array().tolist() == sizes
    assert given_sizes.blocks == len(sizes)
    others = BlockSizes.of(np.repeat(*np.array(runs).T) if runs else [])
    both = given_sizes + others
    assert both.to_array().tolist() == [*sizes, *others.to_array()]
    assert both == BlockSizes.of(both.to_array())
    assert both.to_array().dtype == np.int64


@pytest.mark.parametrize("first", [0, 1, 31, 32, 2**63 + 5])
@pytest.mark.parametrize("episodes", [1, 2, 31, 32, 33, 63, 64, 65, 1000])
def test_runs_of_a_program_are_those_of_its_episodes(first: int, episodes: int) -> None:
    program = compile_program(SHORT, [HEROES], seed=0, first_episode=first, episodes=episodes)
    blocks = np.array([episode // 32 for episode in range(first, first + episodes)], dtype=object)
    sizes = [int((blocks == block).sum()) for block in dict.fromkeys(blocks)]
    assert BlockSizes(program.block_runs).to_array().tolist() == sizes
    assert program.block_episodes.tolist() == sizes


def test_counts_take_arrays_or_runs() -> None:
    counts = bb.simulate(SHORT, [HEROES], episodes=100, first_episode=40).counts
    assert counts.block_episodes.tolist() == [24, 32, 32, 12]
    assert counts.block_sizes.runs == ((24, 1), (32, 2), (12, 1))
    again = replace(counts, block_episodes=np.array([24, 32, 32, 12]))
    assert again.block_sizes == counts.block_sizes
    assert replace(counts).block_sizes == counts.block_sizes
    assert pickle.loads(pickle.dumps(counts)).block_sizes == counts.block_sizes
    with pytest.raises(TypeError, match="block_episodes"):
        EventCounts(4, 10, 1, counts.totals, counts.moments, backend="", device="")


def test_ranges_that_follow_each_other_stay_few_numbers() -> None:
    counts = bb.simulate(SHORT, [HEROES], episodes=22, first_episode=10).counts
    for start in range(32, 3200, 64):
        later = bb.simulate(SHORT, [HEROES], episodes=64, first_episode=start).counts
        counts = counts.followed_by(later)
    assert counts.block_sizes.runs == ((22, 1), (32, 100))
    whole = bb.simulate(SHORT, [HEROES], episodes=3222, first_episode=10).counts
    assert counts.statistics().blocks == whole.statistics().blocks == 101


def test_memory_does_not_grow_with_episodes() -> None:
    tracemalloc.start()
    try:
        result = bb.simulate(SHORT, [HEROES], episodes=10**6, backend="cpu")
        result.mean, result.stderr  # noqa: B018
        # An array of them would take 250 kB.
        assert tracemalloc.get_traced_memory()[1] < 100_000
    finally:
        tracemalloc.stop()
