"""What compiling needs, missing or broken for real: an error that says so, a status of the backend
that says so, and the CPU for whoever asked for no GPU."""

import ctypes.util
import json
import os
import subprocess
import venv
from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import numba
import pytest

import bucket_brigade
import bucket_brigade_cuda
from bucket_brigade_cuda.compiling import compile as compiling
from bucket_brigade_cuda.compiling.compile import CACHE, why_no_kernels
from bucket_brigade_cuda.compiling.kernel_files import FOLDER, Kernel, write_kernel
from bucket_brigade_cuda.kernels.shape import Shape

SITE = Path(numba.__file__).parent.parent
LIBRARIES = sorted([*SITE.glob("nvidia/*/lib/*.so*"), *SITE.glob("nvidia/*/nvvm/libdevice/*")])

pytestmark = [
    pytest.mark.skipif(not LIBRARIES, reason="NVIDIA's wheels are not installed: './gpu[compile]'"),
    pytest.mark.skipif(
        ctypes.util.find_library("nvrtc") is not None, reason="the system has a CUDA toolkit"
    ),
]

#: Asks for a fake GPU in every way, and tells what came of it.
PROGRAM = """
import json, warnings
from importlib.metadata import EntryPoint
from fake_cupy import FakeCuda, installed
import bucket_brigade as bb
from bucket_brigade.backends import auto, installed as found
from bucket_brigade_cuda.compiling import compile as compiling

compiling.TOOLKITS = ()
entry = EntryPoint("cuda", "bucket_brigade_cuda.backend:CudaBackend", found.GROUP)
found.entry_points = lambda **_: [entry]
auto.WORTH_LOADING = 0.0
game = bb.scenario("easy").replace(num_houses=2, num_agents=1)

def play(backend):
    try:
        counts = bb.simulate(game, [["hero"]], episodes=9, backend=backend)
        return counts.backend, counts.device
    except bb.BucketBrigadeError as error:
        return type(error).__name__, str(error)

with installed(FakeCuda()), warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    (status,) = [one for one in bb.list_backends() if one.name == "cuda"]
    asked = play("cuda")
    from bucket_brigade_cuda.backend import CudaBackend
    CudaBackend.seconds = lambda self, program: -1.0
    of_auto = play("auto")
print(json.dumps({"usable": status.usable, "detail": status.detail, "asked": asked,
                  "auto": of_auto, "warned": [str(one.message) for one in caught]}))
"""


class Place:
    """A virtual environment with what is installed here, but for some of it."""

    def __init__(
        self, folder: Path, without: Sequence[str] = (), broken: Sequence[str] = ()
    ) -> None:
        venv.create(folder / "venv", symlinks=True)
        (site,) = (folder / "venv").glob("lib/python*/site-packages")
        for entry in SITE.iterdir():
            ours = entry.suffix == ".pth" and "numba" not in entry.name
            if not ours and entry.name != "nvidia" and entry.name not in without:
                (site / entry.name).symlink_to(entry)
        for library in LIBRARIES:
            at = site / library.relative_to(SITE)
            at.parent.mkdir(parents=True, exist_ok=True)
            if any(fnmatch(library.name, one) for one in broken):
                at.write_text("not a library")
            elif not any(fnmatch(library.name, one) for one in without):
                at.symlink_to(library)
        self.python = folder / "venv" / "bin" / "python"

    def run(self, program: str, **environment: str) -> str:
        """What a program prints there, with nothing compiled before."""
        packages = (bucket_brigade, bucket_brigade_cuda)
        paths = [Path(str(one.__file__)).parent.parent for one in packages]
        done = subprocess.run(
            [self.python, "-c", program],
            env={
                **{name: value for name, value in os.environ.items() if "CUDA" not in name},
                CACHE: "",
                "PYTHONPATH": os.pathsep.join(map(str, [*paths, Path(__file__).parent])),
                **environment,
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.mark.parametrize(
    ("without", "broken", "told"),
    [
        (["libnvvm*"], [], "DynamicLibNotFoundError"),
        pytest.param(["libnvrtc*"], [], "DynamicLibNotFoundError", marks=pytest.mark.slow),
        pytest.param(["libnvJitLink*"], [], "DynamicLibNotFoundError", marks=pytest.mark.slow),
        ([], ["libnvvm*"], "Error: "),
        (["numba", "numba_cuda", "_numba_cuda_redirector.pth"], [], "numba is not installed"),
    ],
)
def test_what_is_missing_is_told(
    without: list[str], broken: list[str], told: str, tmp_path: Path
) -> None:
    found: dict[str, Any] = json.loads(Place(tmp_path, without, broken).run(PROGRAM))
    assert not found["usable"]
    assert found["detail"].startswith("Fake GPU (device 0, compute capability 9.0): kernels can't")
    assert told in found["detail"]
    assert "pip install 'bucket-brigade-cuda[cu12]'" in found["detail"]
    kind, message = found["asked"]
    assert kind == "BackendUnavailable"
    assert message == f"backend 'cuda' can't be used here: {found['detail']}"
    assert found["auto"][0] == "cpu"
    assert f"a GPU is not used: {found['detail']}" in found["warned"]


def test_kernels_of_some_shapes_and_nothing_to_compile_others_with(tmp_path: Path) -> None:
    carried = tmp_path / "carried"
    write_kernel(carried, Kernel("play", Shape(3, 1, 1), (9, 0), ".visible .entry x()", b"code"))
    place = Place(tmp_path, ["libnvvm*"])
    # What fails is the last step of compiling, which a kernel that does nothing comes to soon.
    nothing = (
        "from bucket_brigade_cuda.compiling import compile as compiling\n"
        "with compiling._toolchain():\n"
        "    from bucket_brigade_cuda.kernels import catalogue\n"
        "    from numba import types\n"
        "catalogue.KERNELS['play'] = catalogue.Recipe(lambda shape: lambda: None, types.void())\n"
    )
    found = json.loads(place.run(nothing + PROGRAM, **{FOLDER: str(carried)}))
    assert found["usable"]
    kind, message = found["asked"]
    assert kind == "BackendUnavailable"
    assert "kernels can't be compiled: DynamicLibNotFoundError" in message
    # Asked for nothing, the CPU plays, and says why.
    name, device = found["auto"]
    assert name == "cpu"
    assert f"since cuda failed: {message}" in device
    assert found["warned"][-1] == f"cuda failed: {message}; the CPU plays instead"


TELLS = """
from bucket_brigade_cuda.compiling import compile as compiling
compiling.TOOLKITS = {toolkits}
print(compiling.why_no_kernels((9, 0)))
"""


@pytest.mark.parametrize("named", [True, False])
def test_a_toolkit_instead_of_wheels(named: bool, tmp_path: Path) -> None:
    toolkit = tmp_path / "cuda"
    for library in LIBRARIES:
        part = toolkit / "nvvm" / "lib64" if "nvvm" in library.name else toolkit / "lib64"
        part = toolkit / "nvvm" / "libdevice" if "libdevice" in library.name else part
        part.mkdir(parents=True, exist_ok=True)
        (part / library.name).symlink_to(library)
    place = Place(tmp_path, ["lib*"])
    # Named by the variable; or, with no variable set, where toolkits usually are.
    environment = {"CUDA_HOME": str(toolkit)} if named else {}
    usual = "()" if named else f"[compiling.Path({str(toolkit)!r})]"
    assert place.run(TELLS.format(toolkits=usual), **environment) == "None\n"


def test_a_folder_that_is_only_on_the_path(tmp_path: Path) -> None:
    """As `pip install --target` makes one: Python reads no .pth file there."""
    place = Place(tmp_path, ["_numba_cuda_redirector.pth"])
    assert place.run(TELLS.format(toolkits="()")) == "None\n"


def test_devices_that_the_compiler_does_not_know(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CACHE, "")
    compiling._why_no_compiler.cache_clear()
    # CUDA 13 compiles for 7.5 and later.
    reason = why_no_kernels((5, 0))
    assert reason is not None
    assert "CCSupportError" in reason or "compute capability 5.0" in reason
    assert why_no_kernels((9, 0)) is None


def test_numpy_may_have_no_row_stack(tmp_path: Path) -> None:
    program = (
        "import numpy as np\n"
        "if hasattr(np, 'row_stack'): del np.row_stack\n"
        f"{TELLS.format(toolkits='()')}\n"
        "print(hasattr(np, 'row_stack'))"
    )
    assert Place(tmp_path).run(program) == "None\nFalse\n"
