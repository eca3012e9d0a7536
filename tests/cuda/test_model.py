"""Counts of warp instructions, and what is modelled from them."""

import json
from dataclasses import replace
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

pytest.importorskip("numba_cuda")

from bucket_brigade import SCENARIOS, InvalidValue, simulate
from bucket_brigade_cuda.check import throughput
from ptx_on_cpu import ToolMissing, cli, model, tools
from ptx_on_cpu.device import PtxDevice
from ptx_on_cpu.gpus import GPUS, LANES, Gpu
from ptx_on_cpu.model import KernelWork, WarpWork, count, count_steps, modelled_rate
from ptx_on_cpu.opcodes import CLASSES

HEROES = ["hero"] * 4
H100 = GPUS[0]

app = typer.Typer()
app.command()(cli.cuda_model)


@pytest.fixture(scope="module")
def work(compiled: None) -> WarpWork:
    """Some of the default scenario, in full warps."""
    try:
        tools.find_tool("ptxas")
        tools.find_tool("nvdisasm")
    except ToolMissing as error:
        pytest.skip(str(error))
    return count(SCENARIOS["default"], HEROES, blocks=256, blocks_per_thread=4)


def test_counts_are_those_of_the_run(work: WarpWork) -> None:
    played = simulate(SCENARIOS["default"], [HEROES], episodes=32 * 256, backend="cpu")
    assert work.nights == played.event_counts.nights[0]
    assert (work.scenario, work.lineup, work.arch) == ("default", ("hero",) * 4, "sm_90")
    assert list(work.kernels) == ["play", "features", "add_up"]


def test_counts_are_the_same_every_time(work: WarpWork) -> None:
    assert count(SCENARIOS["default"], HEROES, blocks=256, blocks_per_thread=4) == work


def test_steps_of_an_environment(work: WarpWork, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = SCENARIOS["default"].replace(num_houses=5, num_agents=1)
    steps = count_steps(alone, lanes=128, steps=5)
    assert (steps.nights, steps.lineup) == (128 * 5, ("outside",))
    assert list(steps.kernels) == ["night"]
    assert 0 < steps.efficiency < 1
    # A warp takes some thousand instructions for the steps of its 32 lanes.
    assert 10 < steps.per_night < 100
    rate = modelled_rate(steps, H100)
    assert rate.clocks[rate.limit] == max(rate.clocks.values())
    asked: list[int] = []
    monkeypatch.setattr(
        model, "count_steps", lambda one, *, lanes, arch: asked.append(lanes) or steps
    )
    ran = CliRunner().invoke(app, ["--environment", "64"])
    assert (ran.exit_code, asked) == (0, [64]), ran.output
    assert "1 × outside" in ran.output


def test_classes_add_up(work: WarpWork) -> None:
    assert work.total == sum(kernel.total for kernel in work.kernels.values())
    assert work.total == sum(work.classes.values())
    assert work.per_night == pytest.approx(work.total / work.nights)
    for kernel in work.kernels.values():
        assert set(kernel.classes) == set(CLASSES)
        assert kernel.total == sum(kernel.classes.values())
        assert 0 < kernel.efficiency <= 1
        assert abs(kernel.moved) < kernel.total / 10
    assert 0 < work.efficiency <= 1
    assert work.kernels["play"].total > 0.9 * work.total
    assert work.kernels["play"].classes["local"] == 0


def test_blocks_per_thread_change_no_result(work: WarpWork) -> None:
    alone = count(SCENARIOS["default"], HEROES, blocks=256, blocks_per_thread=1)
    assert alone.nights == work.nights
    # Threads that go on to their next block wait less for one another.
    assert alone.kernels["play"].total > work.kernels["play"].total


def hand_made(**classes: int) -> WarpWork:
    kernel = KernelWork({**dict.fromkeys(CLASSES, 0), **classes}, lanes=1, moved=0)
    return WarpWork("", "", "", (), "sm_90", 1, 1, nights=10, kernels={"play": kernel})


def test_the_model_is_the_busiest_unit() -> None:
    gpu = Gpu("", (9, 0), 10, 1e9)
    # 64 lanes a clock: 10 nights take 40 · 32 / 64 clocks of one multiprocessor.
    rate = modelled_rate(hand_made(integer=40, popc=1), gpu)
    assert rate.nights_per_second == pytest.approx(10 * 1e9 * 10 / 20)
    assert rate.limit == "integer"
    assert rate.clocks["popc"] == pytest.approx(0.2)
    assert rate.clocks["issue"] == pytest.approx(41 / 4 / 10)
    # Wide products take the unit of the others for twice as long, and keep logic waiting.
    wide = modelled_rate(hand_made(integer=3, **{"wide multiply": 10, "other IMAD": 5}), gpu)
    assert wide.limit == "multiply"
    assert wide.clocks["multiply"] == pytest.approx((10 + 5 / 2) / 10)
    assert wide.clocks["integer"] == pytest.approx((3 + 10) / 2 / 10)
    assert modelled_rate(hand_made(uniform=4, control=4), gpu).limit == "issue"
    # Doubles are as fast as whole numbers on few GPUs.
    doubles = hand_made(double=4, integer=4)
    assert modelled_rate(doubles, gpu).clocks["double"] == pytest.approx(4 * 32 / 64 / 10)
    slow = modelled_rate(doubles, replace(gpu, capability=(8, 9)))
    assert (slow.limit, slow.clocks["double"]) == ("double", pytest.approx(4 * 32 / 2 / 10))
    assert set(LANES) < set(CLASSES)


def test_kernels_follow_one_another(work: WarpWork) -> None:
    rate = modelled_rate(work, H100).nights_per_second
    doubled = modelled_rate(work, replace(H100, multiprocessors=264)).nights_per_second
    assert doubled == pytest.approx(2 * rate)
    alone = replace(work, kernels={"play": work.kernels["play"]})
    assert modelled_rate(alone, H100).nights_per_second > rate
    assert 1e10 < rate < 1e12


class LikeAGpu(PtxDevice):
    """Says that it has what only GPUs have."""

    multiprocessors = 132
    clock_hz = 1_700_000_000


@pytest.mark.usefixtures("work")
def test_devices_reach_what_they_do_together(monkeypatch: pytest.MonkeyPatch) -> None:
    both = throughput.modelled_limit([LikeAGpu(), LikeAGpu()])
    one = modelled_rate(count(SCENARIOS["default"], HEROES), H100).nights_per_second
    assert both.nights_per_second == pytest.approx(2 * one)
    assert throughput.modelled_limit([LikeAGpu(), PtxDevice()]).nights_per_second is None

    def missing(*arguments: object, **options: object) -> None:
        raise ToolMissing("ptxas", "install it")

    monkeypatch.setattr(model, "count", missing)
    none = throughput.modelled_limit([LikeAGpu()])
    assert none == throughput.Limit(None, "ptxas was not found: install it")


@pytest.mark.parametrize(
    "options", [{"blocks": 0}, {"blocks_per_thread": 0}, {"arch": "x"}, {"arch": "sm_70"}]
)
def test_what_is_not_allowed(options: dict[str, Any]) -> None:
    with pytest.raises(InvalidValue, match=next(iter(options))):
        count(SCENARIOS["default"], HEROES, **options)


def test_a_missing_tool_is_bad_usage(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*arguments: object, **options: object) -> None:
        raise ToolMissing("ptxas", "pip install './gpu/ptx_on_cpu' brings it")

    monkeypatch.setattr(model, "count", missing)
    ran = CliRunner().invoke(app, [])
    assert ran.exit_code == 2
    assert "./gpu/ptx_on_cpu" in ran.output


def invoke(*arguments: str) -> str:
    small = ["--blocks", "256", "--blocks-per-thread", "4"]
    ran = CliRunner().invoke(app, [*arguments, *small])
    assert ran.exit_code == 0, ran.output
    return ran.stdout


def test_json_holds_every_figure(work: WarpWork) -> None:
    (found,) = json.loads(invoke("default", "--lineup", "hero,hero,hero,hero", "--json"))
    assert found["note"] == "a model, not measured"
    assert found["nights"] == work.nights
    assert found["per_night"] == pytest.approx(work.per_night)
    assert set(found["kernels"]) == {"play", "features", "add_up"}
    assert sum(found["kernels"]["play"]["classes"].values()) == pytest.approx(
        found["kernels"]["play"]["per_night"]
    )
    rates = {rate["gpu"]["name"]: rate["nights_per_second"] for rate in found["modelled"]}
    assert rates["H100 SXM"] == pytest.approx(modelled_rate(work, H100).nights_per_second)


def test_tables(work: WarpWork) -> None:
    shown = invoke("default")
    for text in ("not measured", "default, 4 × hero", "H100 SXM", f"{work.per_night:.3f}"):
        assert text in shown
    both = ["--lineup", "hero,hero,hero,hero", "--lineup", "liar,liar,liar,liar"]
    page = invoke("default", "hard", *both, "--markdown")
    assert "|  | default, 4 × hero | hard, 4 × hero | default, 4 × liar | hard, 4 × liar |" in page
    assert "A model, not measured" in page
    rows = [line for line in page.splitlines() if line.startswith("| integer |")]
    assert len(rows) == 1


def test_rules_can_be_chosen() -> None:
    found = json.loads(invoke("--night-order", "burn_out_then_spread", "--json"))
    assert found[0]["night_order"] == "burn_out_then_spread"
