"""Errors a caller can act on. All derive from `BucketBrigadeError`."""

import numbers
import reprlib

__all__ = [
    "BackendFailed",
    "BackendUnavailable",
    "BackendWarning",
    "BucketBrigadeError",
    "InvalidFile",
    "InvalidValue",
    "RareEventsWarning",
    "shown",
]

#: Characters of a value in a message.
LONGEST = 160
#: Bits of an integer that is written out.
MOST_BITS = 256


class _Short(reprlib.Repr):
    """Writes any value in a line: what is large is cut, what fails is named by its type."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlist = self.maxtuple = self.maxarray = self.maxdict = 10
        self.maxset = self.maxfrozenset = self.maxdeque = 10
        self.maxlevel = 4
        self.maxstring = self.maxlong = self.maxother = LONGEST // 2

    def repr_int(self, x: int, level: int) -> str:
        if x.bit_length() <= MOST_BITS:
            return repr(x)
        # Python refuses to write the longest ones at all.
        sign = "a negative" if x < 0 else "an"
        return f"{sign} integer of some {int(x.bit_length() * 0.30103):,} digits"

    def repr_instance(self, x: object, level: int) -> str:
        if isinstance(x, numbers.Number):  # NumPy's, without their types
            return str(x)
        return super().repr_instance(x, level)


_SHORT = _Short()


def shown(value: object) -> str:
    """A value as a message has it: its `repr`, in one line, cut where it is long."""
    try:
        return _cut(_SHORT.repr(value))
    except Exception:  # what is wrong with the value is already being told
        return f"a {type(value).__name__}"


def _cut(text: str) -> str:
    line = " ".join(text.split())
    if len(line) <= LONGEST:
        return line
    return f"{line[: LONGEST - 20]} … {line[-15:]}"


class BucketBrigadeError(Exception):
    """Base of the errors this package raises on purpose."""


class InvalidValue(BucketBrigadeError, ValueError):
    """A value outside what is allowed.

    Attributes
    ----------
    field : str
        The parameter, by the name its user knows it by.
    value : object
        What was given, or text that tells it. Messages shorten it.
    allowed : str
        What is allowed instead.
    place : str
        The file it is from, and where in it; empty for a value from elsewhere.
    """

    def __init__(self, field: str, value: object, allowed: str, place: str = "") -> None:
        super().__init__(field, value, allowed, place)
        self.field = field
        self.value = value
        self.allowed = allowed
        self.place = place

    def __str__(self) -> str:
        value = _cut(self.value) if isinstance(self.value, str) else shown(self.value)
        where = f" (in {self.place})" if self.place else ""
        return f"{_cut(self.field)} = {value} is not allowed: expected {self.allowed}{where}"


class InvalidFile(BucketBrigadeError, ValueError):
    """A file that can't be read as what it should hold."""


class BackendUnavailable(BucketBrigadeError, RuntimeError):
    """A backend that can't be used here; the message says why."""


class BackendFailed(BucketBrigadeError, RuntimeError):
    """A backend that could be used but failed on the way: out of device memory, device lost."""


class BackendWarning(UserWarning):
    """Another backend played than the one that was chosen by ``"auto"``; the message says why."""


class RareEventsWarning(UserWarning):
    """A payoff may depend on events that were never seen, or hardly; the message says by how much
    (see `SimulationResult.unseen`)."""
