"""Batches agree with the plain engine: every integer, on every path, however work is divided."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pytest
from drawn_games import TOP, DrawnGame, entry, episode_numbers, games, lineups, seeds
from hypothesis import given, settings
from hypothesis import strategies as st

import bucket_brigade as bb
from bucket_brigade import _core
from bucket_brigade.backends.cpu import CpuBackend
from bucket_brigade.game.program import compile_program

Ints = npt.NDArray[np.int64]

PATHS = _core.simd_paths()[0]


@dataclass
class Request:
    scenario: bb.Scenario
    lineups: list[list[object]]
    seed: int
    first: int
    episodes: int

    def play(self, simd: str, *, threads: int = 1, per_block: bool = False) -> bb.EventCounts:
        return bb.simulate(
            self.scenario,
            self.lineups,
            seed=self.seed,
            first_episode=self.first,
            episodes=self.episodes,
            backend=CpuBackend(simd=simd),
            threads=threads,
            per_block=per_block,
        ).counts

    def part(self, start: int, stop: int) -> "Request":
        return Request(self.scenario, self.lineups, self.seed, self.first + start, stop - start)

    def one_by_one(self) -> Ints:
        """Counts of every episode by the plain engine, shape (L, episodes, D)."""
        program = compile_program(
            self.scenario,
            self.lineups,
            seed=self.seed,
            first_episode=self.first,
            episodes=self.episodes,
        )
        return np.array(
            [
                [program.play(i, self.first + e) for e in range(self.episodes)]
                for i in range(len(self.lineups))
            ],
            dtype=np.int64,
        )


@st.composite
def requests(draw: st.DrawFn, *, most_lineups: int = 3) -> Request:
    game: DrawnGame = draw(games(most_nights=30))
    others = draw(st.lists(lineups(game.scenario.num_agents), max_size=most_lineups - 1))
    all_lineups = [game.lineup, *([entry(seat) for seat in seats] for seats in others)]
    episodes = draw(st.integers(1, 200))
    first = min(draw(episode_numbers), TOP - episodes)
    return Request(game.scenario, all_lineups, draw(seeds), first, episodes)


def block_sums(request: Request, counts: Ints) -> tuple[Ints, Ints]:
    """Sizes of blocks, and counts of episodes summed over each."""
    numbers = [(request.first + e) // 32 for e in range(request.episodes)]
    starts = [e for e, n in enumerate(numbers) if e == 0 or n != numbers[e - 1]]
    sizes = np.diff([*starts, request.episodes])
    return sizes, np.add.reduceat(counts, starts, axis=1)


def features(request: Request, sizes: Ints, blocks: Ints) -> Ints:
    """What returns depend on, per block: shape (B, F) from the counts of one line-up."""
    houses, agents = request.scenario.num_houses, request.scenario.num_agents
    worked, safe, ruined, saved = np.split(
        blocks[:, 1 : 1 + agents + 3 * houses],
        [agents, agents + houses, agents + 2 * houses],
        axis=1,
    )
    owned = [[h for h in range(houses) if h % agents == a] for a in range(min(agents, houses))]
    columns = [sizes, blocks[:, 0], *worked.T, safe.sum(axis=1)]
    columns += [ruined[:, mine].sum(axis=1) for mine in owned]
    columns += [saved[:, mine].sum(axis=1) for mine in owned]
    return np.stack(columns, axis=1)


@settings(max_examples=300, deadline=None)
@given(requests(), st.integers(1, 2))
def test_every_path_counts_what_the_plain_engine_counts(request: Request, threads: int) -> None:
    plain = request.one_by_one()
    sizes, blocks = block_sums(request, plain)
    moments = []
    for i in range(len(request.lineups)):
        f = features(request, sizes, blocks[i])
        moments.append(f.T @ f)
    for simd in PATHS:
        for per_block in (False, True):
            counts = request.play(simd, threads=threads, per_block=per_block)
            assert np.array_equal(counts.totals, plain.sum(axis=1))
            assert np.array_equal(counts.moments, moments)
            assert np.array_equal(counts.block_episodes, sizes)
            if per_block:
                assert counts.blocks is not None
                assert np.array_equal(counts.blocks, blocks)
            else:
                assert counts.blocks is None


@settings(max_examples=120, deadline=None)
@given(requests(most_lineups=2), st.data())
def test_parts_add_up(request: Request, data: st.DataObject) -> None:
    whole = request.play("auto")
    cuts = data.draw(st.sets(st.integers(1, request.episodes)), label="cuts")
    ends = sorted({*cuts, request.episodes})
    total = np.zeros_like(whole.totals)
    for start, stop in zip([0, *ends], ends, strict=False):
        simd = data.draw(st.sampled_from(PATHS))
        total += request.part(start, stop).play(simd).totals
    assert np.array_equal(total, whole.totals)


@settings(max_examples=120, deadline=None)
@given(requests(), st.integers(0, 2))
def test_a_line_up_plays_the_same_whatever_plays_beside_it(request: Request, extra: int) -> None:
    together = request.play("auto", threads=2)
    for i, lineup in enumerate(request.lineups):
        alone = Request(
            request.scenario, [lineup] * (1 + extra), request.seed, request.first, request.episodes
        ).play("auto")
        for row in alone.totals:
            assert np.array_equal(row, together.totals[i])


@pytest.mark.parametrize("first", [0, 17, 2**37 - 3 * 32 + 5, TOP - 4001])
@pytest.mark.parametrize("name", ["default", "hard", "rest_trap"])
def test_full_length_episodes_over_many_groups_of_lanes(name: str, first: int) -> None:
    mixed = bb.Mixture(["hero", "free_rider", "liar"], [0.25, 0.25, 0.5])
    lineup = ["firefighter", mixed, "coordinator", mixed]
    request = Request(bb.scenario(name), [lineup], 5, first, 4001)
    expected = request.one_by_one().sum(axis=1)
    for simd in PATHS:
        for threads in (1, 2):
            assert np.array_equal(request.play(simd, threads=threads).totals, expected)


def test_the_counts_of_an_episode_are_those_of_its_replay() -> None:
    scenario, lineup = bb.scenario("default"), ["hero", "liar", "free_rider", "hero"]
    for episode in range(20):
        nights = bb.replay(scenario, lineup, seed=3, episode=episode)
        counts = bb.simulate(scenario, [lineup], seed=3, first_episode=episode, episodes=1).counts
        after = np.array([night.after for night in nights])
        worked = np.array([[a.works for a in night.actions] for night in nights])
        assert counts.nights.tolist() == [len(nights)]
        assert counts.worked[0].tolist() == worked.sum(axis=0).tolist()
        assert counts.safe[0].tolist() == (after == bb.House.SAFE).sum(axis=0).tolist()
        assert counts.ruined[0].tolist() == (after == bb.House.RUINED).sum(axis=0).tolist()
        saved = [sum(h in night.saved for night in nights) for h in range(10)]
        assert counts.saved[0].tolist() == saved
        assert counts.ended[0].tolist() == [k == nights[-1].ended for k in bb.END_KINDS]
