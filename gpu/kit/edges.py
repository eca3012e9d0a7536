"""What only a GPU can show beside counts: interruption, exhausted memory, counts and environments
shared with other libraries, steps in a graph, several runs at a time. Prints a line for each; exits
with 1 if one is wrong.
"""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable

import cupy
import numpy as np

import bucket_brigade as bb
from bucket_brigade.envs import VectorEnv
from bucket_brigade_cuda.backend import CudaBackend
from bucket_brigade_cuda.check.measurements import GAMES

GAME = GAMES[0]
#: Lanes of environments, and steps of a graph.
LANES, STEPS = 1 << 16, 100
#: Episodes: of a run that is over at once, of one that keeps a GPU busy, and of one that takes a
#: minute and more.
FEW, MANY, ENDLESS = 10**6, 10**7, 10**11


def interrupted(backend: CudaBackend) -> str:
    """Ctrl-C during a long run: it ends soon, and the device plays on."""
    endless = GAME.program(ENDLESS)
    threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT)).start()
    started = time.perf_counter()
    try:
        backend.run(endless)
    except KeyboardInterrupt:
        ended = time.perf_counter() - started - 1.0
        assert ended < 5, f"it took {ended:.1f} s to end"
        backend.run(GAME.program(1000))
        return f"ended {ended:.2f} s after Ctrl-C"
    raise AssertionError("it was not interrupted")


def out_of_memory(backend: CudaBackend) -> str:
    """Counts that do not fit, and a device that others have filled: an error that says so."""
    free, _ = cupy.cuda.runtime.memGetInfo()
    program = GAME.program(32 * (free // 100))
    try:
        backend.counts_on_device(program, per_block=True)
    except bb.BackendFailed as error:
        told = str(error)
    else:
        raise AssertionError("more counts fit than there is memory")
    assert "out of device memory" in told, told
    pool = cupy.get_default_memory_pool()
    pool.free_all_blocks()
    taken = [cupy.empty(int(cupy.cuda.runtime.memGetInfo()[0] * 0.98), np.uint8)]
    few = backend.run(GAME.program(FEW)).totals
    taken.clear()
    pool.free_all_blocks()
    assert np.array_equal(few, backend.run(GAME.program(FEW)).totals)
    return "told, and the same counts in what was left"


def taken_over(backend: CudaBackend) -> str:
    """Counts left on the device, in PyTorch and JAX where they are installed."""
    program = GAME.program(FEW)
    kept = backend.counts_on_device(program, per_block=True)
    right = backend.run(program, per_block=True)
    found = []
    for name in ("torch", "jax"):
        try:
            if name == "torch":
                import torch

                totals = torch.from_dlpack(kept.totals).cpu().numpy()
            else:
                import jax

                jax.config.update("jax_enable_x64", True)
                totals = np.asarray(jax.dlpack.from_dlpack(kept.totals))
        except ImportError:
            found.append(f"{name} is not installed")
            continue
        assert np.array_equal(totals, right.totals), f"{name}: other totals"
        found.append(f"{name} has them")
    blocks = cupy.from_dlpack(kept.blocks).get()
    assert np.array_equal(blocks, right.blocks)
    return ", ".join(found)


def environment(copy: bool = False) -> VectorEnv:
    """One of some lanes, begun."""
    env = VectorEnv(bb.SCENARIOS["default"], LANES, copy=copy, backend=CudaBackend(devices=[0]))
    env.reset()
    return env


def random_actions() -> np.ndarray:
    """Random actions of all lanes: house, mode and signal."""
    rng = np.random.default_rng(1)
    return rng.integers([10, 2, 2], size=(LANES, 4, 3)).astype(np.uint8)


def in_a_graph(backend: CudaBackend) -> str:
    """Steps that a graph repeats: the state after as many single steps, and what one costs."""
    actions = cupy.asarray(random_actions())
    single, repeated = environment(), environment()
    stream = cupy.cuda.Stream(non_blocking=True)
    cupy.cuda.get_current_stream().synchronize()
    with stream:
        stream.begin_capture()
        repeated.step(actions)
        graph = stream.end_capture()
        graph.launch(stream)
        stream.synchronize()
        started = time.perf_counter()
        for _ in range(STEPS):
            graph.launch(stream)
        stream.synchronize()
        seconds = (time.perf_counter() - started) / STEPS
        repeated.check()
        # What agents that remember did is None where there are none.
        after = vars(repeated.state()).items()
        state = {name: column.get() for name, column in after if column is not None}
    for _ in range(STEPS + 1):
        single.step(actions)
    single.check()
    right = vars(single.state())
    for name, column in state.items():
        assert np.array_equal(right[name].get(), column), f"another {name}"
    return f"{STEPS} steps of {LANES} lanes, {1e6 * seconds:.1f} µs each"


def actions_of_others(backend: CudaBackend) -> str:
    """Actions that PyTorch and JAX made, rewards that they take; and a bad action is told."""
    given = random_actions()
    env, actions = environment(copy=True), cupy.asarray(given)
    right = env.step(actions)[1].get()
    found = []
    for name in ("torch", "jax"):
        env = environment(copy=True)
        try:
            if name == "torch":
                import torch

                here = torch.cuda.is_available()
                if here:
                    rewards = env.step(torch.from_numpy(given).cuda())[1]
                    taken = torch.from_dlpack(rewards).cpu().numpy()
            else:
                import jax

                here = jax.default_backend() == "gpu"
                if here:
                    rewards = env.step(jax.numpy.asarray(given))[1]
                    taken = np.asarray(jax.dlpack.from_dlpack(rewards))
        except ImportError:
            here = False
        if not here:
            found.append(f"{name} is not installed for GPUs")
            continue
        assert np.array_equal(taken, right), f"{name}: other rewards"
        found.append(f"{name} plays")
    env = environment()
    given[7, 2, 0] = 10
    actions = cupy.asarray(given)
    env.step(actions)
    told = ""
    try:
        env.check()
    except bb.InvalidValue as error:
        told = str(error)
    assert "actions[7, 2, 0] = 10" in told, f"a bad action was told as {told!r}"
    return ", ".join([*found, "a bad action was told"])


def at_a_time(backend: CudaBackend) -> str:
    """Runs in several threads of a process, on one device."""
    program = GAME.program(MANY)
    right = backend.run(program).totals
    found: list[object] = []
    threads = [
        threading.Thread(target=lambda: found.append(CudaBackend(devices=[0]).run(program).totals))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4, "a run failed"
    assert all(np.array_equal(one, right) for one in found), "other counts"
    return "four runs, the same counts"


def memory_is_given_back(backend: CudaBackend) -> str:
    """Runs again and again: CuPy's pool stops growing."""
    program = GAME.program(FEW)
    sizes = []
    for _ in range(20):
        backend.run(program)
        sizes.append(cupy.get_default_memory_pool().total_bytes())
    assert sizes[-1] <= 1.01 * sizes[4], f"from {sizes[4]} to {sizes[-1]} bytes"
    return f"{sizes[-1]:,} bytes in the pool after 20 runs, {sizes[4]:,} after 5"


def main() -> None:
    backend = CudaBackend(devices=[0])
    backend.run(GAME.program(1000))
    tries: list[Callable[[CudaBackend], str]] = [
        *(interrupted, out_of_memory, taken_over, in_a_graph, actions_of_others),
        *(at_a_time, memory_is_given_back),
    ]
    failed = 0
    for one in tries:
        try:
            print(f"{one.__name__}: {one(backend)}")
        except Exception as error:
            failed += 1
            print(f"{one.__name__}: FAILED: {type(error).__name__}: {error}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
