"""Tests mutants: which ones does a check notice?"""

import os
import signal
import time
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ptx_on_cpu.build import folder
from ptx_on_cpu.errors import BuildFailed, ToolMissing
from ptx_on_cpu.execute import CompiledPtx
from ptx_on_cpu.mutate import Mutant
from ptx_on_cpu.ptx import Module
from ptx_on_cpu.sass import assemble

__all__ = ["Verdict", "score"]

Check = Callable[[CompiledPtx], bool]
PASSED, FAILED, RAISED, REFUSED = 0, 10, 11, 12
POLL_SECONDS = 0.002


@dataclass(frozen=True)
class Verdict:
    """The outcome of testing a mutant.

    ``outcome`` is "killed", "survived", "equivalent" or "refused". Equivalent ones assemble to
    the same machine code as the original; of those that survived it is unknown whether they are
    equivalent or the check misses them. Those that the C compiler refused were never checked,
    and say nothing of the check. ``reason`` says how a mutant was killed: "wrong" results, an
    "exception" such as a memory fault, "timeout", or "crash".
    """

    mutant: Mutant
    outcome: str
    reason: str


def score(
    ptx: str,
    mutants: Iterable[Mutant],
    check: Check,
    timeout: float,
    *,
    workers: int = 1,
    level: int = 1,
    name: str | None = None,
    arch: str | None = None,
) -> list[Verdict]:
    """Runs a check on every mutant, each in a forked process with tested memory accesses.

    Parameters
    ----------
    ptx : str
        The original module.
    mutants : iterable of Mutant
        What to test.
    check : callable
        Gets a compiled mutant; True where all results are right.
    timeout : float
        Seconds of processor time a check may take, without compiling, before the mutant counts
        as killed.
    workers : int
        Processes at a time.
    level : int
        Optimisation of the mutants: most are run for less time than they take to compile.
    name : str, optional
        The kernel.
    arch : str, optional
        GPU such as "sm_90" to assemble survivors for, to find equivalent ones. By default the
        module's target; without the assembler none is found.

    Raises
    ------
    AssertionError
        Where the check fails on the original.
    """
    if not check(CompiledPtx(ptx, name, checked=True)):
        raise AssertionError("the check fails on the kernel that is not mutated")

    # Made before the fork, so that all processes compile into one folder.
    folder()
    waiting = list(mutants)[::-1]
    order = {id(mutant): at for at, mutant in enumerate(reversed(waiting))}
    running: dict[int, Mutant] = {}
    verdicts: list[Verdict] = []

    while waiting or running:
        while waiting and len(running) < workers:
            mutant = waiting.pop()
            running[start(mutant, check, timeout, level, name)] = mutant

        for process in list(running):
            done, status = os.waitpid(process, os.WNOHANG)

            if done:
                verdicts.append(verdict(running.pop(process), status))

        time.sleep(POLL_SECONDS)

    verdicts.sort(key=lambda one: order[id(one.mutant)])
    return find_equivalent(ptx, verdicts, name, arch)


def start(mutant: Mutant, check: Check, timeout: float, level: int, name: str | None) -> int:
    """Forks a process that tests one mutant and tells by its exit status; gives its id."""
    with warnings.catch_warnings():
        # Python warns of a fork beside threads; the child only calls the check and leaves.
        warnings.simplefilter("ignore", DeprecationWarning)
        process = os.fork()

    if process:
        return process

    status = RAISED

    try:
        compiled = CompiledPtx(mutant.ptx, name, checked=True, level=level)
        # The timer counts this process alone, so the C compiler is left out. Its default action
        # ends the process even while it is in C code.
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_PROF, timeout)
        status = PASSED if check(compiled) else FAILED
    except BuildFailed:
        status = REFUSED
    except Exception:
        status = RAISED
    finally:
        # Leaves without the parent's clean-up, whatever was raised.
        os._exit(status)


def verdict(mutant: Mutant, status: int) -> Verdict:
    """Reads an exit status."""
    if os.WIFSIGNALED(status):
        timed_out = os.WTERMSIG(status) == signal.SIGPROF
        return Verdict(mutant, "killed", "timeout" if timed_out else "crash")

    code = os.WEXITSTATUS(status)

    if code == PASSED:
        return Verdict(mutant, "survived", "")

    if code == REFUSED:
        return Verdict(mutant, "refused", "does not compile")

    return Verdict(mutant, "killed", {FAILED: "wrong", RAISED: "exception"}.get(code, "crash"))


def find_equivalent(
    ptx: str, verdicts: list[Verdict], name: str | None, arch: str | None
) -> list[Verdict]:
    """Marks the survivors whose machine code is the original's."""
    module = Module.parse(ptx)
    entry = module.entry(name).name
    arch = arch or module.target

    try:
        original = assemble(ptx, arch, entry).instructions
        return [
            Verdict(one.mutant, "equivalent", "same machine code")
            if one.outcome == "survived"
            and assemble(one.mutant.ptx, arch, entry).instructions == original
            else one
            for one in verdicts
        ]
    except ToolMissing:
        return verdicts
