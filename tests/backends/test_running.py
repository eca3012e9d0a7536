"""Long runs: stopping them, watching them, and running several at a time."""

import _thread
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt
import pytest

import bucket_brigade as bb

DEFAULT = bb.scenario("default")
LINEUPS = [["hero"] * 4, ["firefighter", "free_rider", "liar", "coordinator"]]

ENDLESS = """
import bucket_brigade as bb
scenario = bb.scenario("default")
print("ready", flush=True)
try:
    bb.simulate(scenario, [["hero"] * 4], episodes=10**11, {options})
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


def python(code: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    )


@pytest.mark.parametrize("options", ["threads=2", "threads=1, progress=lambda done, every: None"])
def test_control_c_stops_a_run(options: str) -> None:
    with python(ENDLESS.format(options=options)) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            time.sleep(0.7)
            assert process.poll() is None
            process.send_signal(signal.SIGINT)
            output, errors = process.communicate()  # which took hours without the signal
            assert (output, errors, process.returncode) == ("interrupted\n", "", 0)
        finally:
            process.kill()


class Enough(Exception):
    pass


@pytest.mark.parametrize("threads", [1, 2])
def test_an_exception_of_the_progress_callback_stops_the_run(threads: int) -> None:
    seen: list[int] = []

    def stop(done: int, every: int) -> None:
        seen.append(done)
        raise Enough

    with pytest.raises(Enough):
        bb.simulate(DEFAULT, LINEUPS, episodes=10**11, threads=threads, progress=stop)
    assert len(seen) == 1
    # Nothing is left behind that would spoil the next run.
    assert bb.simulate(DEFAULT, LINEUPS, episodes=100).counts.ended.sum() == 200


def recorded(run: str) -> list[tuple[int, int]]:
    seen: list[tuple[int, int]] = []

    def told(done: int, every: int) -> None:
        seen.append((done, every))

    if run == "simulate":
        bb.simulate(DEFAULT, LINEUPS, episodes=1_500_001, seed=1, progress=told)
    elif run == "compare":
        bb.compare(DEFAULT, *LINEUPS, episodes=500_001, progress=told)
    elif run == "until":
        bb.simulate_until(DEFAULT, LINEUPS, stderr=5.0, progress=told)
    else:
        bb.payoff_matrix(DEFAULT, episodes=20_001, progress=told)
    return seen


@pytest.mark.parametrize(
    ("run", "total"), [("simulate", 3_000_002), ("compare", 1_000_002), ("matrix", 2_000_100)]
)
def test_progress_rises_to_the_total(run: str, total: int) -> None:
    seen = recorded(run)
    assert {every for _, every in seen} == {total}
    done = [d for d, _ in seen]
    assert done == sorted(done)
    assert done[0] >= 0
    assert done[-1] == total


def test_progress_until_a_precision_rises_to_what_it_took() -> None:
    seen = recorded("until")
    assert [d for d, _ in seen] == sorted(d for d, _ in seen)
    assert [e for _, e in seen] == sorted(e for _, e in seen)
    assert seen[-1][0] == seen[-1][1] > 0


def totals(seed: int, episodes: int = 20_000) -> npt.NDArray[np.int64]:
    return bb.simulate(DEFAULT, LINEUPS, episodes=episodes, seed=seed).counts.totals


def test_calls_at_the_same_time_do_not_disturb_each_other() -> None:
    expected = [totals(seed) for seed in range(12)]
    with ThreadPoolExecutor(6) as executor:
        for _ in range(3):
            found = list(executor.map(totals, range(12)))
            assert all(np.array_equal(a, b) for a, b in zip(found, expected, strict=True))


def test_other_threads_run_meanwhile() -> None:
    def tick() -> None:
        for _ in range(5):
            time.sleep(0.005)
        _thread.interrupt_main()

    thread = threading.Thread(target=tick)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        bb.simulate(DEFAULT, LINEUPS, episodes=10**8, threads=1)  # a minute, say
    thread.join()


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_child_processes(method: str) -> None:
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip(f"no {method} here")
    expected = [totals(seed, 2000) for seed in range(3)]  # so that the pool of threads exists
    with multiprocessing.get_context(method).Pool(2) as pool:
        found = pool.starmap_async(child_totals, [(s,) for s in range(3)]).get()
    assert found == [x.tolist() for x in expected]


def child_totals(seed: int) -> list[list[int]]:
    one = bb.simulate(DEFAULT, LINEUPS, episodes=2000, seed=seed, threads=2).counts.totals
    other = bb.simulate(DEFAULT, LINEUPS, episodes=2000, seed=seed).counts.totals
    assert np.array_equal(one, other)
    rows: list[list[int]] = one.tolist()
    return rows


def test_importing_does_not_import_what_is_optional() -> None:
    process = python(
        "import sys, bucket_brigade\n"
        "print([m for m in ('scipy', 'pandas', 'matplotlib', 'numba', 'cupy') if m in sys.modules])"
    )
    output, errors = process.communicate()
    assert (output, errors) == ("[]\n", "")
