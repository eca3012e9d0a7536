"""Parameters of a game for people, and which of them are not those of the catalogue."""

from collections.abc import Collection
from typing import Any

from bucket_brigade.game.catalogue import SCENARIOS
from bucket_brigade.game.scenario import Scenario
from bucket_brigade.sweeps.pictures import label_of

__all__ = ["parameters"]

_NONE = ("name", "description", "rules_version")


def parameters(scenario: Scenario, without: Collection[str] = ()) -> dict[str, Any]:
    """What the page says about the parameters of a game.

    Parameters
    ----------
    scenario : Scenario
        The game.
    without : collection of str
        Parameters that are not told, as they have no one value.

    Returns
    -------
    dict
        ``all``, a list of [label, value]; and ``changed``, a list of [label, value, usual value]
        for those that are not as in the scenario of the catalogue with this name, or None if none
        has it.
    """
    told = {
        name: value
        for name, value in scenario.to_dict().items()
        if name not in _NONE and name not in without
    }
    usual = SCENARIOS.get(scenario.name)
    changed = None
    if usual is not None:
        of_name = usual.to_dict()
        changed = [
            [label_of(name), value, of_name[name]]
            for name, value in told.items()
            if value != of_name[name]
        ]
    return {"all": [[label_of(name), value] for name, value in told.items()], "changed": changed}
