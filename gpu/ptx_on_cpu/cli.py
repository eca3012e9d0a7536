"""``bucket-brigade cuda-model``."""

from typing import Annotated

import typer

from bucket_brigade.cli.common import (
    AsJson,
    Changes,
    EndRule,
    NightOrder,
    chosen_lineup,
    chosen_scenario,
    console,
    print_json,
    reports_errors,
    whole,
)
from bucket_brigade_cuda.cli import reports_what_is_missing
from ptx_on_cpu import model, tables

__all__ = ["cuda_model"]


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
    environment: Annotated[
        int | None,
        whole("Lanes of an environment, to count its steps with random actions instead of runs."),
    ] = None,
    night_order: NightOrder = None,
    end_rule: EndRule = None,
    changes: Changes = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print tables in Markdown.")] = False,
    as_json: AsJson = False,
) -> None:
    """Count warp instructions of compiled kernels, and model what GPUs should reach. No GPU."""
    scenarios = [
        chosen_scenario(name, night_order, end_rule, changes) for name in names or ["default"]
    ]
    if environment is not None:
        works = [model.count_steps(one, lanes=environment, arch=arch) for one in scenarios]
    else:
        works = [
            model.count(
                one,
                chosen_lineup(text),
                blocks=blocks,
                blocks_per_thread=blocks_per_thread,
                arch=arch,
            )
            for text in lineup or ["hero,hero,hero,hero"]
            for one in scenarios
        ]
    if as_json:
        print_json([tables.model_json(work) for work in works])
        return
    for table in tables.model_tables(works):
        if markdown:
            typer.echo(table.markdown())
        else:
            table.print(console())
