"""Errors a caller can act on. All derive from `BucketBrigadeError`."""

__all__ = [
    "BackendFailed",
    "BackendUnavailable",
    "BackendWarning",
    "BucketBrigadeError",
    "InvalidFile",
    "InvalidValue",
]


class BucketBrigadeError(Exception):
    """Base of the errors this package raises on purpose."""


class InvalidValue(BucketBrigadeError, ValueError):
    """A value outside what is allowed.

    Attributes
    ----------
    field : str
        The parameter, by the name its user knows it by.
    value : object
        What was given.
    allowed : str
        What is allowed instead.
    """

    def __init__(self, field: str, value: object, allowed: str) -> None:
        super().__init__(field, value, allowed)
        self.field = field
        self.value = value
        self.allowed = allowed

    def __str__(self) -> str:
        return f"{self.field} = {self.value} is not allowed: expected {self.allowed}"


class InvalidFile(BucketBrigadeError, ValueError):
    """A file that can't be read as what it should hold."""


class BackendUnavailable(BucketBrigadeError, RuntimeError):
    """A backend that can't be used here; the message says why."""


class BackendFailed(BucketBrigadeError, RuntimeError):
    """A backend that could be used but failed on the way: out of device memory, device lost."""


class BackendWarning(UserWarning):
    """Another backend played than the one that was chosen by ``"auto"``; the message says why."""
