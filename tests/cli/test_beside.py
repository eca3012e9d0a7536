"""Work beside the next one: results in order, errors handed on, and nothing goes on at the end."""

import threading
import time

import pytest

from bucket_brigade.backends import Progress
from bucket_brigade.cli.beside import Beside


def test_each_result_is_handed_on_before_the_next_piece_begins() -> None:
    results: list[int] = []
    with Beside[int]() as beside:
        for i in range(3):

            def work(*, progress: Progress, i: int = i) -> int:
                assert results == list(range(i))
                return i

            beside.begin(work, results.append)
        beside.wait()
        beside.wait()
    assert results == [0, 1, 2]


def test_what_work_raises_is_raised_where_it_is_awaited() -> None:
    def fails(*, progress: Progress) -> int:
        raise KeyboardInterrupt

    with Beside[int]() as beside:
        beside.begin(fails, lambda _: None)
        with pytest.raises(KeyboardInterrupt):
            beside.wait()


def test_work_that_nobody_awaits_is_stopped_where_it_reports() -> None:
    begun = threading.Event()
    reports: list[int] = []

    def work(*, progress: Progress) -> int:
        for i in range(10_000):
            progress(i, 10_000)
            reports.append(i)
            begun.set()
            time.sleep(0.001)
        return 0

    with Beside[int]() as beside:
        beside.begin(work, lambda _: pytest.fail("nobody waits"))
        assert begun.wait(5)
    assert 0 < len(reports) < 10_000


def test_a_result_that_is_there_is_handed_on_whatever_ends_it() -> None:
    done = threading.Event()
    results: list[int] = []

    def work(*, progress: Progress) -> int:
        done.set()
        return 7

    def interrupted() -> None:
        with Beside[int]() as beside:
            beside.begin(work, results.append)
            assert done.wait(5)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert results == [7]
