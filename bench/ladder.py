"""``python -m bench ladder``: the same work from where a user stood to where we are.

See README.md here for what its columns mean.
"""

import argparse
import importlib.metadata
import json
import math
import statistics
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress
from rich.table import Table

import bucket_brigade as bb
from bench import report
from bench.baselines import jax_vmap, numba_parallel, numpy_vectorised, stepped, whole
from bench.baselines.common import FloatArray, Lineup, NotInstalled, Played
from bench.summary import Spread
from bucket_brigade import _core
from bucket_brigade.backends.cpu import CpuBackend
from bucket_brigade.counts import EventCounts

#: Episodes of each line-up that the work asks for.
EPISODES = 2000
#: Standard errors by which a payoff may be off.
ALLOWED = 5.0
#: Episodes of each line-up that standard deviations come from, so that runs too short to have met
#: what is rare are not taken for precise.
PILOT = 20_000
#: What rounding may do to a payoff, relative to it.
ROUNDING = 1e-9
ARCHETYPES = tuple(bb.ARCHETYPES)

Play = Callable[[bb.Scenario, Sequence[Lineup], int, int], Played]


@dataclass
class Rung:
    """A way to do the work.

    Attributes
    ----------
    label : str
        Its number on the ladder; "" for what stands beside it.
    what : str
    play : callable
        Scenario, line-ups, episodes, seed.
    episodes : int
        Of each line-up in a round: all of the work, or a share of it.
    before : str or None
        `what` of the rung that this one is compared with; None for none.
    shared_luck : bool
        Whether all line-ups meet the same episodes.
    absent : str or None
        Why it can't be measured here.
    sets_up : bool
        Whether something is done once that is not part of the time: compiling, or starting
        processes.
    setup_seconds : float
        What that takes.
    """

    label: str
    what: str
    play: Play
    episodes: int
    before: str | None = None
    shared_luck: bool = False
    absent: str | None = None
    sets_up: bool = False
    setup_seconds: float = 0.0
    seconds: list[float] = field(default_factory=list)
    #: Of a round; rounds differ in their seeds, so in nights.
    nights: list[int] = field(default_factory=list)
    #: Of all rounds, by scenario: the matrix of payoffs.
    matrices: dict[str, list[FloatArray]] = field(default_factory=dict)

    @property
    def seconds_a_night(self) -> list[float]:
        """One value per round."""
        return [s / n for s, n in zip(self.seconds, self.nights, strict=True)]


def lineups_of(scenario: bb.Scenario) -> list[list[str]]:
    """Each archetype in each seat against all others playing another, entry after entry."""
    seats = range(scenario.num_agents)
    return [
        [focal if seat == here else others for seat in seats]
        for focal in ARCHETYPES
        for others in ARCHETYPES
        for here in seats
    ]


def matrix_of(values: FloatArray, agents: int) -> FloatArray:
    """The matrix, from the returns of all line-ups: the mean over the focal seats."""
    size = len(ARCHETYPES)
    focal = values.reshape(size, size, agents, agents)
    mean: FloatArray = np.diagonal(focal, axis1=2, axis2=3).mean(axis=2)
    return mean


@dataclass(frozen=True)
class Truth:
    """What a scenario's matrix is, and how much the estimate of an episode scatters.

    Attributes
    ----------
    payoffs : ndarray, shape (K, K)
        Exact.
    shared, apart : ndarray, shape (K, K)
        Standard deviations of an entry per episode of its line-ups, if these meet the same luck,
        and if they do not.
    """

    payoffs: FloatArray
    shared: FloatArray
    apart: FloatArray

    @classmethod
    def of(cls, scenario: bb.Scenario) -> "Truth":
        """By the exact engine, and a large sample for standard deviations alone."""
        lineups, agents = lineups_of(scenario), scenario.num_agents
        payoffs = matrix_of(bb.expected(scenario, lineups).mean, agents)
        pilot = {"episodes": PILOT, "seed": 2**63, "backend": "cpu"}
        sampled = bb.simulate(scenario, lineups, **pilot)  # type: ignore[arg-type]
        variance = matrix_of(sampled.stderr**2, agents) / agents
        paired = bb.payoff_matrix(scenario, **pilot)  # type: ignore[arg-type]
        scale = math.sqrt(PILOT)
        return cls(payoffs, paired.stderr * scale, np.sqrt(variance) * scale)

    def errors(self, matrix: FloatArray, episodes: int, shared_luck: bool) -> float:
        """The largest error of an entry, in standard errors."""
        deviation = self.shared if shared_luck else self.apart
        gap = np.abs(matrix - self.payoffs)
        gap = np.where(gap <= ROUNDING * (1 + np.abs(self.payoffs)), 0.0, gap)
        with np.errstate(divide="ignore", invalid="ignore"):
            errors = gap / (deviation / math.sqrt(episodes))
        return float(np.max(np.where(gap == 0, 0.0, errors)))


def sliced(threads: int | None, backend: Any = "cpu") -> Play:
    """The bit-sliced engine, or another backend, on so many threads; None for all."""

    def play(
        scenario: bb.Scenario, lineups: Sequence[Lineup], episodes: int, seed: int = 0
    ) -> Played:
        result = bb.simulate(
            scenario, lineups, episodes=episodes, seed=seed, threads=threads, backend=backend
        )
        return Played(result.mean, result.stderr, int(result.counts.nights.sum()), episodes)

    return play


def first_call(play: Play, episodes: int) -> float:
    """Seconds that a first call takes more than a second one, in which it is ready."""
    scenario = bb.scenario("default")
    lineups = lineups_of(scenario)
    taken = []
    for _ in range(2):
        start = time.perf_counter()
        play(scenario, lineups, episodes, 0)
        taken.append(time.perf_counter() - start)
    return max(taken[0] - taken[1], 0.0)


def rungs(share: int, stack: ExitStack) -> list[Rung]:
    """All of them, ready to be measured; the slower, the smaller their part of the work.

    Parameters
    ----------
    share : int
        By which everything that is not fast is divided once more.
    stack : ExitStack
        Stops what was started.
    """
    start = time.perf_counter()
    workers = stack.enter_context(whole.Workers())
    starting = time.perf_counter() - start
    threads = _core.pool_threads()

    def part(episodes: int) -> int:
        return max(episodes // share, 2)

    # JAX needs full arrays to be measured fairly, of LANES over a matrix's line-ups.
    lanes = 100 if share < 10 else part(100)
    found = [
        Rung("0", "agents in Python, plain engine stepped", stepped.play, part(20)),
        Rung("1", "whole episodes in Rust, one thread", whole.play, part(500), shared_luck=True),
        Rung(
            "2",
            f"the same by {workers.processes} processes",
            workers.play,
            part(1000),
            shared_luck=True,
            sets_up=True,
            setup_seconds=starting,
        ),
        Rung("3a", "bit-sliced engine, one thread", sliced(1), EPISODES, shared_luck=True),
        Rung(
            "3b", f"bit-sliced engine, {threads} threads", sliced(None), EPISODES, shared_luck=True
        ),
    ]
    for lower, rung in pairwise(found):
        rung.before = lower.what
    cuda = cuda_backend()
    if isinstance(cuda, str):
        absent = Rung("4", "CUDA", sliced(None), EPISODES, absent=cuda)
        found.append(absent)
    else:
        rung = Rung("4", f"CUDA: {cuda.device()}", sliced(None, cuda), EPISODES, found[-1].what)
        rung.shared_luck = rung.sets_up = True
        found.append(rung)
    beside = [
        Rung(
            "2'",
            f"a pool of {workers.processes} processes over matrix entries",
            workers.play_entries,
            part(1000),
            found[1].what,
            shared_luck=True,
        ),
        Rung("", "NumPy over episodes", numpy_vectorised.play, part(400)),
        Rung("", "Numba, njit(parallel=True)", numba_parallel.play, part(2000), sets_up=True),
        Rung("", "JAX on the CPU, jit(vmap)", jax_vmap.play, lanes, sets_up=True),
    ]
    found += beside
    for rung in found:
        if rung.absent is None:
            try:
                compiling = first_call(rung.play, rung.episodes)
            except NotInstalled as error:
                rung.absent = str(error)
                continue
            if rung.sets_up:
                rung.setup_seconds += compiling
    return found


def cuda_backend() -> Any:
    """The backend if a GPU can be used; otherwise why none can."""
    try:
        from bucket_brigade_cuda.backend import CudaBackend
        from bucket_brigade_cuda.gpus import is_gpu
    except ImportError:
        return "bucket-brigade-cuda is not installed"
    backend = CudaBackend()
    reason = backend.unavailable()
    if reason is not None:
        return reason
    if not all(map(is_gpu, backend.devices())):
        return "no GPU, a simulator of one"
    return backend


def climb(
    found: Sequence[Rung],
    scenarios: Sequence[bb.Scenario],
    rounds: int,
    told: Callable[[], object],
) -> None:
    """Adds `rounds` measurements to every rung, and what they found."""
    for n in range(rounds):
        # There and back, so that none always comes first.
        for rung in list(found)[:: -1 if n % 2 else 1]:
            if rung.absent is not None:
                continue
            seconds, nights = 0.0, 0
            for scenario in scenarios:
                lineups = lineups_of(scenario)
                start = time.perf_counter()
                played = rung.play(scenario, lineups, rung.episodes, n)
                seconds += time.perf_counter() - start
                nights += played.nights
                matrix = matrix_of(played.mean, scenario.num_agents)
                rung.matrices.setdefault(scenario.name, []).append(matrix)
            rung.seconds.append(seconds)
            rung.nights.append(nights)
            told()


def row_of(rung: Rung, by_name: dict[str, Rung], truths: dict[str, Truth]) -> dict[str, Any]:
    """The figures of a rung."""
    row: dict[str, Any] = {"rung": rung.label, "what": rung.what, "absent": rung.absent}
    if rung.absent is not None:
        return row
    rounds = len(rung.seconds)
    scale = EPISODES / rung.episodes
    lineups = sum(len(lineups_of(bb.scenario(name))) for name in rung.matrices)
    per_episode = [s / (lineups * rung.episodes) for s in rung.seconds]
    errors = {
        name: truths[name].errors(
            np.mean(matrices, axis=0), rounds * rung.episodes, rung.shared_luck
        )
        for name, matrices in rung.matrices.items()
    }

    def over(other: Rung) -> dict[str, float]:
        pairs = zip(other.seconds_a_night, rung.seconds_a_night, strict=True)
        return asdict(Spread.of(a / b for a, b in pairs))

    before = by_name[rung.before] if rung.before is not None else None
    return row | {
        "episodes_a_round": rung.episodes,
        "share": rung.episodes / EPISODES,
        "extrapolated": rung.episodes < EPISODES,
        "setup_seconds": rung.setup_seconds,
        "wall_seconds": asdict(Spread.of(scale * s for s in rung.seconds)),
        "episodes_per_second": asdict(Spread.of(1 / s for s in per_episode)),
        "nights_per_second": asdict(Spread.of(1 / s for s in rung.seconds_a_night)),
        "over_the_one_before": None if before is None else over(before),
        "before": rung.before,
        "over_the_first": over(next(iter(by_name.values()))),
        "errors": errors,
        "largest_error": max(errors.values()),
        "agrees": max(errors.values()) < ALLOWED,
    }


def exact_row(scenarios: Sequence[bb.Scenario], rounds: int) -> dict[str, Any]:
    """The same matrix without sampling."""
    seconds = []
    for _ in range(rounds):
        start = time.perf_counter()
        for scenario in scenarios:
            bb.payoff_matrix(scenario, method="exact")
        seconds.append(time.perf_counter() - start)
    return {"what": "exact engine: no error", "wall_seconds": asdict(Spread.of(seconds))}


class Counting(CpuBackend):
    """The CPU, and what it was asked to do."""

    def __init__(self) -> None:
        super().__init__()
        self.nights, self.episodes, self.seconds = 0, 0, 0.0

    def run(self, program: _core.Program, **options: Any) -> EventCounts:
        """Plays a program."""
        start = time.perf_counter()
        counts = super().run(program, **options)
        self.seconds += time.perf_counter() - start
        self.nights += int(counts.nights.sum())
        self.episodes += program.lineups * program.episodes
        return counts


def nash_rows(
    found: Sequence[Rung], scenarios: Sequence[bb.Scenario], episodes: int
) -> dict[str, Any]:
    """The whole computation of equilibria: measured on rung 3b, and exact; by the other rungs, what
    their time of a night says."""
    played, walls, verdicts = [], [], []
    for scenario in scenarios:
        backend = Counting()
        start = time.perf_counter()
        solver = bb.DoubleOracle(
            scenario, num_simulations=episodes, method="sampled", backend=backend
        )
        verdicts.append(str(solver.solve().verdict))
        walls.append(time.perf_counter() - start)
        played.append(backend)
    start = time.perf_counter()
    exact = [str(bb.DoubleOracle(s, method="exact").solve().verdict) for s in scenarios]
    exact_seconds = time.perf_counter() - start
    nights = sum(backend.nights for backend in played)
    wall, playing = sum(walls), sum(backend.seconds for backend in played)
    rows = []
    for rung in found:
        if rung.absent is not None:
            continue
        measured = rung.label == "3b"
        seconds = wall
        if not measured:
            seconds = wall - playing + nights * statistics.median(rung.seconds_a_night)
        rows.append(
            {
                "rung": rung.label,
                "what": rung.what,
                "wall_seconds": seconds,
                "extrapolated": not measured,
                "over_the_first": rows[0]["wall_seconds"] / seconds if rows else 1.0,
            }
        )
    first = rows[0]["wall_seconds"]
    rows.append(
        {
            "rung": "",
            "what": "exact engine: no error",
            "wall_seconds": exact_seconds,
            "extrapolated": False,
            "over_the_first": first / exact_seconds,
        }
    )
    return {
        "num_simulations": episodes,
        "nights": nights,
        "episodes": sum(backend.episodes for backend in played),
        "verdicts": verdicts,
        "exact_verdicts": exact,
        "rows": rows,
    }


def cuda_details(backend: Any, seconds: float) -> dict[str, Any]:
    """Compile time, kernels and copies apart, ever larger batches, and where the CPU is passed."""
    from bucket_brigade_cuda import throughput

    measured = throughput.measure(backend, seconds=seconds)
    details: dict[str, Any] = measured.to_dict()
    return details


def cuda_model(blocks: int) -> dict[str, Any]:
    """What the counted instructions of the kernels say of GPUs: a model, no measurement."""
    try:
        from bucket_brigade_cuda.gpus import GPUS
        from bucket_brigade_cuda.model import count, modelled_rate

        work = count(
            bb.scenario("default"), ["hero"] * 4, blocks=blocks, blocks_per_thread=blocks // 32
        )
    except Exception as error:
        # Tools may be missing in many ways; without the model, the ladder still stands.
        return {"reason": f"{type(error).__name__}: {error}".partition("\n")[0]}
    rates = [modelled_rate(work, gpu) for gpu in GPUS]
    return {
        "scenario": work.scenario,
        "lineup": list(work.lineup),
        "warp_instructions_per_night": work.per_night,
        "nights_per_second": {rate.gpu.name: rate.nights_per_second for rate in rates},
    }


def versions() -> dict[str, str | None]:
    """Of what baselines need."""
    known: dict[str, str | None] = {}
    for name in ("numpy", "numba", "jax", "jaxlib", "bucket-brigade-cuda"):
        try:
            known[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            known[name] = None
    return known


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The options; see ``--help``."""
    parser = argparse.ArgumentParser(prog="python -m bench ladder", description=__doc__)
    parser.add_argument(
        "--scenario", default="default", choices=bb.list_scenarios(), metavar="NAME"
    )
    parser.add_argument("--all", action="store_true", help="all twelve scenarios instead of one")
    parser.add_argument("--nash", action="store_true", help="the whole Nash computation too")
    parser.add_argument(
        "--nash-episodes",
        type=int,
        default=10_000,
        help="num_simulations of DoubleOracle; by default %(default)s",
    )
    parser.add_argument("--rounds", type=int, help="by default 5")
    parser.add_argument("--quick", action="store_true", help="two rounds of little: a smoke test")
    parser.add_argument(
        "--no-model", action="store_true", help="leave out the model of GPUs, a minute of counting"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write all figures there")
    options = parser.parse_args(arguments)
    if options.rounds is not None and options.rounds < 1:
        parser.error("rounds must be above 0")
    if options.nash_episodes < 1:
        parser.error("episodes must be above 0")
    return options


def measured(options: argparse.Namespace, console: Console) -> dict[str, Any]:
    """All figures."""
    names = bb.list_scenarios() if options.all else [options.scenario]
    scenarios = [bb.scenario(name) for name in names]
    rounds = options.rounds or (2 if options.quick else 5)
    figures: dict[str, Any] = {
        "machine": report.machine(),
        "versions": versions(),
        "commit": report.commit(),
        "scenarios": names,
        "episodes": EPISODES,
        "rounds": rounds,
        "strategies": list(ARCHETYPES),
    }
    with ExitStack() as stack:
        with console.status("starting processes, compiling, and computing exact payoffs"):
            truths = {scenario.name: Truth.of(scenario) for scenario in scenarios}
            found = rungs((10 if options.quick else 1) * (5 if options.all else 1), stack)
        present = [rung for rung in found if rung.absent is None]
        with Progress(console=console, transient=True) as progress:
            task = progress.add_task("climbing", total=rounds * len(present))
            climb(found, scenarios, rounds, told=lambda: progress.advance(task))
    by_name = {rung.what: rung for rung in present}
    figures["rows"] = [row_of(rung, by_name, truths) for rung in found]
    figures["exact"] = exact_row(scenarios, rounds)
    figures["agrees"] = all(row["agrees"] for row in figures["rows"] if row["absent"] is None)
    if options.nash:
        with console.status("computing equilibria"):
            figures["nash"] = nash_rows(found, scenarios, options.nash_episodes)
    cuda = cuda_backend()
    if not isinstance(cuda, str):
        with console.status("measuring CUDA"):
            figures["cuda"] = cuda_details(cuda, 1.0 if options.quick else 10.0)
    elif not options.no_model and not options.quick:
        with console.status("counting the instructions of CUDA kernels"):
            figures["cuda_model"] = cuda_model(256)
    return figures


def print_ladder(figures: dict[str, Any], console: Console) -> None:
    """Prints the tables."""
    names = figures["scenarios"]
    of = names[0] if len(names) == 1 else f"{len(names)} scenarios"
    size = len(figures["strategies"])
    table = Table(
        title=f"{size}×{size} payoff matrix of {of}, {figures['episodes']:,} episodes an entry and "
        "focal seat"
    )
    table.add_column("rung")
    table.add_column("what")
    for header in (
        "seconds",
        "±%",
        "episodes/s",
        "nights/s",
        "over before",
        "over first",
        "errors",
    ):
        table.add_column(header, justify="right")
    for row in figures["rows"]:
        if row["absent"] is not None:
            table.add_row(row["rung"], escape(f"{row['what']}: {row['absent']}"))
            continue
        wall = Spread(**row["wall_seconds"])
        before = row["over_the_one_before"]
        share = "" if not row["extrapolated"] else f" ({row['share']:.2g} played)"
        table.add_row(
            row["rung"],
            row["what"] + share,
            ("~" if row["extrapolated"] else "") + f"{wall.median:.3g}",
            f"{50 * wall.relative:.0f}",
            f"{row['episodes_per_second']['median']:,.0f}",
            f"{row['nights_per_second']['median']:.2e}",
            "" if before is None else f"{before['median']:.3g}",
            f"{row['over_the_first']['median']:,.4g}",
            f"{row['largest_error']:.1f}" + ("" if row["agrees"] else " FAILS"),
        )
    exact = Spread(**figures["exact"]["wall_seconds"])
    table.add_row("", figures["exact"]["what"], f"{exact.median:.3g}", f"{50 * exact.relative:.0f}")
    console.print(table)
    console.print(
        "~: extrapolated from the share played in each round. errors: the largest of a payoff, in "
        f"standard errors, at most {ALLOWED:g}."
    )
    for row in figures["rows"]:
        if row.get("setup_seconds"):
            console.print(f"{row['what']}: {row['setup_seconds']:.1f} s once, not counted above")
    if "nash" in figures:
        _print_nash(figures["nash"], of, console)
    if "cuda" in figures:
        _print_cuda(figures["cuda"], console)
    if "cuda_model" in figures:
        _print_model(figures["cuda_model"], console)
    where = figures["machine"]
    commit = (figures["commit"] or "of no checkout")[:12]
    console.print(
        f"{where['cpu']}, {where['cores']} cores, load {where['load_average_at_start'] or 0:.1f}; "
        f"Python {where['python']}, bucket-brigade {where['bucket_brigade']}, commit {commit}; "
        f"{figures['rounds']} rounds"
    )


def _print_nash(nash: dict[str, Any], of: str, console: Console) -> None:
    table = Table(title=f"Nash equilibrium of {of}, {nash['nights']:.3g} nights")
    table.add_column("rung")
    table.add_column("what")
    for header in ("time", "over first"):
        table.add_column(header, justify="right")
    for row in nash["rows"]:
        mark = "~" if row["extrapolated"] else ""
        taken = mark + spoken(row["wall_seconds"])
        table.add_row(row["rung"], row["what"], taken, f"{row['over_the_first']:,.4g}")
    console.print(table)
    console.print(
        "~: extrapolated from these nights and the seconds that one takes in the matrix. Verdicts: "
        f"{summary(nash['verdicts'])}; exact: {summary(nash['exact_verdicts'])}."
    )


def _print_cuda(cuda: dict[str, Any], console: Console) -> None:
    compiling = cuda["compile_seconds"]
    if compiling is not None:
        console.print(f"CUDA: kernels compile in {compiling:.1f} s, once")
    table = Table(title="CUDA by size of batch, milliseconds")
    for header in ("line-ups", "episodes", "whole", "kernels", "copies", "CPU"):
        table.add_column(header, justify="right")
    for row in cuda["rows"]:
        times = (row[f"{name}_seconds"] for name in ("wall", "kernel", "copy", "cpu"))
        cells = (f"{1e3 * seconds:.3g}" for seconds in times)
        table.add_row(str(row["lineups"]), f"{row['episodes']:,}", *cells)
    console.print(table)
    for found in cuda["crossovers"]:
        warm, cold = found["episodes"], found["episodes_with_compiling"]
        console.print(
            f"{found['lineups']} line-ups: faster than the CPU {_from(warm)}; with kernels to be "
            f"compiled first, {_from(cold)}"
        )


def _from(episodes: int | None) -> str:
    return "at no size measured" if episodes is None else f"from {episodes:,} episodes each on"


def _print_model(model: dict[str, Any], console: Console) -> None:
    if "reason" in model:
        reason = escape(model["reason"])
        console.print(f"CUDA: no model either ({reason}); see docs/cuda.md.")
        return
    rates = ", ".join(f"{gpu} {rate:.2g}" for gpu, rate in model["nights_per_second"].items())
    console.print(
        f"CUDA by a model of counted instructions, not measured (docs/cuda.md), nights/s: {rates}. "
        f"{model['scenario']}, {', '.join(model['lineup'])}; expect half to two thirds."
    )


def spoken(seconds: float) -> str:
    """A time with a unit that suits it."""
    for unit, size in (("days", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.3g} s"


def summary(words: Sequence[str]) -> str:
    """How often each occurs."""
    return ", ".join(f"{words.count(word)} {word}" for word in dict.fromkeys(words))


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures and reports; 1 if a payoff is wrong."""
    options = parse_arguments(arguments)
    told = Console(stderr=True)
    figures = measured(options, told)
    print_ladder(figures, Console(width=max(140, told.width)))
    if options.json is not None:
        options.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return 0 if figures["agrees"] else 1
