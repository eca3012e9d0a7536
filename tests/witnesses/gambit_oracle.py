"""What pygambit, Gambit's Python package, says of games and files; stored in `gambit_answers.json`.

The tests compare with what is stored, and ask again where pygambit is installed:
`pip install '.[oracle]'`, which compiles for ten minutes or more where there is no wheel of it. To
ask and store anew::

    python tests/witnesses/gambit_oracle.py
"""

import importlib.metadata
import io
import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from small_games import LIVELY

import bucket_brigade as bb
from bucket_brigade.equilibrium import SymmetricGame, to_gambit

STORED = Path(__file__).with_name("gambit_answers.json")
NOT_INSTALLED = (
    "pygambit is not installed: pip install '.[oracle]'. Its stored answers are compared"
)


@dataclass(frozen=True)
class Solved:
    """A game, and the symmetric ones among the equilibria that pygambit finds.

    With two players these are all extreme equilibria, by exact arithmetic. With more it may miss
    some, and they are accurate to 1e-6.
    """

    num_players: int
    payoffs: list[list[float]]
    equilibria: list[list[float]]

    def game(self) -> SymmetricGame:
        return SymmetricGame(self.num_players, self.payoffs)


@dataclass(frozen=True)
class Contents:
    """What a `.nfg` file says."""

    title: str
    comment: str
    labels: list[list[str]]  # of each player's strategies
    payoffs: list[Any]  # of each player: nested lists, one level for each player's strategy


@dataclass(frozen=True)
class Read:
    """The text of a `.nfg` file, and what pygambit reads in it."""

    text: str
    contents: Contents


@dataclass(frozen=True)
class Answers:
    """All that is stored, and the version of pygambit that said so."""

    pygambit: str
    solved: list[Solved]
    read: list[Read]


def stored() -> Answers:
    answers = json.loads(STORED.read_text())
    solved = [Solved(**one) for one in answers["solved"]]
    read = [Read(one["text"], Contents(**one["contents"])) for one in answers["read"]]
    return Answers(answers["pygambit"], solved, read)


# Asking.


def read_nfg(text: str) -> Contents:
    import pygambit

    game = pygambit.read_nfg(io.BytesIO(text.encode("ascii")))
    labels = [[strategy.label for strategy in player.strategies] for player in game.players]
    payoffs = [np.vectorize(float)(table).tolist() for table in game.to_arrays()]
    return Contents(game.title, game.description, labels, payoffs)


def solve(game: SymmetricGame) -> Solved:
    import pygambit

    # The file has every payoff in full, and to pygambit it is an exact fraction.
    theirs = pygambit.read_nfg(io.BytesIO(to_gambit(game).encode("ascii")))
    two = game.num_players == 2
    method = pygambit.nash.enummixed_solve if two else pygambit.nash.enumpoly_solve
    symmetric = []
    for equilibrium in method(theirs).equilibria:
        mixed = [[equilibrium[s] for s in player.strategies] for player in theirs.players]
        one, *others = np.array(mixed, dtype=np.float64)
        if np.abs(np.array(others) - one).max() <= (0 if two else 1e-6):
            symmetric.append(one.tolist())
    return Solved(game.num_players, game.payoffs.tolist(), sorted(symmetric))


# What is asked.


def integer_game(seed: int, players: int, strategies: int, below: int) -> SymmetricGame:
    columns = math.comb(players + strategies - 2, strategies - 1)
    payoffs = np.random.default_rng(seed).integers(0, below, (strategies, columns))
    return SymmetricGame(players, payoffs.astype(np.float64))


def drawn_game(players: int, strategies: int) -> SymmetricGame:
    """Payoffs of all sizes: in a file, with and without exponents."""
    rng = np.random.default_rng(0)

    def payoff(own: int, counts: object) -> float:
        return float(rng.normal() * 10.0 ** rng.integers(-12, 13))

    return SymmetricGame.from_function(players, strategies, payoff)


def games() -> list[SymmetricGame]:
    two = [integer_game(seed, 2, size, 10_000) for size in (2, 3, 4, 5) for seed in range(8)]
    three = [integer_game(seed, 3, 2, 1000) for seed in range(20)]
    larger = [integer_game(seed, 3, 3, 1000) for seed in range(3)]
    volunteers = SymmetricGame(3, [[3.0, 3.0, 3.0], [4.0, 4.0, 0.0]])
    restricted = bb.DoubleOracle(LIVELY, method="exact", max_iterations=1).solve().restricted.game
    return [*two, *three, *larger, volunteers, restricted]


def texts() -> list[str]:
    names = ['a "quoted" one', "back\\", " ", "twice  é", "twice ?"]
    awkward = to_gambit(drawn_game(2, 5), names, title='\n"x\\', comment="± 1\t\\")
    return [awkward, *(to_gambit(drawn_game(*shape)) for shape in [(2, 1), (3, 2), (4, 3)])]


def main() -> None:
    answers = Answers(
        importlib.metadata.version("pygambit"),
        [solve(game) for game in games()],
        [Read(text, read_nfg(text)) for text in texts()],
    )
    lists = [
        f'"{name}": [\n' + ",\n".join(json.dumps(asdict(one)) for one in entries) + "\n]"
        for name, entries in (("solved", answers.solved), ("read", answers.read))
    ]
    STORED.write_text("{\n" + ",\n".join([f'"pygambit": "{answers.pygambit}"', *lists]) + "\n}\n")


if __name__ == "__main__":
    main()
