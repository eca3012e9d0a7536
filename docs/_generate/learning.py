"""``python -m docs._generate learning``: docs/learning.svg, how far independent PPO comes.

python examples/ppo.py --updates 1500 --every 50 --curve ppo.jsonl
python -m docs._generate learning ppo.jsonl docs/learning.svg

All of it is exact: what the networks' policies are worth, and what a seat gains by leaving them.
Needs the extra ``plot``.
"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

import bucket_brigade as bb
from bench.options import file_to_write
from bucket_brigade.explorer.learning import load_log
from docs._generate.drawing import BLUE, ORANGE, pyplot, save_svg


def draw(curve: Sequence[Mapping[str, float | None]], file: Path) -> None:
    """Draw payoff and gain over nights, beside what is known of the game."""
    game = bb.scenario("default")
    known = {
        "team optimum": bb.team_optimum(game).payoff,
        "an equilibrium": float(bb.markov_equilibrium(game).payoffs.mean()),
        "four heroes": float(bb.expected(game, [["hero"] * game.num_agents]).mean.mean()),
    }
    plot = pyplot("learning", 9)
    figure, panel = plot.subplots(figsize=(6.4, 3.4), layout="constrained")
    nights = [(each["played"] or 0) / 1e6 for each in curve]
    for what, colour, label in (
        ("payoff", BLUE, "payoff, mean over seats"),
        ("gain", ORANGE, "a seat gains by leaving, at most"),
    ):
        panel.plot(nights, [each[what] for each in curve], color=colour, label=label)
    for name, value in known.items():
        panel.axhline(value, color="#888888", linewidth=0.8, linestyle="dashed")
        panel.text(nights[-1], value, name, ha="right", va="bottom", color="#555555")
    panel.set_ylim(0, 1.08 * known["team optimum"])
    panel.set_xlabel("million nights played")
    panel.set_ylabel("points an episode")
    panel.legend(loc="center right", frameon=False)
    save_svg(figure, file)
    plot.close(figure)


def main(arguments: Sequence[str] | None = None) -> int:
    """Draws; the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m docs._generate learning",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("curve", type=Path, help="what examples/ppo.py wrote")
    parser.add_argument("figure", type=file_to_write, help="what to write (SVG)")
    options = parser.parse_args(arguments)
    draw(load_log(options.curve).records, options.figure)
    return 0
