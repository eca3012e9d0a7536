"""Compiled kernels as files: what one holds, what it is called, and which may be used here.

A file is a ZIP archive of `kernel.json` (what it is, and how it was made), `kernel.ptx` and, once
assembled, `kernel.cubin`. Its name tells the kernel, its shape, the architecture and what it was
compiled from, as in `play-10x4x2-sm_90-0123456789ab.zip`: ten houses, four agents, mixtures of two
heuristic agents; `play-10x4x2f-…` plays firefighters too, `play-10x4x2s-…` policies of any kind. It
says nothing of the machine or the libraries that compiled it, so a folder of kernels can be carried
to another machine.
"""

import hashlib
import json
import os
import re
import zipfile
from dataclasses import dataclass, field
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

from bucket_brigade.atomic_files import write_bytes
from bucket_brigade.errors import InvalidValue
from bucket_brigade_cuda.kernels.shape import Shape

__all__ = [
    "FOLDER",
    "Kernel",
    "UnusableKernel",
    "arch_of",
    "capability_of",
    "carried_folders",
    "file_name",
    "read_kernel",
    "sources",
    "write_kernel",
]

#: Names a folder of kernels that were compiled elsewhere, or before.
FOLDER = "BUCKET_BRIGADE_CUDA_KERNELS"
#: Version of the files, and of how the host passes arguments to what is in them.
FORMAT = 1
#: Kernels that came with the package, if its wheel was built with some.
PACKAGED = Path(__file__).parents[1] / "compiled"
#: Compute capabilities below are not compiled for any more by CUDA 13, nor tested.
LEAST_CAPABILITY = (7, 5)

PARTS = {"ptx": "kernel.ptx", "cubin": "kernel.cubin"}
ABOUT = "kernel.json"
#: The archive's own dates: none, so that equal kernels are equal files.
NO_DATE = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Kernel:
    """A compiled kernel.

    Attributes
    ----------
    name : str
        As in `KERNELS`.
    shape : Shape
    capability : tuple of int
        Compute capability it is compiled for.
    ptx : str
        The code, before assembly.
    cubin : bytes or None
        Machine code, if it was assembled.
    compile_seconds, assemble_seconds : float
        What making it took, wherever that was.
    versions : dict of str
        Of the libraries that made it.
    found : bool
        Whether it was read from a file rather than compiled by this process.
    """

    name: str
    shape: Shape
    capability: tuple[int, int]
    ptx: str
    cubin: bytes | None = None
    compile_seconds: float = 0.0
    assemble_seconds: float = 0.0
    versions: dict[str, str] = field(default_factory=dict, hash=False, compare=False)
    found: bool = field(default=False, compare=False)

    @property
    def entry(self) -> str:
        """Name of the function in the code."""
        found = re.search(r"\.entry\s+([\w$]+)", self.ptx)
        assert found is not None
        return found.group(1)

    @property
    def seconds(self) -> float:
        """Seconds that making it took this process: 0 if it was found."""
        return 0.0 if self.found else self.compile_seconds + self.assemble_seconds


class UnusableKernel(Exception):
    """A file that is there but must not be used; the message says why."""


def arch_of(capability: tuple[int, int]) -> str:
    """The name that compilers have for a compute capability: "sm_90" for (9, 0)."""
    return "sm_{}{}".format(*capability)


def capability_of(arch: str, parameter: str = "arch") -> tuple[int, int]:
    """Compute capability of an architecture such as "sm_90".

    Raises
    ------
    InvalidValue
        If `arch` names none, or one older than sm_75; under the name `parameter`.
    """
    match = re.fullmatch(r"sm_(\d{1,2})(\d)", arch)
    capability = (int(match[1]), int(match[2])) if match else (0, 0)
    if capability < LEAST_CAPABILITY:
        allowed = f"an architecture of {arch_of(LEAST_CAPABILITY)} or later, such as sm_90"
        raise InvalidValue(parameter, repr(arch), allowed)
    return capability


@cache
def sources() -> str:
    """Digest of what kernels are compiled from."""
    digest = hashlib.sha256()
    for source in sorted((Path(__file__).parents[1] / "kernels").glob("*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()


def stem(name: str, shape: Shape, capability: tuple[int, int]) -> str:
    """A file's name up to the digest of sources."""
    return f"{name}-{shape}-{arch_of(capability)}"


def file_name(name: str, shape: Shape, capability: tuple[int, int]) -> str:
    """The name of a kernel's file, of the sources that are installed here."""
    return f"{stem(name, shape, capability)}-{sources()[:12]}.zip"


def carried_folders() -> list[Path]:
    """Folders of kernels that were compiled before: what the environment variable
    ``BUCKET_BRIGADE_CUDA_KERNELS`` names, and what came with the package.

    Raises
    ------
    InvalidValue
        If the variable names no folder.
    """
    folders = [PACKAGED] if os.path.isdir(PACKAGED) else []
    if named := os.environ.get(FOLDER):
        if not os.path.isdir(named):
            raise InvalidValue(FOLDER, repr(named), "a folder of kernels from cuda-compile")
        folders.insert(0, Path(named))
    return folders


def read_kernel(
    folder: Path, name: str, shape: Shape, capability: tuple[int, int]
) -> Kernel | None:
    """A kernel in a folder; None if there is none of that name, shape and capability.

    Raises
    ------
    UnusableKernel
        If there is one that is damaged, or was compiled from other sources.
    """
    path = folder / file_name(name, shape, capability)
    try:
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        others = sorted(folder.glob(f"{stem(name, shape, capability)}-*.zip"))
        if others:
            raise UnusableKernel(f"{others[0]} was compiled from other sources") from None
        return None
    except OSError as error:
        raise UnusableKernel(f"{path} can't be read: {error}") from error
    try:
        return unpacked(content, name, shape, capability)
    except Exception as error:
        # Bytes that are wrong somewhere make `zipfile` raise errors of many kinds.
        raise UnusableKernel(f"{path} is damaged: {type(error).__name__}: {error}") from error


def unpacked(content: bytes, name: str, shape: Shape, capability: tuple[int, int]) -> Kernel:
    """The kernel that a file holds.

    Raises
    ------
    Exception
        Of some kind, if it is not whole, or not that of the kernel asked for.
    """
    with zipfile.ZipFile(BytesIO(content)) as archive:
        about = json.loads(archive.read(ABOUT))
        wanted = identity(name, shape, capability)
        if {key: about[key] for key in wanted} != wanted:
            raise ValueError("it holds another kernel than its name says")
        parts = {key: archive.read(PARTS[key]) for key in about["sha256"]}
    for key, digest in about["sha256"].items():
        if hashlib.sha256(parts[key]).hexdigest() != digest:
            raise ValueError(f"{PARTS[key]} was changed")
    return Kernel(
        name,
        shape,
        capability,
        parts["ptx"].decode(),
        parts.get("cubin"),
        float(about["compile_seconds"]),
        float(about["assemble_seconds"]),
        about["versions"],
        found=True,
    )


def identity(name: str, shape: Shape, capability: tuple[int, int]) -> dict[str, Any]:
    """The fields of a file that have to be as asked for."""
    return {
        "format": FORMAT,
        "kernel": name,
        "shape": [shape.houses, shape.agents, shape.width],
        "firefighters": shape.firefighters,
        "singles": shape.singles,
        "arch": arch_of(capability),
        "sources": sources(),
    }


def packed(kernel: Kernel) -> bytes:
    """A kernel as the content of a file."""
    parts = {"ptx": kernel.ptx.encode()}
    if kernel.cubin is not None:
        parts["cubin"] = kernel.cubin
    about = {
        **identity(kernel.name, kernel.shape, kernel.capability),
        "compile_seconds": round(kernel.compile_seconds, 3),
        "assemble_seconds": round(kernel.assemble_seconds, 3),
        "versions": kernel.versions,
        "sha256": {key: hashlib.sha256(part).hexdigest() for key, part in parts.items()},
    }
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for key, part in {ABOUT: json.dumps(about, indent=1).encode(), **parts}.items():
            entry = zipfile.ZipInfo(PARTS.get(key, key), NO_DATE)
            archive.writestr(entry, part, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def write_kernel(folder: Path, kernel: Kernel) -> Path:
    """Writes a kernel's file, whole or not at all; several processes may write the same.

    Raises
    ------
    OSError
        If it can't be written.
    """
    path = folder / file_name(kernel.name, kernel.shape, kernel.capability)
    write_bytes(packed(kernel), path)
    return path
