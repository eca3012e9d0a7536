"""Pictures of equilibria: what is drawn is what was computed, and errors come before the work."""

import dataclasses
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from drawn_games import as_reference
from small_chain import expected_counts, expected_returns
from small_games import LIVELY
from typer.testing import CliRunner

import bucket_brigade as bb
from bucket_brigade.cli import app
from bucket_brigade.equilibrium import (
    GainGrid,
    PlotUnavailable,
    RoleEquilibrium,
    RoleSearch,
    check_plot,
    equilibrium_figure,
    gain_grid,
    load_equilibria,
    load_roles,
    plot_equilibrium,
    plot_roles,
    roles_figure,
    save_equilibria,
    seat_gain_grids,
)
from bucket_brigade.equilibrium.report.panels import gain_levels
from bucket_brigade.equilibrium.report.payoff_table import payoff_table
from bucket_brigade.policies.heuristic import duties, strategy_of

pytestmark = pytest.mark.slow

matplotlib = pytest.importorskip("matplotlib")

Array = npt.NDArray[np.float64]
MIXTURE = {0: 0.2, 2: 0.7, 3: 0.1}


@pytest.fixture(scope="module")
def exact() -> bb.NashEquilibrium:
    """No equilibrium, so that much is to be seen: firefighter, hero and coordinator."""
    found = bb.DoubleOracle(LIVELY, method="exact", max_iterations=1).solve(
        ["firefighter", "free_rider", "hero", "coordinator"]
    )
    return dataclasses.replace(found, distribution=MIXTURE)


@pytest.fixture(scope="module")
def sampled() -> bb.NashEquilibrium:
    found = bb.DoubleOracle(
        LIVELY, method="sampled", num_simulations=3200, max_iterations=1, seed=5
    ).solve()
    return dataclasses.replace(found, distribution=MIXTURE)


@pytest.fixture(scope="module")
def gains(exact: bb.NashEquilibrium) -> GainGrid:
    return gain_grid(exact)


def drawn(low: float, high: float, stderr: float = 0.0) -> GainGrid:
    p, q = np.linspace(0, 1, 11), np.linspace(0, 1, 5)
    gain = np.tile(np.linspace(low, high, 11)[:, None], (1, 5))
    return GainGrid(p, q, gain, stderr, 0.0, 45, 0, np.zeros((1, 1)))


# Gains.


@pytest.mark.parametrize("seat", [None, 1])
def test_exact_gains(exact: bb.NashEquilibrium, seat: int | None) -> None:
    grid = gain_grid(dataclasses.replace(exact, seat=seat))
    assert (grid.stderr, grid.episodes) == (0.0, 0)
    assert grid.gain.shape == (len(grid.p), len(grid.q))
    reference = as_reference(LIVELY)
    mixed = [(w, exact.strategy_pool[i].tolist()) for i, w in MIXTURE.items()]

    def returns(seats: list[Any]) -> Array:
        return np.array(expected_returns(reference, expected_counts(reference, seats)))

    focal = [0, 1] if seat is None else [seat]
    regular = returns([mixed, mixed])[focal].mean()
    for i, j in [(0, 0), (0, -1), (-1, 0), (-1, -1), (63, 37), (120, 80)]:
        own = [(1.0, strategy_of(grid.p[i], grid.q[j]).tolist())]
        lineups = [[own, mixed], [mixed, own]]
        deviant = np.mean([returns(lineups[at])[at] for at in focal])
        assert grid.gain[i, j] == pytest.approx(deviant - regular, abs=grid.error + 1e-9)
    assert 0 < grid.error <= max(1e-3, 1e-4 * float(np.ptp(grid.gain)))


def test_sampled_gains(sampled: bb.NashEquilibrium, gains: GainGrid) -> None:
    grid = gain_grid(sampled, episodes=20_001)
    assert grid.points == 45
    assert 20_001 <= grid.episodes < 20_001 + 128
    assert 0 < grid.stderr < 0.1 * float(np.ptp(gains.gain))
    # Errors differ over the square, and the stated one is their median.
    assert np.sqrt(np.mean((grid.gain - gains.gain) ** 2)) < 3 * grid.stderr
    assert np.abs(grid.gain - gains.gain).max() > 0
    again = gain_grid(sampled, episodes=20_001, threads=1)
    assert np.array_equal(again.gain, grid.gain)
    other = gain_grid(dataclasses.replace(sampled, seed=6), episodes=20_001)
    assert not np.array_equal(other.gain, grid.gain)


@pytest.mark.parametrize("episodes", [0, -1, 1.5, "x", 2**41])
def test_bad_numbers_of_episodes(sampled: bb.NashEquilibrium, episodes: Any) -> None:
    with pytest.raises(bb.InvalidValue, match="episodes"):
        gain_grid(sampled, episodes=episodes)


@pytest.mark.parametrize(
    ("low", "high", "stderr"),
    [
        *[(-700, 0.001, 0), (-13, 0, 0), (-0.2, 800, 0), (0, 0, 0), (-1e-12, 1e-12, 0)],
        *[(-1e5, 1e5, 0), (-235, 1.2, 9.6), (-3, 2, 10), (-1000, -1000, 0), (30, 100, 0)],
    ],
)
def test_levels_surround_all_gains(low: float, high: float, stderr: float) -> None:
    levels = gain_levels(drawn(low, high, stderr))
    assert levels == sorted(set(levels))
    assert levels[0] <= low
    assert levels[-1] >= high
    assert levels[0] < 0 < levels[-1]
    assert 2 <= len(levels) <= 16
    # What makes no difference, or may be luck, is of one colour.
    top = max(-low, high)
    assert min(abs(level) for level in levels) >= min(max(1e-3 * top, stderr), max(top, 1e-9))
    # None but the outermost is beyond what there is.
    assert all(low < level < max(high, -levels[1]) for level in levels[1:-1] if level < 0)


def test_levels_are_round() -> None:
    assert gain_levels(drawn(-250, 0.1)) == [-300, -100, -30, -10, -3, -1, -0.3, 0.3]
    assert gain_levels(drawn(-250, 3.5, 9)) == [-500, -200, -100, -50, -20, -10, 10]


def test_gains_are_taken_from_the_search_where_they_are_its_own(tmp_path: Path) -> None:
    found = bb.DoubleOracle(LIVELY, method="exact").solve()
    bb.equilibrium.save_equilibria([found], tmp_path / "file")
    (saved,) = bb.equilibrium.load_equilibria(tmp_path / "file")
    rest = {name: value for name, value in found.searched.items() if name != "surface"}
    computed = gain_grid(dataclasses.replace(found, searched=rest))
    assert np.abs(gain_grid(saved).gain - computed.gain).max() <= computed.error + 1e-6
    # Nothing is played for them, so that even an engine that there is not will do.
    assert gain_grid(found, backend="none").points == np.size(found.searched["surface"])
    for changed in (
        dataclasses.replace(found, distribution={1: 1.0}),
        dataclasses.replace(found, searched=rest | {"surface": [[1.0], [2.0, 3.0]]}),
        dataclasses.replace(found, searched=rest | {"surface": [[float("nan")]]}),
    ):
        bare = dataclasses.replace(changed, searched=rest)
        assert np.array_equal(gain_grid(changed).gain, gain_grid(bare).gain)
    (roles, *_) = bb.equilibrium.RoleSearch(LIVELY, method="exact", starts=0).solve()
    bare_roles = dataclasses.replace(roles, searched=tuple({} for _ in roles.searched))
    for mine, theirs in zip(seat_gain_grids(roles), seat_gain_grids(bare_roles), strict=True):
        assert np.abs(mine.gain - theirs.gain).max() <= theirs.error + 1e-6


# Tables.


def test_a_table(exact: bb.NashEquilibrium) -> None:
    table = payoff_table(exact)
    assert table.symbols == ("A", "B", "C", "D")
    assert table.names == ("firefighter", "free_rider", "hero", "coordinator")
    assert table.columns == ("A", "B", "C", "D")
    assert not table.reduced
    assert np.array_equal(table.payoffs, exact.restricted.payoffs)
    assert table.weights.sum() == pytest.approx(1.0)
    rows = exact.restricted.payoffs.argmax(axis=0)
    assert table.best[rows, np.arange(4)].all()
    assert table.best.sum() == 4


def test_compositions_and_their_reduction() -> None:
    scenario = bb.scenario("trivial_cooperation").replace(night_order="burn_out_then_spread")
    found = bb.DoubleOracle(scenario, method="exact", max_iterations=1).solve(
        ["firefighter", "free_rider", "hero"]
    )
    table = payoff_table(found)
    words = ("AAA", "AAB", "AAC", "ABB", "ABC", "ACC", "BBB", "BBC", "BCC", "CCC")
    assert table.columns == words
    reduced = payoff_table(found, most=9)
    assert (reduced.columns, reduced.reduced) == (("all A", "all B", "all C"), True)
    assert reduced.compositions == 10
    assert np.array_equal(reduced.payoffs, table.payoffs[:, [0, 6, 9]])
    # Nobody's payoff depends on the others: 13 (100.5 - p).
    p = [duties(found.strategy_pool[i])[0] for i in found.restricted.indices]
    assert table.payoffs == pytest.approx(13 * (100.5 - np.tile(np.array(p)[:, None], 10)))


# Figures.


def texts(axes: Any) -> list[str]:
    return [text.get_text() for text in axes.texts]


def test_the_drawn_gains(exact: bb.NashEquilibrium, gains: GainGrid) -> None:
    figure = equilibrium_figure(exact, gains)
    axes = figure.axes[0]
    filled, _, played = axes.collections
    assert filled.get_array().shape == (len(filled.levels) - 1,)
    assert list(filled.levels) == gain_levels(gains)
    places = [duties(exact.strategy_pool[i]).tolist() for i in (2, 0, 3)]
    assert played.get_offsets().tolist() == places
    sizes = played.get_sizes()
    assert np.diff(sizes) / np.diff([0.7, 0.2, 0.1]) == pytest.approx(170.0)
    others, best = axes.lines
    names = ["free_rider", "liar"]
    at = [duties(bb.ARCHETYPES[name]).tolist() for name in names]
    assert np.transpose(others.get_data()).tolist() == at
    response = duties(np.array(exact.deviations[0].strategy))
    assert np.ravel(best.get_data()).tolist() == response.tolist()
    assert f"{exact.deviations[0].gain:+.2g}" in best.get_label()
    assert {*names, "0.700 hero", "0.200 firefighter", "0.100 coordinator"} <= set(texts(axes))
    assert "how often it works" in axes.get_xlabel()
    assert "own burning home" in axes.get_ylabel()
    assert "exact" in axes.get_title()
    assert str(exact.verdict) in figure.get_suptitle()


def test_contours_are_where_the_gains_are(exact: bb.NashEquilibrium) -> None:
    # Gains grow with p and not with q, so that -1 is at p = 0.9.
    p, q = np.linspace(0, 1, 201), np.linspace(0, 1, 101)
    gain = np.tile((10 * p - 10)[:, None], (1, 101))
    axes = equilibrium_figure(exact, GainGrid(p, q, gain, 0.0, 0.0, 45, 0, np.zeros((1, 1)))).axes[
        0
    ]
    filled, lines = axes.collections[:2]
    band = filled.get_paths()[list(filled.levels).index(-3.0)].vertices
    assert (band[:, 0].min(), band[:, 0].max()) == pytest.approx((0.7, 0.9))
    path = lines.get_paths()[list(lines.levels).index(-1.0)]
    assert path.vertices[:, 0] == pytest.approx(0.9)
    assert np.ptp(path.vertices[:, 1]) == pytest.approx(1.0)
    label = next(text for text in axes.texts if text.get_text() == "-1")
    assert label.get_position()[0] == pytest.approx(0.9, abs=0.006)


def test_the_drawn_table(exact: bb.NashEquilibrium, gains: GainGrid) -> None:
    axes = equilibrium_figure(exact, gains).axes[1]
    (image,) = axes.images
    assert np.array_equal(image.get_array(), exact.restricted.payoffs)
    numbers = {text.get_position(): float(text.get_text()) for text in axes.texts}
    for (i, j), payoff in np.ndenumerate(exact.restricted.payoffs):
        assert numbers[j, i] == pytest.approx(payoff, abs=0.06)
    frames = {(round(patch.get_x() + 0.47), round(patch.get_y() + 0.47)) for patch in axes.patches}
    best = exact.restricted.payoffs.argmax(axis=0)
    assert frames == {(j, int(i)) for j, i in enumerate(best)}
    assert "A: firefighter" in axes.get_yticklabels()[0].get_text()
    assert "what the other plays" in axes.get_xlabel()
    assert "of which the strategy examined is the mean" in axes.get_title()


def test_errors_are_drawn(sampled: bb.NashEquilibrium) -> None:
    grid = gain_grid(sampled, episodes=3200)
    left, right = equilibrium_figure(sampled, grid).axes[:2]
    assert f"sampled at 45 points, {grid.episodes:,} episodes each" in left.get_title()
    assert f"± {grid.stderr:.2g}" in left.get_title()
    assert f"± {sampled.restricted.stderr[0, 0]:.2g}" in texts(right)[0]


def test_many_strategies(exact: bb.NashEquilibrium, gains: GainGrid) -> None:
    pool = [strategy_of(p, 0.5) for p in np.linspace(0, 1, 30)]
    found = bb.DoubleOracle(LIVELY, method="exact", max_iterations=1).solve(pool)
    axes = equilibrium_figure(found, gains).axes[1]
    assert "reduced to the same for all; there are 30 compositions" in axes.get_xlabel()
    assert axes.get_xticklabels()[29].get_text() == "all D1"
    assert not axes.texts


# Roles.


@pytest.fixture(scope="module")
def roles() -> list[RoleEquilibrium]:
    return RoleSearch(LIVELY, method="exact", seed=4).solve()


def test_gains_of_each_seat(roles: list[RoleEquilibrium]) -> None:
    reference = as_reference(LIVELY)
    for found in roles:
        grids = seat_gain_grids(found)
        assert len(grids) == LIVELY.num_agents
        strategies = [theta.tolist() for theta in found.strategies]

        def returns(seats: list[list[float]]) -> list[float]:
            mixed = [[(1.0, theta)] for theta in seats]
            return expected_returns(reference, expected_counts(reference, mixed))

        regular = returns(strategies)
        for seat, grid in enumerate(grids):
            for i, j in ((0, 0), (200, 100), (77, 31)):
                theta = strategy_of(float(grid.p[i]), float(grid.q[j])).tolist()
                left = returns([*strategies[:seat], theta, *strategies[seat + 1 :]])
                expected = left[seat] - regular[seat]
                assert grid.gain[i, j] == pytest.approx(expected, abs=grid.error + 1e-6)


def test_sampled_gains_of_each_seat() -> None:
    found = RoleSearch(
        LIVELY, method="sampled", seed=4, starts=1, num_simulations=4000, epsilon=0.5
    ).solve()[0]
    grids = seat_gain_grids(found, episodes=20_000)
    exact = seat_gain_grids(dataclasses.replace(found, method="exact"))
    for grid, truth in zip(grids, exact, strict=True):
        assert grid.episodes == 20_000
        assert grid.stderr > 0
        # A polynomial may exceed the error at its points several times.
        assert np.abs(grid.gain - truth.gain).max() < 12 * grid.stderr


def test_a_panel_for_every_seat(roles: list[RoleEquilibrium]) -> None:
    figure = roles_figure(roles, [seat_gain_grids(found) for found in roles])
    panels = [axes for axes in figure.axes if axes.get_title()]
    assert len(panels) == len(roles) * LIVELY.num_agents
    for i, axes in enumerate(panels):
        found, seat = roles[i // LIVELY.num_agents], i % LIVELY.num_agents
        assert axes.get_title().startswith(f"Seat {seat} plays (p, q)")
        others, own, best = axes.lines
        assert list(zip(*own.get_data(), strict=True)) == [found.duties[seat]]
        assert len(others.get_xdata()) == LIVELY.num_agents - 1
        gain = max(each.gain for each in found.deviations if each.seats == (seat,))
        assert best.get_label() == f"best response found: {gain:+.2g}"
    with pytest.raises(bb.InvalidValue, match="at least one"):
        roles_figure([], [])


def test_roles_drawn_by_the_command(tmp_path: Path) -> None:
    file, out = tmp_path / "game.json", tmp_path / "roles.json"
    LIVELY.save(file)
    arguments = ["roles", str(file), "--method", "exact", "--out", str(out)]
    ran = CliRunner().invoke(app, [*arguments, "--plot", str(tmp_path / "a.svg")])
    assert ran.exit_code == 0, ran.stderr
    drawing = (tmp_path / "a.svg").read_text(encoding="utf-8")
    found = load_roles(out)
    for profile in found:
        assert profile.describe() in drawing
    plot_roles(found, tmp_path / "b.svg")
    assert (tmp_path / "b.svg").read_text(encoding="utf-8") == drawing
    ran = CliRunner().invoke(app, [*arguments, "--plot", str(tmp_path / "a.txt")])
    assert ran.exit_code == 2
    assert "--plot" in ran.stderr


# Files.


@pytest.mark.parametrize(
    ("name", "start"),
    [("a.png", b"\x89PNG"), ("new/a.SVG", b"<?xml"), ("a.pdf", b"%PDF")],
)
def test_files(exact: bb.NashEquilibrium, tmp_path: Path, name: str, start: bytes) -> None:
    file = tmp_path / name
    with matplotlib.rc_context({"font.size": 20.0, "figure.facecolor": "red"}):
        before = dict(matplotlib.rcParams)
        plot_equilibrium(exact, file)
        assert dict(matplotlib.rcParams) == before
    content = file.read_bytes()
    assert content.startswith(start)
    plot_equilibrium(exact, file)
    assert file.read_bytes() == content
    assert list(file.parent.iterdir()) == [file]


def test_nothing_global(exact: bb.NashEquilibrium, tmp_path: Path) -> None:
    saved = tmp_path / "nash.json"
    save_equilibria([exact], saved)
    code = (
        "import sys; from bucket_brigade.equilibrium import load_equilibria, plot_equilibrium\n"
        "assert 'matplotlib' not in sys.modules\n"
        f"plot_equilibrium(load_equilibria({str(saved)!r})[0], {str(tmp_path / 'a.png')!r})\n"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("name", ["plot", "plot.txt", "plot.", "png", "plot.png.gz", "plot.pgf"])
def test_bad_suffixes(name: str) -> None:
    with pytest.raises(bb.InvalidValue) as caught:
        check_plot(name)
    assert caught.value.field == "--plot"
    assert name in str(caught.value)
    assert ".svg" in caught.value.allowed


# The command.


def run(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["nash", *arguments])


def test_the_command(tmp_path: Path) -> None:
    out = tmp_path / "nash.json"
    ran = run(
        *["trivial_cooperation", "--night-order", "burn_out_then_spread", "--method", "exact"],
        *["--out", str(out), "--plot", str(tmp_path / "picture.svg")],
    )
    assert ran.exit_code == 0, ran.stderr
    drawing = (tmp_path / "picture.svg").read_text(encoding="utf-8")
    (found,) = load_equilibria(out)
    for text in ("trivial_cooperation", "1306.500", "what the other 3 play", found.describe()):
        assert text in drawing


def test_names_of_several(tmp_path: Path) -> None:
    file = tmp_path / "game.json"
    LIVELY.replace(name="an/odd name").save(file)
    games = [str(file), str(file), "--set", "max_nights=3", "--method", "exact"]
    out = ["--out", str(tmp_path / "nash.json")]
    ran = run(*games, *out, "--plot", str(tmp_path / "x.{}.png"), "--gambit", str(tmp_path / "y"))
    assert ran.exit_code == 0, ran.stderr
    name = f"an_odd_name-{LIVELY.night_order}"
    pictures = {f"x.{name}-1.png", f"x.{name}-2.png"}
    exported = {f"y-{name}-1", f"y-{name}-2"}
    files = {path.name for path in tmp_path.iterdir()}
    assert files == {"game.json", "nash.json"} | pictures | exported


def fail(*arguments: object, **options: object) -> None:
    pytest.fail("computed first")


def test_errors_come_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bb.DoubleOracle, "solve", fail)
    ran = run("default", "--plot", str(tmp_path / "x.txt"))
    assert ran.exit_code == 2
    assert "--plot" in ran.stderr
    assert ".png" in ran.stderr
    (tmp_path / "dir.png").mkdir()
    ran = run("default", "--plot", str(tmp_path / "dir.png"))
    assert ran.exit_code == 2
    assert "a file, not a directory" in ran.stderr


def test_without_matplotlib(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bb.DoubleOracle, "solve", fail)
    monkeypatch.setitem(sys.modules, "matplotlib.backend_bases", None)
    with pytest.raises(PlotUnavailable, match=r"pip install '\.\[plot\]'"):
        check_plot("x.png")
    ran = run("default", "--plot", str(tmp_path / "x.png"))
    assert ran.exit_code == 1
    assert "pip install '.[plot]'" in ran.stderr
