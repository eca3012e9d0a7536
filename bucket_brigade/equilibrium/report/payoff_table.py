"""The payoff table of a restricted game in words: rows are strategies, columns what others play."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bucket_brigade._arrays import FloatArray
from bucket_brigade.by_value import ComparedByValue
from bucket_brigade.equilibrium.results.nash import NashEquilibrium
from bucket_brigade.policies.labels import distinct_names

__all__ = ["MOST_COLUMNS", "PayoffTable", "distinct_names", "payoff_table"]


#: Compositions of opponents in a table; where there are more, only those of one strategy.
MOST_COLUMNS = 20
#: Opponents that are written as a word, a letter each.
LONGEST_WORD = 5


@dataclass(frozen=True, eq=False)
class PayoffTable(ComparedByValue):
    """Payoffs of the last restricted game, or of its reduction.

    Attributes
    ----------
    symbols : tuple of str
        A letter, or a number with a letter, for each of the K strategies.
    names : tuple of str
        The strategies.
    weights : ndarray of float64, shape (K,)
        How often the equilibrium of the restricted game plays them.
    columns : tuple of str
        What the opponents play, in symbols: "AAB", or "7A 2B", or "all A" if reduced.
    payoffs, stderr : ndarray of float64, shape (K, C)
        Points an episode; standard errors are 0 if exact.
    compositions : int
        Compositions there are in all.
    reduced : bool
        Whether only those columns are here in which all opponents play the same.
    """

    symbols: tuple[str, ...]
    names: tuple[str, ...]
    weights: FloatArray
    columns: tuple[str, ...]
    payoffs: FloatArray
    stderr: FloatArray
    compositions: int
    reduced: bool

    @property
    def best(self) -> npt.NDArray[np.bool_]:
        """Best replies marked in each column of payoffs, shape (K, C); several if they tie."""
        highest = self.payoffs.max(axis=0)
        # Rounded as parts of what they are, or of what the choice matters.
        off = np.maximum(1e-12 * np.abs(highest), 1e-9 * np.ptp(self.payoffs, axis=0))
        return np.asarray(self.payoffs >= highest - off)


def payoff_table(found: NashEquilibrium, *, most: int = MOST_COLUMNS) -> PayoffTable:
    """The table of an equilibrium's restricted game.

    Parameters
    ----------
    found : NashEquilibrium
        Whose.
    most : int
        Columns at most. A game of more compositions is reduced to those of a single strategy.
    """
    restricted = found.restricted
    compositions = restricted.game.compositions
    size, opponents = len(restricted.indices), restricted.players - 1
    symbols = tuple(_symbol(s) for s in range(size))
    reduced = len(compositions) > most
    if reduced:
        # Row s: all of them play s.
        shown = restricted.game.columns(opponents * np.eye(size, dtype=np.int64))
        columns = tuple(f"all {symbol}" for symbol in symbols)
    else:
        shown = np.arange(len(compositions))
        columns = tuple(_composition(symbols, counts) for counts in compositions.tolist())
    mixture = found.equilibria[0].distribution
    return PayoffTable(
        symbols=symbols,
        names=tuple(found.names[i] for i in restricted.indices),
        weights=np.array([mixture.get(i, 0.0) for i in restricted.indices]),
        columns=columns,
        payoffs=restricted.payoffs[:, shown],
        stderr=restricted.stderr[:, shown],
        compositions=len(compositions),
        reduced=reduced,
    )


def _symbol(index: int) -> str:
    return chr(ord("A") + index % 26) + (str(index // 26) if index >= 26 else "")


def _composition(symbols: tuple[str, ...], counts: list[int]) -> str:
    if sum(counts) <= LONGEST_WORD:
        return "".join(symbol * count for symbol, count in zip(symbols, counts, strict=True))
    named = zip(symbols, counts, strict=True)
    return " ".join(f"{count}{symbol}" for symbol, count in named if count)
