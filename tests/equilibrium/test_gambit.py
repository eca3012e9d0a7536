"""Restricted games written for Gambit: another reader finds the same game in the files.

The reader stands here. pygambit confirms it: by what it once read (`gambit_oracle`), and where it
is installed by reading every file of these tests.
"""

import itertools
import re
from collections.abc import Callable
from pathlib import Path

import gambit_oracle
import numpy as np
import pytest
from gambit_oracle import Contents, drawn_game
from small_games import LIVELY
from typer.testing import CliRunner

import bucket_brigade as bb
from bucket_brigade.cli import app
from bucket_brigade.equilibrium import SymmetricGame, export_gambit, load_equilibria, to_gambit


def read_nfg(text: str) -> Contents:
    """The contents of a file in Gambit's strategic form, version 1, that lists payoffs."""
    tokens = iter(re.findall(r'"(?:[^"\\]|\\.)*"|[{}]|[^\s{}"]+', text))

    def text_of(token: str) -> str:
        assert (token[0], token[-1]) == ('"', '"')
        return token[1:-1].replace('\\"', '"')

    def up_to_brace() -> list[str]:
        return [text_of(token) for token in iter(lambda: next(tokens), "}")]

    assert [next(tokens) for _ in range(3)] == ["NFG", "1", "R"]
    title = text_of(next(tokens))
    assert next(tokens) == "{"
    players = up_to_brace()
    assert next(tokens) == "{"
    labels = []
    while next(tokens) == "{":
        labels.append(up_to_brace())
    assert len(labels) == len(players)
    comment = text_of(next(tokens))
    # A payoff for each player, line-up by line-up; the first player's strategy changes fastest.
    payoffs = np.array([float(number) for number in tokens]).reshape(-1, len(players))
    sizes = [len(strategies) for strategies in labels]
    tables = [column.reshape(sizes, order="F").tolist() for column in payoffs.T]
    return Contents(title, comment, labels, tables)


Reader = Callable[[str], Contents]


@pytest.fixture(params=["here", "pygambit"])
def read(request: pytest.FixtureRequest) -> Reader:
    if request.param == "here":
        return read_nfg
    pytest.importorskip("pygambit", reason=gambit_oracle.NOT_INSTALLED)
    return gambit_oracle.read_nfg


@pytest.mark.parametrize("index", range(4))
def test_pygambit_read_the_same(index: int) -> None:
    stored = gambit_oracle.stored().read[index]
    assert read_nfg(stored.text) == stored.contents


@pytest.fixture(scope="module")
def found() -> bb.NashEquilibrium:
    pool = ["firefighter", "free_rider", "hero", "coordinator"]
    return bb.DoubleOracle(LIVELY, method="exact", max_iterations=1).solve(pool)


def gains(contents: Contents, mixture: list[float]) -> np.ndarray:
    """What each player gains by each strategy where all play a mixture."""
    rows = []
    for player, table in enumerate(contents.payoffs):
        payoffs = np.moveaxis(np.array(table), player, 0)
        while payoffs.ndim > 1:
            payoffs = payoffs @ mixture
        rows.append(payoffs - payoffs @ mixture)
    return np.array(rows)


@pytest.mark.parametrize(("players", "strategies"), [(2, 1), (2, 3), (3, 2), (3, 4), (5, 2)])
def test_the_same_payoffs(read: Reader, players: int, strategies: int) -> None:
    game = drawn_game(players, strategies)
    tables = read(to_gambit(game)).payoffs
    column = {tuple(row): c for c, row in enumerate(game.compositions.tolist())}
    for lineup in itertools.product(range(strategies), repeat=players):
        for player, own in enumerate(lineup):
            others = [*lineup[:player], *lineup[player + 1 :]]
            counts = tuple(others.count(s) for s in range(strategies))
            assert np.array(tables[player])[lineup] == game.payoffs[own, column[counts]]


def test_a_restricted_game(read: Reader, found: bb.NashEquilibrium, tmp_path: Path) -> None:
    file = tmp_path / "new" / "game.nfg"
    export_gambit(found, file)
    game = read(file.read_text())
    assert (game.title, len(game.payoffs)) == ("custom: the restricted game", 2)
    assert "random" in game.comment
    assert game.labels == [["firefighter", "free_rider", "hero", "coordinator"]] * 2
    assert np.array_equal(game.payoffs[0], found.restricted.payoffs)
    best = found.equilibria[0].distribution
    mixture = [best.get(i, 0.0) for i in found.restricted.indices]
    assert gains(game, mixture).max() == pytest.approx(0.0, abs=1e-9)


def test_sampled_games_say_so(read: Reader, tmp_path: Path) -> None:
    sampled = bb.DoubleOracle(
        LIVELY, method="sampled", num_simulations=3200, max_iterations=1, seat=1
    ).solve(["hero", "liar"])
    export_gambit(sampled, tmp_path / "game.nfg")
    comment = read((tmp_path / "game.nfg").read_text()).comment
    error = f"{sampled.restricted.stderr.max():.3g}"
    assert f"seat 1 is focal; points an episode, sampled, standard errors up to {error}" in comment


def test_reduced_games_say_so(
    read: Reader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bucket_brigade.equilibrium.empirical.seating.MOST_PAYOFFS", 5)
    crowd = LIVELY.replace(
        num_agents=3, reward_own_house_survives=1.0, penalty_other_house_burns=1.0
    )
    reduced = bb.DoubleOracle(crowd, method="exact", max_iterations=1).solve(["hero", "liar"])
    export_gambit(reduced, tmp_path / "game.nfg")
    game = read((tmp_path / "game.nfg").read_text())
    assert len(game.payoffs) == 2
    assert "2 players stand for 3 agents" in game.comment


@pytest.mark.parametrize(
    "names",
    [
        ["a #1", "a", "a"],
        ["a", "a", "a #2", "a #2"],
        ["a", "a #1", "a", "a #1 #1", "a #1"],
        ["2", "", "", "4", " \t"],
        ['"', '\\"', "\\", "/", '/"'],
        ["é", "ü", "?", "\ud800", "\x00"],
        ["a\nb", "a b", "a  b", "A B", "a\u00a0b"],
    ],
)
def test_labels_differ_whatever_the_names(read: Reader, names: list[str]) -> None:
    labels, _ = read(to_gambit(drawn_game(2, len(names)), names)).labels
    assert len(set(labels)) == len(labels) == len(names)
    assert all(label.isascii() and label.isprintable() and label for label in labels)


def test_unique_names_are_kept(read: Reader) -> None:
    labels, _ = read(to_gambit(drawn_game(2, 4), ["a #1", "a", "b", "a"])).labels
    assert labels == ["a #1", "a #2", "b", "a #3"]


def test_awkward_text(read: Reader) -> None:
    names = ['a "quoted" one', "back\\", " ", "twice  é", "twice ?"]
    back = read(to_gambit(drawn_game(2, 5), names, title='\n"x\\', comment="± 1\t\\"))
    assert back.labels[0] == ['a "quoted" one', "back/", "3", "twice ? #1", "twice ? #2"]
    assert (back.title, back.comment) == ('"x/', "? 1 /")


def test_default_names(read: Reader) -> None:
    assert read(to_gambit(drawn_game(3, 2))).labels == [["1", "2"]] * 3


def test_too_many_payoffs() -> None:
    game = SymmetricGame(8, np.zeros((5, 330)))
    with pytest.raises(bb.InvalidValue, match="8 players with 5 strategies: 3,125,000 payoffs"):
        to_gambit(game)


@pytest.mark.parametrize("names", [[], ["a"], ["a", "b", "c"]])
def test_other_numbers_of_names(names: list[str]) -> None:
    with pytest.raises(bb.InvalidValue, match="2 names"):
        to_gambit(drawn_game(2, 2), names)


def test_the_command(read: Reader, tmp_path: Path) -> None:
    out = tmp_path / "nash.json"
    arguments = ["trivial_cooperation", "--night-order", "both", "--method", "exact"]
    options = ["--out", str(out), "--gambit", str(tmp_path / "games.nfg")]
    ran = CliRunner().invoke(app, ["nash", *arguments, *options])
    assert ran.exit_code == 0, ran.stderr
    for found in load_equilibria(out):
        file = tmp_path / f"games-trivial_cooperation-{found.scenario.night_order}.nfg"
        game = read(file.read_text())
        assert found.scenario.night_order in game.comment
        assert len(game.payoffs) == 4
        # Nobody ever works, and nobody gains by leaving that.
        best = found.equilibria[0].distribution
        mixture = [best.get(i, 0.0) for i in found.restricted.indices]
        assert gains(game, mixture).max() == pytest.approx(0.0, abs=1e-9)
        (only,) = np.flatnonzero(mixture)
        assert np.array(game.payoffs[0])[(only,) * 4] == pytest.approx(1306.5)


def test_a_directory_is_no_file(tmp_path: Path) -> None:
    ran = CliRunner().invoke(app, ["nash", "default", "--gambit", str(tmp_path)])
    assert ran.exit_code == 2
    assert "--gambit" in ran.stderr
    assert "a file, not a directory" in ran.stderr
