"""Finds NVIDIA's assembler and disassembler, in Python wheels or on the path."""

import importlib.util
import shutil
import subprocess
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from ptx_on_cpu.errors import BuildFailed, ToolMissing

__all__ = ["find_tool", "run_tool", "tool_version"]

REMEDY = "pip install ./gpu/ptx_on_cpu in a checkout brings it, as does the CUDA toolkit"
# Wheels for CUDA 13 share one folder; those for CUDA 12 have one folder each.
FOLDERS = ("cu*/bin", "cuda_nvcc/bin", "cuda_nvdisasm/bin", "cuda_cuobjdump/bin")


def wheel_roots() -> Iterable[str]:
    """Folders of the namespace package that NVIDIA's wheels install into."""
    spec = importlib.util.find_spec("nvidia")
    return spec.submodule_search_locations or () if spec else ()


@cache
def find_tool(name: str) -> str:
    """Path of a program.

    Raises
    ------
    ToolMissing
        Where neither a wheel nor the path has it.
    """
    for root in wheel_roots():
        for folder in FOLDERS:
            for found in sorted(Path(root).glob(f"{folder}/{name}*"), reverse=True):
                if found.stem == name and found.is_file():
                    return str(found)

    if path := shutil.which(name):
        return path

    raise ToolMissing(name, REMEDY)


def run_tool(name: str, *arguments: str) -> str:
    """Runs a program; gives what it prints.

    Raises
    ------
    ToolMissing
        Where it is not installed.
    BuildFailed
        Where it refuses its input.
    """
    run = subprocess.run([find_tool(name), *arguments], capture_output=True, text=True, check=False)

    if run.returncode:
        raise BuildFailed(f"{name}: {(run.stderr or run.stdout)[:4000]}")

    return run.stdout + run.stderr


def tool_version(name: str) -> str:
    """Version of a program, as in "13.5.37"."""
    text = run_tool(name, "--version")
    return text.rpartition(", V")[2].split()[0] if ", V" in text else text.strip()
