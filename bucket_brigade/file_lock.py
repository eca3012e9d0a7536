"""A file that one process at a time works on, until it ends in whichever way."""

import contextlib
import os
import sys
from types import TracebackType
from typing import Self

from bucket_brigade.errors import BucketBrigadeError

if sys.platform != "win32":
    import fcntl

__all__ = ["FileInUse", "FileLock"]


class FileInUse(BucketBrigadeError, RuntimeError):
    """A file that another process works on; the message says which process."""


class FileLock:
    """Keep other processes from a file as long as this one has it (``with FileLock(path): ...``).

    The lock is on a file beside it, ``.NAME.lock``, which is there for as long, and which the
    system unlocks when its process ends, killed or not. Where the system has no such locks (on
    Windows, and on some network drives) nothing is kept from anybody.

    Parameters
    ----------
    path : str
        The file; it need not exist, but its folder is made.

    Raises
    ------
    FileInUse
        By ``with``, if another process has it.
    OSError
        By ``with``, if the lock can't be made.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = os.fspath(path)
        folder, name = os.path.split(os.path.realpath(path))
        self._beside = os.path.join(folder, f".{name}.lock")
        self._held: int | None = None

    def __enter__(self) -> Self:
        if sys.platform == "win32":
            return self
        os.makedirs(os.path.dirname(self._beside), exist_ok=True)
        while self._held is None:
            handle = os.open(self._beside, os.O_RDWR | os.O_CREAT, 0o666)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                process = os.read(handle, 32).decode("ascii", "replace").strip() or "unknown"
                os.close(handle)
                raise FileInUse(
                    f"{self._path} is in use by a run that is still going (process {process}): "
                    "wait for it, or write to another file"
                ) from None
            except OSError:
                os.close(handle)
                return self  # a drive without locks
            # Whoever had it before may have removed it since it was opened here.
            with contextlib.suppress(FileNotFoundError):
                if os.path.samestat(os.stat(self._beside), os.fstat(handle)):
                    self._held = handle
                    os.ftruncate(handle, 0)
                    os.write(handle, str(os.getpid()).encode())
                    return self
            os.close(handle)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._held is not None:
            # First removed, then unlocked: the other way round, it could be another's by then.
            with contextlib.suppress(OSError):
                os.unlink(self._beside)
            os.close(self._held)
            self._held = None
