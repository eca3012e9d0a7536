"""Symmetric games and their equilibria, against closed forms, brute force and pygambit."""

import itertools
import math
from collections.abc import Callable, Iterator
from fractions import Fraction

import gambit_oracle
import numpy as np
import numpy.typing as npt
import pytest
from gambit_oracle import Solved, integer_game

from bucket_brigade.equilibrium.games import solver
from bucket_brigade.equilibrium.games.approximation import logit_path, multiplicative_weights
from bucket_brigade.equilibrium.games.comparison import Comparison
from bucket_brigade.equilibrium.games.solver import (
    NoEquilibriumFound,
    SymmetricEquilibrium,
    solve_symmetric,
    symmetric_equilibria,
)
from bucket_brigade.equilibrium.games.support_enumeration import bernstein_roots
from bucket_brigade.equilibrium.games.symmetric_game import SymmetricGame, enumerate_compositions
from bucket_brigade.errors import InvalidValue

pytestmark = pytest.mark.slow

Array = npt.NDArray[np.float64]


# Witnesses, written without the code under test.


def counts_of(profile: tuple[int, ...], strategies: int) -> tuple[int, ...]:
    return tuple(profile.count(s) for s in range(strategies))


def expected_payoffs(game: SymmetricGame, x: Array) -> Array:
    """Payoffs of pure strategies, by summing over every ordered profile of the opponents."""
    column = {tuple(row): c for c, row in enumerate(game.compositions.tolist())}
    total = np.zeros(x.size)
    for profile in itertools.product(range(x.size), repeat=game.num_players - 1):
        probability = math.prod(x[s] for s in profile)
        total += probability * game.payoffs[:, column[counts_of(profile, x.size)]]
    return total


def regret_by_counts(game: SymmetricGame, x: Array) -> float:
    """Regret, by summing over compositions with factorials; for games with too many profiles."""
    weights = [
        math.factorial(game.num_players - 1)
        * math.prod(float(p) ** m / math.factorial(m) for p, m in zip(x, row, strict=True))
        for row in game.compositions.tolist()
    ]
    payoffs = game.payoffs @ np.array(weights)
    return float(payoffs.max() - x @ payoffs)


def random_game(seed: int, players: int, strategies: int) -> SymmetricGame:
    columns = math.comb(players + strategies - 2, strategies - 1)
    return SymmetricGame(players, np.random.default_rng(seed).normal(size=(strategies, columns)))


def bimatrix(rows: npt.ArrayLike) -> SymmetricGame:
    return SymmetricGame(2, np.array(rows))


def distributions(game: SymmetricGame) -> list[list[float]]:
    return sorted(e.distribution.tolist() for e in symmetric_equilibria(game))


def assert_same(found: list[list[float]], expected: list[list[float]]) -> None:
    assert len(found) == len(expected)
    np.testing.assert_allclose(found, sorted(expected), rtol=0, atol=1e-8)


# The game.


def test_compositions_come_in_the_documented_order() -> None:
    game = SymmetricGame.from_function(3, 3, lambda own, counts: 0.0)
    expected = [[2, 0, 0], [1, 1, 0], [1, 0, 1], [0, 2, 0], [0, 1, 1], [0, 0, 2]]
    assert game.compositions.tolist() == expected


@pytest.mark.parametrize(("total", "parts"), [(0, 1), (0, 4), (5, 1), (6, 2), (4, 5)])
def test_compositions_are_all_of_them(total: int, parts: int) -> None:
    rows = [tuple(row) for row in enumerate_compositions(total, parts).tolist()]
    everything = itertools.product(range(total + 1), repeat=parts)
    assert rows == sorted((r for r in everything if sum(r) == total), reverse=True)


def test_from_function_asks_for_own_strategy_and_opponents() -> None:
    game = SymmetricGame.from_function(
        4, 3, lambda own, counts: float(100 * own + counts @ [1, 10, 0.5])
    )
    for own, (column, counts) in itertools.product(range(3), enumerate(game.compositions)):
        assert game.payoffs[own, column] == 100 * own + counts[0] + 10 * counts[1] + counts[2] / 2


@pytest.mark.parametrize(("players", "strategies"), [(2, 1), (2, 4), (3, 3), (5, 2), (5, 3)])
def test_expectations_match_a_sum_over_profiles(players: int, strategies: int) -> None:
    game = random_game(1, players, strategies)
    rng = np.random.default_rng(2)
    for x in (*np.eye(strategies), *rng.dirichlet(np.full(strategies, 0.7), 5)):
        for mixture in (x, np.where(np.arange(strategies) == 1, 0, x)):
            if not mixture.any():
                continue
            y = mixture / mixture.sum()
            expected = expected_payoffs(game, y)
            np.testing.assert_allclose(game.deviation_payoffs(y), expected, atol=1e-13)
            assert game.payoff(y) == pytest.approx(y @ expected, abs=1e-13)
            assert game.regret(y) == pytest.approx(expected.max() - y @ expected, abs=1e-13)


@pytest.mark.parametrize("x", [[0.2, 0.5, 0.3], [0.4, 0.0, 0.6], [0.0, 1.0, 0.0]])
def test_jacobian_matches_one_opponent_fixed(x: list[float]) -> None:
    game = random_game(3, 4, 3)
    jacobian = game.deviation_jacobian(x)
    column = {tuple(row): c for c, row in enumerate(game.compositions.tolist())}
    for own, fixed in itertools.product(range(3), repeat=2):
        expected = 3 * sum(
            math.prod(x[s] for s in profile)
            * game.payoffs[own, column[counts_of((fixed, *profile), 3)]]
            for profile in itertools.product(range(3), repeat=2)
        )
        assert jacobian[own, fixed] == pytest.approx(expected, abs=1e-13)


def test_jacobian_predicts_changes_of_payoffs() -> None:
    game = random_game(4, 5, 4)
    x, line = np.array([0.1, 0.2, 0.3, 0.4]), np.array([1e-6, -3e-6, 4e-6, -2e-6])
    change = game.deviation_payoffs(x + line) - game.deviation_payoffs(x - line)
    np.testing.assert_allclose(change, 2 * game.deviation_jacobian(x) @ line, atol=1e-13)


def test_regret_ignores_large_amounts_that_only_depend_on_others() -> None:
    game = random_game(5, 3, 3)
    rounded = np.round(game.payoffs * 2**20) / 2**20  # so that adding 2**30 is exact
    shift = 2.0**30 * np.arange(game.payoffs.shape[1])
    x = [0.3, 0.3, 0.4]
    shifted = SymmetricGame(3, rounded + shift)
    assert shifted.regret(x) == pytest.approx(SymmetricGame(3, rounded).regret(x), rel=1e-12)
    assert shifted.payoff_scale == SymmetricGame(3, rounded).payoff_scale


def test_payoff_scale_is_the_most_a_change_of_strategy_can_matter() -> None:
    assert bimatrix([[0.0, 1000.0], [2.0, 1003.0]]).payoff_scale == 3.0


def test_a_game_keeps_its_own_read_only_numbers() -> None:
    payoffs = np.array([[1.0, 2.0], [3.0, 4.0]])
    game = SymmetricGame(2, payoffs)
    payoffs[0, 0] = 99.0
    assert game.payoffs[0, 0] == 1.0
    for array in (game.payoffs, game.compositions):
        with pytest.raises(ValueError, match="read-only"):
            array[0, 0] = 5
    with pytest.raises(AttributeError):
        game.num_players = 3  # type: ignore[misc]


# Line-ups of players who are seated at random.


def test_two_seats_by_hand() -> None:
    first, second = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[10.0, 20.0], [30.0, 40.0]])
    game = SymmetricGame.from_lineups(np.stack([first, second], axis=-1))
    # 0 against 1: seat 0 earns first[0, 1] = 2, seat 1 earns second[1, 0] = 30; the mean is 16.
    assert game.payoffs.tolist() == [[5.5, 16.0], [11.5, 22.0]]


@pytest.mark.parametrize(("seats", "strategies"), [(2, 3), (3, 3), (4, 2), (5, 2), (3, 1)])
def test_lineups_match_an_average_over_all_seatings(seats: int, strategies: int) -> None:
    shape = (strategies,) * seats + (seats,)
    table = np.random.default_rng(6).normal(size=shape)
    game = SymmetricGame.from_lineups(table)
    assert game.num_players == seats
    for own, (column, counts) in itertools.product(
        range(strategies), enumerate(game.compositions.tolist())
    ):
        # Player 0 is the focal one, players 1, 2, ... are the others; seat_of[player].
        players = [own, *(s for s in range(strategies) for _ in range(counts[s]))]
        earned = []
        for seat_of in itertools.permutations(range(seats)):
            lineup = [0] * seats
            for player, seat in enumerate(seat_of):
                lineup[seat] = players[player]
            earned.append(table[(*lineup, seat_of[0])])
        assert game.payoffs[own, column] == pytest.approx(np.mean(earned), abs=1e-13)


def test_lineups_give_what_players_earn_on_average() -> None:
    table = np.random.default_rng(7).normal(size=(3, 3, 3, 3, 4))
    x = np.array([0.5, 0.2, 0.3])
    mean = sum(
        math.prod(x[s] for s in lineup) * table[lineup].mean()
        for lineup in itertools.product(range(3), repeat=4)
    )
    assert SymmetricGame.from_lineups(table).payoff(x) == pytest.approx(mean, abs=1e-13)


# Closed forms.


@pytest.mark.parametrize("players", range(2, 9))
@pytest.mark.parametrize(("cost", "benefit"), [(0.3, 1.0), (9.0, 10.0)])
def test_volunteers_dilemma(players: int, cost: float, benefit: float) -> None:
    def payoff(own: int, counts: npt.NDArray[np.int64]) -> float:
        return benefit - cost if own == 0 else benefit * bool(counts[0])

    game = SymmetricGame.from_function(players, 2, payoff)
    volunteer = 1 - (cost / benefit) ** (1 / (players - 1))
    assert_same(distributions(game), [[volunteer, 1 - volunteer]])
    assert solve_symmetric(game).payoff == pytest.approx(benefit - cost, abs=1e-9)


def test_hawk_dove() -> None:
    prize, injury = 2.0, 5.0
    game = bimatrix([[(prize - injury) / 2, prize], [0.0, prize / 2]])
    assert_same(distributions(game), [[prize / injury, 1 - prize / injury]])


def test_rock_paper_scissors() -> None:
    game = bimatrix([[0.0, -1.0, 1.0], [1.0, 0.0, -1.0], [-1.0, 1.0, 0.0]])
    assert_same(distributions(game), [[1 / 3] * 3])
    assert solve_symmetric(game).support == (0, 1, 2)


def test_biased_rock_paper_scissors() -> None:
    # The antisymmetric matrix of (a, b, c) has the null vector (a, b, c).
    a, b, c = 0.2, 0.5, 0.3
    game = bimatrix([[0.0, -c, b], [c, 0.0, -a], [-b, a, 0.0]])
    assert_same(distributions(game), [[a, b, c]])
    assert solve_symmetric(game).payoff == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("players", [2, 3, 5, 16])
def test_stag_hunt(players: int) -> None:
    def payoff(own: int, counts: npt.NDArray[np.int64]) -> float:
        return 3.0 * (counts[1] == 0) if own == 0 else 1.0

    game = SymmetricGame.from_function(players, 2, payoff)
    mixed = (1 / 3) ** (1 / (players - 1))
    assert_same(distributions(game), [[1.0, 0.0], [0.0, 1.0], [mixed, 1 - mixed]])
    best = solve_symmetric(game)
    assert (best.support, best.payoff, best.regret) == ((0,), 3.0, 0.0)


@pytest.mark.parametrize("players", [2, 4, 10])
@pytest.mark.parametrize(("factor", "pays"), [(0.9, False), (1.1, True)])
def test_public_goods(players: int, factor: float, pays: bool) -> None:
    # A coin given returns `factor` coins to the giver, and as many to everybody else.
    levels = np.array([0.0, 1.0, 2.0])

    def payoff(own: int, counts: npt.NDArray[np.int64]) -> float:
        return float(factor * (levels[own] + counts @ levels) - levels[own])

    game = SymmetricGame.from_function(players, 3, payoff)
    assert_same(distributions(game), [[0.0, 0.0, 1.0] if pays else [1.0, 0.0, 0.0]])


def test_prisoners_dilemma() -> None:
    equilibria = symmetric_equilibria(bimatrix([[3.0, 0.0], [5.0, 1.0]]))
    assert [(e.support, e.payoff, e.regret) for e in equilibria] == [((1,), 1.0, 0.0)]


@pytest.mark.parametrize("players", [2, 3, 4, 6])
@pytest.mark.parametrize("strategies", [2, 3, 4])
def test_coordination_has_an_equilibrium_on_every_support(players: int, strategies: int) -> None:
    # Strategy i pays rewards[i] if all agree on it, so x_i^(N - 1) rewards[i] is the same for all.
    rewards = np.array([1.0, 2.0, 3.5, 0.4])[:strategies]

    def payoff(own: int, counts: npt.NDArray[np.int64]) -> float:
        return float(rewards[own] * (counts[own] == players - 1))

    expected = []
    for used in itertools.product([0.0, 1.0], repeat=strategies):
        if any(used):
            x = np.array(used) * rewards ** (-1 / (players - 1))
            expected.append((x / x.sum()).tolist())
    game = SymmetricGame.from_function(players, strategies, payoff)
    assert_same(distributions(game), expected)


def test_equilibria_are_sorted_by_payoff() -> None:
    game = bimatrix(np.diag([1.0, 3.0, 2.0]))
    supports = [e.support for e in symmetric_equilibria(game)]
    # Payoffs are 3, 2, 6/5, 1, 3/4, 2/3 and 6/11.
    assert supports == [(1,), (2,), (1, 2), (0,), (0, 1), (0, 2), (0, 1, 2)]


def test_equal_payoffs_are_sorted_by_support() -> None:
    # All three pure equilibria pay 1, to the accuracy of a sum; mixing with 2 pays less.
    game = bimatrix([[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0 + 1e-13]])
    equilibria = symmetric_equilibria(game)
    assert [e.support for e in equilibria[:3]] == [(0,), (1,), (2,)]
    assert equilibria[-1].payoff == pytest.approx(0.5, abs=1e-9)
    # Sharing two places pays 1, and so does a third place that everybody has to go to.
    game = bimatrix([[0.0, 2.0, 0.0], [2.0, 0.0, 0.0], [-1.0, -1.0, 1.0]])
    assert [e.support for e in symmetric_equilibria(game)][:2] == [(2,), (0, 1)]


# Random games.


@pytest.mark.parametrize(
    ("players", "strategies", "games"),
    [(2, 2, 20), (2, 5, 10), (2, 8, 3), (3, 3, 12), (3, 6, 3), (4, 4, 5), (4, 7, 1), (6, 4, 3)],
)
def test_random_games_are_solved(players: int, strategies: int, games: int) -> None:
    for seed in range(games):
        game = random_game(seed, players, strategies)
        equilibria = symmetric_equilibria(game)
        spread = float(np.ptp(game.payoffs))
        for e in equilibria:
            assert e.distribution.min() >= 0
            assert e.distribution.sum() == pytest.approx(1, abs=1e-14)
            assert e.support == tuple(np.flatnonzero(e.distribution))
            assert regret_by_counts(game, e.distribution) <= 1e-9 * spread
            assert e.regret == pytest.approx(game.regret(e.distribution), abs=1e-15)
            assert e.payoff == pytest.approx(game.payoff(e.distribution), abs=1e-12)
        for one, other in itertools.combinations(equilibria, 2):
            assert np.abs(one.distribution - other.distribution).max() > 1e-6
        payoffs = [e.payoff for e in equilibria]
        assert payoffs == sorted(payoffs, reverse=True)
        # Almost every game has an odd number of equilibria, so an even one tells of a miss.
        assert len(equilibria) % 2 == 1


def test_adding_what_depends_on_others_changes_no_equilibrium() -> None:
    game = random_game(11, 4, 4)
    shift = np.random.default_rng(0).normal(size=game.payoffs.shape[1])
    shifted = SymmetricGame(4, 1e3 * (game.payoffs + shift))
    assert_same(distributions(shifted), distributions(game))


def test_results_depend_on_arguments_alone() -> None:
    game = random_game(12, 4, 5)
    one, other = symmetric_equilibria(game, seed=3), symmetric_equilibria(game, seed=3)
    assert [e.distribution.tolist() for e in one] == [e.distribution.tolist() for e in other]
    assert solve_symmetric(game, seed=3).distribution.tolist() == one[0].distribution.tolist()


def test_results_are_read_only() -> None:
    found = solve_symmetric(bimatrix([[3.0, 0.0], [5.0, 1.0]]))
    with pytest.raises(ValueError, match="read-only"):
        found.distribution[0] = 0.5
    with pytest.raises(AttributeError):
        found.regret = 0.0  # type: ignore[misc]


# Each way of searching, alone.


def nothing(*_: object) -> Iterator[Array]:
    return iter(())


def antisymmetric_game(seed: int, strategies: int) -> SymmetricGame:
    half = np.random.default_rng(seed).normal(size=(strategies, strategies))
    return bimatrix(half - half.T)


def crowded_game(players: int, strategies: int) -> SymmetricGame:
    """Sharing a strategy costs, so that all strategies that are not too dear are used."""
    return SymmetricGame.from_function(
        players, strategies, lambda own, counts: -(float(counts[own]) ** 1.5) - 0.1 * own
    )


@pytest.mark.parametrize(
    ("only", "game"),
    [
        ("enumeration", antisymmetric_game(0, 9)),
        ("enumeration", crowded_game(4, 5)),
        ("dynamics", antisymmetric_game(0, 9)),
        ("dynamics", crowded_game(4, 5)),
        ("logit path", antisymmetric_game(0, 20)),
        ("logit path", crowded_game(4, 5)),
        ("logit path", crowded_game(2, 12)),
    ],
)
def test_each_method_finds_an_equilibrium_alone(
    only: str, game: SymmetricGame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(solver, "pair_candidates", nothing)
    if only != "enumeration":
        monkeypatch.setattr(solver, "MOST_SUPPORTS", 0)
    if only != "dynamics":
        monkeypatch.setattr(solver, "multiplicative_weights", lambda game, starts: starts[:0])
    if only != "logit path":
        monkeypatch.setattr(solver, "logit_path", nothing)
    found = solve_symmetric(game)
    assert len(found.support) > 2
    assert regret_by_counts(game, found.distribution) <= 1e-9 * game.payoff_scale


@pytest.mark.parametrize("seed", range(8))
def test_logit_path_leads_to_an_equilibrium(seed: int) -> None:
    game = random_game(seed, 8, 4)
    scaled = SymmetricGame(8, game.payoffs / game.payoff_scale)
    *_, last = logit_path(scaled)
    distances = [np.abs(e.distribution - last).max() for e in symmetric_equilibria(game)]
    assert min(distances) < 1e-3


def test_learning_cycles_around_rock_paper_scissors() -> None:
    game = bimatrix([[0.0, -0.2, 1.0], [0.2, 0.0, -0.5], [-1.0, 0.5, 0.0]])
    last, average = multiplicative_weights(game, np.array([[0.2, 0.2, 0.6]]))
    expected = np.array([0.5, 1.0, 0.2]) / 1.7
    assert np.abs(average - expected).max() < 0.1 < np.abs(last - expected).max()


def test_failure_carries_the_best_candidate(monkeypatch: pytest.MonkeyPatch) -> None:
    exact = Comparison.relative_regret

    def doubtful(compare: Comparison, x: Array, among: object = None) -> float:
        return exact(compare, x) + 2e-9

    monkeypatch.setattr(Comparison, "relative_regret", doubtful)
    game = bimatrix([[0.0, -0.3, 0.5], [0.3, 0.0, -0.2], [-0.5, 0.2, 0.0]])
    with pytest.raises(NoEquilibriumFound, match=r"lowest relative regret is 2e-09") as caught:
        symmetric_equilibria(game)
    assert isinstance(caught.value, RuntimeError)
    assert isinstance(caught.value.best, SymmetricEquilibrium)
    assert caught.value.regret == pytest.approx(2e-9)
    assert caught.value.allowed == 1e-9
    np.testing.assert_allclose(caught.value.best.distribution, [0.2, 0.5, 0.3], atol=1e-9)
    assert symmetric_equilibria(game, tol=3e-9)


# Polynomials.


def bernstein_form(roots: list[float]) -> Array:
    """Coefficients of the product of ``p - root``, by exact arithmetic."""
    n = len(roots)
    powers = [Fraction(1)]  # of p, ascending
    for root in roots:
        shifted = [Fraction(0), *powers]
        powers = [
            a - Fraction(root) * b for a, b in zip(shifted, [*powers, Fraction(0)], strict=True)
        ]
    return np.array(
        [
            float(sum(powers[i] * math.comb(m, i) / math.comb(n, i) for i in range(m + 1)))
            for m in range(n + 1)
        ]
    )


@pytest.mark.parametrize(
    ("roots", "accuracy"),
    [
        ([0.25, 0.5, 0.75], 1e-12),
        ([0.1, 0.10001, 0.9, -0.5, 2.0], 1e-10),
        ([1 / 3, 1 / 3, 0.8], 1e-6),
        ([0.3, 0.3, 0.3], 1e-4),
        ([-1.0, 3.0], 0.0),
    ],
)
def test_roots_of_a_polynomial(roots: list[float], accuracy: float) -> None:
    found = bernstein_roots(bernstein_form(roots))
    distinct = sorted({r for r in roots if 0 < r < 1})
    assert len(found) == len(distinct)
    for root in distinct:
        assert min(abs(root - f) for f in found) <= accuracy
    for f in found:
        assert min(abs(root - f) for root in distinct) <= accuracy


@pytest.mark.parametrize("multiplicity", [1, 2, 3, 4])
def test_a_multiple_root_is_found_once(multiplicity: int) -> None:
    for root in np.random.default_rng(0).random(50).tolist():
        (found,) = bernstein_roots(bernstein_form([root] * multiplicity))
        assert abs(found - root) < 1e-14 ** (1 / multiplicity)


# pygambit.


@pytest.fixture(scope="module", params=["stored", "live"])
def solved(request: pytest.FixtureRequest) -> list[Solved]:
    stored = gambit_oracle.stored().solved
    if request.param == "stored":
        return stored
    pytest.importorskip("pygambit", reason=gambit_oracle.NOT_INSTALLED)
    return [gambit_oracle.solve(one.game()) for one in stored]


def test_two_players_have_all_equilibria_that_pygambit_finds(solved: list[Solved]) -> None:
    games = [one for one in solved if one.num_players == 2]
    assert len(games) == 33
    for one in games:
        assert_same(distributions(one.game()), one.equilibria)


def test_three_players_have_the_equilibria_that_pygambit_finds(solved: list[Solved]) -> None:
    # Its solver may miss some, so that only one direction can be compared.
    games = [one for one in solved if one.num_players == 3]
    assert sum(len(one.equilibria) for one in games) >= len(games) == 24
    for one in games:
        ours = distributions(one.game())
        for theirs in one.equilibria:
            assert min(np.abs(np.subtract(x, theirs)).max() for x in ours) < 1e-6


# Degenerate games.


def test_one_strategy() -> None:
    (only,) = symmetric_equilibria(SymmetricGame(3, np.array([[7.0]])))
    assert (only.distribution.tolist(), only.payoff, only.regret) == ([1.0], 7.0, 0.0)


@pytest.mark.parametrize(("players", "strategies"), [(2, 2), (4, 5), (2, 10)])
def test_nobody_can_change_their_payoff(players: int, strategies: int) -> None:
    columns = math.comb(players + strategies - 2, strategies - 1)
    game = SymmetricGame(players, np.tile(np.arange(columns, dtype=float), (strategies, 1)))
    equilibria = symmetric_equilibria(game)
    assert equilibria
    assert all(e.regret == 0 for e in equilibria)
    assert equilibria[0].support == (strategies - 1,)  # that pays everybody most


@pytest.mark.parametrize("noise", [0.0, 1e-13])
@pytest.mark.parametrize(("players", "copies"), [(2, 4), (4, 3)])
def test_identical_strategies(players: int, copies: int, noise: float) -> None:
    # Each strategy of a volunteer's dilemma, several times, as if it were several.
    def payoff(own: int, counts: npt.NDArray[np.int64]) -> float:
        return 0.7 if own < copies else float(counts[:copies].any())

    exact = SymmetricGame.from_function(players, 2 * copies, payoff)
    jitter = np.random.default_rng(0).normal(size=exact.payoffs.shape)
    game = SymmetricGame(players, exact.payoffs + noise * jitter)
    equilibria = symmetric_equilibria(game)
    assert equilibria
    for e in equilibria:
        volunteers = e.distribution[:copies].sum()
        assert volunteers == pytest.approx(1 - 0.3 ** (1 / (players - 1)), abs=1e-8)
    # The ends of the set of equilibria: one copy of each.
    assert {e.support for e in equilibria} == set(
        itertools.product(range(copies), range(copies, 2 * copies))
    )


@pytest.mark.parametrize("below", [2, 3])
@pytest.mark.parametrize(("players", "strategies"), [(2, 3), (2, 5), (3, 3), (4, 4)])
def test_games_full_of_ties(players: int, strategies: int, below: int) -> None:
    for seed in range(8):
        game = integer_game(seed, players, strategies, below)
        equilibria = symmetric_equilibria(game)
        assert equilibria
        for e in equilibria:
            assert regret_by_counts(game, e.distribution) <= 1e-9 * below
        for one, other in itertools.combinations(equilibria, 2):
            assert np.abs(one.distribution - other.distribution).max() > 1e-6
        pure = {s for s, x in enumerate(np.eye(strategies)) if regret_by_counts(game, x) == 0}
        assert pure <= {e.support[0] for e in equilibria if len(e.support) == 1}


def test_a_continuum_that_no_pure_strategy_belongs_to() -> None:
    # Strategies 0 and 1 earn the same among themselves, but alone fall to 2 and to 3.
    game = bimatrix([[1, 1, 0, 0], [1, 1, 0, 0], [2, 0, -1, -1], [0, 2, -1, -1]])
    equilibria = symmetric_equilibria(game)
    assert any(e.distribution.tolist() == [0.5, 0.5, 0.0, 0.0] for e in equilibria)
    assert all(regret_by_counts(game, e.distribution) < 1e-12 for e in equilibria)


def test_a_continuum_that_is_not_straight() -> None:
    # Strategies 0 and 1 earn |x|^2 - 0.4, strategy 2 earns nothing: indifferent on a circle.
    game = SymmetricGame.from_function(
        3, 3, lambda own, counts: 0.0 if own == 2 else float(max(counts) == 2) - 0.4
    )
    equilibria = symmetric_equilibria(game)
    assert sorted(e.support for e in equilibria) == [(0,), (0, 1, 2), (1,)]
    (inside,) = (e.distribution for e in equilibria if len(e.support) == 3)
    assert inside @ inside == pytest.approx(0.4, abs=1e-8)


def test_neighbours_of_a_degenerate_equilibrium_are_not_listed() -> None:
    # If all play 2, all strategies earn the same, and nearly so if almost all play it.
    payoffs = [
        [1, 1, 0, 0, 1, 1, 1, 0, 1, 1],
        [0, 0, 0, 1, 0, 1, 0, 0, 1, 1],
        [0, 1, 0, 0, 1, 1, 1, 1, 1, 1],
    ]
    game = SymmetricGame(4, np.array(payoffs, dtype=np.float64))
    assert [e.support for e in symmetric_equilibria(game)] == [(0,), (2,)]


def test_a_double_root() -> None:
    # Against a share p of strategy 1 it earns -(p - 0.4)^2 more than 0: indifferent at 0.4 only.
    gain = [-0.16, 0.4 - 0.16, -0.36]
    game = SymmetricGame(3, np.array([[0.0, 0.0, 0.0], gain]))
    found = distributions(game)
    assert len(found) == 2
    np.testing.assert_allclose(found, [[0.6, 0.4], [1.0, 0.0]], atol=1e-6)


# Equilibria of two players, against all systems of equations in rational arithmetic.


def solution(equations: list[list[Fraction]]) -> list[Fraction] | None:
    """What solves as many equations as unknowns, right-hand sides last; None if not just one."""
    rows = [list(row) for row in equations]
    for c in range(len(rows)):
        pivot = next((r for r in range(c, len(rows)) if rows[r][c]), None)
        if pivot is None:
            return None
        rows[c], rows[pivot] = rows[pivot], rows[c]
        rows[c] = [value / rows[c][c] for value in rows[c]]
        for r in range(len(rows)):
            if r != c:
                rows[r] = [a - rows[r][c] * b for a, b in zip(rows[r], rows[c], strict=True)]
    return [row[-1] for row in rows]


def corners(payoffs: list[list[int]]) -> list[list[float]]:
    """Extreme symmetric equilibria, sorted: for every support, and as many best responses."""
    every = range(len(payoffs))
    found = set()
    for size in range(1, len(payoffs) + 1):
        subsets = list(itertools.combinations(every, size))
        for support, best in itertools.product(subsets, repeat=2):
            equations = [
                [*(Fraction(payoffs[b][s]) for s in support), Fraction(-1), Fraction(0)]
                for b in best
            ]
            equations.append([Fraction(1)] * size + [Fraction(0), Fraction(1)])
            solved = solution(equations)
            if solved is None or min(solved[:-1]) <= 0:
                continue
            x = [Fraction(0)] * len(payoffs)
            for s, share in zip(support, solved, strict=False):
                x[s] = share
            earned = [sum(a * b for a, b in zip(row, x, strict=True)) for row in payoffs]
            if all(earned[s] == max(earned) for s in support):
                found.add(tuple(x))
    return sorted([float(share) for share in x] for x in found)


def assert_corners(payoffs: list[list[int]], *, scale: float = 1.0, seed: int = 0) -> None:
    game = bimatrix(np.array(payoffs, dtype=np.float64) * scale)
    found = sorted(e.distribution.tolist() for e in symmetric_equilibria(game, seed=seed))
    expected = corners(payoffs)
    assert len(found) == len(expected), payoffs
    for x in expected:  # small shares, too, to many digits
        assert any(np.allclose(x, y, rtol=1e-9, atol=0) for y in found), (payoffs, found, x)


LINE = [[8, -1, 4, -30], [8, -1, 4, -30], [9, 0, 2, -30], [12, 0, 0, -35]]


@pytest.mark.parametrize("seed", range(4))
def test_both_ends_of_a_line_on_which_another_strategy_catches_up(seed: int) -> None:
    upper, lower, alone = symmetric_equilibria(bimatrix(LINE), seed=seed)
    assert upper.distribution == pytest.approx([2 / 9, 4 / 9, 1 / 3, 0], abs=1e-15)
    assert lower.distribution == pytest.approx([0, 2 / 3, 1 / 3, 0], abs=1e-15)
    assert alone.distribution == pytest.approx([10 / 19, 0, 5 / 19, 4 / 19], abs=1e-15)
    assert (upper.payoff, lower.payoff) == (pytest.approx(8 / 3), pytest.approx(2 / 3))


def test_the_corners_of_a_face() -> None:
    # Sharing three equal places; the fourth strategy pays as soon as one of them is too full.
    game = [[0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0], [3, -1, -1, -9]]
    assert corners(game)[:2] == [[0, 0, 1, 0], [0, 1, 0, 0]]
    assert [0.25, 0.75, 0, 0] in corners(game)
    assert_corners(game)


@pytest.mark.parametrize("scale", [1.0, 1e-5, 0.1, 1 / 3, 1e5, 2.0**-40])
@pytest.mark.parametrize("below", [2, 3, 20])
@pytest.mark.parametrize("strategies", [1, 2, 3, 4])
def test_two_players_have_all_corners_in_any_unit(
    strategies: int, below: int, scale: float
) -> None:
    rng = np.random.default_rng([strategies, below])
    for seed in range(6):
        payoffs = rng.integers(-below, below, (strategies, strategies))
        if seed == 0:
            payoffs[-1] = payoffs[0]
        assert_corners(payoffs.tolist(), scale=scale, seed=seed)


@pytest.mark.parametrize("big", [10**3, 10**7, 10**10, 10**14])
def test_payoffs_of_all_sizes(big: int) -> None:
    assert_corners([[3, 0, 0], [5, 1, 0], [-big] * 3])
    assert_corners([[3, 0, 0], [5, 1, 0], [-big, -big, 1]])
    assert_corners([[0, -1], [1, -big]])
    assert_corners([[-big, 1], [-1, 0]])
    assert_corners([[1, 0], [0, big]])
    assert_corners([[0, -1, -5], [1, -big, 0], [-7, 2, 3]])
    if big < 10**12:  # beyond, a difference of 2 is taken for rounding
        assert_corners([[big, 0, 0], [big + 2, 1, 0], [0, 0, 0]])
    rng = np.random.default_rng(0)
    for _ in range(10):
        small = rng.integers(-9, 10, (3, 3))
        assert_corners((small * np.array([1, 1, big])).tolist())
        assert_corners((small + np.array([0, big, -big])).tolist())


def test_a_rare_strategy_among_more_than_two_players() -> None:
    # Chicken for three: who dares alone gains 1, and any crash costs 10^10.
    game = SymmetricGame(3, [[0.0, -1.0, -1.0], [1.0, -1e10, -1e10]])
    (only,) = symmetric_equilibria(game)
    # (1 - p)^2 = (10^10 - 1) (1 - (1 - p)^2), so that (1 - p)^2 = 1 - 10^-10.
    assert only.distribution[1] == pytest.approx(-math.expm1(math.log1p(-1e-10) / 2), rel=1e-9)
    # Once in 10^5 is not never: then the other place would be no best response.
    game = SymmetricGame(3, [[1.0, 0.0, 0.0], [0.0, 0.0, 1e10]])
    assert [e.support for e in symmetric_equilibria(game)] == [(1,), (0,), (0, 1)]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("unit", [1.0, 1e-5, 1e5])
def test_lines_of_more_players_end_where_another_strategy_catches_up(
    seed: int, unit: float
) -> None:
    # 0 and 1 are one strategy, and share with 2 evenly; 3 pays 2 to gain 2 of each who plays 0.
    def payoff(own: int, counts: npt.NDArray[np.int64]) -> float:
        if own < 3:
            return unit * float(-counts[2] if own == 2 else -counts[0] - counts[1])
        return unit * float(-2.0 + 2.0 * counts[0] - 9.0 * counts[3])

    game = SymmetricGame.from_function(3, 4, payoff)
    found = [e.distribution for e in symmetric_equilibria(game, seed=seed) if e.support[-1] < 3]
    # All earn -1, and 3 earns 4 x_0 - 2.
    assert_same(sorted(x.tolist() for x in found), [[0, 0.5, 0.5, 0], [0.25, 0.25, 0.5, 0]])


@pytest.mark.parametrize(("players", "strategies"), [(3, 3), (3, 4), (4, 3)])
def test_no_list_depends_on_the_seed(players: int, strategies: int) -> None:
    for game_seed in range(4):
        game = integer_game(game_seed, players, strategies, 2)
        lists = [
            [e.distribution.tolist() for e in symmetric_equilibria(game, seed=seed)]
            for seed in range(3)
        ]
        assert lists[0] == lists[1] == lists[2]


# Bad input.


def build(players: object, payoffs: object) -> Callable[[], object]:
    return lambda: SymmetricGame(players, payoffs)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (build(1, [[1.0]]), "num_players"),
        (build(2.0, [[1.0]]), "num_players"),
        (build(True, [[1.0]]), "num_players"),
        (build(2000, np.zeros((2, 2000))), "num_players"),
        (build(2, [1.0, 2.0]), "payoffs"),
        (build(2, np.zeros((0, 0))), "payoffs"),
        (build(3, [[1.0, 2.0], [3.0, 4.0]]), "payoffs"),
        (build(2, [[1.0, math.nan], [3.0, 4.0]]), "payoffs"),
        (build(2, [[1.0, math.inf], [3.0, 4.0]]), "payoffs"),
        (build(2, [[1e308, 0.0], [-1e308, 0.0]]), "payoffs"),
        (build(2, [["a", "b"], ["c", "d"]]), "payoffs"),
        (build(2, [[1.0, 2.0], [3.0]]), "payoffs"),
        (lambda: SymmetricGame.from_function(1, 2, lambda own, counts: 0.0), "num_players"),
        (lambda: SymmetricGame.from_function(2, 0, lambda own, counts: 0.0), "num_strategies"),
        (lambda: SymmetricGame.from_function(2, 2, lambda own, counts: math.nan), "f"),
        (lambda: SymmetricGame.from_lineups(1.0), "table"),
        (lambda: SymmetricGame.from_lineups(np.zeros((2, 1))), "table"),
        (lambda: SymmetricGame.from_lineups(np.zeros((2, 2, 3))), "table"),
        (lambda: SymmetricGame.from_lineups(np.zeros((2, 3, 2))), "table"),
        (lambda: SymmetricGame.from_lineups(np.full((2, 2, 2), math.inf)), "table"),
    ],
)
def test_bad_games_are_refused(make: Callable[[], object], field: str) -> None:
    with pytest.raises(InvalidValue, match=field) as caught:
        make()
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize(
    "x", [[0.5, 0.6], [0.5, 0.5 + 1e-8], [1.1, -0.1], [1.0], [[0.5, 0.5]], [math.nan, 1.0], "ab"]
)
@pytest.mark.parametrize("method", ["deviation_payoffs", "payoff", "regret", "deviation_jacobian"])
def test_bad_mixtures_are_refused(method: str, x: object) -> None:
    game = bimatrix([[1.0, 2.0], [3.0, 4.0]])
    with pytest.raises(InvalidValue, match="x"):
        getattr(game, method)(x)


def test_mixtures_may_be_rounded() -> None:
    game = bimatrix([[1.0, 2.0], [3.0, 4.0]])
    payoffs = game.deviation_payoffs([1 + 5e-10, -5e-10])
    np.testing.assert_allclose(payoffs, [1.0, 3.0], rtol=0, atol=1e-8)


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"tol": 0.0}, "tol"),
        ({"tol": -1e-9}, "tol"),
        ({"tol": math.nan}, "tol"),
        ({"tol": math.inf}, "tol"),
        ({"tol": "small"}, "tol"),
        ({"starts": 0}, "starts"),
        ({"starts": 2.5}, "starts"),
        ({"seed": -1}, "seed"),
        ({"seed": None}, "seed"),
    ],
)
@pytest.mark.parametrize("solve", [symmetric_equilibria, solve_symmetric])
def test_bad_arguments_are_refused(
    solve: Callable[..., object], arguments: dict[str, object], field: str
) -> None:
    with pytest.raises(InvalidValue, match=field):
        solve(bimatrix([[1.0, 2.0], [3.0, 4.0]]), **arguments)
