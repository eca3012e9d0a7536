"""Counted work and modelled rates as tables and JSON."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from bucket_brigade_cuda.check.display import Grid, powers
from ptx_on_cpu.gpus import GPUS
from ptx_on_cpu.model import KERNELS, WarpWork, modelled_rate
from ptx_on_cpu.opcodes import CLASSES

__all__ = ["model_json", "model_tables"]


def model_json(work: WarpWork) -> dict[str, Any]:
    """Work and modelled rates, for JSON."""
    rates = [modelled_rate(work, gpu) for gpu in GPUS]
    return {
        **work.to_dict(),
        "modelled": [asdict(rate) for rate in rates],
        "note": "a model, not measured",
    }


def model_tables(works: Sequence[WarpWork]) -> list[Grid]:
    """Kernels and rates of every run; classes of each kernel for one run, in sum for several."""
    heads = [f"{work.scenario}, {lineup_name(work)}" for work in works]
    one = works[0]
    rows = [
        [name, *(per_night(work, work.kernels[name].total) for work in works)]
        for name in KERNELS
        if name in one.kernels
    ]
    rows.append(["all kernels", *(per_night(work, work.total) for work in works)])
    rows.append(["lanes at work", *(f"{work.efficiency:.0%}" for work in works)])
    for gpu in GPUS:
        rates = [modelled_rate(work, gpu) for work in works]
        cells = [f"{powers(rate.nights_per_second)} ({rate.limit})" for rate in rates]
        rows.append([f"{gpu.name}, nights/s", *cells])
    compiled = f"compiled for {one.arch}, {one.night_order}, {one.end_rule}"
    title = f"A model, not measured: warp instructions per useful episode-night ({compiled})"
    summary = Grid(title, ("", *heads), rows)
    if len(works) > 1:
        rows = [[name, *(per_night(w, w.classes[name]) for w in works)] for name in CLASSES]
        return [summary, Grid("The same by class, all kernels", ("class", *heads), rows)]
    rows = [
        [
            name,
            *(per_night(one, kernel.classes[name]) for kernel in one.kernels.values()),
            per_night(one, one.classes[name]),
        ]
        for name in CLASSES
    ]
    return [summary, Grid("The same by class", ("class", *one.kernels, "all"), rows)]


def per_night(work: WarpWork, number: int) -> str:
    """A number a useful episode-night, as a table has it."""
    return f"{number / work.nights:.3f}"


def lineup_name(work: WarpWork) -> str:
    """A line-up in few letters."""
    if len(set(work.lineup)) == 1:
        return f"{len(work.lineup)} × {work.lineup[0]}"
    return ", ".join(work.lineup)
