"""A search on its way: its payoffs, what it may still spend, and what it is resumed from."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Generic, TypeVar

from bucket_brigade.equilibrium.payoffs.profile import Deviation
from bucket_brigade.equilibrium.payoffs.sources import ProfileGains
from bucket_brigade.equilibrium.results.certified import DeviationGain
from bucket_brigade.equilibrium.results.saved import check_settings
from bucket_brigade.equilibrium.search.options import SearchOptions
from bucket_brigade.equilibrium.verdict.regret import Regret
from bucket_brigade.errors import InvalidValue
from bucket_brigade.policies.labels import label_key

__all__ = ["Running"]

Asked = TypeVar("Asked", bound=SearchOptions)


class Running(Generic[Asked]):
    """The parts of a search under way that all searches share.

    Parameters
    ----------
    asked : SearchOptions
        What the search was asked for.
    settings : dict
        What its result depends on (see `SearchOptions.settings`).
    state : mapping, optional
        What `on_state` was last given by a search with the same settings.
    on_state : callable, optional
        Called with all that is known, as JSON knows it.

    Raises
    ------
    InvalidValue
        If the state is that of another search.
    """

    #: Version of the states.
    VERSION: ClassVar[int]

    def __init__(
        self,
        asked: Asked,
        settings: dict[str, Any],
        state: Mapping[str, Any] | None,
        on_state: Callable[[dict[str, Any]], object] | None,
    ) -> None:
        if state is not None:
            if state.get("state_version") != self.VERSION:
                version, allowed = state.get("state_version"), f"version {self.VERSION}"
                raise InvalidValue("state", version, allowed)
            check_settings(state["settings"], settings)
        self.asked = asked
        self.settings = settings
        self.epsilon = float(settings["epsilon"])
        self.source = asked.payoff_source()
        if state is not None:
            self.source.episodes_played = state["episodes"]
            self.source.backend = state["backend"]
        self.budget = asked.budget(
            self.source.episodes_played, 0.0 if state is None else state["seconds"]
        )
        self._on_state = on_state

    def keep_state(self, known: Mapping[str, Any]) -> None:
        """Tells `on_state` what the search knows, and what it has spent."""
        if self._on_state is not None:
            self._on_state(
                {
                    "state_version": self.VERSION,
                    "settings": self.settings,
                    **known,
                    "episodes": self.source.episodes_played,
                    "backend": self.source.backend,
                    "seconds": self.budget.elapsed,
                }
            )

    def certified(
        self, regret: Regret, deviations: Sequence[Deviation], gains: ProfileGains
    ) -> dict[str, Any]:
        """The fields that a `CertifiedResult` has of any search, but for `reason`."""
        gained = [
            DeviationGain(label_key(deviation.strategy), deviation.seats, gain, error)
            for deviation, gain, error in zip(
                deviations, gains.mean.tolist(), gains.stderr.tolist(), strict=True
            )
        ]
        return {
            "scenario": self.asked.scenario,
            "regret": regret,
            "deviations": tuple(sorted(gained, key=lambda each: -each.gain)),
            "method": self.source.method,
            "seed": self.asked.seed,
            "num_simulations": self.asked.num_simulations,
            "episodes": self.source.episodes_played,
            "backend": self.source.backend,
            "seconds": self.budget.elapsed,
            "nights": gains.nights,
        }
