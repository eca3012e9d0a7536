"""Units cover the work exactly once, whoever takes them in whatever sizes."""

import sys
import threading
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bucket_brigade_cuda.launch.units import Unit, Units

SIZES = st.integers(1, 40)


@given(SIZES, SIZES, st.lists(st.integers(-1, 90), min_size=1, max_size=20))
def test_every_block_is_taken_once(lineups: int, blocks: int, sizes: list[int]) -> None:
    taken = np.zeros((lineups, blocks), int)
    units = Units(lineups, blocks)
    for turn in range(lineups * blocks):
        size = sizes[turn % len(sizes)]
        unit = units.take(size)
        if unit is None:
            break
        assert 1 <= unit.items <= max(1, size)
        assert unit.items == unit.lineups * unit.blocks
        # Several line-ups only as a whole.
        assert unit.lineups == 1 or unit.blocks == blocks
        taken[unit.lineup : unit.end_lineup, unit.block : unit.end_block] += 1
    assert (taken == 1).all()
    assert units.take(10) is None


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        (100, [Unit(0, 5, 0, 7)]),
        (15, [Unit(0, 2, 0, 7), Unit(2, 4, 0, 7), Unit(4, 5, 0, 7)]),
        (7, [Unit(i, i + 1, 0, 7) for i in range(5)]),
        (4, [Unit(i, i + 1, *part) for i in range(5) for part in ((0, 4), (4, 7))]),
    ],
)
def test_units_are_as_large_as_allowed(items: int, expected: list[Unit]) -> None:
    units = Units(5, 7)
    assert [units.take(items) for _ in expected] == expected
    assert units.take(items) is None


@pytest.fixture
def hasty() -> Iterator[None]:
    """Threads that interrupt one another at every turn."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


@pytest.mark.usefixtures("hasty")
def test_threads_take_different_units() -> None:
    for _ in range(5):
        units = Units(50, 200)
        taken: list[Unit] = []
        start = threading.Barrier(4)

        def take(units: Units, taken: list[Unit], start: threading.Barrier) -> None:
            start.wait()
            while (unit := units.take(1)) is not None:
                taken.append(unit)

        threads = [threading.Thread(target=take, args=(units, taken, start)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(taken) == 50 * 200
        assert len(set(taken)) == 50 * 200
