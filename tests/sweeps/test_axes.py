"""Axes: values from text and lists, and the scenario of a point."""

from typing import Any

import numpy as np
import pytest

import bucket_brigade as bb
from bucket_brigade.sweeps.axes import as_values, parsed_axis, scenario_at


def test_a_range_holds_the_numbers_nearest_to_its_places() -> None:
    assert parsed_axis("prob_house_catches_fire=0.1:0.9:9") == (
        "prob_house_catches_fire",
        (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9),
    )
    assert as_values("min_nights", "4:10:3") == (4, 7, 10)
    assert all(isinstance(value, int) for value in as_values("min_nights", "4:10:3"))
    assert as_values("cost_to_work_one_night", "1:-1:3") == (1, 0, -1)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ("0.5,1,2", (0.5, 1, 2)),
        (
            "spread_then_burn_out,burn_out_then_spread",
            ("spread_then_burn_out", "burn_out_then_spread"),
        ),
        ("[[1,2],[3,4]]", ([1, 2], [3, 4])),
        (np.array([0.25, 0.5]), (0.25, 0.5)),
        ([np.float64(1), np.int64(2)], (1.0, 2)),
        (3, (3,)),
    ],
)
def test_values_are_what_json_knows(values: object, expected: tuple[Any, ...]) -> None:
    assert as_values("cost_to_work_one_night", values) == expected


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("cost_to_work=1", "axis = 'cost_to_work'"),
        ("cost_to_work_one_night", "grid ="),
        ("cost_to_work_one_night=", "no values"),
        ("cost_to_work_one_night=1,1", "1 twice"),
        ("cost_to_work_one_night=0:1:1", "2 to 1,000,000"),
        ("cost_to_work_one_night=[1", "JSON"),
    ],
)
def test_what_is_no_axis_is_refused(text: str, named: str) -> None:
    with pytest.raises(bb.InvalidValue, match=r"(?s)") as caught:
        parsed_axis(text)
    assert named in str(caught.value)


def test_a_point_begins_with_its_scenario_then_rules_then_changes_then_its_values() -> None:
    base = bb.scenario("default")
    values = {"scenario": "hard", "rules": "original-python", "max_nights": 7}
    found = scenario_at(base, "original-rust", {"max_nights": 9, "min_nights": 3}, values)
    expected = bb.scenario("hard", rules="original-python").replace(max_nights=7, min_nights=3)
    assert found == expected
    assert scenario_at(base, None, {}, {"seed": 4}) == base
