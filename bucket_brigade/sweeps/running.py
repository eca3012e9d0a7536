"""Running sweeps: every point computed once, kept as soon as it is, wherever it is computed."""

import contextlib
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from bucket_brigade._core import __version__
from bucket_brigade.arguments import as_callback, as_path
from bucket_brigade.atomic_files import check_output, is_stream
from bucket_brigade.backends import Progress, select_backend
from bucket_brigade.errors import BucketBrigadeError, InvalidFile, InvalidValue
from bucket_brigade.file_lock import FileLock
from bucket_brigade.game.scenario import RULES_VERSION, Scenario
from bucket_brigade.sweeps.plan import Point, SweepPlan
from bucket_brigade.sweeps.pool import in_processes, shares
from bucket_brigade.sweeps.store import Outcome, Store, StoredPoint, game_key, is_store
from bucket_brigade.sweeps.table import SweepTable
from bucket_brigade.sweeps.tasks import TASKS, Work

__all__ = ["sweep"]

#: Files that SQLite keeps beside one that is in use.
BESIDE = ("-wal", "-shm")


@dataclass(frozen=True)
class Unit:
    """What one worker does at a time: tasks of one game.

    Attributes
    ----------
    game : str
        The key of the game.
    work : Work
        The game, and how to compute; with as many threads as who computes has.
    tasks : tuple of (str, str)
        Names and keys of what is to be computed, in order.
    given : mapping
        Documents of other tasks, by name, on which these depend.
    """

    game: str
    work: Work
    tasks: tuple[tuple[str, str], ...]
    given: Mapping[str, Any]


def compute(unit: Unit, threads: int) -> list[tuple[str, str, Outcome]]:
    """What comes of the tasks of a unit; one that can't be done keeps no other from it."""
    work, documents = replace(unit.work, threads=threads), dict(unit.given)
    found = []
    for name, key in unit.tasks:
        task, begun = TASKS[name], time.perf_counter()
        try:
            if task.after is not None and task.after not in documents:
                raise InvalidValue(name, f"without {task.after}", f"{task.after} first")
            columns, document = task.compute(work, documents.get(task.after or ""))
        except (BucketBrigadeError, MemoryError) as error:
            outcome = Outcome({}, None, time.perf_counter() - begun, str(error) or "out of memory")
        else:
            documents[name] = document
            outcome = Outcome(columns, document, time.perf_counter() - begun)
        found.append((name, key, outcome))
    return found


#: Works on units, wherever that is, and yields the place of each with what came of it.
Runner = Callable[[Sequence[Unit]], Iterator[tuple[int, list[tuple[str, str, Outcome]]]]]


def sweep(
    base: Scenario | str | SweepPlan | None = "default",
    grid: Mapping[str, Any] | None = None,
    *,
    points: Sequence[Mapping[str, Any]] = (),
    do: Sequence[str] | str = ("nash",),
    lineups: Sequence[Any] = (),
    rules: str | None = None,
    changes: Mapping[str, Any] | None = None,
    boundary: str | None = None,
    out: str | os.PathLike[str] | None = None,
    resume: bool = False,
    restart: bool = False,
    workers: int | None = None,
    cluster: str | None = None,
    backend: str = "auto",
    progress: Progress | None = None,
    **settings: Any,
) -> SweepTable:
    """Compute equilibria, optima or payoffs at all points of a grid, and keep each as it is found.

    Parameters
    ----------
    base : Scenario, str, SweepPlan or None
        What all points begin with: a scenario, or the name or file of one. A whole plan, in place
        of all up to `boundary` and of `settings`. Or None: with `resume`, the plan in `out`.
    grid, points, do, lineups, rules, changes, boundary
        Which points, and what to compute of each (see `SweepPlan`).
    out : path, optional
        The file to keep everything in; by default nothing is kept but what is returned.
    resume : bool
        Go on with what `out` has. What the plan has in common with what was computed before is not
        computed again, also if the plan is another one.
    restart : bool
        Begin anew where there is such a file: what it has is lost.
    workers : int, optional
        Processes at most, each with its share of the cores; by default one a core. One means none
        but this. A script that starts more needs ``if __name__ == "__main__":``.
    cluster : str, optional
        The Ray cluster whose CPUs are to compute instead of processes here: its address, or "auto"
        for the one that ``RAY_ADDRESS`` names or that runs on this machine (docs/clusters.md).
    backend : str
        What plays where payoffs are sampled (see `select_backend`).
    progress : callable, optional
        Called with points done and in all.
    **settings
        How to compute: ``method``, ``episodes``, ``epsilon``, ``confidence``, ``seed``, ``starts``,
        ``selector`` (`bucket_brigade.sweeps.tasks.SETTINGS`).

    Returns
    -------
    SweepTable
        The same, to the last bit, for any number of workers and any interruptions.

    Raises
    ------
    InvalidValue
        For the first value that is not allowed, at any point; before anything is computed.
    InvalidFile
        If `out` is something else, or was computed by another version.
    FileInUse
        If another run works on it.
    StoreFailed
        If it can't be written, as on a full disk.
    WorkerLost
        If a worker ends in the middle of a point.
    BackendUnavailable, BackendFailed
        If there is no such cluster, or it fails; what was found is kept.

    Examples
    --------
    >>> game = bb.scenario("easy").replace(num_houses=4, num_agents=2)
    >>> table = bb.sweep(game, {"cost_to_work_one_night": [0.5, 5]}, do="optimum", workers=1)
    >>> [round(x, 1) for x in table.column("optimum_payoff")]
    [2503.7, 2498.6]
    """
    if isinstance(base, SweepPlan) or base is None:
        if grid or points or settings or lineups or rules or changes or boundary:
            raise InvalidValue("base", "a plan", "nothing beside it of what a plan says")
        plan = base
    else:
        plan = SweepPlan(
            base=base,
            grid=grid or {},
            points=points,
            do=do,
            lineups=lineups,
            rules=rules,
            changes=changes or {},
            boundary=boundary,
            settings=settings,
        )
    as_callback("progress", progress)
    select_backend(backend)
    shares(workers, 1)
    if cluster is not None and workers is not None:
        raise InvalidValue("workers", workers, "none given beside a cluster, whose CPUs all work")

    def run(units: Sequence[Unit]) -> Iterator[tuple[int, list[tuple[str, str, Outcome]]]]:
        if cluster is not None:
            return _on_cluster(cluster, units)
        number, threads = shares(workers, len(units))
        return in_processes(partial(compute, threads=threads), units, number)

    with opened(out, resume=resume, restart=restart) as store:
        return run_plan(
            stored_plan(store) if plan is None else plan,
            store,
            run,
            backend=backend,
            progress=progress,
        )


def _on_cluster(
    address: str, units: Sequence[Unit]
) -> Iterator[tuple[int, list[tuple[str, str, Outcome]]]]:
    """Units as tasks of a cluster, one a CPU; of few units, as many CPUs as a node has for each."""
    from bucket_brigade.cluster.tasks import connect, in_cluster, largest, room

    ray = connect(address)
    cpus = max(min(room(ray, "CPU") // len(units), largest(ray, "CPU")), 1)
    return in_cluster(ray, partial(compute, threads=cpus), units, cpus=cpus)


@contextlib.contextmanager
def opened(
    out: str | os.PathLike[str] | None, *, resume: bool = False, restart: bool = False
) -> Iterator[Store]:
    """The file of a sweep to write to, which no other run works on.

    Parameters
    ----------
    out : path or None
        The file; None for memory.
    resume, restart : bool
        Whether to go on with what it has, or to begin anew.

    Raises
    ------
    InvalidValue
        If there is one, and it is not said what becomes of it.
    InvalidFile
        If there is none to resume from, it is something else, or of another version.
    FileInUse
        If another run works on it.
    """
    if resume and (restart or out is None):
        given = "with restart" if restart else "without a file"
        raise InvalidValue("resume", given, "a file to go on with, and not to begin anew")
    if out is None:
        with Store(None) as store:
            yield store
        return
    path = as_path("out", out)
    if is_stream(path):
        raise InvalidValue("out", repr(str(path)), "a file: a sweep is no stream")
    check_output(path, "out")
    # SQLite keeps its files beside the one that a link leads to.
    path = Path(os.path.realpath(path))
    if resume and not path.exists():
        raise InvalidFile(f"{path}: no such file to resume from")
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path), contextlib.ExitStack() as stack:
        there = path.exists() and path.stat().st_size > 0
        if resume and not there:
            raise InvalidFile(f"{path}: no such file to resume from")
        if there and not is_store(path):
            raise InvalidFile(f"{path}: not the file of a sweep")
        store = stack.enter_context(Store(path))
        if restart:
            store.close()
            for file in (path, *(Path(f"{path}{end}") for end in BESIDE)):
                file.unlink(missing_ok=True)
            store = stack.enter_context(Store(path))
        elif there and not resume and store.known():
            allowed = "a new file, or --resume to go on with it, or --restart to begin anew"
            raise InvalidValue("out", repr(str(path)), allowed)
        _check_version(path, store)
        yield store


def _check_version(path: Path, store: Store) -> None:
    """Refuses what another version computed: its results may differ from those of this one."""
    for name, here in (("software_version", __version__), ("rules_version", str(RULES_VERSION))):
        there = store.meta(name)
        if there != here:
            raise InvalidFile(
                f"{path}: computed by {name.replace('_', ' ')} {there}, and this is {here}, whose "
                "results may differ: go on with that version, or begin anew with --restart or in "
                "another file; sweep-export reads it all the same"
            )


def stored_plan(store: Store) -> SweepPlan:
    """The plan that a file has.

    Raises
    ------
    InvalidFile
        If it has none.
    """
    text = store.meta("plan")
    if text is None:
        raise InvalidFile(f"{store.path}: holds no plan yet")
    return SweepPlan.from_dict(json.loads(text))


def run_plan(
    plan: SweepPlan,
    store: Store,
    run: Runner,
    *,
    backend: str = "auto",
    progress: Progress | None = None,
) -> SweepTable:
    """Computes what a file lacks of a plan, and then of the points around its boundaries."""
    sought, points = plan.sought, plan.listed()
    facts = {"plan": json.dumps(plan.to_dict())}
    store.begin(facts, [_stored(point, plan, "plan") for point in points])
    before = 0
    while points:
        _run_points(plan, points, store, run, backend, progress, before)
        before += len(points)
        table = SweepTable.from_store(store)
        if sought is None:
            return table
        sought.check(table.rows)
        points = [plan.point(values) for values in sought.middles(table.axes, table.rows)]
        store.add([_stored(point, plan, "boundary") for point in points])
    return table


def _stored(point: Point, plan: SweepPlan, origin: str) -> StoredPoint:
    keys = {name: TASKS[name].key(point.settings, plan.lineups) for name in plan.do}
    return StoredPoint(point.values, game_key(point.scenario), keys, origin)


def _run_points(
    plan: SweepPlan,
    points: Sequence[Point],
    store: Store,
    run: Runner,
    backend: str,
    progress: Progress | None,
    before: int,
) -> None:
    """Computes what is missing of some points, each game and task once."""
    known = store.known()
    units = []
    for point in points:
        stored = _stored(point, plan, "")
        missing = [
            (task, key)
            for task, key in stored.keys.items()
            if (stored.game, task, key) not in known
        ]
        if not missing:
            continue
        known |= {(stored.game, task, key) for task, key in missing}
        given = {}
        for task, _ in missing:
            after = TASKS[task].after
            if after is not None and after not in dict(missing):
                outcome = store.outcome(stored.game, after, stored.keys[after])
                given[after] = outcome and outcome.document
        work = Work(point.scenario, plan.lineups, point.settings, 1, backend)
        units.append(Unit(stored.game, work, tuple(missing), given))
    done, every = before + len(points) - len(units), before + len(points)
    tell = progress or (lambda done, every: None)
    tell(done, every)
    for place, found in run(units) if units else ():
        store.keep(units[place].game, found)
        done += 1
        tell(done, every)
