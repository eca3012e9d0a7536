"""Restricted games written for Gambit: pygambit reads the same game, and finds our equilibria."""

import io
import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_games import LIVELY
from typer.testing import CliRunner

import bucket_brigade as bb
from bucket_brigade.cli import app
from bucket_brigade.equilibrium import (
    SymmetricGame,
    export_gambit,
    load_equilibria,
    symmetric_equilibria,
    to_gambit,
)

pygambit = pytest.importorskip("pygambit")


@pytest.fixture(scope="module")
def found() -> bb.NashEquilibrium:
    return bb.DoubleOracle(LIVELY, method="exact", max_iterations=1).solve()


def drawn_game(players: int, strategies: int, seed: int = 0) -> SymmetricGame:
    rng = np.random.default_rng(seed)

    def payoff(own: int, counts: object) -> float:
        # Of all sizes, so that numbers with and without exponents are among them.
        return float(rng.normal() * 10.0 ** rng.integers(-12, 13))

    return SymmetricGame.from_function(players, strategies, payoff)


def read(text: str) -> Any:
    return pygambit.read_nfg(io.BytesIO(text.encode("ascii")))


def labels(game: Any) -> list[list[str]]:
    return [[strategy.label for strategy in player.strategies] for player in game.players]


def symmetric_ones(equilibria: Any) -> list[list[float]]:
    mixed = [[[float(e[s]) for s in p.strategies] for p in e.game.players] for e in equilibria]
    return [one for one, *others in mixed if np.allclose(others, one, atol=1e-9)]


@pytest.mark.parametrize(("players", "strategies"), [(2, 1), (2, 3), (3, 2), (3, 4), (5, 2)])
def test_the_same_payoffs(players: int, strategies: int) -> None:
    game = drawn_game(players, strategies)
    tables = read(to_gambit(game)).to_arrays()
    column = {tuple(row): c for c, row in enumerate(game.compositions.tolist())}
    for lineup in itertools.product(range(strategies), repeat=players):
        for player, own in enumerate(lineup):
            others = [*lineup[:player], *lineup[player + 1 :]]
            counts = tuple(others.count(s) for s in range(strategies))
            assert float(tables[player][lineup]) == game.payoffs[own, column[counts]]


def test_two_players_have_our_equilibria() -> None:
    compared = 0
    for seed in range(10):
        rng = np.random.default_rng(seed)
        game = SymmetricGame(2, rng.integers(0, 100, (3, 3)) / 8)
        theirs = symmetric_ones(pygambit.nash.enummixed_solve(read(to_gambit(game))).equilibria)
        for ours in symmetric_equilibria(game):
            assert min(np.abs(np.subtract(ours.distribution, x)).max() for x in theirs) < 1e-9
            compared += 1
    assert compared >= 10


def test_three_players_have_our_equilibria() -> None:
    # The volunteer's dilemma: each volunteers with probability 1 - (c / b)^(1 / 2).
    dilemma = SymmetricGame(3, [[3.0, 3.0, 3.0], [4.0, 4.0, 0.0]])
    text = to_gambit(dilemma, ["volunteer", "wait"])
    theirs = symmetric_ones(pygambit.nash.enumpoly_solve(read(text)).equilibria)
    (ours,) = symmetric_equilibria(dilemma)
    assert ours.distribution[0] == pytest.approx(0.5, abs=1e-12)
    assert min(np.abs(np.subtract(ours.distribution, x)).max() for x in theirs) < 1e-6


def test_a_restricted_game(found: bb.NashEquilibrium, tmp_path: Path) -> None:
    file = tmp_path / "new" / "game.nfg"
    export_gambit(found, file)
    game = pygambit.read_nfg(file)
    assert (game.title, len(game.players)) == ("custom: the restricted game", 2)
    assert "random" in game.description
    assert labels(game) == [["firefighter", "free_rider", "hero", "coordinator"]] * 2
    rows = np.vectorize(float)(game.to_arrays()[0])
    assert np.array_equal(rows, found.restricted.payoffs)
    best = found.equilibria[0].distribution
    ours = [best.get(i, 0.0) for i in found.restricted.indices]
    theirs = symmetric_ones(pygambit.nash.enummixed_solve(game).equilibria)
    assert min(np.abs(np.subtract(ours, x)).max() for x in theirs) < 1e-9


def test_sampled_games_say_so(tmp_path: Path) -> None:
    sampled = bb.DoubleOracle(
        LIVELY, method="sampled", num_simulations=3200, max_iterations=1, seat=1
    ).solve(["hero", "liar"])
    export_gambit(sampled, tmp_path / "game.nfg")
    comment = pygambit.read_nfg(tmp_path / "game.nfg").description
    error = f"{sampled.restricted.stderr.max():.3g}"
    assert f"seat 1 is focal; points an episode, sampled, standard errors up to {error}" in comment


def test_reduced_games_say_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bucket_brigade.equilibrium.seating.MOST_PAYOFFS", 5)
    crowd = LIVELY.replace(
        num_agents=3, reward_own_house_survives=1.0, penalty_other_house_burns=1.0
    )
    reduced = bb.DoubleOracle(crowd, method="exact", max_iterations=1).solve(["hero", "liar"])
    export_gambit(reduced, tmp_path / "game.nfg")
    game = pygambit.read_nfg(tmp_path / "game.nfg")
    assert len(game.players) == 2
    assert "2 players stand for 3 agents" in game.description


def test_awkward_text() -> None:
    game = drawn_game(2, 5)
    text = to_gambit(
        game,
        ['a "quoted" one', "back\\", " ", "twice  é", "twice ?"],
        title='\n"x\\',
        comment="± 1\t\\",
    )
    back = read(text)
    assert labels(back)[0] == ['a "quoted" one', "back/", "3", "twice ? #1", "twice ? #2"]
    assert (back.title, back.description) == ('"x/', "? 1 /")


def test_default_names() -> None:
    assert labels(read(to_gambit(drawn_game(3, 2)))) == [["1", "2"]] * 3


def test_too_many_payoffs() -> None:
    game = SymmetricGame(8, np.zeros((5, 330)))
    with pytest.raises(bb.InvalidValue, match="8 players with 5 strategies: 3,125,000 payoffs"):
        to_gambit(game)


@pytest.mark.parametrize("names", [[], ["a"], ["a", "b", "c"]])
def test_other_numbers_of_names(names: list[str]) -> None:
    with pytest.raises(bb.InvalidValue, match="2 names"):
        to_gambit(drawn_game(2, 2), names)


def test_the_command(tmp_path: Path) -> None:
    out = tmp_path / "nash.json"
    arguments = ["trivial_cooperation", "--night-order", "both", "--method", "exact"]
    options = ["--out", str(out), "--gambit", str(tmp_path / "games.nfg")]
    ran = CliRunner().invoke(app, ["nash", *arguments, *options])
    assert ran.exit_code == 0, ran.stderr
    for found in load_equilibria(out):
        file = tmp_path / f"games-trivial_cooperation-{found.scenario.night_order}.nfg"
        game = pygambit.read_nfg(file)
        assert found.scenario.night_order in game.description
        assert len(game.players) == 4
        # Nobody ever works: pygambit sees no gain from leaving that either.
        profile = game.mixed_strategy_profile()
        best = found.equilibria[0].distribution
        for player in game.players:
            for index, strategy in zip(found.restricted.indices, player.strategies, strict=True):
                profile[strategy] = best.get(index, 0.0)
        assert float(profile.max_regret()) == pytest.approx(0.0, abs=1e-9)
        first = next(iter(game.players))
        assert float(profile.payoff(first)) == pytest.approx(1306.5)


def test_a_directory_is_no_file(tmp_path: Path) -> None:
    ran = CliRunner().invoke(app, ["nash", "default", "--gambit", str(tmp_path)])
    assert ran.exit_code == 2
    assert "--gambit" in ran.stderr
    assert "a file, not a directory" in ran.stderr
