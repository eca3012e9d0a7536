"""Best responses and the surfaces they are read off."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest
from scipy.optimize import minimize

import bucket_brigade as bb
from bucket_brigade.equilibrium import (
    ExactPayoffs,
    Profile,
    SampledPayoffs,
    best_response,
    best_response_in_box,
)
from bucket_brigade.equilibrium.payoffs.profile import Deviation
from bucket_brigade.equilibrium.responses.surface import Point, fit_surface, fit_surfaces
from bucket_brigade.policies.heuristic import duties, each_duty_once, strategy_of
from bucket_brigade.simulation.purposes import SEARCH, SELECTION

SMALL = bb.scenario("default").replace(num_houses=3, num_agents=2, min_nights=3, max_nights=12)
SEATS = (0, 1)
ARCHETYPES = list(bb.ARCHETYPES.values())


def two_hills(points: Sequence[tuple[float, float]]) -> npt.NDArray[np.float64]:
    """A high one at (0.2, 0.9), a lower one at (0.8, 0.3)."""
    return np.array(
        [
            3 * np.exp(-8 * ((p - 0.2) ** 2 + (q - 0.9) ** 2))
            + 2 * np.exp(-8 * ((p - 0.8) ** 2 + (q - 0.3) ** 2))
            for p, q in points
        ]
    )


def test_a_surface_is_as_close_as_it_says() -> None:
    surface = fit_surface(two_hills, lambda surface: surface.error <= 1e-4)
    axis = np.linspace(0, 1, 23)
    points = [(float(p), float(q)) for p in axis for q in axis]
    off = surface(*np.array(points).T) - two_hills(points)
    assert 0 < np.abs(off).max() <= surface.error <= 1e-4
    # The first degrees do not suffice, and say so.
    rough = fit_surface(two_hills, lambda surface: True)
    assert rough.evaluations == 15
    off = rough(*np.array(points).T) - two_hills(points)
    assert 0.01 < np.abs(off).max() <= rough.error


def test_surfaces_fitted_together_are_those_fitted_alone() -> None:
    calls: list[tuple[int, int]] = []
    seen: set[Point] = set()

    def payoffs(points: Sequence[Point], chosen: Sequence[int]) -> npt.NDArray[np.float64]:
        calls.append((len(points), len(chosen)))
        assert not seen & set(points)
        seen.update(points)
        plain = np.array([p - q for p, q in points])
        return np.array([(two_hills(points), plain)[i] for i in chosen])

    hills, slope = fit_surfaces(payoffs, [lambda s: s.error <= 1e-4, lambda s: s.error <= 1e-4])
    assert calls[0] == (15, 2)
    assert all(number == 1 for _, number in calls[1:])
    alone = fit_surface(two_hills, lambda surface: surface.error <= 1e-4)
    assert hills == alone
    assert hills.evaluations == sum(points for points, _ in calls)
    assert slope.maxima() == [(1.0, 0.0)]
    assert slope.evaluations == 15


def test_all_hills_are_climbed() -> None:
    surface = fit_surface(two_hills, lambda surface: surface.error <= 1e-6)
    (first, second, *others) = surface.maxima()
    for found, start in ((first, (0.2, 0.9)), (second, (0.8, 0.3))):
        top = minimize(lambda at: -two_hills([tuple(at)])[0], start, tol=1e-12).x
        assert found == pytest.approx(top, abs=1e-4)
    assert all(surface(*point) < surface(*second) for point in others)


def test_hills_at_the_edge_and_plains() -> None:
    slope = fit_surface(lambda points: np.array([3 * p - q for p, q in points]), lambda s: True)
    assert slope.maxima() == [(1.0, 0.0)]
    assert slope.error == pytest.approx(0, abs=1e-12)
    # Who never works does not care where: q = 1 then.
    plain = fit_surface(lambda points: np.array([-p for p, _ in points]), lambda s: True)
    assert plain.maxima() == [(0.0, 1.0)]


def brute_force(profile: Profile, seats: tuple[int, ...], steps: int) -> float:
    """The best payoff on an even grid."""
    axis = np.linspace(0, 1, steps)
    deviations = [Deviation(strategy_of(p, q), seats) for p in axis for q in axis]
    return float(ExactPayoffs(profile.scenario).payoffs(profile, deviations).max())


@pytest.mark.parametrize("seats", [(0, 1), (1,)])
@pytest.mark.parametrize("p", [0.1, 0.9])
def test_no_strategy_of_a_grid_is_better(p: float, seats: tuple[int, ...]) -> None:
    profile = Profile.symmetric(SMALL, [strategy_of(p, 0.5), strategy_of(1, 1)], {0: 0.75, 1: 0.25})
    exact = best_response(ExactPayoffs(SMALL), profile, seats, ARCHETYPES, episodes=0)
    best = brute_force(profile, seats, 21)
    assert exact.payoff >= best - 1e-9
    assert exact.payoff <= best + 5
    assert exact.candidates[0] is exact.strategy
    # Sampled, it may be another one, but none that is much worse.
    source = SampledPayoffs(SMALL, seed=2)
    sampled = best_response(source, profile, seats, ARCHETYPES, episodes=40_000)
    worth = ExactPayoffs(SMALL).payoffs(profile, [Deviation(sampled.strategy, seats)])[0]
    selected = source.payoffs(
        profile, [Deviation(sampled.strategy, seats)], episodes=40_000, purpose=SELECTION
    )
    assert sampled.payoff == pytest.approx(selected[0], abs=1e-9)
    assert best - 3 <= worth <= exact.payoff + 1e-9
    assert len(each_duty_once(sampled.candidates)) == len(sampled.candidates)
    known = {tuple(duties(theta)) for theta in sampled.candidates}
    assert known >= {tuple(duties(theta)) for theta in ARCHETYPES}
    again = best_response(
        SampledPayoffs(SMALL, seed=2, threads=1), profile, seats, ARCHETYPES, episodes=40_000
    )
    assert np.array_equal(again.strategy, sampled.strategy)


def test_a_search_of_any_parameters_finds_as_good_a_response() -> None:
    profile = Profile.symmetric(SMALL, [strategy_of(0.1, 0.5)], {0: 1.0})
    exact = best_response(ExactPayoffs(SMALL), profile, SEATS, [], episodes=0)
    found = best_response_in_box(ExactPayoffs(SMALL), profile, SEATS, seed=1, tolerance=1e-6)
    assert exact.payoff - 0.5 <= found.payoff <= exact.payoff + 1e-9
    # Only what may vary does.
    work = best_response_in_box(ExactPayoffs(SMALL), profile, SEATS, parameters=[1], seed=1)
    assert np.array_equal(np.delete(work.strategy, 1), np.delete(profile.pool[0], 1))
    with pytest.raises(bb.InvalidValue, match="parameters"):
        best_response_in_box(ExactPayoffs(SMALL), profile, SEATS, parameters=[10])


def test_a_round_of_the_search_is_one_call(monkeypatch: pytest.MonkeyPatch) -> None:
    profile = Profile.symmetric(SMALL, [strategy_of(0.1, 0.5)], {0: 1.0})
    calls = []
    payoffs = SampledPayoffs.payoffs

    def counted(self: SampledPayoffs, *given: object, **options: object) -> object:
        calls.append(options["purpose"])
        return payoffs(self, *given, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(SampledPayoffs, "payoffs", counted)
    found = best_response_in_box(SampledPayoffs(SMALL), profile, SEATS, episodes=64, seed=1)
    assert len(calls) == found.searched["rounds"] <= 41
    assert set(calls) == {SEARCH}
    calls.clear()
    best_response(SampledPayoffs(SMALL), profile, SEATS, ARCHETYPES, episodes=64)
    assert len(calls) == 3
