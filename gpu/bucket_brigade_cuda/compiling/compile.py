"""Kernels to play with: found on disk, or else compiled by Numba-CUDA and assembled by nvJitLink.

Neither Numba nor nvJitLink is imported where everything is found on disk.
"""

import importlib
import importlib.util
import os
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache, lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import SimpleNamespace

from bucket_brigade.errors import BackendUnavailable, BackendWarning
from bucket_brigade_cuda.compiling.kernel_files import (
    Kernel,
    UnusableKernel,
    arch_of,
    carried_folders,
    file_name,
    read_kernel,
    sources,
    write_kernel,
)
from bucket_brigade_cuda.kernels.shape import Shape

__all__ = [
    "CACHE",
    "Kernel",
    "assemble",
    "assembled_kernel",
    "cache_folder",
    "compile_kernel",
    "is_compiled",
    "ptx_of",
    "record",
    "why_no_kernels",
]

#: Names the folder for compiled kernels; empty to keep none.
CACHE = "BUCKET_BRIGADE_CUDA_CACHE"
#: Where NVIDIA's installers put a toolkit.
TOOLKITS = (Path("/usr/local/cuda"), Path("/opt/cuda"))
INSTALL = "pip install 'bucket-brigade-cuda[cu12]' (or [cu13], for drivers from 580 on)"

#: Held while a kernel is compiled or assembled: devices that want the same one wait for it.
_ONE_AT_A_TIME = threading.RLock()


def compile_kernel(name: str, shape: Shape, capability: tuple[int, int]) -> Kernel:
    """Finds a kernel on disk, or compiles it to PTX. Needs no GPU.

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
        If it is not on disk, and something that compiling takes is missing or broken, or knows no
        such devices.
    InvalidValue
        If ``BUCKET_BRIGADE_CUDA_KERNELS`` names no folder.
    """
    with _ONE_AT_A_TIME:
        return _compiled(name, shape.of_kernel(name), capability)


@lru_cache(maxsize=256)
def _compiled(name: str, shape: Shape, capability: tuple[int, int]) -> Kernel:
    kernel, refused = _carried(name, shape, capability)
    if kernel is None:
        kernel = _cached(name, shape, capability)
    if kernel is not None:
        return kernel
    started = time.perf_counter()
    try:
        ptx = _translate(name, shape, capability)
    except BackendUnavailable as error:
        if not refused:
            raise
        raise BackendUnavailable(f"{refused}, and {error}") from error
    if refused:
        warnings.warn(f"{refused}; compiled anew", BackendWarning, stacklevel=2)
    seconds = time.perf_counter() - started
    kernel = Kernel(name, shape, capability, ptx, None, seconds, versions=_versions())
    _keep(kernel)
    return kernel


def assemble(kernel: Kernel) -> bytes:
    """The kernel's machine code, by the nvJitLink that Numba-CUDA brings. Needs no GPU.

    The driver could assemble PTX too, but only of versions it knows: machine code runs on every
    driver of the toolkit's major version.

    Raises
    ------
    BackendUnavailable
        If nvJitLink is missing or broken, or knows no such devices.
    """
    with _ONE_AT_A_TIME:
        return _assembled(kernel)[0]


@lru_cache(maxsize=256)
def _assembled(kernel: Kernel) -> tuple[bytes, float]:
    if kernel.cubin is not None:
        return kernel.cubin, kernel.assemble_seconds
    started = time.perf_counter()
    code = _link(kernel)
    seconds = time.perf_counter() - started
    _keep(replace(kernel, cubin=code, assemble_seconds=seconds))
    return code, seconds


def assembled_kernel(
    name: str, shape: Shape, capability: tuple[int, int], *, older: bool = False
) -> Kernel:
    """A kernel with its machine code.

    Parameters
    ----------
    name, shape, capability
        As of `compile_kernel`.
    older : bool
        Whether one on disk for an older device of the same generation will do, where there is none
        for this capability: machine code for 8.0 runs on 8.9.

    Raises
    ------
    BackendUnavailable, InvalidValue
        As `compile_kernel` and `assemble`.
    """
    shape = shape.of_kernel(name)
    if older:
        capability = _best_on_disk(name, shape, capability) or capability
    with _ONE_AT_A_TIME:
        kernel = _compiled(name, shape, capability)
        code, seconds = _assembled(kernel)
    return replace(kernel, cubin=code, assemble_seconds=seconds)


def is_compiled(name: str, shape: Shape, capability: tuple[int, int]) -> bool:
    """Whether `assembled_kernel` would find a kernel on disk, for this device or an older one."""
    return _best_on_disk(name, shape.of_kernel(name), capability) is not None


def record(name: str, shape: Shape, capability: tuple[int, int]) -> Kernel | None:
    """The kernel on disk that `assembled_kernel` would find for a device, with what making it took;
    None if there is none."""
    shape = shape.of_kernel(name)
    best = _best_on_disk(name, shape, capability)
    return None if best is None else _carried(name, shape, best)[0] or _cached(name, shape, best)


def why_no_kernels(capability: tuple[int, int]) -> str | None:
    """The reason why there is no kernel for a device: none on disk, and compiling fails; None if
    some can. Tries to compile something tiny, but only where there is nothing on disk."""
    major, minor = capability
    patterns = [f"*-{arch_of((major, one))}-{sources()[:12]}.zip" for one in range(minor + 1)]
    if any(any(folder.glob(one)) for folder in _folders() for one in patterns):
        return None
    return _why_no_compiler(capability)


@lru_cache(maxsize=16)
def _why_no_compiler(capability: tuple[int, int]) -> str | None:
    def nothing() -> None:
        pass

    try:
        with _toolchain():
            from numba import types

            signature = types.void()
        with _ONE_AT_A_TIME:
            ptx = ptx_of(nothing, signature, capability)
            _link(Kernel("nothing", Shape(2, 1, 1), capability, ptx))
    except BackendUnavailable as error:
        return str(error)
    return None


def _translate(name: str, shape: Shape, capability: tuple[int, int]) -> str:
    with _toolchain():
        from bucket_brigade_cuda.kernels.catalogue import KERNELS

        recipe = KERNELS[name]
        function = recipe.make(shape)
    return ptx_of(function, recipe.signature, capability)


def ptx_of(function: Callable[..., object], signature: object, capability: tuple[int, int]) -> str:
    """PTX of a kernel's Python function, compiled by Numba-CUDA.

    Parameters
    ----------
    function : callable
        The kernel.
    signature : numba signature
        Types of its arguments.
    capability : tuple of int
        What to compile for.

    Raises
    ------
    BackendUnavailable
        If Numba-CUDA, or something it needs, is missing or broken, or knows no such devices.
    """
    with _toolchain():
        from numba import cuda

        with _device_functions_for(capability):
            ptx, _ = cuda.compile(
                function, signature, cc=capability, device=False, abi="numba", output="ptx"
            )
        return str(ptx)


@contextmanager
def _toolchain() -> Iterator[None]:
    """Lets Numba-CUDA be imported and used, and turns whatever is raised there into an error that
    names it.

    Raises
    ------
    BackendUnavailable
    """
    _name_toolkit()
    try:
        _redirect_numba()
        with _newest_numpy():
            yield
    except ModuleNotFoundError as error:
        raise BackendUnavailable(
            f"kernels can't be compiled: {error.name} is not installed: {INSTALL}; or carry "
            "kernels that cuda-compile made elsewhere (docs/cuda.md)"
        ) from error
    except Exception as error:
        told = " ".join(str(error).split())[:600]
        raise BackendUnavailable(
            f"kernels can't be compiled: {type(error).__name__}: {told}. {INSTALL}"
        ) from error


@contextmanager
def _device_functions_for(capability: tuple[int, int]) -> Iterator[None]:
    """Lets Numba-CUDA compile the functions that a kernel calls for a capability, too: it would ask
    the current device for its own, and there may be none."""
    from numba.cuda import dispatcher
    from numba.cuda.core.compiler_lock import global_compiler_lock

    with global_compiler_lock:
        current = dispatcher.get_current_device
        dispatcher.get_current_device = lambda: SimpleNamespace(compute_capability=capability)
        try:
            yield
        finally:
            dispatcher.get_current_device = current


@contextmanager
def _newest_numpy() -> Iterator[None]:
    """Lets Numba-CUDA 0.30 be imported and used with NumPy 2.5, for a while: it mentions a name
    that NumPy has dropped, without calling it, and does what NumPy warns of."""
    import numpy as np

    missing = not hasattr(np, "row_stack")
    if missing:
        np.row_stack = np.vstack
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            yield
    finally:
        if missing:
            del np.row_stack


def _redirect_numba() -> None:
    """Does what the .pth file of Numba-CUDA does. Python reads such files in site-packages alone:
    without it, a folder named by PYTHONPATH gives Numba's own, older `numba.cuda`."""
    redirector = "_numba_cuda_redirector"
    if "numba.cuda" not in sys.modules and importlib.util.find_spec(redirector):
        importlib.import_module(redirector)


@cache
def _name_toolkit() -> None:
    """Names a toolkit in its usual place, for a machine where neither wheels nor variables do:
    cuda-pathfinder looks at ``CUDA_HOME`` last of all."""
    if not os.environ.get("CUDA_HOME") and not os.environ.get("CUDA_PATH"):
        for folder in TOOLKITS:
            if folder.is_dir():
                os.environ["CUDA_HOME"] = str(folder)
                return


def _link(kernel: Kernel) -> bytes:
    major, minor = kernel.capability
    text = kernel.ptx.encode()
    _name_toolkit()
    try:
        from cuda.bindings import nvjitlink

        handle = nvjitlink.create(2, [f"-arch=sm_{major}{minor}", "-O3"])
        try:
            nvjitlink.add_data(handle, nvjitlink.InputType.PTX, text, len(text), kernel.name)
            nvjitlink.complete(handle)
            buffer = bytearray(nvjitlink.get_linked_cubin_size(handle))
            nvjitlink.get_linked_cubin(handle, buffer)
        finally:
            nvjitlink.destroy(handle)
    except Exception as error:
        told = " ".join(str(error).split())[:600]
        raise BackendUnavailable(
            f"kernels can't be assembled for compute capability {major}.{minor}: "
            f"{type(error).__name__}: {told}. Try a newer numba-cuda, or {INSTALL}"
        ) from error
    return bytes(buffer)


@cache
def _versions() -> dict[str, str]:
    found = {}
    for name in ("numba", "numba-cuda", "cuda-bindings", "nvidia-nvvm", "nvidia-nvjitlink"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not a distribution"
    return found


def cache_folder() -> Path | None:
    """The folder for compiled kernels: what the environment variable says, or else the user's cache
    folder."""
    named = os.environ.get(CACHE)
    if named is not None:
        return Path(named) if named else None
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "bucket-brigade-cuda"


def _folders() -> list[Path]:
    """Folders that may hold compiled kernels, in the order of looking."""
    kept = cache_folder()
    return [*carried_folders(), *([] if kept is None else [kept])]


def _best_on_disk(name: str, shape: Shape, capability: tuple[int, int]) -> tuple[int, int] | None:
    """Capability of a kernel on disk that a device can run, the newest of its generation."""
    major, minor = capability
    for one in range(minor, -1, -1):
        found = file_name(name, shape, (major, one))
        if any(os.path.isfile(folder / found) for folder in _folders()):
            return major, one
    return None


def _carried(name: str, shape: Shape, capability: tuple[int, int]) -> tuple[Kernel | None, str]:
    """A kernel that was compiled before; and why one that is there can't be used, if so."""
    refused = ""
    for folder in carried_folders():
        try:
            kernel = read_kernel(folder, name, shape, capability)
        except UnusableKernel as error:
            refused = refused or str(error)
            continue
        if kernel is not None:
            return kernel, ""
    return None, refused


def _cached(name: str, shape: Shape, capability: tuple[int, int]) -> Kernel | None:
    """A kernel in the cache; None for one that is damaged too, since it will be replaced."""
    folder = cache_folder()
    if folder is None:
        return None
    try:
        return read_kernel(folder, name, shape, capability)
    except UnusableKernel:
        return None


def _keep(kernel: Kernel) -> None:
    """Puts a kernel into the cache. A folder that can't be written costs only time."""
    folder = cache_folder()
    if folder is None:
        return
    try:
        write_kernel(folder, kernel)
    except OSError as error:
        warnings.warn(f"compiled kernels can't be kept in {folder}: {error}", stacklevel=2)
