"""Restricted games for Gambit [1]_: its strategic form with a payoff for every line-up, `.nfg`.

References
----------
.. [1] R. Savani, T. L. Turocy, "Gambit: The package for computation in game theory",
   https://www.gambit-project.org. The file format is described under "Game representation formats".
"""

import os
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from bucket_brigade.arguments import as_list
from bucket_brigade.atomic_files import write_bytes
from bucket_brigade.equilibrium.games.symmetric_game import SymmetricGame, as_game
from bucket_brigade.equilibrium.report.payoff_table import distinct_names
from bucket_brigade.equilibrium.results.nash import NashEquilibrium
from bucket_brigade.errors import InvalidValue, shown

__all__ = ["MOST_NUMBERS", "export_gambit", "to_gambit"]

#: Payoffs of a file at most: one for each player and line-up, some twenty megabytes.
MOST_NUMBERS = 1_000_000


def to_gambit(
    game: SymmetricGame,
    names: Sequence[str] | None = None,
    *,
    title: str = "",
    comment: str = "",
) -> str:
    """A symmetric game as the text of a `.nfg` file.

    Gambit knows nothing of symmetry, so that all ``K**N`` line-ups are listed, with a payoff for
    each of the N players. Numbers are written in full: reading them gives the same.

    Parameters
    ----------
    game : SymmetricGame
        N players with K strategies each.
    names : sequence of str, optional
        K names; by default "1" to "K". As Gambit wants them, text becomes ASCII, with single
        spaces, and equal names are numbered.
    title, comment : str
        What Gambit shows for the game.

    Returns
    -------
    str
        ASCII.

    Raises
    ------
    InvalidValue
        If there are not K names, or more than `MOST_NUMBERS` payoffs.

    Examples
    --------
    Player 1's strategy counts up fastest:

    >>> game = SymmetricGame(2, [[-1.0, 4.0], [0.0, 2.5]])
    >>> print(to_gambit(game, ["hawk", "dove"], title="hawk-dove"))
    NFG 1 R "hawk-dove" { "Player 1" "Player 2" }
    { { "hawk" "dove" } { "hawk" "dove" } }
    ""
    <BLANKLINE>
    -1 -1
    0 4
    4 0
    2.5 2.5
    <BLANKLINE>
    """
    as_game(game)
    players, size = game.num_players, game.num_strategies
    number = players * size**players
    if number > MOST_NUMBERS:
        given = f"a game of {players} players with {size} strategies: {number:,} payoffs"
        raise InvalidValue("game", given, f"at most {MOST_NUMBERS:,} for Gambit")
    given_names = (
        [str(s + 1) for s in range(size)] if names is None else as_list("names", names, "names")
    )
    if len(given_names) != size or not all(isinstance(name, str) for name in given_names):
        raise InvalidValue("names", shown(given_names), f"{size} names")
    for field, text in (("title", title), ("comment", comment)):
        if not isinstance(text, str):
            raise InvalidValue(field, shown(text), "text")
    labels = distinct_names([_text(name) or str(s + 1) for s, name in enumerate(given_names)])
    strategies = "{ " + " ".join(_quoted(label) for label in labels) + " }"
    lines = [
        " ".join(
            [
                f"NFG 1 R {_quoted(_text(title))} {{",
                *(_quoted(f"Player {i + 1}") for i in range(players)),
                "}",
            ]
        ),
        "{ " + " ".join([strategies] * players) + " }",
        _quoted(_text(comment)),
        "",
        *(" ".join(map(_number, row)) for row in _payoffs(game).tolist()),
    ]
    return "\n".join(lines) + "\n"


def export_gambit(found: NashEquilibrium, path: str | os.PathLike[str]) -> None:
    """Writes the last restricted game of an equilibrium to a file for Gambit.

    It is the game of players who are seated at random, so it is symmetric. Where it was reduced to
    fewer players than agents, so is the file, whose comment says so.

    Parameters
    ----------
    found : NashEquilibrium
        Whose.
    path : path
        Where; Gambit expects the suffix `.nfg`.

    Raises
    ------
    InvalidValue
        If the game has more than `MOST_NUMBERS` payoffs.
    OSError
        If the file can't be written.
    """
    scenario, restricted = found.scenario, found.restricted
    seated = "players are seated at random" if found.seat is None else f"seat {found.seat} is focal"
    comment = f"Bucket Brigade, {scenario.night_order}, {scenario.end_rule}; {seated}"
    if restricted.players < scenario.num_agents:
        comment += f"; {restricted.players} players stand for {scenario.num_agents} agents"
    comment += f"; points an episode, {found.method}"
    if found.method == "sampled":
        comment += f", standard errors up to {np.max(restricted.stderr):.3g}"
    text = to_gambit(
        restricted.game,
        [found.names[i] for i in restricted.indices],
        title=f"{scenario.name}: the restricted game",
        comment=comment,
    )
    write_bytes(text.encode("ascii"), path)


def _payoffs(game: SymmetricGame) -> npt.NDArray[np.float64]:
    """Payoffs of all players, shape (K**N, N), with the first player's strategy the fastest."""
    players, size = game.num_players, game.num_strategies
    lineups = np.indices((size,) * players).reshape(players, -1)[::-1].T
    own = lineups[:, :, None] == np.arange(size)
    counts = own.sum(axis=1)
    columns = [game.columns(counts - own[:, i]) for i in range(players)]
    return np.stack([game.payoffs[lineups[:, i], columns[i]] for i in range(players)], axis=1)


def _text(text: str) -> str:
    """Text that Gambit takes: printable ASCII, without spaces at the ends or next to each other."""
    ascii_text = " ".join(text.split()).encode("ascii", "replace").decode()
    # A backslash would escape the quotation mark that ends the text.
    return "".join(c if c.isprintable() else "?" for c in ascii_text).replace("\\", "/")


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '\\"') + '"'


def _number(payoff: float) -> str:
    """The shortest decimal that reads as the same float, without an exponent."""
    return np.format_float_positional(payoff + 0.0, trim="-")
