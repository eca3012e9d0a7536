"""The engine's generator against the known answers, and against ten rounds written out."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference_game import philox4x32_10

from bucket_brigade import _core

KNOWN = [
    [int(word, 16) for word in line.split()]
    for line in Path(__file__)
    .parents[1]
    .joinpath("witnesses", "philox_known_answers.txt")
    .read_text(encoding="utf-8")
    .splitlines()
    if line.strip() and not line.startswith("#")
]
WORD = st.integers(0, 2**32 - 1)


def test_all_known_answers_are_there() -> None:
    assert [len(words) for words in KNOWN] == [10, 10, 10]


@pytest.mark.parametrize("words", KNOWN)
def test_known_answers(words: list[int]) -> None:
    assert list(_core.philox4x32_10(words[:4], words[4:6])) == words[6:]


@settings(max_examples=200, deadline=None)
@given(st.tuples(WORD, WORD, WORD, WORD), st.tuples(WORD, WORD))
def test_any_answer_is_that_of_the_written_rounds(
    counter: tuple[int, int, int, int], key: tuple[int, int]
) -> None:
    assert tuple(_core.philox4x32_10(counter, key)) == philox4x32_10(counter, key)
