"""Options that the commands of this folder share, checked before anything is measured."""

import argparse
import math
from pathlib import Path

from bucket_brigade.atomic_files import check_output


def whole_number(text: str) -> int:
    """A whole number of at least one, as a type of argparse."""
    try:
        value = int(text)
    except ValueError:
        value = 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return value


def positive(text: str) -> float:
    """A finite number above 0, as a type of argparse."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return value


def file_to_write(text: str) -> Path:
    """A file in a folder that exists, as a type of argparse: figures that took minutes need one."""
    file = Path(text)
    if not file.parent.is_dir():
        raise argparse.ArgumentTypeError(f"there is no folder {str(file.parent)!r}")
    if file.is_dir():
        raise argparse.ArgumentTypeError(f"{text!r} is a folder")
    try:
        check_output(file)
    except OSError as error:
        raise argparse.ArgumentTypeError(f"{text!r}: {error.strerror}") from error
    return file


def add_json(parser: argparse.ArgumentParser, what: str = "all figures") -> None:
    """Add the option ``--json FILE``."""
    parser.add_argument(
        "--json", type=file_to_write, metavar="FILE", help=f"also write {what} there"
    )
