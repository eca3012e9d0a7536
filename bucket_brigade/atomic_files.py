"""Files that hold the old content or the new, never a part of either.

A regular file is written beside its place, under a name of its own, and then takes it in one step;
so several programs may write one file at the same time, and whoever interrupts loses nothing.
Everything about the place that is not content stays: a symbolic link and where it leads, the mode,
the owner.

Written in place instead, and so not in one step, is

- what is no regular file: a pipe, a device;
- a file with several hard links, since all its names have to show the new content;
- a file that may be written in a folder that may not, or that is a mount of its own.

The path ``-``, and ``/dev/stdout`` by that or another name, is standard output; ``./-`` as text, or
an absolute path, is a file of that name.
"""

import contextlib
import errno
import json
import os
import re
import secrets
import shutil
import stat
import sys
from collections.abc import Iterator

from bucket_brigade.errors import InvalidValue

__all__ = [
    "STANDARD_OUTPUT",
    "check_output",
    "is_standard_output",
    "is_stream",
    "write_bytes",
    "write_json",
    "write_text",
]

#: The path of standard output.
STANDARD_OUTPUT = "-"

#: Names of open files; opened anew, they would be written over from their beginning.
_DESCRIPTOR = re.compile(r"/(?:dev|proc/self)/fd/([0-9]+)")
_STANDARD = {STANDARD_OUTPUT: 1, "/dev/stdout": 1, "/dev/stderr": 2}
#: Symbolic links to follow at most.
_MOST_LINKS = 40
#: Why a file can't be replaced that may still be written.
_IRREPLACEABLE = {errno.EACCES, errno.EPERM, errno.EROFS, errno.EBUSY, errno.EXDEV}


def write_json(document: object, path: str | os.PathLike[str]) -> None:
    """Write JSON, indented, as `write_bytes` does."""
    write_text(json.dumps(document, indent=2, allow_nan=False) + "\n", path)


def write_text(text: str, path: str | os.PathLike[str]) -> None:
    """Write text in UTF-8, as `write_bytes` does."""
    write_bytes(text.encode("utf-8"), path)


def write_bytes(content: bytes, path: str | os.PathLike[str]) -> None:
    """Write a file, whole or not at all where that is possible (see the module).

    Missing folders are made.

    Parameters
    ----------
    content : bytes
        All of it.
    path : path
        Where; ``-`` is standard output.

    Raises
    ------
    OSError
        If that fails. It names `path`, whichever file the system complained of.
    """
    with _naming(path):
        number = _descriptor(path)
        if number is not None:
            _write_open(content, number)
            return
        target = os.path.realpath(path)
        status = _status(target)
        if status is None:
            os.makedirs(os.path.dirname(target), exist_ok=True)
            _replace(content, target, None)
        elif not stat.S_ISREG(status.st_mode) or status.st_nlink > 1:
            _overwrite(content, target)
        else:
            _check_access(target)
            try:
                _replace(content, target, status)
            except OSError as error:
                if error.errno not in _IRREPLACEABLE:
                    raise
                _overwrite(content, target)


def check_output(path: str | os.PathLike[str], field: str = "path") -> None:
    """Check that a file could be written, before what it shall hold is worked out.

    Nothing is left behind, no folder either; what is there is not touched.

    Parameters
    ----------
    path : path
        As for `write_bytes`.
    field : str
        What to call it if it is a folder.

    Raises
    ------
    InvalidValue
        If it is a folder.
    OSError
        If it could not be written. It names `path`.
    """
    with _naming(path):
        if _descriptor(path) is not None:
            return
        target = os.path.realpath(path)
        status = _status(target)
        if status is not None:
            if stat.S_ISDIR(status.st_mode):
                raise InvalidValue(field, repr(os.fspath(path)), "a file, not a directory")
            _check_access(target)
            return
        folder = os.path.dirname(target)
        while _status(folder) is None:
            folder = os.path.dirname(folder)
        # Permissions alone do not tell: file systems may be read-only, or make no files.
        with _part(folder) as part:
            open(part, "xb").close()


def is_stream(path: str | os.PathLike[str]) -> bool:
    """Whether all that is written to a path comes one after the other, as with a pipe."""
    if _descriptor(path) is not None:
        return True
    status = _status(os.path.realpath(path))
    return status is not None and not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode))


def is_standard_output(path: str | os.PathLike[str]) -> bool:
    """Whether a path is standard output, by whichever name."""
    return _descriptor(path) == 1


@contextlib.contextmanager
def _naming(path: str | os.PathLike[str]) -> Iterator[None]:
    """Lets errors of the system name a path."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror or str(error), os.fspath(path)) from error


def _status(path: str) -> os.stat_result | None:
    """What there is at a path; None if there is nothing, but perhaps a link that leads nowhere."""
    try:
        return os.stat(path)
    except FileNotFoundError:
        return None


def _check_access(path: str) -> None:
    """Refuses what is there but may not be written: replacing it would get around that."""
    if not os.access(path, os.W_OK, effective_ids=os.access in os.supports_effective_ids):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def _descriptor(path: str | os.PathLike[str]) -> int | None:
    """The number of the open file that a path is another name of, also by way of links."""
    name = os.fspath(path)
    for _ in range(_MOST_LINKS):
        if name in _STANDARD:
            return _STANDARD[name]
        match = _DESCRIPTOR.fullmatch(name)
        if match:
            return int(match[1])
        if not os.path.islink(name):
            return None
        name = os.path.join(os.path.dirname(name), os.readlink(name))
    return None


def _write_open(content: bytes, number: int) -> None:
    """Writes to an open file, after what was written to it before."""
    stream = {1: sys.stdout, 2: sys.stderr}.get(number)
    if number > 2:
        with open(os.dup(number), "wb") as duplicate:
            duplicate.write(content)
        return
    if stream is None:
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))
    stream.flush()
    binary = getattr(stream, "buffer", None)
    if binary is None:  # as in a notebook
        stream.write(content.decode("utf-8"))
        stream.flush()
        return
    # Without a buffer: what could not be written would stay there, to fail again at exit.
    raw = getattr(binary, "raw", binary)
    left = memoryview(content)
    while left:
        left = left[raw.write(left) or 0 :]


def _overwrite(content: bytes, path: str) -> None:
    """Writes in place."""
    truncated = os.O_TRUNC if os.path.isfile(path) else 0
    with open(os.open(path, os.O_WRONLY | truncated), "wb") as file:
        file.write(content)


def _replace(content: bytes, path: str, old: os.stat_result | None) -> None:
    """Writes a new file, which then takes the place of the old one if there is one."""
    with _part(os.path.dirname(path)) as part:
        with open(part, "xb") as file:
            if old is not None:
                new = os.fstat(file.fileno())
                if (new.st_uid, new.st_gid) != (old.st_uid, old.st_gid):
                    os.chown(part, old.st_uid, old.st_gid)
                shutil.copystat(path, part)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)


@contextlib.contextmanager
def _part(folder: str) -> Iterator[str]:
    """A name that no other file of a folder has; what is still there in the end is removed."""
    part = os.path.join(folder, f".{secrets.token_hex(8)}.part")
    try:
        yield part
    finally:
        with contextlib.suppress(OSError):
            os.unlink(part)
