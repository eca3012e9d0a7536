"""Functions as tasks of a Ray cluster."""

import contextlib
import importlib.util
import logging
import os
import socket
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from bucket_brigade._core import __version__
from bucket_brigade.errors import BackendFailed, BackendUnavailable

__all__ = ["AUTO", "connect", "in_cluster", "largest", "missing", "room"]

T = TypeVar("T")
R = TypeVar("R")

#: Stands for the cluster that `RAY_ADDRESS` names, or the one that runs on this machine.
AUTO = "auto"
#: Times that a task is done again whose worker or node was lost.
RETRIES = 10
#: Seconds in which a cluster has to answer.
PATIENCE = 10.0
#: Tasks that wait for each place that works, so that none is idle between two.
WAITING = 1


def missing() -> str | None:
    """Why Ray can't be used here; None if it is installed. It is not imported to tell."""
    if importlib.util.find_spec("ray") is None:
        return "Ray is not installed: pip install '.[ray]' (in a checkout); see docs/clusters.md"
    return None


def connect(address: str = AUTO) -> Any:
    """The module `ray`, connected to a cluster.

    Parameters
    ----------
    address : str
        ``"auto"``, or the address of a cluster as Ray has it (``"10.0.0.1:6379"``, ``"ray://…"``).

    Raises
    ------
    BackendUnavailable
        If Ray is missing, or no cluster answers.
    """
    reason = missing()
    if reason is not None:
        raise BackendUnavailable(reason)
    import ray

    if ray.is_initialized():
        here = ray.get_runtime_context().gcs_address
        if address not in (AUTO, here):
            raise BackendUnavailable(
                f"this process is connected to the Ray cluster at {here} already, not to "
                f"{address!r}: name that one, or auto"
            )
        return ray
    named = os.environ.get("RAY_ADDRESS", AUTO) if address == AUTO else address
    try:
        # Ray ends the process where nobody answers.
        if named != AUTO:
            host, _, port = named.rpartition("/")[2].rpartition(":")
            socket.create_connection((host, int(port)), timeout=PATIENCE).close()
        ray.init(address=named, log_to_driver=False, logging_level=logging.ERROR)
    except (OSError, ValueError, RuntimeError) as error:
        told = str(error).strip().partition("\n")[0]
        raise BackendUnavailable(
            f"no Ray cluster answers at {named!r} ({told}): start one with `ray start --head`, or "
            "name one; see docs/clusters.md"
        ) from error
    return ray


def room(ray: Any, resource: str) -> int:
    """How many CPUs or GPUs ("CPU", "GPU") the nodes that live have together."""
    nodes = (node["Resources"] for node in ray.nodes() if node["Alive"])
    return int(sum(resources.get(resource, 0) for resources in nodes))


def largest(ray: Any, resource: str) -> int:
    """How many the largest of these nodes has."""
    nodes = (node["Resources"] for node in ray.nodes() if node["Alive"])
    return int(max((resources.get(resource, 0) for resources in nodes), default=0))


def in_cluster(
    ray: Any,
    work: Callable[[T], R],
    items: Sequence[T],
    *,
    cpus: int = 1,
    gpus: int = 0,
) -> Iterator[tuple[int, R]]:
    """Works on items as tasks, and yields the place of each with what came of it.

    No more tasks run at a time than nodes have CPUs and GPUs for. What a lost node was working on
    is done again on another. However it ends, no task is left running.

    Parameters
    ----------
    ray : module
        From `connect`.
    work : callable
        A function of a module that all nodes have. What it raises, it raises here.
    items : sequence
        What can be pickled.
    cpus, gpus : int
        What each task takes of its node.

    Raises
    ------
    BackendFailed
        If the nodes have other software, a task was lost again and again, or no node is left that
        has room for one.
    """
    options = {"num_cpus": cpus, "num_gpus": gpus, "max_retries": RETRIES}
    task = ray.remote(**options)(_checked)
    waiting = iter(enumerate(items))
    places: dict[Any, int] = {}
    try:
        while True:
            slots = max(room(ray, "GPU") // gpus if gpus else room(ray, "CPU") // cpus, 1)
            while len(places) < slots * (1 + WAITING):
                place, item = next(waiting, (None, None))
                if place is None:
                    break
                places[task.remote(work, item, __version__)] = place
            if not places:
                return
            done, _ = ray.wait(list(places), num_returns=1, timeout=PATIENCE)
            if not done and (largest(ray, "CPU") < cpus or largest(ray, "GPU") < gpus):
                needs = f"{cpus} CPUs" + (f" and {gpus} GPUs" if gpus else "")
                raise BackendFailed(f"no node of the Ray cluster has {needs} for a task")
            for ready in done:
                yield places.pop(ready), _taken(ray, ready)
    finally:
        for left in places:
            with contextlib.suppress(Exception):  # the cluster may be gone
                ray.cancel(left, force=True)


def _checked(work: Callable[[Any], Any], item: Any, version: str) -> Any:
    """Does the work of a task, if this node has the software of who asks."""
    if version != __version__:
        raise BackendFailed(f"a node has version {__version__}, and version {version} asks it")
    return work(item)


def _taken(ray: Any, ready: Any) -> Any:
    """What came of a task."""
    try:
        return ray.get(ready)
    except ray.exceptions.RayTaskError as error:
        raise error.cause from None
    except ray.exceptions.RayError as error:
        told = str(error).strip().partition("\n")[0]
        raise BackendFailed(f"the Ray cluster failed: {type(error).__name__}: {told}") from error
