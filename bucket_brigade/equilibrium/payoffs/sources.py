"""Sources of payoffs: played episodes or the exact chain, behind one interface.

Everything else in this package asks a `PayoffSource` and never the engines. Exact payoffs have no
error, so that one look settles what they are asked; sampled ones come with as many episodes as
asked, of one seed, whose episodes are divided by purpose (`bucket_brigade.simulation.purposes`).
"""

from collections.abc import Sequence
from typing import Protocol

from bucket_brigade._arrays import FloatArray
from bucket_brigade.equilibrium.payoffs.profile import Deviation, Profile
from bucket_brigade.equilibrium.verdict.regret import Gains
from bucket_brigade.game.scenario import Scenario
from bucket_brigade.policies.spaces import Member

__all__ = ["BATCHES", "PayoffSource", "ProfileGains"]

#: Parts into which the blocks of a line-up are dealt, for standard errors in bounded memory.
BATCHES = 32


class ProfileGains(Gains, Protocol):
    """Gains of deviations from a profile, with what the profile itself earns."""

    @property
    def payoffs(self) -> FloatArray:
        """Mean return of every seat, shape (A,)."""

    @property
    def payoffs_stderr(self) -> FloatArray:
        """Standard errors of the payoffs, shape (A,)."""

    @property
    def payoff(self) -> tuple[float, float]:
        """Mean return over the focal seats, and its standard error."""

    @property
    def nights(self) -> float:
        """Mean nights of an episode."""


class PayoffSource(Protocol):
    """The source that the equilibrium code asks for payoffs.

    Attributes
    ----------
    scenario : Scenario
        The game.
    method : str
        "sampled" or "exact".
    is_exact : bool
        Whether payoffs are exact; then nothing is ever played, and numbers of episodes are without
        meaning.
    episodes_played : int
        Episodes of all line-ups so far; 0 if exact.
    backend : str or None
        What played them (see `EventCounts.backend`); None if exact.
    """

    scenario: Scenario
    method: str
    is_exact: bool
    episodes_played: int
    backend: str | None

    def batches(
        self, pool: Sequence[Member], lineups: Sequence[Sequence[int]], first: int, episodes: int
    ) -> tuple[FloatArray, FloatArray]:
        """Returns of line-ups of a restricted game, summed over batches of episodes.

        `first` and `episodes` say which episodes of purpose `GAME`, whole blocks.

        Returns
        -------
        sums : ndarray, shape (L, A, B)
            Sums of returns. Batches of all line-ups meet the same luck.
        sizes : ndarray, shape (B,)
            Episodes of each batch. Exact payoffs are one batch of one episode.
        """

    def payoffs(
        self, profile: Profile, deviations: Sequence[Deviation], *, episodes: int, purpose: int
    ) -> FloatArray:
        """Mean returns of those who deviate, shape (M,), each over its seats."""

    def gains(
        self,
        profile: Profile,
        deviations: Sequence[Deviation],
        focal: Sequence[int],
        *,
        look: int,
    ) -> ProfileGains:
        """The gains of deviations, on episodes that nothing else plays: those of look `look`.

        `focal` are the seats whose mean is the profile's payoff.
        """
