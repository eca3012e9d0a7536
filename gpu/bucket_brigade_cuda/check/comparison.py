"""Plays the same programs on devices and on the CPU, and says where their counts differ.

For the person with a GPU: ``bucket-brigade cuda-check``. What it writes is made to be sent back.
"""

import json
import platform
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from bucket_brigade import END_KINDS, RULES_VERSION, _core
from bucket_brigade.atomic_files import is_standard_output, is_stream, write_json
from bucket_brigade.backends.cpu import CpuBackend
from bucket_brigade.errors import InvalidFile
from bucket_brigade_cuda.backend import CudaBackend
from bucket_brigade_cuda.check.environments import LaneCase, LaneDifference, lane_differences
from bucket_brigade_cuda.check.sweep import Case, Plan
from bucket_brigade_cuda.devices import is_gpu
from bucket_brigade_cuda.kernels.shape import Shape

if TYPE_CHECKING:
    from bucket_brigade_cuda.devices import Device

__all__ = ["SCHEMA_VERSION", "Counted", "Difference", "Outcome", "Report", "check_all", "compare"]

SCHEMA_VERSION = 1
BLOCK = 32
LIBRARIES = (
    *("bucket-brigade", "bucket-brigade-cuda", "numpy", "numba", "numba-cuda"),
    *("cuda-bindings", "cupy-cuda12x", "cupy-cuda13x"),
)

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Counted:
    """Counts that are compared: see `EventCounts`."""

    totals: Array
    moments: Array
    blocks: Array | None


@dataclass(frozen=True)
class Difference:
    """The first number that differs in an array, in its order.

    Attributes
    ----------
    array : str
        "blocks", "totals" or "moments".
    lineup : int
        Line-up of the case.
    block : int or None
        Block, counted from the case's first.
    count : str
        What was counted, such as "saved[3]"; two features of which products are summed for moments.
    expected, got : int
        By the CPU, and by the device.
    numbers, of : int
        How many numbers of the array differ, of how many.
    """

    array: str
    lineup: int
    block: int | None
    count: str
    expected: int
    got: int
    numbers: int
    of: int

    def __str__(self) -> str:
        block = "" if self.block is None else f", block {self.block}"
        return (
            f"{self.array}: line-up {self.lineup}{block}, {self.count} is {self.got} and should "
            f"be {self.expected}; {self.numbers} of {self.of} numbers differ"
        )


@dataclass(frozen=True)
class Outcome:
    """The result of playing a case.

    Attributes
    ----------
    case : Case or LaneCase
    devices : str
        What it was played on.
    seconds : float
        What the devices took, compilation included.
    differences : sequence of Difference or LaneDifference
        One for each array that differs.
    error : str or None
        What the devices raised instead of playing.
    """

    case: Case | LaneCase
    devices: str
    seconds: float
    differences: Sequence[Difference | LaneDifference] = ()
    error: str | None = None

    @property
    def passed(self) -> bool:
        """Whether every number is the same."""
        return self.error is None and not self.differences

    def to_dict(self) -> dict[str, Any]:
        """The outcome for the report; of a case that failed with what it takes to play it again."""
        found = {
            **self.case.to_dict(),
            "devices": self.devices,
            "passed": self.passed,
            "seconds": round(self.seconds, 3),
        }
        if not self.passed:
            found["differences"] = [{**asdict(one), "text": str(one)} for one in self.differences]
            found["error"] = self.error
            found["scenario"] = self.case.scenario.to_dict()
        return found


def count_names(houses: int, agents: int) -> list[str]:
    """Names of the numbers of a count vector."""
    names = ["nights", *(f"worked[{a}]" for a in range(agents))]
    for what in ("safe", "ruined", "saved"):
        names += [f"{what}[{h}]" for h in range(houses)]
    return [*names, *(f"ended[{kind}]" for kind in END_KINDS)]


def feature_names(houses: int, agents: int) -> list[str]:
    """Names of the features that moments are taken of."""
    owners = Shape(houses, agents, 1).owners
    names = ["episodes", "nights", *(f"worked[{a}]" for a in range(agents)), "houses safe"]
    for what in ("ruined", "saved"):
        names += [f"houses of {a} {what}" for a in range(owners)]
    return names


def compare(expected: Counted, got: Counted, houses: int, agents: int) -> list[Difference]:
    """Every array's first difference; blocks before totals and moments, which follow from them."""
    counts, features = count_names(houses, agents), feature_names(houses, agents)
    found = []
    for name in ("blocks", "totals", "moments"):
        right, other = getattr(expected, name), getattr(got, name)
        if right is None and other is None:
            continue
        if right is None or other is None or right.shape != other.shape:
            shapes = [np.shape(one) for one in (right, other)]
            raise ValueError(f"{name} have the shape {shapes[1]} and should have {shapes[0]}")
        wrong = np.argwhere(right != other)
        if not len(wrong):
            continue
        at = tuple(int(index) for index in wrong[0])
        block = at[1] if name == "blocks" else None
        what = counts[at[-1]]
        if name == "moments":
            what = f"{features[at[1]]} · {features[at[2]]}"
        numbers = int(right[at]), int(other[at]), len(wrong), right.size
        found.append(Difference(name, at[0], block, what, *numbers))
    return found


def to_host(array: Any) -> Array:
    """A device's array in the host's memory."""
    return np.asarray(array.get() if hasattr(array, "get") else array)


def played(backend: CudaBackend, program: _core.Program, way: str) -> Counted:
    """Counts of a program that devices played."""
    if way == "device":
        kept = backend.counts_on_device(program, per_block=True)
        with backend.devices()[0].use():
            blocks = None if kept.blocks is None else to_host(kept.blocks)
            return Counted(to_host(kept.totals), to_host(kept.moments), blocks)
    counts = backend.run(program, per_block=way == "blocks")
    return Counted(counts.totals, counts.moments, counts.blocks)


def play_case(backend: CudaBackend, case: Case | LaneCase) -> Outcome:
    """Plays a case on devices and on the CPU. Whatever the devices raise is an outcome."""
    devices = ", ".join(device.name for device in backend.devices())
    play: Callable[[], tuple[Sequence[Difference | LaneDifference], float]]
    if isinstance(case, LaneCase):
        play = partial(lane_differences, backend, case)
    else:
        play = partial(count_differences, backend, case)
    started = time.perf_counter()
    try:
        differences, seconds = play()
    except Exception as error:
        # The next case may tell more: that one fails too if the device is lost.
        seconds = time.perf_counter() - started
        return Outcome(case, devices, seconds, error=f"{type(error).__name__}: {error}")
    return Outcome(case, devices, seconds, differences)


def count_differences(backend: CudaBackend, case: Case) -> tuple[list[Difference], float]:
    """Differences of counts, and the seconds that devices took."""
    program = case.program()
    right = CpuBackend().run(program, per_block=case.way != "sums")
    expected = Counted(right.totals, right.moments, right.blocks)
    started = time.perf_counter()
    got = played(backend, program, case.way)
    seconds = time.perf_counter() - started
    return compare(expected, got, program.houses, program.agents), seconds


def check_all(
    backend: CudaBackend,
    plan: Plan,
    report: "Report",
    progress: Callable[[int, int], object] | None = None,
) -> None:
    """Plays all cases of a plan, whatever becomes of those before.

    Parameters
    ----------
    backend : CudaBackend
        What plays. Its first device plays most; the others a part of it, and all share some.
    plan : Plan
        What to play.
    report : Report
        Gets every outcome at once.
    progress : callable, optional
        Called with cases done and in all.
    """
    devices = backend.devices()
    alone = [CudaBackend(devices=[device]) for device in devices]
    work: list[tuple[CudaBackend, Case | LaneCase]]
    work = [(alone[0], case) for case in plan.first]
    work += [(alone[0], case) for case in plan.lanes]
    work += [(other, case) for other in alone[1:] for case in plan.others]
    work += [(backend, case) for case in plan.together]
    for done, (player, case) in enumerate(work):
        if progress is not None:
            progress(done, len(work))
        report.add(play_case(player, case))


class Report:
    """A report of what was found, in a file that is written again after every step.

    Parameters
    ----------
    backend : CudaBackend
        What is checked.
    path : Path
        The file, in JSON.
    options : dict
        What was asked for.
    commit : str, optional
        Of the sources, if it is known.
    added : bool
        Whether to keep what a report that is there has found.

    Raises
    ------
    InvalidFile
        If the file is no report of the same sources, libraries and devices, to add to.
    """

    def __init__(
        self,
        backend: CudaBackend,
        path: Path,
        options: dict[str, Any],
        commit: str | None = None,
        *,
        added: bool = False,
    ) -> None:
        self.path = path
        self.document: dict[str, Any] = {
            "schema_version": SCHEMA_VERSION,
            "rules_version": RULES_VERSION,
            "commit": commit,
            "options": options,
            "devices": [described(device) for device in backend.devices()],
            "versions": versions(),
            "finished": False,
            "cases_finished": False,
            "passed": 0,
            "failed": 0,
            "cases": [],
            "throughput": None,
            "measured": None,
        }
        if added and path.exists():
            self._keep(read_report(path))

    def _keep(self, before: dict[str, Any]) -> None:
        """Takes over what an earlier report has found, but for cases that are played again."""
        same = ("schema_version", "rules_version", "commit", "versions")
        names = [[one["name"] for one in which["devices"]] for which in (before, self.document)]
        other = [key for key in same if before.get(key) != self.document[key]]
        other += ["devices"] if names[0] != names[1] else []
        if other:
            raise InvalidFile(f"{self.path} can't be added to: it has other {', '.join(other)}")
        kept = ["throughput", "measured"]
        if not self.document["options"].get("cases", True):
            kept += ["cases", "passed", "failed", "cases_finished"]
        self.document.update({key: before[key] for key in kept})

    @property
    def passed(self) -> bool:
        """Whether nothing differed and nothing failed."""
        parts = [self.document["throughput"], *(self.document["measured"] or {}).values()]
        rows = [row for part in parts for row in (part if isinstance(part, list) else [part])]
        return self.document["failed"] == 0 and not any("error" in (row or {}) for row in rows)

    def add(self, outcome: Outcome) -> None:
        """Takes in what became of a case."""
        self.document["cases"].append(outcome.to_dict())
        self.document["passed" if outcome.passed else "failed"] += 1
        self.save()

    def save(self, **parts: Any) -> None:
        """Writes the file, with what is new in it; what is no file gets all by `publish`."""
        self.document.update(parts)
        if not is_stream(self.path):
            write_json(self.document, self.path)

    def finish(self) -> None:
        """Writes the file as that of a check that came to its end; and so did the one that played
        its cases, if that was another."""
        complete = self.document["cases_finished"] or not self.document["cases"]
        self.save(finished=complete)

    def publish(self) -> None:
        """Writes to what is no file, such as a pipe, where one report would follow another."""
        if is_stream(self.path) and not is_standard_output(self.path):
            write_json(self.document, self.path)


def read_report(path: Path) -> dict[str, Any]:
    """A report that was saved.

    Raises
    ------
    InvalidFile
        If the file holds none.
    """
    try:
        document: dict[str, Any] = json.loads(path.read_text())
        wanted = ("devices", "cases", "passed", "failed", "cases_finished")
        missing = {*wanted, "throughput", "measured"} - set(document)
    except (OSError, ValueError, TypeError) as error:
        raise InvalidFile(f"{path} holds no report: {error}") from error
    if missing:
        raise InvalidFile(f"{path} holds no report: {', '.join(sorted(missing))} missing")
    return document


def versions() -> dict[str, str | None]:
    """Versions of everything that takes part; None for what is not installed."""
    found: dict[str, str | None] = {"python": platform.python_version()}
    found["system"] = f"{platform.system()} {platform.release()} {platform.machine()}"
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = None
    return found


def commit_of_checkout() -> str | None:
    """The commit that this package is of, if it stands in a checkout."""
    here = Path(__file__).parents[3]
    if not (here / ".git").exists():
        return None
    try:
        told = subprocess.run(
            ["git", "rev-parse", "HEAD"], cwd=here, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return told.stdout.strip()


def described(device: "Device") -> dict[str, Any]:
    """A device, with the driver and the runtime if it is a GPU."""
    found: dict[str, Any] = {"name": device.name}
    for name in ("capability", "multiprocessors", "clock_hz"):
        found[name] = getattr(device, name, None)
    found["is_gpu"] = is_gpu(device)
    if found["is_gpu"]:
        from cupy.cuda import runtime

        found["driver"] = runtime.driverGetVersion()
        found["runtime"] = runtime.runtimeGetVersion()
        with device.use():
            found["free_bytes"] = device.free_bytes()
    return found
