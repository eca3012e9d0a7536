"""Kernels that were compiled elsewhere: found, refused with the reason, never trusted."""

import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import bucket_brigade as bb
from bucket_brigade_cuda.compiling import compile as compiling
from bucket_brigade_cuda.compiling import kernel_files
from bucket_brigade_cuda.compiling.compile import (
    CACHE,
    Kernel,
    assembled_kernel,
    compile_kernel,
    is_compiled,
    why_no_kernels,
)
from bucket_brigade_cuda.compiling.kernel_files import FOLDER, file_name, read_kernel, write_kernel
from bucket_brigade_cuda.kernels.shape import Shape

SMALL = Shape(2, 1, 1)
NAME = ("play", SMALL, (9, 0))
#: Stands for a compiled kernel: what is in it does not matter here.
KERNEL = Kernel(*NAME, ".visible .entry found()", b"\x7fELF code", 9.0, 0.5, {"numba": "1.0"})


def forget() -> None:
    """As in a new process."""
    compiling._compiled.cache_clear()
    compiling._assembled.cache_clear()
    compiling._why_no_compiler.cache_clear()
    kernel_files.sources.cache_clear()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of carried kernels with one in it, an empty cache, and no compiler."""

    def none(*which: object) -> str:
        raise bb.BackendUnavailable("kernels can't be compiled: nothing to compile with")

    carried = tmp_path / "carried"
    monkeypatch.setenv(CACHE, str(tmp_path / "cache"))
    monkeypatch.setenv(FOLDER, str(carried))
    monkeypatch.setattr(compiling, "_translate", none)
    monkeypatch.setattr(compiling, "ptx_of", none)
    forget()
    write_kernel(carried, KERNEL)
    yield carried
    forget()


def test_a_kernel_is_what_was_written(folder: Path) -> None:
    found = read_kernel(folder, *NAME)
    assert found == KERNEL
    assert found is not None
    assert found.found
    assert (found.entry, found.seconds, found.versions) == ("found", 0.0, {"numba": "1.0"})
    assert read_kernel(folder, "play", SMALL, (8, 0)) is None
    assert read_kernel(folder / "none", *NAME) is None


def test_equal_kernels_are_equal_files(folder: Path) -> None:
    (file,) = folder.iterdir()
    before = file.read_bytes()
    assert write_kernel(folder, KERNEL) == file
    assert file.read_bytes() == before
    assert [entry.filename for entry in zipfile.ZipFile(file).infolist()] == [
        "kernel.json",
        "kernel.ptx",
        "kernel.cubin",
    ]


def test_carried_kernels_are_played_without_a_compiler(folder: Path) -> None:
    assert is_compiled(*NAME)
    assert assembled_kernel(*NAME).cubin == KERNEL.cubin
    assert why_no_kernels((9, 0)) is None
    assert not (folder.parent / "cache").exists()


def test_machine_code_of_an_older_device_of_the_generation(folder: Path) -> None:
    older = replace(KERNEL, capability=(8, 0), cubin=b"\x7fELF older")
    write_kernel(folder, older)
    forget()
    assert assembled_kernel("play", SMALL, (8, 9), older=True).cubin == older.cubin
    assert why_no_kernels((8, 6)) is None
    assert is_compiled("play", SMALL, (8, 6))
    # Neither a newer one's nor another generation's; and not where the exact one is wanted.
    for capability in ((7, 5), (10, 0)):
        with pytest.raises(bb.BackendUnavailable, match="nothing to compile with"):
            assembled_kernel("play", SMALL, capability, older=True)
    with pytest.raises(bb.BackendUnavailable, match="nothing to compile with"):
        compile_kernel("play", SMALL, (8, 9))
    reason = why_no_kernels((10, 0))
    assert reason is not None
    assert "nothing to compile with" in reason


def test_kernels_of_the_package(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(FOLDER)
    assert not is_compiled(*NAME)
    monkeypatch.setattr(kernel_files, "PACKAGED", folder)
    assert is_compiled(*NAME)
    assert compile_kernel(*NAME) == KERNEL


def damage(file: Path, part: str, change: object) -> None:
    """Writes an archive anew with a part changed."""
    with zipfile.ZipFile(file) as archive:
        parts = {entry: archive.read(entry) for entry in archive.namelist()}
    if part == "kernel.json":
        parts[part] = json.dumps({**json.loads(parts[part]), **change}).encode()  # type: ignore[dict-item]
    elif change is None:
        del parts[part]
    else:
        parts[part] = change  # type: ignore[assignment]
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


DAMAGES = [
    (("kernel.cubin", b"\x7fELF other"), r"kernel\.cubin was changed"),
    (("kernel.ptx", b"nothing"), r"kernel\.ptx was changed"),
    (("kernel.cubin", None), "KeyError"),
    (("kernel.json", {"sources": "0" * 64}), "another kernel"),
    (("kernel.json", {"shape": [10, 4, 1]}), "another kernel"),
    (("kernel.json", {"firefighters": True}), "another kernel"),
    (("kernel.json", {"arch": "sm_80"}), "another kernel"),
    (("kernel.json", {"kernel": "cast"}), "another kernel"),
    (("kernel.json", {"format": 2}), "another kernel"),
    (("kernel.json", {"compile_seconds": None}), "TypeError"),
    ("cut", "BadZipFile"),
    ("empty", "BadZipFile"),
]


@pytest.mark.parametrize(("how", "reason"), DAMAGES)
def test_a_damaged_file_is_refused(how: object, reason: str, folder: Path) -> None:
    (file,) = folder.iterdir()
    if isinstance(how, tuple):
        damage(file, *how)
    else:
        file.write_bytes(file.read_bytes()[: -1 if how == "cut" else 0])
    with pytest.raises(bb.BackendUnavailable) as caught:
        compile_kernel(*NAME)
    told = str(caught.value)
    assert told.startswith(f"{file} is damaged: ")
    assert told.endswith("and kernels can't be compiled: nothing to compile with")
    with pytest.raises(kernel_files.UnusableKernel, match=reason):
        read_kernel(folder, *NAME)


def test_no_changed_byte_is_taken_for_a_kernel(folder: Path) -> None:
    (file,) = folder.iterdir()
    whole = file.read_bytes()
    for at in range(0, len(whole), 7):
        file.write_bytes(whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :])
        try:
            found = read_kernel(folder, *NAME)
        except kernel_files.UnusableKernel:
            continue
        # In dates and the like, which say nothing of the kernel.
        assert found == KERNEL


def test_kernels_of_other_sources_are_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (file,) = folder.iterdir()
    other = file.rename(file.with_name(file.name.replace(kernel_files.sources()[:12], "0" * 12)))
    assert not is_compiled(*NAME)
    with pytest.raises(bb.BackendUnavailable) as caught:
        compile_kernel(*NAME)
    assert str(caught.value).startswith(f"{other} was compiled from other sources, and kernels")
    # With a compiler there is no need for them, but whoever named the folder hears of it.
    monkeypatch.setattr(compiling, "_translate", lambda *which: ".visible .entry anew()")
    with pytest.warns(bb.BackendWarning, match="from other sources; compiled anew"):
        assert compile_kernel(*NAME).entry == "anew"
    # A file renamed to look right is not what it says.
    other.rename(folder / file_name(*NAME))
    damage(folder / file_name(*NAME), "kernel.json", {"sources": "0" * 64})
    with pytest.raises(kernel_files.UnusableKernel, match="another kernel"):
        read_kernel(folder, *NAME)


def test_a_variable_that_names_no_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER, str(folder / "none"))
    with pytest.raises(bb.InvalidValue, match="BUCKET_BRIGADE_CUDA_KERNELS"):
        compile_kernel(*NAME)


def test_architectures() -> None:
    assert kernel_files.capability_of("sm_90") == (9, 0)
    assert kernel_files.capability_of("sm_120") == (12, 0)
    assert kernel_files.arch_of((10, 3)) == "sm_103"
    for text in ("sm_70", "90", "sm_9", "compute_90", "sm_90a", ""):
        with pytest.raises(bb.InvalidValue, match="--arch = "):
            kernel_files.capability_of(text, "--arch")
