"""What a search wrote under version 0.1 before it was interrupted is what it goes on from."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

import bucket_brigade as bb
from bucket_brigade.equilibrium import RoleEquilibrium, RoleSearch

#: The progress of one search of each kind, as `on_state` was given it by version 0.1.
STATES: dict[str, Any] = json.loads(
    Path(__file__).with_name("states.json").read_text(encoding="utf-8")
)
GAME = bb.scenario("hard").replace(num_houses=5, num_agents=3, min_nights=3, max_nights=12)


def test_a_double_oracle_of_version_0_1_goes_on() -> None:
    stages: list[object] = []
    search = bb.DoubleOracle(GAME, method="exact", epsilon=1e-4)
    resumed = search.solve(state=STATES["nash"], on_state=stages.append)
    # Those of version 0.1 began with the whole pool: another way to the same equilibrium.
    found = search.solve()
    assert resumed.verdict == found.verdict == "certified"
    assert resumed.payoff == pytest.approx(found.payoff, rel=1e-12)
    pools = [
        [each.strategy_pool[i].tolist() for i in each.distribution] for each in (resumed, found)
    ]
    assert pools[0] == pools[1]
    assert stages
    assert resumed.seconds > STATES["nash"]["seconds"]


def without_surfaces(found: RoleEquilibrium) -> RoleEquilibrium:
    searched = [
        {name: value for name, value in each.items() if name != "surface"}
        for each in found.searched
    ]
    return dataclasses.replace(found, searched=tuple(searched))


def test_a_search_by_seats_of_version_0_1_goes_on() -> None:
    stages: list[object] = []
    search = RoleSearch(GAME, method="exact", starts=1, seed=4, max_rounds=10)
    start = [["free_rider"] * 3]
    resumed = search.solve(start, state=STATES["roles"], on_state=stages.append)
    whole: list[object] = []
    found = search.solve(start, on_state=whole.append)
    # Version 0.1 kept no surfaces.
    assert [without_surfaces(each) for each in resumed] == [without_surfaces(one) for one in found]
    assert len(stages) == len(whole) - STATES["roles"]["followed"]
