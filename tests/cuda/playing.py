"""Plays a request by a backend and by the CPU, and compares every integer."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from reference_game import Record

import bucket_brigade as bb
from bucket_brigade.backends.cpu import CpuBackend
from bucket_brigade_cuda.backend import CudaBackend

__all__ = ["agreed", "assert_equal", "counted"]


def counted(record: Record) -> list[int]:
    """The count vector of an episode."""
    c = record.counts
    ended = [kind == record.ended for kind in bb.END_KINDS]
    return [c["nights"], *c["worked"], *c["safe"], *c["ruined"], *c["saved"], *map(int, ended)]


def assert_equal(one: bb.EventCounts, other: bb.EventCounts) -> None:
    """All integers are the same."""
    assert np.array_equal(one.totals, other.totals)
    assert np.array_equal(one.moments, other.moments)
    assert np.array_equal(one.block_episodes, other.block_episodes)
    assert one.totals.dtype == other.totals.dtype
    assert one.moments.dtype == other.moments.dtype
    assert (one.blocks is None) == (other.blocks is None)
    if one.blocks is not None and other.blocks is not None:
        assert np.array_equal(one.blocks, other.blocks)
        assert one.blocks.dtype == other.blocks.dtype


def agreed(
    backend: CudaBackend,
    scenario: bb.Scenario,
    lineups: Sequence[Any],
    *,
    per_block: bool = True,
    **request: Any,
) -> bb.EventCounts:
    """What both count."""
    counts = bb.simulate(
        scenario, lineups, backend=backend, per_block=per_block, **request
    ).event_counts
    expected = bb.simulate(
        scenario, lineups, backend=CpuBackend(), per_block=per_block, **request
    ).event_counts
    assert_equal(counts, expected)
    return counts
