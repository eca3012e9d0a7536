"""Compiled kernels on disk: found again, never trusted blindly, and never in the way."""

import os
import re
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from shapes import DEFAULT

import bucket_brigade as bb
from bucket_brigade_cuda.compiling import compile as compiling
from bucket_brigade_cuda.compiling import kernel_files
from bucket_brigade_cuda.compiling.compile import (
    CACHE,
    Kernel,
    assemble,
    cache_folder,
    compile_kernel,
    is_compiled,
)
from bucket_brigade_cuda.kernels.shape import Shape

#: The kernel that is quick to compile.
SMALL = Shape(2, 1, 1)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder for compiled kernels."""
    monkeypatch.setenv(CACHE, str(tmp_path / "kernels"))
    forget()
    yield tmp_path / "kernels"
    forget()


def forget() -> None:
    """As in a new process."""
    compiling._compiled.cache_clear()
    compiling._assembled.cache_clear()
    compiling._why_no_compiler.cache_clear()
    kernel_files.sources.cache_clear()


def features(shape: Shape = SMALL, capability: tuple[int, int] = (9, 0)) -> Kernel:
    return compile_kernel("features", shape, capability)


def nameless(kernel: Kernel) -> str:
    """The code without the numbers that Numba gives to what it compiles, one after another."""
    return re.sub(r"B\d+v\d+", "", kernel.ptx)


def test_a_kernel_is_compiled_once(folder: Path) -> None:
    assert not is_compiled("features", SMALL, (9, 0))
    first = features()
    assert first.seconds > 0
    assert is_compiled("features", SMALL, (9, 0))
    assert features() is first
    forget()
    again = features()
    assert again.seconds == 0
    assert again.ptx == first.ptx
    assert again.entry == first.entry
    assert len(list(folder.iterdir())) == 1


@pytest.mark.parametrize("damage", ["empty", "short", "cut", "altered"])
def test_a_damaged_file_is_replaced(damage: str, folder: Path) -> None:
    first = features()
    (file,) = folder.iterdir()
    whole = file.read_bytes()
    file.write_bytes(
        {
            "empty": b"",
            "short": whole[:20],
            "cut": whole[:-1],
            "altered": whole[:600] + bytes([whole[600] ^ 1]) + whole[601:],
        }[damage]
    )
    forget()
    again = features()
    assert again.seconds > 0
    assert nameless(again) == nameless(first)
    forget()
    assert features().seconds == 0
    assert features().ptx == again.ptx


def test_the_name_says_what_was_compiled_and_from_what(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    features()
    features(Shape(3, 1, 1))
    features(capability=(8, 0))
    compile_kernel("add_up", SMALL, (9, 0))
    stems = sorted(file.name.rpartition("-")[0] for file in folder.iterdir())
    assert stems == [
        "add_up-2x1x1-sm_90",
        "features-2x1x1-sm_80",
        "features-2x1x1-sm_90",
        "features-3x1x1-sm_90",
    ]
    # What compiled them is no part of it.
    monkeypatch.setattr(compiling, "version", lambda name: "0.0")
    forget()
    assert features().seconds == 0
    read = Path.read_bytes
    monkeypatch.setattr(
        Path, "read_bytes", lambda path: read(path) + b"#" * (path.name == "pick.py")
    )
    forget()
    assert not is_compiled("features", SMALL, (9, 0))


def test_an_empty_variable_keeps_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CACHE, "")
    assert cache_folder() is None
    assert features().seconds > 0
    assert not folder.exists()
    assert not is_compiled("features", SMALL, (9, 0))
    forget()
    assert features().seconds > 0


def test_the_folder_of_the_user(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(CACHE)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "bucket-brigade-cuda"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache" / "bucket-brigade-cuda"


def test_a_folder_that_can_not_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # A file stands where the folder should be: that stops even those who may do anything.
    taken = tmp_path / "taken"
    taken.write_text("")
    monkeypatch.setenv(CACHE, str(taken))
    forget()
    with pytest.warns(UserWarning, match="can't be kept"):
        assert features().seconds > 0
    assert taken.read_text() == ""
    forget()


def test_a_file_that_can_not_be_put_in_place_leaves_nothing(folder: Path) -> None:
    features()
    (file,) = folder.iterdir()
    file.unlink()
    file.mkdir()
    forget()
    with pytest.warns(UserWarning, match="can't be kept"):
        assert features().seconds > 0
    assert list(folder.iterdir()) == [file]


def test_others_can_not_write_what_is_kept(folder: Path) -> None:
    features()
    (file,) = folder.iterdir()
    assert not stat.S_IMODE(os.stat(file).st_mode) & 0o022


@pytest.mark.parametrize("capability", [(8, 0), (9, 0)])
def test_machine_code_for_a_device(capability: tuple[int, int], folder: Path) -> None:
    kernel = features(capability=capability)
    assert kernel.cubin is None
    code = assemble(kernel)
    assert code.startswith(b"\x7fELF")
    assert f"sm_{capability[0]}{capability[1]}" in kernel.ptx
    forget()
    # Both in one file.
    assert len(list(folder.iterdir())) == 1
    found = features(capability=capability)
    assert (found.cubin, found.ptx, found.compile_seconds > 0) == (code, kernel.ptx, True)
    assert 0 < found.assemble_seconds < found.compile_seconds
    assert assemble(found) == code


def test_the_kernel_that_plays_can_be_assembled(compiled: None) -> None:
    assert assemble(compile_kernel("play", DEFAULT, (9, 0))).startswith(b"\x7fELF")


def test_devices_that_are_newer_than_the_assembler(folder: Path) -> None:
    with pytest.raises(bb.BackendUnavailable, match=r"compute capability 9\.9: nvJitLinkError"):
        assemble(features(capability=(9, 9)))


def test_threads_do_not_compile_the_same_twice(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    def translate(name: str, shape: Shape, capability: tuple[int, int]) -> str:
        calls.append(name)
        time.sleep(0.3)
        return ".visible .entry found()"

    monkeypatch.setattr(compiling, "_translate", translate)
    found: list[Kernel] = []
    threads = [threading.Thread(target=lambda: found.append(features())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert calls == ["features"]
    assert {kernel.entry for kernel in found} == {"found"}


@pytest.mark.slow
def test_processes_may_write_at_the_same_time(folder: Path) -> None:
    program = (
        "from bucket_brigade_cuda.compiling.compile import compile_kernel\n"
        "from bucket_brigade_cuda.kernels.shape import Shape\n"
        "kernel = compile_kernel('features', Shape(2, 1, 1), (9, 0))\n"
        "print(hash(kernel.ptx))\n"
    )
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        "PYTHONHASHSEED": "0",
    }
    command = [sys.executable, "-c", program]
    running = [
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    told = {process.communicate()[0] for process in running}
    assert [process.returncode for process in running] == [0, 0]
    assert len(told) == 1
    # One file, and no drafts beside it.
    assert [file.suffix for file in folder.iterdir()] == [".zip"]
    assert is_compiled("features", SMALL, (9, 0))
    assert features().seconds == 0
