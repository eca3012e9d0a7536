"""What becomes of tasks, with a stand-in for Ray."""

import sys
from types import SimpleNamespace
from typing import Any

import pytest

import bucket_brigade as bb
from bucket_brigade.cluster import tasks


def cluster(*nodes: dict[str, float]) -> Any:
    """Nodes that live, whose tasks never end; what is cancelled is listed."""
    cancelled: list[object] = []
    return SimpleNamespace(
        remote=lambda **options: lambda work: SimpleNamespace(remote=lambda *given: given[1]),
        nodes=lambda: [{"Alive": True, "Resources": node} for node in nodes],
        wait=lambda places, num_returns, timeout: ([], places),
        cancel=lambda task, force: cancelled.append(task),
        cancelled=cancelled,
    )


def test_tasks_that_no_node_has_room_for_do_not_wait_for_ever() -> None:
    ray = cluster({"CPU": 2}, {"CPU": 3})
    with pytest.raises(bb.BackendFailed, match="has 4 CPUs for a task"):
        list(tasks.in_cluster(ray, str, ["one"], cpus=4))
    assert ray.cancelled == ["one"]
    with pytest.raises(bb.BackendFailed, match="has 1 CPUs and 1 GPUs"):
        list(tasks.in_cluster(ray, str, ["one"], gpus=1))


def test_another_cluster_than_that_of_the_process_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    here = SimpleNamespace(gcs_address="10.0.0.1:6379")
    ray = SimpleNamespace(is_initialized=lambda: True, get_runtime_context=lambda: here)
    monkeypatch.setattr(tasks, "missing", lambda: None)
    monkeypatch.setitem(sys.modules, "ray", ray)
    assert tasks.connect() is ray
    assert tasks.connect("10.0.0.1:6379") is ray
    with pytest.raises(bb.BackendUnavailable, match=r"at 10\.0\.0\.1:6379 already"):
        tasks.connect("10.0.0.2:6379")
