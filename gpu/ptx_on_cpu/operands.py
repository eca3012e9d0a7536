"""Operands of PTX instructions."""

import re
from dataclasses import dataclass

from ptx_on_cpu.errors import InvalidPtx

__all__ = ["Address", "Immediate", "Name", "Operand", "Vector", "parse_operand", "split_operands"]

NAME = re.compile(r"[%$_A-Za-z][\w$]*(?:\.[xyz])?")
#: A floating-point literal is its bits: 16 digits of a double, 8 of a float.
BITS = re.compile(r"0[dD]([0-9a-fA-F]{16})|0[fF]([0-9a-fA-F]{8})")
NUMBER = re.compile(r"(-?)(0[xX][0-9a-fA-F]+|0[bB][01]+|0[0-7]+|\d+)U?")
ADDRESS = re.compile(r"\[\s*([%$_A-Za-z][\w$]*|-?\w+)\s*(?:\+\s*(-?\w+)\s*)?\]")


@dataclass(frozen=True)
class Name:
    """A register, a special register, a symbol or a label; perhaps a negated predicate."""

    name: str
    negated: bool = False


@dataclass(frozen=True)
class Immediate:
    """A whole number; or the bits of a floating-point one."""

    value: int
    floating: bool = False


@dataclass(frozen=True)
class Address:
    """A place in memory: an optional register or symbol, and a byte offset."""

    base: str | None
    offset: int


@dataclass(frozen=True)
class Vector:
    """Operands in braces."""

    elements: tuple["Name | Immediate", ...]


Operand = Name | Immediate | Address | Vector


def number(text: str) -> int | None:
    """Value of a PTX integer literal, or None."""
    match = NUMBER.fullmatch(text)

    if match is None:
        return None

    digits = match[2]
    base = 8 if re.fullmatch(r"0[0-7]+", digits) else 0
    return int(digits, base) * (-1 if match[1] else 1)


def split_operands(text: str | None) -> list[str]:
    """Splits at the commas that stand in no bracket."""
    parts = [""]
    depth = 0

    for char in text or "":
        depth += (char in "{[") - (char in "}]")

        if char == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += char

    return [] if parts == [""] else [part.strip() for part in parts]


def parse_operand(text: str, line: int) -> Operand:
    """Reads one operand.

    Raises
    ------
    InvalidPtx
        For any form not listed above.
    """
    if (value := number(text)) is not None:
        return Immediate(value)

    if match := BITS.fullmatch(text):
        return Immediate(int(match[1] or match[2], 16), floating=True)

    if text.startswith("!") and NAME.fullmatch(text[1:].strip()):
        return Name(text[1:].strip(), negated=True)

    if NAME.fullmatch(text):
        return Name(text)

    if match := ADDRESS.fullmatch(text):
        offset = number(match[2]) if match[2] else 0
        absolute = number(match[1])

        if offset is not None:
            if absolute is not None:
                return Address(None, absolute + offset)

            if NAME.fullmatch(match[1]):
                return Address(match[1], offset)

    if text.startswith("{") and text.endswith("}"):
        elements = tuple(parse_operand(one, line) for one in split_operands(text[1:-1]))
        plain = tuple(one for one in elements if isinstance(one, Name | Immediate))

        if plain and len(plain) == len(elements):
            return Vector(plain)

    raise InvalidPtx(f"operand {text!r}", line)
