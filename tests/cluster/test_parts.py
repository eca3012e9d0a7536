"""Parts of programs, put together in any order, are the whole."""

import random
from typing import Any

import numpy as np
import pytest
from small_games import LIVELY

import bucket_brigade as bb
from bucket_brigade.backends import select_backend
from bucket_brigade.backends.cpu import CpuBackend
from bucket_brigade.cluster.parts import Sums, parts_of, play_part
from bucket_brigade.cluster.tasks import missing
from bucket_brigade.game.program import compile_program

LINEUPS = [
    ["hero", "liar"],
    ["hero", bb.Mixture(["liar", "firefighter"], [0.25, 0.75])],
    ["free_rider"] * 2,
]


@pytest.mark.parametrize("number", [1, 2, 7, 500])
@pytest.mark.parametrize(("first", "episodes"), [(0, 640), (17, 1000), (5, 3), (32, 33)])
@pytest.mark.parametrize("per_block", [False, True])
def test_parts_make_the_whole(number: int, first: int, episodes: int, per_block: bool) -> None:
    request: dict[str, Any] = {"seed": 3, "first_episode": first, "episodes": episodes}
    program = compile_program(LIVELY, LINEUPS, **request)
    parts = list(parts_of(program, number, "cpu", per_block))
    assert len(parts) >= min(number, len(LINEUPS) * program.blocks)
    assert sum(part.played for part in parts) == len(LINEUPS) * episodes
    random.Random(number).shuffle(parts)
    sums = Sums(program)
    for part in parts:
        sums.add(part, play_part(part))
    found = sums.counts("some", "where")
    whole = CpuBackend().run(program, per_block=per_block)
    assert found == whole
    np.testing.assert_array_equal(found.moments, whole.moments)
    assert (found.blocks is None) != per_block


def test_programs_that_hide_where_they_come_from_are_refused() -> None:
    program = compile_program(LIVELY, LINEUPS, seed=0, episodes=32)
    assert program.source[0] is LIVELY
    with pytest.raises(bb.BackendFailed, match="compiled from"):
        list(parts_of(_WithoutSource(program), 2, "cpu", False))  # type: ignore[arg-type]


class _WithoutSource:
    def __init__(self, program: Any) -> None:
        self.lineups, self.blocks, self.source = program.lineups, program.blocks, None


def test_ray_without_ray_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(bb.BackendUnavailable, match=r"pip install '\.\[ray\]'"):
        select_backend("ray")
    with pytest.raises(bb.BackendUnavailable, match=r"pip install '\.\[ray\]'"):
        bb.sweep(LIVELY, {"seed": [1]}, do="optimum", cluster="auto")


def test_what_cannot_play_on_ray_is_refused() -> None:
    with pytest.raises(bb.InvalidValue, match="ray:cpu or ray:cuda"):
        select_backend("ray:tpu")
    if missing() is None:
        assert select_backend("ray:cuda").name == "ray"
