"""Where the samples of a profile belong."""

import sys

import pytest

from bench import profile


def test_tools_that_fail_say_why() -> None:
    code = "import sys; sys.exit('not permitted here')"
    with pytest.raises(RuntimeError, match="failed: not permitted here"):
        profile._output_of([sys.executable, "-c", code])
    assert profile._output_of([sys.executable, "-c", "print(input())"], "told") == "told\n"


def test_addresses_are_found_in_the_loaded_segments() -> None:
    text = (
        "  LOAD           0x000000 0x0000000000000000 0x0 0x001000 0x001000 R   0x1000\n"
        "  LOAD           0x001000 0x0000000000002000 0x0 0x000500 0x000500 R E 0x1000\n"
    )
    assert profile._load_address(text, 0x1010) == 0x2010
    assert profile._load_address(text, 0x10) == 0x10
    assert profile._load_address(text, 0x1600) is None
