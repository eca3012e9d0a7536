"""Lays launch arguments out in memory as Numba's calling convention does (see `abi`)."""

import struct
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from bucket_brigade_cuda.devices.abi import array_words
from ptx_on_cpu.errors import InvalidArguments
from ptx_on_cpu.ptx import Entry, Parameter

__all__ = ["Arguments"]


@dataclass
class Arguments:
    """Words of a launch, and the memory that they give the kernel.

    ``ranges`` are first address, end address and whether stores are allowed. ``arrays`` keeps
    the arrays alive for the launch.
    """

    words: list[int] = field(default_factory=list)
    ranges: list[tuple[int, int, bool]] = field(default_factory=list)
    arrays: list[np.ndarray[Any, Any]] = field(default_factory=list)

    @classmethod
    def of(cls, values: tuple[object, ...]) -> "Arguments":
        """Words of Python values.

        Raises
        ------
        InvalidArguments
            For a value that is no array in C order, no whole number, and no tuple of them.
        """
        arguments = cls()

        for value in values:
            arguments.add(value)

        return arguments

    def add(self, value: object) -> None:
        """Appends the words of one value."""
        if isinstance(value, int | np.integer | np.bool_):
            self.words.append(int(value))
        elif isinstance(value, tuple):
            for one in value:
                self.add(one)
        elif isinstance(value, np.ndarray) or hasattr(value, "__array_interface__"):
            self.add_array(np.asarray(value))
        else:
            raise InvalidArguments(f"argument of type {type(value).__name__}")

    def add_array(self, array: np.ndarray[Any, Any]) -> None:
        """Appends the words of an array."""
        if not array.flags.c_contiguous or array.ndim == 0:
            raise InvalidArguments("arrays must be in C order and have a dimension")

        address = array.ctypes.data
        self.words += array_words(address, array.shape, array.itemsize)
        self.ranges.append((address, address + array.nbytes, array.flags.writeable))
        self.arrays.append(array)

    def packed(self, entry: Entry) -> bytes:
        """The parameter buffer of a kernel.

        Raises
        ------
        InvalidArguments
            Where the number of words is not the number of parameters, or one does not fit.
        """
        if len(self.words) != len(entry.parameters):
            raise InvalidArguments(
                f"the kernel takes {len(entry.parameters)} words, the arguments have "
                f"{len(self.words)}"
            )

        buffer = bytearray(entry.parameter_bytes)

        for word, parameter in zip(self.words, entry.parameters, strict=True):
            put(buffer, parameter, word)

        return bytes(buffer)


def put(buffer: bytearray, parameter: Parameter, word: int) -> None:
    """Writes one word into a parameter buffer."""
    codes = {1: "B", 2: "H", 4: "I", 8: "Q"}
    bits = 8 * parameter.size

    if parameter.size not in codes or parameter.type.startswith("f"):
        raise InvalidArguments(f"parameter {parameter.name} is no whole number")

    if not -(1 << (bits - 1)) <= word < 1 << bits:
        raise InvalidArguments(f"{word} does not fit parameter {parameter.name} of {bits} bits")

    struct.pack_into("<" + codes[parameter.size], buffer, parameter.offset, word % (1 << bits))
