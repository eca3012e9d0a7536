"""The kernels, as the PTX they compile to, count what the Rust engine counts: every integer."""

from itertools import product

import numpy as np
import pytest
from drawn_games import END_RULES, ORDERS, TOP
from hypothesis import given, settings
from hypothesis import strategies as st
from playing import agreed, assert_equal
from shaped_games import ShapedGame, shaped_games
from shapes import CROWDED, DEFAULT, LARGEST, MIXED, SHAPES, TINY, WIDE

import bucket_brigade as bb
from bucket_brigade.game.program import compile_program
from bucket_brigade_cuda.backend import CudaBackend
from bucket_brigade_cuda.kernels.shape import SEGMENT, Shape, width_for
from bucket_brigade_cuda.launch import worker
from ptx_on_cpu.device import PtxDevice

NAMES = list(bb.ARCHETYPES)
#: Of widths 1, 2 and 16, with seats that mix fewer.
LINEUPS: list[list[object]] = [
    ["firefighter", "free_rider", "hero", "coordinator"],
    [bb.Mixture(["hero", "free_rider"], [0.3, 0.7])] * 3 + ["liar"],
    [bb.Mixture(NAMES * 3, [1 / 16] * 14 + [2 / 16]), "hero", bb.Mixture(NAMES, [0.2] * 5), "liar"],
]
HARD = bb.scenario("hard")


def seats(shape: Shape) -> list[object]:
    """A line-up that plays the kernel of a shape."""
    wide = bb.Mixture(list(np.resize(NAMES, shape.width)), [1 / shape.width] * shape.width)
    return [wide if a % 2 == 0 else NAMES[a % 5] for a in range(shape.agents)]


def theta(work: float, stay: float) -> list[float]:
    """Ten numbers of a strategy that works, and does so at its burning home, so often."""
    return [0.5, work, 0.5, stay, 0.5, 0.5, 0.5, 0.5, 0.0, 0.5]


@pytest.mark.parametrize("name", list(bb.SCENARIOS))
def test_a_million_nights_of_all_scenarios_and_rules(name: str, ptx: CudaBackend) -> None:
    nights = 0
    for order, rule, lineup in product(ORDERS, END_RULES, LINEUPS):
        scenario = bb.scenario(name).replace(night_order=order, end_rule=rule)
        counts = agreed(ptx, scenario, [lineup], episodes=2001, first_episode=2**60 + 17, seed=7)
        nights += int(counts.nights.sum())
    # For each of twelve scenarios.
    assert 12 * nights > 1_000_000


@settings(max_examples=60, deadline=None)
@given(game=shaped_games())
def test_any_game(game: ShapedGame, ptx: CudaBackend) -> None:
    program = compile_program(game.scenario, game.lineups, **game.request)
    assert width_for(int(program.seat_sizes.max())) == game.shape.width
    agreed(ptx, game.scenario, game.lineups, **game.request)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("rates", list(product([0.0, 0.4, 1.0], repeat=3)))
def test_what_is_certain_and_what_never_happens(
    rates: tuple[float, float, float], shape: Shape, ptx: CudaBackend
) -> None:
    ignite, extinguish, spread = rates
    certain = [theta(work, stay) for work in (0.0, 1.0) for stay in (0.0, 1.0)]
    mixed = bb.Mixture((certain * 4)[: shape.width], [1 / shape.width] * shape.width)
    lineups: list[list[object]] = [[kind] * shape.agents for kind in (*certain, theta(0.7, 0.5))]
    lineups += [[mixed] * shape.agents, [(certain * 4)[a] for a in range(shape.agents)]]
    if shape.width > 1:
        lineups = [[mixed, *lineup[1:]] for lineup in lineups]
    for order, rule in product(ORDERS, END_RULES):
        scenario = HARD.replace(
            num_houses=shape.houses,
            num_agents=shape.agents,
            prob_house_catches_fire=ignite,
            prob_solo_agent_extinguishes_fire=extinguish,
            prob_fire_spreads_to_neighbor=spread,
            night_order=order,
            end_rule=rule,
            min_nights=2,
            max_nights=9,
        )
        agreed(ptx, scenario, lineups, episodes=40, first_episode=20, seed=3)


@pytest.mark.parametrize("rate", [2.0**-34, 2.0**-33, 2.0**-32, 0.5, 1 - 2.0**-32, 1 - 2.0**-53])
def test_thresholds_next_to_the_edges(rate: float, ptx: CudaBackend) -> None:
    for ignite, extinguish, work in product([rate, 0.3], repeat=3):
        scenario = HARD.replace(
            prob_house_catches_fire=ignite,
            prob_solo_agent_extinguishes_fire=extinguish,
            prob_fire_spreads_to_neighbor=rate,
        )
        agreed(ptx, scenario, [[theta(work, rate)] * 4, LINEUPS[0]], episodes=200, seed=5)


@pytest.mark.parametrize("rule", END_RULES)
@pytest.mark.parametrize("nights", [(0, 1), (1, 1), (0, 2), (1, 2), (2, 2), (7, 7), (0, 50)])
def test_first_and_last_nights(nights: tuple[int, int], rule: str, ptx: CudaBackend) -> None:
    least, most = nights
    for name in ("default", "trivial_cooperation", "hard"):
        scenario = bb.scenario(name).replace(min_nights=least, max_nights=most, end_rule=rule)
        agreed(ptx, scenario, [LINEUPS[0]], episodes=500, seed=11)


@pytest.mark.parametrize("episodes", [1, 2, 31, 32, 33, 64, 65, 129])
@pytest.mark.parametrize(
    "first", [0, 1, 31, 32, 2**37 - 33, 2**37 - 1, 2**63 + 5, TOP - 200, TOP - 129]
)
def test_blocks_that_are_not_whole(first: int, episodes: int, ptx: CudaBackend) -> None:
    for seed in (0, 2**32 - 1, 2**32, TOP - 1):
        agreed(ptx, HARD, LINEUPS[:1] * 2, episodes=episodes, first_episode=first, seed=seed)


@pytest.mark.parametrize("first", [TOP - 1, TOP - 32, TOP - 33])
def test_the_last_episode_of_all(first: int, ptx: CudaBackend) -> None:
    agreed(ptx, HARD, LINEUPS[:2], episodes=TOP - first, first_episode=first, seed=TOP - 1)


def test_many_line_ups_of_a_few_blocks(ptx: CudaBackend) -> None:
    rng = np.random.default_rng(1)
    pairs = [[bb.Mixture(NAMES[:2], [p, 1 - p]) for p in row] for row in rng.random((300, 4))]
    pure = [[NAMES[i] for i in row] for row in rng.integers(0, 5, (300, 4))]
    for lineups in (pure, pairs):
        agreed(ptx, HARD, lineups, episodes=70, first_episode=30, seed=2)


def test_one_line_up_of_many_blocks(ptx: CudaBackend) -> None:
    counts = agreed(ptx, HARD, LINEUPS[:1], episodes=32 * SEGMENT * 20 + 5, first_episode=9)
    assert counts.blocks is not None
    assert counts.blocks.shape[1] > 20 * SEGMENT


class Small(PtxDevice):
    """A device with little memory, that runs more threads at the same time."""

    def __init__(self, kernels: PtxDevice, free: int, resident: int) -> None:
        super().__init__()
        self.kernels = kernels.kernels
        self.free, self.threads = free, resident

    def free_bytes(self) -> int:
        return self.free

    def resident(self, name: str, shape: Shape) -> int:
        return self.threads


@pytest.mark.parametrize(("most", "first"), [(1, 1), (3, 2), (7, 7), (50, 10), (1 << 22, 1)])
@pytest.mark.parametrize("resident", [1, 5, 1000])
def test_however_work_is_cut(
    most: int,
    first: int,
    resident: int,
    ptx_device: PtxDevice,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(worker, "MOST_ITEMS", most)
    monkeypatch.setattr(worker, "FIRST_ITEMS", first)
    backend = CudaBackend(devices=[Small(ptx_device, 1 << 28, resident)])
    for lineups, episodes in ((LINEUPS[:1] * 9, 40), (LINEUPS[1:2], 2000), (LINEUPS[:1] * 3, 300)):
        agreed(backend, HARD, lineups, episodes=episodes, first_episode=31, seed=4)
        assert backend.timings is not None
        blocks = len(lineups) * -(-(episodes + 31) // 32)
        assert backend.timings.units >= -(-blocks // most)


@pytest.mark.parametrize("free", [0, 10_000, 100_000, 1_000_000])
def test_with_little_memory(free: int, ptx_device: PtxDevice) -> None:
    backend = CudaBackend(devices=[Small(ptx_device, free, 2)])
    agreed(backend, HARD, LINEUPS[:1] * 5, episodes=333, first_episode=1)


@settings(max_examples=40, deadline=None)
@given(game=shaped_games(), data=st.data())
def test_parts_add_up(game: ShapedGame, data: st.DataObject, ptx: CudaBackend) -> None:
    def play(start: int, stop: int) -> bb.EventCounts:
        return bb.simulate(
            game.scenario,
            game.lineups,
            seed=game.seed,
            first_episode=game.first_episode + start,
            episodes=stop - start,
            backend=ptx,
        ).event_counts

    cuts = data.draw(st.sets(st.integers(1, game.episodes), max_size=4), label="cuts")
    ends = sorted({*cuts, game.episodes})
    parts = [play(start, stop) for start, stop in zip([0, *ends], ends, strict=False)]
    whole = play(0, game.episodes)
    assert np.array_equal(sum(part.totals for part in parts), whole.totals)
    if all((game.first_episode + end) % 32 == 0 for end in ends[:-1]):
        assert np.array_equal(sum(part.moments for part in parts), whole.moments)


@pytest.mark.parametrize("shape", [TINY, CROWDED, LARGEST])
def test_no_access_leaves_its_array(shape: Shape, compiled: None) -> None:
    checked = CudaBackend(devices=[PtxDevice(checked=True)])
    for order in ORDERS:
        scenario = HARD.replace(
            num_houses=shape.houses, num_agents=shape.agents, night_order=order, max_nights=30
        )
        agreed(checked, scenario, [seats(shape)] * 3, episodes=300, first_episode=20)


def test_counts_of_blocks_change_nothing_else(ptx: CudaBackend) -> None:
    kept, plain = (
        agreed(ptx, HARD, LINEUPS[:2], episodes=999, first_episode=5, per_block=per_block)
        for per_block in (True, False)
    )
    assert plain.blocks is None
    assert kept.blocks is not None
    assert np.array_equal(kept.blocks.sum(axis=1, dtype=np.int64), plain.totals)
    assert_equal(kept, agreed(ptx, HARD, LINEUPS[:2], episodes=999, first_episode=5))


def test_the_shapes_are_those_of_the_line_ups(ptx: CudaBackend) -> None:
    widths = []
    for lineup in LINEUPS:
        program = compile_program(HARD, [lineup], seed=0, episodes=1)
        widths.append(width_for(int(program.seat_sizes.max())))
    assert [Shape(10, 4, width) for width in widths] == [DEFAULT, MIXED, WIDE]
