"""Compiles C to a shared object and loads it. The objects live as long as the process."""

import ctypes
import hashlib
import os
import shutil
import subprocess
import tempfile
import threading
from functools import lru_cache
from pathlib import Path

from ptx_on_cpu.errors import BuildFailed, ToolMissing

__all__ = ["folder", "load"]

# Wrapping, aliasing and rounding as the device has them; no warnings for machine-written code.
FLAGS = (
    *("-march=native", "-fwrapv", "-fno-strict-aliasing", "-ffp-contract=off"),
    *("-fPIC", "-shared", "-w"),
)

#: Threads of a process would build into the same draft.
BUILDING = threading.Lock()


@lru_cache(maxsize=1)
def temporary() -> tempfile.TemporaryDirectory[str]:
    """A folder that goes when the process ends."""
    return tempfile.TemporaryDirectory(prefix="ptx-as-c-")


def folder() -> Path:
    """The folder of this process's shared objects; others may build into the same."""
    return Path(temporary().name)


def compiler() -> str:
    """Path of the C compiler: what ``CC`` names, or gcc, or cc."""
    for name in (os.environ.get("CC"), "gcc", "cc"):
        if name and (path := shutil.which(name)):
            return path

    raise ToolMissing("gcc", "install a C compiler, or name one in the variable CC")


def load(source: str, level: int = 2) -> ctypes.CDLL:
    """The shared object of a C program, compiled unless this process already has.

    Parameters
    ----------
    source : str
        The program.
    level : int
        Optimisation, from 0 to 3.

    Raises
    ------
    ToolMissing
        Without a C compiler.
    BuildFailed
        Where the compiler refuses the program.
    """
    stem = hashlib.sha256(f"{level} {source}".encode()).hexdigest()[:32]

    with BUILDING:
        return ctypes.CDLL(str(_built(stem, source, level)))


def _built(stem: str, source: str, level: int) -> Path:
    """The shared object's file."""
    built = folder() / f"{stem}.so"

    if not built.exists():
        # Another process may build the same: each moves a whole object into place.
        program = built.with_suffix(f".{os.getpid()}.c")
        program.write_text(source, encoding="utf-8")
        draft = built.with_suffix(f".{os.getpid()}.tmp")
        run = subprocess.run(
            [compiler(), f"-O{level}", *FLAGS, str(program), "-o", str(draft)],
            capture_output=True,
            text=True,
            check=False,
        )

        if run.returncode:
            raise BuildFailed(run.stderr[:4000])

        draft.replace(built)

    return built
