"""Roles: what is found are profiles that no seat gains by leaving, by independent witnesses."""

import itertools
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from drawn_games import as_reference
from small_chain import expected_counts, expected_returns
from small_games import LIVELY
from typer.testing import CliRunner, Result

import bucket_brigade as bb
from bucket_brigade.cli import app
from bucket_brigade.equilibrium import (
    Deviation,
    Profile,
    RoleEquilibrium,
    RoleSearch,
    Verdict,
    load_roles,
    save_roles,
)
from bucket_brigade.equilibrium.payoffs.exact import ExactGains, ExactPayoffs
from bucket_brigade.equilibrium.search import seats as seat_search
from bucket_brigade.equilibrium.verdict.regret import confidence_of_look
from bucket_brigade.policies.heuristic import duties, strategy_of

REST_TRAP = bb.scenario("rest_trap").replace(night_order="burn_out_then_spread")
GRID = [strategy_of(p, q) for p in np.linspace(0, 1, 21) for q in (0.0, 0.25, 0.5, 0.75, 1.0)]


def chain_payoffs(strategies: Sequence[Any]) -> list[float]:
    """Returns in `LIVELY` from a chain that shares nothing with the package."""
    reference = as_reference(LIVELY)
    seats = [[(1.0, np.asarray(theta).tolist())] for theta in strategies]
    return expected_returns(reference, expected_counts(reference, seats))


def moved(strategies: Sequence[Any], seat: int, theta: Any) -> list[Any]:
    return [theta if s == seat else other for s, other in enumerate(strategies)]


@pytest.fixture(scope="module")
def lively() -> list[RoleEquilibrium]:
    return RoleSearch(LIVELY, method="exact", seed=4).solve()


@pytest.fixture(scope="module")
def sampled() -> list[RoleEquilibrium]:
    return RoleSearch(
        LIVELY, method="sampled", seed=4, starts=1, num_simulations=4000, epsilon=0.5
    ).solve([["hero", "free_rider"], ["free_rider", "hero"]])


@pytest.mark.parametrize("worker", [0, 3])
def test_one_works_in_the_rest_trap_and_three_rest(worker: int) -> None:
    start = moved(["free_rider"] * 4, worker, "firefighter")
    (found,) = RoleSearch(REST_TRAP, method="exact", starts=0).solve([start])
    assert found.verdict == Verdict.CERTIFIED
    assert found.reason == "converged"
    works = [p for p, _ in found.duties]
    assert works.pop(worker) == pytest.approx(0.905, abs=0.005)
    assert works == [0.0] * 3
    assert f"{worker}: firefighter" in found.describe()
    assert all(searched["error"] <= 1e-3 for searched in found.searched)
    # Nobody gains on a finer grid either.
    for seat in range(4):
        lineups = [moved(found.strategies, seat, theta) for theta in GRID]
        gains = bb.expected(REST_TRAP, lineups).mean[:, seat] - found.payoffs[seat]
        assert gains.max() <= 0.01


def test_everybody_rests_where_nothing_burns() -> None:
    quiet = bb.scenario("trivial_cooperation").replace(num_houses=5)
    (found,) = RoleSearch(quiet, method="exact", starts=2).solve()
    assert [p for p, _ in found.duties] == [0.0] * 4
    assert found.payoffs == pytest.approx([1306.5] * 4, abs=1e-9)
    assert found.verdict == Verdict.CERTIFIED
    assert found.starts == 2 * (5 + 16 + 2)  # in both orders
    assert found.describe() == "0 1 2 3: free rider (p=0)"


def test_equilibria_of_all_pure_profiles_by_a_chain(lively: list[RoleEquilibrium]) -> None:
    assert {found.verdict for found in lively} == {Verdict.CERTIFIED}
    for found in lively:
        payoffs = chain_payoffs(found.strategies)
        assert found.payoffs == pytest.approx(payoffs, abs=1e-9)
    # All pure profiles of a small set, with those found in it, enumerated.
    pool = [strategy_of(p, q) for p in (0.0, 0.5, 1.0) for q in (0.0, 1.0)]
    mine = [len(pool) + 2 * i for i in range(len(lively))]
    pool += [theta for found in lively for theta in found.strategies]
    table = np.array([chain_payoffs(pair) for pair in itertools.product(pool, repeat=2)])
    table = table.reshape(len(pool), len(pool), 2)
    regret = np.maximum(
        table[..., 0].max(axis=0, keepdims=True) - table[..., 0],
        table[..., 1].max(axis=1, keepdims=True) - table[..., 1],
    )
    for i, found in zip(mine, lively, strict=True):
        assert regret[i, i + 1] <= found.regret.upper <= 0.01


def test_a_profile_left_too_early_has_the_regret_a_chain_gives_it() -> None:
    (found,) = RoleSearch(LIVELY, method="exact", starts=0, max_rounds=1).solve([["hero"] * 2])
    assert found.reason == "rounds"
    before = chain_payoffs(found.strategies)
    for deviation in found.deviations:
        (seat,) = deviation.seats
        after = chain_payoffs(moved(found.strategies, seat, deviation.strategy))
        assert deviation.gain == pytest.approx(after[seat] - before[seat], abs=1e-9)
    assert found.regret.lower <= max(found.deviations[0].gain, 0.0) <= found.regret.upper
    for seat, theta in itertools.product(range(2), GRID[::4]):
        after = chain_payoffs(moved(found.strategies, seat, theta))
        assert after[seat] - before[seat] <= found.regret.upper + 1e-3


def test_sampled_intervals_hold_what_exact_payoffs_say(sampled: list[RoleEquilibrium]) -> None:
    assert sampled[0].verdict == Verdict.CERTIFIED
    for found in sampled:
        exact = ExactPayoffs(LIVELY)
        deviations = [Deviation(np.array(d.strategy), d.seats) for d in found.deviations]
        gains = exact.gains(found.profile, deviations, range(2), look=0)
        assert found.regret.lower <= max(gains.mean.max(), 0.0) <= found.regret.upper
        off = np.abs(gains.payoffs - found.payoffs)
        assert (off <= 5 * np.array(found.payoffs_stderr)).all()
        assert 0 < max(found.payoffs_stderr) < 1
        assert found.episodes > 0
        assert found.backend is not None


def test_verdicts_share_the_confidence(sampled: list[RoleEquilibrium]) -> None:
    shares = sorted(found.regret.confidence for found in sampled)
    assert shares == [confidence_of_look(0.95, k) for k in range(len(sampled))]


def test_the_same_seed_finds_the_same(sampled: list[RoleEquilibrium]) -> None:
    again = RoleSearch(
        LIVELY, method="sampled", seed=4, starts=1, num_simulations=4000, epsilon=0.5, threads=1
    ).solve([["hero", "free_rider"], ["free_rider", "hero"]])
    assert again == sampled


class Invented:
    """Payoffs of two players by a formula of how often each works."""

    method = "exact"
    is_exact = True
    episodes_played = 0
    backend = None

    def __init__(self, payoff: Callable[[int, float, float], float]) -> None:
        self.scenario = LIVELY
        self.payoff = payoff

    def payoffs(
        self, profile: Profile, deviations: Sequence[Deviation], **_: Any
    ) -> npt.NDArray[np.float64]:
        works = [float(p) for p, _ in duties(np.array(profile.pool))]
        returns = []
        for deviation in deviations:
            (seat,) = deviation.seats
            own = float(duties(deviation.strategy)[0])
            returns.append(self.payoff(seat, own, works[1 - seat]))
        return np.array(returns)

    def gains(self, profile: Profile, deviations: Sequence[Deviation], *_: Any, **__: Any) -> Any:
        stay = self.payoffs(profile, [Deviation(t, (s,)) for s, t in enumerate(profile.pool)])
        seats = [deviation.seats[0] for deviation in deviations]
        return ExactGains(self.payoffs(profile, deviations) - stay[seats], stay, stay.mean())


def solve_invented(
    monkeypatch: pytest.MonkeyPatch, payoff: Callable[[int, float, float], float]
) -> list[RoleEquilibrium]:
    monkeypatch.setattr(RoleSearch, "payoff_source", lambda _: Invented(payoff))
    return RoleSearch(LIVELY, starts=0).solve([[strategy_of(0, 1)] * 2])


def test_a_cycle_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    # Seat 0 does what the other does, who does something else: one of them always moves.
    def pennies(seat: int, own: float, other: float) -> float:
        return (-1 if seat == 0 else 1) * (own - other) ** 2

    for found in solve_invented(monkeypatch, pennies):
        assert found.cycled
        assert found.rounds <= 3
        assert found.verdict == Verdict.REFUTED
        assert found.regret.lower == pytest.approx(1.0, abs=1e-5)


def test_work_handed_over_slowly_is_handed_over_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    # Each does nearly what the other leaves undone: a round makes up for two per cent of what is
    # amiss, so that hundreds would be needed.
    for found in solve_invented(
        monkeypatch, lambda _, own, other: -1e4 * (own + 0.99 * other - 1) ** 2
    ):
        assert found.reason == "converged"
        assert found.rounds < 20
        assert found.verdict == Verdict.CERTIFIED


def test_what_is_saved_is_loaded(
    tmp_path: Path, lively: list[RoleEquilibrium], sampled: list[RoleEquilibrium]
) -> None:
    file = tmp_path / "roles.json"
    save_roles([*lively, *sampled], file)
    assert load_roles(file) == [*lively, *sampled]
    data = json.loads(file.read_text())
    del data["roles"][0]["payoffs"]
    file.write_text(json.dumps(data))
    with pytest.raises(bb.InvalidFile, match="payoffs"):
        load_roles(file)
    save_roles([], file)
    assert load_roles(file) == []


@pytest.mark.parametrize("budget", [1, 300_000, 3_000_000])
def test_a_budget_is_kept(budget: int) -> None:
    verdicts: list[RoleEquilibrium] = []
    found = RoleSearch(
        LIVELY, method="sampled", budget_episodes=budget, on_profile=verdicts.append
    ).solve()
    assert len(found) == len(verdicts)
    assert all(each.episodes <= budget for each in found)
    assert bool(found) == (budget > 1)


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"starts": 1025}, "starts"),
        ({"starts": -1}, "starts"),
        ({"max_rounds": 0}, "max_rounds"),
        ({"epsilon": -1.0}, "epsilon"),
        ({"confidence": 1.0}, "confidence"),
        ({"on_profile": 3}, "on_profile"),
        ({"method": "guess"}, "method"),
        ({"budget_seconds": 0.0}, "budget_seconds"),
    ],
)
def test_bad_parameters(options: dict[str, Any], field: str) -> None:
    with pytest.raises(bb.InvalidValue, match=field):
        RoleSearch(LIVELY, **options)


@pytest.mark.parametrize(
    ("profiles", "message"),
    [
        ([], "initial_profiles"),
        ([["hero"]], r"initial_profiles\[0\].*one for each seat"),
        ([["hero"] * 2, ["hero", "nobody"]], r"initial_profiles\[1\]\[1\]"),
        ("hero", "initial_profiles"),
    ],
)
def test_bad_profiles(profiles: Any, message: str) -> None:
    with pytest.raises(bb.InvalidValue, match=message):
        RoleSearch(LIVELY, starts=0).solve(profiles)


def test_the_command(tmp_path: Path, lively: list[RoleEquilibrium]) -> None:
    game, out = tmp_path / "lively.json", tmp_path / "found" / "roles.json"
    LIVELY.save(game)
    options = ["roles", str(game), "--method", "exact", "--seed", "4", "--out", str(out)]
    printed = CliRunner().invoke(app, options)
    assert printed.exit_code == 0, printed.output
    assert "certified, exact" in printed.output
    assert load_roles(out) == lively
    as_json = CliRunner().invoke(app, [*options, "--json"])
    assert len(json.loads(as_json.stdout)["roles"]) == len(lively)
    assert CliRunner().invoke(app, [*options, "--budget", "much"]).exit_code == 2
    hasty = CliRunner().invoke(app, [*options, "--method", "sampled", "--budget", "1"])
    assert hasty.exit_code == 0
    assert "nothing found within the budget" in hasty.stderr


def test_interrupted_what_was_found_is_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    game, out = tmp_path / "lively.json", tmp_path / "roles.json"
    LIVELY.save(game)
    judge = seat_search._Search._judged

    def interrupted(self: Any, *arguments: Any) -> RoleEquilibrium:
        if self.found:
            raise KeyboardInterrupt
        return judge(self, *arguments)

    monkeypatch.setattr(seat_search._Search, "_judged", interrupted)
    options = ["--method", "sampled", "--episodes", "100", "--epsilon", "100", "--out", str(out)]
    stopped = CliRunner().invoke(app, ["roles", str(game), *options])
    assert stopped.exit_code == 130
    assert len(load_roles(out)) == 1


@pytest.mark.parametrize("options", [{"method": "exact"}, {"method": "sampled", "epsilon": 50.0}])
def test_a_search_goes_on_where_it_was(options: dict[str, Any]) -> None:
    search = RoleSearch(LIVELY, num_simulations=100, starts=2, seed=4, **options)
    whole = search.solve()
    for stop in (1, 7):
        states: list[dict[str, Any]] = []

        def interrupted(
            state: dict[str, Any], states: list[dict[str, Any]] = states, stop: int = stop
        ) -> None:
            states.append(json.loads(json.dumps(state)))
            if len(states) == stop:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            search.solve(on_state=interrupted)
        told: list[RoleEquilibrium] = []
        resumed = replace(search, on_profile=told.append).solve(state=states[-1])
        assert resumed == whole
        assert len(told) == len(whole)
    for changed in ({"seed": 5}, {"starts": 3}, {"num_simulations": 200}, {"scenario": REST_TRAP}):
        with pytest.raises(bb.InvalidValue, match=next(iter(changed))):
            replace(search, **changed).solve(state=states[-1])
    with pytest.raises(bb.InvalidValue, match="initial_profiles"):
        search.solve([["hero"] * LIVELY.num_agents], state=states[-1])
    with pytest.raises(bb.InvalidValue, match="version"):
        search.solve(state={})


def test_the_command_goes_on_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    game, out, whole = (tmp_path / name for name in ("lively.json", "roles.json", "whole.json"))
    LIVELY.save(game)
    command = ["roles", "trivial_cooperation", str(game), "--method", "exact", "--starts", "0"]
    command += ["--set", "num_houses=4", "--set", "num_agents=2", "--set", "max_nights=20"]

    def run(*arguments: str, code: int = 0) -> Result:
        ran = CliRunner().invoke(app, [*command, *arguments])
        assert ran.exit_code == code, ran.output
        return ran

    run("--out", str(whole))
    save = seat_search._Search._save

    def interrupted(self: Any) -> None:
        save(self)
        if self.asked.scenario.name != "trivial_cooperation" and self.followed == 3:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(seat_search._Search, "_save", interrupted)
        stopped = run("--out", str(out), code=130)
    progress = tmp_path / "roles.json.progress"
    assert f"to go on: --resume {progress}" in stopped.stderr
    assert "trivial_cooperation" in stopped.stdout
    assert "--restart" in run("--out", str(out), code=2).stderr
    refused = CliRunner().invoke(app, ["nash", *command[1:5], "--out", str(out), "--resume"])
    assert refused.exit_code == 2
    assert progress.exists()
    run("--out", str(out), "--resume")
    assert load_roles(out) == load_roles(whole)
    assert not list(tmp_path.glob("*.progress"))
    command = ["roles", "trivial_cooperation", *command[3:]]
    assert json.loads(run("--out", "-").stdout)["roles"]
    full = run("--out", "/dev/full", code=1)
    assert "'/dev/full'" in full.stderr
    assert "certified" in full.stdout
