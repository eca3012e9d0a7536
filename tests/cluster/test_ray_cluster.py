"""A Ray cluster of several nodes on this machine, of which one is lost in mid-run."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from small_games import LIVELY

import bucket_brigade as bb

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),  # of Ray and what it brings
]
ray = pytest.importorskip("ray", reason="Ray is not installed: pip install '.[ray]'")

COST = "cost_to_work_one_night"
DEFAULT = bb.scenario("default")
LINEUPS = [["hero"] * 4, ["hero", "liar", "free_rider", "firefighter:w=0.5"]]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A head without CPUs, and two nodes with one each."""
    from ray.cluster_utils import Cluster

    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 0})
    nodes = [made.add_node(num_cpus=1) for _ in range(2)]
    made.wait_for_nodes()
    os.environ["RAY_ADDRESS"] = made.address
    made.lost = nodes[1]
    yield made
    del os.environ["RAY_ADDRESS"]
    ray.shutdown()
    made.shutdown()


# First, since "auto" finds what the fixture starts.
@pytest.mark.parametrize("address", ["127.0.0.1:1", "ray://127.0.0.1:1", "nowhere", "auto"])
def test_no_cluster_is_told(address: str, tmp_path: Path) -> None:
    code = (
        "import bucket_brigade as bb\n"
        f"try: bb.sweep('easy', {{'seed': [1]}}, do='optimum', cluster={address!r})\n"
        "except bb.BackendUnavailable as error: print(error)\n"
    )
    environment = {**os.environ, "RAY_TMPDIR": str(tmp_path)}
    environment.pop("RAY_ADDRESS", None)
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment
    )
    assert f"no Ray cluster answers at '{address}'" in ran.stdout


def test_a_cluster_counts_the_same_and_a_lost_node_changes_nothing(cluster: Any) -> None:
    options: dict[str, Any] = {"seed": 5, "first_episode": 7, "per_block": True}
    whole = bb.simulate(DEFAULT, LINEUPS, episodes=20_000, backend="cpu", **options)
    done: list[int] = []
    found = bb.simulate(
        DEFAULT,
        LINEUPS,
        episodes=20_000,
        backend="ray",
        progress=lambda episodes, every: done.append(episodes),
        **options,
    )
    assert found.event_counts == whole.event_counts
    assert found.backend == "ray"
    assert "2 CPUs of 3 nodes" in found.device
    assert done == sorted(done)
    assert done[-1] == 40_000

    # What it was working on, and what it had been given, is done by the other.
    def lose(episodes: int, every: int) -> None:
        if cluster.lost is not None:
            cluster.remove_node(cluster.lost, allow_graceful=False)
            cluster.lost = None

    again = bb.simulate(DEFAULT, LINEUPS, episodes=20_000, backend="ray", progress=lose, **options)
    assert again.event_counts == whole.event_counts
    cluster.lost = cluster.add_node(num_cpus=1)
    cluster.wait_for_nodes()


def test_errors_of_nodes_are_those_of_this_machine(cluster: Any) -> None:
    with pytest.raises(bb.BackendUnavailable, match="no GPU"):
        bb.simulate(DEFAULT, LINEUPS, episodes=32, backend="ray:cuda")


def test_points_of_a_sweep_are_computed_on_a_cluster(cluster: Any, tmp_path: Path) -> None:
    grid = {COST: [0.5, 1, 2, 4, 8, 16]}
    whole = bb.sweep(LIVELY, grid, do="nash,optimum", workers=1)

    def lose(done: int, every: int) -> None:
        if done == 2 and cluster.lost is not None:
            cluster.remove_node(cluster.lost, allow_graceful=False)
            cluster.lost = None

    out = tmp_path / "sweep"
    table = bb.sweep(LIVELY, grid, do="nash,optimum", out=out, cluster="auto", progress=lose)
    assert table == whole
    assert table.documents == whole.documents


def test_ctrl_c_leaves_nothing_running(cluster: Any) -> None:
    def interrupt(done: int, every: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bb.simulate(DEFAULT, LINEUPS, episodes=10**6, backend="ray", progress=interrupt)
    begun = time.monotonic()
    while ray.available_resources().get("CPU", 0) < ray.cluster_resources()["CPU"]:
        assert time.monotonic() - begun < 60
        time.sleep(0.1)
