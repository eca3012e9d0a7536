"""What the tests of the CUDA backend share. None needs a GPU; all need Numba-CUDA."""

import importlib.util
import os
import tomllib
from collections.abc import Iterable, Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

NEEDED = ("numba_cuda", "bucket_brigade_cuda", "ptx_on_cpu")
MISSING = [name for name in NEEDED if importlib.util.find_spec(name) is None]


class Skipped(pytest.Module):
    """A module that can't be imported here."""

    def collect(self) -> Iterable[pytest.Item | pytest.Collector]:
        reason = f"{', '.join(MISSING)} not installed: pip install ./gpu ./gpu/ptx_on_cpu"
        raise pytest.skip.Exception(reason, allow_module_level=True)


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> Skipped | None:
    if not MISSING:
        return None
    skipped: Skipped = Skipped.from_parent(parent, path=module_path)
    return skipped


if not MISSING:
    from shapes import compile_all

    from bucket_brigade_cuda.backend import CudaBackend
    from bucket_brigade_cuda.compiling.compile import CACHE
    from bucket_brigade_cuda.devices import plugins
    from ptx_on_cpu import build
    from ptx_on_cpu.device import PtxDevice

    @pytest.fixture(scope="session")
    def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
        """A new folder of this run, for all processes that pytest-xdist shares it among."""
        base = tmp_path_factory.getbasetemp()
        folder = (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / "shared"
        folder.mkdir(exist_ok=True)
        return folder

    @pytest.fixture(scope="session", autouse=True)
    def kernel_cache(shared_folder: Path) -> Iterator[None]:
        """Folders for compiled kernels, new unless the environment names one to keep, and for the
        C programs they become."""
        with pytest.MonkeyPatch.context() as patch:
            if not os.environ.get(CACHE):
                patch.setenv(CACHE, str(shared_folder / "kernels"))
            programs = shared_folder / "programs"
            programs.mkdir(exist_ok=True)
            patch.setattr(build, "folder", lambda: programs)
            yield

    @pytest.fixture(autouse=True)
    def announced(monkeypatch: pytest.MonkeyPatch) -> None:
        """What `ptx_on_cpu` plugs in, whether or not it was installed since."""
        project = Path(__file__).parents[2] / "gpu" / "ptx_on_cpu" / "pyproject.toml"
        groups = tomllib.loads(project.read_text())["project"]["entry-points"]
        monkeypatch.setattr(
            plugins,
            "entry_points",
            lambda group, name: [EntryPoint(name, groups[group][name], group)],
        )

    @pytest.fixture(autouse=True)
    def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
        """Nothing of the user's that chooses backends or devices."""
        for name in ("BACKEND", "THREADS", "CUDA_DEVICES"):
            monkeypatch.delenv(f"BUCKET_BRIGADE_{name}", raising=False)
        monkeypatch.delenv("NUMBA_ENABLE_CUDASIM", raising=False)

    @pytest.fixture(scope="session")
    def compiled(shared_folder: Path, kernel_cache: None) -> None:
        """All shapes compiled, at once. The first process that needs them keeps all cores busy,
        others wait for it and find them on disk."""
        from fcntl import LOCK_EX, flock

        with open(shared_folder / "compiling", "w") as lock:
            flock(lock, LOCK_EX)
            compile_all()

    @pytest.fixture(scope="session")
    def ptx_device(compiled: None) -> PtxDevice:
        """The one device of the session: it keeps what it compiled."""
        return PtxDevice()

    @pytest.fixture(scope="session")
    def ptx(ptx_device: PtxDevice) -> CudaBackend:
        """The backend on that device."""
        return CudaBackend(devices=[ptx_device])
