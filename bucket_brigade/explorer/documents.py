"""JSON as the page reads it: strictly, and each file once, whichever kinds of things ask for it.

Python's reader takes NaN and numbers beyond all bounds, which pages can't hold, and gives up on
deep nesting with an error of its own. Here these are errors of the file.
"""

import json
import math
from functools import lru_cache
from pathlib import Path
from typing import Any, NoReturn

from bucket_brigade.errors import InvalidFile, shown

__all__ = ["is_number", "parse_json", "read_json", "read_text"]

#: Digits of the longest integer that a float can be near.
_MOST_DIGITS = 308


class _Refused(ValueError):
    """JSON, as far as it was read, of what no file here may hold."""


def read_json(path: Path) -> Any:
    """Read what a JSON file holds; None if it holds no JSON.

    Callers share what is returned and must not change it.

    Raises
    ------
    InvalidFile
        If it holds NaN, an infinity, a number too large for a float, or nests too deeply.
    OSError
        If it can't be read.
    """
    about = path.stat()
    return _read(path, about.st_mtime_ns, about.st_size)


@lru_cache(maxsize=1)
def _read(path: Path, changed: int, size: int) -> Any:
    try:
        return parse_json(read_text(path))
    except _Refused as error:
        raise InvalidFile(f"{path}: {error}") from error
    except ValueError:
        return None


def read_text(path: Path) -> str:
    """Read a text in UTF-8, without the mark that some editors begin it with.

    Raises
    ------
    ValueError
        If it is no UTF-8.
    OSError
        If it can't be read.
    """
    return path.read_text(encoding="utf-8-sig")


def parse_json(text: str) -> Any:
    """Parse JSON of finite numbers, such as a line of JSON Lines.

    Raises
    ------
    ValueError
        If it is something else; the message says what.
    """
    try:
        return json.loads(text, parse_constant=_constant, parse_int=_integer, parse_float=_float)
    except RecursionError as error:
        raise _Refused("its JSON nests too deeply") from error


def is_number(value: object) -> bool:
    """Whether a value is a finite number that a float can be near; True and False are none."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def _constant(name: str) -> NoReturn:
    raise _Refused(f"it holds {name}, which is no number of JSON")


def _integer(digits: str) -> int:
    if len(digits.lstrip("-")) > _MOST_DIGITS:
        raise _too_large(digits)
    return int(digits)


def _float(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise _too_large(digits)
    return number


def _too_large(digits: str) -> _Refused:
    return _Refused(f"it holds a number that is too large: {shown(digits)[1:-1]}")
