"""``bucket-brigade cuda-check`` and ``cuda-compile``."""

import functools
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, ParamSpec, TypeVar

import typer

from bucket_brigade.atomic_files import is_standard_output
from bucket_brigade.cli.common import (
    BAD_USAGE,
    FAILED,
    AsJson,
    ProgressStyle,
    console,
    print_json,
    progress_bar,
    reports_errors,
    say,
    whole,
)
from bucket_brigade.cli.outputs import Out, check_outputs
from bucket_brigade.errors import BackendUnavailable, InvalidValue
from bucket_brigade_cuda.backend import SIMULATOR, CudaBackend
from bucket_brigade_cuda.check import comparison, display, measurements, sweep, throughput
from bucket_brigade_cuda.check.throughput import BATCHES
from bucket_brigade_cuda.compiling import compile_ahead
from bucket_brigade_cuda.compiling.kernel_files import FOLDER, capability_of
from bucket_brigade_cuda.devices import Simulator, is_gpu
from bucket_brigade_cuda.devices.plugins import DEVICES, plugged_in

__all__ = ["cuda_check", "cuda_compile", "reports_what_is_missing"]

P = ParamSpec("P")
R = TypeVar("R")

NUMBERED = re.compile(r"cuda(?::([0-9]{1,9}(?:,[0-9]{1,9})*))?")
#: Without a GPU, episodes enough to try the table, and seconds for one of its rows.
TRIAL_SIZES, TRIAL_SECONDS = (10_000, 30_000), 1.0


def reports_what_is_missing(command: Callable[P, R]) -> Callable[P, R]:
    """Turns a missing GPU or tool into a message and the exit code of bad usage."""

    @functools.wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except BackendUnavailable as error:
            say(str(error))
            raise typer.Exit(BAD_USAGE) from error

    return wrapped


def chosen_backend(text: str) -> CudaBackend:
    """The devices of "cuda", "cuda:0,1" or "ptx", if they can be used."""
    if text == "ptx":
        return CudaBackend(devices=[plugged_in(DEVICES, text)()])
    match = NUMBERED.fullmatch(text)
    if match is None:
        raise InvalidValue("--device", repr(text), "cuda, cuda:0, cuda:0,1 and so on, or ptx")
    numbers = None if match[1] is None else [int(number) for number in match[1].split(",")]
    backend = CudaBackend(devices=numbers)
    if any(isinstance(device, Simulator) for device in backend.devices()):
        raise BackendUnavailable(
            f"Numba's simulator would take days; unset {SIMULATOR}, or use --device ptx"
        )
    return backend


@reports_errors
@reports_what_is_missing
def cuda_check(
    quick: Annotated[
        bool,
        typer.Option("--quick", help="Fewer cases: about a minute, most of it to compile."),
    ] = False,
    device: Annotated[
        str,
        typer.Option(help="cuda, cuda:0,1 and so on; or ptx, the compiled PTX run on the CPU."),
    ] = "cuda",
    cases: Annotated[
        bool, typer.Option("--cases/--no-cases", help="Whether to compare counts with the CPU's.")
    ] = True,
    measure: Annotated[
        str | None,
        typer.Option(
            help="What to measure, with commas: batches, games, kernels, residency, steps, "
            "instructions; all or none. By default batches, and none with --quick."
        ),
    ] = None,
    seconds: Annotated[
        float, typer.Option(help="For a single run that is measured, at most; 0 for none.")
    ] = 10.0,
    modelled: Annotated[
        bool,
        typer.Option("--model", help="Put the modelled rate beside (minutes; needs ptx_on_cpu)."),
    ] = False,
    commit: Annotated[
        str | None, typer.Option(help="To store; by default that of the checkout, if it is one.")
    ] = None,
    out: Out = Path("results/cuda-check.json"),
    added: Annotated[
        bool,
        typer.Option("--add", help="Keep what the file has found that is not asked for now."),
    ] = False,
    as_json: AsJson = False,
    progress_style: ProgressStyle = "auto",
) -> None:
    """Check that GPUs count what the CPU counts, and measure how fast they do."""
    if not 0 <= seconds < float("inf"):
        raise InvalidValue("--seconds", seconds, "a number of at least 0")
    as_json = as_json or is_standard_output(out)
    check_outputs([("--out", None if is_standard_output(out) else out)], as_json)
    parts = chosen_parts("none" if not seconds else measure or ("none" if quick else BATCHES))
    backend = chosen_backend(device)
    options = {
        **{"quick": quick, "device": device, "seconds": seconds},
        **{"cases": cases, "measure": parts, "model": modelled},
    }
    commit = commit or comparison.commit_of_checkout()
    report = comparison.Report(backend, out, options, commit, added=added)
    before = report.document["measured"] or {}
    report.save()
    try:
        if cases:
            plan = sweep.plan(quick, len(backend.devices()))
            with progress_bar("playing on both", progress_style) as progress:
                comparison.check_all(backend, plan, report, progress)
            report.save(cases_finished=True)
        with progress_bar("measuring", progress_style):
            if BATCHES in parts:
                _measure_batches(backend, report, seconds, modelled)
            others = [part for part in parts if part != BATCHES]
            if others:
                trial = not all(map(is_gpu, backend.devices()))
                measurements.measure_parts(
                    backend,
                    others,
                    seconds,
                    lambda found: report.save(measured={**before, **found}),
                    TRIAL_SIZES if trial else measurements.EPISODES,
                )
        report.finish()
    finally:
        # After Ctrl-C, and though the disk may be full.
        report.publish()
        if as_json:
            print_json(report.document)
        else:
            display.print_report(report.document, out, console())
    if not report.passed:
        raise typer.Exit(FAILED)


def chosen_parts(text: str) -> list[str]:
    """Parts that ``--measure`` names, each once."""
    every = [BATCHES, *measurements.PARTS]
    if text in ("all", "none"):
        return every if text == "all" else []
    parts = list(dict.fromkeys(text.split(",")))
    if not set(parts) <= set(every):
        raise InvalidValue("--measure", repr(text), f"some of {', '.join(every)}; all, or none")
    return parts


def _measure_batches(
    backend: CudaBackend, report: comparison.Report, seconds: float, modelled: bool
) -> None:
    trial = not all(map(is_gpu, backend.devices()))
    try:
        throughput.measure(
            backend,
            seconds=min(seconds, TRIAL_SECONDS) if trial else seconds,
            sizes=TRIAL_SIZES if trial else throughput.SIZES,
            modelled=modelled,
            told=lambda found: report.save(throughput=found.to_dict()),
        )
    except Exception as error:
        # What a device raises is part of what was found.
        report.save(throughput={"error": f"{type(error).__name__}: {error}"})


@reports_errors
@reports_what_is_missing
def cuda_compile(
    out: Annotated[Path, typer.Option(help="Folder for the kernels.")],
    arch: Annotated[
        list[str] | None,
        typer.Option(
            help="What to compile for: sm_90 and so on; by default the GPUs that are here."
        ),
    ] = None,
    shape: Annotated[
        list[str] | None,
        typer.Option(
            help="Houses and agents, as in 10x4, or with a width of mixtures, as in 10x4x2, or an "
            "f for firefighters, as in 10x4f, or an s for policies of any kind, as in 10x4s, or an "
            "e for environments, as in 10x4e and 10x4es; by default what the scenarios and "
            "cuda-check take."
        ),
    ] = None,
    width: Annotated[
        list[int] | None,
        whole("Strategies that a seat mixes at most, for shapes that name no width."),
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Of the default shapes, those of cuda-check --quick.")
    ] = False,
    jobs: Annotated[int | None, whole("Processes; by default one for each core.")] = None,
    as_json: AsJson = False,
    progress_style: ProgressStyle = "auto",
) -> None:
    """Compile kernels ahead of time, for GPUs that need not be here, into a folder. No GPU."""
    jobs = os.cpu_count() or 1 if jobs is None else jobs
    if jobs < 1:
        raise InvalidValue("--jobs", jobs, "at least 1")
    widths = width or [1, 2]
    shapes = [one for text in shape or [] for one in compile_ahead.parse_shape(text, widths)]
    capabilities = [capability_of(one, "--arch") for one in arch] if arch else capabilities_here()
    kernels = compile_ahead.wanted(shapes or sweep.usual_shapes(quick), capabilities)
    try:
        with progress_bar("compiling", progress_style) as progress:
            made = compile_ahead.compile_all(kernels, out, jobs=jobs, done=progress)
    except OSError as error:
        raise BackendUnavailable(f"kernels can't be written: {error}") from error
    if as_json:
        print_json({"folder": str(out), "kernels": [one.to_dict() for one in made]})
        return
    new = [one for one in made if not one.there]
    seconds = sum(one.compile_seconds + one.assemble_seconds for one in new)
    typer.echo(
        f"{len(made)} kernels in {out}: {len(new)} new, which took {seconds:.0f} s to compile, "
        f"{len(made) - len(new)} there already"
    )
    others = len(list(out.glob("*.zip"))) - len({one.wanted.file for one in made})
    if others > 0:
        typer.echo(f"{others} other files are there too: of other shapes, GPUs or sources")
    typer.echo(f"to play with them: export {FOLDER}={out.resolve()}")


def capabilities_here() -> list[tuple[int, int]]:
    """Compute capabilities of the GPUs of this machine, each once."""
    reason = "there is no GPU here"
    found: list[tuple[int, int]] = []
    try:
        devices = CudaBackend().devices()
        found = list(dict.fromkeys(device.capability for device in devices if is_gpu(device)))
    except BackendUnavailable as error:
        reason = str(error)
    if not found:
        raise BackendUnavailable(f"name what to compile for, as in --arch sm_90: {reason}")
    return found


def __getattr__(name: str) -> object:
    """The command `cuda_model` where it was, for installations that still look for it here."""
    if name != "cuda_model":
        raise AttributeError(name)
    from ptx_on_cpu.cli import cuda_model

    return cuda_model
