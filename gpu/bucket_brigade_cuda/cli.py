"""``bucket-brigade cuda-check`` and ``cuda-model``."""

import functools
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
    Changes,
    EndRule,
    NightOrder,
    ProgressStyle,
    chosen_lineup,
    chosen_scenario,
    console,
    print_json,
    progress_bar,
    reports_errors,
    say,
    whole,
)
from bucket_brigade.cli.outputs import Out, check_outputs
from bucket_brigade.errors import BackendUnavailable, InvalidValue
from bucket_brigade_cuda import check, display, model, sweep, throughput
from bucket_brigade_cuda.backend import SIMULATOR, CudaBackend
from bucket_brigade_cuda.devices import Simulator
from bucket_brigade_cuda.gpus import is_gpu
from bucket_brigade_cuda.proof import BuildFailed, ProofToolMissing

__all__ = ["cuda_check", "cuda_model"]

P = ParamSpec("P")
R = TypeVar("R")

DEVICES = re.compile(r"cuda(?::([0-9]{1,9}(?:,[0-9]{1,9})*))?")
#: Without a GPU, episodes enough to try the table, and seconds for one of its rows.
TRIAL_SIZES, TRIAL_SECONDS = (10_000, 30_000), 1.0


def reports_what_is_missing(command: Callable[P, R]) -> Callable[P, R]:
    """Turns a missing GPU or tool into a message and the exit code of bad usage."""

    @functools.wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except (BackendUnavailable, ProofToolMissing, BuildFailed) as error:
            say(str(error))
            raise typer.Exit(BAD_USAGE) from error

    return wrapped


def chosen_backend(text: str) -> CudaBackend:
    """The devices of "cuda", "cuda:0,1" or "ptx", if they can be used."""
    if text == "ptx":
        from bucket_brigade_cuda.proof.device import PtxDevice

        return CudaBackend(devices=[PtxDevice()])
    match = DEVICES.fullmatch(text)
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
        bool, typer.Option("--quick", help="Fewer cases: about a minute, most of it to compile.")
    ] = False,
    device: Annotated[
        str,
        typer.Option(help="cuda, cuda:0,1 and so on; or ptx, the compiled PTX run on the CPU."),
    ] = "cuda",
    seconds: Annotated[
        float, typer.Option(help="For one run of the largest batches of the table; 0 for none.")
    ] = 10.0,
    out: Out = Path("results/cuda-check.json"),
    as_json: AsJson = False,
    progress_style: ProgressStyle = "auto",
) -> None:
    """Check that GPUs count what the CPU counts, and measure how fast they do."""
    if not 0 <= seconds < float("inf"):
        raise InvalidValue("--seconds", seconds, "a number of at least 0")
    as_json = as_json or is_standard_output(out)
    check_outputs([("--out", None if is_standard_output(out) else out)], as_json)
    backend = chosen_backend(device)
    options = {"quick": quick, "device": device, "seconds": seconds}
    report = check.Report(backend, out, options)
    report.save()
    try:
        with progress_bar("playing on both", progress_style) as progress:
            check.check_all(backend, sweep.plan(quick, len(backend.devices())), report, progress)
        if seconds:
            with progress_bar("measuring", progress_style):
                _measure(backend, report, seconds)
        report.save(finished=True)
    finally:
        # After Ctrl-C, and though the disk may be full.
        report.publish()
        if as_json:
            print_json(report.document)
        else:
            display.print_report(report.document, out, console())
    if not report.passed:
        raise typer.Exit(FAILED)


def _measure(backend: CudaBackend, report: check.Report, seconds: float) -> None:
    trial = not all(map(is_gpu, backend.devices()))
    try:
        throughput.measure(
            backend,
            seconds=min(seconds, TRIAL_SECONDS) if trial else seconds,
            sizes=TRIAL_SIZES if trial else throughput.SIZES,
            told=lambda found: report.save(throughput=found.to_dict()),
        )
    except Exception as error:
        # What a device raises is part of what was found.
        report.save(throughput={"error": f"{type(error).__name__}: {error}"})


@reports_errors
@reports_what_is_missing
def cuda_model(
    names: Annotated[
        list[str] | None, typer.Argument(help="Scenarios or files; by default `default`.")
    ] = None,
    lineup: Annotated[
        list[str] | None,
        typer.Option(
            help="One strategy per seat, separated by commas, as in simulate; four heroes by "
            "default. May be repeated."
        ),
    ] = None,
    arch: Annotated[str, typer.Option(help="What to compile for: sm_80, sm_90 …")] = "sm_90",
    blocks: Annotated[int, whole("Blocks of 32 episodes to play.")] = 4096,
    blocks_per_thread: Annotated[
        int, whole("How many of them a thread plays one after another.")
    ] = 32,
    night_order: NightOrder = None,
    end_rule: EndRule = None,
    changes: Changes = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print tables in Markdown.")] = False,
    as_json: AsJson = False,
) -> None:
    """Count warp instructions of compiled kernels, and model what GPUs should reach. No GPU."""
    works = [
        model.count(
            chosen_scenario(name, night_order, end_rule, changes),
            chosen_lineup(text),
            blocks=blocks,
            blocks_per_thread=blocks_per_thread,
            arch=arch,
        )
        for text in lineup or ["hero,hero,hero,hero"]
        for name in names or ["default"]
    ]
    if as_json:
        print_json([display.model_json(work) for work in works])
        return
    for table in display.model_tables(works):
        if markdown:
            typer.echo(table.markdown())
        else:
            table.print(console())
