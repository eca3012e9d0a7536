"""Firefighters in the kernels: counts of the CPU and of the plain reference, and no trace of them
where nobody is one."""

from itertools import product
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from drawn_games import (
    END_RULES,
    ORDERS,
    TOP,
    as_reference,
    episode_numbers,
    probabilities,
    scenarios,
    seeds,
    thetas,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from playing import agreed, counted
from reference_game import RefFirefighter, Seated, play
from shapes import DEFAULT, FIREFIGHTERS, MIXED

import bucket_brigade as bb
from bucket_brigade import _core
from bucket_brigade.game.program import compile_program
from bucket_brigade_cuda.backend import CudaBackend, check_kinds
from bucket_brigade_cuda.kernels.shape import Shape
from bucket_brigade_cuda.launch.job import shape_of

RING, CROWDED = FIREFIGHTERS
ANY, OWN = bb.Firefighter(0.7), bb.Firefighter(0.9, own_first=True)


def game(shape: Shape, **changes: Any) -> bb.Scenario:
    """A lively game of a shape."""
    hard = bb.scenario("hard").replace(num_houses=shape.houses, num_agents=shape.agents)
    return hard.replace(prob_house_catches_fire=0.1, min_nights=2, max_nights=20, **changes)


@pytest.mark.parametrize("shape", FIREFIGHTERS, ids=str)
@pytest.mark.parametrize(("order", "rule"), list(product(ORDERS, END_RULES)))
def test_alone_beside_others_and_mixed(
    order: str, rule: str, shape: Shape, ptx: CudaBackend
) -> None:
    never, always = bb.Firefighter(0.0, own_first=True), bb.Firefighter(1.0, own_first=True)
    both = bb.Mixture([OWN, ANY], [0.5, 0.5])
    kinds = bb.Mixture(["liar", OWN], [0.4, 0.6])
    seats = [both, OWN, "hero", kinds, ANY, always, never, "free_rider"]
    lineups = [[seats[(i + a) % len(seats)] for a in range(shape.agents)] for i in range(4)]
    if shape.width > 2:
        lineups[0][0] = bb.Mixture([OWN, "hero", ANY], [0.2, 0.3, 0.5])
    lineups += [[both, *[one] * (shape.agents - 1)] for one in (ANY, OWN, always, never)]
    scenario = game(shape, night_order=order, end_rule=rule)
    assert shape_of(compile_program(scenario, lineups, seed=0, episodes=1)) == shape
    agreed(ptx, scenario, lineups, episodes=90, first_episode=2**60 + 17, seed=2**32 + 5)


@settings(max_examples=15, deadline=None)
@given(
    drawn=scenarios(most_nights=6, most_houses=2, most_agents=1),
    policies=st.lists(
        st.one_of(thetas, st.builds(RefFirefighter, probabilities, st.booleans())),
        min_size=2,
        max_size=8,
    ),
    shape=st.sampled_from(FIREFIGHTERS),
    seed=seeds,
    first=episode_numbers,
    data=st.data(),
)
def test_any_policies(
    drawn: bb.Scenario,
    policies: list[Seated],
    shape: Shape,
    seed: int,
    first: int,
    data: st.DataObject,
    ptx: CudaBackend,
) -> None:
    """By the plain reference, which shares no code with the engines."""
    numbers = st.integers(0, len(policies) - 1)
    pairs = [data.draw(st.tuples(numbers, numbers)) for _ in range(shape.agents)]
    seats = [[(0.25, policies[i]), (0.75, policies[j])] for i, j in pairs]
    scenario = drawn.replace(
        num_houses=shape.houses,
        num_agents=shape.agents,
        reward_own_house_survives=1.0,
        reward_other_house_survives=2.0,
        penalty_own_house_burns=3.0,
        penalty_other_house_burns=4.0,
    )
    lineup = [bb.Mixture([entry(one) for _, one in seat], [0.25, 0.75]) for seat in seats]
    numbered = range(min(first, TOP - 6), min(first, TOP - 6) + 6)
    counts = bb.simulate(
        scenario, [lineup], seed=seed, first_episode=numbered[0], episodes=6, backend=ptx
    ).counts
    reference = as_reference(scenario)
    expected = sum(np.array(counted(play(reference, seats, seed, one))) for one in numbered)
    assert np.array_equal(counts.totals[0], expected)


def entry(policy: Seated) -> object:
    """The policy as the package takes it."""
    if isinstance(policy, RefFirefighter):
        return bb.Firefighter(policy.w, policy.own_first)
    return policy


def test_others_play_kernels_that_know_nothing_of_them() -> None:
    scenario = bb.scenario("default")
    mixture = bb.Mixture(["hero", "liar"], [0.5, 0.5])
    for lineup, shape in (
        (["hero", "firefighter", "liar", "hero"], DEFAULT),
        (["hero", mixture, "liar", "hero"], MIXED),
        (["hero", mixture, OWN, "hero"], RING),
    ):
        assert shape_of(compile_program(scenario, [lineup], seed=0, episodes=1)) == shape
    # Neither those that draw mixtures nor those that sum depend on it.
    assert RING.of_kernel("play") == RING
    assert RING.of_kernel("cast") == MIXED
    assert RING.of_kernel("features") == MIXED.of_kernel("add_up") == DEFAULT


def test_kinds_that_no_kernel_plays_are_refused() -> None:
    assert set(CudaBackend.policy_kinds) == set(_core.POLICY_KINDS)
    program: Any = SimpleNamespace(policy_kinds=["heuristic", "clairvoyant"])
    with pytest.raises(bb.InvalidValue, match=r"kind clairvoyant.*heuristic, firefighter"):
        check_kinds(program)
