"""The reference payoffs of docs/rules.md."""

from math import hypot

import numpy as np
import pytest

import bucket_brigade as bb

# Of the original project's engine, with one standard error.
MEASURED = {
    ("default", "firefighter"): (2006.2, 14.6),
    ("default", "free_rider"): (-6794.3, 28.6),
    ("default", "hero"): (2035.1, 14.0),
    ("default", "coordinator"): (-70.9, 23.4),
    ("hard", "firefighter"): (-1149.3, 14.3),
    ("hard", "free_rider"): (-2193.8, 11.1),
    ("hard", "hero"): (-608.9, 14.7),
    ("hard", "coordinator"): (-2612.0, 11.8),
}


@pytest.mark.parametrize(("name", "archetype"), list(MEASURED))
def test_measured_payoffs(name: str, archetype: str) -> None:
    scenario = bb.scenario(name).replace(night_order="burn_out_then_spread")
    result = bb.simulate(scenario, [[archetype] * 4], episodes=60_000, seed=1)
    mean, stderr = MEASURED[name, archetype]
    ours = float(result.stderr[0, 0])
    assert 0 < ours < stderr
    assert abs(float(result.mean[0, 0]) - mean) <= 4 * hypot(stderr, ours)


@pytest.mark.parametrize("order", ["spread_then_burn_out", "burn_out_then_spread"])
@pytest.mark.parametrize("end_rule", ["all_safe_or_all_ruined", "no_fires"])
def test_where_nothing_burns_the_payoff_is_known(order: str, end_rule: str) -> None:
    scenario = bb.scenario("trivial_cooperation").replace(night_order=order, end_rule=end_rule)
    names = list(bb.ARCHETYPES)
    result = bb.simulate(scenario, [[name] * 4 for name in names], episodes=20_000, seed=2)
    for i, name in enumerate(names):
        theta = bb.ARCHETYPES[name]
        p = theta[1] * (1 - theta[8])
        expected = 13 * (100.5 - p)
        if p == 1.0:
            assert result.mean[i].tolist() == [expected] * 4
            assert result.stderr[i].tolist() == [0.0] * 4
        else:
            assert (result.stderr[i] > 0).all()
            assert (abs(result.mean[i] - expected) <= 4 * result.stderr[i]).all()
    assert np.array_equal(result.counts.nights, [13 * 20_000] * len(names))
    assert result.counts.ended.tolist() == [[20_000, 0, 0, 0]] * len(names)
