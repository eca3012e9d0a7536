"""Sweeps: each point holds what is computed of it alone, however the work is shared out."""

import os
from pathlib import Path

import pytest
from small_games import LIVELY

import bucket_brigade as bb
from bucket_brigade.equilibrium import DoubleOracle, RoleSearch
from bucket_brigade.policies.heuristic import duties
from bucket_brigade.sweeps.boundaries import Boundary
from bucket_brigade.sweeps.pool import WorkerLost, in_processes, shares
from bucket_brigade.sweeps.running import compute
from bucket_brigade.sweeps.tasks import TASKS

COST = "cost_to_work_one_night"
COSTS = [0.5, 8.0]
EVERYTHING = ",".join(TASKS)


@pytest.fixture(scope="module")
def table() -> bb.SweepTable:
    return bb.sweep(LIVELY, {COST: COSTS}, do=EVERYTHING, lineups=["hero"], starts=0, workers=1)


def test_each_point_holds_what_is_computed_of_it_alone(table: bb.SweepTable) -> None:
    assert table.axes == (COST,)
    assert table.column(COST) == COSTS
    assert table.column("failed") == [None] * 2
    for cost, row in zip(COSTS, table.rows, strict=True):
        game = LIVELY.replace(**{COST: cost})
        nash = bb.with_policy_gains(DoubleOracle(game, method="exact").solve())
        assert row["nash_payoff"] == nash.payoff
        assert row["nash_plays"] == nash.describe()
        assert row["nash_verdict"] == "certified"
        assert row["exploitability"] == nash.exploitability
        seats = RoleSearch(game, method="exact", starts=0).solve()
        assert row["seats_payoff"] == max(sum(each.payoffs) / 2 for each in seats)
        judged = bb.judge(game, ["hero"] * 2)
        assert row["judge0_exploitability"] == judged.exploitability
        assert row["response0_exploitability"] == pytest.approx(judged.exploitability, abs=1e-9)
        assert row["lineup0_payoff"] == bb.expected(game, [["hero"] * 2]).mean.mean()
        best = bb.team_optimum(game)
        assert row["optimum_payoff"] == best.payoff
        assert row["lost_to_anarchy"] == best.payoff - nash.payoff
        markov = bb.markov_equilibrium(game)
        assert row["markov_payoff"] == markov.payoffs.mean()
        assert row["markov_payoff"] <= best.payoff + 1e-9


def test_documents_are_whole_results(table: bb.SweepTable) -> None:
    told = {**table.documents[1]["nash"], "seconds": 0.0}
    found = bb.NashEquilibrium.from_dict(told)
    assert found == DoubleOracle(LIVELY.replace(**{COST: COSTS[1]}), method="exact").solve()


def test_any_number_of_workers_finds_the_same(table: bb.SweepTable) -> None:
    done: list[tuple[int, int]] = []
    again = bb.sweep(
        LIVELY,
        {COST: COSTS},
        do=EVERYTHING,
        lineups=["hero"],
        starts=0,
        workers=2,
        progress=lambda *told: done.append(told),
    )
    assert again == table
    assert again.documents == table.documents
    assert done == [(i, 2) for i in range(3)]


def test_sampled_points_depend_on_their_seed_alone() -> None:
    options = {"do": "payoffs", "lineups": ["hero"], "method": "sampled", "episodes": 320}
    forth = bb.sweep(LIVELY, {"seed": [3, 4], COST: [1, 2]}, workers=1, **options)
    back = bb.sweep(LIVELY, {COST: [2, 1], "seed": [4, 3]}, workers=1, **options)

    def found(table: bb.SweepTable) -> dict[tuple[int, int], tuple[float, float]]:
        return {
            (row["seed"], row[COST]): (row["lineup0_payoff"], row["lineup0_stderr"])
            for row in table.rows
        }

    assert found(forth) == found(back)
    assert len(set(found(forth).values())) == 4
    result = bb.simulate(LIVELY.replace(**{COST: 2}), [["hero"] * 2], episodes=320, seed=4)
    assert found(forth)[4, 2][0] == result.mean.mean()


def test_equal_games_are_computed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    games = []

    def counted(unit: object, threads: int) -> object:
        games.append(unit.game)  # type: ignore[attr-defined]
        return compute(unit, threads)  # type: ignore[arg-type]

    monkeypatch.setattr("bucket_brigade.sweeps.running.compute", counted)
    table = bb.sweep(LIVELY, {"seed": [1, 2, 3]}, do="optimum", workers=1)
    assert len(games) == 1
    assert len(set(table.column("optimum_payoff"))) == 1


def test_a_point_that_fails_is_told_and_tried_again(
    tmp_path: Path,
) -> None:
    # Remembers, so that it has no exact payoffs.
    plan = bb.SweepPlan(
        base=LIVELY,
        grid={COST: COSTS},
        do="payoffs,optimum",
        lineups=["ten_parameter:liar"],
        settings={"method": "exact"},
    )
    out = tmp_path / "sweep"
    table = bb.sweep(plan, out=out, workers=1)
    assert all(row["failed"].startswith("payoffs: lineups") for row in table.rows)
    assert None not in table.column("optimum_payoff")
    done: list[tuple[int, int]] = []
    bb.sweep(None, out=out, resume=True, workers=1, progress=lambda *told: done.append(told))
    assert done[0] == (0, 2)


def test_a_boundary_is_found_where_the_verdict_changes() -> None:
    table = bb.sweep(LIVELY, {COST: [0.5, 40]}, boundary=f"{COST}:nash_work:1", workers=1)
    found = table.thresholds()
    assert found[0].below == "all"
    assert found[-1].above == "none"
    for each in found:
        assert 0 < each.high - each.low <= 1
        for cost, verdict in ((each.low, each.below), (each.high, each.above)):
            nash = DoubleOracle(LIVELY.replace(**{COST: cost}), method="exact").solve()
            chances = [duties(nash.strategy_pool[i])[0] for i in nash.distribution]
            told = {(1.0, 1.0): "all", (0.0, 0.0): "none"}.get((min(chances), max(chances)))
            assert verdict == told or (told is None and verdict in ("some", "part"))
            row = next(row for row in table.rows if row[COST] == cost)
            assert row["nash_work"] == verdict
    origins = table.column("origin")
    assert origins[:2] == ["plan", "plan"]
    assert set(origins[2:]) == {"boundary"}


def test_a_boundary_may_be_a_condition_and_of_whole_numbers() -> None:
    table = bb.sweep(
        LIVELY,
        {"max_nights": [3, 10]},
        do="optimum",
        boundary="max_nights:optimum_nights>5",
        workers=1,
    )
    (found,) = table.thresholds()
    assert found.high - found.low == 1
    low, high = (
        bb.team_optimum(LIVELY.replace(max_nights=int(n))).nights for n in (found.low, found.high)
    )
    assert low <= 5 < high


def test_a_point_without_a_verdict_is_not_sought_again() -> None:
    seek = Boundary("x", "y<2", 0.1)
    rows = [{"x": 0.0, "y": 1.0}, {"x": 1.0, "y": 3.0}]
    assert seek.middles(["x"], rows) == [{"x": 0.5}]
    assert seek.middles(["x"], [*rows, {"x": 0.5, "y": None}]) == []


def test_a_boundary_of_no_column_is_refused() -> None:
    with pytest.raises(bb.InvalidValue, match="did you mean optimum_nights"):
        bb.sweep(
            LIVELY, {COST: COSTS}, do="optimum", boundary=f"{COST}:optimum_nihgts<5", workers=1
        )


def test_a_boundary_of_numbers_is_refused() -> None:
    with pytest.raises(bb.InvalidValue, match="optimum_payoff<1"):
        bb.sweep(LIVELY, {COST: COSTS}, do="optimum", boundary=f"{COST}:optimum_payoff", workers=1)


def test_processes_give_what_functions_give() -> None:
    assert sorted(in_processes(abs, [-1, -2, -3], 2)) == [(0, 1), (1, 2), (2, 3)]
    with pytest.raises(ValueError, match="invalid literal"):
        list(in_processes(int, ["1", "one"], 2))


def test_a_worker_that_dies_is_noticed() -> None:
    with pytest.raises(WorkerLost, match="exit code 3"):
        list(in_processes(os._exit, [3, 3], 2))


def test_workers_share_the_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUCKET_BRIGADE_THREADS", "8")
    assert shares(None, 100) == (8, 1)
    assert shares(None, 2) == (2, 4)
    assert shares(3, 100) == (3, 2)
    assert shares(16, 100) == (16, 1)
    with pytest.raises(bb.InvalidValue, match="workers = 0"):
        shares(0, 1)
