"""Events that a backend counts, and the statistics of anything linear in them."""

from dataclasses import dataclass, field
from typing import Any, Generic, Self, TypeVar

import numpy as np
import numpy.typing as npt

from bucket_brigade import _core
from bucket_brigade._arrays import IntArray
from bucket_brigade.by_value import ComparedByValue
from bucket_brigade.counts.block_sizes import BlockEpisodes, BlockSizes
from bucket_brigade.counts.moments import Moments
from bucket_brigade.errors import InvalidValue
from bucket_brigade.summaries import Summarised, Summary

__all__ = ["END_KINDS", "CountVectors", "EventCounts", "each_once"]

#: How an episode can end, in the order of `EventCounts.ended`.
END_KINDS: tuple[str, ...] = tuple(_core.END_KINDS)


#: Integers where episodes were counted, floats where they are expected.
N = TypeVar("N", np.int64, np.float64)


class CountVectors(Generic[N]):
    """Names for the parts of count vectors, one per line-up.

    Attributes
    ----------
    houses, agents : int
        H and A.
    totals : ndarray, shape (L, D)
        `nights`, `worked`, `safe`, `ruined`, `saved` and `ended` side by side.
    """

    houses: int
    agents: int
    totals: npt.NDArray[N]

    def _part(self, start: int, length: int) -> npt.NDArray[N]:
        return self.totals[:, start : start + length]

    @property
    def nights(self) -> npt.NDArray[N]:
        """Nights played, shape (L,)."""
        return self.totals[:, 0]

    @property
    def worked(self) -> npt.NDArray[N]:
        """Nights each seat worked, shape (L, A)."""
        return self._part(1, self.agents)

    @property
    def safe(self) -> npt.NDArray[N]:
        """Nights that ended with each house safe, shape (L, H)."""
        return self._part(1 + self.agents, self.houses)

    @property
    def ruined(self) -> npt.NDArray[N]:
        """Nights that ended with each house ruined, shape (L, H)."""
        return self._part(1 + self.agents + self.houses, self.houses)

    @property
    def saved(self) -> npt.NDArray[N]:
        """Times each house was saved, shape (L, H)."""
        return self._part(1 + self.agents + 2 * self.houses, self.houses)

    @property
    def ended(self) -> npt.NDArray[N]:
        """Episodes that ended in each of the ways of `END_KINDS`, shape (L, 4)."""
        return self._part(1 + self.agents + 3 * self.houses, len(END_KINDS))


@dataclass(frozen=True, eq=False, repr=False)
class EventCounts(ComparedByValue, Summarised, CountVectors[np.int64]):
    """Events counted over all episodes, exactly, for L line-ups on a ring of H with A agents.

    Two are equal if all counts are, whatever played the episodes.

    Attributes
    ----------
    houses, agents : int
        H and A.
    episodes : int
        Episodes of each line-up.
    totals : ndarray of int64, shape (L, D)
        Count vectors: nights, worked[A], safe[H], ruined[H], saved[H], ended[4].
    moments : ndarray of int64, shape (L, F, F)
        Σ_b f_b f_bᵀ over blocks of 32 episodes, of the features (episodes, nights, worked[A],
        houses safe, ruined and saved by owner) that returns depend on.
    block_episodes : ndarray of int64, shape (B,)
        Episodes of each block. Kept as `block_sizes`, which may be given instead, so that counts
        take as little memory for many episodes as for few.
    blocks : ndarray of uint32, shape (L, B, D), optional
        Count vectors of every block, if they were asked for.
    backend, device : str
        Name of the backend that played them, and what it ran on. Where several did, all are named
        in the order they were first used: backends with commas between, devices with semicolons.
    """

    houses: int
    agents: int
    episodes: int
    totals: IntArray
    moments: IntArray
    block_episodes: BlockEpisodes = BlockEpisodes()  # noqa: RUF009
    blocks: npt.NDArray[np.uint32] | None = None
    backend: str = field(kw_only=True, compare=False)
    device: str = field(kw_only=True, compare=False)

    @property
    def block_sizes(self) -> BlockSizes:
        """Episodes of each block, in a few numbers."""
        sizes: BlockSizes = vars(self)["block_episodes"]
        return sizes

    def summary(self) -> Summary:
        """The text and table that `repr` and notebooks show."""
        return counts_summary(self, f"{self.episodes:,} episodes", self.episodes)

    def statistics(self) -> Moments:
        """The moments of the features, with their sums."""
        episodes = np.full(len(self.totals), self.episodes, dtype=np.int64)
        sums = _core.features(self.houses, self.agents, episodes, self.totals)
        return Moments(sums, self.moments, self.block_sizes.blocks)

    def block_features(self, lineup: int) -> IntArray:
        """Features of every block of a line-up, shape (B, F).

        Raises
        ------
        InvalidValue
            If the counts of blocks were not kept.
        """
        if self.blocks is None:
            raise InvalidValue("per_block", False, "True, to keep the counts of every block")
        counts = np.ascontiguousarray(self.blocks[lineup], dtype=np.int64)
        return _core.features(self.houses, self.agents, self.block_episodes, counts)

    def followed_by(self, later: Self) -> Self:
        """Add the counts of a later range of episodes that begins with a new block.

        Counts do not tell whose they are: `SimulationResult.joined` checks that they belong
        together.

        Raises
        ------
        InvalidValue
            If houses, agents or line-ups are not as many, or only one has counts of blocks.
        """
        for name, mine, theirs in (
            ("houses", self.houses, later.houses),
            ("agents", self.agents, later.agents),
            ("lineups", len(self.totals), len(later.totals)),
            ("per_block", self.blocks is not None, later.blocks is not None),
        ):
            if mine != theirs:
                raise InvalidValue(name, theirs, f"{mine}, as in the counts before")
        blocks = None
        if self.blocks is not None and later.blocks is not None:
            blocks = np.concatenate([self.blocks, later.blocks], axis=1)
        return type(self)(
            houses=self.houses,
            agents=self.agents,
            episodes=self.episodes + later.episodes,
            totals=self.totals + later.totals,
            moments=self.moments + later.moments,
            block_episodes=self.block_sizes + later.block_sizes,
            blocks=blocks,
            backend=each_once(self.backend, later.backend),
            device=each_once(self.device, later.device, separator="; "),
        )


def counts_summary(counts: CountVectors[Any], of: str, episodes: int) -> Summary:
    """Counts an episode, a row per line-up."""
    rows = []
    for i in range(len(counts.totals)):
        parts = (counts.nights, counts.worked, counts.saved, counts.ruined)
        rows.append([str(i), *(f"{part[i].sum() / episodes:.4g}" for part in parts)])
    return Summary(
        f"{type(counts).__name__}: {of}, {counts.houses} houses, {counts.agents} agents",
        ["line-up", "nights", "worked", "saved", "ruined"],
        rows,
        ["an episode, over all seats and houses"],
    )


def each_once(*listings: str, separator: str = ", ") -> str:
    """Merge listings in text into one, each item once, in the order of first mention.

    Parameters
    ----------
    *listings : str
        Items between separators.
    separator : str
        The text between two items.
    """
    items = (item for listing in listings for item in listing.split(separator) if item)
    return separator.join(dict.fromkeys(items))
