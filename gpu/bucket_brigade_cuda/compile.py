"""From a kernel's Python function to code for a device, remembered in memory and on disk."""

import hashlib
import os
import re
import tempfile
import threading
import time
import warnings
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.metadata import version
from pathlib import Path

from bucket_brigade.errors import BackendUnavailable
from bucket_brigade_cuda.shape import Shape

__all__ = ["CACHE", "Kernel", "assemble", "cache_folder", "compile_kernel", "is_compiled"]

#: Names the folder for compiled kernels; empty to keep none.
CACHE = "BUCKET_BRIGADE_CUDA_CACHE"

#: Held while a kernel is compiled or assembled: devices that want the same one wait for it.
_ONE_AT_A_TIME = threading.RLock()


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
    entry : str
        Name of the function in it.
    seconds : float
        What compiling took; 0 if it was found on disk.
    """

    name: str
    shape: Shape
    capability: tuple[int, int]
    ptx: str
    entry: str
    seconds: float


def compile_kernel(name: str, shape: Shape, capability: tuple[int, int]) -> Kernel:
    """Compiles a kernel to PTX, or finds it on disk. Needs no GPU.

    Parameters
    ----------
    name : str
        One of `KERNELS`.
    shape : Shape
        What to specialise it for.
    capability : tuple of int
        Compute capability, such as (9, 0).

    Raises
    ------
    BackendUnavailable
        If something that compiling takes is missing, or knows no such devices.
    """
    with _ONE_AT_A_TIME:
        return _compiled(name, shape, capability)


@lru_cache(maxsize=256)
def _compiled(name: str, shape: Shape, capability: tuple[int, int]) -> Kernel:
    kept = _kept(f"{name}-{shape}-{capability}", "ptx")
    started = time.perf_counter()
    ptx, seconds = _read(kept), 0.0
    if ptx is None:
        ptx = _translate(name, shape, capability).encode()
        seconds = time.perf_counter() - started
        _keep(kept, ptx)
    text = ptx.decode()
    found = re.search(r"\.entry\s+([\w$]+)", text)
    assert found is not None
    return Kernel(name, shape, capability, text, found.group(1), seconds)


def _translate(name: str, shape: Shape, capability: tuple[int, int]) -> str:
    try:
        from numba import cuda
        from numba.cuda.cudadrv.error import NvvmError, NvvmSupportError

        from bucket_brigade_cuda.kernels import KERNELS
    except ImportError as error:
        raise BackendUnavailable(f"Numba-CUDA can't be imported: {error}") from error
    recipe = KERNELS[name]
    try:
        ptx, _ = cuda.compile(
            recipe.make(shape),
            recipe.signature,
            cc=capability,
            device=False,
            abi="numba",
            output="ptx",
        )
    except (NvvmError, NvvmSupportError) as error:
        raise BackendUnavailable(
            f"kernels can't be compiled: {error}. Install 'bucket-brigade-cuda[cu12]' or [cu13]"
        ) from error
    return str(ptx)


def is_compiled(name: str, shape: Shape, capability: tuple[int, int]) -> bool:
    """Whether compiling a kernel would find it on disk."""
    kept = _kept(f"{name}-{shape}-{capability}", "ptx")
    return kept is not None and kept.exists()


def assemble(kernel: Kernel) -> bytes:
    """The kernel's machine code, by the nvJitLink that Numba-CUDA brings. Needs no GPU.

    The driver could assemble PTX too, but only of versions it knows: machine code runs on every
    driver of the toolkit's major version.

    Raises
    ------
    BackendUnavailable
        If it knows no such devices.
    """
    with _ONE_AT_A_TIME:
        return _assembled(kernel)


@lru_cache(maxsize=256)
def _assembled(kernel: Kernel) -> bytes:
    kept = _kept(f"{kernel.ptx}", "cubin")
    code = _read(kept)
    if code is None:
        from cuda.bindings import nvjitlink

        major, minor = kernel.capability
        text = kernel.ptx.encode()
        try:
            handle = nvjitlink.create(2, [f"-arch=sm_{major}{minor}", "-O3"])
            try:
                nvjitlink.add_data(handle, nvjitlink.InputType.PTX, text, len(text), kernel.name)
                nvjitlink.complete(handle)
                buffer = bytearray(nvjitlink.get_linked_cubin_size(handle))
                nvjitlink.get_linked_cubin(handle, buffer)
            finally:
                nvjitlink.destroy(handle)
        except nvjitlink.nvJitLinkError as error:
            raise BackendUnavailable(
                f"kernels can't be assembled for compute capability {major}.{minor}: {error}. "
                "Try a newer numba-cuda"
            ) from error
        code = bytes(buffer)
        _keep(kept, code)
    return code


def cache_folder() -> Path | None:
    """Where compiled kernels are kept: what the environment variable says, or else the user's cache
    folder."""
    named = os.environ.get(CACHE)
    if named is not None:
        return Path(named) if named else None
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "bucket-brigade-cuda"


@cache
def _toolchain() -> str:
    """Everything that kernels are compiled from and with."""
    digest = hashlib.sha256()
    here = Path(__file__).parent
    for source in [*sorted((here / "kernels").glob("*.py")), here / "shape.py", here / "tables.py"]:
        digest.update(source.read_bytes())
    versions = [version(name) for name in ("numba", "numba-cuda", "cuda-bindings")]
    return " ".join([digest.hexdigest(), *versions])


def _kept(what: str, suffix: str) -> Path | None:
    folder = cache_folder()
    if folder is None:
        return None
    name = hashlib.sha256(f"{_toolchain()} {what}".encode()).hexdigest()[:32]
    return folder / f"{name}.{suffix}"


def _read(path: Path | None) -> bytes | None:
    """What a file holds after its digest; None if it is not there, or not whole."""
    try:
        stored = path.read_bytes() if path else b""
    except OSError:
        return None
    digest, body = stored[:32], stored[32:]
    return body if body and hashlib.sha256(body).digest() == digest else None


def _keep(path: Path | None, body: bytes) -> None:
    """Writes a file whole or not at all. A folder that can't be written costs only time."""
    if path is None:
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            try:
                file.write(hashlib.sha256(body).digest() + body)
                file.close()
                os.replace(file.name, path)
            except OSError:
                os.unlink(file.name)
                raise
    except OSError as error:
        warnings.warn(f"compiled kernels can't be kept in {path.parent}: {error}", stacklevel=2)
